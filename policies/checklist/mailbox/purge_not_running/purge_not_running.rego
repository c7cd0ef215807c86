# METADATA
# title: The mailbox is not being purged
# description: |
#   A mailbox that lost its licence or its account and that no hold keeps is deleted for good after 30 days
#   (Microsoft's step 6). The clock runs from WhenSoftDeleted; while the mailbox is still live, from the deletion of
#   the account or from the licence change in the audit log: the first since leaving, else the last before, and the
#   first of all where the time of leaving is not known, so that the deadline is rather too early than too late.
#   Without any it runs since an unknown time. Newer than the page: delicensing resiliency
#   (`DelayedDelicensingEnabled`) keeps an unlicensed mailbox for 30 more days before it is
#   soft-deleted. An effective hold stops the clock; of a mailbox that is soft-deleted, not inactive, only what is
#   recorded on it. A shared, room or equipment mailbox needs no licence here (FWD-003 judges its limits). Older
#   soft-deleted mailboxes of the same person are judged too. Where no mailbox is left, nothing can be purged any more;
#   whether something was, MBX-001 asks.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-6
#     description: Step 6, remove the licence
#   - ref: https://learn.microsoft.com/exchange/recipients-in-exchange-online/delete-or-restore-mailboxes
#     description: Delete or restore user mailboxes in Exchange Online
#   - ref: https://learn.microsoft.com/powershell/module/exchangepowershell/set-organizationconfig
#     description: DelayedDelicensingEnabled
# custom:
#   id: MBX-002
#   scope: leaver
#   severity: high
#   states: [live, deleted, unread]
#   requires: [mailbox, account]
#   uses: [licences, subscribedSkus, organization, audits]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
#   controls:
#     nist-800-53-r5:
#       - {id: "SI-12", confidence: high}
#       - {id: "AU-11", confidence: medium}
#       - {id: "PS-4(e)", confidence: medium}
#     iso-27001-2022:
#       - {id: "A.5.33", confidence: high}
#       - {id: "A.5.28", confidence: medium}
#       - {id: "A.8.10", confidence: low}
#     cis-controls-8.1: [{id: "3.4", confidence: medium}]
#     soc2: [{id: "C1.1", confidence: medium}, {id: "C1.2", confidence: medium}, {id: "CC6.5", confidence: low}]
#     pci-dss-4.0: [{id: "3.2.1", confidence: low}]
#     hipaa: [{id: "164.316(b)(2)", confidence: medium}]
#   remediation: |
#     Before the deadline, restore the user under Users > Deleted users in the Microsoft 365 admin centre
#     (Restore-MgDirectoryDeletedItem) or give the licence back (Set-MgUserLicense), then put the mailbox on hold or
#     convert it to a shared mailbox.
package checklist.mailbox.purge_not_running

import data.lib.audits
import data.lib.holds
import data.lib.licences
import data.lib.mailboxes
import data.lib.names
import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	nothing_to_purge
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mailbox.state == "read"
	input.facts.account.state == "read"
	safe
}

findings contains finding if {
	some cause in causes
	finding := object.union(
		proofs.about(
			input.facts.mailbox.value,
			["ExchangeGuid", "Guid"],
			["mailboxState", "WhenSoftDeleted", "RecipientTypeDetails"],
		),
		{"cause": cause},
	)
}

findings contains finding if {
	some older in input.facts.mailbox.value.olderMailboxes
	purged(older)
	finding := object.union(
		proofs.about(older, ["ExchangeGuid", "Guid"], ["WhenSoftDeleted", "RecipientTypeDetails"]),
		{"cause": "soft-deleted"},
	)
}

# METADATA
# description: there is no mailbox here, or it is kept on-premises
# scope: document
nothing_to_purge if mailboxes.missing

nothing_to_purge if mailboxes.on_premises

# METADATA
# description: why the clock runs for the mailbox
# scope: document
causes contains "soft-deleted" if {
	mailboxes.soft_deleted
	count(holds.own) == 0
}

causes contains "account deleted" if {
	mailboxes.live
	input.leaver.state == "deleted"
	unheld
}

