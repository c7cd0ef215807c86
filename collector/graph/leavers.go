package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"leavercheck/collector/wire"
)

// LeaveDate is the property of a user that holds when they leave. To read it takes one of LeaveDatePermissions
// beside User.Read.All (learn.microsoft.com/graph/tutorial-lifecycle-workflows-set-employeeleavedatetime); what
// the service answers without it is not documented, and null would look like "stays".
const LeaveDate = "employeeLeaveDateTime"

// LeaveDatePermissions are those that let an application read LeaveDate, the least first.
func LeaveDatePermissions() []string {
	return []string{"User-LifeCycleInfo.Read.All", "User-LifeCycleInfo.ReadWrite.All"}
}

// PeopleIn yields the object id, in lower case, of every user in a group, directly or through other groups. The
// outcome's fact is "read" when the listing was read to its end. It asks for no cast to users: that is an
// advanced query, which an index answers that lags (learn.microsoft.com/graph/aad-advanced-queries).
func (c *Client) PeopleIn(ctx context.Context, group string, yield func(id string) error) Outcome {
	info := c.information("/groups/{group%2Did}/transitiveMembers{?%24select,%24top}",
		map[string]string{"group%2Did": group}, map[string]string{"%24select": "id", "%24top": "999"})
	list, err := c.wire.List(ctx, c.listing(wire.Identity, membersEndpoint, 4, v1, info), func(raw json.RawMessage) error {
		r, err := decode(raw)
		if err != nil {
			return err
		}
		id, _ := r["id"].(string)
		switch kindOf(r) {
		case "":
			return fmt.Errorf("a member %.40q of no kind: it may be a person", id)
		case "user":
			if id == "" {
				return errors.New("a member without an id")
			}
			return yield(strings.ToLower(id))
		}
		return nil
	})
	return outcome(membersEndpoint, list, err, permission("GroupMember.Read.All"), nil)
}
