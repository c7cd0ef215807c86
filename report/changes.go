package report

import (
	"slices"
	"strconv"
	"strings"

	"leavercheck/policies"
)

// mark is what stands in front of a verdict that is not as it was, so that it is seen where one looks anyway.
func mark(v policies.Verdict) string {
	if v.Change == nil || right(v.Status) {
		return ""
	}
	switch v.Change.Kind {
	case policies.ChangeNew:
		return "NEW: "
	case policies.ChangeReopened:
		return "REOPENED: "
	case policies.ChangeMethod:
		return "METHOD CHANGED (" + string(v.Change.Cause) + "): "
	default:
		return ""
	}
}

// changeWords names the kinds for people.
func changeWords() map[policies.ChangeKind]string {
	return map[policies.ChangeKind]string{
		policies.ChangeNew: "new", policies.ChangeReopened: "reopened", policies.ChangeOpen: "still open", policies.ChangeMethod: "method changed",
		policies.ChangeFixed: "fixed", policies.ChangeWaived: "waived", policies.ChangeScope: "out of scope",
	}
}

// counted puts the counts of changes into words; none at all is a word, too.
func counted(changes map[policies.ChangeKind]int) string {
	var parts []string
	for _, kind := range policies.ChangeKinds() {
		if n := changes[kind]; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+changeWords()[kind])
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// changes says what changed since the earlier result, empty where there was none.
func (t *table) changes(summary policies.Summary) string {
	if t.header.Compared == nil {
		return ""
	}
	return "Changes since " + moment(t.header.Compared.CollectedAt) + ": " + counted(summary.Changes) + "."
}

// goneRows makes rows of what is judged no more.
func goneRows(all []policies.GoneVerdict) []row {
	why := map[policies.Cause]string{
		policies.CauseLeaver: "the leaver is not among those judged", policies.CauseRule: "the rule is not there", policies.CauseOff: "the rule is switched off",
	}
	var out []row
	for _, g := range all {
		one := row{severity: g.Severity, rule: g.Rule, who: g.Name, account: g.Leaver, what: "was " + string(g.Status) + "; " + why[g.Cause]}
		if g.Leaver == "" {
			one.who = tenantName
		}
		one.bound()
		out = append(out, one)
	}
	slices.SortStableFunc(out, worse)
	return out
}

// tenantName stands where leavers have theirs.
const tenantName = "(tenant)"

// shownPoints bounds the trend of a table: more is for a picture.
const shownPoints = 10

// trend shows what earlier results came to, and this one last.
func (t *table) trend(p *page, summary policies.Summary) {
	if len(t.opts.Trend) == 0 {
		return
	}
	p.heading("Trend", 0)
	points := t.opts.Trend[max(0, len(t.opts.Trend)-shownPoints+1):]
	method := t.header.Compared != nil && t.header.Compared.PolicyDigest != t.header.PolicyDigest || summary.Changes[policies.ChangeMethod] > 0
	points = append(slices.Clone(points), TrendPoint{CollectedAt: t.header.CollectedAt, Leavers: summary.Leavers, Statuses: summary.Statuses, Method: method})
	var cells [][]string
	for _, point := range points {
		note := ""
		if point.Method {
			note = "the method changed: no step to read"
		}
		l := point.Leavers
		cells = append(cells, []string{day(point.CollectedAt), strconv.Itoa(l.Total - l.NotYet), strconv.Itoa(l.Failing), strconv.Itoa(l.Unknown), strconv.Itoa(l.Clean), note})
	}
	p.table([]column{
		{title: "COLLECTED", most: 10},
		{title: "LEAVERS", most: 8, right: true},
		{title: "FAILING", most: 8, right: true},
		{title: "UNKNOWN", most: 8, right: true},
		{title: "CLEAN", most: 8, right: true},
		{title: "", flows: true, wraps: true},
	}, cells, nil)
}
