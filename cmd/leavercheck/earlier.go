package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report"
	"leavercheck/report/evidence"
	"leavercheck/report/kept"
)

// earlierFlags say what a result is compared with.
type earlierFlags struct {
	baselines []string
	failOnNew bool
	// keep is a directory, empty for none.
	keep string
}

func (f *earlierFlags) add(cmd *cobra.Command, baseline string) {
	cmd.Flags().StringArrayVar(&f.baselines, "baseline", nil, baseline)
	cmd.Flags().BoolVar(&f.failOnNew, "fail-on-new", false, "exit with 3 only for what is new or reopened since the earlier result, or fails by a changed method")
}

func (f *earlierFlags) addKeep(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.keep, "keep", "", "`DIR` to keep results in by date: the newest of the tenant is compared with, and all are the trend")
}

// baselines are what was given to compare with, nil for none.
type baselines struct {
	snapshot *snapshot.Reader
	result   *report.Earlier
}

// open tells snapshots, which are directories, from results.
func (f *earlierFlags) open(opening snapshot.Opening) (out baselines, err error) {
	defer func() {
		if err != nil {
			out.snapshot.Close()
		}
	}()
	for _, path := range f.baselines {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return out, usagef("--baseline: %w", err)
		case info.IsDir() && out.snapshot != nil, !info.IsDir() && out.result != nil:
			return out, usagef("--baseline: give one snapshot and one result at the most")
		case info.IsDir():
			if out.snapshot, err = opening.Open(path); err != nil {
				return out, fmt.Errorf("--baseline: %w", err)
			}
		default:
			if out.result, err = readEarlier(path); err != nil {
				return out, fmt.Errorf("--baseline: %w", err)
			}
		}
	}
	if f.failOnNew && out.result == nil && f.keep == "" {
		return out, usagef("--fail-on-new: new since what? Give --baseline RESULT, or --keep DIR")
	}
	return out, nil
}

func readEarlier(path string) (*report.Earlier, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, usageError{err}
	}
	defer in.Close()
	earlier, err := report.ReadEarlier(in)
	if err != nil {
		return nil, usagef("%s: %w", path, err)
	}
	return earlier, nil
}

// course is what a result goes through on its way to the outputs. Which earlier result it is compared with is
// known when it begins, for only then is its tenant.
type course struct {
	policies.Handler
	earlier *report.Earlier // that was given, nil for none
	kept    []kept.Result
	keeper  *kept.Keeper   // nil for none
	pack    *evidence.Pack // nil for none
	out     *outputs
	redact  *redacting // nil for none
	log     *slog.Logger
	news    *newsCount
}

// course reads what is kept and opens the file to keep, before the work begins.
func (f *earlierFlags) course(earlier *report.Earlier, out *outputs, log *slog.Logger) (*course, error) {
	c := &course{earlier: earlier, out: out, log: log, news: newNewsCount(nil)}
	if f.keep == "" {
		return c, nil
	}
	var problems []error
	c.kept, problems = kept.List(f.keep)
	c.warn(problems)
	var err error
	if c.keeper, err = kept.Create(f.keep); err != nil {
		return c, usagef("--keep: %w", err)
	}
	return c, nil
}

func (c *course) warn(problems []error) {
	for _, err := range problems {
		c.log.Warn("a kept result is of no use and is left out", "why", err.Error())
	}
}

func (c *course) Run(run policies.Run) error {
	if c.keeper != nil {
		before := kept.Before(c.kept, run)
		c.out.trend = kept.Trend(before)
		if c.earlier == nil {
			var problems []error
			c.earlier, problems = kept.Newest(before)
			c.warn(problems)
		}
	}
	c.news.Handler = &fork{c, c.out}
	if c.redact != nil {
		c.news.Handler = &fork{c, c.redact.Handler(c.out)}
	}
	c.Handler = c.news
	if c.earlier != nil {
		c.Handler = report.Compare(c.earlier, c.Handler)
	}
	return c.Handler.Run(run)
}

// finish puts everything in its place: the kept result first, for it is what the next run goes by.
func (c *course) finish(with evidence.Contents) error {
	if c.keeper != nil {
		if _, err := c.keeper.Commit(); err != nil {
			return err
		}
	}
	if c.pack != nil {
		sum, err := c.pack.Commit(with)
		if err != nil {
			return err
		}
		c.log.Info("evidence is packed: tell its SHA-256 by another way than the file", "sha256", sum)
	}
	return c.out.finish()
}

func (c *course) discard() {
	if c != nil {
		c.keeper.Discard()
		c.pack.Discard()
		c.redact.discard()
	}
}

// fork gives the compared result to the file to keep, to the evidence, and to the outputs, which alone are redacted:
// what is kept is compared with the next.
type fork struct {
	c *course
	// out is the way to the outputs.
	out policies.Handler
}

func (f *fork) Run(run policies.Run) error {
	return f.each(func(h policies.Handler) error { return h.Run(run) })
}

func (f *fork) Leaver(leaver policies.LeaverResult) error {
	return f.each(func(h policies.Handler) error { return h.Leaver(leaver) })
}

func (f *fork) Tenant(tenant policies.TenantResult) error {
	return f.each(func(h policies.Handler) error { return h.Tenant(tenant) })
}

func (f *fork) Summary(summary policies.Summary) error {
	return f.each(func(h policies.Handler) error { return h.Summary(summary) })
}

func (f *fork) each(give func(policies.Handler) error) error {
	if f.c.keeper != nil {
		if err := give(f.c.keeper); err != nil {
			return err
		}
	}
	if f.c.pack != nil {
		if err := give(f.c.pack); err != nil {
			return err
		}
	}
	return give(f.out)
}
