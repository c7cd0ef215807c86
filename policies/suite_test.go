package policies

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
)

func runTests(t *testing.T, opts TestOptions) TestReport {
	t.Helper()
	report, err := Test(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// failuresOf lists why tests failed: "test_name: case: file:line: message".
func failuresOf(report TestReport) []string {
	var out []string
	for _, test := range report.Tests {
		for _, f := range test.Failures {
			out = append(out, fmt.Sprintf("%s: %s: %s:%d: %s", test.Name, f.Case, filepath.Base(f.File), f.Line, f.Message))
		}
	}
	return out
}

// TestForeignTests: a directory that knows nothing of this program gives the counts of "opa test".
func TestForeignTests(t *testing.T) {
	t.Parallel()
	const dir = "testdata/foreign"
	report := runTests(t, TestOptions{Dirs: []string{dir}})
	if report.Passed != 14 || report.Failed != 3 || report.Skipped != 1 || report.Errors != 1 || report.OK() {
		t.Errorf("got %+v", report)
	}
	if want := opaTest(t, dir); !maps.Equal(outcomes(report), want) {
		t.Errorf("got  %v\nopa: %v", outcomes(report), want)
	}
	if want := []string{"testdata/foreign/authz_test.rego:39: data.authz_test.test_no_case"}; !slices.Equal(report.EmptyTables, want) {
		t.Errorf("empty tables: got %v, want %v", report.EmptyTables, want)
	}
	got := failuresOf(report)
	for _, want := range []string{
		"test_that_fails: : authz_test.rego:13: does not hold: authz.allow with input as {\"user\": \"bob\"}",
		"test_table: wrong: authz_test.rego:30: does not hold: authz.allow == tc.want with input as {\"user\": tc.user}",
		"test_nested: a / y: authz_test.rego:36: does not hold: n < 2",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, strings.Join(got, "\n"))
		}
	}
	for _, test := range report.Tests {
		switch test.Name {
		case "test_that_fails":
			if test.Output != "looking\n" {
				t.Errorf("the test printed %q", test.Output)
			}
		case "test_table":
			if values := test.Failures[0].Values; !strings.Contains(values, `"user": "ann"`) {
				t.Errorf("the values of the case are not in\n%s", values)
			}
		case "test_error":
			if test.Outcome != TestErred || !strings.Contains(test.Failures[0].Message, "eval_conflict_error") {
				t.Errorf("got %+v", test)
			}
		}
	}
}

// outcomes are what each test, and each case, came to, by name and line.
func outcomes(report TestReport) map[string]string {
	out := map[string]string{}
	for _, test := range report.Tests {
		name := fmt.Sprintf("%s:%d %s", test.File, test.Line, plainName(test.FullName()))
		out[name] = string(test.Outcome)
		for _, c := range test.Cases {
			out[name+": "+c.Name] = map[bool]string{true: "fail", false: "pass"}[c.Failed]
		}
	}
	return out
}

