package exchange

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"leavercheck/collector/snapshot"
)

var collected = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

const (
	otherID   = "6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f22"
	otherGUID = "22222222-0d4a-4c52-9b1e-0a9b6d0c1f11"
)

// put writes an export's files, an hour before they are collected.
func put(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, collected, collected.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func opened(t *testing.T, files map[string]string) *Client {
	t.Helper()
	e, err := OpenExport(put(t, files), collected, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return FromExport(e)
}

// with is a copy of files with others put over them; an empty one is taken away.
func with(files map[string]string, others ...string) map[string]string {
	out := maps.Clone(files)
	for i := 0; i < len(others); i += 2 {
		if out[others[i]] = others[i+1]; others[i+1] == "" {
			delete(out, others[i])
		}
	}
	return out
}

// person is a row of Get-Mailbox with every property.
func person(alias, id, guid string, changes map[string]any) map[string]any {
	r := map[string]any{}
	for _, name := range mailboxProperties() {
		r[name] = nil
	}
	maps.Copy(r, map[string]any{
		"Identity": alias, "Alias": alias, "Name": alias, "Guid": "99" + guid[2:], "ExchangeGuid": guid, "ExternalDirectoryObjectId": id,
		"UserPrincipalName": alias + "@b.example", "PrimarySmtpAddress": alias + "@b.example", "RecipientTypeDetails": "UserMailbox",
		"EmailAddresses": []any{"SMTP:" + alias + "@b.example", "smtp:" + alias + ".old@b.example"}, "InPlaceHolds": []any{}, "GrantSendOnBehalfTo": []any{},
		"LitigationHoldEnabled": true, "DeliverToMailboxAndForward": false, "HiddenFromAddressListsEnabled": false, "LitigationHoldDate": "2026-05-29T16:00:00Z", "IsInactiveMailbox": false, "AccountDisabled": false,
		"ProhibitSendReceiveQuota": "50 GB (53,687,091,200 bytes)",
	})
	maps.Copy(r, changes)
	return r
}

func document(t *testing.T, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func rowsOf(names []string, values map[string]any) map[string]any {
	out := map[string]any{}
	for _, name := range names {
		out[name] = nil
	}
	maps.Copy(out, values)
	return out
}

// cas is a row of Get-CASMailbox with every property.
func cas(id string, changes map[string]any) map[string]any {
	r := rowsOf(protocolProperties(), map[string]any{"ExternalDirectoryObjectId": id, "ActiveSyncBlockedDeviceIDs": []any{}})
	for _, name := range filled(getCASMailbox) {
		r[name] = false
	}
	maps.Copy(r, changes)
	return r
}

const (
	deviceA    = `{"Identity":"a\\ExchangeActiveSyncDevices\\EAS§iPhone§1","Guid":"1","DeviceId":"1","DeviceType":"iPhone","ClientType":"EAS","DeviceAccessState":"Blocked"}`
	deviceB    = `{"Identity":"b\\ExchangeActiveSyncDevices\\EAS§iPhone§2","Guid":"2","DeviceId":"2","DeviceType":"iPhone","ClientType":"EAS","DeviceAccessState":"Allowed"}`
	statistics = `{"Identity":"a\\ExchangeActiveSyncDevices\\EAS§iPhone§1","Guid":"1","DeviceID":"1","Status":"DeviceWipeSucceeded","DeviceAccessState":"Blocked",
		"DeviceWipeRequestTime":"2026-05-30T08:00:00Z","DeviceWipeSentTime":null,"DeviceWipeAckTime":"2026-05-30T09:00:00Z",
		"AccountOnlyDeviceWipeRequestTime":null,"AccountOnlyDeviceWipeSentTime":null,"AccountOnlyDeviceWipeAckTime":null}`
	ruleA       = `{"Identity":"a\\1","Name":"out","Enabled":true,"ForwardTo":["\"x\" [SMTP:x@postbox.example]"],"RedirectTo":null,"ForwardAsAttachmentTo":null,"DeleteMessage":false,"MoveToFolder":null}`
	permissionA = `{"Identity":"a","User":"NT AUTHORITY\\SELF","AccessRights":["FullAccess","ReadPermission"],"IsInherited":false,"Deny":false},
		{"Identity":"a","User":"b@b.example","AccessRights":["FullAccess"],"IsInherited":false,"Deny":false}`
	sizeA = `{"MailboxGuid":"` + guid + `","TotalItemSize":"1.2 GB (1,288,490,189 bytes)","ItemCount":12}`
)

// byHand is an export without export.json: everything that the cmdlets give for all mailboxes.
func byHand(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"Get-Mailbox.json":                document(t, []any{person("a", id, guid, nil), person("b", otherID, otherGUID, nil)}),
		"Get-Mailbox.SoftDeleted.json":    "[]",
		"Get-Mailbox.Inactive.json":       "[]",
		"Get-CASMailbox.json":             document(t, []any{cas(id, nil), cas(otherID, nil)}),
		"Get-MobileDevice.json":           "[" + deviceA + "," + deviceB + "]",
		"Get-MobileDeviceStatistics.json": "[" + statistics + "]",
		"Get-MailboxStatistics.json":      "[" + sizeA + "]",
		"Get-InboxRule.json":              "[" + ruleA + "]",
		"Get-MailboxPermission.json":      "[" + permissionA + "]",
		"Get-RecipientPermission.json":    `[{"Identity":"b","Trustee":"a@b.example","AccessControlType":"Allow","AccessRights":["SendAs"],"IsInherited":false}]`,
		"Get-Recipient.json":              `[{"Name":"c","PrimarySmtpAddress":"c@b.example","ExternalDirectoryObjectId":null,"RecipientTypeDetails":"MailContact","ExternalEmailAddress":"SMTP:c@postbox.example"}]`,
		"Get-OrganizationConfig.json":     `[{"InPlaceHolds":["mbx1:2"],"EwsEnabled":null}]`,
		"Get-TransportConfig.json":        `{"SmtpClientAuthenticationDisabled":true}`,
	}
}

// written says of an export what the script would say, with the mailboxes asked where cmdlets need one.
func written(t *testing.T, files map[string]string, asked ...string) map[string]string {
	t.Helper()
	var cmdlets []any
	for name, content := range files {
		what, ok := titleOf(name)
		if !ok {
			continue
		}
		var rows []any
		if err := json.Unmarshal([]byte(content), &rows); err != nil {
			rows = []any{nil}
		}
		c := map[string]any{"file": name, "cmdlet": what.cmdlet, "rows": len(rows), "error": nil, "asked": nil}
		switch what.cmdlet {
		case getMailbox, getRecipient, getOrganizationConfig, getTransportConfig:
		default:
			c["asked"], c["includeHidden"] = append([]string{}, asked...), what.cmdlet == getInboxRule
		}
		cmdlets = append(cmdlets, c)
	}
	return with(files, describing, document(t, map[string]any{"schemaVersion": 1, "madeAt": "2026-06-01T10:00:00Z", "tenantId": "T", "cmdlets": cmdlets}))
}

// facts are all that can be read of the leaver.
func facts(t *testing.T, c *Client) map[string]snapshot.Fact {
	t.Helper()
	ctx := t.Context()
	return map[string]snapshot.Fact{
		"mailbox": c.Mailbox(ctx, id).Fact, "protocols": c.Protocols(ctx, id).Fact, "devices": c.Devices(ctx, own).Fact,
		"size": c.Size(ctx, guid, false).Fact, "permissions": c.Permissions(ctx, own).Fact, "rules": c.HiddenRules(ctx, own).Fact,
		"organization": c.Organization(ctx).Fact, "contact": c.Recipient(ctx, "c@b.example").Fact, "colleague": c.Recipient(ctx, "b.old@b.example").Fact,
		"by name":     c.Recipient(ctx, "c").Fact,
		"delegations": rightsOf(ctx, c, []Principal{{ID: id, UserPrincipalName: "a@b.example"}}, false)[id].Fact,
	}
}

// service answers with the same rows as the files, those of the leaver where it is asked about them.
func service(t *testing.T, files map[string]string) exchangeOnline {
	t.Helper()
	out := exchangeOnline{}
	for name, content := range files {
		what, _ := titleOf(name)
		if what.view != stateLive {
			continue
		}
		if !strings.HasPrefix(content, "[") {
			content = "[" + content + "]"
		}
		out[what.cmdlet] = `{"value":` + content + `}`
	}
	out["Get-CASMailbox"] = `{"value":` + document(t, []any{cas(id, nil)}) + `}`
	out["Get-MobileDevice"] = `{"value":[` + deviceA + `]}`
	return out
}

// An export made from what the service says leads to the facts that the service would have led to.
func TestAnExportSaysWhatTheServiceSays(t *testing.T) {
	t.Parallel()
	files := written(t, byHand(t), guid)
	rest := service(t, byHand(t))
	want := facts(t, scripted(rest))
	rest["Get-Mailbox"] = `{"value":[` + document(t, person("a", id, guid, nil)) + `]}`
	want["mailbox"] = scripted(rest).Mailbox(t.Context(), id).Fact
	rest["Get-Mailbox"] = `{"value":[` + document(t, person("b", otherID, otherGUID, nil)) + `]}`
	want["colleague"] = scripted(rest).Recipient(t.Context(), "b.old@b.example").Fact
	delete(rest, "Get-Mailbox")
	want["contact"] = scripted(rest).Recipient(t.Context(), "c@b.example").Fact
	rest["Get-Mailbox"] = `{"value":[]}` // nothing is shared
	want["delegations"] = rightsOf(t.Context(), scripted(rest), []Principal{{ID: id, UserPrincipalName: "a@b.example"}}, false)[id].Fact
	got := facts(t, opened(t, files))
	for name, f := range want {
		if f.State != snapshot.Read {
			t.Errorf("%s is not read from the service: %+v", name, f)
		}
		if !reflect.DeepEqual(got[name], f) {
			t.Errorf("%s:\n     got %+v\nthe service %+v", name, got[name], f)
		}
	}
	// The same as CSV. Null and the empty list look alike there, so the lists are not compared.
	for name, content := range files {
		if what, ok := titleOf(name); ok {
			files[strings.TrimSuffix(name, ".json")+".csv"] = asCSV(t, content)
			delete(files, name)
			_ = what
		}
	}
	files[describing] = strings.ReplaceAll(files[describing], `.json"`, `.csv"`)
	got = facts(t, opened(t, files))
	for name, f := range want {
		if !reflect.DeepEqual(withoutEmpty(got[name].Value), withoutEmpty(f.Value)) || got[name].State != f.State {
			t.Errorf("%s as CSV:\n     got %+v\nthe service %+v", name, got[name], f)
		}
	}
}

// asCSV writes rows as Export-Csv does once lists are joined.
func asCSV(t *testing.T, content string) string {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(content))
	dec.UseNumber()
	var rows []map[string]any
	if strings.HasPrefix(content, "{") {
		rows = make([]map[string]any, 1)
		if err := dec.Decode(&rows[0]); err != nil {
			t.Fatal(err)
		}
	} else if err := dec.Decode(&rows); err != nil {
		t.Fatal(err)
	}
	header := []string{"Identity"}
	for _, r := range rows {
		header = append(header, slices.Collect(maps.Keys(r))...)
	}
	slices.Sort(header)
	header = slices.Compact(header)
	var out strings.Builder
	out.WriteString("\uFEFF#TYPE Selected.Microsoft.Exchange\r\n")
	w := csv.NewWriter(&out)
	w.Comma, w.UseCRLF = ';', true
	records := [][]string{header}
	for _, r := range rows {
		var fields []string
		for _, name := range header {
			field := ""
			switch v := r[name].(type) {
			case nil:
			case []any:
				var items []string
				for _, item := range v {
					items = append(items, item.(string))
				}
				field = strings.Join(items, ";")
			case bool:
				field = map[bool]string{true: "True", false: "False"}[v]
			default:
				field = fmt.Sprint(v)
			}
			fields = append(fields, field)
		}
		records = append(records, fields)
	}
	if err := w.WriteAll(records); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func withoutEmpty(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, item := range v {
			if item = withoutEmpty(item); item != nil {
				out[name] = item
			}
		}
		return out
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, withoutEmpty(item))
		}
		if len(out) > 0 {
			return out
		}
		return nil
	}
	return v
}

