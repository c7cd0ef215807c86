package policies

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
)

func runTests(t *testing.T, opts TestOptions) (TestReport, string) {
	t.Helper()
	var out bytes.Buffer
	report, err := Test(context.Background(), opts, &out)
	if err != nil {
		t.Fatal(err)
	}
	return report, out.String()
}

// TestForeignTests: a directory that knows nothing of this program gives the counts of "opa test".
func TestForeignTests(t *testing.T) {
	t.Parallel()
	const dir = "testdata/foreign"
	report, out := runTests(t, TestOptions{Dirs: []string{dir}})
	if report.Passed != 14 || report.Failed != 3 || report.Skipped != 1 || report.Errors != 1 || report.OK() {
		t.Errorf("got %+v in\n%s", report, out)
	}
	if want := opaTest(t, dir); report.Passed != want.Passed || report.Failed != want.Failed || report.Skipped != want.Skipped || report.Errors != want.Errors {
		t.Errorf("got %+v, opa has %+v", report, want)
	}
	for _, want := range []string{
		"PASS: 14/19\nFAIL: 3/19\nSKIPPED: 1/19\nERROR: 1/19\n", "data.authz_test.test_that_fails: FAIL", "authz.allow with input as {\"user\": \"bob\"}", "looking", "  wrong: FAIL",
		"eval_conflict_error", "warning: testdata/foreign/authz_test.rego:39: data.authz_test.test_no_case: the table has no case",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

// opaTest counts as "opa test" does, by the library's own parts put together as its command does it.
func opaTest(t *testing.T, dirs ...string) TestReport {
	t.Helper()
	ctx := context.Background()
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
	results, err := tester.NewRunner().SetCompiler(compiler).SetStore(store).SetModules(modules).RunTests(ctx, txn)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (tester.PrettyReporter{Output: &out}).Report(results); err != nil {
		t.Fatal(err)
	}
	var report TestReport
	for line := range strings.Lines(out.String()) {
		for word, count := range map[string]*int{"PASS: ": &report.Passed, "FAIL: ": &report.Failed, "SKIPPED: ": &report.Skipped, "ERROR: ": &report.Errors} {
			if number, ok := strings.CutPrefix(line, word); ok {
				number, _, _ = strings.Cut(number, "/")
				for _, digit := range number {
					*count = *count*10 + int(digit-'0')
				}
			}
		}
	}
	return report
}

func TestRunChoosesTests(t *testing.T) {
	t.Parallel()
	report, out := runTests(t, TestOptions{Dirs: []string{"testdata/foreign"}, Run: `^data\.authz_test\.test_(post|get)`, Verbose: true})
	if report.Passed != 2 || !report.OK() || !strings.Contains(out, "data.authz_test.test_post_allowed: PASS") {
		t.Errorf("got %+v in\n%s", report, out)
	}
	if report, out = runTests(t, TestOptions{Dirs: []string{"testdata/foreign"}, Run: "nothing"}); report.Ran() || !strings.Contains(out, "there is no test") {
		t.Errorf("got %+v in\n%s", report, out)
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
	report, out := runTests(t, TestOptions{Dirs: []string{dir}})
	if report.Passed != 0 || requests.Load() != 0 {
		t.Errorf("got %+v and %d requests in\n%s", report, requests.Load(), out)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
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
	report, out := runTests(t, TestOptions{Dirs: []string{dir}, Coverage: true})
	if report.Passed != 1 || !report.OK() {
		t.Errorf("got %+v in\n%s", report, out)
	}
	if c := report.Coverage; c.Percent != 50 || len(c.Missed) != 1 || len(c.Unreached) != 1 || c.Unreached[0] != "ORG-001: unknown" {
		t.Errorf("got %+v", c)
	}
	write(t, dir, "rule_test.rego", "package custom.org.rule_test\n\ntest_typo if input.leaver.leftOn with input as {}\n")
	if _, err := Test(context.Background(), TestOptions{Dirs: []string{dir}}, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "undefined ref: input.leaver.leftOn") {
		t.Errorf("got %v", err)
	}
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "rule.rego", packageText("custom.org.rule", "ORG-001", "", "default status := \"unknown\"\n"+blocked))
	write(t, dir, "rule_test.rego", "package custom.org.rule_test\n\nimport data.custom.org.rule\n\ntest_pass if rule.status == \"pass\" with input as {\"facts\": {\"account\": {\"value\": {\"accountEnabled\": false}}}}\n")
	report, out := runTests(t, TestOptions{Dirs: []string{dir}, Threshold: 90})
	if report.OK() || report.Failed != 0 {
		t.Errorf("got %+v", report)
	}
	if c := report.Coverage; c.Percent < 10 || c.Percent > 90 || len(c.Missed) != 1 || strings.Join(c.Unreached, " ") != "ORG-001: fail ORG-001: unknown" {
		t.Errorf("got %+v", c)
	}
	if !strings.Contains(out, "coverage: ") || !strings.Contains(out, "rule.rego: ") || !strings.Contains(out, "no test comes to ORG-001: fail") {
		t.Errorf("got\n%s", out)
	}
	if report, _ := runTests(t, TestOptions{Dirs: []string{dir}, Threshold: 10}); !report.OK() {
		t.Errorf("got %+v", report.Coverage)
	}
}

// TestOurOwnTestsAreHeldHigher: an empty table fails, an error in a built-in is an error.
func TestOurOwnTestsAreHeldHigher(t *testing.T) {
	t.Parallel()
	s, err := sourceSuite(ours(map[string]string{
		"rule.rego": ruleText("TST-001", "", blocked),
		"rule_test.rego": "package checklist.test.rule_test\n\ntest_none[name] if {\n\tsome name, tc in {}\n\ttc == 1\n}\n\n" +
			"test_date if not time.parse_rfc3339_ns(\"yesterday\")\n\ntest_good if true\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	var report TestReport
	if err := s.run(context.Background(), TestOptions{}, newTracer(), &report, &out); err != nil {
		t.Fatal(err)
	}
	if report.Passed != 1 || report.Failed != 1 || report.Errors != 1 || len(report.EmptyTables) != 1 {
		t.Errorf("got %+v in\n%s", report, out.String())
	}
	if !strings.Contains(out.String(), "the table has no case") {
		t.Errorf("got\n%s", out.String())
	}
	locked, err := sourceSuite(ours(map[string]string{"a_test.rego": "package checklist.a_test\n\ntest_net if http.send({})\n"}))
	if err != nil {
		t.Fatal(err)
	}
	if err := locked.run(context.Background(), TestOptions{}, newTracer(), &report, &out); err == nil || !strings.Contains(err.Error(), "undefined function http.send") {
		t.Errorf("got %v", err)
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
		if _, err := Test(context.Background(), opts, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	full := errors.New("disk full")
	if _, err := Test(context.Background(), TestOptions{Dirs: []string{"testdata/foreign"}}, failingWriter{full}); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }
