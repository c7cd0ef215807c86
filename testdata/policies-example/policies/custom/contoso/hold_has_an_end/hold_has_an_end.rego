# METADATA
# title: A litigation hold has an end
# description: |
#   A hold on the mailbox of somebody who left ends by itself. One without an end keeps personal data for ever, which
#   our data protection officer must agree to case by case, with a waiver.
# related_resources:
#   - ref: https://learn.microsoft.com/purview/ediscovery-create-a-litigation-hold
#     description: Place a mailbox on litigation hold
# custom:
#   id: CON-001
#   scope: leaver
#   severity: medium
#   states: [live, deleted]
#   requires: [mailbox]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
#   controls:
#     iso-27001-2022: ["A.5.34"]
#   remediation: |
#     Set-Mailbox -Identity <mailbox> -LitigationHoldDuration 365
package custom.contoso.hold_has_an_end

import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	input.facts.mailbox.state == "absent"
} else := "not_applicable" if {
	input.facts.mailbox.value.LitigationHoldEnabled == false
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mailbox.state == "read"
	input.facts.mailbox.value.LitigationHoldEnabled == true
	input.facts.mailbox.value.LitigationHoldDuration != null
}

findings contains {"resource": "LitigationHoldDuration", "LitigationHoldDuration": "Unlimited"} if {
	input.facts.mailbox.value.LitigationHoldEnabled == true
	input.facts.mailbox.value.LitigationHoldDuration == "Unlimited"
}

evidence := proofs.of({"mailbox": ["LitigationHoldEnabled", "LitigationHoldDuration", "LitigationHoldDate"]})

message := "The mailbox is on litigation hold without an end." if {
	status == "fail"
}
