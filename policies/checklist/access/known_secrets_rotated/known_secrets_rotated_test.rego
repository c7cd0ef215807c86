package checklist.access.known_secrets_rotated_test

import data.checklist.access.known_secrets_rotated as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"owns nothing": {"ownedApplications": example.read([])},
		"owned nothing then either": {
			"ownedApplications": example.read([]),
			"baseline": {"ownedApplications": example.read([])},
		},
		"the baseline does not hold the leaver": {"ownedApplications": example.read([]), "baseline": null},
		"the baseline did not read it": {"ownedApplications": example.read([]), "baseline": {}},
	}
	rule.status == "not_applicable" with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
		with data.baseline as example.baseline_of(case)
}

test_pass[name] if {
	some name, case in {
		"no credential": now([application([], [])]),
		"one that has ended": now([application([credential({"endDateTime": "2026-06-11T11:59:59Z"})], [])]),
		"one that ends with the snapshot": now([application([credential({"endDateTime": "2026-06-11T12:00:00Z"})], [])]),
		"one from after leaving": now([application([credential({"startDateTime": "2026-06-01T12:00:01Z"})], [])]),
		"one from the moment of leaving": now([application([credential({"startDateTime": example.left})], [])]),
		"one from after the day of leaving, when that is all that is known": example.changed(
			now([application([credential({"startDateTime": "2026-06-01T22:00:00Z"})], [])]),
			[{"leaver": {"leftAt": "2026-05-31T22:00:00Z", "leftBy": "2026-06-01T22:00:00Z"}}],
		),
		"certificates, too": now([application(
			[credential({"endDateTime": "2026-06-01T12:00:00Z"})],
			[certificate({"startDateTime": "2026-06-02T12:00:00Z"})],
		)]),
		"owned then, and rotated since": {
			"ownedApplications": example.read([application([credential({"startDateTime": "2026-06-02T12:00:00Z"})], [])]),
			"baseline": {"ownedApplications": example.read([object.union(
				application([credential({})], []),
				{"id": upper(app_id)},
			)])},
		},
		"owned then, without a credential that is good still": {
			"ownedApplications": example.read([]),
			"baseline": {"ownedApplications": example.read([application(
				[credential({"endDateTime": "2026-06-01T12:00:00Z"})],
				[],
			)])},
		},
	}
	rule.status == "pass" with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
		with data.baseline as example.baseline_of(case)
}

test_fail[name] if {
	some name, case in {
		"one from the day of leaving, when that is all that is known": example.changed(
			now([application([credential({"startDateTime": "2026-06-01T07:00:00Z"})], [])]),
			[{"leaver": {"leftAt": "2026-05-31T22:00:00Z", "leftBy": "2026-06-01T22:00:00Z"}}],
		),
		"a secret": now([application([credential({})], [])]),
		"a certificate": now([application([], [certificate({})])]),
		"of a service principal": now([object.union(application([credential({})], []), {"kind": "servicePrincipal"})]),
		"without an end": now([application([credential({"endDateTime": null})], [])]),
		"until never": now([application([credential({"endDateTime": "0001-01-01T00:00:00Z"})], [])]),
		"to the end of days": now([application([credential({"endDateTime": "9999-12-31T23:59:59Z"})], [])]),
		"an end that is left out": now([application([object.remove(credential({}), ["endDateTime"])], [])]),
		"without a start": now([application([credential({"startDateTime": null})], [])]),
		"a start that is left out": now([application([object.remove(credential({}), ["startDateTime"])], [])]),
		"from never": now([application([credential({"startDateTime": "0001-01-01T00:00:00Z"})], [])]),
		"one of several": now([application(
			[credential({"endDateTime": "2026-06-01T12:00:00Z"}), credential({"keyId": "k2"})],
			[],
		)]),
		"of one of several": now([application([], []), object.union(application([credential({})], []), {"id": "x"})]),
		"half of what is owned is enough": {"ownedApplications": example.partial([application([credential({})], [])])},
		"owned then": {
			"ownedApplications": example.read([]),
			"baseline": {"ownedApplications": example.read([application([credential({})], [])])},
		},
		"owned then, beside another": {
			"ownedApplications": example.read([object.union(application([], []), {"id": "x"})]),
			"baseline": {"ownedApplications": example.read([application([credential({})], [])])},
		},
		"owned then, without an id": {
			"ownedApplications": example.read([application([], [])]),
			"baseline": {"ownedApplications": example.read([object.remove(application([credential({})], []), ["id"])])},
		},
		"owned by half a baseline": {
			"ownedApplications": example.read([]),
			"baseline": {"ownedApplications": example.partial([application([credential({})], [])])},
		},
	}
	rule.status == "fail" with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
		with data.baseline as example.baseline_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"half of what is owned": {"ownedApplications": example.partial([application([], [])])},
		"an empty list, of which half was read": {"ownedApplications": example.partial([])},
		"owned then, and what is owned now was not read": {"baseline": {"ownedApplications": example.read([application(
			[credential({})],
			[],
		)])}},
		"owned then, and half of what is owned now was read": {
			"ownedApplications": example.partial([]),
			"baseline": {"ownedApplications": example.read([application([credential({})], [])])},
		},
		"secrets were not answered": now([object.remove(application([], []), ["passwordCredentials"])]),
		"certificates were not answered": now([object.remove(application([], []), ["keyCredentials"])]),
		"null for secrets": now([application(null, [])]),
		"null for certificates": now([application([], null)]),
		"no secrets but an object": now([application({}, [])]),
		"no certificates but an object": now([application([], {})]),
		"then, certificates were not answered": {
			"ownedApplications": example.read([]),
			"baseline": {"ownedApplications": example.read([object.remove(application([], []), ["keyCredentials"])])},
		},
		"no list": {"ownedApplications": example.read({})},
		"the service has no such thing": {"ownedApplications": example.absent},
	}
	rule.status == "unknown" with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
		with data.baseline as example.baseline_of(case)
}

