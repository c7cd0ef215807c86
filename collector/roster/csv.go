package roster

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Entry is one row: a person who left or will leave, as the roster describes them.
type Entry struct {
	// Source is where the row stands: "leavers.csv:12".
	Source string
	// ID (lower case), UserPrincipalName, EmployeeID and Mail name the person; at least one is set.
	ID, UserPrincipalName, EmployeeID, Mail string
	// LeftAt and LeftBy are UTC; see snapshot.Leaver.
	LeftAt, LeftBy time.Time

	DisplayName, Successor, MailHandling, Note string
	Aliases                                    []string

	file string
	line int
}

// Bounds of a roster; one beyond them is a mistake, or an attack.
const (
	maxFile  = 256 << 20
	maxRows  = 1_000_000
	maxField = 4096
)

// The columns, as people may write them in any case.
const (
	colID           = "id"
	colUPN          = "userPrincipalName"
	colEmployeeID   = "employeeId"
	colMail         = "mail"
	colLeftAt       = "leftAt"
	colTimeZone     = "timeZone"
	colDisplayName  = "displayName"
	colSuccessor    = "successor"
	colMailHandling = "mailHandling"
	colAliases      = "aliases"
	colNote         = "note"
)

func columns() []string {
	return []string{colID, colUPN, colEmployeeID, colMail, colLeftAt, colTimeZone, colDisplayName, colSuccessor, colMailHandling, colAliases, colNote}
}

// File is a roster as read. Unused lists the columns that mean nothing here: they may be misspelt.
type File struct {
	Entries []Entry
	Unused  []string
}

// ReadCSV reads a roster: UTF-8 with or without BOM, separated by commas or semicolons, the first row
// naming the columns. Zone is used for leave dates whose row names no time zone; nil means that each
// must. Errors are *Error, the first one found.
func ReadCSV(name string, r io.Reader, zone *time.Location) (File, error) {
	name = filepath.Base(name)
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return File{}, fmt.Errorf("read roster %s: %w", name, err)
	}
	switch {
	case len(data) > maxFile:
		return File{}, &Error{File: name, Message: fmt.Sprintf("larger than %d MiB", maxFile>>20)}
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		return File{}, &Error{File: name, Message: "is UTF-16; save it as CSV UTF-8"}
	}
	p := &parser{file: name, zone: zone, data: bytes.TrimPrefix(data, []byte("\uFEFF"))}
	if err := p.text(); err != nil {
		return File{}, err
	}
	return p.parse()
}

type parser struct {
	file string
	zone *time.Location
	data []byte
	csv  *csv.Reader
	// index is the field of each known column.
	index  map[string]int
	unused []string
}

// text refuses bytes that no name or date holds, before the CSV reader could carry them on.
func (p *parser) text() error {
	for n, line := range bytes.Split(p.data, []byte("\n")) {
		for at := 0; at < len(line); {
			c, size := utf8.DecodeRune(line[at:])
			if c == utf8.RuneError && size == 1 {
				return p.fail(n+1, at+1, "not UTF-8; save the file as CSV UTF-8")
			}
			if c == 0 {
				return p.fail(n+1, at+1, "a NUL character")
			}
			at += size
		}
	}
	return nil
}

func (p *parser) fail(line, column int, format string, args ...any) error {
	return &Error{File: p.file, Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
}

func (p *parser) parse() (File, error) {
	p.csv = csv.NewReader(bytes.NewReader(p.data))
	p.csv.TrimLeadingSpace = true
	header, _, _ := bytes.Cut(p.data, []byte("\n"))
	if bytes.Count(header, []byte(";")) > bytes.Count(header, []byte(",")) {
		p.csv.Comma = ';'
	}
	if err := p.header(); err != nil {
		return File{}, err
	}
	out := File{Unused: p.unused}
	people := map[string]int{}
	for {
		row, err := p.csv.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return File{}, p.csvError(err)
		}
		e, err := p.entry(row)
		if err != nil {
			return File{}, err
		}
		for _, key := range e.keys() {
			if line, ok := people[key]; ok {
				return File{}, p.fail(e.line, 0, "the same person as line %d (%s)", line, key)
			}
			people[key] = e.line
		}
		if out.Entries = append(out.Entries, e); len(out.Entries) > maxRows {
			return File{}, p.fail(e.line, 0, "more than %d rows", maxRows)
		}
	}
	if len(out.Entries) == 0 {
		return File{}, &Error{File: p.file, Message: "names nobody: a scan of no people proves nothing"}
	}
	return out, nil
}

func (p *parser) csvError(err error) error {
	var bad *csv.ParseError
	if !errors.As(err, &bad) {
		return fmt.Errorf("read roster %s: %w", p.file, err)
	}
	message := bad.Err.Error()
	if errors.Is(bad.Err, csv.ErrFieldCount) {
		message = "this row has not as many fields as the header"
	}
	return p.fail(bad.Line, bad.Column, "%s", message)
}

