# METADATA
# title: Directory synchronisation
# description: |
#   Whether Active Directory did it, by way of a synchronisation service, or somebody in the cloud, whose doing the
#   next synchronisation can undo.
package lib.synchronisation

import data.lib.names

# METADATA
# description: who did it, by the names that cannot be chosen freely
initiators(event) := person | application if {
	person := {name | name := names.fold(event.initiatedBy.user.userPrincipalName)}
	application := {name | name := names.fold(event.initiatedBy.app.displayName)}
}

# METADATA
# description: one of the names is that of a synchronisation service, as one of the principals gives it
made(event, principals) if {
	some name in initiators(event)
	some principal in principals
	matches(name, names.fold(principal))
}

# METADATA
# description: the name is the pattern, or begins with what stands before its star
# scope: document
matches(name, pattern) if name == pattern

matches(name, pattern) if {
	endswith(pattern, "*")
	startswith(name, trim_suffix(pattern, "*"))
}