test_words if {
	case := {
		"ownedApplications": example.read([
			application([credential({}), credential({"keyId": null})], [certificate({})]),
			object.union(
				application([credential({"keyId": "k4"})], []),
				{"id": "x", "displayName": null, "appId": "a0000000-0000-4000-8000-000000000002"},
			),
		]),
		"baseline": {"ownedApplications": example.read([object.union(
			application([credential({"keyId": "k5"})], []),
			{"id": "y", "displayName": null, "appId": null},
		)])},
	}
	said := rule with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
		with data.baseline as example.baseline_of(case)
	said.message == concat(" ", [
		"5 credentials from before leaving still good:",
		"Payroll sync, a0000000-0000-4000-8000-000000000002, y.",
	])
	{finding.resource | some finding in said.findings} == {"k1", app_id, "k3", "k4", "k5"}
	{
		"resource": "k3", "id": app_id, "kind": "application", "appId": "a0000000-0000-4000-8000-000000000001",
		"displayName": "Payroll sync", "keyId": "k3", "startDateTime": "2025-01-01T00:00:00Z",
		"endDateTime": "2027-01-01T00:00:00Z", "type": "AsymmetricX509Cert", "usage": "Verify",
		"credential": "keyCredentials", "ownedAt": "2026-06-11T12:00:00Z",
	} in said.findings
	{
		"resource": "k5", "id": "y", "kind": "application", "appId": null, "displayName": null,
		"keyId": "k5", "startDateTime": "2025-01-01T00:00:00Z",
		"endDateTime": "2027-01-01T00:00:00Z", "credential": "passwordCredentials",
		"ownedAt": "2026-05-20T12:00:00Z",
	} in said.findings
	count(said.evidence.ownedApplications.applications) == 3
	{
		"id": "y", "displayName": null, "keyCredentials": [], "passwordCredentials": [credential({"keyId": "k5"})],
		"ownedAt": "2026-05-20T12:00:00Z",
	} in said.evidence.ownedApplications.applications
	{shown.ownedAt | some shown in said.evidence.ownedApplications.applications} == {
		"2026-05-20T12:00:00Z",
		"2026-06-11T12:00:00Z",
	}
}

test_words_without_a_baseline if {
	case := {"ownedApplications": example.read([])}
	contains(rule.message, "--baseline") with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
		with data.baseline as example.baseline_of(case)
}

test_no_words[name] if {
	some name, case in {
		"on a pass": now([application([], [])]),
		"when nothing was read": {},
		"when nothing was owned then either": {
			"ownedApplications": example.read([]),
			"baseline": {"ownedApplications": example.read([])},
		},
	}
	not rule.message with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
		with data.baseline as example.baseline_of(case)
}

now(applications) := {"ownedApplications": example.read(applications)}

application(secrets, certificates) := {
	"id": app_id,
	"kind": "application",
	"appId": "a0000000-0000-4000-8000-000000000001",
	"displayName": "Payroll sync",
	"passwordCredentials": secrets,
	"keyCredentials": certificates,
}

app_id := "d0000000-0000-4000-8000-000000000001"

credential(properties) := object.union(
	{
		"keyId": "k1",
		"displayName": "nightly",
		"startDateTime": "2025-01-01T00:00:00Z",
		"endDateTime": "2027-01-01T00:00:00Z",
	},
	properties,
)

certificate(properties) := object.union(
	{
		"type": "AsymmetricX509Cert",
		"usage": "Verify",
		"keyId": "k3",
		"displayName": "CN=sync",
		"startDateTime": "2025-01-01T00:00:00Z",
		"endDateTime": "2027-01-01T00:00:00Z",
	},
	properties,
)
