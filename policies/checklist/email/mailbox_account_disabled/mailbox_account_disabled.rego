# METADATA
# title: The account is disabled for the mailbox
# description: |
#   Exchange Online refuses the leaver's mailbox its owner (`AccountDisabled`), at once and whatever the directory has
#   told it so far. Microsoft's page of 2020 recommends it beside blocking sign-in (Set-Mailbox -AccountDisabled); the
#   newer page does not name it any more. Judged where the mailbox is still the leaver's: a live user mailbox that
#   nobody takes over. One that is forwarded or shared, or that the roster wants so, is taken over; rooms and equipment
#   have no owner.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee
#     description: Remove a former employee
#   - ref: https://learn.microsoft.com/powershell/module/exchangepowershell/set-mailbox
#     description: Set-Mailbox -AccountDisabled
# custom:
#   id: EML-002
#   scope: leaver
#   severity: medium
#   states: [live, unread]
#   requires: [mailbox]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 24
#   controls:
#     nist-800-53-r5:
#       - {id: "PS-4(a)", confidence: high}
#       - {id: "AC-2(3)", confidence: high}
#       - {id: "AC-2(h)", confidence: high}
#       - {id: "AC-2(13)", confidence: medium}
#       - {id: "IA-5(h)", confidence: medium}
#       - {id: "IA-4(d)", confidence: low}
#     iso-27001-2022:
#       - {id: "A.5.16", confidence: high}
#       - {id: "A.5.18", confidence: high}
#       - {id: "A.6.5", confidence: high}
#       - {id: "A.5.17", confidence: medium}
#     cis-controls-8.1:
#       - {id: "6.2", confidence: high}
#       - {id: "5.3", confidence: medium}
#       - {id: "5.1", confidence: medium}
#     soc2: [{id: "CC6.2", confidence: high}, {id: "CC6.3", confidence: high}]
#     pci-dss-4.0:
#       - {id: "8.2.5", confidence: high}
#       - {id: "8.2.6", confidence: medium}
#       - {id: "7.2.5", confidence: low}
#     hipaa: [{id: "164.308(a)(3)(ii)(C)", confidence: high}]
#     scuba: [{id: "MS.AAD.1.1v1", confidence: low}]
#   remediation: |
#     Run Set-Mailbox -AccountDisabled $true; the Exchange admin centre shows the mailbox under Recipients > Mailboxes
#     but has no switch for it.
package checklist.email.mailbox_account_disabled

import data.lib.mailboxes
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	mailboxes.not_left_alone
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mailbox.state == "read"
	mailboxes.left_alone
	input.facts.mailbox.value.AccountDisabled == true
}

findings contains {"resource": "AccountDisabled", "AccountDisabled": false} if {
	mailboxes.left_alone
	input.facts.mailbox.value.AccountDisabled == false
}

evidence := object.union(
	proofs.of({"mailbox": [
		"mailboxState", "RecipientTypeDetails", "AccountDisabled", "ForwardingAddress", "ForwardingSmtpAddress",
	]}),
	{"roster": object.filter(input.leaver, ["mailHandling"])},
)

message := "Exchange still takes the leaver for the owner of the mailbox." if {
	status == "fail"
}
