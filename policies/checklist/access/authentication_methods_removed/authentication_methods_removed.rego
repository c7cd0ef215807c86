# METADATA
# title: Authentication methods are removed
# description: |
#   No phone, e-mail address, authenticator app, security key or temporary access pass is left on the account, which
#   the leaver could use to reset the password of an account that is kept behind a mailbox. The password itself does
#   not count, and neither does a temporary access pass that can be used no more; one that can be used is critical.
#   Microsoft's page of 2020 resets the password and does not speak of other methods. A guest's methods are the home
#   tenant's.
# related_resources:
#   - ref: https://learn.microsoft.com/entra/identity/authentication/howto-mfa-userdevicesettings
#     description: Manage authentication methods for a user
#   - ref: https://learn.microsoft.com/entra/identity/authentication/howto-authentication-temporary-access-pass
#     description: Temporary Access Pass
# custom:
#   id: ACC-008
#   scope: leaver
#   severity: medium
#   states: [live, unread]
#   requires: [authenticationMethods]
#   uses: [account]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#   controls:
#     nist-800-53-r5:
#       - {id: "IA-5", confidence: high}
#       - {id: "PS-4(b)", confidence: high}
#       - {id: "AC-2(h)", confidence: medium}
#     iso-27001-2022: [{id: "A.5.17", confidence: high}, {id: "A.8.2", confidence: high}]
#     cis-controls-8.1: [{id: "5.5", confidence: high}, {id: "6.2", confidence: medium}]
#     soc2: [{id: "CC6.1", confidence: medium}, {id: "CC6.3", confidence: medium}]
#     pci-dss-4.0: [{id: "8.6.3", confidence: medium}, {id: "8.3.11", confidence: low}]
#     hipaa: [{id: "164.312(d)", confidence: low}]
#     scuba: [{id: "MS.AAD.5.6v1", confidence: medium}, {id: "MS.AAD.5.2v1", confidence: low}]
#   remediation: |
#     Delete the methods on the user's Authentication methods page in the Microsoft Entra admin centre
#     (Remove-MgUserAuthenticationPhoneMethod, Remove-MgUserAuthenticationMicrosoftAuthenticatorMethod,
#     Remove-MgUserAuthenticationTemporaryAccessPassMethod and their like for each kind).
package checklist.access.authentication_methods_removed

import data.lib.names
import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	input.facts.account.state == "read"
	names.fold(input.facts.account.value.userType) == "guest"
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.account.state == "read"
	input.facts.authenticationMethods.state == "read"
	is_array(input.facts.authenticationMethods.value)
	every method in input.facts.authenticationMethods.value { of_no_use(method) }
}

findings contains finding if {
	some method in input.facts.authenticationMethods.value
	names.given(method.kind)
	not of_no_use(method)
	finding := proofs.about(
		method,
		["id"],
		[
			"id", "kind", "displayName", "phoneType", "model", "createdDateTime",
			"startDateTime", "lifetimeInMinutes", "isUsable", "isUsableOnce", "methodUsabilityReason",
		],
	)
}

# METADATA
# description: the method is the password, or a pass that can be used neither now nor later
# scope: document
of_no_use(method) if method.kind == "password"

of_no_use(method) if {
	method.kind == "temporaryAccessPass"
	method.isUsable == false
	not begins_later(method)
}

# METADATA
# description: the pass cannot be used yet
# scope: document
begins_later(method) if names.fold(method.methodUsabilityReason) == "notyetvalid"

begins_later(method) if times.after(method.startDateTime, data.tenant.collectedAt)

evidence := {"authenticationMethods": {"kinds": sort([method.kind |
	some method in input.facts.authenticationMethods.value
])}}

missing contains "account" if {
	status == "unknown"
	not input.facts.account.state == "read"
}

severity := "critical" if "temporaryAccessPass" in kinds

message := $"Left on the account: {concat(", ", sort(kinds))}." if {
	status == "fail"
}

# METADATA
# description: the kinds of method that are left
kinds contains finding.kind if some finding in findings
