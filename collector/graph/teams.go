package graph

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"leavercheck/collector/wire"
)

// PhoneNumbers reads Teams' numbers and gives each wanted leaver theirs. Where a listing of whole pages of
// the documented size ends without a link it is asked on by $skip, because the documentation knows both
// (learn.microsoft.com/graph/api/teamsadministration-telephonenumbermanagementroot-list-numberassignments).
func (c *Client) PhoneNumbers(ctx context.Context, wanted map[string]bool) map[string]Outcome {
	const endpoint, page = "GET /v1.0/admin/teams/telephoneNumberManagement/numberAssignments", 500
	if c.cloud != "global" {
		return unsupported(slices.Collect(maps.Keys(wanted)), endpoint, "Teams numbers are in Graph in the worldwide cloud only")
	}
	properties := []string{"telephoneNumber", "numberType", "assignmentStatus", "assignmentTargetId", "activationState", "capabilities"}
	values, seen := map[string][]any{}, map[string]bool{}
	var list wire.Listed
	var err error
	for rows := 0; ; {
		info := c.information("/admin/teams/telephoneNumberManagement/numberAssignments{?%24skip}", nil, after(rows))
		before := len(seen)
		list, err = c.wire.List(ctx, c.listing(wire.Teams, endpoint, 1, v1, info), func(raw json.RawMessage) error {
			r, err := decode(raw)
			if err != nil {
				return err
			}
			clean, err := pick(r, properties)
			if err != nil {
				return err
			}
			key, _ := r["id"].(string)
			if seen[key] {
				return nil
			}
			seen[key] = true
			target, _ := clean["assignmentTargetId"].(string)
			if target = strings.ToLower(target); wanted[target] {
				clean["assignmentTargetId"] = target
				values[target] = append(values[target], clean)
			}
			return nil
		})
		rows += list.Rows
		if err != nil || list.Rows == 0 || rows%page != 0 {
			break
		}
		if len(seen) == before {
			err = &wire.Error{Kind: wire.Integrity, Endpoint: endpoint, At: list.At, RequestID: list.RequestID, Err: errors.New("the service gives the same page again")}
			break
		}
	}
	out := make(map[string]Outcome, len(wanted))
	for id := range wanted {
		o := outcome(endpoint, list, err, permission("TeamsTelephoneNumber.Read.All"), values[id])
		numbers := some(values[id])
		slices.SortFunc(numbers, byTime("telephoneNumber"))
		if err == nil {
			o.Fact.Value = numbers
		}
		out[id] = o
	}
	return out
}

// after asks for what follows so many rows.
func after(rows int) map[string]string {
	if rows == 0 {
		return nil
	}
	return map[string]string{"%24skip": strconv.Itoa(rows)}
}
