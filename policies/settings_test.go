package policies

import (
	"context"
	"strings"
	"testing"

	"leavercheck/collector/snapshot"
)

func settings(t testing.TB, text string) Settings {
	t.Helper()
	out, err := ReadSettings("leavercheck.yaml", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tunable are two rules that fail on an enabled account; the first has parameters of several types and would
// raise the severity by itself.
func tunable() source {
	return ours(map[string]string{
		"a.rego": ruleText("TST-001", "parameters: {grace_hours: {type: integer, minimum: 0, default: 0}, free: {type: array, items: {type: string}, default: []}, day: {type: string, default: x}, share: {type: number, default: 0.5}, strict: {type: boolean, default: true}}\nattestations: [TST-001]\n",
			vouched("TST-001")+"\nseverity := \"critical\"\n"),
		"b.rego": ruleText("TST-002", "requires: [account, mailbox]\nattestations: [TST-001]\n", vouched("", "TST-001")+"\nfree := data.parameters[\"TST-001\"].free\n"),
	})
}

// TestSettings: what is set holds in verdicts, is described with its place, and is recorded in the result.
func TestSettings(t *testing.T) {
	t.Parallel()
	set, err := load(context.Background(), []source{tunable()}, settings(t, `fail-on: none
rules:
  TST-001:
    severity: low
    parameters:
      grace_hours: 241
      free: [A, 7th, "2026-01-01"]
      day: 2026-01-01
      share: 0x10
      strict: false
`))
	if err != nil {
		t.Fatal(err)
	}
	rule := set.Rules()[0]
	if rule.Severity != Low || rule.DefaultSeverity != High {
		t.Errorf("got severity %s instead of %s", rule.Severity, rule.DefaultSeverity)
	}
	if got, want := asJSON(t, rule.Set), `{"parameters.day":"leavercheck.yaml:8","parameters.free":"leavercheck.yaml:7","parameters.grace_hours":"leavercheck.yaml:6","parameters.share":"leavercheck.yaml:9","parameters.strict":"leavercheck.yaml:10","severity":"leavercheck.yaml:4"}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	out := evaluate(t, set, &fake{leavers: []snapshot.Record{record(1, true)}}, EvaluateOptions{})
	if got, want := asJSON(t, out.run.Parameters["TST-001"]), `{"day":"2026-01-01","free":["A","7th","2026-01-01"],"grace_hours":241,"share":16,"strict":false}`; got != want {
		t.Errorf("the result records\n     %s\nwant %s", got, want)
	}
	// The rule itself says critical; what somebody set is the last word.
	if v := out.leavers[0].Verdicts[0]; v.Status != Pending || v.Severity != Low {
		t.Errorf("got %+v", v)
	}
	if rules := set.Rules(); rules[1].Set != nil || rules[1].DefaultSeverity != "" {
		t.Errorf("the other rule was touched: %+v", rules[1])
	}
}

// TestARuleThatIsOff is not asked and is named; what others need of it stays.
func TestARuleThatIsOff(t *testing.T) {
	t.Parallel()
	set, err := load(context.Background(), []source{tunable()}, settings(t, "rules:\n  TST-001: {enabled: false, parameters: {grace_hours: 5}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if off := set.Off(); len(off) != 1 || off[0].ID != "TST-001" || len(set.Rules()) != 1 {
		t.Errorf("got %+v", off)
	}
	// An attestation of it is no mistake, and a rule that heeds it still may.
	given, err := set.ReadAttestations("a.yaml", strings.NewReader("attestations:\n- {rule: TST-001, leaver: p1@contoso.com, statement: I saw it, by: A, at: 2026-11-20, expires: 2027-01-01}\n"))
	if err != nil {
		t.Fatal(err)
	}
	out := evaluate(t, set, &fake{leavers: []snapshot.Record{with(record(1, true), snapshot.Account, unknownFact())}}, EvaluateOptions{Attestations: given})
	if got, want := asJSON(t, out.run.Off), `[{"id":"TST-001","title":"A rule","source":"leavercheck.yaml:2"}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, there := out.run.Parameters["TST-001"]; there || len(out.run.Rules) != 1 || len(out.summary.Rules) != 1 {
		t.Errorf("the result has it: %+v", out.run)
	}
	if vs := out.leavers[0].Verdicts; len(vs) != 1 || vs[0].Rule != "TST-002" || vs[0].Status != Pass || vs[0].Grade != Attested {
		t.Errorf("got %+v", vs)
	}
	none := LoadOptions{Given: set.Sources(), Settings: settings(t, "rules: {TST-001: {enabled: false}, TST-002: {enabled: false}}\n")}
	if _, err := Load(context.Background(), none); err == nil || !strings.Contains(err.Error(), "every rule is switched off") {
		t.Errorf("got %v", err)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"no YAML":                {"rules:\n\tx: 1\n", "leavercheck.yaml:2: found character that cannot start any token"},
		"two documents":          {"rules: {}\n---\nrules: {}\n", "leavercheck.yaml:2:1: a second document"},
		"a list":                 {"- rules\n", "leavercheck.yaml:1:1: settings are lines of the form"},
		"rules in a list":        {"rules:\n- TST-001\n", "leavercheck.yaml:2:1: rules takes the id of a rule"},
		"a rule alone":           {"rules:\n  TST-001: off\n", "leavercheck.yaml:2:12: rules: TST-001 takes enabled, severity and parameters"},
		"a rule twice":           {"rules:\n  TST-001: {enabled: true}\n  TST-001: {}\n", "leavercheck.yaml:3:3: TST-001 stands here for the second time"},
		"an unknown rule":        {"rules:\n  TST-01: {}\n", `leavercheck.yaml:2:3: rules: there is no rule "TST-01": did you mean TST-001?`},
		"an unknown key":         {"rules:\n  TST-001:\n    enable: false\n", `leavercheck.yaml:3:5: rules: TST-001: there is no key "enable": a rule has enabled, severity, parameters: did you mean enabled?`},
		"off as a word":          {"rules:\n  TST-001: {enabled: off}\n", "leavercheck.yaml:2:22: rules: TST-001: enabled is true or false"},
		"an unknown severity":    {"rules:\n  TST-001: {severity: hihg}\n", `leavercheck.yaml:2:23: rules: TST-001: severity "hihg" is none of critical, high, medium, low, info: did you mean high?`},
		"parameters in a list":   {"rules:\n  TST-001: {parameters: [1]}\n", "leavercheck.yaml:2:25: rules: TST-001: parameters takes names and values"},
		"an unknown parameter":   {"rules:\n  TST-001:\n    parameters:\n      grace_hour: 5\n", `leavercheck.yaml:4:19: rules: TST-001: grace_hour: the rule has no such parameter: it has day, free, grace_hours, share, strict: did you mean grace_hours?`},
		"a wrong type":           {"rules:\n  TST-001:\n    parameters:\n      grace_hours: soon\n", "leavercheck.yaml:4:20: rules: TST-001: grace_hours: got string, want integer"},
		"a quoted number":        {"rules:\n  TST-001:\n    parameters:\n      grace_hours: \"5\"\n", "leavercheck.yaml:4:20: rules: TST-001: grace_hours: got string, want integer"},
		"a half":                 {"rules:\n  TST-001: {parameters: {grace_hours: 0.5}}\n", "want integer"},
		"below the minimum":      {"rules:\n  TST-001: {parameters: {grace_hours: -1}}\n", "minimum: got -1, want 0"},
		"too long a grace":       {"rules:\n  TST-001: {parameters: {grace_hours: 1000000000}}\n", "hours are not between 0 and"},
		"nothing":                {"rules:\n  TST-001: {parameters: {day: ~}}\n", "got null, want string"},
		"a wrong item":           {"rules:\n  TST-001: {parameters: {free: [A, 1]}}\n", "got number, want string"},
		"no number":              {"rules:\n  TST-001: {parameters: {share: .nan}}\n", "leavercheck.yaml:2:33: rules: TST-001: share: .nan is no number"},
		"a kind of its own":      {"rules:\n  TST-001: {parameters: {day: !!binary aGk=}}\n", "a value of the kind !!binary"},
		"a reference":            {"x: &x [a]\nrules:\n  TST-001: {parameters: {free: *x}}\n", "leavercheck.yaml:3:32: rules: TST-001: free: write the value itself"},
		"a reference to a rule":  {"x: &x {enabled: false}\nrules:\n  TST-001: *x\n", "leavercheck.yaml:3:12: rules: TST-001 takes enabled"},
		"too large":              {"# " + strings.Repeat("x", maxYAMLBytes), "leavercheck.yaml: larger than"},
		"every mistake is named": {"rules:\n  TST-009: {}\n  TST-001: {parameters: {grace_hours: a, fre: []}}\n", "leavercheck.yaml:2:3: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given, err := ReadSettings("leavercheck.yaml", strings.NewReader(tc.text))
			if err == nil {
				_, err = load(context.Background(), []source{tunable()}, given)
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v\nwant %q", err, tc.want)
			}
			if name == "every mistake is named" && strings.Count(err.Error(), "\n") != 2 {
				t.Errorf("got %v", err)
			}
		})
	}
	for _, text := range []string{"", "# nothing\n", "fail-on: none\n", "rules:\n", "rules: {}\n"} {
		if got := settings(t, text); len(got) != 0 {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}

func FuzzReadSettings(f *testing.F) {
	for _, text := range []string{"rules:\n  TST-001: {enabled: false, severity: low, parameters: {free: [a], share: 1e3}}\n", "rules: &a {x: *a}\n", "? [a]\n: b\n", "rules: {TST-001: {parameters: {day: {<<: 1}}}}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		given, err := ReadSettings("s.yaml", strings.NewReader(text))
		if err != nil {
			if !strings.Contains(err.Error(), "s.yaml:") || given != nil {
				t.Errorf("got %v and %v", given, err)
			}
			return
		}
		rules := []Rule{{ID: "TST-001", Severity: High, Parameters: map[string]Parameter{}}}
		if err := given.apply(rules); err != nil && !strings.Contains(err.Error(), "s.yaml:") {
			t.Errorf("no place in %v", err)
		}
	})
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	words := []string{"account", "accounts", "mailbox", "oneDrive"}
	for word, want := range map[string]string{
		"acount": ": did you mean account?", "acconut": ": did you mean account?", "Mailboxes": ": did you mean mailbox?", "onedrive": ": did you mean oneDrive?",
		"devices": "", "x": "", "": "", strings.Repeat("account", 20): "",
	} {
		if got := didYouMean(word, words); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
