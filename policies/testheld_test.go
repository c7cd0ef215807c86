package policies

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestInputsAreThoseOfASnapshot: what a test gives has the names that the schema knows, wherever it comes
// from.
func TestInputsAreThoseOfASnapshot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "rule.rego", packageText("custom.org.rule", "ORG-001", "", "default status := \"unknown\"\n"+blocked))
	write(t, dir, "rule_test.rego", `package custom.org.rule_test

import data.custom.org.rule

account(properties) := {"facts": {"account": {"state": "read", "value": properties}}}

test_ground if rule.status == "unknown" with input as {"facts": {"acount": {"state": "read"}}}

test_helper[name] if {
	some name, case in {"good": {"accountEnabled": false}, "misspelt": {"accountEnabld": false}, "of another kind": {"accountEnabled": [7]}}
	rule.status with input as account(case)
}

test_part if rule.status with input.facts.account.value as {"mial": 1}

test_path if rule.status with input.facts.mailbx as {}

test_list if rule.status with input as {"facts": {"ownedApplications": {"value": [{"id": "1", "secrets": []}]}}}

test_within if {
	every enabled in [true, false] {
		rule.status with input as account({"enabled": enabled})
	}
}

test_tenant if rule.status == "unknown" with data.tenant as {"facts": {"domain": {}}}

test_unread if {
	not rule.message with input as {"leaver": {"lefAt": 1}}
}

test_good if rule.status == "unknown" with input as {"leaver": {}, "attested": {"ANY-001": {}}, "baseline": {"facts": {}}}
`)
	report := runTests(t, TestOptions{Dirs: []string{dir}})
	want := []string{
		`test_ground: : rule_test.rego:7: there is no fact "acount": the schema knows no input.facts.acount: did you mean account?`,
		`test_helper: misspelt: rule_test.rego:11: the schema knows no input.facts.account.value.accountEnabld: did you mean accountEnabled?`,
		`test_part: : rule_test.rego:14: the schema knows no input.facts.account.value.mial: did you mean mail?`,
		`test_path: : rule_test.rego:16: there is no fact "mailbx": the schema knows no input.facts.mailbx: did you mean mailbox?`,
		`test_list: : rule_test.rego:18: the schema knows no input.facts.ownedApplications.value[].secrets`,
		`test_within: : rule_test.rego:22: the schema knows no input.facts.account.value.enabled`,
		`test_tenant: : rule_test.rego:26: there is no fact "domain": the schema knows no data.tenant.facts.domain: did you mean domains?`,
		`test_unread: : rule_test.rego:29: the schema knows no input.leaver.lefAt: did you mean leftAt?`,
	}
	if got := failuresOf(report); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if report.Passed != 3 || report.Failed != 8 || report.Errors != 0 {
		t.Errorf("got %+v", report)
	}
}

// TestOurTestsAreHeldHigher: an empty table fails, an error in a built-in is an error, in the checklist
// and in everybody's own rules.
func TestOurTestsAreHeldHigher(t *testing.T) {
	t.Parallel()
	tests := "import data.lib.times\n\ntest_none[name] if {\n\tsome name, tc in {}\n\ttc == 1\n}\n\ntest_date if not time.parse_rfc3339_ns(\"yesterday\")\n\ntest_good if times.never(\"0001-01-01T00:00:00Z\")\n"
	dir := t.TempDir()
	write(t, dir, "rule_test.rego", "package custom.org.rule_test\n\n"+tests)
	custom, err := directorySuite([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	builtin, err := sourceSuite(ours(map[string]string{
		"lib.rego": "package lib.times\n\nnever(x) if x == \"0001-01-01T00:00:00Z\"\n", "rule_test.rego": "package checklist.test.rule_test\n\n" + tests,
	}))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]suite{"custom": custom, "checklist": builtin} {
		runs, err := s.run(t.Context(), runOptions{match: regexp.MustCompile("")})
		if err != nil {
			t.Fatal(err)
		}
		var report TestReport
		for _, run := range runs {
			report.count(run)
		}
		if report.Passed != 1 || report.Failed != 1 || report.Errors != 1 || len(report.EmptyTables) != 0 {
			t.Errorf("%s: got %+v", name, report)
		}
		want := []string{"the table has no case: it proves nothing", "not a time"}
		got := failuresOf(report)
		if len(got) != 2 || !strings.HasSuffix(got[0], want[0]) || !strings.Contains(got[1], "eval_builtin_error") {
			t.Errorf("%s: got %v", name, got)
		}
	}
	locked, err := sourceSuite(ours(map[string]string{"a_test.rego": "package checklist.a_test\n\ntest_net if http.send({})\n"}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := locked.run(t.Context(), runOptions{match: regexp.MustCompile("")}); err == nil || !strings.Contains(err.Error(), "undefined function http.send") {
		t.Errorf("got %v", err)
	}
}
