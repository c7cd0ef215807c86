# METADATA
# title: Every mobile device is wiped
# description: |
#   Every Exchange mobile device acknowledged a wipe after leaving: of the whole device, or of the account alone,
#   which is the only kind that Outlook for iOS and Android knows. Microsoft's page says Wipe Data; today it is Wipe
#   company data. A wipe that was asked for or sent but not acknowledged fails, with how long it has waited: it
#   happens when the device next receives data, which a blocked account may keep from ever happening. A completed
#   Intune wipe or retire of the same device (`easDeviceId`) counts; of a device that Intune manages, a missing
#   acknowledgement is unknown until Intune's answer was read. The age of the partnership does not matter.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-3
#     description: Step 3, wipe and block a former employee's mobile device
#   - ref: https://learn.microsoft.com/powershell/module/exchangepowershell/clear-mobiledevice
#     description: Clear-MobileDevice
# custom:
#   id: DEV-001
#   scope: leaver
#   severity: critical
#   states: [live, deleted, unread]
#   requires: [mobileDevices]
#   uses: [managedDevices]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 24
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
#     Choose Wipe Data (Account only for Outlook) under Recipients > Mailboxes > Mobile devices in the Exchange admin
#     centre (Clear-MobileDevice, with -AccountOnly for Outlook), and leave the device able to connect until it
#     acknowledges.
package checklist.devices.mobile_device_wiped

import data.lib.devices
import data.lib.names
import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	no_device
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.mobileDevices.state == "read"
	every device in input.facts.mobileDevices.value { wiped(device) }
}

findings contains finding if {
	some device in unwiped
	finding := object.union_n([
		proofs.about(
			device,
			["DeviceId", "Guid", "Identity"],
			["DeviceId", "Guid", "FriendlyName", "DeviceType", "DeviceModel", "ClientType", "DeviceAccessState"],
		),
		object.filter(device.statistics, wipe_properties),
		waiting(device),
	])
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
# description: the device confirmed a wipe after leaving, to Exchange or to Intune
# scope: document
wiped(device) if devices.acknowledged(device)

wiped(device) if names.fold(device.DeviceId) in devices.wiped_by_intune

# METADATA
# description: the devices that are known to have confirmed none
unwiped contains device if {
	some device in input.facts.mobileDevices.value
	devices.unacknowledged(device)
	not wiped(device)
	not devices.perhaps_wiped_by_intune(device)
}

# METADATA
# description: how long a wipe that was asked for has waited for its acknowledgement
waiting(device) := {"waitedHours": times.hours_since(times.earliest(asked))} if {
	asked := {at |
		some property in ["DeviceWipeRequestTime", "AccountOnlyDeviceWipeRequestTime"]
		at := device.statistics[property]
		times.at_or_after(at, input.leaver.leftAt)
	}
} else := {}

# METADATA
# description: the properties that tell how far a wipe got
wipe_properties := [
	"Status", "DeviceWipeRequestTime", "DeviceWipeSentTime", "DeviceWipeAckTime",
	"AccountOnlyDeviceWipeRequestTime", "AccountOnlyDeviceWipeSentTime", "AccountOnlyDeviceWipeAckTime",
	"IsRemoteWipeSupported", "LastSuccessSync",
]

evidence := {"mobileDevices": {"devices": [shown |
	some device in input.facts.mobileDevices.value
	shown := object.union(object.filter(device, ["DeviceId"]), object.filter(device.statistics, wipe_properties))
]}}

missing contains "managedDevices" if {
	status == "unknown"
	some device in input.facts.mobileDevices.value
	not wiped(device)
	devices.perhaps_wiped_by_intune(device)
}

message := $"Not wiped: {unwiped_devices}; a wipe has waited {longest_wait} hours for its confirmation." if {
	is_number(longest_wait)
} else := $"Not wiped, and nobody asked for it after leaving: {unwiped_devices}." if {
	status == "fail"
} else := "A device's wipe status is missing, or Intune manages the device and was not read." if {
	status == "unknown"
	count(input.facts.mobileDevices.value) > 0
}

# METADATA
# description: how many there are, for people
unwiped_devices := names.counted(count(findings), "mobile device")

# METADATA
# description: the longest that a wipe has waited, in hours
longest_wait := max({finding.waitedHours | some finding in findings})
