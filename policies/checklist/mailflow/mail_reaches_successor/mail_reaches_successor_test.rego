package checklist.mailflow.mail_reaches_successor_test

import data.checklist.mailflow.mail_reaches_successor as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"it was agreed that the mail need not reach anyone": {"leaver": {"mailHandling": "none"}},
		"there never was a mailbox": {
			"mailbox": example.absent,
			"account": example.account_with({"mail": null, "proxyAddresses": []}),
		},
		"on-premises": {"mailbox": example.mailbox_with({"RecipientTypeDetails": "RemoteUserMailbox"})},
	}
	rule.status == "not_applicable" with input as example.input_of(case)
}

test_pass[name] if {
	some name, case in {
		"forwarded to a colleague": forwarded(example.recipient("user", {"accountEnabled": true})),
		"whatever the case of the address": example.changed(
			forwarded(example.recipient("user", {"accountEnabled": true})),
			[{"mailbox": example.mailbox_with({"ForwardingSmtpAddress": "smtp:S.Vega@Northwind.example"})}],
		),
		"forwarded by name": {
			"mailbox": example.mailbox_with({"ForwardingAddress": "Vega, S"}),
			"permissions": example.read([]),
			"recipients": example.read({"vega, s": example.recipient("user", {"accountEnabled": true})}),
		},
		"forwarded to a shared mailbox, whose account is disabled": forwarded(example.recipient(
			"sharedMailbox",
			{"accountEnabled": false},
		)),
		"forwarded to a group in which somebody is enabled": forwarded(example.recipient(
			"group",
			{"hasEnabledMember": true},
		)),
		"forwarded outside": forwarded(example.recipient("outside", {})),
		"forwarded to a contact": forwarded(example.recipient("contact", {})),
		"shared, with a delegate": delegated("FullAccess", example.recipient("user", {"accountEnabled": true})),
		"shared, with a group of delegates": delegated("FullAccess", example.recipient("group", {"hasEnabledMember": true})),
		"a user mailbox that forwards, with delegates that are gone": example.changed(
			forwarded(example.recipient("user", {"accountEnabled": true})),
			[{"permissions": granted("FullAccess", "gone@northwind.example")}],
		),
	}
	rule.status == "pass" with input as example.input_of(case)
}

