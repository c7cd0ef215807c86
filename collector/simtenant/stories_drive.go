package simtenant

import "time"

// handDrive lets people into the drive.
func (l *leaver) handDrive(grants ...grant) { l.u.drive.grants = grants }

// link is a sharing link.
func link(scope string, roles ...string) grant { return grant{link: scope, roles: roles} }

func (b *builder) stillEnabled() *user {
	for _, p := range b.people {
		if u := b.byID(p.ID); u != nil && u.enabled && p.State == "live" {
			return u
		}
	}
	panic("simulated tenant: the story needs a leaver before it whose account works")
}

func driveStories() []story {
	// driven is somebody whose drive has these permissions instead of the successor's.
	driven := func(days, named int, what string, otherwise map[string]string, grants func(*leaver) []grant) story {
		return story{what: what, kind: shared, days: days, named: named, otherwise: otherwise, change: func(l *leaver) { l.handDrive(grants(l)...) }}
	}
	to := func(roles string, users ...*user) grant { return grant{roles: []string{roles}, users: users} }
	lost, unseen := map[string]string{"ODB-001": fail}, map[string]string{"ODB-001": unknown}
	return []story{
		driven(9, byUPN, "the drive: only somebody who is disabled can open it", lost, func(l *leaver) []grant {
			return []grant{to("write", l.b.absent)}
		}),
		driven(10, byID, "the drive: only somebody who left too can open it", lost, func(l *leaver) []grant {
			return []grant{to("read", l.b.earlier())}
		}),
		driven(11, byMail, "the drive: only somebody who left too can open it, whose account was never blocked", lost, func(l *leaver) []grant {
			return []grant{to("write", l.b.stillEnabled())}
		}),
		driven(12, byEmployeeID, "the drive: a group with nobody in it who works can open it", lost, func(l *leaver) []grant {
			return []grant{{roles: []string{"read"}, group: l.b.idle}}
		}),
		driven(13, byUPN, "the drive: a group with somebody at work in it can read it", nil, func(l *leaver) []grant {
			return []grant{{roles: []string{"read"}, group: l.b.salesDesk}}
		}),
		driven(14, byID, "the drive: a link that names the successor", nil, func(l *leaver) []grant {
			return []grant{{link: "users", roles: []string{"write"}, users: []*user{l.b.absent, l.successor}}}
		}),
		driven(15, byMail, "the drive: the successor's right comes from the site above it", nil, func(l *leaver) []grant {
			return []grant{{roles: []string{"read"}, users: []*user{l.successor}, inherited: true}}
		}),
		driven(16, byEmployeeID, "the drive: only its owner is listed", unseen, func(*leaver) []grant { return nil }),
		driven(17, byUPN, "the drive: a link for the whole organisation is no hand-over", unseen, func(*leaver) []grant {
			return []grant{link("organization", "write")}
		}),
		driven(18, byID, "the drive: a link for anybody is no hand-over", map[string]string{"ODB-001": unknown, "ODB-003": fail}, func(*leaver) []grant {
			return []grant{link("anonymous", "read")}
		}),
		driven(19, byMail, "the drive: a site user that the directory does not know", unseen, func(*leaver) []grant {
			return []grant{{roles: []string{"write"}, siteUser: "i:0#.w|corp\\dove.cote"}}
		}),
		driven(20, byEmployeeID, "the drive: a group of the site's own", unseen, func(*leaver) []grant {
			return []grant{{roles: []string{"read"}, siteGroup: "Drive Visitors"}}
		}),
		driven(21, byUPN, "the drive: handed over, and open to anybody with the link", map[string]string{"ODB-003": fail}, func(l *leaver) []grant {
			return []grant{to("write", l.successor), link("anonymous", "write")}
		}),
		driven(22, byID, "the drive: handed over; the link for anybody has expired", nil, func(l *leaver) []grant {
			expired := link("anonymous", "read")
			expired.expires = l.b.now.Add(-day)
			return []grant{to("write", l.successor), expired}
		}),
		driven(23, byMail, "the drive: handed over; the link for anybody expires next week", map[string]string{"ODB-003": fail}, func(l *leaver) []grant {
			expiring := link("anonymous", "read")
			expiring.expires = l.b.now.Add(7 * day)
			return []grant{to("write", l.successor), expiring}
		}),
		driven(24, byEmployeeID, "the drive: handed over; the link for anybody has a password, which is no excuse", map[string]string{"ODB-003": fail}, func(l *leaver) []grant {
			guarded := link("anonymous", "read")
			guarded.password = true
			return []grant{to("write", l.successor), guarded}
		}),
		{
			what: "the drive was never provisioned", kind: shared, days: 12, named: byUPN, change: func(l *leaver) { l.u.drive = nil },
			otherwise: map[string]string{"ODB-001": notApplicable, "ODB-002": notApplicable, "ODB-003": notApplicable},
		},
		{what: "the drive is empty, and only its owner is listed", kind: shared, days: 13, named: byID, change: func(l *leaver) {
			l.u.drive.used = 0
			l.handDrive()
		}, otherwise: map[string]string{"ODB-001": notApplicable, "ODB-002": notApplicable}},
		{what: "the drive is not handed over; the licence that keeps it is left for a mailbox of 60 GB", kind: shared, days: 14, named: byMail, change: func(l *leaver) {
			l.u.mailbox.bytes = 60 * gib
			l.license(l.b.enterprise)
			l.handDrive()
		}, otherwise: map[string]string{"ODB-001": unknown, "ORD-001": notApplicable}},
		{
			what: "the drive is not handed over, and lost its licence before the log begins: its last day is not known", kind: shared, days: 48, named: byEmployeeID,
			change:    func(l *leaver) { l.handDrive(to("write", l.b.absent)) },
			otherwise: map[string]string{"ODB-001": fail, "ODB-002": unknown, "ORD-001": unknown},
		},
		{what: "account deleted; the drive went to nobody, and nobody can see that any more", kind: deleted, days: 17, named: byID, change: func(l *leaver) { l.handDrive() }},
		{what: "a telephone number is still assigned", kind: shared, days: 10, named: byUPN, change: func(l *leaver) {
			l.b.addNumber(l.u)
		}, otherwise: map[string]string{"TEL-001": fail}},
		{what: "two telephone numbers: one given back, the other assigned by policy", kind: forward, days: 11, named: byMail, change: func(l *leaver) {
			l.b.addNumber(nil)
			l.b.addNumber(l.u).status = "policyAssigned"
		}, otherwise: map[string]string{"TEL-001": fail}},
		{what: "the telephone number was taken back, and still shows whose it was", kind: kept, days: 12, named: byID, change: func(l *leaver) {
			l.b.addNumber(l.u).status = "unassigned"
		}},
		{what: "the phone is a BlackBerry, which no interface here can disable", kind: shared, days: 13, named: byEmployeeID, change: func(l *leaver) {
			l.phone.kind, l.phone.model, l.phone.os = "BlackBerry", "STV100-4", "BlackBerry Priv"
		}, otherwise: map[string]string{"DEV-007": fail}},
		{what: "only its system tells that the phone is a BlackBerry", kind: forward, days: 14, named: byUPN, change: func(l *leaver) {
			l.phone.kind, l.phone.model, l.phone.os = "SmartDevice", "RIM Z10", "BLACKBERRY 10.3.3"
			l.phone.first = l.left.Add(-900 * day)
		}, otherwise: map[string]string{"DEV-007": fail}},
	}
}

// tooEarly moves what ended the sessions to the minute before leaving.
func (l *leaver) tooEarly() {
	l.revoked = l.left.Add(-time.Minute)
	if !l.reset.IsZero() {
		l.reset = l.left.Add(-2 * time.Minute)
	}
}
