# METADATA
# title: The mailbox content is kept
# description: |
#   One of: litigation hold, in-place or eDiscovery hold, retention policy on the mailbox or organisation-wide,
#   retention label, inactive mailbox, shared mailbox, or an attested export to a .pst file, which leaves no trace
#   that could be read. Microsoft's page of 2020 offers the In-Place Hold, which can no longer be created; one that
#   exists still counts. Delay holds, chat retention (skp), exclusions (-mbx) and policies that only delete (:1) keep
#   nothing. No hold counts that Exchange itself does not: of a mailbox that is soft-deleted, not inactive, only what
#   is recorded on it. A mailbox that is gone although the account has mail addresses is unknown: it may be
#   on-premises, or purged. An earlier snapshot (--baseline) that has the mailbox proves that it was not kept.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-2
#     description: Step 2, save the contents of a former employee's mailbox
#   - ref: https://learn.microsoft.com/purview/ediscovery-identify-a-hold-on-an-exchange-online-mailbox
#     description: How to identify the type of hold placed on an Exchange Online mailbox
#   - ref: https://learn.microsoft.com/purview/inactive-mailboxes-in-office-365
#     description: Inactive mailboxes
# custom:
#   id: MBX-001
#   scope: leaver
#   severity: high
#   states: [live, deleted, unread]
#   requires: [mailbox, organization]
#   uses: [account]
#   attestations: [MBX-001]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
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
#     Turn on Litigation hold on the mailbox's page in the Exchange admin centre (Set-Mailbox -LitigationHoldEnabled
#     $true), convert it to a shared mailbox (Set-Mailbox -Type Shared), or export it and attest the export.
package checklist.mailbox.content_kept

import data.lib.content
import data.lib.holds
import data.lib.mailboxes
import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	content.nothing_to_keep
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	content.kept
} else := "pass" if {
	count(attested) > 0
}

findings contains finding if {
	count(attested) == 0
	lost
	finding := proofs.about(
		input.facts.mailbox.value,
		["ExchangeGuid", "Guid"],
		["mailboxState", "RecipientTypeDetails", "LitigationHoldEnabled", "ComplianceTagHoldApplied", "InPlaceHolds"],
	)
}

findings contains finding if {
	count(attested) == 0
	content.vanished
	finding := object.union(
		proofs.about(
			input.baseline.facts.mailbox.value,
			["ExchangeGuid", "Guid"],
			["mailboxState", "RecipientTypeDetails", "PrimarySmtpAddress"],
		),
		{"cause": "gone since the earlier snapshot", "seenAt": input.baseline.collectedAt},
	)
}

# METADATA
# description: that the content was kept, where the mailbox itself does not show it
# scope: document
attested contains "MBX-001" if {
	input.attested["MBX-001"]
	not content.nothing_to_keep
	not content.kept
}

# METADATA
# description: no hold keeps the content, and the mailbox is not there to be shared
# scope: document
lost if {
	content.unheld
	mailboxes.soft_deleted
}

lost if {
	content.unheld
	mailboxes.not_shared
}

evidence := object.union(
	proofs.of({"mailbox": [
		"mailboxState", "RecipientTypeDetails", "LitigationHoldEnabled", "LitigationHoldDate",
		"ComplianceTagHoldApplied", "InPlaceHolds", "DelayHoldApplied", "IsInactiveMailbox",
	]}),
	{"organization": {"InPlaceHolds": sort(holds.organisation_wide)}},
)

missing contains "account" if {
	status == "unknown"
	mailboxes.existence_unread
}

message := $"The earlier snapshot of {when} has a mailbox, and there is none any more." if {
	status == "fail"
	content.vanished
	when := times.shown(input.baseline.collectedAt)
} else := "No hold keeps the content, and the mailbox is neither shared nor inactive." if {
	status == "fail"
} else := "That the content is kept is attested; the mailbox does not show it." if {
	count(attested) > 0
} else := $"Kept by {concat(", ", sort(content.kept_by))}." if {
	status == "pass"
} else := "Exchange says that the mailbox is on-premises." if {
	mailboxes.on_premises
} else := "The account has mail addresses but Exchange Online has no mailbox: on-premises, or purged." if {
	status == "unknown"
	mailboxes.missing
	not mailboxes.existence_unread
}