test_fail[name] if {
	some name, case in {
		"nothing is arranged": {"mailbox": example.mailbox_with({}), "permissions": example.read([])},
		"nothing is arranged, and permissions were not read": {"mailbox": example.mailbox_with({})},
		"nothing is arranged, as half a mailbox shows": {"mailbox": example.partial({
			"mailboxState": "live", "RecipientTypeDetails": "UserMailbox",
			"ForwardingAddress": null, "ForwardingSmtpAddress": null,
		})},
		"nothing is arranged, though a delegate has access": {
			"mailbox": example.mailbox_with({}),
			"permissions": granted("FullAccess", "s.vega@northwind.example"),
			"recipients": example.read({"s.vega@northwind.example": example.recipient("user", {"accountEnabled": true})}),
		},
		"forwarded to a disabled colleague": forwarded(example.recipient("user", {"accountEnabled": false})),
		"forwarded to nobody": forwarded(example.absent),
		"forwarded to another leaver": forwarded(example.recipient("user", {"accountEnabled": true, "isLeaver": true})),
		"forwarded to a group in which nobody is enabled": forwarded(example.recipient(
			"group",
			{"hasEnabledMember": false},
		)),
		"the address that wins is gone": {
			"mailbox": example.mailbox_with({
				"ForwardingAddress": "gone",
				"ForwardingSmtpAddress": "smtp:s.vega@northwind.example",
			}),
			"permissions": example.read([]),
			"recipients": example.read({
				"gone": example.absent,
				"s.vega@northwind.example": example.recipient("user", {"accountEnabled": true}),
			}),
		},
		"shared, without delegates": {"mailbox": example.shared_with({}), "permissions": example.read([])},
		"shared, and its delegate is disabled": delegated("FullAccess", example.recipient("user", {"accountEnabled": false})),
		"shared, and its delegate is another leaver": delegated(
			"FullAccess",
			example.recipient("user", {"accountEnabled": true, "isLeaver": true}),
		),
		"shared, and its delegate is gone": delegated("FullAccess", example.absent),
		"shared, and nobody in the group is enabled": delegated(
			"FullAccess",
			example.recipient("group", {"hasEnabledMember": false}),
		),
		"shared, with Send As alone": delegated("SendAs", example.recipient("user", {"accountEnabled": true})),
		"inactive": {"mailbox": example.inactive_with({}), "permissions": example.absent},
		"soft-deleted": {"mailbox": example.soft_deleted_with({}), "permissions": example.absent},
	}
	rule.status == "fail" with input as example.input_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the mailbox was not read": {"permissions": example.read([])},
		"permissions were not read": example.changed(
			forwarded(example.recipient("user", {"accountEnabled": true})),
			[{"permissions": example.unknown}],
		),
		"permissions of a shared mailbox were not read": {"mailbox": example.shared_with({})},
		"permissions of a shared mailbox were read in part": {
			"mailbox": example.shared_with({}),
			"permissions": example.partial([]),
		},
		"recipients were not read": example.changed(forwarded(example.absent), [{"recipients": example.unknown}]),
		"half of the recipients, and this one not": example.changed(forwarded(example.absent), [{
			"recipients": example.partial({"r.holm@northwind.example": example.recipient("user", {"accountEnabled": true})}),
		}]),
		"the recipient was not read": forwarded(example.unknown),
		"the recipient is not listed": example.changed(forwarded(example.absent), [{"recipients": example.read({})}]),
		"the recipient's account is null": forwarded(example.recipient("user", {"accountEnabled": null})),
		"the group's members were not read": forwarded(example.recipient("group", {"hasEnabledMember": null})),
		"the delegate was not read": delegated("FullAccess", example.unknown),
		"half a mailbox": example.changed(
			forwarded(example.recipient("user", {"accountEnabled": true})),
			[{"mailbox": example.partial({
				"mailboxState": "live", "ForwardingAddress": null,
				"ForwardingSmtpAddress": "smtp:s.vega@northwind.example",
			})}],
		),
		"half a mailbox does not say which address wins": example.changed(
			forwarded(example.recipient("user", {"accountEnabled": false})),
			[{"mailbox": example.partial({
				"mailboxState": "live", "RecipientTypeDetails": "UserMailbox",
				"ForwardingSmtpAddress": "smtp:s.vega@northwind.example",
			})}],
		),
		"gone although the account has addresses": {
			"mailbox": example.absent,
			"account": example.account_with({}), "permissions": example.absent,
		},
		"gone, and the account was not read": {"mailbox": example.absent, "permissions": example.absent},
		"it is not said where the mailbox is": nowhere(forwarded(example.recipient("user", {"accountEnabled": true}))),
		"a kind that is null, with a delegate": example.changed(
			delegated("FullAccess", example.recipient("user", {"accountEnabled": true})),
			[{"mailbox": example.mailbox_with({"RecipientTypeDetails": null})}],
		),
		"a kind that is null, without delegates": {
			"mailbox": example.mailbox_with({"RecipientTypeDetails": null}),
			"permissions": example.read([]),
		},
	}
	rule.status == "unknown" with input as example.input_of(case)
}

test_missing[name] if {
	some name, tc in {
		"the account": {"case": {"mailbox": example.absent}, "want": {"account"}},
		"who the mail is forwarded to": {"case": forwarded(example.unknown), "want": {"recipients"}},
		"who the delegate is": {"case": delegated("FullAccess", example.unknown), "want": {"recipients"}},
		"nothing, when it fails anyway": {
			"case": example.changed(
				delegated("FullAccess", example.unknown),
				[{"mailbox": example.inactive_with({"RecipientTypeDetails": "SharedMailbox", "ForwardingAddress": "x"})}],
			),
			"want": set(),
		},
		"nothing, when one delegate is there and another was not read": {
			"case": {
				"mailbox": example.shared_with({}),
				"permissions": example.read([
					{"User": "a@northwind.example", "AccessRights": ["FullAccess"]},
					{"User": "b@northwind.example", "AccessRights": ["FullAccess"]},
				]),
				"recipients": example.read({
					"a@northwind.example": example.recipient("user", {"accountEnabled": true}),
					"b@northwind.example": example.unknown,
				}),
			},
			"want": set(),
		},
		"nothing of the recipients, when the permissions are missing": {
			"case": example.changed(
				delegated("FullAccess", example.recipient("user", {"accountEnabled": true})),
				[{"permissions": example.unknown}],
			),
			"want": set(),
		},
		"nothing of the recipient that was read without its account": {
			"case": forwarded(example.recipient("user", {})),
			"want": set(),
		},
		"nothing of the delegate that was read without an account": {
			"case": delegated("FullAccess", example.recipient("user", {})),
			"want": set(),
		},
		"nothing of a user mailbox's delegates": {
			"case": example.changed(
				forwarded(example.recipient("user", {})),
				[{"permissions": granted("FullAccess", "b@northwind.example")}],
			),
			"want": set(),
		},
		"nothing": {"case": forwarded(example.recipient("outside", {})), "want": set()},
		"no account, when it was agreed": {
			"case": {"leaver": {"mailHandling": "none"}, "mailbox": example.absent},
			"want": set(),
		},
		"no recipients, when it was agreed": {
			"case": example.changed(forwarded(example.unknown), [{"leaver": {"mailHandling": "none"}}]),
			"want": set(),
		},
		"no recipients of a mailbox of which it is not said where it is": {
			"case": nowhere(forwarded(example.unknown)),
			"want": set(),
		},
		"no delegates of a mailbox of which it is not said where it is": {
			"case": nowhere(delegated("FullAccess", example.unknown)),
			"want": set(),
		},
	}
	rule.missing == tc.want with input as example.input_of(tc.case)
}

