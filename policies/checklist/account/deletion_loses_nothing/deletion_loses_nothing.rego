# METADATA
# title: The deletion of the account loses nothing
# description: |
#   A deleted account takes its mailbox and its OneDrive with it; for 30 days it can be restored ("Restore a user").
#   While it can, the rule fails where the mailbox was not saved by a hold, or where the drive was shared with people
#   none of whom is there any more. A shared mailbox is not saved by being shared: it goes with its account. An export
#   of the mailbox (MBX-001) and a hand-over of the drive (ODB-001) leave no trace that could be read, and can be
#   attested. The drive of a deleted account is read by the id that an earlier snapshot has (--baseline); without one
#   the rule is unknown. What was purged more than 30 days after the deletion cannot be seen any more.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/restore-user
#     description: Restore a user
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-7
#     description: Step 7, delete a former employee's user account
# custom:
#   id: DEL-002
#   scope: leaver
#   severity: critical
#   states: [live, deleted, unread]
#   requires: [account, mailbox, oneDrive]
#   uses: [organization, drivePermissions]
#   attestations: [MBX-001, ODB-001]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
#   controls:
#     nist-800-53-r5:
#       - {id: "SI-12", confidence: high}
#       - {id: "AU-11", confidence: medium}
#       - {id: "PS-4(e)", confidence: medium}
#     iso-27001-2022:
#       - {id: "A.5.33", confidence: high}
#       - {id: "A.5.28", confidence: medium}
#       - {id: "A.8.10", confidence: low}
#     cis-controls-8.1: [{id: "3.4", confidence: medium}]
#     soc2: [{id: "C1.1", confidence: medium}, {id: "C1.2", confidence: medium}, {id: "CC6.5", confidence: low}]
#     pci-dss-4.0: [{id: "3.2.1", confidence: low}]
#     hipaa: [{id: "164.316(b)(2)", confidence: medium}]
#   remediation: |
#     Restore the user before the deadline under Users > Deleted users in the Microsoft 365 admin centre
#     (Restore-MgDirectoryDeletedItem), save the mailbox and the drive, and delete the account again; or attest that
#     both were saved.
package checklist.account.deletion_loses_nothing

import data.lib.content
import data.lib.deletions
import data.lib.drives
import data.lib.mailboxes
import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	deletions.live
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	deletions.deleted
	input.facts.account.state == "read"
	mailbox_saved
	drive_saved
}

findings contains finding if {
	deletions.deleted
	not "MBX-001" in attested
	not content.nothing_to_keep
	content.unheld
	finding := object.union(
		proofs.about(
			input.facts.mailbox.value,
			["ExchangeGuid", "Guid"],
			["mailboxState", "RecipientTypeDetails", "WhenSoftDeleted"],
		),
		{"lost": "mailbox"},
	)
}

findings contains finding if {
	deletions.deleted
	not "MBX-001" in attested
	content.vanished
	finding := object.union(
		proofs.about(
			input.baseline.facts.mailbox.value,
			["ExchangeGuid", "Guid"],
			["mailboxState", "RecipientTypeDetails"],
		),
		{"lost": "mailbox", "cause": "gone since the earlier snapshot"},
	)
}

findings contains finding if {
	deletions.deleted
	not "ODB-001" in attested
	drives.filled
	drives.handed_to_nobody
	finding := object.union(
		proofs.about(input.facts.oneDrive.value, ["id", "webUrl"], ["id", "webUrl"]),
		{"lost": "drive", "sharedWith": sort(drives.former)},
	)
}

# METADATA
# description: that the mailbox was exported, or the drive handed over, where neither shows it
# scope: document
attested contains "MBX-001" if {
	deletions.deleted
	input.attested["MBX-001"]
	not mailbox_seen_saved
}

attested contains "ODB-001" if {
	deletions.deleted
	input.attested["ODB-001"]
	not drive_seen_saved
}

# METADATA
# description: the content of the mailbox is safe, as was read or is attested
# scope: document
mailbox_saved if mailbox_seen_saved

mailbox_saved if "MBX-001" in attested

# METADATA
# description: a hold keeps the mailbox, or there never was one
# scope: document
mailbox_seen_saved if content.nothing_to_keep

mailbox_seen_saved if content.held

# METADATA
# description: the content of the drive is safe, as was read or is attested
# scope: document
drive_saved if drive_seen_saved

drive_saved if "ODB-001" in attested

# METADATA
# description: somebody can open the drive, or there is nothing in it
# scope: document
drive_seen_saved if drives.none

drive_seen_saved if drives.empty

drive_seen_saved if {
	input.facts.oneDrive.state == "read"
	drives.handed_over
}

deadline := deletions.restorable_until if status != "pass"

evidence := object.union(
	proofs.of({
		"account": ["deletedDateTime"],
		"mailbox": [
			"mailboxState", "RecipientTypeDetails", "LitigationHoldEnabled", "ComplianceTagHoldApplied",
			"InPlaceHolds", "IsInactiveMailbox",
		],
		"oneDrive": ["id", "quota", "foundBy"],
	}),
	{
		"keptBy": {"mailbox": sort(content.held_by)},
		"drivePermissions": {"receivers": sort(drives.receivers), "former": sort(drives.former)},
	},
)

missing contains "organization" if {
	status == "unknown"
	deletions.deleted
	mailboxes.live
	not "MBX-001" in attested
	not data.tenant.facts.organization.state == "read"
}

missing contains "mailbox" if {
	status == "unknown"
	deletions.deleted
	mailboxes.missing
	not mailbox_saved
}

missing contains "drivePermissions" if {
	status == "unknown"
	deletions.deleted
	input.facts.oneDrive.state == "read"
	not drive_saved
}

missing contains "oneDrive" if {
	status == "unknown"
	deletions.deleted
	drives.vanished
	not drive_saved
}

message := $"Unless the account is restored by {times.shown(deadline)}, lost: {concat(", ", sort(lost))}." if {
	status == "fail"
	times.days_left(deadline) >= 0
} else := $"The account may be purged any time, and with it: {concat(", ", sort(lost))}." if {
	status == "fail"
} else := $"Attested, not observed: {concat(", ", sort(attested))}." if {
	status == "pass"
	count(attested) > 0
}

# METADATA
# description: what the deletion loses
lost contains finding.lost if some finding in findings
