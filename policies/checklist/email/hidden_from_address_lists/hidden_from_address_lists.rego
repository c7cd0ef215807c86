# METADATA
# title: The mailbox is hidden from address lists
# description: |
#   A mailbox that nobody takes over does not stand in the address lists any more, where colleagues would go on writing
#   to it. Microsoft's page does not ask for it. Judged for a live user mailbox that is neither forwarded nor shared
#   and that the roster wants neither.
# related_resources:
#   - ref: https://learn.microsoft.com/exchange/address-books/address-lists/manage-address-lists
#     description: Hide recipients from address lists
#   - ref: https://learn.microsoft.com/powershell/module/exchangepowershell/set-mailbox
#     description: Set-Mailbox -HiddenFromAddressListsEnabled
# custom:
#   id: EML-003
#   scope: leaver
#   severity: info
#   states: [live, unread]
#   requires: [mailbox]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#   controls:
#     nist-800-53-r5: [{id: "PS-4", confidence: medium}]
#     iso-27001-2022: [{id: "A.6.5", confidence: medium}]
#   remediation: |
#     Turn on Hide from global address list on the mailbox's page under Recipients > Mailboxes in the Exchange admin
#     centre (Set-Mailbox -HiddenFromAddressListsEnabled $true); for a synchronised account, set
#     msExchHideFromAddressLists in Active Directory.
package checklist.email.hidden_from_address_lists

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
	input.facts.mailbox.value.HiddenFromAddressListsEnabled == true
}

findings contains finding if {
	mailboxes.left_alone
	input.facts.mailbox.value.HiddenFromAddressListsEnabled == false
	finding := {"resource": "HiddenFromAddressListsEnabled", "HiddenFromAddressListsEnabled": false}
}

evidence := object.union(
	proofs.of({"mailbox": [
		"mailboxState", "RecipientTypeDetails", "HiddenFromAddressListsEnabled", "ForwardingAddress",
		"ForwardingSmtpAddress", "IsDirSynced",
	]}),
	{"roster": object.filter(input.leaver, ["mailHandling"])},
)

message := "Nobody takes the mailbox over, and it still stands in the address lists." if {
	status == "fail"
}
