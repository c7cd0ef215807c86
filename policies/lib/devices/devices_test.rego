package lib.devices_test

import data.lib.devices
import data.lib.example_test as example

test_done[name] if {
	some name, tc in {
		"done": {"results": [result("wipe", "done", "2026-06-02T08:00:00Z")], "want": true},
		"done at leaving": {"results": [result("retire", "done", example.left)], "want": true},
		"reset": {"results": [result("factoryReset", "done", "2026-06-02T08:00:00Z")], "want": true},
		"company data removed": {"results": [result("removeCompanyData", "done", "2026-06-02T08:00:00Z")], "want": true},
		"in other letters": {"results": [result("Wipe", "Done", "2026-06-02T08:00:00Z")], "want": true},
		"pending": {"results": [result("wipe", "pending", "2026-06-02T08:00:00Z")], "want": false},
		"before leaving": {"results": [result("wipe", "done", "2026-06-01T11:59:59Z")], "want": false},
		"never": {"results": [result("wipe", "done", "0001-01-01T00:00:00Z")], "want": false},
		"null": {"results": [result(null, null, null)], "want": false},
		"no results": {"results": null, "want": false},
		"something else": {"results": [result("locateDevice", "done", "2026-06-02T08:00:00Z")], "want": false},
	}
	judged := {true | devices.done(tc.results, devices.wiping_actions)} with input as example.input_of({})
	judged == {true | tc.want == true}
}

test_wiped_by_intune_needs_the_whole_list if {
	rows := [
		{"easDeviceId": "APPL8", "deviceActionResults": [result("retire", "done", "2026-06-02T08:00:00Z")]},
		{"easDeviceId": "", "deviceActionResults": [result("retire", "done", "2026-06-02T08:00:00Z")]},
		{"easDeviceId": "APPL9", "deviceActionResults": []},
	]
	devices.wiped_by_intune == {"appl8"} with input as example.input_of({"managedDevices": example.read(rows)})
	devices.wiped_by_intune == set() with input as example.input_of({"managedDevices": example.partial(rows)})
}

test_wiped_by_intune_before if {
	rows := [
		{"easDeviceId": "APPL8", "deviceActionResults": [result("wipe", "done", "2026-06-02T08:00:00Z")]},
		{"easDeviceId": "", "deviceActionResults": [result("wipe", "done", "2026-06-02T08:00:00Z")]},
		{"easDeviceId": "APPL9", "deviceActionResults": [result("delete", "done", "2026-06-02T08:00:00Z")]},
	]
	then := {"baseline": {"managedDevices": example.read(rows)}}
	devices.wiped_by_intune_before == {"appl8"} with input as example.input_of(then)
	devices.wiped_by_intune == set() with input as example.input_of(then)
	then_in_part := {"baseline": {"managedDevices": example.partial(rows)}}
	devices.wiped_by_intune_before == set() with input as example.input_of(then_in_part)
	now := {"managedDevices": example.read(rows)}
	devices.wiped_by_intune_before == set() with input as example.input_of(now)
}

# what is known of a device's acknowledgements: neither holds of what Exchange did not say
test_acknowledged_or_not[name] if {
	some name, tc in {
		"of the whole device": {"properties": acks("2026-06-01T13:00:00Z", null), "yes": true, "no": false},
		"at leaving": {"properties": acks(example.left, null), "yes": true, "no": false},
		"of the account alone": {"properties": acks(null, example.left), "yes": true, "no": false},
		"none": {"properties": acks(null, null), "yes": false, "no": true},
		"never": {
			"properties": acks("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
			"yes": false, "no": true,
		},
		"before leaving": {
			"properties": acks("2026-05-01T13:00:00Z", "2026-06-01T11:59:59Z"),
			"yes": false, "no": true,
		},
		"half of it": {
			"properties": {"statistics": {"DeviceWipeAckTime": null}},
			"yes": false, "no": false,
		},
		"the other half": {
			"properties": {"statistics": {"AccountOnlyDeviceWipeAckTime": null}},
			"yes": false, "no": false,
		},
		"no statistics": {"properties": {}, "yes": false, "no": false},
		"no date that can be": {"properties": acks("9999-12-31T23:59:59Z", null), "yes": false, "no": false},
	}
	judged := {
		"yes": {true | devices.acknowledged(tc.properties)} != set(),
		"no": {true | devices.unacknowledged(tc.properties)} != set(),
	} with input as example.input_of({})
	judged == {"yes": tc.yes, "no": tc.no}
}

test_perhaps_wiped_by_intune[name] if {
	some name, tc in {
		"Intune was not read": {"managed": true, "fact": example.unknown, "want": true},
		"Intune was read in part": {"managed": true, "fact": example.partial([]), "want": true},
		"Intune was read": {"managed": true, "fact": example.read([]), "want": false},
		"there is no Intune": {"managed": true, "fact": example.absent, "want": false},
		"Intune does not manage it": {"managed": false, "fact": example.unknown, "want": false},
		"nobody says whether Intune manages it": {"managed": null, "fact": example.unknown, "want": false},
	}
	case := {"managedDevices": tc.fact}
	judged := {true | devices.perhaps_wiped_by_intune({"IsManaged": tc.managed})} with input as example.input_of(case)
	judged == {true | tc.want == true}
}

acks(of_device, of_account) := {"statistics": {
	"DeviceWipeAckTime": of_device,
	"AccountOnlyDeviceWipeAckTime": of_account,
}}

result(name, state, at) := {
	"actionName": name, "actionState": state,
	"startDateTime": null, "lastUpdatedDateTime": at,
}
