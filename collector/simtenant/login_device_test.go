package simtenant_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"leavercheck/collector/simtenant"
)

// A person's sign-in as the documentation tells it, step by step.
func TestDeviceCode(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	c := newClient(t, simtenant.Options{Clock: func() time.Time { return start().Add(time.Duration(passed.Load())) }})
	tenant, app, _ := c.tenant.Credentials()
	begin := func(scope string) (int, map[string]any) {
		return c.login("/"+tenant+"/oauth2/v2.0/devicecode", url.Values{"client_id": {app}, "scope": {scope}})
	}
	ask := func(code any) (int, string, map[string]any) {
		form := url.Values{"client_id": {app}, "grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "device_code": {code.(string)}}
		status, body := c.login("/"+tenant+"/oauth2/v2.0/token", form)
		word, _ := body["error"].(string)
		return status, word, body
	}
	const scope = "https://graph.microsoft.com/User.Read.All openid profile offline_access"
	status, body := begin(scope)
	if status != http.StatusOK || body["verification_uri"] != "https://microsoft.com/devicelogin" || !strings.Contains(body["message"].(string), body["user_code"].(string)) {
		t.Fatalf("%d %v", status, body)
	}
	if _, word, _ := ask(body["device_code"]); word != "authorization_pending" {
		t.Errorf("at first: %s", word)
	}
	if _, word, _ := ask(body["device_code"]); word != "slow_down" {
		t.Errorf("at once again: %s", word)
	}
	passed.Add(int64(6 * time.Second))
	if _, word, _ := ask(body["device_code"]); word != "authorization_pending" {
		t.Errorf("after the interval: %s", word)
	}
	if !c.tenant.EnterCode(body["user_code"].(string), true) || c.tenant.EnterCode("nothing", true) {
		t.Error("codes that are entered are not told apart")
	}
	_, _, tokens := ask(body["device_code"])
	claims := tokenClaims(t, tokens["access_token"].(string))
	if claims["scp"] != "User.Read.All" || claims["roles"] != nil || claims["tid"] != tenant {
		t.Errorf("claims: %v", claims)
	}
	if _, word, _ := ask(body["device_code"]); word != "bad_verification_code" {
		t.Errorf("a second time: %s", word)
	}
	// The right lent is the right that counts.
	c.graph = tokens["access_token"].(string)
	if status, _ := c.get("/v1.0/users?$select=id"); status != http.StatusOK {
		t.Errorf("users: %d", status)
	}
	if status, _ := c.get("/v1.0/domains"); status != http.StatusForbidden {
		t.Errorf("domains: %d", status)
	}
	status, body = c.login("/"+tenant+"/oauth2/v2.0/token", url.Values{
		"client_id": {app}, "grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}, "scope": {"https://outlook.office365.com/Exchange.Manage"},
	})
	if status != http.StatusOK || tokenClaims(t, body["access_token"].(string))["aud"] != "https://outlook.office365.com" {
		t.Errorf("refreshed for another service: %d %v", status, body)
	}
	c.quiet()

	_, body = begin(scope)
	c.tenant.EnterCode(body["user_code"].(string), false)
	if _, word, _ := ask(body["device_code"]); word != "authorization_declined" {
		t.Errorf("declined: %s", word)
	}
	_, body = begin(scope)
	passed.Add(int64(16 * time.Minute))
	if _, word, _ := ask(body["device_code"]); word != "expired_token" {
		t.Errorf("too late: %s", word)
	}
	for scope, want := range map[string]string{
		"https://graph.microsoft.com/.default":                                                    "AADSTS65001",
		"https://graph.microsoft.com/User.ReadWrite.All":                                          "AADSTS650053",
		"https://graph.microsoft.com/User.Read.All https://outlook.office365.com/Exchange.Manage": "AADSTS28000",
		"https://vault.example/Everything":                                                        "AADSTS500011",
		"openid":                                                                                  "AADSTS900144",
	} {
		status, body := begin(scope)
		if description, _ := body["error_description"].(string); status != http.StatusBadRequest || !strings.HasPrefix(description, want) {
			t.Errorf("%s: %d %v", scope, status, body)
		}
	}
	c.complained("a person is asked for everything")
}
