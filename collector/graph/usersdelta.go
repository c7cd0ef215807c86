package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// Delta queries tell which users changed since a link was made: learn.microsoft.com/graph/delta-query-overview
// and /graph/api/user-delta.
const (
	deltaEndpoint  = "GET /v1.0/users/delta"
	latestEndpoint = "GET /v1.0/users/delta?$deltatoken=latest"
)

// DeltaLife is how long the link is good for.
const DeltaLife = 7 * 24 * time.Hour

// ErrDeltaLink means that what was kept as a delta link is none.
var ErrDeltaLink = errors.New("no delta link of users")

// TrackedProperties are what tells people apart, and so what changes are asked for. All of them are in the
// directory's main store, which is the only one that delta queries see; licenseAssignmentStates, signInActivity
// and others are not. With deletedDateTime, a restored account is seen as changed.
func TrackedProperties() []string {
	return []string{
		"id", "userPrincipalName", "displayName", "mail", "proxyAddresses", "otherMails", "employeeId", "accountEnabled", "userType",
		"createdDateTime", "deletedDateTime",
	}
}

// LatestDelta asks for the link at which the service will tell what changed from now on, as path and query:
// its token is a secret of sorts. The link is empty unless the outcome is "read".
func (c *Client) LatestDelta(ctx context.Context) (string, Outcome) {
	info := c.information("/users/delta(){?%24select,%24deltatoken}", nil, map[string]string{
		"%24select": strings.Join(TrackedProperties(), ","), "%24deltatoken": "latest",
	})
	_, link, o := c.delta(ctx, latestEndpoint, c.build(info))
	return link, o
}

// UserChanges reads what changed since a link of LatestDelta, or of UserChanges, was made: the changes by id
// in lower case, and the next link. What was read before an error is not to be used.
func (c *Client) UserChanges(ctx context.Context, link string) (map[string]Change, string, Outcome) {
	u, err := c.deltaURL(link)
	if err != nil {
		return nil, "", Outcome{Fact: unknown(err, ""), From: snapshot.Provenance{Endpoint: deltaEndpoint}, Err: err}
	}
	return c.delta(ctx, deltaEndpoint, func(ctx context.Context) (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err == nil {
			req.Header.Set("x-ms-throttle-priority", "low")
		}
		return req, err
	})
}

// The path of a delta link, in each of the ways in which a function can be called, and its query: a token and
// nothing else.
var (
	deltaPath  = regexp.MustCompile(`^/v1\.0/users/(microsoft\.graph\.|graph\.)?delta(\(\))?$`)
	deltaQuery = regexp.MustCompile(`^(?i:\$|%24)(?i:deltatoken)=[A-Za-z0-9_.~!*'()%+/=-]+$`)
)

// deltaURL puts a kept link back on the service's own address.
func (c *Client) deltaURL(link string) (*url.URL, error) {
	path, query, _ := strings.Cut(link, "?")
	if !deltaPath.MatchString(path) || !deltaQuery.MatchString(query) {
		return nil, ErrDeltaLink // which does not say what it is instead
	}
	u := c.base.JoinPath(path)
	u.RawQuery = query
	return u, nil
}

func (c *Client) delta(ctx context.Context, endpoint string, build func(context.Context) (*http.Request, error)) (map[string]Change, string, Outcome) {
	changes := map[string]Change{}
	// Rows have no key here: of two with one id the later one counts, and both are needed.
	list, err := c.wire.List(ctx, wire.Listing{
		Request: wire.Request{Family: wire.Identity, Endpoint: endpoint, Cost: 1, Build: build},
		Repeats: true, Prefix: v1 + "/users/", Headers: map[string]string{"x-ms-throttle-priority": "low"},
	}, func(raw json.RawMessage) error {
		r, err := decode(raw)
		if err != nil {
			return err
		}
		id, _ := r["id"].(string)
		switch id = strings.ToLower(id); {
		case id == "":
			return errors.New("a change of nobody")
		case endpoint == latestEndpoint:
			return errors.New("accounts instead of a link")
		}
		change, err := changes[id].then(r)
		if err != nil {
			return fmt.Errorf("user %s: %w", id, err)
		}
		changes[id] = change
		return nil
	})
	link := ""
	if err == nil && list.Delta != nil {
		link = list.Delta.Path + "?" + list.Delta.RawQuery
		if _, broken := c.deltaURL(link); broken != nil {
			link = ""
		}
	}
	if err == nil && link == "" {
		err = &wire.Error{Kind: wire.Malformed, Endpoint: endpoint, RequestID: list.RequestID, At: list.At, Err: ErrDeltaLink}
	}
	list.Distinct = len(changes)
	return changes, link, outcome(endpoint, list, err, permission("User.Read.All"), nil)
}

