package policies

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Settings is what an organisation wants of rules beside what their METADATA says, by rule id. It is checked
// when rules are loaded with it.
type Settings map[string]RuleSettings

// RuleSettings are those of one rule.
type RuleSettings struct {
	// Off switches the rule off: it is not asked, and the result says so.
	Off bool
	// Severity replaces METADATA's and whatever the rule itself would give a verdict; empty for theirs.
	Severity Severity
	// Parameters replace defaults, by name.
	Parameters map[string]any
	// places says where each was read, by the keys of Rule.Set; under "" the rule itself.
	places map[string]place
}

// place is where something stands in a file.
type place struct {
	file         string
	line, column int
}

func (p place) String() string {
	if p.file == "" {
		return "set by the program"
	}
	return p.file + ":" + strconv.Itoa(p.line)
}

// The keys of Rule.Set.
const (
	setEnabled    = "enabled"
	setSeverity   = "severity"
	setParameters = "parameters"
)

func setParameter(name string) string { return setParameters + "." + name }

// ReadSettings reads the section "rules" of a YAML file; other sections are not looked at. The name stands in
// front of each problem's line and column; the error names every one.
//
//	rules:
//	  ACC-004:
//	    severity: high
//	    parameters: {grace_hours: 24}
//	  LIC-002: {enabled: false}
//
// Whether there are such rules, and whether values fit, is seen when rules are loaded with the Settings.
func ReadSettings(name string, r io.Reader) (Settings, error) {
	f := &settingsFile{yamlFile: yamlFile{name: name}}
	top, err := f.readYAML(r)
	if err != nil {
		return nil, err
	}
	out := Settings{}
	if top != nil && top.Kind == yaml.MappingNode {
		for section, value := range f.pairs(top) {
			if section.Value == "rules" {
				f.rules(value, out)
			}
		}
	} else if top != nil {
		f.complain(top, "settings are lines of the form \"name: value\"")
	}
	if err := errors.Join(f.problems...); err != nil {
		return nil, err
	}
	return out, nil
}

type settingsFile struct{ yamlFile }

func (f *settingsFile) rules(node *yaml.Node, into Settings) {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return // a section of which every line is commented out
	}
	if node.Kind != yaml.MappingNode {
		f.complain(node, "rules takes the id of a rule and what is set of it, such as \"ACC-004: {severity: high}\"")
		return
	}
	for id, value := range f.pairs(node) {
		if value.Kind != yaml.MappingNode {
			f.complain(value, "rules: %s takes enabled, severity and parameters", id.Value)
			continue
		}
		set := RuleSettings{places: map[string]place{"": f.at(id)}}
		for key, value := range f.pairs(value) {
			set.places[key.Value] = f.at(value)
			switch key.Value {
			case setEnabled:
				if value.Kind != yaml.ScalarNode || value.Tag != "!!bool" {
					f.complain(value, "rules: %s: enabled is true or false", id.Value)
				}
				set.Off = !slices.Contains([]string{"true", "True", "TRUE"}, value.Value)
			case setSeverity:
				set.Severity = Severity(value.Value)
				if words := severityWords(); value.Kind != yaml.ScalarNode || !slices.Contains(words, value.Value) {
					f.complain(value, "rules: %s: severity %q is none of %s%s", id.Value, value.Value, strings.Join(words, ", "), didYouMean(value.Value, words))
				}
			case setParameters:
				set.Parameters = f.parameters(id.Value, value, set.places)
			default:
				keys := []string{setEnabled, setSeverity, setParameters}
				f.complain(key, "rules: %s: there is no key %q: a rule has %s%s", id.Value, key.Value, strings.Join(keys, ", "), didYouMean(key.Value, keys))
			}
		}
		into[id.Value] = set
	}
}

func (f *settingsFile) at(node *yaml.Node) place {
	return place{file: f.name, line: max(node.Line, 1), column: node.Column}
}

func (f *settingsFile) parameters(id string, node *yaml.Node, places map[string]place) map[string]any {
	if node.Kind != yaml.MappingNode {
		f.complain(node, "rules: %s: parameters takes names and values", id)
		return nil
	}
	out := map[string]any{}
	for name, value := range f.pairs(node) {
		decoded, err := f.value(value)
		if err != nil {
			f.complain(value, "rules: %s: %s: %v", id, name.Value, err)
			continue
		}
		out[name.Value], places[setParameter(name.Value)] = decoded, f.at(value)
	}
	return out
}

