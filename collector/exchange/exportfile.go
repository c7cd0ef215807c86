package exchange

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds of an export; what is beyond them is a mistake, or an attack.
const (
	maxExportFile  = 512 << 20
	maxExportRows  = 1_000_000
	maxExportDepth = 16
)

// ExportError is a file of an export that cannot be used, and where in it.
type ExportError struct {
	File string
	// Line is 0 where the whole file is meant.
	Line    int
	Message string
}

// Error says it in one line.
func (e *ExportError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

// record is one row of a file: the properties that matter, in lower case, and what is wrong with others.
type record struct {
	line   int
	values map[string]any
	bad    map[string]string
}

// contents are the rows of one file.
type contents struct {
	records []record
	// nothing means that the file is empty: what a cmdlet leaves that found nothing, and one that failed.
	nothing bool
	// more means that the file is one page of a longer list.
	more bool
}

// reading is one file being read.
type reading struct {
	name  string
	kinds map[string]kind
	text  *textReader
	out   contents
}

// readExportFile reads a file of rows. Its errors are *ExportError.
func readExportFile(name string, r io.Reader, kinds map[string]kind) (contents, error) {
	text, err := newTextReader(r, maxExportFile)
	if err != nil {
		return contents{}, &ExportError{File: name, Message: err.Error()}
	}
	f := &reading{name: name, kinds: kinds, text: text}
	if strings.HasSuffix(strings.ToLower(name), ".csv") {
		err = f.csv()
	} else {
		err = f.json()
	}
	return f.out, err
}

func (f *reading) fail(line int, format string, args ...any) error {
	return &ExportError{File: f.name, Line: line, Message: fmt.Sprintf(format, args...)}
}

// add takes a row, as found in the file.
func (f *reading) add(line int, found map[string]any) error {
	if len(f.out.records) >= maxExportRows {
		return f.fail(line, "more than %d rows", maxExportRows)
	}
	r := record{line: line, values: make(map[string]any, len(found))}
	for name, raw := range found {
		value, err := typed(f.kinds[name], raw)
		if err != nil {
			if r.bad == nil {
				r.bad = map[string]string{}
			}
			r.bad[name] = err.Error()
			continue
		}
		r.values[name] = value
	}
	f.out.records = append(f.out.records, r)
	return nil
}

// csv reads what Export-Csv writes.
func (f *reading) csv() error {
	in := bufio.NewReader(f.text)
	skipped := 0
	header, err := in.ReadString('\n')
	if strings.HasPrefix(header, "#TYPE") {
		skipped++
		header, err = in.ReadString('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return f.fail(f.text.line(f.text.offset), "%s", err)
	}
	if strings.TrimSpace(header) == "" {
		f.out.nothing = true
		return nil
	}
	table := csv.NewReader(io.MultiReader(strings.NewReader(header), in))
	table.ReuseRecord = true
	if strings.Count(header, ";") > strings.Count(header, ",") {
		table.Comma = ';'
	}
	names, err := table.Read()
	if err != nil {
		return f.csvError(err, skipped)
	}
	columns := make([]string, len(names))
	seen := map[string]bool{}
	for i, name := range names {
		columns[i] = strings.ToLower(strings.TrimSpace(name))
		if seen[columns[i]] {
			return f.fail(1+skipped, "the column %q stands here for the second time", columns[i])
		}
		seen[columns[i]] = true
	}
	for {
		fields, err := table.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return f.csvError(err, skipped)
		}
		found := map[string]any{}
		for i, field := range fields {
			if f.kinds[columns[i]] == 0 {
				continue
			}
			found[columns[i]] = nil
			if field != "" {
				found[columns[i]] = strings.Clone(field)
			}
		}
		line, _ := table.FieldPos(0)
		f.text.line(f.text.offset)
		if err := f.add(line+skipped, found); err != nil {
			return err
		}
	}
}

func (f *reading) csvError(err error, skipped int) error {
	var bad *csv.ParseError
	if !errors.As(err, &bad) {
		return f.fail(f.text.line(f.text.offset), "%s", err)
	}
	message := bad.Err.Error()
	if errors.Is(bad.Err, csv.ErrFieldCount) {
		message = "this row has not as many fields as the header"
	}
	return f.fail(bad.Line+skipped, "%s", message)
}

// json reads what ConvertTo-Json writes: an array of objects, a single object, or an object with the
// array as its "value". It reads token by token, so that memory holds only what is kept.
func (f *reading) json() error {
	dec := json.NewDecoder(f.text)
	dec.UseNumber()
	first, err := dec.Token()
	switch {
	case errors.Is(err, io.EOF), err == nil && first == nil:
		f.out.nothing = true
	case err != nil:
		return f.jsonError(dec, err)
	case first == json.Delim('['):
		err = f.array(dec)
	case first == json.Delim('{'):
		err = f.object(dec)
	default:
		return f.fail(f.here(dec), "holds no rows: a list of objects is expected")
	}
	if err != nil && !f.out.nothing {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		if err != nil {
			return f.jsonError(dec, err)
		}
		return f.fail(f.here(dec), "has something after its end; was it written twice?")
	}
	return nil
}

func (f *reading) here(dec *json.Decoder) int { return f.text.line(dec.InputOffset()) }

func (f *reading) jsonError(dec *json.Decoder, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = errors.New("ends in the middle")
	}
	return f.fail(f.here(dec), "%s", err)
}

