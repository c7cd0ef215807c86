package simtenant_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"leavercheck/collector/simtenant"
)

// visitor talks to a tenant over its Transport.
type visitor struct {
	t           *testing.T
	tenant      *simtenant.Tenant
	transport   http.RoundTripper
	graph, mail string
}

// seen is what came of a request.
type seen struct {
	status int
	header http.Header
	body   []byte
	err    error // of the request, or of reading the answer
	took   time.Duration
}

func visit(t *testing.T, options simtenant.Options) *visitor {
	t.Helper()
	if options.Now.IsZero() {
		options.Now = time.Now()
	}
	options.Bystanders, options.Clock = 30, time.Now
	tenant, err := simtenant.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, tenant: tenant, transport: tenant.Transport()}
}

func (v *visitor) send(ctx context.Context, method, target, token, body string, headers ...string) seen {
	v.t.Helper()
	began := time.Now()
	r, err := http.NewRequestWithContext(ctx, method, strings.ReplaceAll(target, " ", "%20"), strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := v.transport.RoundTrip(r)
	if err != nil {
		return seen{err: err, took: time.Since(began)}
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, 2<<20))
	return seen{answer.StatusCode, answer.Header, data, err, time.Since(began)}
}

func (v *visitor) login(scope, claims string) seen {
	v.t.Helper()
	tenant, app, secret := v.tenant.Credentials()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {app}, "client_secret": {secret}, "scope": {scope}, "claims": {claims}}
	return v.send(v.t.Context(), http.MethodPost, "https://login.microsoftonline.com/"+tenant+"/oauth2/v2.0/token", "", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// signIn gets both tokens.
func (v *visitor) signIn() {
	v.t.Helper()
	v.graph, v.mail = v.token("https://graph.microsoft.com/.default"), v.token("https://outlook.office365.com/.default")
}

func (v *visitor) token(scope string) string {
	v.t.Helper()
	s := v.login(scope, "")
	token, _ := s.object()["access_token"].(string)
	if token == "" {
		v.t.Fatalf("no token: %d %s %v", s.status, s.body, s.err)
	}
	return token
}

func (v *visitor) get(target string) seen {
	v.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = graphHost + target
	}
	return v.send(v.t.Context(), http.MethodGet, target, v.graph, "")
}

func (v *visitor) cmdlet(name string) seen {
	v.t.Helper()
	tenant, _, _ := v.tenant.Credentials()
	body := `{"CmdletInput":{"CmdletName":"` + name + `","Parameters":{"ResultSize":"Unlimited"}}}`
	return v.send(v.t.Context(), http.MethodPost, exchangeHost+"/adminapi/beta/"+tenant+"/InvokeCommand", v.mail, body,
		"X-AnchorMailbox", "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@"+tenant)
}

// batch asks for so many users by name and returns the envelope.
func (v *visitor) batch(items int) seen {
	v.t.Helper()
	var requests []string
	for i := range items {
		requests = append(requests, fmt.Sprintf(`{"id":"q%d","method":"GET","url":"/users?$select=id&$top=%d"}`, i, i+1))
	}
	return v.send(v.t.Context(), http.MethodPost, graphHost+"/v1.0/$batch", v.graph, `{"requests":[`+strings.Join(requests, ",")+`]}`)
}

func (s seen) object() map[string]any {
	var body map[string]any
	_ = json.Unmarshal(s.body, &body) // nil where it is none
	return body
}

func (s seen) rows() []any {
	rows, _ := s.object()["value"].([]any)
	return rows
}

func (s seen) next() string {
	next, _ := s.object()["@odata.nextLink"].(string)
	return next
}

// item is one answer of a batch, by its id.
func (s seen) item(id string) map[string]any {
	responses, _ := s.object()["responses"].([]any)
	for _, r := range responses {
		if r := r.(map[string]any); r["id"] == id {
			return r
		}
	}
	return nil
}

// play strikes one call and returns what came of it.
func play(t *testing.T, name string, sc scene) (*visitor, seen) {
	t.Helper()
	f := sc.fault
	f.Kind = name
	endpoint := map[string]string{
		"users": "GET /v1.0/users", "users 2": "GET /v1.0/users", "patience": "GET /v1.0/users", "consistency": "GET /v1.0/users", "domains": "GET /v1.0/domains",
		"count": "GET /v1.0/users/$count", "login": "POST /{tenant}/oauth2/v2.0/token", "batch": "POST /v1.0/$batch", "gzip": "POST /v1.0/$batch",
		"item": "GET /v1.0/users", "cmdlet": "Get-Mailbox", "connection": "CONNECT graph",
	}
	f.Endpoint, f.Nth = endpoint[sc.at], 1
	if sc.at == "item" {
		f.Item = 2
	}
	if sc.at == "consistency" {
		f.Nth = 0
	}
	v := visit(t, simtenant.Options{Faults: []simtenant.Fault{f}})
	if sc.at == "login" {
		return v, v.login("https://graph.microsoft.com/.default", "")
	}
	v.signIn()
	switch sc.at {
	case "users 2":
		return v, v.get(v.get(firstUsers).next())
	case "patience":
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		return v, v.send(ctx, http.MethodGet, graphHost+firstUsers, v.graph, "")
	case "consistency":
		first := v.send(t.Context(), http.MethodGet, graphHost+"/v1.0/users?$top=3&$count=true&$filter=endswith(userPrincipalName,'e')", v.graph, "", "ConsistencyLevel", "eventual")
		if first.next() == "" {
			first = v.send(t.Context(), http.MethodGet, graphHost+firstUsers, v.graph, "", "ConsistencyLevel", "eventual")
		}
		return v, v.get(first.next())
	case "domains":
		return v, v.get("/v1.0/domains")
	case "count":
		return v, v.send(t.Context(), http.MethodGet, graphHost+"/v1.0/users/$count", v.graph, "", "ConsistencyLevel", "eventual")
	case "batch", "item":
		return v, v.batch(5)
	case "gzip":
		return v, v.send(t.Context(), http.MethodPost, graphHost+"/v1.0/$batch", v.graph, zipped(t, `{"requests":[{"id":"1","method":"GET","url":"/domains"}]}`), "Content-Encoding", "gzip")
	case "cmdlet":
		return v, v.cmdlet("Get-Mailbox")
	}
	return v, v.get(firstUsers)
}

// Every kind of the catalogue does what it says, once.
func TestFaultsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	all := scenes()
	for _, kind := range simtenant.FaultKinds() {
		sc, ok := all[kind.Name]
		if kind.Elsewhere != "" {
			continue
		}
		if !ok {
			t.Errorf("no scene shows %q", kind.Name)
			continue
		}
		delete(all, kind.Name)
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v, s := play(t, kind.Name, sc)
				if !sc.want(v, s) {
					t.Errorf("got status %d, error %v after %s, headers %v, %d bytes: %.300s", s.status, s.err, s.took, s.header, len(s.body), s.body)
				}
				if kind.Name != "lost-consistency" && len(v.tenant.Strikes()) != 1 {
					t.Errorf("strikes are %v, want one", v.tenant.Strikes())
				}
			})
		})
	}
	for name := range all {
		t.Errorf("a scene shows %q, which is no kind", name)
	}
}
