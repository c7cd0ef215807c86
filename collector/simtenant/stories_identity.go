package simtenant

import (
	"slices"
	"strings"
	"time"
)

// identityStories are about what is left of a person beside account and mailbox.
func identityStories() []story {
	return slices.Concat(registeredStories(), roleStories(), groupStories(), ownerStories(), secretStories(), grantStories(), methodStories(),
		secondAccountStories(), reportStories())
}

// identityStory is a leaver of whom nothing but this is wrong. Nobody gets the mail: so no other rule has a part in it.
func identityStory(days, named int, what string, change func(*leaver), otherwise map[string]string) story {
	return story{what: what, kind: kept, days: days, named: named, change: change, otherwise: otherwise}
}

// registerLaptop adds the directory's object of the computer that Intune retired: disabled, as the checklist wants it.
func (l *leaver) registerLaptop() {
	d := l.b.device(l.u, "Windows", l.left.Add(-300*day))
	d.deviceID, d.name, d.enabled = l.laptop.azureID, l.laptop.name, false
}

// keepIdentity gives somebody everything that people have while they work: what a proper offboarding takes away.
func (l *leaver) keepIdentity() {
	b, u := l.b, l.u
	b.device(u, "Windows", u.created)
	b.grantRole(b.reports, u, everywhere, false, u.created, time.Time{})
	b.security.members = append(b.security.members, u)
	b.application("Roster Import", u.created, u).passwords = []credential{{"import", u.created, b.now.Add(100 * day)}}
	b.consent(u, b.crm, "User.Read")
	b.phoneMethod(u)
	b.authenticator(u)
	b.managers[b.absent] = u
}

func registeredStories() []story {
	// disabled registers a computer or phone, which was disabled after leaving.
	disabled := func(l *leaver, os string) *entraDevice {
		d := l.b.device(l.u, os, l.left.Add(-300*day))
		d.enabled = false
		return d
	}
	personal := func(l *leaver, os string) *entraDevice {
		d := disabled(l, os)
		d.trust, d.ownership, d.managed, d.compliant = "Workplace", "personal", nil, nil
		return d
	}
	return []story{
		identityStory(9, byUPN, "the company's computer, registered to them, is still enabled in the directory", func(l *leaver) {
			l.b.device(l.u, "Windows", l.left.Add(-300*day))
		}, map[string]string{"DEV-004": fail}),
		identityStory(10, byID, "the company's computer, registered to them, is disabled in the directory", func(l *leaver) {
			disabled(l, "Windows")
		}, map[string]string{"DEV-004": pass}),
		identityStory(11, byEmployeeID, "a hybrid-joined computer of the company's is disabled in the directory", func(l *leaver) {
			disabled(l, "Windows").trust = "ServerAd"
		}, map[string]string{"DEV-004": pass}),
		identityStory(12, byMail, "owns an enabled computer that is registered to a colleague", func(l *leaver) {
			l.b.device(l.u, "Windows", l.left.Add(-300*day)).registered = []*user{l.successor}
		}, map[string]string{"DEV-004": fail}),
		identityStory(13, byUPN, "a personal Windows computer was joined to the workplace; it is disabled, but has what it synchronised", func(l *leaver) {
			personal(l, "Windows")
		}, map[string]string{"DEV-004": pass, "DEV-006": fail}),
		identityStory(14, byID, "a personal Mac; it is disabled, but has what it synchronised", func(l *leaver) {
			personal(l, "macOS").trust = ""
		}, map[string]string{"DEV-004": pass, "DEV-006": fail}),
		identityStory(15, byUPN, "a Mac that the company manages is disabled", func(l *leaver) {
			disabled(l, "MacMDM")
		}, map[string]string{"DEV-004": pass}),
		identityStory(16, byEmployeeID, "only a personal phone is registered, and disabled: no computer", func(l *leaver) {
			personal(l, "IPhone")
		}, map[string]string{"DEV-004": pass}),
		identityStory(17, byUPN, "two computers: the disabled one is the company's, the enabled one their own", func(l *leaver) {
			disabled(l, "Windows")
			personal(l, "Windows").enabled = true
		}, map[string]string{"DEV-004": fail, "DEV-006": fail}),
		identityStory(18, byMail, "a disabled Windows computer that is not managed, joined in a way that nobody knows yet", func(l *leaver) {
			d := disabled(l, "Windows")
			d.trust, d.ownership, d.managed, d.compliant = "FutureTrust", "unknownFutureValue", false, nil
		}, map[string]string{"DEV-004": pass, "DEV-006": fail}),
		identityStory(19, byID, "a disabled Windows computer of which the directory does not say whether it is managed, nor how it is joined", func(l *leaver) {
			disabled(l, "Windows").without = []string{"trustType", "isManaged"}
		}, map[string]string{"DEV-004": pass, "DEV-006": fail}),
		identityStory(20, byUPN, "a personal Windows computer of which the directory does not say whether it is enabled", func(l *leaver) {
			personal(l, "Windows").enabled = nil
		}, map[string]string{"DEV-004": unknown, "DEV-006": fail}),
		identityStory(21, byEmployeeID, "an enabled computer was deleted from the directory", func(l *leaver) {
			l.b.device(l.u, "Windows", l.left.Add(-300*day)).gone = true
		}, nil),
	}
}

