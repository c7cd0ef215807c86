package collector

import (
	"slices"
	"strings"
	"time"
)

// disabledAt is when an account that is disabled became so, by its rows of the audit log: the first event since
// the last that enabled it. Zero when the log does not show it.
func disabledAt(rows []any, id string) time.Time {
	var at time.Time
	for _, e := range switched(rows, id) {
		switch {
		case e.on:
			at = time.Time{}
		case at.IsZero() && !e.was:
			at = e.at
		}
	}
	return at
}

// touched reports whether the log shows that an account was enabled or disabled at all.
func touched(rows []any, id string) bool { return len(switched(rows, id)) > 0 }

// joinedAt is when somebody was put into a group last and not taken out since. Zero when the log does not show it.
func joinedAt(rows []any, id, group string) time.Time {
	var at time.Time
	if group == "" {
		return at
	}
	for _, e := range events(rows, id) {
		switch {
		case !e.names(group):
		case e.activity == "add member to group":
			at = e.at
		case e.activity == "remove member from group":
			at = time.Time{}
		}
	}
	return at
}

// event is a successful row of the audit log about somebody.
type event struct {
	at       time.Time
	activity string // in lower case, without the full stop that some services append
	changes  []map[string]any
	targets  []string // ids, in lower case
}

func (e event) names(id string) bool {
	if slices.Contains(e.targets, id) {
		return true
	}
	// The group stands among the targets, or as a property of the member (Group.ObjectID).
	return slices.ContainsFunc(e.changes, func(c map[string]any) bool {
		name, _ := c["displayName"].(string)
		value, _ := c["newValue"].(string)
		old, _ := c["oldValue"].(string)
		return strings.EqualFold(name, "Group.ObjectID") && (unquoted(value) == id || unquoted(old) == id)
	})
}

// events are those about somebody, the oldest first.
func events(rows []any, id string) []event {
	var out []event
	for _, row := range rows {
		r, _ := row.(map[string]any)
		result, _ := r["result"].(string)
		activity, _ := r["activityDisplayName"].(string)
		e := event{at: at(r["activityDateTime"]), activity: strings.Trim(strings.ToLower(activity), ". ")}
		if !strings.EqualFold(result, "success") || e.at.IsZero() {
			continue
		}
		targets, _ := r["targetResources"].([]any)
		for _, t := range targets {
			target, _ := t.(map[string]any)
			name, _ := target["id"].(string)
			e.targets = append(e.targets, strings.ToLower(name))
			changes, _ := target["modifiedProperties"].([]any)
			for _, c := range changes {
				// Changes of a group's own properties are none of the person's.
				if change, ok := c.(map[string]any); ok && strings.EqualFold(name, id) {
					e.changes = append(e.changes, change)
				}
			}
		}
		if slices.Contains(e.targets, id) {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b event) int { return a.at.Compare(b.at) })
	return out
}

// toggle is an event that enabled or disabled an account. Was says that a disabled account was disabled again.
type toggle struct {
	at      time.Time
	on, was bool
}

// switched are the events that changed accountEnabled, by their name or by the property; an account that was made
// disabled was not disabled then
// (learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities).
func switched(rows []any, id string) []toggle {
	var out []toggle
	for _, e := range events(rows, id) {
		if e.activity == "add user" {
			continue
		}
		t := toggle{at: e.at, on: e.activity == "enable account"}
		found := t.on || e.activity == "disable account"
		for _, c := range e.changes {
			name, _ := c["displayName"].(string)
			value, _ := c["newValue"].(string)
			old, _ := c["oldValue"].(string)
			if !strings.EqualFold(name, "AccountEnabled") || unquoted(value) != "true" && unquoted(value) != "false" {
				continue
			}
			t.on, found = unquoted(value) == "true", true
			t.was = !t.on && unquoted(old) == "false"
		}
		if found {
			out = append(out, t)
		}
	}
	return out
}

// unquoted is the one value in a property that the log writes as JSON in a string: "[false]", "\"id\"".
func unquoted(text string) string { return strings.ToLower(strings.Trim(text, `[]" `)) }
