package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"leavercheck/collector/snapshot"
)

// Export is Exchange as somebody's cmdlets wrote it into a directory: a file per cmdlet, named after it
// ("Get-Mailbox.json", or ".csv"), and, if leavercheck's script made it, export.json, which says when, of
// which tenant, how many rows each file has and which mailboxes were asked for. It is read once and not
// changed; it answers several goroutines.
//
// Without export.json a file is taken for what its cmdlet gives when it is run for all mailboxes, where
// it can be (Get-Mailbox, Get-CASMailbox, Get-MobileDevice, Get-Recipient, Get-RecipientPermission); of
// the others, a mailbox that is not in the file was not asked for.
type Export struct {
	madeAt    time.Time
	described bool
	tenant    string
	// stale says why nothing of it is to be used, if so.
	stale       *exportError
	warnings    []string
	tables      map[title]*table
	mailboxes   []*filed
	byName      map[string][]*filed
	recipients  map[string][]*record
	dispensable map[string]bool
}

// table is one file: what a cmdlet gave.
type table struct {
	title
	file    string
	records []record
	// own are the records of each mailbox, where the cmdlet is about mailboxes; orphan is one of which it
	// cannot be told whose it is.
	own    map[*filed][]*record
	orphan *record
	// given are the records by trustee, where the cmdlet is about rights; stranger is one whose trustee
	// nobody knows.
	given    map[string][]*record
	stranger *record
	// ownerless is a person's mailbox of which the account is not said.
	ownerless *record
	// failure says why the table is not to be used, if so.
	failure *exportError
	// asked are the mailboxes that were asked for, by any name, lower case; nil if all were.
	asked  map[string]bool
	failed map[string]string
	// hidden means that hidden inbox rules were asked for.
	hidden bool
}

// exportError is a question that an export does not answer.
type exportError struct {
	reason        snapshot.Reason
	detail, needs string
}

func (e *exportError) Error() string { return e.detail }

const (
	scriptCommand = "leavercheck exchange-export-script"
	describing    = "export.json"
	// maxSkew is how far ahead of this machine's clock the exporting one's may be.
	maxSkew = 5 * time.Minute
	// defaultRows is how many rows a cmdlet gives that is not told -ResultSize Unlimited.
	defaultRows = 1000
)

// OpenExport reads the export in a directory. If it was made more than maxAge before now, or after it,
// every fact from it is unknown. Errors are *ExportError (a file that cannot be used) or those of the
// file system.
func OpenExport(dir string, now time.Time, maxAge time.Duration) (*Export, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the Exchange export: %w", err)
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("open the Exchange export: %w", err)
	}
	e := &Export{tables: map[title]*table{}, dispensable: dispensable()}
	var described *description
	known := kinds()
	for _, entry := range entries {
		name := entry.Name()
		if strings.EqualFold(name, describing) {
			if described, err = describe(root, name); err != nil {
				return nil, err
			}
			continue
		}
		s, ok := titleOf(name)
		if !ok {
			if strings.HasPrefix(strings.ToLower(name), "get-") {
				e.warnings = append(e.warnings, fmt.Sprintf("the Exchange export has a file %q, which is none that is read; is its name right?", name))
			}
			continue
		}
		if twin, twice := e.tables[s]; twice {
			return nil, &ExportError{File: name, Message: "is the same as " + twin.file + "; keep one"}
		}
		t := &table{title: s, file: name}
		if err := e.load(root, t, known); err != nil {
			return nil, err
		}
		e.tables[s] = t
	}
	if len(e.tables) == 0 {
		return nil, fmt.Errorf("%s holds no export: no file such as Get-Mailbox.json; %s prints what makes one: %w", dir, scriptCommand, fs.ErrNotExist)
	}
	if described != nil {
		if err := e.describedBy(described); err != nil {
			return nil, err
		}
	} else {
		e.warnings = append(e.warnings, "the Exchange export has no export.json: its time is that of its oldest file, which copying may have changed, and its tenant is not compared; "+scriptCommand+" makes a better one")
	}
	e.judgeAge(now, maxAge)
	e.index()
	return e, nil
}

