package checklist.access.authentication_methods_removed_test

import data.checklist.access.authentication_methods_removed as rule
import data.lib.example_test as example

test_not_applicable_to_guests[user_type] if {
	some user_type in ["Guest", "guest"]
	case := {
		"account": example.account_with({"userType": user_type}),
		"authenticationMethods": example.read([method("phone", {})]),
	}
	rule.status == "not_applicable" with input as example.input_of(case)
}

test_pass[name] if {
	some name, methods in {
		"the password alone": [method("password", {})],
		"no method": [],
		"a pass that was used": [pass({"isUsable": false, "methodUsabilityReason": "OneTimeUsed"})],
		"a pass that has expired": [method("password", {}), pass({
			"isUsable": false,
			"methodUsabilityReason": "Expired",
		})],
		"a pass that cannot be used, for no reason": [pass({"isUsable": false, "methodUsabilityReason": null})],
	}
	case := {"account": example.account_with({}), "authenticationMethods": example.read(methods)}
	rule.status == "pass" with input as example.input_of(case)
}

test_unknown_without_the_account if {
	case := {"authenticationMethods": example.read([method("password", {})])}
	rule.status == "unknown" with input as example.input_of(case)
	rule.missing == {"account"} with input as example.input_of(case)
}

test_nothing_is_missing_beside_the_methods if {
	case := {"account": example.account_with({}), "authenticationMethods": example.unknown}
	rule.missing == set() with input as example.input_of(case)
}

test_fail_without_the_account if {
	case := {"authenticationMethods": example.read([method("phone", {})])}
	rule.status == "fail" with input as example.input_of(case)
	rule.missing == set() with input as example.input_of(case)
}

test_pass_that_begins_later_is_left if {
	later := pass({"isUsable": false, "methodUsabilityReason": null, "startDateTime": "2026-06-12T12:00:00Z"})
	case := {"account": example.account_with({}), "authenticationMethods": example.read([later])}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, fact in {
		"a phone": example.read([method("password", {}), method("phone", {"phoneType": "mobile"})]),
		"an e-mail address": example.read([method("email", {})]),
		"a key": example.read([method("fido2", {"model": "Key 5"})]),
		"a key that cannot be used": example.read([method("fido2", {"isUsable": false})]),
		"an app": example.read([method("microsoftAuthenticator", {})]),
		"a pass": example.read([pass({})]),
		"a pass, and nobody says whether it can be used": example.read([pass({"isUsable": null})]),
		"a pass, and whether it can be used is left out": example.read([object.remove(pass({}), ["isUsable"])]),
		"a pass for tomorrow": example.read([pass({"isUsable": false, "methodUsabilityReason": "NotYetValid"})]),
		"a kind that nobody knows": example.read([method("telepathy", {})]),
		"half of them are enough": example.partial([method("phone", {})]),
	}
	case := {"account": example.account_with({}), "authenticationMethods": fact}
	rule.status == "fail" with input as example.input_of(case)
}

test_fail_whoever_it_is[name] if {
	some name, account in {
		"nobody says of which type": example.account_with({"userType": null}),
		"half an account is a guest's": example.partial({"userType": "Guest"}),
		"the account was not read": example.unknown,
	}
	case := {"account": account, "authenticationMethods": example.read([method("phone", {})])}
	rule.status == "fail" with input as example.input_of(case)
}

test_unknown[name] if {
	some name, fact in {
		"nothing was read": example.unknown,
		"half of them": example.partial([method("password", {})]),
		"an empty list, of which half was read": example.partial([]),
		"a method of no kind": example.read([method("password", {}), method(null, {})]),
		"a method of an empty kind": example.read([method("", {})]),
		"no list": example.read({}),
		"the service has no such thing": example.absent,
	}
	case := {"account": example.account_with({}), "authenticationMethods": fact}
	rule.status == "unknown" with input as example.input_of(case)
}

test_severity[name] if {
	some name, tc in {
		"a pass that can be used is critical": {
			"methods": [method("phone", {}), pass({})],
			"want": {"critical"},
		},
		"a phone is what the checklist says": {"methods": [method("phone", {})], "want": set()},
		"so is a pass that cannot be used": {
			"methods": [method("phone", {}), pass({"isUsable": false})],
			"want": set(),
		},
	}
	case := {"authenticationMethods": example.read(tc.methods)}
	{severity | severity := rule.severity} == tc.want with input as example.input_of(case)
}

test_no_words_on_a_pass if {
	not rule.message with input as example.input_of({"authenticationMethods": example.read([])})
}

test_words if {
	case := {"authenticationMethods": example.read([
		method("password", {}),
		method("phone", {"id": "p1", "phoneType": "mobile", "model": "Phone 12"}),
		method("phone", {"id": "p2", "phoneType": "alternateMobile"}),
		pass({}),
	])}
	rule.message == "Left on the account: phone, temporaryAccessPass." with input as example.input_of(case)
	findings := rule.findings with input as example.input_of(case)
	count(findings) == 3
	{
		"resource": "t1", "id": "t1", "kind": "temporaryAccessPass", "displayName": null,
		"startDateTime": "2026-06-01T08:00:00Z", "lifetimeInMinutes": 60, "isUsable": true,
		"isUsableOnce": false, "methodUsabilityReason": "EnabledByPolicy", "createdDateTime": null,
	} in findings
	{
		"resource": "p1", "id": "p1", "kind": "phone", "displayName": null, "phoneType": "mobile", "model": "Phone 12",
		"createdDateTime": null,
	} in findings
	evidence := rule.evidence with input as example.input_of(case)
	evidence == {"authenticationMethods": {"kinds": ["password", "phone", "phone", "temporaryAccessPass"]}}
}

method(kind, properties) := object.union(
	{"id": "m1", "kind": kind, "displayName": null, "createdDateTime": null},
	properties,
)

pass(properties) := method("temporaryAccessPass", object.union(
	{
		"id": "t1",
		"startDateTime": "2026-06-01T08:00:00Z",
		"lifetimeInMinutes": 60,
		"isUsable": true,
		"isUsableOnce": false,
		"methodUsabilityReason": "EnabledByPolicy",
	},
	properties,
))
