package report

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/xml"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// workbook writes an Office Open XML workbook whose cells are all text, as a stream: its own few parts instead of
// a library's, because those write their sheets in the order of a map.
type workbook struct {
	out    *zip.Writer
	sheets []*worksheet
	// coded are texts that Excel would take for the code of a character, such as _x001B_.
	coded *regexp.Regexp
}

func newWorkbook(w io.Writer) *workbook {
	out := zip.NewWriter(w)
	// Nearly all of the time goes into compressing tags, which the fastest way does as well.
	out.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	return &workbook{out: out, coded: regexp.MustCompile(`_x([0-9A-Fa-f]{4}_)`)}
}

// The places of the styles in the parts below: both have the number format "@", so that what somebody edits
// stays text.
const (
	styleText = 0
	styleHead = 1
)

// summarySheet stands first, although it is written last.
const summarySheet = "Summary"

// worksheet is one sheet while it is being written.
type worksheet struct {
	book    *workbook
	name    string
	part    string
	rows    int
	columns []string // their names
	// last is the reference of the last cell, for the filters; empty without.
	last    string
	filters bool

	w io.Writer
	// kept is what was written of a sheet that has to wait until another is finished.
	kept *kept
	text bytes.Buffer
}

// kept is a part in compressed form.
type kept struct {
	data bytes.Buffer
	out  *flate.Writer
	sum  hash.Hash32
	size uint64
}

func (k *kept) Write(p []byte) (int, error) {
	k.sum.Write(p)
	k.size += uint64(len(p))
	return k.out.Write(p)
}

