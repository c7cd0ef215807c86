package evidence

import (
	"archive/zip"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report"
)

// What a pack may be at the most. The largest that this program makes stays far below.
const (
	mostFiles = 10_000
	mostBytes = 64 << 30 // of all files together, unpacked
	// mostRatio is how much larger a file may become: text of these kinds shrinks to a twentieth.
	mostRatio = 200
	// mostText bounds the files that are read into memory.
	mostText = 16 << 20
)

// Opened is a pack whose files are what their hashes say, whose policies and seal are those that its result names,
// and whose result reads.
type Opened struct {
	// SHA256 is that of the whole file, in hex.
	SHA256 string
	// PackedBy is the program that made the pack.
	PackedBy policies.Tool
	// Whole says that it holds the whole snapshot.
	Whole bool

	ends    ends
	files   map[string]*zip.File
	sums    map[string]string
	sources []policies.Source
	close   func() error
}

// packInfo is pack.json.
type packInfo struct {
	SchemaVersion int           `json:"schemaVersion"`
	PackedBy      policies.Tool `json:"packedBy"`
}

const packVersion = 1

// Open checks a pack. Errors wrap ErrPack, or snapshot.ErrIntegrity for the seal in it, but for those of reading
// the file at all.
func Open(name string) (*Opened, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	o := &Opened{files: map[string]*zip.File{}, sums: map[string]string{}, close: f.Close}
	if err := o.open(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	return o, nil
}

// Close closes the file.
func (o *Opened) Close() error { return o.close() }

// Run says what the result was of.
func (o *Opened) Run() policies.Run { return o.ends.run }

// Summary says what it came to.
func (o *Opened) Summary() policies.Summary { return o.ends.summary }

func (o *Opened) open(f *os.File) error {
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err != nil {
		return err
	}
	o.SHA256 = hex.EncodeToString(sum.Sum(nil))
	z, err := zip.NewReader(f, size)
	if err != nil {
		return fmt.Errorf("%w: it is no zip file: %w", ErrPack, err)
	}
	if err := nothingAround(f, size); err != nil {
		return err
	}
	for _, step := range []func() error{func() error { return o.list(z.File) }, o.readSums, o.checkSums, o.readInfo, o.readResult, o.readSources, o.readSeal} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// nothingAround refuses what readers of zip files pass over: bytes before the first file, and after the end.
func nothingAround(f io.ReaderAt, size int64) error {
	const endSize = 22 // of the end of central directory record, without a comment (APPNOTE.TXT 4.3.16)
	first, last := make([]byte, 4), make([]byte, endSize)
	if _, err := f.ReadAt(first, 0); err != nil {
		return err
	}
	if _, err := f.ReadAt(last, size-endSize); err != nil {
		return err
	}
	if string(first) != "PK\x03\x04" || string(last[:4]) != "PK\x05\x06" || last[20] != 0 || last[21] != 0 {
		return fmt.Errorf("%w: there is something before its files or after its end", ErrPack)
	}
	return nil
}

// list takes the names, and refuses whatever could do harm when it is unpacked here or by somebody else.
func (o *Opened) list(all []*zip.File) error {
	if len(all) > mostFiles {
		return fmt.Errorf("%w: %d files are too many", ErrPack, len(all))
	}
	total := uint64(0)
	folded := map[string]bool{}
	for _, f := range all {
		fold := strings.ToLower(f.Name)
		switch {
		case !fs.ValidPath(f.Name) || f.Name == "." || strings.ContainsAny(f.Name, "\\:\x00"):
			return fmt.Errorf("%w: the name %q leads elsewhere", ErrPack, f.Name)
		case !f.Mode().IsRegular():
			return fmt.Errorf("%w: %s is no regular file", ErrPack, f.Name)
		case folded[fold]:
			return fmt.Errorf("%w: %s is there twice", ErrPack, f.Name)
		case f.UncompressedSize64 > mostRatio*(f.CompressedSize64+1024):
			return fmt.Errorf("%w: %s would unpack to %d times its size", ErrPack, f.Name, f.UncompressedSize64/max(f.CompressedSize64, 1))
		case f.UncompressedSize64 > mostBytes-total:
			return fmt.Errorf("%w: it would unpack to more than %d bytes", ErrPack, int64(mostBytes))
		}
		total += f.UncompressedSize64
		folded[fold] = true
		o.files[f.Name] = f
	}
	return nil
}

func (o *Opened) readSums() error {
	text, err := o.text(sumsFile)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if _, twice := o.sums[name]; !ok || twice || len(sum) != 2*sha256.Size {
			return fmt.Errorf("%w: %s has the line %q", ErrPack, sumsFile, line)
		}
		o.sums[name] = sum
	}
	for name := range o.files {
		if _, ok := o.sums[name]; !ok && name != sumsFile {
			return fmt.Errorf("%w: %s has no hash", ErrPack, name)
		}
	}
	return nil
}

func (o *Opened) checkSums() error {
	for _, name := range slices.Sorted(maps.Keys(o.sums)) {
		sum := sha256.New()
		if err := o.copy(name, sum); err != nil {
			return err
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != o.sums[name] {
			return fmt.Errorf("%w: %s was changed", ErrPack, name)
		}
	}
	return nil
}

// copy unpacks a file, and never more of it than its head says.
func (o *Opened) copy(name string, w io.Writer) error {
	f := o.files[name]
	if f == nil {
		return fmt.Errorf("%w: %s is missing", ErrPack, name)
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrPack, name, err)
	}
	defer r.Close()
	n, err := io.Copy(w, io.LimitReader(r, int64(f.UncompressedSize64)+1)) //nolint:gosec // list has bounded it
	if errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %s: %w", ErrPack, name, err)
	}
	if err != nil {
		return fmt.Errorf("unpack %s: %w", name, err)
	}
	if uint64(n) != f.UncompressedSize64 {
		return fmt.Errorf("%w: %s is not as large as its head says", ErrPack, name)
	}
	return nil
}

