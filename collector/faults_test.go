package collector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
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

// application signs in to a simulated tenant and reaches it without a network, so that tests can run on virtual time.
type application struct {
	tenant *simtenant.Tenant
	reach  http.RoundTripper
	watch  func(*http.Request)
}

// RoundTrip implements http.RoundTripper.
func (m *application) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.watch != nil {
		m.watch(r)
	}
	return m.reach.RoundTrip(r)
}

// GetToken signs in as an application does.
func (m *application) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	tenant, client, secret := m.tenant.Credentials()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret}, "scope": options.Scopes}
	if options.Claims != "" {
		form.Set("claims", options.Claims)
	}
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
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil || token.AccessToken == "" {
		return azcore.AccessToken{}, fmt.Errorf("no token: %s: %w", token.Description, err)
	}
	return azcore.AccessToken{Token: token.AccessToken, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// later is virtual time, which begins in 2000, moved to when Microsoft 365 exists.
func later() time.Time { return time.Now().AddDate(26, 0, 0) }

// facts are all facts of a snapshot, as text, by leaver and name.
type facts map[string]map[string]snapshot.Fact

// trial is one run against a fresh tenant.
type trial struct {
	options simtenant.Options
	// everyNth thins the roster.
	everyNth int
	change   func(*collector.Options)
	// watch sees every request.
	watch func(*http.Request)
}

// result is what a run came to.
type result struct {
	facts     facts
	tenant    *simtenant.Tenant
	collected collector.Collected
	sources   []snapshot.Provenance
	err       error
	took      time.Duration
}

// run takes a snapshot, on virtual time that always starts alike.
func (tr trial) run(t *testing.T) result {
	t.Helper()
	start := time.Now()
	tr.options.Now, tr.options.Clock = later(), later
	tenant, err := simtenant.New(tr.options)
	if err != nil {
		t.Fatal(err)
	}
	app := &application{tenant, tenant.Transport(), tr.watch}
	file, err := roster.ReadCSV("simulated.csv", bytes.NewReader(tenant.Roster()), nil)
	if err != nil {
		t.Fatal(err)
	}
	var entries []roster.Entry
	for i := 0; i < len(file.Entries); i += max(1, tr.everyNth) {
		entries = append(entries, file.Entries[i])
	}
	cloud, err := collector.LookupCloud("global")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "snapshot")
	o := collector.Options{
		Entries: entries, Sources: []string{"simulated.csv"}, Cloud: cloud, Credential: app, Transport: app, Limits: wire.Unhurried(),
		Out: dir, Now: later, Tool: snapshot.Tool{Name: "test"},
	}
	if tr.change != nil {
		tr.change(&o)
	}
	res := result{tenant: tenant}
	res.collected, res.err = collector.Collect(t.Context(), o)
	res.took = time.Since(start)
	if res.err != nil {
		return res
	}
	r, err := snapshot.Verify(dir)
	if err != nil {
		t.Fatal(err)
	}
	res.facts = facts{"": r.Tenant().Facts}
	if err := r.Leavers(func(rec snapshot.Record) error { res.facts[rec.Leaver.Source] = rec.Facts; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := r.Provenance(func(p snapshot.Provenance) error { res.sources = append(res.sources, p); return nil }); err != nil {
		t.Fatal(err)
	}
	return res
}

// polite fails the test when the run asked where, or when, it must not.
func (res result) polite(t *testing.T) {
	t.Helper()
	if early := res.tenant.Early(); len(early) > 0 {
		t.Errorf("calls before Retry-After was over: %v", early)
	}
	if away := res.tenant.Away(); len(away) > 0 {
		t.Errorf("requests to foreign hosts: %v", away)
	}
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
			case name == snapshot.Recipients && fewer(t, f, want) && blinded(expected, got[source]):
			case f.State == snapshot.Unknown && f.Reason != "":
				unknown[name]++
			default:
				is, was := apart(text(t, f), text(t, want))
				t.Errorf("%s of %q is %s\nwant %s", name, source, is, was)
			}
		}
	}
	return unknown
}

