package checklist.onedrive.no_anonymous_links_test

import data.checklist.onedrive.no_anonymous_links as rule
import data.lib.example_drives_test as sample
import data.lib.example_test as example

test_not_applicable if {
	case := {"drivePermissions": example.absent}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_pass[name] if {
	some name, permissions in {
		"nobody but the leaver": [sample.owner],
		"nobody at all": [],
		"a grant of which no link is told": [object.remove(sample.grant(sample.vega), ["link"])],
		"a link for the organisation": [sample.link("Organization")],
		"a link for people": [sample.link("users")],
		"a link for those who have access anyway": [sample.link("existingAccess")],
		"an anonymous link whose time is over": [object.union(
			sample.link("anonymous"),
			{"expirationDateTime": "2026-06-11T12:00:00Z"},
		)],
		"a link of an unknown kind whose time is over": [object.union(
			sample.link("everyone"),
			{"expirationDateTime": "2026-06-11T12:00:00Z"},
		)],
	}
	case := {"drivePermissions": example.read(permissions)}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, permission in {
		"an anonymous link": sample.link("anonymous"),
		"in other letters": sample.link("Anonymous"),
		"with a password": object.union(sample.link("anonymous"), {"hasPassword": true}),
		"that ends later": object.union(sample.link("anonymous"), {"expirationDateTime": "2026-06-11T12:00:01Z"}),
		"that never ends": object.union(sample.link("anonymous"), {"expirationDateTime": "9999-12-31T23:59:59Z"}),
		"that ends at no time": object.union(sample.link("anonymous"), {"expirationDateTime": "0001-01-01T00:00:00Z"}),
		"of which no end is told": object.remove(sample.link("anonymous"), ["expirationDateTime"]),
	}
	some fact in [example.read([sample.owner, permission]), example.partial([permission])]
	case := {"drivePermissions": fact}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"half the permissions": {"drivePermissions": example.partial([sample.owner])},
		"no list": {"drivePermissions": example.read(null)},
		"a link of an unknown kind": {"drivePermissions": example.read([sample.link("everyone")])},
		"a link of no kind": {"drivePermissions": example.read([sample.link(null)])},
		"a link of which no kind is told": {"drivePermissions": example.read([object.union(
			object.remove(sample.link("users"), ["link"]),
			{"link": {"type": "view"}},
		)])},
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_words if {
	case := {
		"oneDrive": sample.drive(10),
		"drivePermissions": example.read([
			sample.owner, sample.link("anonymous"),
			sample.link("users"), sample.link("users"),
		]),
	}
	rule.findings == {{
		"resource": "l1", "id": "l1", "driveId": "b!0001", "roles": ["read"],
		"expirationDateTime": null, "hasPassword": false,
		"scope": "anonymous", "type": "view", "webUrl": "https://northwind.example/l",
	}} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message == "Whoever has the link can open the drive: 1 anonymous link."
	rule.evidence == {"drivePermissions": {"links": {
		"anonymous": 1,
		"users": 2,
	}}} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_finding_without_the_drive if {
	case := {"drivePermissions": example.read([sample.link("anonymous")])}
	some finding in rule.findings with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	not "driveId" in object.keys(finding)
}

test_no_words_on_a_pass if {
	case := {"drivePermissions": example.read([])}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}
