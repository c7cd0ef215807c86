package checklist.devices.mobile_device_wiped_test

import data.checklist.devices.mobile_device_wiped as rule
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
		"acknowledged": with_devices([device({"DeviceWipeAckTime": "2026-06-01T13:00:00Z"})]),
		"acknowledged at leaving": with_devices([device({"DeviceWipeAckTime": example.left})]),
		"acknowledged on the day of leaving, when that is all that is known": example.changed(
			with_devices([device({"DeviceWipeAckTime": "2026-06-01T07:00:00Z"})]),
			[{"leaver": {"leftAt": "2026-05-31T22:00:00Z", "leftBy": "2026-06-01T22:00:00Z"}}],
		),
		"the account alone": with_devices([device({"AccountOnlyDeviceWipeAckTime": "2026-06-01T13:00:00Z"})]),
		"every one of several": with_devices([
			device({"DeviceWipeAckTime": "2026-06-01T13:00:00Z"}),
			device({"AccountOnlyDeviceWipeAckTime": "2026-06-02T13:00:00Z"}),
		]),
		"by Intune": with_intune("wipe", "done", "2026-06-01T13:00:00Z"),
		"retired by Intune": with_intune("retire", "done", "2026-06-01T13:00:00Z"),
	}
	rule.status == "pass" with input as example.input_of(case)
}

test_fail[name] if {
	some name, case in {
		"nobody asked": with_devices([device({})]),
		"asked, never sent": with_devices([device({"DeviceWipeRequestTime": "2026-06-01T13:00:00Z"})]),
		"sent, never acknowledged": with_devices([device({
			"DeviceWipeRequestTime": "2026-06-01T13:00:00Z",
			"DeviceWipeSentTime": "2026-06-01T13:05:00Z",
		})]),
		"acknowledged before leaving": with_devices([device({"DeviceWipeAckTime": "2026-05-01T13:00:00Z"})]),
		"acknowledged never": with_devices([device({"DeviceWipeAckTime": "0001-01-01T00:00:00Z"})]),
		"one of several": with_devices([
			device({"DeviceWipeAckTime": "2026-06-01T13:00:00Z"}),
			object.union(device({}), {"DeviceId": "OUTLOOK99"}),
		]),
		"half the devices are enough": {"mobileDevices": example.partial([device({})])},
		"Intune has not done it": with_intune("wipe", "pending", "2026-06-01T13:00:00Z"),
		"Intune did it before leaving": with_intune("wipe", "done", "2026-05-01T13:00:00Z"),
		"Intune did something else": with_intune("rebootNow", "done", "2026-06-01T13:00:00Z"),
		"Intune only deleted the record": with_intune("delete", "done", "2026-06-01T13:00:00Z"),
		"Intune wiped another device": example.changed(
			with_intune("wipe", "done", "2026-06-01T13:00:00Z"),
			[{"mobileDevices": example.read([object.union(device({}), {"DeviceId": "OUTLOOK99"})])}],
		),
		"Intune manages the device and does not list it": {
			"mobileDevices": example.read([object.union(device({}), {"IsManaged": true})]),
			"managedDevices": example.read([]),
		},
	}
	rule.status == "fail" with input as example.input_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"half the devices": {"mobileDevices": example.partial([device({"DeviceWipeAckTime": "2026-06-01T13:00:00Z"})])},
		"an empty list, of which half was read": {"mobileDevices": example.partial([])},
		"no statistics": with_devices([object.remove(device({}), ["statistics"])]),
		"statistics that leave a property out": with_devices([object.union(
			object.remove(device({}), ["statistics"]),
			{"statistics": {"DeviceWipeAckTime": null}},
		)]),
		"an acknowledgement that is no date that can be": with_devices([device({
			"DeviceWipeAckTime": "9999-12-31T23:59:59Z",
		})]),
		"Intune manages the device and was not read": with_devices([object.union(device({}), {"IsManaged": true})]),
		"Intune was read in part": example.changed(
			with_intune("wipe", "done", "2026-06-01T13:00:00Z"),
			[{
				"mobileDevices": example.read([object.union(device({}), {"IsManaged": true})]),
				"managedDevices": example.partial(managed("wipe", "done", "2026-06-01T13:00:00Z")),
			}],
		),
	}
	rule.status == "unknown" with input as example.input_of(case)
}

test_missing if {
	case := with_devices([object.union(device({}), {"IsManaged": true})])
	rule.missing == {"managedDevices"} with input as example.input_of(case)
	rule.missing == set() with input as example.input_of(with_devices([device({})]))
}

test_nothing_is_missing[name] if {
	some name, case in {
		"of a device that was wiped, with Intune or without": with_devices([object.union(
			device({"DeviceWipeAckTime": "2026-06-01T13:00:00Z"}),
			{"IsManaged": true},
		)]),
		"when another device fails": with_devices([
			device({}),
			object.union(device({}), {"IsManaged": true}),
		]),
		"of a device without statistics that Intune does not manage": with_devices([object.remove(
			device({}),
			["statistics"],
		)]),
		"of half the devices, all wiped": {"mobileDevices": example.partial([object.union(
			device({"DeviceWipeAckTime": "2026-06-01T13:00:00Z"}),
			{"IsManaged": true},
		)])},
	}
	rule.missing == set() with input as example.input_of(case)
}

