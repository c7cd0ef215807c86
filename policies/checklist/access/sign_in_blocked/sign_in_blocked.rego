# METADATA
# title: Sign-in is blocked
# description: |
#   The account is disabled, or deleted. Microsoft's step 4 of 2020, the first step today. Blocking can take up to 24
#   hours to reach every service, so until then the password (SES-001) and the sessions (SES-002) carry the weight.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-1
#     description: Step 1, prevent a former employee from logging in
#   - ref: https://learn.microsoft.com/entra/identity/users/users-revoke-access
#     description: Revoke user access in Microsoft Entra ID
# custom:
#   id: ACC-001
#   scope: leaver
#   severity: critical
#   states: [live, deleted, unread]
#   requires: [account]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 24
#   controls:
#     nist-800-53-r5:
#       - {id: "PS-4(a)", confidence: high}
#       - {id: "AC-2(3)", confidence: high}
#       - {id: "AC-2(h)", confidence: high}
#       - {id: "AC-2(13)", confidence: medium}
#       - {id: "IA-4(d)", confidence: low}
#     iso-27001-2022:
#       - {id: "A.5.16", confidence: high}
#       - {id: "A.5.18", confidence: high}
#       - {id: "A.6.5", confidence: high}
#     cis-controls-8.1:
#       - {id: "6.2", confidence: high}
#       - {id: "5.1", confidence: medium}
#       - {id: "5.3", confidence: medium}
#     soc2: [{id: "CC6.2", confidence: high}, {id: "CC6.3", confidence: high}]
#     pci-dss-4.0:
#       - {id: "8.2.5", confidence: high}
#       - {id: "8.2.6", confidence: medium}
#       - {id: "7.2.5", confidence: low}
#     hipaa: [{id: "164.308(a)(3)(ii)(C)", confidence: high}]
#     scuba: [{id: "MS.AAD.1.1v1", confidence: low}]
#   remediation: |
#     Choose Block sign-in on the user's page under Users > Active users in the Microsoft 365 admin centre
#     (Update-MgUser -AccountEnabled:$false), for a synchronised account in Active Directory (Disable-ADAccount).
package checklist.access.sign_in_blocked

import data.lib.proofs

default status := "unknown"

status := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.account.state == "read"
	cannot_sign_in
}

findings contains {"resource": "accountEnabled", "accountEnabled": true} if {
	input.leaver.state != "deleted"
	input.facts.account.value.accountEnabled == true
}

# METADATA
# description: the account is blocked, or gone
# scope: document
cannot_sign_in if input.facts.account.value.accountEnabled == false

cannot_sign_in if input.leaver.state == "deleted"

evidence := proofs.of({"account": ["accountEnabled", "deletedDateTime", "onPremisesSyncEnabled"]})

message := "The account can still sign in." if {
	status == "fail"
}
