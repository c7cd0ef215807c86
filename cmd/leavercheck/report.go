package main

import (
	"os"

	"github.com/spf13/cobra"

	"leavercheck/policies"
	"leavercheck/report"
)

func newReport(sys system, c *common) *cobra.Command {
	var f evaluateFlags
	cmd := &cobra.Command{
		Use:   "report RESULT",
		Short: "Show a stored result in another format",
		Long: `Show a result that was stored with -o ndjson=FILE or -o json=FILE in another format,
or in several, with -o FORMAT=PATH. The exit code is that of the result. The formats,
and who reads them:

` + formatsHelp() + `
Every format has what is unknown and what is waived. ndjson, json, csv, xlsx and ocsf
have each verdict with its evidence.`,
		Example: `  leavercheck report today.ndjson --format table
  leavercheck report today.ndjson -o xlsx=today.xlsx -o junit=TEST-today.xml
  leavercheck report today.ndjson --format markdown >>"$GITHUB_STEP_SUMMARY"`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			in, err := os.Open(args[0])
			if err != nil {
				return usageError{err}
			}
			defer in.Close()
			out, err := f.open(sys.stdout, c.color, sys.env)
			defer out.discard()
			if err != nil {
				return err
			}
			keep := &lastSummary{Handler: out}
			if err := report.Read(in, keep); err != nil {
				return usagef("%s: %w", args[0], err)
			}
			if err := out.finish(); err != nil {
				return err
			}
			return f.verdict(keep.summary)
		},
	}
	f.outputFlags.add(cmd)
	f.addThresholds(cmd)
	return cmd
}

// lastSummary passes a result on and remembers what it came to.
type lastSummary struct {
	policies.Handler
	summary policies.Summary
}

func (l *lastSummary) Summary(s policies.Summary) error {
	l.summary = s
	return l.Handler.Summary(s)
}
