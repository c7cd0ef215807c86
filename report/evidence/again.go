package evidence

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report"
)

// CheckReports makes the README and every report anew from the result and compares them with those of the pack. Only
// the program that made the pack makes the same.
func (o *Opened) CheckReports() error {
	for name := range o.files {
		if strings.HasPrefix(name, "reports/") && !slices.ContainsFunc(Reports(), func(r Report) bool { return r.File == name }) {
			return fmt.Errorf("%w: %s is no report of this program", ErrPack, name)
		}
	}
	for _, r := range Reports() {
		if o.files[r.File] == nil || !slices.Contains(report.Formats(), r.Format) {
			continue
		}
		sum := sha256.New()
		renderer, err := report.New(r.Format, sum, reportOptions())
		if err != nil {
			return err
		}
		if err := errors.Join(o.Result(renderer), renderer.Close()); err != nil {
			return fmt.Errorf("%s: %w", r.File, err)
		}
		if hex.EncodeToString(sum.Sum(nil)) != o.sums[r.File] {
			return fmt.Errorf("%w: %s is not what the result gives", ErrPack, r.File)
		}
	}
	shape := shape{whole: o.Whole, policyDirs: policyDirs(o.sources)}
	for name := range o.files {
		if rest, ok := strings.CutPrefix(name, snapshotDir); ok {
			shape.files = append(shape.files, rest)
		}
	}
	slices.Sort(shape.files)
	sum := sha256.Sum256([]byte(readme(o.ends, shape)))
	if hex.EncodeToString(sum[:]) != o.sums[readmeFile] {
		return fmt.Errorf("%w: %s is not what the result gives", ErrPack, readmeFile)
	}
	return nil
}

// Judge evaluates the snapshot by the policies of the pack, with everything that the result says it was made with,
// and compares what comes out with the result, byte for byte, but for changes since an earlier result. The caller
// gives the snapshot, and the baseline where the result had one. The policies are the pack's, whoever made that: they
// are isolated as a whole where there is an Isolation.
func (o *Opened) Judge(ctx context.Context, snap, baseline policies.Snapshot, isolation policies.Isolation) error {
	run := o.ends.run
	if got := snap.Seal().Digest; got != run.Snapshot.Seal {
		return fmt.Errorf("%w: the snapshot is %.12s, the result is of %.12s", snapshot.ErrIntegrity, got, run.Snapshot.Seal)
	}
	if (baseline == nil) != (run.Baseline == nil) || baseline != nil && baseline.Seal().Digest != run.Baseline.Seal {
		return fmt.Errorf("%w: the result was made with another baseline", ErrPack)
	}
	set, err := policies.Load(ctx, policies.LoadOptions{Given: o.sources, Settings: policies.SettingsOf(run), Isolation: isolation})
	if err != nil {
		return fmt.Errorf("the policies of the pack: %w", err)
	}
	opts := policies.EvaluateOptions{Tool: run.Tool, Now: run.Now, Baseline: baseline}
	for _, a := range o.ends.summary.Attestations {
		opts.Attestations = append(opts.Attestations, a.Attestation)
	}
	opts.Waivers = o.ends.summary.Waivers

	stored, give := io.Pipe()
	defer stored.Close()
	go func() { give.CloseWithError(o.rewrite(give)) }()
	same := &comparer{want: bufio.NewReader(stored), line: 1}
	renderer, err := report.New(report.NDJSON, same, report.Options{})
	if err != nil {
		return err
	}
	if _, err := set.Evaluate(ctx, snap, opts, renderer); err != nil {
		return err
	}
	return errors.Join(renderer.Close(), same.end())
}

// rewrite writes the result without its changes.
func (o *Opened) rewrite(w io.Writer) error {
	buf := bufio.NewWriter(w)
	renderer, err := report.New(report.NDJSON, buf, report.Options{})
	if err != nil {
		return err
	}
	if err := o.Result(report.WithoutChanges(renderer)); err != nil {
		return err
	}
	return errors.Join(renderer.Close(), buf.Flush())
}

// comparer is a writer that takes only what it expects.
type comparer struct {
	want *bufio.Reader
	line int
}

func (c *comparer) Write(p []byte) (int, error) {
	want := make([]byte, len(p))
	if _, err := io.ReadFull(c.want, want); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, c.differ()
	} else if err != nil {
		return 0, err
	}
	for i := range p {
		if p[i] != want[i] {
			return i, c.differ()
		}
		if p[i] == '\n' {
			c.line++
		}
	}
	return len(p), nil
}

func (c *comparer) end() error {
	if _, err := c.want.ReadByte(); err == nil {
		return c.differ()
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func (c *comparer) differ() error {
	return fmt.Errorf("%w: judged again, the snapshot gives another result from line %d on", ErrPack, c.line)
}
