package policies

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"leavercheck/collector/snapshot"
)

// judge turns what rules say into verdicts. It is the engine's half of the law that unknown is never
// pass, and does not change while leavers are evaluated.
type judge struct {
	tenantID      string
	now           time.Time
	tenantFacts   map[string]snapshot.Fact
	tenantOrigins origins
	requires      map[string][]string // the facts that each rule requires
}

// subject is whom a verdict is about: a leaver, or the tenant.
type subject struct {
	key       string // of the object; empty for the tenant
	leaver    snapshot.Leaver
	graceFrom time.Time // zero: no grace runs
	state     snapshot.LeaverState
	facts     map[string]snapshot.Fact
	origins   origins
	// vouchers are the attestations for the leaver; heard are those laid before the rule, by the rule that
	// they are for.
	vouchers []*voucher
	heard    map[string]*voucher
}

// answer is what a rule said, checked.
type answer struct {
	status   Status
	severity Severity
	message  string
	deadline time.Time
	findings []Finding
	evidence map[string]map[string]any
	missing  []string
	attested []string
}

// verdict is the verdict of a rule that was asked.
func (j *judge) verdict(rule Rule, who subject, said answers, err error) Verdict {
	var a answer
	if err == nil {
		a, err = j.read(rule, who, said)
	}
	if err != nil {
		return Verdict{
			Rule: rule.ID, Status: Unknown, Severity: rule.Severity, Grade: Observed,
			Message:     "policy error: " + brief(err),
			Evidence:    j.evidence(rule, who, answer{}),
			Missing:     []Missing{{Reason: ReasonPolicyError, Detail: brief(err)}},
			Fingerprint: Fingerprint(j.tenantID, rule.ID, who.key),
		}
	}
	verdict := Verdict{
		Rule: rule.ID, Status: a.status, Severity: a.severity, Grade: Observed, Message: a.message,
		Findings: a.findings, Evidence: j.evidence(rule, who, a), Deadline: a.deadline,
		DaysLeft: DaysLeft(a.deadline, j.now), Missing: j.named(a.missing, who),
	}
	for _, id := range a.attested {
		verdict.Grade = Attested
		verdict.Attestations = append(verdict.Attestations, who.heard[id].of(id))
	}
	unread := j.unread(rule, who, a.attested)
	if a.status == Pass && who.state == snapshot.Unread && !slices.Contains(rule.Requires, snapshot.Account) {
		// What is right with an account that could not be placed may be somebody else's merit.
		unread = append(unread, missingFact(snapshot.Account, j.fact(snapshot.Account, who)))
	}
	if a.status == Pass && len(unread)+len(verdict.Missing) > 0 {
		verdict.Status, verdict.Message = Unknown, ""
	}
	if a.status == NotApplicable && len(unread) > 0 && len(unread) == len(rule.Requires) {
		verdict.Status, verdict.Message = Unknown, "" // of what nobody read, nobody can say that there is nothing to judge
	}
	switch verdict.Status {
	case Unknown:
		for _, missing := range unread {
			if !slices.Contains(a.missing, missing.Fact) {
				verdict.Missing = append(verdict.Missing, missing)
			}
		}
		slices.SortFunc(verdict.Missing, func(x, y Missing) int { return strings.Compare(x.Fact, y.Fact) })
		if verdict.Message == "" {
			verdict.Message = unknownMessage(verdict.Missing)
		}
	case Fail:
		if rule.Scope == PerLeaver && !who.graceFrom.IsZero() {
			verdict.Due = who.graceFrom.Add(rule.grace()).UTC()
			if j.now.Before(verdict.Due) {
				verdict.Status = Pending
			}
		}
	default:
	}
	resources := make([]string, len(verdict.Findings))
	for i, finding := range verdict.Findings {
		resources[i] = finding.Resource()
	}
	verdict.Fingerprint = Fingerprint(j.tenantID, rule.ID, who.key, resources...)
	return verdict
}

// brief is the text of an error in a policy, which may quote whatever the policy made.
func brief(err error) string {
	const most = 1000
	text := err.Error()
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + " ..."
}

// notJudged is the verdict of a rule on a leaver in a state that it says nothing of. Of somebody whose
// state could not be read nobody can say that the rule does not apply.
func (j *judge) notJudged(rule Rule, who subject, state snapshot.LeaverState) Verdict {
	verdict := Verdict{
		Rule: rule.ID, Status: NotApplicable, Severity: rule.Severity, Grade: Observed,
		Message:     "not judged for a leaver who is " + strings.ReplaceAll(string(state), "_", " "),
		Fingerprint: Fingerprint(j.tenantID, rule.ID, who.key),
	}
	if state == snapshot.Unread {
		verdict.Status, verdict.Missing = Unknown, []Missing{missingFact(snapshot.Account, j.fact(snapshot.Account, who))}
		verdict.Message = unknownMessage(verdict.Missing)
	}
	return verdict
}

