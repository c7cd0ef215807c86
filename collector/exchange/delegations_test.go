package exchange

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"leavercheck/collector/snapshot"
)

// rightsOf are everybody's delegations, by id.
func rightsOf(ctx context.Context, c *Client, principals []Principal, all bool) map[string]Outcome {
	rights := c.Rights(ctx, all, nil, func() {})
	out := map[string]Outcome{}
	for _, p := range principals {
		out[p.ID] = rights.Delegations(ctx, p)
	}
	return out
}

func TestDelegations(t *testing.T) {
	t.Parallel()
	const (
		sales  = `{"value":[{"Identity":"sales","Name":"sales","Alias":"sales","ExchangeGuid":"` + guid + `","PrimarySmtpAddress":"sales@northwind.example","RecipientTypeDetails":"SharedMailbox","GrantSendOnBehalfTo":["D Rook","Somebody Else"]}]}`
		nobody = `{"value":[]}`
	)
	leaver := Principal{ID: id, UserPrincipalName: "d.rook@northwind.example", Names: []string{"D Rook", "drook", ""}, Own: []string{"drook", ""}}
	permission := func(user, more string) string {
		return `{"value":[{"Identity":"sales","User":"` + user + `","AccessRights":["FullAccess"]` + more + `}]}`
	}
	for name, tc := range map[string]struct {
		service  exchangeOnline
		want     string
		unwanted string
	}{
		"nothing":                         {exchangeOnline{"Get-Mailbox": nobody, "Get-RecipientPermission": nobody}, `{"state":"read","value":{"rows":[],"scope":"shared","unnamed":[]}}`, ""},
		"unknown to Exchange":             {exchangeOnline{"Get-Mailbox": nobody}, `"state":"read"`, ""},
		"send on behalf, by display name": {exchangeOnline{"Get-Mailbox": sales, "Get-MailboxPermission": nobody, "Get-RecipientPermission": nobody}, `"rows":[{"mailbox":"sales@northwind.example","mailboxType":"SharedMailbox","right":"SendOnBehalf","trustee":"D Rook"}]`, "Somebody"},
		"full access":                     {exchangeOnline{"Get-Mailbox": sales, "Get-MailboxPermission": permission("D.Rook@northwind.example", ""), "Get-RecipientPermission": nobody}, `"right":"FullAccess"`, ""},
		"inherited":                       {exchangeOnline{"Get-Mailbox": sales, "Get-MailboxPermission": permission("d.rook@northwind.example", `,"IsInherited":true`), "Get-RecipientPermission": nobody}, `"state":"read"`, "FullAccess"},
		"denied":                          {exchangeOnline{"Get-Mailbox": sales, "Get-MailboxPermission": permission("d.rook@northwind.example", `,"Deny":true`), "Get-RecipientPermission": nobody}, `"state":"read"`, "FullAccess"},
		"nobody's name":                   {exchangeOnline{"Get-Mailbox": sales, "Get-MailboxPermission": permission("S-1-5-21-1-2-3", ""), "Get-RecipientPermission": nobody}, `"unnamed":[{"AccessRights":["FullAccess"]`, ""},
		"send as":                         {exchangeOnline{"Get-Mailbox": nobody, "Get-RecipientPermission": `{"value":[{"Identity":"boss","Trustee":"d.rook@northwind.example","AccessControlType":"Allow","AccessRights":["SendAs"]}]}`}, `"mailbox":"boss"`, ""},
		"send as oneself":                 {exchangeOnline{"Get-Mailbox": nobody, "Get-RecipientPermission": `{"value":[{"Identity":"drook","Trustee":"d.rook@northwind.example","AccessRights":["SendAs"]}]}`}, `"rows":[]`, "SendAs"},
		"send as a namesake":              {exchangeOnline{"Get-Mailbox": nobody, "Get-RecipientPermission": `{"value":[{"Identity":"D Rook","Trustee":"d.rook@northwind.example","AccessRights":["SendAs"]}]}`}, `"mailbox":"D Rook"`, ""},
		"a right of nobody":               {exchangeOnline{"Get-Mailbox": sales, "Get-MailboxPermission": permission("", ""), "Get-RecipientPermission": nobody}, `"reason":"integrity"`, ""},
		"holders left out":                {exchangeOnline{"Get-Mailbox": strings.Replace(sales, `"GrantSendOnBehalfTo"`, `"X"`, 1), "Get-MailboxPermission": nobody, "Get-RecipientPermission": nobody}, `"reason":"integrity"`, ""},
		"send as is denied":               {exchangeOnline{"Get-Mailbox": nobody, "Get-RecipientPermission": `{"value":[{"Identity":"boss","Trustee":"d.rook@northwind.example","AccessControlType":"Deny","AccessRights":["SendAs"]}]}`}, `"rows":[]`, "boss"},
		"everybody's":                     {exchangeOnline{"Get-Mailbox": nobody, "Get-RecipientPermission": `{"value":[{"Identity":"boss","Trustee":"Somebody Else","AccessRights":["SendAs"]}]}`}, `"reason":"integrity"`, ""},
		"send as refused":                 {exchangeOnline{"Get-Mailbox": nobody, "Get-RecipientPermission": "403"}, `"reason":"forbidden"`, `"state":"read"`},
		"mailboxes refused":               {exchangeOnline{"Get-Mailbox": "403", "Get-RecipientPermission": nobody}, `"reason":"forbidden"`, `"state":"read"`},
		"permissions refused":             {exchangeOnline{"Get-Mailbox": sales, "Get-MailboxPermission": "403", "Get-RecipientPermission": nobody}, `"right":"SendOnBehalf"`, `"state":"read"`},
		"a list that is none":             {exchangeOnline{"Get-Mailbox": strings.Replace(sales, `["D Rook","Somebody Else"]`, `"D Rook"`, 1), "Get-MailboxPermission": nobody, "Get-RecipientPermission": nobody}, `"reason":"integrity"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fact := rightsOf(t.Context(), scripted(tc.service), []Principal{leaver}, false)[id].Fact
			got, err := json.Marshal(fact)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(got), tc.want) || tc.unwanted != "" && strings.Contains(string(got), tc.unwanted) {
				t.Errorf("got %s\nwant %s\nnot %s", got, tc.want, tc.unwanted)
			}
		})
	}
}

// Only the shared mailboxes are asked for, unless all are wanted.
func TestDelegationsAskForTheMailboxesInScope(t *testing.T) {
	t.Parallel()
	for _, all := range []bool{false, true} {
		fact := rightsOf(t.Context(), scripted(exchangeOnline{"Get-Mailbox": `{"value":[]}`}), []Principal{{ID: id, UserPrincipalName: "d@x"}}, all)[id].Fact
		scope := fact.Value.(map[string]any)["scope"]
		if want := map[bool]any{false: "shared", true: "all"}[all]; scope != want || fact.State != snapshot.Read {
			t.Errorf("all %v: scope %v, %+v", all, scope, fact)
		}
	}
}

// Whose names are not all known may be meant by a name that is not.
func TestDelegationsOfSomebodyWhoseNamesAreNotKnown(t *testing.T) {
	t.Parallel()
	nobody := exchangeOnline{"Get-Mailbox": `{"value":[]}`}
	doubted := Principal{ID: id, UserPrincipalName: "d@x", Doubt: snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Timeout}}
	if f := rightsOf(t.Context(), scripted(nobody), []Principal{doubted}, false)[id].Fact; f.Reason != snapshot.Timeout {
		t.Errorf("got %+v", f)
	}
	lost := Principal{ID: id, UserPrincipalName: "d@x", HasMailbox: true}
	if f := rightsOf(t.Context(), scripted(nobody), []Principal{lost}, false)[id].Fact; f.Reason != snapshot.Integrity {
		t.Errorf("a mailbox without a name: %+v", f)
	}
}

// A mailbox whose permissions are known is not asked for them; one of which they are not, is.
func TestRightsThatAreKnownAreNotAskedFor(t *testing.T) {
	t.Parallel()
	const shared = `{"value":[{"Identity":"sales","ExchangeGuid":"` + guid + `","PrimarySmtpAddress":"sales@b.example","GrantSendOnBehalfTo":[]}]}`
	c := scripted(exchangeOnline{"Get-Mailbox": shared, "Get-MailboxPermission": "403", "Get-RecipientPermission": `{"value":[]}`})
	read := snapshot.Fact{State: snapshot.Read, Value: []any{row{"User": "d@x", "AccessRights": []any{"FullAccess"}}}}
	for name, tc := range map[string]struct {
		known snapshot.Fact
		state snapshot.State
		rows  int
	}{
		"read":    {read, snapshot.Read, 1},
		"unknown": {snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Timeout}, snapshot.Unknown, 0},
	} {
		rights := c.Rights(t.Context(), false, func(string) (snapshot.Fact, bool) { return tc.known, true }, func() {})
		f := rights.Delegations(t.Context(), Principal{ID: id, UserPrincipalName: "d@x"}).Fact
		if rows := f.Value.(row)["rows"].([]any); f.State != tc.state || len(rows) != tc.rows {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
