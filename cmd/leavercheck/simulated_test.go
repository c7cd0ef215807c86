package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"leavercheck/collector"
	"leavercheck/collector/roster"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
	"leavercheck/policies"
)

// today is the simulated tenant's now.
func today() time.Time { return time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC) }

// result is what --format json prints.
type result struct {
	Run     policies.Run            `json:"run"`
	Leavers []policies.LeaverResult `json:"leavers"`
	Tenant  policies.TenantResult   `json:"tenant"`
	Summary policies.Summary        `json:"summary"`
}

// collectFrom takes a snapshot of a simulated tenant through its three TLS endpoints.
func collectFrom(t testing.TB, tenant *simtenant.Tenant) string { return collectSince(t, tenant, nil) }

// collectSince does so with an earlier snapshot.
func collectSince(t testing.TB, tenant *simtenant.Tenant, baseline *snapshot.Reader) string {
	t.Helper()
	return collectWith(t, tenant, func(o *collector.Options) { o.Now, o.Baseline = tenant.AsOf, baseline })
}

// collectSome takes a snapshot of as many of the people as the build has time for.
func collectSome(t testing.TB, tenant *simtenant.Tenant) string {
	t.Helper()
	return collectWith(t, tenant, func(o *collector.Options) {
		all := o.Entries
		o.Entries = nil
		for i := 0; i < len(all); i += everyNth {
			o.Entries = append(o.Entries, all[i])
		}
	})
}

func collectWith(t testing.TB, tenant *simtenant.Tenant, change func(*collector.Options)) string {
	t.Helper()
	server, err := tenant.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "snapshot")
	options := simulatedOptions(t, tenant, server, dir)
	change(&options)
	if _, err := collector.Collect(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	return dir
}

func simulatedOptions(t testing.TB, tenant *simtenant.Tenant, server *simtenant.Server, dir string) collector.Options {
	t.Helper()
	flags := tenantFlags{cloud: "global", login: server.LoginURL, graph: server.GraphURL, exchange: server.ExchangeURL}
	options := collector.Options{Now: today, Limits: wire.Unhurried(), Tenant: server.TenantID, Out: dir, Tool: tool()}
	err := flags.connect(&options, server.CA, &collector.Secret{Tenant: server.TenantID, Client: server.ClientID, Value: server.ClientSecret})
	if err != nil {
		t.Fatal(err)
	}
	file, err := roster.ReadCSV("simulated.csv", bytes.NewReader(tenant.Roster()), nil)
	if err != nil {
		t.Fatal(err)
	}
	options.Entries, options.Sources = file.Entries, []string{"simulated.csv"}
	return options
}

// evaluated runs the evaluate command on a snapshot.
func evaluated(t testing.TB, dir string, args ...string) (result, int) {
	t.Helper()
	stdout, _, code := runCommand(t, append([]string{"evaluate", dir, "--format", "json"}, args...)...)
	var r result
	if err := json.Unmarshal(stdout, &r); err != nil {
		t.Fatalf("%v\n%s", err, stdout)
	}
	return r, code
}

// runCommand runs the program in this process.
func runCommand(t testing.TB, args ...string) (stdout, stderr []byte, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), system{args: args, stdout: &out, stderr: &errs, env: func(string) (string, bool) { return "", false }, now: today})
	return out.Bytes(), errs.Bytes(), code
}

func newTenant(t testing.TB, options simtenant.Options) *simtenant.Tenant {
	t.Helper()
	options.Now = today()
	tenant, err := simtenant.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return tenant
}

// Every verdict on every simulated person is what is really so, and every status of the rules occurs.
func TestVerdictsAreTheTruth(t *testing.T) {
	t.Parallel()
	for _, options := range []simtenant.Options{{}, {Seed: 7, PageSize: 7}} {
		t.Run(fmt.Sprintf("seed %d, pages of %d", options.Seed, options.PageSize), func(t *testing.T) {
			t.Parallel()
			tenant := newTenant(t, options)
			r, code := evaluated(t, collectFrom(t, tenant))
			if code != codeFindings {
				t.Errorf("exit code %d, want %d", code, codeFindings)
			}
			compare(t, tenant.Truth(), r.Leavers, func(p simtenant.Person) map[string]string { return p.Verdicts })
			for _, v := range r.Tenant.Verdicts {
				if want := tenant.TenantTruth()[v.Rule]; string(v.Status) != want {
					t.Errorf("the tenant: %s is %q, want %q: %s", v.Rule, v.Status, want, v.Message)
				}
			}
			for _, complaint := range tenant.Complaints() {
				t.Errorf("the tenant complains: %s", complaint)
			}
		})
	}
}

