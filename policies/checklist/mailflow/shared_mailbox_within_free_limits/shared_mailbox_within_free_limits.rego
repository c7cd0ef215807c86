# METADATA
# title: The shared mailbox is within the limits of a free one
# description: |
#   A shared mailbox without a licence holds at most 50 GB (50 GiB, 53,687,091,200 bytes), has no archive and is not
#   on litigation hold. Microsoft's page names the size alone. Each limit that is broken is a finding. Any Exchange
#   licence allows an archive and leaves the hold to MBX-003; only Exchange Online Plan 2 allows more than 50 GB. The
#   size is that of Get-MailboxStatistics, without recoverable items; a mailbox that was never opened has none.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/email/about-shared-mailboxes
#     description: About shared mailboxes
#   - ref: https://learn.microsoft.com/microsoft-365/admin/email/convert-user-mailbox-to-shared-mailbox
#     description: Convert a user mailbox to a shared mailbox
# custom:
#   id: FWD-003
#   scope: leaver
#   severity: high
#   states: [live, deleted, unread]
#   requires: [mailbox, mailboxSize, licences]
#   uses: [subscribedSkus]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
#   controls:
#     nist-800-53-r5: [{id: "CM-10", confidence: medium}, {id: "CM-8", confidence: low}]
#     iso-27001-2022: [{id: "A.5.9", confidence: low}]
#     cis-controls-8.1: [{id: "2.1", confidence: medium}, {id: "2.2", confidence: low}]
#   remediation: |
#     Assign Exchange Online Plan 2 under Licences and apps on the user's page in the Microsoft 365 admin centre
#     (Set-MgUserLicense), or bring the mailbox back within the limits (Disable-Mailbox -Archive, Set-Mailbox
#     -LitigationHoldEnabled $false, or removing content).
package checklist.mailflow.shared_mailbox_within_free_limits

import data.lib.licences
import data.lib.mailboxes
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	no_shared_mailbox
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mailbox.state == "read"
	input.facts.mailboxSize.state in {"read", "absent"}
	input.facts.licences.state == "read"
	mailboxes.live
	mailboxes.shared
	every limit in mailboxes.free_limits { kept(limit) }
}

findings contains finding if {
	mailboxes.live
	mailboxes.shared
	some limit in mailboxes.beyond_free_limits
	licences.forbid(lifted_by[limit])
	finding := object.union_n([
		{"resource": limit, "assignedLicenses": licensed_skus},
		proofs.values({"mailbox": [limit], "mailboxSize": [limit, "TotalItemSizeInBytes"]}),
	])
}

# METADATA
# description: there is no shared mailbox in use
# scope: document
no_shared_mailbox if mailboxes.missing

no_shared_mailbox if {
	input.facts.mailbox.state == "read"
	mailboxes.not_shared
}

no_shared_mailbox if {
	input.facts.mailbox.state == "read"
	input.facts.mailbox.value.mailboxState in {"softDeleted", "inactive"}
}

# METADATA
# description: the mailbox is within the limit, or its licence lifts it
# scope: document
kept(limit) if limit in mailboxes.within_free_limits

kept(limit) if licences.allow(lifted_by[limit])

# METADATA
# description: what a licence must allow to lift each limit
lifted_by := {"TotalItemSize": "large mailbox", "ArchiveGuid": "mailbox", "LitigationHoldEnabled": "mailbox"}

# METADATA
# description: the licences that the leaver has
licensed_skus := sort({licence.skuId | some licence in input.facts.licences.value.assignedLicenses})

evidence := object.union(
	proofs.of({
		"mailbox": ["mailboxState", "RecipientTypeDetails", "ArchiveGuid", "ArchiveStatus", "LitigationHoldEnabled"],
		"mailboxSize": ["TotalItemSize", "TotalItemSizeInBytes"],
	}),
	{"licences": {"assignedLicenses": licensed_skus}},
)

missing contains "subscribedSkus" if {
	status == "unknown"
	mailboxes.live
	mailboxes.shared
	licences.subscriptions_unread
}

message := $"The shared mailbox needs a licence for {concat(", ", sort(broken))}." if {
	status == "fail"
}

# METADATA
# description: the limits that are broken
broken contains finding.resource if some finding in findings
