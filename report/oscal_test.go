package report_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"leavercheck/policies"
	"leavercheck/report"
)

func TestUUIDs(t *testing.T) {
	t.Parallel()
	one := report.UUID("a", "b")
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(one) {
		t.Errorf("%s is of no version 5", one)
	}
	if one != report.UUID("a", "b") || one == report.UUID("ab") || one == report.UUID("a", "b", "") {
		t.Error("other parts have the same id, or the same parts another one")
	}
}

func TestControlsAreNamedAsInTheCatalogue(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"PS-4": "ps-4_smt", "PS-4(a)": "ps-4_smt.a", "AC-2(3)": "ac-2.3_smt", "AC-2(13)": "ac-2.13_smt", "AC-2(3)(d)": "ac-2.3_smt.d",
		"": "", "A.5.18": "", "ac-2": "", "AC-2 (3)": "", "AC-2(3": "", "AC-2(3)\n": "",
	} {
		if got := report.Statement(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestAControlIsSatisfiedByWhatPassesAlone: never by what is unknown, in grace, waived, or was not judged.
func TestAControlIsSatisfiedByWhatPassesAlone(t *testing.T) {
	t.Parallel()
	for want, statuses := range map[string][][]policies.Status{
		"satisfied pass":      {{policies.Pass}, {policies.Pass, policies.NotApplicable}, {policies.NotApplicable}},
		"not-satisfied fail":  {{policies.Fail}, {policies.Pass, policies.Fail}, {policies.Fail, policies.Unknown}},
		"not-satisfied other": {{policies.Unknown}, {policies.Pass, policies.Unknown}, {policies.Pass, policies.Pending}, {policies.Pass, policies.Waived}, {}},
	} {
		for _, each := range statuses {
			s := stream{run: header()}
			s.run.Rules[0].Controls = map[string][]policies.Control{"nist-800-53-r5": {{ID: "PS-4(a)"}}}
			for n, status := range each {
				s.leavers = append(s.leavers, leaver(n, "Somebody", verdict("ACC-001", status, policies.High, "")))
			}
			var document struct {
				Results struct {
					Results []struct {
						Findings []struct {
							Target struct {
								ID     string `json:"target-id"`
								Status struct{ State, Reason string }
							}
						}
					}
				} `json:"assessment-results"`
			}
			if err := json.Unmarshal([]byte(render(t, report.OSCAL, report.Options{}, s)), &document); err != nil {
				t.Fatal(err)
			}
			target := document.Results.Results[0].Findings[0].Target
			if got := target.Status.State + " " + target.Status.Reason; got != want || target.ID != "ps-4_smt.a" {
				t.Errorf("%v: got %q for %s, want %q", each, got, target.ID, want)
			}
		}
	}
}
