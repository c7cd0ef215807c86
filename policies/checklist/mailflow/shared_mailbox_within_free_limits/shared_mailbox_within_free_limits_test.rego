package checklist.mailflow.shared_mailbox_within_free_limits_test

import data.checklist.mailflow.shared_mailbox_within_free_limits as rule
import data.lib.example_test as example

test_not_applicable[name] if {
	some name, case in {
		"a user mailbox": {"mailbox": example.mailbox_with({})},
		"no mailbox": {"mailbox": example.absent},
		"inactive": {"mailbox": example.inactive_with({"RecipientTypeDetails": "SharedMailbox"})},
		"soft-deleted": {"mailbox": example.soft_deleted_with({"RecipientTypeDetails": "SharedMailbox"})},
	}
	rule.status == "not_applicable" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_pass[name] if {
	some name, case in {
		"exactly 50 GiB": shared({}),
		"never opened": shared({"mailboxSize": example.absent}),
		"too large, with Plan 2": shared({
			"mailboxSize": example.size(53687091201),
			"licences": example.licences([example.e3]),
		}),
		"an archive, with Plan 1": shared({"mailbox": archived, "licences": example.licences([example.basic])}),
		"a hold, with Plan 1": shared({
			"mailbox": example.shared_with({"LitigationHoldEnabled": true}),
			"licences": example.licences([example.basic]),
		}),
		"within the limits, and no subscription was read": shared({
			"licences": example.licences([example.e3]),
			"subscribedSkus": example.unknown,
		}),
		"archive properties that are empty": shared({"mailbox": example.shared_with({
			"ArchiveGuid": null,
			"ArchiveStatus": null,
		})}),
	}
	rule.status == "pass" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_fail[name] if {
	some name, case in {
		"too large": shared({"mailboxSize": example.size(53687091201)}),
		"too large, as half the statistics show": shared({"mailboxSize": example.partial({
			"TotalItemSizeInBytes": 53687091201,
		})}),
		"too large, with Plan 1": shared({
			"mailboxSize": example.size(53687091201),
			"licences": example.licences([example.basic]),
		}),
		"an archive": shared({"mailbox": archived}),
		"an archive, and the size was not read": shared({"mailbox": archived, "mailboxSize": example.unknown}),
		"an archive that shows by its status alone": shared({"mailbox": example.shared_with({
			"ArchiveGuid": null,
			"ArchiveStatus": "Active",
		})}),
		"a hold": shared({"mailbox": example.shared_with({"LitigationHoldEnabled": true})}),
	}
	rule.status == "fail" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_unknown[name] if {
	some name, case in {
		"nothing was read": {},
		"the mailbox was not read": shared({"mailbox": example.unknown}),
		"half a mailbox": shared({"mailbox": example.partial(object.union(
			example.mailbox,
			{"RecipientTypeDetails": "SharedMailbox"},
		))}),
		"the size was not read": shared({"mailboxSize": example.unknown}),
		"the size was read in part": shared({"mailboxSize": example.partial({"TotalItemSizeInBytes": 1000})}),
		"the size is unlimited": shared({"mailboxSize": example.size(null)}),
		"the licences were not read": shared({"licences": example.unknown}),
		"too large, and the licences were read in part": shared({
			"mailboxSize": example.size(53687091201),
			"licences": example.partial({"assignedLicenses": []}),
		}),
		"too large, and the subscriptions were not read": shared({
			"mailboxSize": example.size(53687091201),
			"licences": example.licences([example.e3]), "subscribedSkus": example.unknown,
		}),
		"an archive of which only the status is odd": shared({"mailbox": example.shared_with({
			"ArchiveStatus": "HostedPending",
		})}),
		"a hold that is null": shared({"mailbox": example.shared_with({"LitigationHoldEnabled": null})}),
		"half a user mailbox": shared({"mailbox": example.partial(example.mailbox)}),
		"half an inactive mailbox": shared({"mailbox": example.partial({"mailboxState": "inactive"})}),
		"too large by half the statistics, though Plan 2 is there": shared({
			"mailboxSize": example.partial({"TotalItemSizeInBytes": 53687091201}),
			"licences": example.licences([example.e3]),
		}),
		"a kind that is null": shared({"mailbox": example.mailbox_with({"RecipientTypeDetails": null})}),
		"a kind that is null, too large": shared({
			"mailbox": example.mailbox_with({"RecipientTypeDetails": null}),
			"mailboxSize": example.size(53687091201),
		}),
		"half an inactive mailbox, too large": shared({
			"mailbox": half_inactive,
			"mailboxSize": example.size(53687091201),
		}),
		"it is not said where the mailbox is": shared({"mailbox": example.read(object.remove(
			object.union(example.mailbox, {"RecipientTypeDetails": "SharedMailbox"}),
			["mailboxState"],
		))}),
	}
	rule.status == "unknown" with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_missing if {
	case := shared({
		"mailboxSize": example.size(53687091201),
		"licences": example.licences([example.e3]),
		"subscribedSkus": example.unknown,
	})
	rule.missing == {"subscribedSkus"} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	rule.missing == set() with input as example.input_of(shared({})) with data.tenant as example.tenant_of(shared({}))
}

test_nothing_is_missing[name] if {
	some name, case in {
		"of a user mailbox": shared({
			"mailbox": example.mailbox_with({}),
			"licences": example.licences([example.e3]), "subscribedSkus": example.unknown,
		}),
		"of a mailbox within the limits": shared({
			"licences": example.licences([example.e3]),
			"subscribedSkus": example.unknown,
		}),
		"of subscriptions that were read": shared({"mailboxSize": example.unknown}),
		"of half an inactive mailbox": shared({
			"mailbox": half_inactive,
			"licences": example.licences([example.e3]), "subscribedSkus": example.unknown,
		}),
		"of a kind that is null": shared({
			"mailbox": example.mailbox_with({"RecipientTypeDetails": null}),
			"licences": example.licences([example.e3]), "subscribedSkus": example.unknown,
		}),
	}
	rule.missing == set() with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

test_no_words_on_a_pass if {
	not rule.message with input as example.input_of(shared({})) with data.tenant as example.tenant_of(shared({}))
}

test_words_name_each_limit if {
	case := shared({
		"mailbox": example.shared_with({
			"LitigationHoldEnabled": true,
			"ArchiveGuid": "33333333-aaaa-4bbb-8ccc-000000000001", "ArchiveStatus": "Active",
		}),
		"mailboxSize": example.size(53687091201),
	})
	findings := rule.findings with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	{finding.resource | some finding in findings} == {"TotalItemSize", "ArchiveGuid", "LitigationHoldEnabled"}
	message := rule.message with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	message == "The shared mailbox needs a licence for ArchiveGuid, LitigationHoldEnabled, TotalItemSize."
	evidence := rule.evidence with input as example.input_of(case) with data.tenant as example.tenant_of(case)
	evidence.mailboxSize.TotalItemSizeInBytes == 53687091201
}

test_finding_shows_the_value if {
	case := shared({"mailbox": archived})
	rule.findings == {{
		"resource": "ArchiveGuid",
		"assignedLicenses": [],
		"ArchiveGuid": "33333333-aaaa-4bbb-8ccc-000000000001",
		"TotalItemSizeInBytes": 53687091200,
	}} with input as example.input_of(case) with data.tenant as example.tenant_of(case)
}

shared(changes) := example.changed(
	{
		"mailbox": example.shared_with({}),
		"mailboxSize": example.size(53687091200),
		"licences": example.licences([]),
		"subscribedSkus": example.read(example.skus),
	},
	[changes],
)

half_inactive := example.partial({"mailboxState": "inactive", "RecipientTypeDetails": "SharedMailbox"})

archived := example.shared_with({
	"ArchiveGuid": "33333333-aaaa-4bbb-8ccc-000000000001",
	"ArchiveStatus": "Active",
})
