package simtenant

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// serveLogin answers what a client needs to sign in an application or a person.
func (t *Tenant) serveLogin(w http.ResponseWriter, r *http.Request) {
	nth := t.arrive()
	requestID := t.commonHeaders(w, r, nth)
	w.Header().Set("x-ms-request-id", requestID)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	c := &call{family: familyLogin, template: r.Method + " /{tenant}/" + rest, item: -1, id: requestID}
	if a := t.admit(c); a != nil {
		t.send(w, r, c, *a)
		return
	}
	if r.Header.Get("Authorization") != "" {
		t.complain("sign-in: a request to %s carries an Authorization header", rest)
	}
	t.send(w, r, c, t.disturb(c, t.login(r, tenant, rest, requestID)))
}

func (t *Tenant) login(r *http.Request, tenant, rest, requestID string) answer {
	refuse := func(status int, code, aadsts, message string) answer {
		number := 0
		_, _ = fmt.Sscanf(aadsts, "AADSTS%d", &number)
		return answer{status: status, body: map[string]any{
			"error": code,
			"error_description": fmt.Sprintf("%s: %s Trace ID: %s Correlation ID: %s Timestamp: %s", aadsts, message,
				requestID, requestID, t.now().Format("2006-01-02 15:04:05Z")),
			"error_codes":    []int{number},
			"timestamp":      t.now().Format("2006-01-02 15:04:05Z"),
			"trace_id":       requestID,
			"correlation_id": requestID,
			"error_uri":      fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", number),
		}}
	}
	// People of any tenant may come by this name; an application has to say whose it is.
	known := strings.EqualFold(tenant, t.id) || tenant == "organizations"
	for _, d := range t.domains {
		known = known || d.verified && strings.EqualFold(tenant, d.name)
	}
	switch {
	case !slices.Contains([]string{"v2.0/.well-known/openid-configuration", "oauth2/v2.0/token", "oauth2/v2.0/devicecode"}, rest):
		t.complain("sign-in: %s /{tenant}/%s is not simulated", r.Method, rest)
		return answer{status: http.StatusNotFound}
	case !known:
		return refuse(http.StatusBadRequest, "invalid_request", "AADSTS90002", fmt.Sprintf(
			"Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. "+
				"Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.", tenant))
	case strings.HasSuffix(rest, "openid-configuration"):
		if r.Method != http.MethodGet {
			return answer{status: http.StatusMethodNotAllowed}
		}
		return answer{status: http.StatusOK, body: t.openID("https://"+r.Host, tenant)}
	case r.Method != http.MethodPost:
		return refuse(http.StatusBadRequest, "invalid_request", "AADSTS900561",
			"The endpoint only accepts POST, OPTIONS requests. Received a "+r.Method+" request.")
	}
	body, err := readBody(r)
	form, formErr := url.ParseQuery(string(body))
	if err != nil || formErr != nil || form.Get("grant_type") == "" && rest == "oauth2/v2.0/token" {
		return refuse(http.StatusBadRequest, "invalid_request", "AADSTS900144",
			"The request body must contain the following parameter: 'grant_type'.")
	}
	if rest == "oauth2/v2.0/devicecode" {
		return t.device(form, refuse)
	}
	return t.grant(form, "https://"+r.Host+r.URL.Path, refuse)
}

// grant answers a grant. Endpoint is the URL at which it was asked for.
func (t *Tenant) grant(form url.Values, endpoint string, refuse func(int, string, string, string) answer) answer {
	if claims := form.Get("claims"); claims != "" && !strings.HasPrefix(claims, "{") || claims != "" && !json.Valid([]byte(claims)) {
		return refuse(http.StatusBadRequest, "invalid_request", "AADSTS50049", "The claims parameter is not a JSON object.")
	}
	switch form.Get("grant_type") {
	case deviceGrant, "device_code": // the service knows its draft name too, which Microsoft's libraries use
		return t.redeem(form, refuse)
	case "refresh_token":
		return t.refresh(form, refuse)
	}
	client, secret, assertion := form.Get("client_id"), form.Get("client_secret"), form.Get("client_assertion")
	scope := ""
	for _, s := range strings.Fields(form.Get("scope")) {
		if strings.HasSuffix(s, "/.default") { // clients add openid and the like, which an application does not get
			scope = strings.TrimSuffix(s, "/.default")
		}
	}
	unproved, why := t.proves(form.Get("client_assertion_type"), assertion, endpoint)
	switch {
	case form.Get("grant_type") != "client_credentials":
		t.complain("sign-in: grant %q is not simulated", form.Get("grant_type"))
		return refuse(http.StatusBadRequest, "unsupported_grant_type", "AADSTS70003",
			"The app requested an unsupported grant type '"+form.Get("grant_type")+"'.")
	case !strings.EqualFold(client, t.client):
		return refuse(http.StatusBadRequest, "unauthorized_client", "AADSTS700016", fmt.Sprintf(
			"Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been "+
				"installed by the administrator of the tenant or consented to by any user in the tenant.", client, t.organisation.name))
	case secret == "" && assertion == "":
		return refuse(http.StatusUnauthorized, "invalid_client", "AADSTS7000218",
			"The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
	case secret != "" && secret != t.secret:
		return refuse(http.StatusUnauthorized, "invalid_client", "AADSTS7000215", fmt.Sprintf(
			"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client "+
				"secret ID, for a secret added to app '%s'.", client))
	case secret == "" && unproved != "":
		return refuse(http.StatusUnauthorized, "invalid_client", unproved, why)
	case scope == "":
		return refuse(http.StatusBadRequest, "invalid_scope", "AADSTS1002012", fmt.Sprintf(
			"The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default "+
				"suffixed to the resource identifier (application ID URI).", form.Get("scope")))
	case t.resourceOf(scope) == noResource:
		return refuse(http.StatusBadRequest, "invalid_resource", "AADSTS500011", fmt.Sprintf(
			"The resource principal named %s was not found in the tenant named %s.", scope, t.organisation.name))
	}
	t.met(form.Get("claims"))
	return answer{status: http.StatusOK, header: map[string]string{"Cache-Control": "no-store, no-cache"}, body: map[string]any{
		"token_type":     "Bearer",
		"expires_in":     int(tokenLife.Seconds()),
		"ext_expires_in": int(tokenLife.Seconds()),
		"access_token":   t.newToken(scope),
	}}
}

// openID is the discovery document of the tenant.
func (t *Tenant) openID(base, asked string) map[string]any {
	tenant := base + "/" + t.id
	if asked == "organizations" {
		tenant = base + "/organizations"
	}
	return map[string]any{
		"token_endpoint":                        tenant + "/oauth2/v2.0/token",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"jwks_uri":                              tenant + "/discovery/v2.0/keys",
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"issuer":                                tenant + "/v2.0",
		"request_uri_parameter_supported":       false,
		"userinfo_endpoint":                     "https://graph.microsoft.com/oidc/userinfo",
		"authorization_endpoint":                tenant + "/oauth2/v2.0/authorize",
		"device_authorization_endpoint":         tenant + "/oauth2/v2.0/devicecode",
		"end_session_endpoint":                  tenant + "/oauth2/v2.0/logout",
		"tenant_region_scope":                   "WW",
		"cloud_instance_name":                   "microsoftonline.com",
		"cloud_graph_host_name":                 "graph.windows.net",
		"msgraph_host":                          "graph.microsoft.com",
	}
}
