# METADATA
# title: Every mobile device is blocked
# description: |
#   Every Exchange mobile device is blocked: its `DeviceAccessState` is Blocked, or the mailbox lists its id in
#   `ActiveSyncBlockedDeviceIDs`. Microsoft's page blocks the device after wiping it. Quarantine is no block, and
#   neither is ActiveSync switched off, which leaves Outlook and the next change of protocol settings.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-3
#     description: Step 3, wipe and block a former employee's mobile device
#   - ref: https://learn.microsoft.com/powershell/module/exchangepowershell/set-casmailbox
#     description: Set-CASMailbox, ActiveSyncBlockedDeviceIDs
# custom:
#   id: DEV-002
#   scope: leaver
#   severity: high
#   states: [live, deleted, unread]
#   requires: [mobileDevices, mailProtocols]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 24
#   controls:
#     nist-800-53-r5:
#       - {id: "PS-4(d)", confidence: high}
#       - {id: "AC-19", confidence: medium}
#       - {id: "AC-7(2)", confidence: low}
#     iso-27001-2022: [{id: "A.8.1", confidence: high}]
#     cis-controls-8.1: [{id: "4.11", confidence: high}, {id: "1.1", confidence: low}]
#     cis-m365-7.0: [{id: "5.1.4.2", confidence: low}]
#     soc2: [{id: "CC6.7", confidence: medium}]
#     pci-dss-4.0: [{id: "9.4.7", confidence: low}]
#     hipaa: [{id: "164.310(d)(1)", confidence: medium}]
#     scuba: [{id: "MS.AAD.3.7v1", confidence: low}]
#   remediation: |
#     Choose Block under Recipients > Mailboxes > Mobile devices in the Exchange admin centre (Set-CASMailbox
#     -ActiveSyncBlockedDeviceIDs @{Add="<DeviceId>"}), after the wipe was acknowledged.
package checklist.devices.mobile_device_blocked

import data.lib.names
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	no_device
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mobileDevices.state == "read"
	input.facts.mailProtocols.state in {"read", "absent"}
	every device in input.facts.mobileDevices.value { blocked(device) }
}

findings contains finding if {
	some device in input.facts.mobileDevices.value
	is_string(device.DeviceAccessState)
	lists_known
	not blocked(device)
	finding := proofs.about(
		device,
		["DeviceId", "Guid", "Identity"],
		[
			"DeviceId", "Guid", "FriendlyName", "DeviceType", "DeviceModel", "ClientType",
			"DeviceAccessState", "DeviceAccessStateReason",
		],
	)
}

# METADATA
# description: no mailbox that could have a device, or none
# scope: document
no_device if input.facts.mobileDevices.state == "absent"

no_device if {
	input.facts.mobileDevices.state == "read"
	count(input.facts.mobileDevices.value) == 0
}

# METADATA
# description: the device may not connect
# scope: document
blocked(device) if names.fold(device.DeviceAccessState) == "blocked"

blocked(device) if names.fold(device.DeviceId) in blocked_ids

# METADATA
# description: the devices that the mailbox refuses
blocked_ids contains names.fold(id) if some id in input.facts.mailProtocols.value.ActiveSyncBlockedDeviceIDs

# METADATA
# description: it is known which devices the mailbox refuses
# scope: document
lists_known if input.facts.mailProtocols.state == "absent"

lists_known if {
	input.facts.mailProtocols.state == "read"
	is_array(input.facts.mailProtocols.value.ActiveSyncBlockedDeviceIDs)
}

evidence := object.union(
	proofs.of({"mailProtocols": ["ActiveSyncEnabled", "ActiveSyncBlockedDeviceIDs"]}),
	{"mobileDevices": {"devices": [shown |
		some device in input.facts.mobileDevices.value
		shown := object.filter(device, ["DeviceId", "DeviceAccessState", "DeviceAccessStateReason"])
	]}},
)

message := $"Able to connect to the mailbox still: {names.counted(count(findings), "mobile device")}." if {
	status == "fail"
}