func TestProvenanceOfAnExport(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		files map[string]string
		at    time.Time
	}{
		{byHand(t), collected.Add(-time.Hour)},
		{written(t, byHand(t)), collected.Add(-2 * time.Hour)},
	} {
		o := opened(t, tc.files).Mailbox(t.Context(), id)
		if o.From.Endpoint != "Get-Mailbox (export)" || !o.From.At.Equal(tc.at) || o.From.Attempts != 0 || o.From.Status != 0 {
			t.Errorf("from %+v", o.From)
		}
	}
}

// What is not in the files is "none" only where the files show that it was asked for.
func TestAMissingRowIsNoProof(t *testing.T) {
	t.Parallel()
	hand := byHand(t)
	const none = "00000000-0000-4000-8000-000000000000"
	mailbox := func(c *Client) Outcome { return c.Mailbox(t.Context(), id) }
	nobody := func(c *Client) Outcome { return c.Mailbox(t.Context(), none) }
	devices := func(c *Client) Outcome { return c.Devices(t.Context(), own) }
	size := func(c *Client) Outcome { return c.Size(t.Context(), guid, false) }
	deletedSize := func(c *Client) Outcome { return c.Size(t.Context(), guid, true) }
	permissions := func(c *Client) Outcome { return c.Permissions(t.Context(), own) }
	rules := func(c *Client) Outcome { return c.HiddenRules(t.Context(), own) }
	protocols := func(c *Client) Outcome { return c.Protocols(t.Context(), id) }
	contact := func(c *Client) Outcome { return c.Recipient(t.Context(), "nobody@b.example") }
	sendAs := func(c *Client) Outcome {
		return rightsOf(t.Context(), c, []Principal{{ID: id, UserPrincipalName: "a@b.example"}}, false)[id]
	}
	describe := func(files map[string]string, asked ...string) map[string]string { return written(t, files, asked...) }
	a := func(changes map[string]any) string {
		return document(t, []any{person("a", id, guid, changes), person("b", otherID, otherGUID, nil)})
	}
	without := func(property string) string {
		r := person("a", id, guid, nil)
		delete(r, property)
		return document(t, []any{r})
	}
	thousand := func(one string) string { return "[" + strings.Repeat(one+",", 999) + one + "]" }
	gone := map[string]any{"WhenSoftDeleted": "2026-05-20T00:00:00Z"}
	deleted := with(hand, "Get-Mailbox.json", document(t, []any{person("b", otherID, otherGUID, nil)}), "Get-Mailbox.SoftDeleted.json", document(t, []any{person("a", id, guid, gone)}))

	for name, tc := range map[string]struct {
		files  map[string]string
		ask    func(*Client) Outcome
		state  snapshot.State
		reason snapshot.Reason
	}{
		"no mailbox in any view":                      {hand, nobody, snapshot.Absent, ""},
		"no file of live ones":                        {with(hand, "Get-Mailbox.json", ""), nobody, snapshot.Unknown, snapshot.NotCollected},
		"no file of soft-deleted ones":                {with(hand, "Get-Mailbox.SoftDeleted.json", ""), nobody, snapshot.Unknown, snapshot.NotCollected},
		"no file of inactive ones":                    {with(hand, "Get-Mailbox.Inactive.json", ""), nobody, snapshot.Unknown, snapshot.NotCollected},
		"a live one needs no other file":              {with(hand, "Get-Mailbox.Inactive.json", "", "Get-Mailbox.SoftDeleted.json", ""), mailbox, snapshot.Read, ""},
		"an empty file of inactive ones":              {with(hand, "Get-Mailbox.Inactive.json", "\n"), nobody, snapshot.Unknown, snapshot.NotCollected},
		"null for inactive ones":                      {with(hand, "Get-Mailbox.Inactive.json", "null"), nobody, snapshot.Unknown, snapshot.NotCollected},
		"one page of live ones":                       {with(hand, "Get-Mailbox.json", `{"@odata.nextLink":"https://x.example/2","value":[]}`), nobody, snapshot.Unknown, snapshot.NotCollected},
		"a thousand live ones":                        {with(hand, "Get-Mailbox.json", thousand(document(t, person("b", otherID, otherGUID, nil)))), nobody, snapshot.Unknown, snapshot.NotCollected},
		"a mailbox of who knows whom":                 {with(hand, "Get-Mailbox.json", a(map[string]any{"ExternalDirectoryObjectId": nil})), mailbox, snapshot.Unknown, snapshot.Integrity},
		"a discovery mailbox is nobody's":             {with(hand, "Get-Mailbox.json", a(map[string]any{"ExternalDirectoryObjectId": nil, "RecipientTypeDetails": "DiscoveryMailbox"})), nobody, snapshot.Absent, ""},
		"live ones in the file of the deleted":        {with(hand, "Get-Mailbox.SoftDeleted.json", hand["Get-Mailbox.json"]), nobody, snapshot.Unknown, snapshot.Integrity},
		"live ones in the file of the inactive":       {with(hand, "Get-Mailbox.Inactive.json", hand["Get-Mailbox.json"]), nobody, snapshot.Unknown, snapshot.Integrity},
		"a mailbox that may be deleted":               {with(hand, "Get-Mailbox.json", without("WhenSoftDeleted")), mailbox, snapshot.Unknown, snapshot.Malformed},
		"a deleted one among the live":                {with(hand, "Get-Mailbox.json", a(gone)), mailbox, snapshot.Read, ""},
		"an inactive one among the live":              {with(hand, "Get-Mailbox.json", a(map[string]any{"IsInactiveMailbox": true})), mailbox, snapshot.Read, ""},
		"a column is not there":                       {with(hand, "Get-Mailbox.json", without("ForwardingSmtpAddress")), mailbox, snapshot.Unknown, snapshot.Malformed},
		"a column that only decorates is not there":   {with(hand, "Get-Mailbox.json", without("RetentionPolicy")), mailbox, snapshot.Read, ""},
		"the same mailbox twice":                      {with(hand, "Get-Mailbox.json", document(t, []any{person("a", id, guid, nil), person("a", id, guid, nil)})), mailbox, snapshot.Unknown, snapshot.Integrity},
		"a list as the name of its type":              {with(hand, "Get-Mailbox.json", a(map[string]any{"InPlaceHolds": "System.Object[]"})), mailbox, snapshot.Unknown, snapshot.Malformed},
		"an enumeration as its number":                {with(hand, "Get-Mailbox.json", a(map[string]any{"RecipientTypeDetails": 1})), mailbox, snapshot.Unknown, snapshot.Malformed},
		"a date of some country":                      {with(hand, "Get-Mailbox.json", a(map[string]any{"LitigationHoldDate": "5/6/2026 10:00:00"})), mailbox, snapshot.Unknown, snapshot.Malformed},
		"protocols without the mailbox":               {with(hand, "Get-CASMailbox.json", "[]"), protocols, snapshot.Unknown, snapshot.Integrity},
		"no protocols at all":                         {with(hand, "Get-CASMailbox.json", ""), protocols, snapshot.Unknown, snapshot.NotCollected},
		"protocols not asked for":                     {describe(hand, otherGUID), protocols, snapshot.Unknown, snapshot.NotCollected},
		"devices of all mailboxes, none of this":      {with(hand, "Get-MobileDevice.json", "["+deviceB+"]"), devices, snapshot.Read, ""},
		"no device where there must be one":           {with(hand, "Get-MobileDevice.json", "["+deviceB+"]", "Get-CASMailbox.json", document(t, []any{cas(id, map[string]any{"HasActiveSyncDevicePartnership": true})})), devices, snapshot.Unknown, snapshot.Integrity},
		"a device without its state":                  {with(hand, "Get-MobileDevice.json", strings.ReplaceAll("["+deviceA+"]", `"Blocked"`, "null")), devices, snapshot.Unknown, snapshot.Malformed},
		"a mailbox that was not read whole":           {with(hand, "Get-Mailbox.json", a(map[string]any{"DeliverToMailboxAndForward": nil})), mailbox, snapshot.Unknown, snapshot.Malformed},
		"protocols that were not read whole":          {with(hand, "Get-CASMailbox.json", document(t, []any{cas(id, map[string]any{"OWAforDevicesEnabled": nil})})), protocols, snapshot.Unknown, snapshot.Malformed},
		"devices without statistics":                  {with(hand, "Get-MobileDeviceStatistics.json", ""), devices, snapshot.Unknown, snapshot.NotCollected},
		"statistics of others":                        {with(hand, "Get-MobileDeviceStatistics.json", "[]"), devices, snapshot.Unknown, snapshot.NotCollected},
		"statistics asked for, and a device has none": {describe(with(hand, "Get-MobileDeviceStatistics.json", "[]"), guid), devices, snapshot.Unknown, snapshot.Integrity},
		"a thousand devices":                          {with(hand, "Get-MobileDevice.json", thousand(deviceB)), devices, snapshot.Unknown, snapshot.NotCollected},
		"a device of who knows whom":                  {with(hand, "Get-MobileDevice.json", "["+strings.ReplaceAll(deviceB, `"b\\`, `"Somebody Else\\`)+"]"), devices, snapshot.Unknown, snapshot.Integrity},
		"a device without identity":                   {with(hand, "Get-MobileDevice.json", `[{"DeviceId":"1"}]`), devices, snapshot.Unknown, snapshot.Integrity},
		"a device whose owner two mailboxes may be":   {with(hand, "Get-Mailbox.json", document(t, []any{person("a", id, guid, nil), person("b", otherID, otherGUID, map[string]any{"Name": "a"})})), devices, snapshot.Unknown, snapshot.Integrity},
		"a device whose owner a deleted one may be": {
			with(hand, "Get-Mailbox.json", document(t, []any{person("a", id, guid, nil), person("b", otherID, otherGUID, map[string]any{"Name": "a"})}),
				"Get-Mailbox.SoftDeleted.json", document(t, []any{person("a", none, none, gone)})),
			devices, snapshot.Unknown, snapshot.Integrity,
		},
		"a device of one of two mailboxes of an account": {
			with(hand, "Get-Mailbox.json", document(t, []any{person("a", id, guid, nil), person("b", id, otherGUID, nil)}), "Get-MobileDevice.json", "["+strings.Replace(deviceB, "{", `{"Mailbox":"`+id+`",`, 1)+"]"),
			devices, snapshot.Unknown, snapshot.Integrity,
		},
		"a device of a mailbox that cannot be read": {with(hand, "Get-MobileDevice.json", "["+strings.Replace(deviceB, "{", `{"ExchangeGuid":5,`, 1)+"]"), devices, snapshot.Unknown, snapshot.Integrity},
		"devices asked for":                         {describe(with(hand, "Get-MobileDevice.json", "[]"), strings.ToUpper(guid)), devices, snapshot.Read, ""},
		"devices not asked for":                     {describe(with(hand, "Get-MobileDevice.json", "[]"), otherGUID), devices, snapshot.Unknown, snapshot.NotCollected},
		"nobody asked for":                          {describe(with(hand, "Get-MobileDevice.json", "[]")), devices, snapshot.Unknown, snapshot.NotCollected},
		"size without a row":                        {with(hand, "Get-MailboxStatistics.json", "[]"), size, snapshot.Unknown, snapshot.NotCollected},
		"size asked for: never opened":              {describe(with(hand, "Get-MailboxStatistics.json", "[]"), guid), size, snapshot.Absent, ""},
		"size as a number of bytes":                 {with(hand, "Get-MailboxStatistics.json", `[{"MailboxGuid":"`+guid+`","TotalItemSize":12}]`), size, snapshot.Unknown, snapshot.Malformed},
		"size of a deleted one":                     {with(deleted, "Get-MailboxStatistics.json", "[]", "Get-MailboxStatistics.SoftDeleted.json", "["+sizeA+"]"), deletedSize, snapshot.Read, ""},
		"size of a deleted one, among the live":     {deleted, deletedSize, snapshot.Read, ""},
		"size of a deleted one, not there":          {with(deleted, "Get-MailboxStatistics.json", "[]"), deletedSize, snapshot.Unknown, snapshot.NotCollected},
		"size of a deleted one, asked for":          {describe(with(deleted, "Get-MailboxStatistics.json", "[]", "Get-MailboxStatistics.SoftDeleted.json", "[]"), guid), deletedSize, snapshot.Absent, ""},
		"permissions":                               {hand, permissions, snapshot.Read, ""},
		"permissions without a row":                 {with(hand, "Get-MailboxPermission.json", "[]"), permissions, snapshot.Unknown, snapshot.NotCollected},
		"permissions asked for":                     {describe(with(hand, "Get-MailboxPermission.json", "[]"), guid), permissions, snapshot.Read, ""},
		"rules that may lack the hidden ones":       {hand, rules, snapshot.Unknown, snapshot.NotCollected},
		"rules without a row":                       {with(hand, "Get-InboxRule.json", "[]"), rules, snapshot.Unknown, snapshot.NotCollected},
		"rules asked for":                           {describe(with(hand, "Get-InboxRule.json", "[]"), guid), rules, snapshot.Read, ""},
		"rules asked for, but not the hidden ones":  {with(describe(hand, guid), describing, strings.ReplaceAll(describe(hand, guid)[describing], `"includeHidden": true`, `"includeHidden": false`)), rules, snapshot.Unknown, snapshot.NotCollected},
		"a recipient who is not there":              {hand, contact, snapshot.Absent, ""},
		"recipients not exported":                   {with(hand, "Get-Recipient.json", ""), contact, snapshot.Unknown, snapshot.NotCollected},
		"rights":                                    {hand, sendAs, snapshot.Read, ""},
		"rights of a stranger":                      {with(hand, "Get-RecipientPermission.json", `[{"Identity":"b","Trustee":"Anna A.","AccessControlType":"Allow","AccessRights":["SendAs"]}]`), sendAs, snapshot.Unknown, snapshot.Malformed},
		"rights not asked for":                      {describe(hand, otherGUID), sendAs, snapshot.Unknown, snapshot.NotCollected},
		"rights, and a shared mailbox not asked for": {
			with(hand, "Get-Mailbox.json", document(t, []any{person("a", id, guid, nil), person("b", otherID, otherGUID, map[string]any{"RecipientTypeDetails": "SharedMailbox"})})),
			sendAs, snapshot.Unknown, snapshot.NotCollected,
		},
		"rights, and a mailbox of who knows which kind": {
			with(hand, "Get-Mailbox.json", document(t, []any{person("a", id, guid, nil), person("b", otherID, otherGUID, map[string]any{"RecipientTypeDetails": 4})})),
			sendAs, snapshot.Unknown, snapshot.Malformed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := tc.ask(opened(t, tc.files)).Fact
			if f.State != tc.state || f.Reason != tc.reason {
				t.Errorf("got %s %s (%s), want %s %s", f.State, f.Reason, f.Detail, tc.state, tc.reason)
			}
			if f.State == snapshot.Unknown && f.Detail == "" {
				t.Error("nothing says why")
			}
		})
	}
}

