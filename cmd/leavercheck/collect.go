package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"leavercheck/collector"
	"leavercheck/collector/snapshot"
	"leavercheck/report"
)

func newCollect(sys system, c *common) *cobra.Command {
	var t tenantFlags
	var baseline string
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Take a sealed snapshot of what the tenant says about the leavers",
		Long: `Take a sealed snapshot of what the tenant says about the leavers. It only reads.
What could not be read is in the snapshot as unknown, with the reason and the
permission, role or licence that would mend it.

The snapshot holds personal data: its directory has mode 0700.`,
		Example: `  leavercheck collect --roster leavers.csv --out snapshots/2026-06-01
  leavercheck collect --simulate --out snapshots/simulated`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if t.out == "" {
				return usagef("where to? Give --out DIR")
			}
			log := newLog(sys.stderr, c)
			opts, stop, err := t.options(sys, c, log)
			if err != nil {
				return err
			}
			opts.Out = t.out
			if baseline != "" {
				if opts.Baseline, err = snapshot.Open(baseline); err != nil {
					stop()
					return fmt.Errorf("--baseline: %w", err)
				}
			}
			collected, err := collector.Collect(cmd.Context(), opts)
			stop()
			if err != nil {
				return err
			}
			printWarnings(log, collected.Warnings)
			return printLines(sys.stdout,
				"Collected "+count(collected.Seal.Leavers, "leaver")+" of "+report.Clean(tenantName(collected.Manifest))+" into "+t.out+".",
				"Seal: "+collected.Seal.Digest,
				"Next: leavercheck evaluate "+t.out,
			)
		},
	}
	t.add(cmd)
	cmd.Flags().StringVar(&baseline, "baseline", "", "`SNAPSHOT` of earlier: the drives of accounts that are deleted by now can be found only through it")
	cmd.Flags().StringVar(&t.out, "out", "", "`DIR` for the snapshot; must not exist, or be empty")
	return cmd
}