// sheet begins a sheet with columns of so many characters. Of those that are written at the same time all but
// one must wait in memory.
func (b *workbook) sheet(name string, widths []int, filters, now bool) (*worksheet, error) {
	s := &worksheet{book: b, name: name, part: "xl/worksheets/sheet" + strconv.Itoa(len(b.sheets)+1) + ".xml", filters: filters}
	b.sheets = append(b.sheets, s)
	if now {
		w, err := b.out.Create(s.part)
		if err != nil {
			return nil, fmt.Errorf("report: writing: %w", err)
		}
		s.w = w
	} else {
		s.kept = &kept{sum: crc32.NewIEEE()}
		s.kept.out, _ = flate.NewWriter(&s.kept.data, flate.BestSpeed) // the only error is another level
		s.w = s.kept
	}
	s.text.WriteString(xml.Header + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0">`)
	if filters {
		s.text.WriteString(`<pane xSplit="1" ySplit="1" topLeftCell="B2" activePane="bottomRight" state="frozen"/>`)
	}
	s.text.WriteString(`</sheetView></sheetViews><cols>`)
	for i, width := range widths {
		s.columns = append(s.columns, columnName(i))
		fmt.Fprintf(&s.text, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, width)
	}
	s.text.WriteString("</cols><sheetData>")
	return s, s.flush()
}

// row adds a row; empty cells are left out.
func (s *worksheet) row(cells []string, style int) error {
	s.rows++
	row := strconv.Itoa(s.rows)
	s.text.WriteString(`<row r="` + row + `">`)
	for i, text := range cells {
		if text == "" {
			continue
		}
		s.text.WriteString(`<c r="` + s.columns[i] + row)
		if style != styleText { // which is that of a cell without one
			s.text.WriteString(`" s="` + strconv.Itoa(style))
		}
		s.text.WriteString(`" t="inlineStr"><is><t xml:space="preserve">`)
		if strings.Contains(text, "_x") {
			text = s.book.coded.ReplaceAllString(text, "_x005F_x$1")
		}
		if strings.ContainsAny(text, `&<>"'`) {
			if err := xml.EscapeText(&s.text, []byte(text)); err != nil {
				return fmt.Errorf("report: encoding: %w", err)
			}
		} else {
			s.text.WriteString(text) // it is clean already
		}
		s.text.WriteString(`</t></is></c>`)
	}
	s.text.WriteString("</row>")
	return s.flush()
}

// end closes the sheet of so many columns.
func (s *worksheet) end(columns int) error {
	s.text.WriteString("</sheetData>")
	if s.filters {
		s.last = columnName(columns-1) + strconv.Itoa(s.rows)
		s.text.WriteString(`<autoFilter ref="A1:` + s.last + `"/>`)
	}
	s.text.WriteString("</worksheet>")
	return s.flush()
}

func (s *worksheet) flush() error {
	if _, err := s.w.Write(s.text.Bytes()); err != nil {
		return fmt.Errorf("report: writing: %w", err)
	}
	s.text.Reset()
	return nil
}

// columnName is "A" for 0, "AA" for 26.
func columnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// finish writes the sheets that waited, and the parts that say how all belongs together.
func (b *workbook) finish(at time.Time) error {
	for _, s := range b.sheets {
		if s.kept == nil {
			continue
		}
		if err := b.put(s); err != nil {
			return fmt.Errorf("report: writing: %w", err)
		}
	}
	const relationship = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	const content = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	const packaged = "http://schemas.openxmlformats.org/package/2006/"
	var types, relations, sheets, names strings.Builder
	ordered := b.ordered()
	for i, s := range ordered {
		id := strconv.Itoa(i + 1)
		types.WriteString(`<Override PartName="/` + s.part + `" ContentType="` + content + `worksheet+xml"/>`)
		relations.WriteString(`<Relationship Id="rId` + id + `" Type="` + relationship + `/worksheet" Target="` + strings.TrimPrefix(s.part, "xl/") + `"/>`)
		sheets.WriteString(`<sheet name="` + s.name + `" sheetId="` + id + `" r:id="rId` + id + `"/>`)
		if s.filters {
			column := strings.TrimRight(s.last, "0123456789")
			fmt.Fprintf(&names, `<definedName name="_xlnm._FilterDatabase" localSheetId="%d" hidden="1">'%s'!$A$1:$%s$%s</definedName>`, i, s.name, column, s.last[len(column):])
		}
	}
	when := at.UTC().Format(time.RFC3339)
	for _, part := range [][2]string{
		{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="` + relationship + `"><sheets>` + sheets.String() + `</sheets><definedNames>` + names.String() + `</definedNames></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + packaged + `relationships">` + relations.String() + `<Relationship Id="rIdStyles" Type="` + relationship + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
			`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
			`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
			`<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs></styleSheet>`},
		{"docProps/core.xml", `<cp:coreProperties xmlns:cp="` + packaged + `metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
			`<dc:title>Offboarding of leavers</dc:title><dc:creator>leavercheck</dc:creator><dcterms:created xsi:type="dcterms:W3CDTF">` + when + `</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">` + when + `</dcterms:modified></cp:coreProperties>`},
		{"_rels/.rels", `<Relationships xmlns="` + packaged + `relationships"><Relationship Id="rId1" Type="` + relationship + `/officeDocument" Target="xl/workbook.xml"/>` +
			`<Relationship Id="rId2" Type="` + packaged + `relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`},
		{"[Content_Types].xml", `<Types xmlns="` + packaged + `content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + content + `sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="` + content + `styles+xml"/>` +
			`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>` + types.String() + `</Types>`},
	} {
		w, err := b.out.Create(part[0])
		if err == nil {
			_, err = io.WriteString(w, xml.Header+part[1])
		}
		if err != nil {
			return fmt.Errorf("report: writing: %w", err)
		}
	}
	if err := b.out.Close(); err != nil {
		return fmt.Errorf("report: writing: %w", err)
	}
	return nil
}

// ordered are the sheets as people turn them over: the summary, then each table with the sheets that go on
// with it.
func (b *workbook) ordered() []*worksheet {
	rank := func(s *worksheet) int {
		first, _, _ := strings.Cut(s.name, " ")
		return slices.Index([]string{summarySheet, "Verdicts", "Matrix", "Plan"}, first)
	}
	out := slices.Clone(b.sheets)
	slices.SortStableFunc(out, func(a, c *worksheet) int { return rank(a) - rank(c) })
	return out
}

// put writes a sheet that waited.
func (b *workbook) put(s *worksheet) error {
	if err := s.kept.out.Close(); err != nil {
		return err
	}
	w, err := b.out.CreateRaw(&zip.FileHeader{
		Name: s.part, Method: zip.Deflate, CRC32: s.kept.sum.Sum32(), UncompressedSize64: s.kept.size, CompressedSize64: uint64(s.kept.data.Len()),
	})
	if err != nil {
		return err
	}
	_, err = s.kept.data.WriteTo(w)
	return err
}
