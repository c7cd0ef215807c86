package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
)

// ErrIncomparable means that two results cannot be compared.
var ErrIncomparable = errors.New("the results cannot be compared")

// Compare gives a result on with every verdict's change since an earlier one of the same tenant. The law is that
// a change of method is never read as one of the tenant:
//
//   - Where the status differs and so does the rule's source, a parameter, the roster's word, a waiver that is
//     gone, whose word the verdict stands on, or which of the facts that the rule looks at could be read, it is
//     method_changed, whichever way it went. A fact that could be read on one side only never makes anything
//     fixed, nor new.
//   - The same rule failing for the same leaver is still open while it is about the same things, or fewer of
//     them. One more thing that is wrong, or a severity that is worse, is new: somebody must look. Since then
//     tells for how long the rule has been failing.
//   - What fails and was unknown is new; what is unknown and failed is still open: not seeing it is no progress.
//     What is in grace and failed or was unknown is still open, too.
//   - What a rule says nothing of any more, because the account is in another state, is out of scope, not fixed.
//
// Leavers are the same by object id; one without an account by address or employee id, where that is one
// person's. What a verdict carried of earlier comparisons is replaced.
// The error of Run wraps ErrIncomparable for another tenant, an earlier result that is later, and redacted ones.
func Compare(earlier *Earlier, next policies.Handler) policies.Handler {
	return &comparison{next: next, earlier: earlier, met: map[*earlierLeaver]bool{}, rules: map[string]policies.Rule{}, causes: map[string]policies.Cause{}, counts: map[policies.ChangeKind]int{}}
}

type comparison struct {
	next    policies.Handler
	earlier *Earlier
	met     map[*earlierLeaver]bool // whom both results have
	run     policies.Run
	rules   map[string]policies.Rule
	causes  map[string]policies.Cause // what changed of a rule, by its id
	counts  map[policies.ChangeKind]int
	gone    []policies.GoneVerdict
}

func (c *comparison) Run(run policies.Run) error {
	before := c.earlier.run
	switch {
	case run.Redacted || before.Redacted:
		return fmt.Errorf("%w: pseudonyms are others in every redacted result; compare those that are not, and redact what comes out", ErrIncomparable)
	case before.Tenant.ID != run.Tenant.ID:
		return fmt.Errorf("%w: the earlier one is of the tenant %s, this one of %s", ErrIncomparable, before.Tenant.ID, run.Tenant.ID)
	case before.CollectedAt.After(run.CollectedAt):
		return fmt.Errorf("%w: the earlier one was collected at %s, after this one (%s)", ErrIncomparable, moment(before.CollectedAt), moment(run.CollectedAt))
	}
	for _, kind := range policies.ChangeKinds() {
		c.counts[kind] = 0
	}
	for _, rule := range run.Rules {
		c.rules[rule.ID] = rule
		if cause := c.ruleChanged(rule, run); cause != "" {
			c.causes[rule.ID] = cause
		}
	}
	run.Compared = &policies.ResultRef{Seal: before.Snapshot.Seal, CollectedAt: before.CollectedAt, PolicyDigest: before.PolicyDigest}
	c.run = run
	return c.next.Run(run)
}

// ruleChanged says what changed of a rule.
func (c *comparison) ruleChanged(rule policies.Rule, run policies.Run) policies.Cause {
	before := c.earlier.run
	place, there := c.earlier.rules[rule.ID]
	switch {
	case !there && slices.ContainsFunc(before.Off, func(off policies.RuleRef) bool { return off.ID == rule.ID }):
		return policies.CauseOff
	case !there:
		return policies.CauseRule
	}
	was := before.Rules[place]
	same := was.Digest == rule.Digest
	if was.Digest == "" || rule.Digest == "" { // of a program that did not write them
		same = before.PolicyDigest == run.PolicyDigest
	}
	switch {
	case !same:
		return policies.CauseRule
	case !sameJSON(before.Parameters[rule.ID], run.Parameters[rule.ID]):
		return policies.CauseParameters
	}
	return ""
}

func (c *comparison) Leaver(l policies.LeaverResult) error {
	then := c.earlier.find(l.Leaver, c.met)
	var cause policies.Cause
	if then != nil {
		c.met[then] = true
		if then.roster != agreed(l.Leaver) {
			cause = policies.CauseRoster
		}
	}
	l.Verdicts = c.verdicts(l.Verdicts, then, l.Leaver.State, cause)
	return c.next.Leaver(l)
}

func (c *comparison) Tenant(t policies.TenantResult) error {
	t.Verdicts = c.verdicts(t.Verdicts, c.earlier.tenant, "", "")
	for _, l := range c.earlier.leavers {
		if !c.met[l] {
			c.leave(l, nil, policies.CauseLeaver)
		}
	}
	return c.next.Tenant(t)
}

func (c *comparison) Summary(s policies.Summary) error {
	slices.SortFunc(c.gone, func(a, b policies.GoneVerdict) int {
		return cmp.Or(cmp.Compare(a.Leaver, b.Leaver), cmp.Compare(a.Rule, b.Rule))
	})
	c.counts[policies.ChangeScope] += len(c.gone)
	s.Changes, s.Gone = c.counts, c.gone[:min(len(c.gone), policies.MostGone)]
	return c.next.Summary(s)
}

// verdicts compares those of one leaver, or of the tenant.
func (c *comparison) verdicts(all []policies.Verdict, then *earlierLeaver, state snapshot.LeaverState, roster policies.Cause) []policies.Verdict {
	out := slices.Clone(all)
	judged := map[string]bool{}
	for i, v := range out {
		judged[v.Rule] = true
		now := compared{Verdict: v, rule: c.rules[v.Rule], state: state, collectedAt: c.run.CollectedAt}
		if then != nil {
			now.known, now.method = true, cmp.Or(c.causes[v.Rule], roster)
			if place, there := c.earlier.rules[v.Rule]; there {
				now.then, now.ruleThen = then.of(place), c.earlier.run.Rules[place]
			}
			now.besides = (c.earlier.run.Baseline == nil) != (c.run.Baseline == nil)
		}
		out[i].Change = now.change()
		if change := out[i].Change; change != nil && change.Kind != policies.ChangeNone {
			c.counts[change.Kind]++
		}
	}
	if then != nil {
		cause := policies.CauseRule
		if state == snapshot.NotYet {
			cause = policies.CauseLeaver
		}
		c.leave(then, judged, cause)
	}
	return out
}

// leave notes what was not right and is judged no more.
func (c *comparison) leave(l *earlierLeaver, judged map[string]bool, cause policies.Cause) {
	for _, w := range l.was {
		rule := c.earlier.run.Rules[w.rule].ID
		if right(w.is()) || judged[rule] {
			continue
		}
		gone := policies.GoneVerdict{
			Rule: rule, Status: w.is(), Severity: policies.Severities()[w.severity], Fingerprint: w.more.fingerprint, Cause: cause,
		}
		if l != c.earlier.tenant {
			gone.Leaver, gone.Name = l.leaver.Key(), policies.LeaverResult{Leaver: l.leaver}.Name()
		}
		if cause == policies.CauseRule && slices.ContainsFunc(c.run.Off, func(off policies.RuleRef) bool { return off.ID == rule }) {
			gone.Cause = policies.CauseOff
		}
		c.gone = append(c.gone, gone)
	}
}

// SameParameters compares the parameters of all rules of two runs.
func SameParameters(a, b map[string]map[string]any) bool { return sameJSON(a, b) }

// sameJSON compares what was read with what was made: numbers are of other types there.
func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
