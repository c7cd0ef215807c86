package simtenant_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector/simtenant"
)

// openAPI is what the published subset says of types: their own properties and the types that they build on.
type openAPI struct {
	Components struct {
		Schemas map[string]schemaNode `json:"schemas"`
	} `json:"components"`
}

type schemaNode struct {
	Ref        string                `json:"$ref"`
	AllOf      []schemaNode          `json:"allOf"`
	AnyOf      []schemaNode          `json:"anyOf"`
	Properties map[string]schemaNode `json:"properties"`
	Items      *schemaNode           `json:"items"`
	Enum       []string              `json:"enum"`
	Type       any                   `json:"type"`
	Nullable   bool                  `json:"nullable"`
}

func (o *openAPI) properties(n schemaNode) map[string]schemaNode {
	all := map[string]schemaNode{}
	if n.Ref != "" {
		n = o.Components.Schemas[n.Ref[strings.LastIndex(n.Ref, "/")+1:]]
	}
	for _, base := range slices.Concat(n.AllOf, n.AnyOf) {
		for name, p := range o.properties(base) {
			all[name] = p
		}
	}
	for name, p := range n.Properties {
		all[name] = p
	}
	return all
}

func (o *openAPI) enum(n schemaNode) []string {
	if n.Ref != "" {
		n = o.Components.Schemas[n.Ref[strings.LastIndex(n.Ref, "/")+1:]]
	}
	values := n.Enum
	for _, base := range slices.Concat(n.AllOf, n.AnyOf) {
		values = append(values, o.enum(base)...)
	}
	return values
}

// check compares an answer with a type: every property must exist, every enumeration value be one of its values.
func (o *openAPI) check(t *testing.T, where string, n schemaNode, value any) {
	t.Helper()
	switch v := value.(type) {
	case []any:
		if n.Items != nil {
			for _, item := range v {
				o.check(t, where+"[]", *n.Items, item)
			}
		}
	case map[string]any:
		known := o.properties(n)
		if len(known) == 0 {
			return
		}
		for name, inner := range v {
			if strings.Contains(name, "@") {
				continue
			}
			p, ok := known[name]
			if !ok {
				t.Errorf("%s has a property %q that the type lacks", where, name)
				continue
			}
			o.check(t, where+"."+name, p, inner)
		}
	case string:
		if values := o.enum(n); len(values) > 0 && !slices.Contains(values, v) {
			t.Errorf("%s is %q, not one of %v", where, v, values)
		}
	}
}

// schemas is where Microsoft's published types and sample bodies are. They are not part of the repository.
func schemas(t *testing.T) string {
	t.Helper()
	if dir, ok := os.LookupEnv("LEAVERCHECK_SCHEMAS"); ok {
		return dir
	}
	dir := filepath.Join("..", "..", "..", "shared", "schemas")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("Microsoft's published types are not here; set LEAVERCHECK_SCHEMAS to run this test")
	}
	return dir
}

func published(t *testing.T) *openAPI {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(schemas(t), "graph", "graph-openapi-subset.json"))
	if err != nil {
		t.Fatal(err)
	}
	var o openAPI
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	return &o
}

