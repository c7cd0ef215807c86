package policies

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"leavercheck/collector/snapshot"
)

// Status is what a rule came to.
type Status string

// The statuses. A rule itself says only pass, fail, unknown or not_applicable.
const (
	Pass          Status = "pass"           // every fact that is needed was read, and it is right
	Fail          Status = "fail"           // what was read proves it wrong
	Pending       Status = "pending"        // would be fail, but the grace since leaving still runs
	Unknown       Status = "unknown"        // cannot be told from what was read
	NotApplicable Status = "not_applicable" // read, and there is nothing to judge
	Waived        Status = "waived"         // would be fail or unknown, and a waiver covers it
)

// Statuses lists every status in the order in which reports count them.
func Statuses() []Status {
	return []Status{Fail, Unknown, Pending, Waived, Pass, NotApplicable}
}

// Severity says how bad a failure is.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
	Info     Severity = "info"
)

// Severities lists every severity, the worst first.
func Severities() []Severity {
	return []Severity{Critical, High, Medium, Low, Info}
}

// AtLeast says whether s is as bad as t or worse. A word that is no severity is never at least anything.
func (s Severity) AtLeast(t Severity) bool {
	at := slices.Index(Severities(), s)
	return at >= 0 && at <= slices.Index(Severities(), t)
}

// Grade says on whose word a verdict stands.
type Grade string

// The grades.
const (
	Observed Grade = "observed" // the collector read it
	Attested Grade = "attested" // a person vouches for it
)

// Verdict is what one rule says of one leaver, or of the tenant.
type Verdict struct {
	Rule     string   `json:"rule"`
	Status   Status   `json:"status"`
	Severity Severity `json:"severity"`
	// Message is one sentence for people; the engine writes it where the rule gives none and the status
	// is unknown.
	Message  string     `json:"message,omitempty"`
	Findings []Finding  `json:"findings,omitempty"`
	Evidence []Evidence `json:"evidence,omitempty"`
	Grade    Grade      `json:"grade"`
	// Due is when the grace ends, or ended, of something that fails.
	Due time.Time `json:"due,omitzero"`
	// Deadline is when data is lost. DaysLeft counts whole days until then, below 0 when it is past.
	Deadline time.Time `json:"deadline,omitzero"`
	DaysLeft *int      `json:"daysLeft,omitempty"`
	Missing  []Missing `json:"missing,omitempty"`
	// Attestations are what the verdict leans on beside what was read.
	Attestations []VerdictAttestation `json:"attestations,omitempty"`
	Waiver       *Waiver              `json:"waiver,omitempty"`
	// Change says how it compares with an earlier result, nil where none was given.
	Change *Change `json:"change,omitempty"`
	// Fingerprint names this problem of this leaver: the same on every run while it lasts.
	Fingerprint string `json:"fingerprint"`
}

// Finding is one thing that is wrong: under "resource" a stable key of it, beside that the property
// values that prove it, under Microsoft's names.
type Finding map[string]any

// Resource is the stable key of what is wrong.
func (f Finding) Resource() string {
	resource, _ := f["resource"].(string)
	return resource
}

// Evidence is a fact that a verdict rests on: where it was read, when, and what the rule looked at.
// A fact that took several requests has a row for each; the values stand in the first. A row without a
// state is no fact of the snapshot but what the rule made of facts, or of the roster.
type Evidence struct {
	Fact      string         `json:"fact"`
	State     snapshot.State `json:"state,omitempty"`
	Endpoint  string         `json:"endpoint,omitempty"`
	At        time.Time      `json:"at,omitzero"`
	RequestID string         `json:"requestId,omitempty"`
	Values    map[string]any `json:"values,omitempty"`
}

// Missing is something that a verdict would have needed.
type Missing struct {
	// Fact is empty when it is not a fact that is missing but a policy that can be evaluated.
	Fact   string `json:"fact"`
	Reason string `json:"reason"`
	// Needs is the permission, role, licence or flag that would make the fact readable.
	Needs  string `json:"needs,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Reasons that the engine adds to those of package snapshot.
const (
	// ReasonPolicyError: the rule could not be evaluated. The detail has the error.
	ReasonPolicyError = "policy_error"
	// ReasonUndecided: the facts were there, and the rule came to no verdict all the same.
	ReasonUndecided = "undecided"
)

// VerdictAttestation is an attestation that a verdict leans on.
type VerdictAttestation struct {
	// Rule is the rule that it stands for.
	Rule      string    `json:"rule"`
	Statement string    `json:"statement"`
	By        string    `json:"by"`
	At        time.Time `json:"at"`
	Link      string    `json:"link,omitempty"`
	Expires   time.Time `json:"expires"`
}

// DaysLeft is the number of whole days from now to a deadline, rounded down; nil without one.
func DaysLeft(deadline, now time.Time) *int {
	if deadline.IsZero() {
		return nil
	}
	const day = 24 * time.Hour
	left := deadline.Sub(now)
	days := int(left / day)
	if left < 0 && left%day != 0 {
		days--
	}
	return &days
}

// Fingerprint names a problem independently of display names, messages and time: a digest over the
// tenant's id, the rule's id, the object's id and the keys of what is wrong, in any order.
func Fingerprint(tenant, rule, object string, resources ...string) string {
	parts := append([]string{tenant, rule, object}, slices.Sorted(slices.Values(resources))...)
	var text []byte
	for _, part := range parts {
		// Each part bears its length: "ab","c" and "a","bc" are not the same.
		text = strconv.AppendInt(text, int64(len(part)), 10)
		text = append(text, ':')
		text = append(text, part...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
