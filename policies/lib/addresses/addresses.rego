# METADATA
# title: Mail addresses
# description: |
#   Tells addresses inside the organisation from addresses outside. An address is inside when its domain is one that
#   the tenant has verified; a subdomain counts only when it is listed itself. What is no address (a name, an X.500
#   path) is neither.
package lib.addresses

import data.lib.names

# METADATA
# description: the address or name without the prefix smtp, in lower case
plain(address) := trim_space(trim_prefix(names.fold(address), "smtp:"))

# METADATA
# description: what follows the last at sign
domain(address) := name if {
	parts := split(plain(address), "@")
	count(parts) > 1
	name := parts[count(parts) - 1]
}

# METADATA
# description: the domain is verified
inside(address) if data.tenant.facts.domains.value[domain(address)].isVerified == true

# METADATA
# description: the domain is known not to be verified
# scope: document
outside(address) if data.tenant.facts.domains.value[domain(address)].isVerified == false

outside(address) if {
	data.tenant.facts.domains.state == "read"
	not domain(address) in object.keys(data.tenant.facts.domains.value)
}