// With an earlier snapshot what is gone can be told from what never was.
func TestVerdictsWithABaselineAreTheTruth(t *testing.T) {
	t.Parallel()
	earlier := collectFrom(t, newTenant(t, simtenant.Options{Earlier: true}))
	baseline, err := snapshot.Open(earlier)
	if err != nil {
		t.Fatal(err)
	}
	tenant := newTenant(t, simtenant.Options{})
	r, _ := evaluated(t, collectSince(t, tenant, baseline), "--baseline", earlier)
	compare(t, tenant.Truth(), r.Leavers, func(p simtenant.Person) map[string]string { return p.WithBaseline })
}

func compare(t *testing.T, truth []simtenant.Person, leavers []policies.LeaverResult, verdictsOf func(simtenant.Person) map[string]string) {
	t.Helper()
	got := map[string]policies.LeaverResult{}
	for _, l := range leavers {
		got[cmpKey(l.Leaver.ID, l.Leaver.UserPrincipalName)] = l
	}
	if len(got) != len(truth) {
		t.Errorf("%d leavers, want %d", len(got), len(truth))
	}
	for _, person := range truth {
		l, ok := got[cmpKey(person.ID, person.UserPrincipalName)]
		if !ok {
			t.Errorf("%s (%s) is not in the result", person.DisplayName, person.Story)
			continue
		}
		if string(l.Leaver.State) != person.State {
			t.Errorf("%s (%s) is %s, want %s", person.DisplayName, person.Story, l.Leaver.State, person.State)
		}
		verdicts := map[string]policies.Verdict{}
		for _, v := range l.Verdicts {
			verdicts[v.Rule] = v
		}
		want := verdictsOf(person)
		for _, rule := range slices.Sorted(maps.Keys(want)) {
			if v := verdicts[rule]; string(v.Status) != want[rule] {
				t.Errorf("%s: %s: %s is %q, want %q\n\t%s %v", person.DisplayName, person.Story, rule, v.Status, want[rule], v.Message, v.Missing)
			}
		}
		if len(verdicts) != len(want) {
			t.Errorf("%s has %d verdicts, want %d", person.DisplayName, len(verdicts), len(want))
		}
	}
}

func cmpKey(id, upn string) string {
	if id != "" {
		return id
	}
	return strings.ToLower(upn)
}

// The two halves of a scan, on a copied directory, give what scan gives, byte for byte.
func TestTheHalvesMakeTheWhole(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	kept, whole := filepath.Join(parent, "kept"), filepath.Join(parent, "scan.ndjson")
	if _, stderr, code := runCommand(t, "scan", "--simulate", "--out", kept, "-o", "ndjson="+whole); code != codeFindings {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	copied := filepath.Join(t.TempDir(), "copied")
	if err := os.CopyFS(copied, os.DirFS(kept)); err != nil {
		t.Fatal(err)
	}
	scanned, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		stdout, _, code := runCommand(t, "evaluate", copied, "--format", "ndjson")
		if code != codeFindings || !bytes.Equal(stdout, scanned) {
			t.Fatalf("exit code %d; the bytes are the same: %t", code, bytes.Equal(stdout, scanned))
		}
	}
	replayed, _, code := runCommand(t, "report", whole, "--format", "ndjson")
	if code != codeFindings || !bytes.Equal(replayed, scanned) {
		t.Errorf("report: exit code %d; the bytes are the same: %t", code, bytes.Equal(replayed, scanned))
	}
	if stdout, _, code := runCommand(t, "verify", copied); code != codeClean || !bytes.Contains(stdout, []byte("as it was sealed")) {
		t.Errorf("verify: exit code %d\n%s", code, stdout)
	}
}

// The same tenant gives the same facts twice, whatever the order of answers.
func TestCollectingTwiceGivesTheSameFacts(t *testing.T) {
	t.Parallel()
	facts := func() (string, []byte) {
		dir := collectFrom(t, newTenant(t, simtenant.Options{}))
		r, err := snapshot.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		tenant, err := os.ReadFile(filepath.Join(dir, "tenant.json"))
		if err != nil {
			t.Fatal(err)
		}
		return r.Seal().Files["leavers.ndjson.zst"].SHA256, tenant
	}
	leavers, tenant := facts()
	again, sameTenant := facts()
	if leavers != again || !bytes.Equal(tenant, sameTenant) {
		t.Error("the facts differ")
	}
}

