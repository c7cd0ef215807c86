package plan

import (
	"slices"
	"strings"
	"time"

	"leavercheck/policies"
)

// draft is the plan for a leaver in the making: what the result says of them, and the steps so far.
type draft struct {
	run      policies.Run
	leaver   policies.LeaverResult
	titles   map[string]string
	verdicts map[string]policies.Verdict
	steps    []*Step
	warnings []string
	// blocking are unknown verdicts that a step waits for.
	blocking []string
}

func newDraft(run policies.Run, leaver policies.LeaverResult) *draft {
	d := &draft{run: run, leaver: leaver, titles: map[string]string{}, verdicts: map[string]policies.Verdict{}}
	for _, rule := range run.Rules {
		d.titles[rule.ID] = rule.Title
	}
	for _, verdict := range leaver.Verdicts {
		d.verdicts[verdict.Rule] = verdict
	}
	return d
}

// What the result says.

func (d *draft) id() string        { return d.leaver.Leaver.ID }
func (d *draft) successor() string { return d.leaver.Leaver.Successor }
func (d *draft) wish() string      { return d.leaver.Leaver.MailHandling }
func (d *draft) deleted() bool     { return d.leaver.Leaver.State == "deleted" }

// gone says that the account is deleted, and that nothing in the plan brings it back.
func (d *draft) gone() bool { return d.deleted() && !d.planned(Restore) }

// open lists those of the rules whose verdict fails, or will when its grace ends.
func (d *draft) open(rules ...string) []string {
	return d.having(rules, policies.Fail, policies.Pending)
}

// unknown lists those of the rules that could not be told.
func (d *draft) unknown(rules ...string) []string { return d.having(rules, policies.Unknown) }

func (d *draft) having(rules []string, statuses ...policies.Status) []string {
	var out []string
	for _, rule := range rules {
		if verdict, ok := d.verdicts[rule]; ok && slices.Contains(statuses, verdict.Status) {
			out = append(out, rule)
		}
	}
	return out
}

func (d *draft) is(rule string, status policies.Status) bool {
	return len(d.having([]string{rule}, status)) > 0
}

// findings lists what is wrong by a rule, in the result's order; nothing of what does not fail.
func (d *draft) findings(rule string) []policies.Finding {
	if len(d.open(rule)) == 0 {
		return nil
	}
	return d.verdicts[rule].Findings
}

// synced says whether a directory on-premises is the account's master, and whether that is known.
func (d *draft) synced() (synced, known bool) {
	if len(d.open("ACC-002", "DEL-003")) > 0 {
		return true, true
	}
	for _, verdict := range d.leaver.Verdicts {
		for _, evidence := range verdict.Evidence {
			value, said := evidence.Values["onPremisesSyncEnabled"]
			if evidence.Fact == "account" && said {
				on, _ := value.(bool)
				return on, true
			}
		}
	}
	return false, false
}

// text is a property of a finding that is a text.
func text(f policies.Finding, property string) string {
	value, _ := f[property].(string)
	return value
}

// texts is a property of a finding that is a list of texts.
func texts(f policies.Finding, property string) []string {
	values, _ := f[property].([]any)
	var out []string
	for _, value := range values {
		if text, ok := value.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// What is planned.

func (d *draft) planned(kinds ...Kind) bool {
	return slices.ContainsFunc(d.steps, func(s *Step) bool { return slices.Contains(kinds, s.Kind) })
}

func (d *draft) warn(text string) { d.warnings = append(d.warnings, text) }

// step begins a step for rules that call for it.
func (d *draft) step(kind Kind, title string, rules []string, portal string) *Step {
	step := &Step{Kind: kind, Title: title, Rules: slices.Clone(rules), Portal: portal, Commands: []Command{}}
	slices.Sort(step.Rules)
	step.Rules = slices.Compact(step.Rules)
	var why []string
	for _, rule := range step.Rules {
		verdict := d.verdicts[rule]
		message := verdict.Message
		if message == "" {
			message = d.titles[rule] + ": no"
		}
		why = append(why, rule+": "+message)
		if slices.Contains(undecided(), verdict.Status) {
			step.Due, step.Deadline = first(step.Due, verdict.Due), first(step.Deadline, verdict.Deadline)
		}
	}
	step.Why = strings.Join(why, " ")
	d.steps = append(d.steps, step)
	return step
}

// page names a page of a portal in the tenant's cloud.
func (d *draft) page(p portal, way string) string { return page(d.run.Cloud, p, way) }

// note adds a sentence to a step.
func (s *Step) note(text string) *Step {
	if s.Note != "" {
		s.Note += " "
	}
	s.Note += text
	return s
}

// do adds commands to a step. One that would need a value which cannot be written safely is left out, and
// the step says so, with the object that it is about.
func (s *Step) do(about string, lines ...*line) *Step {
	for _, line := range lines {
		if len(line.refused) == 0 {
			continue
		}
		// Commands that belong together are left out together.
		return s.note("No command for " + about + ": its " + strings.Join(line.refused, " and ") + " cannot be written safely, or is not known. Use the portal.")
	}
	for _, line := range lines {
		s.Commands = append(s.Commands, line.command())
	}
	return s
}

// decide makes a step a decision: it says why, and has no command.
func (s *Step) decide(reasons ...string) {
	s.Decision, s.Commands, s.Note = true, []Command{}, ""
	for _, reason := range reasons {
		s.note(reason)
	}
}

// undecided are the statuses of which a deadline is worth anything.
func undecided() []policies.Status {
	return []policies.Status{policies.Fail, policies.Pending, policies.Unknown}
}

// finish sorts the steps and adds what the plan leaves out.
func (d *draft) finish() Leaver {
	slices.SortStableFunc(d.steps, func(a, b *Step) int { return a.Kind.rank() - b.Kind.rank() })
	who := d.leaver.Leaver
	out := Leaver{
		Leaver: Person{
			ID: who.ID, UserPrincipalName: who.UserPrincipalName, DisplayName: who.DisplayName, Name: d.leaver.Name(),
			LeftAt: who.LeftAt, State: string(who.State), Source: who.Source,
		},
		Warnings: []string{}, LeftOut: []LeftOut{}, Steps: []Step{},
	}
	if who.LeftAt.IsZero() {
		out.Leaver.LeftBy = who.LeftBy
	}
	out.Warnings = append(out.Warnings, d.warnings...)
	for i, step := range d.steps {
		step.Order = i + 1
		out.Steps = append(out.Steps, *step)
	}
	out.urgency = urgency{severity: len(policies.Severities()), key: who.Key()}
	var past time.Time
	for _, verdict := range d.leaver.Verdicts {
		switch verdict.Status {
		case policies.Waived:
			left := LeftOut{Rule: verdict.Rule}
			if w := verdict.Waiver; w != nil {
				left.Waiver, left.Reason, left.Expires = w.ID, w.Reason, w.Expires
			}
			out.LeftOut = append(out.LeftOut, left)
		case policies.Fail, policies.Pending, policies.Unknown:
			if verdict.Status != policies.Unknown {
				out.urgency.severity = min(out.urgency.severity, slices.Index(policies.Severities(), verdict.Severity))
				out.urgency.due = first(out.urgency.due, verdict.Due)
			}
			if verdict.Deadline.Before(d.run.JudgedAsOf()) {
				past = first(past, verdict.Deadline)
			} else {
				out.NextDeadline = first(out.NextDeadline, verdict.Deadline)
			}
		default:
		}
	}
	if out.NextDeadline.IsZero() {
		out.NextDeadline = past
	}
	out.urgency.deadline = out.NextDeadline
	return out
}
