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
	// ChangeNone is of a verdict that has not changed, and only carries its history on; it is not counted.
	ChangeNone ChangeKind = "unchanged"
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
	// Since is the collectedAt of the first result since which the verdict has been what it is, as far as results
	// were compared: of one that is still open, since which it has not been right.
	Since time.Time `json:"since,omitzero"`
	// Fixed is the collectedAt of the last result in which it was found fixed, zero for never: if it fails once
	// more, it is reopened.
	Fixed time.Time `json:"fixed,omitzero"`
	// Cause says what of the method changed, or why the verdict is judged no more.
	Cause Cause `json:"cause,omitempty"`
}

// Cause says what changed beside the tenant.
type Cause string

// The causes. The last two are of verdicts that are judged no more; CauseRule and CauseOff may be, too.
const (
	CauseRule        Cause = "rule"        // the rule's policy is another, or the rule is there on one side only
	CauseParameters  Cause = "parameters"  // of the rule
	CauseSeverity    Cause = "severity"    // that the rule is given
	CauseOff         Cause = "off"         // the configuration switched the rule off, or on
	CauseWaiver      Cause = "waiver"      // a waiver that covered it does not any more
	CauseRoster      Cause = "roster"      // the leave time, or what was agreed for the mail
	CauseReadable    Cause = "readable"    // a fact that the rule looks at could be read on one side only
	CauseAttestation Cause = "attestation" // it stands on a person's word on one side only
	CauseLeaver      Cause = "leaver"      // the leaver is not among those judged
	CauseState       Cause = "state"       // the rule says nothing of a leaver in this state
)

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
	// Cause is CauseLeaver, CauseRule or CauseOff.
	Cause Cause `json:"cause"`
}

// MostGone is how many verdicts Summary.Gone lists; Summary.Changes counts those beyond, too.
const MostGone = 10_000

// NewFailure says whether the verdict fails and did not in the earlier result, or not in this way. Where the
// method changed nobody can tell that it is old, so it counts; and so does everything that was compared with
// nothing.
func (v Verdict) NewFailure() bool { return v.Status == Fail && v.news() }

// NewlyUnknown says the same of a verdict that cannot be told.
func (v Verdict) NewlyUnknown() bool { return v.Status == Unknown && v.news() }

func (v Verdict) news() bool {
	if v.Change == nil {
		return true
	}
	switch v.Change.Kind {
	case ChangeNew, ChangeReopened, ChangeMethod:
		return true
	default:
		return false
	}
}
