package lib.addresses_test

import data.lib.addresses
import data.lib.example_test as example

test_plain[want] if {
	some want, address in {
		"a@northwind.example": "SMTP:A@Northwind.example",
		"b@northwind.example": " smtp:b@northwind.example",
		"vega, s": "Vega, S",
	}
	addresses.plain(address) == want
}

test_domain_follows_the_last_at_sign if {
	addresses.domain("smtp:\"a@northwind.example\"@elsewhere.example") == "elsewhere.example"
	not addresses.domain("/o=northwind/cn=rook")
	not addresses.domain(null)
}

test_inside_or_outside[address] if {
	some address, want in {
		"a@northwind.example": {"inside": true, "outside": false},
		"A@NORTHWIND.EXAMPLE": {"inside": true, "outside": false},
		"a@fabrikam.example": {"inside": false, "outside": true},
		"a@elsewhere.example": {"inside": false, "outside": true},
		"a@mail.northwind.example": {"inside": false, "outside": true},
		"a@xnorthwind.example": {"inside": false, "outside": true},
		"a@": {"inside": false, "outside": true},
		"/o=northwind/cn=rook": {"inside": false, "outside": false},
		"": {"inside": false, "outside": false},
	}
	judged := {
		"inside": {true | addresses.inside(address)} != set(),
		"outside": {true | addresses.outside(address)} != set(),
	} with data.tenant as example.tenant_of({"domains": example.domains})
	judged == want
}

test_half_the_domains if {
	case := {"domains": example.partial({
		"northwind.example": {"id": "northwind.example", "isVerified": true},
		"fabrikam.example": {"id": "fabrikam.example", "isVerified": false},
	})}
	addresses.inside("a@northwind.example") with data.tenant as example.tenant_of(case)
	addresses.outside("a@fabrikam.example") with data.tenant as example.tenant_of(case)
	not addresses.outside("a@elsewhere.example") with data.tenant as example.tenant_of(case)
}
