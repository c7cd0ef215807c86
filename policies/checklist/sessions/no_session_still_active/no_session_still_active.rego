# METADATA
# title: No session is still active
# description: |
#   Nobody got in with the account after leaving. Microsoft's page says that an access token is good for an hour;
#   today it lives 60 to 90 minutes, and up to 28 hours with clients that use continuous access evaluation:
#   `token_lifetime_minutes`. A success fails when no revocation followed it, unless a session that was revoked
#   explains it: not interactive, and within the life of a token after the last revocation. A success before a later
#   revocation passes and is listed. After deletion nothing excuses a success since leaving. The log must reach back
#   to leaving, or `lastSuccessfulSignInDateTime` must say that nothing happened before it begins; that property never
#   clears somebody whom the log contradicts. Failed attempts show that the block holds. The log lags up to 6 hours
#   and the property up to 24: so much of the present is not covered.
# related_resources:
#   - ref: https://learn.microsoft.com/entra/identity-platform/access-tokens
#     description: Access token lifetime
#   - ref: https://learn.microsoft.com/entra/identity/monitoring-health/reference-reports-data-retention
#     description: How long Microsoft Entra ID keeps the sign-in log
#   - ref: https://learn.microsoft.com/graph/api/resources/signinactivity
#     description: signInActivity
# custom:
#   id: SES-003
#   scope: leaver
#   severity: critical
#   states: [live, deleted, unread]
#   requires: [account, signIns]
#   uses: [signInActivity, audits]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 2
#     token_lifetime_minutes:
#       description: how long an access token lives after its session was revoked
#       type: integer
#       minimum: 0
#       maximum: 1680
#       default: 90
#   controls:
#     nist-800-53-r5:
#       - {id: "AC-12", confidence: high}
#       - {id: "PS-4(a)", confidence: medium}
#       - {id: "AC-2(g)", confidence: medium}
#       - {id: "AU-6", confidence: medium}
#       - {id: "SI-4", confidence: low}
#     iso-27001-2022:
#       - {id: "A.8.5", confidence: medium}
#       - {id: "A.8.15", confidence: medium}
#       - {id: "A.8.16", confidence: medium}
#     cis-controls-8.1:
#       - {id: "6.2", confidence: medium}
#       - {id: "8.2", confidence: medium}
#       - {id: "8.11", confidence: medium}
#     cis-m365-7.0:
#       - {id: "5.2.2.4", confidence: low}
#       - {id: "5.2.2.11", confidence: low}
#       - {id: "1.3.2", confidence: low}
#     soc2: [{id: "CC6.1", confidence: medium}, {id: "CC7.2", confidence: medium}]
#     pci-dss-4.0: [{id: "8.2.5", confidence: medium}, {id: "8.2.8", confidence: low}, {id: "10.2", confidence: low}]
#     hipaa: [{id: "164.308(a)(1)(ii)(D)", confidence: medium}, {id: "164.312(a)(2)(iii)", confidence: low}]
#     scuba: [{id: "MS.AAD.4.1v1", confidence: low}]
#   remediation: |
#     Block sign-in and choose Sign out of all sessions under Users > Active users in the Microsoft 365 admin centre
#     (Update-MgUser -AccountEnabled:$false, Revoke-MgUserSignInSession); then look into what was done with the
#     sessions listed under Sign-in logs in the Microsoft Entra admin centre.
package checklist.sessions.no_session_still_active

import data.lib.names
import data.lib.proofs
import data.lib.sessions
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	gone_before_leaving
	log_read
	count(findings) == 0
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.account.state == "read"
	log_read
	covered
	every success in successes { cut_off(success, sessions.revocations) }
	activity_settled
}

findings contains finding if {
	some app in {proofs.key(success, ["appId", "appDisplayName"]) | some success in active}
	by_app := [success | some success in active; proofs.key(success, ["appId", "appDisplayName"]) == app]
	at := {success.createdDateTime | some success in by_app}
	finding := {
		"resource": app,
		"appDisplayName": sort({success.appDisplayName | some success in by_app; is_string(success.appDisplayName)}),
		"signIns": count(by_app),
		"interactive": count([success | some success in by_app; success.isInteractive == true]),
		"firstDateTime": times.earliest(at),
		"lastDateTime": times.latest(at),
	}
}

findings contains finding if {
	activity_after_leaving
	not activity_excused
	finding := {"resource": "lastSuccessfulSignInDateTime", "lastSuccessfulSignInDateTime": last_success}
}

# METADATA
# description: the account was deleted before a sign-in could have been one after leaving
gone_before_leaving if {
	input.facts.account.state == "read"
	times.at_or_after(input.leaver.leftBy, input.facts.account.value.deletedDateTime)
}

