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

	"leavercheck/policies/program"
)

// Every rule is asked in one of two ways. Nearly always its documents are asked of a program, which is what makes a
// hundred thousand leavers bearable. What the program does not know how to do, and every error, goes to OPA's own
// evaluator, whose word and whose message count. So does every rule that is not built in: tests hold the program to
// OPA's evaluator on the checklist, and on nothing else that is known here.

// answers are what one rule said: the values of its documents. One that is undefined is not there.
type answers map[string]ast.Value

// prepared are the questions ready to be asked.
type prepared struct {
	documents map[string][]document             // by rule id, of the rules in the program
	one       map[string]rego.PreparedEvalQuery // by rule id, of all documents, for OPA
	// status is of the status alone, by rule id, of the rules whose status can depend on the leave time.
	status map[string]rego.PreparedEvalQuery
}

// document is one of a rule's, in the program.
type document struct {
	name string
	at   program.Document
}

// plan writes the built-in rules down as a program, for every document of each.
func (s *Set) plan(ctx context.Context) error {
	var refs []string
	for i, rule := range s.rules {
		if s.elsewhere[rule.ID] || !builtIn(rule) {
			continue
		}
		for _, doc := range s.docs[i].names() {
			refs = append(refs, documentRef(rule, doc))
		}
	}
	if len(refs) == 0 {
		return nil
	}
	var err error
	s.program, err = program.New(ctx, s.compiler, strings.Join(refs, "; "))
	return err
}

func documentRef(rule Rule, doc string) string { return "data." + rule.Package + "." + doc }

// prepare readies every question against the documents in a store. It is done before any is asked: the
// compiler is not made to be used while rules run.
func (s *Set) prepare(ctx context.Context, store storage.Store) (prepared, error) {
	p := prepared{documents: map[string][]document{}, one: map[string]rego.PreparedEvalQuery{}, status: map[string]rego.PreparedEvalQuery{}}
	var err error
	for i, rule := range s.rules {
		if s.elsewhere[rule.ID] {
			continue
		}
		if builtIn(rule) {
			if p.documents[rule.ID], err = s.documents(rule, s.docs[i]); err != nil {
				return p, err
			}
		}
		if p.one[rule.ID], err = s.query(ctx, store, alone(rule, s.docs[i])); err != nil {
			return p, err
		}
		if rule.Scope != PerLeaver || !s.seesLeaveTime(rule) {
			continue
		}
		if p.status[rule.ID], err = s.query(ctx, store, documentRef(rule, docStatus)); err != nil {
			return p, err
		}
	}
	return p, nil
}

// documents finds a rule's documents in the program.
func (s *Set) documents(rule Rule, docs documents) ([]document, error) {
	var out []document
	for _, doc := range docs.names() {
		at, ok := s.program.Document(documentRef(rule, doc))
		if !ok {
			return nil, fmt.Errorf("policies: %s: the program does not know its %s", rule.ID, doc)
		}
		out = append(out, document{doc, at})
	}
	return out, nil
}

// alone is the question to one rule, for OPA: a set for each document, empty where it is undefined. A plain reference
// would lose the whole answer.
func alone(rule Rule, docs documents) string {
	var parts []string
	for _, doc := range docs.names() {
		parts = append(parts, fmt.Sprintf("%q: {x | x := %s}", doc, documentRef(rule, doc)))
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

// asker asks questions. It belongs to one goroutine. An error is the rules', or the context's.
type asker interface {
	// about lays an input before the rules.
	about(input ast.Value) inquiry
	// looksAtLeaveTime finds a rule's status, and reports whether the leave time was looked at on the way.
	looksAtLeaveTime(ctx context.Context, rule string, input ast.Value) (bool, error)
	// struck lists, and forgets, the isolated rules that took too much since it was last called.
	struck() []string
}

// inquiry is what is asked about one input. Another one may be begun at any time.
type inquiry interface {
	// ask asks one rule.
	ask(ctx context.Context, rule string) (answers, error)
}

// local is the asker of rules that run in this process.
type local struct {
	questions prepared
	machine   *program.Machine // nil where no rule is in the program
	under     *localInquiry    // whose input the machine has
	bound     *bound
	txn       storage.Transaction
	metrics   metrics.Metrics
	seen      map[*ast.Expr]bool // see watcher
}

// newLocal readies one, which honours the bounds; see bound. What it returns beside ends it.
func (s *Set) newLocal(ctx context.Context, questions prepared, store storage.Store, data ast.Value, limit time.Duration, memory uint64) (*local, func(), error) {
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("policies: opening the store: %w", err)
	}
	bound := newBound(ctx, limit, memory)
	done := func() {
		bound.close()
		store.Abort(ctx, txn)
	}
	asker := &local{questions: questions, bound: bound, txn: txn, metrics: metrics.NoOp(), seen: map[*ast.Expr]bool{}}
	if s.program != nil {
		asker.machine = s.program.Machine(ctx, data)
	}
	return asker, done, nil
}

func (a *local) struck() []string { return nil }

func (a *local) about(input ast.Value) inquiry { return &localInquiry{a, input} }

type localInquiry struct {
	*local
	input ast.Value
}

func (q *localInquiry) ask(ctx context.Context, rule string) (answers, error) {
	if _, planned := q.questions.documents[rule]; !planned {
		return q.opa(ctx, q.questions.one[rule], q.input)
	}
	q.machine.Heed(q.bound.begin())
	said, err := q.run(rule)
	if over := q.bound.end(); over != nil {
		return nil, over
	}
	if err == nil || ctx.Err() != nil {
		return said, err
	}
	return q.opa(ctx, q.questions.one[rule], q.input)
}

// run asks the program.
func (q *localInquiry) run(rule string) (answers, error) {
	if q.under != q {
		q.under = q
		q.machine.Begin(q.input)
	}
	said := answers{}
	for _, doc := range q.questions.documents[rule] {
		value, err := q.machine.Ask(doc.at)
		if err != nil {
			return nil, err
		}
		if value != nil {
			said[doc.name] = value
		}
	}
	return said, nil
}

// opa asks OPA a question to one rule.
func (a *local) opa(ctx context.Context, query rego.PreparedEvalQuery, input ast.Value) (answers, error) {
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
		return nil, err
	}
	said := answers{}
	if len(results) == 0 || len(results[0].Expressions) == 0 {
		return said, nil
	}
	docs, ok := results[0].Expressions[0].Value.(ast.Object)
	if !ok {
		return said, nil
	}
	docs.Foreach(func(name, values *ast.Term) {
		doc, _ := name.Value.(ast.String)
		if set, ok := values.Value.(ast.Set); ok && set.Len() == 1 {
			said[string(doc)] = set.Slice()[0].Value
		}
	})
	return said, nil
}
