package policies

import (
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Attestation is a person's word for what no service can tell: an export was made, a computer was wiped.
type Attestation struct {
	// Rule is the rule that it is for. With a Fact instead it is for every rule that may be attested and
	// requires that fact.
	Rule string `json:"rule,omitempty"`
	Fact string `json:"fact,omitempty"`
	// Leaver is an object id, user principal name, mail address or employee id.
	Leaver    string    `json:"leaver"`
	Statement string    `json:"statement"`
	By        string    `json:"by"`
	At        time.Time `json:"at"`
	Link      string    `json:"link,omitempty"`
	Expires   time.Time `json:"expires"`
	// Source is where it stands: "attestations.yaml:12".
	Source string `json:"source"`
}

// Standing says what an attestation is worth in one evaluation.
type Standing string

// The standings. Only the first two are those of an attestation that was heard.
const (
	Counts         Standing = "counts"          // a verdict leans on it
	NotNeeded      Standing = "not needed"      // it would count, and no verdict leans on it
	Expired        Standing = "expired"         // its time is over
	TooEarly       Standing = "too early"       // made before the leaver left
	InTheFuture    Standing = "in the future"   // made after the time that is judged as of
	NoSuchLeaver   Standing = "no such leaver"  // the snapshot holds nobody of that name
	SeveralLeavers Standing = "several leavers" // the name is that of more than one
)

// Standings lists every standing.
func Standings() []Standing {
	return []Standing{Counts, NotNeeded, Expired, TooEarly, InTheFuture, NoSuchLeaver, SeveralLeavers}
}

// Heard says whether the attestation was laid before the rules.
func (s Standing) Heard() bool { return s == Counts || s == NotNeeded }

// AttestationResult is an attestation and what became of it.
type AttestationResult struct {
	Attestation
	Standing Standing `json:"standing"`
}

// ReadAttestations reads attestations in YAML for the rules of the set. The name stands in front of each
// problem's line; the error names every one. Whether an attestation counts is seen when it is evaluated.
func (s *Set) ReadAttestations(name string, r io.Reader) ([]Attestation, error) {
	p := &attestationParser{yamlFile: yamlFile{name: name}, set: s, taken: map[string]int{}}
	top, err := p.readYAML(r)
	if err != nil {
		return nil, err
	}
	for _, entry := range p.list(top, "attestations") {
		p.attestation(entry)
	}
	if err := errors.Join(p.problems...); err != nil {
		return nil, err
	}
	return p.found, nil
}

// covers lists the rules that an attestation is for.
func (s *Set) covers(a Attestation) []string {
	var out []string
	for _, rule := range s.every() {
		if rule.attestable() && (rule.ID == a.Rule || a.Fact != "" && slices.Contains(rule.Requires, a.Fact)) {
			out = append(out, rule.ID)
		}
	}
	return out
}

// attestationParser reads attestations one by one.
type attestationParser struct {
	yamlFile
	set   *Set
	found []Attestation
	taken map[string]int // the line of the first, by rule and leaver
}

// attestation reads one attestation.
func (p *attestationParser) attestation(node *yaml.Node) {
	before := len(p.problems)
	e := p.entry(node, "an attestation", attestationKeys(), []string{"leaver", "statement", "by", "at", "expires"})
	if e == nil {
		return
	}
	a := Attestation{
		Rule: e.text("rule"), Fact: e.text("fact"), Leaver: e.text("leaver"), Statement: e.text("statement"), By: e.text("by"), Link: e.text("link"),
		At: p.entryTime(e, "at", false), Expires: p.entryTime(e, "expires", true), Source: p.place(node),
	}
	p.subject(a, node)
	if !a.Expires.IsZero() && a.Expires.Before(a.At) {
		p.complain(e["expires"], "expires before it was made")
	}
	if link := e["link"]; link != nil {
		if u, err := url.Parse(a.Link); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			p.complain(link, "link: %q is no https address", a.Link)
		}
	}
	if len(p.problems) > before {
		return
	}
	for _, rule := range p.set.covers(a) {
		key := rule + "\x00" + strings.ToLower(a.Leaver)
		if line, twice := p.taken[key]; twice {
			p.complain(node, "%s of %s is attested already in line %d", rule, a.Leaver, line)
			return
		}
		p.taken[key] = node.Line
	}
	p.found = append(p.found, a)
}

// subject checks what the attestation is for.
func (p *attestationParser) subject(a Attestation, node *yaml.Node) {
	var ids, attestable, facts []string
	for _, rule := range p.set.every() {
		ids = append(ids, rule.ID)
		if rule.attestable() {
			attestable = append(attestable, rule.ID)
			facts = append(facts, rule.Requires...)
		}
	}
	slices.Sort(facts)
	facts = slices.Compact(facts)
	switch {
	case (a.Rule == "") == (a.Fact == ""):
		p.complain(node, "an attestation is for a rule or for a fact: give one of them")
	case a.Rule != "" && !slices.Contains(ids, a.Rule):
		p.complain(node, "there is no rule %q%s", a.Rule, didYouMean(a.Rule, ids))
	case a.Rule != "" && !slices.Contains(attestable, a.Rule):
		p.complain(node, "%s is no rule that a person may attest: there are %s", a.Rule, listed(attestable))
	case a.Fact != "" && !slices.Contains(facts, a.Fact):
		p.complain(node, "%q is no fact that a rule requires which a person may attest: there are %s", a.Fact, listed(facts))
	}
}

func attestationKeys() []string {
	return []string{"rule", "fact", "leaver", "statement", "by", "at", "link", "expires"}
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
