package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report"
	"leavercheck/report/evidence"
)

// reportFlags say how to show a stored result.
type reportFlags struct {
	outputFlags
	earlierFlags
	evidenceFlags
	redactFlags
	openFlags
	thresholdFlags
	policySources
	// snapshot is a directory, empty for none.
	snapshot string
}

func newReport(sys system, c *common) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report RESULT",
		Short: "Show a stored result in another format",
		Long: `Show a result that was stored with -o ndjson=FILE or -o json=FILE in another format,
or in several, with -o FORMAT=PATH; with --baseline also what changed since an earlier
one. The exit code is that of the result. The formats, and who reads them:

` + formatsHelp() + `
Every format has what is unknown and what is waived. ndjson, json, csv, xlsx and ocsf
have each verdict with its evidence.

--evidence packs the result with the policies, reports for people and the hashes of
everything into one file for an auditor; "verify FILE.zip" checks it. With --snapshot the
seal of the snapshot is in it; with --with-snapshot, too, all of the snapshot, so that it
can be judged again. The file names people.`,
		Example: `  leavercheck report today.ndjson --format table
  leavercheck report today.ndjson -o html=today.html -o xlsx=today.xlsx
  leavercheck report today.ndjson --format markdown >>"$GITHUB_STEP_SUMMARY"
  leavercheck report today.ndjson --baseline yesterday.ndjson --fail-on-new
  leavercheck report today.ndjson --evidence today.zip --snapshot snapshots/today --with-snapshot`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.show(cmd.Context(), sys, c, args[0]) },
	}
	f.outputFlags.add(cmd)
	f.earlierFlags.add(cmd, "stored `RESULT` of earlier to compare with")
	f.evidenceFlags.add(cmd)
	f.redactFlags.add(cmd)
	cmd.Flags().StringVar(&f.snapshot, "snapshot", "", "`DIR` of the snapshot that the result is of, for --evidence")
	f.policySources.add(cmd)
	f.addIdentity(cmd)
	f.addThresholds(cmd)
	return cmd
}

func (f *reportFlags) show(ctx context.Context, sys system, c *common, path string) error {
	if err := errors.Join(f.check(), f.with(f.evidenceFlags)); err != nil {
		return err
	}
	contents, err := f.evidenceOf(ctx)
	if err != nil {
		return err
	}
	earlier, err := f.baseline()
	if err != nil {
		return err
	}
	in, err := os.Open(path)
	if err != nil {
		return usageError{err}
	}
	defer in.Close()
	out, err := f.outputFlags.open(sys.stdout, c.color, sys.env)
	defer out.discard()
	if err != nil {
		return err
	}
	way, err := f.course(earlier, out, newLog(sys.stderr, c))
	if err != nil {
		return err
	}
	defer way.discard()
	if way.pack, err = f.create(); err != nil {
		return err
	}
	if way.redact, err = f.redactFlags.open(); err != nil {
		return err
	}
	keep := &ends{Handler: way, mustCompare: f.failOnNew && earlier == nil}
	if err := report.Read(in, keep); err != nil {
		return usagef("%s: %w", path, err)
	}
	if err := way.finish(contents); err != nil {
		return err
	}
	if f.failOnNew {
		keep.summary.Severities = way.news.failing
	}
	return f.verdict(keep.summary)
}

// evidenceOf finds what goes into the evidence beside the result.
func (f *reportFlags) evidenceOf(ctx context.Context) (evidence.Contents, error) {
	if f.evidence == "" {
		if f.snapshot != "" || len(f.sources) > 0 {
			return evidence.Contents{}, usagef("--snapshot and --policy are for --evidence FILE.zip")
		}
		return evidence.Contents{}, f.checkEvidence()
	}
	if f.withSnapshot && f.snapshot == "" {
		return evidence.Contents{}, usagef("--with-snapshot: say where it is with --snapshot DIR")
	}
	set, err := f.load(ctx, nil)
	if err != nil {
		return evidence.Contents{}, err
	}
	if f.snapshot != "" {
		opening, err := f.opening()
		if err != nil {
			return evidence.Contents{}, err
		}
		snap, err := opening.Verify(f.snapshot)
		if err != nil {
			return evidence.Contents{}, fmt.Errorf("--snapshot: %w", err)
		}
		if err := snap.Close(); err != nil {
			return evidence.Contents{}, err
		}
	}
	return f.contents(set, f.snapshot), nil
}

// baseline is the one earlier result that can be given here, nil for none. A result is judged already: a snapshot
// would come too late.
func (f *reportFlags) baseline() (*report.Earlier, error) {
	for _, path := range f.baselines {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return nil, usagef("--baseline: %s is a directory: give the result that was stored then; a snapshot of earlier is for scan and evaluate", path)
		}
	}
	given := earlierFlags{baselines: f.baselines}
	before, err := given.open(snapshot.Opening{})
	return before.result, err
}

// ends passes a result on and remembers what it came to.
type ends struct {
	policies.Handler
	// mustCompare refuses a result that was compared with no earlier one.
	mustCompare bool
	summary     policies.Summary
}

func (e *ends) Run(run policies.Run) error {
	if e.mustCompare && run.Compared == nil {
		return errors.New("--fail-on-new: it was compared with no earlier result; give --baseline RESULT")
	}
	return e.Handler.Run(run)
}

func (e *ends) Summary(s policies.Summary) error {
	e.summary = s
	return e.Handler.Summary(s)
}
