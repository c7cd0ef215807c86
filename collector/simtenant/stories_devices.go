package simtenant

import "time"

func deviceStories() []story {
	return []story{
		{what: "the phone was blocked, but never wiped", kind: shared, days: 10, named: byUPN, change: func(l *leaver) {
			l.phone.wipe, l.phone.status, l.phone.requestor = wipe{}, "DeviceOk", ""
		}, otherwise: map[string]string{"DEV-001": fail}},
		{what: "the wipe was asked for, and never sent", kind: shared, days: 11, named: byID, change: func(l *leaver) {
			l.phone.wipe = wipe{requested: l.left.Add(time.Hour)}
			l.phone.status = "DeviceWipePending"
		}, otherwise: map[string]string{"DEV-001": fail}},
		{what: "the wipe was sent, and never acknowledged", kind: shared, days: 12, named: byEmployeeID, change: func(l *leaver) {
			l.phone.wipe = wipe{requested: l.left.Add(time.Hour), sent: l.left.Add(2 * time.Hour)}
			l.phone.status = "DeviceWipePending"
		}, otherwise: map[string]string{"DEV-001": fail}},
		{what: "the phone was wiped long before leaving, and has synchronised since", kind: shared, days: 13, named: byMail, change: func(l *leaver) {
			l.phone.wipe = wipe{l.left.Add(-100 * day), l.left.Add(-100 * day), l.left.Add(-99 * day)}
			l.phone.status = "DeviceOk"
		}, otherwise: map[string]string{"DEV-001": fail}},
		{
			what: "Outlook mobile: the account was wiped from the phone, which is the only kind of wipe there", kind: shared, days: 14, named: byUPN,
			change: func(l *leaver) {
				p := l.phone
				p.kind, p.client, p.model, p.accountWipe, p.wipe = "Outlook", "Outlook", "Outlook for iOS and Android", p.wipe, wipe{}
				p.accountOnlyRequestor, p.requestor, p.status, p.remoteWipeSupported = p.requestor, "", "AccountOnlyDeviceWipeSucceeded", false
			},
		},
		{what: "the phone was wiped by Intune, which Exchange does not know", kind: shared, days: 15, named: byID, change: func(l *leaver) {
			l.phone.wipe, l.phone.status, l.phone.requestor = wipe{}, "DeviceOk", ""
			d := l.b.managed(l.u, "iOS", l.left.Add(-150*day), l.left.Add(4*time.Hour))
			d.easID, d.agent, d.state = l.phone.id, "easMdm", "wipeIssued"
			d.accessState, d.accessReason = "blocked", "exchangeIndividualRule"
			d.actions = []deviceAction{{"wipe", "done", l.left.Add(3 * time.Hour), l.left.Add(4 * time.Hour)}}
		}},
		{what: "the phone was wiped, but not blocked: ActiveSync is off, which is no block", kind: shared, days: 16, named: byUPN, change: func(l *leaver) {
			l.phone.accessState, l.phone.accessReason = "Allowed", "Global"
			l.u.mailbox.protocols.blocked = nil
		}, otherwise: map[string]string{"DEV-002": fail}},
		{
			what: "the phone is on the mailbox's list of blocked devices, which its own state does not show", kind: shared, days: 17, named: byEmployeeID,
			change: func(l *leaver) { l.phone.accessState, l.phone.accessReason = "Allowed", "Global" },
		},
		{what: "two phones: one wiped and blocked, the other forgotten", kind: shared, days: 18, named: byMail, change: func(l *leaver) {
			l.b.phone(l.u, l.left.Add(-20*day), l.left.Add(-2*day))
		}, otherwise: map[string]string{"DEV-001": fail, "DEV-002": fail}},
		{what: "the computer's retirement is pending: it was never seen since", kind: shared, days: 19, named: byUPN, change: func(l *leaver) {
			l.laptop.state, l.laptop.lastSync = "retirePending", time.Time{}
			l.laptop.actions = []deviceAction{{"retire", "pending", l.left.Add(time.Hour), time.Time{}}}
		}, otherwise: map[string]string{"DEV-003": fail}},
		{what: "the computer was wiped for its former owner, not since leaving", kind: shared, days: 20, named: byID, change: func(l *leaver) {
			l.laptop.state = "managed"
			l.laptop.actions = []deviceAction{{"wipe", "done", l.left.Add(-301 * day), l.left.Add(-300 * day)}}
		}, otherwise: map[string]string{"DEV-003": fail}},
		{what: "the computer belongs to somebody else now", kind: shared, days: 21, named: byUPN, change: func(l *leaver) {
			l.laptop.user, l.laptop.userID, l.laptop.upn = l.successor, l.successor.id, l.successor.upn
			l.laptop.state, l.laptop.actions = "managed", nil
		}, otherwise: map[string]string{"DEV-003": notApplicable}},
	}
}
