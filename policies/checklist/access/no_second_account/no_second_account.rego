# METADATA
# title: No second account can sign in
# description: |
#   No other enabled account is the same person's: one with the same employee id, one that the roster names as an
#   alias, or a guest whose mail is the leaver's. Microsoft's page of 2020 takes it for granted that a person has one
#   account. When the directory does not say whether such an account is enabled, the rule is unknown. An account that
#   bears no sign of the person cannot be found: name it in the roster's aliases.
# related_resources:
#   - ref: https://learn.microsoft.com/entra/identity/users/users-revoke-access
#     description: Revoke user access in Microsoft Entra ID
#   - ref: https://learn.microsoft.com/entra/external-id/user-properties
#     description: Properties of a B2B guest user
# custom:
#   id: ACC-010
#   scope: leaver
#   severity: high
#   states: [live, unread]
#   requires: [accounts]
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
#       - {id: "IA-5(h)", confidence: medium}
#       - {id: "IA-4(d)", confidence: low}
#     iso-27001-2022:
#       - {id: "A.5.16", confidence: high}
#       - {id: "A.5.18", confidence: high}
#       - {id: "A.6.5", confidence: high}
#       - {id: "A.5.17", confidence: medium}
#     cis-controls-8.1:
#       - {id: "6.2", confidence: high}
#       - {id: "5.3", confidence: medium}
#       - {id: "5.1", confidence: medium}
#     soc2: [{id: "CC6.2", confidence: high}, {id: "CC6.3", confidence: high}]
#     pci-dss-4.0:
#       - {id: "8.2.5", confidence: high}
#       - {id: "8.2.6", confidence: medium}
#       - {id: "7.2.5", confidence: low}
#     hipaa: [{id: "164.308(a)(3)(ii)(C)", confidence: high}]
#     scuba: [{id: "MS.AAD.1.1v1", confidence: low}]
#   remediation: |
#     Choose Block sign-in on that account's page under Users in the Microsoft 365 admin centre (Update-MgUser -UserId
#     <id> -AccountEnabled:$false), or add it to the roster as somebody who left.
package checklist.access.no_second_account

import data.lib.proofs

default status := "unknown"

status := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.accounts.state == "read"
	is_array(input.facts.accounts.value)
	every account in input.facts.accounts.value { account.accountEnabled == false }
}

findings contains finding if {
	some account in input.facts.accounts.value
	account.accountEnabled == true
	finding := proofs.about(
		account,
		["id"],
		[
			"id", "userPrincipalName", "displayName", "mail", "employeeId", "userType", "accountEnabled",
			"createdDateTime", "because",
		],
	)
}

evidence := {"accounts": {"accounts": [shown |
	some account in input.facts.accounts.value
	shown := object.filter(account, ["id", "userPrincipalName", "accountEnabled", "because"])
]}}

message := $"The same person can sign in as {concat(", ", sort(names_of_accounts))}." if {
	status == "fail"
} else := "The directory does not say whether every account of the person is enabled." if {
	status == "unknown"
	input.facts.accounts.state == "read"
}

# METADATA
# description: the names of the accounts
names_of_accounts contains proofs.key(finding, ["userPrincipalName", "resource"]) if some finding in findings
