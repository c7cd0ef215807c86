package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// GitHub's limits: beyond them it refuses the file, or drops what it likes.
const (
	sarifResults = 25000
	sarifRules   = 25000
	sarifTags    = 20
	sarifText    = 1024
)

// sarif writes what fails, is unknown, pending or waived, as results of SARIF 2.1.0; what passes or does not
// apply is only counted, for code scanning shows every result as an alert. A result stands at the line of the
// policy that found it, for there is no other file, and names the person as a logical location. What was fixed
// since the earlier result is only counted, too: alerts close when their result is gone.
//
// Of more results than GitHub takes the worst are kept, and a notification of the run says how many are not.
type sarif struct {
	order
	w       io.Writer
	limit   int
	header  policies.Run
	rules   map[string]int
	results []sarifVerdict
	total   int
}

// sarifVerdict is a verdict to write, with whose it is.
type sarifVerdict struct {
	policies.Verdict
	name, account, key string
}

func newSARIF(w io.Writer) *sarif { return &sarif{w: w, limit: sarifResults, rules: map[string]int{}} }

func (s *sarif) Run(run policies.Run) error {
	if err := s.run(); err != nil {
		return err
	}
	if len(run.Rules) > sarifRules {
		return fmt.Errorf("report: sarif: %d rules are more than the %d that GitHub takes", len(run.Rules), sarifRules)
	}
	s.header = run
	for i, rule := range run.Rules {
		s.rules[rule.ID] = i
	}
	return nil
}

func (s *sarif) Leaver(leaver policies.LeaverResult) error {
	for _, v := range leaver.Verdicts {
		s.add(sarifVerdict{v, bounded(leaver.Name(), 200), bounded(cmp.Or(leaver.Leaver.UserPrincipalName, leaver.Leaver.Key()), 200), leaver.Leaver.Key()})
	}
	return s.leaver()
}

func (s *sarif) Tenant(tenant policies.TenantResult) error {
	for _, v := range tenant.Verdicts {
		s.add(sarifVerdict{v, wholeTenant, bounded(s.header.Tenant.ID, 200), ""})
	}
	return s.tenant()
}

func (s *sarif) add(v sarifVerdict) {
	if v.Status == policies.Pass || v.Status == policies.NotApplicable {
		return
	}
	s.total++
	v.Evidence, v.Findings = nil, nil // GitHub shows nothing of them, and takes 10 MB of a file, compressed
	s.results = append(s.results, v)
	if len(s.results) >= 2*s.limit+64 {
		s.cut()
	}
}

// cut keeps the worst.
func (s *sarif) cut() {
	slices.SortStableFunc(s.results, func(a, b sarifVerdict) int {
		return cmp.Or(
			cmp.Compare(slices.Index(policies.Statuses(), a.Status), slices.Index(policies.Statuses(), b.Status)),
			cmp.Compare(slices.Index(policies.Severities(), a.Severity), slices.Index(policies.Severities(), b.Severity)),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.key, b.key),
		)
	})
	kept := min(len(s.results), s.limit)
	clear(s.results[kept:])
	s.results = s.results[:kept]
}

func (s *sarif) Close() error { return s.whole() }

// Summary writes everything: which results are the worst, and which waivers have expired, is known last.
func (s *sarif) Summary(summary policies.Summary) error {
	if err := s.summary(); err != nil {
		return err
	}
	s.cut()
	out := &jsonWriter{w: s.w}
	driver := sarifDriver{Name: "leavercheck", Version: clean.Text(s.header.Tool.Version), Rules: make([]sarifRule, 0, len(s.header.Rules))}
	for _, rule := range s.header.Rules {
		driver.Rules = append(driver.Rules, s.rule(rule))
	}
	head := sarifHead{Driver: driver}
	if err := out.value(`{"$schema":"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json","version":"2.1.0","runs":[{"tool":`, head, ",\n"); err != nil {
		return err
	}
	if err := out.value(`"automationDetails":`, sarifAutomation{ID: "leavercheck/" + clean.Text(s.header.Tenant.ID) + "/"}, ",\n"); err != nil {
		return err
	}
	if err := out.value(`"invocations":`, []sarifInvocation{s.invocation(summary)}, ",\n"); err != nil {
		return err
	}
	if err := out.value(`"properties":`, s.counts(summary), ",\n\"results\":["); err != nil {
		return err
	}
	expired := map[[2]string][]policies.WaiverResult{}
	for _, w := range summary.Waivers {
		if w.Standing == policies.Expired {
			expired[[2]string{w.Rule, w.Leaver}] = append(expired[[2]string{w.Rule, w.Leaver}], w)
		}
	}
	between := "\n"
	for _, v := range s.results {
		if err := out.value(between, s.result(v, expired[[2]string{v.Rule, v.key}]), ""); err != nil {
			return err
		}
		between = ",\n"
	}
	return out.text("\n]}]}\n")
}

