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
		"never there, and attested": {
			"mailbox": example.absent,
			"account": example.account_with({"mail": null, "proxyAddresses": []}),
			"attested": {"MBX-001": example.statement},
		},
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
		"a hold on a soft-deleted mailbox": kept(example.soft_deleted_with({"ComplianceTagHoldApplied": true})),
		"a hold, and the earlier snapshot has the mailbox too": object.union(
			gone(example.mailbox_with({})),
			{"mailbox": example.mailbox_with({"LitigationHoldEnabled": true})},
		),
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
		"gone since the earlier snapshot": gone(example.mailbox_with({})),
		"gone with its addresses since the earlier snapshot": object.union(
			gone(example.inactive_with({})),
			{"account": example.account_with({"mail": null, "proxyAddresses": []})},
		),
		"another rule is attested": object.union(
			kept(example.mailbox_with({})),
			{"attested": {"ODB-001": example.statement}},
		),
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
		"gone, and a snapshot from after leaving has none either": {
			"mailbox": example.absent,
			"account": example.account_with({}),
			"baseline": {"collectedAt": "2026-06-08T12:00:00Z", "mailbox": example.absent},
		},
		"gone, and the earlier snapshot did not read it": gone(example.unknown),
		"gone, and the earlier snapshot does not have the leaver": {
			"mailbox": example.absent,
			"account": example.account_with({}),
			"baseline": null,
		},
		"kept, but only half a mailbox was read": kept(example.partial(object.union(
			example.mailbox,
			{"LitigationHoldEnabled": true},
		))),
		"shared, and a hold is not told": kept(example.partial({
			"mailboxState": "live",
			"RecipientTypeDetails": "SharedMailbox",
		})),
		"gone, and half the account": {
			"mailbox": example.absent,
			"account": example.partial({"mail": null, "proxyAddresses": []}),
		},
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_attested_passes_where_the_mailbox_does_not_show_it[name] if {
	some name, case in {
		"nothing keeps it": kept(example.mailbox_with({})),
		"gone since the earlier snapshot": gone(example.mailbox_with({})),
		"nothing was read": {},
		"half a mailbox": kept(example.partial({"mailboxState": "live", "LitigationHoldEnabled": true})),
		"gone although the account has addresses": {"mailbox": example.absent, "account": example.account_with({})},
	}
	attested := object.union(case, {"attested": {"MBX-001": example.statement}})
	rule.attested == {"MBX-001"} with input as example.input_of(attested) with data.tenant as example.tenant_of(attested)
	rule.status == "pass" with input as example.input_of(attested) with data.tenant as example.tenant_of(attested)
	rule.findings == set() with input as example.input_of(attested) with data.tenant as example.tenant_of(attested)
	contains(rule.message, "is attested; the mailbox") with input as example.input_of(attested)
		with data.tenant as example.tenant_of(attested)
	rule.attested == set() with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_not_attested_where_the_mailbox_shows_it[name] if {
	some name, case in {
		"on hold": kept(example.mailbox_with({"LitigationHoldEnabled": true})),
		"never there": {"mailbox": example.absent, "account": example.account_with({"mail": null, "proxyAddresses": []})},
	}
	attested := object.union(case, {"attested": {"MBX-001": example.statement}})
	rule.attested == set() with input as example.input_of(attested) with data.tenant as example.tenant_of(attested)
}

test_finding_of_the_earlier_snapshot if {
	case := gone(example.mailbox_with({}))
	rule.findings == {{
		"resource": example.mailbox.ExchangeGuid,
		"mailboxState": "live",
		"RecipientTypeDetails": "UserMailbox",
		"PrimarySmtpAddress": "d.rook@northwind.example",
		"cause": "gone since the earlier snapshot",
		"seenAt": "2026-05-20T12:00:00Z",
	}} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
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
		"The earlier snapshot of 2026-05-20 12:00 UTC has a mailbox, and there is none any more.": gone(example.mailbox_with({
			"RecipientTypeDetails": "SharedMailbox",
		})),
		"No hold keeps the content, and the mailbox is neither shared nor inactive.": object.union(
			gone(example.mailbox_with({})),
			{"mailbox": example.mailbox_with({})},
		),
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
		"because there is nothing to say": {
			"mailbox": example.absent,
			"account": example.account_with({"userType": "Guest"}),
		},
	}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_missing if {
	rule.missing == {"account"} with input as example.input_of({"mailbox": example.absent})
	rule.missing == set() with input as example.input_of({"mailbox": example.mailbox_with({})})
	rule.missing == set() with input as example.input_of({
		"mailbox": example.absent,
		"baseline": {"mailbox": example.mailbox_with({})},
	})
}

gone(mailbox) := {
	"mailbox": example.absent,
	"account": example.account_with({}),
	"organization": example.organization([]),
	"baseline": {"mailbox": mailbox},
}

kept(mailbox) := {"mailbox": mailbox, "organization": example.organization([])}

with_holds(entries) := example.mailbox_with({"InPlaceHolds": entries})
