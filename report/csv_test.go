package report_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"leavercheck/policies"
	"leavercheck/report"
)

// formula says whether a spreadsheet would take a cell for one, however it skips what stands before it.
func formula(text string) bool {
	text = strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '"' || r == '\ufeff' })
	return text != "" && strings.ContainsAny(text[:1], "=+-@") || slices.ContainsFunc([]string{"＝", "＋", "－", "＠", "−"}, func(sign string) bool { return strings.HasPrefix(text, sign) })
}

func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "  =1": "'  =1", "\u00a0=1": "'\u00a0=1", "\u3000＝1": "'\u3000＝1",
		"＋1": "'＋1", "－1": "'－1", "＠x": "'＠x", "−1": "'−1", "\"=1": "'\"=1", "x;=1": "x;'=1", "x; =1": "x;' =1",
		"\t=1": `\u0009=1`, "\r=1": `\u000d=1`, "\n=1": `\u000a=1`, "a\n;\n=1": `a\u000a;\u000a=1`,
		"plain": "plain", "a=1": "a=1", "a-b; c": "a-b; c", "": "", " ": " ", "2001:db8::1": "2001:db8::1",
	} {
		if got := report.Cell(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	for _, format := range []string{report.CSV, report.CSVMatrix, report.CSVPlan} {
		for _, opts := range []report.Options{{}, {BOM: true}} {
			text := render(t, format, opts, hostileEverywhere())
			rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				for _, text := range row {
					for _, part := range strings.Split(text, ";") { // as where a semicolon parts cells
						if formula(part) {
							t.Errorf("%s: the cell %q is a formula", format, text)
						}
					}
				}
			}
		}
	}
}

func FuzzCell(f *testing.F) {
	for _, text := range everyHostileText() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := report.Cell(text)
		if !utf8.ValidString(got) {
			t.Fatalf("%q is not UTF-8", got)
		}
		for _, part := range strings.Split(got, ";") {
			if formula(part) {
				t.Fatalf("Cell(%q) is the formula %q", text, got)
			}
		}
	})
}

// TestCSVIsThatOfRFC4180: lines end in CR LF, every row has every column; a byte order mark only on demand.
func TestCSVIsThatOfRFC4180(t *testing.T) {
	t.Parallel()
	for _, format := range []string{report.CSV, report.CSVMatrix, report.CSVPlan} {
		text := render(t, format, report.Options{}, hostileEverywhere())
		if strings.Count(text, "\n") != strings.Count(text, "\r\n") || !strings.HasSuffix(text, "\r\n") || strings.HasPrefix(text, "\ufeff") {
			t.Errorf("%s: it is not as RFC 4180 has it", format)
		}
		if marked := render(t, format, report.Options{BOM: true}, hostileEverywhere()); marked != "\ufeff"+text {
			t.Errorf("%s: a mark changes more than the beginning", format)
		}
		records(t, text) // fails where rows differ in length
	}
}

// TestCSVLosesNobody: who has no verdict has a row, and so has what is no verdict.
func TestCSVLosesNobody(t *testing.T) {
	t.Parallel()
	s := compared()
	later := leaver(8, "Lee Gu")
	later.Leaver.State = "not_yet"
	s.leavers = append(s.leavers, later, leaver(9, "Nobody's"))
	var beside []string
	for _, row := range records(t, render(t, report.CSV, report.Options{}, s)) {
		if row["status"] == "" {
			beside = append(beside, row["leaver"]+" "+row["rule"]+" "+row["message"])
		}
	}
	want := []string{
		"Lee Gu  leaves later, not judged yet", "Nobody's  no rule judges this leaver", " ACC-011 switched off by the configuration: nobody was judged by it", "Lee Gu ACC-001 judged no more",
	}
	for _, waiver := range s.waivers[2:] {
		want = append(want, waiver.Leaver+" LIC-001 a waiver that covers nothing: "+string(waiver.Standing))
	}
	if !slices.Equal(beside, want) {
		t.Errorf("got\n%q, want\n%q", beside, want)
	}
}

// TestThePlanHasRoomForPeople: every step, and empty columns for who, when and what was decided.
func TestThePlanHasRoomForPeople(t *testing.T) {
	t.Parallel()
	rows := records(t, render(t, report.CSVPlan, report.Options{}, mixed()))
	covered := map[string]bool{}
	people := map[string]bool{}
	for _, row := range rows {
		people[row["leaver"]] = true
		for _, column := range []string{"owner", "date", "decision"} {
			if value, there := row[column]; !there || value != "" {
				t.Errorf("the column %s has %q", column, value)
			}
		}
		for _, id := range strings.Fields(row["rules"]) {
			covered[row["leaver"]+" "+id] = true
		}
	}
	for _, leaver := range mixed().leavers {
		if !people[leaver.Name()] {
			t.Errorf("%s is in no row", leaver.Name())
		}
		for _, v := range leaver.Verdicts {
			if v.Status != policies.Pass && v.Status != policies.NotApplicable && !covered[leaver.Name()+" "+v.Rule] {
				t.Errorf("nothing is to be done about %s of %s", v.Rule, leaver.Name())
			}
		}
	}
}

// TestLongCellsAreWhole in csv: only Excel has a limit.
func TestLongCellsAreWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 20000)
	s := stream{run: header(), leavers: []policies.LeaverResult{leaver(1, "Adele", verdict("ACC-001", policies.Fail, policies.High, long))}}
	if rows := records(t, render(t, report.CSV, report.Options{}, s)); rows[0]["message"] != long {
		t.Errorf("the message has %d bytes", len(rows[0]["message"]))
	}
	f := workbook(t, render(t, report.XLSX, report.Options{}, s))
	rows, err := f.GetRows("Verdicts")
	if err != nil {
		t.Fatal(err)
	}
	got := byColumn(rows)[0]["message"]
	if !strings.HasSuffix(got, "(cut: the whole is in the format ndjson)") || len([]rune(got)) > 32767 || len(got) < 32000 {
		t.Errorf("the cell has %d characters and ends in %q", len([]rune(got)), got[len(got)-60:])
	}
	if summary := cellsOf(t, render(t, report.XLSX, report.Options{}, s)); !strings.Contains(summary, "cells are cut, and say so at their end") {
		t.Error("nothing says that a cell is cut")
	}
}
