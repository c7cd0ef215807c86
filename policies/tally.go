package policies

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Tally counts a stream of results into its Summary, all but the attestations and the waivers,
// which are not of the stream. It holds counts and causes, no leavers. The zero value is not ready; see NewTally.
type Tally struct {
	now     time.Time
	summary Summary
	causes  map[cause]*effect
}

type cause struct{ fact, reason, needs string }

type effect struct {
	rules   map[string]bool
	leavers int
}

// NewTally returns a Tally in which each of the run's rules counts nothing yet.
func NewTally(run Run) *Tally {
	t := &Tally{
		now: run.JudgedAsOf(),
		summary: Summary{
			Statuses:          map[Status]int{},
			Severities:        map[Severity]int{},
			UnknownSeverities: map[Severity]int{},
			Rules:             map[string]map[Status]int{},
		},
		causes: map[cause]*effect{},
	}
	for _, status := range Statuses() {
		t.summary.Statuses[status] = 0
	}
	for _, severity := range Severities() {
		t.summary.Severities[severity] = 0
		t.summary.UnknownSeverities[severity] = 0
	}
	for _, rule := range run.Rules {
		t.summary.Rules[rule.ID] = map[Status]int{}
	}
	return t
}

// Leaver counts one leaver.
func (t *Tally) Leaver(leaver LeaverResult) {
	counts := &t.summary.Leavers
	counts.Total++
	if leaver.NotYet() {
		counts.NotYet++
		return
	}
	seen, hit := t.verdicts(leaver.Verdicts)
	for _, effect := range hit {
		effect.leavers++
	}
	if seen[Fail] {
		counts.Failing++
	}
	if seen[Unknown] {
		counts.Unknown++
	}
	if seen[Pending] {
		counts.Pending++
	}
	if seen[Waived] {
		counts.Waived++
	}
	if !seen[Fail] && !seen[Unknown] && !seen[Pending] && !seen[Waived] {
		counts.Clean++
	}
}

// Tenant counts the verdicts on the tenant.
func (t *Tally) Tenant(tenant TenantResult) { t.verdicts(tenant.Verdicts) }

// Summary gives what was counted so far.
func (t *Tally) Summary() Summary {
	out := t.summary
	out.Statuses, out.Severities, out.UnknownSeverities = maps.Clone(out.Statuses), maps.Clone(out.Severities), maps.Clone(out.UnknownSeverities)
	out.Rules = map[string]map[Status]int{}
	for rule, counts := range t.summary.Rules {
		out.Rules[rule] = maps.Clone(counts)
	}
	out.Complete = out.Statuses[Unknown] == 0
	out.Incomplete, out.Attestations = []Incomplete{}, []AttestationResult{}
	for cause, effect := range t.causes {
		out.Incomplete = append(out.Incomplete, Incomplete{
			Fact: cause.fact, Reason: cause.reason, Needs: cause.needs,
			Rules: slices.Sorted(maps.Keys(effect.rules)), Leavers: effect.leavers,
		})
	}
	slices.SortFunc(out.Incomplete, func(a, b Incomplete) int {
		return cmp.Or(
			cmp.Compare(b.Leavers, a.Leavers),
			cmp.Compare(a.Fact, b.Fact),
			cmp.Compare(a.Reason, b.Reason),
			cmp.Compare(a.Needs, b.Needs),
		)
	})
	return out
}

// verdicts counts them and gives the statuses and the causes that occurred, each once.
func (t *Tally) verdicts(verdicts []Verdict) (map[Status]bool, map[cause]*effect) {
	seen, hit := map[Status]bool{}, map[cause]*effect{}
	for _, verdict := range verdicts {
		seen[verdict.Status] = true
		t.summary.Statuses[verdict.Status]++
		if t.summary.Rules[verdict.Rule] == nil {
			t.summary.Rules[verdict.Rule] = map[Status]int{}
		}
		t.summary.Rules[verdict.Rule][verdict.Status]++
		t.deadline(verdict)
		switch verdict.Status {
		case Fail:
			t.summary.Severities[verdict.Severity]++
		case Unknown:
			t.summary.UnknownSeverities[verdict.Severity]++
			missing := verdict.Missing
			if len(missing) == 0 {
				missing = []Missing{{Reason: ReasonUndecided}}
			}
			for _, m := range missing {
				key := cause{m.Fact, m.Reason, m.Needs}
				if t.causes[key] == nil {
					t.causes[key] = &effect{rules: map[string]bool{}}
				}
				t.causes[key].rules[verdict.Rule] = true
				hit[key] = t.causes[key]
			}
		default:
		}
	}
	return seen, hit
}

// soon is how far ahead a deadline is counted.
const soon = 7 * 24 * time.Hour

// deadline notes when the first data is lost if nothing is done.
func (t *Tally) deadline(verdict Verdict) {
	at := verdict.Deadline
	if at.IsZero() || at.Before(t.now) || verdict.Status != Fail && verdict.Status != Pending && verdict.Status != Unknown {
		return
	}
	if next := t.summary.NextDeadline; next.IsZero() || at.Before(next) {
		t.summary.NextDeadline = at
	}
	if !at.After(t.now.Add(soon)) {
		t.summary.Deadlines++
	}
}
