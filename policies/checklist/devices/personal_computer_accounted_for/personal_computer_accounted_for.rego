# METADATA
# title: Every personal computer is accounted for
# description: |
#   Files that were synchronised to the leaver's own computer stay there: Microsoft's page of 2020 says in step 5a that
#   they cannot be wiped, and the newer pages say nothing of it. So a person must attest what became of them. A
#   personal computer is a Windows or Mac device registered to or owned by the leaver that is registered as a workplace
#   device (`trustType` Workplace) or that nothing manages (`isManaged` is not true); one that is joined to the
#   directory and managed is the organisation's. A computer that was never registered cannot be seen. A deleted
#   account's devices are not listed: there is nothing to judge then.
# related_resources:
#   - ref: https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-5
#     description: Step 5, give another employee access to OneDrive and Outlook data
#   - ref: https://learn.microsoft.com/entra/identity/devices/concept-device-registration
#     description: Microsoft Entra registered devices
# custom:
#   id: DEV-006
#   scope: leaver
#   severity: low
#   states: [live, unread]
#   requires: [registeredDevices]
#   attestations: [DEV-006]
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
#     Ask the leaver to delete the organisation's files from the computer, and attest the answer; the computer's entry
#     is under Devices > All devices in the Microsoft Entra admin centre (Get-MgUserRegisteredDevice).
package checklist.devices.personal_computer_accounted_for

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
	some device in input.facts.registeredDevices.value
	computer(device)
	not_the_organisations(device)
	finding := proofs.about(
		device,
		["id"],
		["id", "deviceId", "displayName", "operatingSystem", "trustType", "isManaged", "relations"],
	)
}

# METADATA
# description: a person says what became of the files, and without that nobody would know
attested contains "DEV-006" if {
	is_object(input.attested["DEV-006"])
	not nothing_to_attest
	not newer
}

# METADATA
# description: a device came after the statement, which cannot be about it
newer if {
	some device in input.facts.registeredDevices.value
	times.after(device.registrationDateTime, input.attested["DEV-006"].at)
}

# METADATA
# description: all devices were read, and every one is the organisation's or no computer
nothing_to_attest if {
	input.facts.registeredDevices.state == "read"
	is_array(input.facts.registeredDevices.value)
	every device in input.facts.registeredDevices.value { nothing_to_account_for(device) }
}

# METADATA
# description: the device is no computer, or the organisation's
# scope: document
nothing_to_account_for(device) if {
	names.given(device.operatingSystem)
	not computer(device)
}

nothing_to_account_for(device) if {
	names.fold(device.trustType) in {"azuread", "serverad"}
	device.isManaged == true
}

# METADATA
# description: files can be synchronised to it
computer(device) if strings.any_prefix_match(names.fold(device.operatingSystem), ["windows", "mac"])

# METADATA
# description: somebody else manages it, or nobody
# scope: document
not_the_organisations(device) if names.fold(device.trustType) == "workplace"

not_the_organisations(device) if not device.isManaged == true

evidence := {"registeredDevices": {"devices": [shown |
	some device in input.facts.registeredDevices.value
	shown := object.filter(device, ["id", "displayName", "operatingSystem", "trustType", "isManaged"])
]}}

message := $"Files may be left, beyond any wipe, on {names.counted(count(findings), "personal computer")}." if {
	status == "fail"
} else := "The directory does not say whose every device is." if {
	status == "unknown"
	input.facts.registeredDevices.state == "read"
}
