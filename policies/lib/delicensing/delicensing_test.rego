package lib.delicensing_test

import data.lib.delicensing
import data.lib.example_test as example

test_changes_since_leaving if {
	case := {"audits": example.read([
		example.audit("Change user license", "2026-06-01T11:59:59Z"),
		example.audit("Change user license", example.left),
		example.audit("Change user license.", "2026-06-03T09:00:00Z"),
		example.audit("Update user", "2026-06-04T09:00:00Z"),
		example.audit_with("Change user license", "2026-06-05T09:00:00Z", {"result": "failure"}),
	])}
	{event.activityDateTime | some event in delicensing.changes} == {
		example.left,
		"2026-06-03T09:00:00Z",
	} with input as example.input_of(case)
	delicensing.removals == {example.left, "2026-06-03T09:00:00Z"} with input as example.input_of(case)
}

test_half_a_log_proves_a_removal if {
	case := {"audits": example.partial([example.audit("Change user license", example.left)])}
	delicensing.removals == {example.left} with input as example.input_of(case)
	delicensing.removals == set() with input as example.input_of({})
}

test_only_added_licences_are_no_removal[name] if {
	some name, properties in {
		"the first licence": [licences(`[]`, `["[SkuName=E3, DisabledPlans=[]]"]`)],
		"the first licence, before which was nothing": [licences(null, `["[SkuName=E3, DisabledPlans=[]]"]`)],
		"the first licence, before which was no word": [licences("", `["[SkuName=E3, DisabledPlans=[]]"]`)],
		"another one": [licences(`["[SkuName=E3]"]`, `["[SkuName=VISIO]", "[SkuName=E3]"]`)],
		"among other properties": [
			{"displayName": null, "oldValue": null, "newValue": null},
			{"displayName": "AssignedPlan", "oldValue": `["a"]`, "newValue": `[]`},
			licences(`[]`, `["[SkuName=E3]"]`),
		],
	}
	case := {"audits": example.read([changed(properties)])}
	delicensing.removals == set() with input as example.input_of(case)
	count(delicensing.changes) == 1 with input as example.input_of(case)
}

test_anything_else_may_be_a_removal[name] if {
	some name, properties in {
		"nothing is said": [],
		"another property": [{"displayName": "AssignedPlan", "oldValue": `[]`, "newValue": `["a"]`}],
		"all are gone": [licences(`["[SkuName=E3]"]`, `[]`)],
		"all are gone, and no word is left": [licences(`["[SkuName=E3]"]`, null)],
		"one for another": [licences(`["[SkuName=E3]"]`, `["[SkuName=E1]"]`)],
		"one for two others": [licences(`["[SkuName=E3]"]`, `["[SkuName=E1]", "[SkuName=VISIO]"]`)],
		"the same one with a plan switched off": [licences(
			`["[SkuName=E3, DisabledPlans=[]]"]`,
			`["[SkuName=E3, DisabledPlans=[EXCHANGE_S_ENTERPRISE]]"]`,
		)],
		"nothing changed": [licences(`["[SkuName=E3]"]`, `["[SkuName=E3]"]`)],
		"cut off before": [licences(`["[SkuName=E3`, `["[SkuName=E3]"]`)],
		"cut off after": [licences(`[]`, `["[SkuName=E3`)],
		"no list": [licences(`{}`, `{"a": 1}`)],
		"no value of before": [{"displayName": "AssignedLicense", "newValue": `["[SkuName=E3]"]`}],
	}
	case := {"audits": example.read([changed(properties)])}
	count(delicensing.removals) == 1 with input as example.input_of(case)
}

changed(properties) := example.audit_with(
	"Change user license", "2026-06-02T09:00:00Z",
	{"targetResources": [{"id": example.id, "modifiedProperties": properties}]},
)

licences(before, after) := {"displayName": "AssignedLicense", "oldValue": before, "newValue": after}
