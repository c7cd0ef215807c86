package checklist.licence.seats_given_back_test

import data.checklist.licence.seats_given_back as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, tc in {
		"nobody holds or held any": {"skus": {}, "leavers": {}},
		"nobody holds or held this one": {"skus": {example.e3: spare(5)}, "leavers": {example.e3: counts(0, 0)}},
		"a free one": {"skus": {example.e3: named(spare(5), "flow_free")}, "leavers": {example.e3: counts(1, 1)}},
		"a suspended one": {"skus": {example.e3: in_state(spare(5), "Suspended")}, "leavers": held},
		"a deleted one": {"skus": {example.e3: in_state(spare(5), "Deleted")}, "leavers": held},
		"one that is locked out": {"skus": {example.e3: in_state(spare(5), "LockedOut")}, "leavers": held},
		"one that the tenant has no more": {"skus": {}, "leavers": held},
	}
	rule.status == "not_applicable" with input as population(tc.leavers, 0) with data.tenant as listing(tc.skus)
		with data.parameters as parameters
}

test_not_applicable_without_a_list if {
	rule.status == "not_applicable" with input as population({}, 0) with data.tenant as unread
		with data.parameters as parameters
}

test_pass[name] if {
	some name, tc in {
		"none is spare": {"skus": {example.e3: spare(0)}, "leavers": held},
		"more are assigned than paid for": {"skus": {example.e3: spare(-2)}, "leavers": held},
		"released, and none is spare": {"skus": {example.e3: spare(0)}, "leavers": {example.e3: counts(0, 2)}},
		"in its warning period, and none is spare": {
			"skus": {example.e3: in_state(spare(0), "Warning")},
			"leavers": held,
		},
		"beside a free one": {
			"skus": {example.e3: spare(0), example.flow_free: named(spare(1000), "FLOW_FREE")},
			"leavers": {example.e3: counts(1, 0), example.flow_free: counts(1, 0)},
		},
		"another one is spare, which no leaver held": {
			"skus": {example.e3: spare(0), example.visio: spare(5)},
			"leavers": held,
		},
	}
	rule.status == "pass" with input as population(tc.leavers, 0) with data.tenant as listing(tc.skus)
		with data.parameters as parameters
}

test_fail[name] if {
	some name, tc in {
		"still held": {"leavers": {example.e3: counts(1, 0)}, "unread": 0},
		"released": {"leavers": {example.e3: counts(0, 1)}, "unread": 0},
		"released, as is told without a word on who holds it": {"leavers": {example.e3: {"released": 1}}, "unread": 0},
		"held, as is told without a word on who held it": {"leavers": {example.e3: {"held": 1}}, "unread": 0},
		"though some licences were not read": {"leavers": {example.e3: counts(0, 1)}, "unread": 3},
	}
	some state in ["Enabled", "Warning"]
	skus := {example.e3: in_state(spare(1), state), example.visio: spare(0)}
	rule.status == "fail" with input as population(tc.leavers, tc.unread) with data.tenant as listing(skus)
		with data.parameters as parameters
}

test_fail_by_half_the_list if {
	case := {"subscribedSkus": example.partial({example.e3: spare(1)})}
	rule.status == "fail" with input as population(held, 0) with data.tenant as example.tenant_of(case)
		with data.parameters as parameters
}

test_unknown[name] if {
	some name, tc in {
		"the list was not read": {"fact": example.unknown, "leavers": held, "unread": 0},
		"half the list": {"fact": example.partial({example.e3: spare(0)}), "leavers": held, "unread": 0},
		"half the list, with a free one": {
			"fact": example.partial({example.e3: named(spare(1), "FLOW_FREE")}),
			"leavers": held, "unread": 0,
		},
		"half the list, with one that ended": {
			"fact": example.partial({example.e3: in_state(spare(1), "Deleted")}),
			"leavers": held, "unread": 0,
		},
		"half the list, without it": {"fact": example.partial({}), "leavers": held, "unread": 0},
		"some licences were not read": {
			"fact": example.read({example.e3: spare(0)}),
			"leavers": held, "unread": 1,
		},
		"no licence was read": {"fact": example.read({example.e3: spare(5)}), "leavers": {}, "unread": 1},
		"a state that nobody knows": {
			"fact": example.read({example.e3: in_state(spare(5), "Dormant")}),
			"leavers": held, "unread": 0,
		},
		"a state that is null": {
			"fact": example.read({example.e3: in_state(spare(0), null)}),
			"leavers": held, "unread": 0,
		},
		"no number of seats": {
			"fact": example.read({example.e3: object.union(spare(0), {"prepaidUnits": {"enabled": null}})}),
			"leavers": held, "unread": 0,
		},
		"no number of seats in their warning period": {
			"fact": example.read({example.e3: object.union(spare(0), {"prepaidUnits": {"warning": null}})}),
			"leavers": held, "unread": 0,
		},
		"no number of assigned seats": {
			"fact": example.read({example.e3: object.union(spare(5), {"consumedUnits": null})}),
			"leavers": held, "unread": 0,
		},
		"no name": {"fact": example.read({example.e3: named(spare(5), "")}), "leavers": held, "unread": 0},
	}
	rule.status == "unknown" with input as population(tc.leavers, tc.unread)
		with data.tenant as example.tenant_of({"subscribedSkus": tc.fact})
		with data.parameters as parameters
}

