package lib.licences_test

import data.lib.example_test as example
import data.lib.licences

# what the licences allow, and what they are known not to allow
test_allow_and_forbid[name] if {
	some name, tc in {
		"Plan 2": {"facts": given([example.e3]), "allow": {"mailbox", "large mailbox", "hold"}, "forbid": {"drive"}},
		"Plan 1": {"facts": given([example.basic]), "allow": {"mailbox"}, "forbid": {"large mailbox", "hold", "drive"}},
		"Plan 1 with Archiving": {
			"facts": given([example.basic, example.archiving]),
			"allow": {"mailbox", "hold"},
			"forbid": {"large mailbox", "drive"},
		},
		"SharePoint Plan 1": {
			"facts": holding("SHAREPOINTSTANDARD", []),
			"allow": {"drive"}, "forbid": {"mailbox", "large mailbox", "hold"},
		},
		"SharePoint Plan 1, switched off": {
			"facts": holding("SHAREPOINTSTANDARD", ["C7699D2E-19AA-44DE-8EDF-1736DA088CA1"]),
			"allow": set(), "forbid": uses,
		},
		"Office for the web": {"facts": holding("SHAREPOINTWAC", []), "allow": set(), "forbid": uses},
		"none": {"facts": given([]), "allow": set(), "forbid": uses},
		"none, and no subscription was read": {
			"facts": {"licences": example.licences([])},
			"allow": set(), "forbid": uses,
		},
		"no subscription was read": {
			"facts": {"licences": example.licences([example.e3])},
			"allow": set(), "forbid": set(),
		},
		"one that nothing explains": {
			"facts": given([example.basic, "00000000-0000-4000-8000-000000000099"]),
			"allow": {"mailbox"}, "forbid": set(),
		},
		"half the subscriptions": {
			"facts": {
				"licences": example.licences([example.basic]),
				"subscribedSkus": example.partial(example.skus),
			},
			"allow": set(), "forbid": set(),
		},
		"half the licences": {
			"facts": {
				"licences": example.partial({"assignedLicenses": []}),
				"subscribedSkus": example.read(example.skus),
			},
			"allow": set(), "forbid": set(),
		},
		"a licence without a skuId": {
			"facts": {
				"licences": example.read({"assignedLicenses": [{"disabledPlans": []}]}),
				"subscribedSkus": example.read(example.skus),
			},
			"allow": set(), "forbid": set(),
		},
		"nothing was read": {"facts": {}, "allow": set(), "forbid": set()},
	}
	judged := {
		"allow": {use | some use in uses; licences.allow(use)},
		"forbid": {use | some use in uses; licences.forbid(use)},
	} with input as example.input_of(tc.facts)
		with data.tenant as example.tenant_of(tc.facts)
	judged == {"allow": tc.allow, "forbid": tc.forbid}
}

test_unexplained_licences_are_named if {
	facts := given([example.e3, "00000000-0000-4000-8000-000000000099"])
	licences.unexplained == {"00000000-0000-4000-8000-000000000099"} with input as example.input_of(facts)
		with data.tenant as example.tenant_of(facts)
}

# what a licence for a mailbox or none at all decides does not hang on the plans for a drive
test_plans_of_a_licence_bear_on_the_mailbox if {
	facts := holding("SHAREPOINTSTANDARD", [])
	licences.plans_by_sku == {sharepoint: set()} with input as example.input_of(facts)
		with data.tenant as example.tenant_of(facts)
}

uses := {"mailbox", "large mailbox", "hold", "drive"}

holding(plan, disabled) := {
	"licences": example.read({"assignedLicenses": [{"skuId": upper(sharepoint), "disabledPlans": disabled}]}),
	"subscribedSkus": example.read({sharepoint: example.sku(
		sharepoint, "SHAREPOINT", "Enabled",
		[{"servicePlanId": "c7699d2e-19aa-44de-8edf-1736da088ca1", "servicePlanName": plan}],
	)}),
}

sharepoint := "1fc08a02-8b3d-43b9-831e-f76859e04e1a"

given(sku_ids) := {"licences": example.licences(sku_ids), "subscribedSkus": example.read(example.skus)}