// What was read of an incomplete answer stays beside it: it may prove something wrong.
func TestWhatWasReadStays(t *testing.T) {
	t.Parallel()
	f := opened(t, byHand(t)).HiddenRules(t.Context(), own).Fact
	rows, _ := f.Value.([]any)
	if len(rows) != 1 || rows[0].(row)["Name"] != "out" {
		t.Errorf("got %+v", f)
	}
}

func TestAMailboxOfAnyView(t *testing.T) {
	t.Parallel()
	hand := byHand(t)
	for name, tc := range map[string]struct {
		file, where string
		changes     map[string]any
	}{
		"soft-deleted":                {"Get-Mailbox.SoftDeleted.json", stateSoftDeleted, map[string]any{"WhenSoftDeleted": "/Date(1779235200000)/"}},
		"soft-deleted, long spelling": {"Get-Mailbox-SoftDeletedMailbox.json", stateSoftDeleted, map[string]any{"WhenSoftDeleted": "2026-05-20T00:00:00Z"}},
		"inactive":                    {"Get-Mailbox.Inactive.json", stateInactive, map[string]any{"IsInactiveMailbox": true}},
		"inactive, long spelling":     {"get-mailbox-inactivemailboxonly.JSON", stateInactive, map[string]any{"IsInactiveMailbox": "True"}},
		"inactive, among the deleted": {"Get-Mailbox.SoftDeleted.json", stateInactive, map[string]any{"IsInactiveMailbox": true, "WhenSoftDeleted": "2026-05-20T00:00:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := with(hand, "Get-Mailbox.json", "[]", "Get-Mailbox.SoftDeleted.json", "[]", "Get-Mailbox.Inactive.json", "[]")
			if strings.Contains(strings.ToLower(tc.file), "-inactive") {
				delete(files, "Get-Mailbox.Inactive.json")
			}
			if strings.Contains(tc.file, "-Soft") {
				delete(files, "Get-Mailbox.SoftDeleted.json")
			}
			files[tc.file] = document(t, []any{person("a", id, guid, tc.changes)})
			f := opened(t, files).Mailbox(t.Context(), id).Fact
			value, _ := f.Value.(row)
			if value["mailboxState"] != tc.where {
				t.Errorf("got %+v", f)
			}
			if when, ok := value["WhenSoftDeleted"].(string); ok && when != "2026-05-20T00:00:00Z" {
				t.Errorf("deleted %s", when)
			}
		})
	}
}

