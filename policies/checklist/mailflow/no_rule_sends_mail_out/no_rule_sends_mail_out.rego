# METADATA
# title: No inbox rule sends mail out or hides it
# description: |
#   No enabled inbox rule forwards, redirects or forwards as attachment to an address outside the verified domains, on
#   any condition; and none deletes all mail, or moves all of it to Deleted Items, Junk, RSS, Conversation History or
#   Archive. A rule that has exceptions but no conditions is about all mail. Microsoft's page knows nothing of rules,
#   which go on working in a shared mailbox. Hidden rules are a fact of their own that may be unreadable: then a pass
#   says so. Their conditions cannot be read, so a hidden rule that deletes or moves mail, or sends it to a recipient
#   without a visible address, is unknown unless the visible rules have one of that name. The junk mail rule and those
#   of automatic replies are Exchange's own.
# related_resources:
#   - ref: https://learn.microsoft.com/graph/api/resources/messagerule
#     description: messageRule
#   - ref: https://learn.microsoft.com/defender-office-365/detect-and-remediate-outlook-rules-forms-attack
#     description: Detect and remediate Outlook rules
# custom:
#   id: FWD-006
#   scope: leaver
#   severity: critical
#   states: [live, deleted, unread]
#   requires: [inboxRules, domains]
#   uses: [mailbox, hiddenInboxRules]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
#   controls:
#     nist-800-53-r5: [{id: "AC-4", confidence: high}, {id: "SC-7", confidence: low}]
#     iso-27001-2022: [{id: "A.8.12", confidence: high}, {id: "A.5.14", confidence: medium}]
#     cis-controls-8.1: [{id: "3.3", confidence: low}]
#     cis-m365-7.0: [{id: "6.2.1", confidence: high}]
#     soc2: [{id: "CC6.7", confidence: medium}]
#     pci-dss-4.0: [{id: "7.2", confidence: low}]
#     hipaa: [{id: "164.312(e)(1)", confidence: low}]
#     scuba: [{id: "MS.EXO.1.1v2", confidence: high}]
#   remediation: |
#     Remove or disable the rule with Remove-InboxRule or Disable-InboxRule, or as a delegate under Mail > Rules in
#     Outlook on the web; the Microsoft 365 admin centre has no page for it.
package checklist.mailflow.no_rule_sends_mail_out

import data.lib.addresses
import data.lib.mailboxes
import data.lib.names
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	no_inbox
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.inboxRules.state == "read"
	data.tenant.facts.domains.state == "read"
	is_array(input.facts.inboxRules.value)
	count(undecided) == 0
}

findings contains finding if {
	some rule in enabled
	outside := {address | some address in sent_to(rule.actions); addresses.outside(address)}
	count(outside) > 0
	finding := object.union(proofs.about(rule, ["id"], ["displayName", "sequence"]), {"sendsTo": sort(outside)})
}

findings contains finding if {
	some rule in enabled
	unconditional(rule)
	hiding := hides(rule)
	finding := object.union(proofs.about(rule, ["id"], ["displayName", "sequence"]), {"hides": hiding})
}

findings contains finding if {
	some rule in hidden
	rule.Enabled == true
	outside := {address | some address in hidden_sent_to(rule); addresses.outside(address)} - visibly_sent_to
	count(outside) > 0
	finding := object.union(
		proofs.about(rule, ["RuleIdentity", "Identity", "Name"], ["Name"]),
		{"hidden": true, "sendsTo": sort(outside)},
	)
}

# METADATA
# description: no live mailbox in which a rule could run
# scope: document
no_inbox if input.facts.inboxRules.state == "absent"

no_inbox if mailboxes.missing

no_inbox if {
	input.facts.mailbox.state == "read"
	input.facts.mailbox.value.mailboxState in {"softDeleted", "inactive"}
}

# METADATA
# description: the rules that run
enabled contains rule if {
	some rule in input.facts.inboxRules.value
	rule.isEnabled == true
}

# METADATA
# description: where the actions of a rule send mail
sent_to(actions) := {recipient.emailAddress.address |
	some action in ["forwardTo", "redirectTo", "forwardAsAttachmentTo"]
	some recipient in recipients(actions, action)
}

# METADATA
# description: the recipients of one action, none if the rule does not have it
recipients(actions, action) := actions[action] if {
	is_array(actions[action])
} else := []

# METADATA
# description: where visible rules send mail
visibly_sent_to contains addresses.plain(address) if {
	some rule in enabled
	some address in sent_to(rule.actions)
}

# METADATA
# description: the rule has no condition that holds mail back; exceptions do not count
unconditional(rule) if not conditional(rule)

# METADATA
# description: the rule has a condition that says something
conditional(rule) if {
	some condition in rule.conditions
	not condition in [null, false, "", [], {}]
}

# METADATA
# description: how the rule gets mail out of sight
hides(rule) := "permanentDelete" if rule.actions.permanentDelete == true

else := "delete" if rule.actions.delete == true

else := rule.moveToFolderKind if {
	rule.moveToFolderKind in {"deleteditems", "junkemail", "rss", "conversationhistory", "archive"}
}

