# METADATA
# title: Deletion of the account
# description: |
#   Whether the account is among the deleted users, and how long it can be restored. Neither is said of an account that
#   was not read.
package lib.deletions

import data.lib.names
import data.lib.times

# METADATA
# description: the account is among the deleted users
# scope: document
deleted if input.leaver.state == "deleted"

deleted if is_number(times.ns(at))

# METADATA
# description: the account is live
live if {
	input.leaver.state == "live"
	input.facts.account.state == "read"
	names.none(at)
}

# METADATA
# description: what the account says of when it was deleted
at := input.facts.account.value.deletedDateTime

# METADATA
# description: the last day on which it can be restored
restorable_until := times.days_later(at, 30)
