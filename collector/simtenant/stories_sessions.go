package simtenant

import "time"

func sessionStories() []story {
	return []story{
		{
			what: "signed in after leaving: nobody reset the password or revoked the sessions", kind: shared, days: 11, named: byUPN,
			change: func(l *leaver) {
				l.revoked, l.unlogged, l.disabled = time.Time{}, true, l.left.Add(4*day)
				l.b.signIn(l.u, l.left.Add(3*day), true, 0)
			}, otherwise: map[string]string{"SES-001": fail, "SES-002": fail, "SES-003": fail},
		},
		{what: "signed in after leaving, but before the sessions were revoked", kind: shared, days: 17, named: byID, change: func(l *leaver) {
			l.b.signIn(l.u, l.left.Add(2*time.Hour), true, 0)
			l.disabled, l.reset, l.revoked = l.left.Add(5*time.Hour), l.left.Add(5*time.Hour), l.left.Add(5*time.Hour+time.Minute)
		}},
		{
			what: "a phone kept renewing its session after the revocation: only the non-interactive log shows it", kind: shared, days: 18, named: byEmployeeID,
			change: func(l *leaver) {
				l.b.signIn(l.u, l.left.Add(4*day), false, 0)
				l.disabled = l.left.Add(5 * day)
			},
			otherwise: map[string]string{"SES-003": fail},
		},
		{what: "only failed attempts since leaving", kind: shared, days: 9, named: byMail, change: func(l *leaver) {
			l.b.signIn(l.u, l.left.Add(30*time.Hour), true, 50057)
			l.b.signIn(l.u, l.left.Add(31*time.Hour), true, 50126)
			l.b.signIn(l.u, l.left.Add(2*day), false, 50173)
		}},
		{what: "never signed in, left within the log's reach", kind: shared, days: 21, named: byUPN, change: (*leaver).neverSignedIn},
		{
			what: "never signed in, left before the log begins: nothing shows that nobody got in", kind: shared, days: 45, named: byID,
			change: (*leaver).neverSignedIn, otherwise: map[string]string{"SES-003": unknown, "ORD-001": unknown},
		},
		{
			what: "the property still shows the old password change, the audit log a successful reset", kind: shared, days: 8, named: byUPN,
			change: func(l *leaver) { l.propertiesLag = true },
		},
		{what: "the reset was only asked for: write-back never answered", kind: shared, days: 19, named: byMail, change: func(l *leaver) {
			l.unlogged = true
			l.b.audit(l.u, l.reset, l.b.admin, "Set force change user password")
			a := l.b.audit(l.u, l.reset.Add(time.Minute), l.b.admin, "Reset password")
			a.result, a.reason = "timeout", "OnPremisesWritebackRequested"
		}, otherwise: map[string]string{"SES-001": fail}},
		{
			what: "the password was reset, says the audit log; the sessions were never revoked", kind: shared, days: 22, named: byEmployeeID,
			change:    func(l *leaver) { l.propertiesLag, l.revoked = true, time.Time{} },
			otherwise: map[string]string{"SES-002": fail},
		},
		{
			what: "a guest whose sessions were never revoked", kind: invited, days: 10, named: byMail,
			change:    func(l *leaver) { l.revoked = time.Time{} },
			otherwise: map[string]string{"SES-002": fail},
		},
		{what: "a guest, blocked and signed out", kind: invited, days: 11, named: byID},
		{what: "signed in between leaving and the deletion of the account", kind: deleted, days: 16, named: byID, change: func(l *leaver) {
			l.revoked, l.reset, l.unlogged, l.disabled = time.Time{}, time.Time{}, true, l.left.Add(30*time.Hour)
			l.b.signIn(l.u, l.left.Add(20*time.Hour), true, 0)
		}, otherwise: map[string]string{"SES-003": fail}},
		{
			what: "left half an hour ago: nothing is done, and nothing is late", kind: kept, days: 0, named: byAll, change: (*leaver).leftJustNow,
			otherwise: map[string]string{
				"SES-001": pending, "SES-002": pending, "FWD-001": pending, "FWD-004": pass, "FWD-008": pass,
				"DEV-001": pending, "DEV-002": pending, "DEV-003": pending, "ACC-001": pending, "LIC-001": pending,
				"EML-001": pending, "EML-002": notApplicable, "EML-003": notApplicable, "ODB-001": unknown, "ORD-001": notApplicable,
				"DEV-004": pending, "ACC-003": pending, "ACC-004": pending, "ACC-005": pending, "ACC-006": pending, "ACC-007": pending,
				"ACC-008": pending, "ACC-011": pending,
			},
		},
	}
}

func (l *leaver) neverSignedIn() {
	l.u.signIns = nil
	l.u.neverSignedIn = true
}

// leftJustNow undoes the offboarding: the person is out of the door, and nobody has acted yet.
func (l *leaver) leftJustNow() {
	b, u := l.b, l.u
	u.signIns = nil
	l.left = b.now.Truncate(time.Minute).Add(-30 * time.Minute)
	l.row.leftAt, l.row.mailHandling, l.row.successor = l.left.Format(time.RFC3339), asShared, l.successor.upn
	u.leaves = l.left
	l.disabled, l.reset, l.revoked, l.delicensed = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	l.unlogged = true
	u.licences = []licence{{sku: b.enterprise, updated: u.created}}
	u.mailbox.hidden = false
	u.mailbox.protocols = protocols{on: true, activeSync: true, smtpAuthIsDefault: true}
	l.noDevices()
	l.handDrive()
	b.phone(u, u.created, b.now.Add(-time.Hour))
	b.managed(u, "Windows", u.created, b.now.Add(-2*time.Hour))
	b.signIn(u, b.now.Add(-28*time.Hour), true, 0)
	b.signIn(u, b.now.Add(-9*time.Hour), true, 0)
	l.keepIdentity()
}
