package policies

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	enabled, disabled := record(1, true), record(1, false)
	unread := with(disabled, snapshot.Account, unknownFact())
	partly := with(enabled, snapshot.Account, snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Malformed, Value: map[string]any{"accountEnabled": true}})
	partlyGood := with(enabled, snapshot.Account, snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Malformed, Value: map[string]any{"accountEnabled": false}})
	uncollected := with(disabled, snapshot.Account, read(nil))
	delete(uncollected.Facts, snapshot.Account)
	inState := func(r snapshot.Record, state snapshot.LeaverState) snapshot.Record {
		r.Leaver.State = state
		return r
	}
	left := enabled.Leaver.LeftBy
	grace := func(hours int) string {
		return fmt.Sprintf("parameters: {grace_hours: {type: integer, default: %d}}\n", hours)
	}
	for name, tc := range map[string]struct {
		custom, body string
		record       snapshot.Record
		want         Verdict // Message and Missing are compared where given
	}{
		"right":                      {"", blocked, disabled, Verdict{Status: Pass}},
		"wrong":                      {"", blocked, enabled, Verdict{Status: Fail, Message: "the account can sign in", Due: left}},
		"wrong, grace over":          {grace(240), blocked, enabled, Verdict{Status: Fail, Due: left.Add(240 * time.Hour)}},
		"wrong, in grace":            {grace(241), blocked, enabled, Verdict{Status: Pending, Message: "the account can sign in", Due: left.Add(241 * time.Hour)}},
		"right, in grace":            {grace(241), blocked, disabled, Verdict{Status: Pass}},
		"unread":                     {"", blocked, unread, Verdict{Status: Unknown, Message: "cannot be told without account (forbidden)", Missing: []Missing{{"account", "forbidden", "User.Read.All", "403 Forbidden"}}}},
		"unread, said to pass":       {"", says("pass"), unread, Verdict{Status: Unknown, Message: "cannot be told without account (forbidden)", Missing: []Missing{{"account", "forbidden", "User.Read.All", "403 Forbidden"}}}},
		"unread, said not to apply":  {"", says("not_applicable"), unread, Verdict{Status: Unknown, Missing: []Missing{{"account", "forbidden", "User.Read.All", "403 Forbidden"}}}},
		"unread, said to fail":       {"", says("fail"), unread, Verdict{Status: Fail, Due: left}},
		"read in part, wrong":        {"", blocked, partly, Verdict{Status: Fail, Due: left}},
		"read in part, right so far": {"", blocked, partlyGood, Verdict{Status: Unknown, Missing: []Missing{{Fact: "account", Reason: "malformed"}}}},
		"not in the snapshot":        {"", says("pass"), uncollected, Verdict{Status: Unknown, Missing: []Missing{{Fact: "account", Reason: "not_collected", Detail: "the snapshot does not hold it"}}}},
		"a tenant fact unread":       {"requires: [account, organization]\n", says("pass"), disabled, Verdict{Status: Unknown, Missing: []Missing{{Fact: "organization", Reason: "unlicensed", Needs: "P1"}}}},
		"used only":                  {"requires: []\nuses: [account]\n", says("pass"), unread, Verdict{Status: Pass}},
		"undecided":                  {"", "status := \"pass\" if input.leaver.mail == \"x\"\n", disabled, Verdict{Status: Unknown, Message: "the facts were read, and the rule came to no verdict"}},
		"a branch unread":            {"requires: []\nuses: [account]\n", "missing contains \"account\"\n", unread, Verdict{Status: Unknown, Missing: []Missing{{"account", "forbidden", "User.Read.All", "403 Forbidden"}}}},
		"a branch unread, passed":    {"requires: []\nuses: [account]\n", says("pass") + "\nmissing contains \"account\"\n", unread, Verdict{Status: Unknown}},
		"a branch that settles it not": {"", "missing contains \"account\"\n", disabled, Verdict{
			Status: Unknown, Message: "cannot be told without account (undecided)",
			Missing: []Missing{{Fact: "account", Reason: ReasonUndecided, Detail: "what was read does not settle it"}},
		}},
		"missing by both":       {"", "missing contains \"account\"\n", unread, Verdict{Status: Unknown, Missing: []Missing{{"account", "forbidden", "User.Read.All", "403 Forbidden"}}}},
		"its own words":         {"", "message := \"ask somebody\"\n", unread, Verdict{Status: Unknown, Message: "ask somebody"}},
		"another severity":      {"", says("fail") + "\nseverity := \"critical\"\n", enabled, Verdict{Status: Fail, Severity: Critical, Due: left}},
		"a deadline":            {"", says("fail") + "\ndeadline := \"2026-12-01T01:00:00.5+01:00\"\n", enabled, Verdict{Status: Fail, Due: left, Deadline: at("2026-12-01T00:00:00.5Z")}},
		"in a state not judged": {"states: [live]\n", says("fail"), inState(enabled, snapshot.Deleted), Verdict{Status: NotApplicable, Message: "not judged for a leaver who is deleted"}},
		"in a state unread, not judged": {"states: [live]\n", says("fail"), inState(unread, snapshot.Unread), Verdict{
			Status: Unknown, Message: "cannot be told without account (forbidden)", Missing: []Missing{{"account", "forbidden", "User.Read.All", "403 Forbidden"}},
		}},
		"nowhere":                 {"", says("fail"), inState(enabled, snapshot.NotFound), Verdict{Status: NotApplicable, Message: "not judged for a leaver who is not found"}},
		"nowhere, and judged":     {"states: [not_found]\n", says("fail"), inState(enabled, snapshot.NotFound), Verdict{Status: Fail, Due: left}},
		"a built-in's error":      {"", "status := \"pass\" if time.parse_rfc3339_ns(\"yesterday\") > 0\n", disabled, Verdict{Status: Unknown, Message: "policy error: ours/rule.rego:15: eval_builtin_error: time.parse_rfc3339_ns"}},
		"a conflict":              {"", says("pass") + "\nmessage := \"a\" if true\n\nmessage := \"b\" if true\n", disabled, Verdict{Status: Unknown, Message: "policy error: ours/rule.rego:"}},
		"a word that is none":     {"", "status := lower(\"PASSED\")\n", disabled, Verdict{Status: Unknown, Message: `policy error: status is "passed", none of`}},
		"the engine's own word":   {"", "status := lower(\"WAIVED\")\n", disabled, Verdict{Status: Unknown, Message: `policy error: status is "waived", none of`}},
		"a word of megabytes":     {"", "status := concat(\"\", [\"é\" | some _ in numbers.range(1, 100000)])\n", disabled, Verdict{Status: Unknown, Message: "policy error: status is \"éé"}},
		"no word at all":          {"", "status := 1 + 1\n", disabled, Verdict{Status: Unknown, Message: "policy error: status is 2, none of"}},
		"a wrong severity":        {"", says("fail") + "\nseverity := \"bad\"\n", disabled, Verdict{Status: Unknown, Message: `policy error: severity: "bad" is none of`}},
		"a wrong deadline":        {"", says("fail") + "\ndeadline := \"soon\"\n", disabled, Verdict{Status: Unknown, Message: "policy error: deadline: parsing time"}},
		"a wrong message":         {"", says("fail") + "\nmessage := 7\n", disabled, Verdict{Status: Unknown, Message: "policy error: message: 7 is not a string"}},
		"findings without key":    {"", says("fail") + "\nfindings contains {\"device\": \"x\"}\n", disabled, Verdict{Status: Unknown, Message: "policy error: findings: "}},
		"findings in a list":      {"", says("fail") + "\nfindings := [1]\n", disabled, Verdict{Status: Unknown, Message: "policy error: findings: not a set"}},
		"evidence in a list":      {"", says("pass") + "\nevidence := [1]\n", disabled, Verdict{Status: Unknown, Message: "policy error: evidence: not an object"}},
		"missing what is no fact": {"", "missing contains \"acount\"\n", disabled, Verdict{Status: Unknown, Message: `policy error: missing: "acount" is no fact`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			snap := &fake{leavers: []snapshot.Record{tc.record}}
			snap.tenant = snap.Tenant()
			snap.tenant.Facts[snapshot.Organization] = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Unlicensed, Needs: "P1"}
			got := evaluate(t, oneRule(t, tc.custom, tc.body), snap, EvaluateOptions{}).leavers[0].Verdicts[0]
			want := tc.want
			if want.Severity == "" {
				want.Severity = High
			}
			if got.Rule != "TST-001" || got.Status != want.Status || got.Severity != want.Severity || got.Grade != Observed {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if !strings.HasPrefix(got.Message, want.Message) || len(got.Message) > 1100 {
				t.Errorf("message: got %q, want %q", got.Message, want.Message)
			}
			if !got.Due.Equal(want.Due) || !got.Deadline.Equal(want.Deadline) {
				t.Errorf("due %v and deadline %v, want %v and %v", got.Due, got.Deadline, want.Due, want.Deadline)
			}
			if want.Missing != nil && !slices.Equal(got.Missing, want.Missing) {
				t.Errorf("missing: got %+v, want %+v", got.Missing, want.Missing)
			}
			if isError := strings.HasPrefix(want.Message, "policy error"); isError && (len(got.Missing) != 1 || got.Missing[0].Reason != ReasonPolicyError) {
				t.Errorf("missing does not say that the policy is wrong: %+v", got.Missing)
			}
		})
	}
}

