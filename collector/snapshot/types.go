package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// State says what is known of a fact.
type State string

const (
	// Read means that the service answered; the value may be empty or null where the service says so.
	Read State = "read"
	// Absent means that the service says that the thing does not exist (no mailbox, no account).
	Absent State = "absent"
	// Unknown means that it was not read, or not wholly. A value beside it is the part that was read:
	// enough to prove something wrong, never enough to prove it right.
	Unknown State = "unknown"
)

// Reason says why a fact is unknown.
type Reason string

// The reasons, each with what it tells the reader.
const (
	Forbidden        Reason = "forbidden"         // a permission or role is missing
	Unlicensed       Reason = "unlicensed"        // the tenant lacks the licence that the endpoint needs
	Throttled        Reason = "throttled"         // the service kept refusing until the run's time was over
	Timeout          Reason = "timeout"           // no answer in time
	Unsupported      Reason = "unsupported"       // this cloud, or this kind of object, does not offer it
	Concealed        Reason = "concealed"         // the tenant hides names in reports
	Malformed        Reason = "malformed"         // an answer came that cannot be trusted
	Integrity        Reason = "integrity"         // answers contradict each other
	OutsideRetention Reason = "outside_retention" // the log no longer reaches back that far
	NotCollected     Reason = "not_collected"     // nobody asked
)

// Fact is one outcome: what is known of one thing about one leaver or the tenant.
type Fact struct {
	State State
	// Value holds decoded JSON (nil, bool, json.Number, string, []any, map[string]any).
	Value any
	// Reason, Detail and Needs explain an unknown fact: the detail is for people, Needs names the
	// permission, role, licence or flag that would make it readable. Detail may also qualify a fact
	// that was read.
	Reason Reason
	Detail string
	Needs  string
}

type factJSON struct {
	State  State           `json:"state"`
	Value  json.RawMessage `json:"value,omitempty"`
	Reason Reason          `json:"reason,omitempty"`
	Detail string          `json:"detail,omitempty"`
	Needs  string          `json:"needs,omitempty"`
}

// MarshalJSON writes a value for every fact that was read, null included, and for an unknown fact only
// what was read of it.
func (f Fact) MarshalJSON() ([]byte, error) {
	out := factJSON{State: f.State, Reason: f.Reason, Detail: f.Detail, Needs: f.Needs}
	if f.State == Read || f.Value != nil {
		value, err := marshal(f.Value)
		if err != nil {
			return nil, err
		}
		out.Value = value
	}
	return marshal(out)
}

// UnmarshalJSON keeps numbers as json.Number and refuses a fact that contradicts itself.
func (f *Fact) UnmarshalJSON(data []byte) error {
	var in map[string]any
	if err := unmarshal(data, &in); err != nil {
		return err
	}
	var err error
	*f, err = factOf(in)
	return err
}

// factOf reads a decoded fact. Decoding a whole record at once and taking it apart here costs a third of
// decoding fact by fact.
func factOf(in map[string]any) (Fact, error) {
	var f Fact
	value, given := in["value"]
	f.Value = value
	texts := map[string]*string{"state": (*string)(&f.State), "reason": (*string)(&f.Reason), "detail": &f.Detail, "needs": &f.Needs}
	for key, v := range in {
		text, known := texts[key]
		s, ok := v.(string)
		switch {
		case known && ok:
			*text = s
		case known || key != "value":
			return f, fmt.Errorf("a fact has %q: %v", key, v)
		}
	}
	if f.State == Read && !given {
		return f, errors.New(`a fact that was read has no "value"`)
	}
	return f, f.check()
}

func (f Fact) check() error {
	switch f.State {
	case Read:
		if f.Reason != "" {
			return fmt.Errorf("a fact that was read has the reason %q", f.Reason)
		}
	case Absent:
		if f.Value != nil || f.Reason != "" {
			return errors.New("an absent fact has a value or a reason")
		}
	case Unknown:
		switch f.Reason {
		case Forbidden, Unlicensed, Throttled, Timeout, Unsupported, Concealed, Malformed, Integrity, OutsideRetention, NotCollected:
		default:
			return fmt.Errorf("an unknown fact has the reason %q", f.Reason)
		}
	default:
		return fmt.Errorf("a fact has the state %q", f.State)
	}
	return nil
}

// LeaverState says where the account of a leaver is.
type LeaverState string