func roleStories() []story {
	return []story{
		identityStory(9, byID, "a directory role is left", func(l *leaver) {
			l.b.grantRole(l.b.global, l.u, everywhere, false, l.u.created, time.Time{})
		}, map[string]string{"ACC-003": fail}),
		identityStory(10, byUPN, "only eligible for a directory role, which no list of assignments shows", func(l *leaver) {
			l.b.grantRole(l.b.exchange, l.u, everywhere, true, l.u.created, l.b.now.Add(90*day))
		}, map[string]string{"ACC-003": fail}),
		identityStory(11, byMail, "eligible for a directory role, and it is activated at this moment", func(l *leaver) {
			l.b.grantRole(l.b.exchange, l.u, everywhere, true, l.u.created, time.Time{})
			l.b.grantRole(l.b.exchange, l.u, everywhere, false, l.b.now.Add(-time.Hour), l.b.now.Add(7*time.Hour)).activated = true
		}, map[string]string{"ACC-003": fail}),
		identityStory(12, byEmployeeID, "a directory role through a role-assignable group", func(l *leaver) {
			l.b.adminGroup.members = append(l.b.adminGroup.members, l.u)
		}, map[string]string{"ACC-003": fail, "ACC-004": fail}),
		identityStory(13, byUPN, "a member of a role-assignable group that is eligible for a directory role", func(l *leaver) {
			l.b.eligibleGroup.members = append(l.b.eligibleGroup.members, l.u)
			l.b.govern(l.b.eligibleGroup, l.u, "member", false)
		}, map[string]string{"ACC-003": fail, "ACC-004": fail}),
		identityStory(14, byID, "eligible for membership of a role-assignable group that holds a directory role", func(l *leaver) {
			l.b.govern(l.b.adminGroup, l.u, "member", true)
		}, map[string]string{"ACC-003": fail}),
		identityStory(15, byUPN, "eligible for ownership of a role-assignable group", func(l *leaver) {
			l.b.govern(l.b.adminGroup, l.u, "owner", true)
		}, map[string]string{"ACC-003": fail}),
		identityStory(16, byMail, "eligible for membership of a role-assignable group that holds no role yet", func(l *leaver) {
			l.b.govern(l.b.emptyRoleGroup, l.u, "member", true)
		}, map[string]string{"ACC-003": fail}),
		identityStory(17, byUPN, "was eligible for membership of a role-assignable group, and is no more; eligible for a group that can hold no role", func(l *leaver) {
			l.b.govern(l.b.adminGroup, l.u, "member", true).end = l.b.now.Add(-2 * day)
			l.b.govern(l.b.pimOnly, l.u, "member", true)
		}, nil),
		identityStory(18, byID, "a directory role over an administrative unit", func(l *leaver) {
			l.b.grantRole(l.b.custom, l.u, "/administrativeUnits/"+l.b.unit.id, false, l.u.created, time.Time{})
		}, map[string]string{"ACC-003": fail}),
		identityStory(19, byEmployeeID, "a directory role that starts next week: only its schedule shows it", func(l *leaver) {
			l.b.grantRole(l.b.reports, l.u, everywhere, false, l.b.now.Add(7*day), l.b.now.Add(60*day))
		}, map[string]string{"ACC-003": fail}),
		identityStory(20, byMail, "eligible for a directory role from next week on", func(l *leaver) {
			l.b.grantRole(l.b.reports, l.u, everywhere, true, l.b.now.Add(7*day), time.Time{})
		}, map[string]string{"ACC-003": fail}),
		identityStory(21, byUPN, "a directory role and an eligible one that have ended; their schedules are still listed", func(l *leaver) {
			l.b.grantRole(l.b.global, l.u, everywhere, false, l.u.created, l.left)
			l.b.grantRole(l.b.exchange, l.u, everywhere, true, l.u.created, l.b.now.Add(-time.Hour))
		}, nil),
		identityStory(22, byID, "eligible for membership of a role-assignable group, which is activated until tonight", func(l *leaver) {
			l.b.govern(l.b.adminGroup, l.u, "member", true)
			active := l.b.govern(l.b.adminGroup, l.u, "member", false)
			active.activated, active.start, active.end = true, l.b.now.Add(-time.Hour), l.b.now.Add(7*time.Hour)
			l.b.adminGroup.members = append(l.b.adminGroup.members, l.u)
		}, map[string]string{"ACC-003": fail, "ACC-004": fail}),
	}
}

