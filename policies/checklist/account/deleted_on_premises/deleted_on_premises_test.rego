package checklist.account.deleted_on_premises_test

import data.checklist.account.deleted_on_premises as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"live": {"account": example.account_with({"onPremisesSyncEnabled": true}), "audits": example.read([])},
		"never synchronised": deleted({"account": account({"onPremisesSyncEnabled": null})}),
		"not synchronised any more": deleted({"account": account({"onPremisesSyncEnabled": false})}),
		"never synchronised, and the log was not read": deleted({
			"account": account({"onPremisesSyncEnabled": null}),
			"audits": example.unknown,
		}),
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.parameters as parameters
}

test_pass[name] if {
	some name, case in {
		"by a synchronisation account": deleted({}),
		"by a synchronisation application": deleted({"audits": example.read([
			deletion("2026-06-04T09:00:01Z", example.by_app("Directory Bridge")),
		])}),
		"after the cloud had deleted it too": deleted({"audits": example.read([
			deletion("2026-06-02T09:00:00Z", example.by_user("admin@northwind.example")),
			deletion("2026-06-04T09:00:00Z", by_sync),
		])}),
		"a few minutes before the directory says": deleted({"audits": example.read([
			deletion("2026-06-04T08:55:00Z", by_sync),
		])}),
		"with a full stop": deleted({"audits": example.read([
			example.audit_with("Delete user.", "2026-06-04T09:00:00Z", {"initiatedBy": by_sync}),
		])}),
	}
	rule.status == "pass" with input as example.input_of(case) with data.parameters as parameters
}

test_fail[name] if {
	some name, case in {
		"by an administrator": deleted({"audits": by_hand}),
		"by an administrator, as half the account shows": deleted({
			"account": example.partial({"deletedDateTime": "2026-06-04T09:00:00Z", "onPremisesSyncEnabled": true}),
			"audits": by_hand,
		}),
		"the lists were not read to their end": deleted({"leaver": {"state": "unread"}, "audits": by_hand}),
		"by an administrator after synchronisation": deleted({"audits": example.read([
			deletion("2026-06-02T09:00:00Z", by_sync),
			deletion("2026-06-04T09:00:00Z", example.by_user("admin@northwind.example")),
		])}),
		"by both at once": deleted({"audits": example.read([
			deletion("2026-06-04T09:00:00Z", by_sync),
			deletion("2026-06-04T09:00:00Z", example.by_user("admin@northwind.example")),
		])}),
	}
	rule.status == "fail" with input as example.input_of(case) with data.parameters as parameters
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the account was not read": deleted({"account": example.unknown}),
		"half the account, deleted by synchronisation": deleted({"account": example.partial(object.union(
			example.account,
			{"deletedDateTime": "2026-06-04T09:00:00Z", "onPremisesSyncEnabled": true},
		))}),
		"half the account, not synchronised": deleted({"account": example.partial({"onPremisesSyncEnabled": null})}),
		"the account does not say whether it is synchronised": deleted({
			"account": example.read({"id": example.id, "deletedDateTime": "2026-06-04T09:00:00Z"}),
			"audits": by_hand,
		}),
		"the account does not say whether it is synchronised, which did it": deleted({"account": example.read({
			"id": example.id,
			"deletedDateTime": "2026-06-04T09:00:00Z",
		})}),
		"the log was not read": deleted({"audits": example.unknown}),
		"half the log, by synchronisation": deleted({"audits": example.partial([deletion("2026-06-04T09:00:00Z", by_sync)])}),
		"half the log, by an administrator": deleted({"audits": example.partial([
			deletion("2026-06-04T09:00:00Z", example.by_user("admin@northwind.example")),
		])}),
		"before the log begins": deleted({"audits": example.read([])}),
		"an earlier deletion is in the log": deleted({"audits": example.read([deletion("2026-06-04T08:54:59Z", by_sync)])}),
		"an earlier deletion by hand is in the log": deleted({"audits": example.read([
			deletion("2026-06-04T08:54:59Z", example.by_user("admin@northwind.example")),
		])}),
		"something else was done": deleted({"audits": example.read([
			example.audit_with("Update user", "2026-06-04T09:00:00Z", {"initiatedBy": by_sync}),
		])}),
		"nobody did it": deleted({"audits": example.read([
			deletion("2026-06-04T09:00:00Z", {"user": null, "app": null}),
		])}),
		"it may be live": deleted({
			"leaver": {"state": "unread"},
			"account": account({"deletedDateTime": null}), "audits": by_hand,
		}),
		"the deletion is at no time": deleted({
			"account": account({"deletedDateTime": "0001-01-01T00:00:00Z"}),
			"audits": by_hand,
		}),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.parameters as parameters
}

test_parameter_names_who_synchronises if {
	case := deleted({"audits": by_hand})
	rule.status == "pass" with input as example.input_of(case)
		with data.parameters as {"DEL-003": {"sync_principals": ["admin@*"]}}
}

test_words if {
	case := deleted({"audits": by_hand})
	rule.findings == {{
		"resource": "onPremisesSyncEnabled",
		"activityDateTime": "2026-06-04T09:00:00Z",
		"initiatedBy": ["admin@northwind.example"],
		"deletedDateTime": "2026-06-04T09:00:00Z",
		"onPremisesImmutableId": null,
	}} with input as example.input_of(case) with data.parameters as parameters
	contains(rule.message, "in the cloud only") with input as example.input_of(case) with data.parameters as parameters
	count(rule.evidence.audits.deleted) == 1 with input as example.input_of(case) with data.parameters as parameters
	rule.evidence.account.deletedDateTime == "2026-06-04T09:00:00Z" with input as example.input_of(case)
		with data.parameters as parameters
}

test_words_when_the_log_begins_too_late if {
	case := deleted({"audits": example.read([])})
	contains(rule.message, "before the log begins") with input as example.input_of(case)
		with data.parameters as parameters
}

test_no_words_about_the_log[name] if {
	some name, case in {
		"on a pass": deleted({}),
		"when it was not read": deleted({"audits": example.unknown}),
		"when it names nobody": deleted({"audits": example.read([
			deletion("2026-06-04T09:00:00Z", {"user": null, "app": null}),
		])}),
		"when nothing can come back": deleted({
			"account": account({"onPremisesSyncEnabled": null}),
			"audits": example.read([]),
		}),
		"when it may be live": deleted({
			"leaver": {"state": "unread"},
			"account": account({"deletedDateTime": null}), "audits": example.read([]),
		}),
	}
	not rule.message with input as example.input_of(case) with data.parameters as parameters
}

test_nothing_is_found_of_a_live_account if {
	case := {"account": example.account_with({"onPremisesSyncEnabled": true}), "audits": by_hand}
	rule.findings == set() with input as example.input_of(case) with data.parameters as parameters
}

deleted(changes) := example.changed(
	{
		"leaver": {"state": "deleted"},
		"account": account({}),
		"audits": example.read([deletion("2026-06-04T09:00:00Z", by_sync)]),
	},
	[changes],
)

account(properties) := example.account_with(object.union(
	{"deletedDateTime": "2026-06-04T09:00:00Z", "onPremisesSyncEnabled": true},
	properties,
))

deletion(at, by) := example.audit_with("Delete user", at, {"initiatedBy": by})

by_hand := example.read([deletion("2026-06-04T09:00:00Z", example.by_user("admin@northwind.example"))])

by_sync := example.by_user("Sync_DC01_0a1b2c3d@northwind.onmicrosoft.example")

parameters := {"DEL-003": {"sync_principals": ["Sync_*", "Directory Bridge"]}}
