package simtenant_test

import (
	"maps"
	"net/url"
	"testing"

	"leavercheck/collector/simtenant"
)

func TestApplicationsAndConsents(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.id("a certificate of a service principal")
	mine := c.all("/v1.0/users/" + p + "/ownedObjects/graph.servicePrincipal?$select=id,keyCredentials")[0]
	if key := mine["keyCredentials"].([]any)[0].(map[string]any); key["key"] != nil {
		t.Errorf("a list shows a key: %v", key)
	}
	_, single := c.get("/v1.0/servicePrincipals/" + mine["id"].(string) + "?$select=id,keyCredentials")
	if key := single["keyCredentials"].([]any)[0].(map[string]any); key["key"] == nil || key["type"] != "AsymmetricX509Cert" {
		t.Errorf("one object hides its key: %v", key)
	}
	app := c.all("/v1.0/users/" + c.id("knows a secret") + "/ownedObjects/graph.application?$select=id,appId,passwordCredentials")[0]
	secret := app["passwordCredentials"].([]any)[0].(map[string]any)
	if secret["secretText"] != nil || secret["startDateTime"] == nil || secret["endDateTime"] == nil {
		t.Errorf("a secret: %v", secret)
	}
	same := c.all("/v1.0/servicePrincipals?$select=id,appId&$filter=appId eq '" + app["appId"].(string) + "'")
	if len(same) != 1 || same[0]["id"] == app["id"] {
		t.Errorf("the service principal of an application: %v", same)
	}
	endless := c.all("/v1.0/users/" + c.id("neither when it began") + "/ownedObjects?$select=passwordCredentials")[0]["passwordCredentials"].([]any)[0].(map[string]any)
	if endless["startDateTime"] != nil || endless["endDateTime"] != nil {
		t.Errorf("a secret without dates: %v", endless)
	}
	me := c.id("may still act in their name")
	own := c.all("/v1.0/users/" + me + "/oauth2PermissionGrants")
	filtered := c.all("/v1.0/oauth2PermissionGrants?$filter=" + url.QueryEscape("principalId eq '"+me+"'"))
	if len(own) != 1 || !maps.Equal(own[0], filtered[0]) || own[0]["consentType"] != "Principal" {
		t.Errorf("grants: %v, %v", own, filtered)
	}
	everybody := c.all("/v1.0/oauth2PermissionGrants?$filter=consentType eq 'AllPrincipals'")
	if len(everybody) != 2 || everybody[0]["principalId"] != nil {
		t.Errorf("consents for everybody: %v", everybody)
	}
	if rows := c.all("/v1.0/users/" + c.id("that consent is nobody's") + "/oauth2PermissionGrants"); len(rows) != 0 {
		t.Errorf("a consent for everybody is somebody's: %v", rows)
	}
	through := c.all("/v1.0/users/" + c.id("only through a group") + "/appRoleAssignments")
	if len(through) != 1 || through[0]["principalType"] != "Group" || through[0]["principalId"] == c.id("only through a group") {
		t.Errorf("assigned through a group: %v", through)
	}
	both := c.all("/v1.0/users/" + c.id("with default access") + "/appRoleAssignments?$filter=resourceId eq " + through[0]["resourceId"].(string))
	if len(both) != 0 {
		t.Errorf("assignments of another resource: %v", both)
	}
	c.quiet()
}
