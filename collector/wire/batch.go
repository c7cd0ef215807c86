package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"leavercheck/collector/journal"
)

// maxBatch is how many requests one $batch may hold (learn.microsoft.com/graph/json-batching).
const maxBatch = 20

// Item is one GET of a batch.
type Item struct {
	// Endpoint is the request as documented.
	Endpoint string
	// URL is the absolute URL of the request, below the batch's version.
	URL *url.URL
	// Cost is what the request counts for in the family's quota; 0 means 1.
	Cost int
}

// Outcome is what one item of a batch came to: an answer, or an *Error.
type Outcome struct {
	Answer Answer
	Err    error
}

// Batch sends GETs of one family together, twenty at a time, and gives each its own outcome, in the
// order of the items. An item that the service throttles or fails is sent again, alone with its like,
// as Do would; the quota is the same as for single requests. Version is the path before the items'
// own, such as "/v1.0".
func (c *Client) Batch(ctx context.Context, family Family, version string, items []Item) []Outcome {
	outcomes := make([]Outcome, len(items))
	open := make([]int, 0, len(items))
	tries := make([]try, len(items))
	keys := make([]journal.Key, len(items))
	for i, item := range items {
		tries[i] = try{client: c, started: time.Now(), req: Request{Family: family, Endpoint: item.Endpoint, Cost: 1, Build: func(ctx context.Context) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, item.URL.String(), nil)
		}}}
		var keyed, kept bool
		if keys[i], keyed = c.key(ctx, tries[i].req); keyed {
			outcomes[i].Answer, kept = c.recall(keys[i])
		}
		if !kept {
			open = append(open, i)
		}
	}
	for len(open) > 0 {
		var wait time.Duration
		var again []int
		for start := 0; start < len(open); start += maxBatch {
			chunk := open[start:min(start+maxBatch, len(open))]
			answers, err := c.envelope(ctx, family, version, items, chunk)
			for _, i := range chunk {
				t := &tries[i]
				if err != nil {
					outcomes[i].Err = err
					continue
				}
				t.attempts++
				answer, failure := t.item(c.gates[family], answers[i])
				outcomes[i] = Outcome{Answer: answer}
				if failure == nil {
					if c.journal != nil {
						c.remember(keys[i], answer)
					}
					continue
				}
				outcomes[i].Err = failure
				if before, ok := t.next(ctx, failure); ok {
					wait = max(wait, before)
					again = append(again, i)
				}
			}
		}
		if open = again; len(open) > 0 {
			if pause(ctx, wait) != nil {
				break
			}
		}
	}
	return outcomes
}

type batchItem struct {
	ID     string `json:"id"`
	Method string `json:"method"`
	URL    string `json:"url"`
}

type itemAnswer struct {
	ID      string                     `json:"id"`
	Status  int                        `json:"status"`
	Headers map[string]json.RawMessage `json:"headers"`
	Body    json.RawMessage            `json:"body"`

	envelope Answer
}

// envelope sends one batch and returns the answers by item; an item without an answer is missing.
func (c *Client) envelope(ctx context.Context, family Family, version string, items []Item, chunk []int) (map[int]itemAnswer, error) {
	var doc struct {
		Requests []batchItem `json:"requests"`
	}
	cost := 0
	for _, i := range chunk {
		u := items[i].URL
		cost += max(1, items[i].Cost)
		if err := sameOrigin(c.base, u); err != nil || !strings.HasPrefix(u.Path, version+"/") {
			return nil, &Error{Kind: Integrity, Endpoint: items[i].Endpoint, Err: errors.Join(err, errors.New("a batch item outside its version"))}
		}
		doc.Requests = append(doc.Requests, batchItem{ID: strconv.Itoa(i), Method: http.MethodGet, URL: strings.TrimPrefix(u.RequestURI(), version)})
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("build a batch: %w", err)
	}
	answer, err := c.send(ctx, Request{
		Family: family, Endpoint: "POST " + version + "/$batch", Cost: cost,
		Build: func(ctx context.Context) (*http.Request, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath(version, "$batch").String(), bytes.NewReader(body))
			if err == nil {
				req.Header.Set("Content-Type", "application/json")
			}
			return req, err
		},
	})
	if err != nil {
		return nil, err
	}
	c.counts[family].Add(int64(len(chunk) - 1))
	var got struct {
		Responses *[]itemAnswer `json:"responses"`
	}
	if err := json.Unmarshal(answer.Body, &got); err != nil || got.Responses == nil {
		return nil, &Error{Kind: Malformed, Endpoint: "POST " + version + "/$batch", Status: answer.Status, RequestID: answer.RequestID, Attempts: answer.Attempts, At: answer.At, Err: errors.Join(err, errors.New(`a batch answer without an array "responses"`))}
	}
	answers := map[int]itemAnswer{}
	for _, a := range *got.Responses {
		i, err := strconv.Atoi(a.ID)
		if err != nil {
			continue // an answer to nothing that was asked
		}
		if _, twice := answers[i]; twice {
			a.Status = 0 // two answers to one question: neither is to be believed
		}
		a.envelope = answer
		answers[i] = a
	}
	return answers, nil
}

// item judges one answer of a batch as once judges an answer of its own.
func (t *try) item(g *gate, a itemAnswer) (Answer, *Error) {
	e := &Error{Endpoint: t.req.Endpoint, Status: a.Status, RequestID: a.envelope.RequestID, Attempts: t.attempts, At: a.envelope.At}
	header := http.Header{}
	for name, raw := range a.Headers {
		value := strings.Trim(string(raw), `"`) // Graph also sends numbers here
		header.Set(textproto.CanonicalMIMEHeaderKey(name), value)
	}
	if header.Get("Date") == "" {
		header.Set("Date", a.envelope.Header.Get("Date"))
	}
	if id := requestID(header); id != "" {
		e.RequestID = id
	}
	switch {
	case a.Status == 0:
		e.Kind, e.Status, e.Err = Malformed, http.StatusOK, errors.New("the batch has no answer for this request, or two")
	case a.Status == http.StatusFailedDependency:
		e.Kind = Timeout
	case a.Status >= 400:
		t.refused(e, &http.Response{StatusCode: a.Status, Header: header}, a.Body, g)
	case a.Status >= 300:
		e.Kind, e.Err = Malformed, errors.New("the service redirects; redirects are not followed")
	default:
		if err := CheckJSON(a.Body); err != nil {
			e.Kind, e.Err = Malformed, err
		}
	}
	if e.Kind != "" {
		return Answer{}, e
	}
	return Answer{Status: a.Status, Header: header, Body: a.Body, RequestID: e.RequestID, Attempts: t.attempts, At: e.At}, nil
}
