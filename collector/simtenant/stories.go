package simtenant

import (
	"slices"
	"time"
)

// story is one named leaver: a kind of proper offboarding, what went differently, and what the rules have to say
// differently for it. The verdicts are reasoned by hand from the checklist.
type story struct {
	what      string
	kind      kind
	days      int // since leaving
	named     int // how the roster names the person
	change    func(*leaver)
	otherwise map[string]string
	compared  map[string]string // differs further, when the earlier view is there to compare with
}

// kind is how the mailbox of a leaver was dealt with.
type kind int

const (
	shared   kind = iota // converted to a shared mailbox for the successor, without licence
	forward              // forwarded to the successor, with the licence that this needs
	kept                 // nobody gets the mail; the organisation's retention policy keeps it, without licence
	deleted              // the account is deleted, the mailbox inactive
	invited              // a guest
	bare                 // an account that never had a mailbox
	gone                 // in neither list of accounts
	tomorrow             // leaves in the future
)

// cast lists the stories. Their order decides names and ids: add at the end of a part.
func cast() []story {
	return slices.Concat(cleanStories(), sessionStories(), mailboxStories(), flowStories(), ruleStories(), deviceStories(), accountStories(), identityStories(),
		driveStories(), emailStories(), delegationStories(), deletionStories(), baselineStories())
}

func (b *builder) play(i int, s story) {
	first, last := b.names.pick(i, 3*i+1+7*(i/len(b.names.first)))
	left := b.now.Truncate(time.Minute).Add(-time.Duration(s.days)*day - time.Duration(i%7)*time.Hour)
	if s.kind == tomorrow {
		left = b.now.Truncate(time.Hour).Add(9 * day)
	}
	var l *leaver
	var verdicts map[string]string
	switch s.kind {
	case shared:
		l, verdicts = b.leave(first, last, left), sharedVerdicts()
		l.share()
	case forward:
		l, verdicts = b.leave(first, last, left), forwardVerdicts()
		l.forward()
	case kept:
		l, verdicts = b.leave(first, last, left), keptVerdicts()
		l.archiveOnly()
	case deleted:
		l, verdicts = b.leave(first, last, left), deletedVerdicts()
		l.delete(2 * day)
	case invited:
		l, verdicts = b.leaveGuest(first, last, left), but(noMailboxVerdicts(), mailVerdicts(invited))
		verdicts["SES-001"], verdicts["ACC-008"] = notApplicable, notApplicable // the password is another organisation's
	case bare:
		l, verdicts = b.leave(first, last, left), but(noMailboxVerdicts(), mailVerdicts(bare))
		l.archiveOnly()
		l.dropMailbox()
		l.u.mail, l.u.proxyAddresses, l.u.drive = "", nil, nil
	case gone:
		l, verdicts = b.leave(first, last, left), notFoundVerdicts()
		l.archiveOnly()
		l.dropMailbox()
	case tomorrow:
		l = b.stay(first, last, left)
	}
	if i%3 == 1 { // the same moment, written with an offset
		l.row.leftAt = left.In(time.FixedZone("", 2*3600)).Format(time.RFC3339)
	}
	if s.change != nil {
		s.change(l)
	}
	l.enrol(s.named)
	if s.kind == tomorrow {
		b.tell(l, s.what, map[string]string{}, map[string]string{})
		return
	}
	l.finish()
	if s.kind == gone {
		l.vanish()
	}
	but(verdicts, s.otherwise)
	b.tell(l, s.what, verdicts, l.compare(s.kind, verdicts, s.compared))
}

// leaveGuest makes a guest whose invitation is over: blocked and signed out, nothing else to do.
func (b *builder) leaveGuest(first, last string, left time.Time) *leaver {
	u := b.guest(first, last)
	u.leaves = left
	l := &leaver{b: b, u: u, left: left, state: "live", disabledBy: b.admin}
	l.disabled, l.revoked = left.Add(20*time.Minute), left.Add(22*time.Minute)
	l.row = rosterRow{displayName: u.displayName, leftAt: left.Format(time.RFC3339), mailHandling: asNothing}
	return l
}

