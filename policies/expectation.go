package policies

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"leavercheck/collector/snapshot"
)

// expectation is an expected.yaml: per leaver and rule the verdict, as the word of its status or as
// {status, findings} with the resources of the findings.
//
//	leavers:
//	  ada@contoso.com:
//	    ORG-001: pass
//	    ORG-002: {status: fail, findings: [accountEnabled]}
//	tenant:
//	  ORG-003: unknown
type expectation struct {
	file    string
	leavers map[string]expectedLeaver
	tenant  expectedLeaver
}

type expectedLeaver struct {
	line     int
	verdicts map[string]expectedVerdict
}

type expectedVerdict struct {
	line   int
	status Status
	// resources are those of the findings, sorted; nil where they are not looked at.
	resources []string
}

func readExpectation(path string, text []byte) (*expectation, error) {
	out := &expectation{file: path, leavers: map[string]expectedLeaver{}}
	var document yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&document); err != nil {
		return nil, yamlError(path, err)
	}
	p := expectationParser{path: path}
	for key, value := range p.pairs(document.Content[0]) {
		switch key.Value {
		case "leavers":
			for name, verdicts := range p.pairs(value) {
				out.leavers[name.Value] = p.leaver(name, verdicts)
			}
		case "tenant":
			out.tenant = p.leaver(key, value)
		default:
			p.complain(key, "there is no %q: there are leavers, tenant", key.Value)
		}
	}
	return out, errors.Join(p.problems...)
}

type expectationParser struct {
	path     string
	problems []error
}

func (p *expectationParser) complain(at *yaml.Node, format string, args ...any) {
	p.problems = append(p.problems, fmt.Errorf("%s:%d: %w", p.path, at.Line, fmt.Errorf(format, args...)))
}

// pairs gives the keys and values of a mapping and refuses a key that stands there twice.
func (p *expectationParser) pairs(mapping *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if mapping.Kind != yaml.MappingNode {
			if mapping.Tag != "!!null" {
				p.complain(mapping, "this is no list of names and values")
			}
			return
		}
		seen := map[string]bool{}
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			key := mapping.Content[i]
			if seen[key.Value] {
				p.complain(key, "%s stands here for the second time", key.Value)
				continue
			}
			seen[key.Value] = true
			if !yield(key, mapping.Content[i+1]) {
				return
			}
		}
	}
}

func (p *expectationParser) leaver(name, verdicts *yaml.Node) expectedLeaver {
	out := expectedLeaver{line: name.Line, verdicts: map[string]expectedVerdict{}}
	for rule, verdict := range p.pairs(verdicts) {
		one := expectedVerdict{line: rule.Line}
		if verdict.Kind == yaml.ScalarNode {
			one.status = p.status(verdict)
		} else {
			for key, value := range p.pairs(verdict) {
				switch key.Value {
				case "status":
					one.status = p.status(value)
				case "findings":
					one.resources = []string{}
					if err := value.Decode(&one.resources); err != nil {
						p.complain(value, "findings is a list of resources")
					}
					slices.Sort(one.resources)
				default:
					p.complain(key, "there is no %q: there are status, findings", key.Value)
				}
			}
			if one.status == "" {
				p.complain(rule, "%s has no status", rule.Value)
			}
		}
		out.verdicts[rule.Value] = one
	}
	return out
}

func (p *expectationParser) status(at *yaml.Node) Status {
	status := Status(at.Value)
	if !slices.Contains(Statuses(), status) {
		p.complain(at, "%q is none of %s", at.Value, joined(Statuses()))
		return Unknown
	}
	return status
}

func joined[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = string(word)
	}
	return strings.Join(out, ", ")
}

// of finds what is expected of a leaver, whom the file may name by user principal name or object id.
func (e *expectation) of(leaver snapshot.Leaver) (string, bool) {
	for _, name := range []string{leaver.UserPrincipalName, leaver.ID, leaver.Key()} {
		if _, ok := e.leavers[name]; ok && name != "" {
			return name, true
		}
	}
	return "", false
}

// text writes a result as an expected.yaml.
func (r *scenarioResult) text() ([]byte, error) {
	verdicts := func(list []Verdict) map[string]any {
		out := map[string]any{}
		for _, v := range list {
			if !r.about(v.Rule) {
				continue
			}
			out[v.Rule] = string(v.Status)
			if resources := resourcesOf(v); len(resources) > 0 {
				out[v.Rule] = flow{Status: v.Status, Findings: resources}
			}
		}
		return out
	}
	leavers := map[string]any{}
	for _, l := range r.leavers {
		leavers[r.names[l.Leaver.Key()]] = verdicts(l.Verdicts)
	}
	document := map[string]any{"leavers": leavers}
	if tenant := verdicts(r.tenant.Verdicts); len(tenant) > 0 {
		document["tenant"] = tenant
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(document); err != nil {
		return nil, fmt.Errorf("policies: writing %s: %w", ExpectedFile, err)
	}
	return out.Bytes(), encoder.Close()
}

// flow is a verdict with its findings.
type flow struct {
	Status   Status   `yaml:"status"`
	Findings []string `yaml:"findings,flow"`
}

// scenarioResult gathers what an evaluation says. It is a Handler.
type scenarioResult struct {
	rules   map[string]bool   // that the scenario is about
	names   map[string]string // by Leaver.Key: what the file calls them
	leavers []LeaverResult
	tenant  TenantResult
}

func (r *scenarioResult) about(rule string) bool { return r.rules[rule] }

// Run is part of Handler.
func (r *scenarioResult) Run(Run) error { return nil }

// Leaver is part of Handler.
func (r *scenarioResult) Leaver(l LeaverResult) error {
	name := cmp.Or(l.Leaver.UserPrincipalName, l.Leaver.Key())
	if slices.Contains(slices.Collect(maps.Values(r.names)), name) {
		name = l.Leaver.Key() // two leavers of one name
	}
	r.names[l.Leaver.Key()] = name
	r.leavers = append(r.leavers, l)
	return nil
}

// Tenant is part of Handler.
func (r *scenarioResult) Tenant(t TenantResult) error {
	r.tenant = t
	return nil
}

// Summary is part of Handler.
func (r *scenarioResult) Summary(Summary) error { return nil }

func resourcesOf(v Verdict) []string {
	var out []string
	for _, f := range v.Findings {
		out = append(out, f.Resource())
	}
	slices.Sort(out)
	return out
}
