package report_test

import (
	"fmt"
	"slices"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report"
)

// A stream is a result made by hand.
type stream struct {
	run     policies.Run
	leavers []policies.LeaverResult
	tenant  policies.TenantResult

	attestations []policies.AttestationResult
	waivers      []policies.WaiverResult
	// counted says that verdicts carry changes, and that the summary counts them.
	counted bool
	gone    []policies.GoneVerdict

	// n leavers are made as they are played, where a result would not fit.
	n    int
	make func(i int) policies.LeaverResult
}

// each gives every leaver.
func (s stream) each(f func(policies.LeaverResult) error) error {
	for _, leaver := range s.leavers {
		if err := f(leaver); err != nil {
			return err
		}
	}
	for i := range s.n {
		if err := f(s.make(i)); err != nil {
			return err
		}
	}
	return nil
}

// summary adds to the counts what is not of the stream.
func (s stream) summary(tally *policies.Tally) policies.Summary {
	out := tally.Summary()
	out.Attestations = append(out.Attestations, s.attestations...)
	out.Waivers = s.waivers
	if s.counted {
		out.Changes = map[policies.ChangeKind]int{}
		for _, kind := range policies.ChangeKinds() {
			out.Changes[kind] = 0
		}
		out.Gone = s.gone
		out.Changes[policies.ChangeScope] = len(s.gone)
		for _, verdicts := range s.verdicts() {
			for _, v := range verdicts {
				if v.Change != nil && v.Change.Kind != policies.ChangeNone {
					out.Changes[v.Change.Kind]++
				}
			}
		}
	}
	return out
}

// verdicts gives the verdicts by the key of the leaver, those on the tenant under "".
func (s stream) verdicts() map[string][]policies.Verdict {
	out := map[string][]policies.Verdict{"": s.tenant.Verdicts}
	for _, leaver := range s.leavers {
		out[leaver.Leaver.Key()] = leaver.Verdicts
	}
	return out
}

