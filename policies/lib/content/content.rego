# METADATA
# title: The content of the leaver's mailbox
# description: |
#   What keeps the content, by Exchange's own word: holds, an inactive mailbox, a shared mailbox. A mailbox that an
#   earlier snapshot has and that is there no more was not kept. That there was none before the leaver left an earlier
#   snapshot can say too, if it was taken by then: a later one might only show that the mailbox was purged already.
package lib.content

import data.lib.holds
import data.lib.mailboxes
import data.lib.names

# METADATA
# description: there never was a mailbox here, or it is kept on-premises
# scope: document
nothing_to_keep if {
	mailboxes.never_existed
	not vanished
}

nothing_to_keep if mailboxes.on_premises

# METADATA
# description: the earlier snapshot has a mailbox, and there is none any more
vanished if {
	mailboxes.missing
	input.baseline.facts.mailbox.value.mailboxState in {"live", "softDeleted", "inactive"}
	not startswith(names.fold(input.baseline.facts.mailbox.value.RecipientTypeDetails), "remote")
}

# METADATA
# description: the holds that keep it, and an inactive mailbox
# scope: document
held_by contains hold if some hold in holds.own

held_by contains hold if {
	not mailboxes.soft_deleted
	some hold in holds.organisation_wide
}

held_by contains "inactive mailbox" if mailboxes.inactive

# METADATA
# description: what keeps it
# scope: document
kept_by contains reason if some reason in held_by

kept_by contains "shared mailbox" if {
	mailboxes.live
	mailboxes.shared
}

# METADATA
# description: something keeps it, and nothing of that was left unread
kept if {
	_known
	count(kept_by) > 0
}

# METADATA
# description: a hold keeps it, whatever becomes of the account, and nothing of that was left unread
held if {
	_known
	count(held_by) > 0
}

# METADATA
# description: no hold keeps it
# scope: document
unheld if {
	holds.none_own
	mailboxes.soft_deleted
}

unheld if {
	holds.none_own
	mailboxes.live
	holds.none_organisation_wide
}

_known if {
	input.facts.mailbox.state == "read"
	holds.organisation_known
}
