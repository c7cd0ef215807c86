package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

const (
	defaultWidth = 80
	minWidth     = 60
	defaultLimit = 200
)

// table shows a result on a terminal: a sentence that says how things stand, then what fails, what
// could not be checked and what is still in grace, each by when data is lost, severity and how overdue it
// is, then what is waived and attested, counts, who is not judged yet, and what would make an incomplete result
// complete.
type table struct {
	order
	w    io.Writer
	opts Options

	header policies.Run
	titles map[string]string // of rules

	failing *rows
	pending *rows
	waived  *rows
	unknown *groups
	notYet  []string
	// tenantFails counts failing verdicts on the tenant, which are nobody's.
	tenantFails int
}

func newTable(w io.Writer, opts Options) *table {
	if opts.Width <= 0 {
		opts.Width = defaultWidth
	}
	opts.Width = max(opts.Width, minWidth)
	if opts.Limit <= 0 {
		opts.Limit = defaultLimit
	}
	return &table{
		w: w, opts: opts, titles: map[string]string{},
		failing: newRows(opts.Limit), pending: newRows(opts.Limit), waived: newRows(opts.Limit), unknown: newGroups(opts.Limit),
	}
}

func (t *table) Run(run policies.Run) error {
	for _, rule := range run.Rules {
		t.titles[rule.ID] = rule.Title
	}
	t.header = run
	return t.run()
}

func (t *table) Leaver(leaver policies.LeaverResult) error {
	if leaver.NotYet() && len(t.notYet) < t.opts.Limit {
		t.notYet = append(t.notYet, leaver.Name()+" ("+day(leaver.Leaver.LeftAt)+")")
	}
	for _, verdict := range leaver.Verdicts {
		t.add(verdict, leaver.Name(), leaver.Leaver.UserPrincipalName)
	}
	return t.leaver()
}

func (t *table) Tenant(tenant policies.TenantResult) error {
	for _, verdict := range tenant.Verdicts {
		if verdict.Status == policies.Fail {
			t.tenantFails++
		}
		t.add(verdict, tenantName, "")
	}
	return t.tenant()
}

func (t *table) add(verdict policies.Verdict, who, account string) {
	row := row{severity: verdict.Severity, rule: verdict.Rule, who: who, account: account, what: verdict.Message, lost: verdict.Deadline, due: verdict.Due}
	if row.what == "" {
		row.what = t.titles[verdict.Rule] + ": no"
	}
	row.what = mark(verdict) + row.what
	switch {
	case !verdict.Deadline.IsZero():
		row.date = t.deadline(verdict.Deadline)
	case !verdict.Due.IsZero():
		row.date = day(verdict.Due)
	}
	switch verdict.Status {
	case policies.Fail:
		t.failing.add(row)
	case policies.Pending:
		t.pending.add(row)
	case policies.Unknown:
		t.unknown.add(row)
	case policies.Waived:
		if w := verdict.Waiver; w != nil {
			row.what, row.date = w.Reason+" ("+w.ID+", "+w.ApprovedBy+")", day(w.Expires)
			row.lost, row.due = w.Expires, w.Expires
		}
		t.waived.add(row)
	default:
	}
}

// Summary writes everything: what stands first in the output is known last.
func (t *table) Summary(summary policies.Summary) error {
	if err := t.summary(); err != nil {
		return err
	}
	var out bytes.Buffer
	t.write(&out, summary)
	if _, err := t.w.Write(clean.Lines(out.Bytes())); err != nil {
		return fmt.Errorf("report: writing: %w", err)
	}
	return nil
}

func (t *table) Close() error { return t.whole() }