func groupStories() []story {
	in := func(groups ...func(*builder) *group) func(*leaver) {
		return func(l *leaver) {
			for _, of := range groups {
				g := of(l.b)
				g.members = append(g.members, l.u)
			}
		}
	}
	return []story{
		identityStory(9, byUPN, "still in a security group", in(func(b *builder) *group { return b.security }), map[string]string{"ACC-004": fail}),
		identityStory(10, byID, "still in a Microsoft 365 group", in(func(b *builder) *group { return b.projects }), map[string]string{"ACC-004": fail}),
		identityStory(11, byMail, "still in a team", in(func(b *builder) *group { return b.team }), map[string]string{"ACC-004": fail}),
		identityStory(12, byEmployeeID, "still in a dynamic group, whose rule is the only way out", in(func(b *builder) *group { return b.dynamic }), map[string]string{"ACC-004": fail}),
		{
			what: "synchronised, and still in a group that Active Directory owns", kind: kept, days: 13, named: byUPN, change: func(l *leaver) {
				l.sync(l.b.syncAccount)
				l.b.synced.members = append(l.b.synced.members, l.u)
			}, otherwise: map[string]string{"ACC-002": pass, "ACC-004": fail},
		},
		identityStory(14, byID, "in a distribution list, which a mail-enabled security group contains", func(l *leaver) {
			l.b.join(l.b.list, l.u, l.left.Add(30*time.Minute))
		}, map[string]string{"ACC-004": fail}),
		identityStory(15, byUPN, "only in a distribution list, which a call queue rings", in(func(b *builder) *group { return b.queue }), nil),
		identityStory(16, byMail, "only in an administrative unit", func(l *leaver) { l.b.unit.members = append(l.b.unit.members, l.u) }, nil),
		identityStory(17, byEmployeeID, "was in a group that is deleted, and its only owner; so is an application, with its secret", func(l *leaver) {
			l.b.gone.members, l.b.gone.owners = append(l.b.gone.members, l.u), append(l.b.gone.owners, l.u)
			l.b.govern(l.b.gone, l.u, "member", true)
			l.b.grantRole(l.b.reports, l.b.gone, everywhere, false, l.u.created, time.Time{})
			a := l.b.application("Old Intranet", l.u.created, l.u)
			a.passwords, a.gone = []credential{{"for good", l.u.created, time.Time{}}}, true
		}, nil),
	}
}

