# METADATA
# title: Revoked sessions
# description: |
#   When the leaver's sessions were revoked at or after leaving: by signInSessionsValidFromDateTime, which a password
#   change moves too, or by the audit log, which is there before the property follows.
package lib.sessions

import data.lib.audits
import data.lib.times

# METADATA
# description: the times of revocations that are proved
# scope: document
revocations contains input.facts.account.value.signInSessionsValidFromDateTime if {
	input.facts.account.state == "read"
	moved
}

revocations contains event.activityDateTime if {
	input.facts.audits.state == "read"
	some event in logged
}

# METADATA
# description: the times of revocations that are seen anywhere, in half-read facts too; without one there was none
# scope: document
traces contains input.facts.account.value.signInSessionsValidFromDateTime if moved

traces contains event.activityDateTime if some event in logged

# METADATA
# description: the property lies at or after leaving
moved if {
	times.at_or_after(input.facts.account.value.signInSessionsValidFromDateTime, input.leaver.leftAt)
}

# METADATA
# description: the audit log's successful revocations at or after leaving
logged contains event if {
	some event in audits.successes
	event.activity == "update stsrefreshtokenvalidfrom timestamp"
	times.at_or_after(event.activityDateTime, input.leaver.leftAt)
}
