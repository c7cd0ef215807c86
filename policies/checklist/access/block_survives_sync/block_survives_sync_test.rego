package checklist.access.block_survives_sync_test

import data.checklist.access.block_survives_sync as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"the account is enabled": {"account": example.account_with({
			"accountEnabled": true,
			"onPremisesSyncEnabled": true,
		})},
		"the account was never synchronised": {"account": example.account_with({"onPremisesSyncEnabled": null})},
		"the account is synchronised no more": {"account": example.account_with({"onPremisesSyncEnabled": false})},
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.parameters as parameters
}

test_pass[name] if {
	some name, audits in {
		"by the synchronisation account": [disabled("2026-06-01T13:00:00Z", sync_account)],
		"by an application of the list": [disabled("2026-06-01T13:00:00Z", example.by_app("Microsoft Entra Cloud Sync"))],
		"by an application of the list in full": [disabled("2026-06-01T13:00:00Z", example.by_app("Directory Bridge"))],
		"before leaving": [disabled("2026-05-30T13:00:00Z", sync_account)],
		"in the cloud first, on-premises last": [
			disabled("2026-06-01T13:00:00Z", example.by_user("admin@northwind.example")),
			disabled("2026-06-02T13:00:00Z", sync_account),
		],
		"whatever the case, and with a full stop": [object.union(
			disabled("2026-06-01T13:00:00Z", sync_account),
			{"activityDisplayName": "Disable Account."},
		)],
		"failures and other people do not count": [
			disabled("2026-06-01T13:00:00Z", sync_account),
			object.union(
				disabled("2026-06-02T13:00:00Z", example.by_user("admin@northwind.example")),
				{"result": "failure"},
			),
			object.union(
				disabled("2026-06-02T13:00:00Z", example.by_user("admin@northwind.example")),
				{"targetResources": [{"id": "bbbbbbbb-0000-4000-8000-000000000001"}]},
			),
		],
	}
	case := {"account": synchronised, "audits": example.read(audits)}
	rule.status == "pass" with input as example.input_of(case) with data.parameters as parameters
}

test_fail[name] if {
	some name, audits in {
		"in the cloud": [disabled("2026-06-01T13:00:00Z", example.by_user("admin@northwind.example"))],
		"by an application whose name only begins like one": [disabled(
			"2026-06-01T13:00:00Z",
			example.by_app("Directory Bridge Admin"),
		)],
		"whatever else was done since": [
			disabled("2026-06-01T13:00:00Z", example.by_user("admin@northwind.example")),
			example.audit_with("Update user", "2026-06-02T13:00:00Z", {"initiatedBy": sync_account}),
		],
		"by an application that synchronises nothing": [disabled("2026-06-01T13:00:00Z", example.by_app("Sync Notes"))],
		"on-premises first, in the cloud last": [
			disabled("2026-06-01T13:00:00Z", sync_account),
			disabled("2026-06-02T13:00:00.5Z", example.by_user("admin@northwind.example")),
		],
	}
	case := {"account": synchronised, "audits": example.read(audits)}
	rule.status == "fail" with input as example.input_of(case) with data.parameters as parameters
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the account was not read": {"audits": example.read([disabled("2026-06-01T13:00:00Z", sync_account)])},
		"half an account is enabled": {"account": example.partial({"accountEnabled": true})},
		"half an account": {
			"account": example.partial({"accountEnabled": false, "onPremisesSyncEnabled": true}),
			"audits": example.read([disabled("2026-06-01T13:00:00Z", sync_account)]),
		},
		"it is not said whether the account is enabled": {
			"account": example.account_with({"accountEnabled": null, "onPremisesSyncEnabled": true}),
			"audits": example.read([disabled("2026-06-01T13:00:00Z", sync_account)]),
		},
		"it is not said whether the account is enabled, and it was disabled in the cloud": {
			"account": example.account_with({"accountEnabled": null, "onPremisesSyncEnabled": true}),
			"audits": example.read([disabled("2026-06-01T13:00:00Z", example.by_user("admin@northwind.example"))]),
		},
		"half an account does not say whether it is synchronised": {
			"account": example.partial({"accountEnabled": false}),
			"audits": example.read([disabled("2026-06-01T13:00:00Z", example.by_user("admin@northwind.example"))]),
		},
		"it is not said whether the account is synchronised": {
			"account": example.read(object.remove(example.account, ["onPremisesSyncEnabled"])),
			"audits": example.read([disabled("2026-06-01T13:00:00Z", sync_account)]),
		},
		"the log was not read": {"account": synchronised},
		"the log was read in part, and shows the synchronisation": {
			"account": synchronised,
			"audits": example.partial([disabled("2026-06-01T13:00:00Z", sync_account)]),
		},
		"the log was read in part": {
			"account": synchronised,
			"audits": example.partial([disabled("2026-06-01T13:00:00Z", example.by_user("admin@northwind.example"))]),
		},
		"it happened before the log begins": {"account": synchronised, "audits": example.read([])},
		"nobody is named": {
			"account": synchronised,
			"audits": example.read([disabled("2026-06-01T13:00:00Z", {"user": null, "app": null})]),
		},
	}
	rule.status == "unknown" with input as example.input_of(case) with data.parameters as parameters
}

test_words if {
	case := {
		"account": synchronised,
		"audits": example.read([disabled("2026-06-01T13:00:00Z", example.by_user("Admin@northwind.example"))]),
	}
	rule.findings == {{
		"resource": "onPremisesSyncEnabled",
		"activityDateTime": "2026-06-01T13:00:00Z",
		"initiatedBy": ["admin@northwind.example"],
	}} with input as example.input_of(case) with data.parameters as parameters
	contains(rule.message, "in the cloud only") with input as example.input_of(case) with data.parameters as parameters
	count(rule.evidence.audits.disabled) == 1 with input as example.input_of(case)
}

test_words_when_the_log_begins_too_late if {
	case := {"account": synchronised, "audits": example.read([])}
	contains(rule.message, "before the log begins") with input as example.input_of(case)
}

test_no_words_about_the_log[name] if {
	some name, case in {
		"when it names somebody": {
			"account": synchronised,
			"audits": example.read([disabled("2026-06-01T13:00:00Z", {"user": null, "app": null})]),
		},
		"when it was not read": {"account": synchronised},
		"when nothing can be undone": {"account": example.account_with({}), "audits": example.read([])},
	}
	not rule.message with input as example.input_of(case) with data.parameters as parameters
}

disabled(at, by) := example.audit_with("Disable account", at, {"initiatedBy": by})

synchronised := example.account_with({"accountEnabled": false, "onPremisesSyncEnabled": true})

sync_account := example.by_user("Sync_DC01_0a1b2c3d@northwind.onmicrosoft.example")

parameters := {"ACC-002": {"sync_principals": ["Sync_*", "Microsoft Entra Cloud Sync*", "Directory Bridge"]}}
