package collector

import (
	"slices"
	"strings"
)

// Resource is a service as applications are granted permissions on it.
type Resource struct {
	Name  string `json:"name"`
	AppID string `json:"appId"`
}

// The services (learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in).
// Their application ids are the same in every cloud.
const (
	graphName  = "Microsoft Graph"
	graphAppID = "00000003-0000-0000-c000-000000000000"

	exchangeName  = "Office 365 Exchange Online"
	exchangeAppID = "00000002-0000-0ff1-ce00-000000000000"
)

// exchangeManageAsApp lets an application run cmdlets. It cannot be narrowed; the role that the application
// has in Exchange, or in the directory, says which cmdlets it may run
// (learn.microsoft.com/powershell/exchange/app-only-auth-powershell-v2).
const exchangeManageAsApp = "Exchange.ManageAsApp"

// Permission is an application permission that reading takes.
type Permission struct {
	Resource Resource `json:"resource"`
	Name     string   `json:"name"`
	// ID is the permission's id in the worldwide cloud. Of the national clouds Microsoft publishes none.
	ID string `json:"id"`
	// wider are permissions that Microsoft lists for the same requests. Directory.Read.All is not among them,
	// although many requests take it: what a list shows then is half of what there is, without a word.
	wider []string
}

// Permissions are all of them, sorted by service and name. The ids are those of
// github.com/microsoftgraph/microsoft-graph-devx-content (permissions/permissions-descriptions.json and
// permissions/new/provisioningInfo.json), for Exchange that of
// learn.microsoft.com/powershell/exchange/app-only-auth-powershell-v2.
func Permissions() []Permission {
	onGraph := func(name, id string, wider ...string) Permission {
		return Permission{Resource: Resource{graphName, graphAppID}, Name: name, ID: id, wider: wider}
	}
	return []Permission{
		onGraph("Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "Application.ReadWrite.All"),
		onGraph("AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da"),
		onGraph("Device.Read.All", "7438b122-aefc-4978-80ed-43db9fcc7715", "Device.ReadWrite.All"),
		onGraph("DeviceManagementManagedDevices.Read.All", "2f51be20-0bb4-4fed-bf7b-db946066c75e", "DeviceManagementManagedDevices.ReadWrite.All"),
		onGraph("Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61"),
		onGraph("Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664", "Domain.ReadWrite.All"),
		onGraph("Files.Read.All", "01d4889c-1287-42c6-ac1f-5d1e02578ef6", "Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All"),
		onGraph("GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6", "Group.Read.All", "Group.ReadWrite.All"),
		onGraph("LicenseAssignment.Read.All", "e2f98668-2877-4f38-a2f4-8202e0717aa1"),
		onGraph("Mail.ReadBasic.All", "693c5e45-0940-467d-9b8a-1022fb9d42ef", "Mail.Read", "Mail.ReadWrite"),
		onGraph("MailboxSettings.Read", "40f97065-369a-49f4-947c-6a255697ae91"),
		onGraph("Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6", "Organization.ReadWrite.All"),
		onGraph("PrivilegedEligibilitySchedule.Read.AzureADGroup", "edb419d6-7edc-42a3-9345-509bfdf5d87c", "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup"),
		onGraph("ReportSettings.Read.All", "ee353f83-55ef-4b78-82da-555bfa2b4b95", "ReportSettings.ReadWrite.All"),
		onGraph("RoleManagement.Read.Directory", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c", "RoleManagement.ReadWrite.Directory"),
		onGraph("SharePointTenantSettings.Read.All", "83d4163d-a2d8-4d3b-9695-4ae3ca98f888", "SharePointTenantSettings.ReadWrite.All"),
		onGraph("TeamsTelephoneNumber.Read.All", "39b17d18-680c-41f4-b9c2-5f30629e7cb6", "TeamsTelephoneNumber.ReadWrite.All"),
		onGraph("User.Read.All", "df021288-bdef-4463-88db-98f22de89214"),
		onGraph("UserAuthenticationMethod.Read.All", "38d9df27-64da-44fd-b7c5-a6fbac20248f", "UserAuthenticationMethod.ReadWrite.All"),
		{Resource: Resource{exchangeName, exchangeAppID}, Name: exchangeManageAsApp, ID: "dc50a0fb-09a3-484d-be87-e023b12c6440"},
	}
}

// holds reports whether a token's roles or scopes bring a permission, and by which of them.
func holds(granted []string, permission string) (by string, ok bool) {
	if slices.Contains(granted, permission) {
		return permission, true
	}
	for _, p := range Permissions() {
		if p.Name != permission {
			continue
		}
		for _, wider := range p.wider {
			if slices.Contains(granted, wider) {
				return wider, true
			}
		}
	}
	return "", false
}

// writes are the roles or scopes of a token that could change something: all those whose name does not say
// that they read. A name that nobody has seen yet is taken for one that writes.
func writes(granted []string) []string {
	var out []string
	for _, name := range granted {
		if !onlyReads(name) {
			out = append(out, name)
		}
	}
	return out
}

func onlyReads(permission string) bool {
	switch permission {
	case exchangeManageAsApp, "Exchange.Manage": // what they do is up to the role in Exchange
		return true
	case "openid", "profile", "email", "offline_access":
		return true
	}
	return slices.ContainsFunc(strings.Split(permission, "."), func(part string) bool {
		return strings.HasPrefix(part, "Read") && !strings.Contains(part, "Write")
	})
}

// directoryRoles are the roles that Exchange Online takes from the directory, by template id, and whether
// they only read (learn.microsoft.com/powershell/exchange/app-only-auth-powershell-v2 and
// learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference).
func directoryRoles() map[string]directoryRole {
	return map[string]directoryRole{
		"f2ef992c-3afb-46b9-b7cf-a126ee74c451": {globalReader, true},
		"5d6b6bb7-de71-4623-b4af-96380a352509": {"Security Reader", true},
		"4a5d8f65-41da-4de4-8968-e035b65339cf": {"Reports Reader", true},
		"88d8e3e3-8f55-4a1e-953a-9b9898b8876b": {"Directory Readers", true},
		"62e90394-69f5-4237-9190-012177145e10": {"Global Administrator", false},
		"29232cdf-9323-42fd-ade2-1d097af3e4de": {"Exchange Administrator", false},
		"31392ffb-586c-42d1-9346-e59415a2cc4e": {"Exchange Recipient Administrator", false},
		"17315797-102d-40b4-93e0-432062caca18": {"Compliance Administrator", false},
		"194ae4cb-b126-40b2-bd5b-6091b380977d": {"Security Administrator", false},
		"729827e3-9c14-49f7-bb1b-9608f156bbb8": {"Helpdesk Administrator", false},
		"fe930be7-5e62-47db-91af-98c3a49a38b1": {"User Administrator", false},
		"e8611ab8-c189-46e8-94e1-60213ab1f814": {"Privileged Role Administrator", false},
		"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": {"Application Administrator", false},
		"158c047a-c907-4556-b7ef-446551a6b5f7": {"Cloud Application Administrator", false},
		"9360feb5-f418-4baa-8175-e2a00bac4301": {"Directory Writers", false},
		"3a2c62db-5318-420d-8d74-23affee5d9d5": {"Intune Administrator", false},
		"f28a1f50-f6e7-4571-818b-6a12f2af6b6c": {"SharePoint Administrator", false},
		"69091246-20e8-4a56-aa4d-066075b2a7a8": {"Teams Administrator", false},
	}
}

type directoryRole struct {
	name  string
	reads bool
}

// everybody are the ids that stand in wids for no role at all: of applications, and of users.
func everybody() []string {
	return []string{"0997a1d0-0d1d-4acb-b408-d5ca73121e90", "b79fbf4d-3ef9-4689-8143-76b194e85509"}
}