func (p *parser) header() error {
	row, err := p.csv.Read()
	if errors.Is(err, io.EOF) {
		return &Error{File: p.file, Message: "is empty; the first row names the columns: " + strings.Join(columns(), ", ")}
	}
	if err != nil {
		return p.csvError(err)
	}
	p.index = map[string]int{}
	for i, field := range row {
		line, column := p.csv.FieldPos(i)
		field = strings.TrimSpace(field)
		at := slices.IndexFunc(columns(), func(known string) bool { return strings.EqualFold(known, field) })
		if at < 0 {
			p.unused = append(p.unused, field)
			continue
		}
		known := columns()[at]
		if _, twice := p.index[known]; twice {
			return p.fail(line, column, "the column %s stands here for the second time", known)
		}
		p.index[known] = i
	}
	names := []string{colID, colUPN, colEmployeeID, colMail}
	if !slices.ContainsFunc(names, func(n string) bool { _, ok := p.index[n]; return ok }) {
		return p.fail(1, 1, "no column names the people; one of these is needed: %s", strings.Join(names, ", "))
	}
	if _, ok := p.index[colLeftAt]; !ok {
		return p.fail(1, 1, "the column %s is missing: when did each person leave?", colLeftAt)
	}
	return nil
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// IsObjectID reports whether s is an Entra object id in lower case.
func IsObjectID(s string) bool { return guid.MatchString(s) }

// entry reads one row.
func (p *parser) entry(row []string) (Entry, error) {
	line, _ := p.csv.FieldPos(0)
	e := Entry{Source: fmt.Sprintf("%s:%d", p.file, line), file: p.file, line: line}
	get := func(column string) string {
		i, ok := p.index[column]
		if !ok {
			return ""
		}
		return strings.TrimSpace(row[i])
	}
	fail := func(column, format string, args ...any) error {
		at, char := line, 0
		if i, ok := p.index[column]; ok {
			at, char = p.csv.FieldPos(i)
		}
		return p.fail(at, char, format, args...)
	}
	for i, field := range row {
		if len(field) > maxField {
			at, char := p.csv.FieldPos(i)
			return e, p.fail(at, char, "a field of %d bytes; the limit is %d", len(field), maxField)
		}
	}
	e.ID = strings.ToLower(get(colID))
	e.UserPrincipalName, e.EmployeeID, e.Mail = get(colUPN), get(colEmployeeID), get(colMail)
	e.DisplayName, e.Successor, e.Note = get(colDisplayName), get(colSuccessor), get(colNote)
	e.MailHandling = strings.ToLower(get(colMailHandling))
	for alias := range strings.SplitSeq(get(colAliases), "|") {
		if alias = strings.TrimSpace(alias); alias != "" {
			e.Aliases = append(e.Aliases, alias)
		}
	}
	switch {
	case e.ID == "" && e.UserPrincipalName == "" && e.EmployeeID == "" && e.Mail == "":
		return e, p.fail(line, 0, "names nobody: %s, %s, %s and %s are all empty", colID, colUPN, colEmployeeID, colMail)
	case e.ID != "" && !IsObjectID(e.ID):
		return e, fail(colID, "%q is no object id; it looks like 6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11", get(colID))
	case e.UserPrincipalName != "" && !address(e.UserPrincipalName):
		return e, fail(colUPN, "%q is no user principal name: it has no @", e.UserPrincipalName)
	case e.Mail != "" && !address(e.Mail):
		return e, fail(colMail, "%q is no mail address: it has no @", e.Mail)
	case e.Successor != "" && !address(e.Successor):
		return e, fail(colSuccessor, "%q is no user principal name or mail address: it has no @", e.Successor)
	case !slices.Contains([]string{"", "forward", "shared", "none"}, e.MailHandling):
		return e, fail(colMailHandling, "%q is none of forward, shared, none", get(colMailHandling))
	}
	zone := p.zone
	if name := get(colTimeZone); name != "" {
		var err error
		if zone, err = LoadZone(name); err != nil {
			return e, fail(colTimeZone, "%s", err)
		}
	}
	var err error
	if e.LeftAt, e.LeftBy, err = leaveTime(get(colLeftAt), zone); err != nil {
		return e, fail(colLeftAt, "%s", err)
	}
	return e, nil
}

// LoadZone finds an IANA time zone, "Europe/Amsterdam" or "UTC".
func LoadZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || strings.EqualFold(name, "local") {
		return nil, fmt.Errorf("%q is no time zone of the IANA list, such as Europe/Amsterdam", name)
	}
	return zone, nil
}

// leaveTime reads a time with its zone, or a date: then the two ends of that day in the zone.
func leaveTime(s string, zone *time.Location) (from, by time.Time, err error) {
	if s == "" {
		return from, by, errors.New("the leave time is empty")
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return inRange(at.UTC(), at.UTC())
	}
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return from, by, fmt.Errorf("%q is neither a time such as 2026-05-29T16:00:00Z nor a date such as 2026-05-29", s)
	}
	if zone == nil {
		return from, by, fmt.Errorf("the date %s needs a time zone: add a column %s or give --time-zone", s, colTimeZone)
	}
	y, m, d := day.Date()
	return inRange(time.Date(y, m, d, 0, 0, 0, 0, zone).UTC(), time.Date(y, m, d+1, 0, 0, 0, 0, zone).UTC())
}

// inRange refuses years in which Microsoft 365 did not exist or that are placeholders for "never".
func inRange(from, by time.Time) (time.Time, time.Time, error) {
	if from.Year() < 2000 || by.Year() > 2200 {
		return from, by, fmt.Errorf("the year %d cannot be meant", from.Year())
	}
	return from, by, nil
}

func address(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && !strings.ContainsAny(s, " \t\r\n")
}

// keys are the names by which two rows would be the same person.
func (e Entry) keys() []string {
	var keys []string
	for column, value := range map[string]string{colID: e.ID, colUPN: e.UserPrincipalName, colEmployeeID: e.EmployeeID, colMail: e.Mail} {
		if value != "" {
			keys = append(keys, column+" "+strings.ToLower(value))
		}
	}
	slices.Sort(keys)
	return keys
}
