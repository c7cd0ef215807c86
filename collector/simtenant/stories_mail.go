package simtenant

import "time"

func mailboxStories() []story {
	return []story{
		{
			what: "excluded from the organisation's policy; the mailbox's own policy only deletes", kind: forward, days: 12, named: byUPN,
			change:    func(l *leaver) { l.exclude("mbx" + l.b.policy("tidy") + ":1") },
			otherwise: map[string]string{"MBX-001": fail},
		},
		{
			what: "excluded from the organisation's policy; chats are kept, mail is not", kind: forward, days: 13, named: byID,
			change:    func(l *leaver) { l.exclude("skp" + l.b.policy("chats of some") + ":3") },
			otherwise: map[string]string{"MBX-001": fail},
		},
		{
			what: "excluded from the organisation's policy; only the tail of a removed hold is left", kind: forward, days: 14, named: byEmployeeID,
			change:    func(l *leaver) { l.exclude(); l.u.mailbox.delayHold, l.u.mailbox.delayReleaseHold = true, true },
			otherwise: map[string]string{"MBX-001": fail},
		},
		{
			what: "kept by a retention policy of the mailbox's own", kind: forward, days: 15, named: byMail,
			change:    func(l *leaver) { l.exclude("mbx" + l.b.policy("legal") + ":2"); l.license(l.b.enterprise) },
			otherwise: map[string]string{"MBX-003": pass},
		},
		{
			what: "kept by an old In-Place Hold", kind: forward, days: 16, named: byUPN,
			change:    func(l *leaver) { l.exclude("cld" + l.b.policy("old hold")); l.license(l.b.enterprise) },
			otherwise: map[string]string{"MBX-003": pass},
		},
		{
			what: "kept for an eDiscovery case", kind: forward, days: 17, named: byID,
			change:    func(l *leaver) { l.exclude("UniH" + l.b.ids.guid("case")); l.license(l.b.enterprise) },
			otherwise: map[string]string{"MBX-003": pass},
		},
		{
			what: "kept by a retention label only", kind: forward, days: 18, named: byEmployeeID,
			change: func(l *leaver) { l.exclude(); l.u.mailbox.tagHold = true },
		},
		{
			what: "litigation hold with Exchange Online Plan 1, without archiving", kind: forward, days: 19, named: byUPN,
			change: (*leaver).litigate, otherwise: map[string]string{"MBX-003": fail},
		},
		{
			what: "litigation hold with Exchange Online Plan 1 and archiving", kind: forward, days: 20, named: byMail,
			change:    func(l *leaver) { l.litigate(); l.license(l.b.standard, l.b.archiving); l.u.mailbox.archive = true },
			otherwise: map[string]string{"MBX-003": pass},
		},
		{what: "without licence and without hold: purged in four days", kind: kept, days: 27, named: byUPN, change: func(l *leaver) {
			l.exclude()
			l.delicensed = l.b.now.Add(-26 * day)
		}, otherwise: map[string]string{"MBX-001": fail, "MBX-002": fail, "DEL-001": pending, "ORD-001": fail}},
		{what: "account deleted, mailbox soft-deleted without a hold: purged in a fortnight", kind: deleted, days: 18, named: byID, change: func(l *leaver) {
			l.exclude()
			l.u.mailbox.state = softDeleted
		}, otherwise: map[string]string{"MBX-001": fail, "MBX-002": fail, "DEL-002": fail, "ORD-001": fail}},
		{what: "mail addresses, but the mailbox is gone since long", kind: bare, days: 75, named: byEmployeeID, change: func(l *leaver) {
			l.u.mail, l.u.proxyAddresses = l.u.upn, []string{"SMTP:" + l.u.upn}
		}, otherwise: map[string]string{"MBX-001": unknown, "DEL-001": fail, "ORD-001": unknown}},
	}
}

func (l *leaver) litigate() {
	l.u.mailbox.litigation, l.u.mailbox.litigationDate = true, l.left.Add(4*time.Hour)
}