// invocation says what is incomplete, and what did not fit.
func (s *sarif) invocation(summary policies.Summary) sarifInvocation {
	out := sarifInvocation{Successful: true, Notifications: []sarifNotification{}}
	notify := func(level, text string) {
		out.Notifications = append(out.Notifications, sarifNotification{Level: level, Message: message(text)})
	}
	if left := s.total - len(s.results); left > 0 {
		notify("warning", fmt.Sprintf("%d of %d results are not here: GitHub takes %d of a run, and shows 5000. The worst are kept; every one is in the formats ndjson and csv.", left, s.total, s.limit))
	}
	for _, aside := range asides(s.header, summary) {
		notify("note", aside)
	}
	return out
}

func (s *sarif) counts(summary policies.Summary) sarifCounts {
	return sarifCounts{
		Tenant: s.header.Tenant.ID, Snapshot: s.header.Snapshot.Seal, CollectedAt: stamp(s.header.CollectedAt), PolicyDigest: s.header.PolicyDigest,
		Complete: summary.Complete, Statuses: summary.Statuses, Severities: summary.Severities, Leavers: summary.Leavers,
		Changes: summary.Changes, Results: s.total, LeftOut: s.total - len(s.results),
	}
}

func (s *sarif) result(v sarifVerdict, expired []policies.WaiverResult) sarifResult {
	rule := policies.Rule{ID: v.Rule}
	index, known := s.rules[v.Rule]
	if known {
		rule = s.header.Rules[index]
	}
	out := sarifResult{
		RuleID: text(v.Rule), RuleIndex: index, Message: message(v.name + ": " + cmp.Or(v.Message, rule.Title, string(v.Status))),
		Locations: []sarifLocation{{
			Physical: sarifPhysical{Artifact: sarifArtifact{URI: policyURI(rule.File)}, Region: lineRegion(rule.Line)},
			Logical:  []sarifLogical{{Name: text(v.name), FullName: text(v.account), Kind: "resource"}},
		}},
		Fingerprints: map[string]string{"primaryLocationLineHash": text(v.Fingerprint), "leavercheck/v1": text(v.Fingerprint)},
		Properties: sarifVerdictProperties{
			Status: v.Status, Severity: v.Severity, Grade: v.Grade, Leaver: v.key, Due: stamp(v.Due), Deadline: stamp(v.Deadline),
			Missing: v.Missing, Change: v.Change,
		},
	}
	status := v.Status
	if v.Waiver != nil {
		status = v.Waiver.Status
		w := v.Waiver
		out.Suppressions = append(out.Suppressions, suppression("accepted", w.ID, w.Reason, w.ApprovedBy, w.Ticket, stamp(w.Expires)))
	}
	for _, w := range expired {
		out.Suppressions = append(out.Suppressions, suppression("rejected", w.ID, w.Reason, w.ApprovedBy, w.Ticket, stamp(w.Expires)+", which is past"))
	}
	out.Kind, out.Level = kindOf(status, v.Severity)
	if v.Change != nil {
		out.Baseline = map[policies.ChangeKind]string{
			policies.ChangeNew: "new", policies.ChangeReopened: "new", policies.ChangeOpen: "unchanged",
			policies.ChangeMethod: "updated", policies.ChangeWaived: "updated", policies.ChangeFixed: "updated",
		}[v.Change.Kind]
	}
	return out
}

// kindOf gives a result's kind and level. Only what fails has a level.
func kindOf(status policies.Status, severity policies.Severity) (kind, level string) {
	switch status {
	case policies.Fail, policies.Waived:
		return "fail", levelOf(severity)
	case policies.Unknown:
		return "open", "none"
	default: // pending: nothing to do about yet
		return "informational", "none"
	}
}

func levelOf(severity policies.Severity) string {
	switch severity {
	case policies.Critical, policies.High:
		return "error"
	case policies.Medium:
		return "warning"
	default:
		return "note"
	}
}

func suppression(status, id, reason, by, ticket, until string) sarifSuppression {
	text := "waiver " + id + " by " + by + " until " + until + ": " + reason
	if ticket != "" {
		text += " (" + ticket + ")"
	}
	return sarifSuppression{Kind: "external", Status: status, Justification: bounded(clean.Text(text), sarifText)}
}

// message makes a plain text message: brackets would be a link in it.
func message(of string) sarifMessage {
	return sarifMessage{Text: bounded(strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`).Replace(clean.Text(of)), 4*sarifText)}
}

// text is never empty: GitHub refuses a file for that.
func text(of string) string {
	if of = bounded(clean.Text(of), sarifText-4); of == "" {
		return "-"
	}
	return of
}