func TestWhatExportJSONSays(t *testing.T) {
	t.Parallel()
	whole := written(t, byHand(t), guid)
	change := func(old, replacement string) map[string]string {
		changed := strings.Replace(whole[describing], old, replacement, 1)
		if changed == whole[describing] {
			t.Fatalf("there is no %s", old)
		}
		return with(whole, describing, changed)
	}
	said := func(cmdlet, member string) map[string]string {
		var d map[string]any
		if err := json.Unmarshal([]byte(whole[describing]), &d); err != nil {
			t.Fatal(err)
		}
		for _, c := range d["cmdlets"].([]any) {
			if entry := c.(map[string]any); entry["cmdlet"] == cmdlet {
				if err := json.Unmarshal([]byte(member), &entry); err != nil {
					t.Fatal(err)
				}
			}
		}
		return with(whole, describing, document(t, d))
	}
	for name, tc := range map[string]struct {
		files  map[string]string
		fact   string
		reason snapshot.Reason
	}{
		"all is well":           {whole, "devices", ""},
		"fewer rows":            {with(whole, "Get-MobileDevice.json", "["+deviceB+"]"), "devices", snapshot.Integrity},
		"fewer mailboxes":       {with(whole, "Get-Mailbox.json", document(t, []any{person("a", id, guid, nil)})), "mailbox", snapshot.Integrity},
		"an empty file is gone": {with(written(t, with(byHand(t), "Get-MobileDevice.json", "[]"), guid), "Get-MobileDevice.json", ""), "devices", snapshot.Integrity},
		"no number of rows":     {said("Get-MobileDevice", `{"rows":null}`), "devices", snapshot.Integrity},
		"a file is gone":        {with(whole, "Get-MailboxPermission.json", ""), "permissions", snapshot.Integrity},
		"a file is not listed":  {with(whole, "Get-MailboxPermission.json", "", "Get-MailboxPermission.csv", "Identity\na\n"), "permissions", snapshot.Integrity},
		"a failure":             {said("Get-MobileDevice", `{"error":"The operation timed out"}`), "devices", snapshot.NotCollected},
		"a refusal":             {said("Get-InboxRule", `{"error":"The term 'Get-InboxRule' is not recognized as a name of a cmdlet"}`), "rules", snapshot.Forbidden},
		"a mailbox that failed": {said("Get-MobileDevice", `{"asked":["x"],"failed":[{"mailbox":"`+guid+`","error":"Access is denied"}]}`), "devices", snapshot.NotCollected},
		"every mailbox refused": {said("Get-MobileDevice", `{"asked":[],"failed":[{"mailbox":"`+guid+`","error":"Access is denied"}]}`), "devices", snapshot.Forbidden},
		"a mailbox that is gone": {
			said("Get-MobileDevice", `{"asked":[],"failed":[{"mailbox":"`+guid+`","error":"x [ManagementObjectNotFoundException]"}]}`), "devices", snapshot.Integrity,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := facts(t, opened(t, tc.files))[tc.fact]
			if f.Reason != tc.reason || tc.reason != "" && f.State != snapshot.Unknown {
				t.Errorf("got %+v", f)
			}
		})
	}
	extra := with(whole, "Get-MailboxStatistics.SoftDeleted.json", "["+sizeA+"]")
	e, err := OpenExport(put(t, extra), collected, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if failure := e.tables[title{getMailboxStatistics, stateSoftDeleted}].failure; failure == nil || failure.reason != snapshot.NotCollected {
		t.Errorf("a file that is not listed is used: %v", failure)
	}
	if e.TenantID() != "t" || !e.MadeAt().Equal(collected.Add(-2*time.Hour)) || len(e.Warnings()) != 0 {
		t.Errorf("tenant %q, made %s, warnings %q", e.TenantID(), e.MadeAt(), e.Warnings())
	}
	for name, files := range map[string]map[string]string{
		"another version":      change(`"schemaVersion": 1`, `"schemaVersion": 2`),
		"no time":              change(`"madeAt"`, `"made"`),
		"a path outside":       change(`"Get-MobileDevice.json"`, `"../Get-MobileDevice.json"`),
		"a wrong cmdlet":       change(`"Get-MobileDevice.json"`, `"Get-InboxRule.json"`),
		"broken off":           with(whole, describing, whole[describing][:100]),
		"something after":      with(whole, describing, whole[describing]+"{}"),
		"text where no number": change(`"schemaVersion": 1`, `"schemaVersion": "1"`),
	} {
		var bad *ExportError
		if _, err := OpenExport(put(t, files), collected, 24*time.Hour); !errors.As(err, &bad) || bad.File != describing {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheAgeOfAnExport(t *testing.T) {
	t.Parallel()
	dir := put(t, written(t, byHand(t), guid)) // made two hours before
	for name, tc := range map[string]struct {
		maxAge time.Duration
		now    time.Time
		usable bool
	}{
		"young enough":    {2 * time.Hour, collected, true},
		"too old":         {2*time.Hour - time.Second, collected, false},
		"clocks differ":   {24 * time.Hour, collected.Add(-2*time.Hour - 5*time.Minute), true},
		"from the future": {24 * time.Hour, collected.Add(-2*time.Hour - 5*time.Minute - time.Second), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := OpenExport(dir, tc.now, tc.maxAge)
			if err != nil {
				t.Fatal(err)
			}
			for fact, f := range facts(t, FromExport(e)) {
				if tc.usable != (f.State == snapshot.Read) {
					t.Errorf("%s: %+v", fact, f)
				}
				if !tc.usable && (f.Reason != snapshot.NotCollected || !strings.Contains(f.Needs, "--exchange-export-max-age") || !strings.Contains(f.Detail, "2026-06-01T10:00:00Z")) {
					t.Errorf("%s: %+v", fact, f)
				}
			}
			if tc.usable != (len(e.Warnings()) == 0) {
				t.Errorf("warnings: %q", e.Warnings())
			}
		})
	}
}

// Without export.json, an export is as old as its oldest file.
func TestTheOldestFileSaysWhen(t *testing.T) {
	t.Parallel()
	dir := put(t, map[string]string{"Get-CASMailbox.json": "[]", "Get-InboxRule.json": "[]", "Get-Mailbox.json": "[]"})
	oldest := collected.Add(-48 * time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "Get-InboxRule.json"), collected, oldest); err != nil {
		t.Fatal(err)
	}
	e, err := OpenExport(dir, collected, 24*time.Hour)
	if err != nil || !e.MadeAt().Equal(oldest) || e.stale == nil {
		t.Errorf("made %s, %v", e.MadeAt(), err)
	}
}

func TestWarningsOfAnExport(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		files map[string]string
		want  string
	}{
		"by hand":         {byHand(t), "no export.json"},
		"a misspelt name": {with(written(t, byHand(t)), "Get-Mailboxes.json", "[]"), "Get-Mailboxes.json"},
		"no tenant":       {with(written(t, byHand(t)), describing, strings.Replace(written(t, byHand(t))[describing], `"tenantId": "T"`, `"tenantId": null`, 1)), "which tenant"},
	} {
		e, err := OpenExport(put(t, tc.files), collected, 24*time.Hour)
		if err != nil || len(e.Warnings()) != 1 || !strings.Contains(e.Warnings()[0], tc.want) {
			t.Errorf("%s: %v, %q", name, err, e.Warnings())
		}
	}
}

