package exchange

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// inMemory sends requests to a simulated tenant.
type inMemory struct{ tenant *simtenant.Tenant }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	handler := m.tenant.Exchange()
	if strings.HasPrefix(r.URL.Host, "login.") {
		handler = m.tenant.Login()
	}
	handler.ServeHTTP(w, r)
	answer := w.Result()
	answer.Request = r
	return answer, nil
}

func (m inMemory) Token(ctx context.Context, _ string) (string, error) {
	id, app, secret := m.tenant.Credentials()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {app}, "client_secret": {secret}, "scope": {"https://outlook.office365.com/.default"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://login.microsoftonline.com/"+id+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := m.RoundTrip(r)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	err = json.Unmarshal(body, &token)
	return token.AccessToken, err
}

// dump does with a client what the script does with cmdlets.
func dump(t *testing.T, c *Client) map[string]string {
	t.Helper()
	ctx := t.Context()
	var described []any
	files := map[string]string{}
	write := func(file, cmdlet string, rows []row, asked []string) {
		files[file] = document(t, append([]row{}, rows...))
		var names any
		if asked != nil {
			names = asked
		}
		described = append(described, map[string]any{"file": file, "cmdlet": cmdlet, "rows": len(rows), "asked": names, "includeHidden": cmdlet == getInboxRule})
	}
	all := func(file, cmdlet string, properties []string, parameters map[string]any) []row {
		rows, _, err := c.run(ctx, cmdlet, parameters, properties)
		if err != nil {
			t.Fatalf("%s: %v", cmdlet, err)
		}
		write(file, cmdlet, rows, nil)
		return rows
	}
	each := func(file, cmdlet, parameter, key string, names []string, properties []string, more map[string]any) {
		rows := []row{}
		for _, name := range names {
			parameters := map[string]any{parameter: name}
			maps.Copy(parameters, more)
			own, _, err := c.run(ctx, cmdlet, parameters, properties)
			if err != nil {
				t.Fatalf("%s %s: %v", cmdlet, name, err)
			}
			for _, r := range own {
				r[key] = name
			}
			rows = append(rows, own...)
		}
		write(file, cmdlet, rows, append([]string{}, names...))
	}
	guids := func(rows []row) []string {
		var out []string
		for _, r := range rows {
			out = append(out, text(r, "ExchangeGuid"))
		}
		return out
	}
	asked := &recorder{}
	facts(t, &Client{source: asked})
	of := func(cmdlet string, more ...string) []string {
		return append(slices.Sorted(maps.Keys(asked.byCmdlet[cmdlet])), more...)
	}
	everything := map[string]any{"ResultSize": "Unlimited"}
	live := all("Get-Mailbox.json", getMailbox, of(getMailbox, "EmailAddresses"), everything)
	soft := all("Get-Mailbox.SoftDeleted.json", getMailbox, of(getMailbox), map[string]any{"SoftDeletedMailbox": true})
	inactive := all("Get-Mailbox.Inactive.json", getMailbox, of(getMailbox), map[string]any{"InactiveMailboxOnly": true})
	all("Get-Recipient.json", getRecipient, of(getRecipient, "Name", "Alias", "Guid", "EmailAddresses"), everything)
	all("Get-OrganizationConfig.json", getOrganizationConfig, of(getOrganizationConfig), map[string]any{})
	all("Get-TransportConfig.json", getTransportConfig, of(getTransportConfig), map[string]any{})
	own := guids(live)
	each("Get-CASMailbox.json", getCASMailbox, "Identity", "ExchangeGuid", own, of(getCASMailbox), nil)
	each("Get-MobileDevice.json", getMobileDevice, "Mailbox", "ExchangeGuid", own, of(getMobileDevice), everything)
	each("Get-MobileDeviceStatistics.json", getDeviceStatistics, "Mailbox", "ExchangeGuid", own, of(getDeviceStatistics), nil)
	each("Get-MailboxStatistics.json", getMailboxStatistics, "Identity", "ExchangeGuid", own, of(getMailboxStatistics), nil)
	each("Get-MailboxStatistics.SoftDeleted.json", getMailboxStatistics, "Identity", "ExchangeGuid", guids(append(soft, inactive...)), of(getMailboxStatistics), map[string]any{"IncludeSoftDeletedRecipients": true})
	each("Get-InboxRule.json", getInboxRule, "Mailbox", "ExchangeGuid", own, of(getInboxRule), map[string]any{"IncludeHidden": true})
	each("Get-MailboxPermission.json", getMailboxPermission, "Identity", "ExchangeGuid", own, of(getMailboxPermission), nil)
	var trustees []string
	for _, r := range live {
		trustees = append(trustees, text(r, "UserPrincipalName"))
	}
	each("Get-RecipientPermission.json", getRecipientPermission, "Trustee", "AskedTrustee", trustees, of(getRecipientPermission), everything)
	files[describing] = document(t, map[string]any{"schemaVersion": 1, "madeAt": "2026-06-01T11:00:00Z", "cmdlets": described})
	return files
}

// For everybody of the simulated tenant, the export says what the service says.
func TestTheSimulatedTenantAsAnExport(t *testing.T) {
	t.Parallel()
	tenant, err := simtenant.New(simtenant.Options{Now: collected, Clock: func() time.Time { return collected }, WithInboxRuleRole: true, Bystanders: 30})
	if err != nil {
		t.Fatal(err)
	}
	base := &url.URL{Scheme: "https", Host: "outlook.office365.com", Path: "/"}
	tenantID, _, _ := tenant.Credentials()
	memory := inMemory{tenant}
	service := New(wire.New(wire.Options{Base: base, Transport: memory, Tokens: memory, Limits: wire.Unhurried()}), base, tenantID)
	files := dump(t, service)
	export := opened(t, files)

	var people []row
	for _, file := range []string{"Get-Mailbox.json", "Get-Mailbox.SoftDeleted.json", "Get-Mailbox.Inactive.json"} {
		var rows []row
		if err := json.Unmarshal([]byte(files[file]), &rows); err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			t.Errorf("%s is empty; the test would show little", file)
		}
		people = append(people, rows...)
	}
	var principals []Principal
	compared := map[string]int{}
	same := func(who, what string, want, got snapshot.Fact) {
		if compared[what+" "+string(want.State)]++; !reflect.DeepEqual(want, got) {
			t.Errorf("%s of %s:\nthe service %+v\n the export %+v", what, who, want, got)
		}
	}
	ctx := t.Context()
	for _, p := range append(people, row{"ExternalDirectoryObjectId": "00000000-0000-4000-8000-000000000000", "PrimarySmtpAddress": "nobody@b.example"}) {
		who, id := text(p, "PrimarySmtpAddress"), text(p, "ExternalDirectoryObjectId")
		want := service.Mailbox(ctx, id).Fact
		same(who, "mailbox", want, export.Mailbox(ctx, id).Fact)
		same(who, "recipient", service.Recipient(ctx, who).Fact, export.Recipient(ctx, who).Fact)
		mailbox, ok := want.Value.(row)
		if !ok {
			continue
		}
		same(who, "recipient by alias", service.Recipient(ctx, text(p, "Alias")).Fact, export.Recipient(ctx, text(p, "Alias")).Fact)
		guid, isLive := text(mailbox, "ExchangeGuid"), mailbox["mailboxState"] == stateLive
		same(who, "size", service.Size(ctx, guid, !isLive).Fact, export.Size(ctx, guid, !isLive).Fact)
		if !isLive {
			continue
		}
		same(who, "protocols", service.Protocols(ctx, id).Fact, export.Protocols(ctx, id).Fact)
		same(who, "devices", service.Devices(ctx, mailbox).Fact, export.Devices(ctx, mailbox).Fact)
		same(who, "permissions", service.Permissions(ctx, mailbox).Fact, export.Permissions(ctx, mailbox).Fact)
		same(who, "rules", service.HiddenRules(ctx, mailbox).Fact, export.HiddenRules(ctx, mailbox).Fact)
		principals = append(principals, Principal{ID: id, UserPrincipalName: text(p, "UserPrincipalName"), Names: []string{text(p, "DisplayName"), text(p, "Name"), text(p, "Alias")}})
	}
	same("all", "organization", service.Organization(ctx).Fact, export.Organization(ctx).Fact)
	want, got := rightsOf(ctx, service, principals, false), rightsOf(ctx, export, principals, false)
	for _, p := range principals {
		same(p.UserPrincipalName, "delegations", want[p.ID].Fact, got[p.ID].Fact)
	}
	for _, needed := range []string{"mailbox read", "mailbox absent", "size read", "size absent", "devices read", "permissions read", "rules read", "delegations read", "organization read", "recipient absent"} {
		if compared[needed] == 0 {
			t.Errorf("nothing was compared: %s (%v)", needed, compared)
		}
	}
}
