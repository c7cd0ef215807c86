package simtenant

import (
	"strings"
	"time"
)

// fixtures are the groups, roles and applications that the stories play with.
type fixtures struct {
	projects, dynamic, synced, security, outer, list, gone, queue *group
	team, appUsers, shared                                        *group
	adminGroup, eligibleGroup, emptyRoleGroup, pimOnly            *group
	unit                                                          *administrativeUnit
	global, helpdesk, reports, exchange, custom                   *roleDefinition
	graphAPI, payroll, crm                                        *servicePrincipal
}

// furnish makes what the stories need to find.
func (b *builder) furnish() {
	role := func(id, name string) *roleDefinition {
		r := &roleDefinition{id: id, name: name, description: "Simulated: " + name}
		b.roleDefinitions = append(b.roleDefinitions, r)
		return r
	}
	b.global = role("62e90394-69f5-4237-9190-012177145e10", "Global Administrator")
	b.helpdesk = role("729827e3-9c14-49f7-bb1b-9608f156bbb8", "Helpdesk Administrator")
	b.reports = role("4a5d8f65-41da-4de4-8968-e035b65339cf", "Reports Reader")
	b.exchange = role("29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator")
	b.custom = role(b.ids.guid("role", "door"), "Door List Keeper")
	b.custom.custom = true
	b.furnishGroups()
	b.graphAPI = b.principal("Microsoft Graph")
	b.graphAPI.appID = "00000003-0000-0000-c000-000000000000"
	b.payroll, b.crm = b.principal("Payroll"), b.principal("Customer Records")
	b.unit = &administrativeUnit{id: b.ids.guid("unit"), name: "Utrecht Office"}
	b.units = []*administrativeUnit{b.unit}
	// What is not the leavers': a role of the desk, a role of groups, a consent for everybody, an assignment of a group.
	b.grantRole(b.global, b.byID(b.admin.userID), everywhere, false, b.organisation.created, time.Time{})
	b.grantRole(b.exchange, b.adminGroup, everywhere, false, b.organisation.created, time.Time{})
	b.grantRole(b.helpdesk, b.eligibleGroup, everywhere, true, b.organisation.created, time.Time{})
	b.consent(nil, b.crm, "User.Read openid profile")
	b.assign(b.appUsers, b.payroll, b.organisation.created.Add(90*day))
	b.appUsers.members = append(b.appUsers.members, b.staff[2])
	for i, u := range b.staff {
		if i > 0 {
			b.managers[u] = b.staff[0]
		}
	}
	b.adminGroup.members = append(b.adminGroup.members, b.staff[7])
}

func (b *builder) furnishGroups() {
	add := func(name string, nature groupNature, mailed bool) *group {
		alias := strings.ReplaceAll(strings.ToLower(name), " ", ".")
		g := &group{id: b.ids.guid("group", name), name: name, alias: alias, groupNature: nature}
		if mailed {
			g.mail = alias + "@" + mainDomain
		}
		b.groups = append(b.groups, g)
		return g
	}
	b.projects = add("Project Lagoon", groupNature{unified: true}, true)
	b.team = add("Team Harvest", groupNature{unified: true, team: true}, true)
	b.dynamic = add("Night Shift", groupNature{rule: `(user.extensionAttribute1 -eq "night")`}, false)
	b.synced = add("File Share Readers", groupNature{synced: true}, false)
	b.security = add("Door List", groupNature{}, false)
	b.list = add("Canteen News", groupNature{plainList: true}, true)
	b.outer = add("Building Services", groupNature{}, true)
	b.outer.nested = []*group{b.list}
	b.queue = add("Helpline Queue", groupNature{plainList: true}, true)
	b.gone = add("Project Sandcastle", groupNature{unified: true, gone: true}, true)
	b.appUsers = add("Payroll Users", groupNature{}, false)
	b.adminGroup = add("Exchange Administrators", groupNature{forRoles: true}, false)
	b.eligibleGroup = add("Helpdesk on Call", groupNature{forRoles: true}, false)
	b.emptyRoleGroup = add("Break Glass Reserve", groupNature{forRoles: true}, false)
	b.pimOnly = add("Production Databases", groupNature{}, false)
	for i, g := range []*group{ // but the synchronised one, whose owners Active Directory knows
		b.projects, b.team, b.dynamic, b.security, b.list, b.outer, b.queue, b.appUsers, b.adminGroup, b.eligibleGroup, b.emptyRoleGroup, b.pimOnly,
	} {
		g.owners = []any{b.staff[i%len(b.staff)]}
	}
	b.outer.members, b.list.members = []*user{b.staff[3]}, []*user{b.staff[4], b.absent}
	b.team.members, b.projects.members = []*user{b.staff[5], b.staff[6]}, []*user{b.staff[8]}
}

