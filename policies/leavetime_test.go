package policies

import (
	"slices"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
)

const compares = "import data.lib.times\n"

// A verdict of somebody of whom only the latest leave time is known: what the rule says with nothing of the time in
// its input is believed only where the time would have changed nothing.
func TestLeaveTimeNotKnown(t *testing.T) {
	t.Parallel()
	now := collected
	untimed := func(known snapshot.LeaveTime, by time.Time) snapshot.Record {
		r := record(1, false)
		r.Leaver.LeftAt, r.Leaver.LeftBy, r.Leaver.LeftKnownBy = time.Time{}, by, known
		return with(r, snapshot.Audits, read([]any{}))
	}
	week := now.AddDate(0, 0, -7)
	byLog, byDeletion := untimed(snapshot.ByNobody, week), untimed(snapshot.ByDeletion, week)
	unreadLog := with(byLog, snapshot.Audits, unknownFact())
	missing := func(reason snapshot.Reason) []Missing {
		return []Missing{{
			Fact: "leftAt", Reason: string(reason), Needs: "the leave date in a CSV roster",
			Detail: "all that is known is that they left by " + week.Format(time.RFC3339),
		}}
	}
	failsIf := func(condition string) string {
		return "status := \"fail\" if {\n\t" + condition + "\n} else := \"pass\"\n"
	}
	days := func(n int) string { return `"` + now.AddDate(0, 0, n).Format(time.RFC3339) + `"` }
	for name, tc := range map[string]struct {
		custom, body string
		record       snapshot.Record
		want         Status
		missing      []Missing
	}{
		"a rule that does not look": {body: blocked, record: byLog, want: Pass},
		"one that looks in a branch that is not reached": {
			body:   "status := \"pass\" if {\n\tinput.facts.account.value.accountEnabled == false\n} else := \"fail\" if {\n\tinput.leaver.leftAt\n}\n",
			record: byLog, want: Pass,
		},
		"a pass by the bound": {
			body:   "status := \"pass\" if time.parse_rfc3339_ns(input.leaver.leftBy) > 0\n",
			record: byLog, want: Unknown, missing: missing(snapshot.OutsideRetention),
		},
		"a pass because nothing is known": {
			body:   "status := \"pass\" if not input.leaver.leftAt\n",
			record: byDeletion, want: Unknown, missing: missing(snapshot.NotCollected),
		},
		"not applicable because nothing is known": {
			body:   "status := \"not_applicable\" if not input.leaver.leftAt\n",
			record: byLog, want: Unknown, missing: missing(snapshot.OutsideRetention),
		},
		"what an index would look up": {
			body:   "status := x if some x in {says}\n\nsays := \"fail\" if input.leaver.leftAt == \"2026-11-12T00:00:00Z\"\n\nelse := \"pass\"\n",
			record: byLog, want: Unknown, missing: missing(snapshot.OutsideRetention),
		},
		"a look by a key that is made": {
			body:   "status := \"pass\" if {\n\tkey := concat(\"\", [\"left\", \"At\"])\n\tnot input.leaver[key]\n}\n",
			record: byLog, want: Unknown, missing: missing(snapshot.OutsideRetention),
		},
		"a look at all of the leaver": {
			body:   "status := \"pass\" if count(input.leaver) > 3\n",
			record: byLog, want: Unknown, missing: missing(snapshot.OutsideRetention),
		},
		"a look at all of the input": {
			body:   "status := \"pass\" if {\n\tall := input\n\tcount(all) > 1\n}\n",
			record: byLog, want: Unknown, missing: missing(snapshot.OutsideRetention),
		},
		"a look through a function of another package": {
			body:   compares + "status := \"pass\" if not times.before(" + days(-8) + ", input.leaver.leftAt)\n",
			record: byLog, want: Unknown, missing: missing(snapshot.OutsideRetention),
		},
		"a failure after the latest": {
			body:   failsIf("time.parse_rfc3339_ns(input.leaver.leftBy) < time.parse_rfc3339_ns(" + days(-6) + ")"),
			record: byLog, want: Fail,
		},
		"a failure between the ends": {
			body:   failsIf("time.parse_rfc3339_ns(input.leaver.leftBy) < time.parse_rfc3339_ns(" + days(-8) + ")"),
			record: byLog, want: Unknown, missing: missing(snapshot.OutsideRetention),
		},
		"a failure for want of the time": {
			body:   failsIf("not input.leaver.leftAt"),
			record: byLog, want: Unknown, missing: missing(snapshot.OutsideRetention),
		},
		"a log that nobody read": {
			body:   "status := \"pass\" if not input.leaver.leftAt\n",
			record: unreadLog, want: Unknown, missing: missing(snapshot.NotCollected),
		},
		"in grace by a time that stands": {
			custom: "parameters: {grace_hours: {type: integer, default: 200}}\n", body: says("fail"), record: byDeletion, want: Pending,
		},
		"in no grace by a time that moves": {
			custom: "parameters: {grace_hours: {type: integer, default: 200}}\n", body: says("fail"), record: byLog, want: Fail,
		},
		"the rule itself names it": {
			body:   "missing contains \"leftAt\"\n",
			record: byLog, want: Unknown, missing: missing(snapshot.OutsideRetention),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := tc.body
			set := mustLoad(t, ours(map[string]string{
				"rule.rego":  ruleText("TST-001", tc.custom, text),
				"times.rego": "# METADATA\n# title: Times\n# description: Times.\npackage lib.times\n\n# METADATA\n# description: before\nbefore(a, b) if time.parse_rfc3339_ns(a) < time.parse_rfc3339_ns(b)\n",
			}))
			got := evaluate(t, set, &fake{leavers: []snapshot.Record{tc.record}}, EvaluateOptions{}).leavers[0].Verdicts[0]
			if got.Status != tc.want || !slices.Equal(got.Missing, tc.missing) {
				t.Errorf("got %s, %s, missing %v", got.Status, got.Message, got.Missing)
			}
		})
	}
}

// With a leave time everything is as ever, also for whoever found it in Entra.
func TestLeaveTimeFromElsewhere(t *testing.T) {
	t.Parallel()
	r := record(1, true)
	r.Leaver.LeftKnownBy, r.Leaver.AlsoIn = snapshot.ByAudits, []string{"entra:disabled"}
	set := oneRule(t, "", `status := "pass" if input.leaver.leftAt == input.leaver.leftBy`+"\n"+
		`evidence := {"seen": object.filter(input.leaver, ["leftKnownBy", "alsoIn"])}`+"\n")
	got := evaluate(t, set, &fake{leavers: []snapshot.Record{r}}, EvaluateOptions{}).leavers[0].Verdicts[0]
	if seen := asJSON(t, got.Evidence[len(got.Evidence)-1].Values); got.Status != Pass || seen != `{"alsoIn":["entra:disabled"],"leftKnownBy":"audit log"}` {
		t.Errorf("got %s, which saw %s", got.Status, seen)
	}
}

// An attestation of when leaving may not have been yet vouches for nothing.
func TestAttestedBeforeTheLatestLeaveTime(t *testing.T) {
	t.Parallel()
	r := record(1, true)
	a := attestation(r.Leaver.UserPrincipalName)
	a.At = r.Leaver.LeftAt
	r.Leaver.LeftAt, r.Leaver.LeftBy = time.Time{}, a.At.Add(time.Second)
	got := evaluate(t, attestableSet(t), &fake{leavers: []snapshot.Record{r}}, EvaluateOptions{Attestations: []Attestation{a}})
	if all := got.summary.Attestations; len(all) != 1 || all[0].Standing != TooEarly {
		t.Errorf("got %+v", all)
	}
}
