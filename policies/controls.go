package policies

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Confidence says how well a rule and a control fit each other, as somebody judged it.
type Confidence string

// The confidences, the best first.
const (
	HighConfidence   Confidence = "high"
	MediumConfidence Confidence = "medium"
	LowConfidence    Confidence = "low"
)

// Confidences lists every confidence, the best first.
func Confidences() []Confidence {
	return []Confidence{HighConfidence, MediumConfidence, LowConfidence}
}

// AtLeast says whether c is as good as lowest or better. What nobody judged is taken at its word.
func (c Confidence) AtLeast(lowest Confidence) bool {
	return c == "" || slices.Index(Confidences(), c) <= slices.Index(Confidences(), lowest)
}

// WithControls is the rule with only those controls whose confidence is not below the lowest.
func (r Rule) WithControls(lowest Confidence) Rule {
	all := r.Controls
	r.Controls = map[string][]Control{}
	for framework, controls := range all {
		for _, control := range controls {
			if control.Confidence.AtLeast(lowest) {
				r.Controls[framework] = append(r.Controls[framework], control)
			}
		}
	}
	return r
}

// Frameworks lists the keys of the frameworks that the built-in checklist speaks of, and of those that the
// rules name beside them, sorted.
func Frameworks(rules []Rule) []string {
	out := []string{"cis-controls-8.1", "cis-m365-7.0", "hipaa", "iso-27001-2022", "nist-800-53-r5", "pci-dss-4.0", "scuba", "soc2"}
	for _, rule := range rules {
		for framework := range rule.Controls {
			out = append(out, framework)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// FindFramework gives the key of a framework by its name, or by a beginning that only one has.
func FindFramework(rules []Rule, name string) (string, error) {
	known := Frameworks(rules)
	var fit []string
	for _, framework := range known {
		if strings.EqualFold(framework, name) {
			return framework, nil
		}
		if name != "" && strings.HasPrefix(framework, strings.ToLower(name)) {
			fit = append(fit, framework)
		}
	}
	switch len(fit) {
	case 1:
		return fit[0], nil
	case 0:
		return "", fmt.Errorf("there is no framework %q: there are %s", name, strings.Join(known, ", "))
	}
	return "", fmt.Errorf("%q is the beginning of several frameworks: %s", name, strings.Join(fit, ", "))
}

// ControlCoverage is a control of a framework, and the rules that check it.
type ControlCoverage struct {
	ID string `json:"id"`
	// Confidence is the best that one of the rules has.
	Confidence Confidence    `json:"confidence,omitempty"`
	Rules      []ControlRule `json:"rules"`
}

// ControlRule is a rule that checks a control.
type ControlRule struct {
	ID         string     `json:"id"`
	Confidence Confidence `json:"confidence,omitempty"`
}

// Controls lists the controls of a framework that the rules check with no less than the lowest confidence,
// in the order in which people count: A.5.9 before A.5.10.
func Controls(rules []Rule, framework string, lowest Confidence) []ControlCoverage {
	byID := map[string]*ControlCoverage{}
	for _, rule := range rules {
		for _, control := range rule.Controls[framework] {
			if !control.Confidence.AtLeast(lowest) {
				continue
			}
			row := byID[control.ID]
			if row == nil {
				row = &ControlCoverage{ID: control.ID, Confidence: control.Confidence}
				byID[control.ID] = row
			}
			if control.Confidence.AtLeast(row.Confidence) && control.Confidence != "" {
				row.Confidence = control.Confidence
			}
			row.Rules = append(row.Rules, ControlRule{rule.ID, control.Confidence})
		}
	}
	out := []ControlCoverage{}
	for _, row := range byID {
		out = append(out, *row)
	}
	slices.SortFunc(out, func(a, b ControlCoverage) int { return naturally(a.ID, b.ID) })
	return out
}

// naturally compares runs of digits as numbers.
func naturally(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		p, q := digits(x), digits(y)
		if p == "" || q == "" {
			if x[0] != y[0] {
				return cmp.Compare(x[0], y[0])
			}
			x, y = x[1:], y[1:]
			continue
		}
		n, m := strings.TrimLeft(p, "0"), strings.TrimLeft(q, "0")
		if by := cmp.Or(cmp.Compare(len(n), len(m)), cmp.Compare(n, m)); by != 0 {
			return by
		}
		x, y = x[len(p):], y[len(q):]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

// digits is the run of digits at the beginning of a text.
func digits(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(text)
	}
	return text[:end]
}