// value turns a node into what the same text in JSON would be. YAML's own decoder would make times of dates,
// and floating-point numbers of great ones.
func (f *settingsFile) value(node *yaml.Node) (any, error) {
	switch node.Kind {
	case yaml.SequenceNode:
		out := []any{}
		for _, item := range node.Content {
			decoded, err := f.value(item)
			if err != nil {
				return nil, err
			}
			out = append(out, decoded)
		}
		return out, nil
	case yaml.MappingNode:
		out := map[string]any{}
		for key, item := range f.pairs(node) {
			decoded, err := f.value(item)
			if err != nil {
				return nil, err
			}
			out[key.Value] = decoded
		}
		return out, nil
	case yaml.ScalarNode:
		return scalar(node)
	default:
		return nil, errors.New("write the value itself, no reference to another place") // which could grow without end
	}
}

func scalar(node *yaml.Node) (any, error) {
	switch node.Tag {
	case "!!null":
		return nil, nil
	case "!!bool":
		var value bool
		err := node.Decode(&value)
		return value, err
	case "!!int", "!!float":
		if json.Valid([]byte(node.Value)) {
			return json.Number(node.Value), nil
		}
		var number float64
		if err := node.Decode(&number); err != nil {
			return nil, err
		}
		if math.IsInf(number, 0) || math.IsNaN(number) {
			return nil, fmt.Errorf("%s is no number", node.Value)
		}
		return number, nil
	case "!!str", "!!timestamp":
		return node.Value, nil
	}
	return nil, fmt.Errorf("a value of the kind %s", node.Tag)
}

func severityWords() []string {
	var out []string
	for _, severity := range Severities() {
		out = append(out, string(severity))
	}
	return out
}

// SettingsOf gives the settings that a run was made with, as far as it tells: rules that are loaded with them say of
// themselves what the run says of them.
func SettingsOf(run Run) Settings {
	out := Settings{}
	for _, off := range run.Off {
		out[off.ID] = RuleSettings{Off: true, places: map[string]place{setEnabled: readPlace(off.Source)}}
	}
	for _, rule := range run.Rules {
		if len(rule.Set) == 0 {
			continue
		}
		set := RuleSettings{Parameters: map[string]any{}, places: map[string]place{}}
		for key, at := range rule.Set {
			set.places[key] = readPlace(at)
			if key == setSeverity {
				set.Severity = rule.Severity
			} else if name, ok := strings.CutPrefix(key, setParameters+"."); ok {
				set.Parameters[name] = run.Parameters[rule.ID][name]
			}
		}
		out[rule.ID] = set
	}
	return out
}

// readPlace reads what place.String has written.
func readPlace(text string) place {
	at := strings.LastIndex(text, ":")
	if at < 0 {
		return place{}
	}
	line, err := strconv.Atoi(text[at+1:])
	if err != nil {
		return place{}
	}
	return place{file: text[:at], line: line}
}

// apply puts the settings into the rules, and refuses those that no rule has asked for.
func (s Settings) apply(rules []Rule) error {
	var problems []error
	for _, id := range slices.Sorted(maps.Keys(s)) {
		set := s[id]
		complain := func(key, format string, args ...any) {
			problems = append(problems, set.problem(id, key, format, args...))
		}
		at := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })
		if at < 0 {
			complain("", "there is no rule %q%s", id, didYouMean(id, idsOf(rules)))
			continue
		}
		rule := &rules[at]
		rule.Set = map[string]string{}
		if set.Off {
			rule.Set[setEnabled] = set.places[setEnabled].String()
		}
		if set.Severity != "" {
			if !slices.Contains(Severities(), set.Severity) {
				complain(setSeverity, "severity %q is none of %s", set.Severity, strings.Join(severityWords(), ", "))
			}
			rule.DefaultSeverity, rule.Severity = rule.Severity, set.Severity
			rule.Set[setSeverity] = set.places[setSeverity].String()
		}
		for _, name := range slices.Sorted(maps.Keys(set.Parameters)) {
			if err := rule.set(name, set.Parameters[name]); err != nil {
				complain(setParameter(name), "%s: %v", name, err)
				continue
			}
			rule.Set[setParameter(name)] = set.places[setParameter(name)].String()
		}
	}
	return errors.Join(problems...)
}

// problem is a mistake in the settings of a rule, with its place where there is one.
func (s RuleSettings) problem(id, key, format string, args ...any) error {
	text := "rules: " + fmt.Sprintf(format, args...)
	if key != "" {
		text = "rules: " + id + ": " + fmt.Sprintf(format, args...)
	}
	at, ok := s.places[key]
	if !ok {
		return errors.New(text)
	}
	return &placeError{Problem: Problem{File: at.file, Line: at.line, Column: at.column, Message: text}, exact: true}
}

// switchOff takes the rules out that are not to be asked.
func (s *Set) switchOff(settings Settings) {
	var rules []Rule
	var docs []documents
	for i, rule := range s.rules {
		if settings[rule.ID].Off {
			s.off = append(s.off, rule)
			continue
		}
		rules, docs = append(rules, rule), append(docs, s.docs[i])
	}
	s.rules, s.docs = rules, docs
}