// text reads a small file.
func (o *Opened) text(name string) ([]byte, error) {
	if f := o.files[name]; f != nil && f.UncompressedSize64 > mostText {
		return nil, fmt.Errorf("%w: %s is larger than %d bytes", ErrPack, name, mostText)
	}
	var out strings.Builder
	err := o.copy(name, &out)
	return []byte(out.String()), err
}

func (o *Opened) document(name string, into any) error {
	text, err := o.text(name)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrPack, name, err)
	}
	return nil
}

func (o *Opened) readInfo() error {
	var info packInfo
	if err := o.document(infoFile, &info); err != nil {
		return err
	}
	if info.SchemaVersion != packVersion {
		return fmt.Errorf("%w: it has version %d of the form, this program reads %d", ErrPack, info.SchemaVersion, packVersion)
	}
	o.PackedBy = info.PackedBy
	return nil
}

// Result replays the result.
func (o *Opened) Result(h policies.Handler) error {
	f := o.files[resultFile]
	if f == nil {
		return fmt.Errorf("%w: %s is missing", ErrPack, resultFile)
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrPack, resultFile, err)
	}
	defer r.Close()
	return report.Read(io.LimitReader(r, int64(f.UncompressedSize64)), h) //nolint:gosec // list has bounded it
}

func (o *Opened) readResult() error {
	if err := o.Result(&o.ends); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrPack, resultFile, err)
	}
	return nil
}

func (o *Opened) readSources() error {
	var index []sourceIndex
	if err := o.document(sourcesFile, &index); err != nil {
		return err
	}
	listed := map[string]bool{sourcesFile: true}
	for _, entry := range index {
		source := policies.Source{Prefix: entry.Name}
		for _, name := range entry.Files {
			full := path.Join(entry.Dir, name)
			text, err := o.text(full)
			if err != nil {
				return err
			}
			listed[full] = true
			source.Files = append(source.Files, policies.SourceFile{Path: name, Text: text})
		}
		o.sources = append(o.sources, source)
	}
	for name := range o.files {
		if strings.HasPrefix(name, "policies/") && !listed[name] {
			return fmt.Errorf("%w: %s is none of the policies that were evaluated", ErrPack, name)
		}
	}
	if got := policies.DigestOf(o.sources); got != o.ends.run.PolicyDigest {
		return fmt.Errorf("%w: the policies are not those that the result names", ErrPack)
	}
	return nil
}

// readSeal checks the seal, and the manifest beside it, where there are any.
func (o *Opened) readSeal() error {
	if o.files[snapshotDir+sealFile] == nil {
		return nil
	}
	text, err := o.text(snapshotDir + sealFile)
	if err != nil {
		return err
	}
	seal, err := snapshot.ParseSeal(text)
	if err != nil {
		return err
	}
	if seal.Digest != o.ends.run.Snapshot.Seal {
		return fmt.Errorf("%w: the seal is that of another snapshot than the result's", ErrPack)
	}
	if o.files[snapshotDir+manifestFile] != nil && o.sums[snapshotDir+manifestFile] != seal.Files[manifestFile].SHA256 {
		return fmt.Errorf("%w: the manifest is not the one that was sealed", ErrPack)
	}
	for name := range o.files {
		if rest, ok := strings.CutPrefix(name, snapshotDir); ok && rest != sealFile && rest != manifestFile {
			o.Whole = true
		}
	}
	return nil
}

// Unpack writes the snapshot's files into a directory, which must be there, be private, and be empty.
func (o *Opened) Unpack(dir string) error {
	for _, name := range slices.Sorted(maps.Keys(o.files)) {
		rest, ok := strings.CutPrefix(name, snapshotDir)
		if !ok {
			continue
		}
		if strings.Contains(rest, "/") {
			return fmt.Errorf("%w: %s is no file of a snapshot", ErrPack, name)
		}
		if err := o.unpack(name, filepath.Join(dir, rest)); err != nil {
			return err
		}
	}
	return nil
}

func (o *Opened) unpack(name, to string) error {
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("unpack %s: %w", name, err)
	}
	defer f.Close()
	buf := bufio.NewWriter(f)
	if err := o.copy(name, buf); err != nil {
		return err
	}
	if err := errors.Join(buf.Flush(), f.Close()); err != nil {
		return fmt.Errorf("unpack %s: %w", name, err)
	}
	return nil
}

// The methods of a handler, to note how a result begins and ends.

func (e *ends) Run(run policies.Run) error         { e.run = run; return nil }
func (e *ends) Leaver(policies.LeaverResult) error { return nil }
func (e *ends) Tenant(policies.TenantResult) error { return nil }
func (e *ends) Summary(s policies.Summary) error   { e.summary = s; return nil }