func TestAnswersHaveThePublishedShape(t *testing.T) {
	t.Parallel()
	o := published(t)
	c := newClient(t, simtenant.Options{})
	ruled := c.person("others file, delete newsletters")
	user := "id,userPrincipalName,displayName,givenName,surname,mail,mailNickname,proxyAddresses,otherMails,employeeId,jobTitle,department,companyName," +
		"accountEnabled,userType,creationType,externalUserState,createdDateTime,deletedDateTime,employeeHireDate,employeeLeaveDateTime,employeeType," +
		"lastPasswordChangeDateTime,signInSessionsValidFromDateTime,usageLocation,assignedLicenses,licenseAssignmentStates,assignedPlans," +
		"onPremisesSyncEnabled,onPremisesLastSyncDateTime,onPremisesImmutableId,onPremisesProvisioningErrors,passwordPolicies,isManagementRestricted"
	for target, kind := range map[string]string{
		"/v1.0/users?$top=999&$select=" + user:                                             "user",
		"/v1.0/users?$top=500&$select=id,signInActivity":                                   "user",
		"/v1.0/users/delta?$select=" + user:                                                "user",
		"/v1.0/directory/deletedItems/microsoft.graph.user?$select=" + user:                "user",
		"/v1.0/auditLogs/signIns":                                                          "signIn",
		"/v1.0/auditLogs/directoryAudits":                                                  "directoryAudit",
		"/v1.0/subscribedSkus":                                                             "subscribedSku",
		"/v1.0/organization":                                                               "organization",
		"/v1.0/domains":                                                                    "domain",
		"/v1.0/deviceManagement/managedDevices":                                            "managedDevice",
		"/v1.0/users/" + ruled.ID + "/mailFolders/inbox/messageRules":                      "messageRule",
		"/v1.0/users/" + ruled.ID + "/mailFolders":                                         "mailFolder",
		"/v1.0/users/" + c.person("60 GB, with the licence").ID + "/licenseDetails":        "licenseDetails",
		"/v1.0/users/" + ruled.ID + "/managedDevices":                                      "managedDevice",
		"/v1.0/users?$top=999&$select=id,userPrincipalName&$filter=accountEnabled eq true": "user",
		"/v1.0/auditLogs/directoryAudits?$filter=activityDisplayName eq 'Delete user'":     "directoryAudit",
	} {
		rows := c.all(target)
		if len(rows) == 0 {
			t.Errorf("%s: no row to check", target)
		}
		node, ok := o.Components.Schemas["microsoft.graph."+kind]
		if !ok {
			t.Fatalf("no type %s", kind)
		}
		for _, row := range rows {
			o.check(t, kind, node, row)
		}
	}
	c.quiet()
}

func TestDrivesSettingsAndNumbersHaveThePublishedShape(t *testing.T) {
	t.Parallel()
	o := published(t)
	c := newClient(t, simtenant.Options{})
	kind := func(name string) schemaNode {
		node, ok := o.Components.Schemas["microsoft.graph."+name]
		if !ok {
			t.Fatalf("no type %s", name)
		}
		return node
	}
	for _, p := range c.tenant.Truth() {
		if p.State != "live" {
			continue
		}
		status, drive := c.get("/v1.0/users/" + p.ID + "/drive")
		if status != http.StatusOK {
			continue
		}
		o.check(t, "drive", kind("drive"), drive)
		for _, permission := range c.all("/v1.0/drives/" + drive["id"].(string) + "/items/root/permissions") {
			o.check(t, "permission", kind("permission"), permission)
		}
	}
	for _, row := range c.all("/v1.0/admin/teams/telephoneNumberManagement/numberAssignments") {
		o.check(t, "numberAssignment", kind("teamsAdministration.numberAssignment"), row)
	}
	for target, name := range map[string]string{"sharepoint/settings": "sharepointSettings", "reportSettings": "adminReportSettings"} {
		status, body := c.get("/v1.0/admin/" + target)
		if status != http.StatusOK {
			t.Errorf("%s: %d %v", target, status, body)
		}
		o.check(t, name, kind(name), body)
	}
	c.quiet()
}

// The beta log is not published as types; its sample is the source.
func TestBetaSignInsHaveTheSamplesProperties(t *testing.T) {
	t.Parallel()
	published(t)
	data, err := os.ReadFile(filepath.Join(schemas(t), "graph", "examples", "signin-list.beta.json"))
	if err != nil {
		t.Fatal(err)
	}
	var sample struct {
		Examples []struct {
			Body struct {
				Value []map[string]any `json:"value"`
			} `json:"body"`
		} `json:"examples"`
	}
	if err := json.Unmarshal(data, &sample); err != nil {
		t.Fatal(err)
	}
	known := sample.Examples[0].Body.Value[0]
	c := newClient(t, simtenant.Options{})
	for name := range c.all("/beta/auditLogs/signIns?$filter=signInEventTypes/any(t:t eq 'nonInteractiveUser')")[0] {
		if _, ok := known[name]; !ok && name != "signInEventTypes" {
			t.Errorf("the sample has no %s", name)
		}
	}
}

