package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"leavercheck/policies"
)

// SchemaVersion is the version of the JSON format.
const SchemaVersion = 1

// Plan is what would mend a result.
type Plan struct {
	SchemaVersion int `json:"schemaVersion"`
	Run           Run `json:"run"`
	// Leavers are those asked for, or all: those whose data is lost first come first, then the worst.
	Leavers []Leaver `json:"leavers"`
}

// Run names the result that the plan was made from.
type Run struct {
	Tenant policies.Tenant `json:"tenant"`
	Cloud  string          `json:"cloud"`
	// Snapshot is the digest of the snapshot's seal.
	Snapshot    string    `json:"snapshot"`
	CollectedAt time.Time `json:"collectedAt"`
	// Now is the time that the result was judged as of, where somebody chose another.
	Now time.Time `json:"now,omitzero"`
}

// JudgedAsOf is the time that days are counted from.
func (r Run) JudgedAsOf() time.Time {
	if !r.Now.IsZero() {
		return r.Now
	}
	return r.CollectedAt
}

// Leaver is the plan for one person.
type Leaver struct {
	Leaver Person `json:"leaver"`
	// NextDeadline is when the next data is lost, of what fails, will, or is unknown: the first that is still to come, or
	// else the first of those that are past.
	NextDeadline time.Time `json:"nextDeadline,omitzero"`
	// Warnings say which wishes contradict each other, and what the plan could not take into account.
	Warnings []string `json:"warnings"`
	// LeftOut are the verdicts that would be mended but for a waiver.
	LeftOut []LeftOut `json:"leftOut"`
	Steps   []Step    `json:"steps"`

	urgency urgency
}

// Person names a leaver.
type Person struct {
	ID                string    `json:"id"`
	UserPrincipalName string    `json:"userPrincipalName"`
	DisplayName       string    `json:"displayName"`
	Name              string    `json:"name"`
	LeftAt            time.Time `json:"leftAt,omitzero"`
	// LeftBy stands where it is not known when they left, and only by when.
	LeftBy time.Time `json:"leftBy,omitzero"`
	State  string    `json:"state"`
	Source string    `json:"source"`
}

// LeftOut is a verdict that a waiver covers.
type LeftOut struct {
	Rule    string    `json:"rule"`
	Waiver  string    `json:"waiver"`
	Reason  string    `json:"reason"`
	Expires time.Time `json:"expires,omitzero"`
}

// Step is one thing to do.
type Step struct {
	// Order counts from 1.
	Order int    `json:"order"`
	Kind  Kind   `json:"kind"`
	Title string `json:"title"`
	// Decision marks a step that is not to be taken before somebody has decided, or found something out. It
	// has no commands.
	Decision bool `json:"decision"`
	// Rules are those that the step mends, or that call for it; Why is what they say.
	Rules []string `json:"rules"`
	Why   string   `json:"why"`
	// Due is when the first grace ends, or ended, and Deadline when the first data is lost.
	Due      time.Time `json:"due,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"`
	// Portal is the page where the same can be done by hand.
	Portal   string    `json:"portal"`
	Commands []Command `json:"commands"`
	Note     string    `json:"note,omitempty"`
}

// Maker makes a plan of a result's stream: it is a policies.Handler.
type Maker struct {
	want  map[string]bool
	found map[string]bool
	run   policies.Run
	plan  Plan
	whole bool
}

// New makes a Maker for the leavers whose object ids or user principal names are given, or for all.
func New(leavers ...string) *Maker {
	m := &Maker{want: map[string]bool{}, found: map[string]bool{}}
	for _, name := range leavers {
		m.want[strings.ToLower(name)] = true
	}
	return m
}

// Run takes the header of the result.
func (m *Maker) Run(run policies.Run) error {
	m.run = run
	m.plan = Plan{SchemaVersion: SchemaVersion, Leavers: []Leaver{}, Run: Run{
		Tenant: run.Tenant, Cloud: run.Cloud, Snapshot: run.Snapshot.Seal, CollectedAt: run.CollectedAt, Now: run.Now,
	}}
	return nil
}

// Leaver plans for one leaver.
func (m *Maker) Leaver(leaver policies.LeaverResult) error {
	wanted := len(m.want) == 0
	for _, name := range []string{leaver.Leaver.ID, leaver.Leaver.UserPrincipalName} {
		if name = strings.ToLower(name); m.want[name] {
			m.found[name], wanted = true, true
		}
	}
	if wanted {
		m.plan.Leavers = append(m.plan.Leavers, For(m.run, leaver))
	}
	return nil
}

// Tenant takes the verdicts on the tenant, for which there is no step.
func (m *Maker) Tenant(policies.TenantResult) error { return nil }

// Summary takes the end of the result.
func (m *Maker) Summary(policies.Summary) error {
	m.whole = true
	return nil
}

// Plan is the plan, once the stream is over. Somebody who was asked for and is not in the result is an error.
func (m *Maker) Plan() (Plan, error) {
	if !m.whole {
		return Plan{}, errors.New("plan: the result breaks off before its summary")
	}
	var lost []string
	for name := range m.want {
		if !m.found[name] {
			lost = append(lost, fmt.Sprintf("%q", name))
		}
	}
	if len(lost) > 0 {
		slices.Sort(lost)
		return Plan{}, fmt.Errorf("plan: the result has no leaver whose object id or user principal name is %s", strings.Join(lost, " or "))
	}
	slices.SortStableFunc(m.plan.Leavers, func(a, b Leaver) int { return a.urgency.compare(b.urgency) })
	return m.plan, nil
}

// urgency orders leavers.
type urgency struct {
	deadline, due time.Time
	severity      int
	key           string
}

func (u urgency) compare(v urgency) int {
	return cmp.Or(
		sooner(u.deadline, v.deadline),
		cmp.Compare(u.severity, v.severity),
		sooner(u.due, v.due),
		cmp.Compare(u.key, v.key),
	)
}

// sooner puts what has a time before what has none.
func sooner(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

// first is the earlier of two times of which either may be missing.
func first(a, b time.Time) time.Time {
	if sooner(a, b) <= 0 {
		return a
	}
	return b
}

// For plans for one leaver alone: what a Maker does, for those who hold no more than one leaver at a time.
func For(run policies.Run, leaver policies.LeaverResult) Leaver {
	d := newDraft(run, leaver)
	d.identify()
	d.lockOut()
	d.devices()
	d.saveMail()
	d.access()
	d.handOver()
	d.end()
	d.findOut()
	d.others()
	return d.finish()
}