// What cannot be read at all is an error that says where.
func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	wide := func(s string) string {
		out := []byte{0xFF, 0xFE}
		for _, unit := range utf16.Encode([]rune(s)) {
			out = append(out, byte(unit), byte(unit>>8))
		}
		return string(out)
	}
	for name, tc := range map[string]struct {
		file, content string
		line          int // -1: it can be read
	}{
		"JSON with a mark":        {"Get-InboxRule.json", "\uFEFF[]", -1},
		"JSON in UTF-16":          {"Get-InboxRule.json", wide("[\r\n" + ruleA + "]"), -1},
		"CSV in UTF-16":           {"Get-InboxRule.csv", wide("\"Identity\",\"Name\"\r\n\"a\\1\",\"ö𝄞\"\r\n"), -1},
		"CSV of one column":       {"Get-InboxRule.csv", "Identity\r\n", -1},
		"an odd byte":             {"Get-InboxRule.json", wide("[]") + "x", 1},
		"half a pair":             {"Get-InboxRule.json", string([]byte{0xFF, 0xFE, 0x00, 0xD8, 0x20, 0x00}), 1},
		"UTF-16 without a mark":   {"Get-InboxRule.json", wide("[]")[2:], 1},
		"Latin-1":                 {"Get-InboxRule.json", "[\n{\"Name\":\"J\xf6rg\"}]", 2},
		"Latin-1 in CSV":          {"Get-InboxRule.csv", "Name\nx\nJ\xf6rg\n", 3},
		"broken off":              {"Get-InboxRule.json", "[\n{\"Name\":\"x\"},\n", 2},
		"no JSON":                 {"Get-InboxRule.json", "[\n{\"Name\":x}]", 2},
		"text":                    {"Get-InboxRule.json", `"x"`, 1},
		"a row that is text":      {"Get-InboxRule.json", "[\n\"x\"]", 2},
		"a row that is null":      {"Get-InboxRule.json", "[{},\nnull]", 2},
		"written twice":           {"Get-InboxRule.json", "[]\n[]", 2},
		"a property twice":        {"Get-InboxRule.json", "[{\"Name\":\"x\",\n\"NAME\":\"y\"}]", 2},
		"rows and something else": {"Get-InboxRule.json", `{"value":[],"Name":"x"}`, 1},
		"too deep":                {"Get-InboxRule.json", `[{"x":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}]`, 1},
		"a NUL in CSV":            {"Get-InboxRule.csv", "Name\nx\x00\n", 2},
		"a column twice":          {"Get-InboxRule.csv", "Name,name\n", 1},
		"a field too many":        {"Get-InboxRule.csv", "#TYPE x\nName,Enabled\nx,True\ny,True,z\n", 4},
		"a quote in the middle":   {"Get-InboxRule.csv", "Name\nx\"y\n", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := OpenExport(put(t, map[string]string{tc.file: tc.content}), collected, 24*time.Hour)
			var bad *ExportError
			switch {
			case tc.line < 0:
				if err != nil {
					t.Error(err)
				}
			case !errors.As(err, &bad) || bad.File != tc.file || bad.Line != tc.line:
				t.Errorf("got %v, want line %d", err, tc.line)
			}
		})
	}
}

