package lib.mailboxes_test

import data.lib.example_test as example
import data.lib.mailboxes

test_forwarding[name] if {
	some name, tc in {
		"the name wins": {"a": "Vega, S", "s": "smtp:x@elsewhere.example", "want": {"vega, s"}},
		"the address alone": {"a": null, "s": "smtp:X@elsewhere.example", "want": {"x@elsewhere.example"}},
		"neither": {"a": null, "s": null, "want": set()},
		"empty": {"a": "", "s": "", "want": set()},
	}
	case := {"mailbox": example.mailbox_with({"ForwardingAddress": tc.a, "ForwardingSmtpAddress": tc.s})}
	{address | address := mailboxes.forwarding} == tc.want with input as example.input_of(case)
}

test_forwarding_is_not_known_without_the_address_that_wins if {
	case := {"mailbox": example.partial({"ForwardingSmtpAddress": "smtp:x@elsewhere.example"})}
	not mailboxes.forwarding with input as example.input_of(case)
	not mailboxes.forwards_nothing with input as example.input_of(case)
}

test_states[name] if {
	some name, tc in {
		"live": {"mailbox": example.mailbox_with({}), "want": {"live"}},
		"inactive": {"mailbox": example.inactive_with({}), "want": {"inactive"}},
		"inactive among the deleted": {
			"mailbox": example.soft_deleted_with({"IsInactiveMailbox": true}),
			"want": {"inactive"},
		},
		"soft-deleted": {"mailbox": example.soft_deleted_with({}), "want": {"soft-deleted"}},
		"live, whatever else it is called": {"mailbox": example.mailbox_with({"IsInactiveMailbox": true}), "want": {"live"}},
		"missing": {"mailbox": example.absent, "want": {"missing"}},
		"unread": {"mailbox": example.unknown, "want": set()},
	}
	judged := union({
		{"live" | mailboxes.live}, {"inactive" | mailboxes.inactive},
		{"soft-deleted" | mailboxes.soft_deleted}, {"missing" | mailboxes.missing},
	}) with input as example.input_of({"mailbox": tc.mailbox})
	judged == tc.want
}

test_dormant_forwarding[name] if {
	some name, tc in {
		"the name keeps the address from working": {
			"a": "Vega, S",
			"s": "smtp:x@elsewhere.example",
			"want": {"x@elsewhere.example"},
		},
		"the address works": {"a": null, "s": "smtp:x@elsewhere.example", "want": set()},
		"no address": {"a": "Vega, S", "s": "", "want": set()},
	}
	case := {"mailbox": example.mailbox_with({"ForwardingAddress": tc.a, "ForwardingSmtpAddress": tc.s})}
	{address | address := mailboxes.dormant_forwarding} == tc.want with input as example.input_of(case)
}

test_not_relied_on_needs_both_addresses_and_the_kind[property] if {
	some property in ["ForwardingAddress", "ForwardingSmtpAddress", "RecipientTypeDetails"]
	case := {"mailbox": example.read(object.remove(example.mailbox, [property]))}
	not mailboxes.not_relied_on with input as example.input_of(case)
	not mailboxes.relied_on with input as example.input_of(case)
}

test_on_premises_needs_a_mailbox_that_was_read if {
	case := {"mailbox": example.partial({"RecipientTypeDetails": "RemoteUserMailbox"})}
	not mailboxes.on_premises with input as example.input_of(case)
}

test_limits_are_beyond_within_or_neither if {
	case := {"mailbox": example.shared_with({"ArchiveGuid": "x", "LitigationHoldEnabled": null})}
	mailboxes.beyond_free_limits == {"ArchiveGuid"} with input as example.input_of(case)
	mailboxes.within_free_limits == set() with input as example.input_of(case)
}

test_existence[name] if {
	some name, case in {
		"a guest whose mailbox was found": {
			"mailbox": example.mailbox_with({}),
			"account": example.account_with({"userType": "Guest"}),
		},
		"half a guest": {"mailbox": example.absent, "account": example.partial({"userType": "Guest"})},
		"half an account without addresses": {
			"mailbox": example.absent,
			"account": example.partial({"mail": null, "proxyAddresses": []}),
		},
		"a mailbox although the account has no addresses": {
			"mailbox": example.mailbox_with({}),
			"account": example.account_with({"mail": null, "proxyAddresses": []}),
		},
		"a mail address alone": {"mailbox": example.absent, "account": example.account_with({"proxyAddresses": []})},
	}
	not mailboxes.never_existed with input as example.input_of(case)
}