// What is withdrawn makes verdicts unknown that name it, and never a pass.
func TestWhatCannotBeReadIsUnknown(t *testing.T) {
	t.Parallel()
	whole, _ := evaluated(t, collectSome(t, newTenant(t, simtenant.Options{})))
	for name, tc := range map[string]struct {
		options simtenant.Options
		rules   []string
		needs   string
		// moot are the rules of which the lack takes away what fails, too.
		moot []string
	}{
		"no users":               {simtenant.Options{Withdrawn: []string{"User.Read.All"}}, []string{"ROS-001", "SES-002", "ACC-001", "ACC-010", "ACC-011"}, "User.Read.All", nil},
		"no logs":                {simtenant.Options{Withdrawn: []string{"AuditLog.Read.All"}}, []string{"SES-003"}, "AuditLog.Read.All", nil},
		"no Intune":              {simtenant.Options{Withdrawn: []string{"DeviceManagementManagedDevices.Read.All"}}, []string{"DEV-003"}, "DeviceManagementManagedDevices.Read.All", nil},
		"no rules":               {simtenant.Options{Withdrawn: []string{"MailboxSettings.Read"}}, []string{"FWD-006"}, "MailboxSettings.Read", nil},
		"no directory":           {simtenant.Options{Withdrawn: []string{"Directory.Read.All"}}, []string{"ACC-004", "ACC-007"}, "Directory.Read.All", nil},
		"no groups":              {simtenant.Options{Withdrawn: []string{"GroupMember.Read.All"}}, []string{"ACC-004", "ACC-005"}, "GroupMember.Read.All", nil},
		"no applications":        {simtenant.Options{Withdrawn: []string{"Application.Read.All"}}, []string{"ACC-005", "ACC-006"}, "Application.Read.All", nil},
		"no devices":             {simtenant.Options{Withdrawn: []string{"Device.Read.All"}}, []string{"DEV-004"}, "Device.Read.All", nil},
		"no roles":               {simtenant.Options{Withdrawn: []string{"RoleManagement.Read.Directory"}}, []string{"ACC-003"}, "RoleManagement.Read.Directory", nil},
		"no groups in PIM":       {simtenant.Options{Withdrawn: []string{"PrivilegedEligibilitySchedule.Read.AzureADGroup"}}, []string{"ACC-003"}, "PrivilegedEligibilitySchedule.Read.AzureADGroup", nil},
		"no methods":             {simtenant.Options{Withdrawn: []string{"UserAuthenticationMethod.Read.All"}}, []string{"ACC-008"}, "UserAuthenticationMethod.Read.All", nil},
		"no files":               {simtenant.Options{Withdrawn: []string{"Files.Read.All"}}, []string{"ODB-001", "ODB-002", "ODB-003"}, "Files.Read.All", nil},
		"no SharePoint settings": {simtenant.Options{Withdrawn: []string{"SharePointTenantSettings.Read.All"}}, []string{"ODB-002"}, "SharePointTenantSettings.Read.All", nil},
		"no numbers":             {simtenant.Options{Withdrawn: []string{"TeamsTelephoneNumber.Read.All"}}, []string{"TEL-001"}, "TeamsTelephoneNumber.Read.All", nil},
		// Without the licence there is nothing that somebody could be eligible for.
		"no premium licence":  {simtenant.Options{WithoutPremium: true}, []string{"SES-003"}, "P1 or P2", []string{"ACC-003"}},
		"no Exchange role":    {simtenant.Options{WithoutExchangeRole: true}, []string{"MBX-001", "FWD-002", "DEV-001", "ACC-009", "EML-001"}, "Exchange.ManageAsApp", nil},
		"Intune never set up": {simtenant.Options{WithoutIntune: true}, []string{"DEV-003"}, "Intune licence", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := evaluated(t, collectSome(t, newTenant(t, tc.options)))
			passed := map[string]bool{}
			for _, l := range whole.Leavers {
				for _, v := range l.Verdicts {
					passed[l.Leaver.Source+v.Rule] = v.Status == policies.Pass
				}
			}
			unknown := map[string]int{}
			for _, l := range r.Leavers {
				for _, v := range l.Verdicts {
					if v.Status == policies.Pass && !passed[l.Leaver.Source+v.Rule] && !slices.Contains(tc.moot, v.Rule) {
						t.Errorf("%s passes %s, which it does not when everything is read", l.Leaver.DisplayName, v.Rule)
					}
					if v.Status != policies.Unknown {
						continue
					}
					for _, m := range v.Missing {
						if strings.Contains(m.Needs, tc.needs) {
							unknown[v.Rule]++
						}
					}
				}
			}
			for _, rule := range tc.rules {
				if unknown[rule] == 0 {
					t.Errorf("no verdict of %s is unknown for want of %q", rule, tc.needs)
				}
			}
			named := slices.ContainsFunc(r.Summary.Incomplete, func(i policies.Incomplete) bool { return strings.Contains(i.Needs, tc.needs) })
			if r.Summary.Complete || !named {
				t.Errorf("the summary does not say what is missing: %+v", r.Summary.Incomplete)
			}
		})
	}
}

