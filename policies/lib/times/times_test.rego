package lib.times_test

import data.lib.times

test_ns_of_every_number_of_fractional_digits[text] if {
	some text, want in {
		"2026-06-01T12:00:00Z": 1780315200000000000,
		"2026-06-01T12:00:00.5Z": 1780315200500000000,
		"2026-06-01T12:00:00.1234567Z": 1780315200123456700,
		"2026-06-01T12:00:00.123456789Z": 1780315200123456789,
	}
	times.ns(text) == want
}

test_no_instant[name] if {
	some name, value in {
		"null": null,
		"never": "0001-01-01T00:00:00Z",
		"never, of old": "1601-01-01T00:00:00Z",
		"no end": "9999-12-31T23:59:59.9999999Z",
		"a number": 1780315200,
	}
	not times.ns(value)
	not times.at_or_after(value, "2026-06-01T12:00:00Z")
	not times.at_or_after("2026-06-01T12:00:00Z", value)
	not times.after("2026-06-01T12:00:00Z", value)
	not times.before("2026-06-01T12:00:00Z", value)
}

test_never_is_before_everything if {
	times.before("0001-01-01T00:00:00Z", "2026-06-01T12:00:00Z")
	not times.before("0001-01-01T00:00:00Z", null)
	not times.before(null, "2026-06-01T12:00:00Z")
	not times.before("9999-12-31T23:59:59Z", "2026-06-01T12:00:00Z")
}

test_order_by_instant_and_not_by_letters if {
	times.after("2026-06-01T12:00:00.5Z", "2026-06-01T12:00:00Z")
	times.before("2026-06-01T12:00:00Z", "2026-06-01T12:00:00.5Z")
	not times.before("2026-06-01T12:00:00.50Z", "2026-06-01T12:00:00.5Z")
	times.at_or_after("2026-06-01T12:00:00.50Z", "2026-06-01T12:00:00.5Z")
	not times.after("2026-06-01T12:00:00.50Z", "2026-06-01T12:00:00.5Z")
}

test_days_later if {
	times.days_later("2026-06-05T09:00:00Z", 30) == "2026-07-05T09:00:00Z"
	times.days_later("2026-01-31T09:00:00.5Z", 30) == "2026-03-02T09:00:00.5Z"
	not times.days_later(null, 30)
}

test_days_left_are_full_days[at] if {
	some at, want in {
		"2026-06-18T12:00:00Z": 7,
		"2026-06-18T11:59:59Z": 6,
		"2026-06-11T12:00:00Z": 0,
		"2026-06-11T11:59:59Z": -1,
		"2026-06-10T12:00:00Z": -1,
		"2026-06-10T11:59:59Z": -2,
		"2026-05-11T12:00:00Z": -31,
	}
	times.days_left(at) == want with data.tenant.collectedAt as "2026-06-11T12:00:00Z"
}

test_hours_since_are_full_hours if {
	times.hours_since("2026-06-11T10:30:00Z") == 1 with data.tenant.collectedAt as "2026-06-11T12:00:00Z"
}

test_latest_and_earliest if {
	some_times := {"2026-06-01T12:00:00Z", "2026-06-01T12:00:00.5Z", "2026-05-01T12:00:00Z", null, "0001-01-01T00:00:00Z"}
	times.latest(some_times) == "2026-06-01T12:00:00.5Z"
	times.earliest(some_times) == "2026-05-01T12:00:00Z"
	not times.latest({null})
	not times.earliest(set())
}

test_shown if {
	times.shown("2026-11-08T12:17:00.7823013Z") == "2026-11-08 12:17 UTC"
	times.shown("9999-12-31T23:59:59Z") == "9999-12-31T23:59:59Z"
}
