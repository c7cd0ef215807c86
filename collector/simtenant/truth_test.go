package simtenant_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"testing"

	"leavercheck/collector/simtenant"
)

// rules are those that people are judged by.
func rules() []string {
	all := slices.Concat(mainRules(), identityRules(), mailRules())
	slices.Sort(all)
	return all
}

func mainRules() []string {
	return []string{
		"ACC-001", "ACC-002", "DEV-001", "DEV-002", "DEV-003", "FWD-001", "FWD-002", "FWD-003", "FWD-004", "FWD-005", "FWD-006", "FWD-007",
		"FWD-008", "LIC-001", "MBX-001", "MBX-002", "MBX-003", "ROS-001", "SES-001", "SES-002", "SES-003",
	}
}

func identityRules() []string {
	return []string{
		"ACC-003", "ACC-004", "ACC-005", "ACC-006", "ACC-007", "ACC-008", "ACC-010", "ACC-011", "DEV-004", "DEV-006", "TEL-002",
	}
}

func mailRules() []string {
	return []string{
		"ACC-009", "DEL-001", "DEL-002", "DEL-003", "DEV-005", "DEV-007", "EML-001", "EML-002", "EML-003", "ODB-001", "ODB-002", "ODB-003",
		"ORD-001", "TEL-001",
	}
}

// unheard lists the verdicts that nobody's state gives, not even beside an earlier snapshot, and why. Somebody who is
// nowhere in the tenant is not counted: there nothing is applicable but ROS-001.
func unheard() map[string]string {
	return map[string]string{
		"ROS-001 not_applicable": "everybody is looked for",
		"SES-003 not_applicable": "everybody may have signed in",
		"ACC-001 not_applicable": "an account is enabled or not, and one that is deleted passes",
		"DEV-006 pass":           "what a personal computer keeps is only attested",
		"DEV-007 pass":           "that a BlackBerry is disabled is only attested",
		"TEL-002 pass":           "judges groups that a parameter names, and none is named",
		"TEL-002 fail":           "judges groups that a parameter names, and none is named",
	}
}

func TestTruthAnswersEveryRuleForEverybody(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{Leavers: 8})
	states := map[string]int{}
	heard := map[string]bool{}
	verdicts := []string{"pass", "fail", "pending", "unknown", "not_applicable"}
	for _, p := range c.tenant.Truth() {
		states[p.State]++
		if p.State == "not_yet" {
			if len(p.Verdicts)+len(p.WithBaseline) != 0 {
				t.Errorf("%q has verdicts before leaving", p.Story)
			}
			continue
		}
		for _, told := range []map[string]string{p.Verdicts, p.WithBaseline} {
			if got := sortedKeys(told); !slices.Equal(got, rules()) {
				t.Errorf("%q answers for %v", p.Story, got)
			}
			for rule, verdict := range told {
				if !slices.Contains(verdicts, verdict) {
					t.Errorf("%q: %s is %q", p.Story, rule, verdict)
				}
				heard[rule+" "+verdict] = heard[rule+" "+verdict] || p.State != "not_found" || rule == "ROS-001"
			}
		}
	}
	for _, rule := range rules() {
		for _, verdict := range []string{"pass", "fail", "not_applicable"} {
			if _, never := unheard()[rule+" "+verdict]; heard[rule+" "+verdict] == never {
				t.Errorf("%s %s: heard %v, said never to be heard %v", rule, verdict, heard[rule+" "+verdict], never)
			}
		}
	}
	if states["live"] < 34 || states["deleted"] < 4 || states["not_found"] != 2 || states["not_yet"] != 1 || len(states) != 4 {
		t.Errorf("states: %v", states)
	}
}

func TestMostRulesAreBrokenSingly(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	single := map[string]bool{}
	for _, p := range c.tenant.Truth() {
		var failed []string
		for rule, verdict := range p.Verdicts {
			if verdict == "fail" {
				failed = append(failed, rule)
			}
		}
		if len(failed) == 1 {
			single[failed[0]] = true
		}
	}
	// A purge that runs implies content that is not kept; an account that is gone or a mailbox that is inactive implies
	// mail that reaches nobody; a shared mailbox that can sign in implies an account that can; a licence
	// that went too early, or an account, implies a mailbox that nothing keeps or a hold that is not licensed.
	want := []string{
		"ACC-001", "ACC-002", "ACC-003", "ACC-004", "ACC-005", "ACC-006", "ACC-007", "ACC-008", "ACC-009", "ACC-010", "ACC-011", "DEL-001",
		"DEL-003", "DEV-001", "DEV-002", "DEV-003", "DEV-004", "DEV-006", "DEV-007", "EML-001", "EML-002", "EML-003", "FWD-001", "FWD-002",
		"FWD-003", "FWD-005", "FWD-006", "LIC-001", "MBX-001", "MBX-003", "ODB-001", "ODB-003", "ROS-001", "SES-001", "SES-002", "SES-003", "TEL-001",
	}
	if got := sortedKeys(single); !slices.Equal(got, want) {
		t.Errorf("broken singly: %v, want %v", got, want)
	}
}

func TestTheSameOptionsGiveTheSameTenant(t *testing.T) {
	t.Parallel()
	one, two := newClient(t, simtenant.Options{Seed: 7, Leavers: 5}), newClient(t, simtenant.Options{Seed: 7, Leavers: 5})
	other := newClient(t, simtenant.Options{Seed: 8, Leavers: 5})
	if !bytes.Equal(one.tenant.Roster(), two.tenant.Roster()) {
		t.Error("two rosters of one seed differ")
	}
	if bytes.Equal(one.tenant.Roster(), other.tenant.Roster()) {
		t.Error("two seeds give one roster")
	}
	const list = "/v1.0/users?$select=id,userPrincipalName,signInActivity&$top=500"
	a, b := one.all(list), two.all(list)
	for i := range a {
		if a[i]["id"] != b[i]["id"] {
			t.Fatalf("row %d of two tenants of one seed differs", i)
		}
	}
}

func TestRosterNamesPeopleInEveryWay(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{Leavers: 12})
	rows, err := csv.NewReader(bytes.NewReader(c.tenant.Roster())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows)-1 != len(c.tenant.Truth()) {
		t.Errorf("%d rows for %d people", len(rows)-1, len(c.tenant.Truth()))
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	alone := map[string]int{}
	dates := 0
	for _, row := range rows[1:] {
		var named []string
		for _, key := range []string{"id", "userPrincipalName", "employeeId", "mail"} {
			if row[column[key]] != "" {
				named = append(named, key)
			}
		}
		if len(named) == 1 {
			alone[named[0]]++
		}
		if row[column["timeZone"]] != "" {
			dates++
		}
		if len(named) == 0 || row[column["leftAt"]] == "" {
			t.Errorf("nobody can find %q", row)
		}
	}
	if len(alone) != 4 || dates == 0 {
		t.Errorf("named by one column alone: %v; dates with a time zone: %d", alone, dates)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for _, options := range []simtenant.Options{{}, {Now: start(), Leavers: -1}, {Now: start(), Bystanders: -1}, {Now: start(), PageSize: -1}} {
		if _, err := simtenant.New(options); err == nil {
			t.Errorf("%+v makes a tenant", options)
		}
	}
}
