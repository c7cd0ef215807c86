package report

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"leavercheck/policies"
)

// nist is the framework whose controls OSCAL's catalogues know.
const nist = "nist-800-53-r5"

// control is a control, or a part of one, as NIST's catalogue names it.
type control struct {
	name      string // "AC-2(3)", "PS-4(a)"
	id        string // "ac-2.3", "ps-4"
	statement string // "ac-2.3_smt", "ps-4_smt.a"
}

// controlOf takes "AC-2(3)" and "PS-4(a)" apart; false for what is no such name.
func controlOf(name string) (control, bool) {
	parts := regexp.MustCompile(`^([A-Z]{2}-[0-9]{1,3})(?:\(([0-9]{1,3})\))?(?:\(([a-z])\))?$`).FindStringSubmatch(name)
	if parts == nil {
		return control{}, false
	}
	out := control{name: name, id: strings.ToLower(parts[1])}
	if parts[2] != "" {
		out.id += "." + parts[2]
	}
	out.statement = out.id + "_smt"
	if parts[3] != "" {
		out.statement += "." + parts[3]
	}
	return out, true
}

// controlled gives the rules of each control, in the order of their names.
func controlled(rules []policies.Rule) ([]control, map[control][]policies.Rule) {
	by := map[control][]policies.Rule{}
	for _, rule := range rules {
		for _, named := range rule.Controls[nist] {
			if c, ok := controlOf(named.ID); ok && !slices.ContainsFunc(by[c], func(r policies.Rule) bool { return r.ID == rule.ID }) {
				by[c] = append(by[c], rule)
			}
		}
	}
	return slices.SortedFunc(maps.Keys(by), func(a, b control) int { return cmp.Compare(a.statement, b.statement) }), by
}

// reviewedControls selects the controls that any rule checks.
func reviewedControls(rules []policies.Rule) oscalReviewed {
	selection := oscalSelection{Description: "The controls of NIST SP 800-53 revision 5 that the rules check, in part."}
	controls, _ := controlled(rules)
	for _, c := range controls {
		if n := len(selection.Controls); n == 0 || selection.Controls[n-1].ID != c.id {
			selection.Controls = append(selection.Controls, oscalControl{c.id})
		}
	}
	slices.SortFunc(selection.Controls, func(a, b oscalControl) int { return cmp.Compare(a.ID, b.ID) })
	selection.Controls = slices.Compact(selection.Controls)
	if len(selection.Controls) == 0 {
		// OSCAL wants one: that on the termination of personnel is what all of this is about.
		selection.Description = "The rules name no control of NIST SP 800-53 revision 5; what they check belongs to PS-4."
		selection.Controls = []oscalControl{{"ps-4"}}
	}
	return oscalReviewed{Selections: []oscalSelection{selection}}
}

// ruleObservation counts the verdicts of a rule.
func (o *oscal) ruleObservation(rule policies.Rule, counts map[policies.Status]int) oscalObservation {
	out := oscalObservation{
		UUID: o.id("rule", rule.ID), Title: code(rule.ID + " " + rule.Title), Description: code(cmp.Or(rule.Description, rule.Title, rule.ID)),
		Methods: []string{"TEST"}, Collected: stamp(o.header.CollectedAt),
		Props: []oscalProp{own("rule", rule.ID), own("severity", string(rule.Severity))},
	}
	for _, status := range policies.Statuses() {
		out.Props = append(out.Props, own("count-"+strings.ReplaceAll(string(status), "_", "-"), strconv.Itoa(counts[status])))
	}
	return out
}

