package checklist.mailbox.purge_not_running_test

import data.checklist.mailbox.purge_not_running as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"a guest never had a mailbox here": {
			"mailbox": example.absent,
			"account": example.account_with({"userType": "Guest"}),
		},
		"an account without mail addresses never had one": {
			"mailbox": example.absent,
			"account": example.account_with({"mail": null, "proxyAddresses": []}),
		},
		"gone although the account has addresses": unlicensed({"mailbox": example.absent}),
		"on-premises": {"mailbox": example.mailbox_with({"RecipientTypeDetails": "RemoteUserMailbox"})},
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_pass[name] if {
	some name, case in {
		"licensed": unlicensed({"licences": example.licences([example.e3])}),
		"unlicensed on hold": unlicensed({"mailbox": example.mailbox_with({"LitigationHoldEnabled": true})}),
		"unlicensed under an organisation-wide policy": unlicensed({
			"organization": example.organization(["mbx7cfb30345d454ac0a989ab3041051209:2"]),
		}),
		"shared": {"mailbox": example.shared_with({}), "account": example.account_with({})},
		"a room": {
			"mailbox": example.mailbox_with({"RecipientTypeDetails": "RoomMailbox"}),
			"account": example.account_with({}),
		},
		"inactive": deleted({"mailbox": example.inactive_with({})}),
		"soft-deleted with a hold that is recorded on it": deleted({"mailbox": example.soft_deleted_with({
			"InPlaceHolds": ["UniH7d895d48-7e23-4a8d-8346-533c3beac15d"],
		})}),
		"inactive under an organisation-wide policy": deleted({
			"mailbox": example.inactive_with({"LitigationHoldEnabled": false}),
			"licences": example.licences([]),
		}),
		"the account was deleted and a hold keeps the mailbox": deleted({"mailbox": example.shared_with({
			"ComplianceTagHoldApplied": true,
		})}),
		"the account was deleted and an organisation-wide policy keeps the mailbox": deleted({
			"mailbox": example.mailbox_with({}),
			"organization": example.organization(["mbx7cfb30345d454ac0a989ab3041051209:3"]),
		}),
		"older mailboxes that are kept": unlicensed({
			"licences": example.licences([example.basic]),
			"mailbox": example.mailbox_with({"olderMailboxes": [
				older({"IsInactiveMailbox": true}),
				older({"LitigationHoldEnabled": true}),
				older({"ComplianceTagHoldApplied": true}),
				older({"InPlaceHolds": ["mbx7cfb30345d454ac0a989ab3041051209:2"]}),
			]}),
		}),
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, case in {
		"soft-deleted": deleted({"mailbox": example.soft_deleted_with({})}),
		"soft-deleted, and nothing else was read": {"mailbox": example.soft_deleted_with({})},
		"soft-deleted, as half a mailbox shows": {"mailbox": example.partial({
			"mailboxState": "softDeleted",
			"WhenSoftDeleted": "2026-06-05T09:00:00Z",
		})},
		"soft-deleted under a policy that came too late": deleted({
			"mailbox": example.soft_deleted_with({}),
			"organization": example.organization(["mbx7cfb30345d454ac0a989ab3041051209:2"]),
		}),
		"soft-deleted while the account lives": unlicensed({"mailbox": example.soft_deleted_with({})}),
		"unlicensed": unlicensed({}),
		"licensed for something else": unlicensed({"licences": example.licences([example.visio, example.flow_free])}),
		"the account was deleted and the mailbox does not show it yet": deleted({"mailbox": example.mailbox_with({})}),
		"the account of a shared mailbox was deleted": deleted({"mailbox": example.shared_with({})}),
		"an older mailbox was deleted without a hold": unlicensed({
			"licences": example.licences([example.basic]),
			"mailbox": example.mailbox_with({"olderMailboxes": [older({})]}),
		}),
		"an older mailbox under a policy that only deletes": deleted({"mailbox": example.inactive_with({
			"olderMailboxes": [older({"InPlaceHolds": ["mbx7cfb30345d454ac0a989ab3041051209:1"]})],
		})}),
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the mailbox was not read": unlicensed({"mailbox": example.unknown}),
		"the account was not read": {"mailbox": example.shared_with({})},
		"half a mailbox": unlicensed({"mailbox": example.partial({"mailboxState": "live", "LitigationHoldEnabled": true})}),
		"the licences were not read": unlicensed({"licences": example.unknown}),
		"the licences were read in part": unlicensed({"licences": example.partial({"assignedLicenses": []})}),
		"the subscriptions were not read": unlicensed({
			"licences": example.licences([example.visio]),
			"subscribedSkus": example.unknown,
		}),
		"a licence that no subscription explains": unlicensed({
			"licences": example.licences(["00000000-0000-4000-8000-000000000099"]),
		}),
		"the organisation was not read": unlicensed({"organization": example.unknown}),
		"half the organisation's policies": unlicensed({"organization": example.partial({"OrganizationConfig": {
			"InPlaceHolds": ["mbx7cfb30345d454ac0a989ab3041051209:2"],
		}})}),
		"the account of a shared mailbox was deleted, and the organisation was not read": deleted({
			"mailbox": example.shared_with({}),
			"organization": example.unknown,
		}),
		"the account of a licensed mailbox was deleted, and the organisation was not read": deleted({
			"mailbox": example.mailbox_with({}),
			"licences": example.licences([example.e3]),
			"subscribedSkus": example.read(example.skus),
			"organization": example.unknown,
		}),
		"a kind that is null": unlicensed({"mailbox": example.mailbox_with({"RecipientTypeDetails": null})}),
		"a hold that is null": unlicensed({"mailbox": example.mailbox_with({"LitigationHoldEnabled": null})}),
		"it is not said where an unlicensed mailbox is": unlicensed({"mailbox": nowhere({})}),
		"it is not said where a licensed mailbox is": unlicensed({
			"mailbox": nowhere({}),
			"licences": example.licences([example.e3]),
		}),
		"it is not said where a shared mailbox is": unlicensed({"mailbox": nowhere({
			"RecipientTypeDetails": "SharedMailbox",
		})}),
		"it is not said where a mailbox under an organisation-wide policy is": unlicensed({
			"mailbox": nowhere({}),
			"organization": example.organization(["mbx7cfb30345d454ac0a989ab3041051209:2"]),
		}),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

# the snapshot was taken on 11 June at noon
test_deadline[name] if {
	some name, tc in {
		"from the deletion of the mailbox": {
			"case": deleted({"mailbox": example.soft_deleted_with({})}),
			"deadline": "2026-07-05T09:00:00Z", "left": "with 23 days left",
		},
		"to the fraction of a second": {
			"case": deleted({"mailbox": example.soft_deleted_with({"WhenSoftDeleted": "2026-06-05T09:00:00.5Z"})}),
			"deadline": "2026-07-05T09:00:00.5Z", "left": "with 23 days left",
		},
		"delicensing resiliency does not move it once the mailbox is deleted": {
			"case": deleted({
				"mailbox": example.soft_deleted_with({}),
				"organization": resilient,
			}),
			"deadline": "2026-07-05T09:00:00Z", "left": "with 23 days left",
		},
		"from the deletion of the account": {
			"case": deleted({
				"mailbox": example.mailbox_with({}),
				"licences": example.licences([]),
				"audits": example.read([example.audit("Change user license", "2026-06-02T09:00:00Z")]),
			}),
			"deadline": "2026-07-04T09:00:00Z", "left": "with 22 days left",
		},
		"from the first licence change since leaving": {
			"case": unlicensed({"audits": example.read([
				example.audit("Change user license", "2026-05-20T09:00:00Z"),
				example.audit("Update user", "2026-06-02T09:00:00Z"),
				example.audit("Change user license.", "2026-06-03T09:00:00Z"),
				example.audit("Change user license", "2026-06-09T09:00:00Z"),
			])}),
			"deadline": "2026-07-03T09:00:00Z", "left": "with 21 days left",
		},
		"from the last licence change before leaving": {
			"case": unlicensed({"audits": example.read([
				example.audit("Change user license", "2026-05-18T09:00:00Z"),
				example.audit("Change user license", "2026-05-20T09:00:00Z"),
			])}),
			"deadline": "2026-06-19T09:00:00Z", "left": "with 7 days left",
		},
		"later by delicensing resiliency": {
			"case": unlicensed({
				"audits": example.read([example.audit("Change user license", "2026-05-20T09:00:00Z")]),
				"organization": resilient,
			}),
			"deadline": "2026-07-19T09:00:00Z", "left": "with 37 days left",
		},
		"of the mailbox that is lost first": {
			"case": deleted({"mailbox": example.soft_deleted_with({"olderMailboxes": [
				older({}),
				older({"IsInactiveMailbox": true, "WhenSoftDeleted": "2026-05-14T08:00:00Z"}),
			]})}),
			"deadline": "2026-06-19T08:00:00Z", "left": "with 7 days left",
		},
		"on the last day": {
			"case": deleted({"mailbox": example.soft_deleted_with({"WhenSoftDeleted": "2026-05-12T12:00:00Z"})}),
			"deadline": "2026-06-11T12:00:00Z", "left": "with 0 days left",
		},
		"when it is past": {
			"case": deleted({"mailbox": example.soft_deleted_with({"WhenSoftDeleted": "2026-05-05T09:00:00Z"})}),
			"deadline": "2026-06-04T09:00:00Z", "left": "may be lost any time",
		},
	}
	rule.deadline == tc.deadline with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
	message := rule.message with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
	contains(message, tc.left)
}

test_the_earliest_deadline_when_nobody_knows_when_they_left if {
	case := unlicensed({"audits": example.read([
		example.audit("Change user license", "2026-05-20T09:00:00Z"),
		example.audit("Change user license", "2026-06-03T09:00:00Z"),
	])})
	untimed := json.remove(example.input_of(case), ["leaver/leftAt"])
	deadline := rule.deadline with input as untimed with data.tenant as example.tenant_of(case)
	deadline == "2026-06-19T09:00:00Z"
}

test_no_deadline_when_nobody_knows_since_when if {
	case := unlicensed({"audits": example.read([])})
	not rule.deadline with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	not rule.severity with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	contains(message, "since an unknown time")
}

test_critical_below_seven_days[name] if {
	some name, at in {
		"six days and some": "2026-05-19T11:59:59Z",
		"the last day": "2026-05-12T13:00:00Z",
		"past": "2026-05-01T09:00:00Z",
	}
	case := deleted({"mailbox": example.soft_deleted_with({"WhenSoftDeleted": at})})
	rule.severity == "critical" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_not_critical_with_seven_days if {
	case := deleted({"mailbox": example.soft_deleted_with({"WhenSoftDeleted": "2026-05-19T12:00:00Z"})})
	not rule.severity with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_missing[name] if {
	some name, tc in {
		"the licences": {"case": unlicensed({"licences": example.unknown}), "want": {"licences"}},
		"the subscriptions": {
			"case": unlicensed({
				"licences": example.licences([example.visio]),
				"subscribedSkus": example.unknown,
			}),
			"want": {"subscribedSkus"},
		},
		"the organisation": {"case": unlicensed({"organization": example.unknown}), "want": {"organization"}},
		"nothing of a shared mailbox": {"case": {"mailbox": example.shared_with({})}, "want": set()},
		"nothing of a soft-deleted mailbox": {"case": {"mailbox": example.soft_deleted_with({})}, "want": set()},
		"nothing of a mailbox on hold": {
			"case": {"mailbox": example.mailbox_with({"LitigationHoldEnabled": true})},
			"want": set(),
		},
		"no subscriptions of a mailbox on hold": {
			"case": {
				"mailbox": example.mailbox_with({"LitigationHoldEnabled": true}),
				"licences": example.licences([example.e3]),
			},
			"want": set(),
		},
		"nothing of a mailbox of which it is not said where it is": {
			"case": unlicensed({
				"mailbox": nowhere({}),
				"licences": example.unknown, "organization": example.unknown,
			}),
			"want": set(),
		},
		"no licences, when an organisation-wide policy keeps it": {
			"case": unlicensed({
				"licences": example.unknown,
				"organization": example.organization(["mbx7cfb30345d454ac0a989ab3041051209:2"]),
			}),
			"want": set(),
		},
		"no subscriptions, when an organisation-wide policy keeps it": {
			"case": unlicensed({
				"licences": example.licences([example.e3]), "subscribedSkus": example.unknown,
				"organization": example.organization(["mbx7cfb30345d454ac0a989ab3041051209:2"]),
			}),
			"want": set(),
		},
		"nothing, when an older mailbox is lost anyway": {
			"case": unlicensed({
				"mailbox": example.mailbox_with({"olderMailboxes": [older({})]}),
				"organization": example.unknown,
			}),
			"want": set(),
		},
		"nothing of a mailbox whose holds are not told": {
			"case": {
				"mailbox": example.mailbox_with({"LitigationHoldEnabled": null}),
				"account": example.account_with({}),
			},
			"want": set(),
		},
		"nothing of a licensed mailbox": {
			"case": unlicensed({"licences": example.licences([example.e3]), "organization": example.unknown}),
			"want": set(),
		},
		"the organisation alone, once the account is deleted": {
			"case": deleted({"mailbox": example.mailbox_with({}), "organization": example.unknown}),
			"want": {"organization"},
		},
	}
	rule.missing == tc.want with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
}

test_findings_name_each_mailbox if {
	case := deleted({"mailbox": example.soft_deleted_with({"olderMailboxes": [older({})]})})
	rule.findings == {
		{
			"resource": example.mailbox.ExchangeGuid, "mailboxState": "softDeleted",
			"WhenSoftDeleted": "2026-06-05T09:00:00Z", "RecipientTypeDetails": "UserMailbox", "cause": "soft-deleted",
		},
		{
			"resource": "22222222-aaaa-4bbb-8ccc-000000000002",
			"WhenSoftDeleted": "2026-05-20T08:00:00Z", "RecipientTypeDetails": "UserMailbox", "cause": "soft-deleted",
		},
	} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	evidence := rule.evidence with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	evidence.account.deletedDateTime == "2026-06-04T09:00:00Z"
}

test_no_deadline_of_a_mailbox_that_a_hold_keeps if {
	case := deleted({"mailbox": example.inactive_with({})})
	not rule.deadline with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_no_words[name] if {
	some name, case in {
		"on a pass": unlicensed({"licences": example.licences([example.e3])}),
		"on a mailbox that is kept on-premises": unlicensed({
			"mailbox": on_premises,
			"audits": example.read([example.audit("Change user license", "2026-06-02T09:00:00Z")]),
		}),
		"on a mailbox that is kept on-premises, long after its licence went": unlicensed({
			"mailbox": on_premises,
			"audits": example.read([example.audit("Change user license", "2026-05-01T09:00:00Z")]),
		}),
	}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

unlicensed(changes) := example.changed(
	{
		"mailbox": example.mailbox_with({}),
		"account": example.account_with({}),
		"licences": example.licences([]),
		"subscribedSkus": example.read(example.skus),
		"organization": example.organization([]),
	},
	[changes],
)

deleted(changes) := example.changed(
	{
		"leaver": {"state": "deleted"},
		"account": example.account_with({"deletedDateTime": "2026-06-04T09:00:00Z"}),
		"organization": example.organization([]),
	},
	[changes],
)

nowhere(properties) := example.read(object.remove(object.union(example.mailbox, properties), ["mailboxState"]))

on_premises := example.mailbox_with({"RecipientTypeDetails": "RemoteUserMailbox"})

older(properties) := object.union(
	{
		"ExchangeGuid": "22222222-aaaa-4bbb-8ccc-000000000002",
		"RecipientTypeDetails": "UserMailbox",
		"LitigationHoldEnabled": false,
		"ComplianceTagHoldApplied": false,
		"InPlaceHolds": [],
		"IsInactiveMailbox": false,
		"WhenSoftDeleted": "2026-05-20T08:00:00Z",
	},
	properties,
)

resilient := example.read({"OrganizationConfig": {"InPlaceHolds": [], "DelayedDelicensingEnabled": true}})
