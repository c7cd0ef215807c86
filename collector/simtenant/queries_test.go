package simtenant_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector/simtenant"
)

// What Microsoft documents beside the usual questions is answered too, and right.
func TestLessUsualQueries(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("only failed attempts")
	group := c.rows("Get-Recipient", map[string]any{"Identity": "sales.desk@fabrikam-sim.example"})[0]["ExternalDirectoryObjectId"].(string)
	eventual := []string{"ConsistencyLevel", "eventual"}
	for _, test := range []struct {
		target  string
		headers []string
		want    func(rows []map[string]any) bool
	}{
		{"/v1.0/users?$select=id&$filter=createdDateTime ge 2026-05-20T00:00:00Z", nil, some(1)},
		{"/v1.0/users?$select=id&$filter=employeeLeaveDateTime le 2026-06-15T00:00:00Z and accountEnabled eq true", nil, some(2)},
		{"/v1.0/users?$select=id&$filter=onPremisesSyncEnabled eq true", nil, some(5)},
		{"/v1.0/users?$select=id&$filter=signInActivity/lastSuccessfulSignInDateTime le 2026-05-01T00:00:00Z", nil, some(2)},
		{"/v1.0/users?$select=id&$filter=assignedLicenses/any(l:l/skuId eq f30db892-07e9-47e9-837c-80727f46fd3d)", nil, some(1)},
		{"/v1.0/users?$select=id&$filter=otherMails/any(m:startswith(m,'a'))", nil, func(rows []map[string]any) bool { return len(rows) < 20 }},
		{"/v1.0/users?$select=id&$filter=not startswith(userPrincipalName,'a') and endswith(mail,'partner-sim.example')&$count=true", eventual, some(15)},
		{"/v1.0/users?$select=displayName&$orderby=displayName desc&$top=999", nil, func(rows []map[string]any) bool {
			return len(rows) > 300 && slices.IsSortedFunc(rows, func(a, b map[string]any) int {
				return strings.Compare(strings.ToLower(b["displayName"].(string)), strings.ToLower(a["displayName"].(string)))
			})
		}},
		{"/v1.0/directory/deletedItems/microsoft.graph.user?$select=deletedDateTime&$orderby=deletedDateTime desc&$count=true", eventual, func(rows []map[string]any) bool {
			return len(rows) > 10 && slices.IsSortedFunc(rows, func(a, b map[string]any) int {
				return strings.Compare(b["deletedDateTime"].(string), a["deletedDateTime"].(string))
			})
		}},
		{"/v1.0/auditLogs/signIns?$select=id,createdDateTime&$orderby=createdDateTime", nil, func(rows []map[string]any) bool {
			return len(rows) > 100 && len(rows[0]) == 2 && rows[0]["createdDateTime"].(string) < rows[len(rows)-1]["createdDateTime"].(string)
		}},
		{"/v1.0/auditLogs/signIns?$filter=userPrincipalName eq '" + p.UserPrincipalName + "' and createdDateTime le 2026-06-06T11:00:00Z", nil, some(2)},
		{"/v1.0/auditLogs/signIns?$filter=status/errorCode eq 50057 and appDisplayName eq 'OfficeHome' and clientAppUsed eq 'Browser'", nil, some(1)},
		{"/v1.0/auditLogs/signIns?$filter=ipAddress eq '203.0.113.24' and startswith(userDisplayName,'" + p.DisplayName + "')", nil, some(4)},
		{"/v1.0/auditLogs/signIns?$filter=appId eq '4765445b-32c6-49b0-83e6-1d93765276ca' and userId eq '" + p.ID + "'", nil, some(4)},
		{"/v1.0/auditLogs/directoryAudits?$filter=initiatedBy/user/displayName eq 'IT Desk' and startswith(activityDisplayName,'Hard')", nil, some(1)},
		{"/v1.0/auditLogs/directoryAudits?$filter=startswith(initiatedBy/user/userPrincipalName,'Sync_')&$orderby=activityDateTime", nil, some(4)},
		{"/v1.0/auditLogs/directoryAudits?$select=id,initiatedBy&$filter=startswith(activityDisplayName,'Disable') and activityDateTime ge 2026-06-01T00:00:00Z and activityDateTime le 2026-06-04T00:00:00Z", nil, some(8)},
		{"/v1.0/deviceManagement/managedDevices?$filter=operatingSystem eq 'iOS' and managedDeviceOwnerType eq 'company'&$select=id", nil, some(10)},
		{"/v1.0/deviceManagement/managedDevices?$filter=lastSyncDateTime ge 2026-06-15T00:00:00Z&$select=id&$top=5", nil, some(10)},
		{"/v1.0/users/" + p.ID + "/mailFolders?$select=displayName&$top=3", nil, some(9)},
	} {
		if rows := c.all(test.target, test.headers...); !test.want(rows) {
			t.Errorf("%s: %d rows", test.target, len(rows))
		}
	}
	for target, key := range map[string]string{
		"/v1.0/users/" + p.ID + "?$select=id,signInActivity":    "signInActivity",
		"/v1.0/users('" + p.UserPrincipalName + "')?$select=id": "id",
		"/v1.0/groups/" + group + "?$select=id,displayName":     "displayName",
		"/beta/users/" + p.ID + "?$select=id,externalUserState": "id",
	} {
		if status, body := c.get(target); status != http.StatusOK || body[key] == nil {
			t.Errorf("%s: %d %v", target, status, body)
		}
	}
	c.quiet()
}

