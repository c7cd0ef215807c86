# METADATA
# title: Every BlackBerry is disabled
# description: |
#   Microsoft's page of 2020 asks to remove the user from the on-premises BlackBerry service and to disable the devices
#   there; the newer pages have dropped it. No interface of Microsoft 365 can read that service, so a BlackBerry among
#   the mailbox's mobile devices needs an attestation. A device is a BlackBerry when its `DeviceType`, `DeviceOS` or
#   `DeviceModel` says so. A device that reaches Exchange through the service alone is not among the mobile devices,
#   and is not seen.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-3
#     description: Step 3, wipe and block a former employee's mobile device
#   - ref: https://learn.microsoft.com/powershell/module/exchangepowershell/get-mobiledevice
#     description: Get-MobileDevice
# custom:
#   id: DEV-007
#   scope: leaver
#   severity: medium
#   states: [live, deleted, unread]
#   requires: [mobileDevices]
#   attestations: [DEV-007]
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
#     Disable the device and remove the user in the BlackBerry service, and attest it; Exchange lists the device under
#     Recipients > Mailboxes > Mobile devices in the Exchange admin centre (Get-MobileDevice -Mailbox).
package checklist.devices.blackberry_disabled

import data.lib.names
import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	nothing_to_attest
} else := "pass" if {
	count(attested) > 0
} else := "fail" if {
	count(findings) > 0
}

findings contains finding if {
	count(attested) == 0
	some device in input.facts.mobileDevices.value
	blackberry(device)
	finding := proofs.about(
		device,
		["DeviceId", "Guid", "Identity"],
		["DeviceId", "Guid", "FriendlyName", "DeviceType", "DeviceOS", "DeviceModel", "DeviceAccessState"],
	)
}

# METADATA
# description: a person says that the device is disabled in the BlackBerry service, and nothing here could
attested contains "DEV-007" if {
	is_object(input.attested["DEV-007"])
	not nothing_to_attest
	not newer
}

# METADATA
# description: a device came after the statement, which cannot be about it
newer if {
	some device in input.facts.mobileDevices.value
	times.after(device.FirstSyncTime, input.attested["DEV-007"].at)
}

# METADATA
# description: no mailbox that could have a device, or all were read and say that they are something else
# scope: document
nothing_to_attest if input.facts.mobileDevices.state == "absent"

nothing_to_attest if {
	input.facts.mobileDevices.state == "read"
	is_array(input.facts.mobileDevices.value)
	every device in input.facts.mobileDevices.value { something_else(device) }
}

# METADATA
# description: the device says what it is, and does not say that it is a BlackBerry
something_else(device) if {
	not blackberry(device)
	some property in telling
	names.given(device[property])
}

# METADATA
# description: the device says that it is a BlackBerry
blackberry(device) if {
	some property in telling
	contains(names.fold(device[property]), "blackberry")
}

# METADATA
# description: the properties that tell what a device is
telling := ["DeviceType", "DeviceOS", "DeviceModel"]

evidence := {"mobileDevices": {"devices": [shown |
	some device in input.facts.mobileDevices.value
	shown := object.filter(device, array.concat(["DeviceId"], telling))
]}}

message := $"{names.counted(count(findings), "BlackBerry device")}: only the BlackBerry service can disable it." if {
	status == "fail"
} else := "A mobile device does not say what it is." if {
	status == "unknown"
	input.facts.mobileDevices.state == "read"
}
