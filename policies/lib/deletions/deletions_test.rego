package lib.deletions_test

import data.lib.deletions
import data.lib.example_test as example

test_deleted_and_live[name] if {
	some name, tc in {
		"live": {"case": {"account": example.account_with({})}, "want": "live"},
		"live, and the account was not read": {"case": {}, "want": "neither"},
		"live, and half the account was read": {"case": {"account": example.partial(example.account)}, "want": "neither"},
		"live, by an account that does not say": {
			"case": {"account": example.read({"id": example.id})},
			"want": "neither",
		},
		"deleted": {
			"case": {
				"leaver": {"state": "deleted"},
				"account": example.account_with({"deletedDateTime": "2026-06-05T09:00:00Z"}),
			},
			"want": "deleted",
		},
		"deleted, and the account was not read": {"case": {"leaver": {"state": "deleted"}}, "want": "deleted"},
		"deleted, and the account lags behind": {
			"case": {"leaver": {"state": "deleted"}, "account": example.account_with({})},
			"want": "deleted",
		},
		"the lists were not read to their end": {
			"case": {
				"leaver": {"state": "unread"},
				"account": example.partial({"deletedDateTime": "2026-06-05T09:00:00Z"}),
			},
			"want": "deleted",
		},
		"nobody knows": {
			"case": {"leaver": {"state": "unread"}, "account": example.account_with({})},
			"want": "neither",
		},
		"a date that cannot be": {
			"case": {"account": example.account_with({"deletedDateTime": "0001-01-01T00:00:00Z"})},
			"want": "neither",
		},
	}
	said := {"deleted" | deletions.deleted} | {"live" | deletions.live} with input as example.input_of(tc.case)
	said == {tc.want} - {"neither"}
}

test_restorable_until if {
	case := {"account": example.account_with({"deletedDateTime": "2026-06-05T09:00:00Z"})}
	deletions.restorable_until == "2026-07-05T09:00:00Z" with input as example.input_of(case)
	not deletions.restorable_until with input as example.input_of({"account": example.account_with({})})
}