// play gives the stream to a handler.
func (s stream) play(h policies.Handler) error {
	tally := policies.NewTally(s.run)
	if err := h.Run(s.run); err != nil {
		return err
	}
	err := s.each(func(leaver policies.LeaverResult) error {
		tally.Leaver(leaver)
		return h.Leaver(leaver)
	})
	if err != nil {
		return err
	}
	tally.Tenant(s.tenant)
	if err := h.Tenant(s.tenant); err != nil {
		return err
	}
	return h.Summary(s.summary(tally))
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func rule(id, title string, severity policies.Severity) policies.Rule {
	out := policies.Rule{
		ID: id, Package: "checklist.test", Title: title, Description: title + ".", Scope: policies.PerLeaver, Severity: severity,
		Requires: []string{"account"}, Uses: []string{},
		Parameters: map[string]policies.Parameter{}, Controls: map[string][]policies.Control{}, Remediation: "Mend it.",
		RelatedResources: []policies.Resource{}, File: "policies/checklist/test.rego", Line: 3,
	}
	out.States = append(out.States, "live")
	return out
}

func header() policies.Run {
	out := policies.Run{
		SchemaVersion: policies.ResultVersion,
		Tool:          policies.Tool{Name: "leavercheck", Version: "test"},
		Tenant:        policies.Tenant{ID: "11111111-1111-1111-1111-111111111111", Name: "Contoso"},
		Cloud:         "global",
		Snapshot:      policies.SnapshotRef{Seal: "abc"},
		CollectedAt:   at("2026-11-22T06:30:00Z"),
		PolicyDigest:  "def",
		Rules: []policies.Rule{
			rule("ACC-001", "Sign-in is blocked", policies.Critical),
			rule("DEV-001", "Mobile devices are wiped", policies.Critical),
			rule("FWD-002", "Forwarding is licensed", policies.High),
			rule("LIC-001", "Licences are removed", policies.Medium),
		},
		Parameters: map[string]map[string]any{},
	}
	out.Snapshot.Population.Sources, out.Snapshot.Population.Leavers = []string{"roster.csv"}, 5
	return out
}

func leaver(n int, displayName string, verdicts ...policies.Verdict) policies.LeaverResult {
	id := fmt.Sprintf("%08d-0000-0000-0000-000000000000", n)
	if verdicts == nil {
		verdicts = []policies.Verdict{}
	}
	for i := range verdicts {
		verdicts[i].Fingerprint = policies.Fingerprint("t", verdicts[i].Rule, id)
	}
	out := policies.LeaverResult{Verdicts: verdicts}
	who := &out.Leaver
	who.ID, who.UserPrincipalName, who.DisplayName = id, fmt.Sprintf("user%d@contoso.com", n), displayName
	who.LeftAt, who.LeftBy = at("2026-11-10T09:00:00Z"), at("2026-11-10T09:00:00Z")
	who.Source, who.State = fmt.Sprintf("roster.csv:%d", n), "live"
	return out
}

func verdict(rule string, status policies.Status, severity policies.Severity, message string) policies.Verdict {
	return policies.Verdict{Rule: rule, Status: status, Severity: severity, Message: message, Grade: policies.Observed}
}

// mixed has something of everything.
func mixed() stream {
	blocked := verdict("ACC-001", policies.Fail, policies.Critical, "the account can still sign in, 11 days after leaving")
	blocked.Due = at("2026-11-11T09:00:00Z")
	blocked.Findings = []policies.Finding{{"resource": "accountEnabled", "accountEnabled": true}}
	blocked.Evidence = []policies.Evidence{{
		Fact: "account", State: "read", Endpoint: "GET /v1.0/users", At: at("2026-11-22T06:31:00Z"),
		RequestID: "33333333-3333-3333-3333-333333333333", Values: map[string]any{"accountEnabled": true},
	}}
	older := blocked
	older.Due = at("2026-10-02T09:00:00Z")
	forwarding := verdict("FWD-002", policies.Fail, policies.High, "forwards to eve@example.org without an Exchange licence")
	forwarding = losing(forwarding, "2026-12-01T00:00:00Z")
	waits := verdict("LIC-001", policies.Pending, policies.Medium, "holds ENTERPRISEPACK directly")
	waits.Due = at("2026-11-24T09:00:00Z")
	unread := verdict("DEV-001", policies.Unknown, policies.Critical, "cannot be told without mobileDevices (forbidden)")
	unread.Missing = []policies.Missing{{Fact: "mobileDevices", Reason: "forbidden", Needs: "the role View-Only Recipients for the application in Exchange Online", Detail: "403"}}
	waived := verdict("LIC-001", policies.Waived, policies.Medium, "holds ENTERPRISEPACK directly")
	waived.Waiver = &policies.Waiver{ID: "W-1", Reason: "court case", ApprovedBy: "legal", Expires: at("2027-01-01T00:00:00Z"), Status: policies.Fail}
	later := leaver(5, "Lee Gu")
	later.Leaver.State, later.Leaver.LeftAt = "not_yet", at("2026-12-31T00:00:00Z")
	s := stream{run: header(), leavers: []policies.LeaverResult{
		leaver(1, "Adele Vance", blocked, unread, verdict("FWD-002", policies.NotApplicable, policies.High, ""), waits),
		leaver(2, "Alex Wilber", older, unread, forwarding, verdict("LIC-001", policies.Pass, policies.Medium, "")),
		leaver(3, "Diego Siciliani", verdict("ACC-001", policies.Pass, policies.Critical, ""), unread, verdict("FWD-002", policies.Pass, policies.High, ""), waived),
		leaver(4, "Grady Archie", verdict("ACC-001", policies.Pass, policies.Critical, ""), verdict("DEV-001", policies.Pass, policies.Critical, "")),
		later,
	}, tenant: policies.TenantResult{Verdicts: []policies.Verdict{}}}
	s.run.Off = []policies.RuleRef{{ID: "TEL-001", Title: "The number is released", Source: "leavercheck.yaml:4"}}
	on := waived.Waiver
	for i, standing := range policies.WaiverStandings() {
		w := policies.WaiverResult{
			ID: fmt.Sprintf("W-%d", i+1), Rule: "LIC-001", Leaver: s.leavers[2].Leaver.ID, Reason: on.Reason, ApprovedBy: on.ApprovedBy,
			Expires: on.Expires, Source: fmt.Sprintf("waivers.yaml:%d", 2+7*i), Standing: standing,
		}
		switch standing {
		case policies.Expired:
			w.Expires = at("2026-11-01T23:59:59Z")
		case policies.TooLong:
			w.Expires = at("2099-12-31T23:59:59Z")
		case policies.NoSuchLeaver:
			w.Leaver = "00000009-0000-0000-0000-000000000000"
		default:
		}
		s.waivers = append(s.waivers, w)
	}
	return s
}

// losing is a verdict with a deadline.
func losing(v policies.Verdict, deadline string) policies.Verdict {
	v.Deadline = at(deadline)
	v.DaysLeft = policies.DaysLeft(v.Deadline, header().CollectedAt)
	return v
}

// attested has attestations of every standing, and a baseline.
func attested() stream {
	const statement = "The mailbox was exported to a .pst file."
	on := policies.VerdictAttestation{
		Rule: "FWD-002", Statement: statement, By: "Allan Deyoung", At: at("2026-11-12T09:00:00Z"),
		Link: "https://tickets.example/42", Expires: at("2027-01-31T23:59:59Z"),
	}
	vouched := verdict("FWD-002", policies.Pass, policies.High, "")
	vouched.Grade, vouched.Attestations = policies.Attested, []policies.VerdictAttestation{on}
	s := stream{run: header(), tenant: policies.TenantResult{Verdicts: []policies.Verdict{}}, leavers: []policies.LeaverResult{
		leaver(1, "Adele Vance", vouched),
		leaver(2, "Alex Wilber",
			losing(verdict("ACC-001", policies.Unknown, policies.Critical, "cannot be told"), "2026-11-20T00:00:00Z"),
			losing(verdict("FWD-002", policies.Fail, policies.High, "the drive goes"), "2026-11-22T12:00:00Z")),
		leaver(3, "Diego Siciliani",
			losing(verdict("DEV-001", policies.Fail, policies.Low, "was purged"), "2026-11-20T00:00:00Z"),
			losing(verdict("FWD-002", policies.Fail, policies.High, "the mailbox goes"), "2026-11-24T00:00:00Z"),
			losing(verdict("LIC-001", policies.Pending, policies.Medium, "waits"), "2026-12-24T06:30:00Z")),
	}}
	s.run.Baseline = &policies.BaselineRef{Seal: "earlier", CollectedAt: at("2026-10-22T06:30:00Z")}
	for i, standing := range policies.Standings() {
		a := policies.AttestationResult{Standing: standing, Attestation: policies.Attestation{
			Rule: "FWD-002", Leaver: fmt.Sprintf("user%d@contoso.com", i+1), Statement: statement, By: "Allan Deyoung",
			At: on.At, Expires: on.Expires, Source: fmt.Sprintf("attestations.yaml:%d", 2+7*i),
		}}
		if i == 0 {
			a.Link = on.Link
		}
		s.attestations = append(s.attestations, a)
	}
	s.attestations[6].Rule, s.attestations[6].Fact = "", "mobileDevices"
	return s
}

// named is of leavers whom the tenant itself names: of one nobody knows when they left, and some are excluded.
func named() stream {
	const needs = "the leave date in a CSV roster"
	undated := verdict("ACC-001", policies.Unknown, policies.Critical, "cannot be told without leftAt (outside retention)")
	undated.Missing = []policies.Missing{{Fact: "leftAt", Reason: "outside_retention", Needs: needs, Detail: "all that is known is that they left by 2026-10-23T06:30:00Z"}}
	s := stream{run: header(), tenant: policies.TenantResult{Verdicts: []policies.Verdict{}}, leavers: []policies.LeaverResult{
		leaver(1, "Adele Vance", undated, verdict("DEV-001", policies.Fail, policies.Critical, "2 devices were never wiped")),
		leaver(2, "Alex Wilber", verdict("ACC-001", policies.Pass, policies.Critical, "")),
		leaver(3, "Diego Siciliani", verdict("ACC-001", policies.Pass, policies.Critical, "")),
	}}
	who := &s.leavers[0].Leaver
	who.LeftAt, who.LeftBy, who.LeftKnownBy, who.Source = time.Time{}, at("2026-10-23T06:30:00Z"), "unknown", "entra:disabled"
	who = &s.leavers[1].Leaver
	who.LeftKnownBy, who.Source, who.AlsoIn = "audit log", "entra:disabled", []string{"entra:deleted"}
	s.leavers[2].Leaver.AlsoIn = []string{"entra:disabled"}
	p := &s.run.Snapshot.Population
	p.Sources, p.Leavers, p.Untimed = []string{"roster.csv", "entra:disabled", "entra:deleted"}, 3, 1
	for n := 11; n <= 17; n++ {
		p.Excluded = append(p.Excluded, snapshot.Excluded{
			ID: fmt.Sprintf("%08d-0000-0000-0000-000000000000", n), UserPrincipalName: fmt.Sprintf("svc-%d@contoso.com", n),
			DisplayName: fmt.Sprintf("Service %d", n), Source: "entra:disabled", Pattern: "svc-*@contoso.com",
		})
	}
	p.Excluded[1].UserPrincipalName, p.Excluded[1].Pattern = "", "Service ??"
	return s
}

// clean has nothing to complain about.
func clean() stream {
	s := stream{run: header(), tenant: policies.TenantResult{Verdicts: []policies.Verdict{}}}
	for n, name := range []string{"Adele Vance", "Alex Wilber"} {
		s.leavers = append(s.leavers, leaver(n+1, name,
			verdict("ACC-001", policies.Pass, policies.Critical, ""),
			verdict("DEV-001", policies.NotApplicable, policies.Critical, ""),
			verdict("FWD-002", policies.Pass, policies.High, ""),
			verdict("LIC-001", policies.Pass, policies.Medium, ""),
		))
	}
	return s
}

// compared is of a later night: every kind of change, every status on the tenant too, waivers of every standing,
// a rule that is switched off, and what is judged no more.
func compared() stream {
	changed := func(v policies.Verdict, kind policies.ChangeKind, before policies.Status, cause policies.Cause) policies.Verdict {
		v.Change = &policies.Change{Kind: kind, Before: before, Since: at("2026-11-20T06:30:00Z"), Cause: cause}
		return v
	}
	waived := func(v policies.Verdict, status policies.Status, id string) policies.Verdict {
		v.Waiver = &policies.Waiver{ID: id, Reason: "court case", ApprovedBy: "Allan Deyoung", Ticket: "LEGAL-7", Expires: at("2027-01-01T00:00:00Z"), Status: status}
		return v
	}
	s := stream{run: header(), counted: true}
	s.run.Compared = &policies.ResultRef{Seal: "earlier", CollectedAt: at("2026-11-21T06:30:00Z"), PolicyDigest: "def"}
	s.run.Off = []policies.RuleRef{{ID: "ACC-011", Title: "Reports are reassigned"}}
	s.run.Outcomes = map[string]map[string]int{"account": {"read": 3}, "mobileDevices": {"read": 1, "unknown.forbidden": 2}}
	seats, window := rule("LIC-002", "The seats are given back", policies.Low), rule("TEN-001", "The logs reach back to every leaver", policies.Medium)
	seats.Scope, window.Scope = policies.PerTenant, policies.PerTenant
	s.run.Rules[0].Controls = map[string][]policies.Control{
		"nist-800-53-r5": {{ID: "PS-4(a)", Confidence: policies.HighConfidence}, {ID: "AC-2(3)"}}, "iso-27001-2022": {{ID: "A.5.18"}},
	}
	s.run.Rules[3].Controls = map[string][]policies.Control{"nist-800-53-r5": {{ID: "CM-10"}}}
	s.run.Rules[3].Package, s.run.Rules[3].File, s.run.Rules[3].Line = "custom.contoso.licences", "own rules/licences.rego", 1
	s.run.Rules[0].RelatedResources = []policies.Resource{{Ref: "https://learn.microsoft.com/entra"}}
	s.run.Rules = append(s.run.Rules, seats, window)

	unread := verdict("DEV-001", policies.Unknown, policies.Critical, "cannot be told without mobileDevices (forbidden)")
	unread.Missing = []policies.Missing{{Fact: "mobileDevices", Reason: "forbidden", Needs: "the role View-Only Recipients in Exchange Online", Detail: "403"}}
	pending := verdict("FWD-002", policies.Pending, policies.High, "forwards without an Exchange licence")
	pending.Due = at("2026-11-24T09:00:00Z")
	s.leavers = []policies.LeaverResult{
		leaver(1, "Adele Vance",
			changed(verdict("ACC-001", policies.Fail, policies.Critical, "the account can still sign in"), policies.ChangeNew, policies.Pass, ""),
			changed(unread, policies.ChangeOpen, policies.Unknown, ""), pending,
			changed(waived(verdict("LIC-001", policies.Waived, policies.Medium, "holds ENTERPRISEPACK directly"), policies.Fail, "W-1"), policies.ChangeWaived, policies.Fail, "waiver")),
		leaver(2, "Alex Wilber",
			changed(verdict("ACC-001", policies.Pass, policies.Critical, ""), policies.ChangeFixed, policies.Fail, ""),
			waived(unread, policies.Unknown, "W-2"),
			changed(losing(verdict("FWD-002", policies.Fail, policies.High, "the mailbox goes"), "2026-11-25T00:00:00Z"), policies.ChangeReopened, policies.Pass, ""),
			changed(verdict("LIC-001", policies.Fail, policies.Medium, "holds ENTERPRISEPACK directly"), policies.ChangeMethod, policies.Pass, "parameters")),
		leaver(3, "Diego Siciliani", verdict("ACC-001", policies.Pass, policies.Critical, ""), verdict("DEV-001", policies.NotApplicable, policies.Critical, ""),
			verdict("FWD-002", policies.Pass, policies.High, ""), verdict("LIC-001", policies.Fail, policies.Medium, "holds ENTERPRISEPACK directly")),
	}
	s.leavers[1].Verdicts[1].Status = policies.Waived
	s.tenant.Verdicts = []policies.Verdict{
		verdict("LIC-002", policies.Fail, policies.Low, "3 seats are paid for in vain"), verdict("TEN-001", policies.Unknown, policies.Medium, "the log could not be read"),
	}
	for i, standing := range []policies.Standing{policies.Counts, policies.Counts, policies.Expired, policies.NotNeeded, policies.NoSuchLeaver} {
		w := policies.WaiverResult{
			ID: fmt.Sprintf("W-%d", i+1), Rule: "LIC-001", Leaver: s.leavers[min(i, 2)].Leaver.ID, Reason: "court case", ApprovedBy: "Allan Deyoung", Ticket: "LEGAL-7",
			Expires: at("2027-01-01T00:00:00Z"), Source: fmt.Sprintf("waivers.yaml:%d", 2+7*i), Standing: standing,
		}
		if standing == policies.Expired {
			w.Expires = at("2026-11-01T00:00:00Z")
		}
		s.waivers = append(s.waivers, w)
	}
	s.waivers[1].Rule = "DEV-001"
	s.gone = []policies.GoneVerdict{{Rule: "ACC-001", Leaver: "00000009-0000-0000-0000-000000000000", Name: "Lee Gu", Status: policies.Fail, Severity: policies.Critical, Fingerprint: "f9"}}
	return s
}

// many is a result of any size, with something of everything: a leaver for each number below n.
func many(n int) stream {
	s := compared()
	pattern := s.leavers
	s.leavers = nil
	for i := range n {
		one := leaver(i, fmt.Sprintf("Person %06d", i), slices.Clone(pattern[i%len(pattern)].Verdicts)...)
		s.leavers = append(s.leavers, one)
	}
	return s
}

// later is mixed as it is two days after an earlier result, with every kind of change.
func later() stream {
	s := mixed()
	s.counted = true
	s.run.Compared = &policies.ResultRef{Seal: "earlier", CollectedAt: at("2026-11-20T06:30:00Z"), PolicyDigest: "def"}
	change := func(l, v int, kind policies.ChangeKind, before policies.Status, cause policies.Cause) {
		s.leavers[l].Verdicts[v].Change = &policies.Change{Kind: kind, Before: before, Since: s.run.CollectedAt, Cause: cause}
	}
	change(0, 0, policies.ChangeNew, policies.Pass, "")
	change(0, 1, policies.ChangeMethod, policies.Pass, policies.CauseReadable)
	change(0, 2, policies.ChangeScope, policies.Fail, policies.CauseState)
	change(1, 0, policies.ChangeReopened, policies.Pass, "")
	change(1, 1, policies.ChangeOpen, policies.Unknown, "")
	change(1, 2, policies.ChangeOpen, policies.Fail, "")
	change(2, 0, policies.ChangeFixed, policies.Fail, "")
	change(2, 1, policies.ChangeOpen, policies.Unknown, "")
	change(2, 3, policies.ChangeWaived, policies.Fail, "")
	s.gone = []policies.GoneVerdict{
		{Rule: "OLD-001", Status: policies.Fail, Severity: policies.High, Fingerprint: "f", Cause: policies.CauseRule},
		{Rule: "ACC-001", Leaver: "00000009-0000-0000-0000-000000000000", Name: "Miriam Graham", Status: policies.Unknown, Severity: policies.Critical, Fingerprint: "g", Cause: policies.CauseLeaver},
	}
	return s
}

// trend is of three nights; before the last the rules were changed.
func trend() []report.TrendPoint {
	var out []report.TrendPoint
	for i, failing := range []int{4, 3, 3} {
		out = append(out, report.TrendPoint{
			CollectedAt: at("2026-11-18T06:30:00Z").AddDate(0, 0, i), Leavers: policies.LeaverCounts{Total: 5, Failing: failing, Unknown: 1, Clean: 4 - failing, NotYet: 1}, Method: i == 2,
		})
	}
	return out
}
