package policies

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

	"leavercheck/collector/snapshot"
)

var _ Snapshot = (*snapshot.Reader)(nil)

// passes notes the inputs and tenants with which the tests of rules made them pass.
type passes struct {
	mu      sync.Mutex
	seen    map[*ast.Term]bool
	byRule  map[string]map[string]example // package, and the input as JSON
	problem error
}

// example is an input of a rule on leavers.
type example struct {
	snapshot.Record
	before   *snapshot.Record
	vouchers []*voucher
}

func (e *example) UnmarshalJSON(text []byte) error {
	var in struct {
		Leaver   json.RawMessage        `json:"leaver"`
		Facts    json.RawMessage        `json:"facts"`
		Attested map[string]Attestation `json:"attested"`
		Baseline map[string]json.RawMessage
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	record := func(leaver, facts json.RawMessage, into *snapshot.Record) error {
		if leaver == nil {
			leaver = json.RawMessage("{}")
		}
		if facts == nil {
			facts = json.RawMessage("{}")
		}
		text, err := json.Marshal(map[string]json.RawMessage{"leaver": leaver, "facts": facts})
		if err != nil {
			return err
		}
		return json.Unmarshal(text, into)
	}
	if err := record(in.Leaver, in.Facts, &e.Record); err != nil {
		return err
	}
	for id, attestation := range in.Attested {
		e.vouchers = append(e.vouchers, &voucher{Attestation: attestation, rules: []string{id}})
	}
	if in.Baseline == nil {
		return nil
	}
	e.before = &snapshot.Record{}
	return record(in.Baseline["leaver"], in.Baseline["facts"], e.before)
}

func (*passes) Enabled() bool               { return true }
func (*passes) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

func (p *passes) TraceEvent(event topdown.Event) {
	rule, ok := event.Node.(*ast.Rule)
	if !ok || event.Op != topdown.ExitOp || !isStatus(rule) || event.Input() == nil {
		return
	}
	if rule.Head.Value == nil || rule.Head.Value.Value.Compare(ast.String(Pass)) != 0 {
		return
	}
	name := packageName(rule.Module)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen[event.Input()] {
		return // one evaluation comes here often
	}
	p.seen[event.Input()] = true
	text := event.Input().String()
	if p.byRule[name] == nil {
		p.byRule[name] = map[string]example{}
	}
	if _, known := p.byRule[name][text]; known {
		return
	}
	var seen example
	if err := json.Unmarshal([]byte(text), &seen); err != nil {
		p.problem = err
		return
	}
	p.byRule[name][text] = seen
}

// passingRecords runs the checklist's own tests of what passes and gathers, per package of a rule,
// leavers who pass it.
func passingRecords(t *testing.T) map[string][]example {
	t.Helper()
	s, err := sourceSuite(checklist())
	if err != nil {
		t.Fatal(err)
	}
	seen := &passes{seen: map[*ast.Term]bool{}, byRule: map[string]map[string]example{}}
	if _, err := s.run(context.Background(), runOptions{match: regexp.MustCompile("test_pass"), tracer: func() topdown.QueryTracer { return seen }}); err != nil {
		t.Fatal(err)
	}
	if seen.problem != nil {
		t.Fatal(seen.problem)
	}
	out := map[string][]example{}
	for name, byText := range seen.byRule {
		for _, text := range slices.Sorted(maps.Keys(byText)) {
			out[name] = append(out[name], byText[text])
		}
	}
	return out
}

// exampleTenant is the tenant of the checklist's own examples, everything read.
func exampleTenant(t *testing.T) snapshot.Tenant {
	t.Helper()
	files, err := checklist().files(true, capabilities())
	if err != nil {
		t.Fatal(err)
	}
	options := []func(*rego.Rego){rego.Query(`{
		"domains": data.lib.example_test.domains,
		"organization": data.lib.example_test.organization(["mbxcdbbb86ce60342489bff371876e7f224:3"]),
		"subscribedSkus": data.lib.example_test.read(data.lib.example_test.skus),
		"reportSettings": data.lib.example_test.read({"displayConcealedNames": false}),
		"sharePointSettings": data.lib.example_test.read({
			"deletedUserPersonalSiteRetentionPeriodInDays": 30,
			"isUnmanagedSyncAppForTenantRestricted": true,
			"sharingCapability": "externalUserSharingOnly",
		}),
	}`)}
	for _, f := range files {
		options = append(options, rego.ParsedModule(f.module))
	}
	results, err := rego.New(options...).Eval(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 1 {
		t.Fatal("the checklist's examples hold no tenant")
	}
	tenant := snapshot.Tenant{ID: "t-1", Cloud: "global"}
	if err := json.Unmarshal([]byte(asJSON(t, results[0].Expressions[0].Value)), &tenant.Facts); err != nil {
		t.Fatal(err)
	}
	return tenant
}

// TestUnknownIsNeverPass: for every built-in rule, every leaver whom its tests show to pass, and every
// fact that it requires: were the fact unknown, wholly or in part, the verdict would not be pass.
func TestUnknownIsNeverPass(t *testing.T) {
	t.Parallel()
	// By default nobody has named a call queue's group, and the rule has nothing to judge.
	set, err := Load(context.Background(), LoadOptions{Settings: Settings{"TEL-002": {Parameters: map[string]any{"queue_groups": []string{"Service desk"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	records, tenant := passingRecords(t), exampleTenant(t)
	// What is unknown of the tenant is the same for all: one evaluation for each.
	known := newJury(t, set, tenant)
	unknown := map[string][]jury{}
	for _, fact := range snapshot.TenantFacts() {
		for _, inPart := range []bool{false, true} {
			facts := maps.Clone(tenant.Facts)
			facts[fact] = unread(facts[fact], inPart)
			unknown[fact] = append(unknown[fact], newJury(t, set, snapshot.Tenant{ID: tenant.ID, Cloud: tenant.Cloud, Facts: facts}))
		}
	}
	for _, rule := range set.Rules() {
		if rule.Scope != PerLeaver {
			continue
		}
		passed := 0
		for _, record := range records[rule.Package] {
			if known.verdict(t, rule, record).Status == Pass {
				passed++
			}
			for _, fact := range rule.Requires {
				var got []Verdict
				for _, there := range unknown[fact] {
					got = append(got, there.verdict(t, rule, record))
				}
				if _, leavers := record.Facts[fact]; leavers {
					for _, inPart := range []bool{false, true} {
						blind := record
						blind.Record = with(record.Record, fact, unread(record.Facts[fact], inPart))
						got = append(got, known.verdict(t, rule, blind))
					}
				}
				if len(got) != 2 {
					t.Fatalf("%s: the fact %s is neither the leaver's nor the tenant's", rule.ID, fact)
				}
				for _, verdict := range got {
					// Somebody's word stands for what its own rule requires, and for nothing else.
					vouched := slices.ContainsFunc(verdict.Attestations, func(a VerdictAttestation) bool {
						return slices.Contains(known.evaluation.judge.requires[a.Rule], fact)
					})
					switch {
					case verdict.Status == Pass && vouched:
					case verdict.Status == Pass:
						t.Errorf("%s: %s unknown, and it passes: %s", rule.ID, fact, asJSON(t, record))
					case strings.HasPrefix(verdict.Message, "policy error"):
						t.Errorf("%s: %s unknown: %s", rule.ID, fact, verdict.Message)
					case verdict.Status == Unknown && !slices.ContainsFunc(verdict.Missing, func(m Missing) bool { return m.Fact == fact }):
						t.Errorf("%s: %s unknown: the verdict does not name it: %s", rule.ID, fact, asJSON(t, verdict))
					}
				}
			}
		}
		if passed == 0 {
			t.Errorf("%s: none of %d examples passes: nothing was shown", rule.ID, len(records[rule.Package]))
		}
	}
}

// unread is a fact that was not read, or only in part.
func unread(fact snapshot.Fact, inPart bool) snapshot.Fact {
	out := snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Throttled, Needs: "time"}
	if inPart {
		out.Value = fact.Value
	}
	return out
}

// jury judges one leaver after the other in one tenant, with or without a baseline.
type jury struct {
	evaluation *evaluation
	asker      asker
	with       func() jury // the same tenant with a baseline; nil where this one has it
}

func newJury(t *testing.T, set *Set, tenant snapshot.Tenant) jury {
	t.Helper()
	out := sworn(t, set, tenant, EvaluateOptions{})
	out.with = sync.OnceValue(func() jury { return sworn(t, set, tenant, EvaluateOptions{Baseline: &fake{tenant: tenant}}) })
	return out
}

func sworn(t *testing.T, set *Set, tenant snapshot.Tenant, opts EvaluateOptions) jury {
	t.Helper()
	opts.Now = at("2026-06-11T12:00:00Z") // the checklist's examples left on 1 June
	e, err := set.begin(context.Background(), &fake{tenant: tenant}, opts)
	if err != nil {
		t.Fatal(err)
	}
	asker, done, err := e.asker(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	return jury{evaluation: e, asker: asker}
}

func (j jury) verdict(t *testing.T, rule Rule, r example) Verdict {
	t.Helper()
	if r.before != nil && j.with != nil {
		return j.with().verdict(t, rule, r)
	}
	view, err := newView(r.Record, r.before, at("2026-05-20T12:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	who := subject{key: r.Leaver.Key(), leaver: r.Leaver, graceFrom: graceFrom(r.Leaver), state: r.Leaver.State, facts: r.Facts, vouchers: r.vouchers}
	said, err := j.asker.about(view.input(nil)).ask(context.Background(), rule.ID)
	verdict, _, err := j.evaluation.attest(context.Background(), j.asker, rule, who, view, j.evaluation.judge.verdict(rule, who, said, err))
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}
