# METADATA
# title: The sessions were revoked
# description: |
#   Sessions were revoked at or after leaving, so that tokens issued before are dead. Microsoft's page of 2020 has
#   "Initiate sign-out" on the OneDrive tab and Revoke-AzureADUserAllRefreshToken; today it is "Sign out of all
#   sessions". `signInSessionsValidFromDateTime` decides, and a password change moves it too, which is enough. It lags
#   by minutes, so a successful `Update StsRefreshTokenValidFrom Timestamp` in the audit log passes as well. A
#   property that the service leaves empty proves nothing either way.
# related_resources:
#   - ref: https://learn.microsoft.com/entra/identity/users/users-revoke-access
#     description: Revoke user access in Microsoft Entra ID
#   - ref: https://learn.microsoft.com/graph/api/user-revokesigninsessions
#     description: revokeSignInSessions
# custom:
#   id: SES-002
#   scope: leaver
#   severity: critical
#   states: [live, unread]
#   requires: [account]
#   uses: [audits]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 1
#   controls:
#     nist-800-53-r5:
#       - {id: "AC-12", confidence: high}
#       - {id: "PS-4(a)", confidence: medium}
#       - {id: "SI-4", confidence: low}
#     iso-27001-2022: [{id: "A.8.5", confidence: medium}]
#     cis-controls-8.1: [{id: "6.2", confidence: medium}]
#     cis-m365-7.0:
#       - {id: "5.2.2.4", confidence: low}
#       - {id: "5.2.2.11", confidence: low}
#       - {id: "1.3.2", confidence: low}
#     soc2: [{id: "CC6.1", confidence: medium}]
#     pci-dss-4.0: [{id: "8.2.5", confidence: medium}, {id: "8.2.8", confidence: low}, {id: "10.2", confidence: low}]
#     hipaa: [{id: "164.312(a)(2)(iii)", confidence: low}]
#     scuba: [{id: "MS.AAD.4.1v1", confidence: low}]
#   remediation: |
#     Choose Sign out of all sessions on the user's page under Users > Active users in the Microsoft 365 admin centre,
#     or run Revoke-MgUserSignInSession.
package checklist.sessions.sessions_revoked

import data.lib.proofs
import data.lib.sessions
import data.lib.times

default status := "unknown"

status := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.account.state == "read"
	count(sessions.revocations) > 0
}

findings contains finding if {
	times.before(valid_from, input.leaver.leftAt)
	count(sessions.traces) == 0
	finding := {"resource": "signInSessionsValidFromDateTime", "signInSessionsValidFromDateTime": valid_from}
}

evidence := object.union(
	proofs.of({"account": ["signInSessionsValidFromDateTime"]}),
	{"audits": {"revocations": sort({event.activityDateTime | some event in sessions.logged})}},
)

missing contains "audits" if {
	status == "unknown"
	count(sessions.logged) > 0
	not input.facts.audits.state == "read"
}

message := $"Sessions begun since {times.shown(valid_from)} are still valid: nobody revoked them after leaving." if {
	status == "fail"
}

# METADATA
# description: tokens issued before this time are dead
valid_from := input.facts.account.value.signInSessionsValidFromDateTime
