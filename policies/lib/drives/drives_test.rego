package lib.drives_test

import data.lib.drives
import data.lib.example_drives_test as sample
import data.lib.example_test as example

test_none_empty_filled_vanished[name] if {
	some name, tc in {
		"never provisioned": {"case": {"oneDrive": example.absent}, "want": {"none"}},
		"never provisioned, as the earlier snapshot says too": {
			"case": {"oneDrive": example.absent, "baseline": {"oneDrive": example.absent}},
			"want": {"none"},
		},
		"never provisioned, and the earlier snapshot does not know": {
			"case": {"oneDrive": example.absent, "baseline": {}},
			"want": {"none"},
		},
		"gone since the earlier snapshot": {
			"case": {"oneDrive": example.absent, "baseline": {"oneDrive": sample.drive(0)}},
			"want": {"vanished"},
		},
		"emptied into its bin": {
			"case": {"oneDrive": example.read({"id": "b!1", "quota": {"used": 0, "deleted": 5}})},
			"want": set(),
		},
		"empty, and its bin too": {
			"case": {"oneDrive": example.read({"id": "b!1", "quota": {"used": 0, "deleted": 0}})},
			"want": {"empty"},
		},
		"there, as in the earlier snapshot": {
			"case": {"oneDrive": sample.drive(10), "baseline": {"oneDrive": sample.drive(10)}},
			"want": {"filled"},
		},
		"empty": {"case": {"oneDrive": sample.drive(0)}, "want": {"empty"}},
		"filled": {"case": {"oneDrive": sample.drive(1)}, "want": {"filled"}},
		"filled, as half a drive shows": {
			"case": {"oneDrive": example.partial({"quota": {"used": 1}})},
			"want": {"filled"},
		},
		"empty, by half a drive": {"case": {"oneDrive": example.partial({"quota": {"used": 0}})}, "want": set()},
		"a quota that is not told": {"case": {"oneDrive": example.read({"quota": null})}, "want": set()},
		"a use that is not told": {"case": {"oneDrive": example.read({"quota": {"total": 5}})}, "want": set()},
		"not read": {"case": {"baseline": {"oneDrive": sample.drive(1)}}, "want": set()},
	}
	of_content := union({
		{"none" | drives.none},
		{"empty" | drives.empty},
		{"filled" | drives.filled},
		{"vanished" | drives.vanished},
	}) with input as example.input_of(tc.case)
	of_content == tc.want
}

test_a_use_of_null_is_neither if {
	case := {"oneDrive": example.read({"quota": {"used": null}})}
	not drives.empty with input as example.input_of(case)
	not drives.filled with input as example.input_of(case)
}

