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
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

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

// sideBySide is how many batches are on their way at most; the family's gate decides how many really are.
const sideBySide = 8

// Batch sends GETs of one family together, twenty at a time, and gives each its own outcome, in the
// order of the items. An item that the service throttles or fails is sent again, alone with its like,
// as Do would; the quota is the same as for single requests. A batch that is refused as such is sent in
// halves, down to single requests. Version is the path before the items' own, such as "/v1.0".
func (c *Client) Batch(ctx context.Context, family Family, version string, items []Item) []Outcome {
	b := batch{client: c, family: family, version: version, items: items, outcomes: make([]Outcome, len(items)), tries: make([]try, len(items)), keys: make([]journal.Key, len(items))}
	var open []int
	for i, item := range items {
		b.tries[i] = try{client: c, started: time.Now(), req: Request{Family: family, Endpoint: item.Endpoint, Cost: max(1, item.Cost), Build: func(ctx context.Context) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, item.URL.String(), nil)
		}}}
		var keyed, kept bool
		if b.keys[i], keyed = c.key(ctx, b.tries[i].req); keyed {
			b.outcomes[i].Answer, kept = c.recall(b.keys[i])
		}
		if !kept {
			open = append(open, i)
		}
	}
	var group errgroup.Group
	group.SetLimit(sideBySide)
	for chunk := range slices.Chunk(open, maxBatch) {
		group.Go(func() error { b.send(ctx, chunk); return nil })
	}
	_ = group.Wait() // every item has its outcome
	return b.outcomes
}

// batch is one call of Batch; its parts work on different items.
type batch struct {
	client   *Client
	family   Family
	version  string
	items    []Item
	outcomes []Outcome
	tries    []try
	keys     []journal.Key
}

// send sends items until each has an outcome.
func (b *batch) send(ctx context.Context, open []int) {
	for len(open) > 0 {
		answers, err := b.client.envelope(ctx, b, open)
		if err != nil && divisible(err, len(open)) {
			b.divide(ctx, open)
			return
		}
		var wait time.Duration
		var again []int
		for _, i := range open {
			t := &b.tries[i]
			if err != nil {
				b.outcomes[i].Err = err
				continue
			}
			t.attempts++
			answer, failure := t.item(b.client.gates[b.family], answers[i])
			if failure == nil {
				b.done(i, answer)
				continue
			}
			b.outcomes[i] = Outcome{Err: failure}
			if before, ok := t.next(ctx, failure); ok {
				wait = max(wait, before)
				again = append(again, i)
			}
		}
		if open = again; len(open) > 0 && pause(ctx, wait) != nil {
			return
		}
	}
}

// divide sends the halves of a batch that the service would not have as a whole; what cannot be divided
// goes without an envelope.
func (b *batch) divide(ctx context.Context, open []int) {
	if len(open) > 1 {
		b.send(ctx, open[:len(open)/2])
		b.send(ctx, open[len(open)/2:])
		return
	}
	answer, err := b.client.send(ctx, b.tries[open[0]].req)
	if err != nil {
		b.outcomes[open[0]] = Outcome{Err: err}
		return
	}
	b.done(open[0], answer)
}

func (b *batch) done(i int, answer Answer) {
	b.outcomes[i] = Outcome{Answer: answer}
	if b.client.journal != nil {
		b.client.remember(b.keys[i], answer)
	}
}

// hasty batches are given back when they are throttled, and come again in halves; smaller ones wait.
func hasty(size int) bool { return size > maxBatch/2 }

// divisible reports whether a batch was refused for being one, or for its size.
func divisible(err error, size int) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return e.Kind == Refused
	case http.StatusTooManyRequests:
		return e.Kind == Throttled && hasty(size)
	}
	return false
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

// envelope sends one batch and returns the answers by item; an item without an answer is missing. One of
// more than half the size is given back when it is throttled, to be sent in halves.
func (c *Client) envelope(ctx context.Context, b *batch, chunk []int) (map[int]itemAnswer, error) {
	family, version, items := b.family, b.version, b.items
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
		if b.tries[i].topless {
			whole := *u
			u = &whole
			withoutTop(u)
		}
		doc.Requests = append(doc.Requests, batchItem{ID: strconv.Itoa(i), Method: http.MethodGet, URL: strings.TrimPrefix(u.RequestURI(), version)})
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("build a batch: %w", err)
	}
	answer, err := c.send(ctx, Request{
		Family: family, Endpoint: "POST " + version + "/$batch", Cost: cost, hasty: hasty(len(chunk)),
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
