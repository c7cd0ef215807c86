package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"leavercheck/policies"
)

// Excel's own limits.
const (
	xlsxRows  = 1 << 20
	xlsxChars = 32767 // in a cell, of UTF-16
)

// xlsx writes a workbook: a summary, and the tables of csv, csv-matrix and csv-plan, each with filters and a head
// that stays. Every cell is text, never a formula. Rows beyond what a sheet holds go on on another one, and what
// a cell cannot hold is cut; the summary says both. The verdicts are written as the leavers come, and the other
// two tables are kept, compressed.
type xlsx struct {
	order
	book   *workbook
	rows   int
	header policies.Run
	// tenantFails counts failing verdicts on the tenant.
	tenantFails int
	tables      []*xlsxTable
	cut         int
}

// xlsxTable is one of the tables, with the sheet that it has come to, of several.
type xlsxTable struct {
	name    string
	sheet   sheet
	widths  map[string]int
	columns []string
	at      *worksheet
	sheets  int
}

func newXLSX(w io.Writer) *xlsx {
	return &xlsx{book: newWorkbook(w), rows: xlsxRows, tables: []*xlsxTable{
		{name: "Verdicts", sheet: &verdictSheet{}, widths: map[string]int{"message": 60, "title": 30, "missing": 30, "needs": 30}},
		{name: "Matrix", sheet: &matrixSheet{}},
		{name: "Plan", sheet: &planSheet{}, widths: map[string]int{"action": 50, "why": 50, "commands": 50, "portal": 30}},
	}}
}

func (x *xlsx) Run(run policies.Run) error {
	if err := x.run(); err != nil {
		return err
	}
	x.header = run
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
	if err := x.end(t); err != nil {
		return err
	}
	t.sheets++
	name := t.name
	if t.sheets > 1 {
		name += " " + strconv.Itoa(t.sheets)
	}
	widths := make([]int, len(t.columns))
	for i, column := range t.columns {
		widths[i] = max(16, t.widths[column])
	}
	var err error
	if t.at, err = x.book.sheet(name, widths, true, t == x.tables[0]); err != nil {
		return err
	}
	return t.at.row(x.cells(t.columns), styleHead)
}

func (x *xlsx) end(t *xlsxTable) error {
	if t.at == nil {
		return nil
	}
	return t.at.end(len(t.columns))
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
		for _, row := range rows(t.sheet) {
			if t.at.rows >= x.rows {
				if err := x.next(t); err != nil {
					return err
				}
			}
			if err := t.at.row(x.cells(row), styleText); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *xlsx) cells(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = x.fit(cell(text))
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
		if units <= xlsxChars-len(mark) {
			cut = i
		}
		units++
		if r > 0xffff {
			units++
		}
	}
	if units <= xlsxChars {
		return text
	}
	x.cut++
	return text[:cut] + mark
}

func (x *xlsx) Summary(summary policies.Summary) error {
	if err := x.summary(); err != nil {
		return err
	}
	if err := x.each(func(s sheet) [][]string { return s.summary(summary) }); err != nil {
		return err
	}
	for _, t := range x.tables {
		if err := x.end(t); err != nil {
			return err
		}
	}
	front, err := x.book.sheet(summarySheet, []int{28, 120}, false, false)
	if err != nil {
		return err
	}
	for _, row := range x.front(summary) {
		if front.rows >= xlsxRows {
			break
		}
		if err := front.row(x.cells(row), styleText); err != nil {
			return err
		}
	}
	if err := front.end(2); err != nil {
		return err
	}
	return x.book.finish(x.header.JudgedAsOf())
}

// front are the rows of the summary.
func (x *xlsx) front(summary policies.Summary) [][]string {
	run := x.header
	rows := [][]string{
		{"Result", sentence(summary, x.tenantFails)},
		{"Tenant", run.Tenant.Name},
		{"Tenant id", run.Tenant.ID},
		{"Cloud", run.Cloud},
		{"Collected at", stamp(run.CollectedAt)},
		{"Judged as of", stamp(run.JudgedAsOf())},
		{"Snapshot", run.Snapshot.Seal},
		{"Policies", run.PolicyDigest},
		{"Tool", run.Tool.Name + " " + run.Tool.Version},
		{"Named by", strings.Join(run.Snapshot.Population.Sources, ", ")},
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
			rows = append(rows, []string{"Note", fmt.Sprintf("A sheet of Excel has %d rows: %s goes on on %s, with filters of their own.", x.rows, t.name, count(t.sheets-1, "more sheet", "more sheets"))})
		}
	}
	if x.cut > 0 {
		rows = append(rows, []string{"Note", fmt.Sprintf("A cell of Excel has %d characters: %s cut, and say so at their end.", xlsxChars, count(x.cut, "cell is", "cells are"))})
	}
	for _, aside := range asides(run, summary) {
		rows = append(rows, []string{"Note", aside})
	}
	return rows
}

func (x *xlsx) Close() error { return x.whole() }
