package simtenant

import (
	"slices"
	"strings"
)

func (t *Tenant) applicationRoutes() []route {
	applications, all := []string{"Application.Read.All"}, []string{"Directory.Read.All"}
	return []route{
		{"/applications", nil, familyIdentity, applications, 2, t.listApplications},
		{"/applications/{id}", nil, familyIdentity, applications, 1, t.getApplication},
		{"/applications/{id}/owners", nil, familyIdentity, applications, 2, t.listApplicationOwners},
		{"/servicePrincipals", nil, familyIdentity, applications, 1, t.listServicePrincipals},
		{"/servicePrincipals/{id}", nil, familyIdentity, applications, 1, t.getServicePrincipal},
		{"/servicePrincipals/{id}/owners", nil, familyIdentity, applications, 1, t.listServicePrincipalOwners},
		{"/users/{id}/appRoleAssignments", nil, familyIdentity, all, 1, t.listAppRoleAssignments},
		{"/users/{id}/oauth2PermissionGrants", nil, familyIdentity, all, 1, t.listGrantsOfUser},
		{"/oauth2PermissionGrants", nil, familyIdentity, all, 2, t.listGrants},
	}
}

// listOwnedObjects gives groups, applications and service principals; devices have a list of their own.
func (t *Tenant) listOwnedObjects(g *graphCall) (answer, error) {
	return g.ofUser(func(u *user) []any { return t.of(u).owned }, kindGroup, kindApplication, kindPrincipal)
}

func (t *Tenant) listApplications(g *graphCall) (answer, error) {
	return listObjects(g, "applications", kindApplication, slices.DeleteFunc(slices.Clone(t.applications), func(a *registration) bool { return a.gone }))
}

func (t *Tenant) listServicePrincipals(g *graphCall) (answer, error) {
	return listObjects(g, "servicePrincipals", kindPrincipal, slices.DeleteFunc(slices.Clone(t.servicePrincipals), func(p *servicePrincipal) bool { return p.gone }))
}

func (t *Tenant) getApplication(g *graphCall) (answer, error) {
	return getRegistered(g, "applications", kindApplication, t.findApplication(g.params[0]))
}

func (t *Tenant) getServicePrincipal(g *graphCall) (answer, error) {
	return getRegistered(g, "servicePrincipals", kindPrincipal, t.findServicePrincipal(g.params[0]))
}

// registered is an application or a service principal.
type registered interface {
	comparable
	row(ids identifiers, keys bool) map[string]any
}

func getRegistered[T registered](g *graphCall, context, kind string, found T) (answer, error) {
	if err := only(g, "$select"); err != nil {
		return answer{}, err
	}
	if err := g.selection(kind); err != nil {
		return answer{}, err
	}
	var none T
	if found == none {
		return answer{}, notFound(g.params[0])
	}
	// A public key is told only to those who ask one application for its key credentials by name.
	row := found.row(identifiers{seed: g.t.options.Seed}, g.query.wants("keyCredentials"))
	return entity(g, context, pick(row, g.query.selected))
}

func (t *Tenant) findApplication(id string) *registration {
	if i := slices.IndexFunc(t.applications, func(a *registration) bool { return !a.gone && strings.EqualFold(a.id, id) }); i >= 0 {
		return t.applications[i]
	}
	return nil
}

func (t *Tenant) findServicePrincipal(id string) *servicePrincipal {
	if i := slices.IndexFunc(t.servicePrincipals, func(p *servicePrincipal) bool { return !p.gone && strings.EqualFold(p.id, id) }); i >= 0 {
		return t.servicePrincipals[i]
	}
	return nil
}

func (t *Tenant) listApplicationOwners(g *graphCall) (answer, error) {
	found := t.findApplication(g.params[0])
	if found == nil {
		return answer{}, notFound(g.params[0])
	}
	return g.objects(shownOwners(found.owners), kindUser, kindPrincipal)
}

func (t *Tenant) listServicePrincipalOwners(g *graphCall) (answer, error) {
	found := t.findServicePrincipal(g.params[0])
	if found == nil {
		return answer{}, notFound(g.params[0])
	}
	return g.objects(shownOwners(found.owners), kindUser, kindPrincipal)
}

func (a *registration) row(ids identifiers, keys bool) map[string]any {
	return map[string]any{
		"id": a.id, "deletedDateTime": nil, "appId": a.appID, "displayName": a.name, "createdDateTime": stamp(a.created), "description": nil,
		"disabledByMicrosoftStatus": nil, "groupMembershipClaims": nil, "identifierUris": []string{}, "isFallbackPublicClient": nil, "notes": nil,
		"publisherDomain": mainDomain, "signInAudience": "AzureADMyOrg", "tags": []string{}, "tokenEncryptionKeyId": nil, "appRoles": []any{},
		"keyCredentials": keyCredentials(ids, a.id, a.keys, keys), "passwordCredentials": passwordCredentials(ids, a.id, a.passwords),
	}
}

