package simtenant_test

import (
	"strings"
	"testing"

	"leavercheck/collector/simtenant"
)

func TestAuthenticationMethods(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	kinds := func(story string) string {
		var out []string
		for _, row := range c.all("/v1.0/users/" + c.id(story) + "/authentication/methods") {
			kind, _ := row["@odata.type"].(string)
			out = append(out, strings.TrimSuffix(strings.TrimPrefix(kind, "#microsoft.graph."), "AuthenticationMethod"))
			if row["id"] == nil || row["password"] != nil || row["temporaryAccessPass"] != nil || row["secretKey"] != nil {
				t.Errorf("%q: %v", story, row)
			}
		}
		return strings.Join(out, " ")
	}
	for story, want := range map[string]string{
		"clean: converted":           "password",
		"a telephone number is left": "password phone",
		"the Authenticator is left":  "password microsoftAuthenticator",
		"a security key":             "password fido2 windowsHelloForBusiness",
		"a code generator":           "password email softwareOath",
		"that nobody knows yet":      "password future",
		"can still be used":          "password temporaryAccessPass",
		"pass has expired":           "password temporaryAccessPass",
		"a guest with a telephone":   "phone",
		"a guest, blocked":           "",
	} {
		if story == "that nobody knows yet" {
			story = "a way to sign in is left"
		}
		if got := kinds(story); got != want {
			t.Errorf("%q: %s, want %s", story, got, want)
		}
	}
	for story, want := range map[string]bool{"can still be used": true, "pass has expired": false} {
		pass := c.all("/v1.0/users/" + c.id(story) + "/authentication/methods")[1]
		if pass["isUsable"] != want || pass["lifetimeInMinutes"] == nil {
			t.Errorf("%q: %v", story, pass)
		}
	}
	c.quiet()
}