// collectWhole is a run without faults. Every run has a bubble of its own, because virtual time starts
// alike in each: the tenant's dates are relative to its clock.
func collectWhole(t *testing.T, everyNth int) result {
	t.Helper()
	var whole result
	synctest.Test(t, func(t *testing.T) {
		whole = trial{options: small(), everyNth: everyNth}.run(t)
		if whole.err != nil {
			t.Fatal(whole.err)
		}
		whole.polite(t)
	})
	return whole
}

func small() simtenant.Options { return simtenant.Options{PageSize: 40, Bystanders: 100} }

// passing are faults that strike once and leave no trace in the facts.
func passing() []string {
	return []string{
		"throttled-fraction", "throttled-silent", "unavailable", "failing", "gateway-page", "proxy-page", "reset", "empty-answer", "error-in-200", "truncated", "expired-token",
	}
}

// Faults that pass leave no trace in the facts, wherever and whenever they strike.
func TestFaultsThatPassChangeNothing(t *testing.T) {
	t.Parallel()
	whole := collectWhole(t, everyNth)
	for _, kind := range passing() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				options := small()
				options.Chaos = simtenant.Chaos{Seed: 1, Rate: 5, Once: true, Kinds: []string{kind}}
				got := trial{options: options, everyNth: everyNth}.run(t)
				if got.err != nil {
					t.Fatal(got.err)
				}
				if struck := got.tenant.Strikes(); len(struck) < 5 {
					t.Fatalf("only the faults %v", struck)
				}
				got.polite(t)
				for fact, n := range law(t, whole.facts, got.facts) {
					t.Errorf("%s is unknown of %d", fact, n)
				}
			})
		})
	}
}

// Faults that do not pass make exactly the facts unknown that rest on the answer.
func TestFaultsThatStayAreSaid(t *testing.T) {
	t.Parallel()
	whole := collectWhole(t, everyNth)
	for name, tc := range map[string]struct {
		fault   simtenant.Fault
		reason  snapshot.Reason
		unknown []string
	}{
		"no permission for devices":        {simtenant.Fault{Kind: "forbidden", Endpoint: "intune"}, snapshot.Forbidden, []string{snapshot.ManagedDevices}},
		"a refusal without words":          {simtenant.Fault{Kind: "forbidden-silent", Endpoint: "intune"}, snapshot.Forbidden, []string{snapshot.ManagedDevices}},
		"Intune not set up":                {simtenant.Fault{Kind: "no-intune", Endpoint: "intune"}, snapshot.Unlicensed, []string{snapshot.ManagedDevices}},
		"the audit log fails for ever":     {simtenant.Fault{Kind: "failing", Endpoint: directoryAudits}, snapshot.Timeout, []string{snapshot.Audits}},
		"the audit log throttles for ever": {simtenant.Fault{Kind: "throttled-day", Endpoint: directoryAudits}, snapshot.Throttled, []string{snapshot.Audits}},
		"licences come as a page":          {simtenant.Fault{Kind: "proxy-page", Endpoint: "GET /v1.0/subscribedSkus"}, snapshot.Malformed, []string{snapshot.SubscribedSKUs}},
		"domains come as null":             {simtenant.Fault{Kind: "value-null", Endpoint: "GET /v1.0/domains"}, snapshot.Malformed, []string{snapshot.Domains}},
		"batches break": {simtenant.Fault{Kind: "reset", Endpoint: batch}, snapshot.Timeout, []string{
			snapshot.InboxRules, snapshot.RegisteredDevices, snapshot.Groups, snapshot.Roles, snapshot.OwnedObjects, snapshot.OwnedApplications,
			snapshot.AppGrants, snapshot.AuthenticationMethods, snapshot.DirectReports, snapshot.OneDrive, snapshot.DrivePermissions,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				options := small()
				options.Faults = []simtenant.Fault{tc.fault}
				got := trial{options: options, everyNth: everyNth}.run(t)
				if got.err != nil {
					t.Fatal(got.err)
				}
				lost(t, whole.facts, got.facts, tc.reason, tc.unknown)
			})
		})
	}
}

