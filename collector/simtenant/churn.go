package simtenant

import (
	"math/rand/v2"
	"slices"
	"time"
)

// churnSpan is how long before Now accounts change at random.
const churnSpan = 6 * day

// churn changes accounts at random, leavers' and others', live and deleted. It comes when everybody is there, and in the order of
// time: turnBack undoes it from the end.
func (b *builder) churn(n int) {
	if n == 0 {
		return
	}
	chance := b.ids.chance("churn")
	var leavers, others, gone []*user
	listed := map[string]bool{}
	for _, p := range b.people {
		listed[p.ID] = p.ID != ""
	}
	for _, u := range b.users {
		switch {
		case !u.deleted.IsZero():
			gone = append(gone, u)
		case listed[u.id]:
			leavers = append(leavers, u)
		default:
			others = append(others, u)
		}
	}
	for i := range n {
		at := b.now.Add(-churnSpan + churnSpan*time.Duration(i+1)/time.Duration(n+1)).Truncate(time.Second)
		from := [][]*user{leavers, leavers, others, others, gone}[chance.IntN(5)]
		if u := from[chance.IntN(len(from))]; !b.vanished[u] {
			b.stir(chance, u, at)
		}
	}
}

// stir does one random thing to an account.
func (b *builder) stir(chance *rand.Rand, u *user, at time.Time) {
	if !u.deleted.IsZero() {
		if chance.IntN(2) == 0 {
			b.restore(u, at)
		} else {
			b.purge(u, at)
		}
		return
	}
	before := *u
	switch chance.IntN(11) {
	case 0:
		u.displayName += " (new)"
	case 1:
		u.employeeID = "N" + itoa(chance.IntN(100000))
	case 2:
		u.employeeID = ""
	case 3:
		u.enabled = !u.enabled
	case 4:
		u.licences = []licence{{sku: b.standard, updated: at}}
	case 5:
		u.otherMails = []string{"private" + itoa(chance.IntN(100)) + "@" + outsideDomain}
	case 6:
		u.proxyAddresses = append(slices.Clone(u.proxyAddresses), "smtp:alias"+itoa(chance.IntN(100000))+"@"+mainDomain)
	case 7:
		u.upn = "renamed" + itoa(chance.IntN(100000)) + "." + u.upn
	case 8:
		for i := range u.licences {
			u.licences = slices.Clone(u.licences)
			u.licences[i].updated = at // licenseAssignmentStates alone
		}
	case 9:
		first, last := b.names.pick(chance.IntN(1000), chance.IntN(1000))
		b.employee(first, last).created = at
		return
	default:
		if u.mailbox != nil {
			u.mailbox.state, u.mailbox.softDeletedAt = softDeleted, at
		}
		b.remove(u, at)
		return
	}
	b.happened(at, func() {
		u.displayName, u.employeeID, u.enabled, u.licences = before.displayName, before.employeeID, before.enabled, before.licences
		u.otherMails, u.proxyAddresses, u.upn = before.otherMails, before.proxyAddresses, before.upn
	})
}

// restore brings a deleted account back.
func (b *builder) restore(u *user, at time.Time) {
	deleted, upn := u.deleted, u.upn
	u.deleted, u.upn = time.Time{}, upn[len(mangle(u.id, "")):]
	b.deleted = slices.DeleteFunc(b.deleted, func(o *user) bool { return o == u })
	m := u.mailbox
	var was mailbox
	if m != nil {
		was = *m
		m.state, m.softDeletedAt = liveMailbox, time.Time{}
	}
	b.happened(at, func() {
		u.deleted, u.upn = deleted, upn
		b.deleted = append(b.deleted, u)
		if m != nil {
			m.state, m.softDeletedAt = was.state, was.softDeletedAt
		}
	})
}

// purge deletes a deleted account for good.
func (b *builder) purge(u *user, at time.Time) {
	b.vanished[u] = true
	b.deleted = slices.DeleteFunc(b.deleted, func(o *user) bool { return o == u })
	b.happened(at, func() {
		delete(b.vanished, u)
		b.deleted = append(b.deleted, u)
	})
}