// The states of a leaver.
const (
	Live     LeaverState = "live"
	Deleted  LeaverState = "deleted"   // among the restorable deleted users
	NotFound LeaverState = "not_found" // neither live nor deleted: both lists were read to their end
	NotYet   LeaverState = "not_yet"   // leaves in the future; no facts are collected
	Unread   LeaverState = "unread"    // the lists of users could not be read to their end
)

// LeaveTime says how a leave time is known.
type LeaveTime string

// The ways. With the last two LeftAt is not known.
const (
	ByLeaveDate LeaveTime = "employeeLeaveDateTime" // the property of that name
	ByAudits    LeaveTime = "audit log"             // when the account was disabled, or put into the group
	ByDeletion  LeaveTime = "deletedDateTime"       // they left before the account was deleted
	ByNobody    LeaveTime = "unknown"               // LeftBy moves with every snapshot: the log's beginning, or its own time
)

// Leaver is one person of the roster, as matched to an account.
type Leaver struct {
	// ID is the Entra object id in lower case; empty when no account is known.
	ID                string `json:"id"`
	UserPrincipalName string `json:"userPrincipalName"`
	DisplayName       string `json:"displayName"`
	Mail              string `json:"mail"`
	EmployeeID        string `json:"employeeId"`
	// LeftAt and LeftBy are the two ends of the leave time, UTC. They are equal when the roster gives a
	// time of day. For a date alone LeftAt is the start of that local day and LeftBy its end: an action
	// counts as "at or after leaving" from LeftAt, sign-ins and grace count from LeftBy. LeftAt is zero, and
	// left out, when it is only known that they left by LeftBy; it is never guessed.
	LeftAt time.Time `json:"leftAt,omitzero"`
	LeftBy time.Time `json:"leftBy"`
	// LeftKnownBy says who knows the leave time; empty means that the roster's row does.
	LeftKnownBy LeaveTime `json:"leftKnownBy,omitempty"`
	// Source is where the roster names the person: "roster.csv:12", or the part of Entra that does: "entra:deleted".
	Source string      `json:"source"`
	State  LeaverState `json:"state"`
	// AlsoIn are the further sources that name the person.
	AlsoIn []string `json:"alsoIn,omitempty"`
	// MatchedBy is the property that found the account: id, employeeId, mail or userPrincipalName.
	MatchedBy string `json:"matchedBy,omitempty"`
	// Successor, MailHandling ("forward", "shared", "none" or empty), Aliases and Note are the roster's.
	Successor    string   `json:"successor,omitempty"`
	MailHandling string   `json:"mailHandling,omitempty"`
	Aliases      []string `json:"aliases,omitempty"`
	Note         string   `json:"note,omitempty"`
	// NotThem lists accounts that bear a name of the leaver and are somebody else's.
	NotThem []NotThem `json:"notThem,omitempty"`
}

// NotThem is an account that a roster row names but that cannot be the leaver's.
type NotThem struct {
	ID                string    `json:"id"`
	UserPrincipalName string    `json:"userPrincipalName"`
	CreatedDateTime   time.Time `json:"createdDateTime"`
	Why               string    `json:"why"`
}

// Key orders and names leavers: the object id, or the roster's place for people without an account.
func (l Leaver) Key() string {
	if l.ID != "" {
		return l.ID
	}
	return "~" + l.Source
}

// Record is one leaver with every fact of LeaverFacts; a leaver who leaves in the future has none.
type Record struct {
	Leaver Leaver          `json:"leaver"`
	Facts  map[string]Fact `json:"facts"`
}

// UnmarshalJSON reads a line of leavers.ndjson.
func (r *Record) UnmarshalJSON(line []byte) error {
	var err error
	*r, err = decodeRecord(line)
	return err
}

func decodeRecord(line []byte) (Record, error) {
	var in struct {
		Leaver Leaver                    `json:"leaver"`
		Facts  map[string]map[string]any `json:"facts"`
	}
	if err := unmarshal(line, &in); err != nil {
		return Record{}, err
	}
	out := Record{Leaver: in.Leaver, Facts: make(map[string]Fact, len(in.Facts))}
	for name, fact := range in.Facts {
		f, err := factOf(fact)
		if err != nil {
			return Record{}, fmt.Errorf("fact %s: %w", name, err)
		}
		out.Facts[name] = f
	}
	return out, nil
}

