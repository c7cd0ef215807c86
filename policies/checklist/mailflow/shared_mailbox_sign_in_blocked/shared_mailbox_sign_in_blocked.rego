# METADATA
# title: Nobody signs in to the shared mailbox's account
# description: |
#   The account behind a shared mailbox cannot sign in. Microsoft's page of 2020 does not say so, but converting a
#   mailbox changes no password: the leaver's own keeps working until the account is blocked (CIS Microsoft 365
#   1.2.2).
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/email/convert-user-mailbox-to-shared-mailbox
#     description: Convert a user mailbox to a shared mailbox
# custom:
#   id: FWD-007
#   scope: leaver
#   severity: high
#   states: [live, deleted, unread]
#   requires: [mailbox, account]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
#   controls:
#     nist-800-53-r5:
#       - {id: "PS-4(a)", confidence: high}
#       - {id: "AC-2(3)", confidence: high}
#       - {id: "IA-4(d)", confidence: low}
#     iso-27001-2022: [{id: "A.5.18", confidence: high}]
#     cis-controls-8.1: [{id: "6.2", confidence: high}]
#     cis-m365-7.0: [{id: "1.2.2", confidence: high}]
#     soc2: [{id: "CC6.2", confidence: high}, {id: "CC6.3", confidence: high}]
#     pci-dss-4.0: [{id: "8.2.5", confidence: high}, {id: "7.2.5", confidence: low}]
#     hipaa: [{id: "164.308(a)(3)(ii)(C)", confidence: high}]
#     scuba: [{id: "MS.AAD.1.1v1", confidence: low}]
#   remediation: |
#     Choose Block sign-in on the account's page under Users > Active users in the Microsoft 365 admin centre
#     (Update-MgUser -AccountEnabled:$false).
package checklist.mailflow.shared_mailbox_sign_in_blocked

import data.lib.mailboxes
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	no_shared_mailbox
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mailbox.state == "read"
	input.facts.account.state == "read"
	mailboxes.live
	mailboxes.shared
	cannot_sign_in
}

findings contains {"resource": "accountEnabled", "accountEnabled": true} if {
	mailboxes.live
	mailboxes.shared
	input.leaver.state != "deleted"
	input.facts.account.value.accountEnabled == true
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
# description: the account is blocked, or gone
# scope: document
cannot_sign_in if input.facts.account.value.accountEnabled == false

cannot_sign_in if input.leaver.state == "deleted"

evidence := proofs.of({
	"mailbox": ["mailboxState", "RecipientTypeDetails"],
	"account": ["accountEnabled", "deletedDateTime"],
})

message := "The account behind the shared mailbox can sign in, with the password that the leaver knows." if {
	status == "fail"
}
