package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/directory"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const (
	usersEndpoint    = "GET /v1.0/users"
	deletedEndpoint  = "GET /v1.0/directory/deletedItems/microsoft.graph.user"
	activityEndpoint = "GET /v1.0/users?$select=signInActivity"

	// Page sizes: learn.microsoft.com/graph/api/user-list.
	usersPage    = 999
	activityPage = 500
)

// User is one account of the directory.
type User struct {
	// ID is the object id in lower case.
	ID                                               string
	UserPrincipalName, Mail, EmployeeID, DisplayName string
	// Type is userType: Member or Guest.
	Type                       string
	ProxyAddresses, OtherMails []string
	// Created is zero when the directory does not say; Deleted is zero for a live account.
	Created, Deleted time.Time
	// Enabled is nil when the directory gives null.
	Enabled *bool
	// Leaves is employeeLeaveDateTime, zero when that is null. LeaveDateGiven says that the directory gave the
	// property at all: null and left out are not the same.
	Leaves         time.Time
	LeaveDateGiven bool
	// Properties are those that were asked for, as the directory gave them; nil for an account that was not read.
	Properties map[string]any
}

func accountProperties() []string {
	return []string{
		"id", "userPrincipalName", "displayName", "mail", "proxyAddresses", "otherMails", "employeeId", "employeeType",
		"accountEnabled", "userType", "creationType", "externalUserState", "createdDateTime", "deletedDateTime",
		"lastPasswordChangeDateTime", "signInSessionsValidFromDateTime", "passwordPolicies",
		"onPremisesSyncEnabled", "onPremisesLastSyncDateTime", "onPremisesImmutableId", "usageLocation",
	}
}

func licenceProperties() []string { return []string{"assignedLicenses", "licenseAssignmentStates"} }

// Account is the user as the fact "account".
func (u User) Account() (snapshot.Fact, error) {
	if u.Properties == nil {
		return snapshot.Fact{}, fmt.Errorf("user %s was not read", u.ID)
	}
	value, err := pick(u.Properties, accountProperties())
	if err != nil {
		return snapshot.Fact{}, fmt.Errorf("user %s: %w", u.ID, err)
	}
	value["id"] = u.ID
	if u.Deleted.IsZero() {
		value["deletedDateTime"] = nil
	}
	return snapshot.Fact{State: snapshot.Read, Value: value}, nil
}

// Licences are the user's licences. The service does not keep them up to date for deleted users.
func (u User) Licences() snapshot.Fact {
	value, err := pick(u.Properties, licenceProperties())
	switch {
	case err != nil:
		return snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Malformed, Detail: err.Error()}
	case value["assignedLicenses"] == nil:
		return snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Malformed, Detail: usersEndpoint + ": a user without assignedLicenses"}
	}
	return snapshot.Fact{State: snapshot.Read, Value: value}
}

// Users yields every live user. The outcome's fact is "read" when the listing was read to its end. It
// does not ask for $count: that would move the read to an index that lags behind changes made minutes
// ago (learn.microsoft.com/graph/aad-advanced-queries). More are properties to ask for beside those of the facts.
func (c *Client) Users(ctx context.Context, yield func(User) error, more ...string) Outcome {
	builder := users.NewUsersRequestBuilderInternal(c.path(v1), c.adapter)
	top := int32(usersPage)
	return c.users(ctx, usersEndpoint, func(ctx context.Context) (*abstractions.RequestInformation, error) {
		return builder.ToGetRequestInformation(ctx, &users.UsersRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.UsersRequestBuilderGetQueryParameters{Select: slices.Concat(accountProperties(), licenceProperties(), more), Top: &top},
		})
	}, yield)
}

// DeletedUsers yields every user that was deleted and can still be restored.
func (c *Client) DeletedUsers(ctx context.Context, yield func(User) error, more ...string) Outcome {
	builder := directory.NewDeletedItemsGraphUserRequestBuilderInternal(c.path(v1), c.adapter)
	top := int32(usersPage)
	return c.users(ctx, deletedEndpoint, func(ctx context.Context) (*abstractions.RequestInformation, error) {
		return builder.ToGetRequestInformation(ctx, &directory.DeletedItemsGraphUserRequestBuilderGetRequestConfiguration{
			QueryParameters: &directory.DeletedItemsGraphUserRequestBuilderGetQueryParameters{Select: slices.Concat(accountProperties(), licenceProperties(), more), Top: &top},
		})
	}, func(u User) error {
		if u.Deleted.IsZero() {
			return fmt.Errorf("deleted user %s has no deletedDateTime", u.ID)
		}
		return yield(u)
	})
}

func (c *Client) users(ctx context.Context, endpoint string, info information, yield func(User) error) Outcome {
	l := c.listing(wire.Identity, endpoint, 1, v1, info)
	l.Fresh = true // who is deleted between the listing of the live and that of the deleted is in both, or in the second
	list, err := c.wire.List(ctx, l, func(raw json.RawMessage) error {
		u, err := readUser(raw)
		if err != nil {
			return err
		}
		return yield(u)
	})
	return outcome(endpoint, list, err, permission("User.Read.All"), nil)
}

