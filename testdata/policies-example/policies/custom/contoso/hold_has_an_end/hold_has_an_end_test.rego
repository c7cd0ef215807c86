package custom.contoso.hold_has_an_end_test

import data.custom.contoso.example_test as example
import data.custom.contoso.hold_has_an_end as rule

test_status[name] if {
	some name, case in {
		"the hold ends": {"mailbox": hold(true, "365.00:00:00"), "want": "pass"},
		"the hold has no end": {"mailbox": hold(true, "Unlimited"), "want": "fail"},
		"no hold": {"mailbox": hold(false, "Unlimited"), "want": "not_applicable"},
		"no mailbox": {"mailbox": {"state": "absent"}, "want": "not_applicable"},
		"not read": {"mailbox": example.unread, "want": "unknown"},
		"nothing says how long": {"mailbox": hold(true, null), "want": "unknown"},
	}
	rule.status == case.want with input as example.leaver_with({"mailbox": case.mailbox})
}

test_words if {
	held := example.leaver_with({"mailbox": hold(true, "Unlimited")})
	rule.message == "The mailbox is on litigation hold without an end." with input as held
	rule.evidence.mailbox.LitigationHoldDuration == "Unlimited" with input as held
}

hold(on, duration) := example.read({"LitigationHoldEnabled": on, "LitigationHoldDuration": duration})
