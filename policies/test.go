package policies

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// TestOptions says which Rego tests to run.
type TestOptions struct {
	// Dirs are tested together, as "opa test DIR..." does: every .rego, .json and .yaml file in them is
	// loaded, and the same tests pass, fail and are skipped. Two things differ. No test can reach the
	// network or the environment; and where a directory holds packages under "custom", the built-in
	// policies and the schemas are there for them to use.
	Dirs []string
	// BuiltIn tests the built-in checklist, under the locks of evaluation.
	BuiltIn bool
	// Run is a regular expression: only tests whose full name ("data.pkg.test_name") matches are run.
	Run string
	// Verbose names the tests that pass, too.
	Verbose bool
	// Coverage counts the lines of policies that the tests reached and, per rule, the statuses.
	Coverage bool
	// Threshold is the coverage, in percent, below which the report is not OK. Above 0 it turns Coverage
	// on.
	Threshold float64
}

// TestReport counts what Test did. A table test counts one for each of its cases.
type TestReport struct {
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
	Errors  int `json:"errors"`
	// EmptyTables are table tests without a single case, "file:line: name". They prove nothing; in the
	// built-in checklist they count as failed.
	EmptyTables []string  `json:"emptyTables,omitempty"`
	Coverage    *Coverage `json:"coverage,omitempty"`
}

// Coverage is what the tests reached.
type Coverage struct {
	Percent float64 `json:"percent"`
	// Missed are the lines that no test reached, "file: 3, 7-9".
	Missed []string `json:"missed,omitempty"`
	// Unreached are the statuses of rules that no test reached, "ABC-123: fail".
	Unreached []string `json:"unreached,omitempty"`
	enough    bool
}

// OK says that no test failed, none was broken, and the coverage is as asked for.
func (r TestReport) OK() bool {
	return r.Failed == 0 && r.Errors == 0 && (r.Coverage == nil || r.Coverage.enough)
}

// Ran says that there was a test at all.
func (r TestReport) Ran() bool { return r.Passed+r.Failed+r.Skipped+r.Errors > 0 }

// Test runs Rego tests and writes a report for people. The error is about tests that could not be run;
// tests that fail are in the report.
func Test(ctx context.Context, opts TestOptions, w io.Writer) (TestReport, error) {
	if opts.Threshold < 0 || opts.Threshold > 100 {
		return TestReport{}, fmt.Errorf("policies: a coverage of %v %% cannot be reached", opts.Threshold)
	}
	opts.Coverage = opts.Coverage || opts.Threshold > 0
	if _, err := regexp.Compile(opts.Run); err != nil {
		return TestReport{}, fmt.Errorf("policies: which tests to run: %w", err)
	}
	var suites []suite
	if opts.BuiltIn {
		s, err := sourceSuite(checklist())
		if err != nil {
			return TestReport{}, err
		}
		suites = append(suites, s)
	}
	if len(opts.Dirs) > 0 {
		s, err := directorySuite(opts.Dirs)
		if err != nil {
			return TestReport{}, err
		}
		suites = append(suites, s)
	}
	if len(suites) == 0 {
		return TestReport{}, errors.New("policies: no policies to test")
	}

	out := &errorWriter{w: w}
	var report TestReport
	tracer := newTracer()
	modules := map[string]*ast.Module{}
	for _, s := range suites {
		if err := s.run(ctx, opts, tracer, &report, out); err != nil {
			return report, err
		}
		maps.Copy(modules, s.own)
	}
	if !report.Ran() {
		fmt.Fprintln(out, "warning: there is no test")
	}
	if opts.Coverage {
		report.Coverage = tracer.coverage(modules, opts.Threshold)
		report.Coverage.write(out)
	}
	return report, out.err
}

