# METADATA
# title: The leaver is out of the call queues
# description: |
#   The leaver is in none of the groups that serve a call queue, directly or through another group. Microsoft's page of
#   2020 recommends to take the user out of the groups of the queue, which would otherwise ring somebody who cannot
#   answer. No interface that is read here lists the queues: their groups are the parameter `queue_groups`, and without
#   it there is nothing to judge. Agents who were added to a queue directly are not seen; Get-CsCallQueue shows them.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoftteams/create-a-phone-system-call-queue
#     description: Create a call queue
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-6
#     description: Step 6, remove the licence
# custom:
#   id: TEL-002
#   scope: leaver
#   severity: low
#   states: [live, unread]
#   requires: [groups]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#     queue_groups:
#       description: the groups that serve a call queue, by id or display name
#       type: array
#       items: {type: string, minLength: 1}
#       default: []
#   controls:
#     nist-800-53-r5: [{id: "PS-4(d)", confidence: low}]
#     iso-27001-2022: [{id: "A.5.11", confidence: medium}]
#   remediation: |
#     Remove the user from the group under Teams & groups in the Microsoft 365 admin centre (Remove-MgGroupMemberByRef,
#     for a distribution list Remove-DistributionGroupMember), and look for direct agents under Voice > Call queues in
#     the Teams admin centre (Get-CsCallQueue).
package checklist.telephony.out_of_call_queues

import data.lib.groups
import data.lib.names
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	no_queue
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.groups.state == "read"
	is_array(input.facts.groups.value)
	is_array(queue_groups)
	every group in input.facts.groups.value { serves_none(group) }
}

findings contains finding if {
	some group in input.facts.groups.value
	groups.named(group.id, group.displayName, queue_groups)
	finding := proofs.about(
		group,
		["id"],
		["id", "displayName", "mail", "groupTypes", "onPremisesSyncEnabled", "membershipRule", "direct"],
	)
}

# METADATA
# description: nobody said which groups serve a call queue
no_queue if queue_groups == []

# METADATA
# description: the groups that serve a call queue
queue_groups := data.parameters["TEL-002"].queue_groups

# METADATA
# description: the group has both names by which it could be one of them, and is none
serves_none(group) if {
	names.given(group.id)
	names.given(group.displayName)
	not groups.named(group.id, group.displayName, queue_groups)
}

evidence := {"groups": {"queueGroups": queue_groups, "memberships": count(input.facts.groups.value)}}

message := "Nobody named the groups that serve a call queue: set the parameter queue_groups." if {
	no_queue
} else := $"Still among the agents of a call queue through {concat(", ", sort(names_of_groups))}." if {
	status == "fail"
} else := "Agents who were added to a call queue directly are not seen." if {
	status == "pass"
}

# METADATA
# description: what people call the groups
names_of_groups contains proofs.key(finding, ["displayName", "resource"]) if some finding in findings
