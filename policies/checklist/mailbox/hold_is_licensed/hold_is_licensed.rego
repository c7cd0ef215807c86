# METADATA
# title: The hold is licensed
# description: |
#   A litigation, in-place or eDiscovery hold, or a retention policy on the mailbox itself, needs Exchange Online Plan
#   2, or Plan 1 with Exchange Online Archiving. Microsoft's page says only "if your Enterprise plan includes
#   archiving and legal hold". Without the licence the hold is not dependable. Organisation-wide policies and
#   retention labels are not judged, and neither is an inactive mailbox, which is kept without a licence.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-2
#     description: Step 2, save the contents of a former employee's mailbox
#   - ref: https://learn.microsoft.com/purview/ediscovery-create-a-litigation-hold
#     description: Place a mailbox on Litigation Hold
# custom:
#   id: MBX-003
#   scope: leaver
#   severity: medium
#   states: [live, deleted, unread]
#   requires: [mailbox, licences]
#   uses: [subscribedSkus]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#   controls:
#     nist-800-53-r5: [{id: "SI-12", confidence: high}, {id: "AU-11", confidence: medium}]
#     iso-27001-2022:
#       - {id: "A.5.33", confidence: high}
#       - {id: "A.5.28", confidence: medium}
#       - {id: "A.8.10", confidence: low}
#     cis-controls-8.1: [{id: "3.4", confidence: medium}]
#     soc2: [{id: "C1.1", confidence: medium}, {id: "C1.2", confidence: medium}, {id: "CC6.5", confidence: low}]
#     pci-dss-4.0: [{id: "3.2.1", confidence: low}]
#     hipaa: [{id: "164.316(b)(2)", confidence: medium}]
#   remediation: |
#     Assign Exchange Online Plan 2, or Plan 1 with Exchange Online Archiving, under Licences and apps on the user's
#     page in the Microsoft 365 admin centre (Set-MgUserLicense), or delete the account so that the mailbox becomes
#     inactive.
package checklist.mailbox.hold_is_licensed

import data.lib.holds
import data.lib.licences
import data.lib.mailboxes
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	no_hold_to_license
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mailbox.state == "read"
	input.facts.licences.state == "read"
	mailboxes.live
	count(holds.licensed) > 0
	licences.allow("hold")
}

findings contains {"resource": hold, "assignedLicenses": licensed_skus} if {
	mailboxes.live
	licences.forbid("hold")
	some hold in holds.licensed
}

# METADATA
# description: no live mailbox, or no hold on it that a licence must allow
# scope: document
no_hold_to_license if mailboxes.missing

no_hold_to_license if {
	input.facts.mailbox.state == "read"
	mailboxes.inactive
}

no_hold_to_license if {
	input.facts.mailbox.state == "read"
	mailboxes.soft_deleted
}

no_hold_to_license if {
	input.facts.mailbox.state == "read"
	input.facts.mailbox.value.LitigationHoldEnabled == false
	is_array(input.facts.mailbox.value.InPlaceHolds)
	count(holds.licensed) == 0
}

# METADATA
# description: the licences that the leaver has
licensed_skus := sort({licence.skuId | some licence in input.facts.licences.value.assignedLicenses})

evidence := object.union(
	proofs.of({"mailbox": ["mailboxState", "LitigationHoldEnabled", "InPlaceHolds"]}),
	{"licences": {"assignedLicenses": licensed_skus}},
)

missing contains "subscribedSkus" if {
	mailboxes.live
	count(holds.licensed) > 0
	licences.subscriptions_unread
}

message := "The mailbox is on hold without Exchange Online Plan 2, or Plan 1 with Archiving." if {
	status == "fail"
}
