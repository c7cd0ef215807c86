package simtenant_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector/simtenant"
)

func TestRolesThroughPIM(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	roles := "/v1.0/roleManagement/directory/role"
	count := func(list, id string) int { return len(c.all(roles + list + "?$filter=principalId eq '" + id + "'")) }
	for _, test := range []struct {
		story                                                                   string
		assignments, schedules, instances, eligibleSchedules, eligibleInstances int
	}{
		{"a directory role is left", 1, 1, 1, 0, 0},
		{"only eligible for a directory role", 0, 0, 0, 1, 1},
		{"activated at this moment", 1, 1, 1, 1, 1},
		{"a directory role through a role-assignable group", 0, 0, 0, 0, 0},
		{"over an administrative unit", 1, 1, 1, 0, 0},
		{"a directory role that starts next week", 0, 1, 0, 0, 0},
		{"eligible for a directory role from next week on", 0, 0, 0, 1, 0},
		{"that have ended", 0, 1, 0, 1, 0},
		{"still in a team", 0, 0, 0, 0, 0},
	} {
		id := c.id(test.story)
		got := []int{
			count("Assignments", id), count("AssignmentSchedules", id), count("AssignmentScheduleInstances", id), count("EligibilitySchedules", id),
			count("EligibilityScheduleInstances", id),
		}
		if want := []int{test.assignments, test.schedules, test.instances, test.eligibleSchedules, test.eligibleInstances}; !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", test.story, got, want)
		}
	}
	one := c.all(roles + "Assignments?$filter=principalId eq '" + c.id("a directory role is left") + "'&$expand=roleDefinition")[0]
	if role := one["roleDefinition"].(map[string]any); role["displayName"] != "Global Administrator" || role["id"] != one["roleDefinitionId"] {
		t.Errorf("expanded: %v", one)
	}
	one = c.all(roles + "EligibilityScheduleInstances?$filter=principalId eq '" + c.id("only eligible for") + "'&$expand=roleDefinition($select=id,displayName)")[0]
	if role := one["roleDefinition"].(map[string]any); len(role) != 2 || role["displayName"] != "Exchange Administrator" {
		t.Errorf("expanded and selected: %v", one)
	}
	scoped := c.all(roles + "Assignments?$expand=principal&$filter=principalId in ('" + c.id("over an administrative unit") + "')")[0]
	unit := c.all("/v1.0/users/" + c.id("only in an administrative unit") + "/memberOf?$select=id")[0]["id"]
	if scoped["directoryScopeId"] != "/administrativeUnits/"+unit.(string) || scoped["principal"].(map[string]any)["id"] != scoped["principalId"] {
		t.Errorf("scoped: %v", scoped)
	}
	if status, body := c.get(roles + "Definitions/" + one["roleDefinitionId"].(string)); status != http.StatusOK || body["isBuiltIn"] != true {
		t.Errorf("one definition: %d %v", status, body)
	}
	c.quiet()
	for name, options := range map[string]simtenant.Options{"WithoutPIM": {WithoutPIM: true}, "WithoutPremium": {WithoutPremium: true}} {
		poor := newClient(t, options)
		for _, list := range []string{
			roles + "AssignmentSchedules", roles + "AssignmentScheduleInstances", roles + "EligibilitySchedules", roles + "EligibilityScheduleInstances",
			groupPIM + "eligibilityScheduleInstances", groupPIM + "assignmentScheduleInstances",
		} {
			if status, body := poor.get(list + "?$filter=principalId eq 'x'"); status != http.StatusBadRequest || code(body) != "AadPremiumLicenseRequired" {
				t.Errorf("%s: %s: %d %v", name, list, status, body)
			}
		}
		if len(poor.all(roles+"Assignments")) == 0 {
			t.Errorf("%s: assignments need no licence", name)
		}
		if strings.Contains(fmt.Sprint(poor.all("/v1.0/subscribedSkus")), "AAD_PREMIUM_P2") {
			t.Errorf("%s: the tenant has Entra ID P2", name)
		}
		poor.quiet()
	}
	if !strings.Contains(fmt.Sprint(c.all("/v1.0/subscribedSkus")), "AAD_PREMIUM_P2") {
		t.Error("the tenant has no Entra ID P2")
	}
}

const groupPIM = "/v1.0/identityGovernance/privilegedAccess/group/"

func TestGroupsInPIM(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	eligible := groupPIM + "eligibilityScheduleInstances?$filter=principalId eq '"
	rows := c.all(eligible + c.id("eligible for ownership") + "'")
	if len(rows) != 1 || rows[0]["accessId"] != "owner" || rows[0]["memberType"] != "direct" {
		t.Fatalf("eligible owner: %v", rows)
	}
	group := rows[0]["groupId"].(string)
	of := c.all(groupPIM + "eligibilityScheduleInstances?$filter=groupId eq '" + group + "' and accessId eq 'member'&$expand=principal($select=id,displayName)")
	members := ids(of, "principalId")
	if !slices.Contains(members, c.id("eligible for membership of a role-assignable group that holds a directory role")) || slices.Contains(members, c.id("and is no more")) {
		t.Errorf("eligible members: %v", members)
	}
	if rows := c.all(eligible + c.id("and is no more") + "'&$expand=group"); len(rows) != 1 || rows[0]["group"].(map[string]any)["isAssignableToRole"] != nil {
		t.Errorf("eligible for a group that can hold no role: %v", rows)
	}
	active := c.all(groupPIM + "assignmentScheduleInstances?$filter=principalId eq '" + c.id("that is eligible for a directory role") + "'")
	if len(active) != 1 || active[0]["assignmentType"] != "assigned" {
		t.Errorf("assigned: %v", active)
	}
	tonight := c.all(groupPIM + "assignmentScheduleInstances?$filter=principalId eq '" + c.id("activated until tonight") + "'")
	if len(tonight) != 1 || tonight[0]["assignmentType"] != "activated" || tonight[0]["endDateTime"] != "2026-06-15T19:34:56Z" {
		t.Errorf("activated: %v", tonight)
	}
	c.alsoInBatch("/identityGovernance/privilegedAccess/group/assignmentScheduleInstances?$filter=principalId%20eq%20'"+active[0]["principalId"].(string)+"'", 1)
	held := c.all("/v1.0/roleManagement/directory/roleAssignments?$filter=principalId eq '" + group + "'&$expand=roleDefinition")
	if len(held) != 1 || held[0]["roleDefinition"].(map[string]any)["displayName"] != "Exchange Administrator" {
		t.Errorf("the group's role: %v", held)
	}
	roleGroups := c.all("/v1.0/groups?$filter=isAssignableToRole eq true&$select=id,displayName")
	counted := c.all("/v1.0/groups?$filter=isAssignableToRole eq true&$select=id&$count=true", "ConsistencyLevel", "eventual")
	if len(roleGroups) != 3 || len(counted) != 3 || !slices.Contains(ids(roleGroups, "id"), group) {
		t.Errorf("role-assignable groups: %v", roleGroups)
	}
	c.quiet()
	for permission, list := range map[string]string{
		"PrivilegedEligibilitySchedule.Read.AzureADGroup": "eligibility", "PrivilegedAssignmentSchedule.Read.AzureADGroup": "assignment",
	} {
		blind := newClient(t, simtenant.Options{Withdrawn: []string{permission}})
		status, body := blind.get(groupPIM + list + "ScheduleInstances?$filter=groupId eq '" + group + "'")
		if status != http.StatusForbidden || code(body) != "Authorization_RequestDenied" {
			t.Errorf("without %s: %d %v", permission, status, body)
		}
	}
}