causes contains "unlicensed" if {
	mailboxes.live
	mailboxes.needs_licence
	input.leaver.state != "deleted"
	licences.forbid("mailbox")
	unheld
}

# METADATA
# description: no hold keeps the mailbox, neither its own nor the organisation's
unheld if {
	holds.none_own
	holds.none_organisation_wide
}

# METADATA
# description: an older mailbox that was deleted without a hold
purged(older) if {
	not kept(older)
	count([entry | some entry in older.InPlaceHolds; holds.keeps(entry)]) == 0
}

# METADATA
# description: a hold that is no entry of InPlaceHolds keeps an older mailbox
# scope: document
kept(older) if older.IsInactiveMailbox == true

kept(older) if older.LitigationHoldEnabled == true

kept(older) if older.ComplianceTagHoldApplied == true

# METADATA
# description: the mailbox has what it lives on
# scope: document
safe if mailboxes.inactive

safe if count(holds.own) > 0

safe if {
	mailboxes.live
	count(holds.organisation_wide) > 0
	holds.organisation_known
}

safe if {
	mailboxes.live
	input.leaver.state != "deleted"
	mailboxes.needs_no_licence
}

safe if {
	mailboxes.live
	input.leaver.state != "deleted"
	licences.allow("mailbox")
}

# METADATA
# description: when each of the mailboxes is lost
# scope: document
deadlines contains times.days_later(input.facts.mailbox.value.WhenSoftDeleted, 30) if "soft-deleted" in causes

deadlines contains times.days_later(input.facts.account.value.deletedDateTime, 30) if "account deleted" in causes

deadlines contains times.days_later(licence_removed, 30 + resilience_days) if "unlicensed" in causes

deadlines contains times.days_later(older.WhenSoftDeleted, 30) if {
	some older in input.facts.mailbox.value.olderMailboxes
	purged(older)
}

# METADATA
# description: how much longer an unlicensed mailbox stays live
# scope: document
default resilience_days := 0

resilience_days := 30 if {
	data.tenant.facts.organization.value.OrganizationConfig.DelayedDelicensingEnabled == true
}

# METADATA
# description: |
#   when the licence went, by the first change since leaving or else the last before; by the first of all where nobody
#   knows which were since leaving
licence_removed := times.earliest(since) if {
	since := {at | some at in licence_changes; times.at_or_after(at, input.leaver.leftAt)}
} else := times.earliest(licence_changes) if {
	not input.leaver.leftAt
} else := times.latest(licence_changes)

# METADATA
# description: the audit log's licence changes
licence_changes contains event.activityDateTime if {
	some event in audits.successes
	event.activity == "change user license"
}

deadline := times.earliest(deadlines)

severity := "critical" if times.days_left(deadline) < 7

evidence := object.union(
	proofs.of({
		"mailbox": [
			"mailboxState", "RecipientTypeDetails", "WhenSoftDeleted", "IsInactiveMailbox",
			"LitigationHoldEnabled", "ComplianceTagHoldApplied", "InPlaceHolds",
		],
		"account": ["deletedDateTime"],
		"licences": ["assignedLicenses"],
	}),
	{"audits": {"licenceChanges": sort(licence_changes)}},
)

missing contains "licences" if {
	status == "unknown"
	licence_decides
	not input.facts.licences.state == "read"
}

missing contains "subscribedSkus" if {
	status == "unknown"
	licence_decides
	licences.subscriptions_unread
}

missing contains "organization" if {
	status == "unknown"
	mailboxes.live
	holds.none_own
	not safe
	not holds.organisation_known
}

# METADATA
# description: the mailbox lives only if it is licensed
licence_decides if {
	mailboxes.live
	mailboxes.needs_licence
	holds.none_own
	input.leaver.state != "deleted"
}

message := $"The content is lost on {times.shown(deadline)}, with {names.counted(days, "day")} left." if {
	status == "fail"
	days := times.days_left(deadline)
	days >= 0
} else := $"The content was to be purged on {times.shown(deadline)}, and may be lost any time." if {
	status == "fail"
	names.given(deadline)
} else := "The mailbox is unlicensed and unheld since an unknown time: its content may be lost any day." if {
	status == "fail"
}
