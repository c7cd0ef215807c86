package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"leavercheck/collector/snapshot"
)

// Scope says what a rule judges.
type Scope string

// The scopes.
const (
	PerLeaver Scope = "leaver" // each leaver by themselves; the rule's input is a snapshot.Record
	PerTenant Scope = "tenant" // the tenant as a whole, once; the rule's input is the population
)

// Rule describes a rule, from the METADATA of its package.
type Rule struct {
	ID          string   `json:"id"`
	Package     string   `json:"package"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Scope       Scope    `json:"scope"`
	Severity    Severity `json:"severity"`
	// DefaultSeverity is METADATA's, where the settings give one. Theirs is then that of every verdict, also
	// where the rule itself would give another.
	DefaultSeverity Severity               `json:"defaultSeverity,omitempty"`
	States          []snapshot.LeaverState `json:"states,omitempty"`
	Requires        []string               `json:"requires"`
	Uses            []string               `json:"uses"`
	// Attestations are the rules whose attestations this one heeds. Its own id among them means that a person
	// may attest it.
	Attestations     []string             `json:"attestations,omitempty"`
	Parameters       map[string]Parameter `json:"parameters"`
	Controls         map[string][]Control `json:"controls"`
	Remediation      string               `json:"remediation"`
	RelatedResources []Resource           `json:"relatedResources"`
	// Set says where the settings gave what: under "enabled", "severity" and "parameters.<name>" the place,
	// such as "leavercheck.yaml:12".
	Set map[string]string `json:"set,omitempty"`
	// File and Line are where the package statement stands; a built-in rule's file is its path in this
	// repository.
	File string `json:"file"`
	Line int    `json:"line"`
	// Digest is the SHA-256, in hex, of the sources that make the rule: its package and all that it refers to.
	Digest string `json:"digest,omitempty"`
}

// Control is a control of a framework that a rule checks. Confidence says how well the two fit, where
// somebody judged that.
type Control struct {
	ID         string     `json:"id"`
	Confidence Confidence `json:"confidence,omitempty"`
}

// Resource is a page to read.
type Resource struct {
	Ref         string `json:"ref"`
	Description string `json:"description,omitempty"`
}

// Off says that the settings switch the rule off.
func (r Rule) Off() bool { return r.Set[setEnabled] != "" }

// judges says whether the rule says anything of leavers in a state.
func (r Rule) judges(state snapshot.LeaverState) bool {
	return r.Scope == PerLeaver && slices.Contains(r.States, state)
}

// attestable says whether a person may attest the rule.
func (r Rule) attestable() bool { return slices.Contains(r.Attestations, r.ID) }

// UnmarshalJSON takes a control as an object, or as its id alone.
func (c *Control) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &c.ID); err == nil {
		return nil
	}
	type plain Control
	return strictJSON(data, (*plain)(c))
}

// metadata is the "custom" part of a rule's METADATA.
type metadata struct {
	ID           string                     `json:"id"`
	Scope        Scope                      `json:"scope"`
	Severity     Severity                   `json:"severity"`
	States       []snapshot.LeaverState     `json:"states"`
	Requires     []string                   `json:"requires"`
	Uses         []string                   `json:"uses"`
	Attestations []string                   `json:"attestations"`
	Parameters   map[string]json.RawMessage `json:"parameters"`
	Controls     map[string][]Control       `json:"controls"`
	Remediation  string                     `json:"remediation"`
}

// graceHours is the parameter that every rule on leavers has.
const graceHours = "grace_hours"

// readRule turns the METADATA of a rule's package into a Rule with every parameter at its default. It
// reports everything that is missing or wrong at once.
func readRule(module *ast.Module, note *ast.Annotations) (Rule, []error) {
	rule := Rule{
		Package: packageName(module), Title: note.Title, Description: strings.TrimSpace(note.Description),
		Requires: []string{}, Uses: []string{}, Parameters: map[string]Parameter{}, Controls: map[string][]Control{}, RelatedResources: []Resource{},
		File: module.Package.Location.File, Line: module.Package.Location.Row,
	}
	var problems []error
	complain := func(format string, args ...any) {
		problems = append(problems, problemAt(note.Location, format, args...))
	}

	custom, err := json.Marshal(note.Custom)
	if err != nil {
		complain("METADATA: custom: %v", err)
		return rule, problems
	}
	var meta metadata
	if err := strictJSON(custom, &meta); err != nil {
		complain("METADATA: custom: %v", err)
		return rule, problems
	}
	rule.ID, rule.Scope, rule.Severity, rule.Remediation = meta.ID, meta.Scope, meta.Severity, strings.TrimSpace(meta.Remediation)
	rule.States = meta.States
	for _, resource := range note.RelatedResources {
		rule.RelatedResources = append(rule.RelatedResources, Resource{Ref: resource.Ref.String(), Description: resource.Description})
	}
	for framework, controls := range meta.Controls {
		rule.Controls[framework] = controls
	}

	if !isRuleID(rule.ID) {
		complain("METADATA: custom.id %q is not of the form ABC-123", rule.ID)
	}
	for name, text := range map[string]string{"title": rule.Title, "description": rule.Description, "custom.remediation": rule.Remediation} {
		if text == "" {
			complain("METADATA: %s is missing", name)
		}
	}
	if !slices.Contains(Severities(), rule.Severity) {
		complain("METADATA: custom.severity %q is none of critical, high, medium, low, info", rule.Severity)
	}
	facts := knownFacts(rule.Scope)
	switch rule.Scope {
	case PerLeaver:
		if len(rule.States) == 0 {
			rule.States = []snapshot.LeaverState{snapshot.Live, snapshot.Deleted, snapshot.Unread}
		}
		if _, ok := meta.Parameters[graceHours]; !ok {
			complain("METADATA: custom.parameters has no %s", graceHours)
		}
	case PerTenant:
		if len(rule.States) > 0 {
			complain("METADATA: custom.states makes no sense for a rule on the tenant")
		}
		if len(meta.Attestations) > 0 {
			complain("METADATA: custom.attestations makes no sense for a rule on the tenant: a person attests something of a leaver")
		}
	default:
		complain("METADATA: custom.scope %q is neither leaver nor tenant", rule.Scope)
		facts = knownFacts(PerLeaver)
	}
	for _, state := range rule.States {
		if !slices.Contains(judgedStates(), state) {
			complain("METADATA: custom.states: %q is none of live, deleted, unread, not_found", state)
		}
	}
	if meta.Requires == nil {
		complain("METADATA: custom.requires is missing")
	}
	for _, fact := range slices.Concat(meta.Requires, meta.Uses) {
		if !slices.Contains(facts, fact) {
			complain("METADATA: there is no fact %q for a rule of scope %q to require or use: there are %s%s", fact, rule.Scope, strings.Join(facts, ", "), didYouMean(fact, facts))
		}
	}
	rule.Requires = append(rule.Requires, meta.Requires...)
	for _, fact := range meta.Uses {
		if slices.Contains(meta.Requires, fact) {
			complain("METADATA: %q stands in both custom.requires and custom.uses", fact)
		}
		rule.Uses = append(rule.Uses, fact)
	}
	for i, id := range meta.Attestations {
		if slices.Contains(meta.Attestations[:i], id) {
			complain("METADATA: custom.attestations names %s twice", id)
		}
	}
	rule.Attestations = meta.Attestations
	for framework, controls := range rule.Controls {
		for _, control := range controls {
			if control.ID == "" {
				complain("METADATA: custom.controls: %s has a control without id", framework)
			}
			if control.Confidence != "" && !slices.Contains(Confidences(), control.Confidence) {
				complain("METADATA: custom.controls: %s %s: the confidence %q is none of high, medium, low", framework, control.ID, control.Confidence)
			}
		}
	}
	for name, schema := range meta.Parameters {
		parameter, err := readParameter(schema)
		if err == nil && name == graceHours {
			err = checkGrace(parameter.Value)
		}
		if err != nil {
			complain("METADATA: custom.parameters.%s: %v", name, err)
		}
		rule.Parameters[name] = parameter
	}
	return rule, problems
}

// judgedStates lists the states of a leaver in which rules can say something.
func judgedStates() []snapshot.LeaverState {
	return []snapshot.LeaverState{snapshot.Live, snapshot.Deleted, snapshot.Unread, snapshot.NotFound}
}

// knownFacts lists the facts that a rule can name. A rule on a leaver also sees the tenant's.
func knownFacts(scope Scope) []string {
	if scope == PerTenant {
		return snapshot.TenantFacts()
	}
	return slices.Concat(snapshot.LeaverFacts(), snapshot.TenantFacts())
}

// packageName gives "checklist.sessions.password_reset".
func packageName(module *ast.Module) string {
	return strings.TrimPrefix(module.Package.Path.String(), "data.")
}

// strictJSON decodes one document, keeps numbers exact, and refuses what it does not know.
func strictJSON(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if decoder.More() {
		return errors.New("text after the end of the document")
	}
	return nil
}