func TestTooMuch(t *testing.T) {
	t.Parallel()
	if _, err := readExportFile("x.csv", strings.NewReader("Q\n"+strings.Repeat("x\n", maxExportRows)), kinds()); err != nil {
		t.Error(err)
	}
	var bad *ExportError
	if _, err := readExportFile("x.csv", strings.NewReader("Q\n"+strings.Repeat("x\n", maxExportRows+1)), kinds()); !errors.As(err, &bad) || bad.Line != maxExportRows+2 {
		t.Errorf("a row too many: %v", err)
	}
	for limit, fits := range map[int64]bool{9: false, 10: true} {
		text, err := newTextReader(strings.NewReader("0123456789"), limit)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(text); (err == nil) != fits {
			t.Errorf("10 bytes of %d: %q, %v", limit, got, err)
		}
	}
}

func TestDirectoriesThatAreNoExport(t *testing.T) {
	t.Parallel()
	if _, err := OpenExport(t.TempDir(), collected, time.Hour); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := OpenExport(filepath.Join(t.TempDir(), "nowhere"), collected, time.Hour); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	var bad *ExportError
	if _, err := OpenExport(put(t, map[string]string{"Get-Mailbox.json": "[]", "Get-Mailbox.csv": "Name\n"}), collected, time.Hour); !errors.As(err, &bad) {
		t.Errorf("a file in two forms: %v", err)
	}
	for _, name := range []string{"Get-Mailbox.json", describing} {
		dir := put(t, map[string]string{"Get-InboxRule.json": "[]"})
		target := filepath.Join(put(t, map[string]string{"elsewhere": "[]"}), "elsewhere")
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenExport(dir, collected, time.Hour); !errors.As(err, &bad) || bad.File != name {
			t.Errorf("%s is a link: %v", name, err)
		}
		dir = put(t, map[string]string{"Get-InboxRule.json": "[]"})
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenExport(dir, collected, time.Hour); !errors.As(err, &bad) || bad.File != name {
			t.Errorf("%s is a directory: %v", name, err)
		}
	}
}

