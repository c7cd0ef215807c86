package policies

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Coverage is what the tests reached.
type Coverage struct {
	Percent float64 `json:"percent"`
	// Missed are the lines that no test reached, by file and first line.
	Missed []MissedLines `json:"missed,omitempty"`
	// Rules says, per rule, which of its statuses the tests came to. A rule that no test has seen fail may
	// be one that cannot.
	Rules []StatusCoverage `json:"rules"`
	// Enough says that the coverage is as asked for.
	Enough bool `json:"enough"`
}

// MissedLines are lines of a file, one after another, that no test reached.
type MissedLines struct {
	File string `json:"file"`
	From int    `json:"from"`
	To   int    `json:"to"`
}

// StatusCoverage is what the tests saw of one rule.
type StatusCoverage struct {
	Rule string `json:"rule"`
	File string `json:"file"`
	Line int    `json:"line"`
	// Reached and Missed are the statuses that the rule can give, as its ladder is written.
	Reached []Status `json:"reached"`
	Missed  []Status `json:"missed,omitempty"`
}

// tracer notes the places that tests reach, and which statuses rules came to. It belongs to one goroutine.
type tracer struct {
	places   map[*ast.Location]bool
	statuses map[string]bool // package and status
}

func newTracer() *tracer {
	return &tracer{places: map[*ast.Location]bool{}, statuses: map[string]bool{}}
}

// Enabled is part of topdown.QueryTracer.
func (*tracer) Enabled() bool { return true }

// Config is part of topdown.QueryTracer: the values of variables are not needed.
func (*tracer) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent is called by the evaluator.
func (t *tracer) TraceEvent(event topdown.Event) {
	switch node := event.Node.(type) {
	case *ast.Expr:
		if event.Op == topdown.EvalOp && node.Location != nil {
			t.places[node.Location] = true
		}
	case *ast.Rule:
		if event.Op != topdown.ExitOp {
			return
		}
		t.places[node.Head.Location] = true
		if !isStatus(node) || node.Head.Value == nil {
			return
		}
		if word, ok := node.Head.Value.Value.(ast.String); ok {
			t.statuses[statusOf(node.Module, string(word))] = true
		}
	}
}

// reached is what all tracers saw.
type reached struct {
	cover    *cover.Cover
	statuses map[string]bool
}

func union(tracers []*tracer) *reached {
	r := &reached{cover: cover.New(), statuses: map[string]bool{}}
	for _, t := range tracers {
		for place := range t.places {
			r.cover.TraceEvent(topdown.Event{Op: topdown.EvalOp, Node: &ast.Expr{Location: place}})
		}
		maps.Copy(r.statuses, t.statuses)
	}
	return r
}

func isStatus(rule *ast.Rule) bool {
	name, _ := rule.Head.Ref()[len(rule.Head.Ref())-1].Value.(ast.Var)
	word, _ := rule.Head.Ref()[len(rule.Head.Ref())-1].Value.(ast.String)
	return string(name) == docStatus || string(word) == docStatus
}

func statusOf(module *ast.Module, status string) string { return packageName(module) + " " + status }

// coverage compares what was reached with what there is, tests left aside.
func (r *reached) coverage(modules map[string]*ast.Module, opts TestOptions) *Coverage {
	policies := map[string]*ast.Module{}
	var files []file
	for name, module := range modules {
		if !strings.HasSuffix(name, testSuffix) {
			policies[name] = module
			files = append(files, file{name: name, module: module})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	out := &Coverage{Percent: 100, Rules: r.statusCoverage(files)}
	report := r.cover.Report(policies)
	covered, all := 0, 0
	for _, f := range files {
		lines := report.Files[f.name]
		covered, all = covered+lines.CoveredLines, all+lines.CoveredLines+lines.NotCoveredLines
		out.Missed = append(out.Missed, missedLines(f.name, lines)...)
	}
	if all > 0 {
		out.Percent = 100 * float64(covered) / float64(all)
	}
	out.Enough = out.Percent >= opts.Threshold
	for _, rule := range out.Rules {
		if len(rule.Missed) > 0 && (opts.EveryStatus || opts.Threshold == 100) {
			out.Enough = false
		}
	}
	return out
}

// statusCoverage looks at every status that stands as a word in a rule's ladder.
func (r *reached) statusCoverage(files []file) []StatusCoverage {
	out := []StatusCoverage{}
	for _, p := range folders(files) {
		if p.id() == "" {
			continue
		}
		at := p.noted.Package.Location
		one := StatusCoverage{Rule: p.id(), File: at.File, Line: at.Row, Reached: []Status{}}
		for _, rule := range p.rules(docStatus) {
			for rung := rule; rung != nil; rung = rung.Else {
				word, ok := rung.Head.Value.Value.(ast.String)
				status := Status(word)
				switch {
				case !ok || slices.Contains(one.Reached, status) || slices.Contains(one.Missed, status):
				case r.statuses[statusOf(p.noted, string(word))]:
					one.Reached = append(one.Reached, status)
				default:
					one.Missed = append(one.Missed, status)
				}
			}
		}
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(a, b StatusCoverage) int { return cmp.Compare(a.Rule, b.Rule) })
	return out
}

// missedLines lists the lines of a file that were not reached, neighbours as one.
func missedLines(name string, f *cover.FileReport) []MissedLines {
	rows := map[int]bool{}
	for _, missed := range f.NotCovered {
		for row := missed.Start.Row; row <= missed.End.Row; row++ {
			if !f.IsCovered(row) { // a line is reached when any part of it is
				rows[row] = true
			}
		}
	}
	var out []MissedLines
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		if last := len(out) - 1; last >= 0 && out[last].To == row-1 {
			out[last].To = row
		} else {
			out = append(out, MissedLines{File: name, From: row, To: row})
		}
	}
	return out
}
