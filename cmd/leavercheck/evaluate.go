package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
)

// evaluateFlags say by which rules to judge, and what decides the exit code.
type evaluateFlags struct {
	outputFlags
	policyDirs   []string
	failOn       string
	incompleteOn string
}

const nothing = "none"

func (f *evaluateFlags) add(cmd *cobra.Command) {
	f.outputFlags.add(cmd)
	cmd.Flags().StringArrayVar(&f.policyDirs, "policy", nil, "`DIR` with rules of your own, on top of the built-in ones; may be repeated")
	f.addThresholds(cmd)
}

func (f *evaluateFlags) addThresholds(cmd *cobra.Command) {
	levels := strings.Join(thresholds(), ", ")
	cmd.Flags().StringVar(&f.failOn, "fail-on", "low", "exit with 3 if something fails at this severity or above: "+levels)
	cmd.Flags().StringVar(&f.incompleteOn, "incomplete-on", "high", "exit with 4 if something at this severity or above could not be checked: "+levels)
	complete(cmd, "fail-on", thresholds()...)
	complete(cmd, "incomplete-on", thresholds()...)
}

func thresholds() []string { return []string{"critical", "high", "medium", "low", nothing} }

func (f *evaluateFlags) check() error {
	for flag, value := range map[string]string{"fail-on": f.failOn, "incomplete-on": f.incompleteOn} {
		if !slices.Contains(thresholds(), value) {
			return usagef("--%s: %q is none of %s", flag, value, strings.Join(thresholds(), ", "))
		}
	}
	return nil
}

func newEvaluate(sys system, c *common) *cobra.Command {
	var f evaluateFlags
	var now string
	cmd := &cobra.Command{
		Use:   "evaluate SNAPSHOT",
		Short: "Judge a snapshot by the checklist",
		Long: `Judge a snapshot by the checklist. Nothing is asked of the tenant: the directory
that "collect --out" wrote is enough, on any machine. Its seal is checked first. The
"now" of every rule is the time of collecting, so the same snapshot gives the same
result for ever.`,
		Example: `  leavercheck evaluate snapshots/2026-06-01
  leavercheck evaluate snapshots/2026-06-01 -o ndjson=result.ndjson`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var opts policies.EvaluateOptions
			if now != "" {
				var err error
				if opts.Now, err = time.Parse(time.RFC3339, now); err != nil {
					return usagef("--now %q is no time such as 2026-05-29T16:00:00Z", now)
				}
			}
			set, out, err := f.prepare(cmd.Context(), sys, c)
			if err != nil {
				return err
			}
			defer out.discard()
			return f.evaluate(cmd.Context(), args[0], set, opts, out)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&now, "now", "", "judge as of this `TIME` instead of that of collecting (RFC 3339)")
	return cmd
}

// prepare finds everything that could be wrong with the rules and the outputs, before the work begins.
func (f *evaluateFlags) prepare(ctx context.Context, sys system, c *common) (*policies.Set, *outputs, error) {
	if err := f.check(); err != nil {
		return nil, nil, err
	}
	set, err := policies.Load(ctx, policies.LoadOptions{Dirs: f.policyDirs})
	if err != nil {
		return nil, nil, usageError{err}
	}
	out, err := f.open(sys.stdout, c.color, sys.env)
	if err != nil {
		out.discard()
		return nil, nil, err
	}
	return set, out, nil
}

// evaluate judges a snapshot, writes the result, and says by its error what the exit code is.
func (f *evaluateFlags) evaluate(ctx context.Context, dir string, set *policies.Set, opts policies.EvaluateOptions, out *outputs) error {
	snap, err := snapshot.Open(dir)
	if err != nil {
		return err
	}
	opts.Tool = policies.Tool{Name: tool().Name, Version: tool().Version}
	summary, err := set.Evaluate(ctx, snap, opts, out)
	if err != nil {
		return err
	}
	if err := out.finish(); err != nil {
		return err
	}
	return f.verdict(summary)
}

// verdict is the exit code of a result.
func (f *evaluateFlags) verdict(s policies.Summary) error {
	switch {
	case f.failOn != nothing && s.FailsAt(policies.Severity(f.failOn)):
		return exit(codeFindings)
	case f.incompleteOn != nothing && s.UnknownAt(policies.Severity(f.incompleteOn)):
		return exit(codeIncomplete)
	}
	return nil
}
