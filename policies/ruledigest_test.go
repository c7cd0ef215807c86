package policies

import "testing"

// TestDigestOfARule: it changes with the rule's own text and with what the rule refers to, and with nothing else.
func TestDigestOfARule(t *testing.T) {
	t.Parallel()
	const shared = "package lib.shared\n\nimport data.lib.deep\n\nwrong if deep.wrong\n"
	const deep = "package lib.deep\n\nwrong if false\n"
	base := map[string]string{
		"one.rego":        ruleText("TST-001", "", "import data.lib.shared\n\nstatus := \"fail\" if {\n\tshared.wrong\n}\n"),
		"two.rego":        ruleText("TST-002", "", says("pass")),
		"lib/shared.rego": shared,
		"lib/deep.rego":   deep,
	}
	digests := func(change map[string]string) map[string]string {
		texts := map[string]string{}
		for name, text := range base {
			texts[name] = text
		}
		for name, text := range change {
			texts[name] = text
		}
		out := map[string]string{}
		for _, rule := range mustLoad(t, ours(texts)).Rules() {
			out[rule.ID] = rule.Digest
		}
		return out
	}
	before := digests(nil)
	if len(before["TST-001"]) != 64 || before["TST-001"] == before["TST-002"] {
		t.Fatalf("got %v", before)
	}
	for name, tc := range map[string]struct {
		change   map[string]string
		one, two bool
	}{
		"nothing":                  {nil, false, false},
		"its own text":             {map[string]string{"two.rego": ruleText("TST-002", "", says("fail"))}, false, true},
		"what it refers to":        {map[string]string{"lib/shared.rego": shared + "\nother := 1\n"}, true, false},
		"what that refers to":      {map[string]string{"lib/deep.rego": deep + "\nother := 1\n"}, true, false},
		"what nobody refers to":    {map[string]string{"lib/more.rego": "package lib.more\n\nother := 1\n"}, false, false},
		"its test":                 {map[string]string{"two_test.rego": "package two_test\n\ntest_it if true\n"}, false, false},
		"a new file, same package": {map[string]string{"lib/deep2.rego": "package lib.deep\n\nother := 1\n"}, true, false},
	} {
		after := digests(tc.change)
		if one, two := after["TST-001"] != before["TST-001"], after["TST-002"] != before["TST-002"]; one != tc.one || two != tc.two {
			t.Errorf("%s: TST-001 changed: %v, TST-002 changed: %v", name, one, two)
		}
	}
}
