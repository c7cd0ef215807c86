# METADATA
# title: The OneDrive is handed over
# description: |
#   Somebody who is still there can open the leaver's OneDrive: the successor, the manager, or whoever else the root of
#   the drive is shared with by name or through a group with an enabled member. Microsoft's step 5 makes the manager or
#   the successor an owner of the drive, as a site administrator. Those do not appear among the permissions that can
#   be read, so that a drive on which only the leaver is listed is unknown, until somebody attests the hand-over. A
#   link for the whole organisation or for everybody hands nothing over, and neither does a grant to another leaver,
#   to a guest or one that has expired. It fails where the drive was shared with others and none of them is there any
#   more. An empty drive and one that never was need no hand-over. The drive of a deleted account is read by the id
#   that an earlier snapshot has (--baseline).
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-5
#     description: Step 5, give another employee access to OneDrive and Outlook data
#   - ref: https://learn.microsoft.com/graph/api/driveitem-list-permissions
#     description: List who has access to a file
# custom:
#   id: ODB-001
#   scope: leaver
#   severity: medium
#   states: [live, deleted, unread]
#   requires: [oneDrive, drivePermissions]
#   attestations: [ODB-001]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 168
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
#     Choose Create link to files on the user's OneDrive tab in the Microsoft 365 admin centre and share the drive with
#     the successor (Set-SPOUser -IsSiteCollectionAdmin $true), and attest it, because administrators of the site
#     cannot be read.
package checklist.onedrive.handed_over

import data.lib.drives
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	nothing_to_hand_over
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	observed
} else := "pass" if {
	count(attested) > 0
}

findings contains finding if {
	drives.filled
	drives.handed_to_nobody
	count(attested) == 0
	finding := object.union(
		proofs.about(input.facts.oneDrive.value, ["id", "webUrl"], ["id", "webUrl", "lastModifiedDateTime"]),
		{"sharedWith": sort(drives.former)},
	)
}

# METADATA
# description: that the drive was handed over, where its permissions do not show it
attested contains "ODB-001" if {
	input.attested["ODB-001"]
	not nothing_to_hand_over
	not observed
}

# METADATA
# description: there is no drive, or nothing in it
# scope: document
nothing_to_hand_over if drives.none

nothing_to_hand_over if drives.empty

# METADATA
# description: the drive is there, and somebody who is still there can open it
observed if {
	input.facts.oneDrive.state == "read"
	drives.handed_over
}

evidence := object.union(
	proofs.of({"oneDrive": ["id", "webUrl", "quota", "lastModifiedDateTime", "foundBy"]}),
	{"drivePermissions": {"receivers": sort(drives.receivers), "former": sort(drives.former)}},
)

missing contains "drivePermissions" if {
	status == "unknown"
	input.facts.oneDrive.state == "read"
	input.facts.drivePermissions.state == "read"
}

missing contains "oneDrive" if {
	status == "unknown"
	drives.vanished
}

message := $"Nobody of {concat(", ", sort(drives.former))}, with whom the drive was shared, is there any more." if {
	status == "fail"
} else := "That the drive was handed over is attested; its permissions do not show it." if {
	count(attested) > 0
} else := $"Can be opened by {concat(", ", sort(drives.receivers))}." if {
	status == "pass"
} else := "The earlier snapshot has a drive, and there is none any more." if {
	drives.vanished
} else := "Nobody present is seen among the drive's permissions; site administrators do not appear there." if {
	"drivePermissions" in missing
}
