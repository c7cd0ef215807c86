package simtenant_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"leavercheck/collector/simtenant"
)

func TestExchangePagesByPostingAgain(t *testing.T) {
	t.Parallel()
	var passed atomic.Int64
	c := newClient(t, simtenant.Options{PageSize: 9, Clock: func() time.Time { return start().Add(time.Duration(passed.Load())) }})
	all := map[string]any{"ResultSize": "Unlimited"}
	seen := map[any]bool{}
	for _, row := range c.rows("Get-Mailbox", all) {
		if seen[row["Guid"]] {
			t.Errorf("%v comes twice", row["Name"])
		}
		seen[row["Guid"]] = true
	}
	if whole := newClient(t, simtenant.Options{}).rows("Get-Mailbox", all); len(whole) != len(seen) {
		t.Errorf("%d mailboxes in pages, %d at once", len(seen), len(whole))
	}
	c.quiet()
	_, first := c.run("", "Get-Mailbox", all)
	link := first["@odata.nextLink"].(string)
	if status, body := c.run(link, "Get-Mailbox", map[string]any{"ResultSize": 5000}); status != http.StatusBadRequest {
		t.Errorf("another body: %d %v", status, body)
	}
	c.complained("the body is not the one")
	r := httptest.NewRequest(http.MethodGet, link, nil)
	r.Header.Set("Authorization", "Bearer "+c.mail)
	if status, body, _ := c.send(c.tenant.Exchange(), r); status != http.StatusMethodNotAllowed {
		t.Errorf("GET on a nextLink: %d %v", status, body)
	}
	c.complained("does not support http method 'GET'")
	passed.Store(int64(11 * time.Minute))
	if status, body := c.run(link, "Get-Mailbox", all); status != http.StatusBadRequest || !strings.Contains(fmt.Sprint(body), "expired") {
		t.Errorf("an old link: %d %v", status, body)
	}
}

func TestExchangeCutsAndWarns(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{Bystanders: 1200})
	_, body := c.run("", "Get-Mailbox", nil)
	if n := len(values(t, body)); n != 1000 || len(body["@adminapi.warnings"].([]any)) != 1 || body["@odata.nextLink"] != nil {
		t.Errorf("without ResultSize: %d rows, warnings %v, link %v", n, body["@adminapi.warnings"], body["@odata.nextLink"])
	}
	_, body = c.run("", "Get-Mailbox", map[string]any{"ResultSize": "Unlimited"}, "Prefer", "odata.maxpagesize=200")
	if n := len(values(t, body)); n != 200 || len(body["@adminapi.warnings"].([]any)) != 0 || body["@odata.nextLink"] == nil {
		t.Errorf("with pages of 200: %d rows", n)
	}
	c.quiet()
}

func TestExchangeIdentities(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("clean: converted")
	row := c.rows("Get-Mailbox", map[string]any{"Identity": p.ID})[0]
	for _, identity := range []any{p.UserPrincipalName, row["PrimarySmtpAddress"], row["Alias"], row["Guid"], row["ExchangeGuid"], row["Name"], row["DisplayName"]} {
		rows := c.rows("Get-Mailbox", map[string]any{"Identity": identity})
		if len(rows) != 1 || rows[0]["ExternalDirectoryObjectId"] != p.ID {
			t.Errorf("%v: %d rows", identity, len(rows))
		}
	}
	status, body := c.run("", "Get-Mailbox", map[string]any{"Identity": "00000000-0000-4000-8000-000000000000"})
	if status != http.StatusNotFound || code(body) != "NotFound" {
		t.Errorf("nobody: %d %v", status, body)
	}
	details := body["error"].(map[string]any)["details"].([]any)[0].(map[string]any)["message"].(string)
	if parts := strings.Split(details, "|"); len(parts) != 3 || !strings.HasSuffix(parts[1], ".ManagementObjectNotFoundException") {
		t.Errorf("details: %q", details)
	}
	c.quiet()
	everyone := len(c.rows("Get-Mailbox", map[string]any{"ResultSize": "Unlimited"}))
	for _, empty := range []any{"", nil, "  "} {
		if n := len(c.rows("Get-Mailbox", map[string]any{"Identity": empty, "ResultSize": "Unlimited"})); n != everyone {
			t.Errorf("an identity of %q: %d of %d mailboxes", empty, n, everyone)
		}
	}
	c.complained("Get-Mailbox with an empty Identity returns everything")
	devices := c.rows("Get-MobileDevice", map[string]any{"Identity": "no such device"})
	if len(devices) < 50 {
		t.Errorf("a device that does not exist: %d rows", len(devices))
	}
	c.complained("Get-MobileDevice with an Identity that does not exist returns everything")
}

