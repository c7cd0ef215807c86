package policies

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"leavercheck/collector/snapshot"
)

// unusedParameters finds parameters that no policy reads: setting one would change nothing, silently.
func (c *checker) unusedParameters(rules []Rule) []error {
	read := map[string]bool{}
	for _, f := range c.policies {
		ast.WalkRefs(f.module, func(ref ast.Ref) bool {
			path := words(ref)
			if len(path) < 2 || path[0] != "data" || path[1] != dataParameters {
				return false
			}
			// A reference that ends early, or goes on with a variable, may read everything below.
			path = append(path, "", "")
			read[path[2]+" "+path[3]] = true
			return false
		})
	}
	var out []error
	for _, rule := range rules {
		f := c.ownFile(rule.File)
		if f == nil || read[" "] || read[rule.ID+" "] {
			continue
		}
		for name := range rule.Parameters {
			if name != graceHours && !read[rule.ID+" "+name] {
				out = append(out, &placeError{Problem: Problem{File: f.name, Line: f.lineOf(name, rule.Line), Column: 1, Message: "the parameter " + name + " of " + rule.ID + " is declared, and no policy reads it"}})
			}
		}
	}
	return out
}

func (c *checker) ownFile(name string) *file {
	at := slices.IndexFunc(c.own, func(f file) bool { return f.name == name })
	if at < 0 {
		return nil
	}
	return &c.own[at]
}

// lineOf finds the line of METADATA above the package statement that opens with a key; without one it is that
// of the statement.
func (f *file) lineOf(key string, statement int) int {
	opens := regexp.MustCompile(`^#\s+['"]?` + regexp.QuoteMeta(key) + `['"]?:`)
	lines := strings.Split(string(f.text), "\n")
	for i := min(statement, len(lines)) - 1; i >= 0; i-- {
		if opens.MatchString(lines[i]) {
			return i + 1
		}
	}
	return statement
}

// untested finds rules that no test looks at.
func (c *checker) untested() []error {
	tested := map[string]bool{}
	for _, f := range c.tests {
		if !slices.ContainsFunc(f.module.Rules, func(r *ast.Rule) bool {
			first, _ := r.Head.Ref()[0].Value.(ast.Var)
			return strings.HasPrefix(string(first), "test_")
		}) {
			continue
		}
		tested[packageName(f.module)] = true // a test may share the package of its rule
		note := func(ref ast.Ref) bool {
			path := words(ref)
			for n := 2; n <= len(path); n++ {
				tested[strings.Join(path[1:n], ".")] = tested[strings.Join(path[1:n], ".")] || path[0] == "data"
			}
			return false
		}
		ast.WalkRefs(f.module, note)
		for _, imported := range f.module.Imports {
			if ref, ok := imported.Path.Value.(ast.Ref); ok {
				note(ref)
			}
		}
	}
	var out []error
	for _, p := range folders(c.own) {
		if p.id() != "" && !tested[p.name] {
			out = append(out, problemAt(p.noted.Package.Location, "%s has no test: no rule named test_... in a file *%s looks at data.%s", p.id(), testSuffix, p.name))
		}
	}
	return out
}

