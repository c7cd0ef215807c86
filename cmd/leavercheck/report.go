package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report"
)

// reportFlags say how to show a stored result.
type reportFlags struct {
	outputFlags
	earlierFlags
	thresholdFlags
}

func newReport(sys system, c *common) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report RESULT",
		Short: "Show a stored result in another format",
		Long: `Show a result that was stored with -o ndjson=FILE or -o json=FILE in another format;
with --baseline also what changed since an earlier one. The exit code is that of the
result.`,
		Example: `  leavercheck report today.ndjson --format table
  leavercheck report today.ndjson --baseline yesterday.ndjson --fail-on-new`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return f.show(sys, c, args[0]) },
	}
	f.outputFlags.add(cmd)
	f.earlierFlags.add(cmd, "stored `RESULT` of earlier to compare with")
	f.addThresholds(cmd)
	return cmd
}

func (f *reportFlags) show(sys system, c *common, path string) error {
	if err := f.check(); err != nil {
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
	way, err := f.earlierFlags.course(earlier, out, newLog(sys.stderr, c))
	if err != nil {
		return err
	}
	keep := &ends{Handler: way, mustCompare: f.failOnNew && earlier == nil}
	if err := report.Read(in, keep); err != nil {
		return usagef("%s: %w", path, err)
	}
	if err := way.finish(); err != nil {
		return err
	}
	if f.failOnNew {
		keep.summary.Severities = way.news.failing
	}
	return f.verdict(keep.summary)
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
