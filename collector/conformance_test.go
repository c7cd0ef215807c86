package collector_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"leavercheck/collector"
	"leavercheck/collector/roster"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/simtenant/published"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const graphHost = "https://graph.microsoft.com"

// recorder holds every request to Graph and every answer, items of batches one by one, against Microsoft's
// description.
type recorder struct {
	d *published.Description

	mu       sync.Mutex
	reach    http.RoundTripper
	targets  map[string]bool // "/v1.0/path?query"
	links    map[string]bool // that the service handed out
	problems map[string]bool
	answers  int
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != "graph.microsoft.com" {
		return r.reach.RoundTrip(req)
	}
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	resp, err := r.reach.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(got))
	r.keep(req, sent, resp, got)
	return resp, nil
}

func (r *recorder) keep(req *http.Request, sent []byte, resp *http.Response, got []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	target := req.URL.RequestURI()
	asked := []string{target}
	var problems []string
	if strings.HasSuffix(req.URL.Path, "/$batch") {
		asked, problems = r.batch(req, sent, resp, got)
	} else {
		problems = r.d.Request(req.Method, target, req.Header)
		if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
			problems = append(problems, r.d.Answer(target, resp.StatusCode, got)...)
		} else if len(got) > 0 {
			problems = append(problems, target+": an answer of "+resp.Header.Get("Content-Type"))
		}
		if req.Header.Get("x-ms-throttle-priority") != "low" {
			problems = append(problems, target+" does not give way to people's own work")
		}
	}
	r.answers += len(asked)
	for _, one := range asked {
		r.targets[one] = true
		// State belongs to the service: learn.microsoft.com/graph/paging, learn.microsoft.com/graph/delta-query-overview.
		if stateful(one) && !r.links[graphHost+one] {
			problems = append(problems, one+" is no link that the service gave")
		}
	}
	for _, link := range regexp.MustCompile(`"@odata\.(?:next|delta)Link":("[^"]*")`).FindAllSubmatch(got, -1) {
		var text string
		if err := json.Unmarshal(link[1], &text); err == nil {
			r.links[text] = true
		}
	}
	for _, problem := range problems {
		r.problems[problem] = true
	}
}

func (r *recorder) batch(req *http.Request, sent []byte, resp *http.Response, got []byte) (asked, problems []string) {
	if req.Header.Get("Content-Encoding") == "gzip" {
		plain, err := gzip.NewReader(bytes.NewReader(sent))
		if err != nil {
			return nil, []string{err.Error()}
		}
		if sent, err = io.ReadAll(plain); err != nil {
			return nil, []string{err.Error()}
		}
	}
	version, _, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	return r.d.Batch(version, sent, resp.StatusCode, got)
}

func stateful(target string) bool {
	return strings.Contains(target, "skiptoken=") || strings.Contains(target, "deltatoken=") && !strings.HasSuffix(target, "deltatoken=latest")
}

// conforming is one run: what is so in the tenant, and how it is read.
type conforming struct {
	name    string
	options simtenant.Options
	change  func(*collector.Options, *simtenant.Tenant)
	doctor  bool
}

func (c conforming) run(t *testing.T, rec *recorder, out string) {
	t.Helper()
	now := later
	if c.options.Earlier {
		now = func() time.Time { return later().Add(-c.options.EarlierBy) }
	}
	c.options.Now, c.options.Clock = later(), now
	tenant, err := simtenant.New(c.options)
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory(tenant)
	rec.reach = m
	file, err := roster.ReadCSV("simulated.csv", bytes.NewReader(tenant.Roster()), nil)
	if err != nil {
		t.Fatal(err)
	}
	cloud, err := collector.LookupCloud("global")
	if err != nil {
		t.Fatal(err)
	}
	o := collector.Options{
		Entries: telling(tenant, file.Entries), Sources: []string{"simulated.csv"}, Cloud: cloud, Credential: m, Transport: rec, Limits: wire.Unhurried(),
		Out: out, Now: now, Tool: snapshot.Tool{Name: "test"},
	}
	if c.change != nil {
		c.change(&o, tenant)
	}
	if c.doctor {
		_, err = collector.Examine(t.Context(), o)
	} else {
		_, err = collector.Collect(t.Context(), o)
	}
	if err != nil {
		t.Errorf("%s: %v", c.name, err)
	}
}

// telling are a few people of the roster, and with them some who are not there by their id, of whom some still were
// when it was looked before, and some by a name.
func telling(tenant *simtenant.Tenant, entries []roster.Entry) []roster.Entry {
	const every, most = 2 * everyNth, 12
	live := map[string]bool{"": true}
	for _, p := range tenant.Truth() {
		if p.State == "live" {
			live[p.ID], live[strings.ToLower(p.UserPrincipalName)] = true, true
		}
	}
	var out []roster.Entry
	byID, byName := 0, 0
	for i, e := range entries {
		switch {
		case i%every == 0:
		case !live[e.ID] && byID < most:
			byID++
		case e.ID == "" && !live[strings.ToLower(e.UserPrincipalName)] && byName < most:
			byName++
		default:
			continue
		}
		out = append(out, e)
	}
	return out
}

