package simtenant_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"leavercheck/collector/simtenant"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// serve starts a tenant and returns an HTTP client that trusts it.
func serve(t *testing.T, options simtenant.Options) (*simtenant.Tenant, *simtenant.Server, *http.Client) {
	t.Helper()
	tenant, err := simtenant.New(options)
	if err != nil {
		t.Fatal(err)
	}
	server, err := tenant.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(server.CA) {
		t.Fatal("the CA is no PEM certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return tenant, server, &http.Client{Transport: transport}
}

func credential(t *testing.T, server *simtenant.Server, transport *http.Client, tenantID, secret string) *azidentity.ClientSecretCredential {
	t.Helper()
	cred, err := azidentity.NewClientSecretCredential(tenantID, server.ClientID, secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: azcore.ClientOptions{
			Transport: transport, Retry: policy.RetryOptions{MaxRetries: -1},
			Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: server.LoginURL},
		},
		DisableInstanceDiscovery: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

func tokenClaims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestAzureIdentitySignsInAndReads(t *testing.T) {
	t.Parallel()
	tenant, server, transport := serve(t, simtenant.Options{Now: start(), Withdrawn: []string{"MailboxSettings.Read"}})
	ctx := context.Background()
	cred := credential(t, server, transport, server.TenantID, server.ClientSecret)
	for _, scope := range []string{server.GraphURL + "/.default", "https://graph.microsoft.us/.default"} {
		token, err := cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}, EnableCAE: true})
		if err != nil {
			t.Fatalf("%s: %v", scope, err)
		}
		claims := tokenClaims(t, token.Token)
		if claims["tid"] != server.TenantID || claims["appid"] != server.ClientID || claims["aud"] != strings.TrimSuffix(scope, "/.default") {
			t.Errorf("claims: %v", claims)
		}
		roles := claims["roles"].([]any)
		if !slices.Contains(roles, any("User.Read.All")) || slices.Contains(roles, any("MailboxSettings.Read")) {
			t.Errorf("roles: %v", roles)
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.GraphURL+"/v1.0/organization?$select=id", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token.Token)
		response, err := transport.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK || response.ProtoMajor != 2 {
			t.Errorf("%s: %s over HTTP/%d", scope, response.Status, response.ProtoMajor)
		}
	}
	if got := tenant.Complaints(); len(got) > 0 {
		t.Errorf("complaints: %q", got)
	}
	if tenant.Requests()["login"] == 0 {
		t.Error("signing in was not counted")
	}
}

func TestAzureIdentityIsRefused(t *testing.T) {
	t.Parallel()
	_, server, transport := serve(t, simtenant.Options{Now: start()})
	for name, test := range map[string]struct{ tenant, secret, scope, want string }{
		"wrong secret":     {server.TenantID, "no", "https://graph.microsoft.com/.default", "AADSTS7000215"},
		"unknown tenant":   {"00000000-0000-4000-8000-000000000000", server.ClientSecret, "https://graph.microsoft.com/.default", "AADSTS90002"},
		"unknown resource": {server.TenantID, server.ClientSecret, "https://vault.example/.default", "AADSTS500011"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cred := credential(t, server, transport, test.tenant, test.secret)
			_, err := cred.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{test.scope}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestSignInRefusals(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	tenant, app, secret := c.tenant.Credentials()
	good := func() url.Values {
		return url.Values{
			"grant_type": {"client_credentials"}, "client_id": {app}, "client_secret": {secret}, "scope": {"https://graph.microsoft.com/.default"},
		}
	}
	jwt := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"PS256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"x"}`)) + ".c2ln"
	assertion := func(f url.Values, token string) {
		f.Del("client_secret")
		f.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		f.Set("client_assertion", token)
	}
	for name, test := range map[string]struct {
		tenant string
		change func(url.Values)
		status int
		code   string
	}{
		"by domain":              {"fabrikam-sim.example", func(url.Values) {}, 200, ""},
		"by an unknown key":      {tenant, func(f url.Values) { assertion(f, jwt) }, 401, "AADSTS700211"},
		"by no assertion at all": {tenant, func(f url.Values) { assertion(f, "a.b.c") }, 401, "AADSTS50027"},
		"unverified domain":      {"fabrikam-soon.example", func(url.Values) {}, 400, "AADSTS90002"},
		"unknown application":    {tenant, func(f url.Values) { f.Set("client_id", "someone") }, 400, "AADSTS700016"},
		"no secret":              {tenant, func(f url.Values) { f.Del("client_secret") }, 401, "AADSTS7000218"},
		"no grant":               {tenant, func(f url.Values) { f.Del("grant_type") }, 400, "AADSTS900144"},
		"another grant":          {tenant, func(f url.Values) { f.Set("grant_type", "password") }, 400, "AADSTS70003"},
		"a scope of its own":     {tenant, func(f url.Values) { f.Set("scope", "User.Read") }, 400, "AADSTS1002012"},
	} {
		form := good()
		test.change(form)
		status, body := c.login("/"+test.tenant+"/oauth2/v2.0/token", form)
		description, _ := body["error_description"].(string)
		if status != test.status || !strings.HasPrefix(description, test.code) {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
}

func TestTokensBelongToOneServiceAndExpire(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	c := newClient(t, simtenant.Options{Clock: func() time.Time { return start().Add(time.Duration(passed.Load())) }})
	ask := func(h http.Handler, method, target, token string) (int, map[string]any) {
		r := httptest.NewRequest(method, target, nil)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		status, body, header := c.send(h, r)
		if status == http.StatusUnauthorized && header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: 401 without a challenge", target)
		}
		return status, body
	}
	graph := graphHost + "/v1.0/organization"
	for name, test := range map[string]struct {
		handler http.Handler
		token   string
	}{
		"Exchange's token at Graph":   {c.tenant.Graph(), c.mail},
		"Graph's token at Exchange":   {c.tenant.Exchange(), c.graph},
		"no token":                    {c.tenant.Graph(), ""},
		"a forged token":              {c.tenant.Graph(), c.graph + "x"},
		"something else than a token": {c.tenant.Graph(), "abc"},
	} {
		if status, body := ask(test.handler, http.MethodGet, graph, test.token); status != http.StatusUnauthorized {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
	c.complained("a token for Office 365 Exchange Online was sent to Microsoft Graph")
	c.complained("a token for Microsoft Graph was sent to Office 365 Exchange Online")
	passed.Store(int64(74 * time.Minute))
	if status, _ := ask(c.tenant.Graph(), http.MethodGet, graph, c.graph); status != http.StatusOK {
		t.Errorf("a token is refused after 74 minutes: %d", status)
	}
	passed.Store(int64(90 * time.Minute))
	if status, body := ask(c.tenant.Graph(), http.MethodGet, graph, c.graph); status != http.StatusUnauthorized || code(body) != "InvalidAuthenticationToken" {
		t.Errorf("an old token is accepted: %d %v", status, body)
	}
}