func TestExchangeRowsHaveTheDocumentedProperties(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("clean: converted")
	me, mine := map[string]any{"Identity": p.ID}, map[string]any{"Mailbox": p.ID}
	for _, test := range []struct {
		cmdlet     string
		parameters map[string]any
		names      string
	}{
		{"Get-Mailbox", me, `ExternalDirectoryObjectId Guid ExchangeGuid UserPrincipalName PrimarySmtpAddress EmailAddresses RecipientTypeDetails ForwardingAddress
			ForwardingSmtpAddress DeliverToMailboxAndForward HiddenFromAddressListsEnabled GrantSendOnBehalfTo LitigationHoldEnabled LitigationHoldDate
			LitigationHoldOwner LitigationHoldDuration InPlaceHolds ComplianceTagHoldApplied DelayHoldApplied DelayReleaseHoldApplied RetentionHoldEnabled
			RetentionPolicy IsInactiveMailbox WhenSoftDeleted IsSoftDeletedByDisable IsSoftDeletedByRemove InactiveMailboxRetireTime AccountDisabled IsDirSynced
			ArchiveGuid ArchiveStatus ProhibitSendReceiveQuota PersistedCapabilities WhenMailboxCreated`},
		{"Get-CASMailbox", me, `ActiveSyncEnabled OWAEnabled OWAforDevicesEnabled MAPIEnabled EwsEnabled PopEnabled ImapEnabled OutlookMobileEnabled
			OneWinNativeOutlookEnabled MacOutlookEnabled UniversalOutlookEnabled ECPEnabled SmtpClientAuthenticationDisabled ActiveSyncBlockedDeviceIDs
			ActiveSyncAllowedDeviceIDs HasActiveSyncDevicePartnership`},
		{"Get-MobileDevice", mine, `Identity Guid DeviceId DeviceType DeviceModel DeviceOS FriendlyName ClientType DeviceAccessState DeviceAccessStateReason
			DeviceAccessControlRule FirstSyncTime UserDisplayName IsManaged IsCompliant IsDisabled WhenChanged`},
		{"Get-MobileDeviceStatistics", mine, `FirstSyncTime LastSyncAttemptTime LastSuccessSync DeviceID DeviceFriendlyName Status StatusNote DeviceWipeRequestTime
			DeviceWipeSentTime DeviceWipeAckTime AccountOnlyDeviceWipeRequestTime AccountOnlyDeviceWipeSentTime AccountOnlyDeviceWipeAckTime
			LastDeviceWipeRequestor LastAccountOnlyDeviceWipeRequestor IsRemoteWipeSupported DeviceAccessState DeviceAccessStateReason DevicePolicyApplied
			NumberOfFoldersSynced`},
		{"Get-MailboxStatistics", me, `TotalItemSize ItemCount TotalDeletedItemSize DeletedItemCount LastLogonTime IsArchiveMailbox MailboxGuid DisconnectReason`},
		{"Get-MailboxPermission", me, `Identity User AccessRights IsInherited Deny InheritanceType`},
		{"Get-RecipientPermission", me, `Trustee AccessRights AccessControlType`},
		{"Get-OrganizationConfig", nil, `InPlaceHolds ActivityBasedAuthenticationTimeoutInterval OAuth2ClientProfileEnabled EwsEnabled AuditDisabled
			DelayedDelicensingEnabled`},
	} {
		row := c.rows(test.cmdlet, test.parameters)[0]
		for name := range strings.FieldsSeq(test.names) {
			if _, ok := row[name]; !ok {
				t.Errorf("%s lacks %s", test.cmdlet, name)
			}
		}
		for name, value := range row {
			if _, isNumber := value.(json.Number); isNumber && strings.Contains(name, "Size") {
				t.Errorf("%s: %s is a number: %s", test.cmdlet, name, fmt.Sprint(value))
			}
		}
	}
	c.quiet()
}
