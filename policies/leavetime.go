package policies

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

	"leavercheck/collector/snapshot"
)

// Of some leavers it is known that they left, and not when: only that it was at leftBy or before. Rules are written
// for a time that is known. Where it is not, leftAt is left out of the input, and what a rule says is believed only
// if it holds whenever they left:
//
//   - its status was found without a look at the leave time. Evaluation is deterministic, so it would have been found
//     in the same way with any; the engine watches the evaluation to know.
//   - it fails, at all ends of what is possible: the whole span, in which every rule judges most leniently, since acts
//     count from its beginning and sign-ins from its end, and the earliest and the latest moment in it.
//
// Everything else is unknown, and names leftAt.

// leaveTime is how the leave time is named among what is missing.
const leaveTime = "leftAt"

// dawn is before anything that Microsoft 365 has a record of.
func dawn() time.Time { return time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC) }

// settle is the verdict of a rule that was asked, whatever is known of the leave time.
func (e *evaluation) settle(ctx context.Context, asker asker, rule Rule, who subject, view view, said answers, err error) (Verdict, error) {
	verdict := e.judge.verdict(rule, who, said, err)
	if !who.leaver.LeftAt.IsZero() || broken(verdict) {
		return verdict, nil
	}
	looked, err := asker.looksAtLeaveTime(ctx, rule.ID, view.input(who.heard))
	if ctx.Err() != nil {
		return verdict, context.Cause(ctx)
	}
	if err == nil && !looked {
		return verdict, nil
	}
	var failing Verdict
	by := who.leaver.LeftBy
	for i, span := range [][2]time.Time{{dawn(), by}, {dawn(), dawn()}, {by, by}} {
		answers, err := asker.about(view.left(who.leaver, span[0], span[1]).input(who.heard)).ask(ctx, rule.ID)
		if ctx.Err() != nil {
			return verdict, context.Cause(ctx)
		}
		probe := e.judge.verdict(rule, who, answers, err)
		if probe.Status != Fail && probe.Status != Pending {
			return e.judge.untimed(rule, who, verdict), nil
		}
		if i == 0 {
			failing = probe
		}
	}
	return failing, nil
}

// untimed is a verdict that cannot be told without the leave time.
func (j *judge) untimed(rule Rule, who subject, said Verdict) Verdict {
	out := Verdict{
		Rule: rule.ID, Status: Unknown, Severity: said.Severity, Grade: Observed, Evidence: said.Evidence,
		Deadline: said.Deadline, DaysLeft: said.DaysLeft, Fingerprint: Fingerprint(j.tenantID, rule.ID, who.key),
	}
	if said.Status == Unknown {
		out.Missing = slices.Clone(said.Missing)
	}
	if !slices.ContainsFunc(out.Missing, func(m Missing) bool { return m.Fact == leaveTime }) {
		out.Missing = append(out.Missing, missingFact(leaveTime, j.fact(leaveTime, who)))
	}
	slices.SortFunc(out.Missing, func(x, y Missing) int { return cmp.Compare(x.Fact, y.Fact) })
	out.Message = unknownMessage(out.Missing)
	return out
}

// leaveTimeOf is the leave time as a fact that is not known.
func leaveTimeOf(who subject) snapshot.Fact {
	f := snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.NotCollected, Needs: "the leave date in a CSV roster"}
	if by := who.leaver.LeftBy; !by.IsZero() {
		f.Detail = "all that is known is that they left by " + by.UTC().Format(time.RFC3339)
	}
	if who.leaver.LeftKnownBy == snapshot.ByNobody && who.facts[snapshot.Audits].State == snapshot.Read {
		f.Reason = snapshot.OutsideRetention
	}
	return f
}

// graceFrom is from when the grace of a leaver runs; zero where no time is firm. A bound that moves with every
// snapshot would keep everything in grace for ever.
func graceFrom(leaver snapshot.Leaver) time.Time {
	if leaver.LeftKnownBy == snapshot.ByNobody {
		return time.Time{}
	}
	return leaver.LeftBy
}

// left is the view with another leave time.
func (v view) left(leaver snapshot.Leaver, from, by time.Time) view {
	leaver.LeftAt, leaver.LeftBy = from, by
	v.leaver = leaverValue(leaver)
	return v
}

func (a *local) looksAtLeaveTime(ctx context.Context, rule string, input ast.Value) (bool, error) {
	status, sees := a.questions.status[rule]
	if !sees {
		return false, nil
	}
	w := &watcher{seen: a.seen}
	_, err := status.Eval(ctx,
		rego.EvalExternalCancel(a.bound.begin()),
		rego.EvalMetrics(a.metrics),
		rego.EvalTransaction(a.txn),
		rego.EvalParsedInput(input),
		rego.EvalQueryTracer(w),
		rego.EvalRuleIndexing(false), // an index looks without being seen
	)
	if over := a.bound.end(); over != nil {
		err = over
	}
	return w.looked, err
}

// watcher is told of every expression before it is evaluated.
type watcher struct {
	seen   map[*ast.Expr]bool // whether an expression sees the leave time; shared by one worker's evaluations
	looked bool
}

func (w *watcher) Enabled() bool               { return true }
func (w *watcher) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

func (w *watcher) TraceEvent(event topdown.Event) {
	expr, ok := event.Node.(*ast.Expr)
	if !ok || w.looked {
		return
	}
	sees, known := w.seen[expr]
	if !known {
		sees = seesLeaveTime(expr)
		w.seen[expr] = sees
	}
	w.looked = sees
}

// seesLeaveTime reports whether something refers to the leave time, or to so much of the input that it is in it.
func seesLeaveTime(node any) bool {
	found := false
	ast.WalkRefs(node, func(ref ast.Ref) bool {
		found = found || coversLeaveTime(ref)
		return found
	})
	if !found {
		// The whole input is a variable where nothing of it is named.
		ast.WalkTerms(node, func(term *ast.Term) bool {
			v, ok := term.Value.(ast.Var)
			found = found || ok && v.Equal(ast.InputRootDocument.Value)
			_, isRef := term.Value.(ast.Ref)
			return found || isRef
		})
	}
	return found
}

func coversLeaveTime(ref ast.Ref) bool {
	if len(ref) == 0 || !ref[0].Equal(ast.InputRootDocument) {
		return false
	}
	for i, want := range [][]string{{"leaver"}, {leaveTime, "leftBy"}} {
		if len(ref) <= i+1 {
			return true
		}
		key, ok := ref[i+1].Value.(ast.String)
		if ok && !slices.Contains(want, string(key)) {
			return false
		}
	}
	return true
}

// seesLeaveTime reports whether a rule's status can depend on the leave time at all.
func (s *Set) seesLeaveTime(rule Rule) bool {
	var todo []*ast.Rule
	for _, r := range s.compiler.GetRulesExact(ast.MustParseRef("data." + rule.Package + "." + docStatus)) {
		for ; r != nil; r = r.Else {
			todo = append(todo, r)
		}
	}
	done := map[*ast.Rule]bool{}
	for len(todo) > 0 {
		r := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if done[r] {
			continue
		}
		done[r] = true
		if seesLeaveTime(r) {
			return true
		}
		for next := range s.compiler.Graph.Dependencies(r) {
			if rule, ok := next.(*ast.Rule); ok {
				todo = append(todo, rule)
			}
		}
	}
	return false
}
