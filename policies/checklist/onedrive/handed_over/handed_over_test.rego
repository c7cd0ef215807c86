package checklist.onedrive.handed_over_test

import data.checklist.onedrive.handed_over as rule
import data.lib.example_drives_test as sample
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"there never was a drive": {"oneDrive": example.absent, "drivePermissions": example.absent},
		"empty": shared({"oneDrive": sample.drive(0)}, []),
		"empty, and the permissions were not read": {"oneDrive": sample.drive(0)},
		"empty, and nobody is there": shared({"oneDrive": sample.drive(0)}, [nobody]),
		"empty, and attested": attested(shared({"oneDrive": sample.drive(0)}, [])),
		"there never was a drive, and attested": attested({"oneDrive": example.absent}),
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	rule.attested == set() with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_pass[name] if {
	some name, case in {
		"to a colleague": shared({}, [sample.grant(sample.vega)]),
		"to a group": shared({}, [nobody, sample.grant(sample.group(true))]),
		"the account is deleted, and the drive was found by the earlier snapshot": shared(
			{"leaver": {"state": "deleted"}, "baseline": {"oneDrive": sample.drive(10)}},
			[sample.grant(sample.vega)],
		),
		"how full it is was not told": shared(
			{"oneDrive": example.read({"id": "b!0001", "quota": null})},
			[sample.grant(sample.vega)],
		),
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	rule.attested == set() with input as example.input_of(attested(case)) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, case in {
		"nobody whom it was shared with is there": shared({}, [nobody]),
		"another leaver": shared({}, [sample.grant(sample.vega_with({"isLeaver": true}))]),
		"as half a drive shows": shared(
			{"oneDrive": example.partial({"id": "b!0001", "quota": {"used": 10}})},
			[nobody],
		),
		"another rule is attested": shared({"attested": {"MBX-001": example.statement}}, [nobody]),
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"only the leaver is listed": shared({}, []),
		"somebody whom only the site knows": shared({}, [sample.grant(sample.stranger)]),
		"the drive was not read": shared({"oneDrive": example.unknown}, [sample.grant(sample.vega)]),
		"half a drive": shared(
			{"oneDrive": example.partial({"id": "b!0001", "quota": {"used": 0}})},
			[sample.grant(sample.vega)],
		),
		"the permissions were not read": {"oneDrive": sample.drive(10)},
		"nobody is there, and the drive was not read": shared({"oneDrive": example.unknown}, [nobody]),
		"nobody is there, and how full it is was not told": shared(
			{"oneDrive": example.read({"id": "b!0001", "quota": {"used": null}})},
			[nobody],
		),
		"half the permissions, with a colleague": {
			"oneDrive": sample.drive(10),
			"drivePermissions": example.partial([sample.owner, sample.grant(sample.vega)]),
		},
		"half the permissions, with nobody": {
			"oneDrive": sample.drive(10),
			"drivePermissions": example.partial([sample.owner, nobody]),
		},
		"gone since the earlier snapshot": gone,
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_attested[name] if {
	some name, case in {
		"only the leaver is listed": shared({}, []),
		"nobody whom it was shared with is there": shared({}, [nobody]),
		"nothing was read": {},
		"half a drive": shared({"oneDrive": example.partial({"id": "b!0001"})}, [sample.grant(sample.vega)]),
		"gone since the earlier snapshot": gone,
	}
	said := attested(case)
	rule.status == "pass" with input as example.input_of(said) with data.tenant as example.tenant_of(said)
	rule.attested == {"ODB-001"} with input as example.input_of(said) with data.tenant as example.tenant_of(said)
	rule.findings == set() with input as example.input_of(said) with data.tenant as example.tenant_of(said)
	message := rule.message with input as example.input_of(said) with data.tenant as example.tenant_of(said)
	message == "That the drive was handed over is attested; its permissions do not show it."
	rule.attested == set() with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_words[want] if {
	some want, case in {
		"Can be opened by S Vega, Sales.": shared({}, [sample.grant(sample.vega), sample.grant(sample.group(true))]),
		"Nobody of Sales, with whom the drive was shared, is there any more.": shared({}, [nobody]),
		"Nobody present is seen among the drive's permissions; site administrators do not appear there.": shared({}, []),
		"The earlier snapshot has a drive, and there is none any more.": gone,
	}
	rule.message == want with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_no_words[name] if {
	some name, case in {
		"when there is nothing to hand over": {"oneDrive": example.absent},
		"when the permissions were not read": {"oneDrive": sample.drive(10)},
		"when the drive was not read": shared({"oneDrive": example.unknown}, []),
	}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_missing[name] if {
	some name, tc in {
		"site administrators": {"case": shared({}, []), "want": {"drivePermissions"}},
		"the drive that was there": {"case": gone, "want": {"oneDrive"}},
		"nothing on a pass": {"case": shared({}, [sample.grant(sample.vega)]), "want": set()},
		"nothing more of permissions that were not read": {"case": {"oneDrive": sample.drive(10)}, "want": set()},
		"nothing more of a drive that was not read": {
			"case": shared({"oneDrive": example.unknown}, []),
			"want": set(),
		},
		"nothing when a gone drive is attested": {"case": attested(gone), "want": set()},
	}
	rule.missing == tc.want with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
}

test_finding_and_evidence if {
	case := shared({}, [nobody])
	rule.findings == {{
		"resource": "b!0001",
		"id": "b!0001",
		"webUrl": "https://northwind-my.sharepoint.example/personal/d_rook_northwind_example",
		"lastModifiedDateTime": "2026-05-29T15:00:00Z",
		"sharedWith": ["Sales"],
	}} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	rule.evidence.drivePermissions == {
		"receivers": [],
		"former": ["Sales"],
	} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	rule.evidence.oneDrive.quota.used == 10 with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
}

# a drive with something in it, with the leaver's own permission and these
shared(changes, permissions) := example.changed(
	{
		"oneDrive": sample.drive(10),
		"drivePermissions": example.read(array.concat([sample.owner], permissions)),
	},
	[changes],
)

gone := {
	"oneDrive": example.absent, "drivePermissions": example.absent,
	"baseline": {"oneDrive": sample.drive(10)},
}

nobody := sample.grant(sample.group(false))

attested(case) := object.union(case, {"attested": {"ODB-001": example.statement}})
