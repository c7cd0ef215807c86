package checklist.devices.partnership_not_just_removed_test

import data.checklist.devices.partnership_not_just_removed as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"no baseline": {"mobileDevices": example.read([])},
		"the baseline does not hold the leaver": {"mobileDevices": example.read([]), "baseline": null},
		"the leaver had not left": {
			"mobileDevices": example.read([]),
			"baseline": {"leaver": {"state": "not_yet"}, "mobileDevices": example.read([device({}, {})])},
		},
		"no device then": {"mobileDevices": example.read([]), "baseline": {"mobileDevices": example.read([])}},
		"no mailbox then": {
			"mobileDevices": example.read([device({}, {})]),
			"baseline": {"mobileDevices": example.absent},
		},
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.baseline as example.baseline_of(case)
}

test_pass[name] if {
	some name, case in {
		"listed still": since([device({}, {})], [device({}, {})]),
		"by its Guid": since([device({}, {})], [device({"Guid": upper(guid), "DeviceId": null}, {})]),
		"by its DeviceId, in other letters": since([device({}, {})], [device(
			{"Guid": "55555555-aaaa-4bbb-8ccc-000000000009", "DeviceId": "outlook17"},
			{},
		)]),
		"gone, after it was wiped": since([device({}, {"DeviceWipeAckTime": "2026-06-02T08:00:00Z"})], []),
		"gone, after the account on it was wiped": since(
			[device({}, {"AccountOnlyDeviceWipeAckTime": example.left})],
			[],
		),
		"one is listed still, one was wiped": since(
			[
				device({}, {}),
				device({"Guid": null, "DeviceId": "APPL8"}, {"DeviceWipeAckTime": "2026-06-02T08:00:00Z"}),
			],
			[device({}, {})],
		),
		"gone with the mailbox, after it was wiped": {
			"mobileDevices": example.absent,
			"baseline": {"mobileDevices": example.read([device({}, {"DeviceWipeAckTime": "2026-06-02T08:00:00Z"})])},
		},
		"wiped by Intune": example.changed(
			since([device({"IsManaged": true}, {})], []),
			[{"managedDevices": example.read([managed("wipe", "2026-06-02T08:00:00Z")])}],
		),
		"wiped by Intune, and Intune has forgotten it": {
			"mobileDevices": example.read([]),
			"managedDevices": example.read([]),
			"baseline": {
				"mobileDevices": example.read([device({"IsManaged": true}, {})]),
				"managedDevices": example.read([managed("retire", "2026-06-02T08:00:00Z")]),
			},
		},
	}
	rule.status == "pass" with input as example.input_of(case) with data.baseline as example.baseline_of(case)
}

