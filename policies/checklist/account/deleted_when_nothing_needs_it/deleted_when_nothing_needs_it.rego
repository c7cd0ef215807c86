# METADATA
# title: The account is deleted when nothing needs it
# description: |
#   Microsoft's step 7 deletes the account once everything else is done. An account is needed while it forwards mail,
#   stands behind a shared mailbox, or while a hold keeps its mailbox, the organisation's policies among them; then the
#   rule does not apply. Nothing else keeps an account: it fails when the retention period, 30 days after leaving by
#   default, is over (`grace_hours`). Whether an account was deleted too early, FWD-004 and DEL-002 judge. A mailbox
#   that may be on-premises leaves the rule unknown. Guests count too.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-7
#     description: Step 7, delete a former employee's user account
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/delete-a-user
#     description: Delete a user from your organization
# custom:
#   id: DEL-001
#   scope: leaver
#   severity: low
#   states: [live, deleted, unread]
#   requires: [account, mailbox]
#   uses: [organization]
#   parameters:
#     grace_hours:
#       description: how long after leaving an account is kept in any case
#       type: integer
#       minimum: 0
#       default: 720
#   controls:
#     nist-800-53-r5: [{id: "AC-2(3)", confidence: medium}, {id: "AC-2(f)", confidence: medium}]
#     iso-27001-2022: [{id: "A.5.16", confidence: high}, {id: "A.8.10", confidence: medium}]
#     cis-controls-8.1: [{id: "5.3", confidence: high}]
#     soc2: [{id: "CC6.2", confidence: medium}]
#     pci-dss-4.0: [{id: "8.2.5", confidence: high}, {id: "8.2.6", confidence: high}]
#     hipaa: [{id: "164.308(a)(3)(ii)(C)", confidence: medium}]
#   remediation: |
#     Choose Delete user on the account's page under Users > Active users in the Microsoft 365 admin centre
#     (Remove-MgUser); a synchronised account is deleted in Active Directory (Remove-ADUser).
package checklist.account.deleted_when_nothing_needs_it

import data.lib.content
import data.lib.deletions
import data.lib.holds
import data.lib.mailboxes
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	deletions.live
	mailboxes.known
	needed
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.account.state == "read"
	deletions.deleted
}

findings contains finding if {
	deletions.live
	mailboxes.not_relied_on
	not_held
	finding := proofs.about(
		input.facts.account.value,
		["id"],
		["id", "userPrincipalName", "accountEnabled", "userType", "onPremisesSyncEnabled"],
	)
}

# METADATA
# description: mail or a hold hangs on the account
# scope: document
needed if mailboxes.relied_on

needed if mailboxes.inactive

needed if count(holds.own) > 0

needed if {
	mailboxes.live
	count(holds.organisation_wide) > 0
}

# METADATA
# description: no hold needs the account, and no mailbox that may be on-premises
# scope: document
not_held if mailboxes.never_existed

not_held if {
	mailboxes.missing
	input.facts.account.value.onPremisesSyncEnabled in {false, null}
}

not_held if {
	content.unheld
	not mailboxes.on_premises
}

evidence := object.union(
	proofs.of({
		"account": ["accountEnabled", "deletedDateTime", "userType", "onPremisesSyncEnabled"],
		"mailbox": [
			"mailboxState", "RecipientTypeDetails", "ForwardingAddress", "ForwardingSmtpAddress",
			"LitigationHoldEnabled", "ComplianceTagHoldApplied", "InPlaceHolds",
		],
	}),
	{
		"organization": {"InPlaceHolds": sort(holds.organisation_wide)},
		"roster": object.filter(input.leaver, ["mailHandling"]),
	},
)

missing contains "organization" if {
	status == "unknown"
	mailboxes.live
	holds.none_own
	not holds.organisation_known
}

message := "Nothing needs the account any more: no mail is forwarded or shared, and no hold keeps its mailbox." if {
	status == "fail"
}
