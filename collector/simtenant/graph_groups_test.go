package simtenant_test

import (
	"fmt"
	"testing"

	"leavercheck/collector/simtenant"
)

func TestMembershipsOfManyKinds(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	of := func(list, story string) []map[string]any { return c.all("/v1.0/users/" + c.id(story) + "/" + list) }
	team := c.one(of("memberOf", "still in a team"), "Team Harvest")
	if fmt.Sprint(team["groupTypes"]) != "[Unified]" || team["securityEnabled"] != false || fmt.Sprint(team["resourceProvisioningOptions"]) != "[Team]" {
		t.Errorf("a team: %v", team)
	}
	dynamic := c.one(of("memberOf", "in a dynamic group"), "Night Shift")
	if fmt.Sprint(dynamic["groupTypes"]) != "[DynamicMembership]" || dynamic["membershipRule"] == nil || dynamic["securityEnabled"] != true {
		t.Errorf("a dynamic group: %v", dynamic)
	}
	if synced := of("memberOf", "that Active Directory owns")[0]; synced["onPremisesSyncEnabled"] != true {
		t.Errorf("a synchronised group: %v", synced)
	}
	list := of("memberOf", "which a mail-enabled security group contains")
	nested := of("transitiveMemberOf", "which a mail-enabled security group contains")
	if len(list) != 1 || list[0]["securityEnabled"] != false || len(nested) != 2 || c.one(nested, "Building Services")["securityEnabled"] != true {
		t.Errorf("nested: %v in %v", list, nested)
	}
	direct, transitive := of("memberOf", "a directory role through a role-assignable group"), of("transitiveMemberOf", "a directory role through a role-assignable group")
	if len(direct) != 1 || direct[0]["isAssignableToRole"] != true || len(transitive) != 2 || c.one(transitive, "Exchange Administrator")["@odata.type"] != "#microsoft.graph.directoryRole" {
		t.Errorf("a role through a group: %v, %v", direct, transitive)
	}
	if rows := of("memberOf", "over an administrative unit"); len(rows) != 0 {
		t.Errorf("a scoped role is a membership: %v", rows)
	}
	if rows := of("transitiveMemberOf", "a group that is deleted"); len(rows) != 0 {
		t.Errorf("a deleted group has a member: %v", rows)
	}
	licence := of("memberOf", "a licence that a group assigns")
	_, account := c.get("/v1.0/users/" + c.id("a licence that a group assigns") + "?$select=licenseAssignmentStates")
	if by := account["licenseAssignmentStates"].([]any)[0].(map[string]any)["assignedByGroup"]; len(licence) != 1 || by != licence[0]["id"] {
		t.Errorf("licence by %v, member of %v", by, licence)
	}
	c.quiet()
}

// Whatever somebody had who is deleted: no list knows of it, under other people's objects neither.
func TestTheDeletedVanish(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	deleted := map[any]bool{}
	for _, p := range c.tenant.Truth() {
		deleted[p.ID] = p.State == "deleted"
	}
	targets := []string{"/v1.0/oauth2PermissionGrants", "/v1.0/roleManagement/directory/roleAssignments", "/v1.0/roleManagement/directory/roleAssignmentSchedules"}
	for _, g := range c.all("/v1.0/groups?$select=id,displayName") {
		if g["displayName"] == "Project Sandcastle" {
			t.Error("a deleted group is listed")
		}
		id := g["id"].(string)
		targets = append(targets, "/v1.0/groups/"+id+"/owners?$select=id", "/v1.0/groups/"+id+"/transitiveMembers?$select=id",
			groupPIM+"eligibilityScheduleInstances?$filter=groupId eq '"+id+"'")
	}
	for _, a := range c.all("/v1.0/applications?$select=id,displayName") {
		if a["displayName"] == "Old Intranet" {
			t.Error("a deleted application is listed")
		}
	}
	seen := 0
	for _, target := range targets {
		for _, row := range c.all(target) {
			seen++
			if deleted[row["id"]] || deleted[row["principalId"]] {
				t.Errorf("%s: %v", target, row)
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d rows were looked at", seen)
	}
	c.quiet()
}
