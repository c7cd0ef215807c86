# METADATA
# title: Times
# description: |
#   Compares the RFC 3339 times of a snapshot. Null, a missing value and the dates that Microsoft's services write for
#   "never" and "no end" are no instants: nothing is at, after or until them. Text that is no time at all is an error,
#   so that a rule cannot mistake it for "never".
package lib.times

# METADATA
# description: the instant in nanoseconds since 1970
ns(value) := time.parse_rfc3339_ns(value) if {
	is_string(value)
	not _placeholder(value)
}

# METADATA
# description: the service says that it never happened
never(value) if {
	is_string(value)
	substring(value, 0, 4) in {"0001", "1601"}
}

# METADATA
# description: both are instants, and the first is not earlier than the second
at_or_after(first, second) if ns(first) >= ns(second)

# METADATA
# description: both are instants, and the first is later than the second
after(first, second) if ns(first) > ns(second)

# METADATA
# description: the first never happened, or happened before the second
# scope: document
before(first, second) if ns(first) < ns(second)

before(first, second) if {
	never(first)
	is_number(ns(second))
}

# METADATA
# description: the time so many days later
days_later(value, days) := time.format(ns(value) + (days * ns_per_day))

# METADATA
# description: full days from the collection of the snapshot until then, negative when it is past
days_left(value) := floor(days + 1000000) - 1000000 if {
	# shifted, because floor makes 0 of a number between -1 and 0
	days := (ns(value) - ns(data.tenant.collectedAt)) / ns_per_day
}

# METADATA
# description: full hours from then until the collection of the snapshot
hours_since(value) := floor((ns(data.tenant.collectedAt) - ns(value)) / ns_per_hour)

# METADATA
# description: a date-time as people read it, to the minute; whatever is none stays as it is
shown(value) := time.format([ns(value), "UTC", "2006-01-02 15:04 UTC"]) if {
	is_number(ns(value))
} else := value

# METADATA
# description: the latest of several times; undefined when none is an instant
latest(values) := ordered[count(ordered) - 1][1] if {
	ordered := sort({[ns(value), value] | some value in values})
}

# METADATA
# description: the earliest of several times; undefined when none is an instant
earliest(values) := sort({[ns(value), value] | some value in values})[0][1]

# METADATA
# description: nanoseconds in a minute
ns_per_minute := 60000000000

# METADATA
# description: nanoseconds in an hour
ns_per_hour := 60 * ns_per_minute

# METADATA
# description: nanoseconds in a day
ns_per_day := 24 * ns_per_hour

_placeholder(value) if never(value)

_placeholder(value) if startswith(value, "9999")
