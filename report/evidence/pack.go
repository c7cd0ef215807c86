package evidence

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report"
)

// Contents is what goes into a pack beside the result.
type Contents struct {
	// Tool is the program that packs.
	Tool policies.Tool
	// Sources are the policies; they must be those that the result was made with.
	Sources []policies.Source
	// Snapshot is the directory of the snapshot, empty for none. With Whole all of it is packed, else its seal
	// and, unless it is encrypted, its manifest. The caller has checked it.
	Snapshot string
	Whole    bool
}

// Pack is a pack in the making: a handler of the result. Commit makes the file.
type Pack struct {
	report.Renderer
	path   string
	result *os.File
	buf    *bufio.Writer
	ends   ends
}

// ends is what a result begins and ends with.
type ends struct {
	run     policies.Run
	summary policies.Summary
}

// Create opens the files that the pack is made in, beside the path. The caller calls Discard in any case.
func Create(path string) (*Pack, error) {
	result, err := os.CreateTemp(filepath.Dir(path), ".leavercheck-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, cause(err))
	}
	p := &Pack{path: path, result: result, buf: bufio.NewWriter(result)}
	if p.Renderer, err = report.New(report.NDJSON, p.buf, report.Options{}); err != nil {
		p.Discard()
		return nil, err
	}
	return p, nil
}

// cause leaves out the temporary name, which means nothing to anybody.
func cause(err error) error {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		return at.Err
	}
	return err
}

// Run notes what the README tells. A redacted result proves nothing.
func (p *Pack) Run(run policies.Run) error {
	if run.Redacted {
		return errors.New("evidence: a redacted result cannot be proven: pack the one that is not")
	}
	p.ends.run = run
	return p.Renderer.Run(run)
}

// Summary notes what the README tells.
func (p *Pack) Summary(s policies.Summary) error {
	p.ends.summary = s
	return p.Renderer.Summary(s)
}

// Discard removes what the pack was made from.
func (p *Pack) Discard() {
	if p == nil {
		return
	}
	p.result.Close()
	os.Remove(p.result.Name())
}

