# METADATA
# title: Groups
# description: Tells groups by what an organisation calls them in a parameter.
package lib.groups

import data.lib.names

# METADATA
# description: one of the ids or display names of a list is the group's
# scope: document
named(id, _, list) if names.fold(id) in _folded(list)

named(_, display_name, list) if names.fold(display_name) in _folded(list)

_folded(list) := {names.fold(entry) | some entry in list}
