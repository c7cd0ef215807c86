package lib.synchronisation_test

import data.lib.example_test as example
import data.lib.synchronisation

test_made[name] if {
	some name, tc in {
		"an account whose name begins so": {"by": example.by_user("sync_DC01_0a1b@northwind.example"), "want": true},
		"an application of that name": {"by": example.by_app("Directory Bridge"), "want": true},
		"an application whose name only begins so": {"by": example.by_app("Directory Bridge 2"), "want": false},
		"a star is no letter": {"by": example.by_app("Sync_*"), "want": true},
		"a person": {"by": example.by_user("admin@northwind.example"), "want": false},
		"a person with such a display name": {
			"by": {"user": {"displayName": "Sync_DC01", "userPrincipalName": "admin@northwind.example"}, "app": null},
			"want": false,
		},
		"nobody": {"by": {"user": null, "app": null}, "want": false},
	}
	{true | synchronisation.made({"initiatedBy": tc.by}, ["Sync_*", "Directory bridge"])} == {true | tc.want == true}
}

test_initiators if {
	synchronisation.initiators({"initiatedBy": example.by_user("Admin@northwind.example")}) == {"admin@northwind.example"}
	synchronisation.initiators({"initiatedBy": example.by_app("Directory Bridge")}) == {"directory bridge"}
	synchronisation.initiators({"initiatedBy": {"user": null, "app": null}}) == set()
	synchronisation.initiators({}) == set()
}
