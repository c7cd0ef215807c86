package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"leavercheck/collector"
	"leavercheck/collector/roster"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/policies"
)

// granting is what lacks in a simulated tenant, and what that is called where facts say what they need.
type granting struct {
	name    string
	options simtenant.Options
	// needs is a word of what every fact that lacks it says that it needs.
	needs string
	// facts are those that become unknown, where no permission tells.
	facts []string
}

// lacking takes every permission away, one after the other, then what roles and licences give.
func lacking() []granting {
	out := []granting{
		{name: "nothing"},
		{name: "no premium licence", options: simtenant.Options{WithoutPremium: true}, needs: "P1 or P2", facts: []string{snapshot.SignInActivity, snapshot.SignIns}},
		{name: "no PIM", options: simtenant.Options{WithoutPIM: true}},
		{name: "no Intune", options: simtenant.Options{WithoutIntune: true}, needs: "Intune", facts: []string{snapshot.ManagedDevices}},
		{name: "no role in Exchange", options: simtenant.Options{WithoutExchangeRole: true}, needs: "Exchange.ManageAsApp", facts: factsWith("Exchange.ManageAsApp")},
	}
	for _, p := range collector.Permissions() {
		out = append(out, granting{name: p.Name, options: simtenant.Options{Withdrawn: []string{p.Name}}, needs: p.Name})
	}
	for i := range out {
		out[i].options.WithInboxRuleRole = true
	}
	return append(out, granting{name: "read-only roles", needs: "Get-InboxRule", facts: []string{snapshot.HiddenInboxRules}})
}

// factsWith are the facts that the table says take a permission.
func factsWith(permission string) []string {
	var out []string
	for _, need := range collector.Needs() {
		if slices.Contains(need.Permissions(), permission) {
			out = append(out, need.Fact)
		}
	}
	return out
}

