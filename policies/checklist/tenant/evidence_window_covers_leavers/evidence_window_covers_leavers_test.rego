package checklist.tenant.evidence_window_covers_leavers_test

import data.checklist.tenant.evidence_window_covers_leavers as rule
import data.lib.example_test as example

# the logs begin on 12 May at noon

test_not_applicable if {
	rule.status == "not_applicable" with input as population(0, null, {}) with data.tenant as tenant(begin, begin)
}

test_pass[name] if {
	some name, tc in {
		"all left later": population(2, "2026-06-01T12:00:00Z", {"2026-06-01": 1, "2026-06-03": 1}),
		"somebody left when the log begins": population(1, begin, {"2026-05-12": 1}),
		"somebody left on the day on which the log begins": population(1, "2026-05-12T18:00:00Z", {"2026-05-12": 1}),
	}
	rule.status == "pass" with input as tc with data.tenant as tenant(begin, begin)
}

test_fail[name] if {
	some name, tc in {
		"somebody left before": population(2, "2026-05-01T12:00:00Z", {"2026-05-01": 1, "2026-06-03": 1}),
		"somebody left earlier on the day on which the log begins": population(
			1,
			"2026-05-12T11:59:59Z",
			{"2026-05-12": 1},
		),
		"by the days alone": population(1, null, {"2026-05-11": 1}),
		"by the earliest alone": population(1, "2026-05-11T12:00:00Z", {}),
	}
	rule.status == "fail" with input as tc with data.tenant as tenant(begin, begin)
}

test_each_log_by_itself[log] if {
	some log, windows in {
		"signIns": tenant("2026-06-04T12:00:00Z", begin),
		"audits": tenant(begin, "2026-06-04T12:00:00Z"),
	}
	rule.findings == {{
		"resource": log, "from": "2026-06-04T12:00:00Z", "leavers": 3,
		"earliestLeftAt": "2026-06-01T12:00:00Z",
	}} with input as population(4, "2026-06-01T12:00:00Z", {"2026-06-01": 1, "2026-06-03": 2, "2026-06-04": 1})
		with data.tenant as windows
}

test_unknown[name] if {
	some name, tc in {
		"nothing is known": {"input": {}, "tenant": tenant(begin, begin)},
		"the earliest is no time": {
			"input": population(1, null, {"2026-06-01": 1}),
			"tenant": tenant(begin, begin),
		},
		"a number that is none": {
			"input": population(null, "2026-06-01T12:00:00Z", {}),
			"tenant": tenant(begin, begin),
		},
		"the sign-in log begins at no time": {
			"input": population(1, "2026-06-01T12:00:00Z", {"2026-06-01": 1}),
			"tenant": tenant("0001-01-01T00:00:00Z", begin),
		},
		"the audit log begins at no time": {
			"input": population(1, "2026-06-01T12:00:00Z", {"2026-06-01": 1}),
			"tenant": tenant(begin, "9999-12-31T23:59:59Z"),
		},
		"no window is known": {
			"input": population(1, "2026-06-01T12:00:00Z", {"2026-06-01": 1}),
			"tenant": object.remove(tenant(begin, begin), ["windows"]),
		},
	}
	rule.status == "unknown" with input as tc.input with data.tenant as tc.tenant
}

test_at_least_one_leaver if {
	findings := rule.findings with input as population(2, "2026-05-12T11:00:00Z", {"2026-05-12": 2})
		with data.tenant as tenant(begin, begin)
	{finding.leavers | some finding in findings} == {1}
}

test_words if {
	leavers := population(9, "2026-05-01T12:00:00Z", {"2026-05-01": 2, "2026-06-03": 3, "2026-06-08": 4})
	message := rule.message with input as leavers with data.tenant as tenant("2026-06-04T12:00:00Z", begin)
	message == "5 leavers or more left before the logs begin, of 9."
	evidence := rule.evidence with input as leavers with data.tenant as tenant(begin, begin)
	evidence.windows.signIns.from == begin
	evidence.population == {"leavers": 9, "earliestLeftAt": "2026-05-01T12:00:00Z"}
}

test_nobody_knows_when_some_left[name] if {
	some name, tc in {
		"all of them": untimed(2, population(0, null, {})),
		"one beside one who left later": untimed(2, population(1, "2026-06-01T12:00:00Z", {"2026-06-01": 1})),
	}
	rule.status == "unknown" with input as tc with data.tenant as tenant(begin, begin)
	rule.missing == {"leftAt"} with input as tc with data.tenant as tenant(begin, begin)
	message := rule.message with input as tc with data.tenant as tenant(begin, begin)
	startswith(message, "When they left is not known of ")
}

test_one_who_left_before_fails_whoever_else_left if {
	left_before := untimed(2, population(1, "2026-05-01T12:00:00Z", {"2026-05-01": 1}))
	rule.status == "fail" with input as left_before with data.tenant as tenant(begin, begin)
	rule.missing == set() with input as left_before with data.tenant as tenant(begin, begin)
}

test_no_words_on_a_pass if {
	not rule.message with input as population(1, example.left, {"2026-06-01": 1}) with data.tenant as tenant(begin, begin)
}

population(leavers, earliest, days) := {"population": {
	"leavers": leavers,
	"earliestLeftAt": earliest,
	"leftOn": days,
	"licencesUnread": 0,
	"untimed": 0,
	"skus": {},
}}

untimed(leavers, timed) := object.union(
	timed,
	{"population": {"leavers": leavers, "untimed": leavers - timed.population.leavers}},
)

tenant(sign_ins, audits) := example.tenant_of({"windows": {
	"signIns": {"from": sign_ins, "to": "2026-06-11T12:00:00Z"},
	"audits": {"from": audits, "to": "2026-06-11T12:00:00Z"},
}})

begin := "2026-05-12T12:00:00Z"
