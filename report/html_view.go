package report

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"leavercheck/policies"
)

// htmlView is the page.
type htmlView struct {
	// CSP lets in the style and the script of the page by their digests, and nothing else.
	CSP           string
	Style, Script template.HTML

	Title, Tenant, Collected string
	Tone, Sentence           string
	// Alerts are sentences that must not be missed.
	Alerts     []string
	Tiles      []htmlTile
	Bar        []htmlSegment
	Counts     htmlCounts
	Incomplete []htmlCause
	Unknown    int

	First     []htmlLine
	FirstMore int

	Steps          []htmlStep
	Rows, Entries  []template.HTML
	TenantVerdicts []htmlVerdict
	Shown          string
	Changes        *htmlChanges
	Trend          *htmlTrend
	Rules          []htmlRule
	Frameworks     []htmlFramework
	Method         htmlMethod
	Coverage       []htmlFact
	Raw            string
	Seal           string
}

type htmlTile struct {
	Class, Word string
	N           int
}

// htmlSegment is a part of the bar of all verdicts, in thousandths.
type htmlSegment struct {
	htmlCount
	X, Width float64
}

type htmlCounts struct {
	Severities []policies.Severity
	Rows       []htmlCountRow
}

type htmlCountRow struct {
	htmlCount
	Cells []string
}

type htmlCause struct {
	What, Why, Mend string
	Leavers         int
	Rules           string
}

// htmlLine is a verdict in a list about everybody.
type htmlLine struct {
	htmlMark
	Severity    policies.Severity
	Rule, Title string
	Who, Anchor string
	What, Date  string
	Change      *htmlChange
}

// view makes the page of what was noted.
func (h *htmlReport) view(summary policies.Summary) (*htmlView, error) {
	style, styleHash, err := htmlAsset("style.css", "style")
	if err != nil {
		return nil, err
	}
	script, scriptHash, err := htmlAsset("script.js", "script")
	if err != nil {
		return nil, err
	}
	seats := h.crowd.seat()
	h.here = seats.here
	v := &htmlView{
		CSP: "default-src 'none'; style-src " + styleHash + "; script-src " + scriptHash +
			"; img-src data:; base-uri 'none'; form-action 'none'",
		Style: style, Script: script,
		Title: named(h.run.Tenant) + ", " + day(h.run.CollectedAt), Tenant: named(h.run.Tenant),
		Collected: minute(h.run.CollectedAt) + " UTC",
		Sentence:  sentence(summary, h.tenantFails),
		Steps:     h.steps, Rows: seats.Rows, Entries: seats.Entries, Shown: h.shown(seats),
		Unknown: summary.Statuses[policies.Unknown], Raw: h.raw(), Seal: h.run.Snapshot.Seal,
	}
	switch tone(summary, h.tenantFails) {
	case red:
		v.Tone = "fail"
	case green:
		v.Tone = "pass"
	default:
		v.Tone = "pending"
	}
	v.Alerts = h.alerts(summary)
	l := summary.Leavers
	v.Tiles = []htmlTile{
		{"", "leavers", l.Total},
		{"fail", "failing", l.Failing},
		{"unknown", "not fully checked", l.Unknown},
		{"pending", "in grace", l.Pending},
		{"waived", "waived", l.Waived},
		{"pass", "clean", l.Clean},
		{"na", "leave later", l.NotYet},
	}
	v.Bar, v.Counts = countsOf(summary)
	for _, cause := range summary.Incomplete {
		what, how := cause.Fact, mend(cause)
		if what == "" {
			what = "a decision of the rules"
		}
		if cause.Needs == "" && strings.HasPrefix(how, lookAt) {
			how = "look at the verdicts of these rules"
		}
		v.Incomplete = append(v.Incomplete, htmlCause{what, strings.ReplaceAll(cause.Reason, "_", " "), how, cause.Leavers, strings.Join(cause.Rules, ", ")})
	}
	for _, r := range h.first.sorted() {
		line := h.line(r)
		if line.Anchor != "" {
			line.Anchor += "-" + r.rule
		}
		v.First = append(v.First, line)
	}
	v.FirstMore = h.first.total - len(v.First)
	for _, one := range h.tenant.Verdicts {
		v.TenantVerdicts = append(v.TenantVerdicts, h.verdict("tenant", one, true))
	}
	v.Changes = h.changed(summary)
	v.Trend = h.trend(summary)
	v.Rules = h.byRule(summary)
	v.Frameworks = h.byControl(summary)
	v.Method = h.method(summary)
	v.Coverage = h.coverage()
	return v, nil
}

// htmlAsset is a file of ours as an element, and its digest as a source of the policy for content.
func htmlAsset(name, element string) (template.HTML, string, error) {
	text, err := htmlFile(name)
	if err != nil {
		return "", "", fmt.Errorf("report: %w", err)
	}
	sum := sha256.Sum256([]byte(text))
	return template.HTML("<" + element + ">" + text + "</" + element + ">"),
		"'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'", nil
}

// raw says where everything is that the page leaves out.
func (h *htmlReport) raw() string {
	if h.opts.Details != "" {
		return h.opts.Details
	}
	return "in the result, which -o ndjson=FILE writes"
}

