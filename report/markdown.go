package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// place is where Markdown is shown.
type place struct {
	// most bounds the bytes, and called says by whom: "a job summary of GitHub".
	most   int
	called string
	// rows bounds each list.
	rows int
	// tables says that tables are shown as such.
	tables bool
}

// jobSummary is GitHub's, which drops what is larger than 1 MiB. Tickets and wikis bear less of it well.
func jobSummary() place {
	return place{most: 1 << 20, called: "GitHub shows 1 MiB of a job summary", rows: 1000, tables: true}
}

// chatMessage is one of Teams or Slack: both take more, and fold or cut it.
func chatMessage() place {
	return place{most: 4000, called: "a chat message has 4,000 bytes here", rows: 10}
}

// markdown tells what a table on a terminal does, for a page: it gathers the same rows in the same way. Every
// text of a result stands in a code span, in which nothing is a link, a mention, an image, an emoji or HTML.
type markdown struct {
	*table
	place  place
	waived *rows
	// news are what fails or is unknown and did not in the earlier result.
	news *rows
}

func newMarkdown(w io.Writer, opts Options, where place) *markdown {
	if opts.Limit <= 0 || opts.Limit > where.rows {
		opts.Limit = where.rows
	}
	return &markdown{table: newTable(w, opts), place: where, waived: newRows(opts.Limit), news: newRows(opts.Limit)}
}

func (m *markdown) Leaver(leaver policies.LeaverResult) error {
	m.also(leaver.Verdicts, leaver.Name(), leaver.Leaver.UserPrincipalName)
	return m.table.Leaver(leaver)
}

func (m *markdown) Tenant(tenant policies.TenantResult) error {
	m.also(tenant.Verdicts, wholeTenant, "")
	return m.table.Tenant(tenant)
}

// also gathers what the table on a terminal has no list of.
func (m *markdown) also(verdicts []policies.Verdict, who, account string) {
	for _, v := range verdicts {
		row := row{severity: v.Severity, rule: v.Rule, who: who, account: account, what: v.Message, lost: v.Deadline, due: v.Due}
		if w := v.Waiver; v.Status == policies.Waived && w != nil {
			row.what, row.date = w.ID+" by "+w.ApprovedBy+": "+w.Reason, day(w.Expires)
		}
		if v.Status == policies.Waived {
			m.waived.add(row)
		}
		if v.Change != nil && (v.Change.Kind == policies.ChangeNew || v.Change.Kind == policies.ChangeReopened) {
			row.date = words(v.Change.Kind)
			m.news.add(row)
		}
	}
}

func (m *markdown) Summary(summary policies.Summary) error {
	if err := m.summary(); err != nil {
		return err
	}
	p := &mdPage{place: m.place, details: bounded(m.details(), 100)}
	m.fill(p, summary)
	if _, err := m.w.Write(p.bytes()); err != nil {
		return fmt.Errorf("report: writing: %w", err)
	}
	return nil
}

func (m *markdown) fill(p *mdPage, summary policies.Summary) {
	p.line("## leavercheck")
	p.line("")
	p.line("**" + sentence(summary, m.tenantFails) + "**")
	p.line("")
	when := "as collected at " + moment(m.header.CollectedAt)
	if !m.header.Now.IsZero() {
		when += ", judged as of " + moment(m.header.Now)
	}
	p.line("Tenant " + code(bounded(named(m.header.Tenant), 100)) + ", " + when + ".")
	if n := len(summary.Incomplete); n > 0 {
		p.line("**Incomplete:** " + count(summary.Statuses[policies.Unknown], "verdict is", "verdicts are") + " unknown, for " + count(n, "cause", "causes") + ".")
	}
	if next := m.next(summary); next != "" {
		p.line(next)
	}
	p.line("")
	m.counts(p, summary)
	if m.header.Compared != nil {
		m.changes(p, summary)
	}
	p.verdicts("Failing", m.failing.total, m.failing.sorted(), "what is wrong", "by")
	unknown, _ := m.unknown.sorted()
	p.verdicts("Could not be checked", summary.Statuses[policies.Unknown], unknown, "why", "by")
	p.verdicts("In grace: fails if it stays as it is", m.pending.total, m.pending.sorted(), "what is wrong", "by")
	p.verdicts("Waived", m.waived.total, m.waived.sorted(), "waiver", "until")
	if p.tables {
		m.rest(p, summary)
	} else {
		p.line("")
		p.line(m.beside(summary))
	}
}

