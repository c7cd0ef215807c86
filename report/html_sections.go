package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"leavercheck/policies"
)

// htmlName is a leaver in a list, with a link to their entry.
type htmlName struct{ Name, Anchor string }

// htmlAffected are the leavers for whom a rule is open: the first of them in the order of the result, and all counted.
type htmlAffected struct {
	Names []htmlName
	Total int
}

func (a *htmlAffected) add(name htmlName) {
	a.Total++
	if len(a.Names) < mostAffected {
		a.Names = append(a.Names, name)
	}
}

// More counts those who are not named.
func (a *htmlAffected) More() int { return a.Total - len(a.Names) }

// htmlRule is a rule, and what it came to.
type htmlRule struct {
	policies.Rule
	Changed      bool // the configuration sets another severity
	Marks        []htmlCount
	Affected     *htmlAffected
	Parameters   []htmlPair
	ControlsText []htmlPair
	Links        []htmlLink
	Requires     string
}

// htmlLink is a page to read. Ref is empty for what is no https address: then the text is all there is.
type htmlLink struct{ Ref, Text string }

// linkTo makes a link of what is an https address, and a text of anything else.
func linkTo(resource policies.Resource) htmlLink {
	text := cmp.Or(resource.Description, resource.Ref)
	if !strings.HasPrefix(strings.ToLower(resource.Ref), "https://") {
		if text != resource.Ref {
			text += ": " + resource.Ref
		}
		return htmlLink{Text: text}
	}
	return htmlLink{resource.Ref, text}
}

// byRule lists the rules, those with the most that is open first.
func (h *htmlReport) byRule(summary policies.Summary) []htmlRule {
	var out []htmlRule
	for _, affected := range h.affected {
		for i := range affected.Names {
			affected.Names[i].Anchor = h.link(affected.Names[i].Anchor)
		}
	}
	for _, rule := range h.run.Rules {
		r := htmlRule{
			Rule: rule, Changed: rule.DefaultSeverity != "" && rule.DefaultSeverity != rule.Severity,
			Affected: h.affected[rule.ID], Requires: strings.Join(rule.Requires, ", "),
		}
		for _, status := range policies.Statuses() {
			if n := summary.Rules[rule.ID][status]; n > 0 {
				r.Marks = append(r.Marks, htmlCount{markOf(status), n})
			}
		}
		for _, name := range slices.Sorted(maps.Keys(rule.Parameters)) {
			r.Parameters = append(r.Parameters, htmlPair{name, parameterText(rule.Parameters[name])})
		}
		for _, framework := range slices.Sorted(maps.Keys(rule.Controls)) {
			var ids []string
			for _, control := range rule.Controls[framework] {
				ids = append(ids, control.ID)
			}
			r.ControlsText = append(r.ControlsText, htmlPair{framework, strings.Join(ids, ", ")})
		}
		for _, resource := range rule.RelatedResources {
			r.Links = append(r.Links, linkTo(resource))
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b htmlRule) int { return cmp.Compare(b.weight(summary), a.weight(summary)) })
	return out
}

// weight sorts rules by what fails, then by what is unknown, then by what is in grace.
func (r htmlRule) weight(summary policies.Summary) int {
	counts := summary.Rules[r.ID]
	return counts[policies.Fail]<<32 + counts[policies.Unknown]<<16 + counts[policies.Pending]
}

// parameterText shows a parameter's value, with the default where that is another.
func parameterText(p policies.Parameter) string {
	text := jsonText(p.Value)
	if differs(p) {
		text += " (default " + jsonText(p.Schema["default"]) + ")"
	}
	return text
}

func differs(p policies.Parameter) bool { return jsonText(p.Value) != jsonText(p.Schema["default"]) }

// jsonText is a value as JSON, on one line and not longer than anybody reads.
func jsonText(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprintf("%v", value)
	}
	return bounded(strings.TrimSpace(out.String()), 400)
}

