package checklist.email.mailbox_account_disabled_test

import data.checklist.email.mailbox_account_disabled as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"no mailbox": {"mailbox": example.absent},
		"forwarded": {"mailbox": example.mailbox_with({"ForwardingAddress": "Vega, S"})},
		"shared": {"mailbox": example.shared_with({})},
		"a room": {"mailbox": example.mailbox_with({"RecipientTypeDetails": "RoomMailbox"})},
		"the roster wants it forwarded": {"leaver": {"mailHandling": "forward"}, "mailbox": example.mailbox_with({})},
		"the roster wants it shared": {"leaver": {"mailHandling": "shared"}, "mailbox": example.mailbox_with({})},
		"soft-deleted": {"mailbox": example.soft_deleted_with({})},
		"inactive": {"mailbox": example.inactive_with({})},
		"on-premises": {"mailbox": example.mailbox_with({"RecipientTypeDetails": "RemoteUserMailbox"})},
	}
	rule.status == "not_applicable" with input as example.input_of(case)
}

test_pass[name] if {
	some name, case in {
		"set": {"mailbox": set_to(true)},
		"set, and the roster wants nothing": {
			"leaver": {"mailHandling": "none"},
			"mailbox": set_to(true),
		},
		"set, and the roster says nothing": {
			"leaver": {"mailHandling": ""},
			"mailbox": set_to(true),
		},
	}
	rule.status == "pass" with input as example.input_of(case)
}

test_fail[name] if {
	some name, case in {
		"not set": {"mailbox": set_to(false)},
		"not set, as half a mailbox shows": {"mailbox": example.partial(object.union(
			example.mailbox,
			{"AccountDisabled": false},
		))},
	}
	rule.status == "fail" with input as example.input_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"nothing was read, and the roster wants it shared": {"leaver": {"mailHandling": "shared"}},
		"set, in half a mailbox": {"mailbox": example.partial(object.union(
			example.mailbox,
			{"AccountDisabled": true},
		))},
		"null": {"mailbox": set_to(null)},
		"not answered": {"mailbox": example.read(object.remove(example.mailbox, ["AccountDisabled"]))},
		"a kind that nobody knows": {"mailbox": example.mailbox_with({
			"RecipientTypeDetails": "AncientMailbox",
			"AccountDisabled": true,
		})},
		"a kind that is null": {"mailbox": example.mailbox_with({
			"RecipientTypeDetails": null,
			"AccountDisabled": false,
		})},
		"no state": {"mailbox": example.read(object.remove(example.mailbox, ["mailboxState"]))},
	}
	rule.status == "unknown" with input as example.input_of(case)
}

test_words if {
	case := {"mailbox": set_to(false), "leaver": {"mailHandling": "none"}}
	finding := {"resource": "AccountDisabled", "AccountDisabled": false}
	rule.findings == {finding} with input as example.input_of(case)
	message := rule.message with input as example.input_of(case)
	message == "Exchange still takes the leaver for the owner of the mailbox."
	rule.evidence.mailbox.AccountDisabled == false with input as example.input_of(case)
	rule.evidence.roster.mailHandling == "none" with input as example.input_of(case)
}

test_no_words_on_a_pass if {
	not rule.message with input as example.input_of({"mailbox": set_to(true)})
}

set_to(value) := example.mailbox_with({"AccountDisabled": value})
