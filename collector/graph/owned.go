package graph

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const ownedObjectsEndpoint = "GET /v1.0/users/{id}/ownedObjects"

// ownable are the kinds of objects whose owners and credentials are read, by the path of their
// collection. Others are listed only.
func ownable() map[string]string {
	return map[string]string{"group": "groups", "application": "applications", "servicePrincipal": "servicePrincipals"}
}

// OwnedObjects reads the groups, applications and service principals that the users own, each with all
// its owners. Left are the ids of everybody who has left; doubt is read, or says that not all of them are
// known, and then another owner may be one of them.
func (c *Client) OwnedObjects(ctx context.Context, ids []string, left map[string]bool, doubt snapshot.Fact, done func(n int)) map[string]Outcome {
	properties := []string{"id", "displayName", "appId", "groupTypes", "resourceProvisioningOptions"}
	top := membersPage
	read := picked(properties)
	out := c.each(ctx, collection{
		family: wire.Identity, endpoint: ownedObjectsEndpoint, cost: 1, needs: permission("User.Read.All"),
		shown: func(r row) bool { return r["displayName"] != nil || ownable()[kindOf(r)] == "" },
		shows: permission("GroupMember.Read.All") + " and Application.Read.All",
		info: func(id string) information {
			builder := c.user(id).OwnedObjects()
			return func(ctx context.Context) (*abstractions.RequestInformation, error) {
				return builder.ToGetRequestInformation(ctx, &users.ItemOwnedObjectsRequestBuilderGetRequestConfiguration{
					QueryParameters: &users.ItemOwnedObjectsRequestBuilderGetQueryParameters{Select: properties, Top: &top},
				})
			}
		},
		read: func(r row) (any, error) {
			clean, err := read(r)
			if err != nil {
				return nil, err
			}
			object := clean.(row)
			object["isTeam"] = nil
			if options, ok := object["resourceProvisioningOptions"].([]any); ok {
				object["isTeam"] = slices.Contains(options, any("Team"))
			}
			delete(object, "resourceProvisioningOptions")
			return object, nil
		},
	}, ids, done)
	owners := map[string]map[string]Outcome{}
	for kind, owned := range objectsByKind(out) {
		owners[kind] = c.owners(ctx, ownable()[kind], owned, left)
	}
	for id, o := range out {
		objects, _ := o.Fact.Value.([]any)
		for _, value := range objects {
			object := value.(row)
			theirs, ok := owners[object["kind"].(string)][object["id"].(string)]
			if !ok {
				continue
			}
			o.Also = append(o.Also, theirs.From)
			// Half of the owners would look like all of them.
			if theirs.Err == nil {
				object["owners"] = theirs.Fact.Value
			}
			lack := theirs.Fact
			if list, _ := theirs.Fact.Value.([]any); lack.State == snapshot.Read && len(list) > 1 {
				lack = doubt
			}
			if lack.State == snapshot.Unknown && o.Fact.State == snapshot.Read {
				lack.Value = o.Fact.Value
				o.Fact = lack
			}
		}
		out[id] = o
	}
	return out
}

// objectsByKind are the ids of the ownable objects in the outcomes, by kind, each once.
func objectsByKind(outcomes map[string]Outcome) map[string][]string {
	seen := map[string]map[string]bool{}
	for _, o := range outcomes {
		objects, _ := o.Fact.Value.([]any)
		for _, value := range objects {
			object := value.(row)
			kind, _ := object["kind"].(string)
			id, _ := object["id"].(string)
			if ownable()[kind] == "" || id == "" {
				continue
			}
			if seen[kind] == nil {
				seen[kind] = map[string]bool{}
			}
			seen[kind][id] = true
		}
	}
	out := map[string][]string{}
	for kind, ids := range seen {
		out[kind] = slices.Sorted(maps.Keys(ids))
	}
	return out
}

