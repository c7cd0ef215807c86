package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report/plan"
)

// htmlPerson is a leaver as the page shows them.
type htmlPerson struct {
	// ID names the entry in links: where the leaver stands in the result.
	ID            int
	Name, Account string
	Left          string
	NotYet        bool
	// Open counts the verdicts that are neither right nor without object.
	Open  int
	Marks []htmlCount
	// Cells are the steps of the matrix.
	Cells []htmlCell
	About []htmlPair
	// Verdicts are those that are open, or changed, the most urgent first; Right are the others.
	Verdicts, Right []htmlVerdict
	// Passed and Nothing list the rules of the others.
	Passed, Nothing []string
	// Read says where the facts of Verdicts came from, Rest where further facts of Right did.
	Read, Rest []htmlSource
	Timeline   *htmlTimeline
	Plan       *plan.Leaver
}

// maxSentence bounds a text that is meant to be read: what is longer ends in an ellipsis.
const maxSentence = 1000

// htmlCount is a number of verdicts of a status.
type htmlCount struct {
	htmlMark
	N int
}

// htmlCell is one step of one leaver: every status that is open there, or else the one that is not.
type htmlCell struct {
	Class string
	// Rule is the most urgent that is open, empty for none.
	Rule  string
	Marks []htmlCount
}

// htmlPair is a term and what is said of it.
type htmlPair struct{ Term, Text string }

// htmlVerdict is a verdict as the page shows it.
type htmlVerdict struct {
	// ID is that of the entry, for links.
	ID string
	htmlMark
	Rule, Title, Step string
	Severity          policies.Severity
	Message           string
	// Dates says when the grace ends and data is lost.
	Dates    string
	Change   *htmlChange
	Attested bool
	// Notes are what is missing, waived and attested.
	Notes []htmlPair
	// Wrong are the findings, Evidence what the rule looked at.
	Wrong, Evidence []htmlPair
}

// htmlChange is how a verdict compares with the earlier result.
type htmlChange struct{ Kind, Word, Text string }

// htmlSource is where a fact came from.
type htmlSource struct{ Fact, State, Endpoint, At, RequestID string }

// person makes the view of a leaver. With full it has evidence, timeline and remediation, with proof the evidence of
// what passes, too: both are most of the work, and of the page.
func (h *htmlReport) person(n int, leaver policies.LeaverResult, full, proof bool) *htmlPerson {
	who := leaver.Leaver
	p := &htmlPerson{ID: n, Name: leaver.Name(), Account: who.UserPrincipalName, NotYet: leaver.NotYet()}
	if who.State == snapshot.Deleted {
		// The directory puts the object id in front of the name of who is deleted.
		p.Account = strings.TrimPrefix(p.Account, strings.ReplaceAll(who.ID, "-", ""))
	}
	if p.Account == p.Name {
		p.Account = ""
	}
	if p.Left = day(who.LeftAt); who.LeftAt.IsZero() {
		p.Left = "by " + day(who.LeftBy)
	}
	verdicts := slices.Clone(leaver.Verdicts)
	slices.SortStableFunc(verdicts, func(a, b policies.Verdict) int { return rankOf(a).compare(rankOf(b)) })
	for _, v := range verdicts {
		anchor := "p" + strconv.Itoa(n)
		switch {
		case telling(v):
			p.Verdicts = append(p.Verdicts, h.verdict(anchor, v, full))
		case proof:
			p.Right = append(p.Right, h.verdict(anchor, v, true))
		}
		switch {
		case open(v.Status):
			p.Open++
		case v.Status == policies.Pass:
			p.Passed = append(p.Passed, v.Rule)
		default:
			p.Nothing = append(p.Nothing, v.Rule)
		}
	}
	p.Marks = countMarks(verdicts, true)
	if len(p.Marks) == 0 && !p.NotYet {
		p.Marks = countMarks(verdicts, false)[:min(1, len(verdicts))]
	}
	slices.Sort(p.Passed)
	slices.Sort(p.Nothing)
	p.Cells = h.cells(verdicts)
	if full {
		p.about(leaver)
		p.sources(verdicts, proof)
		p.Timeline = h.timeline(leaver)
		p.Plan = h.plan(leaver)
	}
	return p
}

// telling says that a verdict is open, or that it changed since the earlier result.
func telling(v policies.Verdict) bool {
	return open(v.Status) || otherThanBefore(v.Change)
}

// rankOf orders the verdicts on one leaver as leavers are ordered.
func rankOf(v policies.Verdict) urgency {
	return urgencyOf(policies.LeaverResult{Verdicts: []policies.Verdict{v}})
}

