package policies

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
)

// remembering is the body of a rule that tells what the baseline had.
const remembering = `
status := "pass" if {
	input.baseline.facts.account.value.deletedDateTime
} else := "fail" if {
	input.baseline
} else := "not_applicable" if {
	data.baseline == null
}

message := sprintf("%s %s %s", [input.baseline.collectedAt, input.baseline.leaver.displayName, data.baseline.seal])

evidence := {"baseline": {"facts": count(input.baseline.facts)}}
`

// gone is a leaver who is not found, known by the roster alone.
func gone(line int, upn, mail, employee string) snapshot.Record {
	r := record(line, true)
	r.Leaver.ID, r.Leaver.State = "", snapshot.NotFound
	r.Leaver.Source = fmt.Sprintf("roster.csv:%03d", line)
	r.Leaver.UserPrincipalName, r.Leaver.Mail, r.Leaver.EmployeeID = upn, mail, employee
	for name := range r.Facts {
		r.Facts[name] = snapshot.Fact{State: snapshot.Absent}
	}
	return r
}

// deleted is a leaver as a baseline holds one whose account was deleted.
func deleted(n int, mail, employee string) snapshot.Record {
	r := with(record(n, false), snapshot.Account, read(map[string]any{"deletedDateTime": "2026-10-15T00:00:00Z"}))
	r.Leaver.State = snapshot.Deleted
	r.Leaver.UserPrincipalName = strings.ReplaceAll(r.Leaver.ID, "-", "") + r.Leaver.UserPrincipalName
	r.Leaver.Mail, r.Leaver.EmployeeID = mail, employee
	return r
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	const all, one = 27, 1
	found := func(n int) string { return fmt.Sprintf("2026-11-01T00:00:00Z Person %d s", n) }
	other := deleted(1, "", "")
	other.Leaver.UserPrincipalName = "p7@contoso.com"
	later := snapshot.Record{Leaver: record(1, true).Leaver}
	later.Leaver.State = snapshot.NotYet
	nowhere := gone(1, "p1@contoso.com", "", "")
	for name, tc := range map[string]struct {
		before []snapshot.Record
		now    []snapshot.Record
		want   string // status and message of the last leaver
		facts  int
	}{
		"by object id":                     {[]snapshot.Record{record(1, true), record(2, true), record(3, true)}, []snapshot.Record{record(2, true)}, "fail " + found(2), all},
		"not in it":                        {[]snapshot.Record{record(1, true), record(3, true)}, []snapshot.Record{record(2, true)}, "unknown", 0},
		"the last of it":                   {[]snapshot.Record{record(1, true)}, []snapshot.Record{record(1, true), record(2, true)}, "unknown", 0},
		"not yet gone then":                {[]snapshot.Record{later}, []snapshot.Record{record(1, true)}, "fail " + found(1), 0},
		"gone, by the deleted name":        {[]snapshot.Record{deleted(1, "", "")}, []snapshot.Record{gone(9, "P1@contoso.com", "", "")}, "pass " + found(1), one},
		"gone, by the whole name":          {[]snapshot.Record{deleted(1, "", "")}, []snapshot.Record{gone(9, deleted(1, "", "").Leaver.UserPrincipalName, "", "")}, "pass " + found(1), one},
		"gone, by mail":                    {[]snapshot.Record{deleted(1, "A@b.example", "")}, []snapshot.Record{gone(9, "", "a@B.example", "")}, "pass " + found(1), one},
		"gone, by employee id":             {[]snapshot.Record{deleted(1, "", "e7")}, []snapshot.Record{gone(9, "", "", "E7")}, "pass " + found(1), one},
		"gone, live then":                  {[]snapshot.Record{record(1, true)}, []snapshot.Record{gone(9, "p1@contoso.com", "", "")}, "fail " + found(1), one},
		"gone, and two of the name":        {[]snapshot.Record{deleted(1, "a@b.example", ""), deleted(2, "a@b.example", "")}, []snapshot.Record{gone(9, "", "a@b.example", "")}, "unknown", 0},
		"gone, and three of the name":      {[]snapshot.Record{deleted(1, "a@b.example", ""), deleted(2, "a@b.example", ""), deleted(3, "a@b.example", "")}, []snapshot.Record{gone(9, "", "a@b.example", "")}, "unknown", 0},
		"two gone, of one name":            {[]snapshot.Record{deleted(1, "a@b.example", "")}, []snapshot.Record{gone(8, "", "a@b.example", ""), gone(9, "p1@contoso.com", "", "")}, "unknown", 0},
		"gone, the name given anew":        {[]snapshot.Record{deleted(1, "a@b.example", "e1")}, []snapshot.Record{gone(9, "", "a@b.example", "e2")}, "unknown", 0},
		"gone, the name is somebody's":     {[]snapshot.Record{other}, []snapshot.Record{record(1, true), gone(9, "p7@contoso.com", "", "")}, "unknown", 0},
		"gone, an id is no address":        {[]snapshot.Record{deleted(1, "", "a@b.example")}, []snapshot.Record{gone(9, "a@b.example", "", "")}, "unknown", 0},
		"gone, before somebody who is not": {[]snapshot.Record{deleted(2, "", ""), record(9, true)}, []snapshot.Record{record(4, true), gone(9, "p2@contoso.com", "", "")}, "pass " + found(2), one},
		"gone then too":                    {[]snapshot.Record{nowhere}, []snapshot.Record{nowhere}, "unknown", 0},
		"gone, behind somebody who is not": {[]snapshot.Record{record(1, true), deleted(5, "", ""), deleted(6, "", "e")}, []snapshot.Record{record(1, true), record(4, true), gone(9, "p5@contoso.com", "", "")}, "pass " + found(5), one},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := oneRule(t, "requires: []\nuses: [account]\nstates: [live, deleted, unread, not_found]\n", remembering)
			before := &fake{leavers: tc.before, at: at("2026-11-01T00:00:00Z")}
			out := evaluate(t, set, &fake{leavers: tc.now}, EvaluateOptions{Baseline: before})
			v := out.leavers[len(out.leavers)-1].Verdicts[0]
			got := string(v.Status)
			if v.Status != Unknown {
				got += " " + v.Message
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if v.Status != Unknown && asJSON(t, v.Evidence[len(v.Evidence)-1].Values["facts"]) != asJSON(t, tc.facts) {
				t.Errorf("it sees other facts: %s, want %d", asJSON(t, v.Evidence), tc.facts)
			}
			if got := asJSON(t, out.run.Baseline); got != `{"seal":"s","collectedAt":"2026-11-01T00:00:00Z"}` {
				t.Errorf("the run says %s", got)
			}
		})
	}
	none := evaluate(t, oneRule(t, "requires: []\nuses: [account]\n", remembering), &fake{leavers: []snapshot.Record{record(1, true), gone(9, "p1@contoso.com", "", "")}}, EvaluateOptions{})
	for _, l := range none.leavers {
		if v := l.Verdicts[0]; v.Status != NotApplicable || none.run.Baseline != nil {
			t.Errorf("without a baseline: got %+v", v)
		}
	}
}

