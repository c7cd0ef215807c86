package policies

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
)

// custom writes a rule of somebody's own.
func custom(id, more, body string) string {
	return packageText("custom.contoso.r"+strings.ToLower(strings.ReplaceAll(id, "-", "")), id, more, "default status := \"unknown\"\n\n"+body)
}

// written puts texts into a directory.
func written(t testing.TB, texts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func loadWith(t testing.TB, opts LoadOptions) *Set {
	t.Helper()
	set, err := Load(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// ofAllKinds are rules that do all that rules can do.
func ofAllKinds() map[string]string {
	return map[string]string{
		"blocked.rego": custom("CON-001", "", blocked),
		"tuned.rego": custom("CON-002", "parameters: {grace_hours: {type: integer, default: 24}, exact: {type: number, default: 0.10}, names: {type: array, items: {type: string}, default: [b, a]}}\n",
			"status := \"fail\" if count(findings) > 0\n\nfindings contains {\"resource\": name, \"exact\": data.parameters[\"CON-002\"].exact} if some name in data.parameters[\"CON-002\"].names\n"),
		"vouched.rego":   custom("CON-003", "attestations: [CON-003]\n", vouched("CON-003")),
		"broken.rego":    custom("CON-004", "", "status := \"pass\" if time.parse_rfc3339_ns(input.leaver.displayName) > 0\n"),
		"wrong.rego":     custom("CON-005", "", "status := 1 + 1\n"),
		"timed.rego":     custom("CON-006", "", "status := \"fail\" if {\n\tinput.leaver.leftBy < \"2027\"\n} else := \"pass\"\n"),
		"untimed.rego":   custom("CON-007", "", "status := \"pass\" if not input.leaver.leftAt\n"),
		"tenant.rego":    strings.Replace(custom("CON-008", "scope: tenant\nrequires: []\nparameters: -\n", "status := \"fail\" if input.population.leavers > 1\n\nevidence := {\"domains\": {{\"set\": {3, 1, 2}}}}\n"), "# custom:", "# schemas:\n#   - input: schema.population\n#   - data.tenant: schema.tenant\n# custom:", 1),
		"silent.rego":    custom("CON-009", "", "status := \"pass\" if input.leaver.mail == \"nobody\"\n\nmissing contains \"mailbox\"\n"),
		"exotic.rego":    custom("CON-010", "", "status := \"fail\"\n\nfindings contains {\"resource\": \"x\", \"big\": 123456789012345678901234567890.5, \"keys\": {1: [null, true], [2]: set()}}\n\nevidence := {\"account\": [\"\\u0000\\u001b[31m\", {\"b\": {1, \"a\"}}]}\n"),
		"conflict.rego":  custom("CON-011", "", says("pass")+"\nmessage := \"a\" if true\n\nmessage := \"b\" if input.leaver.id\n"),
		"builds_on.rego": custom("CON-012", "", "import data.checklist.account.deleted_on_premises\n\nstatus := deleted_on_premises.status\n"),
		"printing.rego":  custom("CON-013", "", "status := \"pass\" if {\n\tprint(\"l\\u0000\\u0000\\u0000\\u0001\", input)\n\tinput.leaver.id\n}\n"),
	}
}

func TestIsolatedRulesSayTheSame(t *testing.T) {
	t.Parallel()
	dir := written(t, ofAllKinds())
	tuned, err := ReadSettings("settings.yaml", strings.NewReader("rules:\n  CON-002: {severity: low, parameters: {grace_hours: 48, names: [z, <]}}\n  ACC-001: {parameters: {grace_hours: 1}}\n  CON-009: {enabled: false}\n  SES-001: {enabled: false}\n"))
	if err != nil {
		t.Fatal(err)
	}
	plain := loadWith(t, LoadOptions{Sources: []string{dir}, Settings: tuned})
	snap := &fake{}
	for n := range 14 {
		r := record(n, n%3 == 0)
		switch n % 7 {
		case 1:
			r.Leaver.LeftAt, r.Leaver.LeftKnownBy = time.Time{}, snapshot.ByNobody
		case 2:
			r = with(r, snapshot.Account, unknownFact())
		case 3:
			r.Leaver.State = snapshot.NotFound
		case 4:
			r.Leaver.DisplayName = "\x1b[31m\xff \u202e"
		}
		snap.leavers = append(snap.leavers, r)
	}
	attested := Attestation{Rule: "CON-003", Leaver: "p5@contoso.com", Statement: "I saw it.", By: "A. Auditor", At: collected.AddDate(0, 0, -3), Expires: collected.AddDate(0, 0, 30), Source: "a.yaml:2"}
	opts := EvaluateOptions{Workers: 2, Attestations: []Attestation{attested}}
	all := func(k *kept) string { return asJSON(t, []any{k.run, k.leavers, k.tenant, k.summary, k.calls}) }
	here := evaluate(t, plain, snap, opts)
	want := all(here)
	for name, how := range map[string]Isolation{
		"those that are not built in": isolated(t),
		"all":                         {Command: isolated(t).Command, BuiltIn: true},
	} {
		set := loadWith(t, LoadOptions{Sources: []string{dir}, Settings: tuned, Isolation: how})
		if got, want := asJSON(t, set.Rules()), asJSON(t, plain.Rules()); got != want {
			t.Errorf("%s: rules: got  %s\nwant %s", name, got, want)
		}
		if set.Digest() != plain.Digest() {
			t.Errorf("%s: digest %s, want %s", name, set.Digest(), plain.Digest())
		}
		if got := all(evaluate(t, set, snap, opts)); got != want {
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			t.Errorf("%s: got  ...%.300s\nwant ...%.300s", name, got[max(0, at-100):], want[max(0, at-100):])
		}
	}
	// What the rules were made for is there.
	counts := map[Status]int{}
	for _, leaver := range here.leavers {
		for _, v := range leaver.Verdicts {
			if strings.HasPrefix(v.Rule, "CON") {
				counts[v.Status]++
			}
		}
	}
	if len(counts) < 4 || counts[Pass] == 0 || counts[Fail] == 0 || counts[Unknown] == 0 || counts[Pending]+counts[NotApplicable] == 0 {
		t.Errorf("verdicts of the rules: %v", counts)
	}
}

func TestIsolatedPoliciesAreRefusedAsOthersAre(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string]map[string]string{
		"a syntax error":     {"a.rego": "package custom.a.b\n\nx := \n"},
		"no METADATA":        {"a.rego": "package custom.a.b\n\ndefault status := \"unknown\"\n"},
		"another's space":    {"a.rego": "package checklist.evil\n\nstatus := \"pass\"\n"},
		"a built-in's id":    {"a.rego": custom("ACC-001", "", says("pass"))},
		"two at once":        {"a.rego": custom("CON-001", "severity: bad\n", says("pass")), "b.rego": custom("CON-002", "requires: [acount]\n", says("pass"))},
		"network":            {"a.rego": custom("CON-001", "", "status := \"pass\" if http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1\"}).status_code == 200\n")},
		"a hidden schema":    {"a.rego": strings.Replace(custom("CON-001", "", says("pass")), "# custom:", "# schemas:\n#   - input: {\"$ref\": \"http://127.0.0.1:1/x\"}\n# custom:", 1)},
		"nothing":            {"README.md": "x"},
		"recursion":          {"a.rego": custom("CON-001", "", "status := \"pass\" if f(1)\n\nf(x) if g(x)\n\ng(x) if f(x)\n")},
		"a parameter's ref":  {"a.rego": custom("CON-001", "parameters: {grace_hours: {type: integer, default: 0}, x: {type: object, default: {}, $ref: \"http://127.0.0.1:1/\"}}\n", says("pass"))},
		"an unknown setting": {"a.rego": custom("CON-001", "", says("pass"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := LoadOptions{Sources: []string{written(t, texts)}}
			if name == "an unknown setting" {
				var err error
				if opts.Settings, err = ReadSettings("s.yaml", strings.NewReader("rules:\n  CON-001: {parameters: {x: 1}}\n  ZZZ-001: {severity: low}\n")); err != nil {
					t.Fatal(err)
				}
			}
			_, want := Load(context.Background(), opts)
			opts.Isolation = isolated(t)
			_, got := Load(context.Background(), opts)
			if want == nil || got == nil || got.Error() != want.Error() {
				t.Errorf("got  %v\nwant %v", got, want)
			}
		})
	}
}

func TestAnIsolatedProcessHasNothing(t *testing.T) {
	t.Parallel()
	process, there, err := (&away{command: isolated(t).Command, order: loadOrder{BuiltIn: true, Memory: maxIsolated, Digest: loadWith(t, LoadOptions{}).Digest()}}).start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	if len(there.Rules) == 0 {
		t.Error("it knows no rules")
	}
	proc := fmt.Sprintf("/proc/%d/", process.ID())
	if _, err := os.Stat(proc); err != nil {
		t.Skip("this system does not show what a process has")
	}
	if env, err := os.ReadFile(proc + "environ"); err != nil || len(env) != 0 {
		t.Errorf("environment: %q, %v", env, err)
	}
	if dir, err := os.Readlink(proc + "cwd"); err != nil || dir != "/" {
		t.Errorf("directory: %q, %v", dir, err)
	}
	open, err := os.ReadDir(proc + "fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range open {
		to, err := os.Readlink(proc + "fd/" + fd.Name())
		if err != nil || !slices.ContainsFunc([]string{"pipe:", "anon_inode:", "/sys/fs/cgroup/"}, func(kind string) bool { return strings.HasPrefix(to, kind) }) {
			t.Errorf("open: %s is %q, %v", fd.Name(), to, err)
		}
	}
	limits, err := os.ReadFile(proc + "limits")
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []string{"Max address space", "Max cpu time"} {
		for line := range strings.Lines(string(limits)) {
			if strings.HasPrefix(line, limit) && strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(line, limit)), "unlimited") {
				t.Errorf("no limit: %s", line)
			}
		}
	}
	for _, limit := range []string{"Max file size             0 ", "Max core file size        0 "} {
		if !strings.Contains(string(limits), limit) {
			t.Errorf("not so: %s", limit)
		}
	}
}

func TestAnIsolatedProcessOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	_, _, err := (&away{command: isolated(t).Command, order: loadOrder{BuiltIn: true, Memory: maxIsolated, Digest: "another"}}).start(context.Background())
	if err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("got %v", err)
	}
}

func TestRulesCrossThePipeWhole(t *testing.T) {
	t.Parallel()
	rules := loadWith(t, LoadOptions{}).Rules()
	text, err := json.Marshal(loaded{Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	var back loaded
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&back); err != nil || asJSON(t, back.Rules) != asJSON(t, rules) {
		t.Errorf("got %s, %v", asJSON(t, back.Rules), err)
	}
}

// BenchmarkIsolated prints what a leaver costs when a rule of somebody's own runs in this process, and in
// another.
func BenchmarkIsolated(b *testing.B) {
	dir := written(b, map[string]string{"a.rego": custom("CON-001", "", blocked)})
	born := newChildren(b)
	for name, how := range map[string]Isolation{"here": {}, "away": born.Isolation, "all away": {Command: born.Command, BuiltIn: true}} {
		set := loadWith(b, LoadOptions{Sources: []string{dir}, Isolation: how})
		b.Run(name, func(b *testing.B) {
			snap := &many{n: b.N, make: func(n int) snapshot.Record { return record(n, n%2 == 0) }}
			if _, err := set.Evaluate(context.Background(), snap, EvaluateOptions{}, discard{}); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/leaver")
			b.ReportMetric(born.most(), "MiB/process")
		})
	}
}