// shown says who has evidence on the page, and who is on it at all.
func (h *htmlReport) shown(seats seated) string {
	entries, rows := len(seats.Entries), len(seats.Rows)
	var parts []string
	if seats.Full < rows {
		parts = append(parts, fmt.Sprintf("This page holds %s. Timeline, evidence and remediation are shown for the %d most urgent.", count(rows, "leaver", "leavers"), seats.Full))
		if brief := entries - seats.Full; brief > 0 {
			parts = append(parts, fmt.Sprintf("For %d more every verdict that is open is named.", brief))
		}
		if bare := rows - entries; bare > 0 {
			parts = append(parts, fmt.Sprintf("%s only in the matrix.", count(bare, "leaver is", "leavers are")))
		}
	}
	if out := h.crowd.out; out > 0 {
		open := "all without an open verdict"
		if h.crowd.outOpen > 0 {
			open = fmt.Sprintf("%d of them with open verdicts", h.crowd.outOpen)
		}
		parts = append(parts, fmt.Sprintf("%s found no room on it, %s.", count(out, "leaver", "leavers"), open))
	}
	switch {
	case rows == 0 && h.crowd.out == 0:
		return ""
	case !seats.Proof:
		parts = append(parts, "The evidence of verdicts that pass is not on this page. All of it is "+h.raw()+".")
	}
	return strings.Join(parts, " ")
}

// alerts are what a reader must know before anything else.
func (h *htmlReport) alerts(summary policies.Summary) []string {
	var out []string
	if next := summary.NextDeadline; !next.IsZero() {
		text := "Data is lost next on " + deadlineText(next, h.run.JudgedAsOf())
		if summary.Deadlines > 0 {
			text += "; " + count(summary.Deadlines, "deadline", "deadlines") + " within 7 days"
		}
		out = append(out, text+".")
	}
	if n := len(h.run.Snapshot.Population.Excluded); n > 0 {
		out = append(out, count(n, "person is", "people are")+" excluded and not looked at: see Scope and method.")
	}
	if n := len(h.run.Off); n > 0 {
		out = append(out, count(n, "rule is", "rules are")+" switched off: see Scope and method.")
	}
	if n := summary.Statuses[policies.Waived]; n > 0 {
		out = append(out, count(n, "verdict is", "verdicts are")+" waived: see Scope and method.")
	}
	expired := 0
	for _, w := range summary.Waivers {
		if !w.Standing.Heard() {
			expired++
		}
	}
	if expired > 0 {
		out = append(out, count(expired, "waiver does not count", "waivers do not count")+": see Scope and method.")
	}
	if n := unheard(summary.Attestations); n > 0 {
		out = append(out, count(n, "attestation does not count", "attestations do not count")+": see Scope and method.")
	}
	return out
}

// countsOf counts verdicts for the table and the bar.
func countsOf(summary policies.Summary) ([]htmlSegment, htmlCounts) {
	counts := htmlCounts{Severities: policies.Severities()}
	total := 0
	for _, n := range summary.Statuses {
		total += n
	}
	var bar []htmlSegment
	at := 0.0
	for _, status := range policies.Statuses() {
		one := htmlCount{markOf(status), summary.Statuses[status]}
		line := htmlCountRow{htmlCount: one}
		for _, severity := range counts.Severities {
			switch status {
			case policies.Fail:
				line.Cells = append(line.Cells, strconv.Itoa(summary.Severities[severity]))
			case policies.Unknown:
				line.Cells = append(line.Cells, strconv.Itoa(summary.UnknownSeverities[severity]))
			default:
				line.Cells = append(line.Cells, "")
			}
		}
		counts.Rows = append(counts.Rows, line)
		if one.N > 0 {
			// What is rare must be seen all the same: a segment is never narrower than a hair.
			width := max(float64(one.N)*1000/float64(total), 4)
			bar = append(bar, htmlSegment{one, at, width})
			at += width
		}
	}
	for i := range bar {
		bar[i].X, bar[i].Width = rounded(bar[i].X*1000/at), rounded(bar[i].Width*1000/at)
	}
	return bar, counts
}

func rounded(x float64) float64 { return float64(int(x*10+0.5)) / 10 }

// link is where a leaver is on the page, nothing for somebody who found no room.
func (h *htmlReport) link(anchor string) string {
	if !h.here[anchor] {
		return ""
	}
	return anchor
}

// line shows a verdict in a list about everybody.
func (h *htmlReport) line(r row) htmlLine {
	out := htmlLine{
		htmlMark: markOf(r.status), Severity: r.severity, Rule: r.rule, Title: h.rules[r.rule].Title, Who: r.who,
		Anchor: h.link(r.anchor), What: r.what, Change: changeOf(r.change),
	}
	switch {
	case !r.lost.IsZero():
		out.Date = "lost " + deadlineText(r.lost, h.run.JudgedAsOf())
	case !r.due.IsZero() && r.due.Before(h.run.JudgedAsOf()):
		out.Date = "was due " + day(r.due)
	case !r.due.IsZero():
		out.Date = "due " + day(r.due)
	}
	return out
}
