package checklist.mailflow.forwarding_is_licensed_test

import data.checklist.mailflow.forwarding_is_licensed as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"nothing is forwarded": {"mailbox": example.mailbox_with({})},
		"empty addresses": {"mailbox": example.mailbox_with({"ForwardingAddress": "", "ForwardingSmtpAddress": ""})},
		"no mailbox": {"mailbox": example.absent},
		"inactive": {"mailbox": example.inactive_with({"ForwardingSmtpAddress": "smtp:s.vega@northwind.example"})},
		"soft-deleted": {"mailbox": example.soft_deleted_with({"ForwardingAddress": "Vega, S"})},
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_pass[name] if {
	some name, case in {
		"Plan 1": forwarding({"licences": example.licences([example.basic])}),
		"Plan 2": forwarding({"licences": example.licences([example.visio, example.e3])}),
		"a plan for front-line workers in the government's cloud": forwarding({
			"licences": kiosk.licences,
			"subscribedSkus": kiosk.skus,
		}),
		"beside a licence that nothing explains": forwarding({"licences": example.licences([
			example.e3,
			"00000000-0000-4000-8000-000000000099",
		])}),
		"shared, within the limits": shared({}),
		"shared, never opened": shared({"mailboxSize": example.absent}),
		"shared, beyond the limits but licensed": shared({
			"mailboxSize": example.size(53687091201),
			"licences": example.licences([example.basic]),
		}),
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, case in {
		"no licence": forwarding({}),
		"no licence, and no subscription was read": forwarding({"subscribedSkus": example.unknown}),
		"by name": forwarding({"mailbox": example.mailbox_with({"ForwardingAddress": "Vega, S"})}),
		"only the foundation of Exchange": forwarding({"licences": example.licences([example.visio])}),
		"Exchange switched off": forwarding({"licences": example.read({"assignedLicenses": [{
			"skuId": example.e3,
			"disabledPlans": [upper(example.plan_2)],
		}]})}),
		"the subscription has lapsed": forwarding({
			"licences": example.licences([example.e3]),
			"subscribedSkus": example.read({example.e3: object.union(
				example.skus[example.e3],
				{"capabilityStatus": "LockedOut"},
			)}),
		}),
		"shared, too large": shared({"mailboxSize": example.size(53687091201)}),
		"shared, with an archive": shared({"mailbox": forwarding_shared({
			"ArchiveGuid": "33333333-aaaa-4bbb-8ccc-000000000001",
			"ArchiveStatus": "Active",
		})}),
		"shared, on hold": shared({"mailbox": forwarding_shared({"LitigationHoldEnabled": true})}),
		"half a mailbox shows the forwarding": forwarding({"mailbox": example.partial({
			"mailboxState": "live", "RecipientTypeDetails": "UserMailbox",
			"ForwardingAddress": null, "ForwardingSmtpAddress": "smtp:s.vega@northwind.example",
		})}),
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the mailbox was not read": forwarding({"mailbox": example.unknown}),
		"half a mailbox": forwarding({
			"mailbox": example.partial(object.union(
				example.mailbox,
				{"ForwardingSmtpAddress": "smtp:s.vega@northwind.example"},
			)),
			"licences": example.licences([example.e3]),
		}),
		"half a mailbox forwards nothing": forwarding({"mailbox": example.partial(example.mailbox)}),
		"half an inactive mailbox": forwarding({"mailbox": example.partial({"mailboxState": "inactive"})}),
		"half an inactive mailbox that forwarded": forwarding({"mailbox": half_inactive("UserMailbox")}),
		"it is not said where the mailbox is": forwarding({
			"mailbox": example.read(object.remove(
				object.union(example.mailbox, {"ForwardingAddress": "Vega, S"}),
				["mailboxState"],
			)),
			"licences": example.licences([example.e3]),
		}),
		"it is not said whether it forwards": forwarding({
			"mailbox": example.read(object.remove(example.mailbox, ["ForwardingAddress"])),
			"licences": example.licences([example.e3]),
		}),
		"a user mailbox within limits that are not its own": forwarding({
			"licences": example.licences(["00000000-0000-4000-8000-000000000099"]),
			"mailboxSize": example.size(1000),
		}),
		"a kind that is null, too large": forwarding({
			"mailbox": example.mailbox_with({
				"RecipientTypeDetails": null,
				"ForwardingAddress": "Vega, S",
			}),
			"mailboxSize": example.size(53687091201),
		}),
		"the licences were not read": forwarding({"licences": example.unknown}),
		"the licences were read in part": forwarding({"licences": example.partial({"assignedLicenses": []})}),
		"the licences of a shared mailbox were not read": shared({"licences": example.unknown}),
		"the subscriptions were not read": forwarding({
			"licences": example.licences([example.e3]),
			"subscribedSkus": example.unknown,
		}),
		"a licence that no subscription explains": forwarding({"licences": example.licences([
			"00000000-0000-4000-8000-000000000099",
		])}),
		"the size of a shared mailbox was not read": shared({"mailboxSize": example.unknown}),
		"the size of a shared mailbox is unlimited": shared({"mailboxSize": example.size(null)}),
		"the size of a shared mailbox was read in part": shared({"mailboxSize": example.partial({
			"TotalItemSizeInBytes": 1000,
		})}),
		"a hold of a shared mailbox is null": shared({"mailbox": forwarding_shared({"LitigationHoldEnabled": null})}),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_missing[name] if {
	some name, tc in {
		"the subscriptions": {
			"case": forwarding({"licences": example.licences([example.e3]), "subscribedSkus": example.unknown}),
			"want": {"subscribedSkus"},
		},
		"the size": {"case": shared({"mailboxSize": example.unknown}), "want": {"mailboxSize"}},
		"nothing": {"case": shared({}), "want": set()},
		"nothing of a mailbox that forwards nothing": {
			"case": forwarding({
				"mailbox": example.partial(example.mailbox),
				"licences": example.licences([example.e3]), "subscribedSkus": example.unknown,
			}),
			"want": set(),
		},
		"nothing but the licences": {
			"case": shared({"mailboxSize": example.unknown, "licences": example.unknown}),
			"want": set(),
		},
		"nothing of a user mailbox": {
			"case": forwarding({"mailbox": example.partial(object.union(
				example.mailbox,
				{"ForwardingAddress": "Vega, S"},
			))}),
			"want": set(),
		},
		"nothing if the mailbox was never opened": {"case": shared({"mailboxSize": example.absent}), "want": set()},
		"no subscriptions of a shared mailbox within the limits": {
			"case": shared({"licences": example.licences([example.e3]), "subscribedSkus": example.unknown}),
			"want": set(),
		},
		"no subscriptions of half an inactive mailbox": {
			"case": forwarding({
				"mailbox": half_inactive("UserMailbox"),
				"licences": example.licences([example.e3]), "subscribedSkus": example.unknown,
			}),
			"want": set(),
		},
		"no size of half an inactive mailbox": {
			"case": forwarding({"mailbox": half_inactive("SharedMailbox")}),
			"want": set(),
		},
		"no size of a shared mailbox that is beyond another limit": {
			"case": shared({
				"mailbox": forwarding_shared({"LitigationHoldEnabled": true}),
				"mailboxSize": example.unknown,
			}),
			"want": set(),
		},
		"no size of a mailbox of a kind that is null": {
			"case": forwarding({"mailbox": example.mailbox_with({
				"RecipientTypeDetails": null,
				"ForwardingAddress": "Vega, S",
			})}),
			"want": set(),
		},
		"no size of a shared mailbox that forwards nothing": {
			"case": forwarding({"mailbox": example.partial(object.union(
				example.mailbox,
				{"RecipientTypeDetails": "SharedMailbox"},
			))}),
			"want": set(),
		},
		"no size that was read": {"case": shared({"mailboxSize": example.size(null)}), "want": set()},
		"no size of a shared mailbox that was never opened and whose hold is null": {
			"case": shared({
				"mailbox": forwarding_shared({"LitigationHoldEnabled": null}),
				"mailboxSize": example.absent,
			}),
			"want": set(),
		},
	}
	rule.missing == tc.want with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
}

test_words if {
	case := forwarding({"licences": example.licences([example.visio])})
	rule.findings == {{
		"resource": "s.vega@northwind.example",
		"broken": "RecipientTypeDetails",
		"assignedLicenses": [example.visio],
	}} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message == "The mailbox forwards to s.vega@northwind.example but has no Exchange licence."
	evidence := rule.evidence with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	evidence.licences.assignedLicenses == [example.visio]
}

test_no_words_on_a_pass if {
	not rule.message with input as example.input_of(shared({})) with data.tenant as example.tenant_of(shared({}))
}

forwarding(changes) := example.changed(
	{
		"mailbox": example.mailbox_with({"ForwardingSmtpAddress": "smtp:s.vega@northwind.example"}),
		"licences": example.licences([]),
		"subscribedSkus": example.read(example.skus),
	},
	[changes],
)

shared(changes) := forwarding(example.changed(
	{"mailbox": forwarding_shared({}), "mailboxSize": example.size(53687091200)},
	[changes],
))

forwarding_shared(properties) := example.shared_with(object.union(
	{"ForwardingSmtpAddress": "smtp:s.vega@northwind.example"},
	properties,
))

half_inactive(kind) := example.partial({
	"mailboxState": "inactive", "RecipientTypeDetails": kind,
	"ForwardingAddress": null, "ForwardingSmtpAddress": "smtp:s.vega@northwind.example",
})

kiosk := {
	"licences": example.licences(["44444444-aaaa-4bbb-8ccc-000000000001"]),
	"skus": example.read({"44444444-aaaa-4bbb-8ccc-000000000001": example.sku(
		"44444444-aaaa-4bbb-8ccc-000000000001", "DESKLESSPACK_GOV", "Enabled",
		[{
			"servicePlanId": "44444444-aaaa-4bbb-8ccc-000000000002",
			"servicePlanName": "EXCHANGE_S_DESKLESS_GOV",
		}],
	)}),
}
