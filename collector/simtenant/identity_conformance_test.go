package simtenant_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"leavercheck/collector/simtenant"
)

// What Microsoft's samples show of a kind of object is there to be read.
func TestIdentityAnswersHaveTheSamplesProperties(t *testing.T) {
	t.Parallel()
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