func TestTypedValues(t *testing.T) {
	t.Parallel()
	object := func(key string, v any) map[string]any { return map[string]any{key: v, "IsUnlimited": false} }
	list := func(items ...any) []any { return append([]any{}, items...) }
	const bad = "bad"
	for _, tc := range []struct {
		k        kind
		in, want any
	}{
		{textKind, "x", "x"},
		{textKind, nil, nil},
		{textKind, json.Number("1"), bad},
		{textKind, true, bad},
		{textKind, object("Value", "50 GB (53,687,091,200 bytes)"), "50 GB (53,687,091,200 bytes)"},
		{textKind, object("Value", map[string]any{"KB": json.Number("1")}), bad},
		{textKind, object("Guid", guid), guid},
		{textKind, "Microsoft.Exchange.Data.Directory.ADObjectId", bad},
		{textKind, "Deserialized.Microsoft.Exchange.Data.Unlimited`1[[x]]", bad},
		{textKind, "@{Name=x}", bad},
		{textKind, "Microsoft.Exchange.OOF.KeywordRule", "Microsoft.Exchange.OOF.KeywordRule"},
		{enumKind, "UserMailbox", "UserMailbox"},
		{enumKind, json.Number("1"), bad},
		{enumKind, "1", bad},
		{boolKind, true, true},
		{boolKind, "False", false},
		{boolKind, "Yes", bad},
		{boolKind, json.Number("1"), bad},
		{boolKind, "", bad},
		{numberKind, json.Number("12"), json.Number("12")},
		{numberKind, "12", json.Number("12")},
		{numberKind, json.Number("1.5"), bad},
		{numberKind, "many", bad},
		{dateKind, "2026-05-29T16:00:00+02:00", "2026-05-29T14:00:00Z"},
		{dateKind, "2026-05-29T16:00:00.5Z", "2026-05-29T16:00:00.5Z"},
		{dateKind, "/Date(1780070400000)/", "2026-05-29T16:00:00Z"},
		{dateKind, "/Date(-62135596800000)/", "0001-01-01T00:00:00Z"},
		{dateKind, "/Date(-62135604000000)/", "0001-01-01T00:00:00Z"},
		{dateKind, "/Date(999999999999999)/", bad},
		{dateKind, map[string]any{"value": "/Date(1780070400000)/", "DisplayHint": json.Number("2"), "DateTime": "Friday"}, "2026-05-29T16:00:00Z"},
		{dateKind, "29.05.2026 16:00:00", bad},
		{dateKind, "05/29/2026 16:00:00", bad},
		{dateKind, json.Number("1780070400000"), bad},
		{tokensKind, list("mbx1:2", "-mbx2"), list("mbx1:2", "-mbx2")},
		{tokensKind, list(), list()},
		{tokensKind, "mbx1:2", list("mbx1:2")},
		{tokensKind, "mbx1:2;-mbx2\nUniH3", list("mbx1:2", "-mbx2", "UniH3")},
		{tokensKind, "mbx1:2 -mbx2", bad},
		{tokensKind, "mbx1:2,-mbx2", bad},
		{tokensKind, "{mbx1:2}", bad},
		{tokensKind, "System.Object[]", bad},
		{tokensKind, "System.Collections.ArrayList", bad},
		{tokensKind, "System.Collections.Generic.List`1[System.String]", bad},
		{tokensKind, "Microsoft.Exchange.Data.MultiValuedProperty`1[System.String]", bad},
		{tokensKind, list("System.Object[]"), bad},
		{tokensKind, list(json.Number("1")), bad},
		{tokensKind, list(list("x")), bad},
		{tokensKind, true, bad},
		{tokensKind, map[string]any{"value": list("x"), "Count": json.Number("1")}, list("x")},
		{rightsKind, "FullAccess, ReadPermission", list("FullAccess", "ReadPermission")},
		{rightsKind, list(json.Number("1")), bad},
		{addressesKind, "SMTP:a@b.example;X500:/o=First Organization/ou=x", list("SMTP:a@b.example", "X500:/o=First Organization/ou=x")},
		{addressesKind, "SMTP:a@b.example smtp:c@b.example", bad},
		{addressesKind, "SMTP:a@b.example,smtp:c@b.example", bad},
		{addressesKind, "{SMTP:a@b.example, smtp:c@b.example...}", bad},
		{namesKind, `"Jan; Jansen" [SMTP:j@b.example]`, bad},
		{namesKind, `"Jansen, J" [SMTP:j@b.example];"K" [EX:/o=Org Name/cn=k]`, list(`"Jansen, J" [SMTP:j@b.example]`, `"K" [EX:/o=Org Name/cn=k]`)},
		{namesKind, `"J" [SMTP:j@b.example] "K" [SMTP:k@b.example]`, bad},
		{namesKind, "jan", list("jan")},
		{namesKind, "jan piet", bad},
		{namesKind, list("Jan Jansen"), list("Jan Jansen")},
	} {
		got, err := typed(tc.k, tc.in)
		if tc.want == bad {
			if err == nil {
				t.Errorf("%d %v became %v", tc.k, tc.in, got)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%d %v became %v, %v; want %v", tc.k, tc.in, got, err, tc.want)
		}
	}
}

// A question that files do not answer is not answered with something else.
func TestQuestionsAnExportRefuses(t *testing.T) {
	t.Parallel()
	c := opened(t, byHand(t))
	for name, q := range map[string]struct {
		cmdlet     string
		parameters map[string]any
	}{
		"another filter":       {"Get-Mailbox", map[string]any{"Filter": "Name -eq 'a'"}},
		"both views":           {"Get-Mailbox", map[string]any{"Identity": id, "SoftDeletedMailbox": true, "InactiveMailboxOnly": true}},
		"the archive":          {"Get-MailboxStatistics", map[string]any{"Identity": guid, "Archive": true}},
		"everybody's rules":    {"Get-InboxRule", map[string]any{}},
		"everybody's devices":  {"Get-MobileDevice", map[string]any{"ResultSize": "Unlimited"}},
		"a number":             {"Get-MobileDevice", map[string]any{"Mailbox": guid, "ResultSize": 5}},
		"all recipients":       {"Get-Recipient", map[string]any{}},
		"another cmdlet":       {"Get-User", map[string]any{"Identity": id}},
		"the rights of no one": {"Get-RecipientPermission", map[string]any{}},
	} {
		if rows, _, err := c.run(t.Context(), q.cmdlet, q.parameters, []string{"Identity"}); err == nil {
			t.Errorf("%s: %v", name, rows)
		}
	}
}

// A file that was asked for by trustee does not have all rights on a mailbox.
func TestRightsByTrusteeAreNotThoseOnAMailbox(t *testing.T) {
	t.Parallel()
	parameters := map[string]any{"Identity": otherGUID}
	if rows, _, err := opened(t, byHand(t)).run(t.Context(), getRecipientPermission, parameters, []string{"Trustee"}); err != nil || len(rows) != 1 {
		t.Errorf("a listing: %v, %v", rows, err)
	}
	if rows, _, err := opened(t, written(t, byHand(t), guid, otherGUID)).run(t.Context(), getRecipientPermission, parameters, []string{"Trustee"}); err == nil {
		t.Errorf("by trustee: %v", rows)
	}
}

// Somebody who was asked for by two of their names has each right once.
func TestARightIsListedOnce(t *testing.T) {
	t.Parallel()
	right := func(asked string) string {
		return `{"Identity":"b","Trustee":"a@b.example","AskedTrustee":"` + asked + `","AccessControlType":"Allow","AccessRights":["SendAs"]}`
	}
	files := with(byHand(t), "Get-RecipientPermission.json", "["+right(guid)+","+right("a@b.example")+","+right(otherGUID)+"]")
	rows, _, err := opened(t, files).run(t.Context(), getRecipientPermission, map[string]any{"Trustee": "a@b.example"}, []string{"Identity", "Trustee"})
	if err != nil || len(rows) != 1 {
		t.Errorf("got %v, %v", rows, err)
	}
}

// refusing answers with some rows and a refusal.
type refusing struct{ reason snapshot.Reason }

func (r refusing) run(context.Context, string, map[string]any, []string) ([]row, snapshot.Provenance, error) {
	return []row{{"Identity": `a\1`}}, snapshot.Provenance{}, &exportError{reason: r.reason, detail: "x"}
}

// A refusal is told of other mailboxes too, so this one's rules must not travel with it.
func TestARefusalHasNoPart(t *testing.T) {
	t.Parallel()
	for reason, kept := range map[snapshot.Reason]bool{snapshot.Forbidden: false, snapshot.Timeout: true} {
		if f := (&Client{source: refusing{reason}}).HiddenRules(t.Context(), own).Fact; (f.Value != nil) != kept {
			t.Errorf("%s: %+v", reason, f)
		}
	}
}

// Whoever asks twice gets rows of their own.
func TestRowsAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	c := opened(t, byHand(t))
	first := c.Devices(t.Context(), own)
	if second := c.Devices(t.Context(), own); !reflect.DeepEqual(first, second) {
		t.Errorf("first %+v\nthen %+v", first, second)
	}
}

