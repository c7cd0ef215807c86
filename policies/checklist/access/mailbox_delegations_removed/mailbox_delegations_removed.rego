# METADATA
# title: Rights on other mailboxes are removed
# description: |
#   The leaver has no Full Access, Send As or Send on Behalf on anyone else's mailbox. Microsoft's page of 2020 gives
#   others access to the leaver's mailbox and says nothing of the other direction. Unless the collector was told to
#   look at all mailboxes, Full Access and Send on Behalf were looked up on shared mailboxes alone; a pass says so. A
#   right whose holder Exchange names by a bare SID may be anybody's: it is listed, and judged by nobody. Rights on
#   single folders are not read.
# related_resources:
#   - ref: https://learn.microsoft.com/exchange/recipients-in-exchange-online/manage-permissions-for-recipients
#     description: Manage permissions for recipients in Exchange Online
#   - ref: https://learn.microsoft.com/powershell/module/exchangepowershell/get-recipientpermission
#     description: Get-RecipientPermission
# custom:
#   id: ACC-009
#   scope: leaver
#   severity: medium
#   states: [live, unread]
#   requires: [delegations]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#   controls:
#     nist-800-53-r5:
#       - {id: "PS-4(e)", confidence: high}
#       - {id: "AC-3", confidence: medium}
#       - {id: "AC-6", confidence: medium}
#     iso-27001-2022: [{id: "A.5.18", confidence: high}, {id: "A.8.3", confidence: high}]
#     cis-controls-8.1: [{id: "3.3", confidence: high}, {id: "6.8", confidence: low}]
#     cis-m365-7.0: [{id: "7.2.4", confidence: low}]
#     soc2: [{id: "CC6.3", confidence: high}]
#     pci-dss-4.0: [{id: "7.2.4", confidence: medium}]
#     hipaa: [{id: "164.308(a)(4)(ii)(C)", confidence: medium}]
#     scuba: [{id: "MS.SHAREPOINT.1.2v1", confidence: low}]
#   remediation: |
#     Remove the user under Recipients > Mailboxes > Delegation of that mailbox in the Exchange admin centre
#     (Remove-MailboxPermission, Remove-RecipientPermission, Set-Mailbox -GrantSendOnBehalfTo @{Remove="<user>"}).
package checklist.access.mailbox_delegations_removed

import data.lib.names
import data.lib.proofs

default status := "unknown"

status := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.delegations.state == "read"
	input.facts.delegations.value.scope in {"shared", "all"}
	is_array(input.facts.delegations.value.unnamed)
	input.facts.delegations.value.rows == []
}

findings contains finding if {
	some row in input.facts.delegations.value.rows
	finding := proofs.about(
		row,
		["mailbox"],
		["right", "mailbox", "mailboxType", "trustee", "AccessRights"],
	)
}

evidence := proofs.of({"delegations": ["scope", "unnamed"]})

message := concat(" ", array.concat(
	[$"Rights on other mailboxes are left: {concat(", ", sort(mailboxes))}."],
	notes,
)) if {
	status == "fail"
} else := concat(" ", notes) if {
	status == "pass"
	count(notes) > 0
}

# METADATA
# description: the mailboxes on which rights are left
mailboxes contains finding.resource if some finding in findings

# METADATA
# description: what could not be looked at, or not be told
notes := array.concat(
	["Full Access and Send on Behalf were looked up on shared mailboxes only." |
		input.facts.delegations.value.scope == "shared"
	],
	[$"{names.counted(unnamed, "right")} of a bare SID may be anybody's." | unnamed > 0],
)

# METADATA
# description: how many rights are held by nobody knows whom
unnamed := count(input.facts.delegations.value.unnamed)
