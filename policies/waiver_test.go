package policies

import (
	"strings"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
)

func waiver(rule string, n int) WaiverResult {
	return WaiverResult{
		ID: "W-" + rule, Rule: rule, Leaver: record(n, true).Leaver.ID, Reason: "It is agreed.", ApprovedBy: "A. Auditor", Ticket: "T-1",
		Expires: collected.AddDate(0, 0, 30), Source: "waivers.yaml:2",
	}
}

// waivable has a rule of every kind of verdict on a leaver whose account is enabled.
func waivable(t testing.TB) *Set {
	t.Helper()
	return mustLoad(t, ours(map[string]string{
		"fails.rego":    ruleText("TST-001", "", says("fail")+"\nfindings contains {\"resource\": \"x\"}\n"),
		"unknown.rego":  ruleText("TST-002", "requires: [mailbox]\n", says("pass")),
		"pending.rego":  ruleText("TST-003", "parameters: {grace_hours: {type: integer, default: 9000}}\n", says("fail")),
		"passes.rego":   ruleText("TST-004", "", says("pass")),
		"nothing.rego":  ruleText("TST-005", "", says("not_applicable")),
		"broken.rego":   ruleText("TST-006", "", "status := lower(\"PASSED\")\n"),
		"foul.rego":     ruleText("TST-007", "requires: [signIns]\n", says("pass")),
		"attested.rego": ruleText("TST-008", "attestations: [TST-008]\n", vouched("TST-008")),
	}))
}

func waivableRecord(n int) snapshot.Record {
	r := with(record(n, true), snapshot.Mailbox, unknownFact())
	return with(r, snapshot.SignIns, snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Integrity, Detail: "answers contradict each other"})
}

// TestWaivers: what a waiver covers, and for whom.
func TestWaivers(t *testing.T) {
	t.Parallel()
	set := waivable(t)
	changed := func(rule string, change func(*WaiverResult)) WaiverResult {
		w := waiver(rule, 1)
		change(&w)
		return w
	}
	for name, tc := range map[string]struct {
		waiver   WaiverResult
		standing Standing
		status   Status
	}{
		"of what fails":              {waiver("TST-001", 1), Counts, Waived},
		"of what is unknown":         {waiver("TST-002", 1), Counts, Waived},
		"of what is in grace":        {waiver("TST-003", 1), NotNeeded, Pending},
		"of what is right":           {waiver("TST-004", 1), NotNeeded, Pass},
		"of what does not apply":     {waiver("TST-005", 1), NotNeeded, NotApplicable},
		"of a broken policy":         {waiver("TST-006", 1), NotNeeded, Unknown},
		"of evidence that is foul":   {waiver("TST-007", 1), NotNeeded, Unknown},
		"in capitals":                {changed("TST-001", func(w *WaiverResult) { w.Leaver = strings.ToUpper(w.Leaver) }), Counts, Waived},
		"of nobody":                  {waiver("TST-001", 9), NoSuchLeaver, Fail},
		"expired":                    {changed("TST-001", func(w *WaiverResult) { w.Expires = collected }), Expired, Fail},
		"in its last moment":         {changed("TST-001", func(w *WaiverResult) { w.Expires = collected.Add(1) }), Counts, Waived},
		"for a year":                 {changed("TST-001", func(w *WaiverResult) { w.Expires = collected.Add(MaxWaiver) }), Counts, Waived},
		"for ever":                   {changed("TST-001", func(w *WaiverResult) { w.Expires = collected.Add(MaxWaiver + 1) }), TooLong, Fail},
		"expired, of what is right":  {changed("TST-004", func(w *WaiverResult) { w.Expires = collected }), Expired, Pass},
		"of somebody not yet judged": {waiver("TST-001", 3), NotNeeded, Fail},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			later := snapshot.Record{Leaver: record(3, true).Leaver}
			later.Leaver.State = snapshot.NotYet
			given := []WaiverResult{tc.waiver}
			out := evaluate(t, set, &fake{leavers: []snapshot.Record{waivableRecord(1), waivableRecord(2), later}}, EvaluateOptions{Waivers: given})
			if got := out.summary.Waivers; len(got) != 1 || got[0].Standing != tc.standing || given[0].Standing != "" {
				t.Errorf("got %+v, want %s", got, tc.standing)
			}
			plain := evaluate(t, set, &fake{leavers: []snapshot.Record{waivableRecord(1), waivableRecord(2), later}}, EvaluateOptions{})
			for i, l := range out.leavers {
				for j, v := range l.Verdicts {
					before := plain.leavers[i].Verdicts[j]
					mine := i == 0 && v.Rule == tc.waiver.Rule
					if mine && v.Status != tc.status || !mine && v.Status != before.Status {
						t.Errorf("%s of leaver %d: %s, before %s", v.Rule, i, v.Status, before.Status)
					}
					if v.Status != Waived {
						continue
					}
					if w := v.Waiver; w == nil || w.ID != tc.waiver.ID || w.Status != before.Status || w.Reason != "It is agreed." || w.ApprovedBy != "A. Auditor" || w.Ticket != "T-1" || !w.Expires.Equal(tc.waiver.Expires) {
						t.Errorf("got %+v", v.Waiver)
					}
					// All else stays: what is accepted is still to be seen.
					v.Status, v.Waiver = before.Status, nil
					if asJSON(t, v) != asJSON(t, before) {
						t.Errorf("got %s\nwant %s", asJSON(t, v), asJSON(t, before))
					}
				}
			}
		})
	}
}

