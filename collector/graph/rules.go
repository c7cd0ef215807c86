package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const (
	rulesEndpoint  = "GET /v1.0/users/{id}/mailFolders/inbox/messageRules"
	folderEndpoint = "GET /v1.0/users/{id}/mailFolders/{id}"
)

func ruleProperties() []string {
	return []string{"id", "displayName", "sequence", "isEnabled", "hasError", "isReadOnly", "conditions", "exceptions", "actions"}
}

// InboxRules reads the inbox rules of the leavers' mailboxes, twenty at a time. "Absent" means that
// Graph sees no mailbox; whether there is none at all, Exchange knows.
func (c *Client) InboxRules(ctx context.Context, ids []string, done func(n int)) map[string]Outcome {
	out := make(map[string]Outcome, len(ids))
	if c.cloud == "china" {
		for _, id := range ids {
			out[id] = Outcome{
				Fact: snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Unsupported, Detail: "messageRules do not exist in this cloud", Needs: "an Exchange role that may run Get-InboxRule"},
				From: snapshot.Provenance{Endpoint: rulesEndpoint},
			}
		}
		return out
	}
	q := question{wire.Outlook, rulesEndpoint, 1, permission("MailboxSettings.Read"), func(id string) information {
		builder := users.NewUsersRequestBuilderInternal(c.path(v1), c.adapter).ByUserId(id).MailFolders().ByMailFolderId("inbox").MessageRules()
		return func(ctx context.Context) (*abstractions.RequestInformation, error) {
			return builder.ToGetRequestInformation(ctx, nil)
		}
	}}
	out = c.ask(ctx, q, ids, done, func(id string, u *url.URL, answer wire.Answer) Outcome { return c.rules(ctx, id, u, answer) })
	for id, o := range out {
		var e *wire.Error
		if errors.As(o.Err, &e) && e.Status == http.StatusNotFound && noMailbox(e.Code) {
			o.Fact = snapshot.Fact{State: snapshot.Absent}
			out[id] = o
		}
	}
	return out
}

func (c *Client) rules(ctx context.Context, id string, u *url.URL, answer wire.Answer) Outcome {
	var rows []any
	list, err := c.wire.List(ctx, c.rest(wire.Outlook, rulesEndpoint, u, answer), func(raw json.RawMessage) error {
		r, err := decode(raw)
		if err != nil {
			return err
		}
		clean, err := pick(r, ruleProperties())
		if err != nil {
			return err
		}
		rows = append(rows, clean)
		return nil
	})
	slices.SortFunc(rows, byTime("id"))
	errFolder := c.folders(ctx, id, rows)
	needs := permission("MailboxSettings.Read")
	if err == nil && errFolder != nil {
		err, needs = errFolder, permission("Mail.ReadBasic.All")
	}
	o := outcome(rulesEndpoint, list, err, needs, rows)
	if err == nil {
		o.Fact.Value = some(rows)
	}
	o.From.List = nil // a mailbox's rules are a fact, not a listing to account for
	return o
}

func noMailbox(code string) bool {
	return slices.Contains([]string{"MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI"}, code)
}

// folders names the folders into which unconditional rules move mail: an id does not tell whether it is
// the bin. What could not be read stays null, and is the error.
func (c *Client) folders(ctx context.Context, id string, rules []any) error {
	var failed error
	for _, rule := range rules {
		r, _ := rule.(row)
		actions, _ := r["actions"].(row)
		folder, _ := actions["moveToFolder"].(string)
		r["moveToFolderKind"], r["moveToFolderName"] = nil, nil
		if conditions, _ := r["conditions"].(row); folder == "" || len(conditions) > 0 {
			continue
		}
		own, err := c.folder(ctx, id, folder)
		if err != nil {
			failed = err
			continue
		}
		if own["id"] == nil {
			continue // in another store, or gone: nobody can tell what it is
		}
		r["moveToFolderName"] = own["displayName"]
		kind, err := c.folderKind(ctx, id, own)
		if err != nil {
			failed = err
			continue
		}
		r["moveToFolderKind"] = kind
	}
	return failed
}

// wellKnown are the folders in which mail is out of sight.
func wellKnown() []string {
	return []string{"deleteditems", "junkemail", "archive", "conversationhistory"}
}

func (c *Client) folderKind(ctx context.Context, id string, folder row) (string, error) {
	for _, name := range wellKnown() {
		known, err := c.folder(ctx, id, name)
		if err != nil {
			return "", err
		}
		if known["id"] == folder["id"] && folder["id"] != nil {
			return name, nil
		}
	}
	if name, _ := folder["displayName"].(string); strings.Contains(strings.ToLower(name), "rss") {
		return "rss", nil
	}
	return "other", nil
}

// folder reads one folder, by id or well-known name. A folder that does not exist has no properties.
func (c *Client) folder(ctx context.Context, user, folder string) (row, error) {
	builder := users.NewUsersRequestBuilderInternal(c.path(v1), c.adapter).ByUserId(user).MailFolders().ByMailFolderId(folder)
	answer, err := c.wire.Do(ctx, wire.Request{
		Family: wire.Outlook, Endpoint: folderEndpoint, Cost: 1,
		Build: c.build(func(ctx context.Context) (*abstractions.RequestInformation, error) {
			return builder.ToGetRequestInformation(ctx, &users.ItemMailFoldersMailFolderItemRequestBuilderGetRequestConfiguration{
				QueryParameters: &users.ItemMailFoldersMailFolderItemRequestBuilderGetQueryParameters{Select: []string{"id", "displayName"}},
			})
		}),
	})
	var e *wire.Error
	if errors.As(err, &e) && e.Kind == wire.Refused && e.Code == "ErrorItemNotFound" {
		return row{}, nil
	}
	if err != nil {
		return nil, err
	}
	return decode(answer.Body)
}
