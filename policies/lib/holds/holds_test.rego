package lib.holds_test

import data.lib.example_test as example
import data.lib.holds

test_keeps[entry] if {
	some entry, want in {
		"UniH7d895d48-7e23-4a8d-8346-533c3beac15d": true,
		"cld9c0a16d6a4f04e1c9f1d5a6f3f3d3c11": true,
		"c0ba3ce811b6432a8751430937152491": true,
		"mbx7cfb30345d454ac0a989ab3041051209:2": true,
		"MBX7cfb30345d454ac0a989ab3041051209:3": true,
		"mbx7cfb30345d454ac0a989ab3041051209:1": false,
		"mbx7cfb30345d454ac0a989ab3041051209": false,
		"-mbx7cfb30345d454ac0a989ab3041051209:2": false,
		"skp7cfb30345d454ac0a989ab3041051209:2": false,
		"grp7cfb30345d454ac0a989ab3041051209:2": false,
		"c0ba3ce811b6432a875143093715249": false,
	}
	{true | holds.keeps(entry)} == {true | want == true}
}

test_own_and_licensed if {
	case := {"mailbox": example.mailbox_with({
		"LitigationHoldEnabled": true,
		"ComplianceTagHoldApplied": true,
		"InPlaceHolds": ["UniH1", "skp1:2"],
	})}
	holds.own == {"LitigationHoldEnabled", "ComplianceTagHoldApplied", "UniH1"} with input as example.input_of(case)
	holds.licensed == {"LitigationHoldEnabled", "UniH1"} with input as example.input_of(case)
	not holds.none_own with input as example.input_of(case)
}

test_none_own_needs_every_property[property] if {
	some property in ["LitigationHoldEnabled", "ComplianceTagHoldApplied", "InPlaceHolds"]
	holds.none_own with input as example.input_of({"mailbox": example.mailbox_with({})})
	case := {"mailbox": example.read(object.remove(example.mailbox, [property]))}
	not holds.none_own with input as example.input_of(case)
}

test_policy_on_the_mailbox_excludes_nothing if {
	case := {
		"mailbox": example.mailbox_with({"InPlaceHolds": ["mbxa:1"]}),
		"organization": example.organization(["mbxa:2"]),
	}
	holds.organisation_wide == {"mbxa:2"} with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
}

test_organisation_wide_but_for_exclusions if {
	case := {
		"mailbox": example.mailbox_with({"InPlaceHolds": ["-mbxA:3"]}),
		"organization": example.organization(["mbxa:2", "mbxb:3", "mbxc:1", "grpd:2", "UniHe"]),
	}
	holds.organisation_wide == {"mbxb:3"} with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
	not holds.none_organisation_wide with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
}
