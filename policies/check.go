package policies

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
)

// The checks, as Problem.Check names them.
const (
	checkParse      = "parse"
	checkFormat     = "format"
	checkPackage    = "package"
	checkMetadata   = "metadata"
	checkReference  = "reference"
	checkCompile    = "compile"
	checkForbidden  = "forbidden-builtin"
	checkParameters = "unused-parameter"
	checkUnknown    = "never-unknown"
	checkTests      = "no-test"
	checkSettings   = "settings"
	checkWaivers    = "waivers"
)

// CheckOptions says what to check.
type CheckOptions struct {
	// Dirs holds policies and their tests; without one the built-in checklist is checked.
	Dirs []string
	// Settings and Waivers are files to check against the rules, empty for none.
	Settings, Waivers string
	// Now is when waivers must not have expired.
	Now time.Time
}

// Check looks for whatever Load would refuse, and for what it takes and a reviewer would not: text that is not
// formatted, tests that do not compile, parameters that nobody reads, rules without tests, and rules that judge
// what nobody read. It gives the problems sorted by place. The error is about what could not be checked at all.
func Check(ctx context.Context, opts CheckOptions) ([]Problem, error) {
	var own []source
	for _, dir := range opts.Dirs {
		opened, err := openSource(dir, false)
		if err != nil {
			return nil, fmt.Errorf("policies: %s: %w", dir, err)
		}
		own = append(own, opened)
	}
	if len(own) == 0 {
		return checkSources(ctx, nil, []source{checklist()}, opts)
	}
	return checkSources(ctx, []source{checklist()}, own, opts)
}

// checkSources checks own sources on top of others, which are taken as they are.
func checkSources(ctx context.Context, others, own []source, opts CheckOptions) ([]Problem, error) {
	c := checker{caps: capabilities(), sources: slices.Concat(others, own)}
	for i, s := range c.sources {
		mine := i >= len(others)
		files, err := s.files(mine, c.caps)
		// With a file that is none, every other complaint may be a consequence.
		c.add(checkParse, err)
		for _, f := range files {
			if mine {
				c.own = append(c.own, f)
			}
			if strings.HasSuffix(f.name, testSuffix) {
				c.tests = append(c.tests, f)
				continue
			}
			c.policies = append(c.policies, f)
			if mine {
				c.add(checkPackage, checkSpace(f.module, s.ours))
			}
		}
	}
	if c.err == nil && len(c.found) == 0 {
		c.check(ctx, opts)
	}
	return sortProblems(c.found), c.err
}

// checker is one Check under way.
type checker struct {
	caps     *ast.Capabilities
	sources  []source
	policies []file // of all sources, without tests
	own      []file // to be checked, with tests
	tests    []file
	found    []Problem
	err      error // the first that is no Problem
}

// add takes in what is wrong.
func (c *checker) add(check string, errs ...error) {
	for _, err := range errs {
		problems, err := listProblems(check, err)
		c.found = append(c.found, problems...)
		if c.err == nil {
			c.err = err
		}
	}
}

// has says whether one of the checks has found something.
func (c *checker) has(checks ...string) bool {
	return slices.ContainsFunc(c.found, func(p Problem) bool { return slices.Contains(checks, p.Check) })
}

// check goes from the text to the meaning, and each step as far as the earlier ones allow.
func (c *checker) check(ctx context.Context, opts CheckOptions) {
	for _, f := range c.own {
		c.add(checkFormat, formatted(f))
		c.add(checkForbidden, forbiddenCalls(f)...)
	}
	rules, docs, err := inventory(c.policies)
	c.add(checkMetadata, err)
	c.add(checkReference, checkReferences(c.policies, rules))
	c.add(checkParameters, c.unusedParameters(rules)...)
	c.add(checkTests, c.untested()...)
	if !c.has(checkForbidden) {
		_, err = compile(slices.Concat(c.policies, c.tests), c.caps)
		c.add(checkCompile, err)
	}

	set := &Set{rules: rules, docs: docs}
	if opts.Settings != "" {
		c.settings(opts.Settings, set)
	}
	if opts.Waivers != "" {
		c.waivers(opts.Waivers, opts.Now, set)
	}
	if c.err != nil || c.has(checkForbidden, checkMetadata, checkReference, checkCompile) {
		return
	}
	loaded, err := load(ctx, c.sources, nil)
	if err != nil {
		c.add(checkCompile, err)
		return
	}
	problems, err := loaded.judgesUnread(ctx, c.own)
	if c.add(checkUnknown, problems...); err != nil && c.err == nil {
		c.err = err
	}
}

func (c *checker) settings(path string, set *Set) {
	f, err := os.Open(path)
	if err != nil {
		c.add(checkSettings, err)
		return
	}
	defer f.Close()
	settings, err := ReadSettings(path, f)
	c.add(checkSettings, err, settings.apply(slices.Clone(set.rules)))
}

func (c *checker) waivers(path string, now time.Time, set *Set) {
	f, err := os.Open(path)
	if err != nil {
		c.add(checkWaivers, err)
		return
	}
	defer f.Close()
	waivers, err := set.ReadWaivers(path, f)
	c.add(checkWaivers, err)
	for _, w := range waivers {
		line, _ := strconv.Atoi(strings.TrimPrefix(w.Source, path+":")) // as ReadWaivers wrote it
		problem := Problem{File: path, Line: line, Check: checkWaivers}
		switch w.stand(now) {
		case Expired:
			problem.Message = fmt.Sprintf("the waiver %s has expired on %s: take it out, or have it approved anew", w.ID, w.Expires.Format(time.DateOnly))
		case TooLong:
			problem.Message = fmt.Sprintf("the waiver %s expires on %s, more than a year ahead: it would cover nothing", w.ID, w.Expires.Format(time.DateOnly))
		default:
			continue
		}
		c.found = append(c.found, problem)
	}
}

// formatted says where a file differs first from what "opa fmt" would write.
func formatted(f file) error {
	want, err := format.SourceWithOpts(f.name, f.text, format.Opts{RegoVersion: ast.RegoV1})
	if err != nil {
		return problemAt(f.module.Package.Location, "cannot be formatted: %v", err)
	}
	if bytes.Equal(want, f.text) {
		return nil
	}
	line := 1
	for a, b := bytes.SplitAfter(f.text, []byte("\n")), bytes.SplitAfter(want, []byte("\n")); line <= len(a) && line <= len(b) && bytes.Equal(a[line-1], b[line-1]); {
		line++
	}
	return &placeError{Problem: Problem{File: f.name, Line: line, Column: 1, Message: "not as \"opa fmt\" would write it"}}
}

// forbiddenCalls finds calls of functions that capabilities takes away. The compiler ends at the first of them,
// and names nothing else then.
func forbiddenCalls(f file) []error {
	var out []error
	ast.WalkTerms(f.module, func(term *ast.Term) bool {
		call, ok := term.Value.(ast.Call)
		if ok && forbidden(call[0].String()) {
			out = append(out, forbiddenCall(call[0]))
		}
		return false
	})
	ast.WalkExprs(f.module, func(expr *ast.Expr) bool {
		if expr.IsCall() && forbidden(expr.Operator().String()) {
			out = append(out, forbiddenCall(expr.OperatorTerm()))
		}
		return false
	})
	return out
}

func forbiddenCall(name *ast.Term) error {
	return problemAt(name.Location, "%v: %s", name, reachesOut)
}
