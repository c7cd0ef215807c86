package report

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// sheet is a table for spreadsheets, which csv writes as a file and xlsx as one of several. Its cells are as
// they came: whoever writes them passes them through cell.
type sheet interface {
	// head takes the run and gives the names of the columns.
	head(run policies.Run) []string
	// leaver, tenant and summary give the rows that the part of the result takes.
	leaver(leaver policies.LeaverResult) [][]string
	tenant(tenant policies.TenantResult) [][]string
	summary(summary policies.Summary) [][]string
}

// cell makes a text fit for a cell: clean, and nothing that a spreadsheet takes for a formula. A program that
// splits rows at semicolons, as Excel does in many countries, sees cells where nobody wrote any: what follows
// one is guarded, too.
func cell(text string) string {
	text = clean.Text(text)
	if !strings.Contains(text, ";") {
		return guarded(text)
	}
	parts := strings.Split(text, ";")
	for i, part := range parts {
		parts[i] = guarded(part)
	}
	return strings.Join(parts, ";")
}

// guarded puts an apostrophe before what could begin a formula, in front of any spaces and quotes that are
// skipped, and however wide the sign is written.
func guarded(text string) string {
	if text == "" || text[0] >= '0' && text[0] <= '9' || text[0] >= 'A' && text[0] <= 'Z' || text[0] >= 'a' && text[0] <= 'z' {
		return text
	}
	const skipped, signs = "\"\u200c\u200d\u2800\u3164", "=+-@" + "＝＋－＠" + "﹦﹢﹣﹫" + "⁼⁺⁻" + "₌₊₋" + "−"
	begin := strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(skipped, r) })
	if first, _ := utf8.DecodeRuneInString(begin); begin != "" && strings.ContainsRune(signs, first) {
		return "'" + text
	}
	return text
}

