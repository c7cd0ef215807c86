package checklist.access.mailbox_delegations_removed_test

import data.checklist.access.mailbox_delegations_removed as rule
import data.lib.example_test as example

test_pass[name] if {
	some name, value in {
		"no right anywhere": rights("all", [], []),
		"no right on a shared mailbox": rights("shared", [], []),
		"nobody knows whose": rights("all", [], [right({"trustee": "S-1-5-21-1"})]),
	}
	rule.status == "pass" with input as example.input_of({"delegations": example.read(value)})
}

test_fail[name] if {
	some name, fact in {
		"Full Access": example.read(rights("all", [right({})], [])),
		"Send As": example.read(rights("shared", [right({"right": "SendAs"})], [])),
		"Send on Behalf": example.read(rights("shared", [right({"right": "SendOnBehalf"})], [])),
		"half of it is enough": example.partial({"rows": [right({})]}),
	}
	rule.status == "fail" with input as example.input_of({"delegations": fact})
}

test_unknown[name] if {
	some name, fact in {
		"nothing was read": example.unknown,
		"half of it": example.partial(rights("all", [], [])),
		"not said where it was looked up": example.read({"rows": [], "unnamed": []}),
		"null, where it was looked up": example.read(rights(null, [], [])),
		"looked up nobody knows where": example.read(rights("some", [], [])),
		"no rows": example.read({"scope": "all", "unnamed": []}),
		"null for rows": example.read(rights("all", null, [])),
		"no list": example.read(rights("all", {}, [])),
		"not said what nobody can name": example.read({"scope": "all", "rows": []}),
		"null for what nobody can name": example.read(rights("all", [], null)),
		"the service has no such thing": example.absent,
	}
	rule.status == "unknown" with input as example.input_of({"delegations": fact})
}

test_words[want] if {
	some want, value in {
		"Rights on other mailboxes are left: b@northwind.example, sales@northwind.example.": rights(
			"all",
			[right({}), right({"right": "SendAs"}), right({"mailbox": "b@northwind.example"})],
			[],
		),
		concat(" ", [
			"Rights on other mailboxes are left: sales@northwind.example.",
			"Full Access and Send on Behalf were looked up on shared mailboxes only.",
			"1 right of a bare SID may be anybody's.",
		]): rights("shared", [right({})], [right({"trustee": "S-1-5-21-1"})]),
		"Full Access and Send on Behalf were looked up on shared mailboxes only.": rights("shared", [], []),
		"2 rights of a bare SID may be anybody's.": rights(
			"all",
			[],
			[right({"trustee": "S-1-5-21-1"}), right({"trustee": "S-1-5-21-2"})],
		),
	}
	rule.message == want with input as example.input_of({"delegations": example.read(value)})
}

test_no_words[name] if {
	some name, fact in {
		"on a pass": example.read(rights("all", [], [])),
		"when half was read": example.partial(rights("shared", [], [])),
	}
	not rule.message with input as example.input_of({"delegations": fact})
}

test_words_of_half if {
	case := {"delegations": example.partial({"rows": [right({})]})}
	message := rule.message with input as example.input_of(case)
	message == "Rights on other mailboxes are left: sales@northwind.example."
}

test_findings_and_evidence if {
	unnamed := [right({"trustee": "S-1-5-21-1"})]
	case := {"delegations": example.read(rights("all", [right({})], unnamed))}
	rule.findings == {{
		"resource": "sales@northwind.example", "right": "FullAccess", "mailbox": "sales@northwind.example",
		"mailboxType": "SharedMailbox", "trustee": "d.rook@northwind.example", "AccessRights": ["FullAccess"],
	}} with input as example.input_of(case)
	evidence := rule.evidence with input as example.input_of(case)
	evidence == {"delegations": {"scope": "all", "unnamed": unnamed}}
}

rights(scope, rows, unnamed) := {"scope": scope, "rows": rows, "unnamed": unnamed}

right(properties) := object.union(
	{
		"right": "FullAccess",
		"mailbox": "sales@northwind.example",
		"mailboxType": "SharedMailbox",
		"trustee": "d.rook@northwind.example",
		"AccessRights": ["FullAccess"],
	},
	properties,
)