// about says what the roster and the directory say of a leaver.
func (p *htmlPerson) about(leaver policies.LeaverResult) {
	who := leaver.Leaver
	add := func(term, text string) {
		if text != "" {
			p.About = append(p.About, htmlPair{term, text})
		}
	}
	left := minute(who.LeftBy) + " UTC"
	switch {
	case who.LeftAt.IsZero():
		left = "not known when; by " + left
	case !who.LeftAt.Equal(who.LeftBy):
		left = "between " + minute(who.LeftAt) + " and " + left
	}
	if who.LeftKnownBy != "" {
		left += " (known by: " + string(who.LeftKnownBy) + ")"
	}
	add("Left", left)
	add("Account", strings.ReplaceAll(string(who.State), "_", " "))
	add("User principal name", who.UserPrincipalName)
	add("Object id", who.ID)
	if who.Mail != who.UserPrincipalName {
		add("Mail", who.Mail)
	}
	add("Employee id", who.EmployeeID)
	add("Named by", strings.Join(append([]string{who.Source}, who.AlsoIn...), ", "))
	add("Found by", who.MatchedBy)
	add("Successor", who.Successor)
	add("Mail handling", who.MailHandling)
	add("Aliases", strings.Join(who.Aliases, ", "))
	add("Note", who.Note)
	for _, other := range who.NotThem {
		add("Not them", other.UserPrincipalName+" ("+other.ID+"): "+other.Why)
	}
}

// countMarks counts verdicts by status, those that are open or those that are not.
func countMarks(verdicts []policies.Verdict, opened bool) []htmlCount {
	counts := map[policies.Status]int{}
	for _, v := range verdicts {
		counts[v.Status]++
	}
	var out []htmlCount
	for _, status := range policies.Statuses() {
		if n := counts[status]; n > 0 && open(status) == opened {
			out = append(out, htmlCount{markOf(status), n})
		}
	}
	return out
}

// cells fills a row of the matrix from verdicts in the order of urgency.
func (h *htmlReport) cells(verdicts []policies.Verdict) []htmlCell {
	of := map[string][]policies.Verdict{}
	for _, v := range verdicts {
		step := stepOf(h.rules[v.Rule])
		of[step] = append(of[step], v)
	}
	out := make([]htmlCell, len(h.steps))
	for i, step := range h.steps {
		here := of[step.Key]
		cell := &out[i]
		if cell.Marks = countMarks(here, true); len(cell.Marks) > 0 {
			cell.Rule = here[0].Rule
		} else if all := countMarks(here, false); len(all) > 0 {
			cell.Marks = all[:1] // what passes stands for what had no object
		}
		if len(cell.Marks) > 0 {
			cell.Class = cell.Marks[0].Class
		}
	}
	return out
}

func (h *htmlReport) verdict(anchor string, v policies.Verdict, evidence bool) htmlVerdict {
	rule := h.rules[v.Rule]
	out := htmlVerdict{
		ID: anchor + "-" + v.Rule, htmlMark: markOf(v.Status), Rule: v.Rule, Title: rule.Title, Step: stepOf(rule),
		Severity: v.Severity, Message: bounded(v.Message, maxSentence), Dates: h.dates(v), Change: changeOf(v.Change), Attested: v.Grade == policies.Attested,
	}
	if out.Message == "" && v.Status == policies.Fail {
		out.Message = rule.Title + ": no"
	}
	for _, m := range v.Missing {
		text := m.Fact + ": " + strings.ReplaceAll(m.Reason, "_", " ")
		if m.Detail != "" {
			text += " (" + m.Detail + ")"
		}
		if m.Needs != "" {
			text += ". What would mend it: " + m.Needs
		}
		out.Notes = append(out.Notes, htmlPair{"Missing", text})
	}
	if w := v.Waiver; w != nil {
		text := w.ID + ": " + w.Reason + "; approved by " + w.ApprovedBy
		if w.Ticket != "" {
			text += ", ticket " + w.Ticket
		}
		text += ", until " + day(w.Expires) + "; without it: " + markOf(w.Status).Word
		out.Notes = append(out.Notes, htmlPair{"Waived", text})
	}
	for _, a := range v.Attestations {
		text := a.Statement + " " + a.By + ", " + day(a.At) + ", until " + day(a.Expires)
		if a.Link != "" {
			text += ", " + a.Link
		}
		out.Notes = append(out.Notes, htmlPair{"Attested", text})
	}
	for i := range out.Notes {
		out.Notes[i].Text = bounded(out.Notes[i].Text, maxSentence)
	}
	if !evidence {
		return out
	}
	for _, finding := range v.Findings {
		values := map[string]any{}
		for key, value := range finding {
			if key != "resource" {
				values[key] = value
			}
		}
		out.Wrong = append(out.Wrong, htmlPair{finding.Resource(), valuesText(values)})
	}
	for _, e := range v.Evidence {
		if text := valuesText(e.Values); text != "" {
			out.Evidence = append(out.Evidence, htmlPair{e.Fact, text})
		}
	}
	return out
}

