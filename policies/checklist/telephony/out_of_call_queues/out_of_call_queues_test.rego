package checklist.telephony.out_of_call_queues_test

import data.checklist.telephony.out_of_call_queues as rule
import data.lib.example_test as example

test_not_applicable if {
	case := {"groups": example.read([group({"displayName": "Service desk"})])}
	rule.status == "not_applicable" with input as example.input_of(case) with data.parameters as naming([])
}

test_pass[name] if {
	some name, rows in {
		"no group": [],
		"another group": [group({})],
		"a name that only begins like one": [group({"displayName": "Service desk leads"})],
	}
	case := {"groups": example.read(rows)}
	rule.status == "pass" with input as example.input_of(case) with data.parameters as parameters
}

test_fail[name] if {
	some name, fact in {
		"by id": example.read([group({"id": upper(queue_id)})]),
		"by id, without a name": example.read([group({"id": queue_id, "displayName": null})]),
		"by name": example.read([group({"displayName": "service DESK"})]),
		"through another group": example.read([group({"displayName": "Service desk", "direct": false})]),
		"one of several": example.read([group({}), group({"id": queue_id})]),
		"half of them are enough": example.partial([group({"id": queue_id})]),
	}
	rule.status == "fail" with input as example.input_of({"groups": fact}) with data.parameters as parameters
}

test_unknown[name] if {
	some name, fact in {
		"nothing was read": example.unknown,
		"half of them": example.partial([group({})]),
		"an empty list, of which half was read": example.partial([]),
		"a group without a name": example.read([group({"displayName": null})]),
		"a group without an id": example.read([group({"id": ""})]),
		"no list": example.read({}),
		"the service has no such thing": example.absent,
	}
	rule.status == "unknown" with input as example.input_of({"groups": fact}) with data.parameters as parameters
}

test_unknown_without_parameters[name] if {
	some name, rows in {"in a group": [group({})], "in none": []}
	case := {"groups": example.read(rows)}
	rule.status == "unknown" with input as example.input_of(case) with data.parameters as {}
}

test_words_when_nobody_named_a_group if {
	case := {"groups": example.read([group({})])}
	message := rule.message with input as example.input_of(case) with data.parameters as naming([])
	contains(message, "queue_groups")
}

test_words_on_a_pass if {
	case := {"groups": example.read([group({})])}
	message := rule.message with input as example.input_of(case) with data.parameters as parameters
	message == "Agents who were added to a call queue directly are not seen."
}

test_no_words_when_nothing_was_read if {
	not rule.message with input as example.input_of({}) with data.parameters as parameters
}

test_words if {
	case := {"groups": example.read([
		group({"displayName": "Service desk"}),
		group({"id": queue_id, "displayName": null}),
		group({}),
	])}
	message := rule.message with input as example.input_of(case) with data.parameters as parameters
	message == $"Still among the agents of a call queue through Service desk, {queue_id}."
	findings := rule.findings with input as example.input_of(case) with data.parameters as parameters
	count(findings) == 2
	{
		"resource": "c0ffee00-0000-4000-8000-000000000001", "id": "c0ffee00-0000-4000-8000-000000000001",
		"displayName": "Service desk", "mail": null, "groupTypes": ["Unified"],
		"onPremisesSyncEnabled": null, "membershipRule": null, "direct": true,
	} in findings
	evidence := rule.evidence with input as example.input_of(case) with data.parameters as parameters
	evidence == {"groups": {"queueGroups": [queue_id, "Service desk"], "memberships": 3}}
}

group(properties) := object.union(
	{
		"id": "c0ffee00-0000-4000-8000-000000000001",
		"kind": "group",
		"displayName": "Finance",
		"mail": null,
		"groupTypes": ["Unified"],
		"securityEnabled": false,
		"mailEnabled": true,
		"isAssignableToRole": null,
		"onPremisesSyncEnabled": null,
		"membershipRule": null,
		"direct": true,
	},
	properties,
)

queue_id := "c0ffee00-0000-4000-8000-00000000000c"

parameters := naming([queue_id, "Service desk"])

naming(groups) := {"TEL-002": {"queue_groups": groups}}