// leaning chooses between the verdict without attestations and the one with them. An attestation counts
// only where the rule says that it leans on it; it can never make a rule not applicable.
func leaning(without, with Verdict) Verdict {
	failsAlready := without.Status == Fail || without.Status == Pending
	switch {
	case len(with.Attestations) > 0 && with.Status != NotApplicable:
		return with
	case broken(with) && !failsAlready:
		return with // the policy's error must not hide behind a pass
	}
	return without
}

// broken says that the rule could not be evaluated.
func broken(v Verdict) bool {
	return slices.ContainsFunc(v.Missing, func(m Missing) bool { return m.Reason == ReasonPolicyError })
}

// unread lists the facts that every pass of the rule needs and that are unknown. An attestation stands for
// the facts that its own rule requires, and for no other.
func (j *judge) unread(rule Rule, who subject, attested []string) []Missing {
	var out []Missing
	for _, name := range rule.Requires {
		if slices.ContainsFunc(attested, func(id string) bool { return slices.Contains(j.requires[id], name) }) {
			continue
		}
		if fact := j.fact(name, who); fact.State == snapshot.Unknown {
			out = append(out, missingFact(name, fact))
		}
	}
	return out
}

// named turns the fact names that a rule gave as missing into what is known of them.
func (j *judge) named(names []string, who subject) []Missing {
	var out []Missing
	for _, name := range names {
		out = append(out, missingFact(name, j.fact(name, who)))
	}
	return out
}

func missingFact(name string, fact snapshot.Fact) Missing {
	if fact.State != snapshot.Unknown {
		return Missing{Fact: name, Reason: ReasonUndecided, Detail: "what was read does not settle it"}
	}
	return Missing{Fact: name, Reason: string(fact.Reason), Needs: fact.Needs, Detail: fact.Detail}
}

// fact looks a fact up. One that the snapshot does not hold was not collected.
func (j *judge) fact(name string, who subject) snapshot.Fact {
	if name == leaveTime {
		return leaveTimeOf(who)
	}
	if fact, ok := who.facts[name]; ok {
		return fact
	}
	if fact, ok := j.tenantFacts[name]; ok {
		return fact
	}
	return snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.NotCollected, Detail: "the snapshot does not hold it"}
}

