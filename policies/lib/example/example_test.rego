# METADATA
# title: Examples for tests
# description: |
#   Builds what a rule sees, valid against the schemas: a leaver who left on 1 June 2026 at noon, facts that nobody read
#   until a test says what they are, and a tenant whose snapshot was taken ten days later.
package lib.example_test

# METADATA
# description: the leaver's object id
id := "6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11"

# METADATA
# description: |
#   The input of a case: an object of facts, of the leaver's and of the tenant's, and optionally of "leaver"
#   properties, of what is "attested" by rule id, and of the "baseline" (facts as of then, and optionally "leaver" and
#   "collectedAt"; null: it was given, and does not hold the leaver). Facts that the case does not name were not read.
input_of(case) := object.union(
	{
		"leaver": changed(leaver, [properties | some key, properties in case; key == "leaver"]),
		"facts": changed({name: unknown | some name in leaver_facts}, [object.filter(case, leaver_facts)]),
		"attested": changed({}, [statements | some key, statements in case; key == "attested"]),
	},
	{"baseline": record |
		is_object(case.baseline)
		record := changed(
			{
				"collectedAt": before_leaving,
				"leaver": changed(leaver, [properties | some key, properties in case.baseline; key == "leaver"]),
				"facts": changed(
					{name: unknown | some name in leaver_facts},
					[object.filter(case.baseline, leaver_facts)],
				),
			},
			[object.filter(case.baseline, ["collectedAt"])],
		)
	},
)

# METADATA
# description: data.baseline of a case, null where the case names none
baseline_of(case) := {"collectedAt": before_leaving, "seal": "sha256:00"} if {
	"baseline" in object.keys(case)
} else := null

# METADATA
# description: when the baseline was taken
before_leaving := "2026-05-20T12:00:00Z"

# METADATA
# description: what a person says, as the engine passes it on
statement := {
	"statement": "It was done.",
	"by": "m.hale@northwind.example",
	"at": "2026-06-03T09:00:00Z",
	"link": "https://tickets.northwind.example/1",
	"expires": "2027-06-03T09:00:00Z",
}

# METADATA
# description: the tenant of a case, which may name "windows" too
tenant_of(case) := changed(
	{
		"id": "0f0f0f0f-1111-4222-8333-444444444444",
		"cloud": "global",
		"collectedAt": "2026-06-11T12:00:00Z",
		"windows": {
			"signIns": {"from": "2026-05-12T12:00:00Z", "to": "2026-06-11T12:00:00Z"},
			"audits": {"from": "2026-05-12T12:00:00Z", "to": "2026-06-11T12:00:00Z"},
		},
		"facts": changed({name: unknown | some name in tenant_facts}, [object.filter(case, tenant_facts)]),
	},
	[object.filter(case, ["windows"])],
)

# METADATA
# description: an object in which later objects replace whole values of earlier ones
changed(object_before, changes) := json.patch(object_before, [{"op": "add", "path": [key], "value": value} |
	some change in changes
	some key, value in change
])

# METADATA
# description: the leaver
leaver := {
	"id": id,
	"userPrincipalName": "d.rook@northwind.example",
	"displayName": "D Rook",
	"mail": "d.rook@northwind.example",
	"employeeId": "1042",
	"leftAt": left,
	"leftBy": left,
	"source": "roster.csv:2",
	"state": "live",
	"matchedBy": "id",
}

# METADATA
# description: when the leaver left
left := "2026-06-01T12:00:00Z"

# METADATA
# description: a fact that was read
read(value) := {"state": "read", "value": value}

# METADATA
# description: a fact that the service says does not exist
absent := {"state": "absent"}

# METADATA
# description: a fact that was not read
unknown := {"state": "unknown", "reason": "forbidden", "needs": "a permission"}

# METADATA
# description: a fact that was read in part
partial(value) := {"state": "unknown", "reason": "throttled", "value": value}

# METADATA
# description: a live account that was offboarded well
account := {
	"id": id,
	"userPrincipalName": "d.rook@northwind.example",
	"displayName": "D Rook",
	"mail": "d.rook@northwind.example",
	"proxyAddresses": ["SMTP:d.rook@northwind.example"],
	"otherMails": [],
	"employeeId": "1042",
	"employeeType": null,
	"accountEnabled": false,
	"userType": "Member",
	"creationType": null,
	"externalUserState": null,
	"createdDateTime": "2021-03-01T08:00:00Z",
	"deletedDateTime": null,
	"lastPasswordChangeDateTime": "2026-06-01T12:04:10Z",
	"signInSessionsValidFromDateTime": "2026-06-01T12:05:02Z",
	"passwordPolicies": null,
	"onPremisesSyncEnabled": null,
	"onPremisesLastSyncDateTime": null,
	"onPremisesImmutableId": null,
	"usageLocation": "NL",
}

# METADATA
# description: that account, but for some properties
account_with(properties) := read(object.union(account, properties))

