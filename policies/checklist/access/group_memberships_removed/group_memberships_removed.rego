# METADATA
# title: Group memberships are removed
# description: |
#   The leaver is in no group that grants access: a security group, a Microsoft 365 group or a role-assignable one,
#   directly or through another group. Distribution lists and administrative units grant none and are listed only;
#   directory roles are ACC-003's. Each finding says where it is mended: by the rule of a dynamic group, in Active
#   Directory, in a group that assigns a licence (licensing), or in the group through which the membership comes. The
#   groups that a leaver may stay in are the parameter `allowed_groups`. Microsoft's page of 2020 names groups only for
#   call queues; the membership of a disabled account still counts for whoever enables it again.
# related_resources:
#   - ref: https://learn.microsoft.com/graph/api/user-list-transitivememberof
#     description: List a user's direct and transitive memberships
#   - ref: https://learn.microsoft.com/entra/fundamentals/how-to-manage-groups
#     description: Manage Microsoft Entra groups and group membership
# custom:
#   id: ACC-004
#   scope: leaver
#   severity: medium
#   states: [live, unread]
#   requires: [groups]
#   uses: [licences]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#     allowed_groups:
#       description: the groups that a leaver may stay in, by id or display name
#       type: array
#       items: {type: string, minLength: 1}
#       default: []
#   controls:
#     nist-800-53-r5:
#       - {id: "AC-2(h)", confidence: high}
#       - {id: "AC-6(7)", confidence: high}
#       - {id: "PS-4(b)", confidence: high}
#       - {id: "AC-2(7)", confidence: medium}
#     iso-27001-2022: [{id: "A.8.2", confidence: high}, {id: "A.5.18", confidence: high}]
#     cis-controls-8.1:
#       - {id: "6.2", confidence: high}
#       - {id: "6.8", confidence: medium}
#       - {id: "5.4", confidence: medium}
#     cis-m365-7.0:
#       - {id: "5.3.2", confidence: high}
#       - {id: "5.3.3", confidence: high}
#       - {id: "1.1.1", confidence: medium}
#       - {id: "5.3.1", confidence: medium}
#     soc2: [{id: "CC6.3", confidence: high}]
#     pci-dss-4.0: [{id: "7.2.4", confidence: high}, {id: "7.2.5.1", confidence: high}]
#     hipaa: [{id: "164.308(a)(3)(ii)(C)", confidence: high}]
#     scuba: [{id: "MS.AAD.7.4v1", confidence: medium}, {id: "MS.AAD.7.5v1", confidence: medium}]
#   remediation: |
#     Remove the membership on the user's Groups page in the Microsoft Entra admin centre
#     (Remove-MgGroupMemberByRef -GroupId <id>), a synchronised one in Active Directory (Remove-ADGroupMember), a
#     dynamic one by the group's rule (Update-MgGroup -MembershipRule).
package checklist.access.group_memberships_removed

import data.lib.groups
import data.lib.names
import data.lib.proofs

default status := "unknown"

status := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.groups.state == "read"
	is_array(input.facts.groups.value)
	every group in input.facts.groups.value { harmless(group) }
}

findings contains finding if {
	some group in input.facts.groups.value
	grants_access(group)
	not allowed(group)
	finding := object.union(
		proofs.about(
			group,
			["id"],
			[
				"id", "displayName", "mail", "groupTypes", "securityEnabled", "isAssignableToRole",
				"onPremisesSyncEnabled", "membershipRule", "direct",
			],
		),
		{"mend": mend(group)},
	)
}

# METADATA
# description: whoever is in it may do what others may not
# scope: document
grants_access(group) if {
	group.kind == "group"
	group.securityEnabled == true
}

grants_access(group) if {
	group.kind == "group"
	"unified" in folded(group.groupTypes)
}

grants_access(group) if {
	group.kind == "group"
	group.isAssignableToRole == true
}

# METADATA
# description: the membership may stay
# scope: document
harmless(group) if allowed(group)

harmless(group) if distribution_list(group)

harmless(group) if group.kind in {"directoryRole", "administrativeUnit"}

# METADATA
# description: the organisation lets leavers stay in it
allowed(group) if groups.named(group.id, group.displayName, data.parameters["ACC-004"].allowed_groups)

# METADATA
# description: it distributes mail, and is known to grant nothing
distribution_list(group) if {
	group.kind == "group"
	group.mailEnabled == true
	group.securityEnabled == false
	is_array(group.groupTypes)
	not grants_access(group)
}

# METADATA
# description: where the membership ends
mend(group) := "dynamic rule" if {
	"dynamicmembership" in folded(group.groupTypes)
} else := "Active Directory" if {
	group.onPremisesSyncEnabled == true
} else := "licensing" if {
	names.fold(group.id) in licensing
} else := "through another group" if {
	group.direct == false
} else := "membership"

# METADATA
# description: the groups through which the leaver has a licence
licensing contains names.fold(state.assignedByGroup) if {
	some state in input.facts.licences.value.licenseAssignmentStates
}

# METADATA
# description: the words in lower case
folded(words) := {names.fold(word) | some word in words}

evidence := {"groups": {
	"allowed": [group.displayName | some group in input.facts.groups.value; allowed(group)],
	"distributionLists": [group.displayName | some group in input.facts.groups.value; distribution_list(group)],
	"administrativeUnits": [group.displayName |
		some group in input.facts.groups.value
		group.kind == "administrativeUnit"
	],
}}

message := $"In {names.counted(count(findings), "group")} that grants access: {list}." if {
	count(findings) == 1
} else := $"In {names.counted(count(findings), "group")} that grant access: {list}." if {
	status == "fail"
} else := "The directory does not say what every group is." if {
	status == "unknown"
	input.facts.groups.state == "read"
}

# METADATA
# description: what people call the groups
list := concat(", ", sort({proofs.key(finding, ["displayName", "resource"]) | some finding in findings}))
