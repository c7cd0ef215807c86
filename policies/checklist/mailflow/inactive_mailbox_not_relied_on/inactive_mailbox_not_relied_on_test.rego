package checklist.mailflow.inactive_mailbox_not_relied_on_test

import data.checklist.mailflow.inactive_mailbox_not_relied_on as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"live, and nobody relies on it": {"mailbox": example.mailbox_with({})},
		"inactive, and nobody relies on it": {"mailbox": example.inactive_with({})},
		"inactive, and the roster wants nothing": {
			"leaver": {"mailHandling": "none"},
			"mailbox": example.inactive_with({}),
		},
		"no mailbox": {"leaver": {"mailHandling": "forward"}, "mailbox": example.absent},
		"soft-deleted": {"leaver": {"mailHandling": "forward"}, "mailbox": example.soft_deleted_with({})},
	}
	rule.status == "not_applicable" with input as example.input_of(case)
}

test_pass[name] if {
	some name, case in {
		"the roster wants it forwarded, and it is live": {
			"leaver": {"mailHandling": "forward"},
			"mailbox": example.mailbox_with({}),
		},
		"a live shared mailbox": {"mailbox": example.shared_with({})},
		"a live mailbox that forwards": {"mailbox": example.mailbox_with({"ForwardingAddress": "Vega, S"})},
	}
	rule.status == "pass" with input as example.input_of(case)
}

test_fail[name] if {
	some name, case in {
		"the roster wants it forwarded": {"leaver": {"mailHandling": "forward"}, "mailbox": example.inactive_with({})},
		"the roster wants it shared": {"leaver": {"mailHandling": "shared"}, "mailbox": example.inactive_with({})},
		"it is set to forward": {"mailbox": example.inactive_with({"ForwardingAddress": "Vega, S"})},
		"it was shared": {"mailbox": example.inactive_with({"RecipientTypeDetails": "SharedMailbox"})},
		"half a mailbox is enough": {
			"leaver": {"mailHandling": "forward"},
			"mailbox": example.partial({"mailboxState": "inactive"}),
		},
	}
	rule.status == "fail" with input as example.input_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"nothing was read, and the roster wants it forwarded": {"leaver": {"mailHandling": "forward"}},
		"half a mailbox": {"leaver": {"mailHandling": "forward"}, "mailbox": example.partial(example.mailbox)},
		"half a soft-deleted mailbox": {"mailbox": example.partial({"mailboxState": "softDeleted"})},
		"a mailbox whose state was not answered": {
			"leaver": {"mailHandling": "forward"},
			"mailbox": example.read({"RecipientTypeDetails": "UserMailbox"}),
		},
		"half an inactive mailbox that nobody is seen to rely on": {"mailbox": example.partial({"mailboxState": "inactive"})},
		"a kind that is null": {"mailbox": example.mailbox_with({"RecipientTypeDetails": null})},
	}
	rule.status == "unknown" with input as example.input_of(case)
}

test_no_words_on_a_pass if {
	not rule.message with input as example.input_of({"mailbox": example.shared_with({})})
}

test_words if {
	case := {"leaver": {"mailHandling": "forward"}, "mailbox": example.inactive_with({})}
	rule.findings == {{"resource": "mailboxState", "mailboxState": "inactive"}} with input as example.input_of(case)
	contains(rule.message, "neither receives nor forwards") with input as example.input_of(case)
	rule.evidence.roster.mailHandling == "forward" with input as example.input_of(case)
}
