package graph

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const (
	driveEndpoint       = "GET /v1.0/users/{id}/drive"
	driveByIDEndpoint   = "GET /v1.0/drives/{id}"
	permissionsEndpoint = "GET /v1.0/drives/{id}/items/root/permissions"

	// Resource units: learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online.
	driveCost, drivePermissionsCost = 1, 5
)

func driveProperties() []string {
	return []string{"id", "driveType", "owner", "quota", "webUrl", "createdDateTime", "lastModifiedDateTime"}
}

// Drives reads the OneDrive of live users. "Absent" means that Graph sees none: never provisioned, or
// already gone; which of the two, only other facts tell. It must not run with a person's own rights:
// then asking would provision a drive.
func (c *Client) Drives(ctx context.Context, ids []string, done func(n int)) map[string]Outcome {
	out := c.drives(ctx, driveEndpoint, "user", ids, done, func(id string) information {
		builder := c.user(id).Drive()
		return func(ctx context.Context) (*abstractions.RequestInformation, error) {
			return builder.ToGetRequestInformation(ctx, &users.ItemDriveRequestBuilderGetRequestConfiguration{
				QueryParameters: &users.ItemDriveRequestBuilderGetQueryParameters{Select: driveProperties()},
			})
		}
	})
	for id, o := range out {
		if noDrive(o.Err) {
			o.Fact = snapshot.Fact{State: snapshot.Absent}
			out[id] = o
		}
	}
	return out
}

// DrivesByID reads drives whose owner is deleted, by the ids that an earlier snapshot knows.
func (c *Client) DrivesByID(ctx context.Context, drives []string) map[string]Outcome {
	return c.drives(ctx, driveByIDEndpoint, "baseline", drives, func(int) {}, func(id string) information {
		return c.information("/drives/{drive%2Did}{?%24select}", map[string]string{"drive%2Did": id}, map[string]string{"%24select": strings.Join(driveProperties(), ",")})
	})
}

func (c *Client) drives(ctx context.Context, endpoint, foundBy string, ids []string, done func(n int), info func(id string) information) map[string]Outcome {
	q := question{wire.SharePoint, endpoint, driveCost, permission("Files.Read.All"), info}
	return c.ask(ctx, q, ids, done, func(_ string, _ *url.URL, answer wire.Answer) Outcome {
		o := entity(endpoint, answer, driveProperties())
		value, _ := o.Fact.Value.(row)
		if id, _ := value["id"].(string); o.Err == nil && id == "" {
			o.Err = errors.New("a drive without id")
			o.Fact = malformed(endpoint, o.Err)
		}
		if o.Err == nil {
			value["foundBy"] = foundBy
		}
		return o
	})
}

// noDrive reports whether an error says that a user has no drive (facts/graph-api 0.1).
func noDrive(err error) bool {
	var e *wire.Error
	if !errors.As(err, &e) || e.Kind != wire.Refused {
		return false
	}
	message := strings.ToLower(e.Message)
	return strings.Contains(message, "mysite not found") || strings.Contains(message, "unable to retrieve user's mysite url")
}

// DrivePermissions reads who may open the drives' roots. About users the caller tells more: enabled
// holds whether each live user may sign in, guests who of them is one, left who has left. Doubt is read, or says what of that is not
// known: then permissions that name anybody are not read. The site's administrators do
// not appear here.
func (c *Client) DrivePermissions(ctx context.Context, drives []string, enabled, guests, left map[string]bool, doubt snapshot.Fact, done func(n int)) map[string]Outcome {
	properties := []string{"id", "roles", "hasPassword", "expirationDateTime", "inheritedFrom", "link"}
	out := c.each(ctx, collection{
		family: wire.SharePoint, endpoint: permissionsEndpoint, cost: drivePermissionsCost, needs: permission("Files.Read.All"),
		info: func(id string) information {
			return c.information("/drives/{drive%2Did}/items/root/permissions", map[string]string{"drive%2Did": id}, nil)
		},
		read: func(r row) (any, error) {
			clean, err := pick(r, properties)
			if err != nil {
				return nil, err
			}
			clean["grantees"], err = grantees(r, enabled, guests, left, doubt.State == snapshot.Read)
			return clean, err
		},
	}, drives, done)
	c.groupGrantees(ctx, out, left, doubt)
	return out
}

