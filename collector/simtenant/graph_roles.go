package simtenant

import (
	"slices"
	"strings"
	"time"
)

// everywhere is the scope of a role that holds in the whole directory.
const everywhere = "/"

func (t *Tenant) roleRoutes() []route {
	roles := []string{"RoleManagement.Read.Directory"}
	assignment, eligibility := []string{"RoleAssignmentSchedule.Read.Directory", roles[0]}, []string{"RoleEligibilitySchedule.Read.Directory", roles[0]}
	const directory, groups = "/roleManagement/directory/", "/identityGovernance/privilegedAccess/group/"
	return []route{
		{directory + "roleDefinitions", nil, familyIdentity, roles, 1, t.listRoleDefinitions},
		{directory + "roleDefinitions/{id}", nil, familyIdentity, roles, 1, t.getRoleDefinition},
		{directory + "roleAssignments", nil, familyIdentity, roles, 1, t.listRoleAssignments},
		{directory + "roleAssignmentSchedules", nil, familyIdentity, assignment, 1, t.listRoleSchedules},
		{directory + "roleAssignmentScheduleInstances", nil, familyIdentity, assignment, 1, t.listRoleInstances},
		{directory + "roleEligibilitySchedules", nil, familyIdentity, eligibility, 1, t.listRoleSchedules},
		{directory + "roleEligibilityScheduleInstances", nil, familyIdentity, eligibility, 1, t.listRoleInstances},
		{groups + "assignmentScheduleInstances", nil, familyIdentity, []string{"PrivilegedAssignmentSchedule.Read.AzureADGroup"}, 1, t.listGroupInstances},
		{groups + "eligibilityScheduleInstances", nil, familyIdentity, []string{"PrivilegedEligibilitySchedule.Read.AzureADGroup"}, 1, t.listGroupInstances},
	}
}

// expandable tells which lists know $expand.
func expandable(template string) bool {
	return strings.HasPrefix(template, "/roleManagement/directory/role") && !strings.Contains(template, "roleDefinitions") ||
		strings.HasPrefix(template, "/identityGovernance/privilegedAccess/group/")
}

// allowedFilter allows comparisons of some properties, joined by "and" and "or".
func allowedFilter(f *filter, allowed map[string]string) error {
	if f == nil {
		return nil
	}
	good := true
	f.leaves(func(leaf *filter, under string) {
		good = good && under != "not" && slices.Contains(strings.Fields(allowed[leaf.path]), leaf.op)
	})
	if !good {
		return badRequest("Invalid filter clause")
	}
	return nil
}

// rowValues gives a filter the properties of a row.
func rowValues(row map[string]any) func(string) []any {
	return func(path string) []any { return []any{row[path]} }
}

func (t *Tenant) listRoleDefinitions(g *graphCall) (answer, error) {
	if err := only(g, "$select", "$filter", "$top"); err != nil {
		return answer{}, err
	}
	if err := selectable(g, "unifiedRoleDefinition", hasKey((&roleDefinition{}).row())); err != nil {
		return answer{}, err
	}
	f := g.query.filter
	if err := allowedFilter(f, map[string]string{"id": "eq in", "displayName": "eq startswith", "isBuiltIn": "eq", "templateId": "eq"}); err != nil {
		return answer{}, err
	}
	var found []*roleDefinition
	for _, r := range t.roleDefinitions {
		if f == nil || f.match(rowValues(r.row())) {
			found = append(found, r)
		}
	}
	return collection(g, "roleManagement/directory/roleDefinitions", found, usersPerPage, maxUsers, func(r *roleDefinition) map[string]any {
		return pick(r.row(), g.query.selected)
	})
}

func (t *Tenant) getRoleDefinition(g *graphCall) (answer, error) {
	if err := only(g, "$select"); err != nil {
		return answer{}, err
	}
	if err := selectable(g, "unifiedRoleDefinition", hasKey((&roleDefinition{}).row())); err != nil {
		return answer{}, err
	}
	i := slices.IndexFunc(t.roleDefinitions, func(r *roleDefinition) bool { return strings.EqualFold(r.id, g.params[0]) })
	if i < 0 {
		return answer{}, notFound(g.params[0])
	}
	return entity(g, "roleManagement/directory/roleDefinitions", pick(t.roleDefinitions[i].row(), g.query.selected))
}

func (r *roleDefinition) row() map[string]any {
	return map[string]any{
		"id": r.id, "description": text(r.description), "displayName": r.name, "isBuiltIn": !r.custom, "isEnabled": true,
		"resourceScopes": []string{everywhere}, "templateId": r.id, "version": "1", "rolePermissions": []any{},
	}
}

// directoryRow is the role as a member of the directory, which a list of memberships shows.
func (r *roleDefinition) directoryRow(ids identifiers) map[string]any {
	return map[string]any{
		"id": r.objectID(ids), "deletedDateTime": nil, "description": text(r.description), "displayName": r.name, "roleTemplateId": r.id,
	}
}

