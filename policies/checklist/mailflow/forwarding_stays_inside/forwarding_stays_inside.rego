# METADATA
# title: Forwarding stays inside the organisation
# description: |
#   The address that mail is forwarded to lies in a domain that the tenant has verified, and behind it is somebody who
#   is there: not another leaver, not a disabled account, not a recipient that no longer exists. `ForwardingAddress`
#   wins when both are set; a `ForwardingSmtpAddress` that it keeps from working is listed. A mail contact or mail
#   user whose mail leaves the organisation fails. A shared mailbox is fine although its account is disabled, a group
#   is fine once its members were read (FWD-001 judges whether they are there). That a spam or remote-domain policy
#   may stop external forwarding is no excuse. A mailbox that is not live forwards nothing.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-4
#     description: Step 4, forward a former employee's email or convert to a shared mailbox
#   - ref: https://learn.microsoft.com/powershell/module/exchangepowershell/set-mailbox
#     description: ForwardingAddress and ForwardingSmtpAddress
# custom:
#   id: FWD-005
#   scope: leaver
#   severity: critical
#   states: [live, deleted, unread]
#   requires: [mailbox, domains]
#   uses: [recipients]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
#   controls:
#     nist-800-53-r5: [{id: "AC-4", confidence: high}, {id: "SC-7", confidence: low}]
#     iso-27001-2022: [{id: "A.8.12", confidence: high}, {id: "A.5.14", confidence: medium}]
#     cis-controls-8.1: [{id: "3.3", confidence: low}]
#     cis-m365-7.0: [{id: "6.2.1", confidence: high}]
#     soc2: [{id: "CC6.7", confidence: medium}]
#     pci-dss-4.0: [{id: "7.2", confidence: low}]
#     hipaa: [{id: "164.312(e)(1)", confidence: low}]
#     scuba: [{id: "MS.EXO.1.1v2", confidence: high}]
#   remediation: |
#     Choose Manage email forwarding on the user's Mail tab in the Microsoft 365 admin centre and name a present
#     colleague (Set-Mailbox -ForwardingAddress <successor> -ForwardingSmtpAddress $null).
package checklist.mailflow.forwarding_stays_inside

import data.lib.addresses
import data.lib.mailboxes
import data.lib.proofs
import data.lib.recipients

default status := "unknown"

status := "not_applicable" if {
	nothing_forwards
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mailbox.state == "read"
	data.tenant.facts.domains.state == "read"
	mailboxes.live
	count(inside_or_named) > 0
	recipients.stays_inside(mailboxes.forwarding)
}

findings contains {"resource": mailboxes.forwarding, "because": because} if {
	mailboxes.live
	some because in objections
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
# description: what is wrong with the address that mail is forwarded to
# scope: document
objections contains "is outside" if addresses.outside(mailboxes.forwarding)

objections contains "is outside" if recipients.leads_outside(mailboxes.forwarding)

objections contains recipients.why_gone(mailboxes.forwarding)

# METADATA
# description: the forwarding address, when its domain is verified or it is a name, behind which only a recipient can be
# scope: document
inside_or_named contains mailboxes.forwarding if addresses.inside(mailboxes.forwarding)

inside_or_named contains mailboxes.forwarding if not contains(mailboxes.forwarding, "@")

evidence := object.union(
	proofs.of({"mailbox": [
		"mailboxState", "ForwardingAddress", "ForwardingSmtpAddress",
		"DeliverToMailboxAndForward",
	]}),
	{
		"mailbox": {"dormant": sort(dormant_outside)},
		"recipients": recipients.named({address | address := mailboxes.forwarding}),
	},
)

# METADATA
# description: an outside address that would take over if ForwardingAddress were cleared
dormant_outside contains mailboxes.dormant_forwarding if addresses.outside(mailboxes.dormant_forwarding)

missing contains "recipients" if {
	status == "unknown"
	mailboxes.live
	recipients.unread(mailboxes.forwarding)
}

message := $"Mail is forwarded to {mailboxes.forwarding}, which {concat(" and ", sort(objections))}." if {
	status == "fail"
} else := $"The dormant forwarding address {mailboxes.dormant_forwarding} is outside." if {
	status == "pass"
	count(dormant_outside) > 0
}