// An answer that leads elsewhere ends the run: exit code 5, and no snapshot.
func TestAForeignLinkEndsTheRun(t *testing.T) {
	t.Parallel()
	tenant := newTenant(t, simtenant.Options{PageSize: 50})
	server, err := tenant.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "snapshot")
	options := simulatedOptions(t, tenant, server, dir)
	options.Transport = rewriting{options.Transport, server.GraphURL + "/v1.0/users?", "https://evil.example/v1.0/users?"}
	_, err = collector.Collect(t.Context(), options)
	if exitCode(err) != codeIntegrity {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("a snapshot is there: %v", err)
	}
}

// rewriting changes a text in every answer, as a machine in the middle would.
type rewriting struct {
	http.RoundTripper
	from, to string
}

func (r rewriting) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		return nil, err
	}
	resp.Body.Close()
	resp.Body = readCloser{strings.NewReader(strings.ReplaceAll(body.String(), r.from, r.to))}
	return resp, nil
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// A credential for another tenant, and an endpoint that nobody answers, end the run before anything is written.
func TestTheRunEndsBeforeItReads(t *testing.T) {
	t.Parallel()
	tenant := newTenant(t, simtenant.Options{})
	server, err := tenant.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for name, tc := range map[string]struct {
		change func(*collector.Options)
		code   int
		says   string
	}{
		"another tenant": {func(o *collector.Options) { o.Tenant = "0f0f0f0f-0000-4000-8000-000000000001" }, codeIntegrity, "signed in to another tenant: the token is for " + server.TenantID},
		"nobody answers": {func(o *collector.Options) { o.Cloud.Graph = &url.URL{Scheme: "https", Host: "127.0.0.1:1"} }, codeError, "cannot reach Microsoft Graph at https://127.0.0.1:1; check --graph-endpoint"},
		"a wrong secret": {func(o *collector.Options) {
			o.Credential, err = collector.Secret{Tenant: server.TenantID, Client: server.ClientID, Value: "wrong"}.Credential(o.Cloud, o.Transport)
			if err != nil {
				t.Fatal(err)
			}
		}, codeError, "cannot sign in: AADSTS7000215"},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			options := simulatedOptions(t, tenant, server, filepath.Join(parent, "snapshot"))
			tc.change(&options)
			_, err := collector.Collect(t.Context(), options)
			if exitCode(err) != tc.code || !strings.HasPrefix(err.Error(), tc.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("exit code %d: %v", exitCode(err), err)
			}
			if left, _ := os.ReadDir(parent); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A time limit makes what was not read unknown; it does not make the run fail.
func TestTheTimeLimitMakesFactsUnknown(t *testing.T) {
	t.Parallel()
	tenant := newTenant(t, simtenant.Options{})
	server, err := tenant.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	options := simulatedOptions(t, tenant, server, filepath.Join(t.TempDir(), "snapshot"))
	options.MaxDuration = time.Nanosecond
	collected, err := collector.Collect(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if n := collected.Seal.Outcomes[snapshot.Account]["unknown.timeout"]; n == 0 {
		t.Errorf("outcomes: %v", collected.Seal.Outcomes[snapshot.Account])
	}
	for _, outcomes := range collected.Seal.Outcomes {
		if outcomes["read"]+outcomes["absent"] != 0 {
			t.Errorf("something was read in no time: %v", outcomes)
		}
	}
}

func TestAnInterruptedRunLeavesNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	parent := t.TempDir()
	var out, errs bytes.Buffer
	code := run(ctx, system{
		args: []string{"collect", "--simulate", "--out", filepath.Join(parent, "s")}, stdout: &out, stderr: &errs,
		env: func(string) (string, bool) { return "", false }, now: today,
	})
	if code != codeInterrupted {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
	if left, _ := os.ReadDir(parent); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
