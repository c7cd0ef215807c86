package checklist.devices.personal_computer_accounted_for_test

import data.checklist.devices.personal_computer_accounted_for as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, devices in {
		"no device": [],
		"the organisation's": [device({})],
		"the organisation's, joined to Active Directory": [device({"trustType": "ServerAd"})],
		"the organisation's, in other letters": [device({"trustType": "azureAD"})],
		"the organisation's, whatever runs on it": [device({"operatingSystem": null})],
		"a phone": [device({"operatingSystem": "iOS", "trustType": "Workplace", "isManaged": null})],
		"a phone that is managed": [device({"operatingSystem": "Android", "trustType": "Workplace"})],
		"several": [device({}), device({"operatingSystem": "IPhone", "trustType": "Workplace"})],
	}
	rule.status == "not_applicable" with input as example.input_of({"registeredDevices": example.read(devices)})
}

test_fail[name] if {
	some name, fact in {
		"registered as a workplace device": example.read([device({"trustType": "Workplace"})]),
		"in other letters": example.read([device({"trustType": "workplace", "operatingSystem": "WINDOWS"})]),
		"not managed": example.read([device({"isManaged": false})]),
		"nobody says that it is managed": example.read([device({"isManaged": null})]),
		"that it is managed is left out": example.read([object.remove(device({}), ["isManaged"])]),
		"a Mac": example.read([device({"operatingSystem": "MacMDM", "trustType": "Workplace"})]),
		"macOS": example.read([device({"operatingSystem": "macOS", "isManaged": false})]),
		"one of several": example.read([device({}), device({"id": other, "trustType": "Workplace"})]),
		"half the devices are enough": example.partial([device({"trustType": "Workplace"})]),
	}
	rule.status == "fail" with input as example.input_of({"registeredDevices": fact})
}

test_pass_attested[name] if {
	some name, fact in {
		"a personal computer": example.read([device({"trustType": "Workplace"})]),
		"half the devices": example.partial([device({"trustType": "Workplace"})]),
		"nothing was read": example.unknown,
		"what was read does not settle it": example.read([device({"operatingSystem": null, "trustType": null})]),
	}
	case := {"registeredDevices": fact, "attested": {"DEV-006": example.statement}}
	rule.status == "pass" with input as example.input_of(case)
	rule.attested == {"DEV-006"} with input as example.input_of(case)
	rule.findings == set() with input as example.input_of(case)
}

test_attested_for_nothing if {
	case := {"registeredDevices": example.read([device({})]), "attested": {"DEV-006": example.statement}}
	rule.status == "not_applicable" with input as example.input_of(case)
	rule.attested == set() with input as example.input_of(case)
}

test_a_computer_that_came_later_is_not_attested if {
	later := device({"trustType": "Workplace", "registrationDateTime": "2026-06-10T12:00:00Z"})
	statement := object.union(example.statement, {"at": "2026-06-02T12:00:00Z"})
	case := {"registeredDevices": example.read([later]), "attested": {"DEV-006": statement}}
	rule.status == "fail" with input as example.input_of(case)
}

test_nothing_of_this_is_attested[name] if {
	some name, attested in {
		"something else is": {"DEV-007": example.statement},
		"null": {"DEV-006": null},
	}
	case := {"registeredDevices": example.read([device({"trustType": "Workplace"})]), "attested": attested}
	rule.status == "fail" with input as example.input_of(case)
	rule.attested == set() with input as example.input_of(case)
}

test_unknown[name] if {
	some name, fact in {
		"nothing was read": example.unknown,
		"half the devices": example.partial([device({})]),
		"an empty list, of which half was read": example.partial([]),
		"only the id is shown": example.partial([{
			"id": other, "operatingSystem": null, "trustType": null,
			"isManaged": null,
		}]),
		"not said what runs on it": example.read([device({"operatingSystem": null, "trustType": "Workplace"})]),
		"nothing runs on it": example.read([device({"operatingSystem": "", "isManaged": false})]),
		"a computer that is managed, and nobody says for whom": example.read([device({"trustType": null})]),
		"a trust that nobody knows": example.read([device({"trustType": "Hybrid"})]),
		"of one of several": example.read([device({}), device({"id": other, "trustType": null})]),
		"no list": example.read({}),
		"the service has no such thing": example.absent,
	}
	rule.status == "unknown" with input as example.input_of({"registeredDevices": fact})
}

test_no_words[name] if {
	some name, case in {
		"when there is none": {"registeredDevices": example.read([device({})])},
		"when nothing was read": {},
		"when it is attested": {
			"registeredDevices": example.read([device({"trustType": "Workplace"})]),
			"attested": {"DEV-006": example.statement},
		},
	}
	not rule.message with input as example.input_of(case)
}

test_words if {
	case := {"registeredDevices": example.read([device({}), device({"id": other, "trustType": "Workplace"})])}
	rule.findings == {{
		"resource": other, "id": other, "deviceId": "77aa0000-0000-4000-8000-000000000001",
		"displayName": "DROOK-LT", "operatingSystem": "Windows", "trustType": "Workplace", "isManaged": true,
		"relations": ["registered", "owned"],
	}} with input as example.input_of(case)
	message := rule.message with input as example.input_of(case)
	message == "Files may be left, beyond any wipe, on 1 personal computer."
	evidence := rule.evidence with input as example.input_of(case)
	count(evidence.registeredDevices.devices) == 2
	evidence.registeredDevices.devices[1] == {
		"id": other, "displayName": "DROOK-LT", "operatingSystem": "Windows", "trustType": "Workplace",
		"isManaged": true,
	}
}

test_words_when_it_is_not_said if {
	case := {"registeredDevices": example.read([device({"trustType": null})])}
	contains(rule.message, "does not say") with input as example.input_of(case)
}

device(properties) := object.union(
	{
		"id": "91b00000-0000-4000-8000-000000000001",
		"deviceId": "77aa0000-0000-4000-8000-000000000001",
		"displayName": "DROOK-LT",
		"accountEnabled": false,
		"operatingSystem": "Windows",
		"trustType": "AzureAd",
		"isManaged": true,
		"relations": ["registered", "owned"],
	},
	properties,
)

other := "91b00000-0000-4000-8000-000000000002"
