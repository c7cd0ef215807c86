# METADATA
# title: Directory roles are removed
# description: |
#   The leaver holds no directory role and is eligible for none: directly, through a role-assignable group, or through
#   eligibility for such a group. Roles of a limited scope and assignments that begin later fail too; one that has
#   ended does not. Microsoft's page of 2020 does not speak of roles: blocking the sign-in was all. A disabled account
#   with a role is one change away from an administrator. Where the tenant has no Entra ID P2 or Governance, nobody can
#   be eligible, and the verdict says so. Roles of Exchange, Purview and Azure subscriptions are elsewhere.
# related_resources:
#   - ref: https://learn.microsoft.com/entra/identity/role-based-access-control/manage-roles-portal
#     description: Assign and remove Microsoft Entra roles
#   - ref: https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-add-role-to-user
#     description: Remove assignments in Privileged Identity Management
# custom:
#   id: ACC-003
#   scope: leaver
#   severity: critical
#   states: [live, unread]
#   requires: [roles]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 24
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
#     Remove the assignment on the user's Assigned roles page in the Microsoft Entra admin centre, active and eligible
#     ones (Remove-MgRoleManagementDirectoryRoleAssignment, New-MgRoleManagementDirectoryRoleEligibilityScheduleRequest
#     -Action adminRemove), or take the user out of the group that brings it.
package checklist.access.directory_roles_removed

import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.roles.state == "read"
	input.facts.roles.value.eligibility in {"read", "unlicensed"}
	is_array(input.facts.roles.value.assignments)
	every assignment in input.facts.roles.value.assignments { ended(assignment) }
}

findings contains finding if {
	some assignment in input.facts.roles.value.assignments
	not ended(assignment)
	finding := proofs.about(
		assignment,
		["id"],
		[
			"id", "kind", "roleDefinitionId", "displayName", "directoryScopeId",
			"startDateTime", "endDateTime", "memberType", "group",
		],
	)
}

# METADATA
# description: the assignment ended before the snapshot; "never" is no end
ended(assignment) if times.after(data.tenant.collectedAt, assignment.endDateTime)

evidence := {"roles": {
	"eligibility": input.facts.roles.value.eligibility,
	"assignments": count(input.facts.roles.value.assignments),
}}

message := $"Directory roles are left: {concat(", ", sort(names_of_roles))}." if {
	status == "fail"
} else := "No role; nobody can be eligible for one, because the tenant has no Entra ID P2 or Governance." if {
	status == "pass"
	input.facts.roles.value.eligibility == "unlicensed"
}

# METADATA
# description: what people call the roles, and the eligible ones as such
# scope: document
names_of_roles contains name_of(finding) if {
	some finding in findings
	not finding.kind == "eligible"
}

names_of_roles contains $"{name_of(finding)} (eligible)" if {
	some finding in findings
	finding.kind == "eligible"
}

# METADATA
# description: the name of the role, else of the group for which the leaver is eligible
name_of(finding) := finding.displayName if {
	is_string(finding.displayName)
} else := $"whatever {finding.group.displayName} brings" if {
	is_string(finding.group.displayName)
} else := proofs.key(finding, ["roleDefinitionId", "resource"])
