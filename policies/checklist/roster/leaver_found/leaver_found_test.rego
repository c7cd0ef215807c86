package checklist.roster.leaver_found_test

import data.checklist.roster.leaver_found as rule
import data.lib.example_test as example

test_pass[name] if {
	some name, case in {
		"live": {"account": example.account_with({})},
		"deleted": {
			"leaver": {"state": "deleted"},
			"account": example.account_with({"deletedDateTime": "2026-06-05T09:00:00Z"}),
		},
		"the case of an object id does not matter": {"account": example.account_with({"id": upper(example.id)})},
	}
	rule.status == "pass" with input as example.input_of(case)
}

test_fail[name] if {
	some name, case in {
		"in neither list": {"leaver": {"state": "not_found", "id": ""}, "account": example.absent},
		"the state says so without the fact": {"leaver": {"state": "not_found", "id": ""}},
	}
	rule.status == "fail" with input as example.input_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the lists were not read to their end": {"leaver": {"state": "unread"}},
		"an account was read of somebody who was not found": {
			"leaver": {"state": "not_yet"},
			"account": example.account_with({}),
		},
		"half an account": {"account": example.partial({"id": example.id})},
		"the account is another's": {"account": example.account_with({"id": "bbbbbbbb-0000-4000-8000-000000000001"})},
	}
	rule.status == "unknown" with input as example.input_of(case)
}

test_finding_is_named_by_what_the_roster_knows[want] if {
	some want, leaver in {
		"d.rook@northwind.example": {"state": "not_found", "id": ""},
		"1042": {"state": "not_found", "id": "", "userPrincipalName": "", "mail": ""},
		"roster.csv:2": {
			"state": "not_found", "id": "", "userPrincipalName": "", "mail": "",
			"employeeId": "", "displayName": "",
		},
	}
	some finding in rule.findings with input as example.input_of({"leaver": leaver})
	finding.resource == want
}

test_no_words_on_a_pass if {
	not rule.message with input as example.input_of({"account": example.account_with({})})
}

test_words if {
	case := {"leaver": {"state": "not_found", "id": ""}, "account": example.absent}
	contains(rule.message, "more than 30 days ago") with input as example.input_of(case)
	rule.evidence.roster.source == "roster.csv:2" with input as example.input_of(case)
}

test_words_name_the_account_of_somebody_else if {
	case := {
		"leaver": {"state": "not_found", "id": "", "notThem": [{
			"id": "bbbbbbbb-0000-4000-8000-000000000001",
			"userPrincipalName": "d.rook@northwind.example",
			"createdDateTime": "2026-06-08T09:00:00Z",
			"why": "created after leaving",
		}]},
		"account": example.absent,
	}
	contains(rule.message, "d.rook@northwind.example is not the leaver") with input as example.input_of(case)
	count(rule.evidence.roster.notThem) == 1 with input as example.input_of(case)
}
