package collector

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

func TestApplicationsSignIn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	path, certificate := s.certificate(t, time.Now().Add(365*24*time.Hour))
	s.tenant.RegisterCertificate(certificate)
	s.tenant.RegisterFederation(simtenant.FederatedCredential{
		Issuer: "https://issuer.example", Subject: "repo:acme/audit:ref:refs/heads/main", Audience: "api://AzureADTokenExchange", Key: &s.key.PublicKey,
	})
	tokenFile := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(tokenFile, []byte(s.idToken(t, "api://AzureADTokenExchange")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		method string
		env    map[string]string
		warns  string
	}{
		"certificate":                   {Certificate, s.env(envCertificate, path), ""},
		"certificate with its chain":    {Auto, s.env(envCertificate, path, envChain, "true"), ""},
		"certificate before a secret":   {Auto, s.env(envCertificate, path, envSecret, "wrong"), ""},
		"a password that PEM needs not": {Auto, s.env(envCertificate, path, envPassword, "x"), ""},
		"secret":                        {Auto, s.env(envSecret, s.server.ClientSecret), "a certificate or a federated token is better"},
		"Kubernetes":                    {Auto, s.env(envTokenFile, tokenFile), ""},
		"GitHub Actions":                {Auto, s.env(envGitHubURL, s.platform.URL+"/token?version=2", envGitHubToken, canary), ""},
		"Azure Pipelines": {Federated, map[string]string{
			envConnectionTenant: s.server.TenantID, envConnectionClient: s.server.ClientID, envConnection: "connection",
			envPipelinesURL: s.platform.URL + "/oidc", envPipelinesToken: canary,
		}, ""},
		"tenant by domain": {Auto, map[string]string{"AZURE_TENANT_ID": "Fabrikam-Sim.example", "AZURE_CLIENT_ID": s.server.ClientID, envCertificate: path}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, warnings, err := s.signIn(t, tc.method, tc.env)
			if err != nil {
				t.Fatal(err)
			}
			if got.identity.TenantID != s.server.TenantID || !slices.Contains(got.identity.permissions(), "User.Read.All") || got.identity.delegated() {
				t.Errorf("signed in as %+v", got.identity)
			}
			if _, err := got.exchange.Token(t.Context(), ""); err != nil {
				t.Errorf("Exchange: %v", err)
			}
			if text := strings.Join(warnings, ";"); (tc.warns == "") != (text == "") || !strings.Contains(text, tc.warns) {
				t.Errorf("warnings: %q", warnings)
			}
		})
	}
	if q := s.asked.Load().URL.Query(); q.Get("audience") == "" && q.Get("serviceConnectionId") == "" {
		t.Errorf("the platform was asked %v", q)
	}
	if complaints := s.tenant.Complaints(); len(complaints) > 0 {
		t.Errorf("complaints: %q", complaints)
	}
}

