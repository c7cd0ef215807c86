package checklist.mailflow.forwarding_stays_inside_test

import data.checklist.mailflow.forwarding_stays_inside as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"nothing is forwarded": {"mailbox": example.mailbox_with({})},
		"no mailbox": {"mailbox": example.absent},
		"inactive": {"mailbox": example.inactive_with({"ForwardingSmtpAddress": "smtp:rook@elsewhere.example"})},
		"soft-deleted": {"mailbox": example.soft_deleted_with({"ForwardingSmtpAddress": "smtp:rook@elsewhere.example"})},
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_pass[name] if {
	some name, case in {
		"a colleague": to("smtp:s.vega@northwind.example", example.recipient("user", {"accountEnabled": true})),
		"in other letters": to("SMTP:S.Vega@NORTHWIND.example", example.recipient("user", {"accountEnabled": true})),
		"another verified domain": to(
			"smtp:s.vega@northwind.onmicrosoft.example",
			example.recipient("user", {"accountEnabled": true}),
		),
		"a shared mailbox, whose account is disabled": to(
			"smtp:sales@northwind.example",
			example.recipient("sharedMailbox", {"accountEnabled": false}),
		),
		"a group": to(
			"smtp:sales@northwind.example",
			example.recipient("group", {"hasEnabledMember": true, "hasOutsideMember": false}),
		),
		"a group in which nobody is enabled": to(
			"smtp:sales@northwind.example",
			example.recipient("group", {"hasEnabledMember": false, "hasOutsideMember": false}),
		),
		"a contact inside": to("smtp:sales@northwind.example", example.recipient(
			"contact",
			{"ExternalEmailAddress": "SMTP:desk@northwind.example"},
		)),
		"a colleague by name": by_name(null, example.recipient("user", {"accountEnabled": true})),
		"an outside address that ForwardingAddress keeps from working": by_name(
			"smtp:rook@elsewhere.example",
			example.recipient("user", {"accountEnabled": true}),
		),
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, case in {
		"an outside domain": to("smtp:rook@elsewhere.example", example.recipient("outside", {})),
		"an outside domain, and recipients were not read": example.changed(
			to("smtp:rook@elsewhere.example", example.absent),
			[{"recipients": example.unknown}],
		),
		"a domain that is not verified": to("smtp:rook@fabrikam.example", example.unknown),
		"a domain that is not verified, as half the domains show": example.changed(
			to("smtp:rook@fabrikam.example", example.unknown),
			[{"domains": example.partial({"fabrikam.example": {"id": "fabrikam.example", "isVerified": false}})}],
		),
		"a subdomain that is not listed": to("smtp:rook@mail.northwind.example", example.unknown),
		"an address that only looks inside": to("smtp:\"rook@northwind.example\"@elsewhere.example", example.unknown),
		"a recipient outside behind an address inside": to(
			"smtp:rook@northwind.example",
			example.recipient("outside", {}),
		),
		"a mail contact outside": to("smtp:rook@northwind.example", example.recipient(
			"contact",
			{"ExternalEmailAddress": "SMTP:rook@elsewhere.example"},
		)),
		"a mail user outside, by name": by_name(null, example.recipient(
			"mailUser",
			{"ExternalEmailAddress": "SMTP:rook@elsewhere.example"},
		)),
		"another leaver": to(
			"smtp:t.finch@northwind.example",
			example.recipient("user", {"accountEnabled": true, "isLeaver": true}),
		),
		"another leaver's shared mailbox": to(
			"smtp:t.finch@northwind.example",
			example.recipient("sharedMailbox", {"isLeaver": true}),
		),
		"a disabled colleague": to("smtp:t.finch@northwind.example", example.recipient("user", {"accountEnabled": false})),
		"nobody": to("smtp:t.finch@northwind.example", example.absent),
		"nobody, by name": by_name(null, example.absent),
		"half a mailbox is enough": example.changed(
			to("", example.unknown),
			[{"mailbox": example.partial({
				"mailboxState": "live", "ForwardingAddress": null,
				"ForwardingSmtpAddress": "smtp:rook@elsewhere.example",
			})}],
		),
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the mailbox was not read": {"domains": example.domains},
		"half a mailbox": example.changed(colleague, [{"mailbox": example.partial(object.union(
			example.mailbox,
			{"ForwardingSmtpAddress": "smtp:s.vega@northwind.example"},
		))}]),
		"half a mailbox forwards nothing": {"mailbox": example.partial(example.mailbox)},
		"half an inactive mailbox": example.changed(colleague, [{"mailbox": example.partial({"mailboxState": "inactive"})}]),
		"half an inactive mailbox that forwarded outside": example.changed(
			colleague,
			[{"mailbox": half_inactive("smtp:rook@elsewhere.example")}],
		),
		"it is not said where the mailbox is": example.changed(colleague, [{"mailbox": example.read(object.remove(
			colleague.mailbox.value,
			["mailboxState"],
		))}]),
		"the domains were not read": example.changed(colleague, [{"domains": example.unknown}]),
		"the domains were read in part": example.changed(colleague, [{"domains": example.partial({
			"northwind.example": {"id": "northwind.example", "isVerified": true},
		})}]),
		"a domain of which it is not said": example.changed(colleague, [{"domains": example.read({
			"northwind.example": {"id": "northwind.example", "isVerified": null},
		})}]),
		"recipients were not read": example.changed(colleague, [{"recipients": example.unknown}]),
		"the recipient was not read": to("smtp:s.vega@northwind.example", example.unknown),
		"the recipient is not listed": example.changed(colleague, [{"recipients": example.read({})}]),
		"the recipient's account is null": to("smtp:s.vega@northwind.example", example.recipient("user", {})),
		"a group whose members were not read": to("smtp:sales@northwind.example", example.recipient("group", {})),
		"a group whose contacts were not read": to(
			"smtp:sales@northwind.example",
			example.recipient("group", {"hasEnabledMember": true}),
		),
		"a contact that does not say where": to("smtp:sales@northwind.example", example.recipient("contact", {})),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_missing if {
	case := example.changed(colleague, [{"recipients": example.unknown}])
	rule.missing == {"recipients"} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	rule.missing == set() with input as example.input_of(colleague) with data.tenant as example.tenant_of(colleague)
}

test_nothing_is_missing[name] if {
	some name, case in {
		"when it fails anyway": to("smtp:rook@elsewhere.example", example.unknown),
		"but the domains": example.changed(colleague, [{"domains": example.unknown}]),
		"of half an inactive mailbox": example.changed(colleague, [{
			"mailbox": half_inactive("smtp:s.vega@northwind.example"),
			"recipients": example.unknown,
		}]),
	}
	rule.missing == set() with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_no_words[name] if {
	some name, case in {
		"on a pass": colleague,
		"on a dormant address inside": by_name(
			"smtp:r.holm@northwind.example",
			example.recipient("user", {"accountEnabled": true}),
		),
		"on a dormant address while it is unknown": example.changed(
			by_name("smtp:rook@elsewhere.example", example.recipient("user", {"accountEnabled": true})),
			[{"recipients": example.unknown}],
		),
	}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_findings_and_words[want] if {
	some want, tc in {
		"Mail is forwarded to rook@elsewhere.example, which is outside.": {
			"case": to("smtp:rook@elsewhere.example", example.recipient("outside", {})),
			"because": {"is outside"}, "resource": "rook@elsewhere.example",
		},
		"Mail is forwarded to t.finch@northwind.example, which is another leaver.": {
			"case": to("smtp:t.finch@northwind.example", example.recipient("user", {"isLeaver": true})),
			"because": {"is another leaver"}, "resource": "t.finch@northwind.example",
		},
		"Mail is forwarded to t.finch@elsewhere.example, which does not exist and is outside.": {
			"case": to("smtp:t.finch@elsewhere.example", example.absent),
			"because": {"does not exist", "is outside"}, "resource": "t.finch@elsewhere.example",
		},
	}
	rule.findings == {{"resource": tc.resource, "because": because} |
		some because in tc.because
	} with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
	rule.message == want with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
}

test_dormant_address_is_listed if {
	case := by_name("smtp:rook@elsewhere.example", example.recipient("user", {"accountEnabled": true}))
	evidence := rule.evidence with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	evidence.mailbox.dormant == ["rook@elsewhere.example"]
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message == "The dormant forwarding address rook@elsewhere.example is outside."
}

test_evidence_without_forwarding if {
	case := {"mailbox": example.mailbox_with({})}
	evidence := rule.evidence with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	evidence.recipients == {}
}

colleague := to("smtp:s.vega@northwind.example", example.recipient("user", {"accountEnabled": true}))

to(address, recipient) := {
	"mailbox": example.mailbox_with({"ForwardingSmtpAddress": address}),
	"domains": example.domains,
	"recipients": example.read({trim_prefix(lower(address), "smtp:"): recipient}),
}

half_inactive(address) := example.partial({
	"mailboxState": "inactive",
	"ForwardingAddress": null, "ForwardingSmtpAddress": address,
})

by_name(dormant, recipient) := {
	"mailbox": example.mailbox_with({"ForwardingAddress": "Vega, S", "ForwardingSmtpAddress": dormant}),
	"domains": example.domains,
	"recipients": example.read({"vega, s": recipient}),
}
