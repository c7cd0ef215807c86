package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"leavercheck/collector"
	"leavercheck/collector/roster"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
	"leavercheck/policies"
	"leavercheck/report"
	"leavercheck/report/clean"
	"leavercheck/report/evidence"
)

// The exit codes; see the package comment.
const (
	codeClean = iota
	codeError
	codeUsage
	codeFindings
	codeIncomplete
	codeIntegrity
	codeInterrupted
)

// system is everything outside the program.
type system struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) (string, bool)
	now            func() time.Time
	// ticks is when to look whether files have changed, until stop is called.
	ticks func() (c <-chan time.Time, stop func())
}

// exit ends a command with a code and without a message: the output has said it all.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// usageError is a mistake in what the program was given.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run runs one command and returns its exit code. It does not touch anything but sys and files.
func run(ctx context.Context, sys system) int {
	root := newRoot(sys)
	root.SetArgs(sys.args)
	root.SetOut(sys.stdout)
	root.SetErr(sys.stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return codeClean
	}
	if code := exit(0); errors.As(err, &code) {
		return int(code)
	}
	code := exitCode(err)
	message := clean.Text(err.Error())
	switch {
	case errors.Is(err, errNotKept):
		message = "interrupted; nothing was kept, because there is no --out to keep it at"
	case errors.Is(err, context.Canceled) && errors.Is(err, collector.ErrInterrupted):
		message = "interrupted; the same command goes on from here, for three days"
	case code == codeInterrupted && !errors.Is(err, collector.ErrInterrupted):
		message = "interrupted"
	}
	fmt.Fprintln(sys.stderr, "leavercheck: "+message)
	return code
}

// errNotKept is an interruption that leaves nothing to go on with.
var errNotKept = errors.New("nothing was kept")

func exitCode(err error) int {
	var usage usageError
	var row *roster.Error
	switch {
	case errors.Is(err, snapshot.ErrIntegrity), errors.Is(err, evidence.ErrPack), errors.Is(err, snapshot.ErrSignature), errors.Is(err, policies.ErrSignature), errors.Is(err, policies.ErrDigest), errors.Is(err, wire.ErrForeign), errors.Is(err, collector.ErrTenant), errors.Is(err, collector.ErrAudience):
		return codeIntegrity
	case errors.Is(err, context.Canceled), errors.Is(err, collector.ErrInterrupted):
		return codeInterrupted
	case errors.As(err, &usage), errors.As(err, &row), errors.Is(err, collector.ErrCredential), errors.Is(err, snapshot.ErrUnusable),
		errors.Is(err, snapshot.ErrNoSnapshot), errors.Is(err, snapshot.ErrVersion), errors.Is(err, snapshot.ErrEncrypted), errors.Is(err, snapshot.ErrIdentity), errors.Is(err, policies.ErrBaseline), errors.Is(err, report.ErrIncomparable), errors.Is(err, evidence.ErrUnfit), errors.Is(err, collector.ErrPrivilege), errors.Is(err, collector.ErrPopulation),
		errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return codeUsage
	}
	return codeError
}

func newRoot(sys system) *cobra.Command {
	root := &cobra.Command{
		Use:   "leavercheck",
		Short: "Check, with evidence, whether people who left were really offboarded from Microsoft 365",
		Long: `leavercheck checks, with evidence, whether the people on a roster were really
offboarded from Microsoft 365. It only reads. What it could not read it reports as
unknown, never as pass.

Try it without an account:
  leavercheck scan --simulate

Exit codes: 0 clean, 1 error, 2 usage or configuration, 3 something failed,
4 nothing failed but not everything could be checked, 5 integrity, 6 interrupted:
the same command goes on if it has --out.`,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w; see %s --help", err, cmd.CommandPath())
	})
	settings := addCommon(root)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return settings.apply(cmd, sys.env) }
	root.AddCommand(
		newScan(sys, settings), newCollect(sys, settings), newEvaluate(sys, settings), newReport(sys, settings),
		newDiff(sys, settings), newPlan(sys), newVerify(sys), newDoctor(sys, settings), newSimulate(sys), newExchangeExportScript(sys), newPolicy(sys, settings), newVersion(sys), newIsolated(sys),
	)
	for _, cmd := range everyCommand(root) {
		cmd.Args = asUsage(cmd.Args)
	}
	return root
}

func everyCommand(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		all = append(all, everyCommand(sub)...)
	}
	return all
}

// asUsage makes a wrong number of arguments, or an unknown command, a usage error.
func asUsage(check cobra.PositionalArgs) cobra.PositionalArgs {
	if check == nil {
		return nil
	}
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usagef("%w; see %s --help", err, cmd.CommandPath())
		}
		return nil
	}
}
