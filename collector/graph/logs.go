package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/auditlogs"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const (
	interactiveEndpoint    = "GET /v1.0/auditLogs/signIns"
	nonInteractiveEndpoint = "GET /beta/auditLogs/signIns"
	auditsEndpoint         = "GET /v1.0/auditLogs/directoryAudits"

	// maxRows bounds one leaver's sign-ins: an account that is sprayed with passwords must not make the
	// snapshot of everybody fail. The log gives the newest first.
	maxRows = 50_000

	// logsPage is both default and maximum (learn.microsoft.com/graph/api/signin-list).
	logsPage = 1000
)

func signInProperties() []string {
	return []string{"id", "createdDateTime", "isInteractive", "signInEventTypes", "appId", "appDisplayName", "clientAppUsed", "ipAddress", "resourceDisplayName", "status"}
}

func auditProperties() []string {
	return []string{"id", "category", "activityDisplayName", "activityDateTime", "loggedByService", "operationType", "result", "initiatedBy", "targetResources"}
}

// SignIns reads each leaver's sign-ins since their time in from: interactive ones from v1.0, the others
// from beta, because v1.0 does not have them. A fact is "read" only when both were. The first refusal
// that concerns the permission or the licence answers for everybody.
func (c *Client) SignIns(ctx context.Context, from map[string]time.Time, done func()) map[string]Outcome {
	out := make(map[string]Outcome, len(from))
	var refusal *Outcome
	for _, id := range slices.Sorted(maps.Keys(from)) {
		if refusal != nil {
			out[id] = *refusal
			continue
		}
		o := c.signIns(ctx, id, from[id])
		out[id] = o
		if permanent(o.Fact) && o.Fact.Value == nil {
			refusal = &o
		}
		done()
	}
	return out
}

func (c *Client) signIns(ctx context.Context, id string, from time.Time) Outcome {
	filter := fmt.Sprintf("userId eq '%s' and createdDateTime ge %s", id, from.UTC().Format(time.RFC3339))
	interactive, rows := c.log(ctx, interactiveEndpoint, v1, c.interactive(filter), signInProperties())
	if interactive.Fact.State != snapshot.Read {
		return interactive
	}
	filter += " and signInEventTypes/any(t:t eq 'nonInteractiveUser')"
	other, more := c.log(ctx, nonInteractiveEndpoint, beta, c.nonInteractive(filter), signInProperties())
	rows = append(rows, more...)
	slices.SortFunc(rows, byTime("createdDateTime"))
	if other.Fact.State != snapshot.Read {
		if len(rows) > 0 {
			other.Fact.Value = rows
		}
		return other
	}
	interactive.Fact.Value = rows
	interactive.Also = []snapshot.Provenance{other.From}
	return interactive
}

func (c *Client) interactive(filter string) information {
	builder := auditlogs.NewSignInsRequestBuilderInternal(c.path(v1), c.adapter)
	top := int32(logsPage)
	return func(ctx context.Context) (*abstractions.RequestInformation, error) {
		return builder.ToGetRequestInformation(ctx, &auditlogs.SignInsRequestBuilderGetRequestConfiguration{
			QueryParameters: &auditlogs.SignInsRequestBuilderGetQueryParameters{Filter: &filter, Top: &top},
		})
	}
}

// nonInteractive is built by hand: the SDK has no beta.
func (c *Client) nonInteractive(filter string) information {
	return func(context.Context) (*abstractions.RequestInformation, error) {
		ri := abstractions.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(
			abstractions.GET, "{+baseurl}/auditLogs/signIns{?%24filter,%24top}", c.path(beta))
		ri.QueryParameters["%24filter"] = filter
		ri.QueryParameters["%24top"] = strconv.Itoa(logsPage)
		return ri, nil
	}
}