func ownerStories() []story {
	alone := map[string]string{"ACC-005": fail}
	return []story{
		identityStory(9, byUPN, "the only owner of a security group", func(l *leaver) {
			l.b.group("Lab Keys", groupNature{owners: []any{l.u}})
		}, alone),
		identityStory(10, byID, "the only owner of a team", func(l *leaver) {
			l.b.group("Team Winter", groupNature{unified: true, team: true, owners: []any{l.u}})
		}, alone),
		identityStory(11, byMail, "the only owner of an application without credentials", func(l *leaver) {
			l.b.application("Parking", l.u.created, l.u)
		}, map[string]string{"ACC-005": fail, "ACC-006": pass}),
		identityStory(12, byUPN, "the only owner of a service principal", func(l *leaver) {
			l.b.principal("Visitor Badges").owners = []any{l.u}
		}, map[string]string{"ACC-005": fail, "ACC-006": pass}),
		identityStory(13, byEmployeeID, "owns a group together with a colleague", func(l *leaver) {
			l.b.group("Allotments", groupNature{unified: true, owners: []any{l.u, l.successor}})
		}, map[string]string{"ACC-005": pass}),
		identityStory(14, byUPN, "owns a group together with somebody whose account is disabled", func(l *leaver) {
			l.b.group("Boat House", groupNature{unified: true, owners: []any{l.b.absent, l.u}})
		}, alone),
		{
			what: "nobody blocked the account, and a group is theirs and another leaver's", kind: forward, days: 16, named: byID, change: func(l *leaver) {
				l.disabled = time.Time{}
				l.b.shared = l.b.group("Ski Trip", groupNature{unified: true, owners: []any{l.u}})
			}, otherwise: map[string]string{"ACC-001": fail, "ACC-005": fail},
		},
		identityStory(15, byID, "owns a group together with another leaver, whose account is enabled", func(l *leaver) {
			l.b.shared.owners = append(l.b.shared.owners, l.u)
		}, alone),
		identityStory(16, byMail, "owns a group together with somebody who leaves next week", func(l *leaver) {
			l.b.group("Choir", groupNature{unified: true, owners: []any{l.b.leavingSoon(), l.u}})
		}, map[string]string{"ACC-005": pass}),
		identityStory(17, byUPN, "owns a group together with somebody who is deleted, and so not listed", func(l *leaver) {
			l.b.group("Chess Club", groupNature{unified: true, owners: []any{l.b.deletedLeaver(), l.u}})
		}, alone),
		identityStory(18, byEmployeeID, "owns an application together with a service principal that is enabled", func(l *leaver) {
			l.b.application("Deployment", l.u.created, l.u, l.b.crm)
		}, map[string]string{"ACC-005": pass, "ACC-006": pass}),
		identityStory(19, byUPN, "owns two groups: one with a colleague, one alone", func(l *leaver) {
			l.b.group("Library", groupNature{owners: []any{l.u, l.successor}})
			l.b.group("Reading Room", groupNature{owners: []any{l.u}})
		}, alone),
	}
}

