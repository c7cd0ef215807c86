package simtenant

import "time"

func deletionStories() []story {
	return []story{
		{
			what: "deleted with the licence still on: the mailbox is soft-deleted without a hold, the drive went to nobody", kind: deleted, days: 9, named: byID,
			change: func(l *leaver) {
				l.exclude()
				l.u.mailbox.state = softDeleted
				l.license(l.b.enterprise)
				l.handDrive()
			}, otherwise: map[string]string{"MBX-001": fail, "MBX-002": fail, "DEL-002": fail, "ORD-001": notApplicable},
		},
		{what: "deleted, with everything saved: a hold keeps the mailbox, the successor has the drive", kind: deleted, days: 10, named: byEmployeeID, change: func(l *leaver) {
			l.exclude()
			l.litigate()
		}},
		{what: "synchronised, and deleted in Active Directory", kind: deleted, days: 11, named: byMail, change: func(l *leaver) {
			l.sync(l.b.syncAccount)
			l.deletedBy = l.b.syncAccount
		}, otherwise: map[string]string{"DEL-003": pass}},
		{what: "synchronised, and deleted in Active Directory; the synchronisation signs in as an application", kind: deleted, days: 12, named: byUPN, change: func(l *leaver) {
			l.sync(l.b.syncApp)
			l.deletedBy = l.b.syncApp
		}, otherwise: map[string]string{"DEL-003": pass}},
		{what: "synchronised, but deleted only in the cloud: it comes back", kind: deleted, days: 13, named: byID, change: func(l *leaver) {
			l.sync(l.b.syncAccount)
		}, otherwise: map[string]string{"DEL-003": fail}},
		{
			what: "nothing needs the account, and the month for deleting it is over", kind: bare, days: 41, named: byUPN,
			otherwise: map[string]string{"DEL-001": fail},
		},
		{what: "nothing needs the account, and there are two days left for deleting it", kind: bare, days: 28, named: byID},
		{what: "the licence was taken away before the litigation hold was set", kind: kept, days: 12, named: byMail, change: func(l *leaver) {
			l.exclude()
			l.litigate()
			l.u.mailbox.litigationDate = l.left.Add(10 * time.Hour)
		}, otherwise: map[string]string{"MBX-003": fail, "ORD-001": fail}},
		{what: "the litigation hold was set before the licence was taken away", kind: kept, days: 13, named: byEmployeeID, change: func(l *leaver) {
			l.exclude()
			l.litigate()
		}, otherwise: map[string]string{"MBX-003": fail}},
		{
			what: "to be forwarded; the licence was taken away from the user mailbox, which no hold keeps", kind: forward, days: 11, named: byUPN,
			change:    func(l *leaver) { l.exclude(); l.u.licences = nil },
			otherwise: map[string]string{"MBX-001": fail, "MBX-002": fail, "FWD-002": fail, "ORD-001": fail},
		},
		{what: "shared; the licence was taken away, given back, and taken away again: when it was converted is not known", kind: shared, days: 14, named: byUPN, change: func(l *leaver) {
			had := []licence{{sku: l.b.enterprise}}
			l.b.changeLicences(l.u, l.left.Add(2*time.Hour), had, nil)
			l.b.changeLicences(l.u, l.left.Add(3*time.Hour), nil, had)
		}, otherwise: map[string]string{"ORD-001": unknown}},
		{what: "shared; taking the licence away failed at first", kind: shared, days: 15, named: byID, change: func(l *leaver) {
			a := l.b.changeLicences(l.u, l.left.Add(2*time.Hour), []licence{{sku: l.b.enterprise}}, nil)
			a.result, a.reason = "failure", "Microsoft.Online.Workflows.LicenseAssignmentException"
		}},
	}
}
