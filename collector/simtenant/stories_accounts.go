package simtenant

import "time"

func accountStories() []story {
	return []story{
		{
			what: "nobody blocked the account", kind: forward, days: 10, named: byUPN,
			change: func(l *leaver) { l.disabled = time.Time{} }, otherwise: map[string]string{"ACC-001": fail},
		},
		{
			what: "synchronised, but disabled only in the cloud: the next change in Active Directory undoes it", kind: kept, days: 11, named: byID,
			change: func(l *leaver) { l.sync(l.b.admin) }, otherwise: map[string]string{"ACC-002": fail},
		},
		{
			what: "synchronised and disabled in Active Directory; the synchronisation signs in as an application", kind: kept, days: 12, named: byMail,
			change: func(l *leaver) { l.sync(l.b.syncApp) }, otherwise: map[string]string{"ACC-002": pass},
		},
		{
			what: "synchronised and disabled before the log begins: by whom is not known", kind: kept, days: 44, named: byEmployeeID,
			change: func(l *leaver) { l.sync(l.b.syncAccount) }, otherwise: map[string]string{"ACC-002": unknown, "ORD-001": unknown},
		},
		{what: "synchronised; disabled in the cloud at first, then in Active Directory too", kind: kept, days: 13, named: byUPN, change: func(l *leaver) {
			l.sync(l.b.syncAccount)
			l.b.audit(l.u, l.left.Add(5*time.Minute), l.b.admin, "Disable account", [3]string{"AccountEnabled", "[true]", "[false]"})
		}, otherwise: map[string]string{"ACC-002": pass}},
		{what: "a licence that a group assigns is left", kind: shared, days: 14, named: byUPN, change: func(l *leaver) {
			l.license(l.b.enterprise)
			l.u.licences[0].group = l.b.licenceGroup.id
			l.b.licenceGroup.members = append(l.b.licenceGroup.members, l.u)
		}, otherwise: map[string]string{"LIC-001": fail, "ACC-004": fail, "ORD-001": notApplicable}},
		{
			what: "a licence that was assigned directly is left", kind: kept, days: 15, named: byID,
			change: func(l *leaver) { l.license(l.b.enterprise) }, otherwise: map[string]string{"LIC-001": fail, "ORD-001": notApplicable},
		},
		{
			what: "only a free subscription is left", kind: shared, days: 16, named: byEmployeeID,
			change: func(l *leaver) { l.license(l.b.free) },
		},
		{
			what: "two accounts with one employee id: the roster names the one that left", kind: shared, days: 17, named: byUPNAndEmployeeID,
			change: func(l *leaver) {
				other := l.b.account(l.u.givenName, l.u.surname, "adm-"+l.u.upn)
				other.displayName, other.employeeID = l.u.displayName+" (admin)", l.u.employeeID
				l.b.signIn(other, l.left.Add(2*day), true, 0)
			}, otherwise: map[string]string{"ACC-010": fail},
		},
		{what: "deleted, and the address given to a new colleague", kind: deleted, days: 22, named: byUPNAndEmployeeID, change: func(l *leaver) {
			l.b.hire = append(l.b.hire, l)
		}},
		{what: "deleted, which mangled the name that the roster knows", kind: deleted, days: 12, named: byUPN},
		{
			// Deleted when the earlier view was taken, and for good since.
			what: "not in the tenant: deleted for good", kind: gone, days: 31, named: byUPN, compared: map[string]string{"ROS-001": pass},
		},
		{what: "leaves next week", kind: tomorrow, named: byUPN},
	}
}

// earlier returns somebody who left before, with a user mailbox that nobody reads.
func (b *builder) earlier() *user {
	for _, p := range b.people {
		u := b.byID(p.ID)
		if u != nil && !u.enabled && u.mailbox != nil && u.mailbox.state == liveMailbox && u.mailbox.kind == userMailbox && u.mailbox.forwardingAddress == "" {
			return u
		}
	}
	panic("simulated tenant: the story needs a leaver before it")
}

func (b *builder) byID(id string) *user {
	for _, u := range b.users {
		if u.id == id {
			return u
		}
	}
	return nil
}

// hireAgain gives the names of deleted leavers to people who came after them.
func (b *builder) hireAgain() {
	for _, l := range b.hire {
		first, last := l.u.givenName, l.u.surname
		u := b.employee(first, last)
		u.id = b.ids.guid("user", "again", u.upn)
		b.addDrive(u)
		u.mailbox.guid, u.mailbox.exchangeGUID = b.ids.guid("mailbox", "again", u.upn), b.ids.guid("exchange", "again", u.upn)
		u.created = l.left.Add(6 * day)
		u.passwordChanged, u.validFrom = u.created, u.created
		u.mailbox.created = u.created
		b.signIn(u, u.created.Add(day), true, 0)
	}
}
