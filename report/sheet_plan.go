package report

import (
	"slices"
	"strconv"
	"strings"

	"leavercheck/policies"
	"leavercheck/report/plan"
)

// planSheet is the action plan: a row for each step, in the order of the leavers and of their steps, with empty
// cells for who does it, when, and what was decided. What the plan has no step for has a row all the same: a
// verdict that is unknown or waived, a warning, and what fails for the tenant.
type planSheet struct {
	run         policies.Run
	remediation map[string]string
}

// The kinds of rows that are no steps.
const (
	rowWarning = "warning"
	rowUnknown = "unknown"
	rowWaived  = "waived"
	rowNotYet  = "notYet"
	rowNothing = "nothingToDo"
	rowTenant  = "tenant"
)

// todoColumns say what is to be done; the last three are for people to fill in.
func todoColumns() []string {
	return []string{
		"order", "kind", "action", "toDecide", "rules", "why", "due", "deadline", "portal", "commands", "note",
		"owner", "date", "decision",
	}
}

func (s *planSheet) head(run policies.Run) []string {
	s.run, s.remediation = run, map[string]string{}
	for _, rule := range run.Rules {
		s.remediation[rule.ID] = rule.Remediation
	}
	return slices.Concat(whoColumns(), todoColumns())
}

func (s *planSheet) leaver(leaver policies.LeaverResult) [][]string {
	var rows [][]string
	who := person(leaver)
	add := func(kind string, cells fields) {
		cells["kind"] = kind
		rows = append(rows, slices.Concat(who, cells.in(todoColumns())))
	}
	if leaver.NotYet() {
		add(rowNotYet, fields{"action": "Nothing yet: leaves later, not judged yet"})
		return rows
	}
	todo := plan.For(s.run, leaver)
	for _, warning := range todo.Warnings {
		add(rowWarning, fields{"action": warning})
	}
	for _, step := range todo.Steps {
		add(string(step.Kind), stepCells(step))
	}
	for _, v := range leaver.Verdicts {
		switch v.Status {
		case policies.Unknown:
			add(rowUnknown, fields{"action": "Find out: " + s.unread(v), "rules": v.Rule, "why": v.Message, "deadline": stamp(v.Deadline), "note": needs(v)})
		case policies.Waived:
			add(rowWaived, waivedCells(v))
		default:
		}
	}
	if len(rows) == 0 {
		add(rowNothing, fields{"action": "Nothing to do"})
	}
	return rows
}

func (s *planSheet) tenant(tenant policies.TenantResult) [][]string {
	var rows [][]string
	who := fields{"leaver": wholeTenant}.in(whoColumns())
	for _, v := range tenant.Verdicts {
		cells := fields{"kind": rowTenant, "action": s.remediation[v.Rule], "rules": v.Rule, "why": v.Message, "due": stamp(v.Due), "deadline": stamp(v.Deadline)}
		switch v.Status {
		case policies.Unknown:
			cells["kind"], cells["action"], cells["note"] = rowUnknown, "Find out: "+s.unread(v), needs(v)
		case policies.Waived:
			cells = waivedCells(v)
			cells["kind"] = rowWaived
		case policies.Fail, policies.Pending:
		default:
			continue
		}
		rows = append(rows, slices.Concat(who, cells.in(todoColumns())))
	}
	return rows
}

func (s *planSheet) summary(policies.Summary) [][]string { return nil }

// unread says what a verdict lacks.
func (s *planSheet) unread(v policies.Verdict) string {
	if what := missing(v); what != "" {
		return what
	}
	return v.Rule
}

func stepCells(step plan.Step) fields {
	var commands []string
	for _, command := range step.Commands {
		commands = append(commands, command.Text)
	}
	cells := fields{
		"order": strconv.Itoa(step.Order), "action": step.Title, "rules": strings.Join(step.Rules, " "), "why": step.Why,
		"due": stamp(step.Due), "deadline": stamp(step.Deadline), "portal": step.Portal, "note": step.Note,
		// A semicolon ends a statement of PowerShell, so that the cell can be reviewed and pasted as it is.
		"commands": strings.Join(commands, "; "),
	}
	if step.Decision {
		cells["toDecide"] = "yes"
	}
	return cells
}

func waivedCells(v policies.Verdict) fields {
	cells := fields{"action": "Nothing while it is waived", "rules": v.Rule, "why": v.Message}
	if w := v.Waiver; w != nil {
		cells["action"] = "Nothing while it is waived, until " + stamp(w.Expires)
		cells["note"] = "waiver " + w.ID + " by " + w.ApprovedBy + ": " + w.Reason
	}
	return cells
}
