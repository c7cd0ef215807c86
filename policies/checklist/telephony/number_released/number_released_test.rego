package checklist.telephony.number_released_test

import data.checklist.telephony.number_released as rule
import data.lib.example_test as example

test_pass[name] if {
	some name, phones in {
		"no number": [],
		"one that is not assigned": [phone("unassigned")],
		"in other letters": [phone("Unassigned"), phone("unassigned")],
	}
	rule.status == "pass" with input as example.input_of({"phoneNumbers": example.read(phones)})
}

test_fail[name] if {
	some name, fact in {
		"to the user": example.read([phone("userAssigned")]),
		"to a conference": example.read([phone("conferenceAssigned")]),
		"in a way that nobody knows": example.read([phone("unknownFutureValue")]),
		"one of several": example.read([phone("unassigned"), phone("userAssigned")]),
		"one, and another is not said": example.read([phone(null), phone("userAssigned")]),
		"half of them are enough": example.partial([phone("userAssigned")]),
	}
	rule.status == "fail" with input as example.input_of({"phoneNumbers": fact})
}

test_unknown[name] if {
	some name, fact in {
		"nothing was read": example.unknown,
		"half of them": example.partial([phone("unassigned")]),
		"an empty list, of which half was read": example.partial([]),
		"null, whether it is assigned": example.read([phone(null)]),
		"nothing, whether it is assigned": example.read([phone("")]),
		"not said whether it is assigned": example.read([object.remove(phone(null), ["assignmentStatus"])]),
		"of one of several": example.read([phone("unassigned"), phone(null)]),
		"no list": example.read({}),
		"the service has no such thing": example.absent,
	}
	rule.status == "unknown" with input as example.input_of({"phoneNumbers": fact})
}

test_no_words[name] if {
	some name, fact in {
		"on a pass": example.read([]),
		"when nothing was read": example.unknown,
		"when half was read": example.partial([]),
	}
	not rule.message with input as example.input_of({"phoneNumbers": fact})
}

test_words if {
	case := {"phoneNumbers": example.read([
		phone("userAssigned"),
		object.union(phone("userAssigned"), {"telephoneNumber": "+15555550101"}),
	])}
	rule.message == "Still assigned: +15555550100, +15555550101." with input as example.input_of(case)
	findings := rule.findings with input as example.input_of(case)
	{
		"resource": "+15555550100", "telephoneNumber": "+15555550100", "numberType": "directRouting",
		"assignmentStatus": "userAssigned", "assignmentTargetId": example.id, "activationState": "activated",
	} in findings
	evidence := rule.evidence with input as example.input_of(case)
	evidence.phoneNumbers.numbers[0] == {"telephoneNumber": "+15555550100", "assignmentStatus": "userAssigned"}
}

test_words_when_it_is_not_said if {
	contains(rule.message, "does not say") with input as example.input_of({"phoneNumbers": example.read([phone(null)])})
}

phone(status) := {
	"telephoneNumber": "+15555550100",
	"numberType": "directRouting",
	"assignmentStatus": status,
	"assignmentTargetId": example.id,
	"activationState": "activated",
	"capabilities": ["userAssignment"],
}
