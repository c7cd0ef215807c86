# METADATA
# title: The account is marked as that of a former employee
# description: |
#   Say here what must hold for somebody who left, and why, to a reader who has never seen this rule. As it stands it
#   wants the employee type of the account to be one of the words in the parameter `accepted`.
# related_resources:
#   - ref: https://learn.microsoft.com/graph/api/resources/user
#     description: The properties of an account
# custom:
#   # The id stands in reports, settings and waivers: never change it, never give it to another rule.
#   id: ORG-001
#   # "leaver": asked of each leaver. "tenant": asked once, and input is the population.
#   scope: leaver
#   severity: medium
#   # Who is judged: live, deleted, unread, not_found. Everybody else is not applicable.
#   states: [live]
#   # The facts that a pass stands on. Where one was not read, the engine lets nothing pass. A fact that is only looked
#   # at stands in "uses" instead.
#   requires: [account]
#   parameters:
#     # A failure is only pending until so many hours after leaving. The engine does this; no rule reads it.
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#     # A JSON Schema: leavercheck.yaml may set nothing that does not fit it.
#     accepted:
#       type: array
#       items: {type: string}
#       minItems: 1
#       default: [Former]
#   # The controls of frameworks that the rule helps with, by framework.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#   remediation: |
#     Say here what mends it, and where. As it stands: set the employee type on the user's page in the Microsoft Entra
#     admin centre (Update-MgUser -EmployeeType Former).
package custom.org.rule

import data.lib.proofs

# Where nothing below holds, nothing is known.
default status := "unknown"

# One ladder, read from its top. The last rung proves the pass by what was read: that no finding is there proves
# nothing, for there is none either when nothing was read.
status := "not_applicable" if {
	input.facts.account.value.userType == "Guest"
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.account.state == "read"
	input.facts.account.value.employeeType in data.parameters["ORG-001"].accepted
}

# Each finding is one thing that is wrong: its stable key as "resource", and what proves it under Microsoft's names.
# The value is bound before "not": what was not read is then no finding, instead of one for everybody.
findings contains {"resource": "employeeType", "employeeType": type} if {
	type := input.facts.account.value.employeeType
	not type in data.parameters["ORG-001"].accepted
}

# What an auditor is shown beside the verdict, a pass as well.
evidence := proofs.of({"account": ["employeeType", "userType"]})

# One sentence for people.
message := "The account is not marked as that of a former employee." if {
	status == "fail"
}
