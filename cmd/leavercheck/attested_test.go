package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/policies"
)

// attestable is a rule of an organisation's own that only a person's word can satisfy.
const attestable = `# METADATA
# title: The badge was handed in
# description: No service knows of badges.
# custom:
#   id: ORG-001
#   scope: leaver
#   severity: low
#   requires: [account]
#   attestations: [ORG-001]
#   parameters: {grace_hours: {type: integer, default: 0}}
#   remediation: Ask for it.
package custom.org.badge

default status := "unknown"

status := "pass" if {
	count(attested) > 0
} else := "fail" if {
	input.facts.account.state == "read"
}

attested contains "ORG-001" if input.attested["ORG-001"]
`

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAttestationsOnTheCommandLine(t *testing.T) {
	t.Parallel()
	dir := collectFrom(t, newTenant(t, simtenant.Options{}))
	rules := filepath.Dir(writeFile(t, "badge.rego", attestable))
	plain, _ := evaluated(t, dir, "--policy", rules)
	who := ""
	for _, l := range plain.Leavers {
		for _, v := range l.Verdicts {
			if v.Rule == "ORG-001" && v.Status == policies.Fail && l.Leaver.State == snapshot.Live {
				who = l.Leaver.UserPrincipalName
			}
		}
	}
	if who == "" {
		t.Fatal("nobody lacks the attestation")
	}
	entry := func(leaver, at, expires string) string {
		return "  - {rule: ORG-001, leaver: " + leaver + ", statement: I have it., by: Porter, at: " + at + ", expires: " + expires + "}\n"
	}
	now := today().Format(time.RFC3339)
	file := writeFile(t, "attestations.yaml", "attestations:\n"+entry(who, now, "2030-01-01")+entry("nobody@northwind.example", now, "2030-01-01")+entry("x@northwind.example", "2020-01-01", "2020-02-01"))
	args := []string{"evaluate", dir, "--policy", rules, "--attestations", file}

	stdout, stderr, code := runCommand(t, append(args, "--format", "json")...)
	var got result
	if err := json.Unmarshal(stdout, &got); err != nil || code != codeFindings {
		t.Fatalf("exit code %d, %v\n%s", code, err, stderr)
	}
	turned := 0
	for i, l := range got.Leavers {
		for j, v := range l.Verdicts {
			if was := plain.Leavers[i].Verdicts[j]; was.Status != v.Status || was.Grade != v.Grade {
				turned++
				if l.Leaver.UserPrincipalName != who || v.Rule != "ORG-001" || v.Status != policies.Pass || v.Grade != policies.Attested || v.Attestations[0].By != "Porter" {
					t.Errorf("%s: %s was %s, is %+v", l.Leaver.UserPrincipalName, v.Rule, was.Status, v)
				}
			}
		}
	}
	if turned != 1 {
		t.Errorf("%d verdicts were turned, want 1", turned)
	}
	standing := map[policies.Standing]int{}
	for _, a := range got.Summary.Attestations {
		standing[a.Standing]++
	}
	if standing[policies.Counts] != 1 || standing[policies.NoSuchLeaver] != 2 || len(standing) != 2 {
		t.Errorf("got %v", standing)
	}
	if text := string(stderr); !strings.Contains(text, "an attestation does not count") || !strings.Contains(text, "attestations.yaml:3") || !strings.Contains(text, "no such leaver") || strings.Contains(text, "attestations.yaml:2") {
		t.Errorf("the warnings are\n%s", text)
	}
	if stdout, _, _ := runCommand(t, args...); !strings.Contains(string(stdout), "2 attestations do not count") || !strings.Contains(string(stdout), "Attested (3)") {
		t.Errorf("the table is\n%s", stdout)
	}
	for text, want := range map[string]string{
		"":                      "attestations.yaml:1: there is no list of attestations",
		"attestations: [{}]":    "attestations.yaml:1:16: leaver is missing",
		"attestations:\n- rule": "attestations.yaml:2:3: an attestation has the keys",
	} {
		bad := writeFile(t, "attestations.yaml", text)
		for _, args := range [][]string{{"evaluate", dir}, {"scan", "--simulate"}} {
			stdout, stderr, code := runCommand(t, append(args, "--attestations", bad)...)
			if code != codeUsage || len(stdout) != 0 || !strings.Contains(string(stderr), want) {
				t.Errorf("%q: exit code %d\n%s", text, code, stderr)
			}
		}
	}
	if _, stderr, code := runCommand(t, "evaluate", dir, "--attestations", "nowhere.yaml"); code != codeUsage || !strings.Contains(string(stderr), "--attestations") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

// sealed writes a snapshot without leavers.
func sealed(t *testing.T, tenant string, at time.Time) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "snapshot")
	w, err := snapshot.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	facts := map[string]snapshot.Fact{}
	for _, name := range snapshot.TenantFacts() {
		facts[name] = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.NotCollected}
	}
	if _, err := w.Seal(snapshot.Manifest{TenantID: tenant, CollectedAt: at}, snapshot.Tenant{ID: tenant, Cloud: "global", Facts: facts}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestBaselineOnTheCommandLine(t *testing.T) {
	t.Parallel()
	now := collectFrom(t, newTenant(t, simtenant.Options{}))
	reader, err := snapshot.Open(now)
	if err != nil {
		t.Fatal(err)
	}
	tenant, broken := reader.Tenant().ID, filepath.Join(t.TempDir(), "broken")
	if err := os.CopyFS(broken, os.DirFS(now)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(broken, "tenant.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		baseline string
		code     int
		says     string
	}{
		"the snapshot itself": {now, codeFindings, ""},
		"nobody in it":        {sealed(t, tenant, today().AddDate(0, -1, 0)), codeFindings, ""},
		"of another tenant":   {sealed(t, "0f0f0f0f-0000-4000-8000-000000000009", today().AddDate(0, -1, 0)), codeUsage, "the baseline does not fit the snapshot: it is of the tenant 0f0f0f0f-0000-4000-8000-000000000009"},
		"of later":            {sealed(t, tenant, today().Add(time.Hour)), codeUsage, "after the snapshot"},
		"a broken seal":       {broken, codeIntegrity, "--baseline: snapshot " + broken + ": the snapshot does not match its seal"},
		"no snapshot":         {t.TempDir(), codeUsage, "no finished snapshot"},
		"no directory":        {"nowhere", codeUsage, "--baseline"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := runCommand(t, "evaluate", now, "--baseline", tc.baseline, "--format", "json")
			if code != tc.code || !strings.Contains(string(stderr), tc.says) {
				t.Errorf("exit code %d, want %d\n%s", code, tc.code, stderr)
			}
			if tc.code != codeFindings {
				if len(stdout) != 0 {
					t.Errorf("there is output:\n%.200s", stdout)
				}
				return
			}
			var got result
			if err := json.Unmarshal(stdout, &got); err != nil || got.Run.Baseline == nil {
				t.Errorf("the result does not name the baseline: %v", err)
			}
		})
	}
}

// What the simulated people's devices need, a person says; what a queue is, a parameter says.
func TestWhatOnlyPeopleKnow(t *testing.T) {
	t.Parallel()
	dir := collectFrom(t, newTenant(t, simtenant.Options{}))
	plain, _ := evaluated(t, dir)
	people := map[string]string{}
	var lines strings.Builder
	lines.WriteString("attestations:\n")
	for _, l := range plain.Leavers {
		for _, v := range l.Verdicts {
			if (v.Rule == "DEV-006" || v.Rule == "DEV-007") && v.Status == policies.Fail {
				people[l.Leaver.ID+v.Rule] = v.Rule
				fmt.Fprintf(&lines, "  - {rule: %s, leaver: %s, statement: Done., by: Porter, at: %s, expires: 2030-01-01}\n", v.Rule, l.Leaver.ID, today().Format(time.RFC3339))
			}
		}
	}
	if len(people) < 4 {
		t.Fatalf("only %d to attest", len(people))
	}
	attested, _ := evaluated(t, dir, "--attestations", writeFile(t, "attestations.yaml", lines.String()))
	for _, l := range attested.Leavers {
		for _, v := range l.Verdicts {
			if people[l.Leaver.ID+v.Rule] != "" && (v.Status != policies.Pass || v.Grade != policies.Attested) {
				t.Errorf("%s of %s is %s, %s", v.Rule, l.Leaver.DisplayName, v.Status, v.Grade)
			}
		}
	}

	set, err := policies.Load(t.Context(), policies.LoadOptions{Settings: policies.Settings{"TEL-002": {Parameters: map[string]any{"queue_groups": []any{"Helpline Queue"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	reader, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := statuses{}
	if _, err := set.Evaluate(t.Context(), reader, policies.EvaluateOptions{}, got); err != nil {
		t.Fatal(err)
	}
	counts := map[policies.Status]int{}
	for _, verdicts := range got {
		counts[verdicts["TEL-002"].Status]++
	}
	if counts[policies.Fail] != 1 || counts[policies.Pass] < 100 {
		t.Errorf("TEL-002: %v, want one who answers the helpline", counts)
	}
}
