# METADATA
# title: Every managed device is retired
# description: |
#   Every Intune device of the leaver was wiped, retired, deleted or given to somebody else after leaving. An action
#   counts when Intune says that it is done, not when it is pending. Microsoft's page of 2020 knows the Exchange wipe
#   alone; the newer one points to Basic Mobility and Security, which is Intune. A device that is no longer listed
#   leaves nothing to judge.
# related_resources:
#   - ref: https://learn.microsoft.com/mem/intune/remote-actions/devices-wipe
#     description: Wipe and retire devices with Intune
#   - ref: https://learn.microsoft.com/graph/api/resources/intune-devices-manageddevice
#     description: managedDevice
# custom:
#   id: DEV-003
#   scope: leaver
#   severity: high
#   states: [live, deleted, unread]
#   requires: [managedDevices]
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
#     Choose Retire or Wipe on the device's page under Devices in the Microsoft Intune admin centre
#     (Invoke-MgRetireDeviceManagementManagedDevice, Clear-MgDeviceManagementManagedDevice), or change its primary
#     user.
package checklist.devices.managed_device_retired

import data.lib.devices
import data.lib.names
import data.lib.proofs

default status := "unknown"

status := "not_applicable" if {
	no_device
} else := "fail" if {
	count(findings) > 0
} else := "pass" if {
	input.facts.managedDevices.state == "read"
	every device in input.facts.managedDevices.value { handed_in(device) }
}

findings contains finding if {
	some device in input.facts.managedDevices.value
	not handed_in(device)
	still_managed(device)
	finding := proofs.about(
		device,
		["id", "azureADDeviceId", "serialNumber"],
		["id", "deviceName", "operatingSystem", "managedDeviceOwnerType", "managementState", "deviceActionResults"],
	)
}

# METADATA
# description: Intune lists no device of the leaver
# scope: document
no_device if input.facts.managedDevices.state == "absent"

no_device if {
	input.facts.managedDevices.state == "read"
	count(input.facts.managedDevices.value) == 0
}

# METADATA
# description: the device was retired after leaving, or belongs to somebody else
# scope: document
handed_in(device) if devices.done(device.deviceActionResults, devices.retiring_actions)

handed_in(device) if {
	names.given(device.userId)
	names.fold(device.userId) != input.leaver.id
}

# METADATA
# description: the actions were answered, or the state shows that none was done
# scope: document
still_managed(device) if is_array(device.deviceActionResults)

still_managed(device) if {
	names.fold(device.managementState) in {
		"managed", "unhealthy", "discovered",
		"retirepending", "retireissued", "retirefailed", "retirecanceled",
		"wipepending", "wipeissued", "wipefailed", "wipecanceled", "deletepending",
	}
}

evidence := {"managedDevices": {"devices": [shown |
	some device in input.facts.managedDevices.value
	shown := object.filter(device, ["id", "deviceName", "userId", "managementState", "deviceActionResults"])
]}}

message := $"Still the leaver's in Intune: {concat(", ", sort(names_of_devices))}." if {
	status == "fail"
}

# METADATA
# description: what people call the devices
names_of_devices contains proofs.key(finding, ["deviceName", "resource"]) if some finding in findings