// judgesUnread asks every rule of the files, as if nothing that it requires had been read. What it says then
// cannot rest on facts: a pass would be a guess, and a fail a false alarm for everybody the moment that a
// permission is missing. A rung without a condition leaves no way to unknown.
func (s *Set) judgesUnread(ctx context.Context, own []file) ([]error, error) {
	e, err := s.begin(ctx, nothingRead{}, EvaluateOptions{})
	if err != nil {
		return nil, err
	}
	asker, done, err := e.asker(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var out []error
	for _, p := range folders(own) {
		at := slices.IndexFunc(s.rules, func(r Rule) bool { return r.Package == p.name })
		if at < 0 || len(s.rules[at].Requires) == 0 {
			continue
		}
		rule := s.rules[at]
		if rung := unconditional(p); rung != nil {
			out = append(out, problemAt(rung.Location, "%s can never be unknown: this rung of status has no condition, so it holds for what nobody read", rule.ID))
			continue
		}
		for _, who := range unreadInputs(rule) {
			said, err := asker.about(who.input).ask(ctx, rule.ID)
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			a := answer{status: Unknown}
			if err == nil {
				a, err = e.judge.read(rule, subject{}, said)
			}
			switch {
			case err != nil:
				out = append(out, problemAt(p.noted.Package.Location, "%s breaks where nothing was read of %s: %v", rule.ID, who.name, err))
			case a.status == Pass || a.status == Fail:
				out = append(out, problemAt(rungOf(p, a.status), "%s says %s of %s of whom nothing was read: prove it by what was read; \"not\" holds for what is undefined, too", rule.ID, a.status, who.name))
			default:
				continue
			}
			break
		}
	}
	return out, nil
}

// unreadInput is what a rule sees where nothing was read.
type unreadInput struct {
	name  string
	input ast.Value
}

// unreadInputs are those of each state that the rule judges and in which facts are read.
func unreadInputs(rule Rule) []unreadInput {
	if rule.Scope == PerTenant {
		return []unreadInput{{"a tenant", newPopulation().value()}}
	}
	facts := map[string]snapshot.Fact{}
	for _, name := range snapshot.LeaverFacts() {
		facts[name] = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.NotCollected}
	}
	var out []unreadInput
	for _, state := range rule.States {
		if state == snapshot.NotFound {
			continue // that is all there is to know
		}
		left := nothingRead{}.Manifest().CollectedAt.AddDate(0, 0, -10)
		record := snapshot.Record{Leaver: snapshot.Leaver{ID: "00000000-0000-0000-0000-000000000000", LeftAt: left, LeftBy: left, Source: "roster.csv:2", State: state}, Facts: facts}
		view, err := newView(record, nil, time.Time{})
		if err != nil {
			continue // facts without values always fit
		}
		out = append(out, unreadInput{"a leaver (" + string(state) + ")", view.input(nil)})
	}
	return out
}

// nothingRead is a snapshot of a tenant of which nothing could be read.
type nothingRead struct{}

func (nothingRead) Manifest() snapshot.Manifest {
	return snapshot.Manifest{CollectedAt: time.Date(2026, time.June, 11, 12, 0, 0, 0, time.UTC)}
}

func (nothingRead) Seal() snapshot.Seal { return snapshot.Seal{} }

func (nothingRead) Tenant() snapshot.Tenant {
	facts := map[string]snapshot.Fact{}
	for _, name := range snapshot.TenantFacts() {
		facts[name] = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.NotCollected}
	}
	return snapshot.Tenant{Cloud: "global", Facts: facts}
}

func (nothingRead) Leavers(func(snapshot.Record) error) error        { return nil }
func (nothingRead) Provenance(func(snapshot.Provenance) error) error { return nil }

// unconditional finds a rung of the status that always holds.
func unconditional(p folder) *ast.Rule {
	for _, rule := range p.rules(docStatus) {
		if rule.Default {
			continue
		}
		for rung := rule; rung != nil; rung = rung.Else {
			if len(rung.Body) != 1 {
				continue
			}
			if term, ok := rung.Body[0].Terms.(*ast.Term); ok && !rung.Body[0].Negated && ast.Boolean(true).Equal(term.Value) {
				return rung
			}
		}
	}
	return nil
}

// rungOf is where the ladder says a word.
func rungOf(p folder, status Status) *ast.Location {
	for _, rule := range p.rules(docStatus) {
		for rung := rule; rung != nil; rung = rung.Else {
			if rung.Head.Value != nil && ast.String(status).Equal(rung.Head.Value.Value) {
				return rung.Location
			}
		}
	}
	return p.noted.Package.Location
}
