# METADATA
# title: Every registered device is disabled
# description: |
#   Every device in Microsoft Entra ID that is registered to the leaver or owned by the leaver is disabled, so that it
#   can sign in no more. Microsoft's page of 2020 does not know these devices; today's page on revoking access disables
#   them as its third step. When the directory does not say whether a device is enabled, the rule is unknown. A device
#   that was registered to somebody else is no longer listed. A deleted account's devices are not listed either: there
#   is nothing to judge then.
# related_resources:
#   - ref: https://learn.microsoft.com/entra/identity/users/users-revoke-access
#     description: Revoke user access in Microsoft Entra ID
#   - ref: https://learn.microsoft.com/entra/identity/devices/manage-device-identities
#     description: Manage device identities, enable or disable a device
# custom:
#   id: DEV-004
#   scope: leaver
#   severity: medium
#   states: [live, unread]
#   requires: [registeredDevices]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 72
#   controls:
#     nist-800-53-r5:
#       - {id: "PS-4(d)", confidence: high}
#       - {id: "MP-6", confidence: medium}
#       - {id: "AC-19", confidence: medium}
#       - {id: "AC-7(2)", confidence: low}
#     iso-27001-2022:
#       - {id: "A.5.11", confidence: high}
#       - {id: "A.8.1", confidence: high}
#       - {id: "A.7.14", confidence: medium}
#       - {id: "A.8.10", confidence: medium}
#     cis-controls-8.1:
#       - {id: "4.11", confidence: high}
#       - {id: "3.5", confidence: medium}
#       - {id: "1.1", confidence: low}
#     cis-m365-7.0: [{id: "5.1.4.2", confidence: low}]
#     soc2: [{id: "CC6.5", confidence: high}, {id: "CC6.7", confidence: medium}]
#     pci-dss-4.0: [{id: "9.4.7", confidence: low}]
#     hipaa: [{id: "164.310(d)(1)", confidence: medium}, {id: "164.310(d)(2)(i)", confidence: medium}]
#     scuba: [{id: "MS.AAD.3.7v1", confidence: low}]
#   remediation: |
#     Choose Disable on the device's page under Devices > All devices in the Microsoft Entra admin centre
#     (Update-MgDevice -DeviceId <id> -AccountEnabled:$false), or register it to its next user.
package checklist.devices.registered_device_disabled

import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	no_device
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.registeredDevices.state == "read"
	every device in input.facts.registeredDevices.value { device.accountEnabled == false }
}

findings contains finding if {
	some device in input.facts.registeredDevices.value
	device.accountEnabled == true
	finding := proofs.about(
		device,
		["id"],
		[
			"id", "deviceId", "displayName", "accountEnabled", "operatingSystem", "trustType", "relations",
			"approximateLastSignInDateTime",
		],
	)
}

# METADATA
# description: no device is registered to the leaver or owned by the leaver
no_device if {
	input.facts.registeredDevices.state == "read"
	is_array(input.facts.registeredDevices.value)
	count(input.facts.registeredDevices.value) == 0
}

evidence := {"registeredDevices": {"devices": [shown |
	some device in input.facts.registeredDevices.value
	shown := object.filter(device, ["id", "displayName", "accountEnabled", "relations"])
]}}

message := $"Still enabled in Microsoft Entra ID: {concat(", ", sort(names_of_devices))}." if {
	status == "fail"
} else := "The directory does not say whether each device is enabled." if {
	status == "unknown"
	input.facts.registeredDevices.state == "read"
}

# METADATA
# description: what people call the devices
names_of_devices contains proofs.key(finding, ["displayName", "resource"]) if some finding in findings