// Tenant is what holds for the whole tenant: every fact of TenantFacts.
type Tenant struct {
	ID    string          `json:"id"`
	Cloud string          `json:"cloud"`
	Facts map[string]Fact `json:"facts"`
}

// Window is the span of a log that could be read.
type Window struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Manifest says who collected what, when and with which rights. It holds no secret.
type Manifest struct {
	SchemaVersion int        `json:"schemaVersion"`
	Tool          Tool       `json:"tool"`
	TenantID      string     `json:"tenantId"`
	TenantName    string     `json:"tenantName"`
	Cloud         string     `json:"cloud"`
	Population    Population `json:"population"`
	Permissions   []string   `json:"permissions"`
	// ClockSkewSeconds is the service's clock minus ours, by the Date header of its answers.
	ClockSkewSeconds int      `json:"clockSkewSeconds"`
	Arguments        []string `json:"arguments"`
	// CollectedAt is when collecting began. It is the "now" of every rule.
	CollectedAt time.Time `json:"collectedAt"`
	EndedAt     time.Time `json:"endedAt"`
	// Windows holds, per log (LogSignIns, LogAudits), the span that the tenant's licence keeps.
	Windows map[string]Window `json:"windows"`
}

// Tool names the program that wrote a snapshot.
type Tool struct {
	Name    string            `json:"name"`
	Version string            `json:"version"`
	Modules map[string]string `json:"modules"`
}

// Population says who was to be checked.
type Population struct {
	Sources []string `json:"sources"`
	Leavers int      `json:"leavers"`
	NotYet  int      `json:"notYet"`
	// Digest is the SHA-256 of the roster rows as understood, in hex.
	Digest string `json:"digest"`
	// Untimed counts the leavers whose leave time is not known.
	Untimed int `json:"untimed,omitempty"`
	// Excluded are the people whom a source names and an exclusion takes out, in the order of Source and ID.
	Excluded []Excluded `json:"excluded,omitempty"`
}

// Excluded is somebody who is not looked at, and why.
type Excluded struct {
	ID                string `json:"id"`
	UserPrincipalName string `json:"userPrincipalName"`
	DisplayName       string `json:"displayName"`
	Source            string `json:"source"`
	Pattern           string `json:"pattern"`
}

// Provenance tells where one fact came from, or, with List, how one listing ended.
type Provenance struct {
	// Leaver is a Leaver.Key; empty for a tenant-wide fact or listing.
	Leaver string `json:"leaver,omitempty"`
	Fact   string `json:"fact,omitempty"`
	// Endpoint is the request as documented ("GET /v1.0/users", "Get-Mailbox"), without identifiers.
	Endpoint  string    `json:"endpoint"`
	At        time.Time `json:"at"`
	RequestID string    `json:"requestId,omitempty"`
	Attempts  int       `json:"attempts"`
	Status    int       `json:"status"`
	// Detail says how this was read, where that can be done in more than one way.
	Detail string `json:"detail,omitempty"`
	List   *List  `json:"list,omitempty"`
}

// List is the seal of one listing.
type List struct {
	Pages    int `json:"pages"`
	Rows     int `json:"rows"`
	Distinct int `json:"distinct"`
	// Count is @odata.count of the first page, or -1 when the service gave none.
	Count    int  `json:"count"`
	Restarts int  `json:"restarts"`
	Complete bool `json:"complete"`
}

// Seal holds the hash and count of every other file, and what the facts came to.
type Seal struct {
	SchemaVersion int                 `json:"schemaVersion"`
	Files         map[string]FileSeal `json:"files"`
	Leavers       int                 `json:"leavers"`
	// Outcomes counts leavers per fact and outcome: "read", "absent", "unknown.forbidden".
	Outcomes map[string]map[string]int `json:"outcomes"`
	// Previous is the digest of the snapshot that this one continues, empty for none.
	Previous string `json:"previous"`
	// Digest is the SHA-256, in hex, of this seal with an empty Digest. It names the snapshot.
	Digest string `json:"digest"`
}

// FileSeal is one file's SHA-256 in hex, its size in bytes and its number of records.
type FileSeal struct {
	SHA256  string `json:"sha256"`
	Bytes   int64  `json:"bytes"`
	Records int    `json:"records"`
}

// marshal encodes canonically: map keys sorted, HTML characters as they are, no newline at the end.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// unmarshal keeps numbers exact and refuses unknown fields and trailing text.
func unmarshal(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("text after the end of the document")
	}
	return nil
}