func (o *oscal) findings(summary policies.Summary) []oscalFinding {
	controls, by := controlled(o.header.Rules)
	var out []oscalFinding
	for _, c := range controls {
		finding := oscalFinding{
			UUID: o.id("finding", c.statement), Title: c.name, Target: oscalTarget{Type: "statement-id", ID: c.statement},
		}
		counts := map[policies.Status]int{}
		var rules []string
		for _, rule := range by[c] {
			rules = append(rules, rule.ID)
			finding.Related = append(finding.Related, oscalRelated{o.id("rule", rule.ID)})
			for status, n := range summary.Rules[rule.ID] {
				counts[status] += n
			}
		}
		finding.Target.Status = standing(counts)
		var parts []string
		for _, status := range policies.Statuses() {
			parts = append(parts, strconv.Itoa(counts[status])+" "+strings.ReplaceAll(string(status), "_", " "))
		}
		finding.Description = "Rules " + code(strings.Join(rules, ", ")) + ": " + strings.Join(parts, ", ") + ". They check a part of the control: what they satisfy is that part."
		out = append(out, finding)
	}
	return out
}

// standing says whether a control is satisfied. What is unknown, in grace or waived is not.
func standing(counts map[policies.Status]int) oscalStatus {
	switch {
	case counts[policies.Fail] > 0:
		return oscalStatus{"not-satisfied", "fail"}
	case counts[policies.Unknown]+counts[policies.Pending]+counts[policies.Waived] > 0, counts[policies.Pass]+counts[policies.NotApplicable] == 0:
		return oscalStatus{"not-satisfied", "other"}
	}
	return oscalStatus{"satisfied", "pass"}
}

// The objects of assessment results.
type (
	oscalMetadata struct {
		Title        string      `json:"title"`
		LastModified string      `json:"last-modified"`
		Version      string      `json:"version"`
		OSCAL        string      `json:"oscal-version"`
		Props        []oscalProp `json:"props"`
	}
	oscalProp struct {
		Name  string `json:"name"`
		Space string `json:"ns"`
		Value string `json:"value"`
	}
	oscalLink struct {
		Href string `json:"href"`
		Rel  string `json:"rel"`
	}
	oscalImport struct {
		Href    string `json:"href"`
		Remarks string `json:"remarks"`
	}
	oscalResult struct {
		UUID        string        `json:"uuid"`
		Title       string        `json:"title"`
		Description string        `json:"description"`
		Start       string        `json:"start"`
		Reviewed    oscalReviewed `json:"reviewed-controls"`
	}
	oscalReviewed struct {
		Selections []oscalSelection `json:"control-selections"`
	}
	oscalSelection struct {
		Description string         `json:"description"`
		Controls    []oscalControl `json:"include-controls,omitempty"`
	}
	oscalControl struct {
		ID string `json:"control-id"`
	}
	oscalObservation struct {
		UUID        string          `json:"uuid"`
		Title       string          `json:"title"`
		Description string          `json:"description"`
		Props       []oscalProp     `json:"props"`
		Links       []oscalLink     `json:"links,omitempty"`
		Methods     []string        `json:"methods"`
		Subjects    []oscalSubject  `json:"subjects,omitempty"`
		Evidence    []oscalEvidence `json:"relevant-evidence,omitempty"`
		Collected   string          `json:"collected"`
		Remarks     string          `json:"remarks,omitempty"`
	}
	oscalSubject struct {
		UUID  string      `json:"subject-uuid"`
		Type  string      `json:"type"`
		Title string      `json:"title"`
		Props []oscalProp `json:"props,omitempty"`
	}
	oscalEvidence struct {
		Description string `json:"description"`
	}
	oscalFinding struct {
		UUID        string         `json:"uuid"`
		Title       string         `json:"title"`
		Description string         `json:"description"`
		Target      oscalTarget    `json:"target"`
		Related     []oscalRelated `json:"related-observations"`
	}
	oscalTarget struct {
		Type   string      `json:"type"`
		ID     string      `json:"target-id"`
		Status oscalStatus `json:"status"`
	}
	oscalStatus struct {
		State  string `json:"state"`
		Reason string `json:"reason"`
	}
	oscalRelated struct {
		UUID string `json:"observation-uuid"`
	}
	oscalMatter struct {
		Resources []oscalResource `json:"resources"`
	}
	oscalResource struct {
		UUID        string      `json:"uuid"`
		Title       string      `json:"title"`
		Description string      `json:"description"`
		Props       []oscalProp `json:"props"`
	}
)
