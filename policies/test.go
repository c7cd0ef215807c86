package policies

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// TestOptions says which Rego tests to run.
type TestOptions struct {
	// Dirs are tested together, as "opa test DIR..." does: every .rego, .json and .yaml file in them is
	// loaded, and the same tests pass, fail and are skipped. Two things differ. No test can reach the
	// network or the environment; and where a directory holds packages custom.<org>.<rule>, the built-in
	// policies and the schemas are there for them to use, and the tests under custom are held to what the
	// tests of the built-in checklist are held to: a table without a case fails, a built-in function that
	// fails is an error as it is in an evaluation, and what a test gives as input or as data.tenant has
	// only names that the snapshot's schema knows.
	Dirs []string
	// BuiltIn tests the built-in checklist, under the locks of evaluation.
	BuiltIn bool
	// Run is a regular expression: only tests whose full name ("data.pkg.test_name") matches are run.
	Run string
	// Coverage counts the lines of policies that the tests reached and, per rule, the statuses.
	Coverage bool
	// Threshold is the coverage, in percent, below which the report is not OK. Above 0 it turns Coverage
	// on.
	Threshold float64
	// EveryStatus fails the report if a rule has a status that no test came to. It turns Coverage on.
	EveryStatus bool
	// Clock times the tests; nil leaves every Duration at 0.
	Clock func() time.Time
}

// TestReport is what came of the tests. The counts are those of "opa test": a table test counts one for
// each of its cases.
type TestReport struct {
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
	Errors  int `json:"errors"`
	// Tests are in the order of files and lines.
	Tests []TestResult `json:"tests"`
	// EmptyTables are table tests without a single case that passed nevertheless, "file:line: name": those
	// of directories that know nothing of this program.
	EmptyTables []string  `json:"emptyTables,omitempty"`
	Coverage    *Coverage `json:"coverage,omitempty"`
}

// TestOutcome is what a test came to.
type TestOutcome string

// The outcomes.
const (
	TestPassed  TestOutcome = "pass"
	TestFailed  TestOutcome = "fail"
	TestErred   TestOutcome = "error"
	TestSkipped TestOutcome = "skip" // its name begins with todo_
)

// TestResult is what came of one test.
type TestResult struct {
	Package string `json:"package"` // "data.custom.org.rule_test"
	Name    string `json:"name"`    // "test_pass"
	// File and Line are where the test stands, as the paths were given.
	File    string      `json:"file"`
	Line    int         `json:"line"`
	Outcome TestOutcome `json:"outcome"`
	// Cases are those of a table test, by name.
	Cases []TestCase `json:"cases,omitempty"`
	// Failures say why. A test that fails has at least one, a table test at least one for each case that
	// fails.
	Failures []TestFailure `json:"failures,omitempty"`
	// Output is what the test printed.
	Output string `json:"output,omitempty"`
	// Duration is real time; tests run side by side.
	Duration time.Duration `json:"duration"`
}

// TestCase is one case of a table test.
type TestCase struct {
	Name   string `json:"name"` // of a nested table "group / name"
	Failed bool   `json:"failed"`
}

// TestFailure is one reason why a test failed.
type TestFailure struct {
	Case string `json:"case,omitempty"` // of a table test
	// File and Line are those of the expression that failed.
	File string `json:"file"`
	Line int    `json:"line"`
	// Message is one line.
	Message string `json:"message"`
	// Values shows the expression and the values in it, a line each; empty where there is none.
	Values string `json:"values,omitempty"`
}

// FullName is the name that TestOptions.Run is matched against.
func (r TestResult) FullName() string { return r.Package + "." + r.Name }

// OK says that no test failed, none was broken, and the coverage is as asked for.
func (r TestReport) OK() bool {
	return r.Failed == 0 && r.Errors == 0 && (r.Coverage == nil || r.Coverage.Enough)
}

// Ran says that there was a test at all.
func (r TestReport) Ran() bool { return r.Passed+r.Failed+r.Skipped+r.Errors > 0 }

// Test runs Rego tests, side by side. The error is about tests that could not be run; tests that fail are
// in the report. The same policies give the same report but for its durations.
func Test(ctx context.Context, opts TestOptions) (TestReport, error) {
	if opts.Threshold < 0 || opts.Threshold > 100 {
		return TestReport{}, fmt.Errorf("policies: a coverage of %v %% cannot be reached", opts.Threshold)
	}
	opts.Coverage = opts.Coverage || opts.EveryStatus || opts.Threshold > 0
	match, err := regexp.Compile(opts.Run)
	if err != nil {
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

	report := TestReport{Tests: []TestResult{}}
	how := runOptions{match: match, clock: opts.Clock}
	var tracers []*tracer
	if opts.Coverage {
		how.tracer = func() topdown.QueryTracer {
			tracers = append(tracers, newTracer())
			return tracers[len(tracers)-1]
		}
	}
	modules := map[string]*ast.Module{}
	for _, s := range suites {
		tests, err := s.run(ctx, how)
		if err != nil {
			return report, err
		}
		for _, test := range tests {
			report.count(test)
		}
		maps.Copy(modules, s.own)
	}
	if opts.Coverage {
		report.Coverage = union(tracers).coverage(modules, opts)
	}
	return report, nil
}

func (r *TestReport) count(test testRun) {
	r.Add(test.TestResult)
	if test.emptyTable && test.Outcome == TestPassed {
		r.EmptyTables = append(r.EmptyTables, fmt.Sprintf("%s:%d: %s", test.File, test.Line, test.FullName()))
	}
}

// Add adds a test and counts it as "opa test" does: cases of a table one by one.
func (r *TestReport) Add(test TestResult) {
	r.Tests = append(r.Tests, test)
	switch {
	case test.Outcome == TestSkipped:
		r.Skipped++
	case test.Outcome == TestErred:
		r.Errors++
	case len(test.Cases) > 0:
		failed := 0
		for _, c := range test.Cases {
			if c.Failed {
				failed++
			} else {
				r.Passed++
			}
		}
		if failed == 0 && test.Outcome == TestFailed {
			failed = 1 // for a reason that is no case's
		}
		r.Failed += failed
	case test.Outcome == TestFailed:
		r.Failed++
	default:
		r.Passed++
	}
}

// FileState tells one version of a file from another.
type FileState struct {
	Changed time.Time
	Size    int64
}

// TestFiles gives the files that Test may read for these directories: when this changes, so may the
// outcome.
func TestFiles(dirs []string) (map[string]FileState, error) {
	out := map[string]FileState{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			out[path] = FileState{Changed: info.ModTime(), Size: info.Size()}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("policies: looking for changes: %w", err)
		}
	}
	return out, nil
}
