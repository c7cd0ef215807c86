# METADATA
# title: Examples of drives for tests
# description: |
#   Builds the facts about the leaver's OneDrive, valid against the schemas: who may open it, and how.
package lib.example_drives_test

import data.lib.example_test as example

# METADATA
# description: a drive in which so many bytes are
drive(used) := example.read({
	"id": "b!0001",
	"driveType": "business",
	"webUrl": "https://northwind-my.sharepoint.example/personal/d_rook_northwind_example",
	"createdDateTime": "2021-03-01T09:00:00Z",
	"lastModifiedDateTime": "2026-05-29T15:00:00Z",
	"owner": null,
	"quota": {"total": 1099511627776, "used": used, "remaining": 1099511627776 - used, "deleted": 0, "state": "normal"},
	"foundBy": "user",
})

# METADATA
# description: the leaver's own permission
owner := object.union(grant(themselves), {"id": "owner", "roles": ["owner"]})

# METADATA
# description: the leaver, as a grantee
themselves := {
	"kind": "user", "id": example.id, "displayName": "D Rook",
	"loginName": "i:0#.f|membership|d.rook@northwind.example",
	"accountEnabled": false, "isLeaver": true, "hasEnabledMember": null,
}

# METADATA
# description: a colleague, as a grantee
vega := {
	"kind": "user", "id": "bbbbbbbb-0000-4000-8000-000000000001", "displayName": "S Vega",
	"loginName": "i:0#.f|membership|s.vega@northwind.example",
	"accountEnabled": true, "isLeaver": false, "hasEnabledMember": null,
}

# METADATA
# description: that colleague, but for some properties
vega_with(properties) := object.union(vega, properties)

# METADATA
# description: somebody whom only the site knows
stranger := {
	"kind": "siteUser", "id": "7", "displayName": "Old account", "loginName": "i:0#.w|northwind\\old",
	"accountEnabled": null, "isLeaver": false, "hasEnabledMember": null,
}

# METADATA
# description: a group, as a grantee
group(has_enabled_member) := {
	"kind": "group", "id": "c0ffee00-0000-4000-8000-000000000001", "displayName": "Sales", "loginName": null,
	"accountEnabled": null, "isLeaver": false, "hasEnabledMember": has_enabled_member,
}

# METADATA
# description: somebody may write
grant(grantee) := {
	"id": "p1", "roles": ["write"], "hasPassword": null, "expirationDateTime": null, "inheritedFrom": null,
	"link": null, "grantees": [grantee],
}

# METADATA
# description: the colleague may write, but for some properties of the permission
grant_with(properties) := object.union(grant(vega), properties)

# METADATA
# description: a link that names somebody
link_to(scope, grantee) := object.union(link(scope), {"grantees": [grantee]})

# METADATA
# description: a link that names nobody
link(scope) := {
	"id": "l1", "roles": ["read"], "hasPassword": false, "expirationDateTime": null, "inheritedFrom": null,
	"link": {"scope": scope, "type": "view", "webUrl": "https://northwind.example/l", "preventsDownload": false},
	"grantees": [],
}
