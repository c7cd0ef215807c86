package lib.devices_test

import data.lib.devices
import data.lib.example_test as example

test_done[name] if {
	some name, tc in {
		"done": {"results": [result("wipe", "done", "2026-06-02T08:00:00Z")], "want": true},
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
		{"easDeviceId": null, "deviceActionResults": [result("retire", "done", "2026-06-02T08:00:00Z")]},
		{"easDeviceId": "APPL9", "deviceActionResults": []},
	]
	devices.wiped_by_intune == {"appl8"} with input as example.input_of({"managedDevices": example.read(rows)})
	devices.wiped_by_intune == set() with input as example.input_of({"managedDevices": example.partial(rows)})
}

result(name, state, at) := {
	"actionName": name, "actionState": state,
	"startDateTime": null, "lastUpdatedDateTime": at,
}
