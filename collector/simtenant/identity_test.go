package simtenant_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector/simtenant"
)

// id returns the object id of somebody of the cast.
func (c *client) id(story string) string {
	c.t.Helper()
	return c.person(story).ID
}

// ids returns one property of rows, sorted.
func ids(rows []map[string]any, name string) []string {
	var out []string
	for _, row := range rows {
		out = append(out, fmt.Sprint(row[name]))
	}
	slices.Sort(out)
	return out
}

// one finds the row with a name.
func (c *client) one(rows []map[string]any, name string) map[string]any {
	c.t.Helper()
	for _, row := range rows {
		if row["displayName"] == name {
			return row
		}
	}
	c.t.Fatalf("no %q in %d rows", name, len(rows))
	return nil
}

// The lists under an account, with the permission that each needs and somebody in whose list there is something.
func listsOfPeople() map[string]struct{ permission, story string } {
	const users, all = "User.Read.All", "Directory.Read.All"
	return map[string]struct{ permission, story string }{
		"registeredDevices":                                {users, "is still enabled in the directory"},
		"registeredDevices/microsoft.graph.device":         {users, "is still enabled in the directory"},
		"ownedDevices":                                     {users, "registered to a colleague"},
		"ownedDevices/microsoft.graph.device":              {users, "registered to a colleague"},
		"memberOf":                                         {all, "still in a team"},
		"memberOf/microsoft.graph.group":                   {all, "still in a team"},
		"memberOf/microsoft.graph.directoryRole":           {all, "a directory role is left"},
		"memberOf/microsoft.graph.administrativeUnit":      {all, "only in an administrative unit"},
		"transitiveMemberOf":                               {users, "still in a team"},
		"transitiveMemberOf/microsoft.graph.group":         {users, "still in a team"},
		"ownedObjects":                                     {users, "the only owner of a team"},
		"ownedObjects/microsoft.graph.group":               {users, "the only owner of a team"},
		"ownedObjects/microsoft.graph.application":         {users, "the only owner of an application"},
		"ownedObjects/microsoft.graph.servicePrincipal":    {users, "the only owner of a service principal"},
		"directReports":                                    {users, "still somebody's manager"},
		"directReports/microsoft.graph.user":               {users, "still somebody's manager"},
		"authentication/methods":                           {"UserAuthenticationMethod.Read.All", "a telephone number is left"},
		"oauth2PermissionGrants":                           {all, "may still act in their name"},
		"appRoleAssignments":                               {all, "with default access"},
		"transitiveMemberOf/microsoft.graph.directoryRole": {users, "a directory role is left"},
	}
}

// The lists of the whole directory.
func listsOfTheDirectory() map[string]string {
	const roles, apps = "RoleManagement.Read.Directory", "Application.Read.All"
	return map[string]string{
		"/groups": "GroupMember.Read.All", "/applications": apps, "/servicePrincipals": apps, "/oauth2PermissionGrants": "Directory.Read.All",
		"/roleManagement/directory/roleAssignments": roles, "/roleManagement/directory/roleDefinitions": roles,
		"/roleManagement/directory/roleAssignmentSchedules": roles, "/roleManagement/directory/roleAssignmentScheduleInstances": roles,
		"/roleManagement/directory/roleEligibilitySchedules": roles, "/roleManagement/directory/roleEligibilityScheduleInstances": roles,
	}
}

// selecting adds the $select without which lists of people lack what there is to know.
func selecting(list string) string {
	if strings.HasPrefix(list, "directReports") {
		return list + "?$select=id,accountEnabled"
	}
	return list
}

