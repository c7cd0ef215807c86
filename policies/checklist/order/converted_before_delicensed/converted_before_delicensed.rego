# METADATA
# title: The mailbox was converted or held before the licence was removed
# description: |
#   Converting a mailbox to a shared one needs its licence, and so does a hold: Microsoft's steps put the licence last
#   (step 6). A licence change in the audit log since leaving, that may have been a removal, is compared with what
#   became of the mailbox, where no Exchange licence is left. It passes where litigation hold is older than the first
#   removal, where the mailbox is shared and the removal was the only licence change (it cannot have been converted
#   later), and where an organisation-wide policy keeps the mailbox, which nobody has to switch on. It fails where
#   litigation hold alone keeps it and came after the last removal, and where the mailbox is neither shared nor held,
#   or deleted, though the roster wants it forwarded or shared or nothing else keeps it. Holds without a date, several
#   licence changes and a log that begins after leaving leave the rule unknown. It does not apply where an Exchange
#   licence is still there or the whole log shows no removal.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee
#     description: Remove a former employee, in this order
#   - ref: https://learn.microsoft.com/microsoft-365/admin/email/convert-user-mailbox-to-shared-mailbox
#     description: Convert a user mailbox to a shared mailbox
# custom:
#   id: ORD-001
#   scope: leaver
#   severity: medium
#   states: [live, deleted, unread]
#   requires: [audits, mailbox]
#   uses: [licences, subscribedSkus, organization, account]
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
#     Assign an Exchange Online licence again under Licences and apps on the user's page in the Microsoft 365 admin
#     centre (Set-MgUserLicense), convert the mailbox (Set-Mailbox -Type Shared) or put it on hold (Set-Mailbox
#     -LitigationHoldEnabled $true), and remove the licence only then.
package checklist.order.converted_before_delicensed

import data.lib.audits
import data.lib.deletions
import data.lib.delicensing
import data.lib.holds
import data.lib.licences
import data.lib.mailboxes
import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	nothing_to_order
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.audits.state == "read"
	input.facts.mailbox.state == "read"
	delicensed
	in_order
}

findings contains finding if {
	held_too_late
	finding := object.union_n([
		{"resource": "LitigationHoldDate", "removedDateTime": times.latest(delicensing.removals)},
		proofs.values({"mailbox": ["mailboxState", "RecipientTypeDetails", "LitigationHoldDate"]}),
	])
}

findings contains finding if {
	never_saved
	finding := object.union_n([
		{"resource": "RecipientTypeDetails", "removedDateTime": times.earliest(delicensing.removals)},
		proofs.values({"mailbox": ["mailboxState", "RecipientTypeDetails", "WhenSoftDeleted"]}),
		object.filter(input.leaver, ["mailHandling"]),
	])
}

# METADATA
# description: there never was a mailbox here, it still has its licence, or the licence was not removed since leaving
# scope: document
nothing_to_order if mailboxes.never_existed

nothing_to_order if mailboxes.on_premises

nothing_to_order if {
	deletions.live
	licences.allow("mailbox")
}

nothing_to_order if {
	audits.since_leaving
	count(delicensing.removals) == 0
}

# METADATA
# description: no Exchange licence is left
# scope: document
delicensed if deletions.deleted

delicensed if licences.forbid("mailbox")

# METADATA
# description: litigation hold is all that keeps the mailbox, and came after the last removal
held_too_late if {
	delicensed
	input.facts.audits.state == "read"
	mailboxes.not_shared
	holds.own == {"LitigationHoldEnabled"}
	input.facts.mailbox.value.ComplianceTagHoldApplied == false
	is_array(input.facts.mailbox.value.InPlaceHolds)
	holds.none_organisation_wide
	times.after(input.facts.mailbox.value.LitigationHoldDate, times.latest(delicensing.removals))
}

# METADATA
# description: a licence went, and the mailbox was neither converted nor held
# scope: document
never_saved if {
	removed
	mailboxes.soft_deleted
	expected
}

never_saved if {
	removed
	mailboxes.soft_deleted
	holds.none_own
}

never_saved if {
	removed
	mailboxes.live
	mailboxes.needs_licence
	holds.none_own
	expected
}

never_saved if {
	removed
	mailboxes.live
	mailboxes.needs_licence
	holds.none_own
	holds.none_organisation_wide
}

# METADATA
# description: a licence was removed since leaving, and none is left
removed if {
	count(delicensing.removals) > 0
	delicensed
}

# METADATA
# description: the roster wants the mail forwarded or shared
expected if input.leaver.mailHandling in {"forward", "shared"}

# METADATA
# description: what saves the mailbox was there before the licence went
# scope: document
in_order if {
	input.facts.mailbox.value.LitigationHoldEnabled == true
	times.at_or_after(first_removal, input.facts.mailbox.value.LitigationHoldDate)
}

in_order if {
	audits.since_leaving
	mailboxes.live
	mailboxes.shared
	count(delicensing.changes) == 1
}

in_order if {
	count(delicensing.removals) > 0
	in_place
	holds.organisation_known
	count(holds.organisation_wide) > 0
}

# METADATA
# description: the mailbox is there, where the organisation's policies keep it, and nobody was to convert it
# scope: document
in_place if {
	mailboxes.live
	mailboxes.not_shared
}

in_place if mailboxes.inactive

# METADATA
# description: when the first licence went, or the earliest time at which it may have
# scope: document
first_removal := times.earliest(delicensing.removals) if audits.since_leaving

first_removal := input.leaver.leftAt if not audits.since_leaving

evidence := object.union(
	proofs.of({
		"mailbox": [
			"mailboxState", "RecipientTypeDetails", "LitigationHoldEnabled", "LitigationHoldDate", "InPlaceHolds",
			"ComplianceTagHoldApplied", "WhenSoftDeleted",
		],
		"licences": ["assignedLicenses"],
	}),
	{
		"audits": {
			"licenceChanges": sort({event.activityDateTime | some event in delicensing.changes}),
			"licenceRemovals": sort(delicensing.removals),
		},
		"organization": {"InPlaceHolds": sort(holds.organisation_wide)},
	},
)

missing contains "account" if {
	status == "unknown"
	not input.facts.account.state == "read"
}

missing contains "licences" if {
	status == "unknown"
	deletions.live
	not input.facts.licences.state == "read"
}

missing contains "subscribedSkus" if {
	status == "unknown"
	deletions.live
	licences.subscriptions_unread
}

missing contains "organization" if {
	status == "unknown"
	removed
	in_place
	not holds.organisation_known
}

message := $"A licence went on {times.shown(last)}, before the mailbox was put on hold on {times.shown(held)}." if {
	status == "fail"
	held_too_late
	last := times.latest(delicensing.removals)
	held := input.facts.mailbox.value.LitigationHoldDate
} else := $"A licence went on {times.shown(first)}, and the mailbox was neither converted nor put on hold." if {
	status == "fail"
	first := times.earliest(delicensing.removals)
} else := "The log begins after leaving and shows no removal: when the licence went is not known." if {
	status == "unknown"
	input.facts.audits.state == "read"
	count(delicensing.removals) == 0
}
