package simtenant

import (
	"slices"
	"time"
)

// earlierBy is how long before Now the earlier view is. Who left 28 days before Now had left by then, and is still
// within the reach of Entra's logs at Now; who left 27 days before had not. An account that was deleted two days after
// its owner left, 29 days before Now, is live in the earlier view, and has three days at most to be restored at Now.
const earlierBy = 27*day + 12*time.Hour

// AsOf is the moment that the tenant shows: Now, or, with Options.Earlier, four weeks or EarlierBy before it.
func (t *Tenant) AsOf() time.Time { return t.options.asOf() }

func (o Options) asOf() time.Time {
	switch {
	case !o.Earlier:
		return o.Now
	case o.EarlierBy > 0:
		return o.Now.Add(-o.EarlierBy)
	}
	return o.Now.Add(-earlierBy)
}

// event is something that happened to the tenant, and how to undo it.
type event struct {
	at   time.Time
	undo func()
}

// happened records what was done to the tenant, in the order of the doing.
func (b *builder) happened(at time.Time, undo func()) {
	b.history = append(b.history, event{at: at, undo: undo})
}

// turnBack undoes what happened after the moment that the tenant shows. Everything was built as it is at Now before:
// so both views have the same people under the same ids.
func (b *builder) turnBack() {
	for _, e := range slices.Backward(b.history) {
		if e.at.After(b.asOf) {
			e.undo()
		}
	}
	isNew := func(u *user) bool { return u.created.After(b.asOf) }
	b.users = slices.DeleteFunc(b.users, isNew)
	b.mailboxes = slices.DeleteFunc(b.mailboxes, func(m *mailbox) bool { return isNew(m.owner) })
	for _, u := range b.users {
		u.signIns = slices.DeleteFunc(u.signIns, func(s *signIn) bool { return s.at.After(b.asOf) })
	}
	b.audits = slices.DeleteFunc(b.audits, func(a *audit) bool { return a.at.After(b.asOf) })
}
