# METADATA
# title: The seats are given back
# description: |
#   A seat that a leaver no longer uses is not still paid for. Microsoft's step 6 says that removing a licence does not
#   lower the bill: the subscription must be made smaller too. Judged for the subscriptions that a leaver holds, or
#   held by the audit log or an earlier snapshot: spare seats are those that are enabled or in their warning period,
#   less those that are assigned. Free subscriptions (`free_skus`, as in LIC-001) and those that are suspended or
#   deleted cost nothing. While the licences of a leaver were not read, or one is held of which the tenant's list does
#   not say enough, it cannot be said that no seat is spare.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-6
#     description: Step 6, remove the licence
#   - ref: https://learn.microsoft.com/microsoft-365/commerce/licenses/buy-licenses
#     description: Buy or remove licences for a subscription
# schemas:
#   - input: schema.population
#   - data.tenant: schema.tenant
# custom:
#   id: LIC-002
#   scope: tenant
#   severity: low
#   requires: [subscribedSkus]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
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
#     Remove the seats under Billing > Your products in the Microsoft 365 admin centre; Get-MgSubscribedSku shows how
#     many are spare. There is no cmdlet that lowers the number.
package checklist.licence.seats_given_back

import data.lib.names

default status := "unknown"

status := "not_applicable" if {
	nothing_held
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	data.tenant.facts.subscribedSkus.state == "read"
	input.population.licencesUnread == 0
	every sku_id in concerned { settled(sku_id) }
}

findings contains finding if {
	some sku_id in concerned
	sku := data.tenant.facts.subscribedSkus.value[sku_id]
	in_force(sku_id)
	paid(sku_id)
	spare(sku_id) > 0
	finding := object.union(
		{
			"resource": sku_id,
			"skuId": sku_id,
			"spare": spare(sku_id),
			"leavers": object.filter(input.population.skus[sku_id], ["held", "released"]),
		},
		object.filter(sku, ["skuPartNumber", "consumedUnits", "prepaidUnits"]),
	)
}

# METADATA
# description: no leaver holds or held a subscription that costs something
nothing_held if {
	input.population.licencesUnread == 0
	every sku_id in concerned { costs_nothing(sku_id) }
}

# METADATA
# description: the subscriptions that leavers hold or held
# scope: document
concerned contains sku_id if {
	some sku_id, leavers in input.population.skus
	leavers.held > 0
}

concerned contains sku_id if {
	some sku_id, leavers in input.population.skus
	leavers.released > 0
}

# METADATA
# description: no seat of it is paid for and unused
# scope: document
settled(sku_id) if costs_nothing(sku_id)

settled(sku_id) if {
	in_force(sku_id)
	spare(sku_id) <= 0
}

# METADATA
# description: it is free, has ended, or is not the tenant's any more
# scope: document
costs_nothing(sku_id) if {
	data.tenant.facts.subscribedSkus.state == "read"
	free(sku_id)
}

costs_nothing(sku_id) if {
	data.tenant.facts.subscribedSkus.state == "read"
	data.tenant.facts.subscribedSkus.value[sku_id].capabilityStatus in {"Suspended", "Deleted", "LockedOut"}
}

costs_nothing(sku_id) if {
	data.tenant.facts.subscribedSkus.state == "read"
	not sku_id in object.keys(data.tenant.facts.subscribedSkus.value)
}

# METADATA
# description: seats of it can be assigned
in_force(sku_id) if {
	data.tenant.facts.subscribedSkus.value[sku_id].capabilityStatus in {"Enabled", "Warning"}
}

# METADATA
# description: it has a name, which is not among those that cost nothing
paid(sku_id) if {
	names.given(data.tenant.facts.subscribedSkus.value[sku_id].skuPartNumber)
	not free(sku_id)
}

# METADATA
# description: it is one of those that cost nothing
free(sku_id) if {
	some name in data.parameters["LIC-002"].free_skus
	names.fold(name) == names.fold(data.tenant.facts.subscribedSkus.value[sku_id].skuPartNumber)
}

# METADATA
# description: the seats that are paid for and not assigned
spare(sku_id) := (sku.prepaidUnits.enabled + sku.prepaidUnits.warning) - sku.consumedUnits if {
	sku := data.tenant.facts.subscribedSkus.value[sku_id]
	is_number(sku.prepaidUnits.enabled)
	is_number(sku.prepaidUnits.warning)
	is_number(sku.consumedUnits)
}

evidence := {"subscribedSkus": {sku_id: object.filter(sku, properties) |
	some sku_id, sku in data.tenant.facts.subscribedSkus.value
	sku_id in concerned
	properties := ["skuPartNumber", "capabilityStatus", "consumedUnits", "prepaidUnits"]
}}

message := $"Seats are paid for that nobody uses: {concat(", ", sort(seats))}." if {
	status == "fail"
	seats := {$"{finding.skuPartNumber} ({finding.spare})" | some finding in findings}
} else := $"The licences of {names.counted(input.population.licencesUnread, "leaver")} were not read." if {
	data.tenant.facts.subscribedSkus.state == "read"
	input.population.licencesUnread > 0
}
