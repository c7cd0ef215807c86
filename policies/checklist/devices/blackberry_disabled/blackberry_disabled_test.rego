package checklist.devices.blackberry_disabled_test

import data.checklist.devices.blackberry_disabled as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, fact in {
		"no device": example.read([]),
		"no mailbox that could have one": example.absent,
		"another": example.read([device({})]),
		"another, whatever its owner calls it": example.read([device({"FriendlyName": "My BlackBerry"})]),
		"another, by its type alone": example.read([device({"DeviceOS": null, "DeviceModel": ""})]),
		"another, by its system alone": example.read([device({"DeviceType": null, "DeviceModel": null})]),
		"another, by its model alone": example.read([device({"DeviceType": "", "DeviceOS": null})]),
	}
	rule.status == "not_applicable" with input as example.input_of({"mobileDevices": fact})
}

test_fail[name] if {
	some name, fact in {
		"by its type": example.read([device({"DeviceType": "BlackBerry"})]),
		"by its system": example.read([device({"DeviceOS": "BLACKBERRY 10.3"})]),
		"by its model": example.read([device({"DeviceModel": "rim blackberry passport"})]),
		"by its model alone": example.read([device({"DeviceType": null, "DeviceOS": null, "DeviceModel": "BlackBerry"})]),
		"one of several": example.read([device({}), device({"DeviceId": "BB2", "DeviceType": "BlackBerry"})]),
		"half the devices are enough": example.partial([device({"DeviceType": "BlackBerry"})]),
	}
	rule.status == "fail" with input as example.input_of({"mobileDevices": fact})
}

test_pass_attested[name] if {
	some name, fact in {
		"a BlackBerry": example.read([device({"DeviceType": "BlackBerry"})]),
		"half the devices": example.partial([device({"DeviceType": "BlackBerry"})]),
		"nothing was read": example.unknown,
		"a device that does not say what it is": example.read([nameless]),
	}
	case := {"mobileDevices": fact, "attested": {"DEV-007": example.statement}}
	rule.status == "pass" with input as example.input_of(case)
	rule.attested == {"DEV-007"} with input as example.input_of(case)
	rule.findings == set() with input as example.input_of(case)
}

test_attested_for_nothing if {
	case := {"mobileDevices": example.read([device({})]), "attested": {"DEV-007": example.statement}}
	rule.status == "not_applicable" with input as example.input_of(case)
	rule.attested == set() with input as example.input_of(case)
}

test_nothing_of_this_is_attested[name] if {
	some name, attested in {
		"something else is": {"DEV-006": example.statement},
		"null": {"DEV-007": null},
	}
	case := {"mobileDevices": example.read([device({"DeviceType": "BlackBerry"})]), "attested": attested}
	rule.status == "fail" with input as example.input_of(case)
	rule.attested == set() with input as example.input_of(case)
}

test_unknown[name] if {
	some name, fact in {
		"nothing was read": example.unknown,
		"half the devices": example.partial([device({})]),
		"an empty list, of which half was read": example.partial([]),
		"a device that does not say what it is": example.read([nameless]),
		"one of several": example.read([device({}), nameless]),
		"left out": example.read([object.remove(device({}), ["DeviceType", "DeviceOS", "DeviceModel"])]),
		"no list": example.read({}),
	}
	rule.status == "unknown" with input as example.input_of({"mobileDevices": fact})
}

test_no_words[name] if {
	some name, case in {
		"when there is none": {"mobileDevices": example.read([device({})])},
		"when nothing was read": {},
		"when it is attested": {
			"mobileDevices": example.read([device({"DeviceType": "BlackBerry"})]),
			"attested": {"DEV-007": example.statement},
		},
	}
	not rule.message with input as example.input_of(case)
}

test_words if {
	case := {"mobileDevices": example.read([device({"DeviceType": "BlackBerry"})])}
	rule.findings == {{
		"resource": "APPL8", "DeviceId": "APPL8", "Guid": "55555555-aaaa-4bbb-8ccc-000000000001",
		"FriendlyName": "Rook's phone", "DeviceType": "BlackBerry", "DeviceOS": "iOS 19.1",
		"DeviceModel": "Phone 12", "DeviceAccessState": "Allowed",
	}} with input as example.input_of(case)
	message := rule.message with input as example.input_of(case)
	message == "1 BlackBerry device: only the BlackBerry service can disable it."
	evidence := rule.evidence with input as example.input_of(case)
	evidence == {"mobileDevices": {"devices": [{
		"DeviceId": "APPL8", "DeviceType": "BlackBerry", "DeviceOS": "iOS 19.1", "DeviceModel": "Phone 12",
	}]}}
}

test_device_without_id_is_named_otherwise[want] if {
	some want, properties in {
		"55555555-aaaa-4bbb-8ccc-000000000001": {"DeviceId": null},
		"d.rook\\ExchangeActiveSyncDevices\\BB": {"DeviceId": "", "Guid": null},
	}
	case := {"mobileDevices": example.read([device(object.union({"DeviceType": "BlackBerry"}, properties))])}
	findings := rule.findings with input as example.input_of(case)
	{finding.resource | some finding in findings} == {want}
}

test_words_when_it_is_not_said if {
	contains(rule.message, "does not say") with input as example.input_of({"mobileDevices": example.read([nameless])})
}

nameless := device({"DeviceType": null, "DeviceOS": "", "DeviceModel": " "})

device(properties) := object.union(
	{
		"Guid": "55555555-aaaa-4bbb-8ccc-000000000001",
		"Identity": "d.rook\\ExchangeActiveSyncDevices\\BB",
		"DeviceId": "APPL8",
		"DeviceType": "iPhone",
		"DeviceModel": "Phone 12",
		"DeviceOS": "iOS 19.1",
		"FriendlyName": "Rook's phone",
		"DeviceAccessState": "Allowed",
	},
	properties,
)

test_a_device_that_came_later_is_not_attested if {
	later := device({"DeviceType": "BlackBerry", "FirstSyncTime": "2026-06-10T12:00:00Z"})
	statement := object.union(example.statement, {"at": "2026-06-02T12:00:00Z"})
	case := {"mobileDevices": example.read([later]), "attested": {"DEV-007": statement}}
	rule.status == "fail" with input as example.input_of(case)
}
