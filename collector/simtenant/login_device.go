package simtenant

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	deviceGrant    = "urn:ietf:params:oauth:grant-type:device_code"
	deviceLife     = 15 * time.Minute
	deviceInterval = 5 * time.Second
)

// deviceCode is one person's sign-in under way.
type deviceCode struct {
	user     string // what the person enters
	scopes   []string
	began    time.Time
	asked    time.Time // when the client asked last
	answer   string    // "", "consents", "declines"
	redeemed bool
}

// EnterCode is a person who opens the page that the sign-in names, enters the code, signs in and consents, or declines.
// It reports whether there is such a code.
func (t *Tenant) EnterCode(code string, consent bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range t.codes {
		if d.user == code && d.answer == "" {
			d.answer = "declines"
			if consent {
				d.answer = "consents"
			}
			return true
		}
	}
	return false
}

// delegatedScopes takes apart the scopes that a person is asked to lend: names of permissions, all of one resource.
func (t *Tenant) delegatedScopes(scope string) (audience string, scopes []string, aadsts, message string) {
	for _, full := range strings.Fields(scope) {
		if slices.Contains([]string{"openid", "profile", "email", "offline_access"}, full) {
			continue
		}
		at := strings.LastIndex(full, "/")
		resource, name := "https://graph.microsoft.com", full
		if at >= 0 {
			resource, name = full[:at], full[at+1:]
		}
		of := t.resourceOf(resource)
		switch {
		case of == noResource:
			return "", nil, "AADSTS500011", "The resource principal named " + resource + " was not found in the tenant named " + t.organisation.name + "."
		case audience != "" && audience != resource:
			return "", nil, "AADSTS28000", "Provided value for the input parameter scope is not valid because it contains more than one resource."
		case name == ".default":
			t.complain("sign-in: a person is asked for everything that the application has (.default)")
			return "", nil, "AADSTS65001", "The user or administrator has not consented to use the application."
		case of == graphResource && !slices.Contains(t.permissions(of), name), of == exchangeResource && name != "Exchange.Manage":
			return "", nil, "AADSTS650053", fmt.Sprintf("The application asked for scope '%s' that doesn't exist on the resource '%s'.", name, resource)
		}
		audience = resource
		scopes = append(scopes, name)
	}
	if len(scopes) == 0 {
		return "", nil, "AADSTS900144", "The request body must contain the following parameter: 'scope'."
	}
	return audience, scopes, "", ""
}

// device begins the sign-in of a person (learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code).
func (t *Tenant) device(form url.Values, refuse func(int, string, string, string) answer) answer {
	if !strings.EqualFold(form.Get("client_id"), t.client) {
		return refuse(http.StatusBadRequest, "unauthorized_client", "AADSTS700016", "Application with identifier '"+form.Get("client_id")+"' was not found in the directory.")
	}
	if _, _, aadsts, message := t.delegatedScopes(form.Get("scope")); aadsts != "" {
		return refuse(http.StatusBadRequest, "invalid_scope", aadsts, message)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	ids := identifiers{seed: t.options.Seed}
	nth := strconv.Itoa(len(t.codes))
	code := "device~" + ids.token("device", nth)
	d := &deviceCode{user: strings.ToUpper(ids.token("user code", nth)[:9]), scopes: strings.Fields(form.Get("scope")), began: t.now()}
	t.codes[code] = d
	return answer{status: http.StatusOK, body: map[string]any{
		"user_code": d.user, "device_code": code, "verification_uri": "https://microsoft.com/devicelogin",
		"expires_in": int(deviceLife.Seconds()), "interval": int(deviceInterval.Seconds()),
		"message": "To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter the code " + d.user + " to authenticate.",
	}}
}

// redeem answers the client that waits for the person.
func (t *Tenant) redeem(form url.Values, refuse func(int, string, string, string) answer) answer {
	t.mu.Lock()
	d := t.codes[form.Get("device_code")]
	var state deviceCode
	if d != nil {
		state = *d
		d.asked = t.now()
		d.redeemed = d.redeemed || d.answer == "consents"
	}
	t.mu.Unlock()
	switch now := t.now(); {
	case d == nil || state.redeemed:
		return refuse(http.StatusBadRequest, "bad_verification_code", "AADSTS70018", "The verification code is invalid.")
	case now.After(state.began.Add(deviceLife)):
		return refuse(http.StatusBadRequest, "expired_token", "AADSTS70019", "Verification code expired. Have the user retry the sign-in.")
	case state.answer == "declines":
		return refuse(http.StatusBadRequest, "authorization_declined", "AADSTS65004", "User declined to consent to access the app.")
	case state.answer == "" && !state.asked.IsZero() && now.Sub(state.asked) < deviceInterval:
		return refuse(http.StatusBadRequest, "slow_down", "AADSTS70016", "The client polls more often than it was told to.")
	case state.answer == "":
		return refuse(http.StatusBadRequest, "authorization_pending", "AADSTS70016", "The provided request has not yet been authorized by the user. The user must input their code.")
	}
	return t.lend(strings.Join(state.scopes, " "), form.Get("client_info") != "", refuse)
}

// refresh answers the refresh token grant: for any resource that the person lent rights of.
func (t *Tenant) refresh(form url.Values, refuse func(int, string, string, string) answer) answer {
	if form.Get("refresh_token") != t.refreshToken() {
		return refuse(http.StatusBadRequest, "invalid_grant", "AADSTS9002313", "Invalid request. Request is malformed or invalid.")
	}
	return t.lend(form.Get("scope"), form.Get("client_info") != "", refuse)
}

func (t *Tenant) refreshToken() string {
	return "refresh~" + base64.RawURLEncoding.EncodeToString(t.sign("refresh token"))
}

// lend makes the tokens that stand for a person.
func (t *Tenant) lend(scope string, clientInfo bool, refuse func(int, string, string, string) answer) answer {
	audience, scopes, aadsts, message := t.delegatedScopes(scope)
	if aadsts != "" {
		return refuse(http.StatusBadRequest, "invalid_scope", aadsts, message)
	}
	object := identifiers{seed: t.options.Seed}.guid("administrator who signs in")
	full := []string{"openid", "profile"}
	for _, name := range scopes {
		full = append(full, audience+"/"+name)
	}
	now := t.now()
	body := map[string]any{
		"token_type": "Bearer", "scope": strings.Join(full, " "), "expires_in": int(tokenLife.Seconds()), "ext_expires_in": int(tokenLife.Seconds()),
		"access_token": t.token(claims{Audience: audience, Kind: "user", Object: object, Subject: object, Scopes: strings.Join(scopes, " ")}),
		"id_token": t.seal(map[string]any{
			"aud": t.client, "iss": "https://login.microsoftonline.com/" + t.id + "/v2.0", "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(tokenLife).Unix(),
			"oid": object, "sub": object, "tid": t.id, "preferred_username": "admin@" + t.domains[0].name, "name": "Administrator", "ver": "2.0",
		}),
	}
	if strings.Contains(scope, "offline_access") {
		body["refresh_token"] = t.refreshToken()
	}
	if clientInfo {
		body["client_info"] = base64.RawURLEncoding.EncodeToString([]byte(`{"uid":"` + object + `","utid":"` + t.id + `"}`))
	}
	return answer{status: http.StatusOK, header: map[string]string{"Cache-Control": "no-store, no-cache"}, body: body}
}