// dates says when a verdict's grace ends, and when data is lost.
func (h *htmlReport) dates(v policies.Verdict) string {
	var parts []string
	if !v.Deadline.IsZero() {
		word := "Data is lost on "
		if v.Deadline.Before(h.run.JudgedAsOf()) {
			word = "Data was lost on "
		}
		parts = append(parts, word+deadlineText(v.Deadline, h.run.JudgedAsOf())+".")
	}
	if !v.Due.IsZero() {
		word := "Grace ends "
		if v.Due.Before(h.run.JudgedAsOf()) {
			word = "Grace ended "
		}
		parts = append(parts, word+minute(v.Due)+" UTC.")
	}
	return strings.Join(parts, " ")
}

// otherThanBefore says whether a verdict is another than in the earlier result.
func otherThanBefore(change *policies.Change) bool {
	return change != nil && change.Kind != policies.ChangeOpen && change.Kind != policies.ChangeNone
}

func changeOf(change *policies.Change) *htmlChange {
	if change == nil || change.Kind == policies.ChangeNone {
		return nil
	}
	out := &htmlChange{Kind: string(change.Kind), Word: changeWord(change.Kind)}
	var parts []string
	if change.Before != "" {
		parts = append(parts, "was "+markOf(change.Before).Word)
	}
	switch {
	case change.Cause == "":
	case change.Kind == policies.ChangeMethod:
		parts = append(parts, "what changed is the method: "+string(change.Cause))
	default:
		parts = append(parts, "for another "+string(change.Cause))
	}
	if !change.Since.IsZero() {
		parts = append(parts, "since "+day(change.Since))
	}
	out.Text = strings.Join(parts, ", ")
	return out
}

func changeWord(kind policies.ChangeKind) string {
	switch kind {
	case policies.ChangeNew:
		return "new"
	case policies.ChangeOpen:
		return "still open"
	case policies.ChangeFixed:
		return "fixed"
	case policies.ChangeReopened:
		return "re-opened"
	case policies.ChangeWaived:
		return "waived since"
	case policies.ChangeScope:
		return "no longer judged"
	case policies.ChangeMethod:
		return "method changed"
	case policies.ChangeNone:
		return "unchanged"
	}
	return string(kind)
}

// sources lists where the facts behind verdicts came from, each request once.
func (p *htmlPerson) sources(verdicts []policies.Verdict, proof bool) {
	seen := map[htmlSource]bool{}
	collect := func(into *[]htmlSource, wanted bool) {
		for _, v := range verdicts {
			if telling(v) != wanted {
				continue
			}
			for _, e := range v.Evidence {
				if e.State == "" {
					continue // made of facts, or the roster's: nobody was asked
				}
				one := htmlSource{Fact: e.Fact, State: string(e.State), Endpoint: e.Endpoint, RequestID: e.RequestID}
				if !e.At.IsZero() {
					one.At = e.At.UTC().Format(time.DateTime)
				}
				if !seen[one] {
					seen[one] = true
					*into = append(*into, one)
				}
			}
		}
		slices.SortFunc(*into, func(a, b htmlSource) int {
			return strings.Compare(a.Fact+"\x00"+a.Endpoint+"\x00"+a.RequestID, b.Fact+"\x00"+b.Endpoint+"\x00"+b.RequestID)
		})
	}
	collect(&p.Read, true)
	if proof {
		collect(&p.Rest, false)
	}
}

// plan asks for what would mend a leaver's verdicts, nil for nothing.
func (h *htmlReport) plan(leaver policies.LeaverResult) *plan.Leaver {
	maker := plan.New()
	// None of these can fail: the stream is whole, and nobody is asked for by name.
	if maker.Run(h.run) != nil || maker.Leaver(leaver) != nil || maker.Summary(policies.Summary{}) != nil {
		return nil
	}
	made, err := maker.Plan()
	if err != nil || len(made.Leavers) != 1 {
		return nil
	}
	one := made.Leavers[0]
	if len(one.Steps)+len(one.Warnings) == 0 {
		return nil
	}
	return &one
}