func TestBaselineRefused(t *testing.T) {
	t.Parallel()
	set := oneRule(t, "", blocked)
	broken := errors.New("broken")
	for name, tc := range map[string]struct {
		before *fake
		want   error
		says   string
	}{
		"of another tenant":       {&fake{tenant: snapshot.Tenant{ID: "t-2"}}, ErrBaseline, "it is of the tenant t-2, the snapshot of t-1"},
		"of later":                {&fake{at: collected.Add(time.Second)}, ErrBaseline, "after the snapshot"},
		"out of order":            {&fake{leavers: []snapshot.Record{record(2, true), record(1, true)}}, snapshot.ErrIntegrity, "reading the baseline"},
		"broken at its end":       {&fake{leavers: []snapshot.Record{record(1, true)}, err: broken}, broken, "reading the baseline: broken"},
		"a value that is no JSON": {&fake{leavers: []snapshot.Record{with(record(1, true), snapshot.Account, read(func() {}))}}, nil, "baseline: fact account"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := set.Evaluate(context.Background(), &fake{leavers: []snapshot.Record{record(1, true)}}, EvaluateOptions{Baseline: tc.before}, &kept{})
			if err == nil || tc.want != nil && !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want %q", err, tc.says)
			}
		})
	}
	// A baseline is read to its end, whoever is asked for.
	long := &fake{}
	for n := range 200 {
		long.leavers = append(long.leavers, record(n, true))
	}
	evaluate(t, set, &fake{leavers: []snapshot.Record{record(1, true)}}, EvaluateOptions{Baseline: long})
	// The same moment is no later one.
	evaluate(t, set, &fake{leavers: []snapshot.Record{record(1, true)}}, EvaluateOptions{Baseline: &fake{}})
}

// TestMemoryIsFlatWithABaseline is not parallel: it looks at the heap of the whole program.
func TestMemoryIsFlatWithABaseline(t *testing.T) {
	set := oneRule(t, "", blocked)
	var rows []any
	for range 100 {
		rows = append(rows, map[string]any{"id": strings.Repeat("x", 100)})
	}
	one := func(n int) snapshot.Record {
		copied := append([]any{}, rows...)
		for i := range copied {
			copied[i] = map[string]any{"id": strings.Repeat("y", 100)}
		}
		return with(record(n, n%2 == 0), snapshot.SignIns, read(copied))
	}
	// The baseline holds twice as many people, half of whom nobody asks for.
	before := &many{n: 6000, make: func(n int) snapshot.Record { return one(n) }}
	var w watching
	_, err := set.Evaluate(context.Background(), &many{n: 3000, make: func(n int) snapshot.Record { return one(2 * n) }}, EvaluateOptions{
		Baseline: before, Attestations: []Attestation{attestation("p1@contoso.com")},
	}, &w)
	if err != nil {
		t.Fatal(err)
	}
	if w.late > w.early+10<<20 {
		t.Errorf("the heap grew from %d to %d bytes over 2700 leavers", w.early, w.late)
	}
}
