# METADATA
# title: Reports are reassigned
# description: |
#   The leaver is nobody's manager any more. Microsoft's page of 2020 does not speak of it; a manager who has left is
#   still asked for approvals and access reviews, and gets the OneDrive of the next leaver. Somebody who has left too
#   is still a report until the account is deleted.
# related_resources:
#   - ref: https://learn.microsoft.com/graph/api/user-list-directreports
#     description: List directReports
#   - ref: https://learn.microsoft.com/sharepoint/retention-and-deletion
#     description: OneDrive retention and deletion, and the manager's access
# custom:
#   id: ACC-011
#   scope: leaver
#   severity: low
#   states: [live, unread]
#   requires: [directReports]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 168
#   controls:
#     nist-800-53-r5: [{id: "PS-4", confidence: medium}]
#     iso-27001-2022: [{id: "A.6.5", confidence: medium}]
#     cis-controls-8.1: [{id: "6.2", confidence: medium}]
#     soc2: [{id: "CC6.2", confidence: medium}]
#   remediation: |
#     Change the manager on each report's page in the Microsoft Entra admin centre (Set-MgUserManagerByRef), for a
#     synchronised account in Active Directory (Set-ADUser -Manager).
package checklist.access.reports_reassigned

import data.lib.names
import data.lib.proofs

default status := "unknown"

status := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.directReports.state == "read"
	input.facts.directReports.value == []
}

findings contains finding if {
	some report in input.facts.directReports.value
	finding := proofs.about(
		report,
		["id"],
		["id", "kind", "displayName", "userPrincipalName", "accountEnabled"],
	)
}

evidence := {"directReports": {"reports": count(input.facts.directReports.value)}}

message := $"Still the manager of {names.counted(count(findings), "account")}: {list}." if {
	status == "fail"
}

# METADATA
# description: the names of the reports
list := concat(", ", sort({proofs.key(finding, ["userPrincipalName", "displayName", "id"]) | some finding in findings}))
