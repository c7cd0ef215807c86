package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"leavercheck/collector"
)

func newScan(sys system, c *common) *cobra.Command {
	var t tenantFlags
	var f evaluateFlags
	var seal sealFlags
	cmd := &cobra.Command{
		Use:   "scan",
		Short: "Collect, evaluate and report in one go",
		Long: `Collect, evaluate and report in one go: who on the roster is not properly
offboarded, with evidence. The snapshot is thrown away afterwards unless --out says
where to keep it.

With --out, a run that was interrupted (exit code 6), or that --max-duration ended
(exit code 4, or 3 if something failed), goes on when the same command is given again,
for three days; collect --help says what it leaves on the disk until then.`,
		Example: `  leavercheck scan --simulate
  leavercheck scan --roster leavers.csv --time-zone Europe/Amsterdam
  leavercheck scan --roster leavers.csv --out snapshots/today -o ndjson=today.ndjson`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := newLog(sys.stderr, c)
			place, err := seal.prepare(t.out, log)
			if err != nil {
				return err
			}
			defer place.discard()
			work, err := f.prepare(cmd.Context(), sys, c)
			if err != nil {
				return err
			}
			defer work.close()
			opts, stop, err := t.options(sys, c, work.opening, log)
			if err != nil {
				return err
			}
			opts.Out, opts.Baseline = place.work, work.baseline
			if opts.Out == "" {
				temporary, err := os.MkdirTemp("", "leavercheck-")
				if err != nil {
					stop()
					return fmt.Errorf("a place for the snapshot: %w", err)
				}
				defer os.RemoveAll(temporary)
				opts.Out = filepath.Join(temporary, "snapshot")
				place.out, place.work = opts.Out, opts.Out
			}
			collected, err := collector.Collect(cmd.Context(), opts)
			stop()
			if t.out == "" && errors.Is(err, collector.ErrInterrupted) {
				return fmt.Errorf("%w: %w", errNotKept, err)
			} else if err != nil {
				return err
			}
			printWarnings(log, work.course.redact.sentences(collected.Warnings))
			if collected.Cut {
				log.Warn(t.outOfTime())
			}
			if err := place.publish(); err != nil {
				return err
			}
			work.sealed = place.out
			if err := f.evaluate(cmd.Context(), place.readable(), work, log); err != nil {
				return err
			}
			if collected.Cut {
				return exit(codeIncomplete)
			}
			return nil
		},
	}
	t.add(cmd)
	f.add(cmd)
	cmd.Flags().StringVar(&t.out, "out", "", "`DIR` to keep the snapshot in; must not exist, be empty, or be that of an interrupted run")
	seal.add(cmd)
	return cmd
}
