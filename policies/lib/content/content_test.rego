package lib.content_test

import data.lib.content
import data.lib.example_test as example

test_vanished[name] if {
	some name, tc in {
		"live then": {"case": gone(example.mailbox_with({})), "want": true},
		"soft-deleted then": {"case": gone(example.soft_deleted_with({})), "want": true},
		"inactive then": {"case": gone(example.inactive_with({})), "want": true},
		"seen then, in half a mailbox": {
			"case": gone(example.partial({"mailboxState": "live", "RecipientTypeDetails": "UserMailbox"})),
			"want": true,
		},
		"on-premises then": {
			"case": gone(example.mailbox_with({"RecipientTypeDetails": "RemoteUserMailbox"})),
			"want": false,
		},
		"in a state that nobody knows then": {
			"case": gone(example.mailbox_with({"mailboxState": "disconnected"})),
			"want": false,
		},
		"none then": {"case": gone(example.absent), "want": false},
		"not read then": {"case": gone(example.unknown), "want": false},
		"no earlier snapshot": {"case": {"mailbox": example.absent}, "want": false},
		"still there": {
			"case": {"mailbox": example.mailbox_with({}), "baseline": {"mailbox": example.mailbox_with({})}},
			"want": false,
		},
	}
	{true | content.vanished} == {true | tc.want == true} with input as example.input_of(tc.case)
}

test_nothing_to_keep[name] if {
	some name, tc in {
		"no addresses": {"case": addressless(example.absent), "want": true},
		"no addresses any more": {"case": addressless(example.mailbox_with({})), "want": false},
		"none in the earlier snapshot either, which may be too late": {"case": gone(example.absent), "want": false},
		"none after leaving": {
			"case": {"mailbox": example.absent, "baseline": {
				"collectedAt": "2026-06-01T12:00:01Z",
				"mailbox": example.absent,
			}},
			"want": false,
		},
		"none before leaving, and not read since": {
			"case": {"baseline": {"mailbox": example.absent}},
			"want": false,
		},
		"not read before leaving": {"case": gone(example.unknown), "want": false},
		"on-premises": {
			"case": {"mailbox": example.mailbox_with({"RecipientTypeDetails": "RemoteUserMailbox"})},
			"want": true,
		},
		"a mailbox": {"case": {"mailbox": example.mailbox_with({})}, "want": false},
	}
	{true | content.nothing_to_keep} == {true | tc.want == true} with input as example.input_of(tc.case)
}

test_kept_held_unheld[name] if {
	some name, tc in {
		"nothing": {"case": with_policies(example.mailbox_with({}), []), "want": {"unheld"}},
		"a hold": {
			"case": with_policies(example.mailbox_with({"LitigationHoldEnabled": true}), []),
			"want": {"kept", "held"},
		},
		"a policy": {"case": with_policies(example.mailbox_with({}), [policy]), "want": {"kept", "held"}},
		"a policy that came too late": {
			"case": with_policies(example.soft_deleted_with({}), [policy]),
			"want": {"unheld"},
		},
		"a hold on a soft-deleted mailbox": {
			"case": with_policies(example.soft_deleted_with({"ComplianceTagHoldApplied": true}), []),
			"want": {"kept", "held"},
		},
		"inactive": {
			"case": with_policies(example.inactive_with({"LitigationHoldEnabled": false}), []),
			"want": {"kept", "held"},
		},
		"shared": {"case": with_policies(example.shared_with({}), []), "want": {"kept", "unheld"}},
		"shared, and then deleted": {
			"case": with_policies(example.soft_deleted_with({"RecipientTypeDetails": "SharedMailbox"}), []),
			"want": {"unheld"},
		},
		"a hold, as half a mailbox shows": {
			"case": with_policies(example.partial({"mailboxState": "live", "LitigationHoldEnabled": true}), []),
			"want": set(),
		},
		"a hold, and the policies were not read": {
			"case": {"mailbox": example.mailbox_with({"LitigationHoldEnabled": true})},
			"want": set(),
		},
		"nothing, and the policies were not read": {"case": {"mailbox": example.mailbox_with({})}, "want": set()},
		"soft-deleted, and the policies were not read": {
			"case": {"mailbox": example.soft_deleted_with({})},
			"want": {"unheld"},
		},
		"holds that are not told": {
			"case": with_policies(example.mailbox_with({"LitigationHoldEnabled": null}), []),
			"want": set(),
		},
		"no mailbox": {"case": with_policies(example.absent, [policy]), "want": set()},
	}
	said == tc.want with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
}

test_names_what_keeps_it if {
	case := with_policies(example.shared_with({"LitigationHoldEnabled": true}), [policy])
	content.kept_by == {
		"LitigationHoldEnabled", policy,
		"shared mailbox",
	} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

# what is said of the content
said := union({{"kept" | content.kept}, {"held" | content.held}, {"unheld" | content.unheld}})

# there is no mailbox, and there was this
gone(mailbox) := {"mailbox": example.absent, "baseline": {"mailbox": mailbox}}

# the account has no mail addresses, there is no mailbox, and there was this
addressless(mailbox) := object.union(
	gone(mailbox),
	{"account": example.account_with({"mail": null, "proxyAddresses": []})},
)

with_policies(mailbox, policies) := {"mailbox": mailbox, "organization": example.organization(policies)}

policy := "mbx7cfb30345d454ac0a989ab3041051209:2"
