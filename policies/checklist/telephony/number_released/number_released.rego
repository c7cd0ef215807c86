# METADATA
# title: The telephone number is released
# description: |
#   No telephone number is assigned to the leaver. Microsoft's page of 2020 says that removing the licence releases the
#   number of Skype for Business; today's numbers are those of Teams, and one of direct routing stays until it is taken
#   away. Every state of assignment but unassigned counts. Only the worldwide cloud tells.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-6
#     description: Step 6, remove the licence
#   - ref: https://learn.microsoft.com/microsoftteams/assign-change-or-remove-a-phone-number-for-a-user
#     description: Assign, change or remove a phone number for a user
# custom:
#   id: TEL-001
#   scope: leaver
#   severity: medium
#   states: [live, unread]
#   requires: [phoneNumbers]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#   controls:
#     nist-800-53-r5: [{id: "PS-4(d)", confidence: low}]
#     iso-27001-2022: [{id: "A.5.11", confidence: medium}]
#   remediation: |
#     Remove the number under Voice > Phone numbers in the Teams admin centre (Remove-CsPhoneNumberAssignment -Identity
#     <user> -PhoneNumber <telephoneNumber> -PhoneNumberType <numberType>).
package checklist.telephony.number_released

import data.lib.names
import data.lib.proofs

default status := "unknown"

status := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.phoneNumbers.state == "read"
	is_array(input.facts.phoneNumbers.value)
	every phone in input.facts.phoneNumbers.value { names.fold(phone.assignmentStatus) == "unassigned" }
}

findings contains finding if {
	some phone in input.facts.phoneNumbers.value
	names.given(phone.assignmentStatus)
	names.fold(phone.assignmentStatus) != "unassigned"
	finding := proofs.about(
		phone,
		["telephoneNumber"],
		["telephoneNumber", "numberType", "assignmentStatus", "assignmentTargetId", "activationState"],
	)
}

evidence := {"phoneNumbers": {"numbers": [shown |
	some phone in input.facts.phoneNumbers.value
	shown := object.filter(phone, ["telephoneNumber", "assignmentStatus"])
]}}

message := $"Still assigned: {concat(", ", sort({finding.resource | some finding in findings}))}." if {
	status == "fail"
} else := "The service does not say whether every number is assigned." if {
	status == "unknown"
	input.facts.phoneNumbers.state == "read"
}
