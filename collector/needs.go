package collector

import (
	"slices"
	"strings"

	"leavercheck/collector/snapshot"
)

// Need says what one fact takes to be read.
type Need struct {
	Fact string `json:"fact"`
	// PerTenant says that the fact is the tenant's and not a leaver's.
	PerTenant bool `json:"perTenant,omitempty"`
	// Requests are what the fact rests on, those that find the leaver first. Not every leaver takes all of
	// them: who is in no group has no group that must be read.
	Requests []Request `json:"requests"`
	// Without says what happens where the fact is not read, if no verdict becomes unknown by that.
	Without string `json:"without,omitempty"`
}

// Permissions are the application permissions of all requests, sorted.
func (n Need) Permissions() []string { return permissionsOf(n.Requests) }

func permissionsOf(requests []Request) []string {
	var out []string
	for _, r := range requests {
		out = append(out, r.Permissions...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Request is one kind of question that collecting asks, and what lets the caller ask it. Sources are the
// documentation page of each endpoint and Microsoft's list of permissions
// (github.com/microsoftgraph/microsoft-graph-devx-content, permissions/new/permissions.json).
type Request struct {
	// Endpoint is the request as the provenance names it: "GET /v1.0/users", or a cmdlet.
	Endpoint string `json:"endpoint"`
	// Permissions are the least application permissions. All of them are needed: what a list may show is
	// decided by the permission for the list and by that for the objects in it.
	Permissions []string `json:"permissions"`
	// Scopes are their twins for a person who signs in; none where a person's sign-in sees only what is their
	// own, or must not ask. Role is what that person must be.
	Scopes []string `json:"scopes,omitempty"`
	Role   string   `json:"role,omitempty"`
	// ExchangeRole is the read-only management role that has the cmdlet.
	ExchangeRole string `json:"exchangeRole,omitempty"`
	// Licence is what the tenant must have for the service to answer.
	Licence string `json:"licence,omitempty"`
	// Unsupported are the clouds that do not have the endpoint.
	Unsupported []string `json:"unsupported,omitempty"`
	// probe is the endpoint of the probe whose answer speaks for this request, empty if none does.
	probe string
}

func (r Request) supported(cloud string) bool { return !slices.Contains(r.Unsupported, cloud) }

// exchange says whether the request is a cmdlet.
func (r Request) exchange() bool { return strings.HasPrefix(r.Endpoint, "Get-") }

// The licences that services ask for.
const (
	licencePremium = "Microsoft Entra ID P1 or P2"
	licenceIntune  = "Microsoft Intune"
	licenceDrive   = "SharePoint Online"
	licenceMail    = "Exchange Online"
)

// The directory role that lets a person read what an application reads by its permissions alone, and the
// management roles of Exchange that only read.
const (
	globalReader      = "Global Reader"
	viewRecipients    = "View-Only Recipients"
	viewConfiguration = "View-Only Configuration"
	inboxRuleRole     = "a management role with Get-InboxRule alone"
)

// directory is a request to the directory: the permissions are needed, and for a person their twins.
func directory(endpoint string, permissions ...string) Request {
	return Request{Endpoint: endpoint, Permissions: permissions, Scopes: permissions, Role: globalReader}
}

func (r Request) licensed(licence string) Request { r.Licence = licence; return r }
func (r Request) without(clouds ...string) Request {
	r.Unsupported = clouds
	return r
}

// probed says which probe speaks for the request; without a name, the one of its own endpoint.
func (r Request) probed(endpoint string) Request { r.probe = endpoint; return r }

// forApplications are requests that a person's sign-in must not make, or that answer only about that person.
func (r Request) forApplications() Request { r.Scopes, r.Role = nil, ""; return r }

func cmdlet(name, role, probe string) Request {
	return Request{
		Endpoint: name, Permissions: []string{exchangeManageAsApp}, Scopes: []string{"Exchange.Manage"}, Role: globalReader,
		ExchangeRole: role, Licence: licenceMail, probe: probe,
	}
}

// finding are the requests that place a leaver: without them everything about somebody whom the roster
// does not name by object id is unknown.
func finding() []Request {
	return []Request{
		directory("GET /v1.0/users", "User.Read.All").probed(probeUsers),
		directory("GET /v1.0/directory/deletedItems/microsoft.graph.user", "User.Read.All").probed(probeUsers),
	}
}

func logRequests() []Request {
	return []Request{
		directory("GET /v1.0/auditLogs/signIns", "AuditLog.Read.All").licensed(licencePremium).probed(probeSignIns),
		directory("GET /beta/auditLogs/signIns", "AuditLog.Read.All").licensed(licencePremium).probed(probeSignIns),
	}
}

func activityRequests() []Request {
	return []Request{directory("GET /v1.0/users?$select=signInActivity", "AuditLog.Read.All", "User.Read.All").licensed(licencePremium).probed(probeActivity)}
}

// membershipRequests show what somebody is a member of: each kind of object only by its own permission.
func membershipRequests() []Request {
	return []Request{
		directory("GET /v1.0/users/{id}/memberOf", "Directory.Read.All", "GroupMember.Read.All", "RoleManagement.Read.Directory"),
		directory("GET /v1.0/users/{id}/transitiveMemberOf", "User.Read.All", "GroupMember.Read.All", "RoleManagement.Read.Directory"),
	}
}

func roleRequests() []Request {
	return append([]Request{
		directory("GET /v1.0/roleManagement/directory/roleAssignments", "RoleManagement.Read.Directory").probed(probeRoles),
		directory("GET /v1.0/roleManagement/directory/roleAssignmentSchedules", "RoleManagement.Read.Directory").probed(probeEligible),
		directory("GET /v1.0/roleManagement/directory/roleEligibilitySchedules", "RoleManagement.Read.Directory").probed(probeEligible),
		directory("GET /v1.0/groups?$filter=isAssignableToRole eq true", "GroupMember.Read.All"),
		directory("GET /v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances", "PrivilegedEligibilitySchedule.Read.AzureADGroup").probed(probeEligible),
	}, membershipRequests()...)
}

func ownedRequest() Request {
	return directory("GET /v1.0/users/{id}/ownedObjects", "User.Read.All", "Application.Read.All")
}

// ownerRequests show who else owns what a leaver owns.
func ownerRequests() []Request {
	return []Request{
		directory("GET /v1.0/users/{id}/ownedObjects", "User.Read.All", "GroupMember.Read.All", "Application.Read.All"),
		directory("GET /v1.0/groups/{id}/owners", "GroupMember.Read.All", "User.Read.All", "Application.Read.All"),
		directory("GET /v1.0/applications/{id}/owners", "Application.Read.All", "User.Read.All"),
		directory("GET /v1.0/servicePrincipals/{id}/owners", "Application.Read.All", "User.Read.All"),
	}
}

// membersRequest shows whether somebody is behind a group.
func membersRequest() Request {
	return directory("GET /v1.0/groups/{id}/transitiveMembers", "GroupMember.Read.All", "User.Read.All")
}

// A person who asks for somebody's drive may bring one into being (learn.microsoft.com/graph/api/drive-get).
func driveRequests() []Request {
	return []Request{
		directory("GET /v1.0/users/{id}/drive", "Files.Read.All").licensed(licenceDrive).forApplications(),
		directory("GET /v1.0/drives/{id}", "Files.Read.All").licensed(licenceDrive).forApplications(),
	}
}

// A person sees the rules of their own mailbox only.
func ruleRequests() []Request {
	return []Request{
		directory("GET /v1.0/users/{id}/mailFolders/inbox/messageRules", "MailboxSettings.Read").without(china).forApplications(),
		directory("GET /v1.0/users/{id}/mailFolders/{id}", "Mail.ReadBasic.All").without(china).forApplications(),
	}
}

func mailboxRequest() Request { return cmdlet("Get-Mailbox", viewRecipients, probeMailbox) }

func domainsRequest() Request {
	return directory("GET /v1.0/domains", "Domain.Read.All").probed(probeDomains)
}

// china, usgov and dod are the national clouds.
const (
	china = "china"
	usgov = "usgov"
	dod   = "dod"
)

// Needs is what every fact takes: the leavers' facts in the order of snapshot.LeaverFacts, then the tenant's
// in that of snapshot.TenantFacts. The README's table, doctor and what doctor prints for setting an
// application up are made from it; what unknown facts say they need agrees with it.
func Needs() []Need {
	about := func(fact string, requests ...Request) Need {
		return Need{Fact: fact, Requests: append(finding(), requests...)}
	}
	ofMailbox := func(fact string, requests ...Request) Need {
		return about(fact, append([]Request{mailboxRequest()}, requests...)...)
	}
	ofTenant := func(fact string, requests ...Request) Need {
		return Need{Fact: fact, PerTenant: true, Requests: requests}
	}
	hidden := ofMailbox(snapshot.HiddenInboxRules, cmdlet("Get-InboxRule", inboxRuleRole, probeRules))
	hidden.Without = "FWD-006 judges the rules that are not hidden, and says so"
	reports := ofTenant(snapshot.ReportSettings, directory("GET /v1.0/admin/reportSettings", "ReportSettings.Read.All").
		without(china, usgov, dod).probed(probeReports))
	reports.Without = "no rule requires it"
	return []Need{
		about(snapshot.Account),
		about(snapshot.Accounts),
		about(snapshot.AppGrants,
			directory("GET /v1.0/users/{id}/oauth2PermissionGrants", "Directory.Read.All"),
			directory("GET /v1.0/users/{id}/appRoleAssignments", "Directory.Read.All")),
		about(snapshot.Audits, directory("GET /v1.0/auditLogs/directoryAudits", "AuditLog.Read.All").probed(probeAudits)),
		about(snapshot.AuthenticationMethods, directory("GET /v1.0/users/{id}/authentication/methods", "UserAuthenticationMethod.Read.All").without(china)),
		ofMailbox(snapshot.Delegations, cmdlet("Get-RecipientPermission", viewRecipients, probeMailbox), cmdlet("Get-MailboxPermission", viewRecipients, probeMailbox)),
		about(snapshot.DirectReports, directory("GET /v1.0/users/{id}/directReports", "User.Read.All")),
		about(snapshot.DrivePermissions, append(driveRequests(),
			directory("GET /v1.0/drives/{id}/items/root/permissions", "Files.Read.All").licensed(licenceDrive).forApplications(), membersRequest())...),
		about(snapshot.Groups, membershipRequests()...),
		hidden,
		ofMailbox(snapshot.InboxRules, ruleRequests()...),
		about(snapshot.Licences),
		ofMailbox(snapshot.MailProtocols, cmdlet("Get-CASMailbox", viewRecipients, probeMailbox)),
		ofMailbox(snapshot.Mailbox),
		ofMailbox(snapshot.MailboxSize, cmdlet("Get-MailboxStatistics", viewRecipients, probeMailbox)),
		about(snapshot.ManagedDevices, directory("GET /v1.0/deviceManagement/managedDevices", "DeviceManagementManagedDevices.Read.All").
			licensed(licenceIntune).probed(probeDevices)),
		ofMailbox(snapshot.MobileDevices, cmdlet("Get-MobileDevice", viewRecipients, probeMailbox), cmdlet("Get-MobileDeviceStatistics", viewRecipients, probeMailbox)),
		about(snapshot.OneDrive, driveRequests()...),
		about(snapshot.OwnedApplications, ownedRequest(),
			directory("GET /v1.0/applications/{id}", "Application.Read.All"),
			directory("GET /v1.0/servicePrincipals/{id}", "Application.Read.All")),
		about(snapshot.OwnedObjects, ownerRequests()...),
		ofMailbox(snapshot.Permissions, cmdlet("Get-MailboxPermission", viewRecipients, probeMailbox)),
		about(snapshot.PhoneNumbers, directory("GET /v1.0/admin/teams/telephoneNumberManagement/numberAssignments", "TeamsTelephoneNumber.Read.All").
			without(china, usgov, dod).probed(probeNumbers)),
		ofMailbox(snapshot.Recipients, cmdlet("Get-Recipient", viewRecipients, probeMailbox), cmdlet("Get-MailboxPermission", viewRecipients, probeMailbox),
			domainsRequest(), membersRequest()),
		about(snapshot.RegisteredDevices,
			directory("GET /v1.0/users/{id}/registeredDevices", "User.Read.All", "Device.Read.All"),
			directory("GET /v1.0/users/{id}/ownedDevices", "User.Read.All", "Device.Read.All")),
		about(snapshot.Roles, roleRequests()...),
		about(snapshot.SignInActivity, activityRequests()...),
		about(snapshot.SignIns, logRequests()...),

		ofTenant(snapshot.Domains, domainsRequest()),
		ofTenant(snapshot.Organization, directory("GET /v1.0/organization", "Organization.Read.All").probed(probeOrganization),
			cmdlet("Get-OrganizationConfig", viewConfiguration, probeConfiguration), cmdlet("Get-TransportConfig", viewConfiguration, probeConfiguration)),
		reports,
		ofTenant(snapshot.SharePointSettings, directory("GET /v1.0/admin/sharepoint/settings", "SharePointTenantSettings.Read.All").
			licensed(licenceDrive).probed(probeSharePoint)),
		ofTenant(snapshot.SubscribedSKUs, directory("GET /v1.0/subscribedSkus", "LicenseAssignment.Read.All").probed(probeLicences)),
	}
}

// PermissionsIn are the application permissions that a cloud's facts take, sorted by service and name.
func PermissionsIn(cloud string) []Permission {
	wanted := map[string]bool{}
	for _, need := range Needs() {
		for _, r := range need.Requests {
			for _, name := range r.Permissions {
				wanted[name] = wanted[name] || r.supported(cloud)
			}
		}
	}
	return slices.DeleteFunc(Permissions(), func(p Permission) bool { return !wanted[p.Name] })
}

// Cmdlets are the cmdlets of Exchange that collecting runs, sorted.
func Cmdlets() []string {
	var out []string
	for _, need := range Needs() {
		for _, r := range need.Requests {
			if r.exchange() {
				out = append(out, r.Endpoint)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