func some(least int) func([]map[string]any) bool {
	return func(rows []map[string]any) bool { return len(rows) >= least && len(rows) < 1000 }
}

func TestMoreRefusals(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("clean: converted")
	for _, target := range []string{
		"/v1.0/users?$select=id&$orderby=mail", "/v1.0/users?$select=id&$orderby=displayName&$filter=accountEnabled eq true",
		"/v1.0/users?$select=id,,mail", "/v1.0/users?$select=id&$count=yes", "/v1.0/users?$select=id&$filter=(mail eq 'x'",
		"/v1.0/users?$select=id&$filter=mail eq 'x' mail eq 'y'", "/v1.0/users?$select=id&$filter=id in 'a'", "/v1.0/users?$select=id&$filter=id in ('a' 'b')",
		"/v1.0/users?$select=id&$filter=startswith(mail)", "/v1.0/users?$select=id&$filter=proxyAddresses/any(x)", "/v1.0/users?$select=id&$filter=mail is 'x'",
		"/v1.0/users?$select=id&$filter=not accountEnabled eq true", "/v1.0/users?$select=id&$filter=%zz",
		"/v1.0/users/" + p.ID + "?$select=shoe", "/v1.0/users/" + p.ID + "?$select=id&$filter=id eq 'x'", "/v1.0/users/" + p.ID + "/licenseDetails?$select=shoe",
		"/v1.0/directory/deletedItems/" + p.ID + "?$select=shoe", "/v1.0/auditLogs/signIns?$select=shoe", "/v1.0/auditLogs/signIns?$orderby=userId",
		"/v1.0/auditLogs/signIns?$filter=createdDateTime ge yesterday", "/v1.0/auditLogs/directoryAudits?$expand=targetResources",
		"/v1.0/deviceManagement/managedDevices?$select=shoe", "/v1.0/deviceManagement/managedDevices?$filter=notes eq 'x'", "/v1.0/organization?$filter=id eq 'x'",
		"/v1.0/users/" + p.ID + "/mailFolders/inbox?$select=shoe", "/v1.0/users/" + p.ID + "/mailFolders/inbox/messageRules?$filter=isEnabled eq true",
		"/v1.0/domains?$select=shoe", "/v1.0/subscribedSkus?$select=shoe",
	} {
		if status, body := c.get(target); status != http.StatusBadRequest || code(body) == "" {
			t.Errorf("%s: %d %v", target, status, body)
		}
		path, _, _ := strings.Cut(strings.ReplaceAll(target, p.ID, "{id}"), "?")
		path = strings.ReplaceAll(path, "inbox", "{id}")
		c.complained("graph: GET " + path)
	}
	for _, target := range []string{
		"/v1.0/groups/" + p.ID + "?$select=id", "/v1.0/groups/" + p.ID + "/transitiveMembers?$select=id", "/v1.0/deviceManagement/managedDevices/" + p.ID,
		"/v1.0/users/nobody@fabrikam-sim.example/licenseDetails", "/v1.0/users/nobody@fabrikam-sim.example/managedDevices",
		"/v1.0/users/nobody@fabrikam-sim.example/mailFolders", "/v1.0/directory/deletedItems/" + p.ID + "?$select=id",
	} {
		if status, body := c.get(target); status != http.StatusNotFound || code(body) == "" {
			t.Errorf("%s: %d %v", target, status, body)
		}
	}
}

func TestFiltersOfExchange(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	for filter, least := range map[string]int{
		"ForwardingSmtpAddress -ne $null":                                   4,
		"ForwardingSmtpAddress -like 'smtp:*@postbox.example'":              2,
		"InPlaceHolds -like 'UniH*' -or ComplianceTagHoldApplied -eq $true": 2,
		"(LitigationHoldEnabled -eq 'True')":                                3,
	} {
		if rows := c.rows("Get-Mailbox", map[string]any{"Filter": filter, "ResultSize": 500}); len(rows) < least || len(rows) > 20 {
			t.Errorf("%s: %d rows", filter, len(rows))
		}
	}
	if rows := c.rows("Get-Mailbox", map[string]any{"RecipientTypeDetails": []string{"SharedMailbox", "RoomMailbox"}, "ResultSize": "10"}); len(rows) != 10 {
		t.Errorf("ten shared mailboxes: %d", len(rows))
	}
	all := c.rows("Get-Mailbox", map[string]any{"IncludeInactiveMailbox": true, "ResultSize": "Unlimited"})
	if live := c.rows("Get-Mailbox", map[string]any{"ResultSize": "Unlimited"}); len(all) <= len(live) {
		t.Errorf("%d with inactive ones, %d without", len(all), len(live))
	}
	if rows := c.rows("Get-Recipient", map[string]any{"RecipientTypeDetails": "MailContact"}); len(rows) != 1 {
		t.Errorf("%d contacts", len(rows))
	}
	c.quiet()
	for _, parameters := range []map[string]any{
		{"Filter": "Name -gt 'a'"},
		{"Filter": ""},
		{"Filter": "Name -eq"},
		{"Filter": "A -eq 'a' -and B -eq 'b' -or C -eq 'c'"},
		{"Filter": "A -eq 'a' -xor B -eq 'b'"},
		{"RecipientTypeDetails": "Shoe"},
		{"ResultSize": 0},
		{"SoftDeletedMailbox": true, "InactiveMailboxOnly": true},
	} {
		if status, body := c.run("", "Get-Mailbox", parameters); status != http.StatusBadRequest {
			t.Errorf("%v: %d %v", parameters, status, body)
		}
	}
}
