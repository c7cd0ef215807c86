package checklist.devices.registered_device_disabled_test

import data.checklist.devices.registered_device_disabled as rule
import data.lib.example_test as example

test_not_applicable if {
	rule.status == "not_applicable" with input as example.input_of({"registeredDevices": example.read([])})
}

test_pass[name] if {
	some name, devices in {
		"disabled": [device({})],
		"every one of several": [device({}), device({"id": other, "relations": ["owned"]})],
	}
	rule.status == "pass" with input as example.input_of({"registeredDevices": example.read(devices)})
}

test_fail[name] if {
	some name, fact in {
		"registered and enabled": example.read([device({"accountEnabled": true, "relations": ["registered"]})]),
		"owned and enabled": example.read([device({"accountEnabled": true, "relations": ["owned"]})]),
		"not managed, and not used for long": example.read([device({
			"accountEnabled": true, "isManaged": null,
			"approximateLastSignInDateTime": "2021-01-01T00:00:00Z",
		})]),
		"one of several": example.read([device({}), device({"id": other, "accountEnabled": true})]),
		"one, and another is not said": example.read([
			device({"accountEnabled": null}),
			device({"id": other, "accountEnabled": true}),
		]),
		"half the devices are enough": example.partial([device({"accountEnabled": true})]),
	}
	rule.status == "fail" with input as example.input_of({"registeredDevices": fact})
}

test_unknown[name] if {
	some name, fact in {
		"nothing was read": example.unknown,
		"half the devices": example.partial([device({})]),
		"an empty list, of which half was read": example.partial([]),
		"only the id is shown": example.partial([{"id": other, "accountEnabled": null, "displayName": null}]),
		"it is null whether the device is enabled": example.read([device({"accountEnabled": null})]),
		"it is not said whether the device is enabled": example.read([object.remove(device({}), ["accountEnabled"])]),
		"a word instead": example.read([device({"accountEnabled": "False"})]),
		"of one of several": example.read([device({}), device({"id": other, "accountEnabled": null})]),
		"no list": example.read(null),
		"the service has no such thing": example.absent,
	}
	rule.status == "unknown" with input as example.input_of({"registeredDevices": fact})
}

test_no_words[name] if {
	some name, fact in {
		"on a pass": example.read([device({})]),
		"when nothing was read": example.unknown,
		"when half was read": example.partial([device({})]),
	}
	not rule.message with input as example.input_of({"registeredDevices": fact})
}

test_words if {
	case := {"registeredDevices": example.read([
		device({"accountEnabled": true}),
		device({"id": other, "accountEnabled": true, "displayName": null}),
		device({"id": "91b00000-0000-4000-8000-000000000003"}),
	])}
	rule.message == $"Still enabled in Microsoft Entra ID: {other}, DROOK-LT." with input as example.input_of(case)
	findings := rule.findings with input as example.input_of(case)
	count(findings) == 2
	{
		"resource": "91b00000-0000-4000-8000-000000000001",
		"id": "91b00000-0000-4000-8000-000000000001",
		"deviceId": "77aa0000-0000-4000-8000-000000000001",
		"displayName": "DROOK-LT", "accountEnabled": true, "operatingSystem": "Windows", "trustType": "AzureAd",
		"relations": ["registered", "owned"], "approximateLastSignInDateTime": "2026-05-20T00:00:00Z",
	} in findings
	evidence := rule.evidence with input as example.input_of(case)
	count(evidence.registeredDevices.devices) == 3
	evidence.registeredDevices.devices[0] == {
		"id": "91b00000-0000-4000-8000-000000000001", "displayName": "DROOK-LT", "accountEnabled": true,
		"relations": ["registered", "owned"],
	}
}

test_words_when_it_is_not_said if {
	case := {"registeredDevices": example.read([device({"accountEnabled": null})])}
	contains(rule.message, "does not say") with input as example.input_of(case)
}

device(properties) := object.union(
	{
		"id": "91b00000-0000-4000-8000-000000000001",
		"deviceId": "77aa0000-0000-4000-8000-000000000001",
		"displayName": "DROOK-LT",
		"accountEnabled": false,
		"operatingSystem": "Windows",
		"operatingSystemVersion": "10.0.26100",
		"trustType": "AzureAd",
		"isManaged": true,
		"isCompliant": null,
		"approximateLastSignInDateTime": "2026-05-20T00:00:00Z",
		"registrationDateTime": "2024-01-08T09:00:00Z",
		"relations": ["registered", "owned"],
	},
	properties,
)

other := "91b00000-0000-4000-8000-000000000002"
