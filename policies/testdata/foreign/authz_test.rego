package authz_test

import data.authz

test_post_allowed if authz.allow with input as {"path": ["users"], "method": "POST"}

test_get_denied if not authz.allow with input as {"path": ["users"], "method": "GET"}

test_admin_from_data if authz.allow with input as {"user": "ann"}

test_that_fails if {
	print("looking")
	authz.allow with input as {"user": "bob"}
}

test_clock_can_be_mocked if authz.fresh with time.now_ns as 101

test_network_can_be_mocked if {
	authz.remote == "yes" with http.send as {"body": "yes"}
}

todo_test_later if false

test_table[name] if {
	some name, tc in {
		"bob": {"user": "bob", "want": false},
		"ann": {"user": "ann", "want": true},
		"wrong": {"user": "ann", "want": false},
	}
	authz.allow == tc.want with input as {"user": tc.user}
}

test_nested[group][name] if {
	some group, cases in {"a": {"x": 1, "y": 2}, "b": {"x": 1}}
	some name, n in cases
	n < 2
}

test_no_case[name] if {
	some name, tc in {}
	tc == 1
}

test_twice := true

test_twice if 1 == 1

test_error if {
	conflict == 1
}

conflict := 1

conflict := 2