test_existence_hangs_on_the_account if {
	mailboxes.existence_unread with input as example.input_of({"mailbox": example.absent})
	not mailboxes.existence_unread with input as example.input_of({"mailbox": example.mailbox_with({})})
	not mailboxes.never_existed with input as example.input_of({
		"mailbox": example.absent,
		"account": example.account_with({}),
	})
	not mailboxes.never_existed with input as example.input_of({
		"mailbox": example.absent,
		"account": example.account_with({"mail": null, "proxyAddresses": ["smtp:d.rook@northwind.example"]}),
	})
}

test_left_alone[name] if {
	some name, tc in {
		"a person's own": {"case": {"mailbox": example.mailbox_with({})}, "want": "left alone"},
		"a person's own, and the roster wants nothing": {
			"case": {"leaver": {"mailHandling": "none"}, "mailbox": example.mailbox_with({})},
			"want": "left alone",
		},
		"a person's own, as half a mailbox shows": {
			"case": {"mailbox": example.partial(example.mailbox)},
			"want": "left alone",
		},
		"the roster wants it forwarded": {
			"case": {"leaver": {"mailHandling": "forward"}, "mailbox": example.mailbox_with({})},
			"want": "not left alone",
		},
		"the roster wants it shared, and it was not read": {
			"case": {"leaver": {"mailHandling": "shared"}},
			"want": "undecided",
		},
		"forwarded": {
			"case": {"mailbox": example.mailbox_with({"ForwardingSmtpAddress": "smtp:s.vega@northwind.example"})},
			"want": "not left alone",
		},
		"shared": {"case": {"mailbox": example.shared_with({})}, "want": "not left alone"},
		"shared, as half a mailbox shows": {
			"case": {"mailbox": example.partial(object.union(example.mailbox, {"RecipientTypeDetails": "SharedMailbox"}))},
			"want": "undecided",
		},
		"a room": {
			"case": {"mailbox": example.mailbox_with({"RecipientTypeDetails": "RoomMailbox"})},
			"want": "not left alone",
		},
		"a room, as half a mailbox shows": {
			"case": {"mailbox": example.partial(object.union(example.mailbox, {"RecipientTypeDetails": "RoomMailbox"}))},
			"want": "undecided",
		},
		"on-premises": {
			"case": {"mailbox": example.mailbox_with({"RecipientTypeDetails": "RemoteUserMailbox"})},
			"want": "not left alone",
		},
		"soft-deleted": {"case": {"mailbox": example.soft_deleted_with({})}, "want": "not left alone"},
		"inactive": {"case": {"mailbox": example.inactive_with({})}, "want": "not left alone"},
		"soft-deleted, as half a mailbox shows": {
			"case": {"mailbox": example.partial({"mailboxState": "softDeleted"})},
			"want": "undecided",
		},
		"none": {"case": {"mailbox": example.absent}, "want": "not left alone"},
		"not read": {"case": {}, "want": "undecided"},
		"of a kind that nobody knows": {
			"case": {"mailbox": example.mailbox_with({"RecipientTypeDetails": "AncientMailbox"})},
			"want": "undecided",
		},
		"of no kind": {
			"case": {"mailbox": example.mailbox_with({"RecipientTypeDetails": null})},
			"want": "undecided",
		},
		"in no state": {
			"case": {"mailbox": example.read(object.remove(example.mailbox, ["mailboxState"]))},
			"want": "undecided",
		},
		"forwarding is not told": {
			"case": {"mailbox": example.read(object.remove(example.mailbox, ["ForwardingSmtpAddress"]))},
			"want": "undecided",
		},
	}
	said := union({
		{"left alone" | mailboxes.left_alone},
		{"not left alone" | mailboxes.not_left_alone},
	}) with input as example.input_of(tc.case)
	said == {tc.want} - {"undecided"}
}
