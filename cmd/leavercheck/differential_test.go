package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/loader"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/policies"
)

// TestPlainOPAComesToTheSame: on the simulated tenant's snapshot every verdict is what OPA as a library makes of the
// policies' files, a query for each rule, the line of the snapshot as input, with rule indexing and without. Unknown
// may be what OPA calls a pass: that is the engine's own law. A failure in grace is pending.
func TestPlainOPAComesToTheSame(t *testing.T) {
	t.Parallel()
	dir := collectSome(t, newTenant(t, simtenant.Options{}))
	judged, _ := evaluated(t, dir)
	reader, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	queries := plainQueries(t, judged.Run, reader)
	verdicts := map[string][]policies.Verdict{}
	for _, leaver := range judged.Leavers {
		verdicts[leaver.Leaver.Key()] = leaver.Verdicts
	}
	compared := map[policies.Status]int{}
	n := 0
	err = reader.Leavers(func(record snapshot.Record) error {
		if n++; n%3 > 0 {
			return nil
		}
		input := asPlain(t, record)
		input["attested"] = map[string]any{}
		for _, verdict := range verdicts[record.Leaver.Key()] {
			rule := judged.Run.Rules[slices.IndexFunc(judged.Run.Rules, func(r policies.Rule) bool { return r.ID == verdict.Rule })]
			if !slices.Contains(rule.States, record.Leaver.State) {
				continue // the rule is not asked
			}
			for _, indexing := range []bool{true, false} {
				results, err := queries[rule.ID].Eval(t.Context(), rego.EvalInput(input), rego.EvalRuleIndexing(indexing))
				if err != nil || len(results) != 1 {
					t.Fatalf("%s: %v, %d results", rule.ID, err, len(results))
				}
				want, _ := results[0].Expressions[0].Value.(string)
				got := verdict.Status
				same := got == policies.Status(want) || got == policies.Pending && want == string(policies.Fail) || got == policies.Unknown && want != string(policies.Fail)
				if !same {
					t.Errorf("%s of %s: %s, and OPA says %s (indexing %v)", rule.ID, record.Leaver.Key(), got, want, indexing)
				}
				compared[got]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []policies.Status{policies.Pass, policies.Fail, policies.NotApplicable, policies.Unknown} {
		if compared[status] == 0 {
			t.Errorf("no verdict is %s: nothing was shown", status)
		}
	}
}

// plainQueries are queries for the status of each rule, of the policies as they lie on disk.
func plainQueries(t *testing.T, run policies.Run, reader *snapshot.Reader) map[string]rego.PreparedEvalQuery {
	t.Helper()
	loaded, err := loader.NewFileLoader().WithRegoVersion(ast.RegoV1).Filtered(
		[]string{filepath.Join(repository, "policies", "checklist"), filepath.Join(repository, "policies", "lib")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	compiler := ast.NewCompiler()
	if compiler.Compile(loaded.ParsedModules()); compiler.Failed() {
		t.Fatal(compiler.Errors)
	}
	tenant := asPlain(t, reader.Tenant())
	manifest := asPlain(t, reader.Manifest())
	tenant["windows"], tenant["collectedAt"] = manifest["windows"], manifest["collectedAt"]
	store := inmem.NewFromObject(map[string]any{"tenant": tenant, "baseline": nil, "parameters": asPlain(t, run.Parameters)})
	out := map[string]rego.PreparedEvalQuery{}
	for _, rule := range run.Rules {
		query := rego.New(rego.Compiler(compiler), rego.Store(store), rego.Query("data."+rule.Package+".status"))
		if out[rule.ID], err = query.PrepareForEval(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// asPlain is a value as its JSON says.
func asPlain(t *testing.T, value any) map[string]any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var out map[string]any
	if err := decoder.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}
