package report

import (
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
)

// Earlier is an earlier result, as far as a later one is compared with it: what every rule came to of every
// leaver. It takes some 30 bytes for a verdict that was right and some 200 for one that was not.
type Earlier struct {
	run     policies.Run
	summary policies.Summary
	rules   map[string]int // places in run.Rules
	leavers map[string]*earlierLeaver
	byName  map[string][]*earlierLeaver
	tenant  *earlierLeaver
}

// earlierLeaver is one leaver of an earlier result, or its tenant.
type earlierLeaver struct {
	leaver snapshot.Leaver // only what names them
	roster uint64
	was    []was // by rule
}

// was is what a verdict was. Statuses and severities are places in their lists.
type was struct {
	rule             uint16
	status, severity uint8
	attested         bool
	unread           uint32
	more             *wasMore // nil for one that was right, and was never anything else
}

type wasMore struct {
	since, fixed time.Time
	fingerprint  string
	resources    []uint64 // sorted
}

// ReadEarlier reads a stored result, as strictly as Read.
func ReadEarlier(r io.Reader) (*Earlier, error) {
	e := &Earlier{rules: map[string]int{}, leavers: map[string]*earlierLeaver{}, byName: map[string][]*earlierLeaver{}}
	if err := Read(r, (*earlierReader)(e)); err != nil {
		return nil, err
	}
	return e, nil
}

// Run says what the earlier result was of.
func (e *Earlier) Run() policies.Run { return e.run }

// Counts is what it came to.
func (e *Earlier) Counts() policies.Summary { return e.summary }

// earlierReader is the handler that fills an Earlier.
type earlierReader Earlier

func (e *earlierReader) Run(run policies.Run) error {
	e.run = run
	for i, rule := range run.Rules {
		e.rules[rule.ID] = i
	}
	if len(run.Rules) > 1<<16 {
		return fmt.Errorf("%d rules are too many", len(run.Rules))
	}
	return nil
}

func (e *earlierReader) Leaver(l policies.LeaverResult) error {
	who := l.Leaver
	one := &earlierLeaver{
		leaver: snapshot.Leaver{ID: who.ID, UserPrincipalName: who.UserPrincipalName, DisplayName: who.DisplayName, Mail: who.Mail, EmployeeID: who.EmployeeID, Source: who.Source},
		roster: agreed(who), was: e.verdicts(l.Verdicts),
	}
	e.leavers[who.Key()] = one
	for _, name := range policies.KnownAs(who) {
		e.byName[name] = append(e.byName[name], one)
	}
	return nil
}

func (e *earlierReader) Tenant(t policies.TenantResult) error {
	e.tenant = &earlierLeaver{was: e.verdicts(t.Verdicts)}
	return nil
}

func (e *earlierReader) Summary(s policies.Summary) error {
	s.Gone, s.Attestations, s.Waivers = nil, nil, nil
	e.summary = s
	return nil
}

func (e *earlierReader) verdicts(all []policies.Verdict) []was {
	out := make([]was, len(all))
	for i, v := range all {
		out[i] = was{
			rule:     uint16(e.rules[v.Rule]),
			status:   uint8(slices.Index(policies.Statuses(), v.Status)),
			severity: uint8(slices.Index(policies.Severities(), v.Severity)),
			attested: v.Grade == policies.Attested,
			unread:   unread(v),
		}
		change := policies.Change{}
		if v.Change != nil {
			change = *v.Change
		}
		if change.Kind == policies.ChangeFixed && change.Fixed.IsZero() {
			change.Fixed = change.Since
		}
		if right(v.Status) && change.Fixed.IsZero() {
			continue
		}
		more := &wasMore{since: change.Since, fixed: change.Fixed, fingerprint: v.Fingerprint, resources: resources(v)}
		if more.since.IsZero() {
			more.since = e.run.CollectedAt
		}
		out[i].more = more
	}
	return out
}

// of gives what the rule came to, nil for nothing.
func (l *earlierLeaver) of(place int) *was {
	at := slices.IndexFunc(l.was, func(w was) bool { return int(w.rule) == place })
	if at < 0 {
		return nil
	}
	return &l.was[at]
}

func (w *was) is() policies.Status { return policies.Statuses()[w.status] }

// find looks for the same leaver: by object id; and by name where one of the two has no account, if nobody else
// of the earlier result bears it who has not been met. Those without an account come last, so that whoever is the same by their id
// has been found by then. A place in a roster names nobody: lines move.
func (e *Earlier) find(who snapshot.Leaver, met map[*earlierLeaver]bool) *earlierLeaver {
	if who.ID != "" {
		if same := e.leavers[who.ID]; same != nil {
			return same
		}
	}
	var found *earlierLeaver
	for _, name := range policies.KnownAs(who) {
		for _, other := range e.byName[name] {
			switch {
			case other == found || met[other] || who.ID != "" && other.leaver.ID != "" || contradict(who, other.leaver):
			case found != nil:
				return nil
			default:
				found = other
			}
		}
	}
	return found
}

// contradict says that two are not the same person: an employee id is one person's.
func contradict(a, b snapshot.Leaver) bool {
	return a.EmployeeID != "" && b.EmployeeID != "" && !strings.EqualFold(a.EmployeeID, b.EmployeeID)
}

// right says that there is nothing to mend.
func right(s policies.Status) bool { return s == policies.Pass || s == policies.NotApplicable }

// wrong says that something is to mend, or nobody knows.
func wrong(s policies.Status) bool { return s == policies.Fail || s == policies.Unknown }

// unread stands for the facts that the verdict would have looked at and that could not be read.
func unread(v policies.Verdict) uint32 {
	var names []string
	for _, e := range v.Evidence {
		if e.State == snapshot.Unknown {
			names = append(names, e.Fact)
		}
	}
	for _, m := range v.Missing {
		if m.Fact != "" && m.Reason != policies.ReasonUndecided && m.Reason != policies.ReasonPolicyError {
			names = append(names, m.Fact)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 {
		return 0
	}
	return uint32(hashed(names...))
}

// resources stand for the keys of what is wrong.
func resources(v policies.Verdict) []uint64 {
	var out []uint64
	for _, f := range v.Findings {
		out = append(out, hashed(f.Resource()))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// agreed stands for what the roster gives rules to judge by. A leave time that is only bounded moves with every
// snapshot, and says nothing.
func agreed(who snapshot.Leaver) uint64 {
	when := who.LeftBy.UTC().Format(time.RFC3339Nano)
	if who.LeftAt.IsZero() {
		when = ""
	}
	aliases := slices.Sorted(slices.Values(who.Aliases))
	return hashed(append([]string{who.LeftAt.UTC().Format(time.RFC3339Nano), when, string(who.LeftKnownBy), who.Successor, who.MailHandling}, aliases...)...)
}

// hashed tells texts apart; it keeps nothing of them.
func hashed(texts ...string) uint64 {
	h := fnv.New64a()
	for _, text := range texts {
		fmt.Fprintf(h, "%d:%s", len(text), text)
	}
	return h.Sum64()
}
