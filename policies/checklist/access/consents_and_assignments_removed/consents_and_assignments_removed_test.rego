package checklist.access.consents_and_assignments_removed_test

import data.checklist.access.consents_and_assignments_removed as rule
import data.lib.example_test as example

test_pass[name] if {
	some name, fact in {
		"nothing": grants([], []),
		"everybody's grant": grants([grant({"consentType": "AllPrincipals", "principalId": null})], []),
		"everybody's grant, in other letters": grants([grant({"consentType": "allPrincipals"})], []),
		"somebody else's grant": grants([grant({"principalId": "bbbbbbbb-0000-4000-8000-000000000001"})], []),
		"an assignment through a group": grants([], [assignment({"principalType": "Group"})]),
		"an assignment through a group, in other letters": grants([], [assignment({"principalType": "group"})]),
	}
	rule.status == "pass" with input as example.input_of({"appGrants": fact})
}

test_fail[name] if {
	some name, fact in {
		"a grant": grants([grant({})], []),
		"a grant, in other letters": grants(
			[grant({"consentType": "principal", "principalId": upper(example.id)})],
			[],
		),
		"an assignment": grants([], [assignment({})]),
		"an assignment, in other letters": grants([], [assignment({"principalType": "user"})]),
		"the default access": grants([], [assignment({"appRoleId": "00000000-0000-0000-0000-000000000000"})]),
		"one of several grants": grants([grant({"consentType": "AllPrincipals"}), grant({"id": "g2"})], []),
		"one of several assignments": grants([], [assignment({"principalType": "Group"}), assignment({"id": "a2"})]),
		"half of them are enough": example.partial({"oauth2PermissionGrants": [grant({})]}),
		"the other half": example.partial({"appRoleAssignments": [assignment({})]}),
	}
	rule.status == "fail" with input as example.input_of({"appGrants": fact})
}

test_unknown[name] if {
	some name, fact in {
		"nothing was read": example.unknown,
		"half of them": example.partial({"oauth2PermissionGrants": [], "appRoleAssignments": []}),
		"no grants": example.read({"appRoleAssignments": []}),
		"no assignments": example.read({"oauth2PermissionGrants": []}),
		"null for grants": example.read({"oauth2PermissionGrants": null, "appRoleAssignments": []}),
		"null for assignments": example.read({"oauth2PermissionGrants": [], "appRoleAssignments": null}),
		"no list of grants": example.read({"oauth2PermissionGrants": {}, "appRoleAssignments": []}),
		"no list of assignments": example.read({"oauth2PermissionGrants": [], "appRoleAssignments": {}}),
		"a grant of no type": grants([grant({"consentType": null})], []),
		"a grant of a type that nobody knows": grants([grant({"consentType": "Tenant"})], []),
		"somebody else's grant of a type that nobody knows": grants(
			[grant({"consentType": "Tenant", "principalId": "bbbbbbbb-0000-4000-8000-000000000001"})],
			[],
		),
		"a grant of nobody": grants([grant({"principalId": null})], []),
		"a grant of somebody without a name": grants([grant({"principalId": ""})], []),
		"an assignment of no type": grants([], [assignment({"principalType": null})]),
		"an assignment of a type that nobody knows": grants([], [assignment({"principalType": "ServicePrincipal"})]),
		"the service has no such thing": example.absent,
	}
	rule.status == "unknown" with input as example.input_of({"appGrants": fact})
}

test_no_words_on_a_pass if {
	not rule.message with input as example.input_of({"appGrants": grants([], [])})
}

test_words if {
	case := {"appGrants": grants(
		[grant({}), grant({"id": "g2", "consentType": "AllPrincipals"})],
		[assignment({}), assignment({"id": "a2"}), assignment({"id": "a3", "principalType": "Group"})],
	)}
	message := rule.message with input as example.input_of(case)
	message == "Left: 1 delegated permission grant and 2 app role assignments."
	findings := rule.findings with input as example.input_of(case)
	count(findings) == 3
	{
		"resource": "g1", "id": "g1", "clientId": "c0000000-0000-4000-8000-000000000001",
		"consentType": "Principal", "principalId": example.id,
		"resourceId": "c0000000-0000-4000-8000-000000000002", "scope": "Mail.Read Files.ReadWrite.All",
	} in findings
	{
		"resource": "a1", "id": "a1", "appRoleId": "c0000000-0000-4000-8000-000000000003",
		"principalId": example.id, "principalType": "User",
		"resourceId": "c0000000-0000-4000-8000-000000000004", "resourceDisplayName": "Expenses",
		"createdDateTime": "2024-02-01T09:00:00Z",
	} in findings
	evidence := rule.evidence with input as example.input_of(case)
	evidence == {"appGrants": {"oauth2PermissionGrants": 2, "appRoleAssignments": 3}}
}

grants(permissions, assignments) := example.read({
	"oauth2PermissionGrants": permissions,
	"appRoleAssignments": assignments,
})

grant(properties) := object.union(
	{
		"id": "g1",
		"clientId": "c0000000-0000-4000-8000-000000000001",
		"consentType": "Principal",
		"principalId": example.id,
		"resourceId": "c0000000-0000-4000-8000-000000000002",
		"scope": "Mail.Read Files.ReadWrite.All",
	},
	properties,
)

assignment(properties) := object.union(
	{
		"id": "a1",
		"appRoleId": "c0000000-0000-4000-8000-000000000003",
		"principalId": example.id,
		"principalType": "User",
		"resourceId": "c0000000-0000-4000-8000-000000000004",
		"resourceDisplayName": "Expenses",
		"createdDateTime": "2024-02-01T09:00:00Z",
	},
	properties,
)
