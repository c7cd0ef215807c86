package simtenant_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector/simtenant"
)

func TestSendAsByTrustee(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{PageSize: 2})
	trusted := func(trustee string) (where []string) {
		for _, row := range c.rows("Get-RecipientPermission", map[string]any{"Trustee": trustee, "ResultSize": "Unlimited"}) {
			where = append(where, fmt.Sprint(row["AccessControlType"], " ", row["Identity"], " to ", row["Trustee"]))
		}
		return where
	}
	byUPN, byName := c.person("may send as a colleague"), c.person("may send as a shared mailbox, which shows the display name")
	for _, name := range []string{byUPN.ID, byUPN.UserPrincipalName, byUPN.DisplayName} {
		if got := trusted(name); len(got) != 1 || !strings.HasSuffix(got[0], byUPN.UserPrincipalName) {
			t.Errorf("%s: %q", name, got)
		}
	}
	// Whatever name is asked for, the answer shows the one that was stored.
	if got := trusted(byName.UserPrincipalName); len(got) != 1 || got[0] != "Allow sales to "+byName.DisplayName {
		t.Errorf("%q", got)
	}
	if got := trusted(c.person("one that is denied").ID); len(got) != 1 || !strings.HasPrefix(got[0], "Deny billing") {
		t.Errorf("a denied right: %q", got)
	}
	own := c.person("only those on the own mailbox")
	if got := trusted(own.ID); len(got) != 1 || !strings.HasSuffix(got[0], own.UserPrincipalName) {
		t.Errorf("a right on the own mailbox: %q", got)
	}
	if got := trusted(c.person("a guest, blocked").ID); len(got) != 0 {
		t.Errorf("a guest: %q", got)
	}
	if got := trusted("S-1-5-21-1004336348-1177238915-682003330-2206"); len(got) != 1 {
		t.Errorf("a bare SID: %q", got)
	}
	status, body := c.run("", "Get-RecipientPermission", map[string]any{"Trustee": "00000000-0000-4000-8000-000000000000"})
	if status != http.StatusNotFound || code(body) != "NotFound" {
		t.Errorf("nobody: %d %v", status, body)
	}
	c.quiet()
	c.run("", "Get-RecipientPermission", map[string]any{"Trustee": " "})
	c.complained("Get-RecipientPermission with an empty Trustee returns everything")
	if status, _ := c.run("", "Get-RecipientPermission", map[string]any{"Trustee": own.ID, "Owner": true}); status != http.StatusBadRequest {
		t.Errorf("an unknown parameter: %d", status)
	}
	if status, _ := c.run("", "Get-RecipientPermission", map[string]any{"AccessRights": "FullAccess"}); status != http.StatusBadRequest {
		t.Errorf("an unknown right: %d", status)
	}
}

func TestSendAsOverEverybodyComesInPages(t *testing.T) {
	t.Parallel()
	small, large := newClient(t, simtenant.Options{PageSize: 50}), newClient(t, simtenant.Options{})
	all := map[string]any{"ResultSize": "Unlimited"}
	if some, every := len(small.rows("Get-RecipientPermission", all)), len(large.rows("Get-RecipientPermission", all)); some != every || every < 500 {
		t.Errorf("%d rows in pages, %d at once", some, every)
	}
	small.quiet()
}