func (t *table) write(out *bytes.Buffer, summary policies.Summary) {
	p := page{out: out, width: t.opts.Width, color: t.opts.Color}
	p.paragraph(tone(summary, t.tenantFails), sentence(summary, t.tenantFails))
	p.paragraph(plain, t.checked(summary))
	if changes := t.changes(summary); changes != "" {
		p.paragraph(bold, changes)
	}
	if excluded := t.excluded(); excluded != "" {
		p.paragraph(yellow, excluded)
	}
	if next := t.next(summary); next != "" {
		p.paragraph(yellow, next)
	}
	if doubtful := unheard(summary.Attestations); doubtful > 0 {
		p.paragraph(yellow, count(doubtful, "attestation does not count", "attestations do not count")+": see below.")
	}
	if doubtful := uncounted(summary.Waivers); len(doubtful) > 0 {
		p.paragraph(yellow, count(len(doubtful), "waiver does not count", "waivers do not count")+": see below.")
	}

	if failing := t.failing.sorted(); len(failing) > 0 {
		p.heading("Failing", t.failing.total)
		p.verdicts(failing, "WHAT IS WRONG")
		t.more(&p, t.failing.total-len(failing))
	}
	if unknown, more := t.unknown.sorted(); len(unknown) > 0 {
		p.heading("Could not be checked", summary.Statuses[policies.Unknown])
		p.verdicts(unknown, "WHY")
		t.more(&p, more)
	}
	if pending := t.pending.sorted(); len(pending) > 0 {
		p.heading("In grace: fails if it stays as it is", t.pending.total)
		p.verdicts(pending, "WHAT IS WRONG")
		t.more(&p, t.pending.total-len(pending))
	}
	if waived := t.waived.sorted(); len(waived) > 0 {
		p.heading("Waived: accepted until the date", t.waived.total)
		p.verdicts(waived, "WHY")
		t.more(&p, t.waived.total-len(waived))
	}
	if doubtful := uncounted(summary.Waivers); len(doubtful) > 0 {
		p.heading("Waivers that do not count", len(doubtful))
		shown := doubtful[:min(len(doubtful), t.opts.Limit)]
		p.waivers(shown)
		t.more(&p, len(doubtful)-len(shown))
	}
	if len(summary.Attestations) > 0 {
		p.heading("Attested", len(summary.Attestations))
		shown := leading(summary.Attestations, t.opts.Limit)
		p.attested(shown)
		t.more(&p, len(summary.Attestations)-len(shown))
	}
	if n := summary.Leavers.NotYet; n > 0 {
		p.heading("Leave later, not judged yet", n)
		for _, who := range t.notYet {
			p.line(who)
		}
		t.more(&p, n-len(t.notYet))
	}
	if len(summary.Incomplete) > 0 {
		p.heading("What would make this complete", len(summary.Incomplete))
		shown := summary.Incomplete[:min(len(summary.Incomplete), t.opts.Limit)]
		p.incomplete(shown)
		t.more(&p, len(summary.Incomplete)-len(shown))
	}
	if gone := goneRows(summary.Gone); len(gone) > 0 {
		p.heading("Judged no more, and was not right", len(gone))
		shown := gone[:min(len(gone), t.opts.Limit)]
		p.verdicts(shown, "WHY")
		t.more(&p, len(gone)-len(shown))
	}
	t.trend(&p, summary)
	if t.failing.total+t.pending.total+t.waived.total+summary.Statuses[policies.Unknown] > 0 {
		p.heading("Verdicts", 0)
		p.counts(summary)
	}
	p.line("")
	p.paragraph(plain, "Evidence for every verdict: "+t.details()+".")
}

// deadline shows a date with the days that are left until then.
func (t *table) deadline(at time.Time) string { return deadlineText(at, t.header.JudgedAsOf()) }

func deadlineText(at, now time.Time) string {
	left := *policies.DaysLeft(at, now)
	switch {
	case left == 0:
		return day(at) + ", less than a day left"
	case left > 0:
		return day(at) + ", " + count(left, "day left", "days left")
	}
	return day(at) + ", " + count(-left, "day ago", "days ago")
}

// next says when data is lost next.
func (t *table) next(summary policies.Summary) string {
	if summary.NextDeadline.IsZero() {
		return ""
	}
	text := "Data is lost next on " + t.deadline(summary.NextDeadline)
	if summary.Deadlines > 0 {
		text += "; " + count(summary.Deadlines, "deadline", "deadlines") + " within 7 days"
	}
	return text + "."
}

// unheard counts the attestations that were not laid before the rules.
func unheard(all []policies.AttestationResult) int {
	n := 0
	for _, a := range all {
		if !a.Standing.Heard() {
			n++
		}
	}
	return n
}

// leading takes the first of the attestations, those that do not count before all others.
func leading(all []policies.AttestationResult, most int) []policies.AttestationResult {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b policies.AttestationResult) int {
		switch {
		case a.Standing.Heard() == b.Standing.Heard():
			return 0
		case b.Standing.Heard():
			return -1
		}
		return 1
	})
	return out[:min(len(out), most)]
}