func TestMailboxViews(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	views := map[string]map[string]any{
		"live": {}, "soft": {"SoftDeletedMailbox": true}, "inactive": {"InactiveMailboxOnly": true},
	}
	for story, home := range map[string]string{
		"clean: converted":                      "live",
		"clean: account deleted":                "inactive",
		"soft-deleted without a hold":           "soft",
		"went inactive when the licence went":   "inactive",
		"deleted, and the address given to a n": "inactive",
	} {
		p := c.person(story)
		for view, parameters := range views {
			if view == "live" && story == "deleted, and the address given to a n" {
				continue // somebody else has the address there
			}
			arguments := map[string]any{"Identity": p.ID}
			for k, v := range parameters {
				arguments[k] = v
			}
			status, body := c.run("", "Get-Mailbox", arguments)
			if want := map[bool]int{true: 200, false: 404}[view == home]; status != want {
				t.Errorf("%q in the view %s: %d", story, view, status)
			}
			if status == http.StatusOK {
				row := values(t, body)[0]
				if row["IsInactiveMailbox"] != (home == "inactive") || (row["WhenSoftDeleted"] == nil) != (home == "live") {
					t.Errorf("%q: %v", story, row)
				}
			}
		}
	}
	var shared int
	for _, row := range c.rows("Get-Mailbox", map[string]any{"RecipientTypeDetails": "SharedMailbox", "ResultSize": "Unlimited"}) {
		if row["RecipientTypeDetails"] != "SharedMailbox" {
			t.Errorf("not shared: %v", row["Name"])
		}
		shared++
	}
	filtered := c.rows("Get-Mailbox", map[string]any{"Filter": "RecipientTypeDetails -eq 'SharedMailbox' -and LitigationHoldEnabled -eq $true"})
	if shared < 30 || len(filtered) != 1 {
		t.Errorf("%d shared, %d of them on litigation hold", shared, len(filtered))
	}
	c.quiet()
}

func TestExchangeRowsCarryCompanions(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("litigation hold with Exchange Online Plan 1, without")
	row := c.rows("Get-Mailbox", map[string]any{"Identity": p.ID})[0]
	for key, want := range map[string]any{
		"LitigationHoldDate@data.type": "System.DateTime", "Guid@data.type": "System.Guid", "InPlaceHolds@odata.type": "#Collection(String)",
		"LitigationHoldEnabled": true, "LitigationHoldDuration": "Unlimited", "ProhibitSendReceiveQuota": "99 GB (106,300,440,576 bytes)", "WhenSoftDeleted": nil,
	} {
		if got, ok := row[key]; !ok || got != want {
			t.Errorf("%s is %v", key, got)
		}
	}
	big := c.person("a shared mailbox of 60 GB without licence")
	if got := c.rows("Get-MailboxStatistics", map[string]any{"Identity": big.ID})[0]["TotalItemSize"]; got != "60 GB (64,424,509,440 bytes)" {
		t.Errorf("TotalItemSize is %v", got)
	}
	if rows := c.rows("Get-MailboxStatistics", map[string]any{"Identity": c.person("nobody ever opened").ID}); len(rows) != 0 {
		t.Errorf("a mailbox that was never opened: %v", rows)
	}
	_, body := c.run("?$select=Guid,ForwardingSmtpAddress", "Get-Mailbox", map[string]any{"Identity": p.ID})
	if got := sortedKeys(values(t, body)[0]); fmt.Sprint(got) != "[ForwardingSmtpAddress Guid Guid@data.type]" {
		t.Errorf("$select leaves %v", got)
	}
	c.quiet()
	c.run("?$select=ShoeSize", "Get-Mailbox", map[string]any{"Identity": p.ID})
	c.complained(`$select names "ShoeSize"`)
}