# METADATA
# description: the log was read, and every row says when and whether it succeeded
log_read if {
	input.facts.signIns.state == "read"
	every row in input.facts.signIns.value {
		is_number(row.status.errorCode)
		is_number(times.ns(row.createdDateTime))
	}
}

# METADATA
# description: the successful sign-ins after leaving
successes contains row if {
	some row in input.facts.signIns.value
	row.status.errorCode == 0
	times.after(row.createdDateTime, input.leaver.leftBy)
}

# METADATA
# description: the successes that no revocation cut off; after deletion none is looked for
# scope: document
active contains success if {
	input.leaver.state == "deleted"
	some success in successes
}

active contains success if {
	revocation_answered
	some success in successes
	not cut_off(success, sessions.traces)
}

# METADATA
# description: the service said when sessions were last revoked; without that a success may have been cut off since
# scope: document
revocation_answered if input.facts.account.state == "read"

revocation_answered if is_string(input.facts.account.value.signInSessionsValidFromDateTime)

# METADATA
# description: one of the revocations followed the success, or explains it by the life of a token
# scope: document
cut_off(success, revocations) if times.at_or_after(times.latest(revocations), success.createdDateTime)

cut_off(success, revocations) if {
	success.isInteractive == false
	token_alive(success.createdDateTime, revocations)
}

# METADATA
# description: a token issued before the last of the revocations may still have lived at that time
token_alive(at, revocations) if {
	life := data.parameters["SES-003"].token_lifetime_minutes * times.ns_per_minute
	times.ns(at) <= times.ns(times.latest(revocations)) + life
}

# METADATA
# description: when the directory last saw a success
last_success := input.facts.signInActivity.value.lastSuccessfulSignInDateTime

# METADATA
# description: it lies after leaving
activity_after_leaving if times.after(last_success, input.leaver.leftBy)

# METADATA
# description: a revocation excuses it, or the service did not say when there was one
# scope: document
activity_excused if {
	input.leaver.state != "deleted"
	not revocation_answered
}

activity_excused if {
	input.leaver.state != "deleted"
	token_alive(last_success, sessions.traces)
}

# METADATA
# description: it does not stand in the way of a pass
# scope: document
activity_settled if not activity_after_leaving

activity_settled if token_alive(last_success, sessions.revocations)

# METADATA
# description: what was read covers the time since leaving
# scope: document
covered if times.at_or_after(input.leaver.leftAt, data.tenant.windows.signIns.from)

covered if {
	input.facts.signInActivity.state == "read"
	times.at_or_after(input.leaver.leftBy, last_success)
}

covered if {
	input.facts.signInActivity.state == "read"
	token_alive(last_success, sessions.revocations)
}

evidence := object.union(
	proofs.of({
		"account": ["signInSessionsValidFromDateTime", "deletedDateTime"],
		"signInActivity": ["lastSuccessfulSignInDateTime", "lastSignInDateTime", "lastNonInteractiveSignInDateTime"],
	}),
	{
		"audits": {"revocations": sort({event.activityDateTime | some event in sessions.logged})},
		"signIns": {
			"successesAfterLeaving": count(successes),
			"cutOff": sort({success.createdDateTime | some success in successes} - active_at),
			"failedAttempts": failed_attempts,
			"windows": object.filter(data.tenant.windows, ["signIns"]),
		},
	},
)

# METADATA
# description: how often each error stopped a sign-in
failed_attempts[code] := attempts if {
	some number in {row.status.errorCode | some row in input.facts.signIns.value; row.status.errorCode != 0}
	attempts := count([row | some row in input.facts.signIns.value; row.status.errorCode == number])
	code := $"{number}"
}

missing contains "signInActivity" if {
	status == "unknown"
	not covered
	not input.facts.signInActivity.state == "read"
}

missing contains "audits" if {
	status == "unknown"
	count(sessions.logged) > 0
	not input.facts.audits.state == "read"
}

message := $"Not cut off: {sign_ins} since leaving, the last on {times.shown(last_active)}." if {
	sign_ins := names.counted(count(active), "successful sign-in")
	count(active) > 0
} else := $"The account last signed in on {times.shown(last_success)}, after leaving." if {
	status == "fail"
} else := $"Cut off by a revocation: {names.counted(count(successes), "sign-in")} after leaving." if {
	status == "pass"
	count(successes) > 0
} else := "The sign-in log begins after leaving, and nothing says that nobody signed in before it." if {
	status == "unknown"
	not covered
}

# METADATA
# description: when the successes were that no revocation cut off
active_at contains success.createdDateTime if some success in active

# METADATA
# description: the latest of them
last_active := times.latest(active_at)
