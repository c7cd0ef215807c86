package policies

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// tracer notes the lines that tests reach, and which statuses rules came to. A rule that no test has
// seen fail may be one that cannot.
type tracer struct {
	*cover.Cover
	mu   sync.Mutex
	seen map[string]bool // package and status
}

func newTracer() *tracer {
	return &tracer{Cover: cover.New(), seen: map[string]bool{}}
}

// TraceEvent is called by the evaluator, from several tests at once.
func (t *tracer) TraceEvent(event topdown.Event) {
	t.Cover.TraceEvent(event)
	if event.Op != topdown.ExitOp {
		return
	}
	rule, ok := event.Node.(*ast.Rule)
	if !ok || !isStatus(rule) || rule.Head.Value == nil {
		return
	}
	word, ok := rule.Head.Value.Value.(ast.String)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen[reached(rule.Module, string(word))] = true
}

func isStatus(rule *ast.Rule) bool {
	name, _ := rule.Head.Ref()[len(rule.Head.Ref())-1].Value.(ast.Var)
	word, _ := rule.Head.Ref()[len(rule.Head.Ref())-1].Value.(ast.String)
	return string(name) == docStatus || string(word) == docStatus
}

func reached(module *ast.Module, status string) string { return packageName(module) + " " + status }

// coverage compares what was reached with what there is, tests left aside.
func (t *tracer) coverage(modules map[string]*ast.Module, threshold float64) *Coverage {
	policies := map[string]*ast.Module{}
	var files []file
	for name, module := range modules {
		if !strings.HasSuffix(name, testSuffix) {
			policies[name] = module
			files = append(files, file{name: name, module: module})
		}
	}
	out := &Coverage{}
	report := t.Report(policies)
	covered, all := 0, 0
	for name, f := range report.Files {
		if policies[name] == nil {
			continue
		}
		covered, all = covered+f.CoveredLines, all+f.CoveredLines+f.NotCoveredLines
		if lines := missedLines(f); lines != "" {
			out.Missed = append(out.Missed, name+": "+lines)
		}
	}
	if out.Percent = 100; all > 0 {
		out.Percent = 100 * float64(covered) / float64(all)
	}
	for _, p := range folders(files) {
		if p.id() == "" {
			continue
		}
		for _, rule := range p.rules(docStatus) {
			for rung := rule; rung != nil; rung = rung.Else {
				word, ok := rung.Head.Value.Value.(ast.String)
				if ok && !t.seen[reached(p.noted, string(word))] {
					out.Unreached = append(out.Unreached, p.id()+": "+string(word))
				}
			}
		}
	}
	slices.Sort(out.Missed)
	slices.Sort(out.Unreached)
	out.Unreached = slices.Compact(out.Unreached)
	out.enough = out.Percent >= threshold && (threshold < 100 || len(out.Unreached) == 0)
	return out
}

// missedLines lists the lines of a file that were not reached, neighbours as one: "3, 7-9".
func missedLines(f *cover.FileReport) string {
	rows := map[int]bool{}
	for _, missed := range f.NotCovered {
		for row := missed.Start.Row; row <= missed.End.Row; row++ {
			// A line is reached when any part of it is.
			rows[row] = rows[row] || !f.IsCovered(row)
		}
	}
	var parts []string
	sorted := slices.Sorted(maps.Keys(rows))
	for i := 0; i < len(sorted); i++ {
		first := sorted[i]
		if !rows[first] {
			continue
		}
		for i+1 < len(sorted) && sorted[i+1] == sorted[i]+1 && rows[sorted[i+1]] {
			i++
		}
		if part := strconv.Itoa(first); sorted[i] == first {
			parts = append(parts, part)
		} else {
			parts = append(parts, part+"-"+strconv.Itoa(sorted[i]))
		}
	}
	return strings.Join(parts, ", ")
}

func (c *Coverage) write(w io.Writer) {
	fmt.Fprintf(w, "coverage: %.1f %% of the lines of policies\n", c.Percent)
	for _, missed := range c.Missed {
		fmt.Fprintf(w, "  not reached: %s\n", missed)
	}
	for _, status := range c.Unreached {
		fmt.Fprintf(w, "  no test comes to %s\n", status)
	}
}