test_fail[name] if {
	some name, case in {
		"gone": since([device({}, {})], []),
		"gone with the mailbox": {
			"mobileDevices": example.absent,
			"baseline": {"mobileDevices": example.read([device({}, {})])},
		},
		"gone, and another is listed": since(
			[device({}, {})],
			[device({"Guid": "55555555-aaaa-4bbb-8ccc-000000000009", "DeviceId": "APPL8"}, {})],
		),
		"gone, and a nameless one is listed": since(
			[device({"DeviceId": ""}, {})],
			[device({"Guid": null, "DeviceId": ""}, {})],
		),
		"gone, and a nameless one is listed in turn": since(
			[device({"Guid": ""}, {})],
			[device({"Guid": "", "DeviceId": null}, {})],
		),
		"one of several": since([device({}, {}), device({"Guid": null, "DeviceId": "APPL8"}, {})], [device({}, {})]),
		"wiped before leaving": since([device({}, {"DeviceWipeAckTime": "2026-05-01T08:00:00Z"})], []),
		"wiped never": since([device({}, {"DeviceWipeAckTime": "0001-01-01T00:00:00Z"})], []),
		"asked for, not confirmed": since([device({}, {"DeviceWipeRequestTime": "2026-06-02T08:00:00Z"})], []),
		"half of what the baseline lists is enough": {
			"mobileDevices": example.read([]),
			"baseline": {"mobileDevices": example.partial([device({}, {})])},
		},
		"Intune did it before leaving": example.changed(
			since([device({}, {})], []),
			[{"managedDevices": example.read([managed("wipe", "2026-05-02T08:00:00Z")])}],
		),
		"Intune only deleted the record": example.changed(
			since([device({}, {})], []),
			[{"managedDevices": example.read([managed("delete", "2026-06-02T08:00:00Z")])}],
		),
		"Intune manages it, and does not list it": example.changed(
			since([device({"IsManaged": true}, {})], []),
			[{"managedDevices": example.read([])}],
		),
	}
	rule.status == "fail" with input as example.input_of(case) with data.baseline as example.baseline_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {"baseline": {}},
		"nothing was read now": {"baseline": {"mobileDevices": example.read([device({}, {})])}},
		"wiped then, and nothing was read now": {"baseline": {"mobileDevices": example.read([device(
			{},
			{"DeviceWipeAckTime": "2026-06-02T08:00:00Z"},
		)])}},
		"half of what is listed now": {
			"mobileDevices": example.partial([]),
			"baseline": {"mobileDevices": example.read([device({}, {})])},
		},
		"the baseline did not read the devices": {"mobileDevices": example.read([]), "baseline": {}},
		"the baseline read half, all listed": {
			"mobileDevices": example.read([device({}, {})]),
			"baseline": {"mobileDevices": example.partial([device({}, {})])},
		},
		"the baseline read half, none of it": {
			"mobileDevices": example.read([]),
			"baseline": {"mobileDevices": example.partial([])},
		},
		"no statistics then": since([object.remove(device({}, {}), ["statistics"])], []),
		"half the statistics then": since(
			[object.union(
				object.remove(device({}, {}), ["statistics"]),
				{"statistics": {"DeviceWipeAckTime": null}},
			)],
			[],
		),
		"a nameless device then": since([device({"Guid": null, "DeviceId": ""}, {})], []),
		"Intune manages it, and was not read": since([device({"IsManaged": true}, {})], []),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.baseline as example.baseline_of(case)
}

test_missing[name] if {
	some name, tc in {
		"the baseline does not hold the leaver": {
			"case": {"mobileDevices": example.read([]), "baseline": null},
			"want": set(),
		},
		"the baseline did not read the devices": {
			"case": {"mobileDevices": example.read([]), "baseline": {}},
			"want": {"mobileDevices"},
		},
		"the baseline read half": {
			"case": {"mobileDevices": example.read([]), "baseline": {"mobileDevices": example.partial([])}},
			"want": {"mobileDevices"},
		},
		"Intune": {"case": since([device({"IsManaged": true}, {})], []), "want": {"managedDevices"}},
		"not Intune, while the device is listed": {
			"case": since(
				[device({"IsManaged": true}, {}), object.remove(device({"Guid": null, "DeviceId": "A"}, {}), ["statistics"])],
				[device({}, {})],
			),
			"want": set(),
		},
		"not Intune, when the device was wiped": {
			"case": since(
				[
					device({"IsManaged": true}, {"DeviceWipeAckTime": "2026-06-02T08:00:00Z"}),
					object.remove(device({"Guid": null, "DeviceId": "A"}, {}), ["statistics"]),
				],
				[],
			),
			"want": set(),
		},
		"not Intune, before it is known what is listed": {
			"case": {"baseline": {"mobileDevices": example.read([device({"IsManaged": true}, {})])}},
			"want": set(),
		},
		"nothing, when another device fails": {
			"case": {
				"mobileDevices": example.read([]),
				"baseline": {"mobileDevices": example.partial([
					device({"IsManaged": true}, {}),
					device({"Guid": null, "DeviceId": "APPL8"}, {}),
				])},
			},
			"want": set(),
		},
		"nothing, without a baseline": {"case": {}, "want": set()},
	}
	missing := rule.missing with input as example.input_of(tc.case) with data.baseline as example.baseline_of(tc.case)
	missing == tc.want
}

