package checklist.mailflow.shared_mailbox_sign_in_blocked_test

import data.checklist.mailflow.shared_mailbox_sign_in_blocked as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"a user mailbox": {"mailbox": example.mailbox_with({})},
		"no mailbox": {"mailbox": example.absent},
		"inactive": {"mailbox": example.inactive_with({"RecipientTypeDetails": "SharedMailbox"})},
		"soft-deleted": {"mailbox": example.soft_deleted_with({"RecipientTypeDetails": "SharedMailbox"})},
	}
	rule.status == "not_applicable" with input as example.input_of(case)
}

test_pass[name] if {
	some name, case in {
		"blocked": shared(example.account_with({"accountEnabled": false})),
		"deleted a moment ago": example.changed(
			shared(example.account_with({"accountEnabled": true, "deletedDateTime": "2026-06-11T11:59:00Z"})),
			[{"leaver": {"state": "deleted"}}],
		),
	}
	rule.status == "pass" with input as example.input_of(case)
}

test_fail[name] if {
	some name, case in {
		"enabled": shared(example.account_with({"accountEnabled": true})),
		"enabled, as half an account and half a mailbox show": {
			"mailbox": example.partial({"mailboxState": "live", "RecipientTypeDetails": "SharedMailbox"}),
			"account": example.partial({"accountEnabled": true}),
		},
	}
	rule.status == "fail" with input as example.input_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the mailbox was not read": {"account": example.account_with({"accountEnabled": true})},
		"half a mailbox": {
			"mailbox": example.partial({"mailboxState": "live", "RecipientTypeDetails": "SharedMailbox"}),
			"account": example.account_with({"accountEnabled": false}),
		},
		"half a user mailbox": {"mailbox": example.partial(example.mailbox)},
		"half an inactive mailbox": {"mailbox": example.partial({"mailboxState": "inactive"})},
		"a mailbox whose state was not answered": {
			"mailbox": example.read({"RecipientTypeDetails": "SharedMailbox"}),
			"account": example.account_with({"accountEnabled": true}),
		},
		"a mailbox whose kind was not answered": {
			"mailbox": example.read({"mailboxState": "live"}),
			"account": example.account_with({"accountEnabled": true}),
		},
		"a mailbox whose kind was not answered, and the account is blocked": {
			"mailbox": example.read({"mailboxState": "live"}),
			"account": example.account_with({"accountEnabled": false}),
		},
		"a mailbox whose state was not answered, and the account is blocked": {
			"mailbox": example.read({"RecipientTypeDetails": "SharedMailbox"}),
			"account": example.account_with({"accountEnabled": false}),
		},
		"the account was not read": shared(example.unknown),
		"half an account": shared(example.partial({"accountEnabled": false})),
		"null is not false": shared(example.account_with({"accountEnabled": null})),
	}
	rule.status == "unknown" with input as example.input_of(case)
}

test_no_words_on_a_pass if {
	case := shared(example.account_with({"accountEnabled": false}))
	not rule.message with input as example.input_of(case)
}

test_words if {
	case := shared(example.account_with({"accountEnabled": true}))
	rule.findings == {{"resource": "accountEnabled", "accountEnabled": true}} with input as example.input_of(case)
	contains(rule.message, "can sign in") with input as example.input_of(case)
	rule.evidence.mailbox.RecipientTypeDetails == "SharedMailbox" with input as example.input_of(case)
}

shared(account) := {"mailbox": example.shared_with({}), "account": account}
