package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
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
	openFlags
	thresholdFlags
	policySources
	earlierFlags
	evidenceFlags
	redactFlags
	// attestations and waivers are paths, empty for none.
	attestations string
	waivers      string
}

const nothing = "none"

func (f *evaluateFlags) add(cmd *cobra.Command) {
	f.outputFlags.add(cmd)
	f.addIdentity(cmd)
	f.policySources.add(cmd)
	f.earlierFlags.add(cmd, "`SNAPSHOT|RESULT` of earlier: of a snapshot, what was there then and is gone now; of a stored result, what is new since; give each once")
	f.addKeep(cmd)
	f.evidenceFlags.add(cmd)
	f.redactFlags.add(cmd)
	cmd.Flags().StringVar(&f.attestations, "attestations", "", "`FILE` with what people vouch for that no service can tell (YAML)")
	cmd.Flags().StringVar(&f.waivers, "waivers", "", "`FILE` with what is accepted for a time, each by somebody and for a reason (YAML)")
	f.addThresholds(cmd)
}

// thresholdFlags decide the exit code.
type thresholdFlags struct {
	failOn       string
	incompleteOn string
}

func (f *thresholdFlags) addThresholds(cmd *cobra.Command) {
	levels := strings.Join(thresholds(), ", ")
	cmd.Flags().StringVar(&f.failOn, "fail-on", "low", "exit with 3 if something fails at this severity or above: "+levels)
	cmd.Flags().StringVar(&f.incompleteOn, "incomplete-on", "high", "exit with 4 if something at this severity or above could not be checked: "+levels)
	complete(cmd, "fail-on", thresholds()...)
	complete(cmd, "incomplete-on", thresholds()...)
}

func thresholds() []string { return []string{"critical", "high", "medium", "low", nothing} }

func (f *thresholdFlags) check() error {
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
that "collect --out" wrote is enough, on any machine. Its seal is checked first; with
--key also that the owner of that key signed it and the baseline. The "now" of every
rule is the time of collecting, so the same snapshot gives the same result for ever.`,
		Example: `  leavercheck evaluate snapshots/2026-06-01
  leavercheck evaluate snapshots/2026-06-01 -o ndjson=result.ndjson
  leavercheck evaluate snapshots/2026-06-01 --baseline snapshots/2026-05-01 --attestations attestations.yaml
  leavercheck evaluate snapshots/2026-06-01 --policy policies --config leavercheck.yaml --waivers waivers.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var at time.Time
			if now != "" {
				var err error
				if at, err = time.Parse(time.RFC3339, now); err != nil {
					return usagef("--now %q is no time such as 2026-05-29T16:00:00Z", now)
				}
			}
			work, err := f.prepare(cmd.Context(), sys, c)
			if err != nil {
				return err
			}
			defer work.close()
			work.opts.Now = at
			return f.evaluate(cmd.Context(), args[0], work, newLog(sys.stderr, c))
		},
	}
	f.add(cmd)
	f.addKey(cmd)
	cmd.Flags().StringVar(&now, "now", "", "judge as of this `TIME` instead of that of collecting (RFC 3339)")
	return cmd
}

// evaluateWork is all that evaluating needs beside the snapshot.
type evaluateWork struct {
	set  *policies.Set
	opts policies.EvaluateOptions
	out  *outputs
	// baseline is that of opts, nil for none, for the collector, too.
	baseline *snapshot.Reader
	// course is what the result goes through on its way to out.
	course *course
	// sealed is where the snapshot lies as it is kept, where that is not where it is read.
	sealed string
	// opening reads the snapshot and the baseline.
	opening snapshot.Opening
}

// close removes what was not finished, and what was decrypted.
func (w *evaluateWork) close() {
	w.out.discard()
	w.course.discard()
	w.baseline.Close()
}

// prepare finds everything that could be wrong with the rules, the attestations, the waivers, the baseline and
// the outputs, before the work begins.
func (f *evaluateFlags) prepare(ctx context.Context, sys system, c *common) (*evaluateWork, error) {
	if err := errors.Join(f.check(), f.with(f.evidenceFlags)); err != nil {
		return nil, err
	}
	settings, err := c.ruleSettings(filepath.Base(c.config))
	if err != nil {
		return nil, err
	}
	set, err := f.load(ctx, settings)
	if err != nil {
		return nil, err
	}
	work := &evaluateWork{set: set, opts: policies.EvaluateOptions{Tool: policies.Tool{Name: tool().Name, Version: tool().Version}}}
	if work.opts.Attestations, err = readGiven("--attestations", f.attestations, set.ReadAttestations); err != nil {
		return nil, err
	}
	if work.opts.Waivers, err = readGiven("--waivers", f.waivers, set.ReadWaivers); err != nil {
		return nil, err
	}
	if work.opening, err = f.opening(); err != nil {
		return nil, err
	}
	before, err := f.earlierFlags.open(work.opening)
	if err != nil {
		return nil, err
	}
	if work.baseline = before.snapshot; before.snapshot != nil {
		work.opts.Baseline = before.snapshot
	}
	work.out, err = f.outputFlags.open(sys.stdout, c.color, sys.env)
	if err == nil {
		work.course, err = f.course(before.result, work.out, newLog(sys.stderr, c))
	}
	if err == nil {
		work.course.pack, err = f.create()
	}
	if err == nil {
		work.course.redact, err = f.redactFlags.open()
	}
	if err != nil {
		work.close()
		return nil, err
	}
	return work, nil
}

// readGiven reads what people say beside the rules from a file, nothing from "". The file is named by who asks for it
// where it cannot be opened.
func readGiven[T any](asked, path string, read func(name string, r io.Reader) ([]T, error)) ([]T, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, usagef("%s: %w", asked, err)
	}
	defer file.Close()
	given, err := read(filepath.Base(path), file)
	if err != nil {
		return nil, usageError{err}
	}
	return given, nil
}

// evaluate judges a snapshot, writes the result, and says by its error what the exit code is.
func (f *evaluateFlags) evaluate(ctx context.Context, dir string, work *evaluateWork, log *slog.Logger) error {
	snap, err := work.opening.Open(dir)
	if err != nil {
		return err
	}
	defer snap.Close()
	summary, err := work.set.Evaluate(ctx, snap, work.opts, work.course)
	if err != nil {
		return err
	}
	if err := work.course.finish(f.contents(work.set, cmp.Or(work.sealed, dir))); err != nil {
		return err
	}
	for _, a := range summary.Attestations {
		if !a.Standing.Heard() {
			log.Warn("an attestation does not count", "where", work.course.redact.name(a.Source), "leaver", work.course.redact.name(a.Leaver), "why", string(a.Standing))
		}
	}
	for _, w := range summary.Waivers {
		if w.Standing != policies.Counts && w.Standing != policies.NotNeeded {
			log.Warn("a waiver does not count", "where", work.course.redact.name(w.Source), "id", work.course.redact.name(w.ID), "rule", w.Rule, "leaver", work.course.redact.name(w.Leaver), "why", string(w.Standing))
		}
	}
	if f.failOnNew {
		summary.Severities = work.course.news.failing
	}
	return f.verdict(summary)
}

// verdict is the exit code of a result.
func (f *thresholdFlags) verdict(s policies.Summary) error {
	switch {
	case f.failOn != nothing && s.FailsAt(policies.Severity(f.failOn)):
		return exit(codeFindings)
	case f.incompleteOn != nothing && s.UnknownAt(policies.Severity(f.incompleteOn)):
		return exit(codeIncomplete)
	}
	return nil
}