func flowStories() []story {
	return []story{
		{
			what: "forwards to a colleague, but nobody pays for the mailbox any more", kind: forward, days: 10, named: byID,
			// The subscription ran out: nobody took the licence away, and the log has no change.
			change: func(l *leaver) { l.u.licences, l.delicensed = nil, time.Time{} }, otherwise: map[string]string{"FWD-002": fail},
		},
		{
			what: "a shared mailbox that forwards to a colleague, without licence: allowed", kind: shared, days: 11, named: byUPN,
			change:    func(l *leaver) { l.u.mailbox.forwardingSMTP = l.successor.mail },
			otherwise: map[string]string{"FWD-002": pass, "FWD-005": pass},
		},
		{
			what: "a shared mailbox of 60 GB without licence", kind: shared, days: 12, named: byMail,
			change: func(l *leaver) { l.u.mailbox.bytes = 60 * gib }, otherwise: map[string]string{"FWD-003": fail},
		},
		{
			what: "a shared mailbox of exactly 50 GB without licence", kind: shared, days: 13, named: byEmployeeID,
			change: func(l *leaver) { l.u.mailbox.bytes = 50 * gib },
		},
		{
			what: "a shared mailbox of 60 GB, with the licence that this needs", kind: shared, days: 14, named: byUPN,
			change:    func(l *leaver) { l.u.mailbox.bytes = 60 * gib; l.license(l.b.enterprise) },
			otherwise: map[string]string{"ORD-001": notApplicable},
		},
		{
			what: "a shared mailbox with an archive, without licence", kind: shared, days: 15, named: byID,
			change: func(l *leaver) { l.u.mailbox.archive = true }, otherwise: map[string]string{"FWD-003": fail},
		},
		{
			what: "a shared mailbox on litigation hold, without licence", kind: shared, days: 16, named: byUPN,
			change: (*leaver).litigate, otherwise: map[string]string{"FWD-003": fail, "MBX-003": fail},
		},
		{
			what: "a shared mailbox that nobody ever opened", kind: shared, days: 17, named: byMail,
			change: func(l *leaver) { l.u.mailbox.neverOpened = true },
		},
		{
			what: "a shared mailbox whose only delegates are disabled or gone", kind: shared, days: 18, named: byEmployeeID,
			change: func(l *leaver) {
				l.u.mailbox.delegates = []string{l.b.absent.upn, "S-1-5-21-1004336348-1177238915-682003330-1117"}
			}, otherwise: map[string]string{"FWD-001": fail},
		},
		{
			what: "a shared mailbox whose delegate is a group with somebody in it", kind: shared, days: 19, named: byUPN,
			change: func(l *leaver) { l.u.mailbox.delegates = []string{l.b.salesDesk.name} },
		},
		{
			what: "the mail reaches nobody, and nobody said that this was meant", kind: kept, days: 20, named: byID,
			change: func(l *leaver) { l.row.mailHandling = asUnsaid }, otherwise: map[string]string{"FWD-001": fail},
		},
		{
			what: "the account behind the shared mailbox can sign in", kind: shared, days: 21, named: byUPN,
			change: func(l *leaver) { l.disabled = time.Time{} }, otherwise: map[string]string{"FWD-007": fail, "ACC-001": fail},
		},
		{
			what: "forwards to a private address outside", kind: forward, days: 22, named: byEmployeeID,
			change: func(l *leaver) {
				l.u.mailbox.forwardingAddress, l.u.mailbox.forwardingSMTP = "", local(l.u.upn)+"@"+outsideDomain
			}, otherwise: map[string]string{"FWD-005": fail},
		},
		{
			what: "forwards to a domain that the tenant never proved to own", kind: forward, days: 9, named: byUPN,
			change: func(l *leaver) {
				l.u.mailbox.forwardingAddress, l.u.mailbox.forwardingSMTP = "", local(l.u.upn)+"@fabrikam-soon.example"
			}, otherwise: map[string]string{"FWD-005": fail},
		},
		{
			what: "forwards to somebody who left too", kind: forward, days: 10, named: byMail,
			change:    func(l *leaver) { l.u.mailbox.forwardingAddress = l.b.earlier().mailbox.name },
			otherwise: map[string]string{"FWD-001": fail, "FWD-005": fail},
		},
		{
			what: "forwards to a recipient that is no more", kind: forward, days: 11, named: byID,
			change:    func(l *leaver) { l.u.mailbox.forwardingAddress = "nobody.here" },
			otherwise: map[string]string{"FWD-001": fail, "FWD-005": fail},
		},
		{
			what: "forwards inside; an address outside is set as well, and does not count", kind: forward, days: 12, named: byUPN,
			change: func(l *leaver) { l.u.mailbox.forwardingSMTP = "dormant@" + outsideDomain },
		},
		{
			what: "forwards to a mail contact outside; an address inside is set as well, and does not count", kind: forward, days: 13, named: byEmployeeID,
			change: func(l *leaver) {
				l.u.mailbox.forwardingAddress, l.u.mailbox.forwardingSMTP = l.b.outsider.name, l.successor.mail
			}, otherwise: map[string]string{"FWD-005": fail},
		},
		{
			what: "the mailbox went inactive when the licence went, although it was to forward", kind: kept, days: 14, named: byUPN,
			change: func(l *leaver) {
				l.row.mailHandling, l.row.successor = asForward, l.successor.mail
				m := l.u.mailbox
				m.state, m.byDisable, m.softDeletedAt, m.devices = inactiveMailbox, true, l.left.Add(6*time.Hour), nil
			}, otherwise: map[string]string{
				"FWD-001": fail, "FWD-004": pass, "FWD-006": notApplicable, "FWD-008": fail, "DEV-001": notApplicable, "DEV-002": notApplicable,
				"EML-001": notApplicable, "EML-002": notApplicable, "EML-003": notApplicable,
			},
		},
		{
			what: "deleted too early: the mail was to be forwarded", kind: deleted, days: 15, named: byMail,
			change: func(l *leaver) { l.row.mailHandling, l.row.successor = asForward, l.successor.mail },
			otherwise: map[string]string{
				"FWD-001": fail, "FWD-004": fail, "FWD-008": fail,
			},
		},
	}
}

