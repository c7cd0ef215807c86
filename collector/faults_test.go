package collector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"leavercheck/collector"
	"leavercheck/collector/roster"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// memory reaches a simulated tenant without a network, so that tests can run on virtual time, and
// spoils answers on the way.
type memory struct {
	tenant *simtenant.Tenant

	mu    sync.Mutex
	spoil func(r *http.Request, answer *http.Response) *http.Response
}

func (m *memory) RoundTrip(r *http.Request) (*http.Response, error) {
	handler := m.tenant.Graph()
	switch r.URL.Host {
	case "outlook.office365.com":
		handler = m.tenant.Exchange()
	case "login.microsoftonline.com":
		handler = m.tenant.Login()
	}
	rec := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	r.Host = r.URL.Host
	handler.ServeHTTP(rec, r)
	answer := rec.Result()
	answer.Request = r
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.spoil != nil && r.URL.Host != "login.microsoftonline.com" {
		answer = m.spoil(r, answer)
	}
	if answer == nil {
		return nil, errors.New("connection reset by peer")
	}
	return answer, nil
}

// GetToken signs in as an application does.
func (m *memory) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	tenant, client, secret := m.tenant.Credentials()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret}, "scope": options.Scopes}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://login.microsoftonline.com/"+tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return azcore.AccessToken{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := m.RoundTrip(req)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	defer resp.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil || token.AccessToken == "" {
		return azcore.AccessToken{}, fmt.Errorf("no token: %w", err)
	}
	return azcore.AccessToken{Token: token.AccessToken, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// later is virtual time, which begins in 2000, moved to when Microsoft 365 exists.
func later() time.Time { return time.Now().AddDate(26, 0, 0) }

// facts are all facts of a snapshot, as text, by leaver and name.
type facts map[string]map[string]snapshot.Fact

// collect takes a snapshot of a fresh tenant, on virtual time that always starts alike.
func collect(t *testing.T, options simtenant.Options, maxDuration time.Duration, spoil func(*http.Request, *http.Response) *http.Response) (facts, time.Duration) {
	t.Helper()
	start := time.Now()
	options.Now, options.Clock = later(), later
	tenant, err := simtenant.New(options)
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{tenant: tenant, spoil: spoil}
	file, err := roster.ReadCSV("simulated.csv", bytes.NewReader(tenant.Roster()), nil)
	if err != nil {
		t.Fatal(err)
	}
	var entries []roster.Entry
	for i := 0; i < len(file.Entries); i += everyNth {
		entries = append(entries, file.Entries[i])
	}
	cloud, err := collector.LookupCloud("global")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "snapshot")
	_, err = collector.Collect(t.Context(), collector.Options{
		Entries: entries, Sources: []string{"simulated.csv"}, Cloud: cloud, Credential: m, Transport: m, Limits: wire.Unhurried(),
		MaxDuration: maxDuration, Out: dir, Now: later, Tool: snapshot.Tool{Name: "test"},
	})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	r, err := snapshot.Verify(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := facts{"": r.Tenant().Facts}
	if err := r.Leavers(func(rec snapshot.Record) error { out[rec.Leaver.Source] = rec.Facts; return nil }); err != nil {
		t.Fatal(err)
	}
	return out, took
}

// text is a fact as it is compared: how it came to be read does not matter, what was read does.
func text(t *testing.T, f snapshot.Fact) string {
	t.Helper()
	if f.State == snapshot.Read {
		f.Detail = ""
	}
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// law holds a run with faults against one without: each fact is the same, or it is unknown and says why.
func law(t *testing.T, whole, got facts) (unknown map[string]int) {
	t.Helper()
	unknown = map[string]int{}
	if len(whole) != len(got) {
		t.Errorf("%d leavers, want %d", len(got), len(whole))
	}
	for source, expected := range whole {
		for name, want := range expected {
			f := got[source][name]
			switch {
			case text(t, f) == text(t, want):
			case f.State == snapshot.Unknown && f.Reason != "":
				unknown[name]++
			default:
				t.Errorf("%s of %q is %.300s\nwant %.300s", name, source, text(t, f), text(t, want))
			}
		}
	}
	return unknown
}

func replaced(status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// faults are ways in which services and networks spoil an answer.
func faults() map[string]func(answer *http.Response) *http.Response {
	return map[string]func(answer *http.Response) *http.Response{
		"throttled":              func(*http.Response) *http.Response { return replaced(429, "", "Retry-After", "17.5") },
		"throttled, no word how": func(*http.Response) *http.Response { return replaced(429, "slow down") },
		"unavailable":            func(*http.Response) *http.Response { return replaced(503, "", "Retry-After", "5") },
		"failing":                func(*http.Response) *http.Response { return replaced(500, `{"error":{"code":"x"}}`) },
		"a gateway's page":       func(*http.Response) *http.Response { return replaced(502, "<html>", "Content-Type", "text/html") },
		"a sign-in page":         func(*http.Response) *http.Response { return replaced(200, "<html>", "Content-Type", "text/html") },
		"reset":                  func(*http.Response) *http.Response { return nil },
		"empty":                  func(*http.Response) *http.Response { return replaced(200, "") },
		"an error in a 200":      func(*http.Response) *http.Response { return replaced(200, `{"error":{"code":"x","message":"y"}}`) },
		"truncated": func(answer *http.Response) *http.Response {
			body, _ := io.ReadAll(answer.Body)
			return replaced(200, string(body[:len(body)/2]))
		},
		"an expired token": func(*http.Response) *http.Response { return replaced(401, "", "WWW-Authenticate", "Bearer") },
	}
}

// collectWhole is a run without faults. Every run has a bubble of its own, because virtual time starts
// alike in each: the tenant's dates are relative to its clock.
func collectWhole(t *testing.T) facts {
	t.Helper()
	var whole facts
	synctest.Test(t, func(t *testing.T) { whole, _ = collect(t, small(), 0, nil) })
	return whole
}

func small() simtenant.Options { return simtenant.Options{PageSize: 40} }

// Faults that pass leave no trace in the facts, wherever and whenever they strike.
func TestFaultsThatPassChangeNothing(t *testing.T) {
	t.Parallel()
	whole := collectWhole(t)
	for name, fault := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				chance := rand.New(rand.NewPCG(1, 2))
				struck := map[string]bool{}
				got, _ := collect(t, small(), 0, func(r *http.Request, answer *http.Response) *http.Response {
					key := r.Method + r.URL.String()
					if struck[key] || chance.IntN(5) != 0 {
						return answer
					}
					struck[key] = true
					return fault(answer)
				})
				if len(struck) < 5 {
					t.Fatalf("only %d faults", len(struck))
				}
				for fact, n := range law(t, whole, got) {
					t.Errorf("%s is unknown of %d", fact, n)
				}
			})
		})
	}
}