// factsOf are the facts of a snapshot: "leaver/fact", and "/fact" for the tenant's.
func factsOf(t *testing.T, dir string) map[string]snapshot.Fact {
	t.Helper()
	r, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]snapshot.Fact{}
	for name, f := range r.Tenant().Facts {
		out["/"+name] = f
	}
	if err := r.Leavers(func(rec snapshot.Record) error {
		for name, f := range rec.Facts {
			out[rec.Leaver.Source+"/"+name] = f
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// The table of needs, what unknown facts say of themselves, what doctor predicts and what a scan comes to are
// one and the same: for every permission, role and licence that can lack.
func TestWhatDoctorPredictsIsWhatHappens(t *testing.T) {
	t.Parallel()
	set, err := policies.Load(t.Context(), policies.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	everything := simtenant.Options{WithInboxRuleRole: true}
	few := telling(t, factsOf(t, collectFrom(t, newTenant(t, everything))))
	snapshots := collectThese(t, newTenant(t, everything), few)
	whole := factsOf(t, snapshots)
	theRequestsAreThoseOfTheTable(t, snapshots)
	for _, lack := range lacking() {
		t.Run(lack.name, func(t *testing.T) {
			t.Parallel()
			tenant := newTenant(t, lack.options)
			dir := collectThese(t, tenant, few)
			lost := map[string]bool{}
			for key, f := range factsOf(t, dir) {
				if f.State != snapshot.Unknown || whole[key].State == snapshot.Unknown {
					continue
				}
				_, fact, _ := strings.Cut(key, "/")
				lost[fact] = true
				if lack.needs == "" || !strings.Contains(f.Needs, lack.needs) {
					t.Errorf("%s is unknown (%s) and says that it needs %q", key, f.Reason, f.Needs)
				}
			}
			want := lack.facts
			if len(lack.options.Withdrawn) > 0 {
				want = factsWith(lack.name)
			}
			if got := slices.Sorted(maps.Keys(lost)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
				t.Errorf("unknown are %v, the table says %v", got, want)
			}
			found := diagnosed(t, tenant, set.Rules())
			holdAgainst(t, found, verdictsOn(t, set, dir))
			for _, line := range found.lines() {
				if utf8.RuneCountInString(line) > doctorWidth {
					t.Errorf("wider than %d columns: %s", doctorWidth, line)
				}
			}
			delete(lost, snapshot.HiddenInboxRules) // no verdict is unknown without them
			taken := slices.ContainsFunc(set.Rules(), func(r policies.Rule) bool {
				return slices.ContainsFunc(slices.Concat(r.Requires, r.Uses), func(fact string) bool { return lost[fact] })
			})
			if found.Complete == taken {
				t.Errorf("complete: %t, although some rule takes what is lost: %t", found.Complete, taken)
			}
			for _, complaint := range tenant.Complaints() {
				t.Errorf("the tenant complains: %s", complaint)
			}
		})
	}
}

// theRequestsAreThoseOfTheTable compares what each fact of a snapshot rests on with what the table says that
// it rests on.
func theRequestsAreThoseOfTheTable(t *testing.T, dir string) {
	t.Helper()
	r, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	// Whom their last sign-ins clear is not looked up in the log.
	table, made := map[string][]string{snapshot.SignIns: {"GET /v1.0/users?$select=signInActivity"}}, map[string]bool{}
	for _, need := range collector.Needs() {
		for _, request := range need.Requests {
			table[need.Fact] = append(table[need.Fact], request.Endpoint)
		}
	}
	if err := r.Provenance(func(p snapshot.Provenance) error {
		made[p.Endpoint] = true
		if p.Fact != "" && p.Endpoint != "" && !slices.Contains(table[p.Fact], p.Endpoint) {
			t.Errorf("%s rests on %s, which the table does not have", p.Fact, p.Endpoint)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	// These leave no trace of their own, or are made only with an earlier snapshot.
	for _, silent := range []string{"GET /v1.0/users/{id}/mailFolders/{id}", "GET /v1.0/drives/{id}", "Get-OrganizationConfig", "GET /v1.0/groups/{id}/transitiveMembers"} {
		made[silent] = true
	}
	for fact, endpoints := range table {
		for _, endpoint := range endpoints {
			if !made[endpoint] {
				t.Errorf("the table says that %s rests on %s, which nobody asks", fact, endpoint)
			}
		}
	}
}

// telling picks few leavers of whom everything that can lack is felt: the first with each kind of thing that
// takes a permission of its own, and some of everybody. They are named by their row.
func telling(t *testing.T, facts map[string]snapshot.Fact) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	keys := slices.Sorted(maps.Keys(facts))
	for _, kind := range []struct{ fact, shows string }{
		{snapshot.Groups, `"kind":"group"`},
		{snapshot.Groups, `"kind":"directoryRole"`},
		{snapshot.DrivePermissions, `"kind":"group"`},
		{snapshot.Recipients, `"kind":"group"`},
		{snapshot.InboxRules, `"moveToFolderKind":"`},
		{snapshot.OwnedObjects, `"kind":"group"`},
		{snapshot.OwnedObjects, `"kind":"application"`},
		{snapshot.OwnedObjects, `"kind":"servicePrincipal"`},
		{snapshot.RegisteredDevices, `"deviceId"`},
		{snapshot.Account, `"deletedDateTime":"`},
		{snapshot.Mailbox, `"mailboxState":"inactive"`},
	} {
		at := slices.IndexFunc(keys, func(key string) bool {
			value, err := json.Marshal(facts[key].Value)
			return err == nil && strings.HasSuffix(key, "/"+kind.fact) && strings.Contains(string(value), kind.shows)
		})
		if at < 0 {
			t.Fatalf("nobody has %s in %s", kind.shows, kind.fact)
		}
		row, _, _ := strings.Cut(keys[at], "/")
		out[row] = true
	}
	// Whom directory synchronisation owns: one who is disabled, and one who is deleted.
	for _, deleted := range []bool{false, true} {
		at := slices.IndexFunc(keys, func(key string) bool {
			account, _ := facts[key].Value.(map[string]any)
			return strings.HasSuffix(key, "/"+snapshot.Account) && account["onPremisesSyncEnabled"] == true &&
				account["accountEnabled"] == false && (account["deletedDateTime"] != nil) == deleted
		})
		if at < 0 {
			t.Fatal("nobody is synchronised")
		}
		row, _, _ := strings.Cut(keys[at], "/")
		out[row] = true
	}
	var rows []string
	for _, key := range keys {
		if row, ok := strings.CutSuffix(key, "/"+snapshot.Account); ok {
			rows = append(rows, row)
		}
	}
	const everyNth = 30
	for i := 0; i < len(rows); i += everyNth {
		out[rows[i]] = true
	}
	return out
}

// collectThese takes a snapshot of the leavers in some rows of the roster.
func collectThese(t *testing.T, tenant *simtenant.Tenant, rows map[string]bool) string {
	t.Helper()
	server, err := tenant.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "snapshot")
	options := simulatedOptions(t, tenant, server, dir)
	options.Entries = slices.DeleteFunc(options.Entries, func(e roster.Entry) bool { return !rows[e.Source] })
	if _, err := collector.Collect(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	return dir
}

// verdictList keeps every verdict.
type verdictList []policies.Verdict

func (v *verdictList) Run(policies.Run) error         { return nil }
func (v *verdictList) Summary(policies.Summary) error { return nil }
func (v *verdictList) Leaver(l policies.LeaverResult) error {
	*v = append(*v, l.Verdicts...)
	return nil
}

func (v *verdictList) Tenant(r policies.TenantResult) error {
	*v = append(*v, r.Verdicts...)
	return nil
}

func verdictsOn(t *testing.T, set *policies.Set, dir string) []policies.Verdict {
	t.Helper()
	reader, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out verdictList
	if _, err := set.Evaluate(t.Context(), reader, policies.EvaluateOptions{}, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// diagnosed runs doctor on a tenant.
func diagnosed(t *testing.T, tenant *simtenant.Tenant, rules []policies.Rule) diagnosis {
	t.Helper()
	server, err := tenant.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	options := simulatedOptions(t, tenant, server, "")
	recorded := &askedOnly{RoundTripper: options.Transport}
	options.Transport = recorded
	x, err := collector.Examine(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	recorded.mu.Lock()
	defer recorded.mu.Unlock()
	for _, what := range recorded.asked {
		if !strings.HasPrefix(what, "GET ") && !strings.HasPrefix(what, "Get-") {
			t.Errorf("doctor sends %s", what)
		}
	}
	if len(recorded.asked) == 0 {
		t.Error("doctor asks nothing")
	}
	return diagnose(x, rules, false)
}

// askedOnly notes what is asked: the method and path, or the cmdlet.
type askedOnly struct {
	http.RoundTripper
	mu    sync.Mutex
	asked []string
}

func (r *askedOnly) RoundTrip(req *http.Request) (*http.Response, error) {
	what := req.Method + " " + req.URL.Path
	if name := req.Header.Get("X-CmdletName"); name != "" {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		var sent struct{ CmdletInput struct{ CmdletName string } }
		if err := json.NewDecoder(body).Decode(&sent); err != nil {
			return nil, err
		}
		what = sent.CmdletInput.CmdletName
	}
	r.mu.Lock()
	r.asked = append(r.asked, what)
	r.mu.Unlock()
	return r.RoundTripper.RoundTrip(req)
}

// holdAgainst compares a prediction with verdicts: whatever is unknown for want of something that can be
// granted was predicted, and whatever was predicted for certain is unknown for somebody.
func holdAgainst(t *testing.T, found diagnosis, verdicts []policies.Verdict) {
	t.Helper()
	predicted := map[string]bool{}
	for _, p := range found.Rules {
		predicted[p.Rule] = p.Certain
	}
	unknown := map[string]bool{}
	for _, v := range verdicts {
		if v.Status == policies.Unknown {
			unknown[v.Rule] = true
		}
		for _, m := range v.Missing {
			grantable := m.Reason == string(snapshot.Forbidden) || m.Reason == string(snapshot.Unlicensed) || m.Reason == string(snapshot.Concealed) ||
				m.Reason == string(snapshot.NotCollected) && strings.Contains(m.Needs, "permission")
			if v.Status != policies.Unknown || !grantable {
				continue
			}
			if _, ok := predicted[v.Rule]; !ok {
				t.Errorf("%s is unknown for want of %s (%s), which was not predicted", v.Rule, m.Fact, m.Needs)
			}
		}
	}
	for rule, certain := range predicted {
		if certain && !unknown[rule] {
			t.Errorf("%s was predicted to be unknown and is not, for anybody", rule)
		}
	}
}
