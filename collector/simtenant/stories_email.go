package simtenant

func emailStories() []story {
	open := func(k kind, days, named int, what, verdict string, differ map[string]any) story {
		return story{what: what, kind: k, days: days, named: named, change: func(l *leaver) {
			l.u.mailbox.protocols.differ = differ
		}, otherwise: map[string]string{"EML-001": verdict}}
	}
	on := func(property string) map[string]any { return map[string]any{property: true} }
	return []story{
		open(forward, 9, byUPN, "mail: ActiveSync is left on", fail, on("ActiveSyncEnabled")),
		open(forward, 10, byID, "mail: OWA for devices is left on", fail, on("OWAforDevicesEnabled")),
		open(forward, 11, byMail, "mail: Outlook on the web is left on", fail, on("OWAEnabled")),
		open(kept, 12, byEmployeeID, "mail: MAPI is left on", fail, on("MAPIEnabled")),
		open(kept, 13, byUPN, "mail: Exchange Web Services are left on", fail, on("EwsEnabled")),
		open(forward, 14, byID, "mail: IMAP is left on", fail, on("ImapEnabled")),
		open(forward, 15, byMail, "mail: POP is left on", fail, on("PopEnabled")),
		open(forward, 16, byEmployeeID, "mail: SMTP AUTH is left on", fail, map[string]any{"SmtpClientAuthenticationDisabled": false}),
		open(forward, 17, byUPN, "mail: Outlook mobile is left on", fail, on("OutlookMobileEnabled")),
		// The organisation's own switches: SMTP AUTH is off, Exchange Web Services are on.
		open(forward, 18, byID, "mail: SMTP AUTH is as the organisation has it: off", pass, map[string]any{"SmtpClientAuthenticationDisabled": nil}),
		open(forward, 19, byMail, "mail: Exchange Web Services are as the organisation has them: on", fail, map[string]any{"EwsEnabled": nil}),
		open(shared, 20, byEmployeeID, "mail: a shared mailbox with MAPI, Exchange Web Services and the web on, which its delegates need", pass,
			map[string]any{"MAPIEnabled": true, "EwsEnabled": true, "OWAEnabled": true, "OutlookMobileEnabled": true}),
		open(shared, 21, byUPN, "mail: a shared mailbox with IMAP on", fail, on("ImapEnabled")),
		open(shared, 22, byID, "mail: a shared mailbox with POP on", fail, on("PopEnabled")),
		open(shared, 23, byMail, "mail: a shared mailbox with ActiveSync on", fail, on("ActiveSyncEnabled")),
		open(shared, 24, byEmployeeID, "mail: a shared mailbox with OWA for devices on", fail, on("OWAforDevicesEnabled")),
		open(shared, 9, byUPN, "mail: a shared mailbox with SMTP AUTH on", fail, map[string]any{"SmtpClientAuthenticationDisabled": false}),
		open(shared, 10, byID, "mail: a shared mailbox with SMTP AUTH as the organisation has it: off", pass, map[string]any{"SmtpClientAuthenticationDisabled": nil}),
		{
			what: "the account is disabled, which Exchange has not heard", kind: kept, days: 11, named: byMail,
			change: func(l *leaver) { l.u.mailbox.accountOn = true }, otherwise: map[string]string{"EML-002": fail},
		},
		{
			what: "a mailbox that nobody takes over is still in the address lists", kind: kept, days: 12, named: byEmployeeID,
			change: func(l *leaver) { l.u.mailbox.hidden = false }, otherwise: map[string]string{"EML-003": fail},
		},
		{
			what: "a forwarded mailbox is in the address lists, where senders look for it", kind: forward, days: 13, named: byUPN,
			change: func(l *leaver) { l.u.mailbox.hidden = false },
		},
		{what: "the mailbox is on-premises: Exchange Online knows a mail user", kind: bare, days: 14, named: byID, change: func(l *leaver) {
			l.u.mail, l.u.proxyAddresses = l.u.upn, []string{"SMTP:" + l.u.upn}
			l.neverLicensed = true
			l.sync(l.b.syncAccount)
			l.b.onSite = append(l.b.onSite, l.u)
		}, otherwise: map[string]string{"MBX-001": unknown, "ACC-002": pass, "DEL-001": unknown}},
		{
			what: "a shared mailbox of 49.9 GB without licence", kind: shared, days: 15, named: byMail,
			change: func(l *leaver) { l.u.mailbox.bytes = 499 * gib / 10 },
		},
		{
			what: "a shared mailbox of 50.1 GB without licence", kind: shared, days: 16, named: byEmployeeID,
			change: func(l *leaver) { l.u.mailbox.bytes = 501 * gib / 10 }, otherwise: map[string]string{"FWD-003": fail},
		},
		{what: "forwards to a colleague; the licence is there, but Exchange is switched off in it", kind: forward, days: 17, named: byUPN, change: func(l *leaver) {
			l.license(l.b.enterprise)
			for _, p := range l.b.enterprise.plans {
				if p.name == "EXCHANGE_S_ENTERPRISE" {
					l.u.licences[0].off = []string{p.id}
				}
			}
		}, otherwise: map[string]string{"FWD-002": fail, "LIC-001": fail}},
		{
			what: "the password was reset and the sessions revoked a minute before leaving", kind: kept, days: 18, named: byID,
			change: (*leaver).tooEarly, otherwise: map[string]string{"SES-001": fail, "SES-002": fail},
		},
		{
			what: "a guest whose sessions were revoked a minute before leaving", kind: invited, days: 19, named: byMail,
			change: (*leaver).tooEarly, otherwise: map[string]string{"SES-002": fail},
		},
	}
}

