package report

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"leavercheck/policies"
)

// Excel's own limits.
const (
	xlsxRows  = 1 << 20
	xlsxChars = 32767 // in a cell, of UTF-16
)

// xlsx writes a workbook: a summary, and the tables of csv, csv-matrix and csv-plan, each with filters and a head
// that stays. Every cell is text, never a formula. Rows beyond what a sheet holds go on on another one, and what
// a cell cannot hold is cut; the summary says both. Rows wait in temporary files that only the user can read.
type xlsx struct {
	order
	w      io.Writer
	rows   int
	header policies.Run
	// tenantFails counts failing verdicts on the tenant.
	tenantFails int

	file   *excelize.File
	text   int // the style of every cell
	head   int
	tables []*xlsxTable
	cut    int
}

// xlsxTable is one of the tables, with the sheet that it has come to.
type xlsxTable struct {
	name    string
	sheet   sheet
	columns []string
	widths  map[string]float64
	// at is the sheet being written, of several; row is the last row on it.
	stream *excelize.StreamWriter
	at     string
	sheets int
	row    int
}

func newXLSX(w io.Writer, _ Options) *xlsx {
	return &xlsx{w: w, rows: xlsxRows, tables: []*xlsxTable{
		{name: "Verdicts", sheet: &verdictSheet{}, widths: map[string]float64{"message": 60, "title": 30, "missing": 30, "needs": 30}},
		{name: "Matrix", sheet: &matrixSheet{}},
		{name: "Plan", sheet: &planSheet{}, widths: map[string]float64{"action": 50, "why": 50, "commands": 50, "portal": 30}},
	}}
}

const summarySheet = "Summary"

func (x *xlsx) Run(run policies.Run) error {
	if err := x.run(); err != nil {
		return err
	}
	x.header = run
	x.file = excelize.NewFile()
	if err := x.begin(run); err != nil {
		return fmt.Errorf("report: xlsx: %w", err)
	}
	return nil
}

func (x *xlsx) begin(run policies.Run) error {
	f := x.file
	at := run.JudgedAsOf().UTC().Format(time.RFC3339)
	if err := f.SetDocProps(&excelize.DocProperties{Creator: "leavercheck", LastModifiedBy: "leavercheck", Created: at, Modified: at, Title: "Offboarding of leavers"}); err != nil {
		return err
	}
	const asText = 49 // the number format "@": a cell that somebody edits stays text
	var err error
	if x.text, err = f.NewStyle(&excelize.Style{NumFmt: asText}); err != nil {
		return err
	}
	if x.head, err = f.NewStyle(&excelize.Style{NumFmt: asText, Font: &excelize.Font{Bold: true}}); err != nil {
		return err
	}
	if err := f.SetSheetName("Sheet1", summarySheet); err != nil {
		return err
	}
	for _, t := range x.tables {
		t.columns = t.sheet.head(run)
		if err := x.next(t); err != nil {
			return err
		}
	}
	return nil
}

