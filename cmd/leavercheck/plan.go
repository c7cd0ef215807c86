package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"leavercheck/policies"
	"leavercheck/report"
	"leavercheck/report/plan"
)

func newPlan(sys system) *cobra.Command {
	var leavers []string
	var hide redactFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan RESULT",
		Short: "Print the ordered steps that would mend what fails",
		Long: `Print, for each leaver, the ordered steps that would mend what fails, with the page of
the portal and the PowerShell commands for each, from a result that was stored with
-o ndjson=FILE or -o json=FILE; - reads the standard input.

It asks nobody and changes nothing. Review every command before it is run. Where two
wishes contradict each other, or something is not known, the step is a decision to take.`,
		Example: `  leavercheck plan today.ndjson
  leavercheck plan today.ndjson --leaver d.rook@example.com
  leavercheck scan --simulate --format ndjson | leavercheck plan -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := cmd.InOrStdin()
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return usageError{err}
				}
				defer file.Close()
				in = file
			}
			redact, err := hide.open()
			if err != nil {
				return err
			}
			defer redact.discard()
			only := make([]string, len(leavers))
			for i, name := range leavers {
				only[i] = redact.name(name)
			}
			maker := plan.New(only...)
			var to policies.Handler = maker
			if redact != nil {
				to = redact.Handler(maker)
			}
			if err := report.Read(in, to); err != nil {
				return usagef("%s: %w", args[0], err)
			}
			made, err := maker.Plan()
			if err != nil {
				return usageError{err}
			}
			var out bytes.Buffer
			format := plan.Text
			if asJSON {
				format = plan.JSON
			}
			if err := plan.Write(&out, format, made); err != nil {
				return err
			}
			if _, err := sys.stdout.Write(out.Bytes()); err != nil {
				return fmt.Errorf("write the output: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&leavers, "leaver", nil, "only this leaver, by object `ID|UPN`; may be repeated")
	hide.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