// suite is a set of policies and tests that is compiled and run as one.
type suite struct {
	own     map[string]*ast.Module // what is tested, tests included
	other   map[string]*ast.Module // what must be there for it
	store   func() storage.Store
	caps    *ast.Capabilities
	schemas *ast.SchemaSet
	// strict: an error in a built-in is an error of the test, a table without a case a failure.
	strict bool
}

// sourceSuite is a suite under the locks of evaluation.
func sourceSuite(source source) (suite, error) {
	s := suite{own: map[string]*ast.Module{}, store: inmem.New, caps: capabilities(), strict: true}
	files, err := source.files(true, s.caps)
	if err != nil {
		return s, err
	}
	for _, f := range files {
		s.own[f.name] = f.module
	}
	return s, s.addSchemas(files)
}

// directorySuite is a suite like that of "opa test".
func directorySuite(dirs []string) (suite, error) {
	s := suite{caps: ast.CapabilitiesForThisVersion()}
	s.caps.AllowNet = noHosts()
	modules, store, err := tester.LoadWithParserOptions(dirs, nil, ast.ParserOptions{
		RegoVersion: ast.RegoV1, Capabilities: s.caps, ProcessAnnotation: true,
	})
	if err != nil {
		return s, fmt.Errorf("policies: loading tests: %w", err)
	}
	s.own, s.store = modules, func() storage.Store { return store }
	custom := false
	for _, module := range modules {
		path := segments(module)
		custom = custom || len(path) > 0 && path[0] == rootCustom
	}
	if !custom {
		return s, nil
	}
	files, err := checklist().files(false, s.caps)
	if err != nil {
		return s, err
	}
	s.other = map[string]*ast.Module{}
	for _, f := range files {
		s.other[f.name] = f.module
	}
	for name, module := range modules {
		files = append(files, file{name: name, module: module})
	}
	return s, s.addSchemas(files)
}

func (s *suite) addSchemas(files []file) error {
	var err error
	if s.schemas, err = schemaSet(); err != nil {
		return err
	}
	if s.other == nil {
		s.other = map[string]*ast.Module{}
	}
	for name, text := range declarations(files) {
		if s.other[name], err = parseGenerated(name, text, s.caps); err != nil {
			return err
		}
	}
	return nil
}

// run runs the suite's tests in any order and reports them in the order of the files.
func (s *suite) run(ctx context.Context, opts TestOptions, tracer *tracer, report *TestReport, w io.Writer) error {
	how := runOptions{}
	if opts.Coverage {
		how.tracer = tracer
	}
	results, err := s.results(ctx, opts.Run, how)
	if err != nil {
		return err
	}
	tables := tableTests(s.own)
	var failed []string
	for _, result := range results {
		name := result.Package + "." + result.Name
		plain, _, _ := strings.Cut(name, "#") // a name used twice is numbered
		if result.Pass() && len(result.SubResults) == 0 && tables[plain] {
			report.EmptyTables = append(report.EmptyTables, fmt.Sprintf("%s:%d: %s", result.Location.File, result.Location.Row, name))
			if s.strict {
				result.Fail, result.Output = true, []byte("the table has no case")
			}
		} else if result.Fail {
			failed = append(failed, "^"+regexp.QuoteMeta(name)+"$")
		}
	}
	if len(failed) > 0 {
		// Once more, with a trace: it shows the expression that failed and the values in it, and costs too
		// much to be made for tests that pass.
		traced, err := s.results(ctx, strings.Join(failed, "|"), runOptions{trace: true})
		if err != nil {
			return err
		}
		for i, result := range results {
			at := slices.IndexFunc(traced, func(t *tester.Result) bool {
				return t.Package == result.Package && t.Name == result.Name && t.Location.Equal(result.Location)
			})
			if at >= 0 && traced[at].Fail {
				results[i] = traced[at]
			}
		}
	}
	for _, result := range results {
		report.count(result)
	}
	all := make(chan *tester.Result, len(results))
	for _, result := range results {
		all <- result
	}
	close(all)
	if err := (tester.PrettyReporter{Output: w, Verbose: false, FailureLine: true, LocalVars: true}).Report(all); err != nil {
		return fmt.Errorf("policies: reporting tests: %w", err)
	}
	if opts.Verbose {
		writePasses(w, results)
	}
	if !s.strict {
		for _, table := range report.EmptyTables {
			fmt.Fprintf(w, "warning: %s: the table has no case\n", table)
		}
	}
	return nil
}

