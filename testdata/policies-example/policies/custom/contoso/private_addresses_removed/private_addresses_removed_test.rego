package custom.contoso.private_addresses_removed_test

import data.custom.contoso.example_test as example
import data.custom.contoso.private_addresses_removed as rule

test_status[name] if {
	some name, case in {
		"none": {"account": account("Member", []), "want": "pass"},
		"one of ours": {"account": account("Member", ["Ada@Contoso.com"]), "want": "pass"},
		"a private one": {"account": account("Member", ["ada@example.org"]), "want": "fail"},
		"one that only ends like ours": {"account": account("Member", ["ada@evilcontoso.com"]), "want": "fail"},
		"one beside ours": {"account": account("Member", ["ada@contoso.com", "ada@example.org"]), "want": "fail"},
		"a guest": {"account": account("Guest", ["ada@example.org"]), "want": "not_applicable"},
		"not read": {"account": example.unread, "want": "unknown"},
	}
	rule.status == case.want with input as example.leaver_with({"account": case.account})
		with data.parameters as parameters
}

test_words if {
	left := example.leaver_with({"account": account("Member", ["ada@example.org", "ada@contoso.com"])})
	rule.findings == {{"resource": "ada@example.org", "otherMails": "ada@example.org"}} with input as left
		with data.parameters as parameters
	rule.message == "Private addresses left on the account: 1." with input as left
		with data.parameters as parameters
	rule.evidence.account.userType == "Member" with input as left
}

parameters := {"CON-002": {"grace_hours": 24, "allowed_domains": ["contoso.com"]}}

account(kind, addresses) := example.read({"userType": kind, "otherMails": addresses})