func TestListsOfIdentity(t *testing.T) {
	t.Parallel()
	c, small := newClient(t, simtenant.Options{}), newClient(t, simtenant.Options{PageSize: 1})
	deleted := c.id("clean: account deleted")
	for list, test := range listsOfPeople() {
		target := "/users/" + c.id(test.story) + "/" + selecting(list)
		rows := c.all("/v1.0" + target)
		if len(rows) == 0 {
			t.Errorf("%s: nothing", list)
		}
		if got := small.all("/v1.0" + target); !slices.Equal(ids(got, "id"), ids(rows, "id")) {
			t.Errorf("%s: %d rows page by page, %d at once", list, len(got), len(rows))
		}
		c.alsoInBatch(target, len(rows))
		if status, body := c.get("/v1.0/users/" + deleted + "/" + selecting(list)); status != http.StatusNotFound || code(body) != "Request_ResourceNotFound" {
			t.Errorf("%s of somebody who is deleted: %d %v", list, status, body)
		}
		blind := newClient(t, simtenant.Options{Withdrawn: []string{test.permission}})
		if status, body := blind.get("/v1.0" + target); status != http.StatusForbidden || code(body) != "Authorization_RequestDenied" {
			t.Errorf("%s without %s: %d %v", list, test.permission, status, body)
		}
	}
	for list, permission := range listsOfTheDirectory() {
		rows := c.all("/v1.0" + list)
		if len(rows) < 3 {
			t.Errorf("%s: %d rows", list, len(rows))
		}
		if got := small.all("/v1.0" + list); !slices.Equal(ids(got, "id"), ids(rows, "id")) {
			t.Errorf("%s: %d rows page by page, %d at once", list, len(got), len(rows))
		}
		c.alsoInBatch(list, min(100, len(rows)))
		blind := newClient(t, simtenant.Options{Withdrawn: []string{permission}})
		if status, body := blind.get("/v1.0" + list); status != http.StatusForbidden || code(body) != "Authorization_RequestDenied" {
			t.Errorf("%s without %s: %d %v", list, permission, status, body)
		}
	}
	c.quiet()
	small.quiet()
}

// alsoInBatch asks the same as an item of a batch, in both versions.
func (c *client) alsoInBatch(target string, want int) {
	c.t.Helper()
	for _, version := range []string{"v1.0", "beta"} {
		_, body := c.batch(version, map[string]any{"id": "1", "method": "GET", "url": target})
		response := body["responses"].([]any)[0].(map[string]any)
		inner, _ := response["body"].(map[string]any)
		if got, _ := inner["value"].([]any); fmt.Sprint(response["status"]) != "200" || len(got) != want {
			c.t.Errorf("%s in a batch of %s: %v, %d rows, want %d", target, version, response["status"], len(got), want)
		}
	}
}

func TestSingleObjectsAndTheirOwners(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	const owners = "/owners?$select=id,accountEnabled,displayName"
	for story, path := range map[string]string{
		"owns a group together with a colleague": "/groups/", "knows a secret of an application": "/applications/", "a certificate of a service principal": "/servicePrincipals/",
	} {
		mine := c.all("/v1.0/users/" + c.id(story) + "/ownedObjects?$select=id,displayName")[0]
		id := mine["id"].(string)
		status, body := c.get("/v1.0" + path + id + "?$select=id,displayName")
		if status != http.StatusOK || body["displayName"] != mine["displayName"] {
			t.Errorf("%s: %d %v", path, status, body)
		}
		if rows := c.all("/v1.0" + path + id + owners); len(rows) != 2 || ids(rows, "accountEnabled")[0] != "false" || ids(rows, "accountEnabled")[1] != "true" {
			t.Errorf("owners of %s: %v", path, rows)
		}
		c.alsoInBatch(path+id+owners, 2)
		permission := map[string]string{"/groups/": "GroupMember.Read.All"}[path]
		if permission == "" {
			permission = "Application.Read.All"
		}
		blind := newClient(t, simtenant.Options{Withdrawn: []string{permission}})
		for _, target := range []string{path + id + "?$select=id", path + id + owners} {
			if status, body := blind.get("/v1.0" + target); status != http.StatusForbidden || code(body) != "Authorization_RequestDenied" {
				t.Errorf("%s without %s: %d %v", target, permission, status, body)
			}
		}
		for _, target := range []string{path + c.id(story) + "?$select=id", path + c.id(story) + owners} {
			if status, body := c.get("/v1.0" + target); status != http.StatusNotFound || code(body) != "Request_ResourceNotFound" {
				t.Errorf("%s, which is not there: %d %v", target, status, body)
			}
		}
	}
	boss := c.id("still somebody's manager")
	report := c.all("/v1.0/users/" + boss + "/directReports?$select=id")[0]["id"].(string)
	status, body := c.get("/v1.0/users/" + report + "/manager?$select=id,displayName")
	if status != http.StatusOK || body["id"] != boss || body["@odata.type"] != "#microsoft.graph.user" {
		t.Errorf("manager: %d %v", status, body)
	}
	c.quiet()
	if status, body := c.get("/v1.0/users/" + c.id("a guest, blocked") + "x/manager?$select=id"); status != http.StatusNotFound || code(body) == "" {
		t.Errorf("manager of nobody: %d %v", status, body)
	}
}

