package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const (
	rolesEndpoint      = "GET /v1.0/roleManagement/directory/roleAssignments"
	schedulesEndpoint  = "GET /v1.0/roleManagement/directory/roleAssignmentSchedules"
	eligibleEndpoint   = "GET /v1.0/roleManagement/directory/roleEligibilitySchedules"
	assignableEndpoint = "GET /v1.0/groups?$filter=isAssignableToRole eq true"
	groupPIMEndpoint   = "GET /v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
)

// RoleAssignments are all directory roles of the tenant, ready to be asked whose they are. They are few
// where leavers are many, so everything is listed once and joined here.
type RoleAssignments struct {
	// direct holds the assignments, active and eligible, by the principal's id.
	direct map[string][]row
	// eligible holds the memberships in role-assignable groups that somebody may activate, by the
	// principal's id; groups are these groups, by theirs.
	eligible map[string][]row
	groups   map[string]row
	// unlicensed says that there is no Privileged Identity Management, and so nothing eligible.
	unlicensed bool
	// lack is what was not read, as an unknown fact; read if nothing.
	lack snapshot.Fact
	from []snapshot.Provenance
}

// RoleAssignments lists the tenant's directory roles: active, starting later, eligible, and eligible
// through groups. Licensed says whether the tenant's subscriptions bring Privileged Identity Management:
// where they do not and the service says the same, nothing can be eligible.
func (c *Client) RoleAssignments(ctx context.Context, now time.Time, licensed bool) RoleAssignments {
	a := RoleAssignments{direct: map[string][]row{}, eligible: map[string][]row{}, groups: map[string]row{}, lack: snapshot.Fact{State: snapshot.Read}}
	needs := permission("RoleManagement.Read.Directory")
	expand := map[string]string{"%24expand": "roleDefinition"}
	err := a.list(ctx, c, rolesEndpoint, c.information("/roleManagement/directory/roleAssignments{?%24expand}", nil, expand), func(r row) error {
		return a.assign(r, row{"kind": "active"})
	})
	a.missed(err, needs)
	schedules := func(endpoint, path string, read func(r, span row) error) {
		if a.unlicensed {
			return
		}
		err := a.list(ctx, c, endpoint, c.information("/roleManagement/directory/"+path+"{?%24expand}", nil, expand), func(r row) error {
			span, err := schedule(r)
			if err != nil {
				return err
			}
			return read(r, span)
		})
		a.missedPIM(err, needs, licensed)
	}
	schedules(schedulesEndpoint, "roleAssignmentSchedules", func(r, span row) error {
		// What has begun is in the list of assignments already.
		if start, _ := span["startDateTime"].(string); start == "" || start <= now.UTC().Format(time.RFC3339) {
			return nil
		}
		span["kind"] = "active"
		return a.assign(r, span)
	})
	schedules(eligibleEndpoint, "roleEligibilitySchedules", func(r, span row) error {
		span["kind"] = "eligible"
		return a.assign(r, span)
	})
	a.throughGroups(ctx, c, licensed)
	return a
}

// list reads one listing.
func (a *RoleAssignments) list(ctx context.Context, c *Client, endpoint string, info information, read func(row) error) error {
	list, err := c.wire.List(ctx, c.listing(wire.Identity, endpoint, 1, v1, info), func(raw json.RawMessage) error {
		r, err := decode(raw)
		if err != nil {
			return err
		}
		return read(r)
	})
	a.from = append(a.from, listed(endpoint, list, err))
	return err
}

// missed notes what a listing lacks. The first lack speaks for all.
func (a *RoleAssignments) missed(err error, needs string) {
	if err != nil && a.lack.State == snapshot.Read {
		a.lack = unknown(err, needs)
	}
}

// missedPIM is missed, but for a refusal for want of a licence that the tenant really does not have.
func (a *RoleAssignments) missedPIM(err error, needs string, licensed bool) {
	var e *wire.Error
	if licensed || !errors.As(err, &e) || e.Code != "AadPremiumLicenseRequired" {
		a.missed(err, needs)
		return
	}
	a.unlicensed = true
	a.from[len(a.from)-1].List = nil // refused, rightly: not a listing that broke
}

// schedule is the span of a schedule (learn.microsoft.com/graph/api/resources/requestschedule).
func schedule(r row) (row, error) {
	info, _ := r["scheduleInfo"].(row)
	expiration, _ := info["expiration"].(row)
	span, err := pick(row{"startDateTime": info["startDateTime"], "endDateTime": expiration["endDateTime"]}, []string{"startDateTime", "endDateTime"})
	if err != nil {
		return nil, fmt.Errorf("scheduleInfo: %w", err)
	}
	return span, nil
}

