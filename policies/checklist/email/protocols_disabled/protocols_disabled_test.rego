package checklist.email.protocols_disabled_test

import data.checklist.email.protocols_disabled as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"no mailbox": {"mailbox": example.absent, "mailProtocols": example.absent, "organization": settings({})},
		"no mailbox, and the protocols were not read": {"mailbox": example.absent},
		"no live mailbox, and the mailbox was not read": {"mailProtocols": example.absent},
		"no live mailbox, and half the mailbox was read": {
			"mailProtocols": example.absent,
			"mailbox": example.partial(example.mailbox),
		},
		"on-premises": closed({"mailbox": example.mailbox_with({"RecipientTypeDetails": "RemoteUserMailbox"})}),
		"soft-deleted": closed({"mailbox": example.soft_deleted_with({})}),
		"inactive": closed({"mailbox": example.inactive_with({}), "mailProtocols": with_protocols({"PopEnabled": true})}),
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_pass[name] if {
	some name, case in {
		"all off": closed({}),
		"Exchange Web Services are off for everybody": closed({
			"mailProtocols": with_protocols({"EwsEnabled": true}),
			"organization": settings({"EwsEnabled": false}),
		}),
		"Exchange Web Services are left to the organisation": closed({
			"mailProtocols": with_protocols({"EwsEnabled": null}),
			"organization": settings({"EwsEnabled": false}),
		}),
		"SMTP AUTH is left to the organisation": closed({
			"mailProtocols": with_protocols({"SmtpClientAuthenticationDisabled": null}),
			"organization": settings({"SmtpClientAuthenticationDisabled": true}),
		}),
		"SMTP AUTH is on for the organisation but off here": closed({
			"organization": settings({"SmtpClientAuthenticationDisabled": false}),
		}),
		"a shared mailbox that its delegates open": closed({
			"mailbox": example.shared_with({}),
			"mailProtocols": delegates_open,
		}),
		"a room": closed({"mailbox": example.mailbox_with({"RecipientTypeDetails": "RoomMailbox"})}),
		"what is not on the list": closed({"mailProtocols": with_protocols({
			"OneWinNativeOutlookEnabled": true, "MacOutlookEnabled": true,
			"UniversalOutlookEnabled": true, "ECPEnabled": true,
		})}),
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, case in {
		"ActiveSync": opened({"ActiveSyncEnabled": true}),
		"Outlook on the web": opened({"OWAEnabled": true}),
		"OWA for Devices": opened({"OWAforDevicesEnabled": true}),
		"MAPI": opened({"MAPIEnabled": true}),
		"Exchange Web Services": opened({"EwsEnabled": true}),
		"POP": opened({"PopEnabled": true}),
		"IMAP": opened({"ImapEnabled": true}),
		"Outlook mobile": opened({"OutlookMobileEnabled": true}),
		"SMTP AUTH": opened({"SmtpClientAuthenticationDisabled": false}),
		"SMTP AUTH, and the organisation was not read": object.union(
			opened({"SmtpClientAuthenticationDisabled": false}),
			{"organization": example.unknown},
		),
		"Exchange Web Services, which the organisation switches on": closed({
			"mailProtocols": with_protocols({"EwsEnabled": true}),
			"organization": settings({"EwsEnabled": true}),
		}),
		"Exchange Web Services, which the mailbox leaves to the organisation": closed({
			"mailProtocols": with_protocols({"EwsEnabled": null}),
			"organization": settings({"EwsEnabled": true}),
		}),
		"SMTP AUTH, which the mailbox leaves to the organisation": closed({
			"mailProtocols": with_protocols({"SmtpClientAuthenticationDisabled": null}),
			"organization": settings({"SmtpClientAuthenticationDisabled": false}),
		}),
		"POP of a shared mailbox": closed({
			"mailbox": example.shared_with({}),
			"mailProtocols": with_protocols({"PopEnabled": true}),
		}),
		"Outlook on the web of a room": closed({
			"mailbox": example.mailbox_with({"RecipientTypeDetails": "RoomMailbox"}),
			"mailProtocols": with_protocols({"OWAEnabled": true}),
		}),
		"as half the protocols show": closed({"mailProtocols": example.partial({"PopEnabled": true})}),
		"as half the mailbox shows": closed({
			"mailbox": example.partial({"RecipientTypeDetails": "UserMailbox"}),
			"mailProtocols": with_protocols({"OWAEnabled": true}),
		}),
		"POP, whatever the kind of the mailbox": closed({
			"mailbox": example.unknown,
			"mailProtocols": with_protocols({"PopEnabled": true}),
		}),
		"POP of a mailbox of no kind": closed({
			"mailbox": example.mailbox_with({"RecipientTypeDetails": null}),
			"mailProtocols": with_protocols({"PopEnabled": true}),
		}),
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the protocols were not read": closed({"mailProtocols": example.unknown}),
		"half the protocols": closed({"mailProtocols": example.partial(protocols)}),
		"the mailbox was not read": closed({"mailbox": example.unknown}),
		"half the mailbox": closed({"mailbox": example.partial(example.mailbox)}),
		"half a soft-deleted mailbox": closed({"mailbox": example.partial({"mailboxState": "softDeleted"})}),
		"a live mailbox without protocols": closed({"mailProtocols": example.absent}),
		"a mailbox in no state": closed({"mailbox": example.read(object.remove(example.mailbox, ["mailboxState"]))}),
		"a mailbox of no kind": closed({"mailbox": example.mailbox_with({"RecipientTypeDetails": null})}),
		"Outlook on the web of a mailbox of no kind": closed({
			"mailbox": example.mailbox_with({"RecipientTypeDetails": null}),
			"mailProtocols": with_protocols({"OWAEnabled": true}),
		}),
		"Outlook on the web, and the mailbox was not read": closed({
			"mailbox": example.unknown,
			"mailProtocols": with_protocols({"OWAEnabled": true}),
		}),
		"a protocol that is null": closed({"mailProtocols": with_protocols({"ImapEnabled": null})}),
		"a protocol that was not answered": closed({"mailProtocols": example.read(object.remove(
			protocols,
			["OutlookMobileEnabled"],
		))}),
		"SMTP AUTH was not answered": closed({"mailProtocols": example.read(object.remove(
			protocols,
			["SmtpClientAuthenticationDisabled"],
		))}),
		"Exchange Web Services were not answered, and are on for the organisation": closed({
			"mailProtocols": example.read(object.remove(protocols, ["EwsEnabled"])),
			"organization": settings({"EwsEnabled": true}),
		}),
		"Exchange Web Services, of which nobody says anything": closed({
			"mailProtocols": with_protocols({"EwsEnabled": null}),
		}),
		"Exchange Web Services are on here, and the organisation was not read": closed({
			"mailProtocols": with_protocols({"EwsEnabled": true}),
			"organization": example.unknown,
		}),
		"SMTP AUTH, of which nobody says anything": closed({
			"mailProtocols": with_protocols({"SmtpClientAuthenticationDisabled": null}),
			"organization": settings({"SmtpClientAuthenticationDisabled": null}),
		}),
		"SMTP AUTH is left to the organisation, which was not read": closed({
			"mailProtocols": with_protocols({"SmtpClientAuthenticationDisabled": null}),
			"organization": example.unknown,
		}),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_each_protocol_is_needed_for_a_pass[property] if {
	some property, _ in protocols
	case := closed({"mailProtocols": example.read(object.remove(protocols, [property]))})
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_a_shared_mailbox_needs_the_shorter_list[property] if {
	some property in [
		"ActiveSyncEnabled", "ImapEnabled", "OWAforDevicesEnabled", "PopEnabled",
		"SmtpClientAuthenticationDisabled",
	]
	case := closed({
		"mailbox": example.shared_with({}),
		"mailProtocols": example.read(object.remove(protocols, [property])),
	})
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_findings_name_each_protocol if {
	case := opened({"PopEnabled": true, "OWAEnabled": true, "SmtpClientAuthenticationDisabled": false})
	rule.findings == {
		{"resource": "PopEnabled", "PopEnabled": true},
		{"resource": "OWAEnabled", "OWAEnabled": true},
		{"resource": "SmtpClientAuthenticationDisabled", "SmtpClientAuthenticationDisabled": false},
	} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	rule.message == "Still on: Outlook on the web, POP, SMTP AUTH." with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
	rule.evidence.organization == {
		"EwsEnabled": null,
		"TransportConfig": {"SmtpClientAuthenticationDisabled": true},
	} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	rule.evidence.mailProtocols.PopEnabled == true with input as example.input_of(case)
		with data.tenant as example.tenant_of(case)
}

test_words_when_nobody_says_anything if {
	case := closed({"mailProtocols": with_protocols({"EwsEnabled": null, "PopEnabled": null})})
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	endswith(message, "says whether these are off: Exchange Web Services, POP.")
}

test_words_only_about_what_is_judged_of_a_shared_mailbox if {
	case := closed({
		"mailbox": example.shared_with({}),
		"mailProtocols": with_protocols({"OWAEnabled": null, "PopEnabled": null}),
	})
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	endswith(message, "says whether these are off: POP.")
}

test_no_words[name] if {
	some name, case in {
		"on a pass": closed({}),
		"when the protocols were not read": closed({"mailProtocols": example.partial({"PopEnabled": null})}),
		"when the organisation was not read": closed({
			"mailProtocols": with_protocols({"EwsEnabled": null}),
			"organization": example.unknown,
		}),
		"when the mailbox was not read": closed({"mailbox": example.unknown}),
		"when the mailbox is not live": closed({
			"mailbox": example.soft_deleted_with({}),
			"mailProtocols": with_protocols({"PopEnabled": null}),
		}),
	}
	not rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_missing[name] if {
	some name, tc in {
		"the mailbox": {"case": closed({"mailbox": example.unknown}), "want": {"mailbox"}},
		"nothing of a mailbox that was read": {
			"case": closed({"mailProtocols": with_protocols({"PopEnabled": null})}),
			"want": set(),
		},
		"nothing when it fails anyway": {
			"case": closed({"mailbox": example.unknown, "mailProtocols": with_protocols({"PopEnabled": true})}),
			"want": set(),
		},
	}
	rule.missing == tc.want with input as example.input_of(tc.case) with data.tenant as example.tenant_of(tc.case)
}

closed(changes) := example.changed(
	{
		"mailbox": example.mailbox_with({}),
		"mailProtocols": example.read(protocols),
		"organization": settings({}),
	},
	[changes],
)

opened(properties) := closed({"mailProtocols": with_protocols(properties)})

delegates_open := with_protocols({
	"OWAEnabled": true, "MAPIEnabled": true, "EwsEnabled": true,
	"OutlookMobileEnabled": true,
})

with_protocols(properties) := example.read(object.union(protocols, properties))

protocols := {
	"ActiveSyncEnabled": false,
	"OWAEnabled": false,
	"OWAforDevicesEnabled": false,
	"MAPIEnabled": false,
	"EwsEnabled": false,
	"PopEnabled": false,
	"ImapEnabled": false,
	"OutlookMobileEnabled": false,
	"SmtpClientAuthenticationDisabled": true,
}

settings(properties) := example.read({
	"OrganizationConfig": object.union(
		{"EwsEnabled": null, "AuditDisabled": false},
		object.filter(properties, ["EwsEnabled"]),
	),
	"TransportConfig": object.union(
		{"SmtpClientAuthenticationDisabled": true},
		object.filter(properties, ["SmtpClientAuthenticationDisabled"]),
	),
})
