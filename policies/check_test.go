package policies

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
)

// fmtRego formats a policy as "opa fmt" does.
func fmtRego(t testing.TB, text string) string {
	t.Helper()
	out, err := format.SourceWithOpts("x.rego", []byte(text), format.Opts{RegoVersion: ast.RegoV1})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// checked checks a directory and gives "file:line: message (check)" by lines, without the directory.
func checked(t testing.TB, dir string, opts CheckOptions) string {
	t.Helper()
	opts.Now = collected
	// One rule stands for the checklist, which takes its time to compile.
	other := ours(map[string]string{"other.rego": ruleText("OUR-001", "", blocked)})
	own, err := openSource(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	problems, err := checkSources(context.Background(), []source{other}, []source{own}, opts)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, p := range problems {
		name := strings.TrimPrefix(strings.TrimPrefix(p.File, filepath.ToSlash(dir)), "/")
		fmt.Fprintf(&out, "%s:%d: %s (%s)\n", name, p.Line, p.Message, p.Check)
	}
	return out.String()
}

const testOfRule = `package custom.org.rule_test

import data.custom.org.rule as subject

test_unknown if {
	subject.status == "unknown" with input as {"facts": {}}
}
`

// TestCheckFinds: each mistake by itself, and nothing else beside it.
func TestCheckFinds(t *testing.T) {
	t.Parallel()
	own := func(custom, body string) string {
		return fmtRego(t, packageText("custom.org.rule", "ORG-001", custom, "default status := \"unknown\"\n"+body))
	}
	for name, tc := range map[string]struct {
		rule, test string // the good ones where empty
		want       string
	}{
		"nothing":              {"", "", ""},
		"a text that is none":  {"package custom.org.rule\n\nstatus := \n", "", "rule.rego:4: rego_parse_error: unexpected eof token (parse)\n"},
		"a test that is none":  {"", "package custom.org.rule_test\n\ntest_x if (\n", "(parse)\n"},
		"not formatted":        {strings.Replace(own("", blocked), "default status :=", "default  status :=", 1), "", "rule.rego:13: not as \"opa fmt\" would write it (format)\n"},
		"a test not formatted": {"", strings.Replace(testOfRule, "\tsubject", "  subject", 1), "rule_test.rego:6: not as \"opa fmt\" would write it (format)\n"},
		"a stranger's package": {strings.Replace(own("", blocked), "package custom.org.rule", "package checklist.org.rule", 1), "", "rule.rego:11: package checklist.org.rule: a policy of yours must stand in a package of its own, custom.<org>.<rule> (package)\n"},
		"no remediation":       {own("remediation: -\n", blocked), "", "rule.rego:1: METADATA: custom.remediation is missing (metadata)\n"},
		"no METADATA": {
			"package custom.org.rule\n\ndefault status := \"unknown\"\n", "",
			"rule.rego:3: package custom.org.rule has a status but no custom.id in its METADATA: it would never be asked (metadata)\n",
		},
		"a fact that is none":      {own("requires: [acount]\n", blocked), "", ": did you mean account? (metadata)\n"},
		"an id of the checklist's": {strings.ReplaceAll(own("", blocked), "ORG-001", "OUR-001"), "", "rule.rego:11: the id OUR-001 is already that of ours/other.rego:11 (metadata)\n"},
		"a misspelt fact":          {own("", "status := \"pass\" if input.facts.acount.state == \"read\"\n"), "", "rule.rego:15: rego_type_error: undefined ref: input.facts.acount.state: did you mean account? (compile)\n"},
		"a misspelt property":      {own("", strings.ReplaceAll(blocked, "account.value.accountEnabled == false", "account.value.acountEnabled == false")), "", ": did you mean accountEnabled? (compile)\n"},
		"a wrong type":             {own("", strings.ReplaceAll(blocked, "accountEnabled == false", "accountEnabled == \"no\"")), "", "rego_type_error: match error: boolean is never string (compile)\n"},
		"a mistake in a test":      {"", strings.Replace(testOfRule, "\"unknown\"", "wanted", 1), "rule_test.rego:6: rego_unsafe_var_error: var wanted is unsafe (compile)\n"},
		"an unused import":         {"", strings.Replace(testOfRule, "as subject\n", "as subject\nimport data.lib.proofs\n", 1), "(compile)\n"},
		"the clock and the network": {
			own("", "status := \"pass\" if time.now_ns() > count(http.send({\"method\": \"get\"}))\n"), "",
			"rule.rego:15: time.now_ns: no policy may use the network, the clock, chance or the environment; \"now\" is data.tenant.collectedAt (forbidden-builtin)\n" +
				"rule.rego:15: http.send: no policy may use the network, the clock, chance or the environment; \"now\" is data.tenant.collectedAt (forbidden-builtin)\n",
		},
		"a parameter that nobody reads": {
			own("parameters: {grace_hours: {type: integer, default: 0}, free: {type: integer, default: 0}}\n", blocked), "",
			"rule.rego:11: the parameter free of ORG-001 is declared, and no policy reads it (unused-parameter)\n",
		},
		"a parameter that is read": {
			own("parameters: {grace_hours: {type: integer, default: 0}, free: {type: integer, default: 0}}\n", blocked+"\nlimit := data.parameters[\"ORG-001\"].free\n"), "", "",
		},
		"one of two that nobody reads": {
			own("parameters: {grace_hours: {type: integer, default: 0}, free: {type: integer, default: 0}, used: {type: integer, default: 0}}\n", blocked+"\nlimit := data.parameters[\"ORG-001\"].used\n"), "",
			"the parameter free of ORG-001 is declared, and no policy reads it (unused-parameter)\n",
		},
		"parameters as a whole": {
			own("parameters: {grace_hours: {type: integer, default: 0}, free: {type: integer, default: 0}}\n", blocked+"\nlimit := data.parameters[\"ORG-001\"]\n"), "", "",
		},
		"a parameter that is none":    {own("", blocked+"\nlimit := data.parameters[\"ORG-001\"].grace_hour\n"), "", "rule.rego:27: the rule ORG-001 has no parameter \"grace_hour\": did you mean grace_hours? (reference)\n"},
		"a fact behind the back":      {own("", strings.ReplaceAll(blocked, "== false", "== false\n\tinput.facts.mailbox.state == \"read\"")), "", "name it in custom.requires or custom.uses (reference)\n"},
		"no test":                     {"", "package custom.org.rule_test\n\ntest_x if 1 == 1\n", "rule.rego:11: ORG-001 has no test: no rule named test_... in a file *_test.rego looks at data.custom.org.rule (no-test)\n"},
		"a test that tests nothing":   {"", "package custom.org.rule_test\n\nimport data.custom.org.rule as subject\n\nchecks if subject.status == \"pass\"\n", "ORG-001 has no test"},
		"an undefined for a false":    {own("", "status := \"pass\" if not input.facts.account.value.accountEnabled\n"), "", "rule.rego:15: ORG-001 says pass of a leaver (live) of whom nothing was read: prove it by what was read; \"not\" holds for what is undefined, too (never-unknown)\n"},
		"a guess that fails":          {own("", "status := \"fail\" if not input.facts.account.value.accountEnabled == false\n"), "", "rule.rego:15: ORG-001 says fail of a leaver (live) of whom nothing was read"},
		"a guess on the deleted":      {own("", "status := \"fail\" if input.leaver.state == \"deleted\"\n"), "", "ORG-001 says fail of a leaver (deleted) of whom nothing was read"},
		"no finding is no proof":      {own("", strings.ReplaceAll(blocked, "input.facts.account.value.accountEnabled == false", "count(findings) == 0")), "", "ORG-001 says pass of a leaver (live) of whom nothing was read"},
		"a last rung without a guard": {own("", strings.Replace(blocked, "else := \"pass\" if {\n\tinput.facts.account.value.accountEnabled == false\n}", "else := \"not_applicable\"", 1)), "", "rule.rego:17: ORG-001 can never be unknown: this rung of status has no condition, so it holds for what nobody read (never-unknown)\n"},
		"a rule that breaks":          {own("", "status := \"pass\" if time.parse_rfc3339_ns(input.leaver.displayName) > 0\n"), "", "ORG-001 breaks where nothing was read of a leaver (live): "},
		"a rule that needs no fact":   {own("requires: []\n", "status := \"pass\" if input.leaver.state == \"live\"\n"), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"rule.rego": own("", blocked), "rule_test.rego": testOfRule}
			if tc.rule != "" {
				files["rule.rego"] = tc.rule
			}
			if tc.test != "" {
				files["rule_test.rego"] = tc.test
			}
			got := checked(t, written(t, files), CheckOptions{})
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

// TestCheckNamesEverything: problems of different checks and files come together, sorted.
func TestCheckNamesEverything(t *testing.T) {
	t.Parallel()
	dir := written(t, map[string]string{
		"b.rego": packageText("custom.org.b", "ORG-002", "severity: bad\n", "default status := \"unknown\"\n"+blocked),
		"a.rego": packageText("custom.org.a", "ORG-001", "remediation: -\n", "default status := \"unknown\"\n"+blocked),
	})
	got := checked(t, dir, CheckOptions{})
	last := -1
	for _, want := range []string{"a.rego:1: METADATA: custom.remediation", "a.rego:10: ORG-001 has no test", "a.rego:25: not as", "b.rego:1: METADATA: custom.severity", "b.rego:11: ORG-002 has no test"} {
		at := strings.Index(got, want)
		if at < last {
			t.Errorf("%q is missing or out of order in\n%s", want, got)
		}
		last = at
	}
}

// TestTheChecklistIsClean holds the built-in rules to what is asked of others.
func TestTheChecklistIsClean(t *testing.T) {
	t.Parallel()
	problems, err := Check(context.Background(), CheckOptions{Now: collected})
	if err != nil || len(problems) > 0 {
		t.Errorf("got %v and %v", problems, err)
	}
}

func TestCheckSettingsAndWaivers(t *testing.T) {
	t.Parallel()
	rule := fmtRego(t, packageText("custom.org.rule", "ORG-001", "", "default status := \"unknown\"\n"+blocked))
	dir := written(t, map[string]string{"rule.rego": rule, "rule_test.rego": testOfRule})
	files := written(t, map[string]string{
		"leavercheck.yaml": "fail-on: none\nrules:\n  ORG-001: {severity: hihg}\n  ORG-01: {}\n",
		"types.yaml":       "rules:\n  ORG-001: {parameters: {grace_hours: soon}}\n",
		"good.yaml":        "rules:\n  ORG-001: {severity: low}\n",
		"waivers.yaml": "waivers:\n" +
			"- {id: A, rule: ORG-001, leaver: 00000001-0000-0000-0000-000000000000, reason: x, approvedBy: y, expires: 2026-11-21}\n" +
			"- {id: B, rule: ORG-001, leaver: 00000002-0000-0000-0000-000000000000, reason: x, approvedBy: y, expires: 2026-12-21}\n" +
			"- {id: C, rule: ORG-001, leaver: 00000003-0000-0000-0000-000000000000, reason: x, approvedBy: y, expires: 2027-12-21}\n",
		"misspelt.yaml": "waivers:\n- {id: A, rule: ORG-01, leaver: me, approvedBy: y, expires: 2026-12-21}\n",
	})
	for _, tc := range []struct{ settings, waivers, want string }{
		{"good.yaml", "", ""},
		{"leavercheck.yaml", "", "leavercheck.yaml:3: rules: ORG-001: severity \"hihg\" is none of critical, high, medium, low, info: did you mean high? (settings)\n"},
		{"types.yaml", "", "types.yaml:2: rules: ORG-001: grace_hours: got string, want integer (settings)\n"},
		{"", "waivers.yaml", "waivers.yaml:2: the waiver A has expired on 2026-11-21: take it out, or have it approved anew (waivers)\n" +
			"F/waivers.yaml:4: the waiver C expires on 2027-12-21, more than a year ahead: it would cover nothing (waivers)\n"},
		{"", "misspelt.yaml", "misspelt.yaml:2: reason is missing (waivers)\nF/misspelt.yaml:2: there is no rule \"ORG-01\": did you mean ORG-001? (waivers)\nF/misspelt.yaml:2: leaver: \"me\" is no object id"},
	} {
		opts := CheckOptions{}
		if tc.settings != "" {
			opts.Settings = filepath.Join(files, tc.settings)
		}
		if tc.waivers != "" {
			opts.Waivers = filepath.Join(files, tc.waivers)
		}
		got := strings.ReplaceAll(checked(t, dir, opts), files, "F")
		got = strings.ReplaceAll(got, strings.TrimPrefix(filepath.ToSlash(files), "/"), "F")
		if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s %s: got\n%s\nwant\n%s", tc.settings, tc.waivers, got, tc.want)
		}
	}
}

func TestCheckCannotRun(t *testing.T) {
	t.Parallel()
	rule := written(t, map[string]string{"rule.rego": fmtRego(t, packageText("custom.org.rule", "ORG-001", "", "default status := \"unknown\"\n"+blocked)), "rule_test.rego": testOfRule})
	for want, opts := range map[string]CheckOptions{
		"no such file":             {Dirs: []string{filepath.Join(rule, "nowhere")}},
		"there is no policy":       {Dirs: []string{t.TempDir()}},
		"nowhere.yaml: no such":    {Dirs: []string{rule}, Waivers: filepath.Join(rule, "nowhere.yaml")},
		"nosettings.yaml: no such": {Dirs: []string{rule}, Settings: filepath.Join(rule, "nosettings.yaml")},
	} {
		if _, err := Check(context.Background(), opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestNewRule: what is written passes every check and its own tests, which leave no line and no status out.
func TestNewRule(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var all []string
	for _, opts := range []NewRuleOptions{{ID: "ACME-001"}, {ID: "ACME-002", Org: "contoso", Name: "badge_returned"}, {ID: "AB-CD-7"}} {
		opts.Dir = dir
		paths, err := NewRule(opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, filepath.ToSlash(rel))
		}
	}
	want := "custom/acme/rule_001/rule_001.rego custom/acme/rule_001/rule_001_test.rego custom/contoso/badge_returned/badge_returned.rego custom/contoso/badge_returned/badge_returned_test.rego " +
		"custom/ab_cd/rule_7/rule_7.rego custom/ab_cd/rule_7/rule_7_test.rego"
	if got := strings.Join(all, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if problems, err := Check(context.Background(), CheckOptions{Dirs: []string{dir}}); err != nil || len(problems) > 0 {
		t.Errorf("the check finds %v and %v", problems, err)
	}
	report := runTests(t, TestOptions{Dirs: []string{dir}, Threshold: 100})
	if !report.OK() || report.Passed != 21 {
		t.Errorf("got %+v", report)
	}
	set, err := Load(context.Background(), LoadOptions{Sources: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	if rules := set.Rules(); rules[len(rules)-1].Package == "" || !strings.Contains(asJSON(t, rules), `"package":"custom.contoso.badge_returned"`) {
		t.Errorf("got %s", asJSON(t, rules))
	}
}

func TestNewRuleRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := NewRule(NewRuleOptions{Dir: dir, ID: "ACME-001"}); err != nil {
		t.Fatal(err)
	}
	test := filepath.Join(dir, "custom", "acme", "rule_002", "rule_002_test.rego")
	write(t, dir, "file", "")
	if err := os.MkdirAll(filepath.Dir(test), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(test, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, opts := range map[string]NewRuleOptions{
		"rule_001.rego is there already":                        {ID: "ACME-001"},
		"rule_002_test.rego is there already":                   {ID: "ACME-002"},
		`the id "acme" is not of the form ABC-123`:              {ID: "acme"},
		`the organisation "../up" is not made of small letters`: {ID: "ACME-003", Org: "../up"},
		`the name "Two words" is not made of small letters`:     {ID: "ACME-003", Name: "Two words"},
		"not a directory": {ID: "ACME-003", Dir: filepath.Join(dir, "file")},
	} {
		if opts.Dir == "" {
			opts.Dir = dir
		}
		if _, err := NewRule(opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if text, err := os.ReadFile(test); err != nil || string(text) != "mine" {
		t.Errorf("got %q and %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(test), "rule_002.rego")); err == nil {
		t.Error("half of a rule stayed behind")
	}
}
