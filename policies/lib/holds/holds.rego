# METADATA
# title: Holds
# description: |
#   What keeps the content of the leaver's mailbox from being deleted. A policy that only deletes (suffix :1), an
#   exclusion (-mbx), a hold on chats (skp) and the delay after a hold was taken off keep nothing.
# related_resources:
#   - ref: https://learn.microsoft.com/purview/ediscovery-identify-a-hold-on-an-exchange-online-mailbox
#     description: How to identify the type of hold placed on an Exchange Online mailbox
package lib.holds

import data.lib.names

# METADATA
# description: the holds on the mailbox itself that a licence must allow
# scope: document
licensed contains "LitigationHoldEnabled" if input.facts.mailbox.value.LitigationHoldEnabled == true

licensed contains entry if {
	some entry in input.facts.mailbox.value.InPlaceHolds
	keeps(entry)
}

# METADATA
# description: all holds on the mailbox itself
# scope: document
own contains hold if some hold in licensed

own contains "ComplianceTagHoldApplied" if input.facts.mailbox.value.ComplianceTagHoldApplied == true

# METADATA
# description: the organisation's policies that keep this mailbox too
organisation_wide contains entry if {
	some entry in data.tenant.facts.organization.value.OrganizationConfig.InPlaceHolds
	startswith(names.fold(entry), "mbx")
	keeps(entry)
	not policy(entry) in _excluded
}

# METADATA
# description: none on the mailbox itself
none_own if {
	input.facts.mailbox.value.LitigationHoldEnabled == false
	input.facts.mailbox.value.ComplianceTagHoldApplied == false
	is_array(input.facts.mailbox.value.InPlaceHolds)
	count(own) == 0
}

# METADATA
# description: none of the organisation's
none_organisation_wide if {
	organisation_known
	count(organisation_wide) == 0
}

# METADATA
# description: the organisation's holds were read
organisation_known if {
	data.tenant.facts.organization.state == "read"
	is_array(data.tenant.facts.organization.value.OrganizationConfig.InPlaceHolds)
}

# METADATA
# description: an entry of InPlaceHolds that keeps content
# scope: document
keeps(entry) if startswith(names.fold(entry), "unih")

keeps(entry) if startswith(names.fold(entry), "cld")

keeps(entry) if {
	startswith(names.fold(entry), "mbx")
	split(entry, ":")[1] in {"2", "3"}
}

keeps(entry) if regex.match(`^[0-9a-f]{32}$`, names.fold(entry))

# METADATA
# description: the policy that an entry names, without its action
policy(entry) := split(names.fold(entry), ":")[0]

_excluded contains trim_prefix(policy(entry), "-") if {
	some entry in input.facts.mailbox.value.InPlaceHolds
	startswith(names.fold(entry), "-")
}
