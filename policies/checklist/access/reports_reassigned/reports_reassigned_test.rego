package checklist.access.reports_reassigned_test

import data.checklist.access.reports_reassigned as rule
import data.lib.example_test as example

test_pass if {
	rule.status == "pass" with input as example.input_of({"directReports": example.read([])})
}

test_fail[name] if {
	some name, fact in {
		"somebody": example.read([report({})]),
		"somebody disabled": example.read([report({"accountEnabled": false})]),
		"a contact": example.read([report({"kind": "orgContact", "accountEnabled": null})]),
		"half of them are enough": example.partial([report({})]),
	}
	rule.status == "fail" with input as example.input_of({"directReports": fact})
}

test_unknown[name] if {
	some name, fact in {
		"nothing was read": example.unknown,
		"an empty list, of which half was read": example.partial([]),
		"null": example.read(null),
		"no list": example.read({}),
		"the service has no such thing": example.absent,
	}
	rule.status == "unknown" with input as example.input_of({"directReports": fact})
}

test_no_words_on_a_pass if {
	not rule.message with input as example.input_of({"directReports": example.read([])})
}

test_words if {
	case := {"directReports": example.read([
		report({}),
		report({"id": "x", "userPrincipalName": null}),
		report({"id": "y", "userPrincipalName": null, "displayName": null}),
	])}
	message := rule.message with input as example.input_of(case)
	message == "Still the manager of 3 accounts: S Vega, s.vega@northwind.example, y."
	findings := rule.findings with input as example.input_of(case)
	{
		"resource": "bbbbbbbb-0000-4000-8000-000000000003", "id": "bbbbbbbb-0000-4000-8000-000000000003",
		"kind": "user", "displayName": "S Vega", "userPrincipalName": "s.vega@northwind.example",
		"accountEnabled": true,
	} in findings
	rule.evidence == {"directReports": {"reports": 3}} with input as example.input_of(case)
}

report(properties) := object.union(
	{
		"id": "bbbbbbbb-0000-4000-8000-000000000003",
		"kind": "user",
		"displayName": "S Vega",
		"userPrincipalName": "s.vega@northwind.example",
		"accountEnabled": true,
	},
	properties,
)
