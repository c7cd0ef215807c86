package policies

import (
	"context"
	"encoding/json"
	"maps"
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
	byRule  map[string]map[string]snapshot.Record // package, and the input as JSON
	problem error
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
		p.byRule[name] = map[string]snapshot.Record{}
	}
	if _, known := p.byRule[name][text]; known {
		return
	}
	var record snapshot.Record
	if err := json.Unmarshal([]byte(text), &record); err != nil {
		p.problem = err
		return
	}
	p.byRule[name][text] = record
}

// passingRecords runs the checklist's own tests of what passes and gathers, per package of a rule,
// leavers who pass it.
func passingRecords(t *testing.T) map[string][]snapshot.Record {
	t.Helper()
	s, err := sourceSuite(checklist())
	if err != nil {
		t.Fatal(err)
	}
	seen := &passes{seen: map[*ast.Term]bool{}, byRule: map[string]map[string]snapshot.Record{}}
	if _, err := s.results(context.Background(), "test_pass", runOptions{tracer: seen}); err != nil {
		t.Fatal(err)
	}
	if seen.problem != nil {
		t.Fatal(seen.problem)
	}
	out := map[string][]snapshot.Record{}
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
	set, err := Load(context.Background(), LoadOptions{})
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
						got = append(got, known.verdict(t, rule, with(record, fact, unread(record.Facts[fact], inPart))))
					}
				}
				if len(got) != 2 {
					t.Fatalf("%s: the fact %s is neither the leaver's nor the tenant's", rule.ID, fact)
				}
				for _, verdict := range got {
					switch {
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

// jury judges one leaver after the other in one tenant.
type jury struct {
	evaluation *evaluation
	asker      *asker
}

func newJury(t *testing.T, set *Set, tenant snapshot.Tenant) jury {
	t.Helper()
	// The checklist's examples left on 1 June.
	e, err := set.begin(context.Background(), &fake{tenant: tenant}, EvaluateOptions{Now: at("2026-06-11T12:00:00Z")})
	if err != nil {
		t.Fatal(err)
	}
	asker, done, err := e.asker(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	return jury{e, asker}
}

func (j jury) verdict(t *testing.T, rule Rule, record snapshot.Record) Verdict {
	t.Helper()
	input, err := recordValue(record)
	if err != nil {
		t.Fatal(err)
	}
	who := subject{key: record.Leaver.Key(), leftBy: record.Leaver.LeftBy, facts: record.Facts}
	said, err := j.asker.ask(context.Background(), j.asker.questions.one[rule.ID], input)
	return j.evaluation.judge.verdict(rule, who, said, err)
}
