# METADATA
# title: The OneDrive has no anonymous link
# description: |
#   No link opens the root of the leaver's OneDrive to whoever has it. Such a link goes on working when the account is
#   blocked and deleted, for the leaver too. One that has expired does not count, and a password excuses none.
#   Microsoft's page does not ask for it. Only the root is judged: links to single files and folders are not read.
# related_resources:
#   - ref: https://learn.microsoft.com/sharepoint/turn-external-sharing-on-or-off
#     description: Manage sharing settings for SharePoint and OneDrive
#   - ref: https://learn.microsoft.com/graph/api/resources/sharinglink
#     description: Sharing links and their scope
# custom:
#   id: ODB-003
#   scope: leaver
#   severity: medium
#   states: [live, deleted, unread]
#   requires: [drivePermissions]
#   uses: [oneDrive]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#   controls:
#     nist-800-53-r5:
#       - {id: "PS-4(e)", confidence: high}
#       - {id: "AC-3", confidence: medium}
#       - {id: "AC-6", confidence: medium}
#     iso-27001-2022: [{id: "A.5.18", confidence: high}, {id: "A.8.3", confidence: high}]
#     cis-controls-8.1: [{id: "3.3", confidence: high}, {id: "6.8", confidence: low}]
#     cis-m365-7.0: [{id: "7.2.4", confidence: low}]
#     soc2: [{id: "CC6.3", confidence: high}]
#     pci-dss-4.0: [{id: "7.2.4", confidence: medium}]
#     hipaa: [{id: "164.308(a)(4)(ii)(C)", confidence: medium}]
#     scuba: [{id: "MS.SHAREPOINT.1.2v1", confidence: low}]
#   remediation: |
#     Remove the link under Manage access in the drive, which the user's OneDrive tab in the Microsoft 365 admin centre
#     opens (Remove-MgDriveItemPermission -DriveItemId root -PermissionId).
package checklist.onedrive.no_anonymous_links

import data.lib.drives
import data.lib.names
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	input.facts.drivePermissions.state == "absent"
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.drivePermissions.state == "read"
	every permission in input.facts.drivePermissions.value { harmless(permission) }
}

findings contains finding if {
	some permission in input.facts.drivePermissions.value
	names.fold(permission.link.scope) == "anonymous"
	not drives.expired(permission)
	finding := object.union_n([
		proofs.about(permission, ["id"], ["id", "roles", "expirationDateTime", "hasPassword"]),
		object.filter(permission.link, ["scope", "type", "webUrl"]),
		{"driveId": id | id := input.facts.oneDrive.value.id},
	])
}

# METADATA
# description: no link, one for people who sign in, or one whose time is over
# scope: document
harmless(permission) if drives.personal(permission)

harmless(permission) if names.fold(permission.link.scope) in {"organization", "existingaccess"}

harmless(permission) if drives.expired(permission)

# METADATA
# description: how many links of each kind there are
links[scope] := count(of_scope) if {
	some permission in input.facts.drivePermissions.value
	scope := names.fold(permission.link.scope)
	of_scope := [other | some other in input.facts.drivePermissions.value; names.fold(other.link.scope) == scope]
}

evidence := {"drivePermissions": {"links": links}}

message := $"Whoever has the link can open the drive: {names.counted(count(findings), "anonymous link")}." if {
	status == "fail"
}