test_handed_over[name] if {
	some name, permissions in {
		"to a colleague": [sample.grant(sample.vega)],
		"to read": [sample.grant_with({"roles": ["Read"]})],
		"as an owner": [sample.grant_with({"roles": ["owner"]})],
		"with one role of several": [sample.grant_with({"roles": ["sp.limited", "write"]})],
		"to an account of the directory that the site knows": [sample.grant(sample.vega_with({"kind": "siteUser"}))],
		"to a group": [sample.grant(sample.group(true))],
		"by a link for people": [sample.grant_with({"link": {"scope": "Users", "type": "edit"}})],
		"where the service sends no link": [object.remove(sample.grant(sample.vega), ["link"])],
		"for a time that is not over": [sample.grant_with({"expirationDateTime": "2026-06-11T12:00:01Z"})],
		"where the service sends no end": [object.remove(sample.grant(sample.vega), ["expirationDateTime"])],
		"beside somebody who is disabled": [
			sample.grant(sample.vega_with({"accountEnabled": false})),
			sample.grant(sample.vega),
		],
		"among others": [sample.grant_with({"grantees": [sample.group(false), sample.stranger, sample.vega]})],
		"to somebody whose login name is not told": [sample.grant(object.remove(sample.vega, ["loginName"]))],
	}
	case := shared(permissions)
	said == {"handed over"} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_handed_over_and_the_owner_is_not_listed if {
	case := {"drivePermissions": example.read([sample.grant(sample.vega)])}
	drives.handed_over with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_handed_to_nobody[name] if {
	some name, permissions in {
		"the colleague is disabled": [sample.grant(sample.vega_with({"accountEnabled": false}))],
		"the account that the site knows is disabled": [sample.grant(sample.vega_with({
			"kind": "siteUser",
			"accountEnabled": false,
		}))],
		"the colleague has left too": [sample.grant(sample.vega_with({"isLeaver": true}))],
		"the guest is disabled": [sample.grant(sample.vega_with({"loginName": "a#ext#b", "accountEnabled": false}))],
		"nobody in the group is enabled": [nobody],
		"the grant to another has expired": [nobody, sample.grant_with({"expirationDateTime": "2026-06-11T12:00:00Z"})],
		"beside a link for everybody": [nobody, sample.link("organization"), sample.link("Anonymous")],
		"by a link for people": [object.union(nobody, {"link": {"scope": "users"}})],
		"all together": [sample.grant_with({"grantees": [
			sample.group(false),
			sample.vega_with({"accountEnabled": false}),
		]})],
	}
	case := shared(permissions)
	said == {"handed to nobody"} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_neither[name] if {
	some name, permissions in {
		"only the leaver": [],
		"the leaver twice": [sample.grant(object.union(sample.themselves, {"kind": "siteUser", "id": "3"}))],
		"the leaver, whom nobody told to have left": [sample.grant(object.union(
			sample.themselves,
			{"isLeaver": false, "id": upper(example.id)},
		))],
		"a link for the organisation": [sample.link("organization")],
		"an anonymous link": [sample.link("anonymous")],
		"somebody whom a link for the organisation names": [sample.link_to("organization", sample.vega)],
		"nobody whom a link for the organisation names": [sample.link_to("organization", sample.group(false))],
		"somebody whom a link of an unknown kind names": [sample.link_to("existingAccess", sample.vega)],
		"a link of an unknown kind beside nobody": [nobody, sample.link_to("existingAccess", sample.group(false))],
		"a link of no kind beside nobody": [nobody, sample.link_to(null, sample.group(false))],
		"somebody whom only the site knows": [sample.grant(sample.stranger)],
		"somebody whom only the site knows, beside nobody": [nobody, sample.grant(sample.stranger)],
		"somebody whom only the site knows, with nobody": [sample.grant_with({"grantees": [
			sample.group(false),
			sample.stranger,
		]})],
		"a group of the site": [sample.grant(object.union(sample.group(true), {"kind": "siteGroup"}))],
		"nobody in a group of the site": [sample.grant(object.union(sample.group(false), {"kind": "sharePointGroup"}))],
		"a group whose members were not read": [sample.grant(sample.group(null))],
		"an application": [sample.grant(sample.vega_with({"kind": "application"}))],
		"an application that is switched off": [sample.grant(sample.vega_with({
			"kind": "application",
			"accountEnabled": false,
		}))],
		"something new": [sample.grant(sample.vega_with({"kind": "agent"}))],
		"a guest": [sample.grant(sample.vega_with({"loginName": "i:0#.f|membership|rook_mail#EXT#@northwind.example"}))],
		"a role that opens nothing": [sample.grant_with({"roles": ["sp.limited"]})],
		"no role": [sample.grant_with({"roles": []})],
		"somebody who is not said to be there still": [sample.grant(object.remove(sample.vega, ["isLeaver"]))],
		"somebody who may be disabled": [sample.grant(sample.vega_with({"accountEnabled": null}))],
		"an end that is no time": [sample.grant_with({"expirationDateTime": "0001-01-01T00:00:00Z"})],
		"it has expired": [sample.grant_with({"expirationDateTime": "2026-06-11T12:00:00Z"})],
		"it has expired, and nobody is there": [object.union(nobody, {"expirationDateTime": "2026-06-11T12:00:00Z"})],
		"a grant to nobody who is named, beside nobody": [nobody, sample.grant_with({"grantees": []})],
	}
	case := shared(permissions)
	said == set() with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_nobody_is_listed if {
	case := {"drivePermissions": example.read([])}
	not drives.handed_over with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	not drives.handed_to_nobody with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_half_a_list_proves_nothing[name] if {
	some name, permission in {"somebody": sample.grant(sample.vega), "nobody": nobody}
	case := {"drivePermissions": example.partial([sample.owner, permission])}
	not drives.handed_over with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	not drives.handed_to_nobody with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_names if {
	case := {"drivePermissions": example.read([
		sample.owner, nobody, sample.grant(sample.vega), sample.grant({"kind": "user", "isLeaver": true}),
		sample.grant(sample.vega_with({"displayName": null, "accountEnabled": false})),
	])}
	drives.receivers == {"S Vega"} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	drives.former == {
		"Sales", "unnamed",
		"i:0#.f|membership|s.vega@northwind.example",
	} with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
}

# what is said of the drive
said := {"handed over" | drives.handed_over} | {"handed to nobody" | drives.handed_to_nobody}

# a drive with the leaver's own permission and these
shared(permissions) := {"drivePermissions": example.read(array.concat([sample.owner], permissions))}

nobody := sample.grant(sample.group(false))
