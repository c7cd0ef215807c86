package lib.names_test

import data.lib.names

test_fold if {
	names.fold(" Blocked ") == "blocked"
	not names.fold(null)
	not names.fold(17)
}

test_given_and_none_leave_a_gap if {
	names.given("x")
	not names.given(" ")
	not names.given(null)
	names.none(null)
	names.none("")
	not names.none(" ")
}

test_counted if {
	names.counted(1, "day") == "1 day"
	names.counted(0, "day") == "0 days"
	names.counted(12, "day") == "12 days"
}