// group makes a group of a story's own.
func (b *builder) group(name string, nature groupNature) *group {
	g := &group{id: b.ids.guid("group", name), name: name, alias: strings.ReplaceAll(strings.ToLower(name), " ", "."), groupNature: nature}
	if nature.unified || nature.plainList {
		g.mail = g.alias + "@" + mainDomain
	}
	b.groups = append(b.groups, g)
	return g
}

func (b *builder) principal(name string) *servicePrincipal {
	p := &servicePrincipal{id: b.ids.guid("principal", name), appID: b.ids.guid("app", name), name: name}
	b.servicePrincipals = append(b.servicePrincipals, p)
	return p
}

// application makes an application with its service principal, which is a different object with owners of its own.
func (b *builder) application(name string, created time.Time, owners ...any) *registration {
	a := &registration{id: b.ids.guid("application", name), appID: b.ids.guid("app", name), name: name, created: created, owners: owners}
	b.applications = append(b.applications, a)
	b.principal(name)
	return a
}

func (b *builder) grantRole(role *roleDefinition, principal any, scope string, eligible bool, start, end time.Time) *roleGrant {
	r := &roleGrant{
		id: b.ids.token("role grant", itoa(len(b.roleGrants))), role: role, principal: principal, scope: scope, eligible: eligible, start: start, end: end,
	}
	b.roleGrants = append(b.roleGrants, r)
	return r
}

// govern puts somebody's membership or ownership of a group under Privileged Identity Management.
func (b *builder) govern(g *group, u *user, access string, eligible bool) *groupGrant {
	d := &groupGrant{
		id: g.id + "_" + access + "_" + b.ids.guid("group grant", itoa(len(b.groupGrants))), group: g, principal: u, access: access, eligible: eligible,
		start: u.created,
	}
	b.groupGrants = append(b.groupGrants, d)
	return d
}

// consent lets an application act in somebody's name, or in everybody's.
func (b *builder) consent(u *user, client *servicePrincipal, scope string) {
	b.delegatedGrants = append(b.delegatedGrants, &delegatedGrant{
		id: b.ids.token("grant", itoa(len(b.delegatedGrants))), client: client.id, resource: b.graphAPI.id, scope: scope, principal: u,
	})
}

// assign assigns an application, with the role that means default access.
func (b *builder) assign(principal any, resource *servicePrincipal, at time.Time) {
	b.appAssignments = append(b.appAssignments, &appAssignment{
		id: b.ids.token("app role", itoa(len(b.appAssignments))), role: "00000000-0000-0000-0000-000000000000", principal: principal, resource: resource,
		assignedAt: at,
	})
}

// device registers a device of the company's: joined to the directory, managed, enabled.
func (b *builder) device(u *user, os string, at time.Time) *entraDevice {
	n := itoa(len(b.entraDevices))
	d := &entraDevice{
		id: b.ids.guid("device object", u.id, n), deviceID: b.ids.guid("device id", u.id, n), name: strings.ToUpper(u.givenName) + "-" + n, os: os, osVersion: "10.0.22631.1",
		trust: "AzureAd", ownership: "company", enabled: true, managed: true, compliant: true, registered: []*user{u}, owners: []*user{u}, registeredAt: at,
		lastSeen: at.Add(100 * day),
	}
	b.entraDevices = append(b.entraDevices, d)
	return d
}

// method adds a way to sign in.
func (b *builder) method(u *user, kind string, properties map[string]any) {
	b.methods[u] = append(b.methods[u], &method{kind: kind, id: b.ids.guid("method", u.id, kind, itoa(len(b.methods[u]))), properties: properties})
}

func (b *builder) phoneMethod(u *user) {
	b.method(u, "phone", map[string]any{
		"phoneNumber": "+31 6 555 01" + itoa(10+len(u.upn)%90), "phoneType": "mobile", "smsSignInState": "notAllowedByPolicy", "createdDateTime": stamp(u.created),
	})
}

