package policies

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ScenarioOutcome is a scenario's result as a test, and what its expected.yaml would have to say for the
// scenario to pass.
type ScenarioOutcome struct {
	Result   TestResult
	Expected []byte
}

// Test evaluates the scenario's snapshot, which the caller opens, and compares every verdict of the rules
// that it is about, of every leaver and of the tenant, with what is expected: a verdict that nobody expects
// is a failure, too. The set is that of PolicyDirs and RuleSettings; the options are those of Evaluate.
func (s Scenario) Test(ctx context.Context, set *Set, snap Snapshot, opts EvaluateOptions, clock func() time.Time) (ScenarioOutcome, error) {
	if err := s.Check(set); err != nil {
		return ScenarioOutcome{}, err
	}
	now := func() time.Time { return time.Time{} }
	if clock != nil {
		now = clock
	}
	start := now()
	got := &scenarioResult{rules: s.rulesOf(set), names: map[string]string{}}
	if _, err := set.Evaluate(ctx, snap, opts, got); err != nil {
		return ScenarioOutcome{}, fmt.Errorf("%s: %w", s.Dir, err)
	}
	out := ScenarioOutcome{Result: TestResult{
		Package: scenarioKey, Name: s.Dir, File: s.Dir + "/" + ScenarioFile, Line: 1, Outcome: TestPassed, Duration: now().Sub(start),
	}}
	var err error
	if out.Expected, err = got.text(); err != nil {
		return out, err
	}
	if s.expected == nil {
		out.Result.Cases = got.unexpected()
		out.Result.fail(TestFailure{File: out.Result.File, Line: 1, Message: "there is no " + ExpectedFile + " beside it; policy test --update writes it"})
		return out, nil
	}
	s.expected.compare(got, &out.Result)
	return out, nil
}

// Check says whether the set asks the rules that the scenario names.
func (s Scenario) Check(set *Set) error {
	var problems []error
	complain := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s/%s:1: rules: %w", s.Dir, ScenarioFile, fmt.Errorf(format, args...)))
	}
	for _, id := range s.Rules {
		is := func(r Rule) bool { return r.ID == id }
		if at := slices.IndexFunc(set.off, is); at >= 0 {
			complain("%s is switched off (%s)", id, set.off[at].Set[setEnabled])
		} else if !slices.ContainsFunc(set.rules, is) {
			complain("there is no rule %q%s", id, didYouMean(id, idsOf(set.every())))
		}
	}
	return errors.Join(problems...)
}

// rulesOf gives the rules that the scenario is about.
func (s Scenario) rulesOf(set *Set) map[string]bool {
	out := map[string]bool{}
	for _, id := range s.Rules {
		out[id] = true
	}
	for _, rule := range set.rules {
		if len(s.Rules) == 0 && strings.HasPrefix(rule.Package, rootCustom+".") {
			out[rule.ID] = true
		}
	}
	if len(out) == 0 {
		for _, rule := range set.rules {
			out[rule.ID] = true
		}
	}
	return out
}

// unexpected are the cases of a scenario that expects nothing yet.
func (r *scenarioResult) unexpected() []TestCase {
	var out []TestCase
	add := func(name string, verdicts []Verdict) {
		for _, v := range verdicts {
			if r.about(v.Rule) {
				out = append(out, TestCase{Name: name + ": " + v.Rule, Failed: true})
			}
		}
	}
	for _, l := range r.leavers {
		add(r.names[l.Leaver.Key()], l.Verdicts)
	}
	add(theTenant, r.tenant.Verdicts)
	return out
}

// theTenant stands in the names of cases where a leaver's would.
const theTenant = "the tenant"

func (r *TestResult) fail(f TestFailure) {
	r.Outcome = TestFailed
	r.Failures = append(r.Failures, f)
}

// compare makes a case of each verdict, got or expected.
func (e *expectation) compare(got *scenarioResult, result *TestResult) {
	missed := maps.Clone(e.leavers)
	for _, l := range got.leavers {
		name, ok := e.of(l.Leaver)
		delete(missed, name)
		if !ok {
			name = got.names[l.Leaver.Key()]
		}
		e.one(name, got, l.Verdicts, e.leavers[name], result)
	}
	for _, name := range slices.Sorted(maps.Keys(missed)) {
		result.fail(TestFailure{File: e.file, Line: missed[name].line, Message: name + " is expected, and the snapshot holds nobody of that name"})
	}
	e.one(theTenant, got, got.tenant.Verdicts, e.tenant, result)
	if len(result.Cases) == 0 {
		result.fail(TestFailure{File: e.file, Line: 1, Message: "the scenario comes to no verdict: it proves nothing"})
	}
}

func (e *expectation) one(name string, got *scenarioResult, verdicts []Verdict, expected expectedLeaver, result *TestResult) {
	missed := maps.Clone(expected.verdicts)
	for _, v := range verdicts {
		if !got.about(v.Rule) {
			continue
		}
		want, ok := expected.verdicts[v.Rule]
		delete(missed, v.Rule)
		message := difference(v, want, ok)
		c := TestCase{Name: name + ": " + v.Rule, Failed: message != ""}
		result.Cases = append(result.Cases, c)
		if c.Failed {
			result.fail(TestFailure{Case: c.Name, File: e.file, Line: max(want.line, expected.line, 1), Message: message, Values: describeVerdict(v)})
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(missed)) {
		message := fmt.Sprintf("%s is expected to be %s, and no verdict of that rule was given", rule, missed[rule].status)
		if !got.about(rule) {
			message = fmt.Sprintf("the scenario is not about the rule %s: name it under rules in %s, or load it", rule, ScenarioFile)
		}
		c := TestCase{Name: name + ": " + rule, Failed: true}
		result.Cases = append(result.Cases, c)
		result.fail(TestFailure{Case: c.Name, File: e.file, Line: missed[rule].line, Message: message})
	}
}

// difference says how a verdict is other than expected, "" if it is not.
func difference(got Verdict, want expectedVerdict, expected bool) string {
	resources := resourcesOf(got)
	switch {
	case !expected:
		return fmt.Sprintf("%s is %s, and nothing is expected of it", got.Rule, got.Status)
	case got.Status != want.status:
		return fmt.Sprintf("%s is %s, expected %s", got.Rule, got.Status, want.status)
	case want.resources != nil && !slices.Equal(resources, want.resources):
		return fmt.Sprintf("%s finds %s, expected %s", got.Rule, resourceList(resources), resourceList(want.resources))
	}
	return ""
}

func resourceList(words []string) string {
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

// describeVerdict shows why a verdict is what it is.
func describeVerdict(v Verdict) string {
	var lines []string
	if v.Message != "" {
		lines = append(lines, "message: "+v.Message)
	}
	for _, resource := range resourcesOf(v) {
		lines = append(lines, "finding: "+resource)
	}
	for _, m := range v.Missing {
		lines = append(lines, strings.TrimSpace("missing: "+m.Fact+" ("+m.Reason+") "+m.Detail))
	}
	return strings.Join(lines, "\n")
}
