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