// TestTheSameAsOPA: tests of any kind come out as they do with "opa test".
func TestTheSameAsOPA(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"values that are not true": {"a_test.rego": "package a_test\n\ntest_false := false\n\ntest_null := null\n\ntest_string := \"yes\"\n\ntest_undefined if input.x\n\ntest_true := true\n\ntest_zero := 0\n"},
		"sets and objects":         {"a_test.rego": "package a_test\n\ntest_set contains \"x\" if true\n\ntest_empty contains \"x\" if false\n\ntest_object := {\"a\": true}\n"},
		"cases that are no words":  {"a_test.rego": "package a_test\n\ntest_t[n] if {\n\tsome n in [1, 2]\n\tn < 2\n}\n\ntest_u[{\"k\": n}] if {\n\tsome n in [1, 2]\n\tn < 2\n}\n"},
		"values of cases":          {"a_test.rego": "package a_test\n\ntest_t[n] := v if {\n\tsome n, v in {\"a\": true, \"b\": false, \"c\": 1, \"d\": null, \"e\": {\"f\": true, \"g\": false}, \"h\": {}}\n}\n"},
		"names in names":           {"a_test.rego": "package a_test\n\nx.test_a.b if true\n\nx.y.todo_test_b if false\n\nx.test_c.d if false\n\nno_test_e if false\n"},
		"one name several times":   {"a_test.rego": "package a_test\n\ntest_a if true\n\ntest_a if false\n\ntest_a if true\n\ntest_t[n] if {\n\tsome n in [\"x\"]\n\tn == \"y\"\n}\n\ntest_t[n] if some n in [\"x\"]\n"},
		"errors that are silent":   {"a_test.rego": "package a_test\n\ntest_a if not time.parse_rfc3339_ns(\"yesterday\")\n\ntest_b if time.parse_rfc3339_ns(\"yesterday\")\n\ntest_c if not to_number(\"x\")\n"},
		"inputs of another kind":   {"a_test.rego": "package a_test\n\ntest_a if input.acount == 1 with input as {\"acount\": 1}\n\ntest_b[n] if {\n\tsome n in []\n}\n"},
		"data of a directory":      {"a_test.rego": "package a_test\n\ntest_a if data.x.y == 1\n", "x/data.json": "{\"y\": 1}"},
		"else and default":         {"a_test.rego": "package a_test\n\ndefault test_a := false\n\ntest_a if false\n\ntest_b := true if false else := false\n"},
		"a package called custom":  {"a_test.rego": "package custom.a_test\n\ntest_a if not time.parse_rfc3339_ns(\"x\")\n\ntest_b[n] if {\n\tsome n in []\n}\n"},
		"a table within a table":   {"a_test.rego": "package a_test\n\ntest_in[n] if {\n\tsome n in [\"i\"]\n\tn == \"j\"\n}\n\ntest_out[n] if {\n\tsome n in [\"o\"]\n\tcount(test_in) == 0\n}\n"},
		"a case marked by hand":    {"a_test.rego": "package a_test\n\ntest_t[n] if {\n\tsome n in [\"a\", \"b\"]\n\tinternal.test_case([n])\n\tn == \"a\"\n}\n"},
		"the end of a loop":        {"a_test.rego": "package a_test\n\ntest_every if {\n\tevery x in [1, 2] { x < 2 }\n}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, text := range files {
				write(t, dir, file, text)
			}
			got, want := outcomes(runTests(t, TestOptions{Dirs: []string{dir}})), opaTest(t, dir)
			if !maps.Equal(got, want) || len(want) == 0 {
				t.Errorf("got  %v\nopa: %v", got, want)
			}
		})
	}
}

// TestTheChecklistTheSameAsOPA: what makes our own run fast changes nothing of what comes out. It looks at
// a part of the checklist, for the other way takes ten times as long.
func TestTheChecklistTheSameAsOPA(t *testing.T) {
	t.Parallel()
	dirs := []string{"checklist/access", "checklist/checklist.rego", "lib"}
	got, want := outcomes(runTests(t, TestOptions{Dirs: dirs})), opaTest(t, dirs...)
	if !maps.Equal(got, want) {
		for name := range want {
			if got[name] != want[name] {
				t.Errorf("%s: got %q, opa has %q", name, got[name], want[name])
			}
		}
		t.Errorf("%d outcomes, opa has %d", len(got), len(want))
	}
}

