package report_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"leavercheck/report"
)

// TestAWorkbookHasNoFormula: no cell has a formula or the type of one, and none would become one when somebody
// edits it or saves the sheet as CSV.
func TestAWorkbookHasNoFormula(t *testing.T) {
	t.Parallel()
	data := render(t, report.XLSX, report.Options{}, hostileEverywhere())
	f := workbook(t, data)
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range rows {
			for x, text := range row {
				at, err := excelize.CoordinatesToCellName(x+1, y+1)
				if err != nil {
					t.Fatal(err)
				}
				kind, err := f.GetCellType(name, at)
				if err != nil {
					t.Fatal(err)
				}
				code, err := f.GetCellFormula(name, at)
				if err != nil {
					t.Fatal(err)
				}
				if code != "" || text != "" && kind != excelize.CellTypeInlineString || formula(text) {
					t.Errorf("%s!%s is %q, of type %v with formula %q", name, at, text, kind, code)
				}
			}
		}
	}
	parts, err := zip.NewReader(strings.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		decoder := xml.NewDecoder(bytes.NewReader(text))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", part.Name, err)
			}
			if element, ok := token.(xml.StartElement); ok && (element.Name.Local == "f" || element.Name.Local == "hyperlink") {
				t.Errorf("%s has an element %s", part.Name, element.Name.Local)
			}
		}
		if !part.Modified.IsZero() && part.Modified.Year() > 1980 {
			t.Errorf("%s bears the time %v", part.Name, part.Modified)
		}
	}
}

// TestAWorkbookKeepsItsTexts: what the cells of csv say, the sheets say.
func TestAWorkbookKeepsItsTexts(t *testing.T) {
	t.Parallel()
	s := hostileEverywhere()
	s.leavers[0].Leaver.DisplayName = "_x001B_ _x003D_1 _xyz"
	f := workbook(t, render(t, report.XLSX, report.Options{}, s))
	for sheet, format := range map[string]string{"Verdicts": report.CSV, "Matrix": report.CSVMatrix, "Plan": report.CSVPlan} {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		want := records(t, render(t, format, report.Options{}, s))
		got := byColumn(rows)
		if len(got) != len(want) {
			t.Fatalf("%s has %d rows, want %d", sheet, len(got), len(want))
		}
		for i := range want {
			for column, text := range want[i] {
				text = strings.Replace(text, `:\:`, "::", 1) // a line of csv may begin with it, a cell does not begin a line
				if strings.Replace(got[i][column], `:\:`, "::", 1) != text {
					t.Errorf("%s: row %d: %s is %q, want %q", sheet, i, column, got[i][column], text)
				}
			}
		}
	}
}

// TestASheetThatIsFullGoesOnOnAnother, and the summary says so; every sheet has filters and a head that stays.
func TestASheetThatIsFullGoesOnOnAnother(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	renderer := report.XLSXOf(&out, 6)
	if err := many(12).play(renderer); err != nil {
		t.Fatal(err)
	}
	if err := renderer.Close(); err != nil {
		t.Fatal(err)
	}
	f := workbook(t, out.String())
	whole := workbook(t, render(t, report.XLSX, report.Options{}, many(12)))
	for _, table := range []string{"Verdicts", "Matrix", "Plan"} {
		want, err := whole.GetRows(table)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]string
		for n := 1; ; n++ {
			name := table
			if n > 1 {
				name = fmt.Sprintf("%s %d", table, n)
			}
			rows, err := f.GetRows(name)
			if err != nil {
				break
			}
			if len(rows) > 6 {
				t.Errorf("%s has %d rows", name, len(rows))
			}
			panes, err := f.GetPanes(name)
			if err != nil || !panes.Freeze || panes.YSplit != 1 {
				t.Errorf("%s: the head does not stay: %+v, %v", name, panes, err)
			}
			if n > 1 {
				rows = rows[1:]
			}
			got = append(got, rows...)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: rows were lost:\n%v\n%v", table, got, want)
		}
	}
	filters := 0
	for _, name := range f.GetDefinedName() {
		if name.Name == "_xlnm._FilterDatabase" {
			filters++
		}
	}
	if filters != len(f.GetSheetList())-1 || f.GetSheetList()[0] != "Summary" {
		t.Errorf("%d filters on %v", filters, f.GetSheetList())
	}
	if text := cellsOf(t, out.String()); !strings.Contains(text, "A sheet of Excel has 6 rows: Verdicts goes on on") {
		t.Error("the summary does not say that there are more sheets")
	}
}
