package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// htmlFiles are the templates, the style and the script of the page.
//
//go:embed html
var htmlFiles embed.FS

// htmlReport is a result as one HTML file that asks nothing of any network: sections from a sentence for whoever has
// a minute to the evidence for whoever has a day. It is whole without its script, which only searches, filters,
// sorts and copies.
//
// Each leaver is rendered as they come and kept as text, so that memory is bounded by what a page can hold and not by
// the leavers; see crowd for what is left out beyond that.
type htmlReport struct {
	order
	w         io.Writer
	opts      Options
	templates *template.Template

	run   policies.Run
	rules map[string]policies.Rule
	steps []htmlStep
	crowd crowd
	// first are the verdicts to act on first; changes those that differ from the earlier result.
	first, changes *rows
	// affected are, by rule, the leavers of its open verdicts: the first of them, and how many there are.
	affected map[string]*htmlAffected
	// waived are, by waiver, those whom it covers.
	waived map[string]htmlName
	// here are the anchors of those who are on the page, once that is settled.
	here        map[string]bool
	tenant      policies.TenantResult
	tenantFails int
}

// What a section shows at most; what is more is counted.
const (
	mostFirst    = 50
	mostChanges  = 200
	mostAffected = 25
	mostListed   = 200
)

func newHTML(w io.Writer, opts Options) *htmlReport {
	return &htmlReport{
		w: w, opts: opts, rules: map[string]policies.Rule{}, affected: map[string]*htmlAffected{}, waived: map[string]htmlName{},
		first: newRows(mostFirst), changes: newRows(mostChanges),
	}
}

func parseHTML() (*template.Template, error) {
	all := template.New("page")
	for _, name := range []string{"page.html", "person.html"} {
		text, err := htmlFile(name)
		if err != nil {
			return nil, err
		}
		if _, err := all.Parse(text); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// htmlFile reads a file of ours, without indentation and empty lines: they would be a tenth of the page.
func htmlFile(name string) (string, error) {
	text, err := htmlFiles.ReadFile("html/" + name)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimLeft(line, " "); line != "\n" {
			out.WriteString(line)
		}
	}
	return out.String(), nil
}

func (h *htmlReport) Run(run policies.Run) error {
	if err := h.order.run(); err != nil {
		return err
	}
	var err error
	if h.templates, err = parseHTML(); err != nil {
		return fmt.Errorf("report: the page's templates: %w", err)
	}
	h.run = run
	for _, rule := range run.Rules {
		h.rules[rule.ID] = rule
	}
	h.steps = htmlSteps(run.Rules)
	return nil
}

func (h *htmlReport) Leaver(leaver policies.LeaverResult) error {
	if err := h.leaver(); err != nil {
		return err
	}
	n := h.crowd.total
	anchor := fmt.Sprintf("p%d", n)
	for _, v := range leaver.Verdicts {
		h.note(v, leaver.Name(), leaver.Leaver.UserPrincipalName, anchor)
	}
	one := member{anchor: anchor, urgency: urgencyOf(leaver)}
	brief, full, proof := h.crowd.room(one.urgency)
	person := h.person(n, leaver, full, proof)
	one.open = person.Open > 0
	for _, part := range []struct {
		name   string
		wanted bool
		into   *[]byte
	}{{"bare", true, &one.bare}, {"row", brief, &one.row}, {"brief", brief, &one.brief}, {"full", full, &one.full}, {"proof", proof, &one.proof}} {
		if !part.wanted {
			continue
		}
		var err error
		if *part.into, err = h.fragment(part.name, person); err != nil {
			return err
		}
	}
	h.crowd.add(one)
	return nil
}

func (h *htmlReport) Tenant(tenant policies.TenantResult) error {
	if err := h.order.tenant(); err != nil {
		return err
	}
	h.tenant = tenant
	for _, v := range tenant.Verdicts {
		if v.Status == policies.Fail {
			h.tenantFails++
		}
		h.note(v, "(tenant)", "", "tenant")
	}
	return nil
}

// Summary writes everything: what stands first in the output is known last.
func (h *htmlReport) Summary(summary policies.Summary) error {
	if err := h.summary(); err != nil {
		return err
	}
	view, err := h.view(summary)
	if err != nil {
		return err
	}
	out, err := h.fragment("page", view)
	if err != nil {
		return err
	}
	if _, err := h.w.Write(out); err != nil {
		return fmt.Errorf("report: writing: %w", err)
	}
	return nil
}

func (h *htmlReport) Close() error { return h.whole() }

// note keeps what the sections about everybody need of a verdict.
func (h *htmlReport) note(v policies.Verdict, who, account, anchor string) {
	line := row{
		severity: v.Severity, rule: v.Rule, who: who, account: account, anchor: anchor,
		what: h.message(v), lost: v.Deadline, due: v.Due, status: v.Status, change: v.Change,
	}
	if v.Status == policies.Fail {
		h.first.add(line)
	}
	if otherThanBefore(v.Change) {
		h.changes.add(line)
	}
	name := htmlName{Name: bounded(who, 80), Anchor: anchor}
	if v.Waiver != nil {
		h.waived[v.Waiver.ID] = name
	}
	if open(v.Status) {
		if h.affected[v.Rule] == nil {
			h.affected[v.Rule] = &htmlAffected{}
		}
		h.affected[v.Rule].add(name)
	}
}

// message is what a verdict says, or what its rule is about.
func (h *htmlReport) message(v policies.Verdict) string {
	switch {
	case v.Message != "":
		return v.Message
	case open(v.Status):
		return h.rules[v.Rule].Title + ": no"
	}
	return h.rules[v.Rule].Title
}

// open says whether a status is one that somebody must do something about, or has signed for.
func open(status policies.Status) bool {
	return status != policies.Pass && status != policies.NotApplicable
}

// fragment renders a template. What comes from a result is cleaned here and nowhere else: in the text that is
// rendered a character that moves, hides or reorders others can only be the result's, and what stands for it
// afterwards means nothing to HTML.
func (h *htmlReport) fragment(name string, data any) ([]byte, error) {
	var out bytes.Buffer
	if err := h.templates.ExecuteTemplate(&out, name, data); err != nil {
		return nil, fmt.Errorf("report: rendering: %w", err)
	}
	text := out.String()
	out.Reset()
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			out.WriteString(clean.Text(line))
			out.WriteByte('\n')
		}
	}
	return bytes.Clone(out.Bytes()), nil
}