// Faults that do not pass make exactly the facts unknown that rest on the answer.
func TestFaultsThatStayAreSaid(t *testing.T) {
	t.Parallel()
	whole := collectWhole(t)
	for name, tc := range map[string]struct {
		path    string
		answer  func() *http.Response
		reason  snapshot.Reason
		unknown []string
	}{
		"no permission for devices": {
			"/deviceManagement/", func() *http.Response {
				return replaced(403, `{"error":{"code":"Authorization_RequestDenied","message":"no"}}`)
			},
			snapshot.Forbidden,
			[]string{snapshot.ManagedDevices},
		},
		"a refusal without words": {"/deviceManagement/", func() *http.Response { return replaced(403, `{}`) }, snapshot.Forbidden, []string{snapshot.ManagedDevices}},
		"Intune not set up": {
			"/deviceManagement/", func() *http.Response {
				return replaced(400, `{"error":{"code":"BadRequest","message":"Request not applicable to target tenant."}}`)
			},
			snapshot.Unlicensed,
			[]string{snapshot.ManagedDevices},
		},
		"the audit log fails for ever":     {"/directoryAudits", func() *http.Response { return replaced(500, "") }, snapshot.Timeout, []string{snapshot.Audits}},
		"the audit log throttles for ever": {"/directoryAudits", func() *http.Response { return replaced(429, "", "Retry-After", "86400") }, snapshot.Throttled, []string{snapshot.Audits}},
		"licences come as a page":          {"/subscribedSkus", func() *http.Response { return replaced(200, "<html>", "Content-Type", "text/html") }, snapshot.Malformed, []string{snapshot.SubscribedSKUs}},
		"domains come as null":             {"/domains", func() *http.Response { return replaced(200, `{"value":null}`) }, snapshot.Malformed, []string{snapshot.Domains}},
		"batches break": {"/$batch", func() *http.Response { return nil }, snapshot.Timeout, []string{
			snapshot.InboxRules, snapshot.RegisteredDevices, snapshot.Groups, snapshot.Roles, snapshot.OwnedObjects, snapshot.OwnedApplications,
			snapshot.AppGrants, snapshot.AuthenticationMethods, snapshot.DirectReports, snapshot.OneDrive, snapshot.DrivePermissions,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got, _ := collect(t, small(), 0, func(r *http.Request, answer *http.Response) *http.Response {
					if strings.Contains(r.URL.Path, tc.path) {
						return tc.answer()
					}
					return answer
				})
				unknown := law(t, whole, got)
				for _, fact := range tc.unknown {
					if unknown[fact] == 0 {
						t.Errorf("%s is not unknown", fact)
					}
					delete(unknown, fact)
					for source := range got {
						if f := got[source][fact]; f.State == snapshot.Unknown && f.Reason != tc.reason && whole[source][fact].State != snapshot.Unknown {
							t.Errorf("%s of %s is unknown because %s, want %s", fact, source, f.Reason, tc.reason)
						}
					}
				}
				// Without the domains nobody can tell which addresses are inside.
				delete(unknown, snapshot.Recipients)
				for fact, n := range unknown {
					t.Errorf("%s is unknown of %d, too", fact, n)
				}
			})
		})
	}
}

// Whatever happens, in whatever order: a fact is as it is without faults, or unknown with a reason.
func TestTheLawUnderRandomFaults(t *testing.T) {
	t.Parallel()
	whole := collectWhole(t)
	kinds := faults()
	kinds["no permission"] = func(*http.Response) *http.Response { return replaced(403, `{"error":{"code":"","message":"no"}}`) }
	kinds["no such thing"] = func(*http.Response) *http.Response { return replaced(404, "") }
	kinds["a lost page token"] = func(*http.Response) *http.Response {
		return replaced(400, `{"error":{"code":"Directory_ExpiredPageToken","message":"x"}}`)
	}
	kinds["throttled for a day"] = func(*http.Response) *http.Response { return replaced(429, "", "Retry-After", "86400") }
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	for seed := range uint64(60) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				chance := rand.New(rand.NewPCG(seed, 7))
				rate := 2 + chance.IntN(40)
				got, took := collect(t, small(), 2*time.Hour, func(_ *http.Request, answer *http.Response) *http.Response {
					if chance.IntN(rate) != 0 {
						return answer
					}
					return kinds[names[chance.IntN(len(names))]](answer)
				})
				law(t, whole, got)
				if took > 3*time.Hour {
					t.Errorf("took %s, the limit was two hours", took)
				}
			})
		})
	}
}