// Change is what became of one user.
type Change struct {
	// Removed means that the account is gone; Restorable that it is among the deleted ones.
	Removed, Restorable bool
	// Doubtful means that the service told two different things, of which the later was taken.
	Doubtful bool
	told     bool
	values   row // those that were told
}

// then adds a further row about the same user.
func (c Change) then(r row) (Change, error) {
	next := Change{Doubtful: c.Doubtful, told: true, values: row{}}
	maps.Copy(next.values, c.values)
	if removed, ok := r["@removed"]; ok {
		why, _ := removed.(row)
		next.Removed, next.Restorable = true, why["reason"] == "changed"
		next.Doubtful = next.Doubtful || c.told && (!c.Removed || c.Restorable != next.Restorable)
		return next, nil
	}
	next.Doubtful = next.Doubtful || c.Removed
	for _, name := range TrackedProperties()[1:] {
		value, ok := r[name]
		if !ok {
			continue // as it was
		}
		if before, known := next.values[name]; known && !reflect.DeepEqual(before, value) {
			next.Doubtful = true
		}
		next.values[name] = value
	}
	return next, next.Apply(&snapshot.DirectoryUser{})
}

// Apply changes an account: what the service did not tell of stays, null empties.
func (c Change) Apply(u *snapshot.DirectoryUser) error {
	for name, text := range map[string]*string{
		"userPrincipalName": &u.UserPrincipalName, "displayName": &u.DisplayName, "mail": &u.Mail, "employeeId": &u.EmployeeID, "userType": &u.UserType,
	} {
		if value, ok := c.values[name]; ok {
			s, isText := value.(string)
			if !isText && value != nil {
				return fmt.Errorf("%s is no text", name)
			}
			*text = s
		}
	}
	for name, list := range map[string]*[]string{"proxyAddresses": &u.ProxyAddresses, "otherMails": &u.OtherMails} {
		if value, ok := c.values[name]; ok {
			items, isList := value.([]any)
			if !isList && value != nil {
				return fmt.Errorf("%s is no list", name)
			}
			*list = texts(items)
		}
	}
	if value, ok := c.values["accountEnabled"]; ok {
		u.AccountEnabled = nil
		if enabled, isBool := value.(bool); isBool {
			u.AccountEnabled = &enabled
		} else if value != nil {
			return errors.New("accountEnabled is neither true nor false")
		}
	}
	if value, ok := c.values["createdDateTime"]; ok {
		s, _ := value.(string)
		at, err := time.Parse(time.RFC3339, s)
		if err != nil && value != nil {
			return fmt.Errorf("createdDateTime: %w", err)
		}
		u.CreatedDateTime = at
	}
	return nil
}

