package checklist.mailbox.content_kept_test

import data.checklist.mailbox.content_kept as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"a guest never had a mailbox here": {
			"mailbox": example.absent,
			"account": example.account_with({
				"userType": "Guest",
				"mail": "guest@elsewhere.example", "proxyAddresses": ["SMTP:guest@elsewhere.example"],
			}),
		},
		"an account without mail addresses never had one": {
			"mailbox": example.absent,
			"account": example.account_with({"mail": null, "proxyAddresses": ["x500:/o=northwind/cn=rook"]}),
		},
		"on-premises": {"mailbox": example.mailbox_with({"RecipientTypeDetails": "RemoteUserMailbox"})},
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_pass[name] if {
	some name, case in {
		"litigation hold": kept(example.mailbox_with({"LitigationHoldEnabled": true})),
		"retention label": kept(example.mailbox_with({"ComplianceTagHoldApplied": true})),
		"eDiscovery hold": kept(with_holds(["UniH7d895d48-7e23-4a8d-8346-533c3beac15d"])),
		"in-place hold, new": kept(with_holds(["cld9c0a16d6a4f04e1c9f1d5a6f3f3d3c11"])),
		"in-place hold, old": kept(with_holds(["C0BA3CE811B6432A8751430937152491"])),
		"retention policy": kept(with_holds(["mbx7cfb30345d454ac0a989ab3041051209:2"])),
		"retention policy that deletes later": kept(with_holds(["mbx7cfb30345d454ac0a989ab3041051209:3"])),
		"inactive mailbox": kept(example.inactive_with({})),
		"inactive mailbox in the view of deleted ones": kept(example.soft_deleted_with({"IsInactiveMailbox": true})),
		"shared mailbox": kept(example.shared_with({})),
		"organisation-wide policy": {
			"mailbox": example.mailbox_with({}),
			"organization": example.organization(["mbx7cfb30345d454ac0a989ab3041051209:3"]),
		},
		"organisation-wide policy, excluded from another": {
			"mailbox": with_holds(["-mbx00000000000000000000000000000001"]),
			"organization": example.organization([
				"mbx00000000000000000000000000000001:2",
				"mbx7cfb30345d454ac0a989ab3041051209:2",
			]),
		},
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, case in {
		"nothing keeps it": kept(example.mailbox_with({})),
		"a policy that only deletes": kept(with_holds(["mbx7cfb30345d454ac0a989ab3041051209:1"])),
		"a policy whose action is not said": kept(with_holds(["mbx7cfb30345d454ac0a989ab3041051209"])),
		"a hold on chats": kept(with_holds(["skp7cfb30345d454ac0a989ab3041051209:3"])),
		"an exclusion": kept(with_holds(["-mbx7cfb30345d454ac0a989ab3041051209:3"])),
		"a delay after a hold": kept(example.mailbox_with({"DelayHoldApplied": true, "DelayReleaseHoldApplied": true})),
		"retention processing paused": kept(example.mailbox_with({"RetentionHoldEnabled": true})),
		"soft-deleted": kept(example.soft_deleted_with({})),
		"soft-deleted, and no policy was read": {"mailbox": example.soft_deleted_with({})},
		"soft-deleted, under a policy that came too late": {
			"mailbox": example.soft_deleted_with({}),
			"organization": example.organization(["mbx7cfb30345d454ac0a989ab3041051209:2"]),
		},
		"shared and then deleted": kept(example.soft_deleted_with({"RecipientTypeDetails": "SharedMailbox"})),
		"excluded from the organisation-wide policy": {
			"mailbox": with_holds(["-mbx7CFB30345d454ac0a989ab3041051209"]),
			"organization": example.organization(["mbx7cfb30345d454ac0a989ab3041051209:2"]),
		},
		"organisation-wide policies about others": {
			"mailbox": example.mailbox_with({}),
			"organization": example.organization([
				"mbx7cfb30345d454ac0a989ab3041051209:1",
				"grp7cfb30345d454ac0a989ab3041051209:3", "skp7cfb30345d454ac0a989ab3041051209:3",
			]),
		},
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the organisation was not read, and nothing else keeps it": {"mailbox": example.mailbox_with({})},
		"the organisation was not read, though a hold is seen": {
			"mailbox": example.mailbox_with({"LitigationHoldEnabled": true}),
		},
		"the organisation's policies were not read": {
			"mailbox": example.mailbox_with({}),
			"organization": example.read({"id": "0f0f0f0f-1111-4222-8333-444444444444", "OrganizationConfig": {}}),
		},
		"the mailbox was not read": {"organization": example.organization(["mbx7cfb30345d454ac0a989ab3041051209:2"])},
		"half a mailbox": kept(example.partial({"mailboxState": "live", "LitigationHoldEnabled": true})),
		"a hold that is null": kept(example.mailbox_with({"LitigationHoldEnabled": null})),
		"a label that is null": kept(example.mailbox_with({"ComplianceTagHoldApplied": null})),
		"a kind that is null": kept(example.mailbox_with({"RecipientTypeDetails": null})),
		"a mailbox whose state was not answered": {
			"mailbox": example.read(object.remove(example.mailbox, ["mailboxState"])),
			"organization": example.organization([]),
		},
		"gone although the account has addresses": {"mailbox": example.absent, "account": example.account_with({})},
		"gone, and the account was not read": kept(example.absent),
		"gone, and half the account": {
			"mailbox": example.absent,
			"account": example.partial({"mail": null, "proxyAddresses": []}),
		},
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_words if {
	case := kept(example.mailbox_with({"DelayHoldApplied": true}))
	rule.findings == {{
		"resource": example.mailbox.ExchangeGuid,
		"mailboxState": "live",
		"RecipientTypeDetails": "UserMailbox",
		"LitigationHoldEnabled": false,
		"ComplianceTagHoldApplied": false,
		"InPlaceHolds": [],
	}} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	contains(rule.message, "No hold") with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	rule.evidence.mailbox.DelayHoldApplied == true with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
}

test_other_words[want] if {
	some want, case in {
		"Kept by LitigationHoldEnabled, shared mailbox.": kept(example.shared_with({"LitigationHoldEnabled": true})),
		"Exchange says that the mailbox is on-premises.": kept(example.mailbox_with({
			"RecipientTypeDetails": "RemoteUserMailbox",
		})),
		"The account has mail addresses but Exchange Online has no mailbox: on-premises, or purged.": {
			"mailbox": example.absent,
			"account": example.account_with({}),
		},
	}
	rule.message == want with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_no_words_when_half_is_read[name] if {
	some name, case in {
		"of the mailbox": {"mailbox": example.partial({"mailboxState": "live"}), "account": example.account_with({})},
		"of the account": {"mailbox": example.absent},
	}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_missing if {
	rule.missing == {"account"} with input as example.input_of({"mailbox": example.absent})
	rule.missing == set() with input as example.input_of({"mailbox": example.mailbox_with({})})
}

kept(mailbox) := {"mailbox": mailbox, "organization": example.organization([])}

with_holds(entries) := example.mailbox_with({"InPlaceHolds": entries})
