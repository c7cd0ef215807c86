package collector

import (
	"testing"
	"time"

	"leavercheck/collector/roster"
	"leavercheck/collector/snapshot"
)

const (
	somebody = "6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11"
	theGroup = "c0ffee00-0000-4000-8000-000000000001"
)

// logged is a row of the audit log about somebody, on a day of May 2026.
func logged(day int, activity, old, now string) map[string]any {
	return map[string]any{
		"activityDisplayName": activity, "activityDateTime": time.Date(2026, 5, day, 9, 0, 0, 0, time.UTC).Format(time.RFC3339), "result": "success",
		"targetResources": []any{map[string]any{"id": somebody, "modifiedProperties": []any{
			map[string]any{"displayName": "AccountEnabled", "oldValue": old, "newValue": now},
		}}},
	}
}

func with(row map[string]any, key string, value any) map[string]any {
	row[key] = value
	return row
}

func TestWhenAnAccountWasDisabled(t *testing.T) {
	t.Parallel()
	const on, off = "[true]", "[false]"
	for name, tc := range map[string]struct {
		rows []any
		day  int // 0: not known
		seen bool
	}{
		"by name":                          {[]any{logged(5, "Disable account", on, off)}, 5, true},
		"by name alone":                    {[]any{logged(5, "Disable account.", "", "")}, 5, true},
		"by the property":                  {[]any{logged(5, "Update user", on, off)}, 5, true},
		"twice, enabled between":           {[]any{logged(9, "Disable account", on, off), logged(7, "Enable account", off, on), logged(5, "Disable account", on, off)}, 9, true},
		"twice, not enabled between":       {[]any{logged(9, "Disable account", "", ""), logged(5, "Disable account", on, off)}, 5, true},
		"again, and before the log begins": {[]any{logged(9, "Update user", off, off)}, 0, true},
		"enabled since":                    {[]any{logged(9, "Enable account", off, on), logged(5, "Disable account", on, off)}, 0, true},
		"enabled by the property since":    {[]any{logged(9, "Update user", off, on), logged(5, "Disable account", on, off)}, 0, true},
		"tried in vain":                    {[]any{with(logged(5, "Disable account", on, off), "result", "failure")}, 0, false},
		"of no time":                       {[]any{with(logged(5, "Disable account", on, off), "activityDateTime", "soon")}, 0, false},
		"somebody else":                    {[]any{with(logged(5, "Disable account", on, off), "targetResources", []any{map[string]any{"id": theGroup}})}, 0, false},
		"another property":                 {[]any{logged(5, "Update user", "", `"AccountEnabled"`)}, 0, false},
		"made disabled":                    {[]any{logged(5, "Add user", "[]", off)}, 0, false},
		"nothing at all":                   {nil, 0, false},
		"a row that is none":               {[]any{"row"}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := disabledAt(tc.rows, somebody)
			if at.IsZero() != (tc.day == 0) || !at.IsZero() && at.Day() != tc.day || touched(tc.rows, somebody) != tc.seen {
				t.Errorf("got %s, seen: %v", at, touched(tc.rows, somebody))
			}
		})
	}
}

func TestWhenSomebodyJoinedAGroup(t *testing.T) {
	t.Parallel()
	member := func(day int, activity, group string) map[string]any {
		row := logged(day, activity, "", "")
		row["targetResources"] = append(row["targetResources"].([]any), map[string]any{"id": group})
		return row
	}
	property := logged(6, "Add member to group", "", "")
	property["targetResources"] = []any{map[string]any{"id": somebody, "modifiedProperties": []any{
		map[string]any{"displayName": "Group.ObjectID", "oldValue": nil, "newValue": `"` + theGroup + `"`},
	}}}
	for name, tc := range map[string]struct {
		rows []any
		day  int
	}{
		"once":                    {[]any{member(5, "Add member to group", theGroup)}, 5},
		"named by the property":   {[]any{property}, 6},
		"another group":           {[]any{member(5, "Add member to group", somebody)}, 0},
		"taken out and put back":  {[]any{member(9, "Add member to group", theGroup), member(7, "Remove member from group", theGroup), member(5, "Add member to group", theGroup)}, 9},
		"taken out by the log":    {[]any{member(7, "Remove member from group", theGroup), member(5, "Add member to group", theGroup)}, 0},
		"made an owner":           {[]any{member(5, "Add owner to group", theGroup)}, 0},
		"a failure":               {[]any{with(member(5, "Add member to group", theGroup), "result", "failure")}, 0},
		"out of another, in here": {[]any{member(7, "Remove member from group", "c0ffee00-0000-4000-8000-000000000002"), member(5, "Add member to group", theGroup)}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if at := joinedAt(tc.rows, somebody, theGroup); at.IsZero() != (tc.day == 0) || !at.IsZero() && at.Day() != tc.day {
				t.Errorf("got %s", at)
			}
		})
	}
	if at := joinedAt([]any{member(5, "Add member to group", "")}, somebody, ""); !at.IsZero() {
		t.Errorf("no group was joined at %s", at)
	}
}

// The time of one source is not the leave time when another's is older than the log; it is a bound of it.
func TestALeaveTimeThatIsOlderThanTheLog(t *testing.T) {
	t.Parallel()
	joined := logged(9, "Add member to group", "", "")
	joined["targetResources"] = append(joined["targetResources"].([]any), map[string]any{"id": theGroup})
	began := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	disabled, group := roster.Source{Kind: roster.Disabled}, roster.Source{Kind: roster.Group, Group: theGroup}
	for name, tc := range map[string]struct {
		by    []roster.Source
		rows  []any
		known bool
		leave int // the day of LeftBy
	}{
		"disabled before the log, put into the group since": {[]roster.Source{disabled, group}, []any{joined}, false, 1},
		"in the group before the log, disabled since":       {[]roster.Source{disabled, group}, []any{logged(7, "Disable account", "[true]", "[false]")}, false, 7},
		"both since":          {[]roster.Source{disabled, group}, []any{joined, logged(7, "Disable account", "[true]", "[false]")}, true, 7},
		"neither since":       {[]roster.Source{disabled, group}, nil, false, 1},
		"only ever the group": {[]roster.Source{group}, []any{joined}, true, 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testSpool(t)
			r := &run{people: newPeople(s), windows: map[string]snapshot.Window{snapshot.LogAudits: {From: began}}}
			rec := newRecord(snapshot.Leaver{ID: somebody, LeftBy: began.AddDate(0, 1, 0)}, s)
			rec.claim = &claim{by: tc.by}
			rec.set(snapshot.Audits, snapshot.Fact{State: snapshot.Read, Value: tc.rows})
			if got := r.timed(rec); got != tc.known || rec.leaver.LeftAt.IsZero() == tc.known || rec.leaver.LeftBy.Day() != tc.leave {
				t.Errorf("known: %t, left at %s, by %s", got, rec.leaver.LeftAt, rec.leaver.LeftBy)
			}
		})
	}
}
