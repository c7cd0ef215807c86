package checklist.sessions.no_session_still_active_test

import data.checklist.sessions.no_session_still_active as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"deleted before leaving": deleted("2026-05-30T09:00:00Z", []),
		"deleted at leaving": deleted(example.left, [failure("2026-06-02T08:00:00Z", 50057)]),
		"deleted on the day of leaving, when that is all that is known": example.changed(
			deleted("2026-06-01T15:00:00Z", [success("2026-06-01T14:00:00Z", {})]),
			[{"leaver": {
				"state": "deleted",
				"leftAt": "2026-05-31T22:00:00Z", "leftBy": "2026-06-01T22:00:00Z",
			}}],
		),
	}
	rule.status == "not_applicable" with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_pass[name] if {
	some name, case in {
		"nobody signed in": live([]),
		"nobody signed in, nor were sessions revoked": example.changed(
			live([]),
			[{"account": valid_from("2026-01-01T08:00:00Z")}],
		),
		"only attempts that failed": live([
			failure("2026-06-02T08:00:00Z", 50057), failure("2026-06-03T08:00:00Z", 50173),
			failure("2026-06-04T08:00:00Z", 50126),
		]),
		"at the moment of leaving": live([success(example.left, {})]),
		"on the day of leaving, when that is all that is known": example.changed(
			live([success("2026-06-01T21:59:00Z", {})]),
			[{"leaver": {"leftAt": "2026-05-31T22:00:00Z", "leftBy": "2026-06-01T22:00:00Z"}}],
		),
		"before a later revocation": live([success("2026-06-01T12:01:00Z", {})]),
		"with a token that outlived its session": live([success("2026-06-01T13:35:02Z", {"isInteractive": false})]),
		"before a revocation that only the log knows": example.changed(
			live([success("2026-06-02T08:00:00Z", {})]),
			[{
				"account": valid_from("2026-01-01T08:00:00Z"),
				"audits": example.read([revocation("2026-06-02T09:00:00Z")]),
			}],
		),
		"the directory saw nothing since leaving, the log begins later": example.changed(
			long_ago("2026-04-30T08:00:00Z"),
			[{"signIns": example.read([])}],
		),
		"the directory's last success lies before the revocation, the log begins later": long_ago("2026-05-01T12:01:00Z"),
		"the directory's last success used a token that outlived its session": long_ago("2026-05-01T13:00:00Z"),
		"deleted later, and nobody signed in": deleted("2026-06-05T09:00:00Z", []),
		"the directory saw a success that was cut off": example.changed(
			live([]),
			[{"signInActivity": activity("2026-06-01T12:01:00Z")}],
		),
	}
	rule.status == "pass" with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_fail[name] if {
	some name, case in {
		"after the revocation, with the password": live([success("2026-06-01T12:06:00Z", {"isInteractive": true})]),
		"after the revocation, it is not said how": live([success("2026-06-01T12:06:00Z", {"isInteractive": null})]),
		"after a token's life": live([success("2026-06-01T13:35:02.001Z", {"isInteractive": false})]),
		"and no revocation since": example.changed(
			live([success("2026-06-01T12:01:00Z", {"isInteractive": false})]),
			[{"account": valid_from("2026-01-01T08:00:00Z")}],
		),
		"and no revocation is told": example.changed(
			live([success("2026-06-01T12:01:00Z", {})]),
			[{"account": valid_from(null)}],
		),
		"half a log is enough": example.changed(
			live([]),
			[{"signIns": example.partial([success("2026-06-03T08:00:00Z", {})])}],
		),
		"half an account is enough": example.changed(
			live([success("2026-06-03T08:00:00Z", {})]),
			[{"account": example.partial({"signInSessionsValidFromDateTime": "2026-06-01T12:05:02Z"})}],
		),
		"the directory saw it, the log did not": example.changed(
			live([]),
			[{"signInActivity": activity("2026-06-01T13:36:00Z")}],
		),
		"the log contradicts the directory": example.changed(
			live([success("2026-06-03T08:00:00Z", {})]),
			[{"signInActivity": activity("2026-05-30T08:00:00Z")}],
		),
		"between leaving and deletion": deleted("2026-06-05T09:00:00Z", [success("2026-06-02T08:00:00Z", {})]),
		"between leaving and deletion, revoked or not": deleted(
			"2026-06-05T09:00:00Z",
			[success("2026-06-01T12:01:00Z", {"isInteractive": false})],
		),
		"between leaving and deletion, as the directory saw it": example.changed(
			deleted("2026-06-05T09:00:00Z", []),
			[{"signInActivity": activity("2026-06-01T12:01:00Z")}],
		),
		"of an account that nothing else was read of": {
			"leaver": {"state": "deleted"},
			"signIns": example.read([success("2026-06-02T08:00:00Z", {})]),
		},
		"of an account that nothing else was read of, as the directory saw it": {
			"leaver": {"state": "deleted"},
			"signIns": example.unknown,
			"signInActivity": activity("2026-06-02T08:00:00Z"),
		},
		"after an account was deleted before leaving": deleted(
			"2026-05-30T09:00:00Z",
			[success("2026-06-02T08:00:00Z", {})],
		),
		"by an application without a name": live([success("2026-06-03T08:00:00Z", {"appId": null, "appDisplayName": null})]),
	}
	rule.status == "fail" with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"nothing was read of a deleted account": {"leaver": {"state": "deleted"}},
		"the account was not read": {"signIns": example.read([])},
		"the account was not read, and may have been cut off since": {
			"signIns": example.read([success("2026-06-02T08:00:00Z", {})]),
			"signInActivity": activity("2026-06-02T08:00:00Z"),
		},
		"the log was not read": example.changed(live([]), [{"signIns": example.unknown}]),
		"the log was not read, though the directory saw nothing": example.changed(
			live([]),
			[{"signIns": example.unknown, "signInActivity": activity("2026-05-30T08:00:00Z")}],
		),
		"half a log": example.changed(live([]), [{"signIns": example.partial([])}]),
		"the log begins after leaving": example.changed(long_ago(null), [{"signInActivity": example.unknown}]),
		"the log begins after leaving, and the directory never saw a success": long_ago(null),
		"the log begins after leaving, and the directory has no activity": example.changed(
			long_ago(null),
			[{"signInActivity": example.read(null)}],
		),
		"the log begins after leaving, and half an activity": example.changed(
			long_ago(null),
			[{"signInActivity": example.partial({"lastSuccessfulSignInDateTime": "2026-04-30T08:00:00Z"})}],
		),
		"the log's span is not said": example.changed(live([]), [{"windows": {}}]),
		"a row that does not say whether it succeeded": live([object.remove(
			success("2026-06-03T08:00:00Z", {}),
			["status"],
		)]),
		"a row whose time is none": live([success("0001-01-01T00:00:00Z", {})]),
		"cut off only by half an audit log": half_an_audit_log,
		"cut off only by half an audit log, as the directory saw it": example.changed(
			half_an_audit_log,
			[{"signIns": example.read([]), "signInActivity": activity("2026-06-02T08:00:00Z")}],
		),
		"deleted before leaving, and the log was not read": example.changed(
			deleted("2026-05-30T09:00:00Z", []),
			[{"signIns": example.unknown}],
		),
		"half an account was deleted before leaving": example.changed(
			deleted("2026-05-30T09:00:00Z", []),
			[{"account": example.partial({"deletedDateTime": "2026-05-30T09:00:00Z"})}],
		),
		"deleted, and not covered": example.changed(
			deleted("2026-05-05T09:00:00Z", []),
			[{"leaver": {"state": "deleted", "leftAt": "2026-05-01T12:00:00Z", "leftBy": "2026-05-01T12:00:00Z"}}],
		),
	}
	rule.status == "unknown" with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_missing[name] if {
	some name, tc in {
		"the directory's activity, if the log begins too late": {
			"case": example.changed(long_ago(null), [{"signInActivity": example.unknown}]),
			"want": {"signInActivity"},
		},
		"nothing, if the directory has none": {"case": long_ago(null), "want": set()},
		"nothing, if the log covers": {"case": live([]), "want": set()},
		"nothing, if it fails anyway": {
			"case": example.changed(long_ago(null), [{
				"signIns": example.read([success("2026-06-03T08:00:00Z", {})]),
				"signInActivity": example.unknown,
				"audits": example.partial([revocation("2026-06-02T08:00:00Z")]),
			}]),
			"want": set(),
		},
		"nothing, if half the audit log only confirms the property": {
			"case": example.changed(live([]), [{"audits": example.partial([revocation("2026-06-01T12:05:00Z")])}]),
			"want": set(),
		},
		"nothing more than the log itself": {
			"case": example.changed(live([]), [{
				"signIns": example.unknown,
				"audits": example.read([revocation("2026-06-01T12:05:00Z")]),
			}]),
			"want": set(),
		},
		"the audit log, if half of it was read": {"case": half_an_audit_log, "want": {"audits"}},
	}
	rule.missing == tc.want with input as example.input_of(tc.case)
		with data.tenant as example.tenant_of(tc.case)
		with data.parameters as parameters
}

test_findings_name_each_application_and_the_directory if {
	case := example.changed(
		live([
			success("2026-06-03T08:00:00Z", {}), success("2026-06-04T08:00:00Z", {"isInteractive": false}),
			success("2026-06-03T09:00:00Z", {"appDisplayName": null}),
			success("2026-06-05T08:00:00Z", {"appId": null, "appDisplayName": "Notes"}),
			success("2026-06-01T12:01:00Z", {}),
		]),
		[{"signInActivity": activity("2026-06-05T08:00:00Z")}],
	)
	rule.findings == {
		{
			"resource": "27922004-5251-4030-b22d-91ecd9a37ea4", "appDisplayName": ["Outlook Mobile"],
			"signIns": 3, "interactive": 2,
			"firstDateTime": "2026-06-03T08:00:00Z", "lastDateTime": "2026-06-04T08:00:00Z",
		},
		{
			"resource": "Notes", "appDisplayName": ["Notes"], "signIns": 1, "interactive": 1,
			"firstDateTime": "2026-06-05T08:00:00Z", "lastDateTime": "2026-06-05T08:00:00Z",
		},
		{"resource": "lastSuccessfulSignInDateTime", "lastSuccessfulSignInDateTime": "2026-06-05T08:00:00Z"},
	} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_evidence if {
	case := live([
		success("2026-06-01T12:01:00Z", {}), failure("2026-06-02T08:00:00Z", 50057),
		failure("2026-06-03T08:00:00Z", 50057), failure("2026-06-03T08:00:00Z", 50173),
	])
	shown := rule.evidence.signIns with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
	shown.failedAttempts == {"50057": 2, "50173": 1}
	shown.cutOff == ["2026-06-01T12:01:00Z"]
}

test_words[want] if {
	some want, case in {
		"Not cut off: 2 successful sign-ins since leaving": live([
			success("2026-06-03T08:00:00Z", {}),
			success("2026-06-04T08:00:00Z", {}),
		]),
		"the last on 2026-06-03 08:00 UTC": live([success("2026-06-03T08:00:00Z", {})]),
		"last signed in on 2026-06-01 13:36 UTC": example.changed(
			live([]),
			[{"signInActivity": activity("2026-06-01T13:36:00Z")}],
		),
		"Cut off by a revocation: 1 sign-in after leaving.": live([success("2026-06-01T12:01:00Z", {})]),
		"The sign-in log begins after leaving": long_ago(null),
	}
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
	contains(message, want)
}

test_no_words[name] if {
	some name, case in {
		"when there is nothing to judge, before the log begins": example.changed(
			deleted("2026-04-30T09:00:00Z", []),
			[{"leaver": {"state": "deleted", "leftAt": "2026-05-01T12:00:00Z", "leftBy": "2026-05-01T12:00:00Z"}}],
		),
		"when nobody signed in": live([]),
		"when the log covers and was not read": example.changed(live([]), [{"signIns": example.unknown}]),
		"when only half an audit log cuts off": half_an_audit_log,
		"when there is nothing to judge": deleted("2026-05-30T09:00:00Z", []),
	}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

# revoked at 12:05:02, five minutes after leaving
live(rows) := {"account": example.account_with({}), "signIns": example.read(rows)}

deleted(at, rows) := {
	"leaver": {"state": "deleted"},
	"account": example.account_with({"deletedDateTime": at}),
	"signIns": example.read(rows),
}

# left on 1 May, before the log begins; revoked at 12:05
long_ago(last_success) := {
	"leaver": {"leftAt": "2026-05-01T12:00:00Z", "leftBy": "2026-05-01T12:00:00Z"},
	"account": valid_from("2026-05-01T12:05:00Z"),
	"signIns": example.read([failure("2026-06-03T08:00:00Z", 50057)]),
	"signInActivity": activity(last_success),
}

half_an_audit_log := {
	"account": valid_from("2026-01-01T08:00:00Z"),
	"signIns": example.read([success("2026-06-02T08:00:00Z", {})]),
	"audits": example.partial([revocation("2026-06-02T09:00:00Z")]),
}

valid_from(at) := example.account_with({"signInSessionsValidFromDateTime": at})

revocation(at) := example.audit("Update StsRefreshTokenValidFrom Timestamp", at)

activity(last_success) := example.read({
	"lastSignInDateTime": "2026-06-09T08:00:00Z",
	"lastSignInRequestId": null,
	"lastNonInteractiveSignInDateTime": null,
	"lastNonInteractiveSignInRequestId": null,
	"lastSuccessfulSignInDateTime": last_success,
	"lastSuccessfulSignInRequestId": null,
})

success(at, properties) := object.union(sign_in(at, 0), properties)

failure(at, code) := sign_in(at, code)

sign_in(at, code) := {
	"id": concat("-", ["sign-in", at]),
	"createdDateTime": at,
	"isInteractive": true,
	"signInEventTypes": ["interactiveUser"],
	"appId": "27922004-5251-4030-b22d-91ecd9a37ea4",
	"appDisplayName": "Outlook Mobile",
	"clientAppUsed": "Mobile Apps and Desktop clients",
	"ipAddress": "203.0.113.9",
	"resourceDisplayName": "Office 365 Exchange Online",
	"status": {"errorCode": code, "failureReason": null},
}

parameters := {"SES-003": {"token_lifetime_minutes": 90}}
