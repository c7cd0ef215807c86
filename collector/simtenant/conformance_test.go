package simtenant_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"leavercheck/collector/simtenant"
	"leavercheck/collector/simtenant/published"
)

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

func description(t *testing.T) *published.Description {
	t.Helper()
	d, err := published.Read(filepath.Join(schemas(t), "graph"))
	if err != nil {
		t.Fatal(err)
	}
	return d
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