// TestWaivedIsNotClean: somebody whose failures are all waived is counted apart, and decides no exit code.
func TestWaivedIsNotClean(t *testing.T) {
	t.Parallel()
	set := oneRule(t, "", blocked)
	snap := &fake{leavers: []snapshot.Record{record(1, true), record(2, false)}}
	out := evaluate(t, set, snap, EvaluateOptions{Waivers: []WaiverResult{waiver("TST-001", 1)}})
	if want := (LeaverCounts{Total: 2, Clean: 1, Waived: 1}); out.summary.Leavers != want {
		t.Errorf("got %+v, want %+v", out.summary.Leavers, want)
	}
	if out.summary.FailsAt(Info) || out.summary.Statuses[Waived] != 1 || out.summary.Statuses[Pass] != 1 {
		t.Errorf("got %+v", out.summary)
	}
	// Judged as of a time when it is over, the verdict stands.
	out = evaluate(t, set, snap, EvaluateOptions{Waivers: []WaiverResult{waiver("TST-001", 1)}, Now: collected.AddDate(0, 0, 31)})
	if out.summary.Leavers.Failing != 1 || out.summary.Waivers[0].Standing != Expired {
		t.Errorf("got %+v", out.summary)
	}
}

const goodWaivers = `# what we accept
waivers:
  - id: W-2
    rule: TST-002
    leaver: 00000001-0000-0000-0000-000000000000
    reason: The mailbox is on a server of the old domain.
    approvedBy: m.hale@contoso.com
    expires: 2027-01-31T12:00:00Z
  - id: W-1
    rule: TST-001
    leaver: 0000000A-0000-0000-0000-00000000000a
    reason: Contractor until the end of the migration.
    approvedBy: m.hale@contoso.com
    ticket: CHG-1
    expires: 2027-01-31
`

func TestReadWaivers(t *testing.T) {
	t.Parallel()
	got, err := waivable(t).ReadWaivers("w.yaml", strings.NewReader(goodWaivers))
	if err != nil {
		t.Fatal(err)
	}
	want := []WaiverResult{
		{
			ID: "W-1", Rule: "TST-001", Leaver: "0000000a-0000-0000-0000-00000000000a", Reason: "Contractor until the end of the migration.",
			ApprovedBy: "m.hale@contoso.com", Ticket: "CHG-1", Expires: at("2027-01-31T23:59:59Z"), Source: "w.yaml:9",
		},
		{
			ID: "W-2", Rule: "TST-002", Leaver: "00000001-0000-0000-0000-000000000000", Reason: "The mailbox is on a server of the old domain.",
			ApprovedBy: "m.hale@contoso.com", Expires: at("2027-01-31T12:00:00Z"), Source: "w.yaml:3",
		},
	}
	if asJSON(t, got) != asJSON(t, want) {
		t.Errorf("got  %s\nwant %s", asJSON(t, got), asJSON(t, want))
	}
}

