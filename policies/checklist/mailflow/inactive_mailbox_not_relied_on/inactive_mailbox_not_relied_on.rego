# METADATA
# title: No inactive mailbox is relied on
# description: |
#   An inactive mailbox receives no mail and forwards none; Microsoft's newer step 4 says so. The rule fails where the
#   roster wants the mail forwarded or shared, or the mailbox is set to do it, and the mailbox is inactive. It passes
#   where mail is expected and the mailbox is live. A mailbox that is soft-deleted or gone is judged by FWD-001,
#   FWD-004 and MBX-002.
# related_resources:
#   - ref: https://learn.microsoft.com/purview/inactive-mailboxes-in-office-365
#     description: Inactive mailboxes
# custom:
#   id: FWD-008
#   scope: leaver
#   severity: medium
#   states: [live, deleted, unread]
#   requires: [mailbox]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
#   controls:
#     nist-800-53-r5: [{id: "PS-4(e)", confidence: medium}]
#     iso-27001-2022: [{id: "A.5.33", confidence: high}, {id: "A.8.10", confidence: low}]
#     soc2: [{id: "CC6.5", confidence: low}]
#     pci-dss-4.0: [{id: "3.2.1", confidence: low}]
#   remediation: |
#     Recover or restore the inactive mailbox into a new one (New-Mailbox -InactiveMailbox,
#     New-MailboxRestoreRequest), or give its address to the successor under Recipients > Mailboxes in the Exchange
#     admin centre.
package checklist.mailflow.inactive_mailbox_not_relied_on

import data.lib.mailboxes
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	nothing_to_rely_on
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mailbox.state == "read"
	mailboxes.live
	mailboxes.relied_on
}

findings contains {"resource": "mailboxState", "mailboxState": input.facts.mailbox.value.mailboxState} if {
	mailboxes.inactive
	mailboxes.relied_on
}

# METADATA
# description: nobody relies on the mailbox, or there is none that could be inactive
# scope: document
nothing_to_rely_on if mailboxes.missing

nothing_to_rely_on if {
	input.facts.mailbox.state == "read"
	mailboxes.soft_deleted
}

nothing_to_rely_on if mailboxes.not_relied_on

evidence := object.union(
	proofs.of({"mailbox": ["mailboxState", "RecipientTypeDetails", "ForwardingAddress", "ForwardingSmtpAddress"]}),
	{"roster": object.filter(input.leaver, ["mailHandling"])},
)

message := "Mail is expected, but the mailbox is inactive: it neither receives nor forwards." if {
	status == "fail"
}
