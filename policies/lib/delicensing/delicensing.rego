# METADATA
# title: Licence changes
# description: |
#   What the directory audit log says of the leaver's licences since leaving. It seldom says which licence a change
#   gave or took, so a change counts as a removal unless it shows itself that licences were only added.
package lib.delicensing

import data.lib.audits
import data.lib.names
import data.lib.times

# METADATA
# description: every licence change at or after leaving
changes contains event if {
	some event in audits.successes
	event.activity == "change user license"
	times.at_or_after(event.activityDateTime, input.leaver.leftAt)
}

# METADATA
# description: when licences were taken away, or may have been
removals contains event.activityDateTime if {
	some event in changes
	not only_added(event)
}

# METADATA
# description: every licence of before is there afterwards, with the same plans switched off, and another one too
only_added(event) if {
	some property in event.modifiedProperties
	names.fold(property.displayName) == "assignedlicense"
	before := _licences(property.oldValue)
	after := _licences(property.newValue)
	every licence in before { licence in after }
	count(after) > count(before)
}

# the service writes lists as JSON in a string, and cuts it off when it is too long
_licences(text) := {licence | some licence in list} if {
	names.given(text)
	json.is_valid(text)
	list := json.unmarshal(text)
	is_array(list)
}

_licences(text) := set() if names.none(text)
