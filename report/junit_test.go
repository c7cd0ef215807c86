package report_test

import (
	"strings"
	"testing"

	"leavercheck/policies"
	"leavercheck/report"
)

// TestJUnitSaysWhyATestIsSkipped: in words, and never in silence.
func TestJUnitSaysWhyATestIsSkipped(t *testing.T) {
	t.Parallel()
	text := render(t, report.JUnit, report.Options{}, compared())
	for _, want := range []string{
		`<skipped message="pending: fails on 2026-11-24T09:00:00Z if it stays as it is: forwards without an Exchange licence">`,
		`<skipped message="waived until 2027-01-01T00:00:00Z by Allan Deyoung (W-2): court case: cannot be told without mobileDevices (forbidden)">`,
		`<skipped message="not applicable">`,
		`<error type="not-collected" message="cannot be told without mobileDevices (forbidden)">`,
		`<failure type="critical" message="the account can still sign in">`,
		"Waiver W-3 (expired) of LIC-001", "Switched off: ACC-011 Reports are reassigned.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if vouched := render(t, report.JUnit, report.Options{}, attested()); !strings.Contains(vouched, "<system-out>FWD-002 is attested by Allan Deyoung: The mailbox was exported") {
		t.Errorf("nothing says that a test passes on a person's word:\n%s", vouched)
	}
}

// TestJUnitTestsHaveNamesOfTheirOwn: readers follow a test from run to run by its class and name.
func TestJUnitTestsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := many(50)
	nameless := leaver(60, "", verdict("ACC-001", policies.Fail, policies.High, ""))
	nameless.Leaver.UserPrincipalName = ""
	other := leaver(61, "", verdict("ACC-001", policies.Fail, policies.High, ""))
	other.Leaver.UserPrincipalName, other.Leaver.ID = "", ""
	s.leavers = append(s.leavers, nameless, other)
	seen := map[string]bool{}
	for line := range strings.Lines(render(t, report.JUnit, report.Options{}, s)) {
		if name, found := strings.CutPrefix(strings.TrimSpace(line), "<testcase "); found {
			name, _, _ = strings.Cut(name, ` time=`)
			if seen[name] {
				t.Errorf("two tests are called %s", name)
			}
			seen[name] = true
		}
	}
}