// evidence lists the facts that the rule requires or uses, with where each was read, and whatever else
// the rule has to show.
func (j *judge) evidence(rule Rule, who subject, a answer) []Evidence {
	names := slices.Concat(rule.Requires, rule.Uses)
	for _, name := range slices.Sorted(maps.Keys(a.evidence)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var out []Evidence
	for _, name := range names {
		fact, mine := who.facts[name]
		rows := who.origins[name]
		if !mine {
			fact, rows = j.tenantFacts[name], j.tenantOrigins[name]
		}
		row := Evidence{Fact: name, State: fact.State, Values: a.evidence[name]}
		if row.State == "" && row.Values == nil {
			continue // not in the snapshot, and nothing to show
		}
		if len(rows) == 0 {
			out = append(out, row)
		}
		for i, origin := range rows {
			row.Endpoint, row.At, row.RequestID = origin.Endpoint, origin.At.UTC(), origin.RequestID
			if i > 0 {
				row.Values = nil
			}
			out = append(out, row)
		}
	}
	return out
}

func unknownMessage(missing []Missing) string {
	if len(missing) == 0 {
		return "the facts were read, and the rule came to no verdict"
	}
	parts := make([]string, len(missing))
	for i, m := range missing {
		parts[i] = m.Fact + " (" + strings.ReplaceAll(m.Reason, "_", " ") + ")"
	}
	return "cannot be told without " + strings.Join(parts, ", ")
}

// read checks everything that a rule said. A rule that says something in a wrong form is not believed
// in the rest.
func (j *judge) read(rule Rule, who subject, said answers) (answer, error) {
	a := answer{status: Unknown, severity: rule.Severity}
	if status := said[docStatus]; status != nil {
		word, _ := status.(ast.String)
		if !isWord(string(word)) {
			return a, fmt.Errorf("status is %v, none of pass, fail, unknown, not_applicable", status)
		}
		a.status = Status(word)
	}
	for _, part := range []struct {
		doc  string
		read func(ast.Value) error
	}{
		{docSeverity, func(v ast.Value) (err error) { a.severity, err = readSeverity(v); return err }},
		{docMessage, func(v ast.Value) (err error) { a.message, err = readText(v); return err }},
		{docDeadline, func(v ast.Value) (err error) { a.deadline, err = readTime(v); return err }},
		{docFindings, func(v ast.Value) (err error) { a.findings, err = readFindings(v); return err }},
		{docEvidence, func(v ast.Value) (err error) { a.evidence, err = readEvidence(v); return err }},
		{docMissing, func(v ast.Value) (err error) { a.missing, err = readMissing(v, rule); return err }},
		{docAttested, func(v ast.Value) (err error) { a.attested, err = readAttested(v, who); return err }},
	} {
		value := said[part.doc]
		if value == nil {
			continue
		}
		if err := part.read(value); err != nil {
			return a, fmt.Errorf("%s: %w", part.doc, err)
		}
	}
	if rule.DefaultSeverity != "" {
		a.severity = rule.Severity // somebody set it, and it is theirs to say
	}
	return a, nil
}

func readText(value ast.Value) (string, error) {
	text, ok := value.(ast.String)
	if !ok {
		return "", fmt.Errorf("%v is not a string", value)
	}
	return string(text), nil
}

func readSeverity(value ast.Value) (Severity, error) {
	text, err := readText(value)
	if err == nil && !slices.Contains(Severities(), Severity(text)) {
		err = fmt.Errorf("%q is none of critical, high, medium, low, info", text)
	}
	return Severity(text), err
}

func readTime(value ast.Value) (time.Time, error) {
	text, err := readText(value)
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	return at.UTC(), err
}

func readFindings(value ast.Value) ([]Finding, error) {
	set, ok := value.(ast.Set)
	if !ok {
		return nil, errors.New("not a set: write findings contains {...}")
	}
	type keyed struct {
		finding Finding
		text    string
	}
	var all []keyed
	err := set.Iter(func(term *ast.Term) error {
		decoded, err := decode(term.Value)
		if err != nil {
			return err
		}
		finding, ok := decoded.(map[string]any)
		if !ok || Finding(finding).Resource() == "" {
			return fmt.Errorf("%v is not an object with a resource, the stable key of what is wrong", term)
		}
		text, err := json.Marshal(finding)
		all = append(all, keyed{finding, string(text)})
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(x, y keyed) int {
		if by := strings.Compare(x.finding.Resource(), y.finding.Resource()); by != 0 {
			return by
		}
		return strings.Compare(x.text, y.text)
	})
	var out []Finding
	for _, k := range all {
		out = append(out, k.finding)
	}
	return out, nil
}

// readEvidence takes whatever a rule shows: it proves a verdict to people and does not make it.
func readEvidence(value ast.Value) (map[string]map[string]any, error) {
	decoded, err := decode(value)
	if err != nil {
		return nil, err
	}
	byName, ok := decoded.(map[string]any)
	if !ok {
		return nil, errors.New("not an object of fact names")
	}
	out := make(map[string]map[string]any, len(byName))
	for name, shown := range byName {
		values, ok := shown.(map[string]any)
		if !ok {
			values = map[string]any{"value": shown}
		}
		if len(values) > 0 {
			out[name] = values
		}
	}
	return out, nil
}

func readMissing(value ast.Value, rule Rule) ([]string, error) {
	set, ok := value.(ast.Set)
	if !ok {
		return nil, errors.New("not a set of fact names")
	}
	var out []string
	err := set.Iter(func(term *ast.Term) error {
		name, ok := term.Value.(ast.String)
		if !ok || name != leaveTime && !slices.Contains(knownFacts(rule.Scope), string(name)) {
			return fmt.Errorf("%v is no fact", term)
		}
		out = append(out, string(name))
		return nil
	})
	slices.Sort(out)
	return out, err
}

// readAttested takes only what was laid before the rule.
func readAttested(value ast.Value, who subject) ([]string, error) {
	set, ok := value.(ast.Set)
	if !ok {
		return nil, errors.New("not a set of rule ids")
	}
	var out []string
	err := set.Iter(func(term *ast.Term) error {
		id, ok := term.Value.(ast.String)
		if !ok || who.heard[string(id)] == nil {
			return fmt.Errorf("%v: there is no such attestation for this leaver that the rule heeds", term)
		}
		out = append(out, string(id))
		return nil
	})
	slices.Sort(out)
	return out, err
}

// decode turns a value into plain Go, sets into sorted lists.
func decode(value ast.Value) (any, error) {
	return ast.JSONWithOpt(value, ast.JSONOpt{SortSets: true})
}
