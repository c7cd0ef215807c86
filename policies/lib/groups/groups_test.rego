package lib.groups_test

import data.lib.groups

test_named[name] if {
	some name, tc in {
		"by id": {"list": [upper(id)], "want": true},
		"by name": {"list": ["else", " ALL staff "], "want": true},
		"neither": {"list": ["All staffs"], "want": false},
		"nobody": {"list": [], "want": false},
		"a part of the name": {"list": ["All"], "want": false},
	}
	{true | groups.named(id, "All Staff", tc.list)} == {true | tc.want == true}
}

test_null_is_no_name if {
	not groups.named(null, null, [""])
	groups.named(null, "All staff", ["all staff"])
	groups.named(id, null, [id])
}

id := "c0ffee00-0000-4000-8000-000000000001"
