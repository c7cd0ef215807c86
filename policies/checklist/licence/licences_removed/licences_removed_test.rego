package checklist.licence.licences_removed_test

import data.checklist.licence.licences_removed as rule
import data.lib.example_test as example

test_pass[name] if {
	some name, case in {
		"none": licensed([], {}),
		"none, and no subscription was read": licensed([], {"subscribedSkus": example.unknown}),
		"none, and no mailbox": licensed([], {"mailbox": example.absent}),
		"free ones": licensed([example.flow_free], {}),
		"forwarding needs it": licensed([example.basic], {"mailbox": forwarding}),
		"forwarding needs it, beside a free one": licensed([example.basic, example.flow_free], {"mailbox": forwarding}),
		"the size of a shared mailbox needs it": licensed([example.e3], {
			"mailbox": example.shared_with({}),
			"mailboxSize": example.size(53687091201),
		}),
		"the archive of a shared mailbox needs it": licensed([example.basic], {
			"mailbox": example.shared_with({"ArchiveStatus": "Active"}),
			"mailboxSize": example.size(1000),
		}),
		"a hold needs it": licensed([example.e3], {"mailbox": on_hold}),
		"a hold needs both": licensed([example.basic, example.archiving], {"mailbox": on_hold}),
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_fail[name] if {
	some name, case in {
		"paid": licensed([example.e3], {}),
		"paid, without a mailbox": licensed([example.e3], {"mailbox": example.absent}),
		"paid, with an inactive mailbox": licensed([example.e3], {"mailbox": example.inactive_with({})}),
		"an inactive mailbox that forwarded": licensed([example.basic], {
			"mailbox": example.inactive_with({"ForwardingAddress": "Vega, S"}),
		}),
		"an inactive mailbox that was shared": licensed([example.e3], {
			"mailbox": example.inactive_with({"RecipientTypeDetails": "SharedMailbox", "LitigationHoldEnabled": true}),
			"mailboxSize": example.size(53687091201),
		}),
		"a user mailbox of any size": licensed([example.e3], {"mailboxSize": example.size(53687091201)}),
		"a user mailbox with an archive": licensed([example.e3], {
			"mailbox": example.mailbox_with({"ArchiveStatus": "Active"}),
		}),
		"an inactive shared mailbox whose size was not read": licensed([example.e3], {
			"mailbox": example.inactive_with({"RecipientTypeDetails": "SharedMailbox"}),
		}),
		"nothing that a mailbox could need, and the mailbox was not read": licensed([example.visio], {
			"mailbox": example.unknown,
		}),
		"one of two that serve the same need": licensed([example.e3, example.basic], {"mailbox": forwarding}),
		"beside the one that forwarding needs": licensed([example.basic, example.visio], {"mailbox": forwarding}),
		"archiving beside forwarding": licensed([example.basic, example.archiving], {"mailbox": forwarding}),
		"a shared mailbox that forwards within the limits": licensed([example.basic], {
			"mailbox": example.shared_with({"ForwardingAddress": "Vega, S"}),
			"mailboxSize": example.absent,
		}),
		"a shared mailbox within the limits": licensed([example.e3], {
			"mailbox": example.shared_with({}),
			"mailboxSize": example.size(1000),
		}),
		"a subscription that is not listed": licensed(["00000000-0000-4000-8000-000000000099"], {}),
		"a subscription that is not listed, beside the one that forwarding needs": licensed(
			[example.basic, "00000000-0000-4000-8000-000000000099"],
			{"mailbox": forwarding},
		),
		"half the licences are enough": licensed([], {"licences": example.partial({
			"assignedLicenses": [{"skuId": example.visio, "disabledPlans": []}],
			"licenseAssignmentStates": [],
		})}),
		"half the subscriptions are enough": licensed([example.visio], {"subscribedSkus": example.partial(example.skus)}),
		"Exchange switched off serves no need": licensed([], {
			"mailbox": forwarding,
			"licences": example.read({
				"assignedLicenses": [{"skuId": example.e3, "disabledPlans": [example.plan_2]}],
				"licenseAssignmentStates": [],
			}),
		}),
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the licences were not read": licensed([], {"licences": example.unknown}),
		"half the licences": licensed([], {"licences": example.partial({"assignedLicenses": []})}),
		"none, and the mailbox was not read": licensed([], {"mailbox": example.unknown}),
		"paid, and the mailbox was not read": licensed([example.e3], {"mailbox": example.unknown}),
		"paid, and half a mailbox": licensed([example.e3], {"mailbox": example.partial(example.mailbox)}),
		"a list that is none": licensed([], {"licences": example.read({"assignedLicenses": null})}),
		"no list but an object": licensed([], {"licences": example.read({"assignedLicenses": {}})}),
		"one that is not listed, and half the subscriptions": licensed(["00000000-0000-4000-8000-000000000099"], {
			"subscribedSkus": example.partial(example.skus),
		}),
		"forwarding needs it, as half a mailbox shows": licensed([example.basic], {"mailbox": example.partial(object.union(
			example.mailbox,
			{"ForwardingAddress": "Vega, S"},
		))}),
		"the subscriptions were not read": licensed([example.e3], {"subscribedSkus": example.unknown}),
		"free ones, by half the subscriptions": licensed([example.flow_free], {
			"subscribedSkus": example.partial(example.skus),
		}),
		"Plan 2 on a shared mailbox whose size was not read": licensed([example.e3], {
			"mailbox": example.shared_with({}),
		}),
		"needed for the archive of a shared mailbox whose size was not read": licensed([example.e3], {
			"mailbox": example.shared_with({"ArchiveStatus": "Active"}),
		}),
		"only one that is not listed could serve the need": licensed(["00000000-0000-4000-8000-000000000099"], {
			"mailbox": forwarding,
		}),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_missing[name] if {
	some name, tc in {
		"the subscriptions": {
			"case": licensed([example.e3], {"subscribedSkus": example.unknown}),
			"want": {"subscribedSkus"},
		},
		"the size": {
			"case": licensed([example.e3], {"mailbox": example.shared_with({})}),
			"want": {"mailboxSize"},
		},
		"nothing": {"case": licensed([example.e3], {}), "want": set()},
		"nothing, when it passes anyway": {
			"case": licensed([example.flow_free], {"mailbox": example.shared_with({})}),
			"want": set(),
		},
		"nothing, when it fails anyway": {
			"case": licensed([example.visio], {"subscribedSkus": example.partial(example.skus)}),
			"want": set(),
		},
	}
	rule.missing == tc.want with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
		with data.parameters as parameters
}

test_findings_say_how_each_licence_is_assigned if {
	case := licensed([], {"licences": example.read({
		"assignedLicenses": [
			{"skuId": example.e3, "disabledPlans": []},
			{"skuId": "00000000-0000-4000-8000-000000000099", "disabledPlans": []},
		],
		"licenseAssignmentStates": [
			example.assignment(example.e3, null),
			example.assignment(example.e3, "c0ffee00-0000-4000-8000-000000000002"),
			example.assignment(example.e3, "c0ffee00-0000-4000-8000-000000000001"),
			example.assignment("00000000-0000-4000-8000-000000000099", "c0ffee00-0000-4000-8000-000000000001"),
		],
	})})
	rule.findings == {
		{
			"resource": example.e3, "skuPartNumber": "ENTERPRISEPACK", "direct": true,
			"assignedByGroup": ["c0ffee00-0000-4000-8000-000000000001", "c0ffee00-0000-4000-8000-000000000002"],
		},
		{
			"resource": "00000000-0000-4000-8000-000000000099",
			"skuPartNumber": "not among the tenant's subscriptions", "direct": false,
			"assignedByGroup": ["c0ffee00-0000-4000-8000-000000000001"],
		},
	} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
	message == "Paid licences are left: ENTERPRISEPACK, not among the tenant's subscriptions."
}

test_pass_says_which_rule_needs_the_licence if {
	case := licensed([example.e3], {"mailbox": example.mailbox_with({
		"LitigationHoldEnabled": true,
		"ForwardingAddress": "Vega, S",
	})})
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
	contains(message, "Kept because FWD-002, MBX-003 needs a licence")
	evidence := rule.evidence with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
	evidence.licences.neededBy == {example.e3: ["FWD-002", "MBX-003"]}
}

test_parameter_names_free_subscriptions if {
	case := licensed([example.visio], {})
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as {"LIC-001": {"free_skus": ["visioclient"]}}
}

test_no_words[name] if {
	some name, case in {
		"when nothing is left": licensed([], {}),
		"when the mailbox was read in part": licensed([example.basic], {"mailbox": example.partial(object.union(
			example.mailbox,
			{"ForwardingAddress": "Vega, S"},
		))}),
	}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

licensed(sku_ids, changes) := example.changed(
	{
		"licences": example.licences(sku_ids),
		"mailbox": example.mailbox_with({}),
		"subscribedSkus": example.read(example.skus),
	},
	[changes],
)

forwarding := example.mailbox_with({"ForwardingSmtpAddress": "smtp:s.vega@northwind.example"})

on_hold := example.mailbox_with({"LitigationHoldEnabled": true})

parameters := {"LIC-001": {"free_skus": ["FLOW_FREE", "POWER_BI_STANDARD"]}}
