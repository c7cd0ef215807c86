# METADATA
# title: Proofs
# description: |
#   Builds findings and evidence out of what the services answered, under Microsoft's property names. A property that
#   was not answered is left out: it must never make the finding disappear.
package lib.proofs

import data.lib.names

# METADATA
# description: a finding about a thing, named by the first of its keys that says something
about(thing, keys, shown) := object.union({"resource": key(thing, keys)}, object.filter(thing, shown))

# METADATA
# description: what names the thing from run to run
key(thing, keys) := given[0] if {
	given := [value | some name in keys; value := thing[name]; names.given(value)]
} else := "unnamed"

# METADATA
# description: the named properties of each fact, as far as they were answered, for the evidence of a verdict
# scope: document
of(shown) := object.union(
	{fact: object.filter(input.facts[fact].value, properties) |
		some fact, properties in shown
		is_object(input.facts[fact].value)
	},
	{fact: object.filter(data.tenant.facts[fact].value, properties) |
		some fact, properties in shown
		is_object(data.tenant.facts[fact].value)
	},
)

# METADATA
# description: the same without the names of the facts, for a finding
values(shown) := object.union_n([properties | some properties in of(shown)])
