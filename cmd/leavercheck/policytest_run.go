package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"time"

	"leavercheck/policies"
	"leavercheck/report"
	"leavercheck/report/clean"
)

// once runs the tests and says by its error what the exit code is.
func (f *policyTestFlags) once(ctx context.Context, sys system, c *common) error {
	result, err := policies.Test(ctx, f.opts)
	if err != nil && ctx.Err() != nil {
		return err
	} else if err != nil {
		return usageError{err}
	}
	scenarios := scenarioTests{sys: sys, dirs: f.opts.Dirs, match: regexp.MustCompile(f.opts.Run), update: f.update, sets: map[string]*policies.Set{}}
	if err := scenarios.run(ctx, &result); err != nil {
		return err
	}
	if err := report.WriteTests(sys.stdout, f.format, result, report.TestOptions{Verbose: c.verbose, Timings: f.timings}); err != nil {
		return err
	}
	switch {
	case !result.Ran():
		return usagef("no test was run")
	case !result.OK():
		return exit(codeFindings)
	}
	return nil
}

// keepWatch runs the tests again whenever a file changes. What fails does not end it.
func (f *policyTestFlags) keepWatch(ctx context.Context, sys system, c *common) error {
	if len(f.opts.Dirs) == 0 {
		return usagef("--watch: name the directories to watch; the built-in checklist does not change")
	}
	ticks, stop := sys.ticks()
	defer stop()
	for {
		before, err := policies.TestFiles(f.opts.Dirs)
		if err != nil {
			return usageError{err}
		}
		err = f.once(ctx, sys, c)
		if code := exit(0); err != nil && ctx.Err() == nil && !errors.As(err, &code) {
			// A rule that does not compile is what people watch for.
			fmt.Fprintln(sys.stderr, "leavercheck: "+clean.Text(err.Error()))
		}
		if err := printLines(sys.stdout, "watching for changes; Ctrl-C ends"); err != nil {
			return err
		}
		if err := waitForChange(ctx, ticks, f.opts.Dirs, before); err != nil {
			return err
		}
	}
}

func waitForChange(ctx context.Context, ticks <-chan time.Time, dirs []string, before map[string]policies.FileState) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticks:
		}
		// A directory that is being replaced is gone for a moment.
		if now, err := policies.TestFiles(dirs); err == nil && !maps.Equal(now, before) {
			return nil
		}
	}
}
