# METADATA
# title: Licences
# description: |
#   What the leaver's licences allow. A service plan counts when a licence whose subscription is in force has it
#   switched on. A licence that the tenant's subscriptions do not explain might allow anything: then it is neither
#   said that something is allowed by it nor that it is not.
package lib.licences

import data.lib.names

# METADATA
# description: the service plans that give a mailbox, under their names in the national clouds too
mailbox_plans := {
	"EXCHANGE_S_STANDARD", "EXCHANGE_S_STANDARD_GOV", "EXCHANGE_S_STANDARD_MIDMARKET", "EXCHANGE_S_ENTERPRISE",
	"EXCHANGE_S_ENTERPRISE_GOV", "EXCHANGE_S_DESKLESS", "EXCHANGE_S_DESKLESS_GOV", "EXCHANGE_L_STANDARD",
}

# METADATA
# description: Exchange Online Plan 1
plan_1 := {"EXCHANGE_S_STANDARD", "EXCHANGE_S_STANDARD_GOV", "EXCHANGE_S_STANDARD_MIDMARKET", "EXCHANGE_L_STANDARD"}

# METADATA
# description: Exchange Online Plan 2
plan_2 := {"EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_ENTERPRISE_GOV"}

# METADATA
# description: Exchange Online Archiving
archiving := {"EXCHANGE_S_ARCHIVE", "EXCHANGE_S_ARCHIVE_ADDON", "EXCHANGE_S_ARCHIVE_ADDON_GOV"}

# METADATA
# description: |
#   the service plans that give a OneDrive; Office for the web (SHAREPOINTWAC), which stands beside them in most
#   subscriptions, gives none
drive_plans := {
	"SHAREPOINTDESKLESS", "SHAREPOINTDESKLESS_GOV", "SHAREPOINTENTERPRISE", "SHAREPOINTENTERPRISE_EDU",
	"SHAREPOINTENTERPRISE_GOV", "SHAREPOINTENTERPRISE_MIDMARKET", "SHAREPOINTLITE", "SHAREPOINTSTANDARD",
	"SHAREPOINTSTANDARD_EDU", "SHAREPOINTSTANDARD_GOV", "SHAREPOINT_S_DEVELOPER", "ONEDRIVE_BASIC",
	"ONEDRIVE_BASIC_GOV", "ONEDRIVE_BASIC_P2", "ONEDRIVEENTERPRISE", "ONEDRIVEENTERPRISE_GOV", "ONEDRIVELITE",
	"ONEDRIVESTANDARD", "ONEDRIVESTANDARD_GOV",
}

# METADATA
# description: the plans of each licence that bear on the mailbox, by skuId; licences that nothing explains are missing
plans_by_sku[sku_id] := names_of_plans & (mailbox_plans | archiving) if some sku_id, names_of_plans in _all_by_sku

# METADATA
# description: the plans of all licences together
plans := union({names_of_plans | some names_of_plans in _all_by_sku})

# METADATA
# description: the licences that the tenant's subscriptions do not explain
unexplained contains licence.skuId if {
	some licence in input.facts.licences.value.assignedLicenses
	not names.fold(licence.skuId) in object.keys(plans_by_sku)
}

# METADATA
# description: the tenant's subscriptions are needed and were not read
subscriptions_unread if {
	count(input.facts.licences.value.assignedLicenses) > 0
	not data.tenant.facts.subscribedSkus.state == "read"
}

# METADATA
# description: all licences were read and explained
explained if {
	input.facts.licences.state == "read"
	every licence in input.facts.licences.value.assignedLicenses { is_string(licence.skuId) }
	not subscriptions_unread
	count(unexplained) == 0
}

# METADATA
# description: the licences allow it ("mailbox", "large mailbox", "hold" or "drive")
allow(use) if {
	input.facts.licences.state == "read"
	not subscriptions_unread
	plans_allow(use, plans)
}

# METADATA
# description: the licences are known not to allow it
forbid(use) if {
	explained
	not plans_allow(use, plans)
}

# METADATA
# description: these service plans allow it
# scope: document
plans_allow("mailbox", names_of_plans) if count(names_of_plans & mailbox_plans) > 0

plans_allow("large mailbox", names_of_plans) if count(names_of_plans & plan_2) > 0

plans_allow("hold", names_of_plans) if count(names_of_plans & plan_2) > 0

plans_allow("hold", names_of_plans) if {
	count(names_of_plans & plan_1) > 0
	count(names_of_plans & archiving) > 0
}

plans_allow("drive", names_of_plans) if count(names_of_plans & drive_plans) > 0

_all_by_sku[sku_id] := _plans(sku.capabilityStatus, sku.servicePlans, licence.disabledPlans) if {
	some licence in input.facts.licences.value.assignedLicenses
	sku_id := names.fold(licence.skuId)
	sku := data.tenant.facts.subscribedSkus.value[sku_id]
}

_plans(status, service_plans, disabled) := {plan.servicePlanName |
	some plan in service_plans
	not names.fold(plan.servicePlanId) in _folded(disabled)
} if {
	status in {"Enabled", "Warning"}
}

_plans(status, _, _) := set() if {
	is_string(status)
	not status in {"Enabled", "Warning"}
}

_folded(values) := {names.fold(value) | some value in values}
