package checklist.mailflow.no_rule_sends_mail_out_test

import data.checklist.mailflow.no_rule_sends_mail_out as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"no live mailbox": {"inboxRules": example.absent},
		"no mailbox": {"mailbox": example.absent},
		"inactive, and rules were not read": {"mailbox": example.inactive_with({})},
		"soft-deleted": {"mailbox": example.soft_deleted_with({})},
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_pass[name] if {
	some name, case in {
		"no rules": visible([]),
		"forwards inside": visible([acting({"forwardTo": [mail_to("S.Vega@northwind.example")]}, {})]),
		"forwards outside, but is off": visible([acting(
			{"forwardTo": [mail_to("rook@elsewhere.example")]},
			{"isEnabled": false},
		)]),
		"deletes some mail": visible([acting({"delete": true}, {"conditions": {"subjectContains": ["newsletter"]}})]),
		"moves some mail to an unknown folder": visible([acting(
			{"moveToFolder": "AAMkAD"},
			{"conditions": {"fromAddresses": [mail_to("desk@fabrikam.example")]}},
		)]),
		"moves all mail to a folder of its own": visible([acting(
			{"moveToFolder": "AAMkAD"},
			{"moveToFolderKind": "other", "moveToFolderName": "Done"},
		)]),
		"does nothing": visible([acting({}, {})]),
		"hidden rules are harmless": hidden([
			hiding({"ForwardTo": ["\"S Vega\" [SMTP:s.vega@northwind.example]"]}),
			hiding({"Enabled": false, "RedirectTo": ["\"Rook\" [SMTP:rook@elsewhere.example]"]}),
		]),
		"Exchange's own hidden rules": hidden([
			hiding({"Name": "Junk E-mail Rule", "MoveToFolder": "Junk Email"}),
			hiding({"Name": "Microsoft.Exchange.OOF.InternalSenders.Global", "RedirectTo": null}),
		]),
		"a visible rule of the same name was judged": example.changed(
			visible([acting(
				{"forwardTo": [mail_to("s.vega@northwind.example")], "delete": true},
				{"conditions": {"subjectContains": ["desk"]}},
			)]),
			[{"hiddenInboxRules": example.read([hiding({
				"Name": "TO ME", "DeleteMessage": true,
				"ForwardTo": ["\"S Vega\" [EX:/o=northwind/cn=vega]"],
			})])}],
		),
		"a visible rule of the same name was judged, among others": example.changed(
			visible([deleting({}), acting({}, {"id": "AQAAAK", "displayName": "newsletters"})]),
			[{"hiddenInboxRules": example.read([
				hiding({"Name": "to me", "DeleteMessage": true}),
				hiding({"Name": "newsletters"}),
			])}],
		),
		"a visible rule of the same name forwards as much": beside(
			acting({"forwardTo": [mail_to("s.vega@northwind.example")]}, {}),
			[hiding({"Name": "to me", "ForwardTo": ["\"S Vega\" [EX:/o=northwind/cn=vega]"]})],
		),
		"a visible rule of the same name moves too": beside(
			moving("other"),
			[hiding({"Name": "to me", "MoveToFolder": "Done"})],
		),
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, case in {
		"forwards outside": visible([acting({"forwardTo": [mail_to("rook@elsewhere.example")]}, {})]),
		"redirects outside, among others": visible([acting(
			{"redirectTo": [mail_to("s.vega@northwind.example"), mail_to("rook@fabrikam.example")]},
			{"conditions": {"subjectContains": ["offer"]}},
		)]),
		"forwards outside as attachment": visible([acting(
			{"forwardAsAttachmentTo": [mail_to("rook@elsewhere.example")]},
			{},
		)]),
		"forwards outside though it is in error": visible([acting(
			{"forwardTo": [mail_to("rook@elsewhere.example")]},
			{"hasError": true},
		)]),
		"one rule of several": visible([
			acting({"forwardTo": [mail_to("s.vega@northwind.example")]}, {}),
			acting({"forwardTo": [mail_to("rook@elsewhere.example")]}, {"id": "AQAAAK"}),
		]),
		"half the rules are enough": example.changed(visible([]), [{"inboxRules": example.partial([acting(
			{"forwardTo": [mail_to("rook@elsewhere.example")]},
			{},
		)])}]),
		"half the domains are enough": example.changed(
			visible([acting({"forwardTo": [mail_to("rook@fabrikam.example")]}, {})]),
			[{"domains": example.partial({"fabrikam.example": {"id": "fabrikam.example", "isVerified": false}})}],
		),
		"deletes all mail": visible([acting({"delete": true}, {"conditions": {}})]),
		"deletes all mail for good": visible([acting({"permanentDelete": true}, {})]),
		"deletes all mail but some": visible([acting(
			{"delete": true},
			{"exceptions": {"subjectContains": ["keep"]}},
		)]),
		"deletes all mail on conditions that say nothing": visible([acting(
			{"delete": true},
			{"conditions": {"subjectContains": [], "hasAttachments": false, "importance": null, "withinSizeRange": {}}},
		)]),
		"moves all mail to Deleted Items": visible([moving("deleteditems")]),
		"moves all mail to Junk": visible([moving("junkemail")]),
		"moves all mail to RSS": visible([moving("rss")]),
		"moves all mail to Conversation History": visible([moving("conversationhistory")]),
		"moves all mail to Archive": visible([moving("archive")]),
		"hidden, forwards outside": hidden([hiding({"ForwardTo": ["\"Rook\" [SMTP:rook@elsewhere.example]"]})]),
		"hidden, redirects outside": hidden([hiding({"RedirectTo": ["\"Rook\" [smtp:Rook@Elsewhere.example]"]})]),
		"hidden, forwards outside as attachment": hidden([hiding({
			"ForwardAsAttachmentTo": ["\"Rook\" [SMTP:rook@elsewhere.example]"],
		})]),
		"hidden, and named like one of Exchange's own": hidden([hiding({
			"Name": "Junk E-mail Rule",
			"ForwardTo": ["\"Rook\" [SMTP:rook@elsewhere.example]"],
		})]),
		"hidden, and named like an automatic reply": hidden([hiding({
			"Name": "Microsoft.Exchange.OOF.InternalSenders.Global",
			"RedirectTo": ["\"Rook\" [SMTP:rook@elsewhere.example]"],
		})]),
		"hidden, as half of them show": example.changed(visible([]), [{"hiddenInboxRules": example.partial([hiding({
			"ForwardTo": ["\"Rook\" [SMTP:rook@elsewhere.example]"],
		})])}]),
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the rules were not read": {"domains": example.domains, "mailbox": example.mailbox_with({})},
		"half the rules": example.changed(visible([]), [{"inboxRules": example.partial([])}]),
		"half a soft-deleted mailbox": {"mailbox": example.partial({"mailboxState": "softDeleted"})},
		"a list that is none": example.changed(visible([]), [{"inboxRules": example.read(null)}]),
		"hidden, forwards to a domain of which it is not said": example.changed(
			hidden([hiding({"ForwardTo": ["\"Rook\" [SMTP:rook@northwind.example]"]})]),
			[{"domains": example.read({"northwind.example": {"id": "northwind.example", "isVerified": null}})}],
		),
		"hidden, moves beside a visible rule of another name": example.changed(
			hidden([hiding({"MoveToFolder": "RSS Feeds"})]),
			[{"inboxRules": example.read([acting({}, {})])}],
		),
		"its actions are null": visible([object.union(acting({}, {}), {"actions": null})]),
		"hidden, named like Exchange's own, deletes": hidden([hiding({"Name": "Junk E-mail Rule", "DeleteMessage": true})]),
		"hidden, named like a visible rule that is off": beside(
			acting({"delete": true}, {"isEnabled": false, "conditions": {"subjectContains": ["desk"]}}),
			[hiding({"Name": "to me", "DeleteMessage": true})],
		),
		"hidden, named like two visible rules": example.changed(
			visible([deleting({}), deleting({"id": "AQAAAK", "displayName": "To Me"})]),
			[{"hiddenInboxRules": example.read([hiding({"Name": "to me", "DeleteMessage": true})])}],
		),
		"hidden, named like none of the visible rules": beside(deleting({}), [hiding({"DeleteMessage": true})]),
		"hidden, named like a visible rule that does not delete": beside(
			acting({}, {}),
			[hiding({"Name": "to me", "DeleteMessage": true})],
		),
		"hidden, named like a visible rule that does not move": beside(
			acting({}, {}),
			[hiding({"Name": "to me", "MoveToFolder": "RSS Feeds"})],
		),
		"hidden, named like a visible rule that sends less": beside(
			acting({}, {}),
			[hiding({"Name": "to me", "ForwardTo": ["\"S Vega\" [EX:/o=northwind/cn=vega]"]})],
		),
		"hidden, two of one name beside one that is visible": beside(
			acting({"delete": true}, {"conditions": {"subjectContains": ["desk"]}}),
			[hiding({"Name": "to me", "DeleteMessage": true}), hiding({"Name": "To Me", "DeleteMessage": true})],
		),
		"hidden, without a name beside one without": beside(
			acting({"delete": true}, {"displayName": "", "conditions": {"subjectContains": ["desk"]}}),
			[hiding({"Name": "", "DeleteMessage": true})],
		),
		"the domains were not read": example.changed(visible([]), [{"domains": example.unknown}]),
		"the domains were read in part": example.changed(
			visible([acting({"forwardTo": [mail_to("rook@elsewhere.example")]}, {})]),
			[{"domains": example.partial({})}],
		),
		"forwards to something that is no address": visible([acting(
			{"forwardTo": [mail_to("/o=northwind/cn=rook")]},
			{},
		)]),
		"forwards to an address that is null": visible([acting({"forwardTo": [mail_to(null)]}, {})]),
		"forwards to somebody without an address": visible([acting({"forwardTo": [{}]}, {})]),
		"it is not said whether it runs": visible([acting({}, {"isEnabled": null})]),
		"moves all mail to a folder that was not read": visible([acting({"moveToFolder": "AAMkAD"}, {})]),
		"hidden, forwards to somebody inside by another name": hidden([hiding({
			"ForwardTo": ["\"S Vega\" [EX:/o=northwind/cn=vega]"],
		})]),
		"hidden, deletes on conditions that cannot be read": hidden([hiding({"DeleteMessage": true})]),
		"hidden, moves on conditions that cannot be read": hidden([hiding({"MoveToFolder": "RSS Feeds"})]),
		"hidden, and it is not said whether it runs": hidden([hiding({"Enabled": null})]),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_findings_name_each_rule if {
	case := example.changed(
		visible([
			acting(
				{"forwardTo": [mail_to("rook@elsewhere.example"), mail_to("s.vega@northwind.example")], "delete": true},
				{},
			),
			acting({"redirectTo": [mail_to("rook@fabrikam.example")]}, {"id": "AQAAAK", "displayName": null}),
		]),
		[{"hiddenInboxRules": example.read([hiding({"ForwardTo": [
			"\"Rook\" [SMTP:rook@elsewhere.example]",
			"\"Rook\" [SMTP:d.rook@elsewhere.example]",
		]})])}],
	)
	rule.findings == {
		{"resource": "AQAAAJ", "displayName": "to me", "sequence": 1, "sendsTo": ["rook@elsewhere.example"]},
		{"resource": "AQAAAJ", "displayName": "to me", "sequence": 1, "hides": "delete"},
		{"resource": "AQAAAK", "displayName": null, "sequence": 1, "sendsTo": ["rook@fabrikam.example"]},
		{"resource": "d.rook\\1", "Name": "quiet", "hidden": true, "sendsTo": ["d.rook@elsewhere.example"]},
	} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message == "Inbox rules send mail out or hide it: \"AQAAAK\", \"quiet\", \"to me\"."
	evidence := rule.evidence with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	evidence.inboxRules.enabled == 2
	evidence.hiddenInboxRules == {"hidden": 1}
}

test_words[want] if {
	some want, case in {
		"No visible rule does; hidden rules could not be read.": visible([]),
		"No verdict on 1 rule: a folder, recipient or condition could not be read.": hidden([hiding({
			"DeleteMessage": true,
		})]),
	}
	rule.message == want with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_no_words[name] if {
	some name, case in {
		"when nothing was read": {},
		"when hidden rules were read": hidden([]),
		"on the rules of a mailbox that is gone": example.changed(
			hidden([hiding({"DeleteMessage": true})]),
			[{"mailbox": example.soft_deleted_with({})}],
		),
	}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

visible(rules) := {
	"mailbox": example.mailbox_with({}),
	"inboxRules": example.read(rules),
	"domains": example.domains,
}

hidden(rules) := example.changed(visible([]), [{"hiddenInboxRules": example.read(rules)}])

acting(actions, properties) := object.union(
	{
		"id": "AQAAAJ",
		"displayName": "to me",
		"sequence": 1,
		"isEnabled": true,
		"hasError": false,
		"isReadOnly": false,
		"conditions": null,
		"exceptions": null,
		"actions": actions,
		"moveToFolderKind": null,
		"moveToFolderName": null,
	},
	properties,
)

deleting(properties) := acting(
	{"delete": true},
	object.union({"conditions": {"subjectContains": ["desk"]}}, properties),
)

moving(kind) := acting({"moveToFolder": "AAMkAD", "stopProcessingRules": true}, {"moveToFolderKind": kind})

hiding(properties) := object.union(
	{
		"Name": "quiet",
		"Identity": "d.rook\\1",
		"RuleIdentity": 1,
		"Enabled": true,
		"InError": false,
		"ForwardTo": [],
		"RedirectTo": [],
		"ForwardAsAttachmentTo": [],
		"DeleteMessage": false,
		"MoveToFolder": null,
		"StopProcessingRules": false,
		"Description": "",
	},
	properties,
)

mail_to(address) := {"emailAddress": {"name": "somebody", "address": address}}

beside(shown, hidden_rules) := example.changed(visible([shown]), [{"hiddenInboxRules": example.read(hidden_rules)}])
