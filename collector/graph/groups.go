package graph

import (
	"context"
	"encoding/json"

	abstractions "github.com/microsoft/kiota-abstractions-go"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const membersEndpoint = "GET /v1.0/groups/{id}/transitiveMembers/microsoft.graph.user"

// EnabledMember tells whether a group has a member, directly or through other groups, who may sign in:
// the fact's value is true or false. It is unknown, too, when the directory conceals who may sign in
// from an application that can read groups but not users.
func (c *Client) EnabledMember(ctx context.Context, group string) Outcome {
	// Built by hand: the SDK's package for groups alone would double the time that a build takes.
	info := func(context.Context) (*abstractions.RequestInformation, error) {
		path := c.path(v1)
		path["group%2Did"] = group
		ri := abstractions.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(
			abstractions.GET, "{+baseurl}/groups/{group%2Did}/transitiveMembers/microsoft.graph.user{?%24select,%24top}", path)
		ri.QueryParameters["%24select"] = "id,accountEnabled"
		ri.QueryParameters["%24top"] = "999"
		return ri, nil
	}
	enabled, concealed := false, false
	list, err := c.wire.List(ctx, c.listing(wire.Identity, membersEndpoint, 5, v1, info), func(raw json.RawMessage) error {
		r, err := decode(raw)
		if err != nil {
			return err
		}
		may, known := r["accountEnabled"].(bool)
		enabled = enabled || may
		concealed = concealed || !known
		return nil
	})
	o := outcome(membersEndpoint, list, err, permission("GroupMember.Read.All"), nil)
	o.From.List = nil
	switch {
	case err != nil:
	case !enabled && concealed:
		o.Fact = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Concealed, Detail: membersEndpoint + ": members without accountEnabled", Needs: permission("User.Read.All")}
	default:
		o.Fact.Value = enabled
	}
	return o
}
