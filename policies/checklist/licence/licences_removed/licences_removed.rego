# METADATA
# title: The licences are removed
# description: |
#   No paid licence is left, unless forwarding (FWD-002), the limits of a shared mailbox (FWD-003) or a hold (MBX-003)
#   needs it; then the rule passes and says which. A licence is needed when what the mailbox does would not be
#   licensed without it, so that of two that serve the same need one is surplus. Each finding says whether the licence
#   is assigned directly or through which groups: the way to remove it is leaving the group. Free subscriptions are
#   the parameter `free_skus`; one that the tenant does not list counts as paid. Microsoft's step 6; that a licence on
#   a blocked account is still paid for is its own tip.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-6
#     description: Step 6, remove the licence
#   - ref: https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference
#     description: Product names and service plan identifiers for licensing
# custom:
#   id: LIC-001
#   scope: leaver
#   severity: medium
#   states: [live, unread]
#   requires: [licences, mailbox]
#   uses: [subscribedSkus, mailboxSize]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#     free_skus:
#       description: the subscriptions that cost nothing, by skuPartNumber
#       type: array
#       items: {type: string, minLength: 1}
#       default:
#         - CCIBOTS_PRIVPREV_VIRAL
#         - DYN365_ENTERPRISE_P1_IW
#         - FLOW_FREE
#         - FORMS_PRO
#         - Microsoft_Teams_Audio_Conferencing_select_dial_out
#         - MS_TEAMS_IW
#         - PHONESYSTEM_VIRTUALUSER
#         - POWER_BI_STANDARD
#         - POWER_PAGES_VTRIAL_FOR_MAKERS
#         - POWERAPPS_DEV
#         - POWERAPPS_VIRAL
#         - RIGHTSMANAGEMENT_ADHOC
#         - SPZA_IW
#         - STREAM
#         - TEAMS_EXPLORATORY
#         - WINDOWS_STORE
#   controls:
#     nist-800-53-r5: [{id: "CM-10", confidence: medium}, {id: "CM-8", confidence: low}]
#     iso-27001-2022: [{id: "A.5.9", confidence: low}]
#     cis-controls-8.1: [{id: "2.1", confidence: medium}, {id: "2.2", confidence: low}]
#   remediation: |
#     Clear the licence under Licences and apps on the user's page in the Microsoft 365 admin centre
#     (Set-MgUserLicense -RemoveLicenses), or take the user out of the group that assigns it
#     (Remove-MgGroupMemberByRef).
package checklist.licence.licences_removed

import data.lib.holds
import data.lib.licences
import data.lib.mailboxes
import data.lib.names
import data.lib.proofs

default status := "unknown"

status := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.licences.state == "read"
	mailboxes.known
	is_array(input.facts.licences.value.assignedLicenses)
	every licence in input.facts.licences.value.assignedLicenses { justified(names.fold(licence.skuId)) }
}

findings contains finding if {
	some sku_id in paid
	surplus(sku_id)
	finding := {
		"resource": sku_id,
		"skuPartNumber": part_number(sku_id),
		"direct": direct(sku_id),
		"assignedByGroup": sort(groups(sku_id)),
	}
}

# METADATA
# description: the licences that cost something, or that the tenant's subscriptions do not list
# scope: document
paid contains sku_id if {
	some sku_id in assigned
	names.given(data.tenant.facts.subscribedSkus.value[sku_id].skuPartNumber)
	not free(sku_id)
}

paid contains sku_id if {
	data.tenant.facts.subscribedSkus.state == "read"
	some sku_id in assigned
	not sku_id in object.keys(data.tenant.facts.subscribedSkus.value)
}

# METADATA
# description: the licences of the leaver
assigned contains names.fold(licence.skuId) if some licence in input.facts.licences.value.assignedLicenses

# METADATA
# description: the subscription is one of those that cost nothing
free(sku_id) if {
	some name in data.parameters["LIC-001"].free_skus
	names.fold(name) == names.fold(data.tenant.facts.subscribedSkus.value[sku_id].skuPartNumber)
}

# METADATA
# description: the licence costs nothing, or something needs it
# scope: document
justified(sku_id) if {
	data.tenant.facts.subscribedSkus.state == "read"
	free(sku_id)
}