// Who may read a list, but not what is in it, sees ids and kinds, and null for the rest: never a refusal.
func TestLimitedInformation(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ permission, story, list, kind string }{
		{"Device.Read.All", "is still enabled in the directory", "registeredDevices?$select=id,accountEnabled,displayName", "device"},
		{"Device.Read.All", "registered to a colleague", "ownedDevices/microsoft.graph.device?$select=id,accountEnabled,displayName", ""},
		{"GroupMember.Read.All", "still in a security group", "transitiveMemberOf?$select=id,displayName,securityEnabled,groupTypes", "group"},
		{"RoleManagement.Read.Directory", "a directory role is left", "transitiveMemberOf?$select=id,displayName", "directoryRole"},
		{"Application.Read.All", "the only owner of an application", "ownedObjects?$select=id,displayName,appId", "application"},
		{"Application.Read.All", "the only owner of a service principal", "ownedObjects", "servicePrincipal"},
	} {
		c := newClient(t, simtenant.Options{Withdrawn: []string{test.permission}})
		rows := c.all("/v1.0/users/" + c.id(test.story) + "/" + test.list)
		if len(rows) != 1 {
			t.Errorf("%s without %s: %d rows", test.list, test.permission, len(rows))
			continue
		}
		kind, _ := rows[0]["@odata.type"].(string)
		if test.kind != "" && kind != "#microsoft.graph."+test.kind || rows[0]["id"] == nil {
			t.Errorf("%s without %s: %v", test.list, test.permission, rows[0])
		}
		for name, value := range rows[0] {
			if name != "id" && name != "@odata.type" && value != nil {
				t.Errorf("%s without %s shows %s: %v", test.list, test.permission, name, value)
			}
		}
		c.quiet()
	}
	// People among owners are people, whatever the list.
	c := newClient(t, simtenant.Options{})
	app := c.all("/v1.0/users/" + c.id("knows a secret") + "/ownedObjects?$select=id")[0]["id"].(string)
	blind := newClient(t, simtenant.Options{Withdrawn: []string{"User.Read.All"}})
	for _, row := range blind.all("/v1.0/applications/" + app + "/owners?$select=id,accountEnabled") {
		if row["id"] == nil || row["accountEnabled"] != nil {
			t.Errorf("an owner without User.Read.All: %v", row)
		}
	}
}

