package policies

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"leavercheck/collector/snapshot"
)

// The documents of a rule.
const (
	docStatus   = "status"
	docFindings = "findings"
	docEvidence = "evidence"
	docMessage  = "message"
	docDeadline = "deadline"
	docSeverity = "severity"
	docMissing  = "missing"
	docAttested = "attested"
)

// documentNames lists them all.
func documentNames() []string {
	return []string{docStatus, docFindings, docEvidence, docMessage, docDeadline, docSeverity, docMissing, docAttested}
}

// documents says which documents a rule's package defines.
type documents map[string]bool

func (d documents) names() []string {
	var out []string
	for _, name := range documentNames() {
		if d[name] {
			out = append(out, name)
		}
	}
	return out
}

// folder is a package, which may be spread over files.
type folder struct {
	name    string
	modules []*ast.Module
	note    *ast.Annotations // METADATA of scope package
	noted   *ast.Module      // where that stands
}

func (p folder) rules(name string) []*ast.Rule {
	var out []*ast.Rule
	for _, module := range p.modules {
		for _, rule := range module.Rules {
			if first, ok := rule.Head.Ref()[0].Value.(ast.Var); ok && string(first) == name {
				out = append(out, rule)
			}
		}
	}
	return out
}

func (p folder) id() string {
	if p.note == nil {
		return ""
	}
	id, _ := p.note.Custom["id"].(string)
	return id
}

// inventory finds the rules: every package whose METADATA has an id. It refuses packages that look like
// a rule and would never be asked, for they would be silent.
func inventory(files []file) ([]Rule, []documents, error) {
	type entry struct {
		rule Rule
		docs documents
	}
	var entries []entry
	var problems []error
	for _, p := range folders(files) {
		statuses := p.rules(docStatus)
		if p.id() == "" {
			if len(statuses) > 0 && p.name != rootLib && !strings.HasPrefix(p.name, rootLib+".") {
				problems = append(problems, problemAt(statuses[0].Location, "package %s has a status but no custom.id in its METADATA: it would never be asked", p.name))
			}
			continue
		}
		rule, complaints := readRule(p.noted, p.note)
		complaints = append(complaints, checkStatus(p, statuses)...)
		problems = append(problems, complaints...)
		docs := documents{}
		for _, name := range documentNames() {
			docs[name] = len(p.rules(name)) > 0
		}
		entries = append(entries, entry{rule, docs})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.rule.ID, b.rule.ID) })
	var rules []Rule
	var docs []documents
	for i, e := range entries {
		if i > 0 && e.rule.ID == entries[i-1].rule.ID {
			other := entries[i-1].rule
			problems = append(problems, problemOf(e.rule, "the id %s is already that of %s:%d", e.rule.ID, other.File, other.Line))
		}
		rules, docs = append(rules, e.rule), append(docs, e.docs)
	}
	problems = append(problems, checkAttestations(rules, docs)...)
	slices.SortStableFunc(problems, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return rules, docs, errors.Join(problems...)
}

func folders(files []file) []folder {
	var out []folder
	for _, f := range files {
		name := packageName(f.module)
		at := slices.IndexFunc(out, func(p folder) bool { return p.name == name })
		if at < 0 {
			at = len(out)
			out = append(out, folder{name: name})
		}
		p := &out[at]
		p.modules = append(p.modules, f.module)
		for _, note := range f.module.Annotations {
			if note.Scope == "package" && p.note == nil {
				p.note, p.noted = note, f.module
			}
		}
	}
	return out
}

// checkStatus holds a rule to its form: a default "unknown", and one ladder of the four words. Two
// ladders could both hold, which loses the verdict; a default of "pass" would pass what nobody read.
func checkStatus(p folder, statuses []*ast.Rule) []error {
	var problems []error
	var defaults, ladders []*ast.Rule
	for _, rule := range statuses {
		switch {
		case len(rule.Head.Ref()) > 1 || rule.Head.Key != nil || len(rule.Head.Args) > 0:
			problems = append(problems, problemAt(rule.Location, "status is not one value: write status := ..."))
		case rule.Default:
			defaults = append(defaults, rule)
		default:
			ladders = append(ladders, rule)
		}
	}
	if len(problems) > 0 {
		return problems
	}
	if len(statuses) == 0 {
		return []error{problemAt(p.noted.Package.Location, "package %s has the id %s but no status", p.name, p.id())}
	}
	if len(defaults) == 0 {
		problems = append(problems, problemAt(statuses[0].Location, `status has no default: write default status := "unknown"`))
	}
	for _, rule := range defaults {
		if rule.Head.Value.Value.Compare(ast.String(Unknown)) != 0 {
			problems = append(problems, problemAt(rule.Location, `the default status is %v: it must be "unknown"`, rule.Head.Value))
		}
	}
	if len(ladders) > 1 {
		problems = append(problems, problemAt(ladders[1].Location, "status is defined %d times: write one ladder with else", len(ladders)))
	}
	for _, rule := range ladders {
		for rung := rule; rung != nil; rung = rung.Else {
			if word, constant := rung.Head.Value.Value.(ast.String); constant && !isWord(string(word)) {
				problems = append(problems, problemAt(rung.Location, "status %q is none of pass, fail, unknown, not_applicable", string(word)))
			}
		}
	}
	return problems
}

