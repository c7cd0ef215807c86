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
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"

	"leavercheck/collector/snapshot"
)

// plain is OPA as a library, without anything of this package's engine: the same policies, a query for each rule, input
// and data as plain JSON.
type plain struct {
	rules map[string]rego.PreparedEvalQuery // by package
	with  []rego.EvalOption
}

const asItIs = "as it is"

func newPlain(t *testing.T, rules []Rule, data map[string]any) map[string]plain {
	t.Helper()
	files, err := checklist().files(false, capabilities())
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]*ast.Module{}
	for _, f := range files {
		modules[f.name] = f.module
	}
	compiler := ast.NewCompiler()
	if compiler.Compile(modules); compiler.Failed() {
		t.Fatal(compiler.Errors)
	}
	store := inmem.NewFromObject(data)
	prepared := map[string]rego.PreparedEvalQuery{}
	for _, rule := range rules {
		query, err := rego.New(rego.Compiler(compiler), rego.Store(store), rego.Query("data."+rule.Package)).PrepareForEval(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		prepared[rule.Package] = query
	}
	return map[string]plain{
		"as it is":          {prepared, nil},
		"without indexes":   {prepared, []rego.EvalOption{rego.EvalRuleIndexing(false)}},
		"to every last end": {prepared, []rego.EvalOption{rego.EvalEarlyExit(false), rego.EvalRuleIndexing(false)}},
	}
}

// says gives the documents of a rule, as JSON.
func (p plain) says(t *testing.T, rule Rule, input any) map[string]string {
	t.Helper()
	results, err := p.rules[rule.Package].Eval(t.Context(), append(slices.Clone(p.with), rego.EvalInput(input))...)
	if err != nil {
		t.Fatalf("%s: %v", rule.ID, err)
	}
	out := map[string]string{}
	if len(results) != 1 {
		t.Fatalf("%s: %d results", rule.ID, len(results))
	}
	docs, _ := results[0].Expressions[0].Value.(map[string]any)
	for _, name := range documentNames() {
		if value, said := docs[name]; said {
			out[name] = asJSON(t, value)
		}
	}
	return out
}

// TestPlainOPAAgrees: on every input that any of the checklist's own tests gives a rule, and on some of them with each
// of the rule's facts unknown or another way of evaluating, each document of the rule is what OPA makes of it. That is
// before any verdict: the engine's own law, that nothing unknown passes, comes after.
func TestPlainOPAAgrees(t *testing.T) {
	t.Parallel()
	set, err := Load(t.Context(), LoadOptions{Settings: Settings{"TEL-002": {Parameters: map[string]any{"queue_groups": []string{"Service desk"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	rules := slices.DeleteFunc(set.Rules(), func(r Rule) bool { return r.Scope != PerLeaver })
	inputs, tenant := everyInput(t), exampleTenant(t)
	engine := newJury(t, set, tenant)
	data, err := ast.JSON(engine.evaluation.data)
	if err != nil {
		t.Fatal(err)
	}
	document, _ := data.(map[string]any)
	others := newPlain(t, rules, document)
	compared := 0
	for _, rule := range rules {
		for n, text := range inputs[rule.Package] {
			for v, input := range variants(t, rule, text) {
				if v > 0 && n%8 > 0 {
					break
				}
				got, ok := programSays(t, engine, rule, input)
				for how, other := range others {
					if !ok || how != asItIs && (n%4 > 0 || v > 0) {
						continue
					}
					compared++
					if want := other.says(t, rule, input); !maps.Equal(got, want) {
						t.Errorf("%s, OPA %s\ninput %s\ngot  %v\nwant %v", rule.ID, how, asJSON(t, input), got, want)
					}
				}
			}
		}
		if len(inputs[rule.Package]) == 0 {
			t.Errorf("%s: no test gives it an input", rule.ID)
		}
	}
	t.Logf("%d answers of %d rules compared", compared, len(rules))
}

// programSays gives the documents of a rule, as JSON. Where a built-in fails there are none, and the engine asks OPA,
// with whom it fails, too: OPA as it is says nothing of failures.
func programSays(t *testing.T, engine jury, rule Rule, input any) (map[string]string, bool) {
	t.Helper()
	value, err := ast.InterfaceToValue(input)
	if err != nil {
		t.Fatal(err)
	}
	inquiry, _ := engine.asker.about(value).(*localInquiry)
	said, err := inquiry.run(rule.ID)
	if err != nil {
		if _, other := inquiry.opa(t.Context(), inquiry.questions.one[rule.ID], value); other == nil {
			t.Errorf("%s: only the program fails: %v", rule.ID, err)
		}
		return nil, false
	}
	out := map[string]string{}
	for name, value := range said {
		plain, err := ast.JSONWithOpt(value, ast.JSONOpt{SortSets: true})
		if err != nil {
			t.Fatal(err)
		}
		out[name] = asJSON(t, plain)
	}
	return out, true
}

// variants are an input, and the same with each fact that the rule names unknown.
func variants(t *testing.T, rule Rule, text string) []map[string]any {
	t.Helper()
	decoded := func() map[string]any {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var out map[string]any
		if err := decoder.Decode(&out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	out := []map[string]any{decoded()}
	for _, fact := range slices.Concat(rule.Requires, rule.Uses) {
		input := decoded()
		facts, _ := input["facts"].(map[string]any)
		if _, there := facts[fact]; there {
			facts[fact] = map[string]any{"state": snapshot.Unknown, "reason": snapshot.Throttled}
			out = append(out, input)
		}
	}
	return out
}

// inputs notes what the tests of rules are given.
type inputs struct {
	mu     sync.Mutex
	byRule map[string]map[string]bool // package, and the input as JSON
	seen   map[*ast.Term]bool
}

func (*inputs) Enabled() bool               { return true }
func (*inputs) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

func (p *inputs) TraceEvent(event topdown.Event) {
	rule, ok := event.Node.(*ast.Rule)
	if !ok || event.Op != topdown.ExitOp || !isStatus(rule) || event.Input() == nil {
		return
	}
	name := packageName(rule.Module)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen[event.Input()] {
		return
	}
	p.seen[event.Input()] = true
	if p.byRule[name] == nil {
		p.byRule[name] = map[string]bool{}
	}
	p.byRule[name][event.Input().String()] = true
}

// everyInput runs the checklist's own tests and gathers, per package of a rule, what it was asked about.
func everyInput(t *testing.T) map[string][]string {
	t.Helper()
	s, err := sourceSuite(checklist())
	if err != nil {
		t.Fatal(err)
	}
	seen := &inputs{byRule: map[string]map[string]bool{}, seen: map[*ast.Term]bool{}}
	if _, err := s.evaluate(context.Background(), runOptions{match: regexp.MustCompile(""), clock: time.Now, tracer: func() topdown.QueryTracer { return seen }}); err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for name, texts := range seen.byRule {
		out[name] = slices.Sorted(maps.Keys(texts))
	}
	return out
}