type runOptions struct {
	trace  bool
	tracer topdown.QueryTracer // nil for none
}

// results runs the tests whose names match and gives the results in the order of the files.
func (s *suite) results(ctx context.Context, match string, opts runOptions) ([]*tester.Result, error) {
	store := s.store()
	txn, err := store.NewTransaction(ctx, storage.WriteParams)
	if err != nil {
		return nil, fmt.Errorf("policies: opening the store: %w", err)
	}
	defer store.Abort(ctx, txn)
	modules := maps.Clone(s.own)
	maps.Copy(modules, s.other)
	compiler := ast.NewCompiler().
		WithCapabilities(s.caps).
		WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn)).
		WithSchemas(s.schemas).
		WithUseTypeCheckAnnotations(true).
		WithEnablePrintStatements(true).
		WithRewriteTestRules(opts.trace)
	runner := tester.NewRunner().
		SetCompiler(compiler).
		SetStore(store).
		SetModules(modules).
		CapturePrintOutput(true).
		EnableTracing(opts.trace).
		RaiseBuiltinErrors(s.strict).
		SetTimeout(5 * time.Second).
		Filter(match)
	if opts.tracer != nil {
		runner.SetCoverageQueryTracer(opts.tracer)
	}
	channel, err := runner.RunTests(ctx, txn)
	if err != nil {
		return nil, explain(err)
	}
	var results []*tester.Result
	for result := range channel {
		results = append(results, result)
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	slices.SortFunc(results, func(a, b *tester.Result) int {
		return cmp.Or(
			cmp.Compare(a.Location.File, b.Location.File),
			cmp.Compare(a.Location.Row, b.Location.Row),
			cmp.Compare(a.Name, b.Name),
		)
	})
	return results, nil
}

// count counts as "opa test" does: cases of a table one by one.
func (r *TestReport) count(result *tester.Result) {
	switch {
	case result.Skip:
		r.Skipped++
	case result.Error != nil:
		r.Errors++
	case len(result.SubResults) > 0:
		for _, sub := range result.SubResults.Iter {
			switch {
			case len(sub.SubResults) > 0:
			case sub.Fail:
				r.Failed++
			default:
				r.Passed++
			}
		}
	case result.Fail:
		r.Failed++
	default:
		r.Passed++
	}
}

func writePasses(w io.Writer, results []*tester.Result) {
	for _, result := range results {
		if !result.Pass() {
			continue
		}
		fmt.Fprintf(w, "%s.%s: PASS\n", result.Package, result.Name)
		for path := range result.SubResults.Iter {
			fmt.Fprintf(w, "  %s\n", strings.Join(path, " / "))
		}
	}
}

// tableTests names the tests that have a case for each value of a variable: test_x[name].
func tableTests(modules map[string]*ast.Module) map[string]bool {
	out := map[string]bool{}
	for _, module := range modules {
		for _, rule := range module.Rules {
			ref := rule.Head.Ref()
			ground := ref.GroundPrefix()
			if len(ground) < len(ref) {
				out[module.Package.Path.Extend(ground).String()] = true
			}
		}
	}
	return out
}

// errorWriter remembers the first error, which the reporters of tests throw away.
type errorWriter struct {
	w   io.Writer
	err error
}

func (e *errorWriter) Write(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	n, err := e.w.Write(p)
	if err != nil {
		e.err = fmt.Errorf("policies: writing the report of the tests: %w", err)
	}
	return n, err
}
