# METADATA
# title: The mail reaches a successor
# description: |
#   Mail sent to the leaver reaches someone: it is forwarded to a recipient who is there and enabled, or the mailbox
#   is shared and at least one enabled person has Full Access to it. Microsoft's step 4 leaves the choice; a roster
#   that says nothing means that the mail must reach someone, `mailHandling` none that it need not. A shared mailbox
#   is a good target although its account is disabled, and an outside target does reach (FWD-005 judges it). A group
#   counts when one of its members is enabled; another leaver does not, and neither does Send As alone. A mailbox that
#   is soft-deleted or inactive receives nothing. No mailbox although the account has mail addresses is unknown: it
#   may be on-premises.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-4
#     description: Step 4, forward a former employee's email or convert to a shared mailbox
# custom:
#   id: FWD-001
#   scope: leaver
#   severity: medium
#   states: [live, deleted, unread]
#   requires: [mailbox, permissions]
#   uses: [recipients, account]
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
#     iso-27001-2022:
#       - {id: "A.5.18", confidence: high}
#       - {id: "A.8.3", confidence: high}
#       - {id: "A.8.10", confidence: low}
#     cis-controls-8.1: [{id: "3.3", confidence: high}]
#     soc2: [{id: "CC6.3", confidence: high}, {id: "CC6.5", confidence: low}]
#     pci-dss-4.0: [{id: "7.2.4", confidence: medium}, {id: "3.2.1", confidence: low}]
#     hipaa: [{id: "164.308(a)(4)(ii)(C)", confidence: medium}]
#   remediation: |
#     Choose Manage email forwarding or Convert to shared mailbox on the user's Mail tab in the Microsoft 365 admin
#     centre (Set-Mailbox -ForwardingAddress, or Set-Mailbox -Type Shared with Add-MailboxPermission), or write none
#     into the roster's mailHandling.
package checklist.mailflow.mail_reaches_successor

import data.lib.addresses
import data.lib.mailboxes
import data.lib.proofs
import data.lib.recipients

default status := "unknown"

status := "not_applicable" if {
	nobody_expects_mail
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mailbox.state == "read"
	input.facts.permissions.state == "read"
	mailboxes.live
	reaches_someone
}

findings contains finding if {
	mailboxes.live
	forwarding_reaches_nobody
	delegates_reach_nobody
	finding := object.union(
		{"resource": "ForwardingAddress", "FullAccess": sort(delegates)},
		object.filter(
			input.facts.mailbox.value,
			["RecipientTypeDetails", "ForwardingAddress", "ForwardingSmtpAddress"],
		),
	)
}

findings contains finding if {
	cannot_receive
	finding := {"resource": "mailboxState", "mailboxState": input.facts.mailbox.value.mailboxState}
}

# METADATA
# description: it was agreed that the mail need not reach anyone, or there never was a mailbox
# scope: document
nobody_expects_mail if input.leaver.mailHandling == "none"

nobody_expects_mail if mailboxes.never_existed

nobody_expects_mail if mailboxes.on_premises

# METADATA
# description: the mailbox takes no mail
# scope: document
cannot_receive if mailboxes.soft_deleted

cannot_receive if mailboxes.inactive

# METADATA
# description: somebody gets the mail
# scope: document
reaches_someone if recipients.reached(mailboxes.forwarding)

reaches_someone if {
	mailboxes.shared
	some delegate in delegates
	recipients.present(delegate)
}

# METADATA
# description: it is forwarded to nobody
# scope: document
forwarding_reaches_nobody if mailboxes.forwards_nothing

forwarding_reaches_nobody if unreachable(mailboxes.forwarding)

# METADATA
# description: nobody opens the mailbox in the leaver's place
# scope: document
delegates_reach_nobody if mailboxes.not_shared

delegates_reach_nobody if {
	mailboxes.shared
	input.facts.permissions.state == "read"
	every delegate in delegates { unreachable(delegate) }
}

# METADATA
# description: nobody who may still be there stands behind the address
# scope: document
unreachable(address) if recipients.gone(address)

unreachable(address) if recipients.empty_group(address)

# METADATA
# description: who may open the mailbox
delegates contains addresses.plain(permission.User) if {
	some permission in input.facts.permissions.value
	"FullAccess" in permission.AccessRights
}

evidence := object.union(
	proofs.of({"mailbox": ["mailboxState", "RecipientTypeDetails", "ForwardingAddress", "ForwardingSmtpAddress"]}),
	{
		"permissions": {"FullAccess": sort(delegates)},
		"recipients": recipients.named(delegates | {address | address := mailboxes.forwarding}),
	},
)

missing contains "account" if {
	status == "unknown"
	mailboxes.existence_unread
}

missing contains "recipients" if {
	status == "unknown"
	mailboxes.live
	recipients.unread(mailboxes.forwarding)
}

missing contains "recipients" if {
	status == "unknown"
	mailboxes.live
	mailboxes.shared
	some delegate in delegates
	recipients.unread(delegate)
}

message := "The mailbox is deleted or inactive: mail to the leaver reaches nobody." if {
	cannot_receive
	status == "fail"
} else := "Nothing is forwarded, and the mailbox is not shared." if {
	status == "fail"
	mailboxes.forwards_nothing
	mailboxes.not_shared
} else := "The shared mailbox has no enabled delegate." if {
	status == "fail"
	mailboxes.forwards_nothing
} else := $"Mail is forwarded to {mailboxes.forwarding}, who {recipients.why_gone(mailboxes.forwarding)}." if {
	status == "fail"
	recipients.gone(mailboxes.forwarding)
} else := $"Mail is forwarded to {mailboxes.forwarding}, a group in which nobody is enabled." if {
	status == "fail"
}
