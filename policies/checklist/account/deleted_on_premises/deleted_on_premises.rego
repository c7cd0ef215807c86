# METADATA
# title: The account is deleted in Active Directory
# description: |
#   An account that is synchronised from Active Directory was deleted there. Microsoft's step 7: "If your organization
#   uses Active Directory, delete the account there"; one that is deleted only in the cloud comes back with the next
#   synchronisation. Who made the last successful `Delete user` in the audit log tells: a synchronisation account
#   (Sync_*) or application, by the parameter `sync_principals`. That is also what is seen when the account was only
#   moved out of the scope of synchronisation, which cannot be told apart. Without such an event in the log the rule is
#   unknown. It does not apply to an account that is live or not synchronised.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-7
#     description: Step 7, delete a former employee's user account
#   - ref: https://learn.microsoft.com/entra/identity/hybrid/connect/reference-connect-accounts-permissions
#     description: Accounts of Microsoft Entra Connect
# custom:
#   id: DEL-003
#   scope: leaver
#   severity: medium
#   states: [live, deleted, unread]
#   requires: [account, audits]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
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
#     nist-800-53-r5: [{id: "AC-2(3)", confidence: medium}, {id: "AC-2(f)", confidence: medium}]
#     iso-27001-2022: [{id: "A.5.16", confidence: high}, {id: "A.8.10", confidence: medium}]
#     cis-controls-8.1: [{id: "5.3", confidence: high}]
#     soc2: [{id: "CC6.2", confidence: medium}]
#     pci-dss-4.0: [{id: "8.2.5", confidence: high}, {id: "8.2.6", confidence: high}]
#     hipaa: [{id: "164.308(a)(3)(ii)(C)", confidence: medium}]
#   remediation: |
#     Delete the account in Active Directory Users and Computers (Remove-ADUser) and let it synchronise; deleting it in
#     the Microsoft 365 admin centre alone does not last.
package checklist.account.deleted_on_premises

import data.lib.audits
import data.lib.deletions
import data.lib.proofs
import data.lib.synchronisation
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	cannot_come_back
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	synchronised
	input.facts.account.state == "read"
	input.facts.audits.state == "read"
	count(last_deletions) > 0
	every event in last_deletions { by_sync(event) }
}

findings contains finding if {
	synchronised
	input.facts.audits.state == "read"
	some event in last_deletions
	count(synchronisation.initiators(event)) > 0
	not by_sync(event)
	finding := object.union(
		{
			"resource": "onPremisesSyncEnabled",
			"activityDateTime": event.activityDateTime,
			"initiatedBy": sort(synchronisation.initiators(event)),
		},
		proofs.values({"account": ["deletedDateTime", "onPremisesImmutableId"]}),
	)
}

# METADATA
# description: the account is live, or no directory synchronisation could bring it back
# scope: document
cannot_come_back if deletions.live

cannot_come_back if {
	input.facts.account.state == "read"
	input.facts.account.value.onPremisesSyncEnabled in {false, null}
}

# METADATA
# description: Active Directory is the authority for the account
synchronised if input.facts.account.value.onPremisesSyncEnabled == true

# METADATA
# description: the last time that the account was deleted, if that is the deletion that the directory knows
last_deletions contains event if {
	some event in audits.last({other | some other in audits.successes; other.activity == "delete user"})
	times.ns(event.activityDateTime) + (5 * times.ns_per_minute) >= times.ns(deletions.at)
}

# METADATA
# description: a synchronisation service did it
by_sync(event) if synchronisation.made(event, data.parameters["DEL-003"].sync_principals)

evidence := object.union(
	proofs.of({"account": ["deletedDateTime", "onPremisesSyncEnabled", "onPremisesLastSyncDateTime"]}),
	{"audits": {"deleted": [object.filter(event, ["activityDateTime", "initiatedBy"]) | some event in last_deletions]}},
)

message := "The account was deleted in the cloud only; directory synchronisation can bring it back." if {
	status == "fail"
} else := "The audit log does not show who deleted the account: it happened before the log begins." if {
	status == "unknown"
	deletions.deleted
	input.facts.audits.state == "read"
	count(last_deletions) == 0
}