# METADATA
# description: the hidden rules that are not Exchange's own
hidden contains rule if {
	some rule in input.facts.hiddenInboxRules.value
	not own(rule)
}

# METADATA
# description: a rule that Exchange keeps for itself, and that does nothing that somebody could have made it do
own(rule) if {
	own_name(names.fold(rule.Name))
	not rule.DeleteMessage == true
	every action in ["ForwardTo", "RedirectTo", "ForwardAsAttachmentTo"] { count(recipients(rule, action)) == 0 }
}

# METADATA
# description: the names of Exchange's own rules; anybody can give them to a rule
# scope: document
own_name("junk e-mail rule")

own_name(name) if startswith(name, "microsoft.exchange.oof.")

# METADATA
# description: where a hidden rule sends mail, as far as it shows an address
hidden_sent_to(rule) := {addresses.plain(match[1]) |
	some action in ["ForwardTo", "RedirectTo", "ForwardAsAttachmentTo"]
	some recipient in rule[action]
	some match in regex.find_all_string_submatch_n(`(?i)\[SMTP:([^\]]+)\]`, recipient, -1)
}

# METADATA
# description: the rules of which it cannot be said whether they are harmless
# scope: document
undecided contains rule if {
	some rule in input.facts.inboxRules.value
	not decided(rule)
}

undecided contains rule if {
	some rule in hidden
	not visible(rule)
	not hidden_decided(rule)
}

# METADATA
# description: everything that matters about the rule was read
# scope: document
decided(rule) if rule.isEnabled == false

decided(rule) if {
	rule.isEnabled == true
	is_object(rule.actions)
	every action in ["forwardTo", "redirectTo", "forwardAsAttachmentTo"] {
		every recipient in recipients(rule.actions, action) { addresses.inside(recipient.emailAddress.address) }
	}
	where_to_read(rule)
}

# METADATA
# description: where the rule moves mail was read, or does not matter
# scope: document
where_to_read(rule) if conditional(rule)

where_to_read(rule) if is_string(rule.moveToFolderKind)

where_to_read(rule) if not moves(rule)

# METADATA
# description: the rule moves mail to a folder
moves(rule) if names.given(rule.actions.moveToFolder)

# METADATA
# description: |
#   the one visible rule of that name, which runs and was judged with its conditions and addresses; a name shared
#   with another rule, or worn by one that does more, proves nothing
visible(hidden_rule) if {
	names.given(hidden_rule.Name)
	count([rule | some rule in input.facts.hiddenInboxRules.value; same_name(rule.Name, hidden_rule.Name)]) == 1
	namesakes := [rule | some rule in enabled; same_name(rule.displayName, hidden_rule.Name)]
	count(namesakes) == 1
	not does_more(hidden_rule, namesakes[0])
}

# METADATA
# description: two names that people would take for one
same_name(first, second) if names.fold(first) == names.fold(second)

# METADATA
# description: the hidden rule does something that the visible one does not
# scope: document
does_more(hidden_rule, rule) if {
	hidden_rule.DeleteMessage == true
	not hides(rule)
}

does_more(hidden_rule, rule) if {
	names.given(hidden_rule.MoveToFolder)
	not moves(rule)
}

does_more(hidden_rule, rule) if {
	some hidden_action, action in {
		"ForwardTo": "forwardTo",
		"RedirectTo": "redirectTo",
		"ForwardAsAttachmentTo": "forwardAsAttachmentTo",
	}
	count(recipients(hidden_rule, hidden_action)) > count(recipients(rule.actions, action))
}

# METADATA
# description: what is known of the hidden rule shows it harmless
# scope: document
hidden_decided(rule) if rule.Enabled == false

hidden_decided(rule) if {
	rule.Enabled == true
	rule.DeleteMessage in {false, null}
	names.none(rule.MoveToFolder)
	every action in ["ForwardTo", "RedirectTo", "ForwardAsAttachmentTo"] {
		every recipient in rule[action] { inside_recipient(recipient) }
	}
}

# METADATA
# description: the recipient of a hidden rule shows an address inside
inside_recipient(recipient) if {
	some match in regex.find_all_string_submatch_n(`(?i)\[SMTP:([^\]]+)\]`, recipient, -1)
	addresses.inside(match[1])
}

evidence := object.union(
	proofs.of({"mailbox": ["mailboxState"]}),
	{
		"inboxRules": {"enabled": count(enabled), "sendTo": sort(visibly_sent_to)},
		"hiddenInboxRules": {"hidden": count(hidden)},
	},
)

message := $"Inbox rules send mail out or hide it: {concat(", ", sort(named))}." if {
	status == "fail"
} else := "No visible rule does; hidden rules could not be read." if {
	status == "pass"
	not input.facts.hiddenInboxRules.state == "read"
} else := $"No verdict on {rules}: a folder, recipient or condition could not be read." if {
	rules := names.counted(count(undecided), "rule")
	status == "unknown"
	count(undecided) > 0
}

# METADATA
# description: the names of the rules that are wrong
named contains $"\"{proofs.key(finding, ["displayName", "Name", "resource"])}\"" if some finding in findings