func secretStories() []story {
	// owning makes an application that a colleague owns too.
	owning := func(days, named int, what, name, verdict string, change func(*leaver, *registration)) story {
		return identityStory(days, named, what, func(l *leaver) {
			change(l, l.b.application(name, l.left.Add(-200*day), l.u, l.successor))
		}, map[string]string{"ACC-005": pass, "ACC-006": verdict})
	}
	return []story{
		owning(9, byUPN, "knows a secret of an application that is still good", "Invoices", fail, func(l *leaver, a *registration) {
			a.passwords = []credential{{"nightly", l.left.Add(-100 * day), l.b.now.Add(200 * day)}}
		}),
		owning(10, byID, "knew a secret that has expired", "Timesheets", pass, func(l *leaver, a *registration) {
			a.passwords = []credential{{"nightly", l.left.Add(-400 * day), l.left.Add(-35 * day)}}
		}),
		owning(11, byMail, "the colleague made a new secret after they left, and the old one has expired", "Shipping", pass, func(l *leaver, a *registration) {
			a.passwords = []credential{
				{"old", l.left.Add(-400 * day), l.b.now.Add(-day)}, {"new", l.left.Add(2 * time.Hour), l.b.now.Add(300 * day)},
			}
		}),
		owning(12, byEmployeeID, "a new secret was made after they left, but the old one is still good", "Stock", fail, func(l *leaver, a *registration) {
			a.passwords = []credential{
				{"new", l.left.Add(2 * time.Hour), l.b.now.Add(300 * day)}, {"old", l.left.Add(-200 * day), l.b.now.Add(30 * day)},
			}
		}),
		owning(13, byUPN, "a secret that says neither when it began nor when it ends", "Archive Scanner", fail, func(_ *leaver, a *registration) {
			a.passwords = []credential{{}}
		}),
		identityStory(14, byID, "has a certificate of a service principal that is still good", func(l *leaver) {
			p := l.b.principal("Door Controller")
			p.owners = []any{l.u, l.successor}
			p.keys = []credential{{"CN=door", l.left.Add(-50 * day), l.b.now.Add(500 * day)}}
		}, map[string]string{"ACC-005": pass, "ACC-006": fail}),
	}
}

func grantStories() []story {
	return []story{
		identityStory(9, byUPN, "an application may still act in their name", func(l *leaver) {
			l.b.consent(l.u, l.b.crm, "Mail.Read offline_access")
		}, map[string]string{"ACC-007": fail}),
		identityStory(10, byID, "used an application that was consented for everybody: that consent is nobody's", func(l *leaver) {
			l.b.consent(nil, l.b.payroll, "User.Read")
		}, nil),
		identityStory(11, byMail, "an application is still assigned to them, with default access", func(l *leaver) {
			l.b.assign(l.u, l.b.crm, l.left.Add(-100*day))
		}, map[string]string{"ACC-007": fail}),
		identityStory(12, byEmployeeID, "an application is assigned to them only through a group", func(l *leaver) {
			l.b.appUsers.members = append(l.b.appUsers.members, l.u)
		}, map[string]string{"ACC-004": fail}),
	}
}

func methodStories() []story {
	left := map[string]string{"ACC-008": fail}
	return []story{
		identityStory(9, byUPN, "a temporary access pass can still be used", func(l *leaver) {
			l.b.accessPass(l.u, l.b.now.Add(-2*time.Hour), "")
		}, left),
		identityStory(10, byID, "a temporary access pass has expired", func(l *leaver) {
			l.b.accessPass(l.u, l.left.Add(-20*day), "Expired")
		}, nil),
		identityStory(11, byMail, "a telephone number is left to sign in with", func(l *leaver) { l.b.phoneMethod(l.u) }, left),
		identityStory(12, byUPN, "the Authenticator is left to sign in with", func(l *leaver) { l.b.authenticator(l.u) }, left),
		identityStory(13, byEmployeeID, "a security key and Windows Hello are left to sign in with", func(l *leaver) {
			l.b.method(l.u, "fido2", map[string]any{
				"displayName": "Red key", "aaGuid": "2fc0579f-8113-47ea-b116-555a8db9202a", "model": "NFC key", "attestationCertificates": []string{},
				"attestationLevel": "attested", "createdDateTime": stamp(l.left.Add(-90 * day)),
			})
			l.b.method(l.u, "windowsHelloForBusiness", map[string]any{
				"displayName": "Laptop", "keyStrength": "normal", "createdDateTime": stamp(l.left.Add(-80 * day)),
			})
		}, left),
		identityStory(14, byUPN, "an e-mail address and a code generator are left to sign in with", func(l *leaver) {
			l.b.method(l.u, "email", map[string]any{"emailAddress": local(l.u.upn) + "@" + outsideDomain})
			l.b.method(l.u, "softwareOath", map[string]any{"secretKey": nil})
		}, left),
		identityStory(15, byID, "a way to sign in is left that nobody knows yet", func(l *leaver) {
			l.b.method(l.u, "future", map[string]any{"displayName": "something new"})
		}, left),
		{
			what: "a guest with a telephone number to sign in with: the account is another organisation's", kind: invited, days: 12, named: byID,
			change: func(l *leaver) { l.b.phoneMethod(l.u) },
		},
	}
}

