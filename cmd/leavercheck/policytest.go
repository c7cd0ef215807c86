package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"leavercheck/policies"
	"leavercheck/report"
)

// policyTestFlags are those of policy test.
type policyTestFlags struct {
	opts    policies.TestOptions
	format  string
	timings bool
	watch   bool
	update  bool
}

func newPolicyTest(sys system, c *common) *cobra.Command {
	var f policyTestFlags
	cmd := &cobra.Command{
		Use:   "test [DIR...]",
		Short: "Run the tests of rules: the built-in checklist's, or those of directories",
		Long: `Run the tests of rules. Without a directory the tests of the built-in checklist are
run; with directories, theirs, as "opa test" would.

Tests of rules of your own (packages custom.<org>.<rule>) are held to more: a table
without a case fails, a built-in function that fails is an error, and what a test gives
as input or data.tenant may only have names that a snapshot has.

A directory with scenario.yaml is a scenario: rules tested on a whole snapshot, one that
is kept beside it or one that is collected from the simulated tenant, with settings,
waivers and attestations of its own. Its expected.yaml holds every verdict; --update
shows and writes it.

Exit code 3 means that a test failed, that the coverage is below --threshold, or that
--every-status misses a status; 2 that the tests could not be run, or that there are
none. --verbose names the tests that pass, too.`,
		Example: `  leavercheck policy test
  leavercheck policy test my-policies --coverage --every-status
  leavercheck policy test my-policies --format github`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.opts.Dirs, f.opts.BuiltIn, f.opts.Clock = args, len(args) == 0, sys.now
			if !slices.Contains(report.TestFormats(), f.format) {
				return usagef("--format: %q is none of %s", f.format, strings.Join(report.TestFormats(), ", "))
			}
			if f.watch && f.update {
				return usagef("--watch and --update contradict each other")
			}
			if f.watch {
				return f.keepWatch(cmd.Context(), sys, c)
			}
			return f.once(cmd.Context(), sys, c)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.opts.Run, "run", "", "only tests whose full name matches this `REGEXP`")
	flags.BoolVar(&f.opts.Coverage, "coverage", false, "show the lines of rules, and their statuses, that no test comes to")
	flags.Float64Var(&f.opts.Threshold, "threshold", 0, "fail below this coverage in `PERCENT`")
	flags.BoolVar(&f.opts.EveryStatus, "every-status", false, "fail if a rule has a status (pass, fail, unknown, not_applicable) that no test brings it to")
	flags.StringVar(&f.format, "format", report.TestTable, "`FORMAT`: "+strings.Join(report.TestFormats(), ", ")+"; github and azure are annotations at the lines of a change")
	flags.BoolVar(&f.timings, "timings", false, "show how long tests take, and name the slowest")
	flags.BoolVar(&f.watch, "watch", false, "run the tests again whenever a file changes, until interrupted")
	flags.BoolVar(&f.update, "update", false, "write the expected.yaml of scenarios that differ, after showing it")
	complete(cmd, "format", report.TestFormats()...)
	return cmd
}
