package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"leavercheck/policies"
	"leavercheck/report"
)

func newDiff(sys system, c *common) *cobra.Command {
	var f thresholdFlags
	var hide redactFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what changed between two stored results",
		Long: `Say what changed between two results that were stored with -o ndjson=FILE or
-o json=FILE: what is new, reopened, fixed, waived, or out of scope. Where the rule, a
parameter, the roster, a waiver or what could be read changed, too, it is told apart: a
change of method is never read as progress, nor as the lack of it.

Exit code 3 means that something at or above --fail-on is new, reopened, or fails now
that the method changed; 4 that nothing is, but something at or above --incomplete-on
can no longer be told.`,
		Example: `  leavercheck diff yesterday.ndjson today.ndjson
  leavercheck diff yesterday.ndjson today.ndjson --json`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			earlier, err := readEarlier(args[0])
			if err != nil {
				return err
			}
			in, err := os.Open(args[1])
			if err != nil {
				return usageError{err}
			}
			defer in.Close()
			out := bufio.NewWriter(sys.stdout)
			opts := terminal(sys.stdout, c.color, sys.env)
			opts.Details = "--json"
			diff := report.NewDiff(out, earlier, asJSON, opts)
			news := newNewsCount(diff)
			redact, err := hide.open()
			if err != nil {
				return err
			}
			defer redact.discard()
			if redact != nil {
				news.Handler = redact.Handler(diff)
			}
			if err := report.Read(in, report.Compare(earlier, news)); err != nil {
				return usagef("%s: %w", args[1], err)
			}
			if err := diff.Close(); err != nil {
				return err
			}
			if err := out.Flush(); err != nil {
				return fmt.Errorf("write the output: %w", err)
			}
			return f.verdict(policies.Summary{Severities: news.failing, UnknownSeverities: news.unknown})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	f.addThresholds(cmd)
	hide.add(cmd)
	return cmd
}

// newsCount passes a result on and counts what is new in it, by severity.
type newsCount struct {
	policies.Handler
	failing, unknown map[policies.Severity]int
}

func newNewsCount(h policies.Handler) *newsCount {
	return &newsCount{Handler: h, failing: map[policies.Severity]int{}, unknown: map[policies.Severity]int{}}
}

func (n *newsCount) Leaver(l policies.LeaverResult) error {
	n.count(l.Verdicts)
	return n.Handler.Leaver(l)
}

func (n *newsCount) Tenant(t policies.TenantResult) error {
	n.count(t.Verdicts)
	return n.Handler.Tenant(t)
}

func (n *newsCount) count(verdicts []policies.Verdict) {
	for _, v := range verdicts {
		switch {
		case v.NewFailure():
			n.failing[v.Severity]++
		case v.NewlyUnknown():
			n.unknown[v.Severity]++
		}
	}
}
