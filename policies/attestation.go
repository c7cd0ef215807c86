package policies

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
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

// maxAttestationBytes bounds a file that people write by hand.
const maxAttestationBytes = 1 << 20

// ReadAttestations reads attestations in YAML for the rules of the set. The name stands in front of each
// problem's line; the error names every one. Whether an attestation counts is seen when it is evaluated.
func (s *Set) ReadAttestations(name string, r io.Reader) ([]Attestation, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxAttestationBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > maxAttestationBytes {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, maxAttestationBytes)
	}
	p := &attestationParser{set: s, name: name, taken: map[string]int{}}
	list := p.list(text)
	for _, entry := range list {
		p.entry(entry)
	}
	if err := errors.Join(p.problems...); err != nil {
		return nil, err
	}
	return p.found, nil
}

// covers lists the rules that an attestation is for.
func (s *Set) covers(a Attestation) []string {
	var out []string
	for _, rule := range s.rules {
		if rule.attestable() && (rule.ID == a.Rule || a.Fact != "" && slices.Contains(rule.Requires, a.Fact)) {
			out = append(out, rule.ID)
		}
	}
	return out
}

// attestationParser takes a file apart by its nodes, which know their lines.
type attestationParser struct {
	set      *Set
	name     string
	found    []Attestation
	taken    map[string]int // the line of the first, by rule and leaver
	problems []error
}

func (p *attestationParser) complain(line int, format string, args ...any) {
	p.problems = append(p.problems, fmt.Errorf("%s:%d: %w", p.name, max(line, 1), fmt.Errorf(format, args...)))
}

// list finds the entries: one document with the one key "attestations".
func (p *attestationParser) list(text []byte) []*yaml.Node {
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var document, more yaml.Node
	err := decoder.Decode(&document)
	if err == nil {
		if err = decoder.Decode(&more); err == nil {
			p.complain(more.Line, "a second document: write one list")
			return nil
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	switch {
	case errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0:
		p.complain(1, "there is no list of attestations")
		return nil
	case err != nil:
		line, what := yamlProblem(err)
		p.complain(line, "%s", what)
		return nil
	}
	top := document.Content[0]
	if top.Kind != yaml.MappingNode {
		p.complain(top.Line, "the file is not of the form \"attestations:\" with a list below")
		return nil
	}
	var out []*yaml.Node
	given := false
	for key, value := range p.pairs(top) {
		switch {
		case key.Value != "attestations":
			p.complain(key.Line, "there is no key %q here: the file has the one key attestations", key.Value)
		case value.Kind != yaml.SequenceNode:
			p.complain(value.Line, "attestations is not a list")
			given = true
		default:
			out, given = value.Content, true
		}
	}
	if !given && len(p.problems) == 0 {
		p.complain(top.Line, "there is no list of attestations")
	}
	return out
}

// pairs gives keys and values, and complains of keys that stand there twice.
func (p *attestationParser) pairs(mapping *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		seen := map[string]bool{}
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			key, value := mapping.Content[i], mapping.Content[i+1]
			if seen[key.Value] {
				p.complain(key.Line, "%s stands here for the second time", key.Value)
				continue
			}
			seen[key.Value] = true
			if !yield(key, value) {
				return
			}
		}
	}
}

// entry reads one attestation.
func (p *attestationParser) entry(entry *yaml.Node) {
	before := len(p.problems)
	complain := func(format string, args ...any) { p.complain(entry.Line, format, args...) }
	if entry.Kind != yaml.MappingNode {
		complain("an attestation has the keys %s", strings.Join(attestationKeys(), ", "))
		return
	}
	values := map[string]*yaml.Node{}
	for key, value := range p.pairs(entry) {
		switch {
		case !slices.Contains(attestationKeys(), key.Value):
			p.complain(key.Line, "there is no key %q: an attestation has %s", key.Value, strings.Join(attestationKeys(), ", "))
		case value.Kind != yaml.ScalarNode:
			p.complain(value.Line, "%s takes a text", key.Value)
		case value.Tag != "!!null" && strings.TrimSpace(value.Value) != "":
			values[key.Value] = value
		}
	}
	if len(p.problems) > before {
		return
	}
	text := func(key string) string {
		if values[key] == nil {
			return ""
		}
		return strings.TrimSpace(values[key].Value)
	}
	for _, key := range []string{"leaver", "statement", "by", "at", "expires"} {
		if text(key) == "" {
			complain("%s is missing", key)
		}
	}
	a := Attestation{
		Rule: text("rule"), Fact: text("fact"), Leaver: text("leaver"), Statement: text("statement"), By: text("by"), Link: text("link"),
		Source: p.name + ":" + strconv.Itoa(entry.Line),
	}
	p.subject(a, complain)
	var err error
	if at := values["at"]; at != nil {
		if a.At, err = attestedTime(text("at"), false); err != nil {
			p.complain(at.Line, "at: %w", err)
		}
	}
	if expires := values["expires"]; expires != nil {
		if a.Expires, err = attestedTime(text("expires"), true); err != nil {
			p.complain(expires.Line, "expires: %w", err)
		} else if a.Expires.Before(a.At) {
			p.complain(expires.Line, "expires before it was made")
		}
	}
	if link := values["link"]; link != nil {
		if u, err := url.Parse(a.Link); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			p.complain(link.Line, "link: %q is no https address", a.Link)
		}
	}
	if len(p.problems) > before {
		return
	}
	for _, rule := range p.set.covers(a) {
		key := rule + "\x00" + strings.ToLower(a.Leaver)
		if line, twice := p.taken[key]; twice {
			complain("%s of %s is attested already in line %d", rule, a.Leaver, line)
			return
		}
		p.taken[key] = entry.Line
	}
	p.found = append(p.found, a)
}

// subject checks what the attestation is for.
func (p *attestationParser) subject(a Attestation, complain func(string, ...any)) {
	var attestable, facts []string
	for _, rule := range p.set.rules {
		if rule.attestable() {
			attestable = append(attestable, rule.ID)
			facts = append(facts, rule.Requires...)
		}
	}
	slices.Sort(facts)
	facts = slices.Compact(facts)
	switch {
	case (a.Rule == "") == (a.Fact == ""):
		complain("an attestation is for a rule or for a fact: give one of them")
	case a.Rule != "" && !slices.ContainsFunc(p.set.rules, func(r Rule) bool { return r.ID == a.Rule }):
		complain("there is no rule %q", a.Rule)
	case a.Rule != "" && !slices.Contains(attestable, a.Rule):
		complain("%s is no rule that a person may attest: there are %s", a.Rule, listed(attestable))
	case a.Fact != "" && !slices.Contains(facts, a.Fact):
		complain("%q is no fact that a rule requires which a person may attest: there are %s", a.Fact, listed(facts))
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

// attestedTime reads a time, or a date, which is a UTC day: its first second, or its last.
func attestedTime(text string, last bool) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC(), nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither a time such as 2026-05-29T16:00:00Z nor a date", text)
	}
	if last {
		return day.Add(24*time.Hour - time.Second), nil
	}
	return day, nil
}

// yamlProblem takes the line out of the parser's message.
func yamlProblem(err error) (int, string) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	parts := regexp.MustCompile(`^line (\d+): (.*)$`).FindStringSubmatch(text)
	if parts == nil {
		return 1, text
	}
	line, _ := strconv.Atoi(parts[1])
	return line, parts[2]
}
