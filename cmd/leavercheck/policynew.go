package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

func newPolicyNew(sys system) *cobra.Command {
	var opts policies.NewRuleOptions
	cmd := &cobra.Command{
		Use:   "new ID",
		Short: "Write a rule of your own with its test, to begin from",
		Long: `Write a rule of your own with its test, in DIR/custom/ORG/NAME. Both hold as they stand,
and say at each place what belongs there. Nothing is overwritten.`,
		Example: `  leavercheck policy new ACME-001
  leavercheck policy new ACME-002 --dir policies --org acme --name badge_returned`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			opts.ID = args[0]
			paths, err := policies.NewRule(opts)
			if err != nil {
				return usageError{err}
			}
			dir := filepath.ToSlash(opts.Dir)
			return printLines(sys.stdout,
				"Written:",
				"  "+clean.Text(filepath.ToSlash(paths[0])),
				"  "+clean.Text(filepath.ToSlash(paths[1])),
				"",
				"Next: say in the METADATA what must hold, change the rule and its test, and try them:",
				"  leavercheck policy test "+clean.Text(dir)+" --coverage",
				"  leavercheck policy check "+clean.Text(dir),
				"  leavercheck scan --simulate --policy "+clean.Text(dir),
			)
		},
	}
	cmd.Flags().StringVar(&opts.Dir, "dir", "policies", "`DIR` of your policies")
	cmd.Flags().StringVar(&opts.Org, "org", "", "`NAME` of your organisation in packages; without it the letters of the id")
	cmd.Flags().StringVar(&opts.Name, "name", "", "`NAME` of the rule in its package; without it \"rule\" and the number of the id")
	return cmd
}
