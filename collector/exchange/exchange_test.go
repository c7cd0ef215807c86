package exchange

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

func TestBytes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{
		"1.2 GB (1,288,490,189 bytes)":                1288490189,
		"50 GB (53.687.091.200 bytes)":                53687091200,
		"50 GB (53\u202F687\u202F091\u202F200 bytes)": 53687091200,
		"50 GB (53 687 091 200 bytes)":                53687091200,
		"0 B (0 bytes)":                               0,
		"1 KB (1,024 Bytes)":                          1024,
	} {
		if got, err := Bytes(in); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "Unlimited", "1.2 GB", "1.2 GB ()", "(bytes)", "(1,2", "(-5 bytes)", "(9,999,999,999,999,999,999,999 bytes)", "(5 octets)", "(1e9 bytes)"} {
		if got, err := Bytes(in); err == nil {
			t.Errorf("%q became %d", in, got)
		}
	}
}

func FuzzBytes(f *testing.F) {
	f.Add("1.2 GB (1,288,490,189 bytes)")
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := Bytes(s); err == nil && n < 0 {
			t.Errorf("%q became %d", s, n)
		}
	})
}

// exchangeOnline answers "Cmdlet" or "Cmdlet View" from a script: a body, or a status.
type exchangeOnline map[string]string