func TestExchangeCmdlets(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("clean: converted")
	me := map[string]any{"Identity": p.ID}
	mine := map[string]any{"Mailbox": p.ID}
	if row := c.rows("Get-CASMailbox", me)[0]; row["ActiveSyncEnabled"] != false || len(row["ActiveSyncBlockedDeviceIDs"].([]any)) != 1 {
		t.Errorf("Get-CASMailbox: %v", row)
	}
	device, statistics := c.rows("Get-MobileDevice", mine)[0], c.rows("Get-MobileDeviceStatistics", mine)[0]
	if device["Guid"] != statistics["Guid"] || device["DeviceId"] != statistics["DeviceID"] || statistics["DeviceWipeAckTime"] == nil || device["DeviceAccessState"] != "Blocked" {
		t.Errorf("device %v\nstatistics %v", device, statistics)
	}
	var delegates int
	for _, row := range c.rows("Get-MailboxPermission", me) {
		if row["IsInherited"] == false && row["User"] != `NT AUTHORITY\SELF` {
			delegates++
		}
	}
	if delegates != 1 {
		t.Errorf("%d delegates", delegates)
	}
	if rows := c.rows("Get-RecipientPermission", me); len(rows) != 2 {
		t.Errorf("Get-RecipientPermission: %v", rows)
	}
	if holds := c.rows("Get-OrganizationConfig", nil)[0]["InPlaceHolds"].([]any); len(holds) != 4 {
		t.Errorf("the organisation's holds: %v", holds)
	}
	if row := c.rows("Get-TransportConfig", nil)[0]; row["SmtpClientAuthenticationDisabled"] != true {
		t.Errorf("Get-TransportConfig: %v", row)
	}
	if row := c.rows("Get-Recipient", map[string]any{"Identity": "Outside Counsel"})[0]; row["ExternalEmailAddress"] != "SMTP:counsel@postbox.example" {
		t.Errorf("a mail contact: %v", row)
	}
	for _, cmdlet := range []string{"Get-InboxRule", "Get-Group", "Get-Anything"} {
		status, body := c.run("", cmdlet, mine)
		if status != http.StatusBadRequest || !strings.Contains(message(body), "The term '"+cmdlet+"' is not recognized") {
			t.Errorf("%s: %d %v", cmdlet, status, body)
		}
	}
	c.quiet()
	with := newClient(t, simtenant.Options{WithInboxRuleRole: true})
	rules := with.rows("Get-InboxRule", map[string]any{"Mailbox": with.person("redirects everything").ID, "IncludeHidden": true})
	if len(rules) != 2 || rules[0]["RedirectTo"].([]any)[0] != `"home" [SMTP:home@postbox.example]` || rules[1]["Name"] != "Junk E-Mail Rule" {
		t.Errorf("Get-InboxRule: %v", rules)
	}
	with.quiet()
}

func TestExchangeRefuses(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("clean: converted")
	me := map[string]any{"Identity": p.ID}
	for _, test := range []struct {
		name, at, cmdlet string
		parameters       map[string]any
		headers          []string
		status           int
		complaint        string
	}{
		{"no anchor", "", "Get-Mailbox", me, []string{"X-AnchorMailbox", ""}, 400, "X-AnchorMailbox"},
		{"a bad anchor", "", "Get-Mailbox", me, []string{"X-AnchorMailbox", "someone"}, 400, "X-AnchorMailbox"},
		{"not JSON", "", "Get-Mailbox", me, []string{"Content-Type", "text/plain"}, 400, "not valid JSON"},
		{"another tenant", exchangeHost + "/adminapi/beta/contoso.example/InvokeCommand", "Get-Mailbox", me, nil, 400, "not the one of the token"},
		{"another interface", exchangeHost + "/adminapi/v2.0/x/Mailbox", "Get-Mailbox", me, nil, 404, "is simulated"},
		{"an unknown parameter", "", "Get-Mailbox", map[string]any{"Mailbox": p.ID}, nil, 400, "matches parameter name 'mailbox'"},
		{"a bad ResultSize", "", "Get-Mailbox", map[string]any{"ResultSize": "All"}, nil, 400, "ResultSize"},
		{"statistics of nobody", "", "Get-MailboxStatistics", nil, nil, 400, "mandatory"},
		{"a change", "", "Set-Mailbox", me, nil, 403, "nothing here may be changed"},
		{"no cmdlet", "", "", me, nil, 400, "no CmdletName"},
	} {
		if status, body := c.run(test.at, test.cmdlet, test.parameters, test.headers...); status != test.status || message(body) == "" {
			t.Errorf("%s: %d %v", test.name, status, body)
		}
		c.complained(test.complaint)
	}
	without := newClient(t, simtenant.Options{WithoutExchangeRole: true})
	if status, body := without.run("", "Get-Mailbox", me); status != http.StatusForbidden || !strings.Contains(message(body), "role") {
		t.Errorf("without a role: %d %v", status, body)
	}
	without.quiet()
	r := httptest.NewRequest(http.MethodPost, exchangeHost+"/adminapi/beta/x/InvokeCommand", bytes.NewReader(nil))
	if status, _, header := c.send(c.tenant.Exchange(), r); status != http.StatusUnauthorized || header.Get("WWW-Authenticate") == "" {
		t.Errorf("no token: %d", status)
	}
}