func FuzzExport(f *testing.F) {
	f.Add([]byte(`[{"ExternalDirectoryObjectId":"`+id+`","ExchangeGuid":"`+guid+`","EmailAddresses":["SMTP:a@b.example"],"WhenSoftDeleted":"/Date(0)/"}]`), false)
	f.Add([]byte("#TYPE x\n\"Identity\";\"IsInactiveMailbox\"\n\"a\\1\";\"False\"\n"), true)
	f.Add([]byte("\xff\xfe[\x00]\x00"), false)
	f.Add([]byte(`{"value":[{"Identity":"a"}],"Count":1}`), false)
	known := kinds()
	f.Fuzz(func(t *testing.T, content []byte, isCSV bool) {
		name := map[bool]string{false: "x.json", true: "x.csv"}[isCSV]
		read, err := readExportFile(name, strings.NewReader(string(content)), known)
		var bad *ExportError
		if err != nil && !errors.As(err, &bad) {
			t.Errorf("%v does not say which file", err)
		}
		// Whatever the rows are, every file can hold them.
		e := &Export{tables: map[title]*table{}, dispensable: dispensable()}
		for _, cmdlet := range []string{getMailbox, getCASMailbox, getMobileDevice, getDeviceStatistics, getMailboxStatistics, getInboxRule, getMailboxPermission, getRecipientPermission, getRecipient, getOrganizationConfig} {
			e.tables[title{cmdlet, stateLive}] = &table{title: title{cmdlet, stateLive}, file: cmdlet, records: read.records}
		}
		e.index()
		for fact, got := range facts(t, FromExport(e)) {
			if got.State == snapshot.Absent && fact != "colleague" && fact != "contact" && fact != "by name" {
				t.Errorf("%s is absent, although two views of the mailboxes and nobody asked for are there", fact)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Errorf("%s: %v", fact, err)
			}
		}
	})
}
