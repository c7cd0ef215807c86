# METADATA
# title: No device was removed without a wipe
# description: |
#   Every Exchange mobile device that an earlier snapshot lists is still listed, or was wiped. Removing a device from
#   the mailbox deletes the partnership alone: the data stays on the device, and the proof of a wipe goes with it.
#   Microsoft's page of 2020 wipes and blocks the device and does not speak of removing it. A device that is gone now
#   fails when the baseline holds no acknowledgement of a wipe after leaving, and Intune no completed wipe or retire,
#   now or then. A device is the same when its `Guid` or its `DeviceId` is. Without a baseline there is nothing to
#   compare with, and neither is there in one that was taken before the leaver left.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-3
#     description: Step 3, wipe and block a former employee's mobile device
#   - ref: https://learn.microsoft.com/powershell/module/exchangepowershell/remove-mobiledevice
#     description: Remove-MobileDevice
# custom:
#   id: DEV-005
#   scope: leaver
#   severity: high
#   states: [live, deleted, unread]
#   requires: [mobileDevices]
#   uses: [managedDevices]
#   parameters:
#     grace_hours:
#       type: integer
#       minimum: 0
#       default: 0
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
#     Get hold of the device and erase it by hand, or retire it under Devices in the Microsoft Intune admin centre
#     (Invoke-MgRetireDeviceManagementManagedDevice); a device that connects again can be wiped (Clear-MobileDevice)
#     before it is removed (Remove-MobileDevice).
package checklist.devices.partnership_not_just_removed

import data.lib.devices
import data.lib.names
import data.lib.proofs
import data.lib.times

default status := "unknown"

status := "not_applicable" if {
	nothing_to_compare
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	listed_now_known
	input.baseline.facts.mobileDevices.state == "read"
	every device in input.baseline.facts.mobileDevices.value { accounted_for(device) }
}

findings contains finding if {
	listed_now_known
	some device in input.baseline.facts.mobileDevices.value
	gone(device)
	devices.unacknowledged(device)
	not wiped(device)
	not devices.perhaps_wiped_by_intune(device)
	finding := object.union_n([
		proofs.about(
			device,
			["DeviceId", "Guid"],
			["DeviceId", "Guid", "FriendlyName", "DeviceType", "DeviceModel", "ClientType", "IsManaged"],
		),
		object.filter(device.statistics, wipe_properties),
		{"lastSeen": input.baseline.collectedAt},
	])
}

# METADATA
# description: there is no earlier snapshot, none that has the leaver, or no device in it
# scope: document
nothing_to_compare if data.baseline == null

nothing_to_compare if {
	not had_left
	times.after(input.leaver.leftBy, data.baseline.collectedAt)
}

nothing_to_compare if input.baseline.facts.mobileDevices.state == "absent"

nothing_to_compare if {
	input.baseline.facts.mobileDevices.state == "read"
	count(input.baseline.facts.mobileDevices.value) == 0
}

# METADATA
# description: the earlier snapshot is about the leaver, too
had_left if input.baseline.leaver.state != "not_yet"

# METADATA
# description: it is known which devices are listed now; without a mailbox there is none
listed_now_known if input.facts.mobileDevices.state in {"read", "absent"}

# METADATA
# description: the device is there still, or its data is not
# scope: document
accounted_for(device) if listed(device)

accounted_for(device) if wiped(device)

# METADATA
# description: the device has a name by which it would be found, and is not listed any more
gone(device) if {
	not listed(device)
	some name in ["Guid", "DeviceId"]
	names.given(device[name])
}

# METADATA
# description: the device is listed now
# scope: document
listed(device) if names.fold(device.Guid) in guids

listed(device) if names.fold(device.DeviceId) in device_ids

# METADATA
# description: the partnerships that are listed now
guids contains names.fold(device.Guid) if {
	some device in input.facts.mobileDevices.value
	names.given(device.Guid)
}

# METADATA
# description: the devices that are listed now
device_ids contains names.fold(device.DeviceId) if {
	some device in input.facts.mobileDevices.value
	names.given(device.DeviceId)
}

# METADATA
# description: the device confirmed a wipe after leaving, to Exchange as of the baseline, or to Intune
# scope: document
wiped(device) if devices.acknowledged(device)

wiped(device) if names.fold(device.DeviceId) in devices.wiped_by_intune

wiped(device) if names.fold(device.DeviceId) in devices.wiped_by_intune_before

# METADATA
# description: the properties that tell how far a wipe had got
wipe_properties := [
	"Status", "DeviceWipeRequestTime", "DeviceWipeSentTime", "DeviceWipeAckTime",
	"AccountOnlyDeviceWipeRequestTime", "AccountOnlyDeviceWipeSentTime", "AccountOnlyDeviceWipeAckTime",
	"LastSuccessSync",
]

evidence := {
	"mobileDevices": {"devices": [shown |
		some device in input.facts.mobileDevices.value
		shown := object.filter(device, ["DeviceId", "Guid"])
	]},
	"baseline": {
		"collectedAt": input.baseline.collectedAt,
		"devices": [shown |
			some device in input.baseline.facts.mobileDevices.value
			shown := object.filter(device, ["DeviceId", "Guid"])
		],
	},
}

missing contains "mobileDevices" if {
	status == "unknown"
	not input.baseline.facts.mobileDevices.state == "read"
}

missing contains "managedDevices" if {
	status == "unknown"
	listed_now_known
	some device in input.baseline.facts.mobileDevices.value
	gone(device)
	not wiped(device)
	devices.perhaps_wiped_by_intune(device)
}

message := $"Gone since {seen}, and no wipe was confirmed: {names.counted(count(findings), "mobile device")}." if {
	status == "fail"
} else := "Only an earlier snapshot can show what is gone: give one with --baseline." if {
	data.baseline == null
} else := "The baseline is from before this leaver left: it has nothing to compare with." if {
	status == "not_applicable"
	not had_left
} else := "The baseline does not hold all of this leaver's mobile devices." if {
	"mobileDevices" in missing
}

# METADATA
# description: when the devices were last seen
seen := times.shown(input.baseline.collectedAt)
