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
		"nowhere, and deleted when the earlier snapshot was taken": nowhere({"baseline": {
			"leaver": {"state": "deleted"},
		}}),
		"nowhere, and the earlier snapshot has the deletion": nowhere({"baseline": {
			"account": example.account_with({"deletedDateTime": "2026-05-05T09:00:00Z"}),
		}}),
		"nowhere, and attested": nowhere({"attested": {"ROS-001": example.statement}}),
		"nowhere, and attested, and the account was not read": {
			"leaver": {"state": "not_found", "id": ""},
			"attested": {"ROS-001": example.statement},
		},
	}
	rule.status == "pass" with input as example.input_of(case)
}

test_fail[name] if {
	some name, case in {
		"in neither list": {"leaver": {"state": "not_found", "id": ""}, "account": example.absent},
		"the state says so without the fact": {"leaver": {"state": "not_found", "id": ""}},
		"the earlier snapshot has them live": nowhere({"baseline": {"account": example.account_with({})}}),
		"the earlier snapshot does not have them": nowhere({"baseline": null}),
		"half an account in the earlier snapshot": nowhere({"baseline": {"account": example.partial({
			"deletedDateTime": "2026-05-05T09:00:00Z",
		})}}),
		"a deletion that is no date in the earlier snapshot": nowhere({"baseline": {"account": example.account_with({
			"deletedDateTime": "0001-01-01T00:00:00Z",
		})}}),
		"another rule is attested": nowhere({"attested": {"MBX-001": example.statement}}),
	}
	rule.status == "fail" with input as example.input_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the lists were not read to their end": {"leaver": {"state": "unread"}},
		"the lists were not read to their end, and it is attested": {
			"leaver": {"state": "unread"},
			"attested": {"ROS-001": example.statement},
		},
		"the lists were not read to their end, and the earlier snapshot has the deletion": {
			"leaver": {"state": "unread"},
			"account": example.absent,
			"baseline": {"leaver": {"state": "deleted"}},
		},
		"nowhere, by a list that was not read, and deleted when the earlier snapshot was taken": {
			"leaver": {"state": "not_found", "id": ""},
			"baseline": {"leaver": {"state": "deleted"}},
		},
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

test_attested_only_where_it_is_leaned_on[name] if {
	some name, tc in {
		"nowhere": {"case": nowhere({}), "want": {"ROS-001"}},
		"live": {"case": {"account": example.account_with({})}, "want": set()},
		"not read": {"case": {"leaver": {"state": "unread"}}, "want": set()},
		"the earlier snapshot has the deletion": {
			"case": nowhere({"baseline": {"leaver": {"state": "deleted"}}}),
			"want": set(),
		},
	}
	case := object.union(tc.case, {"attested": {"ROS-001": example.statement}})
	rule.attested == tc.want with input as example.input_of(case)
}

test_nothing_attested_when_nobody_does if {
	rule.attested == set() with input as example.input_of(nowhere({}))
	rule.attested == set() with input as example.input_of(nowhere({"attested": {"MBX-001": example.statement}}))
}

test_words_on_a_pass[want] if {
	some want, changes in {
		"Deleted for good: the earlier snapshot of 2026-05-20 12:00 UTC has the account among the deleted users.": {
			"baseline": {"leaver": {"state": "deleted"}},
			"attested": {"ROS-001": example.statement},
		},
		"The account is in neither list; that it is gone for good is attested.": {
			"baseline": {"account": example.account_with({})},
			"attested": {"ROS-001": example.statement},
		},
	}
	rule.message == want with input as example.input_of(nowhere(changes))
}

test_no_words_about_the_earlier_snapshot[name] if {
	some name, case in {
		"of somebody who is there": {
			"account": example.account_with({}),
			"baseline": {"leaver": {"state": "deleted"}},
		},
		"when the lists were not read": {
			"leaver": {"state": "not_found", "id": ""},
			"baseline": {"leaver": {"state": "deleted"}},
		},
	}
	not rule.message with input as example.input_of(case)
}

test_no_words_about_somebody_else_when_the_leaver_is_there if {
	case := {"account": example.account_with({}), "leaver": {"notThem": [{"id": "bbbbbbbb-0000-4000-8000-000000000001"}]}}
	not rule.message with input as example.input_of(case)
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

nowhere(changes) := object.union(
	{"leaver": {"state": "not_found", "id": ""}, "account": example.absent},
	changes,
)