func TestRightsInSharedMailboxes(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{PageSize: 9})
	desks := map[string][]any{}
	for _, row := range c.rows("Get-Mailbox", map[string]any{"RecipientTypeDetails": "SharedMailbox", "ResultSize": "Unlimited"}) {
		if address := row["PrimarySmtpAddress"].(string); strings.Count(address, ".") == 1 {
			desks[row["Alias"].(string)] = row["GrantSendOnBehalfTo"].([]any)
		}
	}
	if got := sortedKeys(desks); !slices.Equal(got, []string{"billing", "info", "sales", "support"}) {
		t.Fatalf("mailboxes that are nobody's: %v", got)
	}
	named := c.person("which shows the mailbox's name")
	name := c.rows("Get-Mailbox", map[string]any{"Identity": named.ID})[0]["Name"]
	if !slices.Contains(desks["info"], name) || !slices.Contains(desks["billing"], any(c.person("Send on Behalf of a shared mailbox, which shows the display name").DisplayName)) {
		t.Errorf("on behalf: %v", desks)
	}
	holders := func(mailbox string) map[any]string {
		found := map[any]string{}
		for _, row := range c.rows("Get-MailboxPermission", map[string]any{"Identity": mailbox, "ResultSize": "Unlimited"}) {
			found[row["User"]] = fmt.Sprintf("inherited %v, denied %v", row["IsInherited"], row["Deny"])
		}
		return found
	}
	const right = "inherited false, denied false"
	denied := c.person("one that is denied").UserPrincipalName
	for _, test := range []struct{ mailbox, holder, want string }{
		{"sales", c.person("Full Access to a shared mailbox, which shows the UPN").UserPrincipalName, right},
		{"info", c.person("Full Access to a shared mailbox, which shows the display name").DisplayName, right},
		{"info", "S-1-5-21-1004336348-1177238915-682003330-2206", right},
		{"info", `NT AUTHORITY\SELF`, right},
		{"support", denied, "inherited true, denied false"},
		{"billing", denied, "inherited false, denied true"},
	} {
		if got := holders(test.mailbox)[test.holder]; got != test.want {
			t.Errorf("%s in %s: %q", test.holder, test.mailbox, got)
		}
	}
	shown := c.person("Full Access to a shared mailbox, which shows the display name")
	if rows := c.rows("Get-MailboxPermission", map[string]any{"Identity": "info", "User": shown.UserPrincipalName}); len(rows) != 1 || rows[0]["User"] != shown.DisplayName {
		t.Errorf("by user: %v", rows)
	}
	c.quiet()
	if status, _ := c.run("", "Get-MailboxPermission", map[string]any{"User": shown.UserPrincipalName}); status != http.StatusBadRequest {
		t.Errorf("permissions of no mailbox: %d", status)
	}
	without := newClient(t, simtenant.Options{WithoutExchangeRole: true})
	for _, cmdlet := range []string{"Get-RecipientPermission", "Get-MailboxPermission"} {
		if status, _ := without.run("", cmdlet, map[string]any{"Identity": "info"}); status != http.StatusForbidden {
			t.Errorf("%s without a role: %d", cmdlet, status)
		}
	}
}

func TestProtocols(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	protocols := func(story string) map[string]any {
		return c.rows("Get-CASMailbox", map[string]any{"Identity": c.person(story).ID})[0]
	}
	closed := protocols("clean: forwarded")
	for story, property := range map[string]string{
		"mail: ActiveSync is": "ActiveSyncEnabled", "mail: OWA for devices is": "OWAforDevicesEnabled", "mail: Outlook on the web": "OWAEnabled", "mail: MAPI is": "MAPIEnabled",
		"mail: Exchange Web Services are left": "EwsEnabled", "mail: IMAP is": "ImapEnabled", "mail: POP is": "PopEnabled", "mail: Outlook mobile is": "OutlookMobileEnabled",
		"mail: SMTP AUTH is left on": "SmtpClientAuthenticationDisabled",
	} {
		open := protocols(story)
		for name, value := range open {
			if on, ok := value.(bool); ok && (on != closed[name].(bool)) != (name == property) {
				t.Errorf("%s: %s is %v", story, name, value)
			}
		}
	}
	if protocols("mail: SMTP AUTH is as")["SmtpClientAuthenticationDisabled"] != nil || protocols("Web Services are as")["EwsEnabled"] != nil {
		t.Error("what is left to the organisation is not null")
	}
	c.quiet()
	for _, test := range []struct {
		options   simtenant.Options
		smtp, ews bool
	}{{simtenant.Options{}, true, true}, {simtenant.Options{SMTPAuthAllowed: true, EWSForbidden: true}, false, false}} {
		c := newClient(t, test.options)
		transport, organisation := c.rows("Get-TransportConfig", nil)[0], c.rows("Get-OrganizationConfig", nil)[0]
		if transport["SmtpClientAuthenticationDisabled"] != test.smtp || organisation["EwsEnabled"] != test.ews {
			t.Errorf("%+v: %v, %v", test.options, transport["SmtpClientAuthenticationDisabled"], organisation["EwsEnabled"])
		}
	}
}

func TestMailboxOnPremises(t *testing.T) {
	t.Parallel()
	c := newClient(t, simtenant.Options{})
	p := c.person("the mailbox is on-premises")
	for _, view := range []map[string]any{{}, {"SoftDeletedMailbox": true}, {"InactiveMailboxOnly": true}} {
		view["Identity"] = p.ID
		if status, body := c.run("", "Get-Mailbox", view); status != http.StatusNotFound {
			t.Errorf("%v: %d %v", view, status, body)
		}
	}
	row := c.rows("Get-Recipient", map[string]any{"Identity": p.ID})[0]
	if row["RecipientTypeDetails"] != "MailUser" || row["PrimarySmtpAddress"] != p.UserPrincipalName {
		t.Errorf("%v", row)
	}
	if status, body := c.get("/v1.0/users/" + p.ID + "/mailFolders/inbox/messageRules"); status != http.StatusNotFound || code(body) != "MailboxNotEnabledForRESTAPI" {
		t.Errorf("%d %v", status, body)
	}
	c.quiet()
}