func texts(items []any) []string {
	var out []string
	for _, item := range items {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// Kept is what of a live account goes into the snapshot's list of accounts.
func (u User) Kept() snapshot.DirectoryUser {
	return snapshot.DirectoryUser{
		ID: u.ID, UserPrincipalName: u.UserPrincipalName, DisplayName: u.DisplayName, Mail: u.Mail, EmployeeID: u.EmployeeID, UserType: u.Type,
		ProxyAddresses: u.ProxyAddresses, OtherMails: u.OtherMails, AccountEnabled: u.Enabled, CreatedDateTime: u.Created,
	}
}

// KeptUser is an account as a snapshot's list of accounts has it: enough to tell people apart. It was not
// read, so that it has neither the fact "account" nor "licences".
func KeptUser(d snapshot.DirectoryUser) User {
	return User{
		ID: d.ID, UserPrincipalName: d.UserPrincipalName, DisplayName: d.DisplayName, Mail: d.Mail, EmployeeID: d.EmployeeID, Type: d.UserType,
		ProxyAddresses: d.ProxyAddresses, OtherMails: d.OtherMails, Enabled: d.AccountEnabled, Created: d.CreatedDateTime,
	}
}

// usersByID and usersByName are the endpoints that look for single accounts.
const (
	userEndpoint  = "GET /v1.0/users/{id}"
	namesEndpoint = "GET /v1.0/users?$filter"
)

// UsersByID reads live accounts one by one: those that are missing in the answer do not exist, or are deleted.
// With an outcome other than "read" nothing is known.
func (c *Client) UsersByID(ctx context.Context, ids []string) (map[string]User, Outcome) {
	properties := strings.Join(append(accountProperties(), licenceProperties()...), ",")
	found := map[string]User{}
	o := c.singly(ctx, userEndpoint, ids, func(id string) information {
		return c.information("/users/{user%2Did}{?%24select}", map[string]string{"user%2Did": id}, map[string]string{"%24select": properties})
	}, func(id string, _ *url.URL, answer wire.Answer) error {
		u, err := readUser(answer.Body)
		if err == nil && u.ID != id {
			err = fmt.Errorf("the answer is about %.40q", u.ID)
		}
		found[id] = u
		return err
	})
	return found, o
}

// UsersByName returns the ids, in lower case, of the live accounts that bear a name; each filter is one of
// NameFilter. Graph answers such a filter from the directory itself, not from the index that lags, as long as
// nobody asks for $count. With an outcome other than "read" nothing is known.
func (c *Client) UsersByName(ctx context.Context, filters []string) ([]string, Outcome) {
	found := map[string]bool{}
	o := c.singly(ctx, namesEndpoint, filters, func(filter string) information {
		return c.information("/users{?%24select,%24filter}", nil, map[string]string{"%24select": "id", "%24filter": filter})
	}, func(_ string, u *url.URL, answer wire.Answer) error {
		_, err := c.wire.List(ctx, c.rest(wire.Identity, namesEndpoint, u, answer), func(raw json.RawMessage) error {
			r, err := decode(raw)
			id, _ := r["id"].(string)
			found[strings.ToLower(id)] = true
			return err
		})
		return err
	})
	return slices.Sorted(maps.Keys(found)), o
}

// NameFilter matches accounts that bear any of the names; an empty name is none. It is empty without names.
func NameFilter(userPrincipalName, mail, employeeID string) string {
	var clauses []string
	add := func(format, value string) {
		if value != "" {
			clauses = append(clauses, fmt.Sprintf(format, strings.ReplaceAll(value, "'", "''")))
		}
	}
	add("userPrincipalName eq '%s'", userPrincipalName)
	add("mail eq '%s'", mail)
	add("employeeId eq '%s'", employeeID)
	add("proxyAddresses/any(p:p eq 'SMTP:%s')", mail)
	add("proxyAddresses/any(p:p eq 'smtp:%s')", mail)
	return strings.Join(clauses, " or ")
}

// singly asks a question about many things, in batches. It is read only if every one was answered, or is known not
// to exist.
func (c *Client) singly(ctx context.Context, endpoint string, keys []string, info func(string) information, read func(string, *url.URL, wire.Answer) error) Outcome {
	o := Outcome{Fact: snapshot.Fact{State: snapshot.Read}, From: snapshot.Provenance{Endpoint: endpoint}}
	fail := func(from snapshot.Provenance, err error) Outcome {
		return Outcome{Fact: unknown(err, permission("User.Read.All")), From: from, Err: err}
	}
	const chunk = 100
	for part := range slices.Chunk(keys, chunk) {
		var items []wire.Item
		for _, key := range part {
			req, err := c.build(info(key))(ctx)
			if err != nil {
				return fail(o.From, err)
			}
			items = append(items, wire.Item{Endpoint: endpoint, URL: req.URL, Cost: 1})
		}
		for i, answer := range c.wire.Batch(ctx, wire.Identity, v1, items) {
			var missing *wire.Error
			switch {
			case answer.Err == nil:
				o.From.At, o.From.RequestID, o.From.Status = answer.Answer.At, answer.Answer.RequestID, answer.Answer.Status
				o.From.Attempts += answer.Answer.Attempts
				if err := read(part[i], items[i].URL, answer.Answer); err != nil {
					return fail(o.From, fmt.Errorf("%s: %w", endpoint, err))
				}
			case endpoint == userEndpoint && errors.As(answer.Err, &missing) && missing.Kind == wire.Refused && missing.Status == http.StatusNotFound:
				o.From.Attempts += missing.Attempts
			default:
				return fail(failed(endpoint, answer.Err), answer.Err)
			}
		}
	}
	return o
}