test_unknown_without_a_population if {
	rule.status == "unknown" with input as {} with data.tenant as listing({example.e3: spare(0)})
		with data.parameters as parameters
}

test_seats_in_their_warning_period_are_paid_for if {
	sku := object.union(spare(0), {"prepaidUnits": {"enabled": 0, "warning": 25}, "consumedUnits": 20})
	some finding in rule.findings with input as population(held, 0) with data.tenant as listing({example.e3: sku})
		with data.parameters as parameters
	finding.spare == 5
}

test_words if {
	skus := {example.e3: spare(3), example.visio: named(spare(1), "VISIOCLIENT"), example.basic: spare(9)}
	leavers := {example.e3: counts(1, 2), example.visio: counts(0, 1)}
	message := rule.message with input as population(leavers, 0) with data.tenant as listing(skus)
		with data.parameters as parameters
	message == "Seats are paid for that nobody uses: ENTERPRISEPACK (3), VISIOCLIENT (1)."
	evidence := rule.evidence with input as population(leavers, 0) with data.tenant as listing(skus)
		with data.parameters as parameters
	object.keys(evidence.subscribedSkus) == {example.e3, example.visio}
	evidence.subscribedSkus[example.e3].capabilityStatus == "Enabled"
	some finding in rule.findings with input as population(leavers, 0) with data.tenant as listing(skus)
		with data.parameters as parameters
	finding == {
		"resource": example.e3, "skuId": example.e3, "skuPartNumber": "ENTERPRISEPACK",
		"spare": 3, "leavers": {"held": 1, "released": 2},
		"consumedUnits": 22, "prepaidUnits": {"enabled": 25, "suspended": 0, "warning": 0, "lockedOut": 0},
	}
}

test_words_when_licences_were_not_read if {
	message := rule.message with input as population(held, 2) with data.tenant as listing({example.e3: spare(0)})
		with data.parameters as parameters
	message == "The licences of 2 leavers were not read."
}

test_no_words[name] if {
	some name, tc in {
		"on a pass": {"tenant": listing({example.e3: spare(0)}), "unread": 0},
		"when the list was not read": {"tenant": unread, "unread": 2},
		"when the list does not settle it": {"tenant": listing({example.e3: in_state(spare(0), null)}), "unread": 0},
	}
	not rule.message with input as population(held, tc.unread) with data.tenant as tc.tenant
		with data.parameters as parameters
}

population(skus, unread_licences) := {"population": {
	"leavers": 5,
	"earliestLeftAt": example.left,
	"leftOn": {"2026-06-01": 5},
	"licencesUnread": unread_licences,
	"skus": skus,
}}

held := {example.e3: counts(1, 0)}

counts(held_now, released) := {"held": held_now, "released": released}

listing(skus) := example.tenant_of({"subscribedSkus": example.read(skus)})

unread := example.tenant_of({})

# 25 seats are paid for, of which so many are spare
spare(seats) := object.union(
	example.sku(example.e3, "ENTERPRISEPACK", "Enabled", []),
	{"consumedUnits": 25 - seats},
)

named(sku, part_number) := object.union(sku, {"skuPartNumber": part_number})

in_state(sku, state) := object.union(sku, {"capabilityStatus": state})

parameters := {"LIC-002": {"free_skus": ["FLOW_FREE", "POWER_BI_STANDARD"]}}
