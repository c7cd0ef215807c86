# METADATA
# title: The mailbox content is kept
# description: |
#   One of: litigation hold, in-place or eDiscovery hold, retention policy on the mailbox or organisation-wide,
#   retention label, inactive mailbox, shared mailbox, or an attested export to a .pst file, which leaves no trace
#   that could be read. Microsoft's page of 2020 offers the In-Place Hold, which can no longer be created; one that
#   exists still counts. Delay holds, chat retention (skp), exclusions (-mbx) and policies that only delete (:1) keep
#   nothing. No hold counts that Exchange itself does not: of a mailbox that is soft-deleted, not inactive, only what
#   is recorded on it. A mailbox that is gone although the account has mail addresses is unknown: it may be
#   on-premises, or purged.
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
#     iso-27001-2022: [{id: "A.5.33", confidence: high}, {id: "A.5.28", confidence: medium}]
#     cis-controls-8.1: [{id: "3.4", confidence: medium}]
#     soc2: [{id: "C1.1", confidence: medium}, {id: "C1.2", confidence: medium}]
#     hipaa: [{id: "164.316(b)(2)", confidence: medium}]
#   remediation: |
#     Turn on Litigation hold on the mailbox's page in the Exchange admin centre (Set-Mailbox -LitigationHoldEnabled
#     $true), convert it to a shared mailbox (Set-Mailbox -Type Shared), or export it and attest the export.
package checklist.mailbox.content_kept

import data.lib.holds
import data.lib.mailboxes
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	nothing_to_keep
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mailbox.state == "read"
	holds.organisation_known
	count(kept_by) > 0
}

findings contains finding if {
	holds.none_own
	nothing_else_keeps
	finding := proofs.about(
		input.facts.mailbox.value,
		["ExchangeGuid", "Guid"],
		["mailboxState", "RecipientTypeDetails", "LitigationHoldEnabled", "ComplianceTagHoldApplied", "InPlaceHolds"],
	)
}

# METADATA
# description: there never was a mailbox here, or it is kept on-premises
# scope: document
nothing_to_keep if mailboxes.never_existed

nothing_to_keep if mailboxes.on_premises

# METADATA
# description: what keeps the content
# scope: document
kept_by contains hold if some hold in holds.own

kept_by contains hold if {
	not mailboxes.soft_deleted
	some hold in holds.organisation_wide
}

kept_by contains "inactive mailbox" if mailboxes.inactive

kept_by contains "shared mailbox" if {
	mailboxes.live
	mailboxes.shared
}

# METADATA
# description: nothing but a hold on the mailbox itself could keep the content, and no organisation-wide one does
# scope: document
nothing_else_keeps if mailboxes.soft_deleted

nothing_else_keeps if {
	mailboxes.live
	mailboxes.not_shared
	holds.none_organisation_wide
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

message := "No hold keeps the content, and the mailbox is neither shared nor inactive." if {
	status == "fail"
} else := $"Kept by {concat(", ", sort(kept_by))}." if {
	status == "pass"
} else := "Exchange says that the mailbox is on-premises." if {
	mailboxes.on_premises
} else := "The account has mail addresses but Exchange Online has no mailbox: on-premises, or purged." if {
	status == "unknown"
	mailboxes.missing
	not mailboxes.existence_unread
}