// htmlFramework is a framework, and what the verdicts say of those of its controls that rules check.
type htmlFramework struct {
	Name     string
	Controls []htmlControl
	Fails    int // controls with something that fails
	Unknowns int // controls with nothing that fails and something that is not known
}

type htmlControl struct {
	ID         string
	Confidence policies.Confidence
	Rules      []string
	Marks      []htmlCount
}

func (h *htmlReport) byControl(summary policies.Summary) []htmlFramework {
	var out []htmlFramework
	for _, name := range policies.Frameworks(h.run.Rules) {
		framework := htmlFramework{Name: name}
		for _, control := range policies.Controls(h.run.Rules, name, policies.LowConfidence) {
			one := htmlControl{ID: control.ID, Confidence: control.Confidence}
			counts := map[policies.Status]int{}
			for _, rule := range control.Rules {
				one.Rules = append(one.Rules, rule.ID)
				for status, n := range summary.Rules[rule.ID] {
					counts[status] += n
				}
			}
			for _, status := range policies.Statuses() {
				if counts[status] > 0 {
					one.Marks = append(one.Marks, htmlCount{markOf(status), counts[status]})
				}
			}
			switch {
			case counts[policies.Fail] > 0:
				framework.Fails++
			case counts[policies.Unknown] > 0:
				framework.Unknowns++
			}
			framework.Controls = append(framework.Controls, one)
		}
		if len(framework.Controls) > 0 {
			out = append(out, framework)
		}
	}
	return out
}

// htmlMethod is what was looked at, with what, and what somebody chose to see otherwise.
type htmlMethod struct {
	Facts        []htmlPair
	Grace        []htmlPair
	Excluded     []htmlPair
	ExcludedMore int
	Off          []policies.RuleRef
	Severities   []htmlPair
	Parameters   []htmlPair
	Waivers      []htmlWaiver
	WaiversMore  int
	Attested     []htmlAttestation
	AttestedMore int
}

type htmlWaiver struct {
	policies.WaiverResult
	htmlName
	Until  string
	Counts bool
}

type htmlAttestation struct {
	policies.AttestationResult
	For, When, Until string
	Counts           bool
}

func (h *htmlReport) method(summary policies.Summary) htmlMethod {
	run, p := h.run, h.run.Snapshot.Population
	var m htmlMethod
	add := func(term, text string) {
		if text != "" {
			m.Facts = append(m.Facts, htmlPair{term, text})
		}
	}
	add("Tenant", strings.TrimSpace(run.Tenant.Name+" "+run.Tenant.ID))
	add("Cloud", run.Cloud)
	add("Collected", minute(run.CollectedAt)+" UTC")
	if !run.Now.IsZero() {
		add("Judged as of", minute(run.Now)+" UTC, which somebody chose")
	}
	who := count(summary.Leavers.Total, "leaver", "leavers") + ", named by " + strings.Join(p.Sources, ", ")
	if len(p.Sources) == 0 {
		who = count(summary.Leavers.Total, "leaver", "leavers")
	}
	add("Population", who)
	if n := summary.Leavers.NotYet; n > 0 {
		add("Leave later, not judged yet", strconv.Itoa(n))
	}
	if p.Untimed > 0 {
		add("Leave time not known", strconv.Itoa(p.Untimed))
	}
	add("Roster digest", p.Digest)
	add("Tool", strings.TrimSpace(run.Tool.Name+" "+run.Tool.Version))
	add("Rules", strconv.Itoa(len(run.Rules)))
	add("Policy digest", run.PolicyDigest)
	add("Snapshot seal", run.Snapshot.Seal)
	add("Previous seal", run.Snapshot.Previous)
	if b := run.Baseline; b != nil {
		add("Baseline snapshot", minute(b.CollectedAt)+" UTC, seal "+b.Seal)
	}
	if c := run.Compared; c != nil {
		add("Compared with", "the result of "+minute(c.CollectedAt)+" UTC, seal "+c.Seal)
	}
	h.chosen(&m)
	for _, x := range p.Excluded[:min(len(p.Excluded), mostListed)] {
		m.Excluded = append(m.Excluded, htmlPair{excludedName(x), "by " + x.Pattern + ", from " + x.Source})
	}
	m.ExcludedMore = len(p.Excluded) - len(m.Excluded)
	for _, w := range summary.Waivers[:min(len(summary.Waivers), mostListed)] {
		whom, ok := h.waived[w.ID]
		if whom.Anchor = h.link(whom.Anchor); !ok {
			whom.Name = cmp.Or(w.Leaver, "the tenant")
		}
		m.Waivers = append(m.Waivers, htmlWaiver{w, whom, day(w.Expires), w.Standing.Heard()})
	}
	m.WaiversMore = len(summary.Waivers) - len(m.Waivers)
	for _, a := range leading(summary.Attestations, mostListed) {
		m.Attested = append(m.Attested, htmlAttestation{a, cmp.Or(a.Rule, a.Fact), day(a.At), day(a.Expires), a.Standing.Heard()})
	}
	m.AttestedMore = len(summary.Attestations) - len(m.Attested)
	return m
}

