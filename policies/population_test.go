package policies

import (
	"testing"

	"leavercheck/collector/snapshot"
)

const (
	skuA = "aaaaaaaa-1111-4111-8111-111111111111"
	skuB = "bbbbbbbb-2222-4222-8222-222222222222"
	skuC = "cccccccc-3333-4333-8333-333333333333"
)

func holding(skus ...string) snapshot.Fact {
	rows := []any{}
	for _, sku := range skus {
		rows = append(rows, map[string]any{"skuId": sku, "disabledPlans": []any{}})
	}
	return read(map[string]any{"assignedLicenses": rows})
}

// change is a row of the audit log of the person n.
func change(n int, activity, result, when, property, before, after string) map[string]any {
	return map[string]any{
		"activityDisplayName": activity, "result": result, "activityDateTime": when,
		"targetResources": []any{map[string]any{"id": record(n, true).Leaver.ID, "modifiedProperties": []any{
			map[string]any{"displayName": property, "oldValue": before, "newValue": after},
		}}},
	}
}

func TestPopulation(t *testing.T) {
	t.Parallel()
	const (
		after   = "2026-11-13T00:00:00Z"
		changed = "Change user license"
		text    = `["[SkuName=E3, AccountId=dddddddd-4444-4444-8444-444444444444, SkuId=` + skuA + `, DisabledPlans=[]]","[SkuName=E5, SkuId=` + skuB + `]"]`
		rest    = `["[SkuName=E5, SkuId=` + skuB + `]"]`
	)
	logged := func(rows ...any) func(*snapshot.Record) {
		return func(r *snapshot.Record) { r.Facts[snapshot.Audits] = read(rows) }
	}
	licences := func(f snapshot.Fact) func(*snapshot.Record) {
		return func(r *snapshot.Record) { r.Facts[snapshot.Licences] = f }
	}
	inState := func(state snapshot.LeaverState) func(*snapshot.Record) {
		return func(r *snapshot.Record) { r.Leaver.State = state }
	}
	partly := snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Throttled, Value: holding(skuA).Value}
	const nobody = `{"population":{"earliestLeftAt":null,"leavers":0,"leftOn":{},"licencesUnread":0,"skus":{},"untimed":0}}`
	one := func(unread, skus string) string {
		return `{"population":{"earliestLeftAt":"2026-11-12T00:00:00Z","leavers":1,"leftOn":{"2026-11-12":1},"licencesUnread":` + unread + `,"skus":{` + skus + `},"untimed":0}}`
	}
	const heldA, releasedA = `"` + skuA + `":{"held":1,"released":0}`, `"` + skuA + `":{"held":0,"released":1}`
	for name, tc := range map[string]struct {
		changes []func(*snapshot.Record)
		before  *snapshot.Fact
		want    string
	}{
		"holds one":                       {[]func(*snapshot.Record){licences(holding("AAAAAAAA-1111-4111-8111-111111111111"))}, nil, one("0", heldA)},
		"holds one twice":                 {[]func(*snapshot.Record){licences(holding(skuA, skuA))}, nil, one("0", heldA)},
		"holds nothing":                   {[]func(*snapshot.Record){licences(holding())}, nil, one("0", "")},
		"not read":                        {[]func(*snapshot.Record){licences(unknownFact())}, nil, one("1", "")},
		"read in part":                    {[]func(*snapshot.Record){licences(partly)}, nil, one("1", "")},
		"read, and of no known form":      {[]func(*snapshot.Record){licences(read(map[string]any{}))}, nil, one("1", "")},
		"not there":                       {[]func(*snapshot.Record){func(r *snapshot.Record) { delete(r.Facts, snapshot.Licences) }}, nil, one("1", "")},
		"not found":                       {[]func(*snapshot.Record){licences(holding(skuA)), inState(snapshot.NotFound)}, nil, nobody},
		"not yet":                         {[]func(*snapshot.Record){licences(holding(skuA)), inState(snapshot.NotYet)}, nil, nobody},
		"nobody could place them":         {[]func(*snapshot.Record){licences(unknownFact()), inState(snapshot.Unread)}, nil, one("1", "")},
		"deleted":                         {[]func(*snapshot.Record){licences(holding(skuA)), inState(snapshot.Deleted)}, nil, one("0", releasedA)},
		"deleted, had it by the baseline": {[]func(*snapshot.Record){licences(unknownFact()), inState(snapshot.Deleted)}, ptr(holding(skuA)), one("0", releasedA)},
		"had it by the baseline":          {[]func(*snapshot.Record){licences(holding())}, ptr(holding(skuA)), one("0", releasedA)},
		"had it by a part of it":          {[]func(*snapshot.Record){licences(holding())}, &partly, one("0", releasedA)},
		"had it, and has it":              {[]func(*snapshot.Record){licences(holding(skuA))}, ptr(holding(skuA)), one("0", heldA)},
		"had it, unread now":              {[]func(*snapshot.Record){licences(unknownFact())}, ptr(holding(skuA)), one("1", "")},
		"had it by the log":               {[]func(*snapshot.Record){licences(holding(skuB)), logged(change(1, changed, "success", after, "AssignedLicense", text, rest))}, nil, one("0", releasedA+`,"`+skuB+`":{"held":1,"released":0}`)},
		"had it by the log, ids alone":    {[]func(*snapshot.Record){licences(holding()), logged(change(1, changed+".", "Success", after, "assignedlicense", `"`+skuA+`"`, ""))}, nil, one("0", releasedA)},
		"by log and baseline":             {[]func(*snapshot.Record){licences(holding()), logged(change(1, changed, "success", after, "AssignedLicense", text, rest))}, ptr(holding(skuA)), one("0", releasedA)},
		"a change that failed":            {[]func(*snapshot.Record){licences(holding()), logged(change(1, changed, "failure", after, "AssignedLicense", text, rest))}, nil, one("0", "")},
		"a change before leaving":         {[]func(*snapshot.Record){licences(holding()), logged(change(1, changed, "success", "2026-11-11T23:59:59Z", "AssignedLicense", text, rest))}, nil, one("0", "")},
		"a change when leaving":           {[]func(*snapshot.Record){licences(holding()), logged(change(1, changed, "success", "2026-11-12T00:00:00Z", "AssignedLicense", text, rest))}, nil, one("0", releasedA)},
		"another activity":                {[]func(*snapshot.Record){licences(holding()), logged(change(1, "Update user", "success", after, "AssignedLicense", text, rest))}, nil, one("0", "")},
		"another property":                {[]func(*snapshot.Record){licences(holding()), logged(change(1, changed, "success", after, "AssignedPlan", text, rest))}, nil, one("0", "")},
		"somebody else's":                 {[]func(*snapshot.Record){licences(holding()), logged(change(2, changed, "success", after, "AssignedLicense", text, rest))}, nil, one("0", "")},
		"not among the subscriptions":     {[]func(*snapshot.Record){licences(holding()), logged(change(1, changed, "success", after, "AssignedLicense", skuC, ""))}, nil, one("0", "")},
		"a log of no known form":          {[]func(*snapshot.Record){licences(holding()), logged("x", map[string]any{"targetResources": "x"}, change(1, changed, "success", "soon", "AssignedLicense", text, rest))}, nil, one("0", "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := mustLoad(t, ours(map[string]string{"rule.rego": tenantRule("TST-001", says("pass")+"\nevidence := {\"seen\": {\"input\": input}}\n")}))
			one := record(1, true)
			for _, change := range tc.changes {
				change(&one)
			}
			snap := &fake{leavers: []snapshot.Record{one}}
			snap.tenant = snap.Tenant()
			snap.tenant.Facts[snapshot.SubscribedSKUs] = read(map[string]any{skuA: map[string]any{}, skuB: map[string]any{}})
			var opts EvaluateOptions
			if tc.before != nil {
				opts.Baseline = &fake{tenant: snap.tenant, leavers: []snapshot.Record{with(record(1, true), snapshot.Licences, *tc.before)}}
			}
			out := evaluate(t, set, snap, opts)
			if got := asJSON(t, out.tenant.Verdicts[0].Evidence[0].Values["input"]); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func ptr(f snapshot.Fact) *snapshot.Fact { return &f }

// TestPopulationAddsUp: over several leavers and workers.
func TestPopulationAddsUp(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, ours(map[string]string{"rule.rego": tenantRule("TST-001", says("pass")+"\nevidence := {\"seen\": {\"input\": input}}\n")}))
	snap := &fake{}
	for n := range 100 {
		r := with(record(n, true), snapshot.Licences, holding(skuA))
		if n%10 == 0 {
			r = with(r, snapshot.Licences, holding(skuA, skuB))
		}
		r.Leaver.LeftAt = r.Leaver.LeftAt.AddDate(0, 0, 2-n%3)
		snap.leavers = append(snap.leavers, r)
	}
	out := evaluate(t, set, snap, EvaluateOptions{Workers: 4})
	want := `{"population":{"earliestLeftAt":"2026-11-12T00:00:00Z","leavers":100,"leftOn":{"2026-11-12":33,"2026-11-13":33,"2026-11-14":34},"licencesUnread":0,` +
		`"skus":{"` + skuA + `":{"held":100,"released":0},"` + skuB + `":{"held":10,"released":0}},"untimed":0}}`
	if got := asJSON(t, out.tenant.Verdicts[0].Evidence[0].Values["input"]); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