// owners reads the owners of objects of one kind.
func (c *Client) owners(ctx context.Context, objects string, ids []string, left map[string]bool) map[string]Outcome {
	properties := []string{"id", "displayName", "userPrincipalName", "accountEnabled"}
	needs := map[string]string{"groups": "GroupMember.Read.All"}[objects]
	if needs == "" {
		needs = "Application.Read.All"
	}
	read := picked(properties)
	return c.each(ctx, collection{
		family: wire.Identity, endpoint: "GET /v1.0/" + objects + "/{id}/owners", cost: 2, needs: permission(needs),
		shown: func(r row) bool { return r["accountEnabled"] != nil }, shows: permission("User.Read.All") + " and Application.Read.All",
		info: func(id string) information {
			return c.information("/"+objects+"/{object%2Did}/owners{?%24select,%24top}",
				map[string]string{"object%2Did": id}, map[string]string{"%24select": strings.Join(properties, ","), "%24top": "999"})
		},
		read: func(r row) (any, error) {
			clean, err := read(r)
			if err == nil {
				id, _ := r["id"].(string)
				clean.(row)["isLeaver"] = left[strings.ToLower(id)]
			}
			return clean, err
		},
	}, ids, func(int) {})
}

// OwnedApplications reads the credentials of the applications and service principals among the objects
// that the users own. Their secrets never come back; when they were made does.
func (c *Client) OwnedApplications(ctx context.Context, owned map[string]Outcome) map[string]Outcome {
	credentials := map[string]Outcome{}
	for kind, ids := range objectsByKind(owned) {
		if kind != "group" {
			maps.Copy(credentials, c.credentials(ctx, kind, ids))
		}
	}
	out := make(map[string]Outcome, len(owned))
	for id, o := range owned {
		app := Outcome{Fact: snapshot.Fact{State: snapshot.Read}, From: o.From, Err: o.Err}
		// Concealed owners and groups do not matter here; what is not known to be owned does.
		switch {
		case o.Err != nil:
			app.Fact = o.Fact
		case hidesApplications(o.Fact.Value):
			app.Fact = hidden(ownedObjectsEndpoint, permission("Application.Read.All"), nil)
		}
		rows := []any{}
		objects, _ := o.Fact.Value.([]any)
		for _, value := range objects {
			object := value.(row)
			key, _ := object["id"].(string)
			theirs, ok := credentials[key]
			if !ok {
				continue
			}
			app.Also = append(app.Also, theirs.From)
			if theirs.Fact.Value != nil {
				rows = append(rows, theirs.Fact.Value)
			}
			if theirs.Fact.State == snapshot.Unknown && app.Fact.State == snapshot.Read {
				app.Fact = theirs.Fact
			}
		}
		app.Fact.Value = rows
		out[id] = app
	}
	return out
}

// hidesApplications reports whether some object is of a kind that may have credentials, and is shown by
// its id only or is not known here.
func hidesApplications(value any) bool {
	objects, _ := value.([]any)
	return slices.ContainsFunc(objects, func(v any) bool {
		object := v.(row)
		kind, _ := object["kind"].(string)
		if kind == "group" || kind == "device" || strings.HasSuffix(kind, "Policy") {
			return false
		}
		return ownable()[kind] == "" || object["displayName"] == nil
	})
}

func (c *Client) credentials(ctx context.Context, kind string, ids []string) map[string]Outcome {
	objects := ownable()[kind]
	endpoint := "GET /v1.0/" + objects + "/{id}"
	properties := []string{"id", "appId", "displayName", "passwordCredentials", "keyCredentials"}
	kept := map[string][]string{
		"passwordCredentials": {"keyId", "displayName", "startDateTime", "endDateTime"},
		"keyCredentials":      {"keyId", "displayName", "type", "usage", "startDateTime", "endDateTime"},
	}
	needs := permission("Application.Read.All")
	q := question{wire.Identity, endpoint, 1, needs, func(id string) information {
		return c.information("/"+objects+"/{object%2Did}{?%24select}",
			map[string]string{"object%2Did": id}, map[string]string{"%24select": strings.Join(properties, ",")})
	}}
	return c.ask(ctx, q, ids, func(int) {}, func(_ string, _ *url.URL, answer wire.Answer) Outcome {
		o := entity(endpoint, answer, properties)
		value, ok := o.Fact.Value.(row)
		if !ok {
			return o
		}
		value["kind"] = kind
		for name, properties := range kept {
			entries, ok := value[name].([]any)
			if !ok {
				o.Fact = hidden(endpoint, needs, value)
				return o
			}
			for i, entry := range entries {
				credential, _ := entry.(row)
				clean, err := pick(credential, properties)
				if err != nil {
					o.Fact, o.Err = malformed(endpoint, err), err
					return o
				}
				entries[i] = clean
			}
		}
		return o
	})
}

func malformed(endpoint string, err error) snapshot.Fact {
	return snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Malformed, Detail: endpoint + ": " + err.Error()}
}