// opaTest gives what "opa test" makes of each test, by the library's own parts put together as its
// command does it.
func opaTest(t *testing.T, dirs ...string) map[string]string {
	t.Helper()
	ctx := t.Context()
	modules, store, err := tester.LoadWithParserOptions(dirs, nil, ast.ParserOptions{RegoVersion: ast.RegoV1, ProcessAnnotation: true})
	if err != nil {
		t.Fatal(err)
	}
	txn, err := store.NewTransaction(ctx, storage.WriteParams)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Abort(ctx, txn)
	compiler := ast.NewCompiler().WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn)).WithEnablePrintStatements(true).WithUseTypeCheckAnnotations(true)
	results, err := tester.NewRunner().SetCompiler(compiler).SetStore(store).SetModules(modules).SetTimeout(time.Minute).RunTests(ctx, txn)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for result := range results {
		name := fmt.Sprintf("%s:%d %s", result.Location.File, result.Location.Row, plainName(result.Package+"."+result.Name))
		switch {
		case result.Skip:
			out[name] = "skip"
		case result.Error != nil:
			out[name] = "error"
			continue // the cases do not count then
		case result.Fail:
			out[name] = "fail"
		default:
			out[name] = "pass"
		}
		for path, sub := range result.SubResults.Iter {
			if len(sub.SubResults) == 0 {
				out[name+": "+strings.Join(path, " / ")] = map[bool]string{true: "fail", false: "pass"}[sub.Fail]
			}
		}
	}
	return out
}

func TestRunChoosesTests(t *testing.T) {
	t.Parallel()
	report := runTests(t, TestOptions{Dirs: []string{"testdata/foreign"}, Run: `^data\.authz_test\.test_(post|get)`})
	if report.Passed != 2 || !report.OK() || len(report.Tests) != 2 || report.Tests[0].FullName() != "data.authz_test.test_post_allowed" {
		t.Errorf("got %+v", report)
	}
	if report = runTests(t, TestOptions{Dirs: []string{"testdata/foreign"}, Run: "nothing"}); report.Ran() {
		t.Errorf("got %+v", report)
	}
}

// TestTestsCannotReachOut: a test of somebody's policy runs before anybody has read it.
func TestTestsCannotReachOut(t *testing.T) {
	t.Setenv("LEAVERCHECK_TEST_SECRET", "secret")
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer server.Close()
	dir := t.TempDir()
	write(t, dir, "evil_test.rego", "package evil_test\n\ntest_net if http.send({\"method\": \"get\", \"url\": \""+server.URL+"\"})\n\ntest_env if opa.runtime().env.LEAVERCHECK_TEST_SECRET\n")
	report := runTests(t, TestOptions{Dirs: []string{dir}})
	if report.Passed != 0 || requests.Load() != 0 {
		t.Errorf("got %+v and %d requests", report, requests.Load())
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestCustomTestsHaveTheLibrary: the rules of an organisation may use the built-in library, and their
// input is checked against the schema.
func TestCustomTestsHaveTheLibrary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "rule.rego", packageText("custom.org.rule", "ORG-001", "", "import data.lib.times\n\ndefault status := \"unknown\"\n\nstatus := \"pass\" if times.never(input.leaver.leftAt)\n"))
	write(t, dir, "rule_test.rego", "package custom.org.rule_test\n\nimport data.custom.org.rule\n\ntest_pass if rule.status == \"pass\" with input as {\"leaver\": {\"leftAt\": \"0001-01-01T00:00:00Z\"}}\n")
	report := runTests(t, TestOptions{Dirs: []string{dir}, Coverage: true})
	if report.Passed != 1 || !report.OK() {
		t.Errorf("got %+v", report)
	}
	if got, want := asJSON(t, report.Coverage.Rules[0].Missed), `["unknown"]`; got != want || report.Coverage.Percent != 50 || len(report.Coverage.Missed) != 1 {
		t.Errorf("got %+v, want %s missed", report.Coverage, want)
	}
	write(t, dir, "rule_test.rego", "package custom.org.rule_test\n\ntest_typo if input.leaver.leftOn with input as {}\n")
	if _, err := Test(t.Context(), TestOptions{Dirs: []string{dir}}); err == nil || !strings.Contains(err.Error(), "undefined ref: input.leaver.leftOn") {
		t.Errorf("got %v", err)
	}
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "rule.rego", packageText("custom.org.rule", "ORG-001", "", "default status := \"unknown\"\n"+blocked))
	write(t, dir, "rule_test.rego", "package custom.org.rule_test\n\nimport data.custom.org.rule\n\ntest_pass if rule.status == \"pass\" with input as {\"facts\": {\"account\": {\"value\": {\"accountEnabled\": false}}}}\n")
	report := runTests(t, TestOptions{Dirs: []string{dir}, Threshold: 90})
	if report.OK() || report.Failed != 0 {
		t.Errorf("got %+v", report)
	}
	c := report.Coverage
	if got, want := asJSON(t, c.Rules), `[{"rule":"ORG-001","file":"`+dir+`/rule.rego","line":11,"reached":["pass"],"missed":["unknown","fail"]}]`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if c.Percent < 10 || c.Percent > 90 || len(c.Missed) == 0 || c.Missed[0].File != dir+"/rule.rego" {
		t.Errorf("got %+v", c)
	}
	for want, opts := range map[bool]TestOptions{true: {Threshold: 10}, false: {EveryStatus: true}} {
		opts.Dirs = []string{dir}
		if report := runTests(t, opts); report.OK() != want {
			t.Errorf("%+v: got %+v", opts, report.Coverage)
		}
	}
}

