package simtenant_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"leavercheck/collector/simtenant"
)

func decode64(t *testing.T, s string) string {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func zipped(t *testing.T, s string) string {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// tenantOf reads the tenant of an access token.
func tenantOf(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("no token: %q", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Tenant string `json:"tid"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims.Tenant
}

// Every number of the catalogue is there, and every kind says what it is and where.
func TestTheCatalogueIsWhole(t *testing.T) {
	t.Parallel()
	rows, names := map[int]bool{}, map[string]bool{}
	for _, k := range simtenant.FaultKinds() {
		if names[k.Name] || k.Says == "" || len(k.Rows) == 0 {
			t.Errorf("%+v: twice, or without a row or a sentence", k)
		}
		if (len(k.Places) == 0) != (k.Elsewhere != "") {
			t.Errorf("%s has places %v and is tested elsewhere: %q", k.Name, k.Places, k.Elsewhere)
		}
		names[k.Name] = true
		for _, row := range k.Rows {
			rows[row] = true
		}
	}
	for row := 1; row <= 62; row++ {
		if !rows[row] {
			t.Errorf("no kind for row %d", row)
		}
	}
}

// A fault strikes the calls that it names and no other.
func TestFaultsStrikeWhereTheyAreAimed(t *testing.T) {
	t.Parallel()
	status := func(fault simtenant.Fault) (codes []int) {
		synctest.Test(t, func(t *testing.T) {
			fault.Kind, fault.Status = "failing", 504
			v := visit(t, simtenant.Options{Faults: []simtenant.Fault{fault}})
			v.signIn()
			codes = nil
			for range 4 {
				codes = append(codes, v.get("/v1.0/domains").status)
			}
			codes = append(codes, v.get("/v1.0/organization").status, v.cmdlet("Get-Mailbox").status)
		})
		return codes
	}
	for name, tc := range map[string]struct {
		fault simtenant.Fault
		want  []int
	}{
		"every one of a template": {simtenant.Fault{Endpoint: "GET /v1.0/domains"}, []int{504, 504, 504, 504, 200, 200}},
		"the second":              {simtenant.Fault{Endpoint: "GET /v1.0/domains", Nth: 2}, []int{200, 504, 200, 200, 200, 200}},
		"two from the second":     {simtenant.Fault{Endpoint: "GET /v1.0/domains", Nth: 2, Times: 2}, []int{200, 504, 504, 200, 200, 200}},
		"all from the third":      {simtenant.Fault{Endpoint: "GET /v1.0/domains", Nth: 3, Times: -1}, []int{200, 200, 504, 504, 200, 200}},
		"a family":                {simtenant.Fault{Endpoint: "identity"}, []int{504, 504, 504, 504, 504, 200}},
		"a cmdlet":                {simtenant.Fault{Endpoint: "Get-Mailbox"}, []int{200, 200, 200, 200, 200, 504}},
		"nobody":                  {simtenant.Fault{Endpoint: "GET /v1.0/nothing"}, []int{200, 200, 200, 200, 200, 200}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := status(tc.fault); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// The same seed gives the same faults, whoever comes first; another seed gives others.
func TestChaosIsOfItsSeed(t *testing.T) {
	t.Parallel()
	run := func(seed uint64, atOnce bool) (out []simtenant.Struck) {
		synctest.Test(t, func(t *testing.T) {
			v := visit(t, simtenant.Options{Chaos: simtenant.Chaos{Seed: seed, Rate: 3, Kinds: []string{"throttled", "failing", "reset", "truncated", "forbidden"}}})
			v.signIn()
			var all sync.WaitGroup
			for _, path := range []string{"/v1.0/domains", "/v1.0/organization", "/v1.0/subscribedSkus", "/v1.0/users", "/v1.0/users?$top=3", "/v1.0/deviceManagement/managedDevices"} {
				ask := func() {
					for range 5 {
						v.get(path)
					}
				}
				if atOnce {
					all.Go(ask)
					continue
				}
				ask()
			}
			all.Wait()
			v.batch(20)
			out = v.tenant.Strikes()
			for i := range out {
				out[i].Nth = 0 // which of the two listings of users came first is not of the seed
			}
			slices.SortFunc(out, func(a, b simtenant.Struck) int { return strings.Compare(a.Template+a.Kind, b.Template+b.Kind) })
		})
		return out
	}
	first := run(1, false)
	if len(first) < 5 {
		t.Fatalf("only %d strikes", len(first))
	}
	if again := run(1, true); !reflect.DeepEqual(first, again) {
		t.Errorf("the same seed gave\n%v\nand\n%v", first, again)
	}
	if reflect.DeepEqual(first, run(2, false)) {
		t.Error("another seed gave the same faults")
	}
}

// What cannot be carried out is refused, not forgotten.
func TestFaultsThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]simtenant.Options{
		"no such kind":            {Faults: []simtenant.Fault{{Kind: "mildew"}}},
		"no such kind by chance":  {Chaos: simtenant.Chaos{Rate: 2, Kinds: []string{"mildew"}}},
		"a kind of elsewhere":     {Faults: []simtenant.Fault{{Kind: "killed"}}},
		"a negative call":         {Faults: []simtenant.Fault{{Kind: "reset", Nth: -1}}},
		"quotas without a clock":  {Quotas: &simtenant.Quotas{}},
		"names need no server":    {Faults: []simtenant.Fault{{Kind: "dns-failure"}}},
		"a proxy that is no part": {Chaos: simtenant.Chaos{Rate: 2, Kinds: []string{"proxy-refused"}, Places: []simtenant.Place{simtenant.AtConnection}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options.Now = start()
			tenant, err := simtenant.New(options)
			if err == nil {
				_, err = tenant.Start()
			}
			if !errors.Is(err, simtenant.ErrOptions) {
				t.Errorf("got %v, want ErrOptions", err)
			}
		})
	}
}

// What breaks connections breaks real ones, too, over HTTP/1.1 and HTTP/2.
func TestFaultsBreakRealConnections(t *testing.T) {
	t.Parallel()
	broken := func(s seen) bool { return s.err != nil }
	for name, want := range map[string]func(seen) bool{
		"reset":               broken,
		"reset-in-body":       func(s seen) bool { return s.status == 200 && s.err != nil },
		"short-body":          broken,
		"gzip-cut":            broken,
		"goaway":              broken,
		"stream-reset":        func(s seen) bool { return s.status == 200 && s.err != nil },
		"truncated":           func(s seen) bool { return s.err == nil && !json.Valid(s.body) },
		"no-content-type":     func(s seen) bool { return s.err == nil && s.header.Get("Content-Type") == "" && json.Valid(s.body) },
		"empty-answer":        func(s seen) bool { return s.status == 200 && s.err == nil && len(s.body) == 0 },
		"huge-body":           func(s seen) bool { return len(s.body) == 2<<20 },
		"throttled-twice":     func(s seen) bool { return len(s.header.Values("Retry-After")) == 2 },
		"tls-failure":         broken,
		"strange-certificate": broken,
	} {
		for _, http2 := range []bool{false, true} {
			t.Run(name+map[bool]string{true: " HTTP/2", false: " HTTP/1.1"}[http2], func(t *testing.T) {
				t.Parallel()
				endpoint := "GET /v1.0/users"
				if strings.HasPrefix(name, "tls") || strings.HasPrefix(name, "strange") {
					endpoint = "CONNECT graph"
				}
				tenant, err := simtenant.New(simtenant.Options{Now: start(), Bystanders: 30, Faults: []simtenant.Fault{{Kind: name, Endpoint: endpoint, Nth: 1}}})
				if err != nil {
					t.Fatal(err)
				}
				server, err := tenant.Start()
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = server.Close() })
				pool := x509.NewCertPool()
				pool.AppendCertsFromPEM(server.CA)
				network := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: http2}
				t.Cleanup(network.CloseIdleConnections)
				v := &visitor{t: t, tenant: tenant, transport: network}
				login := v.send(t.Context(), http.MethodPost, server.LoginURL+"/"+server.TenantID+"/oauth2/v2.0/token", "", url.Values{
					"grant_type": {"client_credentials"}, "client_id": {server.ClientID}, "client_secret": {server.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"},
				}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
				v.graph, _ = login.object()["access_token"].(string)
				if s := v.get(server.GraphURL + firstUsers); !want(s) {
					t.Errorf("got status %d, error %v, headers %v, body %.200s", s.status, s.err, s.header, s.body)
				}
				if s := v.get(server.GraphURL + firstUsers); len(s.rows()) != 8 {
					t.Errorf("and then status %d, error %v", s.status, s.err)
				}
			})
		}
	}
}

// Latency passes on the clock of the request, and ends with it.
func TestLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := visit(t, simtenant.Options{Latency: func(template string) time.Duration {
			return map[string]time.Duration{"GET /v1.0/users": 90 * time.Second, "POST /v1.0/$batch": time.Second}[template]
		}})
		v.signIn()
		if s := v.get(firstUsers); s.took != 90*time.Second || len(s.rows()) != 8 {
			t.Errorf("a listing took %s", s.took)
		}
		if s := v.batch(5); s.took != time.Second || s.item("q4") == nil {
			t.Errorf("a batch took %s", s.took)
		}
		if s := v.get("/v1.0/domains"); s.took != 0 || s.status != http.StatusOK {
			t.Errorf("what has no latency took %s", s.took)
		}
	})
}

// Over the transport the tenant answers as over a network.
func TestTransportIsANetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := visit(t, simtenant.Options{})
		v.signIn()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, graphHost+"/v1.0/users?$top=100", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+v.graph)
		r.Header.Set("Accept-Encoding", "gzip")
		answer, err := v.transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.Header.Get("Content-Encoding") != "gzip" || answer.Request != r {
			t.Errorf("who asks for gzip gets %v", answer.Header)
		}
		z, err := gzip.NewReader(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(z); err != nil || !json.Valid(data) {
			t.Errorf("unzipped: %v", err)
		}
		for _, elsewhere := range []string{"https://evil.example/v1.0/users", "http://graph.microsoft.com/v1.0/users", "https://graph.microsoft.com:8443/v1.0/users"} {
			if s := v.get(elsewhere); s.err == nil {
				t.Errorf("%s answers %d", elsewhere, s.status)
			}
		}
		if away := v.tenant.Away(); len(away) != 3 {
			t.Errorf("away are %v", away)
		}
	})
}
