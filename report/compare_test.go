package report_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report"
)

// gathered is a stream that came by.
type gathered struct {
	stream
	sum policies.Summary
}

func (g *gathered) Run(r policies.Run) error { g.run = r; return nil }
func (g *gathered) Leaver(l policies.LeaverResult) error {
	g.leavers = append(g.leavers, l)
	return nil
}
func (g *gathered) Tenant(t policies.TenantResult) error { g.tenant = t; return nil }
func (g *gathered) Summary(s policies.Summary) error     { g.sum = s; return nil }

func stored(t *testing.T, s stream) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	w, err := report.New(report.NDJSON, &out, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.play(w); err != nil {
		t.Fatal(err)
	}
	return &out
}

// compare stores both streams, compares them as files, and reads what came out as strictly as any result.
func compare(t *testing.T, then, now stream) (gathered, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	w, err := report.New(report.NDJSON, &out, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	compareFiles(t, stored(t, then), stored(t, now), w)
	var got gathered
	if err := report.Read(bytes.NewReader(out.Bytes()), &got); err != nil {
		t.Fatalf("what came out does not read: %v", err)
	}
	return got, &out
}

func compareFiles(t *testing.T, then, now *bytes.Buffer, h policies.Handler) {
	t.Helper()
	earlier, err := report.ReadEarlier(bytes.NewReader(then.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Read(bytes.NewReader(now.Bytes()), report.Compare(earlier, h)); err != nil {
		t.Fatal(err)
	}
}

// side is one of two results of one leaver and one rule.
type side struct {
	status  policies.Status
	verdict func(*policies.Verdict)
	run     func(*policies.Run)
	leaver  func(*snapshot.Leaver)
}

func (s side) stream(collected string) stream {
	out := stream{run: header(), tenant: policies.TenantResult{Verdicts: []policies.Verdict{}}}
	out.run.CollectedAt = at(collected)
	for i := range out.run.Rules {
		out.run.Rules[i].Digest = "digest of " + out.run.Rules[i].ID
	}
	var verdicts []policies.Verdict
	if s.status != "" {
		v := verdict("ACC-001", s.status, policies.High, "")
		if s.status == policies.Waived {
			v.Waiver = &policies.Waiver{ID: "W-1", Reason: "r", ApprovedBy: "b", Expires: at("2027-01-01T00:00:00Z"), Status: policies.Fail}
		}
		if s.verdict != nil {
			s.verdict(&v)
		}
		verdicts = append(verdicts, v)
	}
	who := leaver(1, "Adele Vance", verdicts...)
	if s.leaver != nil {
		s.leaver(&who.Leaver)
	}
	for _, v := range who.Verdicts {
		if w := v.Waiver; w != nil {
			out.waivers = append(out.waivers, policies.WaiverResult{
				ID: w.ID, Rule: v.Rule, Leaver: who.Leaver.ID, Reason: w.Reason, ApprovedBy: w.ApprovedBy, Expires: w.Expires, Source: "waivers.yaml:2", Standing: policies.Counts,
			})
		}
	}
	out.leavers = append(out.leavers, who)
	if s.run != nil {
		s.run(&out.run)
	}
	return out
}

func found(resources ...string) func(*policies.Verdict) {
	return func(v *policies.Verdict) {
		for _, r := range resources {
			v.Findings = append(v.Findings, policies.Finding{"resource": r})
		}
	}
}

func evidence(state snapshot.State) func(*policies.Verdict) {
	return func(v *policies.Verdict) { v.Evidence = []policies.Evidence{{Fact: "account", State: state}} }
}

func missing(reason string) func(*policies.Verdict) {
	return func(v *policies.Verdict) { v.Missing = []policies.Missing{{Fact: "account", Reason: reason}} }
}

func changed(kind policies.ChangeKind, since, fixed string) func(*policies.Verdict) {
	return func(v *policies.Verdict) {
		v.Change = &policies.Change{Kind: kind, Since: at(since)}
		if fixed != "" {
			v.Change.Fixed = at(fixed)
		}
	}
}

func attestedBy(v *policies.Verdict) {
	v.Grade = policies.Attested
	v.Attestations = []policies.VerdictAttestation{{Rule: v.Rule, Statement: "s", By: "b"}}
}

const (
	before  = "2026-11-20T06:30:00Z"
	current = "2026-11-22T06:30:00Z"
	longAgo = "2026-10-01T06:30:00Z"
)

// TestChanges: one rule of one leaver, then and now.
func TestChanges(t *testing.T) {
	t.Parallel()
	type want struct {
		kind  policies.ChangeKind // empty for no change
		cause policies.Cause
		since string
		news  bool // counts as new for the exit code
	}
	otherRule := func(r *policies.Run) { r.Rules[0].Digest = "another" }
	otherParameters := func(r *policies.Run) { r.Parameters["ACC-001"] = map[string]any{"grace_hours": 48} }
	worse := func(v *policies.Verdict) { v.Severity = policies.Critical }
	compared := func(r *policies.Run) { r.Compared = &policies.ResultRef{} }
	for name, tc := range map[string]struct {
		then, now side
		want      want
	}{
		"right as before":         {side{status: policies.Pass}, side{status: policies.Pass}, want{}},
		"right another way":       {side{status: policies.Pass}, side{status: policies.NotApplicable}, want{}},
		"fails now":               {side{status: policies.Pass}, side{status: policies.Fail}, want{policies.ChangeNew, "", current, true}},
		"grace is over":           {side{status: policies.Pending}, side{status: policies.Fail}, want{policies.ChangeNew, "", current, true}},
		"unknown now":             {side{status: policies.Pass}, side{status: policies.Unknown}, want{policies.ChangeNew, "", current, true}},
		"fails as before":         {side{status: policies.Fail}, side{status: policies.Fail}, want{policies.ChangeOpen, "", before, false}},
		"unknown as before":       {side{status: policies.Unknown}, side{status: policies.Unknown}, want{policies.ChangeOpen, "", before, false}},
		"fixed":                   {side{status: policies.Fail}, side{status: policies.Pass}, want{policies.ChangeFixed, "", current, false}},
		"nothing left to judge":   {side{status: policies.Fail}, side{status: policies.NotApplicable}, want{policies.ChangeFixed, "", current, false}},
		"decided now":             {side{status: policies.Unknown}, side{status: policies.Pass}, want{policies.ChangeFixed, "", current, false}},
		"known to fail":           {side{status: policies.Unknown}, side{status: policies.Fail}, want{policies.ChangeNew, "", current, true}},
		"not seen to fail":        {side{status: policies.Fail}, side{status: policies.Unknown}, want{policies.ChangeOpen, "", before, false}},
		"in grace again":          {side{status: policies.Fail}, side{status: policies.Pending}, want{policies.ChangeOpen, "", before, false}},
		"done in time":            {side{status: policies.Pending}, side{status: policies.Pass}, want{}},
		"waived":                  {side{status: policies.Fail}, side{status: policies.Waived}, want{policies.ChangeWaived, "", current, false}},
		"waived as before":        {side{status: policies.Waived}, side{status: policies.Waived}, want{}},
		"waived, then mended":     {side{status: policies.Waived}, side{status: policies.Pass}, want{policies.ChangeFixed, "", current, false}},
		"the waiver is over":      {side{status: policies.Waived}, side{status: policies.Fail}, want{policies.ChangeMethod, policies.CauseWaiver, current, true}},
		"the same finding":        {side{status: policies.Fail, verdict: found("a", "b")}, side{status: policies.Fail, verdict: found("b", "a")}, want{policies.ChangeOpen, "", before, false}},
		"a finding less":          {side{status: policies.Fail, verdict: found("a", "b")}, side{status: policies.Fail, verdict: found("b")}, want{policies.ChangeOpen, "", before, false}},
		"a finding more":          {side{status: policies.Fail, verdict: found("a")}, side{status: policies.Fail, verdict: found("a", "b")}, want{policies.ChangeNew, "", before, true}},
		"another finding":         {side{status: policies.Fail, verdict: found("a")}, side{status: policies.Fail, verdict: found("b")}, want{policies.ChangeNew, "", before, true}},
		"a finding more, method":  {side{status: policies.Fail, verdict: found("a")}, side{status: policies.Fail, verdict: found("b"), run: otherRule}, want{policies.ChangeMethod, policies.CauseRule, before, true}},
		"worse":                   {side{status: policies.Fail}, side{status: policies.Fail, verdict: worse}, want{policies.ChangeNew, "", before, true}},
		"less bad":                {side{status: policies.Fail, verdict: worse}, side{status: policies.Fail}, want{policies.ChangeOpen, "", before, false}},
		"made worse":              {side{status: policies.Fail, run: func(r *policies.Run) { r.Rules[0].Severity = policies.High }}, side{status: policies.Fail, verdict: worse}, want{policies.ChangeMethod, policies.CauseSeverity, before, true}},
		"another rule passes":     {side{status: policies.Fail}, side{status: policies.Pass, run: otherRule}, want{policies.ChangeMethod, policies.CauseRule, current, false}},
		"another rule fails":      {side{status: policies.Pass}, side{status: policies.Fail, run: otherRule}, want{policies.ChangeMethod, policies.CauseRule, current, true}},
		"another rule, as before": {side{status: policies.Fail}, side{status: policies.Fail, run: otherRule}, want{policies.ChangeOpen, "", before, false}},
		"another grace":           {side{status: policies.Fail}, side{status: policies.Pending, run: otherParameters}, want{policies.ChangeMethod, policies.CauseParameters, before, false}},
		"the same parameters":     {side{status: policies.Fail, run: otherParameters}, side{status: policies.Pass, run: otherParameters}, want{policies.ChangeFixed, "", current, false}},
		"switched on": {side{run: func(r *policies.Run) {
			r.Rules, r.Off = r.Rules[1:], []policies.RuleRef{{ID: "ACC-001"}}
		}}, side{status: policies.Fail}, want{policies.ChangeMethod, policies.CauseOff, current, true}},
		"a new rule":     {side{run: func(r *policies.Run) { r.Rules = r.Rules[1:] }}, side{status: policies.Fail}, want{policies.ChangeMethod, policies.CauseRule, current, true}},
		"a new leaver":   {side{status: policies.Pass, leaver: func(l *snapshot.Leaver) { l.ID = "7" }}, side{status: policies.Fail}, want{policies.ChangeNew, "", current, true}},
		"new and right":  {side{status: policies.Pass, leaver: func(l *snapshot.Leaver) { l.ID = "7" }}, side{status: policies.Pass}, want{}},
		"older, no word": {side{status: policies.Fail, run: func(r *policies.Run) { r.Rules[0].Digest = "" }}, side{status: policies.Pass}, want{policies.ChangeFixed, "", current, false}},
		"older, other policies": {
			side{status: policies.Fail, run: func(r *policies.Run) { r.Rules[0].Digest, r.PolicyDigest = "", "older" }},
			side{status: policies.Pass},
			want{policies.ChangeMethod, policies.CauseRule, current, false},
		},
		"left at another time": {
			side{status: policies.Fail, leaver: func(l *snapshot.Leaver) { l.LeftAt = at(longAgo) }},
			side{status: policies.Pass},
			want{policies.ChangeMethod, policies.CauseRoster, current, false},
		},
		"bounds that move": {side{status: policies.Fail, leaver: untimed(longAgo)}, side{status: policies.Pass, leaver: untimed(before)}, want{policies.ChangeFixed, "", current, false}},
		"readable now, passes": {
			side{status: policies.Unknown, verdict: missing("forbidden")},
			side{status: policies.Pass, verdict: evidence(snapshot.Read)},
			want{policies.ChangeMethod, policies.CauseReadable, current, false},
		},
		"readable now, fails": {
			side{status: policies.Unknown, verdict: missing("forbidden")},
			side{status: policies.Fail, verdict: evidence(snapshot.Read)},
			want{policies.ChangeMethod, policies.CauseReadable, current, true},
		},
		"not readable now": {
			side{status: policies.Pass, verdict: evidence(snapshot.Read)},
			side{status: policies.Unknown, verdict: missing("forbidden")},
			want{policies.ChangeMethod, policies.CauseReadable, current, true},
		},
		"failed, not readable now": {
			side{status: policies.Fail, verdict: evidence(snapshot.Read)},
			side{status: policies.Unknown, verdict: evidence(snapshot.Unknown)},
			want{policies.ChangeMethod, policies.CauseReadable, before, true},
		},
		"failed while half was unread": {
			side{status: policies.Fail, verdict: evidence(snapshot.Unknown)},
			side{status: policies.Pass, verdict: evidence(snapshot.Read)},
			want{policies.ChangeMethod, policies.CauseReadable, current, false},
		},
		"undecided is no matter of reading": {side{status: policies.Unknown, verdict: missing(policies.ReasonUndecided)}, side{status: policies.Pass}, want{policies.ChangeFixed, "", current, false}},
		"a baseline laid beside it": {
			side{status: policies.Unknown},
			side{status: policies.Pass, run: func(r *policies.Run) { r.Baseline = &policies.BaselineRef{} }},
			want{policies.ChangeMethod, policies.CauseReadable, current, false},
		},
		"a person's word": {side{status: policies.Fail}, side{status: policies.Pass, verdict: attestedBy}, want{policies.ChangeMethod, policies.CauseAttestation, current, false}},
		"in another state": {
			side{status: policies.Fail},
			side{status: policies.NotApplicable, leaver: func(l *snapshot.Leaver) { l.State = snapshot.Deleted }},
			want{policies.ChangeScope, policies.CauseState, current, false},
		},
		"still open since long":  {side{status: policies.Fail, verdict: changed(policies.ChangeOpen, longAgo, ""), run: compared}, side{status: policies.Fail}, want{policies.ChangeOpen, "", longAgo, false}},
		"reopened":               {side{status: policies.Pass, verdict: changed(policies.ChangeFixed, before, before), run: compared}, side{status: policies.Fail}, want{policies.ChangeReopened, "", current, true}},
		"reopened, long after":   {side{status: policies.Pass, verdict: changed(policies.ChangeNone, longAgo, longAgo), run: compared}, side{status: policies.Fail}, want{policies.ChangeReopened, "", current, true}},
		"reopened, another rule": {side{status: policies.Pass, verdict: changed(policies.ChangeNone, longAgo, longAgo), run: compared}, side{status: policies.Fail, run: otherRule}, want{policies.ChangeMethod, policies.CauseRule, current, true}},
		"history goes on":        {side{status: policies.Pass, verdict: changed(policies.ChangeFixed, before, before), run: compared}, side{status: policies.Pass}, want{policies.ChangeNone, "", before, false}},
		"known under a name only": {
			side{status: policies.Fail, leaver: func(l *snapshot.Leaver) { l.ID, l.Source = "", "roster.csv:9" }},
			side{status: policies.Fail, leaver: func(l *snapshot.Leaver) { l.ID, l.Source = "", "roster.csv:10" }},
			want{policies.ChangeOpen, "", before, false},
		},
		"a line of the roster is nobody": {
			side{status: policies.Fail, leaver: func(l *snapshot.Leaver) { l.ID, l.UserPrincipalName = "", "other@contoso.com" }},
			side{status: policies.Fail, leaver: func(l *snapshot.Leaver) { l.ID = "" }},
			want{policies.ChangeNew, "", current, true},
		},
		"the account is purged": {side{status: policies.Fail}, side{status: policies.Fail, leaver: func(l *snapshot.Leaver) { l.ID = "" }}, want{policies.ChangeOpen, "", before, false}},
		"an address given on": {
			side{status: policies.Fail, leaver: func(l *snapshot.Leaver) { l.EmployeeID = "1" }},
			side{status: policies.Fail, leaver: func(l *snapshot.Leaver) { l.ID, l.EmployeeID = "", "2" }},
			want{policies.ChangeNew, "", current, true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			then, now := tc.then.stream(before), tc.now.stream(current)
			if name == "a person's word" {
				now.attestations = []policies.AttestationResult{{Attestation: policies.Attestation{Rule: "ACC-001", Statement: "s", By: "b"}, Standing: policies.Counts}}
			}
			if then.run.Compared != nil {
				then.counted = true
			}
			got, _ := compare(t, then, now)
			v := got.leavers[0].Verdicts[0]
			if v.Change == nil {
				if tc.want.kind != "" {
					t.Fatalf("no change, want %+v", tc.want)
				}
				return
			}
			if v.Change.Kind != tc.want.kind || v.Change.Cause != tc.want.cause || !v.Change.Since.Equal(at(tc.want.since)) || v.Change.Before != tc.then.status && v.Change.Before != "" {
				t.Errorf("got %+v, want %+v", v.Change, tc.want)
			}
			if news := v.NewFailure() || v.NewlyUnknown(); news != tc.want.news {
				t.Errorf("counts as new: %v, want %v", news, tc.want.news)
			}
			total := 0
			for _, n := range got.sum.Changes {
				total += n
			}
			counted := len(got.sum.Gone)
			if tc.want.kind != policies.ChangeNone {
				counted++
			}
			if total != counted {
				t.Errorf("the summary counts %v and has gone %v", got.sum.Changes, got.sum.Gone)
			}
		})
	}
}

func untimed(by string) func(*snapshot.Leaver) {
	return func(l *snapshot.Leaver) {
		l.LeftAt, l.LeftBy, l.LeftKnownBy = time.Time{}, at(by), snapshot.ByNobody
	}
}

// TestGone: what was not right and is judged no more is listed with why, and never counts as fixed.
func TestGone(t *testing.T) {
	t.Parallel()
	then, now := mixed(), mixed()
	then.tenant.Verdicts = []policies.Verdict{verdict("DEV-001", policies.Fail, policies.Critical, "")}
	now.waivers = nil
	now.leavers = now.leavers[1:]                                                       // the first is gone
	now.run.Rules, now.run.Off = now.run.Rules[:3], []policies.RuleRef{{ID: "LIC-001"}} // a rule is off
	for i := range now.leavers {
		now.leavers[i].Verdicts = slices.DeleteFunc(now.leavers[i].Verdicts, func(v policies.Verdict) bool { return v.Rule == "LIC-001" })
	}
	got, out := compare(t, then, now)
	var lines []string
	for _, g := range got.sum.Gone {
		lines = append(lines, g.Rule+" "+g.Name+" "+string(g.Status)+" "+string(g.Cause))
	}
	want := []string{
		"DEV-001  fail rule",
		"ACC-001 Adele Vance fail leaver", "DEV-001 Adele Vance unknown leaver", "LIC-001 Adele Vance pending leaver",
		"LIC-001 Diego Siciliani waived off",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
	if got.sum.Changes[policies.ChangeScope] != len(want) || got.sum.Changes[policies.ChangeFixed] != 0 {
		t.Errorf("got %v", got.sum.Changes)
	}
	// Read takes no account that does not add up.
	for _, change := range [][2]string{
		{`"out_of_scope":5`, `"out_of_scope":4`},
		{`"kind":"still_open"`, `"kind":"fixed"`},
		{`"kind":"still_open"`, `"kind":"better"`},
		{`"compared":{`, `"baseline":{"seal":"","collectedAt":"2026-11-20T06:30:00Z"},"compared":null,"x":{`},
	} {
		broken := strings.Replace(out.String(), change[0], change[1], 1)
		if broken == out.String() {
			t.Fatalf("%s is not there", change[0])
		}
		if err := report.Read(strings.NewReader(broken), &gathered{}); err == nil {
			t.Errorf("%s is read", change[1])
		}
	}
}

func TestIncomparable(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		then func(*policies.Run)
		want string
	}{
		"another tenant": {func(r *policies.Run) { r.Tenant.ID = "other" }, "of the tenant other, this one of 1111"},
		"later":          {func(r *policies.Run) { r.CollectedAt = at("2026-11-23T06:30:00Z") }, "collected at 2026-11-23 06:30 UTC, after this one (2026-11-22 06:30 UTC)"},
		"redacted":       {func(r *policies.Run) { r.Redacted = true }, "pseudonyms are others"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			then := clean()
			tc.then(&then.run)
			earlier, err := report.ReadEarlier(stored(t, then))
			if err != nil {
				t.Fatal(err)
			}
			err = clean().play(report.Compare(earlier, &gathered{}))
			if !errors.Is(err, report.ErrIncomparable) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
	same, err := report.ReadEarlier(stored(t, clean()))
	if err != nil {
		t.Fatal(err)
	}
	if err := clean().play(report.Compare(same, &gathered{})); err != nil {
		t.Errorf("the same snapshot judged again: %v", err)
	}
}