func delegationStories() []story {
	delegate := func(days, named int, what, verdict string, change func(*leaver)) story {
		return story{what: what, kind: shared, days: days, named: named, change: change, otherwise: map[string]string{"ACC-009": verdict}}
	}
	return []story{
		delegate(9, byUPN, "rights: may send as a colleague, and open that colleague's mailbox", fail, func(l *leaver) {
			m := l.b.staff[7].mailbox
			m.sendAs, m.delegates = append(m.sendAs, l.u.upn), append(m.delegates, l.u.upn)
		}),
		delegate(10, byID, "rights: may send as a shared mailbox, which shows the display name", fail, func(l *leaver) {
			l.b.sales.sendAs = append(l.b.sales.sendAs, l.u.displayName)
		}),
		delegate(11, byMail, "rights: Full Access to a shared mailbox, which shows the UPN", fail, func(l *leaver) {
			l.b.sales.delegates = append(l.b.sales.delegates, l.u.upn)
		}),
		delegate(12, byEmployeeID, "rights: Full Access to a shared mailbox, which shows the display name", fail, func(l *leaver) {
			l.b.info.delegates = append(l.b.info.delegates, l.u.displayName)
		}),
		delegate(13, byUPN, "rights: Send on Behalf of a shared mailbox, which shows the mailbox's name", fail, func(l *leaver) {
			l.b.info.sendOnBehalf = append(l.b.info.sendOnBehalf, l.u.mailbox.name)
		}),
		delegate(14, byID, "rights: Send on Behalf of a shared mailbox, which shows the display name", fail, func(l *leaver) {
			l.b.billing.sendOnBehalf = append(l.b.billing.sendOnBehalf, l.u.displayName)
		}),
		delegate(15, byMail, "rights: one that is inherited, one that is denied, and a denied Send As: none is a right", pass, func(l *leaver) {
			l.b.support.rights = append(l.b.support.rights, mailboxRight{who: l.u.upn, inherited: true})
			l.b.billing.rights = append(l.b.billing.rights, mailboxRight{who: l.u.upn, deny: true})
			l.b.billing.deniedSendAs = append(l.b.billing.deniedSendAs, l.u.upn)
		}),
		delegate(16, byEmployeeID, "rights: only those on the own mailbox, listed by name", pass, func(l *leaver) {
			m := l.u.mailbox
			m.delegates, m.sendAs, m.sendOnBehalf = append(m.delegates, l.u.upn), append(m.sendAs, l.u.upn), []string{m.name}
		}),
	}
}
