# METADATA
# title: No private address is left on the account
# description: |
#   The account of somebody who left has no other mail address outside our domains: with one, its password can be reset
#   by whoever reads that mailbox. Guests sign in with their own address and are not judged.
# related_resources:
#   - ref: https://learn.microsoft.com/entra/identity/authentication/concept-sspr-howitworks
#     description: How self-service password reset works
# custom:
#   id: CON-002
#   scope: leaver
#   severity: high
#   states: [live]
#   requires: [account]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 24
#     allowed_domains:
#       type: array
#       items: {type: string}
#       default: []
#   controls:
#     iso-27001-2022: ["A.5.17"]
#   remediation: |
#     Update-MgUser -UserId <id> -OtherMails @()
package custom.contoso.private_addresses_removed

import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	input.facts.account.value.userType == "Guest"
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.account.state == "read"
	is_array(input.facts.account.value.otherMails)
}

findings contains {"resource": address, "otherMails": address} if {
	some address in input.facts.account.value.otherMails
	not allowed(address)
}

allowed(address) if {
	some domain in data.parameters["CON-002"].allowed_domains
	endswith(lower(address), concat("", ["@", lower(domain)]))
}

evidence := proofs.of({"account": ["otherMails", "userType"]})

message := sprintf("Private addresses left on the account: %d.", [count(findings)]) if {
	status == "fail"
}