func TestIdentityRefuses(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	me := "/v1.0/users/" + c.id("still in a team")
	const roles = "/v1.0/roleManagement/directory/"
	eventual := []string{"ConsistencyLevel", "eventual"}
	for _, test := range []struct {
		target  string
		headers []string
		code    string
	}{
		{groupPIM + "eligibilityScheduleInstances", nil, "MissingParameters"},
		{groupPIM + "assignmentScheduleInstances?$filter=accessId eq 'member'", nil, "MissingParameters"},
		{groupPIM + "eligibilityScheduleInstances?$filter=principalId eq 'x' or accessId eq 'owner'", nil, "MissingParameters"},
		{groupPIM + "eligibilityScheduleInstances?$filter=principalId in ('x')", nil, "BadRequest"},
		{groupPIM + "eligibilityScheduleInstances?$filter=principalId eq 'x'&$expand=roleDefinition", nil, "BadRequest"},
		{groupPIM + "eligibilityScheduleInstances?$filter=principalId eq 'x'&$select=shoe", nil, "BadRequest"},
		{roles + "roleAssignments?$filter=startswith(principalId,'x')", nil, "BadRequest"},
		{roles + "roleAssignments?$expand=roleDefinition,principal", nil, "BadRequest"},
		{roles + "roleAssignments?$expand=shoe", nil, "BadRequest"},
		{roles + "roleAssignments?$expand=roleDefinition($filter=id eq 'x')", nil, "BadRequest"},
		{roles + "roleAssignments?$select=shoe", nil, "BadRequest"},
		{roles + "roleEligibilityScheduleInstances?$filter=principalId in ('x')", nil, "BadRequest"},
		{roles + "roleEligibilityScheduleInstances?$filter=assignmentType eq 'Assigned'", nil, "BadRequest"},
		{roles + "roleDefinitions?$expand=roleDefinition", nil, "BadRequest"},
		{roles + "roleDefinitions?$filter=version eq '1'", nil, "BadRequest"},
		{roles + "roleDefinitions?$select=shoe", nil, "BadRequest"},
		{me + "/memberOf?$select=shoe", nil, "BadRequest"},
		{me + "/memberOf?$count=true", nil, "Request_UnsupportedQuery"},
		{me + "/memberOf?$filter=securityEnabled eq true", eventual, "Request_UnsupportedQuery"},
		{me + "/memberOf/microsoft.graph.group?$filter=securityEnabled eq true", nil, "Request_UnsupportedQuery"},
		{me + "/memberOf/microsoft.graph.group?$filter=securityEnabled eq true&$count=true", nil, "Request_UnsupportedQuery"},
		{me + "/memberOf/microsoft.graph.group?$filter=membershipRule eq 'x'&$count=true", eventual, "Request_UnsupportedQuery"},
		{me + "/memberOf/microsoft.graph.group?$select=accountEnabled", nil, "BadRequest"},
		{me + "/memberOf/microsoft.graph.shoe", nil, "BadRequest"},
		{me + "/registeredDevices/graph.device?$filter=accountEnabled eq true", nil, "Request_UnsupportedQuery"},
		{me + "/registeredDevices?$expand=registeredOwners", nil, "BadRequest"},
		{me + "/ownedObjects?$skip=1", nil, "BadRequest"},
		{me + "/authentication/methods?$select=id", nil, "BadRequest"},
		{me + "/oauth2PermissionGrants?$filter=scope eq 'x'", nil, "BadRequest"},
		{me + "/oauth2PermissionGrants?$select=shoe", nil, "BadRequest"},
		{me + "/appRoleAssignments?$filter=principalType eq 'User'", nil, "BadRequest"},
		{me + "/appRoleAssignments?$select=shoe", nil, "BadRequest"},
		{me + "/manager?$expand=manager", nil, "BadRequest"},
		{me + "/manager?$select=shoe", nil, "BadRequest"},
		{"/v1.0/groups?$filter=isAssignableToRole ne true", nil, "Request_UnsupportedQuery"},
		{"/v1.0/groups?$filter=membershipRule eq 'x'", nil, "Request_UnsupportedQuery"},
		{"/v1.0/groups?$select=shoe", nil, "BadRequest"},
		{"/v1.0/groups?$select=id&$expand=owners", nil, "BadRequest"},
		{"/v1.0/applications?$filter=passwordCredentials/any(p:p eq 'x')", nil, "Request_UnsupportedQuery"},
		{"/v1.0/servicePrincipals?$filter=endswith(displayName,'x')", nil, "Request_UnsupportedQuery"},
	} {
		before := len(c.tenant.Complaints())
		status, body := c.get(test.target, test.headers...)
		if status != http.StatusBadRequest || code(body) != test.code || message(body) == "" {
			t.Errorf("%s: %d %v", test.target, status, body)
		}
		if len(c.tenant.Complaints()) == before {
			t.Errorf("%s: no complaint", test.target)
		}
	}
	for _, target := range []string{me + "/directReports", "/v1.0/groups/" + c.firstGroup("still in a team") + "/owners", me + "/manager"} {
		before := len(c.tenant.Complaints())
		if status, body := c.get(target); status != http.StatusOK || len(c.tenant.Complaints()) == before {
			t.Errorf("%s without $select: %d %v", target, status, body)
		}
	}
	if rows := c.all(me+"/memberOf/graph.group?$filter=mailEnabled eq true&$count=true&$select=id", eventual...); len(rows) != 1 {
		t.Errorf("a filter on a cast: %v", rows)
	}
}

func (c *client) firstGroup(story string) string {
	c.t.Helper()
	return c.all("/v1.0/users/" + c.id(story) + "/memberOf/microsoft.graph.group?$select=id")[0]["id"].(string)
}