func secondAccountStories() []story {
	second := func(l *leaver, enabled bool) *user {
		other := l.b.account(l.u.givenName, l.u.surname, "adm-"+l.u.upn)
		other.displayName, other.enabled = l.u.displayName+" (admin)", enabled
		return other
	}
	guest := func(l *leaver, enabled bool) *user {
		other := l.b.guest(l.u.givenName, l.u.surname)
		other.enabled = enabled
		return other
	}
	another := map[string]string{"ACC-010": fail}
	return []story{
		identityStory(9, byUPN, "a second account with the same employee id is disabled", func(l *leaver) {
			second(l, false).employeeID = l.u.employeeID
		}, nil),
		identityStory(10, byUPN, "a second account that only the roster knows of can sign in", func(l *leaver) {
			l.row.aliases = strings.ToUpper(second(l, true).upn) // names have no case
		}, another),
		identityStory(11, byID, "a second account that only the roster knows of is disabled", func(l *leaver) {
			l.row.aliases = "nobody.here@" + mainDomain + "|" + second(l, false).upn
		}, nil),
		identityStory(12, byUPN, "a second account with the same employee id is deleted", func(l *leaver) {
			other := second(l, true)
			other.employeeID = l.u.employeeID
			l.b.remove(other, l.left.Add(3*day))
		}, nil),
		identityStory(13, byID, "invited as a guest too, under the address at work", func(l *leaver) {
			guest(l, true).mail = l.u.mail
		}, another),
		identityStory(14, byEmployeeID, "invited as a guest too, with the address at work among the other ones", func(l *leaver) {
			other := guest(l, true)
			other.otherMails = append(other.otherMails, strings.ToUpper(l.u.mail))
		}, another),
		identityStory(15, byUPN, "invited as a guest too, and the guest is disabled", func(l *leaver) {
			other := guest(l, false)
			other.otherMails = append(other.otherMails, l.u.mail)
		}, nil),
		identityStory(16, byUPN, "has no employee id, like many others, who are other people", func(l *leaver) { l.u.employeeID = "" }, nil),
	}
}

func reportStories() []story {
	return []story{
		identityStory(9, byUPN, "still somebody's manager", func(l *leaver) { l.b.managers[l.successor] = l.u }, map[string]string{"ACC-011": fail}),
		identityStory(10, byID, "was the manager only of somebody who is deleted", func(l *leaver) { l.b.managers[l.b.deletedLeaver()] = l.u }, nil),
	}
}

// leavingSoon returns somebody of the roster who is still at work.
func (b *builder) leavingSoon() *user {
	return b.leaverWith(func(_ *user, p Person) bool { return p.State == "not_yet" })
}

func (b *builder) deletedLeaver() *user {
	return b.leaverWith(func(u *user, _ Person) bool { return !u.deleted.IsZero() })
}

func (b *builder) leaverWith(is func(*user, Person) bool) *user {
	for _, p := range b.people {
		if u := b.byID(p.ID); u != nil && is(u, p) {
			return u
		}
	}
	panic("simulated tenant: the story needs a leaver before it")
}