test_no_words[name] if {
	some name, case in {
		"on a pass": with_devices([device({"DeviceWipeAckTime": "2026-06-01T13:00:00Z"})]),
		"when nothing was read": {},
		"when there is no device": with_devices([]),
	}
	not rule.message with input as example.input_of(case)
}

test_findings_say_how_far_a_wipe_got_and_how_long_it_waits if {
	case := with_devices([device({
		"DeviceWipeRequestTime": "2026-06-10T12:00:00Z",
		"AccountOnlyDeviceWipeRequestTime": "2026-06-11T10:30:00Z",
	})])
	rule.findings == {{
		"resource": "OUTLOOK17", "DeviceId": "OUTLOOK17", "Guid": "55555555-aaaa-4bbb-8ccc-000000000001",
		"FriendlyName": "Rook's phone", "DeviceType": "Outlook", "DeviceModel": "Phone 12",
		"ClientType": "Outlook", "DeviceAccessState": "Allowed",
		"Status": "DeviceOk", "IsRemoteWipeSupported": true, "LastSuccessSync": "2026-05-31T08:00:00Z",
		"DeviceWipeRequestTime": "2026-06-10T12:00:00Z", "DeviceWipeSentTime": null, "DeviceWipeAckTime": null,
		"AccountOnlyDeviceWipeRequestTime": "2026-06-11T10:30:00Z",
		"AccountOnlyDeviceWipeSentTime": null, "AccountOnlyDeviceWipeAckTime": null,
		"waitedHours": 24,
	}} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message == "Not wiped: 1 mobile device; a wipe has waited 24 hours for its confirmation."
}

test_request_before_leaving_is_not_waited_for if {
	case := with_devices([device({"DeviceWipeRequestTime": "2026-05-01T12:00:00Z"})])
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message == "Not wiped, and nobody asked for it after leaving: 1 mobile device."
}

test_words_when_unknown if {
	case := with_devices([object.remove(device({}), ["statistics"])])
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	contains(message, "A device's wipe status is missing")
}

test_device_without_id_is_named_otherwise[want] if {
	some want, properties in {
		"55555555-aaaa-4bbb-8ccc-000000000001": {"DeviceId": null},
		"d.rook\\ExchangeActiveSyncDevices\\Outlook§17": {"DeviceId": "", "Guid": null},
		"unnamed": {"DeviceId": null, "Guid": null, "Identity": null},
	}
	case := with_devices([object.union(device({}), properties)])
	some finding in rule.findings with input as example.input_of(case)
	finding.resource == want
}

test_evidence if {
	case := with_devices([device({"DeviceWipeAckTime": "2026-06-01T13:00:00Z"})])
	evidence := rule.evidence with input as example.input_of(case)
	evidence.mobileDevices.devices[0].DeviceWipeAckTime == "2026-06-01T13:00:00Z"
}

with_devices(devices) := {"mobileDevices": example.read(devices)}

with_intune(action, state, at) := {
	"mobileDevices": example.read([device({})]),
	"managedDevices": example.read(managed(action, state, at)),
}

managed(action, state, at) := [{
	"id": "66666666-aaaa-4bbb-8ccc-000000000001",
	"userId": example.id,
	"easDeviceId": "outlook17",
	"managementState": "managed",
	"deviceActionResults": [{
		"actionName": action, "actionState": state,
		"startDateTime": "2026-05-01T12:30:00Z", "lastUpdatedDateTime": at,
	}],
}]

device(statistics) := {
	"Guid": "55555555-aaaa-4bbb-8ccc-000000000001",
	"Identity": "d.rook\\ExchangeActiveSyncDevices\\Outlook§17",
	"DeviceId": "OUTLOOK17",
	"DeviceType": "Outlook",
	"DeviceModel": "Phone 12",
	"DeviceOS": "iOS 19.1",
	"FriendlyName": "Rook's phone",
	"ClientType": "Outlook",
	"DeviceAccessState": "Allowed",
	"DeviceAccessStateReason": "Global",
	"FirstSyncTime": "2024-03-01T08:00:00Z",
	"IsManaged": false,
	"IsCompliant": false,
	"IsDisabled": false,
	"WhenChanged": "2026-05-31T08:00:00Z",
	"statistics": object.union(
		{
			"DeviceID": "OUTLOOK17",
			"Guid": "55555555-aaaa-4bbb-8ccc-000000000001",
			"Status": "DeviceOk",
			"StatusNote": null,
			"FirstSyncTime": "2024-03-01T08:00:00Z",
			"LastSyncAttemptTime": "2026-05-31T08:00:00Z",
			"LastSuccessSync": "2026-05-31T08:00:00Z",
			"DeviceWipeRequestTime": null,
			"DeviceWipeSentTime": null,
			"DeviceWipeAckTime": null,
			"AccountOnlyDeviceWipeRequestTime": null,
			"AccountOnlyDeviceWipeSentTime": null,
			"AccountOnlyDeviceWipeAckTime": null,
			"LastDeviceWipeRequestor": null,
			"LastAccountOnlyDeviceWipeRequestor": null,
			"IsRemoteWipeSupported": true,
			"DeviceAccessState": "Allowed",
			"DeviceAccessStateReason": "Global",
		},
		statistics,
	),
}