// authenticator is older than createdDateTime: the service leaves it out.
func (b *builder) authenticator(u *user) {
	b.method(u, "microsoftAuthenticator", map[string]any{"displayName": u.givenName + "'s phone", "deviceTag": "SoftwareTokenActivated", "phoneAppVersion": "6.8.14"})
}

// accessPass adds a temporary access pass; reason tells why it cannot be used, if it cannot.
func (b *builder) accessPass(u *user, start time.Time, reason string) {
	usable := reason == ""
	if usable {
		reason = "EnabledByPolicy"
	}
	b.method(u, "temporaryAccessPass", map[string]any{
		"temporaryAccessPass": nil, "createdDateTime": stamp(start), "startDateTime": stamp(start), "lifetimeInMinutes": 480, "isUsableOnce": false,
		"isUsable": usable, "methodUsabilityReason": reason,
	})
}

// identities gives the people around some of what the stories are about, so that joins can go wrong.
func (b *builder) identities() {
	dated := b.organisation.created.Add(200 * day)
	for i, u := range b.crowd {
		if !u.deleted.IsZero() {
			continue
		}
		chance := b.ids.chance("identity", u.id)
		b.managers[u] = b.staff[i%len(b.staff)]
		b.phoneMethod(u)
		b.authenticator(u)
		groups := []*group{b.dynamic, b.security, b.list, b.outer, b.projects, b.team, b.appUsers, b.queue}
		for range chance.IntN(4) {
			at := chance.IntN(len(groups))
			groups[at].members = append(groups[at].members, u)
			groups = append(groups[:at:at], groups[at+1:]...)
		}
		switch i % 11 {
		case 0:
			b.unit.members = append(b.unit.members, u)
		case 1:
			b.device(u, "Windows", u.created)
		case 2:
			d := b.device(u, "IPhone", u.created)
			d.trust, d.ownership, d.managed, d.compliant = "Workplace", "personal", nil, nil
		case 3:
			d := b.device(u, "Windows", u.created) // a device that two use
			d.registered = append(d.registered, b.crowd[(i+1)%len(b.crowd)])
		case 4:
			b.consent(u, b.crm, "User.Read Mail.Read offline_access")
		case 5:
			b.assign(u, b.crm, dated)
		}
		switch i % 41 {
		case 6:
			b.grantRole(b.reports, u, everywhere, false, u.created, time.Time{})
		case 7:
			b.grantRole(b.helpdesk, u, everywhere, true, u.created, time.Time{})
		case 8:
			b.govern(b.adminGroup, u, "member", true)
		case 9:
			b.method(u, "fido2", map[string]any{
				"displayName": "Blue key", "aaGuid": "2fc0579f-8113-47ea-b116-555a8db9202a", "model": "NFC key", "attestationCertificates": []string{},
				"attestationLevel": "notAttested", "createdDateTime": stamp(u.created),
			})
		case 10:
			b.accessPass(u, b.now.Add(-time.Hour), "")
		case 11:
			a := b.application("Crowd tool "+itoa(i), u.created, u)
			a.passwords = []credential{{"first", u.created, b.now.Add(90 * day)}}
		case 12:
			b.group("Crowd group "+itoa(i), groupNature{unified: true, owners: []any{u}})
		case 13:
			b.device(u, "Windows", u.created).gone = true
		}
	}
	b.haunt(b.deletedLeaver())
	left := map[string]bool{}
	for _, p := range b.people {
		left[p.ID] = true
	}
	for i, u := range b.users { // leavers had managers too, who stay
		if left[u.id] && b.managers[u] == nil {
			b.managers[u] = b.staff[i%len(b.staff)]
		}
	}
	if b.governance != nil {
		desk := b.byID(b.admin.userID)
		desk.licences = append(desk.licences, licence{sku: b.governance, updated: desk.created})
	}
}

// haunt leaves everything with somebody who is deleted: no list shows any of it.
func (b *builder) haunt(u *user) {
	b.grantRole(b.global, u, everywhere, false, u.created, time.Time{})
	b.govern(b.adminGroup, u, "member", true)
	b.security.members, b.security.owners = append(b.security.members, u), append(b.security.owners, u)
	b.consent(u, b.crm, "Mail.Read")
	b.assign(u, b.crm, u.created)
	b.phoneMethod(u)
}
