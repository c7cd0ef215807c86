package checklist.mailbox.hold_is_licensed_test

import data.checklist.mailbox.hold_is_licensed as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"no hold": held({"mailbox": example.mailbox_with({})}),
		"no hold, and no licence was read": {"mailbox": example.mailbox_with({})},
		"no mailbox": {"mailbox": example.absent},
		"inactive": held({"mailbox": example.inactive_with({})}),
		"soft-deleted": held({"mailbox": example.soft_deleted_with({"LitigationHoldEnabled": true})}),
		"a retention label alone": held({"mailbox": example.mailbox_with({"ComplianceTagHoldApplied": true})}),
		"a policy that only deletes": held({"mailbox": with_holds(["mbx7cfb30345d454ac0a989ab3041051209:1"])}),
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_pass[name] if {
	some name, case in {
		"Plan 2": held({}),
		"Plan 1 with Archiving": held({"licences": example.licences([example.basic, example.archiving])}),
		"Plan 2 beside a licence that nothing explains": held({
			"licences": example.licences([example.e3, "00000000-0000-4000-8000-000000000099"]),
		}),
		"the case of a skuId does not matter": held({"licences": example.licences([upper(example.e3)])}),
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, case in {
		"no licence": held({"licences": example.licences([])}),
		"no licence, and no subscription was read": held({
			"licences": example.licences([]),
			"subscribedSkus": example.unknown,
		}),
		"Plan 1 alone": held({"licences": example.licences([example.basic])}),
		"Archiving alone": held({"licences": example.licences([example.archiving])}),
		"Plan 2 switched off": held({"licences": switched_off}),
		"the subscription has lapsed": held({"subscribedSkus": example.read({example.e3: object.union(
			example.skus[example.e3],
			{"capabilityStatus": "Suspended"},
		)})}),
		"an eDiscovery hold": held({
			"mailbox": with_holds(["UniH7d895d48-7e23-4a8d-8346-533c3beac15d"]),
			"licences": example.licences([example.basic]),
		}),
		"an in-place hold": held({
			"mailbox": with_holds(["cld9c0a16d6a4f04e1c9f1d5a6f3f3d3c11"]),
			"licences": example.licences([example.basic]),
		}),
		"a retention policy": held({
			"mailbox": with_holds(["mbx7cfb30345d454ac0a989ab3041051209:3"]),
			"licences": example.licences([example.basic]),
		}),
		"half a mailbox shows the hold": held({
			"mailbox": example.partial({"mailboxState": "live", "LitigationHoldEnabled": true}),
			"licences": example.licences([]),
		}),
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the mailbox was not read": held({"mailbox": example.unknown}),
		"half a mailbox": held({"mailbox": example.partial({"mailboxState": "live", "LitigationHoldEnabled": true})}),
		"the licences were not read": held({"licences": example.unknown}),
		"the licences were read in part": held({"licences": example.partial({"assignedLicenses": []})}),
		"the subscriptions were not read": held({"subscribedSkus": example.unknown}),
		"the subscriptions were read in part": held({"subscribedSkus": example.partial(example.skus)}),
		"a licence that no subscription explains": held({"licences": example.licences([
			example.basic,
			"00000000-0000-4000-8000-000000000099",
		])}),
		"a subscription that does not say whether it is in force": held({"subscribedSkus": example.read({
			example.e3: object.union(example.skus[example.e3], {"capabilityStatus": null}),
		})}),
		"half a mailbox without a hold": held({"mailbox": example.partial(example.mailbox)}),
		"half an inactive mailbox": held({"mailbox": example.partial({"mailboxState": "inactive"})}),
		"half a soft-deleted mailbox": held({"mailbox": example.partial({"mailboxState": "softDeleted"})}),
		"half a soft-deleted mailbox on hold, and no licence": held({
			"mailbox": example.partial({"mailboxState": "softDeleted", "LitigationHoldEnabled": true}),
			"licences": example.licences([]),
		}),
		"it is not said where the mailbox is": held({"mailbox": example.read({"LitigationHoldEnabled": true})}),
		"holds that were not answered": held({"mailbox": example.read({
			"mailboxState": "live",
			"LitigationHoldEnabled": false,
		})}),
		"Plan 2 by half the licences": held({"licences": example.partial({"assignedLicenses": [{
			"skuId": example.e3,
			"disabledPlans": [],
		}]})}),
		"a hold that is null": held({"mailbox": example.mailbox_with({"LitigationHoldEnabled": null})}),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_nothing_is_missing[name] if {
	some name, case in {
		"of a mailbox without a hold": held({"mailbox": example.mailbox_with({}), "subscribedSkus": example.unknown}),
		"of a mailbox whose holds are not told": held({
			"mailbox": example.mailbox_with({"LitigationHoldEnabled": null}),
			"subscribedSkus": example.unknown,
		}),
		"of a licence that no subscription explains": held({"licences": example.licences([
			"00000000-0000-4000-8000-000000000099",
		])}),
		"of half a soft-deleted mailbox on hold": held({
			"mailbox": example.partial({"mailboxState": "softDeleted", "LitigationHoldEnabled": true}),
			"subscribedSkus": example.unknown,
		}),
	}
	rule.missing == set() with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_no_words_on_a_pass if {
	not rule.message with input as example.input_of(held({})) with data.tenant as example.tenant_of(held({}))
}

test_missing if {
	case := held({"subscribedSkus": example.unknown})
	rule.missing == {"subscribedSkus"} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	rule.missing == set() with input as example.input_of(held({})) with data.tenant as example.tenant_of(held({}))
}

test_words if {
	case := held({
		"mailbox": example.mailbox_with({
			"LitigationHoldEnabled": true,
			"InPlaceHolds": ["UniH7d895d48-7e23-4a8d-8346-533c3beac15d"],
		}),
		"licences": example.licences([example.basic]),
	})
	rule.findings == {
		{"resource": "LitigationHoldEnabled", "assignedLicenses": [example.basic]},
		{"resource": "UniH7d895d48-7e23-4a8d-8346-533c3beac15d", "assignedLicenses": [example.basic]},
	} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	contains(message, "without Exchange Online Plan 2")
	evidence := rule.evidence with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	evidence.licences.assignedLicenses == [example.basic]
}

held(changes) := example.changed(
	{
		"mailbox": example.mailbox_with({"LitigationHoldEnabled": true}),
		"licences": example.licences([example.e3]),
		"subscribedSkus": example.read(example.skus),
	},
	[changes],
)

with_holds(entries) := example.mailbox_with({"InPlaceHolds": entries})

switched_off := example.read({
	"assignedLicenses": [{"skuId": example.e3, "disabledPlans": [example.plan_2]}],
	"licenseAssignmentStates": [],
})
