# METADATA
# title: The leaver's mailbox
# description: What Get-Mailbox says of it, and what the roster expects of it.
package lib.mailboxes

import data.lib.addresses
import data.lib.names

# METADATA
# description: it can receive and forward
live if input.facts.mailbox.value.mailboxState == "live"

# METADATA
# description: a hold keeps it although its account is gone
# scope: document
inactive if input.facts.mailbox.value.mailboxState == "inactive"

inactive if {
	input.facts.mailbox.value.mailboxState == "softDeleted"
	input.facts.mailbox.value.IsInactiveMailbox == true
}

# METADATA
# description: it was deleted and no hold keeps it
soft_deleted if {
	input.facts.mailbox.value.mailboxState == "softDeleted"
	not inactive
}

# METADATA
# description: nobody's own, opened by its delegates
shared if input.facts.mailbox.value.RecipientTypeDetails == "SharedMailbox"

# METADATA
# description: of any kind but shared
not_shared if {
	is_string(input.facts.mailbox.value.RecipientTypeDetails)
	not shared
}

# METADATA
# description: a room, a piece of equipment or a shared mailbox lives without a licence
needs_no_licence if {
	input.facts.mailbox.value.RecipientTypeDetails in {"SharedMailbox", "RoomMailbox", "EquipmentMailbox"}
}

# METADATA
# description: of a kind that lives only with a licence
needs_licence if {
	is_string(input.facts.mailbox.value.RecipientTypeDetails)
	not needs_no_licence
}

# METADATA
# description: Exchange Online has none in any state
missing if input.facts.mailbox.state == "absent"

# METADATA
# description: was read or is known not to exist
known if input.facts.mailbox.state in {"read", "absent"}

# METADATA
# description: there is none, and the account has no address that a mailbox here would have had
# scope: document
never_existed if {
	missing
	input.facts.account.state == "read"
	input.facts.account.value.userType == "Guest"
}

never_existed if {
	missing
	input.facts.account.state == "read"
	names.none(input.facts.account.value.mail)
	every address in input.facts.account.value.proxyAddresses {
		not startswith(names.fold(address), "smtp:")
	}
}

# METADATA
# description: whether it ever existed hangs on the account, which was not read
existence_unread if {
	missing
	not input.facts.account.state == "read"
}

# METADATA
# description: Exchange says that it is kept on-premises
on_premises if {
	input.facts.mailbox.state == "read"
	startswith(names.fold(input.facts.mailbox.value.RecipientTypeDetails), "remote")
}

# METADATA
# description: the address or name that mail is forwarded to; ForwardingAddress wins
# scope: document
forwarding := addresses.plain(input.facts.mailbox.value.ForwardingAddress) if {
	names.given(input.facts.mailbox.value.ForwardingAddress)
}

forwarding := addresses.plain(input.facts.mailbox.value.ForwardingSmtpAddress) if {
	names.none(input.facts.mailbox.value.ForwardingAddress)
	names.given(input.facts.mailbox.value.ForwardingSmtpAddress)
}

# METADATA
# description: the ForwardingSmtpAddress that ForwardingAddress keeps from working
dormant_forwarding := addresses.plain(input.facts.mailbox.value.ForwardingSmtpAddress) if {
	names.given(input.facts.mailbox.value.ForwardingAddress)
	names.given(input.facts.mailbox.value.ForwardingSmtpAddress)
}

# METADATA
# description: neither address is set
forwards_nothing if {
	names.none(input.facts.mailbox.value.ForwardingAddress)
	names.none(input.facts.mailbox.value.ForwardingSmtpAddress)
}

# METADATA
# description: the roster wants the mail forwarded or shared, or the mailbox is seen to do it
# scope: document
relied_on if input.leaver.mailHandling in {"forward", "shared"}

relied_on if is_string(forwarding)

relied_on if shared

# METADATA
# description: the roster wants neither, and the mailbox is seen to do neither
# scope: document
not_relied_on if {
	missing
	not relied_on
}

not_relied_on if {
	input.facts.mailbox.state == "read"
	forwards_nothing
	not_shared
	not relied_on
}

# METADATA
# description: a person's own, in use, and nobody takes it over
left_alone if {
	live
	input.facts.mailbox.value.RecipientTypeDetails == "UserMailbox"
	forwards_nothing
	not relied_on
}

# METADATA
# description: there is none of a person's own in use, or somebody takes it over
# scope: document
not_left_alone if missing

not_left_alone if on_premises

not_left_alone if {
	input.facts.mailbox.state == "read"
	needs_no_licence
}

not_left_alone if {
	input.facts.mailbox.state == "read"
	input.facts.mailbox.value.mailboxState in {"softDeleted", "inactive"}
}

not_left_alone if {
	input.facts.mailbox.state == "read"
	relied_on
}

# METADATA
# description: what a shared mailbox may hold without a licence, 50 GiB
free_bytes := 53687091200

# METADATA
# description: the properties that show it beyond what is free for a shared mailbox
# scope: document
beyond_free_limits contains "TotalItemSize" if {
	is_number(input.facts.mailboxSize.value.TotalItemSizeInBytes)
	input.facts.mailboxSize.value.TotalItemSizeInBytes > free_bytes
}

beyond_free_limits contains "ArchiveGuid" if has_archive

beyond_free_limits contains "LitigationHoldEnabled" if input.facts.mailbox.value.LitigationHoldEnabled == true

# METADATA
# description: the properties that show it within what is free for a shared mailbox
# scope: document
within_free_limits contains "TotalItemSize" if input.facts.mailboxSize.state == "absent"

within_free_limits contains "TotalItemSize" if {
	input.facts.mailboxSize.state == "read"
	is_number(input.facts.mailboxSize.value.TotalItemSizeInBytes)
	input.facts.mailboxSize.value.TotalItemSizeInBytes <= free_bytes
}

within_free_limits contains "ArchiveGuid" if {
	_no_guid(input.facts.mailbox.value.ArchiveGuid)
	input.facts.mailbox.value.ArchiveStatus in {null, "", "None"}
}

within_free_limits contains "LitigationHoldEnabled" if input.facts.mailbox.value.LitigationHoldEnabled == false

# METADATA
# description: the limits of a shared mailbox without a licence
free_limits := {"TotalItemSize", "ArchiveGuid", "LitigationHoldEnabled"}

# METADATA
# description: an archive mailbox belongs to it
# scope: document
has_archive if {
	not _no_guid(input.facts.mailbox.value.ArchiveGuid)
}

has_archive if names.fold(input.facts.mailbox.value.ArchiveStatus) == "active"

_no_guid(guid) if guid in {null, "", "00000000-0000-0000-0000-000000000000"}
