package checklist.access.no_second_account_test

import data.checklist.access.no_second_account as rule
import data.lib.example_test as example

test_pass[name] if {
	some name, accounts in {
		"no other account": [],
		"one that is disabled": [account({})],
		"several that are": [account({}), account({"id": "x", "because": ["guest"]})],
	}
	rule.status == "pass" with input as example.input_of({"accounts": example.read(accounts)})
}

test_fail[name] if {
	some name, fact in {
		"the same employee id": example.read([account({"accountEnabled": true, "because": ["employeeId"]})]),
		"an alias": example.read([account({"accountEnabled": true, "because": ["alias"]})]),
		"a guest": example.read([account({"accountEnabled": true, "userType": "Guest", "because": ["guest"]})]),
		"one of several": example.read([account({}), account({"id": "x", "accountEnabled": true})]),
		"one, and another is not said": example.read([
			account({"accountEnabled": null}),
			account({"id": "x", "accountEnabled": true}),
		]),
		"half of them are enough": example.partial([account({"accountEnabled": true})]),
	}
	rule.status == "fail" with input as example.input_of({"accounts": fact})
}

test_unknown[name] if {
	some name, fact in {
		"nothing was read": example.unknown,
		"half of them": example.partial([account({})]),
		"an empty list, of which half was read": example.partial([]),
		"null, whether it is enabled": example.read([account({"accountEnabled": null})]),
		"not said whether it is enabled": example.read([object.remove(account({}), ["accountEnabled"])]),
		"of one of several": example.read([account({}), account({"id": "x", "accountEnabled": null})]),
		"no list": example.read({}),
		"the service has no such thing": example.absent,
	}
	rule.status == "unknown" with input as example.input_of({"accounts": fact})
}

test_no_words[name] if {
	some name, fact in {
		"on a pass": example.read([]),
		"when nothing was read": example.unknown,
		"when half was read": example.partial([account({})]),
	}
	not rule.message with input as example.input_of({"accounts": fact})
}

test_words if {
	case := {"accounts": example.read([
		account({"accountEnabled": true}),
		account({"id": "x", "userPrincipalName": null, "accountEnabled": true}),
		account({"id": "y"}),
	])}
	rule.message == "The same person can sign in as admin.rook@northwind.example, x." with input as example.input_of(case)
	findings := rule.findings with input as example.input_of(case)
	count(findings) == 2
	{
		"resource": "bbbbbbbb-0000-4000-8000-000000000002", "id": "bbbbbbbb-0000-4000-8000-000000000002",
		"userPrincipalName": "admin.rook@northwind.example", "displayName": "D Rook (admin)", "mail": null,
		"employeeId": "1042", "userType": "Member", "accountEnabled": true,
		"createdDateTime": "2022-01-01T09:00:00Z", "because": ["employeeId", "alias"],
	} in findings
	evidence := rule.evidence with input as example.input_of(case)
	count(evidence.accounts.accounts) == 3
	evidence.accounts.accounts[2] == {
		"id": "y", "userPrincipalName": "admin.rook@northwind.example", "accountEnabled": false,
		"because": ["employeeId", "alias"],
	}
}

test_words_when_it_is_not_said if {
	case := {"accounts": example.read([account({"accountEnabled": null})])}
	contains(rule.message, "does not say") with input as example.input_of(case)
}

account(properties) := object.union(
	{
		"id": "bbbbbbbb-0000-4000-8000-000000000002",
		"userPrincipalName": "admin.rook@northwind.example",
		"displayName": "D Rook (admin)",
		"mail": null,
		"employeeId": "1042",
		"userType": "Member",
		"accountEnabled": false,
		"createdDateTime": "2022-01-01T09:00:00Z",
		"because": ["employeeId", "alias"],
	},
	properties,
)
