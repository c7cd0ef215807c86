package lib.proofs_test

import data.lib.proofs

test_about_is_named_by_the_first_key_that_says_something[want] if {
	some want, thing in {
		"one": {"a": "one", "b": "two"},
		"two": {"a": null, "b": "two"},
		"three": {"c": "three", "a": ""},
		"unnamed": {"d": "four"},
	}
	proofs.about(thing, ["a", "b", "c"], []) == {"resource": want}
}

test_about_shows_what_was_answered if {
	proofs.about({"a": "one", "b": null}, ["a"], ["b", "c"]) == {"resource": "one", "b": null}
}

test_of_shows_facts_of_the_leaver_and_of_the_tenant if {
	proofs.of({"account": ["accountEnabled"], "signInActivity": ["x"], "organization": ["id"], "mailbox": ["Guid"]}) == {
		"account": {"accountEnabled": false},
		"organization": {"id": "t"},
	} with input.facts as {
		"account": {"state": "read", "value": {"accountEnabled": false, "id": "x"}},
		"signInActivity": {"state": "read", "value": null},
	}
		with data.tenant.facts as {"organization": {"state": "read", "value": {"id": "t", "displayName": "T"}}}
}

test_values_leave_the_facts_out if {
	proofs.values({"account": ["accountEnabled"], "mailbox": ["Guid"]}) == {
		"accountEnabled": false,
		"Guid": "g",
	} with input.facts as {
		"account": {"state": "read", "value": {"accountEnabled": false, "id": "x"}},
		"mailbox": {"state": "unknown", "value": {"Guid": "g"}},
	}
}
