package collector

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
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

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"leavercheck/collector/roster"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const canary = "canary-5e3c"

// stage is a simulated tenant on loopback, and what is around it.
type stage struct {
	tenant    *simtenant.Tenant
	server    *simtenant.Server
	cloud     Cloud
	transport http.RoundTripper
	key       *rsa.PrivateKey
	// platform hands out id tokens, metadata is the machine's identity service.
	platform, metadata *httptest.Server
	asked              atomic.Pointer[http.Request]
}

// RoundTrip sends what is for the machine's own identity service to its stand-in.
func (s *stage) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host == "169.254.169.254" && s.metadata != nil {
		u, err := url.Parse(s.metadata.URL)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.URL.Host = u.Host
		return http.DefaultTransport.RoundTrip(r)
	}
	if r.URL.Host == "169.254.169.254" {
		return nil, errors.New("no route to host")
	}
	return s.transport.RoundTrip(r)
}

func newStage(t *testing.T) *stage {
	t.Helper()
	tenant, err := simtenant.New(simtenant.Options{Now: time.Now(), Clock: time.Now, Bystanders: 5})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{tenant: tenant}
	if s.server, err = tenant.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.server.Close() })
	if s.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	s.platform = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Store(r)
		if r.Header.Get("Authorization") != "Bearer "+canary {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		token := s.idToken(t, "api://AzureADTokenExchange")
		_ = json.NewEncoder(w).Encode(map[string]string{"value": token, "oidcToken": token})
	}))
	t.Cleanup(s.platform.Close)
	ca := slices.Concat(s.server.CA, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.platform.Certificate().Raw}))
	if s.transport, err = wire.Transport(ca); err != nil {
		t.Fatal(err)
	}
	if s.cloud, err = LookupCloud("global"); err != nil {
		t.Fatal(err)
	}
	s.cloud.OwnLogin = true
	for raw, into := range map[string]**url.URL{s.server.LoginURL: &s.cloud.Login, s.server.GraphURL: &s.cloud.Graph, s.server.ExchangeURL: &s.cloud.Exchange} {
		if *into, err = Endpoint(raw); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// idToken is a token of another identity provider.
func (s *stage) idToken(t *testing.T, audience string) string {
	t.Helper()
	part := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	signed := part(map[string]string{"alg": "RS256", "kid": "1"}) + "." + part(map[string]any{
		"iss": "https://issuer.example", "sub": "repo:acme/audit:ref:refs/heads/main", "aud": audience,
		"nbf": time.Now().Add(-time.Minute).Unix(), "exp": time.Now().Add(5 * time.Minute).Unix(),
	})
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, digest[:])
	if err != nil {
		t.Error(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// certificate writes a certificate and its key, and returns the path.
func (s *stage) certificate(t *testing.T, ends time.Time) (string, *x509.Certificate) {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "leavercheck"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, template, template, s.key.Public(), s.key)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "app.pem")
	data := slices.Concat(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, c
}

func environment(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := values[name]; return value, ok }
}

// signIn signs in with an environment, as Collect does first.
func (s *stage) signIn(t *testing.T, method string, env map[string]string) (session, []string, error) {
	t.Helper()
	in := SignIn{Method: method, Env: environment(env), Now: time.Now, Prompt: func(string) {}}
	credential, warnings, err := in.Credential(s.cloud, s)
	if err != nil {
		return session{}, nil, err
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	got, err := signIn(ctx, Options{Credential: credential, Cloud: s.cloud, Transport: s, Tenant: in.TenantAsked()}, nil)
	return got, warnings, err
}

func (s *stage) env(more ...string) map[string]string {
	env := map[string]string{"AZURE_TENANT_ID": s.server.TenantID, "AZURE_CLIENT_ID": s.server.ClientID}
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

// renamed asks for another scope than it is asked for.
type renamed struct {
	azcore.TokenCredential
	scope string
}

func (r renamed) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	o.Scopes = []string{r.scope}
	return r.TokenCredential.GetToken(ctx, o)
}

// options are for a snapshot of three people.
func (s *stage) options(t *testing.T, credential azcore.TokenCredential) Options {
	t.Helper()
	file, err := roster.ReadCSV("simulated.csv", strings.NewReader(string(s.tenant.Roster())), nil)
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Entries: file.Entries[:3], Sources: []string{"simulated.csv"}, Cloud: s.cloud, Credential: credential, Transport: s, Limits: wire.Unhurried(),
		Out: filepath.Join(t.TempDir(), "snapshot"), Now: time.Now, Tool: snapshot.Tool{Name: "test"},
	}
}
