# METADATA
# title: Recipients
# description: |
#   Who stands behind an address or name that the leaver's mailbox names. A recipient that could not be read is
#   neither present nor gone.
package lib.recipients

import data.lib.addresses

# METADATA
# description: mail sent there reaches somebody; whether it may leave the organisation is another question
# scope: document
reached(address) if _open(address).kind in {"contact", "mailUser", "outside", "sharedMailbox"}

reached(address) if present(address)

# METADATA
# description: somebody is there who can open a mailbox as its delegate
# scope: document
present(address) if {
	recipient := _open(address)
	recipient.kind in {"user", "otherMailbox"}
	recipient.accountEnabled == true
}

present(address) if {
	recipient := _open(address)
	recipient.kind == "group"
	recipient.hasEnabledMember == true
}

# METADATA
# description: nobody is there, or nobody who may still be
gone(address) if why_gone(address)

# METADATA
# description: what is wrong with the recipient
why_gone(address) := "does not exist" if input.facts.recipients.value[address].state == "absent"

else := "is another leaver" if input.facts.recipients.value[address].value.isLeaver == true

else := "is disabled" if {
	input.facts.recipients.value[address].value.kind in {"user", "otherMailbox"}
	input.facts.recipients.value[address].value.accountEnabled == false
}

# METADATA
# description: a group in which nobody is enabled
empty_group(address) if {
	input.facts.recipients.value[address].value.kind == "group"
	input.facts.recipients.value[address].value.hasEnabledMember == false
}

# METADATA
# description: the recipient was not read
unread(address) if not _settled(address)

_settled(address) if {
	input.facts.recipients.value[address].state in {"read", "absent"}
}

_open(address) := recipient if {
	input.facts.recipients.value[address].state == "read"
	recipient := input.facts.recipients.value[address].value
	recipient.isLeaver == false
}

# METADATA
# description: mail sent there leaves the organisation
# scope: document
leads_outside(address) if input.facts.recipients.value[address].value.kind == "outside"

leads_outside(address) if {
	input.facts.recipients.value[address].value.kind in {"contact", "mailUser"}
	addresses.outside(input.facts.recipients.value[address].value.ExternalEmailAddress)
}

leads_outside(address) if input.facts.recipients.value[address].value.hasOutsideMember == true

# METADATA
# description: mail sent there stays in the organisation, with somebody who may still be there
# scope: document
stays_inside(address) if _open(address).kind == "sharedMailbox"

stays_inside(address) if {
	recipient := _open(address)
	recipient.kind in {"user", "otherMailbox"}
	recipient.accountEnabled == true
}

stays_inside(address) if {
	recipient := _open(address)
	recipient.kind == "group"
	is_boolean(recipient.hasEnabledMember)
	recipient.hasOutsideMember == false
}

stays_inside(address) if {
	recipient := _open(address)
	recipient.kind in {"contact", "mailUser"}
	addresses.inside(recipient.ExternalEmailAddress)
}

# METADATA
# description: what was read of the recipients behind these addresses
named(keys) := {key: recipient |
	some key in keys
	recipient := input.facts.recipients.value[key]
}