func TestNotYetIsListedWithoutVerdicts(t *testing.T) {
	t.Parallel()
	later := snapshot.Record{Leaver: record(1, true).Leaver}
	later.Leaver.State = snapshot.NotYet
	out := evaluate(t, oneRule(t, "", says("fail")), &fake{leavers: []snapshot.Record{later}}, EvaluateOptions{})
	if got := asJSON(t, out.leavers[0].Verdicts); got != "[]" {
		t.Errorf("got %s", got)
	}
	if want := (LeaverCounts{Total: 1, NotYet: 1}); out.summary.Leavers != want {
		t.Errorf("got %+v, want %+v", out.summary.Leavers, want)
	}
}

func TestFindingsAreSortedAndFingerprinted(t *testing.T) {
	t.Parallel()
	body := says("fail") + "\nfindings contains {\"resource\": r, \"n\": n} if some n, r in [\"b\", \"a\", \"c\", \"a\"]\n"
	verdict := judgeOne(t, oneRule(t, "", body), record(1, true))
	if got, want := asJSON(t, verdict.Findings), `[{"n":1,"resource":"a"},{"n":3,"resource":"a"},{"n":0,"resource":"b"},{"n":2,"resource":"c"}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if want := Fingerprint("t-1", "TST-001", record(1, true).Leaver.ID, "c", "a", "a", "b"); verdict.Fingerprint != want {
		t.Errorf("got %s, want %s", verdict.Fingerprint, want)
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	base := Fingerprint("tenant", "ABC-001", "object", "x", "y")
	if len(base) != 64 {
		t.Errorf("got %q", base)
	}
	if Fingerprint("tenant", "ABC-001", "object", "y", "x") != base {
		t.Error("the order of resources matters")
	}
	for _, other := range []string{
		Fingerprint("tenant2", "ABC-001", "object", "x", "y"), Fingerprint("tenant", "ABC-002", "object", "x", "y"), Fingerprint("tenant", "ABC-001", "object2", "x", "y"),
		Fingerprint("tenant", "ABC-001", "object", "xy"), Fingerprint("tenant", "ABC-001", "object", "x"), Fingerprint("tenant", "ABC-001", "objectx", "y"), Fingerprint("tenant", "ABC-001object", "", "x", "y"),
	} {
		if other == base {
			t.Error("two problems have one fingerprint")
		}
	}
}

func FuzzFingerprint(f *testing.F) {
	f.Add("t", "r", "o", "x", "y", "t", "r", "o", "xy", "")
	f.Fuzz(func(t *testing.T, a1, a2, a3, a4, a5, b1, b2, b3, b4, b5 string) {
		if a4 > a5 {
			a4, a5 = a5, a4
		}
		if b4 > b5 {
			b4, b5 = b5, b4
		}
		same := a1 == b1 && a2 == b2 && a3 == b3 && a4 == b4 && a5 == b5
		if (Fingerprint(a1, a2, a3, a4, a5) == Fingerprint(b1, b2, b3, b4, b5)) != same {
			t.Fatalf("%q and %q", []string{a1, a2, a3, a4, a5}, []string{b1, b2, b3, b4, b5})
		}
	})
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	one, two := record(1, false), record(2, false)
	snap := &fake{
		leavers: []snapshot.Record{one, two},
		provenance: []snapshot.Provenance{
			{Endpoint: "GET /v1.0/users", At: collected, List: &snapshot.List{Complete: true}},
			{Fact: snapshot.Organization, Endpoint: "GET /v1.0/organization", At: collected, RequestID: "org"},
			{Leaver: one.Leaver.ID, Fact: snapshot.Account, Endpoint: "GET /v1.0/users", At: collected, RequestID: "one"},
			{Leaver: one.Leaver.ID, Fact: snapshot.SignIns, Endpoint: "GET /v1.0/auditLogs/signIns", At: collected, RequestID: "a"},
			{Leaver: one.Leaver.ID, Fact: snapshot.SignIns, Endpoint: "GET /beta/auditLogs/signIns", At: collected, RequestID: "b"},
			{Leaver: "00000001-9999-0000-0000-000000000000", Fact: snapshot.Account, Endpoint: "of nobody here", At: collected},
			{Leaver: two.Leaver.ID, Fact: snapshot.Account, Endpoint: "GET /v1.0/users", At: collected, RequestID: "two"},
		},
	}
	set := oneRule(t, "requires: [account, organization]\nuses: [signIns, mailbox]\n",
		says("pass")+"\nevidence := {\"account\": {\"accountEnabled\": input.facts.account.value.accountEnabled}, \"signIns\": {\"n\": 0}, \"mailbox\": {}, \"audits\": {\"n\": 1}, \"roster\": {\"mailHandling\": \"none\"}, \"dormant\": [\"a\"]}\n")
	out := evaluate(t, set, snap, EvaluateOptions{Workers: 1})
	const when = `"at":"2026-11-22T00:00:00Z"`
	want := `[{"fact":"account","state":"read","endpoint":"GET /v1.0/users",` + when + `,"requestId":"one","values":{"accountEnabled":false}},` +
		`{"fact":"organization","state":"read","endpoint":"GET /v1.0/organization",` + when + `,"requestId":"org"},` +
		`{"fact":"signIns","state":"read","endpoint":"GET /v1.0/auditLogs/signIns",` + when + `,"requestId":"a","values":{"n":0}},` +
		`{"fact":"signIns","state":"read","endpoint":"GET /beta/auditLogs/signIns",` + when + `,"requestId":"b"},` +
		`{"fact":"mailbox","state":"read"},{"fact":"audits","state":"read","values":{"n":1}},{"fact":"dormant","values":{"value":["a"]}},{"fact":"roster","values":{"mailHandling":"none"}}]`
	if got := asJSON(t, out.leavers[0].Verdicts[0].Evidence); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := out.leavers[1].Verdicts[0].Evidence[0].RequestID; got != "two" {
		t.Errorf("the second leaver's evidence is %q", got)
	}
}

func TestOneRulesErrorIsItsOwn(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, ours(map[string]string{
		"good.rego": ruleText("TST-001", "", blocked),
		"bad.rego":  ruleText("TST-002", "", "status := \"pass\" if time.parse_rfc3339_ns(input.leaver.displayName) > 0\n"),
		"also.rego": ruleText("TST-003", "", says("not_applicable")),
	}))
	dated := record(2, true)
	dated.Leaver.DisplayName = "2026-01-01T00:00:00Z"
	out := evaluate(t, set, &fake{leavers: []snapshot.Record{record(1, true), dated}}, EvaluateOptions{})
	for i, want := range [][]Status{{Fail, Unknown, NotApplicable}, {Fail, Pass, NotApplicable}} {
		for j, status := range want {
			if got := out.leavers[i].Verdicts[j]; got.Status != status {
				t.Errorf("leaver %d: got %+v, want %s", i, got, status)
			}
		}
	}
	want := []Incomplete{{Reason: ReasonPolicyError, Rules: []string{"TST-002"}, Leavers: 1}}
	if got := asJSON(t, out.summary.Incomplete); got != asJSON(t, want) {
		t.Errorf("got %s, want %s", got, asJSON(t, want))
	}
}

// endless is a condition that takes longer than anybody waits.
const endless = `count([1 | some a in numbers.range(1, 100000); some b in numbers.range(1, 100000); a * b == 7]) == 3`

func TestTimeIsBounded(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, ours(map[string]string{
		"good.rego": ruleText("TST-001", "", blocked),
		"slow.rego": ruleText("TST-002", "", "status := \"pass\" if "+endless+"\n"),
	}))
	out := evaluate(t, set, &fake{leavers: []snapshot.Record{record(1, true), record(2, false)}}, EvaluateOptions{Timeout: 50 * time.Millisecond, Workers: 2})
	for i, want := range []Status{Fail, Pass} {
		good, slow := out.leavers[i].Verdicts[0], out.leavers[i].Verdicts[1]
		if good.Status != want {
			t.Errorf("the other rule is lost too: %+v", good)
		}
		if slow.Status != Unknown || slow.Message != "policy error: evaluation took longer than 50ms" {
			t.Errorf("got %+v", slow)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	set := oneRule(t, "", "status := \"pass\" if count([[a, b] | some a in numbers.range(1, 10000); some b in numbers.range(1, 10000)]) == 1\n")
	out := evaluate(t, set, &fake{leavers: []snapshot.Record{record(1, true)}}, EvaluateOptions{Memory: 64 << 20, Timeout: time.Hour})
	if got := out.leavers[0].Verdicts[0]; got.Status != Unknown || !strings.Contains(got.Message, "evaluation took the program's memory beyond") {
		t.Errorf("got %+v", got)
	}
}

func TestCancelEndsEvaluation(t *testing.T) {
	t.Parallel()
	set := oneRule(t, "", "status := \"pass\" if "+endless+"\n")
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("enough")
	snap := &fake{leavers: []snapshot.Record{record(1, true)}}
	started := startedHandler{func() { cancel(why) }}
	if _, err := set.Evaluate(ctx, snap, EvaluateOptions{Timeout: time.Hour}, started); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

// startedHandler calls back when evaluation has begun.
type startedHandler struct{ call func() }

func (h startedHandler) Run(Run) error           { h.call(); return nil }
func (startedHandler) Leaver(LeaverResult) error { return nil }
func (startedHandler) Tenant(TenantResult) error { return nil }
func (startedHandler) Summary(Summary) error     { return nil }

// TestWorkersDoNotChangeTheResult also has leavers that take very different times.
func TestWorkersDoNotChangeTheResult(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, ours(map[string]string{
		"a.rego": ruleText("TST-001", "", blocked),
		"b.rego": ruleText("TST-002", "uses: [mailbox]\n", "status := \"fail\" if count([1 | some i in numbers.range(1, to_number(input.leaver.employeeId)); i % 7 == 0]) >= 0\n\nfindings contains {\"resource\": sprintf(\"%d\", [i])} if some i in numbers.range(1, 20)\n"),
		"c.rego": ruleText("TST-003", "scope: tenant\nrequires: [domains]\nparameters: {}\n", "status := \"fail\" if data.tenant.id == \"t-1\"\n"),
	}))
	random := rand.New(rand.NewPCG(1, 2))
	snap := &fake{}
	for n := range 60 {
		r := record(n, n%3 == 0)
		r.Leaver.EmployeeID = strconv.Itoa(random.IntN(300))
		snap.leavers = append(snap.leavers, r)
		snap.provenance = append(snap.provenance, snapshot.Provenance{Leaver: r.Leaver.ID, Fact: snapshot.Account, Endpoint: "GET", At: collected})
	}
	want := evaluate(t, set, snap, EvaluateOptions{Workers: 1})
	if calls := len(want.calls); calls != 63 || want.calls[0] != "run" || want.calls[61] != "tenant" || want.calls[62] != "summary" {
		t.Fatalf("calls: %v", want.calls)
	}
	for _, workers := range []int{1, 2, 5} {
		got := evaluate(t, set, snap, EvaluateOptions{Workers: workers})
		if asJSON(t, []any{got.run, got.leavers, got.tenant, got.summary, got.calls}) != asJSON(t, []any{want.run, want.leavers, want.tenant, want.summary, want.calls}) {
			t.Errorf("%d workers give another result than one", workers)
		}
	}
}

func TestTenantRules(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, ours(map[string]string{
		"a.rego": ruleText("TST-001", "scope: tenant\nrequires: [domains]\nparameters: {}\n", "status := \"fail\" if data.tenant.facts.domains.value[\"contoso.com\"].isVerified == false\n\nfindings contains {\"resource\": name} if some name, _ in data.tenant.facts.domains.value\n"),
		"b.rego": ruleText("TST-002", "scope: tenant\nrequires: [organization]\nparameters: {}\n", says("pass")),
		"c.rego": ruleText("TST-003", "", says("pass")),
	}))
	snap := &fake{}
	snap.tenant = snap.Tenant()
	snap.tenant.Facts[snapshot.Domains] = read(map[string]any{"contoso.com": map[string]any{"isVerified": false}})
	snap.tenant.Facts[snapshot.Organization] = unknownFact()
	out := evaluate(t, set, snap, EvaluateOptions{})
	if len(out.tenant.Verdicts) != 2 {
		t.Fatalf("got %+v", out.tenant)
	}
	if got := out.tenant.Verdicts[0]; got.Status != Fail || !got.Due.IsZero() || got.Findings[0].Resource() != "contoso.com" || len(got.Evidence) != 1 {
		t.Errorf("got %+v", got)
	}
	if got := out.tenant.Verdicts[1]; got.Status != Unknown || len(got.Missing) != 1 {
		t.Errorf("got %+v", got)
	}
	if out.summary.Incomplete[0].Leavers != 0 || out.summary.Complete {
		t.Errorf("got %+v", out.summary)
	}
}

func TestNowCanBeChosen(t *testing.T) {
	t.Parallel()
	set := oneRule(t, "parameters: {grace_hours: {type: integer, default: 300}}\n", "status := \"fail\" if data.tenant.collectedAt\n\nmessage := data.tenant.collectedAt\n")
	snap := &fake{leavers: []snapshot.Record{record(1, true)}}
	now := evaluate(t, set, snap, EvaluateOptions{})
	if v := now.leavers[0].Verdicts[0]; v.Status != Pending || v.Message != "2026-11-22T00:00:00Z" || !now.run.Now.IsZero() {
		t.Errorf("got %+v", v)
	}
	later := evaluate(t, set, snap, EvaluateOptions{Now: collected.AddDate(0, 0, 7)})
	if v := later.leavers[0].Verdicts[0]; v.Status != Fail || v.Message != "2026-11-29T00:00:00Z" || !later.run.Now.Equal(collected.AddDate(0, 0, 7)) {
		t.Errorf("got %+v", v)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, ours(map[string]string{
		"a.rego": ruleText("TST-001", "severity: critical\n", blocked),
		"b.rego": ruleText("TST-002", "parameters: {grace_hours: {type: integer, default: 1000}}\n", "status := \"fail\" if {\n\tinput.leaver.mail == \"pending\"\n} else := \"pass\"\n"),
	}))
	pending := record(4, false)
	pending.Leaver.Mail = "pending"
	later := record(5, false)
	later.Leaver.State = snapshot.NotYet
	snap := &fake{leavers: []snapshot.Record{record(1, true), record(2, false), with(record(3, false), snapshot.Account, unknownFact()), pending, later}}
	got := asJSON(t, evaluate(t, set, snap, EvaluateOptions{}).summary)
	want := `{"leavers":{"total":5,"clean":1,"failing":1,"unknown":1,"pending":1,"notYet":1},` +
		`"statuses":{"fail":1,"not_applicable":0,"pass":4,"pending":1,"unknown":2,"waived":0},` +
		`"severities":{"critical":1,"high":0,"info":0,"low":0,"medium":0},"unknownSeverities":{"critical":1,"high":1,"info":0,"low":0,"medium":0},` +
		`"rules":{"TST-001":{"fail":1,"pass":2,"unknown":1},"TST-002":{"pass":2,"pending":1,"unknown":1}},"complete":false,` +
		`"incomplete":[{"fact":"account","reason":"forbidden","needs":"User.Read.All","rules":["TST-001","TST-002"],"leavers":1}],"deadlines":0,"attestations":[]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDaysLeft(t *testing.T) {
	t.Parallel()
	for deadline, want := range map[string]int{
		"2026-11-22T00:00:00Z": 0, "2026-11-22T23:59:59Z": 0, "2026-11-23T00:00:00Z": 1, "2026-12-01T12:00:00Z": 9,
		"2026-11-21T23:59:59Z": -1, "2026-11-21T00:00:00Z": -1, "2026-11-20T23:59:59Z": -2,
	} {
		if got := DaysLeft(at(deadline), collected); got == nil || *got != want {
			t.Errorf("%s: got %v, want %d", deadline, got, want)
		}
	}
	if got := DaysLeft(time.Time{}, collected); got != nil {
		t.Errorf("no deadline: got %v", *got)
	}
}

// TestDeadlines: the next deadline and the number of near ones are of what is not right, and lies ahead.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	set := oneRule(t, "", "status := input.leaver.mail\n\ndeadline := input.leaver.employeeId if input.leaver.employeeId != \"\"\n")
	saying := func(n int, status, deadline string) snapshot.Record {
		r := record(n, true)
		r.Leaver.Mail, r.Leaver.EmployeeID = status, deadline
		return r
	}
	for name, tc := range map[string]struct {
		leavers []snapshot.Record
		next    string
		near    int
	}{
		"none":                    {[]snapshot.Record{saying(1, "fail", "")}, "", 0},
		"one far":                 {[]snapshot.Record{saying(1, "fail", "2026-12-30T00:00:00Z")}, "2026-12-30T00:00:00Z", 0},
		"in just seven days":      {[]snapshot.Record{saying(1, "fail", "2026-11-29T00:00:00Z")}, "2026-11-29T00:00:00Z", 1},
		"in more than seven days": {[]snapshot.Record{saying(1, "fail", "2026-11-29T00:00:01Z")}, "2026-11-29T00:00:01Z", 0},
		"past ones do not count":  {[]snapshot.Record{saying(1, "fail", "2026-11-21T00:00:00Z"), saying(2, "unknown", "2026-11-25T00:00:00Z")}, "2026-11-25T00:00:00Z", 1},
		"what passes has none":    {[]snapshot.Record{saying(1, "pass", "2026-11-23T00:00:00Z"), saying(2, "not_applicable", "2026-11-23T00:00:00Z")}, "", 0},
		"the earliest of several": {[]snapshot.Record{saying(1, "fail", "2026-11-26T00:00:00Z"), saying(2, "fail", "2026-11-24T00:00:00Z")}, "2026-11-24T00:00:00Z", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := evaluate(t, set, &fake{leavers: tc.leavers}, EvaluateOptions{})
			var want time.Time
			if tc.next != "" {
				want = at(tc.next)
			}
			if s := got.summary; !s.NextDeadline.Equal(want) || s.Deadlines != tc.near {
				t.Errorf("got %v and %d, want %v and %d", s.NextDeadline, s.Deadlines, want, tc.near)
			}
			for _, l := range got.leavers {
				if v := l.Verdicts[0]; v.Deadline.IsZero() != (v.DaysLeft == nil) {
					t.Errorf("days left and no deadline, or the other way round: %+v", v)
				}
			}
		})
	}
}