func (p *servicePrincipal) row(ids identifiers, keys bool) map[string]any {
	return map[string]any{
		"id": p.id, "deletedDateTime": nil, "accountEnabled": !p.disabled, "alternativeNames": []string{}, "appDescription": nil, "appDisplayName": p.name,
		"appId": p.appID, "appOwnerOrganizationId": nil, "appRoleAssignmentRequired": false, "displayName": p.name, "description": nil, "homepage": nil,
		"notes": nil, "servicePrincipalNames": []string{p.appID}, "servicePrincipalType": "Application", "signInAudience": "AzureADMyOrg",
		"tags": []string{}, "tokenEncryptionKeyId": nil, "appRoles": []any{}, "oauth2PermissionScopes": []any{},
		"keyCredentials": keyCredentials(ids, p.id, p.keys, keys), "passwordCredentials": passwordCredentials(ids, p.id, p.passwords),
	}
}

// passwordCredentials never shows a secret: only its first letters.
func passwordCredentials(ids identifiers, of string, secrets []credential) []any {
	out := []any{}
	for i, s := range secrets {
		out = append(out, map[string]any{
			"customKeyIdentifier": nil, "displayName": text(s.name), "endDateTime": stamp(s.end), "hint": "sim", "keyId": ids.guid("secret", of, itoa(i)),
			"secretText": nil, "startDateTime": stamp(s.start),
		})
	}
	return out
}

func keyCredentials(ids identifiers, of string, certificates []credential, shown bool) []any {
	out := []any{}
	for i, c := range certificates {
		key := any(nil)
		if shown {
			key = ids.token("key", of, itoa(i))
		}
		out = append(out, map[string]any{
			"customKeyIdentifier": ids.token("thumbprint", of, itoa(i)), "displayName": text(c.name), "endDateTime": stamp(c.end), "key": key,
			"keyId": ids.guid("certificate", of, itoa(i)), "startDateTime": stamp(c.start), "type": "AsymmetricX509Cert", "usage": "Verify",
		})
	}
	return out
}

// listAppRoleAssignments gives the applications that a person is assigned to, in person and through direct groups.
func (t *Tenant) listAppRoleAssignments(g *graphCall) (answer, error) {
	if err := only(g, "$select", "$filter", "$top", "$count"); err != nil {
		return answer{}, err
	}
	if err := g.advanced(); err != nil {
		return answer{}, err
	}
	if err := selectable(g, "appRoleAssignment", hasKey((&appAssignment{resource: &servicePrincipal{}, principal: &user{}}).row())); err != nil {
		return answer{}, err
	}
	f := g.query.filter
	if err := allowedFilter(f, map[string]string{"resourceId": "eq"}); err != nil {
		return answer{}, err
	}
	u := t.findUser(g.params[0])
	if u == nil {
		return answer{}, notFound(g.params[0])
	}
	var found []*appAssignment
	for _, a := range t.appAssignments {
		through, isGroup := a.principal.(*group)
		theirs := a.principal == u || isGroup && slices.Contains(t.of(u).groups, through)
		if theirs && !a.resource.gone && (f == nil || f.match(rowValues(a.row()))) {
			found = append(found, a)
		}
	}
	return collection(g, "appRoleAssignments", found, usersPerPage, maxUsers, func(a *appAssignment) map[string]any { return pick(a.row(), g.query.selected) })
}

func (a *appAssignment) row() map[string]any {
	id, name, kind := "", "", "User"
	switch p := a.principal.(type) {
	case *user:
		id, name = p.id, p.displayName
	case *group:
		id, name, kind = p.id, p.name, "Group"
	}
	return map[string]any{
		"id": a.id, "deletedDateTime": nil, "appRoleId": a.role, "createdDateTime": fine(a.assignedAt), "principalDisplayName": name,
		"principalId": id, "principalType": kind, "resourceDisplayName": a.resource.name, "resourceId": a.resource.id,
	}
}

func (t *Tenant) listGrants(g *graphCall) (answer, error) { return grants(g, t.delegatedGrants) }

// listGrantsOfUser leaves out what was consented for everybody, which is nobody's.
func (t *Tenant) listGrantsOfUser(g *graphCall) (answer, error) {
	u := t.findUser(g.params[0])
	if u == nil {
		return answer{}, notFound(g.params[0])
	}
	return grants(g, slices.DeleteFunc(slices.Clone(t.delegatedGrants), func(d *delegatedGrant) bool { return d.principal != u }))
}

func grants(g *graphCall, all []*delegatedGrant) (answer, error) {
	if err := only(g, "$select", "$filter", "$top"); err != nil {
		return answer{}, err
	}
	if err := selectable(g, "oAuth2PermissionGrant", hasKey((&delegatedGrant{}).row())); err != nil {
		return answer{}, err
	}
	f := g.query.filter
	if err := allowedFilter(f, map[string]string{"clientId": "eq", "consentType": "eq", "principalId": "eq", "resourceId": "eq"}); err != nil {
		return answer{}, err
	}
	var found []*delegatedGrant
	for _, d := range all {
		if d.principal != nil && !d.principal.deleted.IsZero() {
			continue
		}
		if f == nil || f.match(rowValues(d.row())) {
			found = append(found, d)
		}
	}
	return collection(g, "oauth2PermissionGrants", found, usersPerPage, maxUsers, func(d *delegatedGrant) map[string]any { return pick(d.row(), g.query.selected) })
}

func (d *delegatedGrant) row() map[string]any {
	kind, principal := "AllPrincipals", any(nil)
	if d.principal != nil {
		kind, principal = "Principal", d.principal.id
	}
	return map[string]any{"id": d.id, "clientId": d.client, "consentType": kind, "principalId": principal, "resourceId": d.resource, "scope": d.scope}
}
