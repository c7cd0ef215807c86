package policies

import (
	"time"

	"leavercheck/collector/snapshot"
)

// ResultVersion is the version of the result format that this package writes.
const ResultVersion = 1

// Handler receives a result as it comes into being: Run, then Leaver for each leaver in the order of
// the snapshot, then Tenant, then Summary. Calls never overlap. An error ends the evaluation. What a
// call hands over is not touched again by the caller.
type Handler interface {
	Run(run Run) error
	Leaver(leaver LeaverResult) error
	Tenant(tenant TenantResult) error
	Summary(summary Summary) error
}

// Run says what was evaluated, with what.
type Run struct {
	SchemaVersion int    `json:"schemaVersion"`
	Tool          Tool   `json:"tool"`
	Tenant        Tenant `json:"tenant"`
	Cloud         string `json:"cloud"`
	// Snapshot names the evidence: the digest of its seal.
	Snapshot SnapshotRef `json:"snapshot"`
	// Baseline names the earlier snapshot that this one was compared with, nil for none.
	Baseline *BaselineRef `json:"baseline,omitempty"`
	// CollectedAt is when collecting began, the "now" of every rule unless Now stands beside it.
	CollectedAt time.Time `json:"collectedAt"`
	// Now is the time that the snapshot was judged as of, where the caller chose another.
	Now time.Time `json:"now,omitzero"`
	// PolicyDigest is the digest of the policy sources as evaluated.
	PolicyDigest string `json:"policyDigest"`
	// Rules are those evaluated, with the controls of at least medium confidence.
	Rules      []Rule                    `json:"rules"`
	Parameters map[string]map[string]any `json:"parameters"`
	// Off are the rules that the configuration switches off, sorted by id: they have no verdicts.
	Off []RuleRef `json:"off,omitempty"`
	// Outcomes counts, per fact, what became of it: "read", "absent", "unknown.forbidden". It is the snapshot's
	// own account of what was asked and what answered (snapshot.Seal.Outcomes).
	Outcomes map[string]map[string]int `json:"outcomes,omitempty"`
	// Compared names the earlier result that verdicts carry their Change from, nil for none.
	Compared *ResultRef `json:"compared,omitempty"`
	// Redacted says that pseudonyms stand for people and things. They are others in every result.
	Redacted bool `json:"redacted,omitempty"`
}

// RuleRef names a rule.
type RuleRef struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Source is where it was switched off: "leavercheck.yaml:12".
	Source string `json:"source,omitempty"`
}

// JudgedAsOf is the "now" of every verdict.
func (r Run) JudgedAsOf() time.Time {
	if !r.Now.IsZero() {
		return r.Now
	}
	return r.CollectedAt
}

// Tool names the program that evaluated.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Tenant names the tenant.
type Tenant struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// SnapshotRef names a snapshot and whom it holds.
type SnapshotRef struct {
	Seal       string              `json:"seal"`
	Previous   string              `json:"previous,omitempty"`
	Population snapshot.Population `json:"population"`
}

// BaselineRef names a baseline.
type BaselineRef struct {
	Seal        string    `json:"seal"`
	CollectedAt time.Time `json:"collectedAt"`
}

// LeaverResult is every verdict on one leaver, sorted by rule. Somebody who leaves in the future has
// none.
type LeaverResult struct {
	Leaver   snapshot.Leaver `json:"leaver"`
	Verdicts []Verdict       `json:"verdicts"`
}

// NotYet says that the leaver leaves in the future.
func (l LeaverResult) NotYet() bool { return l.Leaver.State == snapshot.NotYet }

// Name is what people call the leaver: the best of what is known of them.
func (l LeaverResult) Name() string {
	who := l.Leaver
	for _, text := range []string{who.DisplayName, who.UserPrincipalName, who.Mail, who.EmployeeID, who.ID} {
		if text != "" {
			return text
		}
	}
	return who.Source
}

// TenantResult is every verdict on the tenant as a whole, sorted by rule.
type TenantResult struct {
	Verdicts []Verdict `json:"verdicts"`
}

// Summary counts a result.
type Summary struct {
	Leavers LeaverCounts `json:"leavers"`
	// Statuses counts all verdicts, the tenant's too.
	Statuses map[Status]int `json:"statuses"`
	// Severities counts the verdicts that fail.
	Severities map[Severity]int `json:"severities"`
	// UnknownSeverities counts the verdicts that are unknown.
	UnknownSeverities map[Severity]int          `json:"unknownSeverities"`
	Rules             map[string]map[Status]int `json:"rules"`
	// Complete says that no verdict is unknown.
	Complete   bool         `json:"complete"`
	Incomplete []Incomplete `json:"incomplete"`
	// NextDeadline is the first still to come among those of verdicts that fail or may yet: fail, pending or
	// unknown. Deadlines counts those that come within 7 days.
	NextDeadline time.Time `json:"nextDeadline,omitzero"`
	Deadlines    int       `json:"deadlines"`
	// Attestations are all that were given, sorted, each with what became of it.
	Attestations []AttestationResult `json:"attestations"`
	// Waivers are all that were given, sorted by id, each with what became of it.
	Waivers []WaiverResult `json:"waivers,omitempty"`
	// Changes counts verdicts by how they compare with the earlier result, nil where none was given. Gone are
	// those of the earlier result that have no verdict now and were not right, the first MostGone of them, by
	// leaver and rule; Changes counts all of them, as out of scope.
	Changes map[ChangeKind]int `json:"changes,omitempty"`
	Gone    []GoneVerdict      `json:"gone,omitempty"`
}

// LeaverCounts counts leavers. Failing, Unknown, Pending and Waived may count the same leaver; Clean counts
// those in none of them, so that somebody whose failures are all waived is not clean; Total counts everybody,
// NotYet included.
type LeaverCounts struct {
	Total   int `json:"total"`
	Clean   int `json:"clean"`
	Failing int `json:"failing"`
	Unknown int `json:"unknown"`
	Pending int `json:"pending"`
	Waived  int `json:"waived,omitempty"`
	NotYet  int `json:"notYet"`
}

// Incomplete is one cause of unknown verdicts: what was not read, why, and what would mend it.
type Incomplete struct {
	Fact   string   `json:"fact"`
	Reason string   `json:"reason"`
	Needs  string   `json:"needs,omitempty"`
	Rules  []string `json:"rules"`
	// Leavers counts those with an unknown verdict for this cause; 0 when it is the tenant's alone.
	Leavers int `json:"leavers"`
}

// FailsAt says whether something fails that is as bad as the threshold or worse.
func (s Summary) FailsAt(threshold Severity) bool { return anyAtLeast(s.Severities, threshold) }

// UnknownAt says whether something is unknown that is as bad as the threshold or worse.
func (s Summary) UnknownAt(threshold Severity) bool {
	return anyAtLeast(s.UnknownSeverities, threshold)
}

func anyAtLeast(counts map[Severity]int, threshold Severity) bool {
	for severity, n := range counts {
		if n > 0 && severity.AtLeast(threshold) {
			return true
		}
	}
	return false
}
