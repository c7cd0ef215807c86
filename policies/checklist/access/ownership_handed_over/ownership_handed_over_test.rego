package checklist.access.ownership_handed_over_test

import data.checklist.access.ownership_handed_over as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, objects in {
		"owns nothing": [],
		"owns what is not judged": [owned([himself], {"kind": "device"})],
	}
	rule.status == "not_applicable" with input as example.input_of({"ownedObjects": example.read(objects)})
}

test_pass[name] if {
	some name, objects in {
		"somebody else owns the group": [owned([himself, owner({})], {})],
		"somebody else owns the application": [owned([himself, owner({})], {"kind": "application"})],
		"somebody else owns the service principal": [owned([himself, owner({})], {"kind": "servicePrincipal"})],
		"one of several others is enabled": [owned([himself, owner({"accountEnabled": false}), owner({})], {})],
		"what is not judged has nobody": [owned([himself, owner({})], {}), owned([himself], {"kind": "device"})],
		"one other is enabled, and of another it is not said": [owned(
			[himself, owner({"accountEnabled": null}), owner({})],
			{},
		)],
	}
	rule.status == "pass" with input as example.input_of({"ownedObjects": example.read(objects)})
}

test_fail[name] if {
	some name, fact in {
		"nobody else owns the group": example.read([owned([himself], {})]),
		"nobody else owns the team": example.read([owned([himself], {"isTeam": true})]),
		"nobody else owns the application": example.read([owned([himself], {"kind": "application"})]),
		"nobody else owns the service principal": example.read([owned([himself], {"kind": "servicePrincipal"})]),
		"the other owner is disabled": example.read([owned([himself, owner({"accountEnabled": false})], {})]),
		"the other owner has left too": example.read([owned([himself, owner({"isLeaver": true})], {})]),
		"the leaver is enabled still": example.read([owned([object.union(himself, {"accountEnabled": true})], {})]),
		"one of several": example.read([owned([himself, owner({})], {}), owned([himself], {"id": "x"})]),
		"half of it is enough": example.partial([owned([himself], {})]),
	}
	rule.status == "fail" with input as example.input_of({"ownedObjects": fact})
}

test_unknown[name] if {
	some name, fact in {
		"nothing was read": example.unknown,
		"half of it": example.partial([owned([himself, owner({})], {})]),
		"an empty list, of which half was read": example.partial([]),
		"not said whether the other owner is enabled": example.read([owned([himself, owner({"accountEnabled": null})], {})]),
		"not said whether the other owner has left": example.read([owned(
			[himself, object.remove(owner({}), ["isLeaver"])],
			{},
		)]),
		"no owners": example.read([object.remove(owned([], {}), ["owners"])]),
		"not even the leaver is an owner": example.read([owned([], {})]),
		"null for owners": example.read([owned(null, {})]),
		"no kind": example.read([owned([himself, owner({})], {"kind": null})]),
		"a kind that nobody knows": example.read([owned([himself], {"kind": "agentIdentityBlueprint"})]),
		"no kind, and nobody else": example.read([owned([himself], {"kind": null})]),
		"no list": example.read({}),
		"no list but null": example.read(null),
		"the service has no such thing": example.absent,
	}
	rule.status == "unknown" with input as example.input_of({"ownedObjects": fact})
}

test_no_words[name] if {
	some name, fact in {
		"on a pass": example.read([owned([himself, owner({})], {})]),
		"when nothing was read": example.unknown,
		"when half was read": example.partial([owned([himself, owner({})], {})]),
	}
	not rule.message with input as example.input_of({"ownedObjects": fact})
}

test_words if {
	case := {"ownedObjects": example.read([
		owned([himself, owner({"accountEnabled": false})], {}),
		owned([himself], {"id": "x", "displayName": null}),
		owned([himself, owner({})], {"id": "y"}),
	])}
	rule.message == "Without another enabled owner: Payroll, x." with input as example.input_of(case)
	findings := rule.findings with input as example.input_of(case)
	count(findings) == 2
	{
		"resource": "c0ffee00-0000-4000-8000-000000000001", "id": "c0ffee00-0000-4000-8000-000000000001",
		"kind": "group", "displayName": "Payroll", "appId": null, "isTeam": false,
		"owners": [
			{"id": example.id, "userPrincipalName": "d.rook@northwind.example", "accountEnabled": false, "isLeaver": true},
			{"id": successor, "userPrincipalName": "m.hale@northwind.example", "accountEnabled": false, "isLeaver": false},
		],
	} in findings
	evidence := rule.evidence with input as example.input_of(case)
	count(evidence.ownedObjects.objects) == 3
	evidence.ownedObjects.objects[2] == {
		"id": "y", "kind": "group", "displayName": "Payroll",
		"present": {successor},
	}
}

test_words_when_it_is_not_said if {
	case := {"ownedObjects": example.read([owned([himself, owner({"accountEnabled": null})], {})])}
	contains(rule.message, "does not say") with input as example.input_of(case)
}

owned(owners, properties) := object.union(
	{
		"id": "c0ffee00-0000-4000-8000-000000000001",
		"kind": "group",
		"displayName": "Payroll",
		"appId": null,
		"groupTypes": ["Unified"],
		"isTeam": false,
		"owners": owners,
	},
	properties,
)

himself := {
	"id": example.id,
	"kind": "user",
	"displayName": "D Rook",
	"userPrincipalName": "d.rook@northwind.example",
	"accountEnabled": false,
	"isLeaver": true,
}

owner(properties) := object.union(
	{
		"id": successor,
		"kind": "user",
		"displayName": "M Hale",
		"userPrincipalName": "m.hale@northwind.example",
		"accountEnabled": true,
		"isLeaver": false,
	},
	properties,
)

successor := "bbbbbbbb-0000-4000-8000-000000000001"