// next begins another sheet of a table.
func (x *xlsx) next(t *xlsxTable) error {
	if err := x.endSheet(t); err != nil {
		return err
	}
	t.sheets++
	t.at, t.row = t.name, 1
	if t.sheets > 1 {
		t.at += " " + strconv.Itoa(t.sheets)
	}
	if _, err := x.file.NewSheet(t.at); err != nil {
		return err
	}
	stream, err := x.file.NewStreamWriter(t.at)
	if err != nil {
		return err
	}
	t.stream = stream
	for i, column := range t.columns {
		width := t.widths[column]
		if width == 0 {
			width = 16
		}
		if err := stream.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := stream.SetPanes(&excelize.Panes{Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight"}); err != nil {
		return err
	}
	return stream.SetRow("A1", x.cells(t.columns, x.head))
}

// endSheet puts filters on the sheet that is being written and closes it.
func (x *xlsx) endSheet(t *xlsxTable) error {
	if t.stream == nil {
		return nil
	}
	last, err := excelize.CoordinatesToCellName(len(t.columns), t.row)
	if err != nil {
		return err
	}
	if err := x.file.AutoFilter(t.at, "A1:"+last, nil); err != nil {
		return err
	}
	return t.stream.Flush()
}

func (x *xlsx) add(t *xlsxTable, rows [][]string) error {
	for _, row := range rows {
		if t.row >= x.rows {
			if err := x.next(t); err != nil {
				return err
			}
		}
		t.row++
		if err := t.stream.SetRow("A"+strconv.Itoa(t.row), x.cells(row, x.text)); err != nil {
			return err
		}
	}
	return nil
}

func (x *xlsx) cells(texts []string, style int) []any {
	out := make([]any, len(texts))
	for i, text := range texts {
		if text = cell(text); text == "" {
			continue
		}
		out[i] = excelize.Cell{StyleID: style, Value: x.fit(text)}
	}
	return out
}

// fit cuts what a cell cannot hold.
func (x *xlsx) fit(text string) string {
	if len(text) <= xlsxChars {
		return text
	}
	const mark = "… (cut: the whole is in the format ndjson)"
	units, cut := 0, 0
	for i, r := range text {
		size := 1
		if r > 0xffff {
			size = 2
		}
		if units+size <= xlsxChars-len(mark) {
			cut = i + len(string(r))
		}
		units += size
	}
	if units <= xlsxChars {
		return text
	}
	x.cut++
	return text[:cut] + mark
}

func (x *xlsx) Leaver(leaver policies.LeaverResult) error {
	if err := x.leaver(); err != nil {
		return err
	}
	return x.each(func(s sheet) [][]string { return s.leaver(leaver) })
}

func (x *xlsx) Tenant(tenant policies.TenantResult) error {
	if err := x.tenant(); err != nil {
		return err
	}
	for _, v := range tenant.Verdicts {
		if v.Status == policies.Fail {
			x.tenantFails++
		}
	}
	return x.each(func(s sheet) [][]string { return s.tenant(tenant) })
}

func (x *xlsx) each(rows func(sheet) [][]string) error {
	for _, t := range x.tables {
		if err := x.add(t, rows(t.sheet)); err != nil {
			return fmt.Errorf("report: xlsx: %w", err)
		}
	}
	return nil
}

func (x *xlsx) Summary(summary policies.Summary) error {
	if err := x.summary(); err != nil {
		return err
	}
	if err := x.each(func(s sheet) [][]string { return s.summary(summary) }); err != nil {
		return err
	}
	if err := x.end(summary); err != nil {
		return fmt.Errorf("report: xlsx: %w", err)
	}
	if err := x.file.Write(x.w); err != nil {
		return fmt.Errorf("report: writing: %w", err)
	}
	return nil
}

func (x *xlsx) end(summary policies.Summary) error {
	for _, t := range x.tables {
		if err := x.endSheet(t); err != nil {
			return err
		}
	}
	stream, err := x.file.NewStreamWriter(summarySheet)
	if err != nil {
		return err
	}
	if err := errors.Join(stream.SetColWidth(1, 1, 28), stream.SetColWidth(2, 2, 100)); err != nil {
		return err
	}
	for i, row := range x.front(summary) {
		if err := stream.SetRow("A"+strconv.Itoa(i+1), append(x.cells(row[:1], x.head), x.cells(row[1:], x.text)...)); err != nil {
			return err
		}
		if i+1 == x.rows {
			break
		}
	}
	return stream.Flush()
}

// front are the rows of the summary.
func (x *xlsx) front(summary policies.Summary) [][]string {
	run := x.header
	rows := [][]string{
		{"Result", sentence(summary, x.tenantFails)}, {"Tenant", run.Tenant.Name}, {"Tenant id", run.Tenant.ID}, {"Cloud", run.Cloud},
		{"Collected at", stamp(run.CollectedAt)}, {"Judged as of", stamp(run.JudgedAsOf())}, {"Snapshot", run.Snapshot.Seal},
		{"Policies", run.PolicyDigest}, {"Tool", run.Tool.Name + " " + run.Tool.Version}, {"Named by", strings.Join(run.Snapshot.Population.Sources, ", ")},
		{"Leavers", strconv.Itoa(summary.Leavers.Total)},
	}
	for _, status := range policies.Statuses() {
		rows = append(rows, []string{"Verdicts: " + string(status), strconv.Itoa(summary.Statuses[status])})
	}
	for _, severity := range policies.Severities() {
		rows = append(rows, []string{"Failing: " + string(severity), strconv.Itoa(summary.Severities[severity])})
	}
	for _, t := range x.tables {
		if t.sheets > 1 {
			rows = append(rows, []string{"Note", fmt.Sprintf("A sheet of Excel has %d rows: %s goes on on %d more sheets, which have filters of their own.", x.rows, t.name, t.sheets-1)})
		}
	}
	if x.cut > 0 {
		rows = append(rows, []string{"Note", fmt.Sprintf("A cell of Excel has %d characters: %d cells are cut, and say so at their end.", xlsxChars, x.cut)})
	}
	for _, aside := range asides(run, summary) {
		rows = append(rows, []string{"Note", aside})
	}
	return rows
}

// Close also removes the temporary files, whether the stream was whole or not.
func (x *xlsx) Close() error {
	whole := x.whole()
	if x.file == nil {
		return whole
	}
	if err := x.file.Close(); err != nil && whole == nil {
		return fmt.Errorf("report: xlsx: %w", err)
	}
	return whole
}