# METADATA
# description: a live user mailbox without forwarding, holds or archive
mailbox := {
	"mailboxState": "live",
	"Guid": "11111111-aaaa-4bbb-8ccc-000000000001",
	"ExchangeGuid": "11111111-aaaa-4bbb-8ccc-000000000002",
	"ExternalDirectoryObjectId": id,
	"UserPrincipalName": "d.rook@northwind.example",
	"DisplayName": "D Rook",
	"PrimarySmtpAddress": "d.rook@northwind.example",
	"EmailAddresses": ["SMTP:d.rook@northwind.example"],
	"RecipientTypeDetails": "UserMailbox",
	"ForwardingAddress": null,
	"ForwardingSmtpAddress": null,
	"DeliverToMailboxAndForward": false,
	"HiddenFromAddressListsEnabled": false,
	"GrantSendOnBehalfTo": [],
	"LitigationHoldEnabled": false,
	"LitigationHoldDate": null,
	"LitigationHoldDuration": "Unlimited",
	"InPlaceHolds": [],
	"ComplianceTagHoldApplied": false,
	"DelayHoldApplied": false,
	"DelayReleaseHoldApplied": false,
	"RetentionHoldEnabled": false,
	"RetentionPolicy": "Default MRM Policy",
	"IsInactiveMailbox": false,
	"WhenSoftDeleted": null,
	"IsSoftDeletedByDisable": false,
	"IsSoftDeletedByRemove": false,
	"InactiveMailboxRetireTime": null,
	"AccountDisabled": false,
	"IsDirSynced": false,
	"ArchiveGuid": "00000000-0000-0000-0000-000000000000",
	"ArchiveStatus": "None",
	"ProhibitSendReceiveQuota": "100 GB (107,374,182,400 bytes)",
	"PersistedCapabilities": [],
	"WhenMailboxCreated": "2021-03-01T08:10:00Z",
	"olderMailboxes": [],
}

# METADATA
# description: that mailbox, but for some properties
mailbox_with(properties) := read(object.union(mailbox, properties))

# METADATA
# description: a shared mailbox, but for some properties
shared_with(properties) := mailbox_with(object.union({"RecipientTypeDetails": "SharedMailbox"}, properties))

# METADATA
# description: a mailbox that was deleted on 5 June without a hold, but for some properties
soft_deleted_with(properties) := mailbox_with(object.union(
	{"mailboxState": "softDeleted", "WhenSoftDeleted": "2026-06-05T09:00:00Z", "IsSoftDeletedByRemove": true},
	properties,
))

# METADATA
# description: an inactive mailbox, but for some properties
inactive_with(properties) := mailbox_with(object.union(
	{
		"mailboxState": "inactive", "IsInactiveMailbox": true, "LitigationHoldEnabled": true,
		"WhenSoftDeleted": "2026-06-05T09:00:00Z",
	},
	properties,
))

# METADATA
# description: the size of a mailbox
size(bytes) := read({
	"TotalItemSize": "1.2 GB",
	"TotalItemSizeInBytes": bytes,
	"ItemCount": 12000,
	"TotalDeletedItemSize": "10 MB (10,485,760 bytes)",
	"DeletedItemCount": 100,
	"MailboxGuid": "11111111-aaaa-4bbb-8ccc-000000000002",
	"LastLogonTime": "2026-05-31T08:00:00Z",
	"IsArchiveMailbox": false,
})

# METADATA
# description: the leaver's licences, assigned directly, by skuId
licences(sku_ids) := read({
	"assignedLicenses": [{"skuId": sku_id, "disabledPlans": []} | some sku_id in sku_ids],
	"licenseAssignmentStates": [assignment(sku_id, null) | some sku_id in sku_ids],
})

# METADATA
# description: how a licence came to the leaver
assignment(sku_id, group) := {
	"skuId": sku_id,
	"disabledPlans": [],
	"assignedByGroup": group,
	"state": "Active",
	"error": "None",
	"lastUpdatedDateTime": "2026-01-04T09:00:00Z",
}

# METADATA
# description: Office 365 E3, with Exchange Online Plan 2
e3 := "6fd2c87f-b296-42f0-b197-1e91e994b900"

# METADATA
# description: Microsoft 365 Business Basic, with Exchange Online Plan 1
basic := "3b555118-da6a-4418-894f-7df1e2096870"

# METADATA
# description: Exchange Online Archiving
archiving := "ee02fd1b-340e-4a4b-b355-4a514e4c8943"

# METADATA
# description: Visio Plan 2, which has nothing of Exchange but its foundation
visio := "c5928f49-12ba-48f7-ada3-0d743a3601d5"

# METADATA
# description: Power Automate Free
flow_free := "f30db892-07e9-47e9-837c-80727f46fd3d"

# METADATA
# description: the service plan of Exchange Online Plan 2
plan_2 := "efb87545-963c-4e0d-99df-69c6916d9eb0"