func TestThresholds(t *testing.T) {
	t.Parallel()
	s := Summary{Severities: map[Severity]int{Critical: 0, Medium: 2}, UnknownSeverities: map[Severity]int{Low: 1}}
	for severity, want := range map[Severity][2]bool{Critical: {}, High: {}, Medium: {true, false}, Low: {true, true}, Info: {true, true}, "none": {}} {
		if got := [2]bool{s.FailsAt(severity), s.UnknownAt(severity)}; got != want {
			t.Errorf("%s: got %v, want %v", severity, got, want)
		}
	}
}

func TestEvaluateRefuses(t *testing.T) {
	t.Parallel()
	set := oneRule(t, "", says("pass"))
	broken := errors.New("broken")
	inState := record(1, true)
	inState.Leaver.State = "tenant"
	row := func(leaver string) snapshot.Provenance {
		return snapshot.Provenance{Leaver: leaver, Fact: snapshot.Account}
	}
	for name, tc := range map[string]struct {
		snap *fake
		want string
	}{
		"leavers out of order":      {&fake{leavers: []snapshot.Record{record(2, true), record(1, true)}}, " stands after "},
		"a leaver twice":            {&fake{leavers: []snapshot.Record{record(2, true), record(2, true)}}, " stands after "},
		"a reader that fails":       {&fake{leavers: []snapshot.Record{record(2, true)}, err: broken}, "reading leavers: broken"},
		"provenance out of order":   {&fake{provenance: []snapshot.Provenance{row("b"), row("a")}}, "reading provenance"},
		"the tenant's own too late": {&fake{provenance: []snapshot.Provenance{row("b"), row("")}}, "reading provenance"},
		"a state that nobody is in": {&fake{leavers: []snapshot.Record{inState}}, `the state "tenant" is unknown`},
		"a value that is no JSON":   {&fake{leavers: []snapshot.Record{with(record(1, true), snapshot.Account, read(func() {}))}}, "fact account"},
		"a tenant that is no JSON":  {&fake{tenant: snapshot.Tenant{ID: "t", Facts: map[string]snapshot.Fact{"domains": read(func() {})}}}, "fact domains"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := set.Evaluate(context.Background(), tc.snap, EvaluateOptions{}, &kept{}); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// failing is a handler that fails at one of its calls.
type failing struct {
	call string
	err  error
}

func (f *failing) at(call string) error {
	if call == f.call {
		return f.err
	}
	return nil
}

func (f *failing) Run(Run) error             { return f.at("run") }
func (f *failing) Leaver(LeaverResult) error { return f.at("leaver") }
func (f *failing) Tenant(TenantResult) error { return f.at("tenant") }
func (f *failing) Summary(Summary) error     { return f.at("summary") }

func TestHandlerErrorsEndEvaluation(t *testing.T) {
	t.Parallel()
	set := oneRule(t, "", says("pass"))
	snap := &fake{}
	for n := range 100 {
		snap.leavers = append(snap.leavers, record(n, true))
	}
	for _, call := range []string{"run", "leaver", "tenant", "summary"} {
		full := errors.New("disk full")
		if _, err := set.Evaluate(context.Background(), snap, EvaluateOptions{}, &failing{call: call, err: full}); !errors.Is(err, full) {
			t.Errorf("%s: got %v", call, err)
		}
	}
}

// many is a snapshot of any size that holds one record at a time.
type many struct {
	fake
	n    int
	make func(n int) snapshot.Record
}

func (m *many) Leavers(yield func(snapshot.Record) error) error {
	for n := range m.n {
		if err := yield(m.make(n)); err != nil {
			return err
		}
	}
	return nil
}

// watching measures the heap now and then.
type watching struct {
	kept
	n     int
	early uint64
	late  uint64
}

func (w *watching) Leaver(LeaverResult) error {
	w.n++
	switch w.n {
	case 300:
		w.early = live()
	case 3000:
		w.late = live()
	}
	return nil
}

func live() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// TestMemoryIsFlat is not parallel: it looks at the heap of the whole program.
func TestMemoryIsFlat(t *testing.T) {
	set := oneRule(t, "", blocked)
	sizable := strings.Repeat("x", 100)
	var w watching
	_, err := set.Evaluate(context.Background(), &many{n: 3000, make: func(n int) snapshot.Record {
		var rows []any
		for range 100 {
			rows = append(rows, map[string]any{"id": sizable})
		}
		return with(record(n, n%2 == 0), snapshot.SignIns, read(rows))
	}}, EvaluateOptions{}, &w)
	if err != nil {
		t.Fatal(err)
	}
	// Kept, the records between would be more than 50 MB.
	if w.late > w.early+10<<20 {
		t.Errorf("the heap grew from %d to %d bytes over 2700 leavers", w.early, w.late)
	}
}
