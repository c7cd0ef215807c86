package checklist.access.group_memberships_removed_test

import data.checklist.access.group_memberships_removed as rule
import data.lib.example_test as example

test_pass[name] if {
	some name, rows in {
		"no group": [],
		"a distribution list": [distribution_list({})],
		"a distribution list that is said not to hold roles": [distribution_list({"isAssignableToRole": false})],
		"a directory role": [group({"kind": "directoryRole", "securityEnabled": null, "groupTypes": null})],
		"an administrative unit": [group({"kind": "administrativeUnit", "securityEnabled": null, "groupTypes": null})],
		"allowed by id": [group({"id": upper(allowed_id)})],
		"allowed by name": [group({"displayName": "all ALUMNI"})],
		"allowed, whatever it is": [group({
			"id": allowed_id, "displayName": null, "securityEnabled": null,
			"groupTypes": null,
		})],
		"several": [distribution_list({}), group({"displayName": "All alumni"})],
	}
	case := {"groups": example.read(rows)}
	rule.status == "pass" with input as example.input_of(case) with data.parameters as parameters
}

test_fail[name] if {
	some name, fact in {
		"a security group": example.read([group({})]),
		"a security group of an unsaid type": example.read([group({"groupTypes": null})]),
		"a mail-enabled security group": example.read([group({"mailEnabled": true})]),
		"a Microsoft 365 group": example.read([group({"securityEnabled": false, "groupTypes": ["Unified"]})]),
		"a Microsoft 365 group in other letters": example.read([group({
			"securityEnabled": null, "mailEnabled": true,
			"groupTypes": ["unified"],
		})]),
		"a role-assignable group": example.read([group({"securityEnabled": null, "isAssignableToRole": true})]),
		"a role-assignable group that distributes mail": example.read([distribution_list({"isAssignableToRole": true})]),
		"through another group": example.read([group({"direct": false})]),
		"one of several": example.read([distribution_list({}), group({})]),
		"one, and another is not said": example.read([group({}), group({
			"id": "x", "securityEnabled": null,
			"groupTypes": null,
		})]),
		"half the groups are enough": example.partial([group({})]),
	}
	rule.status == "fail" with input as example.input_of({"groups": fact}) with data.parameters as parameters
}

test_unknown[name] if {
	some name, fact in {
		"nothing was read": example.unknown,
		"half the groups": example.partial([distribution_list({})]),
		"an empty list, of which half was read": example.partial([]),
		"only the id is shown": example.partial([{"id": "x", "kind": "group", "displayName": null}]),
		"not said what it is": example.read([group({"securityEnabled": null, "groupTypes": null, "mailEnabled": true})]),
		"not said whether it is a Microsoft 365 group": example.read([distribution_list({"groupTypes": null})]),
		"not said whether it grants access": example.read([distribution_list({"securityEnabled": null})]),
		"no access, and no mail": example.read([distribution_list({"mailEnabled": false})]),
		"a kind that nobody knows": example.read([group({"kind": "team"})]),
		"a kind that nobody knows, of a Microsoft 365 group": example.read([group({
			"kind": "team", "securityEnabled": false,
			"groupTypes": ["Unified"],
		})]),
		"a kind that nobody knows, role-assignable": example.read([group({
			"kind": "team", "securityEnabled": false,
			"isAssignableToRole": true,
		})]),
		"a kind that nobody knows, which distributes mail": example.read([distribution_list({"kind": "team"})]),
		"no kind": example.read([object.remove(distribution_list({}), ["kind"])]),
		"one of several": example.read([distribution_list({}), group({"kind": null})]),
		"no list": example.read({}),
		"the service has no such thing": example.absent,
	}
	rule.status == "unknown" with input as example.input_of({"groups": fact}) with data.parameters as parameters
}

test_mend[want] if {
	some want, row in {
		"dynamic rule": group({"groupTypes": ["DynamicMembership"], "membershipRule": "user.department -eq \"IT\""}),
		"Active Directory": group({"onPremisesSyncEnabled": true, "direct": false}),
		"licensing": group({"id": upper(licensing_id)}),
		"through another group": group({"direct": false}),
		"membership": group({}),
	}
	case := {
		"groups": example.read([row]),
		"licences": example.read({
			"assignedLicenses": [],
			"licenseAssignmentStates": [
				example.assignment(example.e3, licensing_id),
				example.assignment(example.basic, null),
			],
		}),
	}
	findings := rule.findings with input as example.input_of(case) with data.parameters as parameters
	{finding.mend | some finding in findings} == {want}
}

test_mend_without_licences if {
	case := {"groups": example.read([group({})])}
	some finding in rule.findings with input as example.input_of(case) with data.parameters as parameters
	finding.mend == "membership"
}

test_no_words[name] if {
	some name, fact in {
		"on a pass": example.read([distribution_list({})]),
		"when nothing was read": example.unknown,
		"when half was read": example.partial([distribution_list({})]),
	}
	not rule.message with input as example.input_of({"groups": fact}) with data.parameters as parameters
}

test_words if {
	case := {"groups": example.read([
		group({}),
		group({"id": "x", "displayName": null}),
		distribution_list({"displayName": "All alumni", "groupTypes": ["Unified"]}),
		distribution_list({}),
		group({"kind": "administrativeUnit", "displayName": "Europe", "securityEnabled": null}),
		group({"kind": "directoryRole", "displayName": "Reports Reader", "securityEnabled": null}),
	])}
	message := rule.message with input as example.input_of(case) with data.parameters as parameters
	message == "In 2 groups that grant access: Finance, x."
	findings := rule.findings with input as example.input_of(case) with data.parameters as parameters
	{
		"resource": "c0ffee00-0000-4000-8000-000000000001", "id": "c0ffee00-0000-4000-8000-000000000001",
		"displayName": "Finance", "mail": null, "groupTypes": [], "securityEnabled": true,
		"isAssignableToRole": null, "onPremisesSyncEnabled": null, "membershipRule": null, "direct": true,
		"mend": "membership",
	} in findings
	evidence := rule.evidence with input as example.input_of(case) with data.parameters as parameters
	evidence == {"groups": {
		"allowed": ["All alumni"], "distributionLists": ["Newsletter"], "administrativeUnits": ["Europe"],
	}}
}

test_words_of_one if {
	case := {"groups": example.read([group({})])}
	message := rule.message with input as example.input_of(case) with data.parameters as parameters
	message == "In 1 group that grants access: Finance."
}

test_words_when_it_is_not_said if {
	case := {"groups": example.read([group({"kind": null})])}
	contains(rule.message, "does not say") with input as example.input_of(case) with data.parameters as parameters
}

group(properties) := object.union(
	{
		"id": "c0ffee00-0000-4000-8000-000000000001",
		"kind": "group",
		"displayName": "Finance",
		"mail": null,
		"groupTypes": [],
		"securityEnabled": true,
		"mailEnabled": false,
		"isAssignableToRole": null,
		"onPremisesSyncEnabled": null,
		"membershipRule": null,
		"direct": true,
	},
	properties,
)

distribution_list(properties) := object.union(
	group({"displayName": "Newsletter", "securityEnabled": false, "mailEnabled": true}),
	properties,
)

allowed_id := "c0ffee00-0000-4000-8000-00000000000a"

licensing_id := "c0ffee00-0000-4000-8000-00000000000b"

parameters := {"ACC-004": {"allowed_groups": [allowed_id, "All alumni"]}}
