package graph

import (
	"context"
	"encoding/json"
	"strings"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const membersEndpoint = "GET /v1.0/groups/{id}/transitiveMembers"

// Members tells who is behind a group, directly or through other groups: the fact's value has
// hasEnabledMember, whether somebody may sign in who is not in except, and hasOutsideMember, whether mail
// to the group reaches a guest or a contact outside the domains in inside. The fact is unknown, with what
// is known as its part, where the directory conceals members from an application that may read groups
// but not whom they hold.
func (c *Client) Members(ctx context.Context, group string, except, inside map[string]bool) Outcome {
	info := c.information("/groups/{group%2Did}/transitiveMembers{?%24select,%24top}",
		map[string]string{"group%2Did": group}, map[string]string{"%24select": "id,mail,userType,accountEnabled", "%24top": "999"})
	var enabled, outside, concealed bool
	list, err := c.wire.List(ctx, c.listing(wire.Identity, membersEndpoint, 5, v1, info), func(raw json.RawMessage) error {
		r, err := decode(raw)
		if err != nil {
			return err
		}
		id, _ := r["id"].(string)
		mail, _ := r["mail"].(string)
		switch kind, _ := r["@odata.type"].(string); kind {
		case "#microsoft.graph.user":
			may, known := r["accountEnabled"].(bool)
			// A guest is no colleague: they may be the leaver under a private address.
			enabled = enabled || may && r["userType"] != "Guest" && !except[strings.ToLower(id)]
			outside = outside || r["userType"] == "Guest"
			concealed = concealed || !known
		case "#microsoft.graph.orgContact":
			_, domain, _ := strings.Cut(strings.ToLower(mail), "@")
			outside = outside || mail != "" && !inside[domain]
			concealed = concealed || mail == ""
		case "#microsoft.graph.group", "#microsoft.graph.device", "#microsoft.graph.servicePrincipal":
		default:
			concealed = true
		}
		return nil
	})
	o := outcome(membersEndpoint, list, err, permission("GroupMember.Read.All"), nil)
	o.From.List = nil
	if err == nil && concealed {
		o.Fact = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Concealed, Detail: membersEndpoint + ": members of whom only the id is shown", Needs: permission("User.Read.All")}
	}
	// What some members prove is true whatever the others are; that nobody is of a kind, only all can prove.
	value := row{"hasEnabledMember": nil, "hasOutsideMember": nil}
	if enabled || o.Fact.State == snapshot.Read {
		value["hasEnabledMember"] = enabled
	}
	if outside || o.Fact.State == snapshot.Read {
		value["hasOutsideMember"] = outside
	}
	o.Fact.Value = value
	return o
}
