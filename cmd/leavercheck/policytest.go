package main

import (
	"github.com/spf13/cobra"

	"leavercheck/policies"
)

func newPolicyTest(sys system, c *common) *cobra.Command {
	opts := policies.TestOptions{}
	cmd := &cobra.Command{
		Use:   "test [DIR...]",
		Short: "Run Rego tests: the built-in checklist's, or those of directories",
		Long: `Run Rego tests. Without a directory the tests of the built-in checklist are run;
with directories, theirs, as "opa test" would. Exit code 3 means that a test failed, or
that the coverage is below --threshold. --verbose names the tests that pass, too.`,
		Example: `  leavercheck policy test
  leavercheck policy test my-policies --coverage`,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Dirs, opts.BuiltIn, opts.Verbose = args, len(args) == 0, c.verbose
			result, err := policies.Test(cmd.Context(), opts, sys.stdout)
			switch {
			case err != nil:
				return usageError{err}
			case !result.Ran():
				return usagef("no test was run")
			case !result.OK():
				return exit(codeFindings)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.Run, "run", "", "only tests whose full name matches this `REGEXP`")
	f.BoolVar(&opts.Coverage, "coverage", false, "count the lines of rules, and their statuses, that the tests reached")
	f.Float64Var(&opts.Threshold, "threshold", 0, "fail below this coverage in `PERCENT`")
	return cmd
}