// conformingRuns are the ways in which the collector reads, and tenants that answer otherwise. Later ones look back
// on the snapshots of those before, which are in the directory.
func conformingRuns(t *testing.T, parent string) []conforming {
	t.Helper()
	var all []string
	for _, p := range collector.Permissions() {
		all = append(all, p.Name)
	}
	past := func(name string) *snapshot.Reader {
		r, err := snapshot.Open(filepath.Join(parent, name))
		if err != nil {
			t.Error(err)
		}
		return r
	}
	named := func(sources ...string) func(*collector.Options, *simtenant.Tenant) {
		return func(o *collector.Options, tenant *simtenant.Tenant) {
			for _, text := range append(sources, "entra:group="+tenant.GroupID("Canteen News"), "entra:group="+tenant.GroupID("Building Services")) {
				s, err := roster.ParseSource(text)
				if err != nil {
					t.Error(err)
				}
				o.Entra = append(o.Entra, s)
			}
		}
	}
	small := simtenant.Options{Bystanders: 30, PageSize: 30}
	was := small
	was.Earlier, was.EarlierBy = true, 4*7*24*time.Hour
	changed := small
	changed.Churn, changed.EarlierBy = 60, passed
	yet := changed // to change
	yet.Earlier = true
	moved := changed
	moved.DeltaReset = true
	unlicensed := small
	unlicensed.WithoutPremium, unlicensed.WithoutIntune = true, true
	bare := small
	bare.Withdrawn = all
	hidden := small
	hidden.Withdrawn = []string{"GroupMember.Read.All", "Application.Read.All", "Device.Read.All", "RoleManagement.Read.Directory"}
	throttled := small
	throttled.Chaos = simtenant.Chaos{Rate: 20, Once: true, Kinds: []string{"throttled"}}
	return []conforming{
		{name: "weeks ago", options: was},
		{name: "days ago", options: yet},
		{name: "a file", options: small},
		{name: "every mailbox", options: simtenant.Options{Bystanders: 30}, change: func(o *collector.Options, _ *simtenant.Tenant) { o.AllMailboxes = true }},
		{name: "beside an earlier snapshot", options: small, change: func(o *collector.Options, _ *simtenant.Tenant) { o.Baseline = past("weeks ago") }},
		{name: "what changed since", options: changed, change: func(o *collector.Options, _ *simtenant.Tenant) { o.Since = past("days ago") }},
		{name: "since a directory that was moved", options: moved, change: func(o *collector.Options, _ *simtenant.Tenant) { o.Since = past("days ago") }},
		{name: "rosters in Entra", options: small, change: named("entra:leave-date", "entra:deleted", "entra:disabled=all")},
		{name: "doctor", options: small, doctor: true},
		{name: "no licences", options: unlicensed},
		{name: "doctor without licences", options: unlicensed, doctor: true},
		{name: "hidden objects", options: hidden},
		{name: "nothing granted", options: bare},
		{name: "doctor with nothing granted", options: bare, doctor: true},
		{name: "throttled", options: throttled},
	}
}

// Every request to Graph is one that Microsoft's own description of it knows, and so is every answer of the simulated
// tenant: path, method, query options, properties, enumerations, what may be null, refusals.
func TestRequestsAndAnswersAreAsPublished(t *testing.T) {
	t.Parallel()
	dir, ok := os.LookupEnv("LEAVERCHECK_SCHEMAS")
	if !ok {
		dir = filepath.Join("..", "..", "shared", "schemas")
		if _, err := os.Stat(dir); err != nil {
			t.Skip("Microsoft's description of Graph is not here; set LEAVERCHECK_SCHEMAS to run this test")
		}
	}
	d, err := published.Read(filepath.Join(dir, "graph"))
	if err != nil {
		t.Fatal(err)
	}
	rec := &recorder{d: d, targets: map[string]bool{}, links: map[string]bool{}, problems: map[string]bool{}}
	parent := t.TempDir()
	for _, c := range conformingRuns(t, parent) {
		had := rec.answers
		synctest.Test(t, func(t *testing.T) { c.run(t, rec, filepath.Join(parent, c.name)) })
		if rec.answers == had {
			t.Errorf("%s: nothing was asked", c.name)
		}
		for _, problem := range slices.Sorted(maps.Keys(rec.problems)) {
			t.Errorf("%s: %s", c.name, problem)
		}
		clear(rec.problems)
	}
	rec.hasAskedEverything(t)
}

// hasAskedEverything fails the test when a kind of request was not made, so that nothing was checked of it.
func (r *recorder) hasAskedEverything(t *testing.T) {
	t.Helper()
	made := map[string]bool{}
	for target := range r.targets {
		path, query, _ := strings.Cut(target, "?")
		template, err := r.d.Template(path)
		if err != nil {
			t.Error(err)
		}
		made[template] = true
		for option := range strings.SplitSeq(query, "&") {
			name, _, _ := strings.Cut(option, "=")
			made[template+"?"+strings.ReplaceAll(name, "%24", "$")] = true
		}
	}
	want := []string{
		"/v1.0/users/delta()?$deltatoken", "/v1.0/users/{user-id}?$select", "/v1.0/users?$filter", "/v1.0/users?$top", "/v1.0/users?$skiptoken",
		"/v1.0/roleManagement/directory/roleAssignments?$expand", "/v1.0/groups/{group-id}/transitiveMembers?$top",
		"/beta/auditLogs/signIns?$filter", "/v1.0/auditLogs/signIns?$filter", "/v1.0/auditLogs/directoryAudits?$filter",
		"/v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances?$filter",
		"/v1.0/admin/teams/telephoneNumberManagement/numberAssignments?$top",
	}
	for _, need := range collector.Needs() {
		for _, request := range need.Requests {
			path, isGet := strings.CutPrefix(request.Endpoint, "GET ")
			if !isGet {
				continue
			}
			path, _, _ = strings.Cut(path, "?")
			template, err := r.d.Template(path)
			if err != nil {
				t.Error(err)
			}
			want = append(want, template)
		}
	}
	for _, template := range want {
		if !made[template] {
			t.Errorf("%s was not asked", template)
		}
	}
}
