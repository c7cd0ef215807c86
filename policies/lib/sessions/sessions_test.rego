package lib.sessions_test

import data.lib.example_test as example
import data.lib.sessions

test_half_read_facts_leave_traces_but_prove_nothing if {
	case := {
		"account": example.partial({"signInSessionsValidFromDateTime": "2026-06-01T12:05:00Z"}),
		"audits": example.partial([example.audit("Update StsRefreshTokenValidFrom Timestamp", "2026-06-01T12:06:00Z")]),
	}
	sessions.revocations == set() with input as example.input_of(case)
	sessions.traces == {"2026-06-01T12:05:00Z", "2026-06-01T12:06:00Z"} with input as example.input_of(case)
}

test_read_facts_prove_what_lies_after_leaving if {
	case := {
		"account": example.account_with({"signInSessionsValidFromDateTime": "2026-05-01T12:05:00Z"}),
		"audits": example.read([
			example.audit("Update StsRefreshTokenValidFrom Timestamp", "2026-05-01T12:05:00Z"),
			example.audit("Update StsRefreshTokenValidFrom Timestamp", "2026-06-01T12:06:00Z"),
			example.audit("Update user", "2026-06-01T12:07:00Z"),
		]),
	}
	sessions.revocations == {"2026-06-01T12:06:00Z"} with input as example.input_of(case)
	sessions.traces == {"2026-06-01T12:06:00Z"} with input as example.input_of(case)
}