// array reads rows up to the closing bracket.
func (f *reading) array(dec *json.Decoder) error {
	for dec.More() {
		start, err := dec.Token()
		if err != nil {
			return f.jsonError(dec, err)
		}
		line := f.here(dec)
		if start != json.Delim('{') {
			return f.fail(line, "row %d is no object", len(f.out.records)+1)
		}
		found, _, err := f.properties(dec, false)
		if err != nil {
			return err
		}
		if err := f.add(line, found); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return f.jsonError(dec, err)
	}
	return nil
}

// object reads an object that is a row itself, or that wraps the rows.
func (f *reading) object(dec *json.Decoder) error {
	line := f.here(dec)
	found, wrapped, err := f.properties(dec, true)
	if err != nil || wrapped {
		return err
	}
	return f.add(line, found)
}

// properties reads an object up to its closing brace and keeps what matters. At the top of a file,
// "value" may hold the rows; then nothing else is expected but how many they are.
func (f *reading) properties(dec *json.Decoder, top bool) (found map[string]any, wrapped bool, err error) {
	found = map[string]any{}
	others := 0
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, false, f.jsonError(dec, err)
		}
		name, _ := key.(string)
		lower := strings.ToLower(name)
		switch {
		case top && name == "value" && !wrapped:
			start, err := dec.Token()
			if err != nil {
				return nil, false, f.jsonError(dec, err)
			}
			if start != json.Delim('[') {
				return nil, false, f.fail(f.here(dec), `"value" is no list of rows`)
			}
			if err := f.array(dec); err != nil {
				return nil, false, err
			}
			wrapped = true
			continue
		case top && lower == "@odata.nextlink":
			f.out.more = true
		}
		// The companions that tell a property's type begin with its name, "X@data.type" or "X(DateTime)".
		known := f.kinds[lower] != 0
		value, err := f.value(dec, 1, known)
		if err != nil {
			return nil, false, err
		}
		if !strings.Contains(name, "@") && lower != "count" {
			others++
		}
		if !known {
			continue
		}
		if _, twice := found[lower]; twice {
			return nil, false, f.fail(f.here(dec), "the property %s stands here for the second time", name)
		}
		found[lower] = value
	}
	if _, err := dec.Token(); err != nil {
		return nil, false, f.jsonError(dec, err)
	}
	if wrapped && others > 0 {
		return nil, false, f.fail(f.here(dec), `has properties beside its "value"`)
	}
	return found, wrapped, nil
}

// value reads any value, and keeps it if asked to.
func (f *reading) value(dec *json.Decoder, depth int, keep bool) (any, error) {
	if depth > maxExportDepth {
		return nil, f.fail(f.here(dec), "is nested more than %d deep", maxExportDepth)
	}
	start, err := dec.Token()
	if err != nil {
		return nil, f.jsonError(dec, err)
	}
	var list []any
	var object map[string]any
	switch start {
	case json.Delim('['):
		list = []any{}
	case json.Delim('{'):
		object = map[string]any{}
	default:
		return start, nil
	}
	for dec.More() {
		var key json.Token
		if object != nil {
			if key, err = dec.Token(); err != nil {
				return nil, f.jsonError(dec, err)
			}
		}
		item, err := f.value(dec, depth+1, keep)
		if err != nil {
			return nil, err
		}
		if name, ok := key.(string); ok && keep {
			object[name] = item
		} else if keep {
			list = append(list, item)
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, f.jsonError(dec, err)
	}
	if object != nil {
		return object, nil
	}
	return list, nil
}