// chosen notes what the configuration made different from the checklist as it is built in.
func (h *htmlReport) chosen(m *htmlMethod) {
	m.Off = h.run.Off
	grace := map[string][]string{}
	for _, rule := range h.run.Rules {
		if rule.DefaultSeverity != "" && rule.DefaultSeverity != rule.Severity {
			m.Severities = append(m.Severities, htmlPair{rule.ID, string(rule.Severity) + " (default " + string(rule.DefaultSeverity) + ")"})
		}
		for _, name := range slices.Sorted(maps.Keys(rule.Parameters)) {
			p := rule.Parameters[name]
			if differs(p) {
				m.Parameters = append(m.Parameters, htmlPair{rule.ID + " " + name, parameterText(p)})
			}
			if name == "grace_hours" {
				grace[jsonText(p.Value)] = append(grace[jsonText(p.Value)], rule.ID)
			}
		}
	}
	hours := slices.SortedFunc(maps.Keys(grace), func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	for _, h := range hours {
		m.Grace = append(m.Grace, htmlPair{h + " h", strings.Join(grace[h], ", ")})
	}
}

// htmlFact is what became of a fact that was asked for.
type htmlFact struct {
	Fact           string
	Read, Absent   int
	Unread         int
	Reasons, Rules string
}

// coverage says what was asked and what answered; nothing where the result does not say.
func (h *htmlReport) coverage() []htmlFact {
	var out []htmlFact
	for _, fact := range slices.Sorted(maps.Keys(h.run.Outcomes)) {
		one := htmlFact{Fact: fact}
		var reasons, rules []string
		for _, outcome := range slices.Sorted(maps.Keys(h.run.Outcomes[fact])) {
			n := h.run.Outcomes[fact][outcome]
			switch reason, unread := strings.CutPrefix(outcome, "unknown."); {
			case unread:
				one.Unread += n
				reasons = append(reasons, strings.ReplaceAll(reason, "_", " ")+" "+strconv.Itoa(n))
			case outcome == "read":
				one.Read += n
			case outcome == "absent":
				one.Absent += n
			default:
				one.Unread += n
				reasons = append(reasons, outcome+" "+strconv.Itoa(n))
			}
		}
		for _, rule := range h.run.Rules {
			if slices.Contains(rule.Requires, fact) || slices.Contains(rule.Uses, fact) {
				rules = append(rules, rule.ID)
			}
		}
		one.Reasons, one.Rules = strings.Join(reasons, ", "), strings.Join(rules, ", ")
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(a, b htmlFact) int { return cmp.Compare(b.Unread, a.Unread) })
	return out
}
