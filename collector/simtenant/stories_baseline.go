package simtenant

import "time"

// baselineStories are about what only an earlier view of the tenant shows: it is gone now. Everybody in them had left
// when the earlier view was taken.
func baselineStories() []story {
	forgotten := func(l *leaver) { l.phone.wipe, l.phone.status, l.phone.requestor = wipe{}, "DeviceOk", "" }
	noPhone := func(verdicts map[string]string) map[string]string {
		return but(verdicts, map[string]string{"DEV-001": notApplicable, "DEV-002": notApplicable})
	}
	return []story{
		{what: "the phone's partnership was removed since, and the phone was never wiped", kind: shared, days: 28, named: byUPN, change: func(l *leaver) {
			forgotten(l)
			l.unpair(l.b.now.Add(-10 * day))
		}, otherwise: noPhone(map[string]string{}), compared: map[string]string{"DEV-005": fail}},
		{
			what: "the phone's partnership was removed since, after the phone had acknowledged its wipe", kind: shared, days: 29, named: byID,
			change: func(l *leaver) { l.unpair(l.b.now.Add(-10 * day)) }, otherwise: noPhone(map[string]string{}), compared: map[string]string{"DEV-005": pass},
		},
		{what: "the phone's partnership was removed since; Intune wiped the phone, which Exchange never knew", kind: shared, days: 28, named: byMail, change: func(l *leaver) {
			forgotten(l)
			asked, done := l.b.now.Add(-13*day), l.b.now.Add(-12*day)
			d := l.b.managed(l.u, "iOS", l.left.Add(-150*day), done)
			d.easID, d.agent, d.state, d.actions = l.phone.id, "easMdm", "wipeIssued", []deviceAction{{"wipe", "done", asked, done}}
			l.b.happened(asked, func() { d.state, d.actions, d.lastSync = "managed", nil, l.left })
			l.unpair(l.b.now.Add(-10 * day))
		}, otherwise: noPhone(map[string]string{}), compared: map[string]string{"DEV-005": pass}},
		{
			what: "no phone now, and none then: there is nothing that could be gone", kind: shared, days: 29, named: byEmployeeID, change: (*leaver).noDevices,
			otherwise: noPhone(map[string]string{"DEV-003": notApplicable}), compared: map[string]string{"DEV-005": notApplicable},
		},
		{what: "account deleted since; the successor has the drive", kind: deleted, days: 29, named: byUPN},
		{
			// The month for restoring the account is the month for which the drive is kept: both end in three days at most.
			what: "account deleted since; only somebody who is disabled can open the drive, and its last day is near", kind: deleted, days: 29, named: byID,
			change:   func(l *leaver) { l.handDrive(grant{roles: []string{"write"}, users: []*user{l.b.absent}}) },
			compared: map[string]string{"ODB-001": fail, "ODB-002": fail, "DEL-002": fail},
		},
		{
			what: "owned an application, which is a colleague's now; its secret is the one they know", kind: kept, days: 28, named: byUPN,
			change:   func(l *leaver) { l.disown("Tide Tables", l.b.now.Add(200*day)) },
			compared: map[string]string{"ACC-006": fail},
		},
		{
			what: "owned an application, which is a colleague's now; the secret that they know has expired since", kind: kept, days: 29, named: byMail,
			change:   func(l *leaver) { l.disown("Lamp Rota", l.b.now.Add(-3*day)) },
			compared: map[string]string{"ACC-006": pass},
		},
		{
			// Deleted, and then deleted for good, both since: of the earlier view it is not known that anybody deleted it.
			what: "not in the tenant: deleted for good, of which the earlier view saw nothing", kind: gone, days: 29, named: byUPN,
		},
		{
			what: "the mailbox was purged since: nothing kept it, and its month without a licence was over", kind: bare, days: 40, named: byEmployeeID,
			change:    func(l *leaver) { l.purge(l.b.now.Add(-10 * day)) },
			otherwise: map[string]string{"MBX-001": unknown, "DEL-001": fail, "ORD-001": unknown}, compared: map[string]string{"MBX-001": fail},
		},
	}
}

// unpair takes the phone off the mailbox: Exchange forgets the phone, and what was done to it.
func (l *leaver) unpair(at time.Time) {
	m, phones := l.u.mailbox, l.u.mailbox.devices
	m.devices, l.phone = nil, nil
	l.b.happened(at, func() { m.devices = phones })
}

// disown makes an application with a secret from the leaver's time, which a colleague took over a week ago.
func (l *leaver) disown(name string, until time.Time) {
	u := l.u
	a := l.b.application(name, l.left.Add(-200*day), l.successor)
	a.passwords = []credential{{"nightly", l.left.Add(-100 * day), until}}
	l.b.happened(l.b.now.Add(-7*day), func() { a.owners = append(a.owners, u) })
}

// purge gives somebody without a mailbox the one that there was: without licence and hold, until it was purged.
func (l *leaver) purge(at time.Time) {
	b, u := l.b, l.u
	b.addMailbox(u)
	l.exclude()
	m := u.mailbox
	m.hidden, m.protocols = true, protocols{}
	l.dropMailbox()
	b.happened(at, func() {
		u.mailbox = m
		b.mailboxes = append(b.mailboxes, m)
	})
}

// compare says what the verdicts are when the earlier view is there too. It has the phones of those who had left by
// then, and leads to the drives of those whose accounts were deleted since. Of who left later it has nothing to compare
// with.
func (l *leaver) compare(k kind, verdicts, otherwise map[string]string) map[string]string {
	then := l.b.now.Add(-earlierBy)
	verdicts = but(map[string]string{}, verdicts)
	switch {
	case k == gone, l.left.After(then):
		// Of somebody who is nowhere now, only how they went is judged.
	case k == deleted && l.deletedAt.After(then):
		// Handed over, and the mailbox is kept: nothing is lost with the account. A phone they never had.
		but(verdicts, map[string]string{"ODB-001": pass, "ODB-002": pass, "ODB-003": pass, "DEL-002": pass})
	case k == deleted, k == invited, k == bare:
		// No mailbox then: no phone that could be gone.
	default:
		verdicts["DEV-005"] = pass // still listed
	}
	return but(verdicts, otherwise)
}
