package lib.recipients_test

import data.lib.example_test as example
import data.lib.recipients

# "reached" forwarded mail, "present" delegate, "gone", "empty" group, "inside", "outside", "unread"
test_sentences[name] if {
	some name, tc in {
		"enabled": {"who": example.recipient("user", {"accountEnabled": true}), "want": {"reached", "present", "inside"}},
		"disabled": {"who": example.recipient("user", {"accountEnabled": false}), "want": {"gone"}},
		"null": {"who": example.recipient("user", {}), "want": set()},
		"another leaver": {
			"who": example.recipient("user", {"accountEnabled": true, "isLeaver": true}),
			"want": {"gone"},
		},
		"a room": {
			"who": example.recipient("otherMailbox", {"accountEnabled": true}),
			"want": {"reached", "present", "inside"},
		},
		"a shared mailbox": {
			"who": example.recipient("sharedMailbox", {"accountEnabled": false}),
			"want": {"reached", "inside"},
		},
		"a group": {
			"who": example.recipient("group", {"hasEnabledMember": true, "hasOutsideMember": false}),
			"want": {"reached", "present", "inside"},
		},
		"an empty group": {
			"who": example.recipient("group", {"hasEnabledMember": false, "hasOutsideMember": false}),
			"want": {"empty", "inside"},
		},
		"a group with somebody outside": {
			"who": example.recipient("group", {"hasEnabledMember": true, "hasOutsideMember": true}),
			"want": {"reached", "present", "outside"},
		},
		"a group of which only half is known": {
			"who": example.recipient("group", {"hasEnabledMember": true}),
			"want": {"reached", "present"},
		},
		"an unread group": {"who": example.recipient("group", {}), "want": set()},
		"outside": {"who": example.recipient("outside", {}), "want": {"reached", "outside"}},
		"a contact inside": {
			"who": example.recipient("contact", {"ExternalEmailAddress": "SMTP:a@northwind.example"}),
			"want": {"reached", "inside"},
		},
		"a mail user outside": {
			"who": example.recipient("mailUser", {"ExternalEmailAddress": "SMTP:a@elsewhere.example"}),
			"want": {"reached", "outside"},
		},
		"a user with a group's property": {"who": example.recipient("user", {"hasEnabledMember": true}), "want": set()},
		"a user with a group's other property": {
			"who": example.recipient("user", {"hasEnabledMember": false}),
			"want": set(),
		},
		"a group with a user's property": {"who": example.recipient("group", {"accountEnabled": true}), "want": set()},
		"a user with a contact's property": {
			"who": example.recipient("user", {"ExternalEmailAddress": "SMTP:a@elsewhere.example"}),
			"want": set(),
		},
		"a user with a contact's property inside": {
			"who": example.recipient("user", {"ExternalEmailAddress": "SMTP:a@northwind.example"}),
			"want": set(),
		},
		"half read": {
			"who": example.partial(example.recipient("user", {"accountEnabled": true}).value),
			"want": {"unread"},
		},
		"absent": {"who": example.absent, "want": {"gone"}},
		"unread": {"who": example.unknown, "want": {"unread"}},
	}
	case := {"recipients": example.read({"who": tc.who}), "domains": example.domains}
	judged := union({
		{"reached" | recipients.reached("who")}, {"present" | recipients.present("who")},
		{"gone" | recipients.gone("who")}, {"empty" | recipients.empty_group("who")},
		{"inside" | recipients.stays_inside("who")}, {"outside" | recipients.leads_outside("who")},
		{"unread" | recipients.unread("who")},
	}) with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
	judged == tc.want
}

test_one_recipient_does_not_wait_for_the_others if {
	case := {"recipients": example.partial({
		"a": example.recipient("user", {"accountEnabled": true}),
		"b": example.recipient("user", {"accountEnabled": false}),
		"c": example.partial(example.recipient("user", {"accountEnabled": true}).value),
	})}
	recipients.reached("a") with input as example.input_of(case)
	recipients.gone("b") with input as example.input_of(case)
	recipients.unread("c") with input as example.input_of(case)
	not recipients.reached("c") with input as example.input_of(case)
	recipients.unread("d") with input as example.input_of(case)
}

test_named_leaves_out_who_was_not_read if {
	case := {"recipients": example.read({"a": example.absent})}
	recipients.named({"a", "b"}) == {"a": example.absent} with input as example.input_of(case)
	recipients.named({"a"}) == {} with input as example.input_of({})
}