// TenantID is the tenant that the export says it is of; empty if it does not say.
func (e *Export) TenantID() string { return e.tenant }

// MadeAt is when the export was begun.
func (e *Export) MadeAt() time.Time { return e.madeAt }

// Warnings are sentences for people about what makes the export worth less.
func (e *Export) Warnings() []string { return slices.Clone(e.warnings) }

// openPlain opens a regular file: what a link or a device leads to is not part of the export.
func openPlain(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	before, err := root.Lstat(name)
	if err != nil {
		return nil, nil, fmt.Errorf("open the Exchange export: %w", err)
	}
	if !before.Mode().IsRegular() {
		return nil, nil, &ExportError{File: name, Message: "is no ordinary file; links are not followed"}
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("open the Exchange export: %w", err)
	}
	after, err := f.Stat()
	if err != nil || !os.SameFile(before, after) {
		f.Close()
		return nil, nil, &ExportError{File: name, Message: "changed while it was opened"}
	}
	return f, after, nil
}

// load reads one file of rows.
func (e *Export) load(root *os.Root, t *table, known map[string]kind) error {
	f, info, err := openPlain(root, t.file)
	if err != nil {
		return err
	}
	defer f.Close()
	read, err := readExportFile(t.file, f, known)
	if err != nil {
		return err
	}
	t.records = read.records
	if at := info.ModTime().UTC().Truncate(time.Second); e.madeAt.IsZero() || at.Before(e.madeAt) {
		e.madeAt = at
	}
	switch {
	case read.nothing:
		t.failure = &exportError{
			snapshot.NotCollected, t.file + " is empty: that is what a cmdlet leaves that found nothing, and one that failed",
			"a file that says that there is nothing ([] in JSON, the header alone in CSV), as " + scriptCommand + " makes it",
		}
	case read.more:
		t.failure = &exportError{snapshot.NotCollected, t.file + " is one page of a longer list", "all pages in one file, as " + scriptCommand + " makes it"}
	}
	return nil
}

// description is export.json.
type description struct {
	SchemaVersion int       `json:"schemaVersion"`
	MadeAt        time.Time `json:"madeAt"`
	TenantID      string    `json:"tenantId"`
	Cmdlets       []struct {
		File   string  `json:"file"`
		Cmdlet string  `json:"cmdlet"`
		Rows   *int    `json:"rows"`
		Error  *string `json:"error"`
		// Asked lists the mailboxes (or trustees) that were asked for, by ExchangeGuid; null if none was named.
		Asked  []string `json:"asked"`
		Failed []struct {
			Mailbox string `json:"mailbox"`
			Error   string `json:"error"`
		} `json:"failed"`
		IncludeHidden bool `json:"includeHidden"`
	} `json:"cmdlets"`
	file string
}

func describe(root *os.Root, name string) (*description, error) {
	f, _, err := openPlain(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := newTextReader(f, maxExportFile)
	if err != nil {
		return nil, &ExportError{File: name, Message: err.Error()}
	}
	d := &description{file: name}
	dec := json.NewDecoder(text)
	if err := dec.Decode(d); err != nil {
		offset := dec.InputOffset()
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			offset = syntax.Offset
		case errors.As(err, &kind):
			offset = kind.Offset
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			err = errors.New("ends in the middle")
		}
		return nil, &ExportError{File: name, Line: text.line(offset), Message: err.Error()}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, &ExportError{File: name, Line: text.line(dec.InputOffset()), Message: "has something after its end"}
	}
	switch {
	case d.SchemaVersion != 1:
		return nil, &ExportError{File: name, Message: fmt.Sprintf("has the schemaVersion %d; this version reads 1", d.SchemaVersion)}
	case d.MadeAt.IsZero():
		return nil, &ExportError{File: name, Message: "does not say when the export was made (madeAt)"}
	}
	return d, nil
}

