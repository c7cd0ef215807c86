package checklist.access.directory_roles_removed_test

import data.checklist.access.directory_roles_removed as rule
import data.lib.example_test as example

test_pass[name] if {
	some name, fact in {
		"no role": roles([]),
		"no role, and nobody can be eligible": example.read({"eligibility": "unlicensed", "assignments": []}),
		"one that has ended": roles([role({"endDateTime": "2026-06-11T11:59:59Z"})]),
		"several that have": roles([
			role({"endDateTime": "2026-06-01T12:00:00Z"}),
			role({"id": "e2", "endDateTime": "2026-06-01T12:00:00Z"}),
		]),
	}
	case := {"roles": fact}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, fact in {
		"active": roles([role({})]),
		"eligible": roles([role({"kind": "eligible"})]),
		"through a group": roles([role({"group": group})]),
		"eligible for a group that brings no role now": roles([role({
			"kind": "eligible", "roleDefinitionId": null, "displayName": null,
			"group": group,
		})]),
		"of a limited scope": roles([role({"directoryScopeId": "/administrativeUnits/au1"})]),
		"from tomorrow": roles([role({"startDateTime": "2026-06-12T12:00:00Z"})]),
		"until tomorrow": roles([role({"endDateTime": "2026-06-12T12:00:00Z"})]),
		"until the moment of the snapshot": roles([role({"endDateTime": "2026-06-11T12:00:00Z"})]),
		"until never": roles([role({"endDateTime": "0001-01-01T00:00:00Z"})]),
		"without an end": roles([role({"endDateTime": "9999-12-31T23:59:59Z"})]),
		"an end that is left out": roles([object.remove(role({}), ["endDateTime"])]),
		"one of several": roles([role({"endDateTime": "2026-06-01T12:00:00Z"}), role({"id": "e2"})]),
		"of a kind that nobody knows": roles([role({"kind": "dormant"})]),
		"half the roles are enough": example.partial({"assignments": [role({})]}),
		"although nobody can be eligible": example.read({"eligibility": "unlicensed", "assignments": [role({})]}),
	}
	case := {"roles": fact}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, fact in {
		"nothing was read": example.unknown,
		"half the roles": example.partial({"eligibility": "read", "assignments": []}),
		"not said who is eligible": example.read({"assignments": []}),
		"null, who is eligible": example.read({"eligibility": null, "assignments": []}),
		"an eligibility that nobody knows": example.read({"eligibility": "maybe", "assignments": []}),
		"no list of assignments": example.read({"eligibility": "read"}),
		"null for a list": example.read({"eligibility": "read", "assignments": null}),
		"no list but an object": example.read({"eligibility": "read", "assignments": {}}),
		"the service has no such thing": example.absent,
	}
	case := {"roles": fact}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_no_words_on_a_pass if {
	case := {"roles": roles([])}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_no_words_when_nothing_was_decided if {
	case := {"roles": example.partial({"eligibility": "unlicensed", "assignments": []})}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_words if {
	case := {"roles": roles([
		role({}),
		role({"id": "e2", "kind": "eligible", "displayName": "Reports Reader", "group": group}),
		role({"id": "e3", "kind": "eligible", "roleDefinitionId": null, "displayName": null, "group": group}),
		role({"id": "e4", "roleDefinitionId": "r4", "displayName": null, "group": {"id": "g", "displayName": null}}),
		object.remove(role({"id": "e5", "roleDefinitionId": null, "displayName": null}), ["kind"]),
	])}
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message == concat(" ", [
		"Directory roles are left: Global Administrator, Reports Reader (eligible), e5, r4,",
		"whatever Tier 0 brings (eligible).",
	])
	findings := rule.findings with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	{
		"resource": "e2", "id": "e2", "kind": "eligible",
		"roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10", "displayName": "Reports Reader",
		"directoryScopeId": "/", "startDateTime": "2025-01-01T00:00:00Z", "endDateTime": null,
		"memberType": "Direct", "group": group,
	} in findings
	evidence := rule.evidence with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	evidence == {"roles": {"eligibility": "read", "assignments": 5}}
}

test_words_where_nobody_can_be_eligible if {
	case := {"roles": example.read({"eligibility": "unlicensed", "assignments": []})}
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	contains(message, "no Entra ID P2")
}

roles(assignments) := example.read({"eligibility": "read", "assignments": assignments})

role(properties) := object.union(
	{
		"id": "e1",
		"kind": "active",
		"roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10",
		"displayName": "Global Administrator",
		"directoryScopeId": "/",
		"startDateTime": "2025-01-01T00:00:00Z",
		"endDateTime": null,
		"memberType": "Direct",
		"group": null,
	},
	properties,
)

group := {"id": "c0ffee00-0000-4000-8000-000000000001", "displayName": "Tier 0", "accessId": "member"}
