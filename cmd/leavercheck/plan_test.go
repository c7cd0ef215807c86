package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector/simtenant"
	"leavercheck/policies"
	"leavercheck/report/clean"
)

// planned is what plan --json prints.
type planned struct {
	Leavers []plannedLeaver `json:"leavers"`
}

type plannedLeaver struct {
	Leaver struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		State string `json:"state"`
	} `json:"leaver"`
	Warnings []string `json:"warnings"`
	LeftOut  []struct {
		Rule string `json:"rule"`
	} `json:"leftOut"`
	Steps []plannedStep `json:"steps"`
}

type plannedStep struct {
	Order    int      `json:"order"`
	Kind     string   `json:"kind"`
	Decision bool     `json:"decision"`
	Rules    []string `json:"rules"`
	Why      string   `json:"why"`
	Portal   string   `json:"portal"`
	Commands []struct {
		Shell string `json:"shell"`
		Text  string `json:"text"`
	} `json:"commands"`
}

// simulatedResult is the path of a result of the simulated tenant.
func simulatedResult(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "result.json")
	dir := collectFrom(t, newTenant(t, simtenant.Options{}))
	if _, stderr, code := runCommand(t, "evaluate", dir, "-o", "json="+path); code != codeFindings {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	return path
}

func planOf(t *testing.T, path string, args ...string) planned {
	t.Helper()
	stdout, stderr, code := runCommand(t, append([]string{"plan", path, "--json"}, args...)...)
	if code != codeClean {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	var p planned
	if err := json.Unmarshal(stdout, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func readResult(t *testing.T, path string) result {
	t.Helper()
	var r result
	content, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(content, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// stepsBefore says which kinds of step come before which others in every plan.
func stepsBefore() map[string][]string {
	return map[string][]string{
		"restore":       {"block", "resetPassword", "giveLicence", "hold", "convert", "forward", "handOver", "removeLicence", "delete"},
		"block":         {"resetPassword", "revoke", "protocols"},
		"resetPassword": {"revoke"},
		"revoke":        {"protocols", "removeLicence"},
		"wipeMobile":    {"protocols", "blockMobile", "disableDevice", "removeLicence", "delete"},
		"retireManaged": {"disableDevice", "removeLicence", "delete"},
		"findOut":       {"hold", "convert", "removeLicence", "delete"},
		"giveLicence":   {"hold", "convert", "forward", "removeLicence", "delete"},
		"hold":          {"removeLicence", "delete"},
		"convert":       {"delegate", "forward", "removeLicence", "delete"},
		"forward":       {"removeLicence", "delete"},
		"addOwner":      {"removeOwner", "delete"},
		"handOver":      {"removeLicence", "delete"},
		"leaveQueues":   {"removeLicence", "delete"},
		"releaseNumber": {"removeLicence", "delete"},
		"removeLicence": {"delete"},
	}
}

// Every simulated leaver has a plan that can be followed, whatever everything in the tenant is called.
func TestPlan(t *testing.T) {
	t.Parallel()
	path := simulatedResult(t)
	t.Run("for everybody", func(t *testing.T) {
		t.Parallel()
		planForEverybody(t, path)
	})
	t.Run("names stay out of code", func(t *testing.T) {
		t.Parallel()
		namesStayOutOfCode(t, path)
	})
}

// planForEverybody: each plan is in order, and has a step for whatever fails.
func planForEverybody(t *testing.T, path string) {
	t.Helper()
	r, p := readResult(t, path), planOf(t, path)
	results := map[string]policies.LeaverResult{}
	for _, l := range r.Leavers {
		results[cmpKey(l.Leaver.ID, l.Name())] = l
	}
	if len(p.Leavers) != len(r.Leavers) {
		t.Errorf("%d plans for %d leavers", len(p.Leavers), len(r.Leavers))
	}
	commands := 0
	for _, l := range p.Leavers {
		judged, ok := results[cmpKey(l.Leaver.ID, l.Leaver.Name)]
		if !ok {
			t.Errorf("%s is not in the result", l.Leaver.Name)
			continue
		}
		commands += inOrder(t, l)
		coversWhatFails(t, l, judged)
		losesNothing(t, l, judged)
	}
	if commands == 0 {
		t.Error("no plan has a command")
	}
}

func inOrder(t *testing.T, l plannedLeaver) (commands int) {
	t.Helper()
	at := map[string][]int{}
	for i, step := range l.Steps {
		at[step.Kind] = append(at[step.Kind], i)
		commands += len(step.Commands)
		if step.Order != i+1 {
			t.Errorf("%s: step %d has the number %d", l.Leaver.Name, i+1, step.Order)
		}
		if step.Decision && len(step.Commands) > 0 {
			t.Errorf("%s: %s is a decision, and has commands", l.Leaver.Name, step.Kind)
		}
	}
	before := stepsBefore()
	for _, kind := range slices.Sorted(maps.Keys(before)) {
		for _, later := range before[kind] {
			for _, i := range at[kind] {
				for _, j := range at[later] {
					if i > j {
						t.Errorf("%s: %s is step %d, after %s", l.Leaver.Name, kind, i+1, later)
					}
				}
			}
		}
	}
	if last := at["delete"]; len(last) > 0 && last[0] != len(l.Steps)-1 {
		t.Errorf("%s: the account is deleted before the end", l.Leaver.Name)
	}
	return commands
}

func coversWhatFails(t *testing.T, l plannedLeaver, judged policies.LeaverResult) {
	t.Helper()
	for _, v := range judged.Verdicts {
		inStep := slices.ContainsFunc(l.Steps, func(s plannedStep) bool { return slices.Contains(s.Rules, v.Rule) })
		switch v.Status {
		case policies.Fail, policies.Pending:
			if !inStep {
				t.Errorf("%s: %s fails, and no step is for it", l.Leaver.Name, v.Rule)
			}
		case policies.Unknown:
			if !inStep && !strings.Contains(strings.Join(l.Warnings, " "), v.Rule) {
				t.Errorf("%s: %s is unknown, and nothing says so", l.Leaver.Name, v.Rule)
			}
		default:
			if inStep {
				t.Errorf("%s: a step is for %s, which is %s", l.Leaver.Name, v.Rule, v.Status)
			}
		}
	}
}

// losesNothing holds the two commands that lose data against what still needs it.
func losesNothing(t *testing.T, l plannedLeaver, judged policies.LeaverResult) {
	t.Helper()
	unsettled := func(rules ...string) bool {
		return slices.ContainsFunc(judged.Verdicts, func(v policies.Verdict) bool {
			return slices.Contains(rules, v.Rule) && slices.Contains([]policies.Status{policies.Fail, policies.Pending, policies.Unknown}, v.Status)
		})
	}
	for _, step := range l.Steps {
		for _, c := range step.Commands {
			deletes := strings.HasPrefix(c.Text, "Remove-MgUser -") || strings.HasPrefix(c.Text, "Remove-ADUser")
			if deletes && unsettled("MBX-001", "MBX-002", "FWD-001", "FWD-004", "DEV-001", "DEV-003", "ODB-001", "ODB-002", "DEL-002") {
				t.Errorf("%s: the account goes while something needs it: %s", l.Leaver.Name, c.Text)
			}
			if strings.Contains(c.Text, "-RemoveLicenses @('") && unsettled("FWD-002", "FWD-003", "MBX-003", "MBX-002") {
				t.Errorf("%s: the licence goes while something needs it: %s", l.Leaver.Name, c.Text)
			}
		}
	}
}

// namesStayOutOfCode gives everything a name that would like to be a command.
func namesStayOutOfCode(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(content, &document); err != nil {
		t.Fatal(err)
	}
	names := []string{
		"'; Stop-Computer #", "\u2019; Stop-Computer #", "$(Stop-Computer)", "\"; Stop-Computer", "a\nStop-Computer", "`'; Stop-Computer",
		"\u202eStop-Computer", "a\x00'; Stop-Computer", "'\u2018; Stop-Computer #", "}; Stop-Computer; @{ a = '",
	}
	for i, l := range document["leavers"].([]any) {
		name := names[i%len(names)]
		leaver := l.(map[string]any)
		person := leaver["leaver"].(map[string]any)
		for _, property := range []string{"displayName", "userPrincipalName", "mail", "successor", "note"} {
			person[property] = name
		}
		for _, v := range leaver["verdicts"].([]any) {
			verdict := v.(map[string]any)
			if findings, ok := verdict["findings"].([]any); ok {
				verdict["findings"] = renamed(findings, name)
			}
		}
	}
	// The parts of a result stand in their order.
	var parts []string
	for _, part := range []string{"run", "leavers", "tenant", "summary"} {
		text, err := json.Marshal(document[part])
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, `"`+part+`":`+string(text))
	}
	hostile := filepath.Join(t.TempDir(), "hostile.json")
	if err := os.WriteFile(hostile, []byte("{"+strings.Join(parts, ",")+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	literals := 0
	for _, l := range planOf(t, hostile).Leavers {
		for _, step := range l.Steps {
			for _, c := range step.Commands {
				if code := codeOf(t, c.Text); strings.Contains(code, "Computer") || clean.Text(c.Text) != c.Text {
					t.Errorf("runs, or cannot be reviewed: %q", c.Text)
				}
				if strings.Contains(c.Text, "Computer") {
					literals++
				}
			}
		}
	}
	if literals == 0 {
		t.Error("no name is in any command: nothing was tried")
	}
	if text, _, code := runCommand(t, "plan", hostile); code != codeClean || strings.ContainsAny(string(text), "\x00\u202e\x1b") {
		t.Errorf("exit code %d; or the text is not clean", code)
	}
}

// renamed gives everything in a finding that may be a name the name; ids stay, or nothing would be left to do.
func renamed(value any, name string) any {
	switch value := value.(type) {
	case string:
		if len(value) == 36 && strings.Count(value, "-") == 4 {
			return value
		}
		return name
	case []any:
		for i := range value {
			value[i] = renamed(value[i], name)
		}
	case map[string]any:
		for key := range value {
			// What tells the plan what it has before it is no name.
			if !slices.Contains([]string{"kind", "right", "credential", "mend", "cause", "because", "lost", "consentType", "numberType"}, key) {
				value[key] = renamed(value[key], name)
			}
		}
	}
	return value
}

// codeOf is a command without its literals, which end as PowerShell says: any of five characters is a quote, two in a
// row are one.
func codeOf(t *testing.T, command string) string {
	t.Helper()
	quote := func(r rune) bool { return strings.ContainsRune("'\u2018\u2019\u201a\u201b", r) }
	var code []rune
	inside := false
	runes := []rune(command)
	for i := 0; i < len(runes); i++ {
		switch {
		case !quote(runes[i]):
			if !inside {
				code = append(code, runes[i])
			}
		case inside && i+1 < len(runes) && quote(runes[i+1]):
			i++
		default:
			inside = !inside
		}
	}
	if inside {
		t.Errorf("a literal does not end: %q", command)
	}
	return string(code)
}
