package graph

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	abstractions "github.com/microsoft/kiota-abstractions-go"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// collection is what Graph lists per object only, such as the groups of a user.
type collection struct {
	family   wire.Family
	endpoint string
	cost     int
	needs    string
	info     func(id string) information
	// read makes a value of a row.
	read func(row) (any, error)
	// shown reports whether a row is more than an id: an application that may read the container but not
	// the members' type gets nulls instead of a refusal. Nil means that nothing is concealed.
	shown func(row) bool
	// shows is the permission that shows them.
	shows string
}

// each reads a collection of every object. The fact's value is a list ordered by id.
func (c *Client) each(ctx context.Context, col collection, ids []string, done func(n int)) map[string]Outcome {
	return c.ask(ctx, question{col.family, col.endpoint, col.cost, col.needs, col.info}, ids, done, func(_ string, u *url.URL, answer wire.Answer) Outcome {
		var rows []any
		concealed := false
		list, err := c.wire.List(ctx, c.rest(col.family, col.endpoint, u, answer), func(raw json.RawMessage) error {
			r, err := decode(raw)
			if err != nil {
				return err
			}
			value, err := col.read(r)
			if err != nil {
				return err
			}
			concealed = concealed || col.shown != nil && !col.shown(r)
			rows = append(rows, value)
			return nil
		})
		slices.SortFunc(rows, byTime("id"))
		o := outcome(col.endpoint, list, err, col.needs, rows)
		o.From.List = nil // one object's list is a fact, not a listing to account for
		if err == nil {
			o.Fact.Value = some(rows)
			if concealed {
				o.Fact = hidden(col.endpoint, col.shows, o.Fact.Value)
			}
		}
		return o
	})
}

// hidden is a fact of which the directory shows only ids.
func hidden(endpoint, needs string, part any) snapshot.Fact {
	return snapshot.Fact{
		State: snapshot.Unknown, Reason: snapshot.Concealed, Value: part, Needs: needs,
		Detail: endpoint + ": objects of which only the id is shown",
	}
}

// rest is a listing whose first page came in a batch.
func (c *Client) rest(family wire.Family, endpoint string, u *url.URL, first wire.Answer) wire.Listing {
	return wire.Listing{
		Request: wire.Request{Family: family, Endpoint: endpoint, Build: func(ctx context.Context) (*http.Request, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
			if err == nil {
				req.Header.Set("x-ms-throttle-priority", "low")
			}
			return req, err
		}},
		First: &first, Key: "id", Prefix: v1 + "/",
		Headers: map[string]string{"x-ms-throttle-priority": "low"},
	}
}

// question is a GET that is asked about many objects.
type question struct {
	family   wire.Family
	endpoint string
	cost     int
	needs    string
	info     func(id string) information
}

// ask puts a question about every object, twenty at a time, and reads the answers that came. What the
// directory refuses of a whole chunk for want of a permission or a licence is not asked for the others;
// mailboxes and drives may be refused one by one.
func (c *Client) ask(ctx context.Context, q question, ids []string, done func(n int), read func(id string, u *url.URL, answer wire.Answer) Outcome) map[string]Outcome {
	// One batch shows whether all will be refused; then as many at once as keep the batches busy.
	const probe, chunk = 20, 500
	out := make(map[string]Outcome, len(ids))
	var refusal *Outcome
	parts := [][]string{ids[:min(probe, len(ids))]}
	parts = slices.AppendSeq(parts, slices.Chunk(ids[min(probe, len(ids)):], chunk))
	for _, part := range parts {
		done(len(part))
		if refusal != nil {
			for _, id := range part {
				out[id] = *refusal
			}
			continue
		}
		var items []wire.Item
		var asked []string
		for _, id := range part {
			req, err := c.build(q.info(id))(ctx)
			if err != nil {
				out[id] = Outcome{Fact: unknown(err, q.needs), From: snapshot.Provenance{Endpoint: q.endpoint}, Err: err}
				continue
			}
			items, asked = append(items, wire.Item{Endpoint: q.endpoint, URL: req.URL, Cost: q.cost}), append(asked, id)
		}
		refused := q.family == wire.Identity
		for i, answer := range c.wire.Batch(ctx, q.family, v1, items) {
			var o Outcome
			if answer.Err != nil {
				o = Outcome{Fact: unknown(answer.Err, q.needs), From: failed(q.endpoint, answer.Err), Err: answer.Err}
			} else {
				o = read(asked[i], items[i].URL, answer.Answer)
			}
			out[asked[i]] = o
			if refused = refused && permanent(o.Fact); refused && i == probe-1 {
				o.Fact.Value = nil // a part is that person's
				refusal = &o
			}
		}
	}
	return out
}

// kindOf is the type of an entity in a collection of several types, without its namespace.
func kindOf(r row) string {
	kind, _ := r["@odata.type"].(string)
	return strings.TrimPrefix(kind, "#microsoft.graph.")
}

// picked reads a row into its named properties and its kind.
func picked(properties []string) func(row) (any, error) {
	return func(r row) (any, error) {
		clean, err := pick(r, properties)
		if err != nil {
			return nil, err
		}
		clean["kind"] = kindOf(r)
		return clean, nil
	}
}

// information makes a request that the SDK has no small package for: its packages for groups and roles
// alone would double the time that a build takes.
func (c *Client) information(template string, path, query map[string]string) information {
	return func(context.Context) (*abstractions.RequestInformation, error) {
		parameters := c.path(v1)
		for name, value := range path {
			parameters[name] = value
		}
		ri := abstractions.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(abstractions.GET, "{+baseurl}"+template, parameters)
		for name, value := range query {
			ri.QueryParameters[name] = value
		}
		return ri, nil
	}
}
