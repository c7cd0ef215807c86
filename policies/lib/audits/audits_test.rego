package lib.audits_test

import data.lib.audits
import data.lib.example_test as example

test_successes_about_the_leaver if {
	row := example.audit("Disable account.", "2026-06-01T13:00:00Z")
	rows := [
		row,
		object.union(row, {"result": "failure"}),
		object.union(row, {"result": null}),
		object.union(row, {"targetResources": []}),
		object.union(row, {"targetResources": [{"id": null}]}),
		object.union(row, {"targetResources": [{"id": "bbbbbbbb-0000-4000-8000-000000000001"}]}),
	]
	audits.successes == {{
		"activity": "disable account",
		"id": row.id,
		"activityDisplayName": "Disable account.",
		"activityDateTime": "2026-06-01T13:00:00Z",
		"initiatedBy": row.initiatedBy,
		"modifiedProperties": [],
	}} with input as example.input_of({"audits": example.read(rows)})
}

test_target_in_other_letters if {
	row := object.union(
		example.audit("Disable account", "2026-06-01T13:00:00Z"),
		{"result": "Success", "targetResources": [{"id": "x"}, {"id": upper(example.id)}]},
	)
	count(audits.successes) == 1 with input as example.input_of({"audits": example.partial([row])})
}

test_nothing_without_a_log if {
	audits.successes == set() with input as example.input_of({})
}

test_last if {
	rows := [
		example.audit("Disable account", "2026-06-01T13:00:00Z"),
		example.audit("Disable account", "2026-06-01T13:00:00.5Z"),
		example.audit("Update user", "2026-06-01T13:00:00.5Z"),
	]
	latest := audits.last(audits.successes) with input as example.input_of({"audits": example.read(rows)})
	{event.activityDisplayName | some event in latest} == {"Disable account", "Update user"}
	{event.activityDateTime | some event in latest} == {"2026-06-01T13:00:00.5Z"}
	audits.last(set()) == set()
}

test_since_leaving[name] if {
	some name, tc in {
		"the log begins before": {"from": "2026-05-12T12:00:00Z", "log": example.read([]), "want": true},
		"the log begins at that time": {"from": example.left, "log": example.read([]), "want": true},
		"the log begins after": {"from": "2026-06-01T12:00:01Z", "log": example.read([]), "want": false},
		"no time": {"from": "0001-01-01T00:00:00Z", "log": example.read([]), "want": false},
		"half a log": {"from": "2026-05-12T12:00:00Z", "log": example.partial([]), "want": false},
		"no log": {"from": "2026-05-12T12:00:00Z", "log": example.unknown, "want": false},
	}
	case := {"audits": tc.log, "windows": {"audits": {"from": tc.from, "to": "2026-06-11T12:00:00Z"}}}
	{true | audits.since_leaving} == {true | tc.want == true} with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
}
