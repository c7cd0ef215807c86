package checklist.mailflow.anchor_account_kept_test

import data.checklist.mailflow.anchor_account_kept as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"nobody relies on it": {"mailbox": example.mailbox_with({}), "account": example.account_with({})},
		"nobody relies on it, and it is deleted": example.changed(deleted, [{"mailbox": example.soft_deleted_with({})}]),
		"no mailbox": {"mailbox": example.absent, "account": example.account_with({})},
		"the roster wants nothing": {
			"leaver": {"mailHandling": "none"},
			"mailbox": example.mailbox_with({}), "account": example.account_with({}),
		},
	}
	rule.status == "not_applicable" with input as example.input_of(case)
}

test_pass[name] if {
	some name, case in {
		"the roster wants it forwarded": {
			"leaver": {"mailHandling": "forward"},
			"mailbox": example.mailbox_with({}), "account": example.account_with({}),
		},
		"the roster wants it shared, and there is no mailbox": {
			"leaver": {"mailHandling": "shared"},
			"mailbox": example.absent, "account": example.account_with({}),
		},
		"it forwards": {"mailbox": forwarding, "account": example.account_with({})},
		"it is shared": {"mailbox": example.shared_with({}), "account": example.account_with({})},
	}
	rule.status == "pass" with input as example.input_of(case)
}

test_fail[name] if {
	some name, case in {
		"the roster wants it forwarded": expected,
		"the roster wants it shared, and the mailbox is gone": example.changed(deleted, [{
			"leaver": {"state": "deleted", "mailHandling": "shared"},
			"mailbox": example.absent,
		}]),
		"it forwarded": example.changed(deleted, [{"mailbox": example.soft_deleted_with({"ForwardingAddress": "Vega, S"})}]),
		"it was shared": example.changed(deleted, [{"mailbox": example.soft_deleted_with({
			"RecipientTypeDetails": "SharedMailbox",
		})}]),
		"it was shared, as half a mailbox and half an account show": {
			"leaver": {"state": "deleted"},
			"mailbox": example.partial({"RecipientTypeDetails": "SharedMailbox"}),
			"account": example.partial({"deletedDateTime": "2026-06-04T09:00:00Z"}),
		},
		"the lists of users were not read to their end": {
			"leaver": {"state": "unread"},
			"mailbox": example.shared_with({}),
			"account": example.partial({"deletedDateTime": "2026-06-04T09:00:00Z"}),
		},
	}
	rule.status == "fail" with input as example.input_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"nothing was read, and the roster wants it forwarded": {"leaver": {"mailHandling": "forward"}},
		"the account was not read": {"mailbox": example.shared_with({})},
		"half an account": {"mailbox": example.shared_with({}), "account": example.partial({"deletedDateTime": null})},
		"a deletion that is no date that can be": {
			"mailbox": example.shared_with({}),
			"account": example.account_with({"deletedDateTime": "9999-12-31T23:59:59Z"}),
		},
		"the mailbox was not read": {"leaver": {"mailHandling": "forward"}, "account": example.account_with({})},
		"half a mailbox": {"mailbox": example.partial(example.mailbox), "account": example.account_with({})},
		"a kind that is null": {
			"mailbox": example.mailbox_with({"RecipientTypeDetails": null}),
			"account": example.account_with({}),
		},
	}
	rule.status == "unknown" with input as example.input_of(case)
}

test_deadline_and_words if {
	rule.deadline == "2026-07-04T09:00:00Z" with input as example.input_of(expected)
	rule.findings == {{
		"resource": "deletedDateTime",
		"deletedDateTime": "2026-06-04T09:00:00Z",
	}} with input as example.input_of(expected)
	message := rule.message with input as example.input_of(expected)
	contains(message, "was deleted on 2026-06-04 09:00 UTC; it can be restored until 2026-07-04 09:00 UTC.")
	rule.evidence.roster.mailHandling == "forward" with input as example.input_of(expected)
}

test_no_deadline_when_nobody_knows_since_when if {
	case := {"leaver": {"state": "deleted", "mailHandling": "forward"}}
	rule.status == "fail" with input as example.input_of(case)
	not rule.deadline with input as example.input_of(case)
	message := rule.message with input as example.input_of(case)
	message == "The account behind the mail was deleted, nobody knows when."
}

test_no_words_on_a_pass if {
	case := {"mailbox": example.shared_with({}), "account": example.account_with({})}
	not rule.message with input as example.input_of(case)
}

test_no_deadline_without_a_finding if {
	not rule.deadline with input as example.input_of(deleted)
}

deleted := {
	"leaver": {"state": "deleted"},
	"account": example.account_with({"deletedDateTime": "2026-06-04T09:00:00Z"}),
	"mailbox": example.soft_deleted_with({}),
}

expected := example.changed(deleted, [{"leaver": {"state": "deleted", "mailHandling": "forward"}}])

forwarding := example.mailbox_with({"ForwardingSmtpAddress": "smtp:s.vega@northwind.example"})
