# METADATA
# title: Known secrets are rotated
# description: |
#   No application or service principal that the leaver owns has a secret or certificate that is still good and was
#   made before leaving: its owner could read it when it was made, and it signs in without any account. What the leaver
#   owned by the baseline (`--baseline`) and owns no more counts too, with the credentials of then, because taking away
#   the ownership does not change a secret. A start that the service leaves out counts as before leaving. Microsoft's
#   page of 2020 knows passwords of people only.
# related_resources:
#   - ref: https://learn.microsoft.com/graph/api/resources/passwordcredential
#     description: passwordCredential
#   - ref: https://learn.microsoft.com/entra/identity-platform/how-to-add-credentials
#     description: Add and manage application credentials in Microsoft Entra ID
# custom:
#   id: ACC-006
#   scope: leaver
#   severity: high
#   states: [live, unread]
#   requires: [ownedApplications]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#   controls:
#     nist-800-53-r5:
#       - {id: "IA-5", confidence: high}
#       - {id: "PS-4(b)", confidence: high}
#       - {id: "AC-2(h)", confidence: medium}
#     iso-27001-2022: [{id: "A.5.17", confidence: high}, {id: "A.8.2", confidence: high}]
#     cis-controls-8.1: [{id: "5.5", confidence: high}, {id: "6.2", confidence: medium}]
#     soc2: [{id: "CC6.1", confidence: medium}, {id: "CC6.3", confidence: medium}]
#     pci-dss-4.0: [{id: "8.6.3", confidence: medium}, {id: "8.3.11", confidence: low}]
#     hipaa: [{id: "164.312(d)", confidence: low}]
#     scuba: [{id: "MS.AAD.5.6v1", confidence: medium}, {id: "MS.AAD.5.2v1", confidence: low}]
#   remediation: |
#     Add a new credential and delete the old one under Certificates & secrets of the app registration in the Microsoft
#     Entra admin centre (Add-MgApplicationPassword, Remove-MgApplicationPassword -KeyId, for a service principal
#     Remove-MgServicePrincipalPassword); of an application that is no longer the leaver's, take a new baseline then.
package checklist.access.known_secrets_rotated

import data.lib.names
import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	input.facts.ownedApplications.state == "read"
	is_array(input.facts.ownedApplications.value)
	count(owned) == 0
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.ownedApplications.state == "read"
	is_array(input.facts.ownedApplications.value)
	every holder in owned { rotated(holder.application) }
}

findings contains finding if {
	some holder in owned
	some kind in ["passwordCredentials", "keyCredentials"]
	some credential in holder.application[kind]
	not harmless(credential)
	finding := object.union(
		proofs.about(
			object.union(credential, object.filter(holder.application, ["id", "kind", "appId", "displayName"])),
			["keyId", "id"],
			["id", "kind", "appId", "displayName", "keyId", "startDateTime", "endDateTime", "type", "usage"],
		),
		{"credential": kind, "ownedAt": holder.at},
	)
}

# METADATA
# description: what the leaver owns, and when that was seen; with what the baseline knew of what is no longer owned
# scope: document
owned contains {"application": application, "at": data.tenant.collectedAt} if {
	some application in input.facts.ownedApplications.value
}

owned contains {"application": application, "at": input.baseline.collectedAt} if {
	input.facts.ownedApplications.state == "read"
	some application in input.baseline.facts.ownedApplications.value
	not owned_now(application)
}

# METADATA
# description: the leaver owns it now
owned_now(application) if {
	some other in input.facts.ownedApplications.value
	names.fold(other.id) == names.fold(application.id)
}

# METADATA
# description: all the credentials are known, and the leaver can use none
rotated(application) if {
	all_harmless(application.passwordCredentials)
	all_harmless(application.keyCredentials)
}

# METADATA
# description: it is a list, and the leaver can use nothing in it
all_harmless(credentials) if {
	is_array(credentials)
	every credential in credentials { harmless(credential) }
}

# METADATA
# description: the credential has ended, or was made after leaving
# scope: document
harmless(credential) if times.at_or_after(data.tenant.collectedAt, credential.endDateTime)

# what the leaver made on the last day is theirs, too
harmless(credential) if times.at_or_after(credential.startDateTime, input.leaver.leftBy)

evidence := {"ownedApplications": {"applications": [shown |
	some holder in owned
	shown := object.union(
		object.filter(holder.application, ["id", "displayName", "passwordCredentials", "keyCredentials"]),
		{"ownedAt": holder.at},
	)
]}}

message := $"{names.counted(count(findings), "credential")} from before leaving still good: {list}." if {
	status == "fail"
} else := "Owns no application; what was owned before only an earlier snapshot can show (--baseline)." if {
	status == "not_applicable"
	data.baseline == null
}

# METADATA
# description: what people call the applications
list := concat(", ", sort({proofs.key(finding, ["displayName", "appId", "id"]) | some finding in findings}))