func (m *markdown) counts(p *mdPage, summary policies.Summary) {
	var heads, cells []string
	for _, status := range policies.Statuses() {
		heads = append(heads, strings.ReplaceAll(string(status), "_", " "))
		cells = append(cells, strconv.Itoa(summary.Statuses[status]))
	}
	if p.tables {
		p.line("| verdicts | " + strings.Join(heads, " | ") + " |")
		p.line("|---" + strings.Repeat("|---:", len(heads)) + "|")
		p.line("| all | " + strings.Join(cells, " | ") + " |")
	} else {
		for i := range heads {
			heads[i] += " " + cells[i]
		}
		p.line("Verdicts: " + strings.Join(heads, ", ") + ".")
	}
	p.line("")
}

func (m *markdown) changes(p *mdPage, summary policies.Summary) {
	var parts []string
	for _, kind := range policies.ChangeKinds() {
		parts = append(parts, strconv.Itoa(summary.Changes[kind])+" "+words(kind))
	}
	p.line("Compared with the result of " + moment(m.header.Compared.CollectedAt) + ": " + strings.Join(parts, ", ") + ".")
	p.verdicts("New since then", m.news.total, m.news.sorted(), "what is wrong", "change")
}

// beside counts what a chat message has no room to list.
func (m *markdown) beside(summary policies.Summary) string {
	waivers := 0
	for _, w := range summary.Waivers {
		if w.Standing != policies.Counts {
			waivers++
		}
	}
	return fmt.Sprintf("Beside these: %s later, %s, %s, %s, %s.",
		count(summary.Leavers.NotYet, "leaver leaves", "leavers leave"),
		count(len(m.header.Snapshot.Population.Excluded), "account is excluded", "accounts are excluded"),
		count(len(m.header.Off), "rule is switched off", "rules are switched off"),
		count(waivers, "waiver covers nothing", "waivers cover nothing"),
		count(unheard(summary.Attestations), "attestation does not count", "attestations do not count"))
}

// rest lists asides.
func (m *markdown) rest(p *mdPage, summary policies.Summary) {
	all := asides(m.header, summary)
	if len(all) == 0 {
		return
	}
	p.heading("Also to know", len(all))
	for i, aside := range all {
		if i >= p.rows || !p.row("- "+code(bounded(aside, 400))) {
			p.more(len(all) - i)
			break
		}
	}
}

// mdPage is a page of Markdown that does not outgrow its place.
type mdPage struct {
	place
	text    bytes.Buffer
	details string
	// cut counts what found no room.
	cut int
}

// reserve is kept for headings and for saying what was cut.
const reserve = 1200

func (p *mdPage) line(text string) { p.text.WriteString(text + "\n") }

// row adds a line if there is room for it.
func (p *mdPage) row(text string) bool {
	if p.text.Len()+len(text)+1 > p.most-reserve {
		p.cut++
		return false
	}
	p.line(text)
	return true
}

func (p *mdPage) heading(title string, n int) {
	p.line("")
	p.line("### " + title + " (" + strconv.Itoa(n) + ")")
	p.line("")
}

func (p *mdPage) more(n int) {
	if n > 0 {
		p.line("")
		p.line("... and " + strconv.Itoa(n) + " more: " + p.where())
	}
}

// verdicts lists rows and says how many of the verdicts are in none of them.
func (p *mdPage) verdicts(title string, total int, rows []row, what, date string) {
	if total == 0 {
		return
	}
	p.heading(title, total)
	if p.tables {
		p.line("| severity | rule | who | " + what + " | " + date + " |")
		p.line("|---|---|---|---|---|")
	}
	shown := 0
	for _, r := range rows {
		text := "| " + string(r.severity) + " | " + code(r.rule) + " | " + code(r.who) + " | " + code(r.what) + " | " + r.date + " |"
		if !p.tables {
			text = "- " + string(r.severity) + " " + code(r.rule) + " " + code(r.who) + ": " + code(r.what)
			if r.date != "" {
				text += " (" + date + " " + r.date + ")"
			}
		}
		if !p.row(text) {
			break
		}
		shown += max(1, r.verdicts)
	}
	p.more(total - shown)
}

// where says where every verdict can be found.
func (p *mdPage) where() string {
	if path, found := strings.CutPrefix(p.details, "in "); found {
		return "in " + code(path)
	}
	return code(p.details)
}

func (p *mdPage) bytes() []byte {
	p.line("")
	p.line("Evidence for every verdict: " + p.where() + ".")
	if p.cut > 0 {
		p.line("")
		p.line("**Not everything is shown:** " + p.called + ".")
	}
	return p.text.Bytes()
}

// code puts a text in a code span. What would end it, or a cell of a table, and the angle brackets in which
// Slack finds commands even there, are replaced by what looks like it.
func code(text string) string {
	text = strings.Join(strings.Fields(clean.Text(text)), " ")
	if text == "" {
		return "-"
	}
	return "`" + strings.Map(func(r rune) rune {
		switch r {
		case '`':
			return 'ʼ'
		case '|':
			return '¦'
		case '<':
			return '‹'
		case '>':
			return '›'
		}
		return r
	}, text) + "`"
}
