package policies

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// explainFailures runs the tests that failed once more, with a trace: it shows the expression that failed
// and the values in it, and costs too much to be made for tests that pass.
func (s *suite) explainFailures(ctx context.Context, runs []testRun) error {
	var failed []string
	for _, run := range runs {
		if run.Outcome == TestFailed && !run.emptyTable {
			failed = append(failed, "^"+regexp.QuoteMeta(plainName(run.FullName()))+"(#[0-9]+)?$")
		}
	}
	if len(failed) == 0 {
		return nil
	}
	traced, err := s.traced(ctx, strings.Join(failed, "|"))
	if err != nil {
		return err
	}
	for i := range runs {
		at := slices.IndexFunc(traced, func(t *tester.Result) bool {
			return t.Location.File == runs[i].File && t.Location.Row == runs[i].Line && plainName(t.Name) == plainName(runs[i].Name) && t.Fail
		})
		if at >= 0 && runs[i].Outcome == TestFailed {
			runs[i].explain(traced[at])
		}
	}
	return nil
}

// plainName is a test's name without the number that one of several tests of that name gets.
func plainName(name string) string {
	plain, _, _ := strings.Cut(name, "#")
	return plain
}

// traced runs tests the slow way, without our own notes.
func (s *suite) traced(ctx context.Context, match string) ([]*tester.Result, error) {
	store := s.store()
	txn, err := store.NewTransaction(ctx, storage.WriteParams)
	if err != nil {
		return nil, fmt.Errorf("policies: opening the store: %w", err)
	}
	defer store.Abort(ctx, txn)
	channel, err := tester.NewRunner().
		SetCompiler(s.compiler(ctx, store, txn).WithRewriteTestRules(true)).
		SetStore(store).
		SetModules(s.modules()).
		EnableTracing(true).
		SetTimeout(testTimeout).
		Filter(match).
		RunTests(ctx, txn)
	if err != nil {
		return nil, explain(err)
	}
	var results []*tester.Result
	for result := range channel {
		results = append(results, result)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return results, nil
}

// explain replaces what is known of a failure by what a trace shows.
func (r *testRun) explain(traced *tester.Result) {
	if len(r.Cases) == 0 {
		if failure, ok := lastFailure(traced.Trace); ok && !r.blamed("") {
			r.Failures = []TestFailure{failure}
		}
		return
	}
	for path, result := range traced.SubResults.Iter {
		name := caseName(path)
		if !result.Fail || len(result.SubResults) > 0 || r.blamed(name) {
			continue
		}
		failure, ok := lastFailure(result.Trace)
		if !ok {
			failure = TestFailure{File: r.File, Line: r.Line, Message: "the case does not hold"}
		}
		failure.Case = name
		r.Failures = append(r.Failures, failure)
	}
}

// blamed says whether there is a reason with more to it than that the test failed.
func (r *testRun) blamed(name string) bool {
	return slices.ContainsFunc(r.Failures, func(f TestFailure) bool { return f.Case == name && f.Message != "the test does not hold" })
}

// lastFailure is the last expression of a trace that did not hold.
func lastFailure(trace []*topdown.Event) (TestFailure, bool) {
	for _, event := range slices.Backward(trace) {
		expr, ok := event.Node.(*ast.Expr)
		if event.Op != topdown.FailOp || event.Location == nil || event.QueryID == 0 || !ok {
			continue
		}
		if _, every := expr.Terms.(*ast.Every); every {
			continue // the expression within it tells more
		}
		var values bytes.Buffer
		if err := topdown.PrettyEvent(&values, event, topdown.PrettyEventOpts{PrettyVars: true}); err != nil {
			values.Reset()
		}
		return TestFailure{
			File: event.Location.File, Line: event.Location.Row,
			Message: "does not hold: " + firstLine(string(event.Location.Text)),
			Values:  leftAligned(values.String()),
		}, true
	}
	return TestFailure{}, false
}

// leftAligned takes off the indent that every line has, and blanks at the ends of lines.
func leftAligned(text string) string {
	var lines []string
	indent := -1
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if line != "" {
			if own := len(line) - len(strings.TrimLeft(line, " ")); indent < 0 || own < indent {
				indent = own
			}
		}
		lines = append(lines, line)
	}
	for i, line := range lines {
		if line != "" {
			lines[i] = line[indent:]
		}
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// broken are the failures of a test that an error ended, each at the place of the error.
func (t test) broken(errs []error) []TestFailure {
	var out []TestFailure
	for _, err := range errs {
		failure := t.failure(oneLine(err))
		var e *topdown.Error
		if errors.As(err, &e) && e.Location != nil {
			failure.File, failure.Line = e.Location.File, e.Location.Row
			failure.Message = e.Code + ": " + strings.ReplaceAll(e.Message, "\n", "; ")
		}
		out = append(out, failure)
	}
	return out
}

func firstLine(text string) string {
	line, more, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if more != "" {
		line += " ..."
	}
	return line
}