// stay makes somebody who is at work until the date.
func (b *builder) stay(first, last string, left time.Time) *leaver {
	u := b.employee(first, last)
	u.leaves = left
	b.phone(u, u.created, b.now.Add(-time.Hour))
	b.signIn(u, b.now.Add(-30*time.Hour), true, 0)
	return &leaver{
		b: b, u: u, left: left, state: "not_yet",
		row: rosterRow{displayName: u.displayName, leftAt: left.Format(time.RFC3339), mailHandling: asShared, successor: b.staff[1].upn},
	}
}

func (l *leaver) dropMailbox() {
	l.b.mailboxes = slices.DeleteFunc(l.b.mailboxes, func(m *mailbox) bool { return m == l.u.mailbox })
	l.noDevices()
	l.u.mailbox = nil
}

// vanish takes the account out of every list, in two steps: only the audit log remembers.
func (l *leaver) vanish() {
	b, u := l.b, l.u
	l.state, l.u = "not_found", &user{upn: u.upn, displayName: u.displayName}
	soft, hard := l.left.Add(2*day), l.left.Add(5*day)
	b.audit(u, soft, b.admin, "Delete user")
	b.audit(u, hard, b.admin, "Hard Delete user")
	b.remove(u, soft)
	b.vanished[u] = true
	b.deleted = slices.DeleteFunc(b.deleted, func(o *user) bool { return o == u })
	b.happened(hard, func() {
		delete(b.vanished, u)
		b.deleted = append(b.deleted, u)
	})
}

func cleanStories() []story {
	return []story{
		{
			what: "clean: converted to a shared mailbox, licence gone, devices wiped and blocked", kind: shared, days: 12, named: byID,
			change: (*leaver).registerLaptop, otherwise: map[string]string{"DEV-004": pass},
		},
		{what: "clean: forwarded to a colleague, with the licence that forwarding needs", kind: forward, days: 15, named: byUPN},
		{what: "clean: account deleted, mailbox inactive", kind: deleted, days: 20, named: byEmployeeID},
		{what: "clean: synchronised from Active Directory and disabled there", kind: kept, days: 10, named: byMail, change: func(l *leaver) {
			l.sync(l.b.syncAccount)
		}, otherwise: map[string]string{"ACC-002": pass}},
		{
			what: "clean: the roster has a date without a time; the account was closed that very day, after a last sign-in", kind: shared, days: 14, named: byUPN,
			change: (*leaver).leftOnADate,
		},
		{
			what: "clean: never had a phone or a computer", kind: shared, days: 13, named: byAll, change: (*leaver).noDevices,
			otherwise: map[string]string{"DEV-001": notApplicable, "DEV-002": notApplicable, "DEV-003": notApplicable},
		},
		{what: "clean: left long ago; the last successful sign-in is older than leaving", kind: shared, days: 52, named: byEmployeeID, otherwise: map[string]string{"ORD-001": unknown}},
		{what: "clean: an account that never had a mailbox", kind: bare, days: 16, named: byUPN},
	}
}

// leftOnADate turns the leave time into a date in Tokyo, which is over when it is still that day elsewhere.
func (l *leaver) leftOnADate() {
	tokyo := time.FixedZone("Asia/Tokyo", 9*3600)
	local := l.left.In(tokyo)
	start := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, tokyo).UTC()
	l.row.note = `Last day in the office, then "garden leave"`
	l.row.leftAt, l.row.timeZone = start.In(tokyo).Format(time.DateOnly), "Asia/Tokyo"
	l.u.signIns = nil
	l.b.signIn(l.u, start.Add(-20*time.Hour), true, 0)
	l.b.signIn(l.u, start.Add(9*time.Hour), true, 0)
	l.b.signIn(l.u, start.Add(15*time.Hour), false, 0)
	l.reset, l.revoked, l.disabled = start.Add(16*time.Hour), start.Add(16*time.Hour+time.Minute), start.Add(16*time.Hour+2*time.Minute)
	l.u.leaves = start
	// The wipe was asked for in the morning, when the day of leaving had begun.
	l.phone.wipe = wipe{start.Add(10 * time.Hour), start.Add(11 * time.Hour), start.Add(12 * time.Hour)}
	l.laptop.actions = []deviceAction{{"retire", "done", start.Add(10 * time.Hour), start.Add(17 * time.Hour)}}
}
