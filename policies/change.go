package policies

import "time"

// ChangeKind says how a verdict compares with the same rule and leaver in an earlier result.
type ChangeKind string

// The kinds of changes. A change of method is never one of the tenant: it is told apart from the others.
const (
	ChangeNew      ChangeKind = "new"            // fails or is unknown, and did not before
	ChangeOpen     ChangeKind = "still_open"     // fails or is unknown as before
	ChangeFixed    ChangeKind = "fixed"          // failed or was unknown, and is right now
	ChangeReopened ChangeKind = "reopened"       // was fixed once, and fails again
	ChangeWaived   ChangeKind = "waived"         // is waived, and was not
	ChangeScope    ChangeKind = "out_of_scope"   // failed or was unknown, and is judged no more
	ChangeMethod   ChangeKind = "method_changed" // differs, and so does the rule, a parameter, or what could be read
)

// ChangeKinds lists every kind, in the order in which reports count them.
func ChangeKinds() []ChangeKind {
	return []ChangeKind{ChangeNew, ChangeReopened, ChangeOpen, ChangeMethod, ChangeFixed, ChangeWaived, ChangeScope}
}

// Change is how a verdict compares with an earlier result.
type Change struct {
	Kind ChangeKind `json:"kind"`
	// Before is the status in the earlier result, empty where it had no such verdict.
	Before Status `json:"before,omitempty"`
	// Since is the collectedAt of the first result in which the verdict failed or was unknown as it is now,
	// or, of one that is right now, of the first in which it was.
	Since time.Time `json:"since,omitzero"`
	// Cause says what of the method changed: "rule", "parameters", "severity", "readable", "waiver".
	Cause string `json:"cause,omitempty"`
}

// ResultRef names the earlier result that one was compared with.
type ResultRef struct {
	Seal         string    `json:"seal"`
	CollectedAt  time.Time `json:"collectedAt"`
	PolicyDigest string    `json:"policyDigest"`
}

// GoneVerdict is a verdict of the earlier result on a leaver or by a rule that the present one does not have.
type GoneVerdict struct {
	Rule string `json:"rule"`
	// Leaver is the key of the leaver, empty for the tenant; Name is what people call them.
	Leaver      string   `json:"leaver,omitempty"`
	Name        string   `json:"name,omitempty"`
	Status      Status   `json:"status"`
	Severity    Severity `json:"severity"`
	Fingerprint string   `json:"fingerprint"`
}