# METADATA
# description: the tenant's subscriptions
skus := {
	e3: sku(e3, "ENTERPRISEPACK", "Enabled", [
		{"servicePlanId": plan_2, "servicePlanName": "EXCHANGE_S_ENTERPRISE"},
		{"servicePlanId": "57ff2da0-773e-42df-b2af-ffb7a2317929", "servicePlanName": "TEAMS1"},
	]),
	basic: sku(basic, "O365_BUSINESS_ESSENTIALS", "Warning", [
		{"servicePlanId": "9aaf7827-d63c-4b61-89c3-182f06f82e5c", "servicePlanName": "EXCHANGE_S_STANDARD"},
	]),
	archiving: sku(archiving, "EXCHANGEARCHIVE_ADDON", "Enabled", [
		{"servicePlanId": "176a09a6-7ec5-4039-ac02-b2791c6ba793", "servicePlanName": "EXCHANGE_S_ARCHIVE_ADDON"},
	]),
	visio: sku(visio, "VISIOCLIENT", "Enabled", [
		{"servicePlanId": "113feb6c-3fe4-4440-bddc-54d774bf0318", "servicePlanName": "EXCHANGE_S_FOUNDATION"},
		{"servicePlanId": "663a804f-1c30-4ff0-9915-9db84f0d1cea", "servicePlanName": "VISIO_CLIENT_SUBSCRIPTION"},
	]),
	flow_free: sku(flow_free, "FLOW_FREE", "Enabled", [
		{"servicePlanId": "50e68c76-46c6-4674-81f9-75456511b170", "servicePlanName": "FLOW_P2_VIRAL"},
	]),
}

# METADATA
# description: one of them
sku(id_of_sku, part_number, status, plans) := {
	"skuId": id_of_sku,
	"skuPartNumber": part_number,
	"capabilityStatus": status,
	"appliesTo": "User",
	"consumedUnits": 20,
	"prepaidUnits": {"enabled": 25, "suspended": 0, "warning": 0, "lockedOut": 0},
	"servicePlans": [object.union(plan, {"provisioningStatus": "Success", "appliesTo": "User"}) | some plan in plans],
}

# METADATA
# description: the tenant's domains
domains := read({
	"northwind.example": {"id": "northwind.example", "isVerified": true, "isDefault": true, "isInitial": false},
	"northwind.onmicrosoft.example": {
		"id": "northwind.onmicrosoft.example",
		"isVerified": true, "isDefault": false, "isInitial": true,
	},
	"fabrikam.example": {"id": "fabrikam.example", "isVerified": false, "isDefault": false, "isInitial": false},
})

# METADATA
# description: the organisation, with its holds
organization(holds) := read({
	"id": "0f0f0f0f-1111-4222-8333-444444444444",
	"displayName": "Northwind",
	"onPremisesSyncEnabled": null,
	"verifiedDomains": [],
	"OrganizationConfig": {
		"InPlaceHolds": holds,
		"EwsEnabled": null,
		"DelayedDelicensingEnabled": false,
		"OAuth2ClientProfileEnabled": true,
		"AuditDisabled": false,
	},
	"TransportConfig": {"SmtpClientAuthenticationDisabled": true},
})

# METADATA
# description: a row of the audit log about the leaver
audit(activity, at) := {
	"id": concat("_", ["Directory", activity, at]),
	"category": "UserManagement",
	"activityDisplayName": activity,
	"activityDateTime": at,
	"loggedByService": "Core Directory",
	"operationType": "Update",
	"result": "success",
	"initiatedBy": by_user("admin@northwind.example"),
	"targetResources": [{
		"id": id,
		"type": "User",
		"displayName": "D Rook",
		"userPrincipalName": "d.rook@northwind.example",
		"modifiedProperties": [],
	}],
}

# METADATA
# description: that row, but for some properties
audit_with(activity, at, properties) := object.union(audit(activity, at), properties)

# METADATA
# description: a person did it
by_user(name) := {
	"user": {"id": "aaaaaaaa-0000-4000-8000-000000000001", "displayName": name, "userPrincipalName": name},
	"app": null,
}

# METADATA
# description: an application did it
by_app(name) := {
	"user": null,
	"app": {"appId": null, "displayName": name, "servicePrincipalId": null, "servicePrincipalName": null},
}

# METADATA
# description: a recipient that was read
recipient(kind, properties) := read(object.union(
	{
		"kind": kind,
		"id": null,
		"displayName": kind,
		"RecipientTypeDetails": null,
		"PrimarySmtpAddress": null,
		"ExternalEmailAddress": null,
		"accountEnabled": null,
		"isLeaver": false,
		"hasEnabledMember": null,
	},
	properties,
))

# METADATA
# description: every fact about a leaver
leaver_facts := [
	"account", "accounts", "appGrants", "audits", "authenticationMethods", "delegations", "directReports",
	"drivePermissions", "groups", "hiddenInboxRules", "inboxRules", "licences", "mailProtocols", "mailbox",
	"mailboxSize", "managedDevices", "mobileDevices", "oneDrive", "ownedApplications", "ownedObjects", "permissions",
	"phoneNumbers", "recipients", "registeredDevices", "roles", "signInActivity", "signIns",
]

# METADATA
# description: every fact about the tenant
tenant_facts := ["domains", "organization", "reportSettings", "sharePointSettings", "subscribedSkus"]
