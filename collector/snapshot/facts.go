package snapshot

import "embed"

// SchemaVersion is the version of the format that this package writes and reads.
const SchemaVersion = 1

// The logs whose window a manifest states.
const (
	LogSignIns = "signIns"
	LogAudits  = "audits"
)

// The facts about one leaver. The schemas describe their values.
const (
	Account          = "account"          // Graph user, live or deleted; absent: in neither list
	SignInActivity   = "signInActivity"   // Graph user.signInActivity; null: never signed in
	SignIns          = "signIns"          // Graph sign-in log since leaving, interactive and not
	Audits           = "audits"           // Graph directory audit log with the leaver as target
	Licences         = "licences"         // Graph user.assignedLicenses and licenseAssignmentStates
	Mailbox          = "mailbox"          // Get-Mailbox: live, soft-deleted or inactive
	MailboxSize      = "mailboxSize"      // Get-MailboxStatistics; absent: never opened, or no mailbox
	MailProtocols    = "mailProtocols"    // Get-CASMailbox
	Permissions      = "permissions"      // Get-MailboxPermission on the leaver's mailbox
	Recipients       = "recipients"       // who stands behind the addresses that the mailbox names
	MobileDevices    = "mobileDevices"    // Get-MobileDevice with Get-MobileDeviceStatistics
	ManagedDevices   = "managedDevices"   // Intune managedDevices
	InboxRules       = "inboxRules"       // Graph messageRules of the inbox
	HiddenInboxRules = "hiddenInboxRules" // Get-InboxRule -IncludeHidden

	Delegations           = "delegations"           // the leaver's rights on other mailboxes
	RegisteredDevices     = "registeredDevices"     // Entra devices registered to or owned by the leaver
	Roles                 = "roles"                 // directory roles, active and eligible, direct and through groups
	Groups                = "groups"                // Graph transitiveMemberOf
	OwnedObjects          = "ownedObjects"          // groups and applications that the leaver owns, with all owners
	OwnedApplications     = "ownedApplications"     // their credentials
	AppGrants             = "appGrants"             // Graph oauth2PermissionGrants and appRoleAssignments
	AuthenticationMethods = "authenticationMethods" // Graph authentication/methods
	Accounts              = "accounts"              // other live accounts of the same person
	DirectReports         = "directReports"         // Graph directReports
	OneDrive              = "oneDrive"              // Graph drive; absent: never provisioned
	DrivePermissions      = "drivePermissions"      // permissions of the drive's root; absent: no drive
	PhoneNumbers          = "phoneNumbers"          // Teams numberAssignments
)

// The facts about the tenant.
const (
	Organization   = "organization"   // Graph organization, Get-OrganizationConfig, Get-TransportConfig
	Domains        = "domains"        // Graph domains, by name
	SubscribedSKUs = "subscribedSkus" // Graph subscribedSkus, by skuId

	SharePointSettings = "sharePointSettings" // Graph admin/sharepoint/settings
	ReportSettings     = "reportSettings"     // Graph admin/reportSettings: are names concealed
)

// LeaverFacts lists every fact that a Record holds, in order.
func LeaverFacts() []string {
	return []string{
		Account, Accounts, AppGrants, Audits, AuthenticationMethods, Delegations, DirectReports, DrivePermissions, Groups,
		HiddenInboxRules, InboxRules, Licences, MailProtocols, Mailbox, MailboxSize, ManagedDevices, MobileDevices, OneDrive,
		OwnedApplications, OwnedObjects, Permissions, PhoneNumbers, Recipients, RegisteredDevices, Roles, SignInActivity, SignIns,
	}
}

// TenantFacts lists every fact that a Tenant holds, in order.
func TenantFacts() []string {
	return []string{Domains, Organization, ReportSettings, SharePointSettings, SubscribedSKUs}
}

//go:embed schema
var schemas embed.FS

// LeaverSchema is the JSON Schema of a Record, and so of the input of a rule.
func LeaverSchema() ([]byte, error) { return schemas.ReadFile("schema/leaver.json") }

// TenantSchema is the JSON Schema of the document that rules see as data.tenant: a Tenant with the
// manifest's collectedAt and windows.
func TenantSchema() ([]byte, error) { return schemas.ReadFile("schema/tenant.json") }
