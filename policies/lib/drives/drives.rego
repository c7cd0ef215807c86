# METADATA
# title: The leaver's drive
# description: |
#   Whether there is anything in the leaver's OneDrive, and whether somebody who is still there can open it, by the
#   permissions of its root. An organisation-wide or anonymous link hands nothing over, and neither does a grant that
#   has expired, or one to another leaver or to a guest. Site administrators do not appear among the permissions, so
#   that nobody can open a drive is said only where it was shared with others and none of them is there any more.
package lib.drives

import data.lib.names
import data.lib.proofs
import data.lib.times

# METADATA
# description: there never was one
none if {
	input.facts.oneDrive.state == "absent"
	not vanished
}

# METADATA
# description: the earlier snapshot has one, and it is there no more
vanished if {
	input.facts.oneDrive.state == "absent"
	names.given(input.baseline.facts.oneDrive.value.id)
}

# METADATA
# description: nothing is in it
empty if {
	input.facts.oneDrive.state == "read"
	input.facts.oneDrive.value.quota.used == 0
	not binned
}

# METADATA
# description: something can still be taken out of its recycle bin
binned if input.facts.oneDrive.value.quota.deleted > 0

# METADATA
# description: something is in it
filled if input.facts.oneDrive.value.quota.used > 0

# METADATA
# description: somebody who is still there can open it
handed_over if {
	input.facts.drivePermissions.state == "read"
	count(receivers) > 0
}

# METADATA
# description: it was shared with others, and none of them is there any more
handed_to_nobody if {
	input.facts.drivePermissions.state == "read"
	count(former) > 0
	every permission in standing { closed(permission) }
}

# METADATA
# description: who can open it and is still there
receivers contains name(grantee) if {
	some permission in standing
	personal(permission)
	some role in permission.roles
	names.fold(role) in {"read", "write", "owner"}
	lasting(permission)
	some grantee in permission.grantees
	present(grantee)
}

# METADATA
# description: with whom else it was shared who is not there any more
former contains name(grantee) if {
	some permission in standing
	some grantee in permission.grantees
	gone(grantee)
	not themselves(grantee)
}

# METADATA
# description: the permissions that mean somebody in particular, or may, and have not expired
standing contains permission if {
	some permission in input.facts.drivePermissions.value
	not expired(permission)
	not for_many(permission)
}

# METADATA
# description: a link for whoever has it
for_many(permission) if names.fold(permission.link.scope) in {"anonymous", "organization"}

# METADATA
# description: its time is over
expired(permission) if times.at_or_after(data.tenant.collectedAt, permission.expirationDateTime)

# METADATA
# description: its time is not limited, or not over
# scope: document
lasting(permission) if not "expirationDateTime" in object.keys(permission)

lasting(permission) if names.none(permission.expirationDateTime)

lasting(permission) if times.after(permission.expirationDateTime, data.tenant.collectedAt)

# METADATA
# description: a grant, or a link for the people whom it names
# scope: document
personal(permission) if not "link" in object.keys(permission)

personal(permission) if permission.link == null

personal(permission) if names.fold(permission.link.scope) == "users"

# METADATA
# description: nobody whom the permission means is there any more
closed(permission) if {
	personal(permission)
	count(permission.grantees) > 0
	every grantee in permission.grantees { gone(grantee) }
}

# METADATA
# description: a colleague, or a group with one in it
# scope: document
present(grantee) if {
	grantee.kind in {"user", "siteUser"}
	grantee.accountEnabled == true
	grantee.isLeaver == false
	not guest(grantee)
}

present(grantee) if {
	grantee.kind == "group"
	grantee.hasEnabledMember == true
}

# METADATA
# description: a leaver, a disabled account, or a group in which nobody is enabled
# scope: document
gone(grantee) if grantee.isLeaver == true

gone(grantee) if {
	grantee.kind in {"user", "siteUser"}
	grantee.accountEnabled == false
}

gone(grantee) if {
	grantee.kind == "group"
	grantee.hasEnabledMember == false
}

# METADATA
# description: the leaver, or one of the leavers under a name that only the site knows
# scope: document
themselves(grantee) if names.fold(grantee.id) == input.leaver.id

themselves(grantee) if {
	grantee.isLeaver == true
	grantee.kind != "user"
}

# METADATA
# description: somebody from outside whom the directory lists
guest(grantee) if contains(names.fold(grantee.loginName), "#ext#")

# METADATA
# description: what people call the grantee
name(grantee) := proofs.key(grantee, ["displayName", "loginName", "id"])
