# METADATA
# title: The directory audit log
# description: |
#   What was done to the leaver, by the rows of the log that are known. They prove that something was done also when
#   the log was not read to its end; that nothing was done only a log that was read can say.
package lib.audits

import data.lib.names
import data.lib.times

# METADATA
# description: every success, with its activity in lower case and without the full stop that some services append
successes contains event if {
	some row in input.facts.audits.value
	names.fold(row.result) == "success"
	some target in row.targetResources
	names.fold(target.id) == input.leaver.id
	event := object.union_n([
		{"activity": trim(names.fold(row.activityDisplayName), ". ")},
		object.filter(row, ["id", "activityDisplayName", "activityDateTime", "initiatedBy"]),
		object.filter(target, ["modifiedProperties"]),
	])
}

# METADATA
# description: the last of these events; more than one only if they share the time
last(events) := {event |
	some event in events
	event.activityDateTime == times.latest({other.activityDateTime | some other in events})
}

# METADATA
# description: the log reaches back to leaving, and was read to its end
since_leaving if {
	input.facts.audits.state == "read"
	times.at_or_after(input.leaver.leftAt, data.tenant.windows.audits.from)
}