// principalID is the object id of whoever holds the role; empty for one that is deleted, whose roles go with it.
func (r *roleGrant) principalID() string {
	switch p := r.principal.(type) {
	case *user:
		if p.deleted.IsZero() {
			return p.id
		}
	case *group:
		if !p.gone {
			return p.id
		}
	}
	return ""
}

// listRoleAssignments gives what is assigned or activated now. Eligible assignments are not here, nor those that start
// later; a group's are under the group, not under its members.
func (t *Tenant) listRoleAssignments(g *graphCall) (answer, error) {
	return roleRows(g, "unifiedRoleAssignment", "eq in", func(r *roleGrant) bool { return !r.eligible && r.at(t.now()) }, func(r *roleGrant) map[string]any {
		return map[string]any{
			"id": r.id, "principalId": r.principalID(), "roleDefinitionId": r.roleID(), "directoryScopeId": r.scope, "appScopeId": nil,
			"condition": nil, "principalOrganizationId": t.id,
			"resourceScope": r.scope, // in the documentation's sample, and in no type
		}
	})
}

func (r *roleGrant) roleID() string {
	if r.role == nil {
		return ""
	}
	return r.role.id
}

func (r *roleGrant) assignmentType() string {
	if r.activated {
		return "Activated"
	}
	return "Assigned"
}

// listRoleSchedules gives what was planned: what holds, what starts later, and for a while what is over.
func (t *Tenant) listRoleSchedules(g *graphCall) (answer, error) {
	eligible := strings.Contains(g.route.template, "Eligibility")
	kind := "unifiedRoleAssignmentSchedule"
	if eligible {
		kind = "unifiedRoleEligibilitySchedule"
	}
	return t.governed(g, kind, func(r *roleGrant) bool { return r.eligible == eligible }, func(r *roleGrant) map[string]any {
		expiration := map[string]any{"type": "noExpiration", "endDateTime": nil, "duration": nil}
		if !r.end.IsZero() {
			expiration = map[string]any{"type": "afterDateTime", "endDateTime": stamp(r.end), "duration": nil}
		}
		row := map[string]any{
			"id": r.id, "principalId": r.principalID(), "roleDefinitionId": r.roleID(), "directoryScopeId": r.scope, "appScopeId": nil,
			"createdUsing": r.id, "createdDateTime": stamp(r.start), "modifiedDateTime": nil, "status": "Provisioned", "memberType": "Direct",
			"scheduleInfo": map[string]any{"startDateTime": stamp(r.start), "recurrence": nil, "expiration": expiration},
		}
		if !eligible {
			row["assignmentType"] = r.assignmentType()
		}
		return row
	})
}

// listRoleInstances gives what holds now.
func (t *Tenant) listRoleInstances(g *graphCall) (answer, error) {
	eligible := strings.Contains(g.route.template, "Eligibility")
	kind, schedule := "unifiedRoleAssignmentScheduleInstance", "roleAssignmentScheduleId"
	if eligible {
		kind, schedule = "unifiedRoleEligibilityScheduleInstance", "roleEligibilityScheduleId"
	}
	return t.governed(g, kind, func(r *roleGrant) bool { return r.eligible == eligible && r.at(t.now()) }, func(r *roleGrant) map[string]any {
		row := map[string]any{
			"id": r.id + "-1", "principalId": r.principalID(), "roleDefinitionId": r.roleID(), "directoryScopeId": r.scope, "appScopeId": nil,
			"memberType": "Direct", "startDateTime": stamp(r.start), "endDateTime": stamp(r.end), schedule: r.id,
		}
		if !eligible {
			row["assignmentType"], row["roleAssignmentOriginId"] = r.assignmentType(), r.id
		}
		return row
	})
}

// governed answers for Privileged Identity Management, which needs Entra ID P2.
func (t *Tenant) governed(g *graphCall, kind string, which func(*roleGrant) bool, render func(*roleGrant) map[string]any) (answer, error) {
	if t.withoutPIM() {
		return answer{}, noPIM()
	}
	return roleRows(g, kind, "eq ne", which, render)
}

func (t *Tenant) withoutPIM() bool { return t.options.WithoutPIM || t.options.WithoutPremium }

func noPIM() *refusal {
	return &refusal{
		status: 400, code: "AadPremiumLicenseRequired", quiet: true,
		message: "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.",
	}
}

func roleRows(g *graphCall, kind, operators string, which func(*roleGrant) bool, render func(*roleGrant) map[string]any) (answer, error) {
	if err := only(g, "$select", "$filter", "$top", "$expand"); err != nil {
		return answer{}, err
	}
	known := hasKey(render(&roleGrant{}))
	if err := selectable(g, kind, known); err != nil {
		return answer{}, err
	}
	expand, err := g.expansion(kind, "roleDefinition", "principal")
	if err != nil {
		return answer{}, err
	}
	allowed := map[string]string{}
	for _, name := range []string{"principalId", "roleDefinitionId", "directoryScopeId", "assignmentType", "memberType", "status"} {
		if known(name) {
			allowed[name] = operators
		}
	}
	f := g.query.filter
	if err := allowedFilter(f, allowed); err != nil {
		return answer{}, err
	}
	var found []*roleGrant
	for _, r := range g.t.roleGrants {
		if r.principalID() != "" && which(r) && (f == nil || f.match(rowValues(render(r)))) {
			found = append(found, r)
		}
	}
	_, list, _ := strings.Cut(g.route.template, "/")
	return collection(g, list, found, usersPerPage, maxUsers, func(r *roleGrant) map[string]any {
		row := pick(render(r), g.query.selected)
		switch expand.name {
		case "roleDefinition":
			row["roleDefinition"] = pick(r.role.row(), expand.selected)
		case "principal":
			row["principal"] = g.expanded(r.principal, expand.selected)
		}
		return row
	})
}

