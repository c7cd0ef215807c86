# METADATA
# title: The account behind the mail is kept
# description: |
#   "If you forward email or use a shared mailbox, don't delete the account: it must be there to anchor the forwarding
#   or the shared mailbox" (Microsoft, 2020 and today). Judged where the roster wants the mail forwarded or shared, or
#   where forwarding or a shared mailbox is seen. A deleted user can be restored for 30 days.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-4
#     description: Step 4, forward a former employee's email or convert to a shared mailbox
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/restore-user
#     description: Restore a user
# custom:
#   id: FWD-004
#   scope: leaver
#   severity: critical
#   states: [live, deleted, unread]
#   requires: [mailbox, account]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
#   controls:
#     nist-800-53-r5: [{id: "PS-4(e)", confidence: medium}, {id: "SI-12", confidence: high}]
#     iso-27001-2022: [{id: "A.5.33", confidence: high}, {id: "A.8.10", confidence: low}]
#     cis-controls-8.1: [{id: "3.4", confidence: medium}]
#     soc2: [{id: "CC6.5", confidence: low}]
#     pci-dss-4.0: [{id: "3.2.1", confidence: low}]
#   remediation: |
#     Restore the user before the deadline under Users > Deleted users in the Microsoft 365 admin centre
#     (Restore-MgDirectoryDeletedItem), and block sign-in instead of deleting the account.
package checklist.mailflow.anchor_account_kept

import data.lib.mailboxes
import data.lib.names
import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	mailboxes.not_relied_on
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	mailboxes.known
	mailboxes.relied_on
	input.facts.account.state == "read"
	names.none(deleted_at)
}

findings contains object.union({"resource": "deletedDateTime"}, proofs.values({"account": ["deletedDateTime"]})) if {
	mailboxes.relied_on
	deleted
}

# METADATA
# description: the account is among the deleted users
# scope: document
deleted if input.leaver.state == "deleted"

deleted if is_number(times.ns(deleted_at))

# METADATA
# description: when it was deleted
deleted_at := input.facts.account.value.deletedDateTime

deadline := times.days_later(deleted_at, 30) if count(findings) > 0

evidence := object.union(
	proofs.of({
		"account": ["accountEnabled", "deletedDateTime"],
		"mailbox": ["mailboxState", "RecipientTypeDetails", "ForwardingAddress", "ForwardingSmtpAddress"],
	}),
	{"roster": object.filter(input.leaver, ["mailHandling"])},
)

message := $"The account behind the mail was deleted on {when}; it can be restored until {until}." if {
	when := times.shown(deleted_at)
	until := times.shown(deadline)
} else := "The account behind the mail was deleted, nobody knows when." if {
	status == "fail"
}
