package checklist.sessions.sessions_revoked_test

import data.checklist.sessions.sessions_revoked as rule
import data.lib.example_test as example

test_pass[name] if {
	some name, case in {
		"the property lies at leaving": {"account": valid_from(example.left)},
		"on the day of leaving, when that is all that is known": {
			"leaver": {"leftAt": "2026-05-31T22:00:00Z", "leftBy": "2026-06-01T22:00:00Z"},
			"account": valid_from("2026-06-01T07:00:00Z"),
		},
		"the log is ahead of the property": {
			"account": valid_from("2026-01-01T08:00:00Z"),
			"audits": example.read([revocation("2026-06-01T12:05:00Z")]),
		},
		"in other letters and with a full stop": {
			"account": valid_from("2026-01-01T08:00:00Z"),
			"audits": example.read([example.audit(
				"Update StsRefreshTokenValidFrom Timestamp.",
				"2026-06-01T12:05:00.1234567Z",
			)]),
		},
		"the property is empty and the log speaks": {
			"account": valid_from(null),
			"audits": example.read([revocation("2026-06-01T12:05:00Z")]),
		},
	}
	rule.status == "pass" with input as example.input_of(case)
}

test_fail[name] if {
	some name, case in {
		"the property lies before leaving": {"account": valid_from("2026-06-01T11:59:59.9Z")},
		"the property says never": {"account": valid_from("0001-01-01T00:00:00Z")},
		"what was read of the account says so": {"account": example.partial({
			"signInSessionsValidFromDateTime": "2026-01-01T08:00:00Z",
		})},
		"a revocation before leaving": {
			"account": valid_from("2026-01-01T08:00:00Z"),
			"audits": example.read([revocation("2026-06-01T11:00:00Z")]),
		},
		"a revocation that failed": {
			"account": valid_from("2026-01-01T08:00:00Z"),
			"audits": example.read([object.union(revocation("2026-06-01T12:05:00Z"), {"result": "failure"})]),
		},
		"another person's revocation": {
			"account": valid_from("2026-01-01T08:00:00Z"),
			"audits": example.read([object.union(
				revocation("2026-06-01T12:05:00Z"),
				{"targetResources": [{"id": "bbbbbbbb-0000-4000-8000-000000000001"}]},
			)]),
		},
	}
	rule.status == "fail" with input as example.input_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the log alone": {"audits": example.read([revocation("2026-06-01T12:05:00Z")])},
		"half an account proves no revocation": {"account": example.partial({
			"signInSessionsValidFromDateTime": "2026-06-01T12:05:00Z",
		})},
		"the property is empty": {"account": valid_from(null)},
		"the property is no date that can be": {"account": valid_from("9999-12-31T23:59:59Z")},
		"half a log contradicts the property but proves nothing": half_a_log,
	}
	rule.status == "unknown" with input as example.input_of(case)
}

test_half_a_log_is_missing if {
	rule.missing == {"audits"} with input as example.input_of(half_a_log)
	rule.evidence.audits.revocations == ["2026-06-01T12:05:00Z"] with input as example.input_of(half_a_log)
}

test_nothing_is_missing[name] if {
	some name, case in {
		"when half a log only confirms the property": {
			"account": valid_from("2026-06-01T12:05:02Z"),
			"audits": example.partial([revocation("2026-06-01T12:05:00Z")]),
		},
		"when the log could not help": {"account": valid_from(null), "audits": example.partial([])},
		"when the log was read and the account was not": {"audits": example.read([revocation("2026-06-01T12:05:00Z")])},
	}
	rule.missing == set() with input as example.input_of(case)
}

test_no_words_on_a_pass if {
	not rule.message with input as example.input_of({"account": valid_from(example.left)})
}

test_words if {
	case := {"account": valid_from("2026-01-01T08:00:00Z")}
	rule.findings == {{
		"resource": "signInSessionsValidFromDateTime",
		"signInSessionsValidFromDateTime": "2026-01-01T08:00:00Z",
	}} with input as example.input_of(case)
	contains(rule.message, "2026-01-01 08:00 UTC") with input as example.input_of(case)
	rule.missing == set() with input as example.input_of(case)
}

valid_from(at) := example.account_with({"signInSessionsValidFromDateTime": at})

revocation(at) := example.audit("Update StsRefreshTokenValidFrom Timestamp", at)

half_a_log := {
	"account": valid_from("2026-01-01T08:00:00Z"),
	"audits": example.partial([revocation("2026-06-01T12:05:00Z")]),
}
