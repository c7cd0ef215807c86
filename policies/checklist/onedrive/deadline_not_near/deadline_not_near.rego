# METADATA
# title: The OneDrive is not about to be lost
# description: |
#   What is in the leaver's OneDrive and was not handed over has more than a week left. Microsoft's page of 2020 says
#   that the content "remains accessible" when only the licence is removed; since January 2025 an unlicensed OneDrive is
#   archived on day 93 (`archive_days`; not for government and education, where the parameter can be raised). When the
#   account is deleted, the drive is kept for as long as the organisation sets
#   (deletedUserPersonalSiteRetentionPeriodInDays, 30 days when it sets nothing), and archived on day 93 all the same:
#   the earlier of the two counts. When the licence was removed only the audit log can tell: the first licence change
#   since leaving that may have been a removal; a licence that went at an unknown time leaves the rule unknown. A pass
#   also needs that the time has not come even if the licence went on the day of leaving. A drive that somebody
#   present can open (ODB-001), or that is attested to be handed over, passes whatever the date. Where the permissions
#   were read and show nobody present, the deadline counts, although a site administrator may be there whom they do
#   not show: attest the hand-over (ODB-001).
# related_resources:
#   - ref: https://learn.microsoft.com/sharepoint/unlicensed-onedrive-accounts
#     description: Manage unlicensed OneDrive user accounts
#   - ref: https://learn.microsoft.com/sharepoint/retention-and-deletion
#     description: OneDrive retention and deletion
#   - ref: https://learn.microsoft.com/graph/api/resources/sharepointsettings
#     description: deletedUserPersonalSiteRetentionPeriodInDays
# custom:
#   id: ODB-002
#   scope: leaver
#   severity: high
#   states: [live, deleted, unread]
#   requires: [oneDrive, account, sharePointSettings]
#   uses: [drivePermissions, licences, subscribedSkus, audits]
#   attestations: [ODB-001]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
#     archive_days:
#       description: after how many days without a licence a OneDrive is archived
#       type: integer
#       minimum: 1
#       default: 93
#     days_left:
#       description: with fewer full days left the rule fails
#       type: integer
#       minimum: 0
#       default: 7
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
#     Give the licence back or restore the user in the Microsoft 365 admin centre (Set-MgUserLicense,
#     Restore-MgDirectoryDeletedItem), or raise Settings > Retention for deleted users in the SharePoint admin centre
#     (Set-SPOTenant -OrphanedPersonalSitesRetentionPeriod), and have the content moved or the drive handed over.
package checklist.onedrive.deadline_not_near

import data.lib.deletions
import data.lib.delicensing
import data.lib.drives
import data.lib.licences
import data.lib.names
import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	nothing_to_lose
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.oneDrive.state == "read"
	input.facts.account.state == "read"
	safe
} else := "pass" if {
	count(attested) > 0
}

findings contains finding if {
	drives.filled
	input.facts.drivePermissions.state == "read"
	not drives.handed_over
	count(attested) == 0
	near(last_day)
	finding := object.union_n([
		proofs.about(input.facts.oneDrive.value, ["id", "webUrl"], ["id", "webUrl", "lastModifiedDateTime"]),
		{"cause": cause, "usedBytes": input.facts.oneDrive.value.quota.used},
		proofs.values({"account": ["deletedDateTime"]}),
	])
}

# METADATA
# description: that the drive was handed over, where neither its permissions nor the deadline clear it
attested contains "ODB-001" if {
	input.attested["ODB-001"]
	not nothing_to_lose
	not observed
}

# METADATA
# description: there is no drive, or nothing in it
# scope: document
nothing_to_lose if drives.none

nothing_to_lose if drives.empty

# METADATA
# description: it passes by what was read
observed if {
	input.facts.oneDrive.state == "read"
	input.facts.account.state == "read"
	data.tenant.facts.sharePointSettings.state == "read"
	safe
}

# METADATA
# description: the content is handed over, or there is time enough
# scope: document
safe if drives.handed_over

safe if {
	deletions.live
	licences.allow("drive")
}

safe if {
	far(last_day)
	far(times.days_later(input.leaver.leftAt, archive_days))
	firm
}

# METADATA
# description: the last day hangs on nothing that was read in part
# scope: document
firm if cause == "account deleted"

firm if input.facts.audits.state == "read"

# METADATA
# description: why the drive will not last
# scope: document
cause := "account deleted" if deletions.deleted

cause := "unlicensed" if {
	not deletions.deleted
	licences.forbid("drive")
}

# METADATA
# description: the last day of the content
# scope: document
last_day := times.days_later(deletions.at, min({retention_days, archive_days}))

last_day := times.days_later(times.earliest(delicensing.removals), archive_days) if {
	cause == "unlicensed"
}

# METADATA
# description: how long the organisation keeps the drives of deleted users
# scope: document
retention_days := data.tenant.facts.sharePointSettings.value.deletedUserPersonalSiteRetentionPeriodInDays if {
	is_number(data.tenant.facts.sharePointSettings.value.deletedUserPersonalSiteRetentionPeriodInDays)
}

retention_days := 30 if {
	data.tenant.facts.sharePointSettings.state == "read"
	is_null(data.tenant.facts.sharePointSettings.value.deletedUserPersonalSiteRetentionPeriodInDays)
}

# METADATA
# description: after how many days without a licence a drive is archived
archive_days := data.parameters["ODB-002"].archive_days

# METADATA
# description: few days are left until then, or none
near(day) if times.days_left(day) < data.parameters["ODB-002"].days_left

# METADATA
# description: days enough are left until then
far(day) if times.days_left(day) >= data.parameters["ODB-002"].days_left

deadline := last_day if {
	not nothing_to_lose
	not drives.handed_over
	count(attested) == 0
}

evidence := object.union(
	proofs.of({
		"oneDrive": ["id", "webUrl", "quota", "lastModifiedDateTime", "foundBy"],
		"account": ["deletedDateTime"],
		"licences": ["assignedLicenses"],
		"sharePointSettings": ["deletedUserPersonalSiteRetentionPeriodInDays"],
	}),
	{
		"drivePermissions": {"receivers": sort(drives.receivers)},
		"audits": {"licenceRemovals": sort(delicensing.removals)},
	},
)

missing contains "oneDrive" if {
	status == "unknown"
	drives.vanished
}

missing contains "drivePermissions" if {
	status == "unknown"
	not input.facts.drivePermissions.state == "read"
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

missing contains "audits" if {
	status == "unknown"
	removal_unknown
}

# METADATA
# description: when the licence went is not known, or may have been before the log begins
# scope: document
removal_unknown if {
	cause == "unlicensed"
	count(delicensing.removals) == 0
}

removal_unknown if {
	cause == "unlicensed"
	not input.facts.audits.state == "read"
}

removal_unknown if {
	far(last_day)
	not far(times.days_later(input.leaver.leftAt, archive_days))
}

message := $"The content is lost on {times.shown(last_day)}, with {names.counted(days, "day")} left." if {
	status == "fail"
	days := times.days_left(last_day)
	days >= 0
} else := $"The content was to be archived or deleted on {times.shown(last_day)}, and is not handed over." if {
	status == "fail"
} else := "That the drive was handed over is attested; its permissions do not show it." if {
	count(attested) > 0
} else := "The earlier snapshot has a drive, and there is none any more." if {
	drives.vanished
} else := "The drive is unlicensed since a time that the audit log does not show." if {
	status == "unknown"
	cause == "unlicensed"
	input.facts.audits.state == "read"
	removal_unknown
}