// expansion is the one relationship that $expand asks for, and what is selected of it.
type expansion struct {
	name     string
	selected []string
}

// expansion reads "$expand=roleDefinition($select=id,displayName)". Directory objects expand one thing at a time.
func (g *graphCall) expansion(kind string, allowed ...string) (expansion, error) {
	value := ""
	for name, v := range g.query.others {
		if strings.EqualFold(name, "$expand") {
			value = v
		}
	}
	if value == "" {
		return expansion{}, nil
	}
	name, rest, nested := strings.Cut(value, "(")
	e := expansion{name: strings.TrimSpace(name)}
	if nested {
		inner, ok := strings.CutPrefix(strings.TrimSuffix(rest, ")"), "$select=")
		if !ok || !strings.HasSuffix(rest, ")") {
			return e, badRequest("Parsing OData Select and Expand failed: Syntax error in '%s'.", value)
		}
		e.selected = strings.Split(inner, ",")
	}
	if strings.Contains(e.name, ",") {
		return e, badRequest("The query specified in the URI is not valid. Only one relationship can be expanded at a time.")
	}
	if !slices.Contains(allowed, e.name) {
		return e, unknownProperty(e.name, kind)
	}
	return e, nil
}

// expanded is an object inside another one.
func (g *graphCall) expanded(object any, selected []string) map[string]any {
	inner := *g
	inner.query.selected = selected
	return inner.show(object, true)
}

// listGroupInstances answers for Privileged Identity Management of groups, which wants to be told whose or which.
func (t *Tenant) listGroupInstances(g *graphCall) (answer, error) {
	if t.withoutPIM() {
		return answer{}, noPIM()
	}
	eligible := strings.Contains(g.route.template, "eligibility")
	kind := "privilegedAccessGroupAssignmentScheduleInstance"
	if eligible {
		kind = "privilegedAccessGroupEligibilityScheduleInstance"
	}
	if err := only(g, "$select", "$filter", "$top", "$expand"); err != nil {
		return answer{}, err
	}
	if err := selectable(g, kind, hasKey((&groupGrant{group: &group{}, principal: &user{}, eligible: eligible}).row())); err != nil {
		return answer{}, err
	}
	expand, err := g.expansion(kind, "group", "principal")
	if err != nil {
		return answer{}, err
	}
	f := g.query.filter
	if err := allowedFilter(f, map[string]string{
		"principalId": "eq", "groupId": "eq", "accessId": "eq", "memberType": "eq", "assignmentType": "eq",
		"assignmentScheduleId": "eq ne", "eligibilityScheduleId": "eq ne",
	}); err != nil {
		return answer{}, err
	}
	if !narrowed(f) {
		return answer{}, &refusal{status: 400, code: "MissingParameters", message: "The required parameters GroupId or PrincipalId is missing."}
	}
	var found []*groupGrant
	for _, d := range t.groupGrants {
		if d.eligible == eligible && d.at(t.now()) && !d.group.gone && d.principal.deleted.IsZero() && f.match(rowValues(d.row())) {
			found = append(found, d)
		}
	}
	_, list, _ := strings.Cut(g.route.template, "/")
	return collection(g, list, found, usersPerPage, maxUsers, func(d *groupGrant) map[string]any {
		row := pick(d.row(), g.query.selected)
		switch expand.name {
		case "group":
			row["group"] = g.expanded(d.group, expand.selected)
		case "principal":
			row["principal"] = g.expanded(d.principal, expand.selected)
		}
		return row
	})
}

// narrowed tells whether a filter names a principal or a group in every case.
func narrowed(f *filter) bool {
	if f == nil {
		return false
	}
	switch f.op {
	case "and":
		return slices.ContainsFunc(f.operands, narrowed)
	case "or":
		return !slices.ContainsFunc(f.operands, func(o *filter) bool { return !narrowed(o) })
	}
	return f.path == "principalId" || f.path == "groupId"
}

func (d *groupGrant) at(now time.Time) bool { return holds(d.start, d.end, now) }

func (d *groupGrant) row() map[string]any {
	row := map[string]any{
		"id": d.id + "-1", "groupId": d.group.id, "principalId": d.principal.id, "accessId": d.access, "memberType": "direct",
		"startDateTime": stamp(d.start), "endDateTime": stamp(d.end),
	}
	if d.eligible {
		row["eligibilityScheduleId"] = d.id
		return row
	}
	row["assignmentScheduleId"], row["assignmentType"] = d.id, "assigned"
	if d.activated {
		row["assignmentType"] = "activated"
	}
	return row
}
