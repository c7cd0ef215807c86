package simtenant

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// signIns are the faults of Entra.
func signIns() []way {
	return []way{
		{
			FaultKind: FaultKind{
				Name: "sign-in-refused", Rows: []int{26}, Effect: Aborts, Places: []Place{AtSignIn},
				Says: "401: the client secret has expired (AADSTS7000222).",
			},
			instead: func(s *strike) *answer {
				return s.refuse(http.StatusUnauthorized, "invalid_client", "AADSTS7000222: The provided client secret keys for app '"+s.t.client+"' are expired.")
			},
		},
		{
			FaultKind: FaultKind{
				Name: "other-tenant", Rows: []int{59}, Effect: Aborts, Places: []Place{AtSignIn},
				Says: "The token is one of another tenant.",
			},
			after: func(s *strike, a *answer) bool {
				body, _ := a.body.(map[string]any)
				token, _ := body["access_token"].(string)
				if token == "" {
					return false
				}
				body["access_token"] = s.t.elsewhere(token)
				return true
			},
		},
	}
}

// elsewhere turns a token of this tenant into one of another.
func (t *Tenant) elsewhere(token string) string {
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var c claims
	if err != nil || json.Unmarshal(payload, &c) != nil {
		panic("simulated tenant: a token of its own cannot be read")
	}
	c.Tenant = identifiers{seed: t.options.Seed}.guid("another tenant")
	head := parts[0] + "." + base64.RawURLEncoding.EncodeToString(encode(c))
	return head + "." + base64.RawURLEncoding.EncodeToString(t.sign(head))
}

const bearer = `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims`

// challenge asks for claims until they are met. Parameters is what follows the error in the header; %s is the claims.
func challenge(parameters string) func(*strike) *answer {
	return func(s *strike) *answer {
		t := s.t
		nonce := strconv.FormatInt(t.now().Unix(), 10)
		claims := base64.StdEncoding.EncodeToString([]byte(`{"access_token":{"nbf":{"essential":true,"value":"` + nonce + `"}}}`))
		t.mu.Lock()
		t.owed, t.nonce = bearer+fmt.Sprintf(parameters, claims), nonce
		t.mu.Unlock()
		return t.challenge()
	}
}

// challengeOnce asks once, in a way that nobody can meet.
func challengeOnce(parameters string) func(*strike) *answer {
	return func(s *strike) *answer {
		return s.t.unauthorised(bearer + parameters)
	}
}

// challenge is the refusal of everything while a challenge is not met; nil when none is owed.
func (t *Tenant) challenge() *answer {
	t.mu.Lock()
	owed := t.owed
	t.mu.Unlock()
	if owed == "" {
		return nil
	}
	return t.unauthorised(owed)
}

func (t *Tenant) unauthorised(header string) *answer {
	a := t.graphError(http.StatusUnauthorized, "InvalidAuthenticationToken", "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp", "", "")
	a.header = map[string]string{"WWW-Authenticate": header}
	return &a
}

// met takes back the challenge whose claims a sign-in brings.
func (t *Tenant) met(claims string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.owed != "" && strings.Contains(claims, `"`+t.nonce+`"`) {
		t.owed, t.nonce = "", ""
	}
}
