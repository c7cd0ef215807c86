package checklist.onedrive.deadline_not_near_test

import data.checklist.onedrive.deadline_not_near as rule
import data.lib.example_drives_test as sample
import data.lib.example_test as example

# the snapshot was taken on 11 June at noon, ten days after leaving

test_not_applicable[name] if {
	some name, case in {
		"there never was a drive": deleted({"oneDrive": example.absent, "drivePermissions": example.absent}),
		"empty": deleted({"oneDrive": sample.drive(0)}),
		"empty, near the deadline, and attested": attested(about_to_go({"oneDrive": sample.drive(0)})),
		"never there, and attested": attested({"oneDrive": example.absent}),
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
	rule.attested == set() with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
	not rule.deadline with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_pass[name] if {
	some name, case in {
		"licensed": live({}),
		"licensed, and the log was not read": live({"audits": example.unknown}),
		"unlicensed for a short time": live({"licences": example.licences([]), "audits": removed("2026-06-02T09:00:00Z")}),
		"deleted a short time ago": deleted({}),
		"deleted, and the log was not read": deleted({"audits": example.unknown}),
		"deleted, and the organisation keeps the drives for long": deleted({"sharePointSettings": settings(3650)}),
		"handed over, and about to go": about_to_go({"drivePermissions": permissions([sample.grant(sample.vega)])}),
		"handed over, and unlicensed since nobody knows when": live({
			"licences": example.licences([]), "audits": example.unknown,
			"drivePermissions": permissions([sample.grant(sample.vega)]),
		}),
		"how full it is was not told": live({"oneDrive": example.read({"id": "b!0001", "quota": null})}),
		"the permissions were not read, and there is time enough": deleted({"drivePermissions": example.unknown}),
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
	rule.attested == set() with input as example.input_of(attested(case)) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_fail[name] if {
	some name, case in {
		"the account was deleted, and six days are left": about_to_go({}),
		"nobody whom it was shared with is there": about_to_go({"drivePermissions": permissions([nobody])}),
		"past": deleted({"account": deleted_at("2026-05-01T09:00:00Z")}),
		"as half the account shows": about_to_go({"account": example.partial({"deletedDateTime": "2026-05-18T11:59:59Z"})}),
		"as half the settings show": about_to_go({"sharePointSettings": example.partial({
			"deletedUserPersonalSiteRetentionPeriodInDays": 30,
		})}),
		"as half a drive shows": about_to_go({"oneDrive": example.partial({"id": "b!0001", "quota": {"used": 10}})}),
		"the organisation sets nothing": about_to_go({"sharePointSettings": settings(null)}),
		"deleted, and the organisation keeps the drives longer than they are left alone": deleted({
			"account": deleted_at("2026-03-15T09:00:00Z"),
			"sharePointSettings": settings(365),
		}),
		"unlicensed for long": live({
			"leaver": long_gone,
			"licences": example.licences([]),
			"audits": removed("2026-03-10T09:00:00Z"),
		}),
		"unlicensed for long, as half a log shows": live({
			"leaver": long_gone,
			"licences": example.licences([]),
			"audits": example.partial([example.audit("Change user license", "2026-03-10T09:00:00Z")]),
		}),
		"another rule is attested": about_to_go({"attested": {"MBX-001": example.statement}}),
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the drive was not read": live({"oneDrive": example.unknown}),
		"half a drive": live({"oneDrive": example.partial({"id": "b!0001"})}),
		"gone since the earlier snapshot": live({
			"oneDrive": example.absent, "drivePermissions": example.absent,
			"baseline": {"oneDrive": sample.drive(10)},
		}),
		"the account was not read": deleted({"account": example.unknown}),
		"half the account, and there is time enough": deleted({"account": example.partial({
			"deletedDateTime": "2026-06-05T09:00:00Z",
		})}),
		"the account does not say that it is live": live({"account": example.read({"id": example.id})}),
		"the lists were not read to their end": live({"leaver": {"state": "unread"}}),
		"a deletion at no time": deleted({"account": deleted_at("0001-01-01T00:00:00Z")}),
		"the settings were not read": deleted({"sharePointSettings": example.unknown}),
		"the settings do not say": deleted({"sharePointSettings": example.read({"sharingCapability": null})}),
		"half the settings say nothing": deleted({"sharePointSettings": example.partial({
			"deletedUserPersonalSiteRetentionPeriodInDays": null,
		})}),
		"the licences were not read": live({"licences": example.unknown}),
		"the subscriptions were not read": live({"subscribedSkus": example.unknown}),
		"unlicensed, and the log was not read": live({
			"licences": example.licences([]), "audits": example.unknown,
		}),
		"unlicensed, and half the log was read": live({
			"licences": example.licences([]),
			"audits": example.partial([example.audit("Change user license", "2026-06-02T09:00:00Z")]),
		}),
		"unlicensed since before the log begins": live({"licences": example.licences([])}),
		"unlicensed, and the licence went before leaving": live({
			"licences": example.licences([]), "audits": removed("2026-05-31T09:00:00Z"),
		}),
		"deleted lately, and the licence may have gone on the day of leaving": deleted({"leaver": object.union(
			long_gone,
			{"state": "deleted"},
		)}),
		"unlicensed lately, and the licence may have gone on the day of leaving": live({
			"leaver": long_gone,
			"licences": example.licences([]),
			"audits": removed("2026-06-02T09:00:00Z"),
		}),
		"about to go, and the permissions were not read": about_to_go({"drivePermissions": example.unknown}),
		"about to go, and half the permissions were read": about_to_go({"drivePermissions": example.partial([
			sample.owner,
			sample.grant(sample.vega),
		])}),
		"about to go, and how full it is was not told": about_to_go({"oneDrive": example.read({
			"id": "b!0001",
			"quota": {"used": null},
		})}),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_attested[name] if {
	some name, case in {
		"about to go": about_to_go({}),
		"nothing was read": {},
		"the settings were not read": live({"sharePointSettings": example.unknown}),
		"the account was not read, and somebody can open it": live({
			"account": example.unknown,
			"drivePermissions": permissions([sample.grant(sample.vega)]),
		}),
		"half a drive, and somebody can open it": live({
			"oneDrive": example.partial({"id": "b!0001"}),
			"drivePermissions": permissions([sample.grant(sample.vega)]),
		}),
	}
	said := attested(case)
	rule.status == "pass" with input as example.input_of(said) with data.tenant as example.tenant_of(said)
		with data.parameters as parameters
	rule.attested == {"ODB-001"} with input as example.input_of(said) with data.tenant as example.tenant_of(said)
		with data.parameters as parameters
	rule.attested == set() with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
	rule.findings == set() with input as example.input_of(said) with data.tenant as example.tenant_of(said)
		with data.parameters as parameters
	not rule.deadline with input as example.input_of(said) with data.tenant as example.tenant_of(said)
		with data.parameters as parameters
	contains(rule.message, "is attested") with input as example.input_of(said)
		with data.tenant as example.tenant_of(said)
		with data.parameters as parameters
}

test_deadline[name] if {
	some name, tc in {
		"by the retention": {"case": deleted({}), "deadline": "2026-07-05T09:00:00Z"},
		"by a retention that is not set": {
			"case": deleted({"sharePointSettings": settings(null)}),
			"deadline": "2026-07-05T09:00:00Z",
		},
		"by the archive, when the retention is longer": {
			"case": deleted({"sharePointSettings": settings(365)}),
			"deadline": "2026-09-06T09:00:00Z",
		},
		"by the first removal since leaving": {
			"case": live({
				"licences": example.licences([]),
				"audits": example.read([
					example.audit("Change user license", "2026-06-03T09:00:00Z"),
					example.audit("Change user license", "2026-06-02T09:00:00Z"),
					example.audit("Change user license", "2026-05-20T09:00:00Z"),
				]),
			}),
			"deadline": "2026-09-03T09:00:00Z",
		},
		"though the drive was not read": {
			"case": deleted({"oneDrive": example.unknown}),
			"deadline": "2026-07-05T09:00:00Z",
		},
		"of an account whose licences are stale": {
			"case": deleted({
				"licences": example.licences([]),
				"audits": removed("2026-06-02T09:00:00Z"),
			}),
			"deadline": "2026-07-05T09:00:00Z",
		},
	}
	rule.deadline == tc.deadline with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
		with data.parameters as parameters
}

test_no_deadline[name] if {
	some name, case in {
		"while it is licensed": live({}),
		"when it is handed over": deleted({"drivePermissions": permissions([sample.grant(sample.vega)])}),
		"when the settings were not read": deleted({"sharePointSettings": example.unknown}),
		"when the licence went at an unknown time": live({"licences": example.licences([])}),
	}
	not rule.deadline with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_seven_days_are_enough if {
	case := deleted({"account": deleted_at("2026-05-19T12:00:00Z")})
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_parameters if {
	case := deleted({})
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as {"ODB-002": {"archive_days": 10, "days_left": 7}}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as {"ODB-002": {"archive_days": 93, "days_left": 24}}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as {"ODB-002": {"archive_days": 93, "days_left": 23}}
}

test_words[want] if {
	some want, case in {
		"The content is lost on 2026-06-17 11:59 UTC, with 5 days left.": about_to_go({}),
		"The content is lost on 2026-06-11 12:00 UTC, with 0 days left.": deleted({
			"account": deleted_at("2026-05-12T12:00:00Z"),
		}),
		"The content was to be archived or deleted on 2026-05-31 09:00 UTC, and is not handed over.": deleted({
			"account": deleted_at("2026-05-01T09:00:00Z"),
		}),
		"The earlier snapshot has a drive, and there is none any more.": live({
			"oneDrive": example.absent,
			"baseline": {"oneDrive": sample.drive(10)},
		}),
		"The drive is unlicensed since a time that the audit log does not show.": live({"licences": example.licences([])}),
	}
	rule.message == want with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_no_words[name] if {
	some name, case in {
		"on a pass": live({}),
		"when the log was not read": live({"licences": example.licences([]), "audits": example.unknown}),
		"when the log shows the removal": live({
			"oneDrive": example.unknown,
			"licences": example.licences([]),
			"audits": removed("2026-06-02T09:00:00Z"),
		}),
		"about the log, when the account was deleted": deleted({
			"leaver": object.union(long_gone, {"state": "deleted"}),
			"audits": example.read([]),
		}),
		"about the log, when somebody can open it": live({
			"licences": example.licences([]),
			"drivePermissions": permissions([sample.grant(sample.vega)]),
		}),
	}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_missing[name] if {
	some name, tc in {
		"the permissions": {"case": about_to_go({"drivePermissions": example.unknown}), "want": {"drivePermissions"}},
		"the permissions, before the last day is near": {
			"case": deleted({
				"account": example.partial({"deletedDateTime": "2026-06-05T09:00:00Z"}),
				"drivePermissions": example.unknown,
			}),
			"want": {"drivePermissions"},
		},
		"nothing of permissions that were read": {
			"case": about_to_go({"oneDrive": example.unknown}),
			"want": set(),
		},
		"the licences": {"case": live({"licences": example.unknown}), "want": {"licences"}},
		"the subscriptions": {"case": live({"subscribedSkus": example.unknown}), "want": {"subscribedSkus"}},
		"no licence of a deleted account": {
			"case": deleted({
				"oneDrive": example.unknown,
				"licences": example.unknown,
			}),
			"want": set(),
		},
		"no subscription of a deleted account": {
			"case": deleted({
				"oneDrive": example.unknown,
				"licences": example.licences([example.e3]), "subscribedSkus": example.unknown,
			}),
			"want": set(),
		},
		"the log": {
			"case": live({"licences": example.licences([]), "audits": example.unknown}),
			"want": {"audits"},
		},
		"the rest of the log": {
			"case": live({
				"licences": example.licences([]),
				"audits": example.partial([example.audit("Change user license", "2026-06-02T09:00:00Z")]),
			}),
			"want": {"audits"},
		},
		"the log of before": {"case": live({"licences": example.licences([])}), "want": {"audits"}},
		"the log of a deleted account, of before": {
			"case": deleted({"leaver": object.union(long_gone, {"state": "deleted"})}),
			"want": {"audits"},
		},
		"no log of a licensed drive": {
			"case": live({"oneDrive": example.unknown, "audits": example.unknown}),
			"want": set(),
		},
		"the drive that was there": {
			"case": live({"oneDrive": example.absent, "baseline": {"oneDrive": sample.drive(10)}}),
			"want": {"oneDrive"},
		},
		"nothing when it is attested": {
			"case": attested(live({
				"oneDrive": example.absent, "licences": example.unknown, "subscribedSkus": example.unknown,
				"baseline": {"oneDrive": sample.drive(10)},
			})),
			"want": set(),
		},
		"nothing when the hand-over of an unlicensed drive is attested": {
			"case": attested(live({"licences": example.licences([]), "audits": example.unknown})),
			"want": set(),
		},
		"no permissions when the hand-over is attested": {
			"case": attested(about_to_go({"drivePermissions": example.unknown})),
			"want": set(),
		},
		"no log of before when the day is near anyway": {
			"case": about_to_go({
				"leaver": object.union(long_gone, {"state": "deleted"}),
				"drivePermissions": example.unknown,
			}),
			"want": {"drivePermissions"},
		},
		"nothing on a pass": {
			"case": live({
				"licences": example.licences([example.e3]), "subscribedSkus": example.unknown,
				"drivePermissions": permissions([sample.grant(sample.vega)]),
			}),
			"want": set(),
		},
		"nothing on a fail": {"case": about_to_go({"audits": example.unknown}), "want": set()},
	}
	rule.missing == tc.want with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
		with data.parameters as parameters
}

test_finding_and_evidence if {
	case := about_to_go({})
	rule.findings == {{
		"resource": "b!0001",
		"id": "b!0001",
		"webUrl": "https://northwind-my.sharepoint.example/personal/d_rook_northwind_example",
		"lastModifiedDateTime": "2026-05-29T15:00:00Z",
		"cause": "account deleted",
		"usedBytes": 10,
		"deletedDateTime": "2026-05-18T11:59:59Z",
	}} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
	evidence := rule.evidence with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
	evidence.sharePointSettings == {"deletedUserPersonalSiteRetentionPeriodInDays": 30}
	evidence.drivePermissions == {"receivers": []}
}

test_cause_of_an_unlicensed_drive if {
	case := live({
		"leaver": long_gone,
		"licences": example.licences([]),
		"audits": removed("2026-03-10T09:00:00Z"),
	})
	{finding.cause | some finding in rule.findings} == {"unlicensed"} with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

live(changes) := example.changed(
	{
		"account": example.account_with({}),
		"oneDrive": sample.drive(10),
		"drivePermissions": permissions([]),
		"sharePointSettings": settings(30),
		"licences": example.licences([example.e3]),
		"subscribedSkus": example.read({example.e3: example.sku(
			example.e3, "ENTERPRISEPACK", "Enabled",
			[{"servicePlanId": "5dbe027f-2339-4123-9542-606e4d348a72", "servicePlanName": "SHAREPOINTENTERPRISE"}],
		)}),
		"audits": example.read([]),
	},
	[changes],
)

deleted(changes) := example.changed(
	live({}),
	[{"leaver": {"state": "deleted"}, "account": deleted_at("2026-06-05T09:00:00Z")}, changes],
)

# one second less than six days are left
about_to_go(changes) := deleted(object.union({"account": deleted_at("2026-05-18T11:59:59Z")}, changes))

long_gone := {"leftAt": "2026-03-09T12:00:00Z", "leftBy": "2026-03-09T12:00:00Z"}

deleted_at(when) := example.account_with({"deletedDateTime": when})

removed(when) := example.read([example.audit("Change user license", when)])

permissions(rows) := example.read(array.concat([sample.owner], rows))

settings(days) := example.read({"deletedUserPersonalSiteRetentionPeriodInDays": days})

nobody := sample.grant(sample.group(false))

attested(case) := object.union(case, {"attested": {"ODB-001": example.statement}})

parameters := {"ODB-002": {"archive_days": 93, "days_left": 7}}
