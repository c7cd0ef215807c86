# METADATA
# title: Ownership is handed over
# description: |
#   Every group, team, application and service principal that the leaver owns has another owner who is enabled and has
#   not left too. What else the leaver owns is not judged. Microsoft's page of 2020 does not speak of ownership; today
#   Microsoft calls a group without an active owner ownerless, and sends its members mail until one takes it. When the
#   directory does not say whether the other owners are enabled, the rule is unknown.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/create-groups/ownerless-groups-teams
#     description: Manage ownerless Microsoft 365 groups and teams
#   - ref: https://learn.microsoft.com/graph/api/user-list-ownedobjects
#     description: List the objects that a user owns
# custom:
#   id: ACC-005
#   scope: leaver
#   severity: medium
#   states: [live, unread]
#   requires: [ownedObjects]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#   controls:
#     nist-800-53-r5:
#       - {id: "PS-4(e)", confidence: high}
#       - {id: "AC-3", confidence: medium}
#       - {id: "AC-6", confidence: medium}
#     iso-27001-2022: [{id: "A.5.18", confidence: high}, {id: "A.8.3", confidence: high}]
#     cis-controls-8.1: [{id: "3.3", confidence: high}, {id: "6.8", confidence: low}]
#     cis-m365-7.0: [{id: "7.2.4", confidence: low}]
#     soc2: [{id: "CC6.3", confidence: high}]
#     pci-dss-4.0: [{id: "7.2.4", confidence: medium}]
#     hipaa: [{id: "164.308(a)(4)(ii)(C)", confidence: medium}]
#     scuba: [{id: "MS.SHAREPOINT.1.2v1", confidence: low}]
#   remediation: |
#     Add an owner on the Owners page of the group, app registration or enterprise application in the Microsoft Entra
#     admin centre (New-MgGroupOwnerByRef, New-MgApplicationOwnerByRef, New-MgServicePrincipalOwnerByRef).
package checklist.access.ownership_handed_over

import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	input.facts.ownedObjects.state == "read"
	is_array(input.facts.ownedObjects.value)
	every owned in input.facts.ownedObjects.value { owned.kind in harmless_kinds }
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.ownedObjects.state == "read"
	is_array(input.facts.ownedObjects.value)
	every owned in input.facts.ownedObjects.value { settled(owned) }
}

findings contains finding if {
	some owned in input.facts.ownedObjects.value
	owned.kind in judged
	orphaned(owned.owners)
	finding := object.union(
		proofs.about(owned, ["id"], ["id", "kind", "displayName", "appId", "isTeam"]),
		{"owners": [shown |
			some owner in owned.owners
			shown := object.filter(owner, ["id", "userPrincipalName", "accountEnabled", "isLeaver"])
		]},
	)
}

# METADATA
# description: what must not be left without an owner
judged := {"group", "application", "servicePrincipal"}

# METADATA
# description: kinds that need no owner to go on
harmless_kinds := {
	"device", "tokenLifetimePolicy", "tokenIssuancePolicy", "claimsMappingPolicy", "homeRealmDiscoveryPolicy",
	"activityBasedTimeoutPolicy",
}

# METADATA
# description: it is somebody else's too, or nothing that must be
# scope: document
settled(owned) if owned.kind in harmless_kinds

settled(owned) if {
	owned.kind in judged
	count(present(owned.owners)) > 0
}

# METADATA
# description: the owners who are enabled and have not left
present(owners) := {owner.id |
	some owner in owners
	owner.isLeaver == false
	owner.accountEnabled == true
}

# METADATA
# description: all the owners are known, and none can act
orphaned(owners) if {
	is_array(owners)
	count(owners) > 0
	every owner in owners { cannot_act(owner) }
}

# METADATA
# description: the owner has left, or is disabled
# scope: document
cannot_act(owner) if owner.isLeaver == true

cannot_act(owner) if owner.accountEnabled == false

evidence := {"ownedObjects": {"objects": [shown |
	some owned in input.facts.ownedObjects.value
	shown := object.union(object.filter(owned, ["id", "kind", "displayName"]), {"present": present(owned.owners)})
]}}

message := $"Without another enabled owner: {concat(", ", sort(names_of_objects))}." if {
	status == "fail"
} else := "The directory does not say whether the other owners are enabled." if {
	status == "unknown"
	input.facts.ownedObjects.state == "read"
}

# METADATA
# description: what people call what is left behind
names_of_objects contains proofs.key(finding, ["displayName", "resource"]) if some finding in findings
