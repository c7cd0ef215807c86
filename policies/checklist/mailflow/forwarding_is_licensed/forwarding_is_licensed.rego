# METADATA
# title: Forwarding is licensed
# description: |
#   Forwarding is set on a user mailbox that has no Exchange licence: "unlicensed but forwarding". Microsoft's page of
#   2020 says that forwarding requires a licence; the newer one drops the sentence, yet an unlicensed user mailbox is
#   deleted after 30 days, and its forwarding with it. A licence counts when it has an Exchange Online plan switched
#   on (EXCHANGE_S_FOUNDATION is none). A shared mailbox within the limits of FWD-003 may forward without one.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-4
#     description: Step 4, forward a former employee's email or convert to a shared mailbox
#   - ref: https://learn.microsoft.com/microsoft-365/admin/email/about-shared-mailboxes
#     description: About shared mailboxes
# custom:
#   id: FWD-002
#   scope: leaver
#   severity: high
#   states: [live, deleted, unread]
#   requires: [mailbox, licences]
#   uses: [subscribedSkus, mailboxSize]
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
#     Assign a licence with Exchange Online under Licences and apps on the user's page in the Microsoft 365 admin
#     centre (Set-MgUserLicense), or convert the mailbox to a shared one (Set-Mailbox -Type Shared).
package checklist.mailflow.forwarding_is_licensed

import data.lib.licences
import data.lib.mailboxes
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	nothing_forwards
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mailbox.state == "read"
	input.facts.licences.state == "read"
	mailboxes.live
	is_string(mailboxes.forwarding)
	may_forward
}

findings contains finding if {
	mailboxes.live
	licences.forbid("mailbox")
	some limit in limits_broken
	finding := {"resource": mailboxes.forwarding, "broken": limit, "assignedLicenses": licensed_skus}
}

# METADATA
# description: no mailbox that could forward, or one that forwards nothing
# scope: document
nothing_forwards if mailboxes.missing

nothing_forwards if {
	input.facts.mailbox.state == "read"
	mailboxes.forwards_nothing
}

nothing_forwards if {
	input.facts.mailbox.state == "read"
	input.facts.mailbox.value.mailboxState in {"softDeleted", "inactive"}
}

# METADATA
# description: the licence allows it, or it needs none
# scope: document
may_forward if licences.allow("mailbox")

may_forward if {
	mailboxes.shared
	count(mailboxes.free_limits - mailboxes.within_free_limits) == 0
}

# METADATA
# description: what keeps the mailbox from forwarding without a licence
# scope: document
limits_broken contains "RecipientTypeDetails" if mailboxes.not_shared

limits_broken contains limit if {
	mailboxes.shared
	some limit in mailboxes.beyond_free_limits
}

# METADATA
# description: the licences that the leaver has
licensed_skus := sort({licence.skuId | some licence in input.facts.licences.value.assignedLicenses})

evidence := object.union(
	proofs.of({
		"mailbox": ["mailboxState", "RecipientTypeDetails", "ForwardingAddress", "ForwardingSmtpAddress"],
		"mailboxSize": ["TotalItemSizeInBytes"],
	}),
	{"licences": {"assignedLicenses": licensed_skus}},
)

missing contains "subscribedSkus" if {
	status == "unknown"
	mailboxes.live
	is_string(mailboxes.forwarding)
	licences.subscriptions_unread
}

missing contains "mailboxSize" if {
	status == "unknown"
	mailboxes.live
	mailboxes.shared
	is_string(mailboxes.forwarding)
	licences.forbid("mailbox")
	not input.facts.mailboxSize.state == "read"
	not input.facts.mailboxSize.state == "absent"
}

message := $"The mailbox forwards to {mailboxes.forwarding} but has no Exchange licence." if {
	status == "fail"
}
