package checklist.devices.mobile_device_blocked_test

import data.checklist.devices.mobile_device_blocked as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"no device": {"mobileDevices": example.read([])},
		"no mailbox that could have one": {"mobileDevices": example.absent},
	}
	rule.status == "not_applicable" with input as example.input_of(case)
}

test_pass[name] if {
	some name, case in {
		"blocked": seen([device({"DeviceAccessState": "Blocked"})], protocols([])),
		"the mailbox refuses it": seen([device({})], protocols(["outlook17"])),
		"one this way, one the other": seen(
			[device({}), device({"DeviceId": "APPL8", "DeviceAccessState": "Blocked"})],
			protocols(["OUTLOOK17"]),
		),
		"blocked, and the mailbox is gone": seen([device({"DeviceAccessState": "Blocked"})], example.absent),
	}
	rule.status == "pass" with input as example.input_of(case)
}

test_fail[name] if {
	some name, case in {
		"allowed": seen([device({})], protocols([])),
		"in quarantine": seen([device({"DeviceAccessState": "Quarantined"})], protocols([])),
		"ActiveSync is off": seen([device({})], example.read({
			"ActiveSyncEnabled": false,
			"ActiveSyncBlockedDeviceIDs": [],
		})),
		"the mailbox refuses another": seen([device({})], protocols(["APPL8"])),
		"one of several": seen([device({"DeviceAccessState": "Blocked"}), device({"DeviceId": "APPL8"})], protocols([])),
		"half the devices are enough": {"mobileDevices": example.partial([device({})]), "mailProtocols": protocols([])},
		"allowed, and the mailbox is gone": seen([device({})], example.absent),
	}
	rule.status == "fail" with input as example.input_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"half the devices": {
			"mobileDevices": example.partial([device({"DeviceAccessState": "Blocked"})]),
			"mailProtocols": protocols([]),
		},
		"an empty list, of which half was read": {"mobileDevices": example.partial([])},
		"it was not read whom the mailbox refuses": seen([device({})], example.unknown),
		"blocked, but the mailbox was not read": seen([device({"DeviceAccessState": "Blocked"})], example.unknown),
		"half of whom the mailbox refuses": seen([device({})], example.partial({
			"ActiveSyncBlockedDeviceIDs": ["OUTLOOK17"],
		})),
		"half of whom the mailbox refuses, which is another": seen([device({})], example.partial({
			"ActiveSyncBlockedDeviceIDs": ["APPL8"],
		})),
		"the mailbox does not say whom it refuses": seen([device({})], example.read({"ActiveSyncEnabled": false})),
		"a state that is null": seen([device({"DeviceAccessState": null})], protocols([])),
	}
	rule.status == "unknown" with input as example.input_of(case)
}

test_no_words_on_a_pass if {
	case := seen([device({"DeviceAccessState": "Blocked"})], protocols([]))
	not rule.message with input as example.input_of(case)
}

test_words if {
	case := seen(
		[device({}), device({"DeviceId": null, "Guid": null})],
		protocols([]),
	)
	{finding.resource | some finding in rule.findings} == {
		"OUTLOOK17",
		"d.rook\\ExchangeActiveSyncDevices\\Outlook§17",
	} with input as example.input_of(case)
	message := rule.message with input as example.input_of(case)
	message == "Able to connect to the mailbox still: 2 mobile devices."
	evidence := rule.evidence with input as example.input_of(case)
	evidence.mobileDevices.devices[0].DeviceAccessState == "Allowed"
}

seen(devices, mail_protocols) := {"mobileDevices": example.read(devices), "mailProtocols": mail_protocols}

protocols(blocked) := example.read({
	"ActiveSyncEnabled": true,
	"ActiveSyncBlockedDeviceIDs": blocked,
	"ActiveSyncAllowedDeviceIDs": [],
})

device(properties) := object.union(
	{
		"Guid": "55555555-aaaa-4bbb-8ccc-000000000001",
		"Identity": "d.rook\\ExchangeActiveSyncDevices\\Outlook§17",
		"DeviceId": "OUTLOOK17",
		"DeviceType": "Outlook",
		"DeviceAccessState": "Allowed",
		"DeviceAccessStateReason": "Global",
	},
	properties,
)
