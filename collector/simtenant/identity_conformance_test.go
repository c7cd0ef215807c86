package simtenant_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"leavercheck/collector/simtenant"
)

func TestIdentityAnswersHaveThePublishedShape(t *testing.T) {
	t.Parallel()
	o := published(t)
	c := newClient(t, simtenant.Options{})
	check := func(target, kind string) {
		t.Helper()
		rows := c.all(target)
		if len(rows) == 0 {
			t.Errorf("%s: no row to check", target)
		}
		for _, row := range rows {
			kind := kind
			if typed, ok := row["@odata.type"].(string); ok {
				kind = strings.TrimPrefix(typed, "#microsoft.graph.")
			}
			node, ok := o.Components.Schemas["microsoft.graph."+kind]
			if !ok {
				if !strings.HasPrefix(kind, "future") {
					t.Fatalf("%s: no type %q", target, kind)
				}
				continue
			}
			if strings.HasPrefix(kind, "unifiedRoleAssignment") {
				delete(row, "resourceScope") // the documentation's sample has it, the type has not
			}
			for _, expanded := range []string{"principal", "group", "roleDefinition"} {
				delete(row, expanded)
			}
			o.check(t, kind, node, row)
		}
	}
	for list, test := range listsOfPeople() {
		_, kind, cast := strings.Cut(list, "microsoft.graph.")
		if !cast {
			kind = map[string]string{"oauth2PermissionGrants": "oAuth2PermissionGrant", "appRoleAssignments": "appRoleAssignment"}[list]
		}
		check("/v1.0/users/"+c.id(test.story)+"/"+selecting(list), kind)
	}
	for _, p := range c.tenant.Truth() {
		if p.State == "live" && !strings.Contains(p.UserPrincipalName, "#EXT#") {
			check("/v1.0/users/"+p.ID+"/authentication/methods", "")
		}
	}
	for list, kind := range map[string]string{
		"/groups": "group", "/applications": "application", "/servicePrincipals": "servicePrincipal", "/oauth2PermissionGrants": "oAuth2PermissionGrant",
		"/roleManagement/directory/roleAssignments":                  "unifiedRoleAssignment",
		"/roleManagement/directory/roleDefinitions":                  "unifiedRoleDefinition",
		"/roleManagement/directory/roleAssignmentSchedules":          "unifiedRoleAssignmentSchedule",
		"/roleManagement/directory/roleAssignmentScheduleInstances":  "unifiedRoleAssignmentScheduleInstance",
		"/roleManagement/directory/roleEligibilitySchedules":         "unifiedRoleEligibilitySchedule",
		"/roleManagement/directory/roleEligibilityScheduleInstances": "unifiedRoleEligibilityScheduleInstance",
		"/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances?$filter=principalId eq '" +
			c.id("eligible for ownership") + "'": "privilegedAccessGroupEligibilityScheduleInstance",
		"/identityGovernance/privilegedAccess/group/assignmentScheduleInstances?$filter=principalId eq '" +
			c.id("that is eligible for a directory role") + "'": "privilegedAccessGroupAssignmentScheduleInstance",
	} {
		check("/v1.0"+list, kind)
	}
	c.quiet()
}

// What Microsoft's samples show of a kind of object is there to be read.
func TestIdentityAnswersHaveTheSamplesProperties(t *testing.T) {
	t.Parallel()
	published(t)
	c := newClient(t, simtenant.Options{})
	for file, target := range map[string]string{
		"rbacapplication-list-roleassignments.2024.v10": "/roleManagement/directory/roleAssignments",
		"user-list-memberof.v10":                        "/users/" + c.id("still in a team") + "/memberOf",
		"user-list-transitivememberof.v10":              "/users/" + c.id("still in a team") + "/transitiveMemberOf",
		"application-list.v10":                          "/applications",
		"serviceprincipal-list.v10":                     "/servicePrincipals",
		"oauth2permissiongrant-list.v10":                "/oauth2PermissionGrants",
		"user-list-oauth2permissiongrants.v10":          "/users/" + c.id("may still act in their name") + "/oauth2PermissionGrants",
		"user-list-approleassignments.v10":              "/users/" + c.id("with default access") + "/appRoleAssignments",
		"user-list-registereddevices.v10":               "/users/" + c.id("is still enabled in the directory") + "/registeredDevices",
		"user-list-owneddevices.v10":                    "/users/" + c.id("registered to a colleague") + "/ownedDevices",
		"user-list-ownedobjects.v10":                    "/users/" + c.id("the only owner of a team") + "/ownedObjects",
	} {
		data, err := os.ReadFile(filepath.Join(schemas(t), "graph", "examples", file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var sample struct {
			Examples []struct {
				Body any `json:"body"`
			} `json:"examples"`
		}
		if err := json.Unmarshal(data, &sample); err != nil {
			t.Fatal(err)
		}
		body, _ := sample.Examples[0].Body.(map[string]any)
		row := c.all("/v1.0" + target)[0]
		for name := range body["value"].([]any)[0].(map[string]any) {
			if _, ok := row[name]; !ok {
				t.Errorf("%s: the sample has %s", target, name)
			}
		}
	}
	// The list of methods mixes kinds: each has the properties of its own.
	for _, row := range c.all("/v1.0/users/" + c.id("a security key and Windows Hello") + "/authentication/methods") {
		want := map[string][]string{
			"#microsoft.graph.fido2AuthenticationMethod":                   {"id", "displayName", "aaGuid", "model", "attestationCertificates", "attestationLevel"},
			"#microsoft.graph.windowsHelloForBusinessAuthenticationMethod": {"id", "displayName", "createdDateTime", "keyStrength"},
			"#microsoft.graph.passwordAuthenticationMethod":                {"id", "password"},
		}[row["@odata.type"].(string)]
		if len(want) == 0 {
			t.Errorf("an unexpected method: %v", row)
		}
		for _, name := range want {
			if _, ok := row[name]; !ok {
				t.Errorf("%v lacks %s", row, name)
			}
		}
	}
	c.quiet()
}