// describedBy compares the files with what export.json says of them.
func (e *Export) describedBy(d *description) error {
	e.described, e.madeAt, e.tenant = true, d.MadeAt.UTC(), strings.ToLower(d.TenantID)
	if e.tenant == "" {
		e.warnings = append(e.warnings, "the Exchange export does not say of which tenant it is; nothing shows that it is of this one")
	}
	listed := map[title]bool{}
	for _, c := range d.Cmdlets {
		s, ok := titleOf(c.File)
		if !ok || !strings.EqualFold(s.cmdlet, c.Cmdlet) {
			return &ExportError{File: d.file, Message: fmt.Sprintf("says that %.80q is the file of %.80q", c.File, c.Cmdlet)}
		}
		if listed[s] {
			return &ExportError{File: d.file, Message: fmt.Sprintf("lists %.80q twice", c.File)}
		}
		listed[s] = true
		t := e.tables[s]
		there := t != nil && strings.EqualFold(t.file, c.File)
		if t == nil {
			t = &table{title: s, file: c.File}
			e.tables[s] = t
		}
		switch {
		case c.Error != nil && *c.Error != "":
			t.failure = cmdletFailed(s.cmdlet, *c.Error)
		case !there:
			t.failure = &exportError{snapshot.Integrity, describing + " lists " + c.File + ", which is not in the export", "the whole export"}
		case c.Rows == nil || *c.Rows != len(t.records):
			t.failure = &exportError{snapshot.Integrity, fmt.Sprintf("%s has %d rows, which is not what %s says", t.file, len(t.records), describing), "an export that nobody changed"}
		}
		t.hidden = c.IncludeHidden
		if c.Asked != nil || c.Failed != nil {
			t.asked, t.failed = map[string]bool{}, map[string]string{}
		}
		for _, name := range c.Asked {
			t.asked[strings.ToLower(name)] = true
		}
		for _, f := range c.Failed {
			t.failed[strings.ToLower(f.Mailbox)] = f.Error
		}
	}
	for title, t := range e.tables {
		if !listed[title] {
			t.failure = &exportError{snapshot.NotCollected, t.file + " is not listed in " + describing, "an export made in one go by " + scriptCommand}
		}
	}
	return nil
}

// cmdletFailed says what an error text of a cmdlet means.
func cmdletFailed(cmdlet, message string) *exportError {
	out := &exportError{snapshot.NotCollected, fmt.Sprintf("%s failed when the export was made: %.300s", cmdlet, message), "another export (" + scriptCommand + ")"}
	lower := strings.ToLower(message)
	for _, sign := range []string{"is not recognized", "access is denied", "access denied", "accessdenied", "unauthorized", "forbidden", "isn't within your current write scope", "don't have permission"} {
		if strings.Contains(lower, sign) {
			out.reason, out.needs = snapshot.Forbidden, "an export by somebody whose Exchange role has "+cmdlet
		}
	}
	return out
}

// notFound reports whether a cmdlet failed because there is no such object.
func notFound(message string) bool {
	return strings.Contains(message, "ManagementObjectNotFound") || strings.Contains(message, "couldn't be found on")
}

func (e *Export) judgeAge(now time.Time, maxAge time.Duration) {
	at, age := e.madeAt.Format(time.RFC3339), now.Sub(e.madeAt)
	var detail string
	switch {
	case age < -maxSkew:
		detail = fmt.Sprintf("the Exchange export says it was made %s, %s after this collection", at, hours(-age))
	case age > maxAge:
		detail = fmt.Sprintf("the Exchange export was made %s, %s before this collection; at most %s", at, hours(age), hours(maxAge))
	default:
		return
	}
	e.stale = &exportError{snapshot.NotCollected, detail, "a newer export (" + scriptCommand + "), or --exchange-export-max-age"}
	e.warnings = append(e.warnings, detail+"; nothing of it is used")
}

// hours is a duration as people write it.
func hours(d time.Duration) string {
	s := d.Truncate(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