func TestSignInIsRefusedInOneLine(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	path, _ := s.certificate(t, time.Now().Add(365*24*time.Hour))
	ended, _ := s.certificate(t, time.Now().Add(-time.Minute))
	notes := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(notes, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		method string
		env    map[string]string
		says   string
	}{
		"no such way":                   {"password", s.env(), `--auth "password" is none of auto, certificate`},
		"nothing":                       {Auto, nil, "nothing to sign in with: set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_CERTIFICATE_PATH"},
		"no ids":                        {Auto, map[string]string{envSecret: canary}, "set AZURE_TENANT_ID (or --tenant) and AZURE_CLIENT_ID (or --client-id)"},
		"no secret":                     {ClientSecret, s.env(), "set AZURE_CLIENT_SECRET"},
		"no certificate":                {Certificate, s.env(), "set AZURE_CLIENT_CERTIFICATE_PATH"},
		"no file":                       {Auto, s.env(envCertificate, "nowhere.pem"), "AZURE_CLIENT_CERTIFICATE_PATH: open nowhere.pem: no such file"},
		"no certificate in it":          {Auto, s.env(envCertificate, notes, envPassword, canary), "neither PEM nor a PFX"},
		"a certificate that ended":      {Auto, s.env(envCertificate, ended), "ended on"},
		"a certificate of nobody":       {Auto, s.env(envCertificate, path), "AADSTS700027"},
		"a chain, or not":               {Auto, s.env(envCertificate, path, envChain, "perhaps"), "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN is neither true nor false"},
		"a wrong secret":                {Auto, s.env(envSecret, canary), "put the secret's value, not its id, into AZURE_CLIENT_SECRET"},
		"a tenant that is none":         {Auto, s.env("AZURE_TENANT_ID", "organizations", envSecret, canary), `AZURE_TENANT_ID "organizations" is neither a tenant's id nor a domain`},
		"an application that is none":   {Auto, s.env("AZURE_CLIENT_ID", "../x", envSecret, canary), "AZURE_CLIENT_ID"},
		"no federated token":            {Federated, s.env(), "id-token: write"},
		"no token in the file":          {Auto, s.env(envTokenFile, notes), "holds no token"},
		"Pipelines without its token":   {Auto, s.env(envConnection, "x", envPipelinesURL, s.platform.URL), "set SYSTEM_ACCESSTOKEN"},
		"GitHub over http":              {Auto, s.env(envGitHubURL, "http://issuer.example", envGitHubToken, canary), "ACTIONS_ID_TOKEN_REQUEST_URL is no https URL"},
		"GitHub refuses":                {Auto, s.env(envGitHubURL, s.platform.URL, envGitHubToken, canary+"x"), "GitHub Actions refuses an id token (status 401)"},
		"an issuer that is not trusted": {Auto, s.env(envGitHubURL, s.platform.URL, envGitHubToken, canary), "AADSTS700211"},
		"a person without application":  {DeviceCode, nil, "set AZURE_CLIENT_ID (or --client-id)"},
		"an unknown domain":             {Auto, s.env("AZURE_TENANT_ID", "nowhere.example", envSecret, canary), "AADSTS90002"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := s.signIn(t, tc.method, tc.env)
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("got %v\nwant %q", err, tc.says)
			}
			if strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "\n") {
				t.Errorf("not one line without a secret: %q", err)
			}
		})
	}
}

// Neither another tenant nor a token for another service gets as far as a request to Graph or Exchange.
func TestATokenOfSomebodyElseIsNotUsed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for name, tc := range map[string]struct {
		change func(*Options)
		want   error
	}{
		"another tenant's id": {func(o *Options) { o.Tenant = "0f0f0f0f-0000-4000-8000-000000000001" }, ErrTenant},
		"another cloud's service": {func(o *Options) {
			o.Cloud.GraphScope = "https://graph.microsoft.us/.default"
			o.Credential = renamed{o.Credential, "https://graph.microsoft.com/.default"}
		}, ErrAudience},
	} {
		t.Run(name, func(t *testing.T) {
			credential, err := Secret{s.server.TenantID, s.server.ClientID, s.server.ClientSecret}.Credential(s.cloud, s)
			if err != nil {
				t.Fatal(err)
			}
			o := s.options(t, credential)
			tc.change(&o)
			_, err = Collect(t.Context(), o)
			if !errors.Is(err, tc.want) {
				t.Errorf("got %v", err)
			}
			for family, n := range s.tenant.Requests() {
				if family != "login" && family != "http" && n > 0 {
					t.Errorf("%d requests of %s", n, family)
				}
			}
		})
	}
}

