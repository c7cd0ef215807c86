package simtenant

import (
	"slices"
	"time"
)

// GroupID is the object id of the group of a name; empty when there is none.
func (t *Tenant) GroupID(name string) string {
	for _, g := range t.groups {
		if g.name == name {
			return g.id
		}
	}
	return ""
}

// join puts somebody into a group, and writes that down as Core Directory does: the member is the first target, with
// the group as a changed property, and the group the second.
func (b *builder) join(g *group, u *user, at time.Time) {
	g.members = append(g.members, u)
	a := b.audit(u, at, b.admin, "Add member to group",
		[3]string{"Group.ObjectID", "", `"` + g.id + `"`}, [3]string{"Group.DisplayName", "", `"` + g.name + `"`})
	a.category, a.operation, a.group = "GroupManagement", "Assign", g
}

func (t *Tenant) listGroups(g *graphCall) (answer, error) {
	return listObjects(g, "groups", kindGroup, slices.DeleteFunc(slices.Clone(t.groups), func(gr *group) bool { return gr.gone }))
}

func (gr *group) row() map[string]any {
	types, addresses, provisioned, rule := []string{}, []string{}, []string{}, any(nil)
	if gr.unified {
		types = append(types, "Unified")
	}
	if gr.rule != "" {
		types, rule = append(types, "DynamicMembership"), gr.rule
	}
	if gr.team {
		provisioned = append(provisioned, "Team")
	}
	if gr.mail != "" {
		addresses = append(addresses, "SMTP:"+gr.mail)
	}
	yes := func(so bool) any { // Graph says null for a property that was never set
		if so {
			return true
		}
		return nil
	}
	return map[string]any{
		"id": gr.id, "displayName": gr.name, "mail": text(gr.mail), "mailNickname": gr.alias, "mailEnabled": gr.mail != "",
		"securityEnabled": !gr.plainList && !gr.unified, "groupTypes": types, "onPremisesSyncEnabled": yes(gr.synced),
		"isAssignableToRole": yes(gr.forRoles), "description": nil, "membershipRule": rule,
		"membershipRuleProcessingState": text(map[bool]string{true: "On"}[gr.rule != ""]), "proxyAddresses": addresses,
		"resourceProvisioningOptions": provisioned, "resourceBehaviorOptions": []string{}, "visibility": nil, "createdDateTime": nil,
		"deletedDateTime": nil, "classification": nil, "expirationDateTime": nil, "onPremisesLastSyncDateTime": nil,
		"onPremisesSecurityIdentifier": nil, "renewedDateTime": nil, "theme": nil, "preferredLanguage": nil,
	}
}

func (u *administrativeUnit) row() map[string]any {
	return map[string]any{
		"id": u.id, "deletedDateTime": nil, "displayName": u.name, "description": nil, "isMemberManagementRestricted": false, "visibility": nil,
		"membershipType": nil, "membershipRule": nil, "membershipRuleProcessingState": nil,
	}
}

func (t *Tenant) listGroupOwners(g *graphCall) (answer, error) {
	found := t.findGroup(g.params[0])
	if found == nil {
		return answer{}, notFound(g.params[0])
	}
	// v1.0 does not list service principals as owners of groups.
	people := slices.DeleteFunc(shownOwners(found.owners), func(o any) bool { return t.entryOf(o).kind != kindUser })
	return g.objects(people, kindUser)
}

// listMemberOf gives groups, directory roles and administrative units.
func (t *Tenant) listMemberOf(g *graphCall) (answer, error) {
	return g.ofUser(t.memberships, kindGroup, kindRole, kindUnit)
}

func (t *Tenant) listTransitiveMemberOf(g *graphCall) (answer, error) {
	return g.ofUser(t.transitiveMemberships, kindGroup, kindRole, kindUnit)
}

func (t *Tenant) memberships(u *user) []any {
	has := t.of(u)
	return append(append(objectsOf(has.groups), objectsOf(has.units)...), objectsOf(has.roles)...)
}

// transitiveMemberships adds the groups that contain groups, and the roles that groups hold.
func (t *Tenant) transitiveMemberships(u *user) []any {
	all := t.memberships(u)
	add := func(o any) {
		if !slices.Contains(all, o) {
			all = append(all, o)
		}
	}
	for i := 0; i < len(all); i++ {
		inner, ok := all[i].(*group)
		if !ok {
			continue
		}
		for _, outer := range t.groups {
			if !outer.gone && slices.Contains(outer.nested, inner) {
				add(outer)
			}
		}
		for _, r := range t.roleGrants {
			if r.principal == inner && !r.eligible && r.scope == everywhere && r.at(t.AsOf()) {
				add(r.role)
			}
		}
	}
	return all
}
