package policies

import (
	"slices"
	"strings"
	"testing"
)

func controlled(t *testing.T) []Rule {
	t.Helper()
	return mustLoad(t, ours(map[string]string{
		"a.rego": ruleText("TST-001", "controls: {soc2: [{id: CC6.10, confidence: high}, {id: CC6.2, confidence: low}], nist-800-53-r5: [{id: AC-2, confidence: medium}]}\n", says("pass")),
		"b.rego": ruleText("TST-002", "controls: {soc2: [{id: CC6.2, confidence: medium}, {id: CC6.10, confidence: medium}], own-1: [R1]}\n", says("pass")),
		"c.rego": ruleText("TST-003", "controls: {soc2: [{id: CC7.1, confidence: low}]}\n", says("pass")),
	})).Rules()
}

func TestControls(t *testing.T) {
	t.Parallel()
	rules := controlled(t)
	const ten = `{"id":"CC6.10","confidence":"high","rules":[{"id":"TST-001","confidence":"high"},{"id":"TST-002","confidence":"medium"}]}`
	for lowest, want := range map[Confidence]string{
		HighConfidence:   `[{"id":"CC6.10","confidence":"high","rules":[{"id":"TST-001","confidence":"high"}]}]`,
		MediumConfidence: `[{"id":"CC6.2","confidence":"medium","rules":[{"id":"TST-002","confidence":"medium"}]},` + ten + `]`,
		LowConfidence: `[{"id":"CC6.2","confidence":"medium","rules":[{"id":"TST-001","confidence":"low"},{"id":"TST-002","confidence":"medium"}]},` + ten +
			`,{"id":"CC7.1","confidence":"low","rules":[{"id":"TST-003","confidence":"low"}]}]`,
	} {
		if got := asJSON(t, Controls(rules, "soc2", lowest)); got != want {
			t.Errorf("%s: got  %s\nwant %s", lowest, got, want)
		}
	}
	if got := asJSON(t, Controls(rules, "own-1", HighConfidence)); got != `[{"id":"R1","rules":[{"id":"TST-002"}]}]` {
		t.Errorf("what nobody judged: got %s", got)
	}
	if got := asJSON(t, Controls(rules, "hipaa", LowConfidence)); got != `[]` {
		t.Errorf("got %s", got)
	}
}

func TestWithControls(t *testing.T) {
	t.Parallel()
	rules := controlled(t)
	if got, want := asJSON(t, rules[0].WithControls(MediumConfidence).Controls), `{"nist-800-53-r5":[{"id":"AC-2","confidence":"medium"}],"soc2":[{"id":"CC6.10","confidence":"high"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(rules[0].Controls["soc2"]) != 2 {
		t.Error("the rule itself was changed")
	}
	run := evaluate(t, mustLoad(t, ours(map[string]string{"c.rego": ruleText("TST-003", "controls: {soc2: [{id: CC7.1, confidence: low}]}\n", says("pass"))})), &fake{}, EvaluateOptions{}).run
	if got := asJSON(t, run.Rules[0].Controls); got != "{}" {
		t.Errorf("the result shows %s", got)
	}
}

func TestFindFramework(t *testing.T) {
	t.Parallel()
	rules := controlled(t)
	for name, want := range map[string]string{"nist-800-53": "nist-800-53-r5", "NIST-800-53-R5": "nist-800-53-r5", "soc2": "soc2", "own": "own-1", "cis-m": "cis-m365-7.0", "h": "hipaa"} {
		if got, err := FindFramework(rules, name); err != nil || got != want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	for name, want := range map[string]string{
		"cis":   "is the beginning of several frameworks: cis-controls-8.1, cis-m365-7.0",
		"cobit": `there is no framework "cobit": there are cis-controls-8.1, cis-m365-7.0, hipaa, iso-27001-2022, nist-800-53-r5, own-1, pci-dss-4.0, scuba, soc2`,
		"":      `there is no framework ""`,
	} {
		if _, err := FindFramework(rules, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

func TestControlsAreCountedAsPeopleDo(t *testing.T) {
	t.Parallel()
	want := []string{"", "2", "2.01", "2.1", "2.2", "2.10", "10", "A.5.9", "A.5.10", "AC-2", "AC-2(3)", "AC-2(13)", "AC-10", "AU-2", "MS.AAD.3.1v1", "MS.AAD.3.1v2", "§164.308(a)(3)(ii)(C)", "§164.312"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, naturally)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, a := range want {
		for _, b := range want {
			if naturally(a, b) != -naturally(b, a) {
				t.Errorf("%q and %q", a, b)
			}
		}
	}
}
