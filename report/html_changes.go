package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"leavercheck/policies"
)

// htmlChanges is how the result compares with an earlier one.
type htmlChanges struct {
	Since  string
	Kinds  []htmlTile
	Method bool
	// Policies says that the policies of the two differ.
	Policies bool
	Lines    []htmlLine
	More     int
	Gone     []htmlLine
	GoneMore int
}

func (h *htmlReport) changed(summary policies.Summary) *htmlChanges {
	if h.run.Compared == nil && summary.Changes == nil {
		return nil
	}
	out := &htmlChanges{Method: summary.Changes[policies.ChangeMethod] > 0}
	if c := h.run.Compared; c != nil {
		out.Since = minute(c.CollectedAt) + " UTC"
		out.Policies = c.PolicyDigest != h.run.PolicyDigest
	}
	for _, kind := range policies.ChangeKinds() {
		out.Kinds = append(out.Kinds, htmlTile{string(kind), changeWord(kind), summary.Changes[kind]})
	}
	for _, r := range h.changes.sorted() {
		out.Lines = append(out.Lines, h.line(r))
	}
	out.More = h.changes.total - len(out.Lines)
	for _, g := range summary.Gone[:min(len(summary.Gone), mostListed)] {
		who := g.Name
		switch {
		case g.Leaver == "":
			who = "(tenant)"
		case who == "":
			who = g.Leaver
		}
		title := h.rules[g.Rule].Title
		for _, off := range h.run.Off {
			if off.ID == g.Rule {
				title = off.Title + " (switched off)"
			}
		}
		out.Gone = append(out.Gone, htmlLine{htmlMark: markOf(g.Status), Severity: g.Severity, Rule: g.Rule, Title: title, Who: who})
	}
	out.GoneMore = len(summary.Gone) - len(out.Gone)
	return out
}

// htmlTrend is how many leavers failed in earlier results and in this one.
type htmlTrend struct {
	Points           []htmlPoint
	Failing, Unknown string
	Width, Height    int
	// Marks are the places of changes of method.
	Marks []int
}

// ViewWidth and ViewHeight leave room for lines at the edges.

func (t htmlTrend) ViewWidth() int  { return t.Width + 12 }
func (t htmlTrend) ViewHeight() int { return t.Height + 12 }

type htmlPoint struct {
	When                                    string
	Total, Failing, Unknown, Pending, Clean int
	Method                                  bool
}

func (h *htmlReport) trend(summary policies.Summary) *htmlTrend {
	if len(h.opts.Trend) == 0 {
		return nil
	}
	out := &htmlTrend{Width: 560, Height: 60}
	var failing, unknown []int
	add := func(at time.Time, l policies.LeaverCounts, method bool) {
		out.Points = append(out.Points, htmlPoint{minute(at), l.Total, l.Failing, l.Unknown, l.Pending, l.Clean, method})
		failing, unknown = append(failing, l.Failing), append(unknown, l.Unknown)
	}
	for _, p := range h.opts.Trend {
		add(p.CollectedAt, p.Leavers, p.Method)
	}
	last := h.opts.Trend[len(h.opts.Trend)-1]
	if last.CollectedAt.Before(h.run.CollectedAt) {
		add(h.run.CollectedAt, summary.Leavers, summary.Changes[policies.ChangeMethod] > 0)
	}
	most := max(slices.Max(failing), slices.Max(unknown), 1)
	out.Failing, out.Unknown = points(failing, most, out.Width, out.Height), points(unknown, most, out.Width, out.Height)
	for i, p := range out.Points {
		if p.Method && len(out.Points) > 1 {
			out.Marks = append(out.Marks, i*out.Width/(len(out.Points)-1))
		}
	}
	return out
}

// points is a line through counts, as SVG has it.
func points(counts []int, most, width, height int) string {
	var out []string
	for i, n := range counts {
		x := 0
		if len(counts) > 1 {
			x = i * width / (len(counts) - 1)
		}
		out = append(out, strconv.Itoa(x)+","+strconv.Itoa(height-n*height/most))
	}
	return strings.Join(out, " ")
}