func ruleStories() []story {
	ruled := func(days, named int, what string, verdict string, rules ...*rule) story {
		return story{what: what, kind: shared, days: days, named: named, change: func(l *leaver) {
			l.u.mailbox.rules = rules
			l.u.mailbox.folders = []folder{{name: "Reading"}}
		}, otherwise: map[string]string{"FWD-006": verdict}}
	}
	return []story{
		ruled(9, byUPN, "an inbox rule redirects everything outside", fail, &rule{name: "to me", redirectTo: []string{"home@" + outsideDomain}, stop: true}),
		ruled(10, byID, "an inbox rule sends invoices outside as attachments", fail,
			&rule{name: "invoices", subject: "invoice", attachTo: []string{"books@" + outsideDomain}}),
		ruled(11, byEmployeeID, "an inbox rule that sends mail outside is switched off; others file, delete newsletters or forward inside", pass,
			&rule{name: "home", disabled: true, forwardTo: []string{"home@" + outsideDomain}},
			&rule{name: "newsletters", subject: "newsletter", delete: true},
			&rule{name: "colleague", forwardTo: []string{"sales.desk@" + mainDomain}},
			&rule{name: "file", subject: "report", moveTo: "Reading"}),
		ruled(12, byMail, "an inbox rule deletes everything", fail, &rule{name: ".", delete: true, stop: true}),
		ruled(13, byUPN, "an inbox rule moves everything to Deleted Items", fail, &rule{name: "..", moveTo: "Deleted Items", markAsRead: true}),
		ruled(14, byID, "an inbox rule moves everything to the RSS feeds", fail, &rule{name: "...", moveTo: "RSS Feeds", markAsRead: true}),
	}
}
