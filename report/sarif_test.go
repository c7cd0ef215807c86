package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"leavercheck/policies"
	"leavercheck/report"
)

func readSARIF(t *testing.T, text string) sarifLog {
	t.Helper()
	var log sarifLog
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	return log
}

// TestSARIFSaysWhatBecameOfAProblem: its kind, its waivers, the expired ones too, and how it compares.
func TestSARIFSaysWhatBecameOfAProblem(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, result := range readSARIF(t, render(t, report.SARIF, report.Options{}, compared())).Runs[0].Results {
		words := []string{result.Kind, result.Level}
		if result.BaselineState != "" {
			words = append(words, result.BaselineState)
		}
		for _, s := range result.Suppressions {
			words = append(words, s.Status)
			if !strings.Contains(s.Justification, "court case") {
				t.Errorf("the justification is %q", s.Justification)
			}
		}
		got[result.Locations[0].Logical[0].FullyQualifiedName+" "+result.RuleID] = strings.Join(words, " ") + " at " + result.Locations[0].Physical.Artifact.URI
	}
	const rego = " at policies/checklist/test.rego"
	want := map[string]string{
		"user1@contoso.com ACC-001":                    "fail error new" + rego,
		"user1@contoso.com DEV-001":                    "open none unchanged" + rego,
		"user1@contoso.com FWD-002":                    "informational none" + rego,
		"user1@contoso.com LIC-001":                    "fail warning updated accepted at own%20rules/licences.rego",
		"user2@contoso.com DEV-001":                    "open none accepted" + rego,
		"user2@contoso.com FWD-002":                    "fail error new" + rego,
		"user2@contoso.com LIC-001":                    "fail warning updated at own%20rules/licences.rego",
		"user3@contoso.com LIC-001":                    "fail warning rejected at own%20rules/licences.rego",
		"11111111-1111-1111-1111-111111111111 LIC-002": "fail note" + rego,
		"11111111-1111-1111-1111-111111111111 TEN-001": "open none" + rego,
	}
	for key, text := range want {
		if got[key] != text {
			t.Errorf("%s: got %q, want %q", key, got[key], text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("there are %d results, want %d", len(got), len(want))
	}
}

// TestSARIFKeepsTheWorst of more results than GitHub takes, and says how many are left out.
func TestSARIFKeepsTheWorst(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	renderer := report.SARIFOf(&out, 100)
	s := stream{run: header()}
	for n := range 700 {
		severity := policies.Low
		if n >= 600 {
			severity = policies.Critical
		}
		s.leavers = append(s.leavers, leaver(n, "Somebody", verdict("ACC-001", policies.Fail, severity, "wrong"), verdict("DEV-001", policies.Unknown, policies.Critical, "unread")))
	}
	if err := s.play(renderer); err != nil {
		t.Fatal(err)
	}
	run := readSARIF(t, out.String()).Runs[0]
	if len(run.Results) != 100 || run.Properties.LeftOut != 1300 || run.Properties.Results != 1400 || run.Properties.Statuses[policies.Fail] != 700 {
		t.Errorf("%d results, %+v", len(run.Results), run.Properties)
	}
	for _, result := range run.Results {
		if result.Level != "error" {
			t.Fatalf("kept %+v", result)
		}
	}
	note := run.Invocations[0].Notifications[0]
	if note.Level != "warning" || !strings.HasPrefix(note.Message.Text, "1300 of 1400 results are not here") {
		t.Errorf("it says %+v", note)
	}
}

// TestSARIFMessagesHoldNoLink: in a message [text](target) would be one.
func TestSARIFMessagesHoldNoLink(t *testing.T) {
	t.Parallel()
	for _, result := range readSARIF(t, render(t, report.SARIF, report.Options{}, hostileEverywhere())).Runs[0].Results {
		text := strings.ReplaceAll(result.Message.Text, `\\`, "")
		for _, bracket := range []string{"[", "]"} {
			if strings.Count(text, bracket) != strings.Count(text, `\`+bracket) {
				t.Errorf("a bracket is not escaped in %q", result.Message.Text)
			}
		}
	}
}