// htmlStep is a step of the checklist: a column of the matrix.
type htmlStep struct{ Key, Title, Long string }

// htmlSteps lists the steps that the rules on leavers belong to: Microsoft's in their order, others after them.
func htmlSteps(rules []policies.Rule) []htmlStep {
	known := []htmlStep{
		{"roster", "Roster", "The roster itself"},
		{"sessions", "0 Sessions", "Step 0: sign out now"},
		{"mailbox", "1 Mailbox", "Step 1: save the contents of the mailbox"},
		{"mailflow", "2 Mail flow", "Step 2: forward the mail or convert to a shared mailbox"},
		{"devices", "3 Devices", "Step 3: wipe and block the mobile device"},
		{"access", "4 Access", "Step 4: block access to Microsoft 365 data"},
		{"email", "4b E-mail", "Step 4b: block access to e-mail"},
		{"onedrive", "5 OneDrive", "Step 5: move the OneDrive content"},
		{"licence", "6 Licence", "Step 6: remove the licence"},
		{"telephony", "6 Telephony", "Step 6: release the number"},
		{"account", "7 Account", "Step 7: delete the account"},
		{"order", "Order", "In the right order"},
	}
	var out []htmlStep
	used := map[string]bool{}
	for _, rule := range rules {
		if rule.Scope != policies.PerTenant {
			used[stepOf(rule)] = true
		}
	}
	for _, step := range known {
		if used[step.Key] {
			out = append(out, step)
			delete(used, step.Key)
		}
	}
	others := make([]string, 0, len(used))
	for key := range used {
		others = append(others, key)
	}
	slices.Sort(others)
	for _, key := range others {
		out = append(out, htmlStep{key, bounded(key, 24), key})
	}
	return out
}

// stepOf is the part of a rule's package that names its step, or, for a third party's, whose it is.
func stepOf(rule policies.Rule) string {
	parts := strings.Split(rule.Package, ".")
	if len(parts) > 1 {
		return parts[1]
	}
	return rule.Package
}

// htmlMark shows a status by more than a colour.
type htmlMark struct{ Class, Glyph, Word string }

func markOf(status policies.Status) htmlMark {
	switch status {
	case policies.Fail:
		return htmlMark{"fail", "✗", "fail"}
	case policies.Pending:
		return htmlMark{"pending", "◷", "in grace"}
	case policies.Waived:
		return htmlMark{"waived", "W", "waived"}
	case policies.Pass:
		return htmlMark{"pass", "✓", "pass"}
	case policies.NotApplicable:
		return htmlMark{"na", "–", "n/a"}
	case policies.Unknown:
		return htmlMark{"unknown", "?", "unknown"}
	}
	return htmlMark{"unknown", "?", string(status)}
}

// minute is a time as the page shows it.
func minute(at time.Time) string { return at.UTC().Format("2006-01-02 15:04") }
