package checklist.devices.managed_device_retired_test

import data.checklist.devices.managed_device_retired as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"no device": {"managedDevices": example.read([])},
		"Intune has none": {"managedDevices": example.absent},
	}
	rule.status == "not_applicable" with input as example.input_of(case)
}

test_pass[name] if {
	some name, devices in {
		"wiped": [device([action("wipe", "done", "2026-06-02T08:00:00Z")], {})],
		"retired at leaving": [device([action("retire", "done", example.left)], {})],
		"deleted": [device([action("delete", "done", "2026-06-02T08:00:00Z")], {})],
		"reset": [device([action("factoryReset", "done", "2026-06-02T08:00:00Z")], {})],
		"company data removed": [device([action("removeCompanyData", "done", "2026-06-02T08:00:00Z")], {})],
		"after an attempt that failed": [device(
			[action("wipe", "failed", "2026-06-02T08:00:00Z"), action("wipe", "done", "2026-06-03T08:00:00Z")],
			{},
		)],
		"given to somebody else": [device([], {"userId": "bbbbbbbb-0000-4000-8000-000000000001"})],
	}
	rule.status == "pass" with input as example.input_of({"managedDevices": example.read(devices)})
}

test_fail[name] if {
	some name, devices in {
		"nothing was done": [device([], {})],
		"nothing was done, by the state": [device(null, {"managementState": "wipePending"})],
		"pending": [device([action("wipe", "pending", "2026-06-02T08:00:00Z")], {"managementState": "wipeIssued"})],
		"failed": [device([action("retire", "failed", "2026-06-02T08:00:00Z")], {})],
		"done before leaving": [device([action("wipe", "done", "2026-05-02T08:00:00Z")], {})],
		"done never": [device([action("wipe", "done", "0001-01-01T00:00:00Z")], {})],
		"something else was done": [device([action("rebootNow", "done", "2026-06-02T08:00:00Z")], {})],
		"nobody's device": [device([], {"userId": ""})],
		"one of several": [
			device([action("wipe", "done", "2026-06-02T08:00:00Z")], {}),
			device([], {"id": "66666666-aaaa-4bbb-8ccc-000000000002"}),
		],
	}
	rule.status == "fail" with input as example.input_of({"managedDevices": example.read(devices)})
}

test_half_the_devices_can_fail if {
	rule.status == "fail" with input as example.input_of({"managedDevices": example.partial([device([], {})])})
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"half the devices": {"managedDevices": example.partial([device(
			[action("wipe", "done", "2026-06-02T08:00:00Z")],
			{},
		)])},
		"an empty list, of which half was read": {"managedDevices": example.partial([])},
		"neither actions nor state were answered": {"managedDevices": example.read([device(
			null,
			{"managementState": null},
		)])},
	}
	rule.status == "unknown" with input as example.input_of(case)
}

test_no_words_on_a_pass if {
	case := {"managedDevices": example.read([device([action("wipe", "done", "2026-06-02T08:00:00Z")], {})])}
	not rule.message with input as example.input_of(case)
}

test_words if {
	case := {"managedDevices": example.read([device([], {})])}
	rule.findings == {{
		"resource": "66666666-aaaa-4bbb-8ccc-000000000001", "id": "66666666-aaaa-4bbb-8ccc-000000000001",
		"deviceName": "DROOK-PHONE", "operatingSystem": "iOS",
		"managedDeviceOwnerType": "company", "managementState": "managed", "deviceActionResults": [],
	}} with input as example.input_of(case)
	rule.message == "Still the leaver's in Intune: DROOK-PHONE." with input as example.input_of(case)
	evidence := rule.evidence with input as example.input_of(case)
	evidence.managedDevices.devices[0].managementState == "managed"
}

device(results, properties) := object.union(
	{
		"id": "66666666-aaaa-4bbb-8ccc-000000000001",
		"userId": upper(example.id),
		"deviceName": "DROOK-PHONE",
		"managedDeviceOwnerType": "company",
		"operatingSystem": "iOS",
		"managementState": "managed",
		"serialNumber": "F2LX0",
		"deviceActionResults": results,
	},
	properties,
)

action(name, state, at) := {
	"actionName": name, "actionState": state,
	"startDateTime": "2026-05-01T12:30:00Z", "lastUpdatedDateTime": at,
}