// isWord says whether a rule may say it.
func isWord(status string) bool {
	switch Status(status) {
	case Pass, Fail, Unknown, NotApplicable:
		return true
	default:
		return false
	}
}

// checkAttestations holds rules to the attestations that they name: an attestation of a rule that nobody may
// attest would never come, and a rule that heeds one must say when it leans on it.
func checkAttestations(rules []Rule, docs []documents) []error {
	var problems []error
	for i, rule := range rules {
		complain := func(format string, args ...any) {
			problems = append(problems, problemOf(rule, "METADATA: "+format, args...))
		}
		for _, id := range rule.Attestations {
			at := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })
			switch {
			case at < 0:
				complain("custom.attestations: there is no rule %q%s", id, didYouMean(id, idsOf(rules)))
			case !rules[at].attestable():
				complain("custom.attestations: %s is no rule that a person may attest: its own custom.attestations do not name it", id)
			}
		}
		if len(rule.Attestations) > 0 && !docs[i][docAttested] {
			complain("custom.attestations: the rule has no document attested, which says when it leans on one")
		}
		if len(rule.Attestations) == 0 && docs[i][docAttested] {
			complain("the rule has a document attested: name in custom.attestations whose attestations it heeds")
		}
	}
	return problems
}

// checkReferences refuses what would be undefined for ever, and facts that a rule reads behind the
// engine's back: a fact in neither requires nor uses is neither evidence nor ever missing.
func checkReferences(files []file, rules []Rule) error {
	byPackage, byID := map[string]*Rule{}, map[string]*Rule{}
	for i := range rules {
		byPackage[rules[i].Package], byID[rules[i].ID] = &rules[i], &rules[i]
	}
	var problems []error
	for _, f := range files {
		rule := byPackage[packageName(f.module)]
		ast.WalkRefs(f.module, func(ref ast.Ref) bool {
			path := words(ref)
			switch {
			case len(path) >= 3 && path[0] == "data" && path[1] == dataParameters && path[2] != "":
				other, known := byID[path[2]]
				switch {
				case !known:
					problems = append(problems, problemAt(ref[0].Location, "data.parameters: there is no rule %q%s", path[2], didYouMean(path[2], idsOf(rules))))
				case len(path) >= 4 && path[3] != "":
					if _, ok := other.Parameters[path[3]]; !ok {
						problems = append(problems, problemAt(ref[0].Location, "the rule %s has no parameter %q%s", path[2], path[3], didYouMean(path[3], slices.Collect(maps.Keys(other.Parameters)))))
					}
				}
			case rule != nil && len(path) >= 3 && path[0] == "input" && path[1] == "facts":
				problems = append(problems, checkNamed(rule, ref, path[2], snapshot.LeaverFacts()))
			case rule != nil && len(path) >= 4 && path[0] == "data" && path[1] == dataTenant && path[2] == "facts":
				problems = append(problems, checkNamed(rule, ref, path[3], snapshot.TenantFacts()))
			}
			return false
		})
	}
	return errors.Join(problems...)
}

func idsOf(rules []Rule) []string {
	out := make([]string, len(rules))
	for i, rule := range rules {
		out[i] = rule.ID
	}
	return out
}

func checkNamed(rule *Rule, ref ast.Ref, fact string, known []string) error {
	if !slices.Contains(known, fact) || slices.Contains(rule.Requires, fact) || slices.Contains(rule.Uses, fact) {
		return nil // what does not exist is the type checker's to refuse
	}
	return problemAt(ref[0].Location, "%s reads the fact %q: name it in custom.requires or custom.uses", rule.ID, fact)
}

// words gives the constant parts of a reference; a part that is no constant is empty.
func words(ref ast.Ref) []string {
	out := make([]string, len(ref))
	for i, term := range ref {
		switch value := term.Value.(type) {
		case ast.Var:
			if i == 0 {
				out[i] = string(value)
			}
		case ast.String:
			out[i] = string(value)
		}
	}
	return out
}
