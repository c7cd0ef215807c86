package checklist.access.sign_in_blocked_test

import data.checklist.access.sign_in_blocked as rule
import data.lib.example_test as example

test_pass[name] if {
	some name, case in {
		"the account is disabled": {"account": example.account_with({"accountEnabled": false})},
		"the account is deleted": {
			"leaver": {"state": "deleted"},
			"account": example.account_with({"accountEnabled": true, "deletedDateTime": "2026-06-05T09:00:00Z"}),
		},
	}
	rule.status == "pass" with input as example.input_of(case)
}

test_fail[name] if {
	some name, case in {
		"the account is enabled": {"account": example.account_with({"accountEnabled": true})},
		"what was read of the account shows it enabled": {"account": example.partial({"accountEnabled": true})},
	}
	rule.status == "fail" with input as example.input_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"nothing was read of a deleted account": {"leaver": {"state": "deleted"}},
		"null is not false": {"account": example.account_with({"accountEnabled": null})},
		"half an account proves no block": {"account": example.partial({"accountEnabled": false})},
	}
	rule.status == "unknown" with input as example.input_of(case)
}

test_no_words_on_a_pass if {
	not rule.message with input as example.input_of({"account": example.account_with({})})
}

test_words if {
	case := {"account": example.account_with({"accountEnabled": true})}
	rule.findings == {{"resource": "accountEnabled", "accountEnabled": true}} with input as example.input_of(case)
	rule.message == "The account can still sign in." with input as example.input_of(case)
	rule.evidence.account.accountEnabled == true with input as example.input_of(case)
}
