package graph

import (
	"context"
	"slices"
	"strings"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// This file reads what Graph has per live user only. A deleted user's is no longer listed.

const (
	registeredEndpoint  = "GET /v1.0/users/{id}/registeredDevices"
	ownedEndpoint       = "GET /v1.0/users/{id}/ownedDevices"
	memberOfEndpoint    = "GET /v1.0/users/{id}/memberOf"
	transitiveEndpoint  = "GET /v1.0/users/{id}/transitiveMemberOf"
	grantsEndpoint      = "GET /v1.0/users/{id}/oauth2PermissionGrants"
	assignmentsEndpoint = "GET /v1.0/users/{id}/appRoleAssignments"
	methodsEndpoint     = "GET /v1.0/users/{id}/authentication/methods"
	reportsEndpoint     = "GET /v1.0/users/{id}/directReports"
)

// membersPage is the largest page of a user's groups (learn.microsoft.com/graph/api/user-list-memberof).
const membersPage int32 = 999

func (c *Client) user(id string) *users.UserItemRequestBuilder {
	return users.NewUsersRequestBuilderInternal(c.path(v1), c.adapter).ByUserId(id)
}

// RegisteredDevices reads the devices that are registered to the users or owned by them; relations says
// which.
func (c *Client) RegisteredDevices(ctx context.Context, ids []string, done func(n int)) map[string]Outcome {
	properties := []string{
		"id", "deviceId", "displayName", "accountEnabled", "operatingSystem", "operatingSystemVersion", "trustType",
		"isManaged", "isCompliant", "approximateLastSignInDateTime", "registrationDateTime",
	}
	devices := func(endpoint, relation string, info func(id string) information) collection {
		return collection{
			family: wire.Identity, endpoint: endpoint, cost: 1, needs: permission("User.Read.All"), info: info,
			shown: func(r row) bool { return r["accountEnabled"] != nil }, shows: permission("Device.Read.All"),
			read: func(r row) (any, error) {
				clean, err := pick(r, properties)
				if err != nil {
					return nil, err
				}
				clean["relations"] = []any{relation}
				return clean, nil
			},
		}
	}
	registered := c.each(ctx, devices(registeredEndpoint, "registered", func(id string) information {
		builder := c.user(id).RegisteredDevices()
		return func(ctx context.Context) (*abstractions.RequestInformation, error) {
			return builder.ToGetRequestInformation(ctx, &users.ItemRegisteredDevicesRequestBuilderGetRequestConfiguration{
				QueryParameters: &users.ItemRegisteredDevicesRequestBuilderGetQueryParameters{Select: properties},
			})
		}
	}), ids, done)
	owned := c.each(ctx, devices(ownedEndpoint, "owned", func(id string) information {
		builder := c.user(id).OwnedDevices()
		return func(ctx context.Context) (*abstractions.RequestInformation, error) {
			return builder.ToGetRequestInformation(ctx, &users.ItemOwnedDevicesRequestBuilderGetRequestConfiguration{
				QueryParameters: &users.ItemOwnedDevicesRequestBuilderGetQueryParameters{Select: properties},
			})
		}
	}), ids, func(int) {})
	return merge(registered, owned, func(device, again row) {
		device["relations"] = append(device["relations"].([]any), again["relations"].([]any)...)
	})
}

// merge joins two lists about the same objects: a row that both have is given to twice, with the second.
// The fact is read only if both were.
func merge(first, second map[string]Outcome, twice func(row, again row)) map[string]Outcome {
	out := make(map[string]Outcome, len(first))
	for id, a := range first {
		b := second[id]
		o := Outcome{Fact: a.Fact, From: a.From, Also: []snapshot.Provenance{b.From}, Err: a.Err}
		if o.Fact.State == snapshot.Read && b.Fact.State != snapshot.Read {
			o.Fact, o.Err = b.Fact, b.Err
		}
		byID := map[any]row{}
		var rows []any
		ones, _ := a.Fact.Value.([]any)
		others, _ := b.Fact.Value.([]any)
		for _, value := range slices.Concat(ones, others) {
			r := value.(row)
			if seen, ok := byID[r["id"]]; ok {
				twice(seen, r)
				continue
			}
			byID[r["id"]] = r
			rows = append(rows, r)
		}
		slices.SortFunc(rows, byTime("id"))
		if o.Fact.State == snapshot.Read || rows != nil {
			o.Fact.Value = some(rows)
		}
		out[id] = o
	}
	return out
}

// Groups reads what the users are members of, directly or through groups: groups, directory roles and
// administrative units.
func (c *Client) Groups(ctx context.Context, ids []string, done func(n int)) map[string]Outcome {
	properties := []string{
		"id", "displayName", "mail", "groupTypes", "securityEnabled", "mailEnabled", "isAssignableToRole", "onPremisesSyncEnabled", "membershipRule",
	}
	top := membersPage
	memberships := func(endpoint, needs string, direct bool, info func(id string) information) collection {
		read := picked(properties)
		return collection{
			family: wire.Identity, endpoint: endpoint, cost: 1, needs: permission(needs), info: info,
			shown: func(r row) bool { return r["displayName"] != nil },
			shows: permission("GroupMember.Read.All") + " and, for directory roles, RoleManagement.Read.Directory",
			read: func(r row) (any, error) {
				clean, err := read(r)
				if err == nil {
					clean.(row)["direct"] = direct
				}
				return clean, err
			},
		}
	}
	direct := c.each(ctx, memberships(memberOfEndpoint, "Directory.Read.All", true, func(id string) information {
		builder := c.user(id).MemberOf()
		return func(ctx context.Context) (*abstractions.RequestInformation, error) {
			return builder.ToGetRequestInformation(ctx, &users.ItemMemberOfRequestBuilderGetRequestConfiguration{
				QueryParameters: &users.ItemMemberOfRequestBuilderGetQueryParameters{Select: properties, Top: &top},
			})
		}
	}), ids, done)
	transitive := c.each(ctx, memberships(transitiveEndpoint, "User.Read.All", false, func(id string) information {
		builder := c.user(id).TransitiveMemberOf()
		return func(ctx context.Context) (*abstractions.RequestInformation, error) {
			return builder.ToGetRequestInformation(ctx, &users.ItemTransitiveMemberOfRequestBuilderGetRequestConfiguration{
				QueryParameters: &users.ItemTransitiveMemberOfRequestBuilderGetQueryParameters{Select: properties, Top: &top},
			})
		}
	}), ids, func(int) {})
	return merge(direct, transitive, func(row, row) {})
}

// AppGrants reads what applications may do in the users' names, and which applications they are
// assigned to: the fact's value has oauth2PermissionGrants and appRoleAssignments.
func (c *Client) AppGrants(ctx context.Context, ids []string, done func(n int)) map[string]Outcome {
	list := func(endpoint string, properties []string, info func(id string) information) map[string]Outcome {
		return c.each(ctx, collection{
			family: wire.Identity, endpoint: endpoint, cost: 2, needs: permission("Directory.Read.All"), info: info,
			read: func(r row) (any, error) { return pick(r, properties) },
		}, ids, done)
	}
	grants := list(grantsEndpoint, []string{"id", "clientId", "consentType", "principalId", "resourceId", "scope"}, func(id string) information {
		builder := c.user(id).Oauth2PermissionGrants()
		return func(ctx context.Context) (*abstractions.RequestInformation, error) {
			return builder.ToGetRequestInformation(ctx, nil)
		}
	})
	done = func(int) {}
	properties := []string{"id", "appRoleId", "principalId", "principalType", "resourceId", "resourceDisplayName", "createdDateTime"}
	assignments := list(assignmentsEndpoint, properties, func(id string) information {
		builder := c.user(id).AppRoleAssignments()
		return func(ctx context.Context) (*abstractions.RequestInformation, error) {
			return builder.ToGetRequestInformation(ctx, nil)
		}
	})
	out := make(map[string]Outcome, len(ids))
	for id, a := range grants {
		b := assignments[id]
		o := Outcome{Fact: a.Fact, From: a.From, Also: []snapshot.Provenance{b.From}, Err: a.Err}
		if a.Fact.State == snapshot.Read && b.Fact.State != snapshot.Read {
			o.Fact, o.Err = b.Fact, b.Err
		}
		value := row{}
		for name, part := range map[string]snapshot.Fact{"oauth2PermissionGrants": a.Fact, "appRoleAssignments": b.Fact} {
			if part.Value != nil {
				value[name] = part.Value
			}
		}
		o.Fact.Value = value
		out[id] = o
	}
	return out
}

// AuthenticationMethods reads how the users can prove who they are. Numbers and addresses stay out of
// the snapshot: that there is one is enough.
func (c *Client) AuthenticationMethods(ctx context.Context, ids []string, done func(n int)) map[string]Outcome {
	if c.cloud == "china" {
		return unsupported(ids, methodsEndpoint, "authentication/methods does not exist in this cloud")
	}
	properties := []string{
		"id", "displayName", "phoneType", "model", "createdDateTime", "startDateTime", "lifetimeInMinutes", "isUsable", "isUsableOnce", "methodUsabilityReason",
	}
	read := picked(properties)
	return c.each(ctx, collection{
		family: wire.Identity, endpoint: methodsEndpoint, cost: 1, needs: permission("UserAuthenticationMethod.Read.All"),
		info: func(id string) information {
			builder := c.user(id).Authentication().Methods()
			return func(ctx context.Context) (*abstractions.RequestInformation, error) {
				return builder.ToGetRequestInformation(ctx, nil)
			}
		},
		read: func(r row) (any, error) {
			clean, err := read(r)
			if err == nil {
				method := clean.(row)
				method["kind"] = strings.TrimSuffix(kindOf(r), "AuthenticationMethod")
			}
			return clean, err
		},
	}, ids, done)
}

// DirectReports reads whose manager the users are.
func (c *Client) DirectReports(ctx context.Context, ids []string, done func(n int)) map[string]Outcome {
	properties := []string{"id", "displayName", "userPrincipalName", "accountEnabled"}
	top := membersPage
	return c.each(ctx, collection{
		family: wire.Identity, endpoint: reportsEndpoint, cost: 1, needs: permission("User.Read.All"), read: picked(properties),
		info: func(id string) information {
			builder := c.user(id).DirectReports()
			return func(ctx context.Context) (*abstractions.RequestInformation, error) {
				return builder.ToGetRequestInformation(ctx, &users.ItemDirectReportsRequestBuilderGetRequestConfiguration{
					QueryParameters: &users.ItemDirectReportsRequestBuilderGetQueryParameters{Select: properties, Top: &top},
				})
			}
		},
	}, ids, done)
}

// unsupported is the outcome of what a cloud does not have: nothing is asked.
func unsupported(ids []string, endpoint, why string) map[string]Outcome {
	out := make(map[string]Outcome, len(ids))
	for _, id := range ids {
		out[id] = Outcome{
			Fact: snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Unsupported, Detail: why},
			From: snapshot.Provenance{Endpoint: endpoint},
		}
	}
	return out
}