test_words[want] if {
	some want, case in {
		"The mailbox is deleted or inactive: mail to the leaver reaches nobody.": {"mailbox": example.inactive_with({})},
		"Nothing is forwarded, and the mailbox is not shared.": {"mailbox": example.mailbox_with({})},
		"The shared mailbox has no enabled delegate.": {
			"mailbox": example.shared_with({}),
			"permissions": example.read([]),
		},
		"Mail is forwarded to s.vega@northwind.example, who is disabled.": forwarded(example.recipient(
			"user",
			{"accountEnabled": false},
		)),
		"Mail is forwarded to s.vega@northwind.example, a group in which nobody is enabled.": forwarded(example.recipient(
			"group",
			{"hasEnabledMember": false},
		)),
	}
	rule.message == want with input as example.input_of(case)
}

test_no_words[name] if {
	some name, case in {
		"on a pass": forwarded(example.recipient("user", {"accountEnabled": true})),
		"when it was agreed": {"leaver": {"mailHandling": "none"}, "mailbox": example.inactive_with({})},
		"when it was agreed, of a live mailbox": {"leaver": {"mailHandling": "none"}, "mailbox": example.mailbox_with({})},
		"when it was agreed, of a shared mailbox": {"leaver": {"mailHandling": "none"}, "mailbox": example.shared_with({})},
		"when it was agreed, of one that forwards": example.changed(
			forwarded(example.absent),
			[{"leaver": {"mailHandling": "none"}}],
		),
	}
	not rule.message with input as example.input_of(case)
}

test_findings if {
	case := forwarded(example.recipient("user", {"accountEnabled": false}))
	rule.findings == {{
		"resource": "ForwardingAddress", "FullAccess": [], "RecipientTypeDetails": "UserMailbox",
		"ForwardingAddress": null, "ForwardingSmtpAddress": "smtp:s.vega@northwind.example",
	}} with input as example.input_of(case)
	evidence := rule.evidence with input as example.input_of(case)
	evidence.recipients["s.vega@northwind.example"].value.accountEnabled == false
}

test_findings_when_nothing_is_received if {
	rule.findings == {{"resource": "mailboxState", "mailboxState": "inactive"}} with input as example.input_of({
		"mailbox": example.inactive_with({}),
	})
}

forwarded(recipient) := {
	"mailbox": example.mailbox_with({"ForwardingSmtpAddress": "smtp:s.vega@northwind.example"}),
	"permissions": example.read([]),
	"recipients": example.read({"s.vega@northwind.example": recipient}),
}

delegated(right, recipient) := {
	"mailbox": example.shared_with({}),
	"permissions": granted(right, "S.Vega@northwind.example"),
	"recipients": example.read({"s.vega@northwind.example": recipient}),
}

nowhere(case) := example.changed(case, [{"mailbox": example.read(object.remove(case.mailbox.value, ["mailboxState"]))}])

granted(right, user) := example.read([{
	"User": user, "AccessRights": [right],
	"IsInherited": false, "Deny": false, "InheritanceType": "All",
}])