// Audits reads the directory audit log since from, once for everybody, and gives each wanted leaver the
// rows in which they are a target. It is read in slices of time, each a listing of its own, so that a large
// log is not lost as a whole; now is where the last slice, which has no end, is counted from. The listings
// are returned beside the outcomes.
func (c *Client) Audits(ctx context.Context, from, now time.Time, parts int, wanted map[string]bool) (map[string]Outcome, []snapshot.Provenance) {
	rows := map[string][]any{}
	var sources []snapshot.Provenance
	var failed error
	span := now.Sub(from) / time.Duration(parts)
	for i := range parts {
		filter := "activityDateTime ge " + from.Add(time.Duration(i)*span).UTC().Format(time.RFC3339)
		if i < parts-1 {
			filter += " and activityDateTime lt " + from.Add(time.Duration(i+1)*span).UTC().Format(time.RFC3339)
		}
		list, err := c.audits(ctx, filter, wanted, rows)
		sources = append(sources, listed(auditsEndpoint, list, err))
		if failed == nil {
			failed = err
		}
		if err != nil && permanent(unknown(err, "")) {
			break
		}
	}
	out := make(map[string]Outcome, len(wanted))
	for id := range wanted {
		mine := rows[id]
		slices.SortFunc(mine, byTime("activityDateTime"))
		o := Outcome{Fact: snapshot.Fact{State: snapshot.Read, Value: some(mine)}, From: sources[0], Also: sources[1:], Err: failed}
		if failed != nil {
			o.Fact = unknown(failed, permission("AuditLog.Read.All"))
			if mine != nil {
				o.Fact.Value = mine
			}
		}
		out[id] = o
	}
	return out, sources
}

// audits adds the rows of one slice to those of their targets.
func (c *Client) audits(ctx context.Context, filter string, wanted map[string]bool, rows map[string][]any) (wire.Listed, error) {
	builder := auditlogs.NewDirectoryAuditsRequestBuilderInternal(c.path(v1), c.adapter)
	top := int32(logsPage)
	info := func(ctx context.Context) (*abstractions.RequestInformation, error) {
		return builder.ToGetRequestInformation(ctx, &auditlogs.DirectoryAuditsRequestBuilderGetRequestConfiguration{
			QueryParameters: &auditlogs.DirectoryAuditsRequestBuilderGetQueryParameters{Filter: &filter, Top: &top},
		})
	}
	return c.wire.List(ctx, c.listing(wire.Logs, auditsEndpoint, 1, v1, info), func(raw json.RawMessage) error {
		r, err := decode(raw)
		if err != nil {
			return err
		}
		if _, ok := r["targetResources"].([]any); !ok {
			return errors.New("an audit row without targetResources")
		}
		targets := targets(r, wanted)
		if len(targets) == 0 {
			return nil
		}
		clean, err := cleanAudit(r)
		if err != nil {
			return err
		}
		for _, id := range targets {
			rows[id] = append(rows[id], clean)
		}
		return nil
	})
}

// cleanAudit keeps what rules judge, and decodes nothing further: modifiedProperties hold JSON as text,
// as the service writes it. Older rows spell "type" with a capital.
func cleanAudit(r row) (row, error) {
	clean, err := pick(r, auditProperties())
	if err != nil {
		return nil, err
	}
	resources, _ := clean["targetResources"].([]any)
	for _, resource := range resources {
		if target, ok := resource.(row); ok {
			if kind, ok := target["Type"]; ok {
				target["type"] = kind
				delete(target, "Type")
			}
		}
	}
	return clean, nil
}

// targets are the wanted leavers among the targets of an audit row, each once.
func targets(r row, wanted map[string]bool) []string {
	var ids []string
	resources, _ := r["targetResources"].([]any)
	for _, resource := range resources {
		target, _ := resource.(row)
		id, _ := target["id"].(string)
		if id = strings.ToLower(id); wanted[id] && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// log reads a log to its end.
func (c *Client) log(ctx context.Context, endpoint, version string, info information, properties []string) (Outcome, []any) {
	var rows []any
	list, err := c.wire.List(ctx, c.listing(wire.Logs, endpoint, 1, version, info), func(raw json.RawMessage) error {
		r, err := decode(raw)
		if err != nil {
			return err
		}
		clean, err := pick(r, properties)
		if err != nil {
			return err
		}
		if len(rows) == maxRows {
			return fmt.Errorf("more than %d rows for one leaver; the newest are kept", maxRows)
		}
		rows = append(rows, clean)
		return nil
	})
	rows = some(rows)
	o := outcome(endpoint, list, err, permission("AuditLog.Read.All"), nil)
	if err != nil && len(rows) > 0 {
		o.Fact.Value = rows
	}
	return o, rows
}

// some makes an empty list of nothing: null and empty are different things.
func some(rows []any) []any {
	if rows == nil {
		return []any{}
	}
	return rows
}

// byTime orders rows by a date-time, then by id, so that the same log gives the same bytes.
func byTime(property string) func(a, b any) int {
	key := func(v any) string {
		r, _ := v.(row)
		at, _ := r[property].(string)
		id, _ := r["id"].(string)
		// A fraction sorts after its whole second: "Z" is greater than ".".
		return strings.Replace(at, "Z", "", 1) + " " + id
	}
	return func(a, b any) int { return strings.Compare(key(a), key(b)) }
}
