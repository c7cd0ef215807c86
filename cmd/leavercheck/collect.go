package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"leavercheck/collector"
	"leavercheck/report/clean"
)

func newCollect(sys system, c *common) *cobra.Command {
	var t tenantFlags
	var baseline string
	var seal sealFlags
	var reads openFlags
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Take a sealed snapshot of what the tenant says about the leavers",
		Long: `Take a sealed snapshot of what the tenant says about the leavers. It only reads.
What could not be read is in the snapshot as unknown, with the reason and the
permission, role or licence that would mend it.

A run that was interrupted (exit code 6), or that --max-duration ended (exit code 4),
goes on when the same command is given again, for three days. What it has read so far
is in DIR.part, in clear, until the run is finished: remove that directory if nobody
will go on. One run at a time uses a DIR.

The snapshot holds personal data: its directory has mode 0700. With --encrypt-to only
the owners of an age identity can read it; with --sign others can tell that it is as it
was collected. Both work on a copy in clear beside --out (DIR.clear, mode 0700), which
is removed at the end; an interrupted run is then in DIR.clear.part.`,
		Example: `  leavercheck collect --roster leavers.csv --out snapshots/2026-06-01
  leavercheck collect --roster leavers.csv --out snapshots/today --encrypt-to age1... --sign private.pem
  leavercheck collect --simulate --out snapshots/simulated`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if t.out == "" {
				return usagef("where to? Give --out DIR")
			}
			log := newLog(sys.stderr, c)
			place, err := seal.prepare(t.out, log)
			if err != nil {
				return err
			}
			defer place.discard()
			opening, err := reads.opening()
			if err != nil {
				return err
			}
			opts, stop, err := t.options(sys, c, opening, log)
			if err != nil {
				return err
			}
			opts.Out = place.work
			if baseline != "" {
				if opts.Baseline, err = opening.Open(baseline); err != nil {
					stop()
					return fmt.Errorf("--baseline: %w", err)
				}
				defer opts.Baseline.Close()
			}
			collected, err := collector.Collect(cmd.Context(), opts)
			stop()
			if err != nil {
				return err
			}
			printWarnings(log, collected.Warnings)
			if err := place.publish(); err != nil {
				return err
			}
			err = printLines(sys.stdout, append([]string{
				"Collected " + count(collected.Seal.Leavers, "leaver") + " of " + clean.Text(tenantName(collected.Manifest)) + " into " + t.out + ".",
				"Seal: " + collected.Seal.Digest,
			}, place.lines(t.out)...)...)
			if err == nil && collected.Cut {
				log.Warn(t.outOfTime())
				return exit(codeIncomplete)
			}
			return err
		},
	}
	t.add(cmd)
	seal.add(cmd)
	reads.addIdentity(cmd)
	cmd.Flags().StringVar(&baseline, "baseline", "", "`SNAPSHOT` of earlier: the drives of accounts that are deleted by now can be found only through it")
	cmd.Flags().StringVar(&t.out, "out", "", "`DIR` for the snapshot; must not exist, be empty, or be that of an interrupted run")
	return cmd
}