// checked says what was looked at, and when.
func (t *table) checked(summary policies.Summary) string {
	verdicts := 0
	for _, n := range summary.Statuses {
		verdicts += n
	}
	text := fmt.Sprintf("Checked: %s of %s (%s), as collected at %s.",
		count(len(t.header.Rules), "rule", "rules")+", "+count(verdicts, "verdict", "verdicts"),
		named(t.header.Tenant), t.header.Cloud, moment(t.header.CollectedAt))
	if baseline := t.header.Baseline; baseline != nil {
		text += " Compared with the baseline of " + moment(baseline.CollectedAt) + "."
	}
	if !t.header.Now.IsZero() {
		text += " Judged as of " + moment(t.header.Now) + "."
	}
	text += t.population() + t.off()
	if n := summary.Statuses[policies.Waived]; n > 0 {
		text += " " + count(n, "verdict is", "verdicts are") + " waived."
	}
	return text
}

// off says which rules the result has nothing of.
func (t *table) off() string {
	if len(t.header.Off) == 0 {
		return ""
	}
	var ids []string
	for _, rule := range t.header.Off {
		ids = append(ids, rule.ID)
	}
	return " " + count(len(ids), "rule is", "rules are") + " switched off: " + strings.Join(ids, ", ") + "."
}

// uncounted are the waivers that cover nothing although somebody may think that they do.
func uncounted(all []policies.WaiverResult) []policies.WaiverResult {
	var out []policies.WaiverResult
	for _, w := range all {
		if w.Standing != policies.Counts && w.Standing != policies.NotNeeded {
			out = append(out, w)
		}
	}
	return out
}

func (t *table) more(p *page, n int) {
	if n > 0 {
		p.line(fmt.Sprintf("... and %d more: %s", n, t.details()))
	}
}

func (t *table) details() string {
	if t.opts.Details != "" {
		return t.opts.Details
	}
	return "--format json"
}

func sentence(summary policies.Summary, tenantFails int) string {
	l := summary.Leavers
	judged := l.Total - l.NotYet
	if judged == 0 && tenantFails == 0 {
		if l.NotYet > 0 {
			return fmt.Sprintf("Nobody to judge yet: %s in the future.", count(l.NotYet, "leaver leaves", "leavers leave"))
		}
		return "Nobody to judge: there is no leaver."
	}
	var parts []string
	switch {
	case l.Failing > 0:
		parts = append(parts, of(l.Failing, judged)+" "+isAre(l.Failing)+" not properly offboarded")
	case l.Unknown > 0:
		parts = append(parts, "No leaver was found to fail")
	case l.Pending > 0:
		parts = append(parts, "No leaver fails yet")
	case l.Waived > 0:
		parts = append(parts, "No leaver fails but for what is waived", "verdicts on "+of(l.Waived, judged)+" are accepted for a time")
	case judged == 1:
		parts = append(parts, "The one leaver is properly offboarded")
	default:
		parts = append(parts, fmt.Sprintf("All %d leavers are properly offboarded", judged))
	}
	if l.Unknown > 0 {
		whom := strconv.Itoa(l.Unknown)
		if l.Failing == 0 {
			whom = of(l.Unknown, judged)
		}
		parts = append(parts, whom+" could not be fully checked")
	}
	if l.Pending > 0 {
		parts = append(parts, strconv.Itoa(l.Pending)+" "+isAre(l.Pending)+" still in grace")
	}
	if tenantFails > 0 {
		parts = append(parts, count(tenantFails, "check of the tenant fails", "checks of the tenant fail"))
	}
	return strings.Join(parts, "; ") + "."
}

// tone is the colour of the sentence.
func tone(summary policies.Summary, tenantFails int) ink {
	switch {
	case summary.Leavers.Failing+tenantFails > 0:
		return red
	case !summary.Complete || summary.Leavers.Pending+summary.Leavers.Waived > 0:
		return yellow
	}
	return green
}

func of(n, all int) string {
	return fmt.Sprintf("%d of %s", n, count(all, "leaver", "leavers"))
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func named(tenant policies.Tenant) string {
	if tenant.Name == "" {
		return "tenant " + tenant.ID
	}
	return tenant.Name
}

func day(at time.Time) string    { return at.UTC().Format(time.DateOnly) }
func moment(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }
