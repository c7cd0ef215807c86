package simtenant_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

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

const firstUsers = "/v1.0/users?$select=id,userPrincipalName&$top=8"

// check looks at what came of the request that was struck, and of whatever it asks next.
type check func(v *visitor, s seen) bool

// answered holds for an answer of that status with those headers.
func answered(status int, headers ...string) check {
	return func(_ *visitor, s seen) bool {
		for i := 0; i < len(headers); i += 2 {
			if s.header.Get(headers[i]) != headers[i+1] {
				return false
			}
		}
		return s.err == nil && s.status == status
	}
}

func failed(want func(error) bool) check {
	return func(_ *visitor, s seen) bool { return s.err != nil && want(s.err) }
}

func is(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }

func says(text string) func(error) bool {
	return func(err error) bool { return strings.Contains(err.Error(), text) }
}

// text holds for an answer of that status that says so.
func text(status int, part string) check {
	return func(_ *visitor, s seen) bool {
		return s.err == nil && s.status == status && strings.Contains(string(s.body), part)
	}
}

// scene is how a kind is shown: where, with what parameters, and what has to come of it.
type scene struct {
	at    string // "users", "users 2", "login", "batch", "item", "cmdlet"
	fault simtenant.Fault
	want  check
}

// dated holds for a 429 whose date is that far from its own.
func dated(ahead time.Duration) check {
	return func(_ *visitor, s seen) bool {
		at, err1 := http.ParseTime(s.header.Get("Retry-After"))
		date, err2 := http.ParseTime(s.header.Get("Date"))
		return s.status == 429 && err1 == nil && err2 == nil && at.Sub(date) == ahead
	}
}

// leads holds for a page whose next link goes there.
func leads(part string) check {
	return func(_ *visitor, s seen) bool { return s.status == 200 && strings.Contains(s.next(), part) }
}

func row(s seen) map[string]any {
	r, _ := s.rows()[0].(map[string]any)
	return r
}

func scenes() map[string]scene {
	at := func(where string, want check) scene { return scene{at: where, want: want} }
	return map[string]scene{
		"throttled":           at("users", answered(429, "Retry-After", "10")),
		"throttled-fraction":  at("users", answered(429, "Retry-After", "2.128")),
		"throttled-date":      at("users", dated(30*time.Second)),
		"throttled-date-past": at("users", dated(-time.Minute)),
		"throttled-date-skewed": at("users", func(v *visitor, s seen) bool {
			date, _ := http.ParseTime(s.header.Get("Date"))
			return dated(30*time.Second)(v, s) && time.Until(date) > 50*time.Minute
		}),
		"throttled-silent":   at("login", answered(429, "Retry-After", "")),
		"throttled-day":      at("cmdlet", answered(429, "Retry-After", "86400")),
		"throttled-garbage":  at("users", answered(429, "Retry-After", "soon")),
		"throttled-negative": at("users", answered(429, "Retry-After", "-5")),
		"throttled-twice": at("users", func(_ *visitor, s seen) bool {
			return slices.Equal(s.header.Values("Retry-After"), []string{"5", "20"})
		}),
		"throttled-strict": at("users", func(v *visitor, s seen) bool {
			<-time.After(4 * time.Second)
			again := v.get(firstUsers) // early: ten seconds from here
			<-time.After(7 * time.Second)
			last := v.get(firstUsers) // 11 s after the first refusal, and still early
			return s.status == 429 && again.status == 429 && last.status == 429 && v.tenant.Early()["identity"] == 2
		}),
		"failing":       {"users", simtenant.Fault{Status: 507}, answered(507)},
		"unavailable":   at("batch", answered(503, "Retry-After", "5")),
		"gateway-page":  at("users", answered(502, "Content-Type", "text/html; charset=utf-8")),
		"proxy-page":    at("users", answered(200, "Content-Type", "text/html; charset=utf-8")),
		"expired-token": at("cmdlet", answered(401)),
		"claims-unquoted": at("users", func(_ *visitor, s seen) bool {
			return s.status == 401 && strings.HasSuffix(s.header.Get("WWW-Authenticate"), "claims=abc")
		}),
		"claims-garbled": at("users", func(_ *visitor, s seen) bool {
			return s.status == 401 && strings.Contains(s.header.Get("WWW-Authenticate"), `claims="%%%`)
		}),
		"claims-challenge": at("users", meetsChallenge),
		"empty-answer":     at("users", func(_ *visitor, s seen) bool { return s.status == 200 && s.err == nil && len(s.body) == 0 }),
		"no-content-type":  at("users", func(_ *visitor, s seen) bool { return len(s.rows()) == 8 && s.header.Get("Content-Type") == "" }),
		"wrong-charset": at("users", func(_ *visitor, s seen) bool {
			return s.status == 200 && bytes.HasPrefix(s.body, []byte{0xff, 0xfe, '{', 0})
		}),
		"error-in-200": at("item", func(_ *visitor, s seen) bool {
			return s.item("q1")["status"] == 200.0 && strings.Contains(fmt.Sprint(s.item("q1")["body"]), "UnknownError")
		}),
		"value-null":    at("users", text(200, `"value":null`)),
		"value-missing": at("users", func(_ *visitor, s seen) bool { _, ok := s.object()["value"]; return s.object() != nil && !ok }),
		"truncated": at("users", func(_ *visitor, s seen) bool {
			return s.err == nil && s.status == 200 && len(s.body) > 0 && !json.Valid(s.body)
		}),
		"short-body": at("users", failed(is(io.ErrUnexpectedEOF))),
		"gzip-cut":   at("users", failed(is(io.ErrUnexpectedEOF))),
		"reset":      at("users", failed(is(syscall.ECONNRESET))),
		"reset-in-body": at("users", func(_ *visitor, s seen) bool {
			return s.status == 200 && len(s.body) > 0 && errors.Is(s.err, syscall.ECONNRESET)
		}),
		"goaway":       at("users", failed(says("GOAWAY"))),
		"stream-reset": at("users", failed(says("INTERNAL_ERROR"))),
		"silence": at("patience", func(_ *visitor, s seen) bool {
			return errors.Is(s.err, context.DeadlineExceeded) && s.status == 0 && s.took == time.Minute
		}),
		"slow-drip": at("patience", func(_ *visitor, s seen) bool {
			return errors.Is(s.err, context.DeadlineExceeded) && s.status == 200 && s.took == time.Minute && len(s.body) == 6
		}),
		"huge-body":      at("users", func(_ *visitor, s seen) bool { return len(s.body) == 2<<20 && s.err == nil }),
		"deep-nesting":   at("users", text(200, strings.Repeat("[", 100_000))),
		"duplicate-keys": at("users", text(200, `"value":[],"value":[]`)),
		"invalid-utf8":   at("users", func(_ *visitor, s seen) bool { return s.status == 200 && !utf8.Valid(s.body) }),
		"tls-failure":    at("connection", failed(says("handshake failure"))),
		"dns-failure":    at("connection", failed(func(err error) bool { return errors.As(err, new(*net.DNSError)) })),
		"no-connection":  at("connection", failed(is(syscall.ECONNREFUSED))),
		"proxy-refused":  at("connection", failed(says("Proxy Authentication Required"))),
		"strange-certificate": at("connection", failed(func(err error) bool {
			return errors.As(err, new(*tls.CertificateVerificationError))
		})),
		"forbidden":            at("users", text(403, "Authorization_RequestDenied")),
		"forbidden-silent":     at("users", func(_ *visitor, s seen) bool { return s.status == 403 && string(s.body) == "{}" }),
		"forbidden-no-message": at("users", func(_ *visitor, s seen) bool { return s.status == 403 && !strings.Contains(string(s.body), "message") }),
		"no-premium":           at("users", text(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")),
		"no-intune":            at("users", text(400, "Request not applicable to target tenant")),
		"no-sharepoint":        at("users", text(400, "Tenant does not have a SPO license")),
		"not-found":            at("users", text(404, "Request_ResourceNotFound")),
		"no-mailbox":           at("users", text(404, "MailboxNotEnabledForRESTAPI")),
		"no-drive":             at("users", text(404, "mysite not found")),
		"not-found-empty":      at("users", func(_ *visitor, s seen) bool { return s.status == 404 && len(s.body) == 0 }),
		"unsupported":          at("users", text(400, "Request_UnsupportedQuery")),
		"delta-gone":           at("users", text(410, "syncStateNotFound")),
		"redirect":             at("cmdlet", answered(302, "Location", "https://am0pr01mb0001.outlook.office365.com/adminapi/beta/elsewhere")),
		"clock-skew": at("users", func(_ *visitor, s seen) bool {
			date, _ := http.ParseTime(s.header.Get("Date"))
			return len(s.rows()) == 8 && time.Until(date) > 9*time.Minute
		}),
		"near-limit":   at("users", answered(200, "x-ms-throttle-limit-percentage", "1.2", "RateLimit-Remaining", "0")),
		"cmdlet-error": at("cmdlet", text(500, "System.Exception")),
		"ambiguous":    at("cmdlet", text(400, "ManagementObjectAmbiguousException")),
		"warnings": at("cmdlet", func(_ *visitor, s seen) bool {
			w, _ := s.object()["@adminapi.warnings"].([]any)
			return len(w) == 2 && len(s.rows()) > 0
		}),
		"expired-page":   at("users 2", text(400, "Directory_ExpiredPageToken")),
		"page-not-found": at("users 2", text(400, "DirectoryPageTokenNotFoundException")),
		"bad-skip-token": at("users 2", text(400, "Skip token is invalid")),
		"poisoned-link": at("users", func(v *visitor, s seen) bool {
			return len(s.rows()) == 8 && text(400, "DirectoryPageTokenNotFoundException")(v, v.get(s.next()))
		}),
		"link-loop":    at("users", func(v *visitor, s seen) bool { return reflect.DeepEqual(s.rows(), v.get(s.next()).rows()) }),
		"page-repeats": at("users", func(v *visitor, s seen) bool { return reflect.DeepEqual(s.rows(), v.get(s.next()).rows()) }),
		"foreign-link": at("users", func(v *visitor, s seen) bool {
			to := s.next()
			return leads("https://graph.microsoft.com.collector.example/v1.0/users?")(v, s) && v.get(to).err != nil &&
				slices.Equal(v.tenant.Away(), []string{"https://graph.microsoft.com.collector.example"})
		}),
		"port-link":       at("users", leads("https://graph.microsoft.com:8443/v1.0/")),
		"plain-link":      at("users", leads("http://graph.microsoft.com/v1.0/")),
		"userinfo-link":   at("users", leads("https://graph.microsoft.com@collector.example/")),
		"other-path-link": at("users", leads("/adminapi/beta/another/")),
		"empty-page": at("users", func(v *visitor, s seen) bool {
			return s.rows() != nil && len(s.rows()) == 0 && reflect.DeepEqual(v.get(s.next()).rows(), v.get(firstUsers).rows())
		}),
		"empty-last": at("domains", func(v *visitor, s seen) bool {
			last := v.get(s.next())
			return len(s.rows()) > 0 && last.status == 200 && last.rows() != nil && len(last.rows()) == 0 && last.next() == ""
		}),
		"missing-link": at("users", func(_ *visitor, s seen) bool {
			count, _ := s.object()["@odata.count"].(float64)
			return s.next() == "" && len(s.rows()) == 8 && count > 30
		}),
		"overlap": at("users", func(v *visitor, s seen) bool { return reflect.DeepEqual(s.rows()[7], v.get(s.next()).rows()[0]) }),
		"small-page": at("users", func(v *visitor, s seen) bool {
			whole := v.get(firstUsers).rows()
			return len(s.rows()) == 4 && reflect.DeepEqual(v.get(s.next()).rows()[0], whole[4])
		}),
		"top-refused": {"users", simtenant.Fault{Value: "5"}, func(v *visitor, s seen) bool {
			return s.status == 400 && len(v.get("/v1.0/users?$top=5").rows()) == 5
		}},
		"lost-consistency": at("consistency", text(400, "ConsistencyLevel")),
		"item-missing":     at("batch", func(_ *visitor, s seen) bool { r, _ := s.object()["responses"].([]any); return len(r) == 4 }),
		"item-unknown": at("batch", func(_ *visitor, s seen) bool {
			r, _ := s.object()["responses"].([]any)
			return len(r) == 7 && s.item("nobody") != nil
		}),
		"item-twice": at("batch", func(_ *visitor, s seen) bool { r, _ := s.object()["responses"].([]any); return len(r) == 6 }),
		"item-case":  at("batch", func(_ *visitor, s seen) bool { return s.item("q1") == nil && s.item("Q1") != nil }),
		"failed-dependency": at("item", func(_ *visitor, s seen) bool {
			return s.item("q0")["status"] == 200.0 && s.item("q1")["status"] == 424.0 && s.item("q2")["status"] == 200.0
		}),
		"text-item": at("item", func(_ *visitor, s seen) bool { _, isText := s.item("q1")["body"].(string); return isText }),
		"numbers-in-item": at("item", func(_ *visitor, s seen) bool {
			headers, _ := s.item("q1")["headers"].(map[string]any)
			body, _ := s.item("q1")["body"].(map[string]any)
			_, number := body["consumedUnits"].(float64)
			return headers["Rate-Limit-Remaining"] == 42.0 && number
		}),
		"batch-too-large": at("batch", func(v *visitor, s seen) bool { return s.status == 413 && v.batch(4).status == 200 }),
		"gzip-refused":    at("gzip", answered(415)),
		"property-absent": {"users", simtenant.Fault{Property: "userPrincipalName"}, func(_ *visitor, s seen) bool {
			_, ok := row(s)["userPrincipalName"]
			return !ok && row(s)["id"] != nil
		}},
		"property-null": {"users", simtenant.Fault{Property: "userPrincipalName"}, func(_ *visitor, s seen) bool { value, ok := row(s)["userPrincipalName"]; return ok && value == nil }},
		"property-new":  {"users", simtenant.Fault{Property: "userPrincipalName", Value: `["new"]`}, func(_ *visitor, s seen) bool { return reflect.DeepEqual(row(s)["userPrincipalName"], []any{"new"}) }},
		"orphan": {"domains", simtenant.Fault{Property: "id"}, func(v *visitor, s seen) bool {
			return len(s.rows()) == len(v.get("/v1.0/domains").rows())+1
		}},
		"byte-order-mark": at("count", func(_ *visitor, s seen) bool { return strings.HasPrefix(string(s.body), "\ufeff") }),
		"sign-in-refused": at("login", text(401, "AADSTS7000222")),
		"other-tenant": at("login", func(v *visitor, s seen) bool {
			mine, _, _ := v.tenant.Credentials()
			token, _ := s.object()["access_token"].(string)
			id := tenantOf(v.t, token)
			return len(id) == len(mine) && id != mine
		}),
	}
}

// meetsChallenge: 401 to whoever asks, until somebody signs in with the claims.
func meetsChallenge(v *visitor, s seen) bool {
	_, claims, ok := strings.Cut(s.header.Get("WWW-Authenticate"), `claims="`)
	still := v.get(firstUsers)
	v.signIn()
	alsoWithNewToken := v.get(firstUsers)
	named := decode64(v.t, strings.TrimSuffix(claims, `"`))
	v.login("https://graph.microsoft.com/.default", named)
	return ok && s.status == 401 && still.status == 401 && alsoWithNewToken.status == 401 && v.get(firstUsers).status == 200
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
					t.Errorf("got status %d, error %v, headers %v, body %.300s", s.status, s.err, s.header, s.body)
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
