# METADATA
# title: The mail protocols are disabled
# description: |
#   No program can open the mailbox: ActiveSync, Outlook on the web, OWA for Devices, Outlook (MAPI), Outlook mobile,
#   Exchange Web Services, POP, IMAP and authenticated SMTP are off. Microsoft's page of 2020 names three of them, the
#   newer one most; SMTP AUTH and Outlook mobile are on neither. Of a shared mailbox, which its delegates open with
#   Outlook, only those are judged that delegates do not need: ActiveSync, OWA for Devices, POP, IMAP and SMTP AUTH. A
#   setting that the mailbox leaves to the organisation is the organisation's; where that says nothing either, the
#   rule is unknown. Exchange Web Services are off for everybody where the organisation switches them off. Judged for
#   live mailboxes.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-1
#     description: Step 1, prevent a former employee from signing in and block access
#   - ref: https://learn.microsoft.com/powershell/module/exchangepowershell/set-casmailbox
#     description: Set-CASMailbox
#   - ref: https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online
#     description: Clients and mobile in Exchange Online, with authenticated SMTP submission
# custom:
#   id: EML-001
#   scope: leaver
#   severity: high
#   states: [live, unread]
#   requires: [mailProtocols, organization]
#   uses: [mailbox]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 24
#   controls:
#     nist-800-53-r5:
#       - {id: "CM-7", confidence: medium}
#       - {id: "AC-17", confidence: low}
#       - {id: "AC-2(3)", confidence: low}
#     iso-27001-2022: [{id: "A.8.3", confidence: medium}]
#     cis-controls-8.1: [{id: "4.8", confidence: medium}]
#     cis-m365-7.0: [{id: "6.5.4", confidence: medium}, {id: "5.2.2.3", confidence: medium}]
#     soc2: [{id: "CC6.6", confidence: low}]
#     pci-dss-4.0: [{id: "2.2.4", confidence: low}]
#     scuba: [{id: "MS.EXO.5.1v1", confidence: medium}, {id: "MS.AAD.1.1v1", confidence: medium}]
#   remediation: |
#     Choose Manage email apps on the user's Mail tab in the Microsoft 365 admin centre and clear all of them
#     (Set-CASMailbox -ActiveSyncEnabled $false -OWAEnabled $false -OWAforDevicesEnabled $false -MAPIEnabled $false
#     -EwsEnabled $false -PopEnabled $false -ImapEnabled $false -OutlookMobileEnabled $false
#     -SmtpClientAuthenticationDisabled $true).
package checklist.email.protocols_disabled

import data.lib.mailboxes
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	no_live_mailbox
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mailProtocols.state == "read"
	input.facts.mailbox.state == "read"
	mailboxes.live
	every property in judged { property in off }
}

findings contains finding if {
	some property in on
	judged_here(property)
	finding := object.union({"resource": property}, proofs.values({"mailProtocols": [property]}))
}

# METADATA
# description: there is no mailbox in use here
# scope: document
no_live_mailbox if mailboxes.missing

no_live_mailbox if mailboxes.on_premises

no_live_mailbox if {
	input.facts.mailbox.state == "read"
	input.facts.mailbox.value.mailboxState in {"softDeleted", "inactive"}
}

no_live_mailbox if {
	input.facts.mailProtocols.state == "absent"
	not input.facts.mailbox.state == "read"
}

# METADATA
# description: what delegates do not need to open a mailbox, as people call it
without_delegates := {
	"ActiveSyncEnabled": "ActiveSync",
	"ImapEnabled": "IMAP",
	"OWAforDevicesEnabled": "OWA for Devices",
	"PopEnabled": "POP",
	"SmtpClientAuthenticationDisabled": "SMTP AUTH",
}

# METADATA
# description: all that can open a mailbox, as people call it
protocols := object.union(
	without_delegates,
	{
		"EwsEnabled": "Exchange Web Services",
		"MAPIEnabled": "MAPI",
		"OWAEnabled": "Outlook on the web",
		"OutlookMobileEnabled": "Outlook mobile",
	},
)

# METADATA
# description: the properties that are judged of this kind of mailbox
judged := object.keys(without_delegates) if {
	mailboxes.shared
} else := object.keys(protocols) if {
	mailboxes.not_shared
}

# METADATA
# description: the property is judged, of every kind of mailbox or of this one
# scope: document
judged_here(property) if property in object.keys(without_delegates)

judged_here(property) if property in judged

# METADATA
# description: the properties that leave a way in
# scope: document
on contains property if {
	some property in (object.keys(protocols) - {"EwsEnabled", "SmtpClientAuthenticationDisabled"})
	input.facts.mailProtocols.value[property] == true
}

on contains "EwsEnabled" if {
	input.facts.mailProtocols.value.EwsEnabled == true
	organisation_ews in {true, null}
}

on contains "EwsEnabled" if {
	is_null(input.facts.mailProtocols.value.EwsEnabled)
	organisation_ews == true
}

on contains "SmtpClientAuthenticationDisabled" if {
	input.facts.mailProtocols.value.SmtpClientAuthenticationDisabled == false
}

on contains "SmtpClientAuthenticationDisabled" if {
	is_null(input.facts.mailProtocols.value.SmtpClientAuthenticationDisabled)
	organisation_smtp_disabled == false
}

# METADATA
# description: the properties that leave none
# scope: document
off contains property if {
	some property in (object.keys(protocols) - {"SmtpClientAuthenticationDisabled"})
	input.facts.mailProtocols.value[property] == false
}

off contains "EwsEnabled" if organisation_ews == false

off contains "SmtpClientAuthenticationDisabled" if {
	input.facts.mailProtocols.value.SmtpClientAuthenticationDisabled == true
}

off contains "SmtpClientAuthenticationDisabled" if {
	is_null(input.facts.mailProtocols.value.SmtpClientAuthenticationDisabled)
	organisation_smtp_disabled == true
}

# METADATA
# description: the organisation's setting for Exchange Web Services
organisation_ews := data.tenant.facts.organization.value.OrganizationConfig.EwsEnabled

# METADATA
# description: the organisation's setting for authenticated SMTP
organisation_smtp_disabled := data.tenant.facts.organization.value.TransportConfig.SmtpClientAuthenticationDisabled

evidence := object.union(
	proofs.of({
		"mailProtocols": object.keys(protocols),
		"mailbox": ["mailboxState", "RecipientTypeDetails"],
		"organization": ["TransportConfig"],
	}),
	{"organization": {key: value |
		some key, value in data.tenant.facts.organization.value.OrganizationConfig
		key == "EwsEnabled"
	}},
)

missing contains "mailbox" if {
	status == "unknown"
	not input.facts.mailbox.state == "read"
}

message := $"Still on: {concat(", ", sort(words))}." if {
	status == "fail"
	words := {protocols[finding.resource] | some finding in findings}
} else := $"Neither the mailbox nor the organisation says whether these are off: {concat(", ", sort(words))}." if {
	status == "unknown"
	input.facts.mailProtocols.state == "read"
	data.tenant.facts.organization.state == "read"
	words := {name |
		some property, name in protocols
		property in judged
		not property in off
	}
	count(words) > 0
}
