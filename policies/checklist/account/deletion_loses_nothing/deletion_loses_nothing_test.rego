package checklist.account.deletion_loses_nothing_test

import data.checklist.account.deletion_loses_nothing as rule
import data.lib.example_drives_test as sample
import data.lib.example_test as example

# the account was deleted on 4 June, and the snapshot was taken on 11 June

test_not_applicable[name] if {
	some name, case in {
		"live": deleted({"leaver": {}, "account": example.account_with({})}),
		"live, and nothing else was read": {"account": example.account_with({})},
		"live, and attested": attested({"account": example.account_with({})}, ["MBX-001", "ODB-001"]),
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	rule.attested == set() with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_pass[name] if {
	some name, case in {
		"inactive, and handed over": deleted({}),
		"inactive, and there never was a drive": deleted({"oneDrive": example.absent, "drivePermissions": example.absent}),
		"inactive, and the drive is empty": deleted({
			"oneDrive": sample.drive(0),
			"drivePermissions": example.unknown,
		}),
		"held, and the mailbox does not show the deletion yet": deleted({"mailbox": example.shared_with({
			"LitigationHoldEnabled": true,
		})}),
		"an organisation-wide policy, and the mailbox does not show the deletion yet": deleted({
			"mailbox": example.mailbox_with({}),
			"organization": example.organization([policy]),
		}),
		"inactive, as the earlier snapshot has it too": deleted({"baseline": {"mailbox": example.mailbox_with({})}}),
		"inactive, and nobody is there to open an empty drive": deleted({
			"oneDrive": sample.drive(0),
			"drivePermissions": permissions([nobody]),
		}),
		"there never was a mailbox": deleted({
			"mailbox": example.absent,
			"account": deleted_account({"mail": null, "proxyAddresses": []}),
			"organization": example.unknown,
		}),
		"on-premises": deleted({"mailbox": example.mailbox_with({"RecipientTypeDetails": "RemoteUserMailbox"})}),
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	said := attested(case, ["MBX-001", "ODB-001"])
	rule.attested == set() with input as example.input_of(said) with data.tenant as example.tenant_of(said)
	rule.findings == set() with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, case in {
		"the mailbox is soft-deleted": deleted({"mailbox": example.soft_deleted_with({})}),
		"nothing else was read": {"leaver": {"state": "deleted"}, "mailbox": example.soft_deleted_with({})},
		"the lists were not read to their end": {
			"leaver": {"state": "unread"},
			"account": example.partial({"deletedDateTime": "2026-06-04T09:00:00Z"}),
			"mailbox": example.soft_deleted_with({}),
		},
		"the mailbox does not show the deletion yet": deleted({"mailbox": example.mailbox_with({})}),
		"a shared mailbox goes with its account": deleted({"mailbox": example.shared_with({})}),
		"the mailbox is gone since the earlier snapshot": deleted({
			"mailbox": example.absent,
			"baseline": {"mailbox": example.mailbox_with({})},
		}),
		"the drive was shared, and nobody is there": deleted({"drivePermissions": permissions([nobody])}),
		"as half a drive shows": deleted({
			"oneDrive": example.partial({"id": "b!0001", "quota": {"used": 10}}),
			"drivePermissions": permissions([nobody]),
		}),
		"the mailbox, and the drive is attested": attested(
			deleted({"mailbox": example.soft_deleted_with({}), "drivePermissions": permissions([nobody])}),
			["ODB-001"],
		),
		"the drive, and the mailbox is attested": attested(
			deleted({"mailbox": example.soft_deleted_with({}), "drivePermissions": permissions([nobody])}),
			["MBX-001"],
		),
		"the mailbox that is gone, and the drive is attested": attested(
			deleted({"mailbox": example.absent, "baseline": {"mailbox": example.mailbox_with({})}}),
			["ODB-001"],
		),
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"nothing was read of a deleted account": {"leaver": {"state": "deleted"}},
		"the account was not read": deleted({"account": example.unknown}),
		"half the account": deleted({"account": example.partial({"deletedDateTime": "2026-06-04T09:00:00Z"})}),
		"the account does not say that it is live": deleted({"leaver": {}, "account": example.read({"id": example.id})}),
		"the mailbox was not read": deleted({"mailbox": example.unknown}),
		"half the mailbox": deleted({"mailbox": example.partial({
			"mailboxState": "inactive",
			"LitigationHoldEnabled": true,
		})}),
		"the organisation was not read": deleted({
			"mailbox": example.mailbox_with({}),
			"organization": example.unknown,
		}),
		"the mailbox is gone although the account has addresses": deleted({"mailbox": example.absent}),
		"the drive was not read": deleted({"oneDrive": example.unknown}),
		"the drive was not read, and its permissions were": deleted({"oneDrive": example.partial({"id": "b!0001"})}),
		"the drive was not read, and nobody is there": deleted({
			"oneDrive": example.unknown,
			"drivePermissions": permissions([nobody]),
		}),
		"how full the drive is was not told, and nobody is there": deleted({
			"oneDrive": example.read({"id": "b!0001", "quota": {"used": null}}),
			"drivePermissions": permissions([nobody]),
		}),
		"the permissions were not read": deleted({"drivePermissions": example.unknown}),
		"only the leaver is listed": deleted({"drivePermissions": permissions([])}),
		"the drive is gone since the earlier snapshot": deleted(gone),
		"the mailbox is attested, and the drive was not read": attested(
			deleted({"mailbox": example.unknown, "oneDrive": example.unknown}),
			["MBX-001"],
		),
		"the drive is attested, and the mailbox was not read": attested(
			deleted({"mailbox": example.unknown, "oneDrive": example.unknown}),
			["ODB-001"],
		),
		"both are attested, and the account was not read": attested(
			deleted({"account": example.unknown, "mailbox": example.unknown, "oneDrive": example.unknown}),
			["MBX-001", "ODB-001"],
		),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_attested[name] if {
	some name, tc in {
		"the mailbox": {"case": deleted({"mailbox": example.soft_deleted_with({})}), "want": {"MBX-001"}},
		"the mailbox that is gone": {
			"case": deleted({"mailbox": example.absent, "baseline": {"mailbox": example.mailbox_with({})}}),
			"want": {"MBX-001"},
		},
		"the mailbox that was not read": {"case": deleted({"mailbox": example.unknown}), "want": {"MBX-001"}},
		"the drive that nobody can open": {
			"case": deleted({"drivePermissions": permissions([nobody])}),
			"want": {"ODB-001"},
		},
		"the drive that only the leaver can open": {
			"case": deleted({"drivePermissions": permissions([])}),
			"want": {"ODB-001"},
		},
		"the drive that was not read": {"case": deleted({"oneDrive": example.unknown}), "want": {"ODB-001"}},
		"the drive that is gone": {"case": deleted(gone), "want": {"ODB-001"}},
		"both": {
			"case": deleted({"mailbox": example.soft_deleted_with({}), "oneDrive": example.unknown}),
			"want": {"MBX-001", "ODB-001"},
		},
	}
	said := attested(tc.case, tc.want)
	rule.status == "pass" with input as example.input_of(said) with data.tenant as example.tenant_of(said)
	rule.attested == tc.want with input as example.input_of(said) with data.tenant as example.tenant_of(said)
	rule.findings == set() with input as example.input_of(said) with data.tenant as example.tenant_of(said)
	rule.missing == set() with input as example.input_of(said) with data.tenant as example.tenant_of(said)
	not rule.deadline with input as example.input_of(said) with data.tenant as example.tenant_of(said)
	message := rule.message with input as example.input_of(said) with data.tenant as example.tenant_of(said)
	message == $"Attested, not observed: {concat(", ", sort(tc.want))}."
	rule.status in {"fail", "unknown"} with input as example.input_of(tc.case)
		with data.tenant as example.tenant_of(tc.case)
	rule.attested == set() with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
}

test_deadline_and_words[want] if {
	some want, tc in {
		"Unless the account is restored by 2026-07-04 09:00 UTC, lost: drive, mailbox.": {
			"case": deleted({
				"mailbox": example.soft_deleted_with({}),
				"drivePermissions": permissions([nobody]),
			}),
			"deadline": {"2026-07-04T09:00:00Z"},
		},
		"Unless the account is restored by 2026-06-11 12:00 UTC, lost: mailbox.": {
			"case": deleted({
				"account": deleted_account({"deletedDateTime": "2026-05-12T12:00:00Z"}),
				"mailbox": example.soft_deleted_with({}),
			}),
			"deadline": {"2026-06-11T12:00:00Z"},
		},
		"The account may be purged any time, and with it: mailbox.": {
			"case": deleted({
				"account": deleted_account({"deletedDateTime": "2026-05-12T11:59:59Z"}),
				"mailbox": example.soft_deleted_with({}),
			}),
			"deadline": {"2026-06-11T11:59:59Z"},
		},
		"The account may be purged any time, and with it: drive.": {
			"case": deleted({"account": example.unknown, "drivePermissions": permissions([nobody])}),
			"deadline": set(),
		},
	}
	rule.message == want with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
	deadlines := {deadline | deadline := rule.deadline} with input as example.input_of(tc.case)
		with data.tenant as example.tenant_of(tc.case)
	deadlines == tc.deadline
}

test_deadline_while_it_is_unknown if {
	case := deleted({"oneDrive": example.unknown})
	rule.deadline == "2026-07-04T09:00:00Z" with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
}

test_no_deadline_and_no_words[name] if {
	some name, case in {
		"on a pass": deleted({}),
		"of a live account": {"account": example.account_with({})},
	}
	not rule.deadline with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_no_words_while_it_is_unknown[name] if {
	some name, case in {
		"when the drive was not read": deleted({"oneDrive": example.unknown}),
		"when the account was not read": deleted({"account": example.unknown}),
		"when only the mailbox is attested": attested(
			deleted({"mailbox": example.unknown, "oneDrive": example.unknown}),
			["MBX-001"],
		),
	}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_no_deadline_of_an_account_that_was_not_read if {
	case := {"account": example.partial({"deletedDateTime": null})}
	not rule.deadline with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_findings if {
	case := deleted({"mailbox": example.soft_deleted_with({}), "drivePermissions": permissions([nobody])})
	rule.findings == {
		{
			"resource": example.mailbox.ExchangeGuid, "mailboxState": "softDeleted",
			"RecipientTypeDetails": "UserMailbox", "WhenSoftDeleted": "2026-06-05T09:00:00Z", "lost": "mailbox",
		},
		{
			"resource": "b!0001", "id": "b!0001",
			"webUrl": "https://northwind-my.sharepoint.example/personal/d_rook_northwind_example",
			"lost": "drive", "sharedWith": ["Sales"],
		},
	} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	evidence := rule.evidence with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	evidence.account.deletedDateTime == "2026-06-04T09:00:00Z"
	evidence.keptBy == {"mailbox": []}
	evidence.drivePermissions == {"receivers": [], "former": ["Sales"]}
}

test_finding_of_the_earlier_snapshot if {
	case := deleted({"mailbox": example.absent, "baseline": {"mailbox": example.mailbox_with({})}})
	rule.findings == {{
		"resource": example.mailbox.ExchangeGuid, "mailboxState": "live", "RecipientTypeDetails": "UserMailbox",
		"lost": "mailbox", "cause": "gone since the earlier snapshot",
	}} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_nothing_is_lost_of_a_live_account if {
	case := {
		"account": example.account_with({}), "mailbox": example.soft_deleted_with({}),
		"oneDrive": sample.drive(10), "drivePermissions": permissions([nobody]),
	}
	rule.findings == set() with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	vanished := {
		"account": example.account_with({}), "mailbox": example.absent,
		"baseline": {"mailbox": example.mailbox_with({})},
	}
	rule.findings == set() with input as example.input_of(vanished) with data.tenant as example.tenant_of(vanished)
}

test_missing[name] if {
	some name, tc in {
		"the organisation": {
			"case": deleted({"mailbox": example.mailbox_with({}), "organization": example.unknown}),
			"want": {"organization"},
		},
		"no organisation of a soft-deleted mailbox": {
			"case": deleted({
				"mailbox": example.soft_deleted_with({"LitigationHoldEnabled": null}),
				"organization": example.unknown,
			}),
			"want": set(),
		},
		"no organisation when the mailbox is attested": {
			"case": attested(
				deleted({
					"mailbox": example.mailbox_with({}), "organization": example.unknown,
					"oneDrive": example.unknown,
				}),
				["MBX-001"],
			),
			"want": set(),
		},
		"no organisation that was read": {
			"case": deleted({"mailbox": example.mailbox_with({"LitigationHoldEnabled": null})}),
			"want": set(),
		},
		"the mailbox that is gone": {"case": deleted({"mailbox": example.absent}), "want": {"mailbox"}},
		"no mailbox that never was": {
			"case": deleted({
				"mailbox": example.absent, "oneDrive": example.unknown,
				"account": deleted_account({"mail": null, "proxyAddresses": []}),
			}),
			"want": set(),
		},
		"site administrators": {
			"case": deleted({"drivePermissions": permissions([])}),
			"want": {"drivePermissions"},
		},
		"no permissions when the drive is attested": {
			"case": attested(
				deleted({"mailbox": example.unknown, "drivePermissions": example.unknown}),
				["ODB-001"],
			),
			"want": set(),
		},
		"no permissions when the drive was not read": {
			"case": deleted({"oneDrive": example.unknown, "drivePermissions": example.unknown}),
			"want": set(),
		},
		"the drive that is gone": {"case": deleted(gone), "want": {"oneDrive"}},
		"no drive that is gone and attested": {
			"case": attested(deleted(object.union(gone, {"mailbox": example.unknown})), ["ODB-001"]),
			"want": set(),
		},
		"no organisation on a fail": {
			"case": deleted({
				"mailbox": example.mailbox_with({}), "organization": example.unknown,
				"drivePermissions": permissions([nobody]),
			}),
			"want": set(),
		},
		"no mailbox on a fail": {
			"case": deleted({"mailbox": example.absent, "baseline": {"mailbox": example.mailbox_with({})}}),
			"want": set(),
		},
		"no drive on a fail": {
			"case": deleted(object.union(gone, {"mailbox": example.soft_deleted_with({})})),
			"want": set(),
		},
		"nothing on a fail": {
			"case": deleted({
				"mailbox": example.soft_deleted_with({}),
				"drivePermissions": permissions([]),
			}),
			"want": set(),
		},
		"nothing of an account that may be live": {
			"case": {
				"leaver": {"state": "unread"},
				"mailbox": example.mailbox_with({}), "oneDrive": sample.drive(10),
			},
			"want": set(),
		},
		"no mailbox and no drive of an account that may be live": {
			"case": object.union(gone, {"leaver": {"state": "unread"}, "mailbox": example.absent}),
			"want": set(),
		},
	}
	rule.missing == tc.want with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
}

deleted(changes) := example.changed(
	{
		"leaver": {"state": "deleted"},
		"account": deleted_account({}),
		"mailbox": example.inactive_with({}),
		"organization": example.organization([]),
		"oneDrive": sample.drive(10),
		"drivePermissions": permissions([sample.grant(sample.vega)]),
	},
	[changes],
)

deleted_account(properties) := example.account_with(object.union(
	{"deletedDateTime": "2026-06-04T09:00:00Z"},
	properties,
))

gone := {
	"oneDrive": example.absent, "drivePermissions": example.absent,
	"baseline": {"oneDrive": sample.drive(10)},
}

permissions(rows) := example.read(array.concat([sample.owner], rows))

nobody := sample.grant(sample.group(false))

attested(case, rules) := object.union(case, {"attested": {id: example.statement | some id in rules}})

policy := "mbx7cfb30345d454ac0a989ab3041051209:2"