func (e exchangeOnline) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	key := r.Header.Get("X-CmdletName")
	switch {
	case strings.Contains(string(body), "SoftDeletedMailbox"):
		key += " SoftDeletedMailbox"
	case strings.Contains(string(body), "InactiveMailboxOnly"):
		key += " InactiveMailboxOnly"
	}
	status, answer := http.StatusOK, e[key]
	switch answer {
	case "":
		status, answer = http.StatusNotFound, `{"error":{"code":"NotFound","message":"x","details":[{"message":"Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|no such object"}]}}`
	case "404":
		status, answer = http.StatusNotFound, `{"error":{"code":"NotFound","message":"no such route"}}`
	case "403":
		status, answer = http.StatusForbidden, `{"error":{"code":"","message":"no role"}}`
	case "400":
		status, answer = http.StatusBadRequest, `{"error":{"code":"BadRequest","message":"The term 'Get-InboxRule' is not recognized as the name of a cmdlet"}}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

type noToken struct{}

func (noToken) Token(context.Context, string) (string, error) { return "x", nil }

func scripted(e exchangeOnline) *Client {
	base := &url.URL{Scheme: "https", Host: "exchange.example", Path: "/"}
	return New(wire.New(wire.Options{Base: base, Transport: e, Tokens: noToken{}, Limits: wire.Unhurried()}), base, "tenant")
}

const (
	id   = "6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11"
	guid = "11111111-0d4a-4c52-9b1e-0a9b6d0c1f11"
)

var own = map[string]any{"ExchangeGuid": guid, "Alias": "a"}

func mailboxRow(more string) string {
	return `{"ExternalDirectoryObjectId":"` + strings.ToUpper(id) + `","ExchangeGuid":"` + guid + `","WhenSoftDeleted@data.type":"System.DateTime"` + more + `}`
}

func TestMailbox(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		service exchangeOnline
		state   snapshot.State
		reason  snapshot.Reason
		where   string
	}{
		"live":          {exchangeOnline{"Get-Mailbox": `{"value":[` + mailboxRow("") + `]}`}, snapshot.Read, "", "live"},
		"none":          {exchangeOnline{}, snapshot.Absent, "", ""},
		"soft-deleted":  {exchangeOnline{"Get-Mailbox SoftDeletedMailbox": `{"value":[` + mailboxRow(`,"WhenSoftDeleted":"2026-05-29T16:00:00"`) + `]}`}, snapshot.Read, "", "softDeleted"},
		"inactive":      {exchangeOnline{"Get-Mailbox InactiveMailboxOnly": `{"value":[` + mailboxRow("") + `]}`}, snapshot.Read, "", "inactive"},
		"somebody else": {exchangeOnline{"Get-Mailbox": `{"value":[{"ExternalDirectoryObjectId":"` + guid + `","ExchangeGuid":"` + guid + `"}]}`}, snapshot.Unknown, snapshot.Malformed, ""},
		"everybody":     {exchangeOnline{"Get-Mailbox": `{"value":[` + mailboxRow("") + `,{"ExternalDirectoryObjectId":"` + guid + `","ExchangeGuid":"` + guid + `"}]}`}, snapshot.Unknown, snapshot.Malformed, ""},
		"no role":       {exchangeOnline{"Get-Mailbox": "403"}, snapshot.Unknown, snapshot.Forbidden, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := scripted(tc.service).Mailbox(t.Context(), id)
			value, _ := o.Fact.Value.(map[string]any)
			where, _ := value["mailboxState"].(string)
			if o.Fact.State != tc.state || o.Fact.Reason != tc.reason || where != tc.where {
				t.Errorf("got %+v", o.Fact)
			}
			for key := range value {
				if strings.ContainsAny(key, "@(") {
					t.Errorf("the companion key %s was kept", key)
				}
			}
			if when, ok := value["WhenSoftDeleted"].(string); ok && when != "2026-05-29T16:00:00Z" {
				t.Errorf("WhenSoftDeleted is %s", when)
			}
		})
	}
}

// Rows of several mailboxes are what Exchange gives for an identity that it does not know.
func TestRowsOfOthersAreNotTaken(t *testing.T) {
	t.Parallel()
	two := `{"value":[{"Identity":"a\\ExchangeActiveSyncDevices\\x","DeviceId":"1","Guid":"1"},{"Identity":"b\\ExchangeActiveSyncDevices\\y","DeviceId":"2","Guid":"2"}]}`
	c := scripted(exchangeOnline{"Get-MobileDevice": two, "Get-InboxRule": `{"value":[{"Identity":"a\\1"},{"Identity":"b\\2"}]}`})
	if o := c.Devices(t.Context(), own); o.Fact.State != snapshot.Unknown || o.Fact.Reason != snapshot.Integrity {
		t.Errorf("devices: %+v", o.Fact)
	}
	if o := c.HiddenRules(t.Context(), own); o.Fact.State != snapshot.Unknown || o.Fact.Reason != snapshot.Integrity {
		t.Errorf("rules: %+v", o.Fact)
	}
}

// One mailbox's rows are no better when it is the wrong one, or when nobody says whose they are.
func TestRowsMustBeTheMailboxsOwn(t *testing.T) {
	t.Parallel()
	for identity, want := range map[string]snapshot.State{
		`A\\ExchangeActiveSyncDevices\\x`:                      snapshot.Read,
		`tenant.example/Hosted/a/ExchangeActiveSyncDevices/x`:  snapshot.Read,
		`somebodyelse\\ExchangeActiveSyncDevices\\x`:           snapshot.Unknown,
		`tenant.example/Hosted/aa/ExchangeActiveSyncDevices/x`: snapshot.Unknown,
		``: snapshot.Unknown,
	} {
		rows := `{"value":[{"Identity":"` + identity + `","DeviceId":"1","Guid":"1"}]}`
		c := scripted(exchangeOnline{"Get-MobileDevice": rows, "Get-MobileDeviceStatistics": rows})
		if o := c.Devices(t.Context(), own); o.Fact.State != want {
			t.Errorf("%s: %+v", identity, o.Fact)
		}
	}
}

// Where Get-Mailbox has a mailbox, "no such mailbox" is a replica that lags, not a mailbox without devices.
func TestAMailboxThatVanishesIsUnknown(t *testing.T) {
	t.Parallel()
	c := scripted(exchangeOnline{})
	for name, o := range map[string]Outcome{
		"devices": c.Devices(t.Context(), own), "permissions": c.Permissions(t.Context(), own), "rules": c.HiddenRules(t.Context(), own),
		"protocols": c.Protocols(t.Context(), id), "size": c.Size(t.Context(), guid, false),
	} {
		if o.Fact.State != snapshot.Unknown || o.Fact.Reason != snapshot.Integrity {
			t.Errorf("%s: %+v", name, o.Fact)
		}
	}
	if o := scripted(exchangeOnline{"Get-MailboxStatistics": `{"value":[]}`}).Size(t.Context(), guid, false); o.Fact.State != snapshot.Absent {
		t.Errorf("never opened: %+v", o.Fact)
	}
}

// Only the named exception means that there is no mailbox; a route that is gone is a 404 too.
func TestANotFoundOfTheServiceIsNoMailbox(t *testing.T) {
	t.Parallel()
	if o := scripted(exchangeOnline{"Get-Mailbox": "404"}).Mailbox(t.Context(), id); o.Fact.State != snapshot.Unknown {
		t.Errorf("got %+v", o.Fact)
	}
}

func TestADeviceWithoutStatisticsIsUnknown(t *testing.T) {
	t.Parallel()
	device := `{"value":[{"Identity":"a\\ExchangeActiveSyncDevices\\x","DeviceId":"1","Guid":"1"}]}`
	o := scripted(exchangeOnline{"Get-MobileDevice": device, "Get-MobileDeviceStatistics": `{"value":[]}`}).Devices(t.Context(), own)
	if rows, _ := o.Fact.Value.([]any); o.Fact.State != snapshot.Unknown || len(rows) != 1 {
		t.Errorf("got %+v, want unknown with the device as a part", o.Fact)
	}
	o = scripted(exchangeOnline{"Get-MobileDevice": `{"value":[]}`}).Devices(t.Context(), own)
	if rows, _ := o.Fact.Value.([]any); o.Fact.State != snapshot.Read || rows == nil || len(rows) != 0 {
		t.Errorf("no devices: %+v", o.Fact)
	}
}

func TestTheRuleRoleIsNamed(t *testing.T) {
	t.Parallel()
	o := scripted(exchangeOnline{"Get-InboxRule": "400"}).HiddenRules(t.Context(), own)
	if o.Fact.Reason != snapshot.Forbidden || !strings.Contains(o.Fact.Needs, "Get-InboxRule") {
		t.Errorf("got %+v", o.Fact)
	}
}

func TestOnlyNamedReadsAreRun(t *testing.T) {
	t.Parallel()
	c := scripted(exchangeOnline{"Set-Mailbox": `{"value":[]}`, "Get-Mailbox": `{"value":[]}`})
	if _, _, err := c.run(t.Context(), "Set-Mailbox", map[string]any{"Identity": id}, nil); err == nil {
		t.Error("Set-Mailbox was run")
	}
	if _, _, err := c.run(t.Context(), "Get-Mailbox", map[string]any{"Identity": ""}, nil); err == nil {
		t.Error("an empty identity was sent")
	}
}

// A name may be a mailbox's alias and a contact's name at once; an address is somebody's alone.
func TestRecipient(t *testing.T) {
	t.Parallel()
	const mailbox, contact = `{"RecipientTypeDetails":"UserMailbox","PrimarySmtpAddress":"j@b.example"}`, `{"RecipientTypeDetails":"MailContact","ExternalEmailAddress":"SMTP:j@postbox.example"}`
	for name, tc := range map[string]struct {
		service exchangeOnline
		asked   string
		state   snapshot.State
		kind    any
	}{
		"an address":              {exchangeOnline{"Get-Mailbox": `{"value":[` + mailbox + `]}`}, "j@b.example", snapshot.Read, "user"},
		"an address of a contact": {exchangeOnline{"Get-Recipient": `{"value":[` + contact + `]}`}, "j@b.example", snapshot.Read, "contact"},
		"a name":                  {exchangeOnline{"Get-Mailbox": `{"value":[` + mailbox + `]}`, "Get-Recipient": `{"value":[` + contact + `]}`}, "jjansen", snapshot.Read, "contact"},
		"a name of two":           {exchangeOnline{"Get-Recipient": `{"value":[` + contact + `,` + mailbox + `]}`}, "jjansen", snapshot.Unknown, nil},
		"nobody":                  {exchangeOnline{}, "jjansen", snapshot.Absent, nil},
		"no role":                 {exchangeOnline{"Get-Recipient": "403"}, "jjansen", snapshot.Unknown, nil},
		"something new":           {exchangeOnline{"Get-Recipient": `{"value":[{"RecipientTypeDetails":"Agent"}]}`}, "jjansen", snapshot.Unknown, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := scripted(tc.service).Recipient(t.Context(), tc.asked).Fact
			value, _ := f.Value.(map[string]any)
			if f.State != tc.state || value["kind"] != tc.kind {
				t.Errorf("got %+v", f)
			}
		})
	}
}
