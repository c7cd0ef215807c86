package checklist.sessions.password_reset_test

import data.checklist.sessions.password_reset as rule
import data.lib.example_test as example

test_not_applicable_to_guests if {
	case := {"account": example.account_with({"userType": "Guest", "lastPasswordChangeDateTime": null})}
	rule.status == "not_applicable" with input as example.input_of(case)
}

test_pass[name] if {
	some name, case in {
		"the property lies after leaving": {"account": changed_at("2026-06-01T12:00:00.001Z")},
		"the property lies at leaving": {"account": changed_at(example.left)},
		"on the day of leaving, when that is all that is known": {
			"leaver": {"leftAt": "2026-05-31T22:00:00Z", "leftBy": "2026-06-01T22:00:00Z"},
			"account": changed_at("2026-06-01T07:00:00Z"),
		},
		"the log is ahead of the property": {
			"account": changed_at("2026-01-01T08:00:00Z"),
			"audits": example.read([example.audit("Reset password", "2026-06-01T12:04:00Z")]),
		},
		"by an administrator, in the words of self-service": {
			"account": changed_at("2026-01-01T08:00:00Z"),
			"audits": example.read([example.audit("Reset password (by admin)", "2026-06-01T12:04:00Z")]),
		},
		"with a full stop": {
			"account": changed_at("2026-01-01T08:00:00Z"),
			"audits": example.read([example.audit("Change user password.", "2026-06-01T12:04:00Z")]),
		},
		"the leaver changed it and then an administrator did": {
			"account": changed_at("2026-06-01T15:00:00Z"),
			"audits": example.read([own_change, example.audit("Reset password", "2026-06-01T15:00:00Z")]),
		},
		"the leaver changed it, and the property knows of a later change": {
			"account": changed_at("2026-06-01T15:00:00Z"),
			"audits": example.read([own_change]),
		},
	}
	rule.status == "pass" with input as example.input_of(case)
}

test_fail[name] if {
	some name, case in {
		"the property lies before leaving": {"account": changed_at("2026-05-31T23:59:59Z")},
		"the property says never": {"account": changed_at("0001-01-01T00:00:00Z")},
		"what was read of the account says so": {"account": example.partial({
			"lastPasswordChangeDateTime": "2026-01-01T08:00:00Z",
		})},
		"a reset before leaving": audited([example.audit("Reset password", "2026-06-01T11:59:59Z")]),
		"a failed reset": audited([example.audit_with("Reset password", "2026-06-01T12:04:00Z", {"result": "failure"})]),
		"a result that is not said": audited([example.audit_with(
			"Reset password", "2026-06-01T12:04:00Z",
			{"result": null},
		)]),
		"a change that was only requested": audited([example.audit(
			"Set force change user password",
			"2026-06-01T12:04:00Z",
		)]),
		"a self-service flow that goes on": audited([example.audit(
			"Self-service password reset flow activity progress",
			"2026-06-01T12:04:00Z",
		)]),
		"another person's reset": audited([example.audit_with(
			"Reset password", "2026-06-01T12:04:00Z",
			{"targetResources": [{"id": "bbbbbbbb-0000-4000-8000-000000000001"}]},
		)]),
		"the last change is the leaver's own": {
			"account": changed_at("2026-06-01T14:00:10Z"),
			"audits": example.read([example.audit("Reset password", "2026-06-01T12:04:00Z"), own_change]),
		},
		"the last change is the leaver's own, through self-service": {
			"account": changed_at("2026-06-01T14:00:10Z"),
			"audits": example.read([
				example.audit("Change user password", "2026-06-01T12:04:00Z"),
				object.union(own_change, {"activityDisplayName": "Reset password (self-service)"}),
			]),
		},
		"the leaver's own change, before the property follows": {
			"account": changed_at(null),
			"audits": example.partial([own_change]),
		},
	}
	rule.status == "fail" with input as example.input_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"half an account proves no change": {"account": example.partial({
			"lastPasswordChangeDateTime": "2026-06-02T08:00:00Z",
		})},
		"the property is empty": {"account": changed_at(null)},
		"the property is empty, and so is the log": {"account": changed_at(null), "audits": example.read([])},
		"half a guest": {"account": example.partial({"userType": "Guest"})},
		"half a log contradicts the property but proves nothing": {
			"account": changed_at("2026-01-01T08:00:00Z"),
			"audits": example.partial([example.audit("Reset password", "2026-06-01T12:04:00Z")]),
		},
	}
	rule.status == "unknown" with input as example.input_of(case)
}

test_half_a_log_is_missing if {
	case := {
		"account": changed_at("2026-01-01T08:00:00Z"),
		"audits": example.partial([example.audit("Reset password", "2026-06-01T12:04:00Z")]),
	}
	rule.missing == {"audits"} with input as example.input_of(case)
	rule.evidence.audits.changes == ["2026-06-01T12:04:00Z"] with input as example.input_of(case)
}

test_nothing_is_missing[name] if {
	some name, case in {
		"when half a log only confirms the property": {
			"account": changed_at("2026-06-01T12:04:10Z"),
			"audits": example.partial([example.audit("Reset password", "2026-06-01T12:04:00Z")]),
		},
		"when the log could not help": {"account": changed_at(null), "audits": example.partial([])},
		"when the log was read and the account was not": {
			"audits": example.read([example.audit("Reset password", "2026-06-01T12:04:00Z")]),
		},
	}
	rule.missing == set() with input as example.input_of(case)
}

test_words if {
	case := {"account": changed_at("2026-01-01T08:00:00Z")}
	rule.findings == {{
		"resource": "lastPasswordChangeDateTime",
		"lastPasswordChangeDateTime": "2026-01-01T08:00:00Z",
	}} with input as example.input_of(case)
	contains(rule.message, "2026-01-01 08:00 UTC, before leaving") with input as example.input_of(case)
	rule.missing == set() with input as example.input_of(case)
}

test_no_words[name] if {
	some name, case in {
		"on a pass": {"account": changed_at("2026-06-01T12:04:10Z")},
		"on a pass by the log, which is ahead of the property": audited([example.audit(
			"Reset password",
			"2026-06-01T12:04:00Z",
		)]),
		"about a guest": {"account": example.account_with({
			"userType": "Guest",
			"lastPasswordChangeDateTime": "2026-06-02T08:00:00Z",
		})},
		"when it was not said": {"account": changed_at(null)},
	}
	not rule.message with input as example.input_of(case)
}

test_words_when_the_leaver_did_it if {
	case := {"account": changed_at("2026-06-01T14:00:10Z"), "audits": example.read([own_change])}
	rule.findings == {{
		"resource": "lastPasswordChangeDateTime",
		"activityDateTime": "2026-06-01T14:00:00Z",
		"initiatedBy": example.id,
	}} with input as example.input_of(case)
	contains(rule.message, "by the leaver") with input as example.input_of(case)
}

changed_at(at) := example.account_with({"lastPasswordChangeDateTime": at})

audited(rows) := {"account": changed_at("2026-01-01T08:00:00Z"), "audits": example.read(rows)}

own_change := example.audit_with("Change user password", "2026-06-01T14:00:00Z", {"initiatedBy": {
	"user": {"id": upper(example.id), "displayName": "D Rook", "userPrincipalName": "d.rook@northwind.example"},
	"app": null,
}})
