package policies

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"leavercheck/collector/snapshot"
)

// ours and theirs are sources made of texts, by path.
func ours(texts map[string]string) source {
	return source{name: "ours", fs: mapFS(texts), prefix: "ours", ours: true}
}

func theirs(texts map[string]string) source {
	return source{name: "theirs", fs: mapFS(texts), prefix: "theirs"}
}

func mapFS(texts map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for path, text := range texts {
		out[path] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

// ruleText writes a rule in the package checklist.test.<name>. The custom lines replace or add to the
// METADATA; the body follows the default status.
func ruleText(id, custom, body string) string {
	return packageText("checklist.test.r"+strings.ToLower(strings.ReplaceAll(id, "-", "")), id, custom, "default status := \"unknown\"\n\n"+body)
}

func packageText(path, id, custom, body string) string {
	meta := map[string]string{
		"id": id, "scope": "leaver", "severity": "high", "requires": "[account]", "remediation": "Mend it.",
		"parameters": "{grace_hours: {type: integer, minimum: 0, default: 0}}",
	}
	keys := []string{"id", "scope", "severity", "requires", "remediation", "parameters"}
	for line := range strings.Lines(custom) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if _, known := meta[key]; !known {
			keys = append(keys, key)
		}
		meta[key] = value
	}
	var out strings.Builder
	out.WriteString("# METADATA\n# title: A rule\n# description: It judges.\n# custom:\n")
	for _, key := range keys {
		if meta[key] != "-" {
			fmt.Fprintf(&out, "#   %s: %s\n", key, meta[key])
		}
	}
	fmt.Fprintf(&out, "package %s\n\n%s\n", path, body)
	return out.String()
}

// tenantRule writes a rule on the tenant that requires nothing and sees the population.
func tenantRule(id, body string) string {
	return strings.Replace(ruleText(id, "scope: tenant\nrequires: []\nparameters: -\n", body),
		"# custom:", "# schemas:\n#   - input: schema.population\n#   - data.tenant: schema.tenant\n# custom:", 1)
}

// says is the body of a rule that always says the same.
func says(status string) string { return fmt.Sprintf("status := %q\n", status) }

// blocked is the body of a rule on accountEnabled in the form that real rules have.
const blocked = `
status := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.account.value.accountEnabled == false
}

findings contains {"resource": "accountEnabled", "accountEnabled": true} if input.facts.account.value.accountEnabled == true

evidence := {"account": {"accountEnabled": input.facts.account.value.accountEnabled}}

message := "the account can sign in" if status == "fail"
`

func mustLoad(t testing.TB, sources ...source) *Set {
	t.Helper()
	set, err := load(context.Background(), sources, nil)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// oneRule loads a rule with the id TST-001.
func oneRule(t testing.TB, custom, body string) *Set {
	t.Helper()
	return mustLoad(t, ours(map[string]string{"rule.rego": ruleText("TST-001", custom, body)}))
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// collected is the now of the fake snapshot; everybody in it left ten days before.
var collected = at("2026-11-22T00:00:00Z")

// fake is a snapshot in memory.
type fake struct {
	tenant     snapshot.Tenant
	leavers    []snapshot.Record
	provenance []snapshot.Provenance
	err        error     // after the last leaver
	at         time.Time // of collecting; zero for collected
}

func (f *fake) Manifest() snapshot.Manifest {
	now := collected
	if !f.at.IsZero() {
		now = f.at
	}
	return snapshot.Manifest{
		SchemaVersion: snapshot.SchemaVersion, TenantID: "t-1", TenantName: "Contoso", Cloud: "global", CollectedAt: now,
		Population: snapshot.Population{Sources: []string{"roster.csv"}, Leavers: len(f.leavers), Digest: "p"},
		Windows:    map[string]snapshot.Window{snapshot.LogSignIns: {From: collected.AddDate(0, 0, -30), To: collected}},
	}
}

func (f *fake) Seal() snapshot.Seal { return snapshot.Seal{Digest: "s"} }

func (f *fake) Tenant() snapshot.Tenant {
	if f.tenant.ID != "" {
		return f.tenant
	}
	facts := map[string]snapshot.Fact{}
	for _, name := range snapshot.TenantFacts() {
		facts[name] = read(map[string]any{})
	}
	return snapshot.Tenant{ID: "t-1", Cloud: "global", Facts: facts}
}

func (f *fake) Leavers(yield func(snapshot.Record) error) error {
	for _, record := range f.leavers {
		if err := yield(record); err != nil {
			return err
		}
	}
	return f.err
}

func (f *fake) Provenance(yield func(snapshot.Provenance) error) error {
	for _, row := range f.provenance {
		if err := yield(row); err != nil {
			return err
		}
	}
	return nil
}

func read(value any) snapshot.Fact { return snapshot.Fact{State: snapshot.Read, Value: value} }

func unknownFact() snapshot.Fact {
	return snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Forbidden, Detail: "403 Forbidden", Needs: "User.Read.All"}
}

// record is a leaver whose account is enabled or not; every other fact is read and empty.
func record(n int, enabled bool) snapshot.Record {
	facts := map[string]snapshot.Fact{}
	for _, name := range snapshot.LeaverFacts() {
		facts[name] = read(map[string]any{})
	}
	facts[snapshot.Account] = read(map[string]any{"accountEnabled": enabled})
	left := collected.AddDate(0, 0, -10)
	return snapshot.Record{
		Leaver: snapshot.Leaver{
			ID: fmt.Sprintf("%08d-0000-0000-0000-000000000000", n), DisplayName: fmt.Sprintf("Person %d", n), UserPrincipalName: fmt.Sprintf("p%d@contoso.com", n),
			LeftAt: left, LeftBy: left, Source: fmt.Sprintf("roster.csv:%d", n+2), State: snapshot.Live,
		},
		Facts: facts,
	}
}

func with(r snapshot.Record, fact string, f snapshot.Fact) snapshot.Record {
	facts := map[string]snapshot.Fact{}
	for name, fact := range r.Facts {
		facts[name] = fact
	}
	facts[fact] = f
	r.Facts = facts
	return r
}

// kept is a handler that keeps what it is given.
type kept struct {
	run     Run
	leavers []LeaverResult
	tenant  TenantResult
	summary Summary
	calls   []string
}

func (k *kept) Run(run Run) error {
	k.run, k.calls = run, append(k.calls, "run")
	return nil
}

func (k *kept) Leaver(leaver LeaverResult) error {
	k.leavers, k.calls = append(k.leavers, leaver), append(k.calls, leaver.Leaver.Key())
	return nil
}

func (k *kept) Tenant(tenant TenantResult) error {
	k.tenant, k.calls = tenant, append(k.calls, "tenant")
	return nil
}

func (k *kept) Summary(summary Summary) error {
	k.summary, k.calls = summary, append(k.calls, "summary")
	return nil
}

func evaluate(t testing.TB, set *Set, snap Snapshot, opts EvaluateOptions) *kept {
	t.Helper()
	var out kept
	if _, err := set.Evaluate(context.Background(), snap, opts, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

// judgeOne gives the one verdict of the one rule of a set on a leaver.
func judgeOne(t testing.TB, set *Set, r snapshot.Record) Verdict {
	t.Helper()
	out := evaluate(t, set, &fake{leavers: []snapshot.Record{r}}, EvaluateOptions{})
	if len(out.leavers) != 1 || len(out.leavers[0].Verdicts) != 1 {
		t.Fatalf("got %+v, want one verdict", out.leavers)
	}
	return out.leavers[0].Verdicts[0]
}

// inputOf is what the rules see of a record without a baseline and without attestations.
func inputOf(t testing.TB, r snapshot.Record) ast.Value {
	t.Helper()
	view, err := newView(r, nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return view.input(nil)
}

func asJSON(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
