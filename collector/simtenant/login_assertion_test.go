package simtenant_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/simtenant"
)

// A certificate's assertion as documented: thumbprint, audience, dates, issuer and signature all count.
func TestClientAssertions(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	tenant, app, _ := c.tenant.Credentials()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotBefore: start(), NotAfter: start().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	c.tenant.RegisterCertificate(certificate)
	for name, tc := range map[string]struct {
		change func(header, claims map[string]any)
		spoil  bool
		want   string
	}{
		"as documented":          {func(_, _ map[string]any) {}, false, ""},
		"another certificate":    {func(h, _ map[string]any) { h["x5t#S256"] = "AAAA" }, false, "AADSTS700027"},
		"a forged signature":     {func(_, _ map[string]any) {}, true, "AADSTS50013"},
		"not said which":         {func(h, _ map[string]any) { h["alg"] = "none" }, false, "AADSTS50013"},
		"for somebody else":      {func(_, p map[string]any) { p["aud"] = "https://login.example/token" }, false, "AADSTS700023"},
		"of somebody else":       {func(_, p map[string]any) { p["sub"] = "someone" }, false, "AADSTS700021"},
		"too late":               {func(_, p map[string]any) { p["exp"] = start().Add(-time.Hour).Unix() }, false, "AADSTS700024"},
		"an unknown issuer's":    {func(h, p map[string]any) { delete(h, "x5t#S256"); p["iss"] = "https://issuer.example" }, false, "AADSTS700211"},
		"nobody's in particular": {func(h, _ map[string]any) { delete(h, "x5t#S256") }, false, "AADSTS700027"},
	} {
		digest := sha256.Sum256(der)
		header := map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": base64.RawURLEncoding.EncodeToString(digest[:])}
		claims := map[string]any{
			"aud": "https://login.microsoftonline.com/" + tenant + "/oauth2/v2.0/token", "iss": app, "sub": app, "jti": "1",
			"nbf": start().Unix(), "exp": start().Add(10 * time.Minute).Unix(),
		}
		tc.change(header, claims)
		signed := part(t, header) + "." + part(t, claims)
		digest = sha256.Sum256([]byte(signed))
		signature, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], nil)
		if err != nil {
			t.Fatal(err)
		}
		if tc.spoil {
			signature[0] ^= 1
		}
		status, body := c.login("/"+tenant+"/oauth2/v2.0/token", url.Values{
			"grant_type": {"client_credentials"}, "client_id": {app}, "scope": {"https://graph.microsoft.com/.default"},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			"client_assertion":      {signed + "." + base64.RawURLEncoding.EncodeToString(signature)},
		})
		description, _ := body["error_description"].(string)
		if (status == http.StatusOK) != (tc.want == "") || !strings.HasPrefix(description, tc.want) {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
}

func part(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}