justified(sku_id) if {
	needs_known
	count(needed_by(sku_id)) > 0
}

# METADATA
# description: nothing needs the licence, whatever the mailbox does
# scope: document
surplus(sku_id) if licences.plans_by_sku[sku_id] == set()

surplus(sku_id) if {
	needs_known
	explained(sku_id)
	count(needed_by(sku_id)) == 0
}

# METADATA
# description: the tenant's subscriptions say what the licence allows, or nothing is left that it could allow
# scope: document
explained(sku_id) if licences.plans_by_sku[sku_id]

explained(_) if {
	every need in needs { licences.plans_allow(need.use, licences.plans) }
}

# METADATA
# description: what the mailbox does that must be licensed, and by which rule
# scope: document
needs contains {"rule": "FWD-002", "use": "mailbox"} if {
	mailboxes.live
	mailboxes.needs_licence
	is_string(mailboxes.forwarding)
}

needs contains {"rule": "FWD-003", "use": "large mailbox"} if {
	mailboxes.live
	mailboxes.shared
	"TotalItemSize" in mailboxes.beyond_free_limits
}

needs contains {"rule": "FWD-003", "use": "mailbox"} if {
	mailboxes.live
	mailboxes.shared
	count(mailboxes.beyond_free_limits - {"TotalItemSize"}) > 0
}

needs contains {"rule": "MBX-003", "use": "hold"} if {
	mailboxes.live
	count(holds.licensed) > 0
}

# METADATA
# description: it is known what the mailbox does
# scope: document
needs_known if mailboxes.missing

needs_known if {
	input.facts.mailbox.state == "read"
	not size_unread
}

# METADATA
# description: whether a shared mailbox needs a licence hangs on its size, which was not read
size_unread if {
	mailboxes.live
	mailboxes.shared
	not "TotalItemSize" in mailboxes.beyond_free_limits
	not "TotalItemSize" in mailboxes.within_free_limits
}

# METADATA
# description: the rules whose needs are met with the licence and not without it
needed_by(sku_id) := {need.rule |
	some need in needs
	licences.plans_allow(need.use, licences.plans)
	not licences.plans_allow(need.use, without(sku_id))
}

# METADATA
# description: the service plans of the other licences
without(sku_id) := {plan |
	some other, plans in licences.plans_by_sku
	other != sku_id
	some plan in plans
}

# METADATA
# description: the name of the subscription
# scope: document
part_number(sku_id) := data.tenant.facts.subscribedSkus.value[sku_id].skuPartNumber

part_number(sku_id) := "not among the tenant's subscriptions" if {
	not sku_id in object.keys(data.tenant.facts.subscribedSkus.value)
}

# METADATA
# description: the groups through which the licence is assigned
groups(sku_id) := {state.assignedByGroup |
	some state in input.facts.licences.value.licenseAssignmentStates
	names.fold(state.skuId) == sku_id
	names.given(state.assignedByGroup)
}

# METADATA
# description: whether the licence is assigned to the leaver directly
# scope: document
default direct(_) := false

direct(sku_id) if {
	some state in input.facts.licences.value.licenseAssignmentStates
	names.fold(state.skuId) == sku_id
	names.none(state.assignedByGroup)
}

evidence := object.union(
	proofs.of({
		"licences": ["licenseAssignmentStates"],
		"mailbox": ["mailboxState", "RecipientTypeDetails", "ForwardingAddress", "ForwardingSmtpAddress"],
	}),
	{"licences": {"neededBy": {sku_id: sort(needed_by(sku_id)) | some sku_id in assigned}}},
)

missing contains "subscribedSkus" if {
	status == "unknown"
	licences.subscriptions_unread
}

missing contains "mailboxSize" if {
	status == "unknown"
	size_unread
}

message := $"Paid licences are left: {concat(", ", sort(parts))}." if {
	status == "fail"
} else := $"Kept because {concat(", ", sort(needing))} needs a licence; a cheaper one with Exchange Online may do." if {
	status == "pass"
	count(needing) > 0
}

# METADATA
# description: the names of the licences that are left
parts contains finding.skuPartNumber if some finding in findings

# METADATA
# description: the rules that need a licence
needing contains rule if {
	some sku_id in assigned
	some rule in needed_by(sku_id)
}
