package report

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// page lays text and tables out into a buffer. Everything that is put on it is cleaned here and nowhere
// else.
type page struct {
	out   *bytes.Buffer
	width int
	color bool
}

// ink is a colour, as the parameter of an escape sequence.
type ink string

const (
	plain  ink = ""
	bold   ink = "1"
	red    ink = "1;31"
	yellow ink = "33"
	green  ink = "32"
)

// paint cleans text and colours it.
func (p *page) paint(in ink, text string) string {
	text = clean.Text(text)
	if !p.color || in == plain {
		return text
	}
	return "\x1b[" + string(in) + "m" + text + "\x1b[0m"
}

// roomy says that more fits on a line than on most.
func (p *page) roomy() bool { return p.width >= defaultWidth+defaultWidth/4 }

func (p *page) line(text string) {
	p.out.WriteString(clean.Text(text) + "\n")
}

// paragraph wraps words to the page.
func (p *page) paragraph(in ink, text string) {
	for _, line := range wrap(clean.Text(text), p.width) {
		p.out.WriteString(p.paint(in, line) + "\n")
	}
}

// wrap breaks clean text into lines, between words where it can. A word that is cut shows it.
func wrap(text string, width int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(text) {
		wide := twwidth.Width(word)
		if line != "" && used+1+wide > width {
			lines, line, used = append(lines, line), "", 0
		}
		for wide > width {
			head := twwidth.Truncate(word, width-1)
			if head == "" {
				break // nothing of it fits: a column is never that narrow
			}
			lines = append(lines, head+"↩")
			word = word[len(head):]
			wide = twwidth.Width(word)
		}
		if line != "" {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+wide
	}
	return append(lines, line)
}

func (p *page) heading(text string, n int) {
	if n > 0 {
		text += " (" + strconv.Itoa(n) + ")"
	}
	p.out.WriteString("\n" + p.paint(bold, text) + "\n")
}

// column is one column of a table. It is as wide as its widest cell, up to most; the one that flows has
// whatever the others leave. What does not fit is cut, or wraps.
type column struct {
	title string
	most  int
	flows bool
	wraps bool
	right bool
}

// gap is what stands between columns.
const gap = 2

func (p *page) verdicts(rows []row, what string) {
	cells := make([][]string, len(rows))
	inks := make([]ink, len(rows))
	dated := false
	for i, row := range rows {
		cells[i] = []string{string(row.severity), row.rule, row.who, row.what, row.date}
		inks[i] = severityInk(row.severity)
		dated = dated || row.date != ""
	}
	due := len("2006-01-02,")
	if p.roomy() {
		due = len("2006-01-02, 9999 days left")
	}
	columns := []column{
		{title: "SEVERITY", most: 8},
		{title: "RULE", most: 12},
		{title: "LEAVER", most: max(18, p.width/4), wraps: true},
		{title: what, flows: true, wraps: true},
		{title: "DUE", most: due, wraps: true},
	}
	if !dated {
		columns = columns[:4]
		for i := range cells {
			cells[i] = cells[i][:4]
		}
	}
	p.table(columns, cells, inks)
}

func (p *page) incomplete(causes []policies.Incomplete) {
	var cells [][]string
	for _, cause := range causes {
		fact := cause.Fact
		if fact == "" {
			fact = strings.Join(cause.Rules, ", ")
		}
		whom := "-"
		if cause.Leavers > 0 {
			whom = strconv.Itoa(cause.Leavers)
		}
		cells = append(cells, []string{fact, strings.ReplaceAll(cause.Reason, "_", " "), whom, mend(cause)})
	}
	p.table([]column{
		{title: "FACT", most: 18, wraps: true},
		{title: "WHY", most: 17, wraps: true},
		{title: "LEAVERS", most: 9, right: true},
		{title: "WHAT WOULD MEND IT", flows: true, wraps: true},
	}, cells, nil)
}

func (p *page) attested(all []policies.AttestationResult) {
	standing, by := len("STANDING"), p.width/8
	if p.roomy() {
		standing, by = len("several leavers"), p.width/6
	}
	columns := []column{
		{title: "RULE", most: 9, wraps: true},
		{title: "LEAVER", flows: true, wraps: true},
		{title: "BY", most: by, wraps: true},
		{title: "AT", most: len(time.DateOnly)},
		{title: "EXPIRES", most: len(time.DateOnly)},
		{title: "STANDING", most: standing, wraps: true},
	}
	const at = 3
	var cells [][]string
	for _, a := range all {
		cells = append(cells, []string{cmp.Or(a.Rule, a.Fact), a.Leaver, a.By, day(a.At), day(a.Expires), string(a.Standing)})
	}
	if p.width < defaultWidth {
		columns = slices.Delete(columns, at, at+1)
		for i := range cells {
			cells[i] = slices.Delete(cells[i], at, at+1)
		}
	}
	p.table(columns, cells, nil)
}

func (p *page) waivers(all []policies.WaiverResult) {
	var cells [][]string
	for _, w := range all {
		cells = append(cells, []string{w.ID, w.Rule, day(w.Expires), string(w.Standing), w.Source})
	}
	p.table([]column{
		{title: "WAIVER", most: max(12, p.width/6), wraps: true},
		{title: "RULE", most: 12},
		{title: "EXPIRES", most: len(time.DateOnly)},
		{title: "STANDING", most: len("no such leaver")},
		{title: "WHERE", flows: true, wraps: true},
	}, cells, nil)
}

// lookAt begins what to do about a cause that only its verdicts can explain.
const lookAt = "look at the verdicts: "

// mend says what to do about a cause.
func mend(cause policies.Incomplete) string {
	if cause.Needs != "" {
		return cause.Needs
	}
	switch cause.Reason {
	case "throttled", "timeout":
		return "run again: with the same --out it goes on where it stopped"
	case "unsupported":
		return "nothing: this cloud or kind of object does not offer it"
	case "concealed":
		return "let reports show names (Microsoft 365 admin centre, Org settings, Reports)"
	case "outside_retention":
		return "nothing any more: the log no longer reaches back that far"
	case "not_collected":
		return "collect it"
	case policies.ReasonPolicyError:
		return "mend the policy: the verdicts have its error"
	}
	return lookAt + strings.Join(cause.Rules, ", ")
}

func (p *page) counts(summary policies.Summary) {
	columns := []column{{title: "", most: 16}, {title: "total", most: 10, right: true}}
	for _, severity := range policies.Severities() {
		columns = append(columns, column{title: string(severity), most: 10, right: true})
	}
	var cells [][]string
	for _, status := range policies.Statuses() {
		if summary.Statuses[status] == 0 && status == policies.Waived {
			continue
		}
		row := []string{strings.ReplaceAll(string(status), "_", " "), strconv.Itoa(summary.Statuses[status])}
		for _, severity := range policies.Severities() {
			switch status {
			case policies.Fail:
				row = append(row, strconv.Itoa(summary.Severities[severity]))
			case policies.Unknown:
				row = append(row, strconv.Itoa(summary.UnknownSeverities[severity]))
			default:
				row = append(row, "")
			}
		}
		cells = append(cells, row)
	}
	p.table(columns, cells, nil)
}

// table renders rows without borders. Cells are cleaned and cut to their columns before the library sees
// them: it passes escape sequences through. Whether a character is wide must not depend on the locale.
func (p *page) table(columns []column, cells [][]string, first []ink) {
	twwidth.SetEastAsian(false)
	widths := p.widths(columns, cells)
	titles := make([]string, len(columns))
	aligns := make([]tw.Align, len(columns))
	mapped := tw.NewMapper[int, int]()
	for i, column := range columns {
		titles[i] = column.title
		aligns[i] = tw.AlignLeft
		if column.right {
			aligns[i] = tw.AlignRight
		}
		mapped.Set(i, widths[i]+gap)
	}
	pad := tw.Padding{Left: tw.Empty, Right: strings.Repeat(" ", gap), Overwrite: true}
	shape := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
		Padding:    tw.CellPadding{Global: pad},
		Alignment:  tw.CellAlignment{PerColumn: aligns},
	}
	var buffer bytes.Buffer
	table := tablewriter.NewTable(&buffer,
		tablewriter.WithConfig(tablewriter.Config{Header: shape, Row: shape}),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Symbols:  tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithEastAsian(tw.Off),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithColumnWidths(mapped),
	)
	table.Header(titles)
	var err error
	for i, row := range cells {
		fresh := make([]string, len(row)) // the library keeps what it is given
		for j, cell := range row {
			fresh[j] = clean.Text(cell)
			switch {
			case columns[j].wraps:
				fresh[j] = strings.Join(wrap(fresh[j], widths[j]), "\n")
			case twwidth.Width(fresh[j]) > widths[j]:
				fresh[j] = twwidth.Truncate(fresh[j], widths[j]-1) + "…"
			}
			if j == 0 && first != nil {
				fresh[j] = p.paint(first[i], fresh[j])
			}
		}
		if err = table.Append(fresh); err != nil {
			break
		}
	}
	if err == nil {
		err = table.Render()
	}
	if err != nil {
		// The buffer cannot fail, so this is the library refusing its input: say so where it shows.
		fmt.Fprintf(p.out, "(this table cannot be shown: %s)\n", clean.Text(err.Error()))
		return
	}
	for line := range strings.Lines(buffer.String()) {
		p.out.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

// widths shares the page out between the columns.
func (p *page) widths(columns []column, cells [][]string) []int {
	out := make([]int, len(columns))
	left := p.width - gap*(len(columns)-1)
	flowing := -1
	for i, column := range columns {
		if column.flows {
			flowing = i
			continue
		}
		out[i] = twwidth.Width(column.title)
		for _, row := range cells {
			out[i] = max(out[i], min(twwidth.Width(clean.Text(row[i])), column.most))
		}
		left -= out[i]
	}
	if flowing >= 0 {
		out[flowing] = max(left, 10)
	}
	return out
}

func severityInk(severity policies.Severity) ink {
	switch severity {
	case policies.Critical, policies.High:
		return red
	case policies.Medium:
		return yellow
	default:
		return plain
	}
}
