# METADATA
# title: The block survives directory synchronisation
# description: |
#   An account that is synchronised from Active Directory was disabled there, not only in the cloud, where the next
#   synchronisation can undo it. Microsoft's page says so of deleting (step 7); it holds of blocking too. Who made the
#   last successful `Disable account` in the audit log tells: a synchronisation account (Sync_*) or application, by
#   the parameter `sync_principals`. Without such an event in the log the rule is unknown. An account that is enabled
#   is ACC-001's.
# related_resources:
#   - ref: https://learn.microsoft.com/entra/identity/users/users-revoke-access
#     description: Revoke user access, on-premises Active Directory environment
#   - ref: https://learn.microsoft.com/entra/identity/hybrid/connect/reference-connect-accounts-permissions
#     description: Accounts of Microsoft Entra Connect
# custom:
#   id: ACC-002
#   scope: leaver
#   severity: high
#   states: [live, unread]
#   requires: [account, audits]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 24
#     sync_principals:
#       description: |
#         who synchronises the directory, by user principal name or application name; a star at the end stands for
#         anything
#       type: array
#       items: {type: string, minLength: 1}
#       default:
#         - "Sync_*"
#         - "ADToAADSyncServiceAccount*"
#         - "ConnectSyncProvisioning_*"
#         - "Microsoft Entra Connect*"
#         - "Microsoft Azure AD Connect*"
#         - "Azure AD Connect*"
#         - "Microsoft Entra Cloud Sync*"
#         - "Azure AD Cloud Sync*"
#         - "Microsoft Entra AD Synchronization Service"
#         - "Microsoft.Azure.SyncFabric"
#   controls:
#     nist-800-53-r5:
#       - {id: "PS-4(a)", confidence: high}
#       - {id: "AC-2(3)", confidence: high}
#       - {id: "AC-2(h)", confidence: high}
#       - {id: "IA-4(d)", confidence: low}
#     iso-27001-2022: [{id: "A.5.16", confidence: high}, {id: "A.5.18", confidence: high}]
#     cis-controls-8.1: [{id: "6.2", confidence: high}]
#     soc2: [{id: "CC6.2", confidence: high}, {id: "CC6.3", confidence: high}]
#     pci-dss-4.0: [{id: "8.2.5", confidence: high}, {id: "7.2.5", confidence: low}]
#     hipaa: [{id: "164.308(a)(3)(ii)(C)", confidence: high}]
#     scuba: [{id: "MS.AAD.1.1v1", confidence: low}]
#   remediation: |
#     Disable the account in Active Directory Users and Computers (Disable-ADAccount) and let it synchronise; blocking
#     it in the Microsoft 365 admin centre alone does not last.
package checklist.access.block_survives_sync

import data.lib.audits
import data.lib.proofs
import data.lib.synchronisation

default status := "unknown"

status := "not_applicable" if {
	input.facts.account.state == "read"
	nothing_to_undo
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.account.state == "read"
	input.facts.audits.state == "read"
	input.facts.account.value.accountEnabled == false
	input.facts.account.value.onPremisesSyncEnabled == true
	count(last_blocks) > 0
	every event in last_blocks { by_sync(event) }
}

findings contains finding if {
	input.facts.account.value.accountEnabled == false
	input.facts.account.value.onPremisesSyncEnabled == true
	input.facts.audits.state == "read"
	some event in last_blocks
	count(synchronisation.initiators(event)) > 0
	not by_sync(event)
	finding := {
		"resource": "onPremisesSyncEnabled",
		"activityDateTime": event.activityDateTime,
		"initiatedBy": sort(synchronisation.initiators(event)),
	}
}

# METADATA
# description: the account is enabled, or no directory synchronisation could undo the block
# scope: document
nothing_to_undo if input.facts.account.value.accountEnabled == true

nothing_to_undo if input.facts.account.value.onPremisesSyncEnabled in {false, null}

# METADATA
# description: when the account was disabled, as often as the log shows
blocks contains event if {
	some event in audits.successes
	event.activity == "disable account"
}

# METADATA
# description: the last of them
last_blocks := audits.last(blocks)

# METADATA
# description: a synchronisation service did it
by_sync(event) if synchronisation.made(event, data.parameters["ACC-002"].sync_principals)

evidence := object.union(
	proofs.of({"account": ["accountEnabled", "onPremisesSyncEnabled", "onPremisesLastSyncDateTime"]}),
	{"audits": {"disabled": [object.filter(event, ["activityDateTime", "initiatedBy"]) | some event in last_blocks]}},
)

message := "The account was disabled in the cloud only; directory synchronisation can enable it again." if {
	status == "fail"
} else := "The audit log does not say who disabled the account: it happened before the log begins." if {
	status == "unknown"
	input.facts.audits.state == "read"
	count(blocks) == 0
}
