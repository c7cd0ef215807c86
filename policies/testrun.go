package policies

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
	"golang.org/x/sync/errgroup"
)

// testTimeout bounds one test, as "opa test" does.
const testTimeout = 5 * time.Second

// test is one test of a compiled suite.
type test struct {
	rule   *ast.Rule
	name   ast.Ref // within its package, without the keys of a table
	strict bool
}

// testRun is a test that was run.
type testRun struct {
	TestResult
	// emptyTable is a table test that had no case.
	emptyTable bool
}

func (t test) result() TestResult {
	return TestResult{
		Package: t.rule.Module.Package.Path.String(), Name: t.name.String(),
		File: t.rule.Loc().File, Line: t.rule.Loc().Row, Outcome: TestPassed,
	}
}

func compareTests(a, b TestResult) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Name, b.Name))
}

// testRef is the name of a rule that is a test: up to the part that begins with test_, or todo_test_.
func testRef(rule *ast.Rule) (ast.Ref, bool) {
	ref := rule.Head.Ref().GroundPrefix()
	for i, term := range ref {
		if word := word(term); strings.HasPrefix(word, tester.TestPrefix) || strings.HasPrefix(word, tester.SkipTestPrefix) {
			return ref[:i+1], true
		}
	}
	return nil, false
}

func word(term *ast.Term) string {
	switch v := term.Value.(type) {
	case ast.Var:
		return string(v)
	case ast.String:
		return string(v)
	}
	return ""
}

func (t test) skipped() bool {
	return strings.HasPrefix(word(t.name[len(t.name)-1]), tester.SkipTestPrefix)
}

// runOptions say how a suite's tests are run.
type runOptions struct {
	match *regexp.Regexp // full names
	clock func() time.Time
	// tracer makes one for each goroutine; nil for none.
	tracer func() topdown.QueryTracer
}

// run runs the suite's tests that match and gives the results in the order of the files.
func (s *suite) run(ctx context.Context, opts runOptions) ([]testRun, error) {
	runs, err := s.evaluate(ctx, opts)
	if err != nil {
		return nil, err
	}
	return runs, s.explainFailures(ctx, runs)
}

func (s *suite) evaluate(ctx context.Context, opts runOptions) ([]testRun, error) {
	store := s.store()
	txn, err := store.NewTransaction(ctx, storage.WriteParams)
	if err != nil {
		return nil, fmt.Errorf("policies: opening the store: %w", err)
	}
	defer store.Abort(ctx, txn)
	compiler, err := s.compile(ctx, store, txn)
	if err != nil {
		return nil, err
	}
	var chosen []test
	for _, t := range s.tests(compiler) {
		if opts.match.MatchString(t.result().FullName()) {
			chosen = append(chosen, t)
		}
	}
	runs := make([]testRun, len(chosen))
	group, groupCtx := errgroup.WithContext(ctx)
	next := make(chan int)
	group.Go(func() error {
		defer close(next)
		for i := range chosen {
			select {
			case next <- i:
			case <-groupCtx.Done():
				return context.Cause(groupCtx)
			}
		}
		return nil
	})
	for range runtime.GOMAXPROCS(0) {
		r := testRunner{compiler: compiler, store: store, txn: txn, names: s.names, clock: opts.clock}
		if opts.tracer != nil {
			r.tracer = opts.tracer()
		}
		group.Go(func() error {
			for i := range next {
				runs[i] = r.run(groupCtx, chosen[i])
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return runs, nil
}

// testRunner runs tests one after another. It belongs to one goroutine.
type testRunner struct {
	compiler *ast.Compiler
	store    storage.Store
	txn      storage.Transaction
	names    *testNames
	tracer   topdown.QueryTracer // nil for none
	clock    func() time.Time
}

func (r *testRunner) now() time.Time {
	if r.clock == nil {
		return time.Time{}
	}
	return r.clock()
}

// run evaluates a test as a tester.Runner does, but for what it costs there: a trace with the values of
// all variables, which only tests that fail need, is two thirds of the time.
func (r *testRunner) run(ctx context.Context, t test) testRun {
	out := testRun{TestResult: t.result()}
	if t.skipped() {
		out.Outcome = TestSkipped
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()
	var printed bytes.Buffer
	var broken []topdown.Error
	notes := testNotes{names: r.names, seen: map[string]bool{}}
	options := []func(*rego.Rego){
		rego.Store(r.store), rego.Transaction(r.txn), rego.Compiler(r.compiler),
		rego.Query(t.rule.Module.Package.Path.Extend(t.name).String()),
		rego.PrintHook(topdown.NewPrintHook(&printed)),
		rego.StackTraces(true),
	}
	options = append(options, notes.functions()...)
	if t.strict {
		options = append(options, rego.BuiltinErrorList(&broken))
	}
	start := r.now()
	results, err := r.eval(ctx, rego.New(options...))
	out.Duration = r.now().Sub(start)
	out.Output = printed.String()
	errs := []error{err}
	if err == nil {
		errs = asErrors(broken)
	}
	if len(errs) > 0 {
		out.Outcome, out.Failures = TestErred, t.broken(errs)
		return out
	}
	r.judge(t, results, &notes, &out)
	return out
}

func (r *testRunner) eval(ctx context.Context, query *rego.Rego) (rego.ResultSet, error) {
	prepared, err := query.PrepareForEval(ctx)
	if err != nil {
		return nil, err
	}
	options := []rego.EvalOption{rego.EvalTransaction(r.txn)}
	if r.tracer != nil {
		options = append(options, rego.EvalQueryTracer(r.tracer))
	}
	return prepared.Eval(ctx, options...)
}

// judge reads a test's value.
func (r *testRunner) judge(t test, results rego.ResultSet, notes *testNotes, out *testRun) {
	failed := false
	switch {
	case len(results) == 0:
		failed = true
	case t.rule.Head.DocKind() == ast.PartialObjectDoc:
		out.Cases = casesOf(results[0].Expressions[0].Value, notes)
		out.emptyTable = len(out.Cases) == 0
	default:
		held, _ := results[0].Expressions[0].Value.(bool)
		failed = !held
	}
	if out.emptyTable && t.strict {
		out.Failures = append(out.Failures, t.failure("the table has no case: it proves nothing"))
	}
	for _, c := range out.Cases {
		failed = failed || c.Failed
	}
	if failed || len(notes.problems) > 0 || len(out.Failures) > 0 {
		out.Outcome = TestFailed
	}
	for _, problem := range notes.problems {
		out.Failures = append(out.Failures, problem)
		for i, c := range out.Cases {
			out.Cases[i].Failed = c.Failed || c.Name == problem.Case
		}
	}
	if len(out.Failures) == 0 && failed && len(out.Cases) == 0 {
		out.Failures = []TestFailure{t.failure("the test does not hold")}
	}
}

func (t test) failure(message string) TestFailure {
	return TestFailure{File: t.rule.Loc().File, Line: t.rule.Loc().Row, Message: message}
}

func asErrors(list []topdown.Error) []error {
	out := make([]error, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
