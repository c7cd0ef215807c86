# METADATA
# title: Consents and application assignments are removed
# description: |
#   No application may act in the leaver's name (a delegated permission grant of consent type Principal), and the
#   leaver is assigned to none (an app role assignment of the user; the default access, an `appRoleId` of zeros, counts
#   too). A grant for all principals is everybody's, and an assignment through a group is ACC-004's. Microsoft's page
#   of 2020 does not speak of consents; blocking the sign-in stops new tokens, and a grant is good again for whoever
#   enables the account.
# related_resources:
#   - ref: https://learn.microsoft.com/entra/identity/enterprise-apps/manage-application-permissions
#     description: Review permissions granted to enterprise applications
#   - ref: https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant
#     description: oAuth2PermissionGrant
#   - ref: https://learn.microsoft.com/graph/api/resources/approleassignment
#     description: appRoleAssignment
# custom:
#   id: ACC-007
#   scope: leaver
#   severity: medium
#   states: [live, unread]
#   requires: [appGrants]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#   controls:
#     nist-800-53-r5:
#       - {id: "IA-5", confidence: high}
#       - {id: "PS-4(b)", confidence: high}
#       - {id: "AC-2(h)", confidence: medium}
#     iso-27001-2022: [{id: "A.5.17", confidence: high}, {id: "A.8.2", confidence: high}]
#     cis-controls-8.1: [{id: "5.5", confidence: high}, {id: "6.2", confidence: medium}]
#     soc2: [{id: "CC6.1", confidence: medium}, {id: "CC6.3", confidence: medium}]
#     pci-dss-4.0: [{id: "8.6.3", confidence: medium}, {id: "8.3.11", confidence: low}]
#     hipaa: [{id: "164.312(d)", confidence: low}]
#     scuba: [{id: "MS.AAD.5.6v1", confidence: medium}, {id: "MS.AAD.5.2v1", confidence: low}]
#   remediation: |
#     Remove the assignment under Users and groups of the enterprise application in the Microsoft Entra admin centre
#     (Remove-MgUserAppRoleAssignment); a grant of one user only PowerShell removes (Remove-MgOauth2PermissionGrant).
package checklist.access.consents_and_assignments_removed

import data.lib.names
import data.lib.proofs

default status := "unknown"

status := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.appGrants.state == "read"
	is_array(input.facts.appGrants.value.oauth2PermissionGrants)
	is_array(input.facts.appGrants.value.appRoleAssignments)
	every grant in input.facts.appGrants.value.oauth2PermissionGrants { of_others(grant) }
	every assignment in input.facts.appGrants.value.appRoleAssignments { through_group(assignment) }
}

findings contains finding if {
	some grant in consents
	finding := proofs.about(
		grant,
		["id"],
		["id", "clientId", "consentType", "principalId", "resourceId", "scope"],
	)
}

findings contains finding if {
	some assignment in assignments
	finding := proofs.about(
		assignment,
		["id"],
		["id", "appRoleId", "principalId", "principalType", "resourceId", "resourceDisplayName", "createdDateTime"],
	)
}

# METADATA
# description: the grants in the leaver's name
consents contains grant if {
	some grant in input.facts.appGrants.value.oauth2PermissionGrants
	names.fold(grant.consentType) == "principal"
	names.fold(grant.principalId) == input.leaver.id
}

# METADATA
# description: the applications to which the leaver is assigned in person
assignments contains assignment if {
	some assignment in input.facts.appGrants.value.appRoleAssignments
	names.fold(assignment.principalType) == "user"
}

# METADATA
# description: the assignment is a group's, of which the leaver is a member
through_group(assignment) if names.fold(assignment.principalType) == "group"

# METADATA
# description: the grant is everybody's, or somebody else's
# scope: document
of_others(grant) if names.fold(grant.consentType) == "allprincipals"

of_others(grant) if {
	names.fold(grant.consentType) == "principal"
	names.given(grant.principalId)
	names.fold(grant.principalId) != input.leaver.id
}

evidence := {"appGrants": {
	"oauth2PermissionGrants": count(input.facts.appGrants.value.oauth2PermissionGrants),
	"appRoleAssignments": count(input.facts.appGrants.value.appRoleAssignments),
}}

message := concat("", [
	$"Left: {names.counted(count(consents), "delegated permission grant")}",
	$" and {names.counted(count(assignments), "app role assignment")}.",
]) if {
	status == "fail"
}