// A person lends rights that only read, signs in once, and nobody's OneDrive is asked for.
func TestAPersonSignsIn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var prompts atomic.Int64
	in := SignIn{Method: DeviceCode, Tenant: s.server.TenantID, Client: s.server.ClientID, Env: environment(nil), Now: time.Now, Prompt: func(line string) {
		prompts.Add(1)
		code := line[strings.LastIndex(line, " ")+1:]
		if !strings.Contains(line, "https://microsoft.com/devicelogin") || !s.tenant.EnterCode(code, true) {
			t.Errorf("prompted %q", line)
		}
	}}
	credential, _, err := in.Credential(s.cloud, s)
	if err != nil {
		t.Fatal(err)
	}
	o := s.options(t, credential)
	collected, err := Collect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if prompts.Load() != 1 {
		t.Errorf("%d prompts", prompts.Load())
	}
	for _, scope := range collected.Manifest.Permissions {
		if !strings.Contains(scope, ".Read") {
			t.Errorf("the person lends %s", scope)
		}
	}
	reader, err := snapshot.Verify(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	err = reader.Leavers(func(rec snapshot.Record) error {
		for _, name := range []string{snapshot.OneDrive, snapshot.DrivePermissions} {
			if f := rec.Facts[name]; rec.Leaver.ID != "" && (f.State != snapshot.Unknown || !strings.Contains(f.Needs, "an application's sign-in")) {
				t.Errorf("%s is %+v", name, f)
			}
		}
		if f := rec.Facts[snapshot.Account]; f.State == snapshot.Unknown {
			t.Errorf("the account is %+v", f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if complaints := s.tenant.Complaints(); len(complaints) > 0 {
		t.Errorf("complaints: %q", complaints)
	}
}

func TestAPersonDeclines(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in := SignIn{Method: DeviceCode, Tenant: s.server.TenantID, Client: s.server.ClientID, Env: environment(nil), Prompt: func(line string) {
		s.tenant.EnterCode(line[strings.LastIndex(line, " ")+1:], false)
	}}
	credential, _, err := in.Credential(s.cloud, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signIn(t.Context(), s.options(t, credential), nil); !errors.Is(err, ErrSignIn) || !strings.Contains(err.Error(), "AADSTS65004") {
		t.Errorf("got %v", err)
	}
}

// A refused token is not handed out again, and requests that are refused side by side share the new one.
func TestATokenIsRenewed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	path, certificate := s.certificate(t, time.Now().Add(365*24*time.Hour))
	s.tenant.RegisterCertificate(certificate)
	got, _, err := s.signIn(t, Auto, s.env(envCertificate, path))
	if err != nil {
		t.Fatal(err)
	}
	before := s.tenant.Requests()["login"]
	for range 3 {
		if _, err := got.graph.Token(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.tenant.Requests()["login"]; n != before {
		t.Errorf("a good token was asked for again, %d times", n-before)
	}
	for _, claims := range []string{wire.Renew, `{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}`} {
		before = s.tenant.Requests()["login"]
		if _, err := got.graph.Token(t.Context(), claims); err != nil {
			t.Fatal(err)
		}
		if n := s.tenant.Requests()["login"]; n != before+1 {
			t.Errorf("claims %s: %d requests for a token, want 1", claims, n-before)
		}
	}
}

// A virtual machine's identity, and the one that was made for this.
func TestTheMachinesIdentity(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.metadata = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.Header.Get("Metadata") != "true" || q.Get("resource") == "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.asked.Store(r)
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {s.server.ClientID}, "client_secret": {s.server.ClientSecret}, "scope": {q.Get("resource") + "/.default"}}
		answer, err := (&http.Client{Transport: s.transport}).PostForm(s.server.LoginURL+"/"+s.server.TenantID+"/oauth2/v2.0/token", form)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(s.metadata.Close)
	for _, tc := range []struct {
		method, client string
	}{{Auto, ""}, {ManagedIdentity, s.server.ClientID}} {
		got, _, err := s.signIn(t, tc.method, map[string]string{"AZURE_CLIENT_ID": tc.client})
		if err != nil {
			t.Fatal(err)
		}
		// The library keeps tokens for the whole program: only a new one shows the question.
		if _, err := got.graph.Token(t.Context(), wire.Renew); err != nil {
			t.Fatal(err)
		}
		if got.identity.TenantID != s.server.TenantID || s.asked.Load().URL.Query().Get("client_id") != tc.client {
			t.Errorf("signed in as %+v, asked %v", got.identity, s.asked.Load().URL)
		}
	}
}

// A sign-in that is led elsewhere takes no secret there.
func TestASignInGoesNowhereElse(t *testing.T) {
	t.Parallel()
	var taken atomic.Int64
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { taken.Add(1) }))
	t.Cleanup(elsewhere.Close)
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request, self string){
		"a redirect": func(w http.ResponseWriter, r *http.Request, _ string) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		},
		"a discovery document": func(w http.ResponseWriter, _ *http.Request, self string) {
			fmt.Fprintf(w, `{"authorization_endpoint":"%s/a","token_endpoint":"%s/t","issuer":"%s/x/v2.0"}`, self, elsewhere.URL, self)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			var login *httptest.Server
			login = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r, login.URL) }))
			t.Cleanup(login.Close)
			var err error
			if s.cloud.Login, err = Endpoint(login.URL); err != nil {
				t.Fatal(err)
			}
			ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: login.Certificate().Raw})
			if s.transport, err = wire.Transport(ca); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.signIn(t, ClientSecret, s.env(envSecret, canary)); err == nil || taken.Load() != 0 {
				t.Errorf("%v, taken elsewhere: %d", err, taken.Load())
			}
		})
	}
}