// grantees are everybody in a permission, in the new properties or their deprecated twins.
func grantees(r row, enabled, guests, left map[string]bool, known bool) ([]any, error) {
	var sets []any
	for _, name := range []string{"grantedToV2", "grantedTo"} {
		if r[name] != nil {
			sets = append(sets, r[name])
			break
		}
	}
	for _, name := range []string{"grantedToIdentitiesV2", "grantedToIdentities"} {
		if more, ok := r[name].([]any); ok {
			sets = append(sets, more...)
			break
		}
	}
	out := []any{}
	for _, value := range sets {
		set, ok := value.(row)
		if !ok {
			return nil, errors.New("a permission whose grantee is no identity")
		}
		// A site user is the same person again, by another name.
		kinds := []string{"user", "group", "application", "device", "siteUser", "siteGroup", "sharePointGroup"}
		at := slices.IndexFunc(kinds, func(kind string) bool { return set[kind] != nil })
		if at < 0 {
			out = append(out, row{"kind": "unknown", "accountEnabled": nil, "isLeaver": false, "hasEnabledMember": nil})
			continue
		}
		identity, _ := set[kinds[at]].(row)
		grantee := row{"kind": kinds[at], "accountEnabled": nil, "isLeaver": false, "hasEnabledMember": nil}
		for _, name := range []string{"id", "displayName", "loginName"} {
			grantee[name] = identity[name]
		}
		// The site's own name of a user tells guests from members.
		if site, ok := set["siteUser"].(row); ok && grantee["loginName"] == nil {
			grantee["loginName"] = site["loginName"]
		}
		id, _ := identity["id"].(string)
		id = strings.ToLower(id)
		if kinds[at] == "user" && id != "" {
			grantee["id"], grantee["isLeaver"] = id, left[id]
			// A guest may be anybody, the leaver's private address among them: neither present nor gone.
			if may, live := enabled[id]; (live || known) && !guests[id] {
				grantee["accountEnabled"] = may // whoever is not in the list of all live users cannot sign in
			}
		}
		out = append(out, grantee)
	}
	return out, nil
}

// groupGrantees tells of every group among the grantees whether it has an enabled member, each group
// asked once. A fact whose grantees are not all known is not read.
func (c *Client) groupGrantees(ctx context.Context, outcomes map[string]Outcome, left map[string]bool, doubt snapshot.Fact) {
	asked := map[string]Outcome{}
	for id, o := range outcomes {
		lack := snapshot.Fact{State: snapshot.Read}
		rows, _ := o.Fact.Value.([]any)
		for _, value := range rows {
			for _, g := range value.(row)["grantees"].([]any) {
				grantee := g.(row)
				if doubt.State == snapshot.Unknown {
					lack = doubt
				}
				group, _ := grantee["id"].(string)
				if grantee["kind"] != "group" || group == "" {
					continue
				}
				members, ok := asked[group]
				if !ok {
					members = c.Members(ctx, group, left, nil)
					asked[group] = members
				}
				o.Also = append(o.Also, members.From)
				if value, ok := members.Fact.Value.(row); ok {
					grantee["hasEnabledMember"] = value["hasEnabledMember"]
				}
				if members.Fact.State == snapshot.Unknown && grantee["hasEnabledMember"] == nil {
					lack = members.Fact
				}
			}
		}
		if lack.State == snapshot.Unknown && o.Fact.State == snapshot.Read {
			lack.Value = o.Fact.Value
			o.Fact = lack
		}
		outcomes[id] = o
	}
}
