package graph

import (
	"context"
	"errors"

	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// Peek asks a list for one page of its smallest rows, to learn whether it may be read at all. The fact has no
// value: what came back is thrown away. Query holds $select, $top, $filter without the dollar sign.
func (c *Client) Peek(ctx context.Context, family wire.Family, endpoint, path string, query map[string]string) Outcome {
	encoded := make(map[string]string, len(query))
	for name, value := range query {
		encoded["%24"+name] = value
	}
	answer, err := c.wire.Do(ctx, wire.Request{
		Family: family, Endpoint: endpoint, Cost: 1,
		Build: c.build(c.information(path+"{?%24select,%24top}", nil, encoded)),
	})
	if err != nil {
		return Outcome{Fact: unknown(err, ""), From: failed(endpoint, err), Err: err}
	}
	from := snapshot.Provenance{Endpoint: endpoint, At: answer.At, RequestID: answer.RequestID, Attempts: answer.Attempts, Status: answer.Status}
	r, err := decode(answer.Body)
	if _, list := r["value"].([]any); err == nil && !list {
		err = errors.New("an answer that is no list")
	}
	if err != nil {
		return Outcome{Fact: malformed(endpoint, err), From: from, Err: err}
	}
	return Outcome{Fact: snapshot.Fact{State: snapshot.Read}, From: from}
}