// assign files an assignment under its principal.
func (a *RoleAssignments) assign(r, more row) error {
	clean, err := pick(r, []string{"id", "roleDefinitionId", "directoryScopeId", "memberType"})
	if err != nil {
		return err
	}
	principal, _ := r["principalId"].(string)
	if principal == "" {
		return errors.New("a role assignment without principalId")
	}
	definition, _ := r["roleDefinition"].(row)
	clean["displayName"], clean["group"] = definition["displayName"], nil
	maps.Copy(clean, more)
	principal = strings.ToLower(principal)
	a.direct[principal] = append(a.direct[principal], clean)
	return nil
}

// throughGroups lists the role-assignable groups, and who may become their member or owner.
func (a *RoleAssignments) throughGroups(ctx context.Context, c *Client, licensed bool) {
	info := c.information("/groups{?%24select,%24filter,%24top}", nil, map[string]string{"%24select": "id,displayName", "%24filter": "isAssignableToRole eq true", "%24top": "999"})
	err := a.list(ctx, c, assignableEndpoint, info, func(r row) error {
		clean, err := pick(r, []string{"id", "displayName"})
		if err == nil {
			id, _ := clean["id"].(string)
			a.groups[strings.ToLower(id)] = clean
		}
		return err
	})
	a.missed(err, permission("GroupMember.Read.All"))
	for _, group := range slices.Sorted(maps.Keys(a.groups)) {
		if a.unlicensed {
			return
		}
		info := c.information("/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances{?%24filter}", nil, map[string]string{"%24filter": "groupId eq '" + group + "'"})
		err := a.list(ctx, c, groupPIMEndpoint, info, func(r row) error {
			clean, err := pick(r, []string{"id", "accessId", "memberType"})
			if err != nil {
				return err
			}
			principal, _ := r["principalId"].(string)
			if principal == "" {
				return errors.New("an eligible membership without principalId")
			}
			clean["group"] = group
			a.eligible[strings.ToLower(principal)] = append(a.eligible[strings.ToLower(principal)], clean)
			return nil
		})
		a.missedPIM(err, permission("PrivilegedEligibilitySchedule.Read.AzureADGroup"), licensed)
		if err != nil {
			return // the others would be refused alike, or time is over
		}
	}
}

// Of makes the fact of one leaver, whose groups are known from the fact of that name.
func (a *RoleAssignments) Of(id string, groups snapshot.Fact) Outcome {
	principals := []string{id}
	memberships, _ := groups.Value.([]any)
	for _, value := range memberships {
		if group, ok := value.(row); ok && group["kind"] == "group" {
			name, _ := group["id"].(string)
			principals = append(principals, strings.ToLower(name))
		}
	}
	rows := []any{}
	add := func(r row, more row) {
		assignment := maps.Clone(r)
		maps.Copy(assignment, more)
		rows = append(rows, assignment)
	}
	for i, principal := range principals {
		for _, r := range a.direct[principal] {
			more := row{}
			if i > 0 {
				more["group"] = a.group(principal, "member")
			}
			add(r, more)
		}
		for _, membership := range a.eligible[principal] {
			group := membership["group"].(string)
			access, _ := membership["accessId"].(string)
			more := row{"kind": "eligible", "group": a.group(group, access)}
			held := a.direct[group]
			if len(held) == 0 {
				add(row{"id": membership["id"], "roleDefinitionId": nil, "displayName": nil, "directoryScopeId": nil, "memberType": membership["memberType"]}, more)
			}
			for _, r := range held {
				add(r, more)
			}
		}
	}
	slices.SortStableFunc(rows, byTime("id"))
	o := Outcome{Fact: a.lack, Also: slices.Clone(a.from)}
	if groups.State != snapshot.Read && o.Fact.State == snapshot.Read {
		o.Fact = groups
	}
	o.From, o.Also = o.Also[0], o.Also[1:]
	eligibility := "read"
	if a.unlicensed {
		eligibility = "unlicensed"
	}
	o.Fact.Value = row{"assignments": rows, "eligibility": eligibility}
	return o
}

func (a *RoleAssignments) group(id, access string) row {
	group := row{"id": id, "displayName": nil, "accessId": access}
	if known, ok := a.groups[id]; ok {
		group["displayName"] = known["displayName"]
	}
	return group
}

// Sources are the listings behind the assignments.
func (a *RoleAssignments) Sources() []snapshot.Provenance { return slices.Clone(a.from) }
