package simtenant

import (
	"slices"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// listSubscribedSKUs answers for the subscriptions. The documentation gives them no query options but $select.
func (t *Tenant) listSubscribedSKUs(g *graphCall) (answer, error) {
	if err := only(g, "$select"); err != nil {
		return answer{}, err
	}
	row := func(s *sku) map[string]any {
		return map[string]any{
			"id": t.id + "_" + s.id, "accountName": "fabrikamsim", "accountId": t.id, "skuId": s.id, "skuPartNumber": s.part,
			"capabilityStatus": "Enabled", "appliesTo": "User", "consumedUnits": s.consumed, "subscriptionIds": []string{},
			"prepaidUnits": map[string]any{"enabled": s.consumed + s.spare - s.warning, "suspended": 0, "warning": s.warning, "lockedOut": 0},
			"servicePlans": servicePlans(s),
		}
	}
	if err := selectable(g, "subscribedSku", hasKey(row(&sku{}))); err != nil {
		return answer{}, err
	}
	return collection(g, "subscribedSkus", t.skus, len(t.skus), len(t.skus), func(s *sku) map[string]any { return pick(row(s), g.query.selected) })
}

func (t *Tenant) listLicenceDetails(g *graphCall) (answer, error) {
	if err := only(g, "$select"); err != nil {
		return answer{}, err
	}
	u := t.findUser(g.params[0])
	if u == nil {
		return answer{}, notFound(g.params[0])
	}
	var held []*sku
	for _, l := range u.licences {
		if !slices.Contains(held, l.sku) {
			held = append(held, l.sku)
		}
	}
	row := func(s *sku) map[string]any {
		id := identifiers{seed: t.options.Seed}.token("licence", u.id, s.id)
		return map[string]any{"id": id, "skuId": s.id, "skuPartNumber": s.part, "servicePlans": servicePlans(s, u.switchedOff(s)...)}
	}
	if err := selectable(g, "licenseDetails", hasKey(row(&sku{}))); err != nil {
		return answer{}, err
	}
	return collection(g, "users('"+u.id+"')/licenseDetails", held, logPage, logPage, func(s *sku) map[string]any { return pick(row(s), g.query.selected) })
}

func servicePlans(s *sku, off ...string) []any {
	plans := []any{}
	for _, p := range s.plans {
		status := "Success"
		if slices.Contains(off, p.id) {
			status = "Disabled"
		}
		plans = append(plans, map[string]any{
			"servicePlanId": p.id, "servicePlanName": p.name, "provisioningStatus": status, "appliesTo": "User",
		})
	}
	return plans
}

func (t *Tenant) listOrganization(g *graphCall) (answer, error) {
	if err := only(g, "$select"); err != nil {
		return answer{}, err
	}
	var verified []any
	for _, d := range t.domains {
		if d.verified {
			verified = append(verified, map[string]any{
				"capabilities": "Email, OfficeCommunicationsOnline", "isDefault": d.standard, "isInitial": d.original, "name": d.name, "type": "Managed",
			})
		}
	}
	plans := []any{}
	for _, s := range t.skus {
		for _, p := range s.plans {
			plans = append(plans, map[string]any{
				"assignedDateTime": stamp(t.organisation.created), "capabilityStatus": "Enabled", "service": "exchange", "servicePlanId": p.id,
			})
		}
	}
	row := map[string]any{
		"id": t.id, "deletedDateTime": nil, "displayName": t.organisation.name, "createdDateTime": stamp(t.organisation.created),
		"verifiedDomains": verified, "assignedPlans": plans, "businessPhones": []string{}, "city": "Utrecht", "country": nil,
		"countryLetterCode": "NL", "defaultUsageLocation": nil, "onPremisesSyncEnabled": true, "tenantType": "AAD",
		"onPremisesLastSyncDateTime": stamp(t.AsOf().Add(-syncInterval)), "preferredLanguage": "en", "provisionedPlans": []any{},
		"marketingNotificationEmails": []string{}, "technicalNotificationMails": []string{}, "securityComplianceNotificationMails": []string{},
		"securityComplianceNotificationPhones": []string{}, "postalCode": nil, "state": nil, "street": nil, "partnerTenantType": nil, "privacyProfile": nil,
	}
	if err := selectable(g, "organization", hasKey(row)); err != nil {
		return answer{}, err
	}
	return collection(g, "organization", []map[string]any{row}, 1, 1, func(r map[string]any) map[string]any { return pick(r, g.query.selected) })
}

func (t *Tenant) listDomains(g *graphCall) (answer, error) {
	if err := only(g, "$select", "$top"); err != nil {
		return answer{}, err
	}
	row := func(d domain) map[string]any {
		return map[string]any{
			"id": d.name, "authenticationType": "Managed", "availabilityStatus": nil, "isAdminManaged": true, "isDefault": d.standard,
			"isInitial": d.original, "isRoot": true, "isVerified": d.verified, "supportedServices": []string{"Email", "OfficeCommunicationsOnline"},
			"passwordValidityPeriodInDays": 2147483647, "passwordNotificationWindowInDays": 14, "manufacturer": nil, "model": nil, "state": nil,
		}
	}
	if err := selectable(g, "domain", hasKey(row(domain{}))); err != nil {
		return answer{}, err
	}
	return collection(g, "domains", t.domains, usersPerPage, maxUsers, func(d domain) map[string]any { return pick(row(d), g.query.selected) })
}

func hasKey(row map[string]any) func(string) bool {
	return func(name string) bool {
		_, ok := row[name]
		return ok
	}
}

func (t *Tenant) getGroup(g *graphCall) (answer, error) {
	if err := only(g, "$select"); err != nil {
		return answer{}, err
	}
	found := t.findGroup(g.params[0])
	if found == nil {
		return answer{}, notFound(g.params[0])
	}
	row := found.row()
	if err := selectable(g, "group", hasKey(row)); err != nil {
		return answer{}, err
	}
	return entity(g, "groups", pick(row, g.query.selected))
}

func (t *Tenant) findGroup(id string) *group {
	return t.groupsByID[strings.ToLower(id)]
}

// listTransitiveMembers gives people and groups. Without the right to read people, their properties are null:
// Graph lets an application that may read the container see that somebody is in it, but not who.
func (t *Tenant) listTransitiveMembers(g *graphCall) (answer, error) { return t.members(g, true) }

func (t *Tenant) listTransitiveUsers(g *graphCall) (answer, error) { return t.members(g, false) }

func (t *Tenant) members(g *graphCall, withGroups bool) (answer, error) {
	found := t.findGroup(g.params[0])
	if found == nil {
		return answer{}, notFound(g.params[0])
	}
	if err := only(g, "$select", "$top", "$count"); err != nil {
		return answer{}, err
	}
	if err := g.advanced(); err != nil {
		return answer{}, err
	}
	for _, name := range g.query.selected {
		if !t.isUserProperty(name) && (!withGroups || !hasKey(found.row())(name)) {
			return answer{}, unknownProperty(name, "directoryObject")
		}
	}
	type member struct {
		user  *user
		group *group
	}
	var all []member
	seen := map[any]bool{found: true}
	var gather func(*group)
	gather = func(gr *group) {
		for _, u := range gr.members {
			if u.deleted.IsZero() && !seen[u] {
				seen[u] = true
				all = append(all, member{user: u})
			}
		}
		for _, inner := range gr.nested {
			if !seen[inner] && !inner.gone {
				seen[inner] = true
				if withGroups {
					all = append(all, member{group: inner})
				}
				gather(inner)
			}
		}
	}
	gather(found)
	return collection(g, "directoryObjects", all, usersPerPage, maxUsers, func(m member) map[string]any {
		if m.group != nil {
			row := m.group.row()
			row["@odata.type"] = "#microsoft.graph.group"
			return pick(row, g.query.selected)
		}
		row := g.userRow(m.user)
		if !g.may("User.Read.All") {
			for name := range row {
				if name != "id" {
					row[name] = nil
				}
			}
		}
		if withGroups {
			row["@odata.type"] = "#microsoft.graph.user"
		}
		return row
	})
}
