# METADATA
# title: The leaver is found in the tenant
# description: |
#   The person is in the tenant, live or among the deleted users. Who is in neither list is misspelt in the roster or
#   was deleted more than 30 days ago: it passes where an earlier snapshot (--baseline) has them among the deleted
#   users, or where somebody attests it. Microsoft's page
#   takes the account for granted; without it no other rule says anything about the person. An account that was
#   created after leaving is somebody else's, whatever its name: it is listed, and never judged.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/restore-user
#     description: Restore a user
#   - ref: https://learn.microsoft.com/graph/api/resources/directory
#     description: Deleted items, kept for 30 days
# custom:
#   id: ROS-001
#   scope: leaver
#   severity: high
#   states: [live, deleted, unread, not_found]
#   requires: [account]
#   attestations: [ROS-001]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
#   controls:
#     nist-800-53-r5: [{id: "PS-4", confidence: medium}]
#     iso-27001-2022: [{id: "A.6.5", confidence: medium}, {id: "A.5.36", confidence: medium}]
#     cis-controls-8.1: [{id: "6.2", confidence: medium}]
#     soc2: [{id: "CC6.2", confidence: medium}, {id: "CC7.2", confidence: medium}]
#   remediation: |
#     Correct the roster row, or look the person up under Users > Deleted users in the Microsoft 365 admin centre
#     (Get-MgDirectoryDeletedItemAsUser). If the account is gone for good, attest it.
package checklist.roster.leaver_found

import data.lib.names
import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.leaver.state in {"live", "deleted"}
	input.facts.account.state == "read"
	names.fold(input.facts.account.value.id) == input.leaver.id
} else := "pass" if {
	nowhere
	input.facts.account.state == "absent"
	deleted_before
} else := "pass" if {
	count(attested) > 0
}

findings contains finding if {
	nowhere
	not deleted_before
	count(attested) == 0
	finding := proofs.about(
		input.leaver,
		["userPrincipalName", "mail", "employeeId", "displayName", "source"],
		["userPrincipalName", "mail", "employeeId", "displayName", "source"],
	)
}

# METADATA
# description: that the account is gone for good
attested contains "ROS-001" if {
	nowhere
	not deleted_before
	input.attested["ROS-001"]
}

# METADATA
# description: neither live nor deleted
nowhere if input.leaver.state == "not_found"

# METADATA
# description: the earlier snapshot has them among the deleted users
# scope: document
deleted_before if input.baseline.leaver.state == "deleted"

deleted_before if {
	input.baseline.facts.account.state == "read"
	is_number(times.ns(input.baseline.facts.account.value.deletedDateTime))
}

evidence := object.union(
	proofs.of({"account": ["id", "userPrincipalName", "mail", "employeeId", "createdDateTime", "deletedDateTime"]}),
	{"roster": object.filter(input.leaver, ["source", "matchedBy", "notThem"])},
)

message := $"The leaver is not in the tenant; {somebody_else} is not the leaver." if {
	status == "fail"
	count(input.leaver.notThem) > 0
} else := "Neither a live nor a deleted account was found: misspelt, or deleted more than 30 days ago." if {
	status == "fail"
} else := $"Deleted for good: the earlier snapshot of {when} has the account among the deleted users." if {
	status == "pass"
	nowhere
	deleted_before
	when := times.shown(input.baseline.collectedAt)
} else := "The account is in neither list; that it is gone for good is attested." if {
	count(attested) > 0
}

# METADATA
# description: an account that bears the leaver's name and was created after leaving
somebody_else := proofs.key(input.leaver.notThem[0], ["userPrincipalName", "id"])