func readUser(raw json.RawMessage) (User, error) {
	r, err := decode(raw)
	if err != nil {
		return User{}, err
	}
	u := User{Properties: r}
	u.ID = strings.ToLower(u.text("id"))
	u.UserPrincipalName, u.Mail = u.text("userPrincipalName"), u.text("mail")
	u.EmployeeID, u.DisplayName = u.text("employeeId"), u.text("displayName")
	u.Type = u.text("userType")
	for name, list := range map[string]*[]string{"proxyAddresses": &u.ProxyAddresses, "otherMails": &u.OtherMails} {
		addresses, _ := r[name].([]any)
		for _, a := range addresses {
			if s, ok := a.(string); ok {
				*list = append(*list, s)
			}
		}
	}
	if enabled, ok := r["accountEnabled"].(bool); ok {
		u.Enabled = &enabled
	}
	_, u.LeaveDateGiven = r[LeaveDate]
	for name, at := range map[string]*time.Time{"createdDateTime": &u.Created, "deletedDateTime": &u.Deleted, LeaveDate: &u.Leaves} {
		if s := u.text(name); s != "" {
			if *at, err = time.Parse(time.RFC3339, s); err != nil {
				return User{}, fmt.Errorf("user %s: %s: %w", u.ID, name, err)
			}
		}
	}
	return u, nil
}

// SignInActivity reads the last sign-ins of the wanted users, by listing everybody: the property can
// be had per user ten times a minute only.
func (c *Client) SignInActivity(ctx context.Context, wanted map[string]bool) map[string]Outcome {
	builder := users.NewUsersRequestBuilderInternal(c.path(v1), c.adapter)
	top := int32(activityPage)
	info := func(ctx context.Context) (*abstractions.RequestInformation, error) {
		return builder.ToGetRequestInformation(ctx, &users.UsersRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.UsersRequestBuilderGetQueryParameters{Select: []string{"id", "signInActivity"}, Top: &top},
		})
	}
	return c.join(ctx, c.listing(wire.Logs, activityEndpoint, 1, v1, info), permission("AuditLog.Read.All")+" and User.Read.All", wanted, func(r row) (string, any, error) {
		id, _ := r["id"].(string)
		if _, ok := r["signInActivity"]; !ok {
			return id, leftOut{}, nil
		}
		clean, err := normal("signInActivity", r["signInActivity"])
		if activity, ok := clean.(row); ok {
			for name, value := range activity {
				if s, ok := value.(string); ok && snapshot.Never(s) {
					activity[name] = nil
				}
			}
		}
		return id, clean, err
	}, func(values []any) snapshot.Fact {
		if len(values) == 0 {
			return snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Unsupported, Detail: "the directory gives signInActivity for live users only"}
		}
		if _, ok := values[0].(leftOut); ok {
			return snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Malformed, Detail: activityEndpoint + ": the property was left out, which is not the same as null"}
		}
		return snapshot.Fact{State: snapshot.Read, Value: values[0]}
	})
}

// leftOut stands for a property of which the service says nothing: null would say "never".
type leftOut struct{}

// listing is a list whose rows have an id.
func (c *Client) listing(family wire.Family, endpoint string, cost int, version string, info information) wire.Listing {
	return wire.Listing{
		Request: wire.Request{Family: family, Endpoint: endpoint, Cost: cost, Build: c.build(info)},
		Key:     "id", Prefix: version + "/",
		Headers: map[string]string{"x-ms-throttle-priority": "low"},
	}
}

// join lists everything and gives each wanted leaver the rows that are theirs: owner names the leaver
// of a row and its value, fact makes a fact of a leaver's values. A leaver whose part of a broken
// listing was read gets it beside the reason.
func (c *Client) join(ctx context.Context, l wire.Listing, needs string, wanted map[string]bool, owner func(row) (string, any, error), fact func([]any) snapshot.Fact) map[string]Outcome {
	values := map[string][]any{}
	list, err := c.wire.List(ctx, l, func(raw json.RawMessage) error {
		r, err := decode(raw)
		if err != nil {
			return err
		}
		id, value, err := owner(r)
		if err != nil {
			return err
		}
		if id = strings.ToLower(id); wanted[id] {
			values[id] = append(values[id], value)
		}
		return nil
	})
	out := make(map[string]Outcome, len(wanted))
	for id := range wanted {
		o := outcome(l.Endpoint, list, err, needs, values[id])
		if err == nil {
			o.Fact = fact(values[id])
		}
		out[id] = o
	}
	return out
}

// outcome is what a listing came to. Part is what it yielded before it broke.
func outcome(endpoint string, list wire.Listed, err error, needs string, part []any) Outcome {
	o := Outcome{Fact: snapshot.Fact{State: snapshot.Read}, From: listed(endpoint, list, err), Err: err}
	if err != nil {
		o.Fact = unknown(err, needs)
		if part != nil {
			o.Fact.Value = part
		}
	}
	return o
}
