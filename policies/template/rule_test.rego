package custom.org.rule_test

import data.custom.org.rule as subject

# Show every status. A rule that no test has seen fail may be one that cannot; one that no test has seen unknown may
# pass what nobody read.
test_status[name] if {
	some name, case in {
		"marked": {"account": read({"employeeType": "Former", "userType": "Member"}), "want": "pass"},
		"not marked": {"account": read({"employeeType": "Employee", "userType": "Member"}), "want": "fail"},
		"marked by nobody": {"account": read({"employeeType": null, "userType": "Member"}), "want": "fail"},
		"a guest": {"account": read({"employeeType": null, "userType": "Guest"}), "want": "not_applicable"},
		"not read": {"account": {"state": "unknown", "reason": "forbidden"}, "want": "unknown"},
		"read in part": {
			"account": {"state": "unknown", "reason": "malformed", "value": {"employeeType": "Former"}},
			"want": "unknown",
		},
	}
	subject.status == case.want with input as leaver_with(case.account)
		with data.parameters as parameters
}

# A table shows statuses; what people read deserves a test of its own.
test_words if {
	input_given := leaver_with(read({"employeeType": "Employee", "userType": "Member"}))
	subject.findings == {{"resource": "employeeType", "employeeType": "Employee"}} with input as input_given
		with data.parameters as parameters
	subject.message == "The account is not marked as that of a former employee." with input as input_given
		with data.parameters as parameters
	subject.evidence.account.employeeType == "Employee" with input as input_given
}

# Tests see no defaults: they say what they stand on.
parameters := {"ORG-001": {"grace_hours": 72, "accepted": ["Former"]}}

read(value) := {"state": "read", "value": value}

# The input is a line of a snapshot; what a rule does not look at may be left out.
leaver_with(account) := {
	"leaver": {
		"id": "6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11",
		"leftBy": "2026-06-01T12:00:00Z",
		"source": "roster.csv:2",
		"state": "live",
	},
	"facts": {"account": account},
}