// TestCoverageIsOPAs: our own tracer counts the lines that the library's counts.
func TestCoverageIsOPAs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, err := directorySuite([]string{"testdata/foreign"})
	if err != nil {
		t.Fatal(err)
	}
	store := s.store()
	txn, err := store.NewTransaction(ctx, storage.WriteParams)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Abort(ctx, txn)
	theirs := cover.New()
	results, err := tester.NewRunner().SetCompiler(s.compiler(ctx, store, txn)).SetStore(store).SetModules(s.own).
		SetCoverageQueryTracer(theirs).SetCoverageRuns(nil).Filter("test_post").RunTests(ctx, txn)
	if err != nil {
		t.Fatal(err)
	}
	for range results {
		continue
	}
	policies := maps.Clone(s.own)
	maps.DeleteFunc(policies, func(name string, _ *ast.Module) bool { return strings.HasSuffix(name, testSuffix) })
	want := theirs.Report(policies)
	got := runTests(t, TestOptions{Dirs: []string{"testdata/foreign"}, Run: "test_post", Coverage: true}).Coverage
	covered, all := 0, 0
	for name := range policies {
		covered, all = covered+want.Files[name].CoveredLines, all+want.Files[name].CoveredLines+want.Files[name].NotCoveredLines
	}
	if percent := 100 * float64(covered) / float64(all); got.Percent != percent || percent == 0 || percent == 100 {
		t.Errorf("got %v %%, opa has %v %%", got.Percent, percent)
	}
}

func TestTestRefuses(t *testing.T) {
	t.Parallel()
	broken := t.TempDir()
	write(t, broken, "a.rego", "package a\n\nb := c\n")
	for want, opts := range map[string]TestOptions{
		"no policies to test":    {},
		"error parsing regexp":   {Dirs: []string{"testdata/foreign"}, Run: "("},
		"cannot be reached":      {Dirs: []string{"testdata/foreign"}, Threshold: 101},
		"no such file":           {Dirs: []string{"testdata/nowhere"}},
		"a.rego:3: rego_unsafe_": {Dirs: []string{broken}},
	} {
		if _, err := Test(t.Context(), opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestTestsAreRepeatable: tests run side by side and come out in one order.
func TestTestsAreRepeatable(t *testing.T) {
	t.Parallel()
	first := asJSON(t, runTests(t, TestOptions{Dirs: []string{"testdata/foreign"}, Coverage: true}))
	for range 10 {
		if again := asJSON(t, runTests(t, TestOptions{Dirs: []string{"testdata/foreign"}, Coverage: true})); again != first {
			t.Fatalf("got\n%s\nbefore\n%s", again, first)
		}
	}
}

// TestTimesTests: the clock is the caller's.
func TestTimesTests(t *testing.T) {
	t.Parallel()
	var ticks atomic.Int64
	clock := func() time.Time { return time.Unix(ticks.Add(1), 0) }
	report := runTests(t, TestOptions{Dirs: []string{"testdata/foreign"}, Run: "test_post_allowed", Clock: clock})
	if got := report.Tests[0].Duration; got != time.Second {
		t.Errorf("got %v", got)
	}
}
