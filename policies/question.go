package policies

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
)

// question is one query that all rules of a kind answer at once. Leavers in different states are asked
// different questions, so that a rule never runs for a leaver whom it does not judge.
type question struct {
	name string
	asks func(Rule) bool
}

// tenantQuestion is the name of the question to the rules on the tenant; the other questions have the
// name of a leaver's state.
const tenantQuestion = "tenant"

func questions() []question {
	out := []question{{tenantQuestion, func(r Rule) bool { return r.Scope == PerTenant }}}
	for _, state := range judgedStates() {
		out = append(out, question{string(state), func(r Rule) bool { return r.judges(state) }})
	}
	return out
}

// prepared are the questions ready to be asked, of all rules at once or of one.
type prepared struct {
	all map[string]rego.PreparedEvalQuery // by question
	one map[string]rego.PreparedEvalQuery // by rule id
	// status is of the status alone, by rule id, of the rules whose status can depend on the leave time.
	status map[string]rego.PreparedEvalQuery
}

// prepare readies every question against the documents in a store. It is done before any is asked: the
// compiler is not made to be used while rules run.
func (s *Set) prepare(ctx context.Context, store storage.Store) (prepared, error) {
	p := prepared{all: map[string]rego.PreparedEvalQuery{}, one: map[string]rego.PreparedEvalQuery{}, status: map[string]rego.PreparedEvalQuery{}}
	var err error
	for _, question := range questions() {
		if s.compiler == nil {
			break // every rule is asked elsewhere
		}
		if p.all[question.name], err = s.query(ctx, store, "data."+rootEngine+"."+question.name); err != nil {
			return p, err
		}
	}
	for i, rule := range s.rules {
		if s.elsewhere[rule.ID] {
			continue
		}
		if p.one[rule.ID], err = s.query(ctx, store, alone(rule, s.docs[i])); err != nil {
			return p, err
		}
		if rule.Scope != PerLeaver || !s.seesLeaveTime(rule) {
			continue
		}
		if p.status[rule.ID], err = s.query(ctx, store, "data."+rule.Package+"."+docStatus); err != nil {
			return p, err
		}
	}
	return p, nil
}

// alone is a question to one rule, answered in the shape of the question to all. A comprehension is
// empty where the rule says nothing; a plain reference would lose the whole answer.
func alone(rule Rule, docs documents) string {
	var parts []string
	for _, doc := range docs.names() {
		parts = append(parts, fmt.Sprintf("%q: {%q: x | x := data.%s.%s}", doc, rule.ID, rule.Package, doc))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (s *Set) query(ctx context.Context, store storage.Store, text string) (rego.PreparedEvalQuery, error) {
	query, err := rego.New(
		rego.Compiler(s.compiler),
		rego.Store(store),
		rego.Query(text),
		rego.StrictBuiltinErrors(true), // a built-in that fails is an error, not a silent undefined
	).PrepareForEval(ctx)
	if err != nil {
		return query, fmt.Errorf("policies: preparing %s: %w", text, err)
	}
	return query, nil
}

// asker puts questions to rules, about one record at a time. It belongs to one goroutine. An error is the
// rules', or the context's.
type asker interface {
	// everything asks all rules of a question. What each said, or why it failed, is found by its id.
	everything(ctx context.Context, question string, input ast.Value) (said, error)
	// one asks one rule.
	one(ctx context.Context, rule string, input ast.Value) (answers, error)
	// looksAtLeaveTime finds a rule's status, and reports whether the leave time was looked at on the way.
	looksAtLeaveTime(ctx context.Context, rule string, input ast.Value) (bool, error)
	// struck lists, and forgets, the isolated rules that took too much since it was last called.
	struck() []string
}

// said gives what a rule said to a question.
type said func(rule string) (answers, error)

// orOneByOne asks all rules at once. When that fails, because one rule's error ends the query for all, each
// rule is asked alone, and only those that fail are lost.
func orOneByOne(ctx context.Context, all func() (answers, error), one said) (said, error) {
	together, err := all()
	if err == nil {
		return func(string) (answers, error) { return together, nil }, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return one, nil
}

// local is the asker of rules that run in this process.
type local struct {
	questions prepared
	bound     *bound
	txn       storage.Transaction
	metrics   metrics.Metrics
	seen      map[*ast.Expr]bool // see watcher
}

// answers is, per document, an object with the rules' ids as keys.
type answers struct{ docs ast.Object }

// of gives what a rule said, nil where it said nothing.
func (a answers) of(doc, rule string) ast.Value {
	if a.docs == nil {
		return nil
	}
	byRule := a.docs.Get(ast.InternedTerm(doc))
	if byRule == nil {
		return nil
	}
	object, ok := byRule.Value.(ast.Object)
	if !ok {
		return nil
	}
	said := object.Get(ast.StringTerm(rule))
	if said == nil {
		return nil
	}
	return said.Value
}

// newLocal readies one, which honours the bounds; see bound. What it returns beside ends it.
func newLocal(ctx context.Context, questions prepared, store storage.Store, limit time.Duration, memory uint64) (*local, func(), error) {
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("policies: opening the store: %w", err)
	}
	bound := newBound(ctx, limit, memory)
	done := func() {
		bound.close()
		store.Abort(ctx, txn)
	}
	return &local{questions: questions, bound: bound, txn: txn, metrics: metrics.NoOp(), seen: map[*ast.Expr]bool{}}, done, nil
}

// struck is of isolated rules only.
func (a *local) struck() []string { return nil }

func (a *local) everything(ctx context.Context, question string, input ast.Value) (said, error) {
	return orOneByOne(ctx,
		func() (answers, error) { return a.ask(ctx, a.questions.all[question], input) },
		func(rule string) (answers, error) { return a.one(ctx, rule, input) })
}

func (a *local) one(ctx context.Context, rule string, input ast.Value) (answers, error) {
	return a.ask(ctx, a.questions.one[rule], input)
}

// ask puts a prepared query.
func (a *local) ask(ctx context.Context, query rego.PreparedEvalQuery, input ast.Value) (answers, error) {
	options := []rego.EvalOption{
		rego.EvalExternalCancel(a.bound.begin()),
		rego.EvalMetrics(a.metrics),
		rego.EvalTransaction(a.txn),
		rego.EvalParsedInput(input),
		// The answer is read as it is; converting it to Go values and back would cost more than the rules.
		rego.EvalGenerateJSON(func(term *ast.Term, _ *rego.EvalContext) (any, error) { return term.Value, nil }),
	}
	results, err := query.Eval(ctx, options...)
	if over := a.bound.end(); over != nil {
		err = over
	}
	if err != nil {
		return answers{}, err
	}
	if len(results) == 0 || len(results[0].Expressions) == 0 {
		return answers{}, nil
	}
	docs, _ := results[0].Expressions[0].Value.(ast.Object)
	return answers{docs}, nil
}
