package checklist.order.converted_before_delicensed_test

import data.checklist.order.converted_before_delicensed as rule
import data.lib.example_test as example

# the leaver left on 1 June at noon; the licence went on 3 June at nine

test_not_applicable[name] if {
	some name, case in {
		"there never was a mailbox": delicensed({
			"mailbox": example.absent,
			"account": example.account_with({"mail": null, "proxyAddresses": []}),
		}),
		"on-premises": delicensed({"mailbox": example.mailbox_with({"RecipientTypeDetails": "RemoteUserMailbox"})}),
		"still licensed": delicensed({"licences": example.licences([example.basic])}),
		"the log shows no removal": delicensed({"audits": example.read([])}),
		"the log shows removals before leaving": delicensed({"audits": changes(["2026-05-31T09:00:00Z"])}),
		"the log shows that a licence was added": delicensed({"audits": example.read([added("2026-06-03T09:00:00Z")])}),
		"deleted, and the log shows no removal": delicensed({"leaver": {"state": "deleted"}, "audits": example.read([])}),
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_pass[name] if {
	some name, case in {
		"held before": delicensed({"mailbox": held_since("2026-06-03T08:59:59Z")}),
		"held at that time": delicensed({"mailbox": held_since("2026-06-03T09:00:00Z")}),
		"held before the first of several": delicensed({
			"mailbox": held_since("2026-06-02T09:00:00Z"),
			"audits": changes(["2026-06-04T09:00:00Z", "2026-06-03T09:00:00Z"]),
		}),
		"held before, and inactive since": delicensed({
			"leaver": {"state": "deleted"},
			"account": example.account_with({"deletedDateTime": "2026-06-04T09:00:00Z"}),
			"licences": example.licences([example.e3]),
			"mailbox": example.inactive_with({"LitigationHoldDate": "2026-06-02T09:00:00Z"}),
		}),
		"held before leaving, and the log begins later": late(delicensed({"mailbox": held_since(example.left)})),
		"held before leaving, and the log that begins later shows nothing": late(delicensed({
			"mailbox": held_since("2026-05-20T09:00:00Z"),
			"audits": example.read([]),
		})),
		"held before, and shared though the roster wants it forwarded": delicensed({
			"leaver": {"mailHandling": "forward"},
			"mailbox": held_since("2026-06-02T09:00:00Z"),
		}),
		"shared, which needs a licence": delicensed({"mailbox": example.shared_with({})}),
		"shared, and a licence for something else is left": delicensed({
			"mailbox": example.shared_with({}),
			"licences": example.licences([example.visio]),
		}),
		"nothing was said of the mail, and an organisation-wide policy keeps it": delicensed({
			"organization": example.organization([policy]),
		}),
		"inactive under an organisation-wide policy, though it was wanted shared": delicensed({
			"leaver": {"mailHandling": "shared"},
			"mailbox": example.inactive_with({"LitigationHoldEnabled": false}),
			"organization": example.organization([policy]),
		}),
		"inactive under an organisation-wide policy": delicensed({
			"leaver": {"state": "deleted"},
			"mailbox": example.inactive_with({"LitigationHoldEnabled": false}),
			"organization": example.organization([policy]),
		}),
		"held after, and an organisation-wide policy keeps it too": delicensed({
			"mailbox": held_since("2026-06-05T09:00:00Z"),
			"organization": example.organization([policy]),
		}),
		"no mail is wanted, and an organisation-wide policy keeps it": delicensed({
			"leaver": {"mailHandling": "none"},
			"organization": example.organization([policy]),
		}),
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, case in {
		"held after": delicensed({"mailbox": held_since("2026-06-03T09:00:01Z")}),
		"held after the last of several": delicensed({
			"mailbox": held_since("2026-06-05T09:00:00Z"),
			"audits": changes(["2026-06-03T09:00:00Z", "2026-06-04T09:00:00Z"]),
		}),
		"held after, and inactive since": delicensed({
			"leaver": {"state": "deleted"},
			"mailbox": example.inactive_with({"LitigationHoldDate": "2026-06-04T09:00:00Z"}),
		}),
		"neither held nor shared": delicensed({}),
		"neither held nor shared, as half a log shows": delicensed({"audits": example.partial([removal])}),
		"neither held nor shared, as half a mailbox shows": delicensed({"mailbox": example.partial(example.mailbox)}),
		"neither held nor shared, and the log begins later": late(delicensed({})),
		"wanted shared, though an organisation-wide policy keeps it": delicensed({
			"leaver": {"mailHandling": "shared"},
			"organization": example.organization([policy]),
		}),
		"wanted forwarded, and the organisation was not read": delicensed({
			"leaver": {"mailHandling": "forward"},
			"organization": example.unknown,
		}),
		"soft-deleted without a hold": delicensed({"mailbox": example.soft_deleted_with({})}),
		"soft-deleted with a hold, but wanted shared": delicensed({
			"leaver": {"mailHandling": "shared"},
			"mailbox": example.soft_deleted_with({"ComplianceTagHoldApplied": true}),
		}),
		"deleted, with licences that are stale": delicensed({
			"leaver": {"state": "deleted"},
			"licences": example.licences([example.e3]),
			"mailbox": example.soft_deleted_with({}),
		}),
		"no mail is wanted, and nothing keeps it": delicensed({"leaver": {"mailHandling": "none"}}),
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the log was not read": delicensed({"audits": example.unknown}),
		"half a log, and it was held before": delicensed({
			"mailbox": held_since("2026-06-02T09:00:00Z"),
			"audits": example.partial([removal]),
		}),
		"half a log, and it was held before leaving": delicensed({
			"mailbox": held_since("2026-05-20T09:00:00Z"),
			"audits": example.partial([removal]),
		}),
		"half a log, and it was held after": delicensed({
			"mailbox": held_since("2026-06-05T09:00:00Z"),
			"audits": example.partial([removal]),
		}),
		"half a log shows no removal": delicensed({"audits": example.partial([])}),
		"the log begins later and shows no removal": late(delicensed({"audits": example.read([])})),
		"the log begins later, and it is shared": late(delicensed({"mailbox": example.shared_with({})})),
		"the log begins later, and it was held after leaving": late(delicensed({
			"mailbox": held_since("2026-06-02T09:00:00Z"),
		})),
		"the mailbox was not read": delicensed({"mailbox": example.unknown}),
		"half a mailbox, held before": delicensed({"mailbox": example.partial(object.union(
			example.mailbox,
			{"LitigationHoldEnabled": true, "LitigationHoldDate": "2026-06-02T09:00:00Z"},
		))}),
		"half a mailbox, held after, of which no label is told": delicensed({"mailbox": example.partial(object.union(
			object.remove(example.mailbox, ["ComplianceTagHoldApplied"]),
			{"LitigationHoldEnabled": true, "LitigationHoldDate": "2026-06-05T09:00:00Z"},
		))}),
		"half a mailbox, held after, of which no other hold is told": delicensed({"mailbox": example.partial(object.union(
			object.remove(example.mailbox, ["InPlaceHolds"]),
			{"LitigationHoldEnabled": true, "LitigationHoldDate": "2026-06-05T09:00:00Z"},
		))}),
		"the licences were not read, and it was held before": delicensed({
			"licences": example.unknown,
			"mailbox": held_since("2026-06-02T09:00:00Z"),
		}),
		"the licences were not read, and it was held after": delicensed({
			"licences": example.unknown,
			"mailbox": held_since("2026-06-05T09:00:00Z"),
		}),
		"the licences were not read, and nothing keeps it": delicensed({"licences": example.unknown}),
		"the licences were not read, and it is soft-deleted": delicensed({
			"licences": example.unknown,
			"mailbox": example.soft_deleted_with({}),
		}),
		"licensed, of an account that was not read": delicensed({
			"account": example.unknown,
			"licences": example.licences([example.e3]),
		}),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown_by_what_was_read[name] if {
	some name, case in {
		"held after, and a policy keeps it too": delicensed({"mailbox": example.mailbox_with({
			"LitigationHoldEnabled": true, "LitigationHoldDate": "2026-06-05T09:00:00Z",
			"InPlaceHolds": [policy],
		})}),
		"soft-deleted and wanted shared, and the licences were not read": delicensed({
			"leaver": {"mailHandling": "shared"},
			"licences": example.unknown, "mailbox": example.soft_deleted_with({"ComplianceTagHoldApplied": true}),
		}),
		"wanted shared, and the licences were not read": delicensed({
			"leaver": {"mailHandling": "shared"},
			"licences": example.unknown, "organization": example.organization([policy]),
		}),
		"soft-deleted with a label, under an organisation-wide policy": delicensed({
			"mailbox": example.soft_deleted_with({"ComplianceTagHoldApplied": true}),
			"organization": example.organization([policy]),
		}),
		"inactive without a hold that is seen": delicensed({"mailbox": example.inactive_with({
			"LitigationHoldEnabled": false,
		})}),
		"no mail is wanted, and only a hold without a date keeps it": delicensed({
			"leaver": {"mailHandling": "none"},
			"mailbox": example.mailbox_with({"InPlaceHolds": [policy]}),
		}),
		"held at a time that is not told": delicensed({"mailbox": held_since(null)}),
		"held at no time": delicensed({"mailbox": held_since("0001-01-01T00:00:00Z")}),
		"a hold of old that is off": delicensed({
			"mailbox": example.mailbox_with({
				"LitigationHoldEnabled": false, "LitigationHoldDate": "2026-05-20T09:00:00Z",
				"InPlaceHolds": [policy],
			}),
		}),
		"held between two removals": delicensed({
			"mailbox": held_since("2026-06-04T09:00:00Z"),
			"audits": changes(["2026-06-03T09:00:00Z", "2026-06-05T09:00:00Z"]),
		}),
		"shared, with several changes, and an organisation-wide policy": delicensed({
			"mailbox": example.shared_with({}),
			"audits": changes(["2026-06-03T09:00:00Z", "2026-06-05T09:00:00Z"]),
			"organization": example.organization([policy]),
		}),
		"held after, and a label keeps it too": delicensed({"mailbox": example.mailbox_with({
			"LitigationHoldEnabled": true, "LitigationHoldDate": "2026-06-05T09:00:00Z",
			"ComplianceTagHoldApplied": true,
		})}),
		"held after, and shared, with several changes": delicensed({
			"mailbox": example.shared_with({
				"LitigationHoldEnabled": true, "LitigationHoldDate": "2026-06-05T09:00:00Z",
			}),
			"audits": changes(["2026-06-03T09:00:00Z", "2026-06-04T09:00:00Z"]),
		}),
		"a hold without a date": delicensed({"mailbox": example.mailbox_with({"InPlaceHolds": [policy]})}),
		"shared, with several removals": delicensed({
			"mailbox": example.shared_with({}),
			"audits": changes(["2026-06-03T09:00:00Z", "2026-06-04T09:00:00Z"]),
		}),
		"shared, and a licence was added in between": delicensed({
			"mailbox": example.shared_with({}),
			"audits": example.read([removal, added("2026-06-04T09:00:00Z")]),
		}),
		"shared, and inactive": delicensed({"mailbox": example.inactive_with({
			"RecipientTypeDetails": "SharedMailbox",
			"LitigationHoldEnabled": false, "ComplianceTagHoldApplied": true,
		})}),
		"a room": delicensed({"mailbox": example.mailbox_with({"RecipientTypeDetails": "RoomMailbox"})}),
		"a room that is wanted shared": delicensed({
			"leaver": {"mailHandling": "shared"},
			"mailbox": example.mailbox_with({"RecipientTypeDetails": "RoomMailbox"}),
		}),
		"no mail is wanted, and half the organisation's policies were read": delicensed({
			"leaver": {"mailHandling": "none"},
			"organization": example.partial({"OrganizationConfig": {"InPlaceHolds": [policy]}}),
		}),
		"no mail is wanted, and the log that begins later shows nothing": late(delicensed({
			"leaver": {"mailHandling": "none"},
			"audits": example.read([]), "organization": example.organization([policy]),
		})),
		"wanted shared, and the log that begins later shows nothing": late(delicensed({
			"leaver": {"mailHandling": "shared"},
			"audits": example.read([]),
		})),
		"the mailbox is gone": delicensed({"mailbox": example.absent}),
		"wanted shared, with a hold without a date": delicensed({
			"leaver": {"mailHandling": "shared"},
			"mailbox": example.mailbox_with({"InPlaceHolds": [policy]}),
		}),
		"soft-deleted, and the hold on it is not told": delicensed({"mailbox": example.soft_deleted_with({
			"LitigationHoldEnabled": null,
		})}),
		"inactive, and wanted shared": delicensed({
			"leaver": {"mailHandling": "shared"},
			"mailbox": example.inactive_with({}),
		}),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_words[want] if {
	some want, case in {
		"A licence went on 2026-06-03 09:00 UTC, before the mailbox was put on hold on 2026-06-05 09:00 UTC.": delicensed({
			"mailbox": held_since("2026-06-05T09:00:00Z"),
		}),
		"A licence went on 2026-06-03 09:00 UTC, and the mailbox was neither converted nor put on hold.": delicensed({
			"audits": changes(["2026-06-04T09:00:00Z", "2026-06-03T09:00:00Z"]),
		}),
		"The log begins after leaving and shows no removal: when the licence went is not known.": nothing_shown,
	}
	rule.message == want with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_no_words[name] if {
	some name, case in {
		"on a pass": delicensed({"mailbox": held_since("2026-06-02T09:00:00Z")}),
		"when the log was not read": delicensed({"audits": example.unknown}),
		"when there is a removal": delicensed({"mailbox": held_since(null)}),
		"when nothing is to be ordered": delicensed({"audits": example.read([])}),
		"when the mailbox is kept on-premises": delicensed({"mailbox": example.mailbox_with({
			"RecipientTypeDetails": "RemoteUserMailbox",
			"LitigationHoldEnabled": true, "LitigationHoldDate": "2026-06-05T09:00:00Z",
		})}),
	}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_findings[name] if {
	some name, tc in {
		"held too late": {
			"case": delicensed({
				"mailbox": held_since("2026-06-05T09:00:00Z"),
				"audits": changes(["2026-06-03T09:00:00Z", "2026-06-04T09:00:00Z"]),
			}),
			"want": {
				"resource": "LitigationHoldDate", "removedDateTime": "2026-06-04T09:00:00Z",
				"mailboxState": "live", "RecipientTypeDetails": "UserMailbox",
				"LitigationHoldDate": "2026-06-05T09:00:00Z",
			},
		},
		"never saved": {
			"case": delicensed({
				"leaver": {"mailHandling": "shared"},
				"audits": changes(["2026-06-03T09:00:00Z", "2026-06-04T09:00:00Z"]),
			}),
			"want": {
				"resource": "RecipientTypeDetails", "removedDateTime": "2026-06-03T09:00:00Z",
				"mailboxState": "live", "RecipientTypeDetails": "UserMailbox", "WhenSoftDeleted": null,
				"mailHandling": "shared",
			},
		},
	}
	rule.findings == {tc.want} with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
}

test_evidence if {
	case := delicensed({
		"audits": example.read([removal, added("2026-06-04T09:00:00Z")]),
		"organization": example.organization([policy]),
	})
	evidence := rule.evidence with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	evidence.audits == {
		"licenceChanges": ["2026-06-03T09:00:00Z", "2026-06-04T09:00:00Z"],
		"licenceRemovals": ["2026-06-03T09:00:00Z"],
	}
	evidence.organization == {"InPlaceHolds": [policy]}
	evidence.mailbox.LitigationHoldEnabled == false
}

test_missing[name] if {
	some name, tc in {
		"the account": {
			"case": delicensed({"mailbox": example.absent, "account": example.unknown}),
			"want": {"account"},
		},
		"the account, of a mailbox that is there": {
			"case": delicensed({"mailbox": held_since(null), "account": example.unknown}),
			"want": {"account"},
		},
		"the licences": {"case": delicensed({"licences": example.unknown}), "want": {"licences"}},
		"the subscriptions": {
			"case": delicensed({"licences": example.licences([example.visio]), "subscribedSkus": example.unknown}),
			"want": {"subscribedSkus"},
		},
		"no licences of a deleted account": {
			"case": delicensed({
				"leaver": {"state": "deleted"}, "licences": example.unknown,
				"mailbox": held_since(null),
			}),
			"want": set(),
		},
		"no subscriptions of a deleted account": {
			"case": delicensed({
				"leaver": {"state": "deleted"},
				"licences": example.licences([example.visio]), "subscribedSkus": example.unknown,
				"mailbox": held_since(null),
			}),
			"want": set(),
		},
		"the organisation": {"case": delicensed({"organization": example.unknown}), "want": {"organization"}},
		"no organisation of a shared mailbox": {
			"case": delicensed({
				"organization": example.unknown, "mailbox": example.shared_with({}),
				"audits": changes(["2026-06-03T09:00:00Z", "2026-06-04T09:00:00Z"]),
			}),
			"want": set(),
		},
		"no organisation of a mailbox that is gone": {
			"case": delicensed({"organization": example.unknown, "mailbox": example.absent}),
			"want": set(),
		},
		"the organisation, of an inactive mailbox": {
			"case": delicensed({"organization": example.unknown, "mailbox": example.inactive_with({})}),
			"want": {"organization"},
		},
		"no organisation without a removal": {
			"case": late(delicensed({"organization": example.unknown, "audits": example.read([])})),
			"want": set(),
		},
		"no organisation that was read": {"case": delicensed({"mailbox": held_since(null)}), "want": set()},
		"nothing on a pass": {
			"case": delicensed({"organization": example.unknown, "mailbox": held_since("2026-06-02T09:00:00Z")}),
			"want": set(),
		},
		"nothing when there is nothing to order": {
			"case": delicensed({
				"licences": example.licences([example.visio]), "subscribedSkus": example.unknown,
				"audits": example.read([]), "mailbox": example.absent, "account": example.account_with({}),
			}),
			"want": set(),
		},
		"no licences when there is nothing to order": {
			"case": delicensed({"licences": example.unknown, "audits": example.read([])}),
			"want": set(),
		},
		"no account when there is nothing to order": {
			"case": delicensed({
				"account": example.unknown, "mailbox": example.absent,
				"audits": example.read([]),
			}),
			"want": set(),
		},
	}
	rule.missing == tc.want with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
}

delicensed(properties) := example.changed(
	{
		"account": example.account_with({}),
		"mailbox": example.mailbox_with({}),
		"licences": example.licences([]),
		"subscribedSkus": example.read(example.skus),
		"organization": example.organization([]),
		"audits": example.read([removal]),
	},
	[properties],
)

nothing_shown := late(delicensed({"audits": example.read([])}))

removal := example.audit("Change user license", "2026-06-03T09:00:00Z")

changes(times) := example.read([example.audit("Change user license", at) | some at in times])

added(at) := example.audit_with("Change user license", at, {"targetResources": [{
	"id": example.id,
	"modifiedProperties": [{
		"displayName": "AssignedLicense",
		"oldValue": "[]",
		"newValue": `["[SkuName=VISIOCLIENT]"]`,
	}],
}]})

held_since(at) := example.mailbox_with({"LitigationHoldEnabled": true, "LitigationHoldDate": at})

# the log begins a second after leaving
late(case) := object.union(case, {"windows": {
	"signIns": {"from": "2026-06-01T12:00:01Z", "to": "2026-06-11T12:00:00Z"},
	"audits": {"from": "2026-06-01T12:00:01Z", "to": "2026-06-11T12:00:00Z"},
}})

policy := "mbx7cfb30345d454ac0a989ab3041051209:2"