func TestReadWaiversRefuses(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, ours(map[string]string{
		"a.rego": ruleText("TST-001", "", says("fail")), "b.rego": ruleText("TST-002", "", says("fail")), "c.rego": tenantRule("TST-003", says("fail")),
	}))
	replaced := func(before, after string) string {
		if !strings.Contains(goodWaivers, before) {
			t.Fatalf("%q is not there", before)
		}
		return strings.Replace(goodWaivers, before, after, 1)
	}
	for name, tc := range map[string]struct{ text, want string }{
		"nothing":              {"", "w.yaml:1: there is no list of waivers"},
		"another key":          {"waiver: []\n", `w.yaml:1:1: there is no key "waiver" here: the file has the one key waivers`},
		"an entry as a text":   {"waivers: [x]\n", "w.yaml:1:11: a waiver has the keys id, rule"},
		"an unknown key":       {replaced("approvedBy", "approved_by"), `w.yaml:7:5: there is no key "approved_by": a waiver has id, rule, leaver, reason, approvedBy, ticket, expires: did you mean approvedBy?`},
		"no id":                {replaced("- id: W-2\n    rule", "- rule"), "w.yaml:3:5: id is missing"},
		"no rule":              {replaced("    rule: TST-002\n", ""), "w.yaml:3:5: rule is missing"},
		"no leaver":            {replaced("    leaver: 00000001-0000-0000-0000-000000000000\n", ""), "w.yaml:3:5: leaver is missing"},
		"no reason":            {replaced("The mailbox is on a server of the old domain.", ""), "w.yaml:3:5: reason is missing"},
		"no one who approved":  {replaced("m.hale@contoso.com", "' '"), "w.yaml:3:5: approvedBy is missing"},
		"no end":               {replaced("    expires: 2027-01-31T12:00:00Z\n", ""), "w.yaml:3:5: expires is missing"},
		"an end that is none":  {replaced("2027-01-31T12:00:00Z", "never"), `w.yaml:8:14: expires: "never" is neither a time such as`},
		"a day that is none":   {replaced("2027-01-31T12:00:00Z", "2027-02-30"), `w.yaml:8:14: expires: "2027-02-30" is neither`},
		"an unknown rule":      {replaced("TST-002", "TST-02"), `w.yaml:4:11: there is no rule "TST-02": did you mean TST-002?`},
		"a rule on the tenant": {replaced("TST-002", "TST-003"), "w.yaml:4:11: TST-003 judges the tenant and no leaver"},
		"a leaver by name":     {replaced("00000001-0000-0000-0000-000000000000", "p1@contoso.com"), `w.yaml:5:13: leaver: "p1@contoso.com" is no object id`},
		"an id twice":          {replaced("id: W-1", "id: W-2"), "w.yaml:9:9: the id W-2 is already that of the waiver in line 3"},
		"the same twice": {
			strings.NewReplacer("TST-001", "TST-002", "0000000A-0000-0000-0000-00000000000a", "00000001-0000-0000-0000-000000000000").Replace(goodWaivers),
			"w.yaml:9:5: TST-002 of 00000001-0000-0000-0000-000000000000 is waived already in line 3",
		},
		"a list of rules": {replaced("TST-002", "[TST-001, TST-002]"), "w.yaml:4:11: rule takes a text"},
		"too large":       {"# " + strings.Repeat("x", maxYAMLBytes), "w.yaml: larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := set.ReadWaivers("w.yaml", strings.NewReader(tc.text))
			if err == nil || got != nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v and %v\nwant %q", got, err, tc.want)
			}
		})
	}
}

func FuzzReadWaivers(f *testing.F) {
	for _, text := range []string{goodWaivers, "", "waivers:\n- {id: a}\n", "waivers: &a [*a]\n", "{[}"} {
		f.Add(text)
	}
	set := waivable(f)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := set.ReadWaivers("w.yaml", strings.NewReader(text))
		if err != nil {
			if !strings.Contains(err.Error(), "w.yaml:") || got != nil {
				t.Errorf("got %v and %v", got, err)
			}
			return
		}
		for _, w := range got {
			if w.ID == "" || w.Reason == "" || w.ApprovedBy == "" || !isObjectID(w.Leaver) || w.Expires.Equal(time.Time{}) {
				t.Errorf("was taken: %+v", w)
			}
		}
	})
}