// inJSON gives a value as the text of a cell; nothing for none.
func inJSON[T any](values []T) string {
	if len(values) == 0 {
		return ""
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(values); err != nil {
		return err.Error() // of values that came from JSON, none
	}
	return string(clean.JSON(bytes.TrimSpace(out.Bytes())))
}

// stamp is a time to sort by; nothing for none.
func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// verdictSheet has a row for each verdict. What is no verdict and must not be lost has a row without status:
// somebody who leaves later, a rule that is switched off, what is judged no more, a waiver that does not count.
type verdictSheet struct {
	run    policies.Run
	titles map[string]string
}

// The columns, in their order: which run, who, and what.
func runColumns() []string { return []string{"collectedAt", "tenantId"} }

func whoColumns() []string {
	return []string{"leaver", "userPrincipalName", "id", "employeeId", "state", "leftAt", "leftBy", "source"}
}

func whatColumns() []string {
	return []string{
		"rule", "title", "severity", "status", "message", "due", "deadline", "grade", "missing", "needs",
		"waiver", "waiverReason", "waiverApprovedBy", "waiverTicket", "waiverExpires", "waivedStatus",
		"change", "before", "since", "changeCause", "attestations", "findings", "evidence", "fingerprint",
	}
}

func (s *verdictSheet) head(run policies.Run) []string {
	s.run, s.titles = run, titles(run)
	return slices.Concat(runColumns(), whoColumns(), whatColumns())
}

// row puts the parts of a row together.
func (s *verdictSheet) row(who, what []string) []string {
	return slices.Concat([]string{stamp(s.run.CollectedAt), s.run.Tenant.ID}, who, what)
}

func (s *verdictSheet) leaver(leaver policies.LeaverResult) [][]string {
	who := person(leaver)
	rows := make([][]string, 0, len(leaver.Verdicts)+1)
	for _, verdict := range leaver.Verdicts {
		rows = append(rows, s.row(who, s.describe(verdict)))
	}
	switch {
	case leaver.NotYet():
		rows = append(rows, s.row(who, fields{"message": "leaves later, not judged yet"}.in(whatColumns())))
	case len(rows) == 0:
		rows = append(rows, s.row(who, fields{"message": "no rule judges this leaver"}.in(whatColumns())))
	}
	return rows
}

func (s *verdictSheet) tenant(tenant policies.TenantResult) [][]string {
	var rows [][]string
	who := fields{"leaver": wholeTenant}.in(whoColumns())
	for _, verdict := range tenant.Verdicts {
		rows = append(rows, s.row(who, s.describe(verdict)))
	}
	return rows
}

func (s *verdictSheet) summary(summary policies.Summary) [][]string {
	var rows [][]string
	add := func(who, what fields) { rows = append(rows, s.row(who.in(whoColumns()), what.in(whatColumns()))) }
	for _, off := range s.run.Off {
		add(nil, fields{"rule": off.ID, "title": off.Title, "message": "switched off by the configuration: nobody was judged by it"})
	}
	for _, gone := range summary.Gone {
		add(fields{"leaver": goneName(gone), "id": gone.Leaver}, fields{
			"rule": gone.Rule, "title": s.titles[gone.Rule], "severity": string(gone.Severity), "message": "judged no more",
			"change": string(policies.ChangeScope), "before": string(gone.Status), "fingerprint": gone.Fingerprint,
		})
	}
	for _, w := range summary.Waivers {
		if w.Standing != policies.Counts {
			add(fields{"leaver": w.Leaver, "id": w.Leaver, "source": w.Source}, fields{
				"rule": w.Rule, "title": s.titles[w.Rule], "message": "a waiver that covers nothing: " + string(w.Standing),
				"waiver": w.ID, "waiverReason": w.Reason, "waiverApprovedBy": w.ApprovedBy, "waiverTicket": w.Ticket, "waiverExpires": stamp(w.Expires),
			})
		}
	}
	return rows
}

// describe gives the cells that say what a verdict is.
func (s *verdictSheet) describe(v policies.Verdict) []string {
	w, c := v.Waiver, v.Change
	if w == nil {
		w = &policies.Waiver{}
	}
	if c == nil {
		c = &policies.Change{}
	}
	return []string{
		v.Rule, s.titles[v.Rule], string(v.Severity), string(v.Status), v.Message, stamp(v.Due), stamp(v.Deadline), string(v.Grade), missing(v), needs(v),
		w.ID, w.Reason, w.ApprovedBy, w.Ticket, stamp(w.Expires), string(w.Status),
		string(c.Kind), string(c.Before), stamp(c.Since), string(c.Cause), inJSON(v.Attestations), inJSON(v.Findings), inJSON(v.Evidence), v.Fingerprint,
	}
}

// fields are cells by their column.
type fields map[string]string

// in puts the cells in order.
func (f fields) in(columns []string) []string {
	row := make([]string, len(columns))
	for i, name := range columns {
		row[i] = f[name]
	}
	return row
}

// wholeTenant stands where a leaver does, for verdicts on nobody in particular.
const wholeTenant = "(tenant)"

func goneName(gone policies.GoneVerdict) string {
	switch {
	case gone.Name != "":
		return gone.Name
	case gone.Leaver != "":
		return gone.Leaver
	}
	return wholeTenant
}

func titles(run policies.Run) map[string]string {
	out := map[string]string{}
	for _, rule := range run.Rules {
		out[rule.ID] = rule.Title
	}
	return out
}

// person are the cells that say who a leaver is.
func person(leaver policies.LeaverResult) []string {
	who := leaver.Leaver
	return []string{leaver.Name(), who.UserPrincipalName, who.ID, who.EmployeeID, string(who.State), stamp(who.LeftAt), stamp(who.LeftBy), who.Source}
}

// missing names what a verdict would have needed, and why it was not there.
func missing(v policies.Verdict) string {
	var parts []string
	for _, m := range v.Missing {
		parts = append(parts, strings.TrimSpace(m.Fact+" ("+m.Reason+")"))
	}
	return strings.Join(parts, ", ")
}

// needs says what would have made it readable.
func needs(v policies.Verdict) string {
	var parts []string
	for _, m := range v.Missing {
		if m.Needs != "" && !slices.Contains(parts, m.Needs) {
			parts = append(parts, m.Needs)
		}
	}
	return strings.Join(parts, ", ")
}