test_words if {
	case := since([device({}, {"DeviceWipeRequestTime": "2026-06-02T08:00:00Z"})], [])
	findings := rule.findings with input as example.input_of(case) with data.baseline as example.baseline_of(case)
	findings == {{
		"resource": "OUTLOOK17", "DeviceId": "OUTLOOK17", "Guid": guid,
		"FriendlyName": "Rook's phone", "DeviceType": "Outlook", "DeviceModel": "Phone 12",
		"ClientType": "Outlook", "IsManaged": false, "Status": "DeviceOk", "LastSuccessSync": "2026-05-19T08:00:00Z",
		"DeviceWipeRequestTime": "2026-06-02T08:00:00Z", "DeviceWipeSentTime": null, "DeviceWipeAckTime": null,
		"AccountOnlyDeviceWipeRequestTime": null, "AccountOnlyDeviceWipeSentTime": null,
		"AccountOnlyDeviceWipeAckTime": null,
		"lastSeen": "2026-05-20T12:00:00Z",
	}}
	message := rule.message with input as example.input_of(case) with data.baseline as example.baseline_of(case)
	message == "Gone since 2026-05-20 12:00 UTC, and no wipe was confirmed: 1 mobile device."
	evidence := rule.evidence with input as example.input_of(case) with data.baseline as example.baseline_of(case)
	evidence == {
		"mobileDevices": {"devices": []},
		"baseline": {
			"collectedAt": "2026-05-20T12:00:00Z",
			"devices": [{"DeviceId": "OUTLOOK17", "Guid": guid}],
		},
	}
}

test_device_without_id_is_named_otherwise if {
	case := since([device({"DeviceId": null}, {})], [])
	findings := rule.findings with input as example.input_of(case) with data.baseline as example.baseline_of(case)
	{finding.resource | some finding in findings} == {guid}
}

test_evidence_of_now if {
	case := since([device({}, {})], [device({}, {})])
	evidence := rule.evidence with input as example.input_of(case) with data.baseline as example.baseline_of(case)
	evidence.mobileDevices.devices == [{"DeviceId": "OUTLOOK17", "Guid": guid}]
}

test_words_without_a_baseline if {
	contains(rule.message, "--baseline") with input as example.input_of({}) with data.baseline as null
}

test_words_when_the_baseline_should_hold_the_leaver if {
	message := rule.message with input as example.input_of({"mobileDevices": example.read([])})
		with data.baseline as {"collectedAt": "2026-06-02T12:00:00Z", "seal": "sha256:00"}
	contains(message, "does not hold")
}

test_no_words_when_there_was_no_device if {
	case := {"mobileDevices": example.read([]), "baseline": {"mobileDevices": example.read([])}}
	not rule.message with input as example.input_of(case) with data.baseline as example.baseline_of(case)
}

test_words_when_the_baseline_does_not_know if {
	case := {"mobileDevices": example.read([]), "baseline": {}}
	message := rule.message with input as example.input_of(case) with data.baseline as example.baseline_of(case)
	contains(message, "does not hold")
}

test_words_when_the_baseline_is_too_old if {
	case := {"mobileDevices": example.read([]), "baseline": null}
	message := rule.message with input as example.input_of(case) with data.baseline as example.baseline_of(case)
	contains(message, "before this leaver left")
}

test_no_words_on_a_pass if {
	case := since([device({}, {})], [device({}, {})])
	not rule.message with input as example.input_of(case) with data.baseline as example.baseline_of(case)
}

since(then, now) := {"mobileDevices": example.read(now), "baseline": {"mobileDevices": example.read(then)}}

device(properties, statistics) := object.union(
	{
		"Guid": guid,
		"Identity": "d.rook\\ExchangeActiveSyncDevices\\Outlook§17",
		"DeviceId": "OUTLOOK17",
		"DeviceType": "Outlook",
		"DeviceModel": "Phone 12",
		"FriendlyName": "Rook's phone",
		"ClientType": "Outlook",
		"IsManaged": false,
		"statistics": object.union(
			{
				"Status": "DeviceOk", "LastSuccessSync": "2026-05-19T08:00:00Z",
				"DeviceWipeRequestTime": null, "DeviceWipeSentTime": null, "DeviceWipeAckTime": null,
				"AccountOnlyDeviceWipeRequestTime": null, "AccountOnlyDeviceWipeSentTime": null,
				"AccountOnlyDeviceWipeAckTime": null,
			},
			statistics,
		),
	},
	properties,
)

guid := "55555555-aaaa-4bbb-8ccc-000000000001"

managed(action, at) := {
	"id": "66666666-aaaa-4bbb-8ccc-000000000001",
	"userId": example.id,
	"easDeviceId": "outlook17",
	"deviceActionResults": [{"actionName": action, "actionState": "done", "lastUpdatedDateTime": at}],
}

test_unknown_when_the_baseline_should_hold_the_leaver if {
	case := {"mobileDevices": example.read([])}
	rule.status == "unknown" with input as example.input_of(case)
		with data.baseline as {"collectedAt": "2026-06-02T12:00:00Z", "seal": "sha256:00"}
}