// What Microsoft documents beside the usual questions is answered too, and right.
func TestLessUsualQuestionsOfIdentity(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	of := func(story string) string { return "/v1.0/users/" + c.id(story) }
	app := c.all(of("knows a secret of an application") + "/ownedObjects?$select=id")[0]["id"].(string)
	group := c.all(of("owns a group together with a colleague") + "/ownedObjects?$select=id")[0]["id"].(string)
	eventual := []string{"ConsistencyLevel", "eventual"}
	for target, want := range map[string]int{
		of("still in a team") + "/memberOf/graph.group?$select=id&$count=true&$filter=groupTypes/any(g:g eq 'Unified')":                            1,
		of("still in a team") + "/memberOf/graph.group?$select=id&$count=true&$filter=groupTypes/any(g:g eq 'DynamicMembership')":                  0,
		of("still in a team") + "/memberOf/graph.group?$select=id&$count=true&$filter=not startswith(displayName,'Team')":                          0,
		of("only in an administrative unit") + "/memberOf/graph.administrativeUnit?$select=id&$count=true&$filter=displayName eq 'Utrecht Office'": 1,
		of("two computers") + "/registeredDevices/graph.device?$select=id&$count=true&$filter=accountEnabled eq true and trustType eq 'Workplace'": 1,
		of("the only owner of an application") + "/ownedObjects/graph.application?$select=id&$count=true&$filter=startswith(displayName,'Park')":   1,
		of("still somebody's manager") + "/directReports/graph.user?$select=id&$count=true&$filter=accountEnabled eq true":                         1,
		"/v1.0/groups/" + group + "/owners/graph.user?$select=id&$count=true&$filter=accountEnabled eq false":                                      1,
		"/v1.0/groups?$select=id&$count=true&$filter=resourceProvisioningOptions/any(p:p eq 'Team') and displayName eq 'Team Harvest'":             1,
		"/v1.0/applications?$select=id&$filter=id in ('" + app + "')":                                                                              1,
		"/v1.0/servicePrincipals?$select=id&$filter=displayName eq 'Microsoft Graph'&$count=true":                                                  1,
		"/v1.0/roleManagement/directory/roleDefinitions?$select=id&$filter=isBuiltIn eq false":                                                     1,
		"/v1.0/roleManagement/directory/roleAssignments?$select=id&$filter=roleDefinitionId eq '62e90394-69f5-4237-9190-012177145e10'":             2,
		of("with default access") + "/appRoleAssignments?$count=true&$select=id":                                                                   1,
	} {
		if rows := c.all(target, eventual...); len(rows) != want {
			t.Errorf("%s: %d rows, want %d", target, len(rows), want)
		}
	}
	c.quiet()
	for _, target := range []string{
		"/v1.0/groups?$top=0", "/v1.0/groups?$search=x", "/v1.0/groups?$count=true", "/v1.0/applications/" + app + "?$select=shoe",
		"/v1.0/applications/" + app + "?$expand=owners", "/v1.0/roleManagement/directory/roleDefinitions?$skip=1",
		"/v1.0/roleManagement/directory/roleDefinitions/x?$select=shoe", "/v1.0/roleManagement/directory/roleDefinitions/x?$top=1",
		of("with default access") + "/appRoleAssignments?$count=true", of("with default access") + "/appRoleAssignments?$skip=1",
		"/v1.0/oauth2PermissionGrants?$count=true", "/v1.0/groups?$select=id&$filter=id in ('" + strings.Repeat("x','", 16) + "x')",
	} {
		if status, body := c.get(target); status != http.StatusBadRequest || code(body) == "" {
			t.Errorf("%s: %d %v", target, status, body)
		}
	}
	for _, target := range []string{
		"/v1.0/roleManagement/directory/roleDefinitions/x", "/v1.0/users/" + c.boss() + "/manager?$select=id", "/v1.0/users/nobody/manager?$select=id",
	} {
		if status, body := c.get(target); status != http.StatusNotFound || code(body) != "Request_ResourceNotFound" {
			t.Errorf("%s: %d %v", target, status, body)
		}
	}
}

// boss returns somebody without a manager.
func (c *client) boss() string {
	c.t.Helper()
	return c.all("/v1.0/users?$select=id&$filter=startswith(userPrincipalName,'it.desk')")[0]["id"].(string)
}
