package checklist.account.deleted_when_nothing_needs_it_test

import data.checklist.account.deleted_when_nothing_needs_it as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"it forwards": idle({"mailbox": example.mailbox_with({"ForwardingAddress": "Vega, S"})}),
		"it is shared": idle({"mailbox": example.shared_with({})}),
		"the roster wants it forwarded": idle({"leaver": {"mailHandling": "forward"}}),
		"the roster wants it shared, and there is no mailbox": idle({
			"leaver": {"mailHandling": "shared"},
			"mailbox": example.absent,
		}),
		"a hold": idle({"mailbox": example.mailbox_with({"LitigationHoldEnabled": true})}),
		"a label": idle({"mailbox": example.mailbox_with({"ComplianceTagHoldApplied": true})}),
		"an organisation-wide policy": idle({"organization": example.organization([policy])}),
		"inactive": idle({"mailbox": example.inactive_with({"LitigationHoldEnabled": false})}),
		"a hold on a soft-deleted mailbox": idle({"mailbox": example.soft_deleted_with({"InPlaceHolds": [policy]})}),
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_pass[name] if {
	some name, case in {
		"deleted": idle({"leaver": {"state": "deleted"}}),
		"deleted, although the roster wants it shared": idle({"leaver": {"state": "deleted", "mailHandling": "shared"}}),
		"deleted, as the account says": idle({"account": example.account_with({"deletedDateTime": "2026-06-05T09:00:00Z"})}),
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, case in {
		"nothing needs it": idle({}),
		"the roster wants nothing": idle({"leaver": {"mailHandling": "none"}}),
		"a policy that only deletes": idle({"mailbox": example.mailbox_with({"InPlaceHolds": ["mbxa:1"]})}),
		"a guest": idle({
			"account": example.account_with({"userType": "Guest", "onPremisesSyncEnabled": true}),
			"mailbox": example.absent,
		}),
		"a synchronised account without mail addresses": idle({
			"account": example.account_with({"mail": null, "proxyAddresses": [], "onPremisesSyncEnabled": true}),
			"mailbox": example.absent,
		}),
		"the mailbox is gone": idle({"mailbox": example.absent}),
		"the mailbox is gone, and was synchronised once": idle({
			"account": example.account_with({"onPremisesSyncEnabled": false}),
			"mailbox": example.absent,
		}),
		"soft-deleted under a policy that came too late": idle({
			"mailbox": example.soft_deleted_with({}),
			"organization": example.organization([policy]),
		}),
		"a room": idle({"mailbox": example.mailbox_with({"RecipientTypeDetails": "RoomMailbox"})}),
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"deleted, as half the account shows": idle({
			"leaver": {"state": "unread"},
			"account": example.partial({"deletedDateTime": "2026-06-05T09:00:00Z"}),
		}),
		"a hold, and nobody knows whether the account is live": idle({
			"leaver": {"state": "unread"},
			"account": example.unknown,
			"mailbox": example.mailbox_with({"LitigationHoldEnabled": true}),
		}),
		"the account was not read": idle({"account": example.unknown}),
		"half the account": idle({"account": example.partial(example.account)}),
		"the account does not say that it is live": idle({"account": example.read({"id": example.id})}),
		"the lists were not read to their end": idle({"leaver": {"state": "unread"}}),
		"the mailbox was not read": idle({"mailbox": example.unknown}),
		"the mailbox was not read, and the roster wants it shared": idle({
			"leaver": {"mailHandling": "shared"},
			"mailbox": example.unknown,
		}),
		"half the mailbox": idle({"mailbox": example.partial(example.mailbox)}),
		"half the mailbox, and it is shared": idle({"mailbox": example.partial(object.union(
			example.mailbox,
			{"RecipientTypeDetails": "SharedMailbox"},
		))}),
		"the organisation was not read": idle({"organization": example.unknown}),
		"holds that are not told": idle({"mailbox": example.mailbox_with({"LitigationHoldEnabled": null})}),
		"forwarding that is not told": idle({"mailbox": example.read(object.remove(
			example.mailbox,
			["ForwardingAddress"],
		))}),
		"a kind that is null": idle({"mailbox": example.mailbox_with({"RecipientTypeDetails": null})}),
		"a state that nobody knows": idle({"mailbox": example.mailbox_with({"mailboxState": "disconnected"})}),
		"on-premises": idle({"mailbox": example.mailbox_with({"RecipientTypeDetails": "RemoteUserMailbox"})}),
		"gone, and it may be on-premises": idle({
			"account": example.account_with({"onPremisesSyncEnabled": true}),
			"mailbox": example.absent,
		}),
		"gone, and nobody says whether it may be on-premises": idle({
			"account": example.read(object.remove(example.account, ["onPremisesSyncEnabled"])),
			"mailbox": example.absent,
		}),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_words if {
	case := idle({"leaver": {"mailHandling": "none"}})
	rule.findings == {{
		"resource": example.id,
		"id": example.id,
		"userPrincipalName": "d.rook@northwind.example",
		"accountEnabled": false,
		"userType": "Member",
		"onPremisesSyncEnabled": null,
	}} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	contains(rule.message, "Nothing needs the account") with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
	evidence := rule.evidence with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	evidence.roster == {"mailHandling": "none"}
	evidence.organization == {"InPlaceHolds": []}
}

test_no_words_when_something_needs_it if {
	case := idle({"mailbox": example.shared_with({})})
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	rule.findings == set() with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_missing[name] if {
	some name, tc in {
		"the organisation": {"case": idle({"organization": example.unknown}), "want": {"organization"}},
		"nothing of a soft-deleted mailbox": {
			"case": idle({
				"account": example.unknown,
				"organization": example.unknown,
				"mailbox": example.soft_deleted_with({}),
			}),
			"want": set(),
		},
		"nothing of a mailbox whose holds are not told": {
			"case": idle({
				"organization": example.unknown,
				"mailbox": example.mailbox_with({"LitigationHoldEnabled": null}),
			}),
			"want": set(),
		},
		"nothing of an organisation that was read": {"case": idle({"account": example.unknown}), "want": set()},
		"nothing of a shared mailbox": {
			"case": idle({
				"organization": example.unknown,
				"mailbox": example.shared_with({}),
			}),
			"want": set(),
		},
	}
	rule.missing == tc.want with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
}

idle(changes) := example.changed(
	{
		"account": example.account_with({}),
		"mailbox": example.mailbox_with({}),
		"organization": example.organization([]),
	},
	[changes],
)

policy := "mbx7cfb30345d454ac0a989ab3041051209:2"