// Commit makes the file, of mode 0600, and puts it into its place. It gives the SHA-256 of the file in hex.
func (p *Pack) Commit(with Contents) (string, error) {
	if err := errors.Join(p.Close(), p.buf.Flush()); err != nil {
		return "", fmt.Errorf("evidence: %w", err)
	}
	if got := policies.DigestOf(with.Sources); got != p.ends.run.PolicyDigest {
		return "", fmt.Errorf("evidence: %w: it was judged by the policies %.12s, and these are %.12s: give the --policy directories of then, to the program of then (%s)",
			ErrUnfit, p.ends.run.PolicyDigest, got, p.ends.run.Tool.Version)
	}
	with.Sources = named(with.Sources, p.ends.run.Rules)
	temp, err := os.CreateTemp(filepath.Dir(p.path), ".leavercheck-*")
	if err != nil {
		return "", fmt.Errorf("cannot write %s: %w", p.path, cause(err))
	}
	defer os.Remove(temp.Name()) // nothing is there once it has been renamed
	defer temp.Close()
	sum := sha256.New()
	buf := bufio.NewWriterSize(io.MultiWriter(temp, sum), 64<<10)
	z := &zipper{zip: zip.NewWriter(buf), at: p.ends.run.CollectedAt}
	if err := p.write(z, with); err != nil {
		return "", err
	}
	if err := errors.Join(z.zip.Close(), buf.Flush(), temp.Sync(), temp.Close()); err != nil {
		return "", fmt.Errorf("evidence: write %s: %w", p.path, err)
	}
	if err := os.Rename(temp.Name(), p.path); err != nil {
		return "", fmt.Errorf("evidence: write %s: %w", p.path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (p *Pack) write(z *zipper, with Contents) error {
	if err := z.add(resultFile, p.copyResult); err != nil {
		return err
	}
	info, err := json.Marshal(packInfo{packVersion, with.Tool})
	if err != nil {
		return err
	}
	if err := z.text(infoFile, append(info, '\n')); err != nil {
		return err
	}
	shape, err := shapeOf(with, p.ends.run)
	if err != nil {
		return err
	}
	if err := z.text(readmeFile, []byte(readme(p.ends, shape))); err != nil {
		return err
	}
	if err := writeSources(z, with.Sources); err != nil {
		return err
	}
	for _, name := range shape.files {
		if err := z.file(snapshotDir+name, filepath.Join(with.Snapshot, name)); err != nil {
			return err
		}
	}
	for _, r := range Reports() {
		if !slices.Contains(report.Formats(), r.Format) {
			continue
		}
		if err := z.add(r.File, func(w io.Writer) error { return p.render(r.Format, w) }); err != nil {
			return err
		}
	}
	return z.text(sumsFile, []byte(z.sums.String()))
}

func (p *Pack) copyResult(w io.Writer) error {
	if _, err := p.result.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, p.result)
	return err
}

func (p *Pack) render(format string, w io.Writer) error {
	r, err := report.New(format, w, reportOptions())
	if err != nil {
		return err
	}
	if _, err := p.result.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := report.Read(p.result, r); err != nil {
		return err
	}
	return r.Close()
}

// reportOptions depend on nothing but the pack.
func reportOptions() report.Options { return report.Options{Details: "in " + resultFile} }

// shape is what of the snapshot is packed, and where the policies of one's own are.
type shape struct {
	files      []string // sorted
	whole      bool
	policyDirs []string
}

func policyDirs(sources []policies.Source) []string {
	var out []string
	for i := 1; i < len(sources); i++ {
		out = append(out, "policies/"+strconv.Itoa(i+1))
	}
	return out
}

// shapeOf finds the files of the snapshot, and refuses one that the result was not made from.
func shapeOf(with Contents, run policies.Run) (shape, error) {
	out := shape{policyDirs: policyDirs(with.Sources)}
	if with.Snapshot == "" {
		return out, nil
	}
	text, err := os.ReadFile(filepath.Join(with.Snapshot, sealFile))
	if err != nil {
		return out, fmt.Errorf("evidence: %w", err)
	}
	seal, err := snapshot.ParseSeal(text)
	if err != nil {
		return out, fmt.Errorf("evidence: snapshot %s: %w", with.Snapshot, err)
	}
	if seal.Digest != run.Snapshot.Seal {
		return out, fmt.Errorf("evidence: %w: that is of the snapshot %.12s, and %s is %.12s", ErrUnfit, run.Snapshot.Seal, with.Snapshot, seal.Digest)
	}
	entries, err := os.ReadDir(with.Snapshot)
	if err != nil {
		return out, fmt.Errorf("evidence: %w", err)
	}
	out.whole = with.Whole
	for _, entry := range entries {
		if with.Whole || entry.Name() == sealFile || entry.Name() == manifestFile {
			out.files = append(out.files, entry.Name())
		}
	}
	return out, nil
}

// named gives sources the names that the result calls them by: a directory may have been moved since.
func named(sources []policies.Source, rules []policies.Rule) []policies.Source {
	out := slices.Clone(sources)
	for i, source := range out {
		for _, f := range source.Files {
			at := slices.IndexFunc(rules, func(r policies.Rule) bool { return strings.HasSuffix(r.File, "/"+f.Path) })
			if at >= 0 {
				out[i].Prefix = strings.TrimSuffix(rules[at].File, "/"+f.Path)
				break
			}
		}
	}
	return out
}

// sourceIndex says how the result calls a source's files. Their directories are numbered from 1.
type sourceIndex struct {
	Dir   string   `json:"dir"`
	Name  string   `json:"prefix"`
	Files []string `json:"files"`
}

func writeSources(z *zipper, sources []policies.Source) error {
	var index []sourceIndex
	for i, source := range sources {
		entry := sourceIndex{Dir: "policies/" + strconv.Itoa(i+1), Name: source.Prefix}
		for _, f := range source.Files {
			entry.Files = append(entry.Files, f.Path)
		}
		index = append(index, entry)
	}
	text, err := json.MarshalIndent(index, "", "  ")
	if err != nil {
		return err
	}
	if err := z.text(sourcesFile, append(text, '\n')); err != nil {
		return err
	}
	for i, source := range sources {
		for _, f := range source.Files {
			if err := z.text(path.Join(index[i].Dir, f.Path), f.Text); err != nil {
				return err
			}
		}
	}
	return nil
}

// zipper adds files and notes their hashes.
type zipper struct {
	zip  *zip.Writer
	at   time.Time
	sums strings.Builder
}

func (z *zipper) add(name string, write func(io.Writer) error) error {
	head := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: z.time()}
	head.SetMode(0o600)
	w, err := z.zip.CreateHeader(head)
	if err != nil {
		return fmt.Errorf("evidence: %s: %w", name, err)
	}
	sum := sha256.New()
	if err := write(io.MultiWriter(w, sum)); err != nil {
		return fmt.Errorf("evidence: %s: %w", name, err)
	}
	if name != sumsFile {
		fmt.Fprintf(&z.sums, "%x  %s\n", sum.Sum(nil), name)
	}
	return nil
}

// time is one that the format can hold, whatever the result says.
func (z *zipper) time() time.Time {
	first := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	switch at := z.at.UTC().Truncate(2 * time.Second); {
	case at.Before(first):
		return first
	case at.After(last):
		return last
	default:
		return at
	}
}

func (z *zipper) text(name string, text []byte) error {
	return z.add(name, func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(text))
		return err
	})
}

func (z *zipper) file(name, from string) error {
	if info, err := os.Lstat(from); err != nil {
		return fmt.Errorf("evidence: %w", err)
	} else if !info.Mode().IsRegular() {
		return fmt.Errorf("evidence: %s is no regular file", from)
	}
	f, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("evidence: %w", err)
	}
	defer f.Close()
	return z.add(name, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}