// fewer reports whether a fact whose value is an object lacks entries and has no other.
func fewer(t *testing.T, f, of snapshot.Fact) bool {
	t.Helper()
	some, _ := f.Value.(map[string]any)
	all, _ := of.Value.(map[string]any)
	for name, value := range some {
		if text(t, snapshot.Fact{Value: value}) != text(t, snapshot.Fact{Value: all[name]}) {
			return false
		}
	}
	return f.State == of.State
}

// blinded reports whether some fact of somebody is unknown that was not: addresses are looked up only as far as they
// were seen.
func blinded(whole, got map[string]snapshot.Fact) bool {
	for name, f := range got {
		if f.State == snapshot.Unknown && whole[name].State != snapshot.Unknown {
			return true
		}
	}
	return false
}

// apart cuts two texts to where they differ.
func apart(a, b string) (string, string) {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	cut := func(s string) string { return fmt.Sprintf("%.300s", s[max(0, at-100):]) }
	return cut(a), cut(b)
}

// lost fails the test unless exactly these facts are unknown, for that reason.
func lost(t *testing.T, whole, got facts, reason snapshot.Reason, facts []string) {
	t.Helper()
	unknown := law(t, whole, got)
	for _, fact := range facts {
		if unknown[fact] == 0 {
			t.Errorf("%s is not unknown", fact)
		}
		delete(unknown, fact)
		for source := range got {
			if f := got[source][fact]; f.State == snapshot.Unknown && f.Reason != reason && whole[source][fact].State != snapshot.Unknown {
				t.Errorf("%s of %s is unknown because %s (%s), want %s", fact, source, f.Reason, f.Detail, reason)
				break // the others' are the same
			}
		}
	}
	if slices.Contains(facts, snapshot.Domains) {
		// Without the domains nobody can tell which addresses are inside.
		delete(unknown, snapshot.Recipients)
	}
	for fact, n := range unknown {
		t.Errorf("%s is unknown of %d, too", fact, n)
	}
}

// hostile are the kinds of faults that may come in any order: all that do not lie, without the one that costs
// memory, and those that give rows twice, which only an id tells.
func hostile() []string {
	var out []string
	for _, kind := range simtenant.FaultKinds() {
		if (kind.Effect == simtenant.Passes || kind.Effect == simtenant.Unknown) &&
			!slices.Contains([]string{"huge-body", "overlap", "link-loop", "page-repeats"}, kind.Name) {
			out = append(out, kind.Name)
		}
	}
	return out
}

// Whatever happens, in whatever order, with quotas enforced: a fact is as it is without faults, or unknown with a reason.
func TestTheLawUnderRandomFaults(t *testing.T) {
	t.Parallel()
	whole := collectWhole(t, everyNth)
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				options := small()
				options.Quotas = &simtenant.Quotas{}
				options.Chaos = simtenant.Chaos{Seed: seed, Rate: 2 + rand.New(rand.NewPCG(seed, 7)).IntN(40), Kinds: hostile()}
				got := trial{options: options, everyNth: everyNth, change: func(o *collector.Options) {
					o.Limits, o.MaxDuration = wire.DocumentedLimits(), 2*time.Hour
				}}.run(t)
				if got.err != nil {
					t.Fatalf("seed %d: %v", seed, got.err)
				}
				law(t, whole.facts, got.facts)
				got.polite(t)
				if refused := got.tenant.Throttled(); len(refused) > 0 {
					t.Errorf("refused for want of quota: %v", refused)
				}
				if got.took > 3*time.Hour {
					t.Errorf("took %s, the limit was two hours", got.took)
				}
				if t.Failed() {
					t.Logf("seed %d, one in %d, struck %v", seed, options.Chaos.Rate, got.tenant.Strikes())
				}
			})
		})
	}
}

// Templates of the simulated tenant's calls.
const (
	batch           = "POST /v1.0/$batch"
	directoryAudits = "GET /v1.0/auditLogs/directoryAudits"
)
