# METADATA
# title: The password was reset
# description: |
#   The password was changed at or after leaving. Microsoft asks for a new password that is not sent to the leaver,
#   since blocking the account can take a day. `lastPasswordChangeDateTime` decides; it lags, so a successful change
#   in the audit log passes too. A reset that was only requested, forced for the next sign-in or not successful is no
#   proof. Neither the page nor the property says who changed it: where the audit log shows that the last change was
#   made by the leaver, the leaver knows the password and the rule fails. A guest's password belongs to the home
#   tenant.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-1
#     description: Step 1, prevent a former employee from logging in
#   - ref: https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities
#     description: Audit activities
# custom:
#   id: SES-001
#   scope: leaver
#   severity: high
#   states: [live, unread]
#   requires: [account]
#   uses: [audits]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 24
#   controls:
#     nist-800-53-r5:
#       - {id: "PS-4(a)", confidence: high}
#       - {id: "AC-2(h)", confidence: high}
#       - {id: "IA-5(h)", confidence: medium}
#       - {id: "IA-4(d)", confidence: low}
#     iso-27001-2022:
#       - {id: "A.5.18", confidence: high}
#       - {id: "A.6.5", confidence: high}
#       - {id: "A.5.17", confidence: medium}
#     cis-controls-8.1: [{id: "6.2", confidence: high}]
#     soc2: [{id: "CC6.2", confidence: high}, {id: "CC6.3", confidence: high}]
#     pci-dss-4.0: [{id: "8.2.5", confidence: high}, {id: "7.2.5", confidence: low}]
#     hipaa: [{id: "164.308(a)(3)(ii)(C)", confidence: high}]
#     scuba: [{id: "MS.AAD.1.1v1", confidence: low}]
#   remediation: |
#     Reset the password under Users > Active users in the Microsoft 365 admin centre (Update-MgUser
#     -PasswordProfile), for a synchronised account in Active Directory (Set-ADAccountPassword), and do not send it to
#     the leaver.
package checklist.sessions.password_reset

import data.lib.audits
import data.lib.names
import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	input.facts.account.state == "read"
	input.facts.account.value.userType == "Guest"
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.account.state == "read"
	changed_after_leaving
}

findings contains finding if {
	times.before(last_changed, input.leaver.leftAt)
	count(changes) == 0
	finding := {"resource": "lastPasswordChangeDateTime", "lastPasswordChangeDateTime": last_changed}
}

findings contains finding if {
	last_change_by_leaver
	finding := {
		"resource": "lastPasswordChangeDateTime",
		"activityDateTime": last_change.activityDateTime,
		"initiatedBy": input.leaver.id,
	}
}

# METADATA
# description: the password was changed at or after leaving, by the property or by the audit log
# scope: document
changed_after_leaving if times.at_or_after(last_changed, input.leaver.leftAt)

changed_after_leaving if {
	input.facts.audits.state == "read"
	count(changes) > 0
}

# METADATA
# description: the audit log's successful changes at or after leaving
changes contains event if {
	some event in audits.successes
	event.activity in {
		"reset password",
		"reset password (by admin)",
		"reset password (self-service)",
		"reset user password",
		"change user password",
		"change password (self-service)",
	}
	times.at_or_after(event.activityDateTime, input.leaver.leftAt)
}

# METADATA
# description: the latest of them
last_change := [event |
	some event in changes
	event.activityDateTime == times.latest({other.activityDateTime | some other in changes})
][0]

# METADATA
# description: |
#   The leaver made the latest change that the log shows, and the property knows of none since. A few minutes lie
#   between the change and the log row.
last_change_by_leaver if {
	names.fold(last_change.initiatedBy.user.id) == input.leaver.id
	not changed_since(last_change.activityDateTime)
}

# METADATA
# description: the property is clearly later than the log's row
changed_since(logged) if {
	changed := times.ns(last_changed)
	changed > times.ns(logged) + (5 * times.ns_per_minute)
}

evidence := object.union(
	proofs.of({"account": ["lastPasswordChangeDateTime", "onPremisesSyncEnabled"]}),
	{"audits": {"changes": sort({event.activityDateTime | some event in changes})}},
)

missing contains "audits" if {
	status == "unknown"
	count(changes) > 0
	not input.facts.audits.state == "read"
}

message := "The last password change since leaving was made by the leaver." if {
	last_change_by_leaver
} else := $"The password was last changed on {times.shown(last_changed)}, before leaving." if {
	status == "fail"
}

# METADATA
# description: when the directory last saw the password change
last_changed := input.facts.account.value.lastPasswordChangeDateTime
