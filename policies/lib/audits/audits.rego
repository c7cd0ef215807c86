# METADATA
# title: The directory audit log
# description: |
#   What was done to the leaver, by the rows of the log that are known. They prove that something was done also when
#   the log was not read to its end; that nothing was done only a log that was read can say.
package lib.audits

import data.lib.names

# METADATA
# description: every success, with its activity in lower case and without the full stop that some services append
successes contains event if {
	some row in input.facts.audits.value
	names.fold(row.result) == "success"
	some target in row.targetResources
	names.fold(target.id) == input.leaver.id
	event := object.union(
		{"activity": trim(names.fold(row.activityDisplayName), ". ")},
		object.filter(row, ["id", "activityDisplayName", "activityDateTime", "initiatedBy"]),
	)
}
