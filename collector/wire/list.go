package wire

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxRestarts is how often a listing whose link was lost or repeated starts anew.
const maxRestarts = 3

const (
	// maxIdle is how many pages in a row may bring nothing new; Graph sends a few empty ones.
	maxIdle = 50
	// maxPages bounds a listing: a tenant of five million users has fewer.
	maxPages = 10_000
)

// Listing is the read of one collection, page by page.
type Listing struct {
	Request
	// Follow makes the request for a nextLink. Nil means a GET of the link.
	Follow func(ctx context.Context, link *url.URL) (*http.Request, error)
	// First is the first page when it has come already, in a batch. Nil means that it is asked for.
	First *Answer
	// Key names the property that tells rows apart; without one, only rows that are alike to the letter are
	// taken for one.
	Key string
	// Repeats means that a row may come again because its last word counts: all are given out.
	Repeats bool
	// Prefix is the path prefix that links must keep, such as "/v1.0/".
	Prefix string
	// Headers are set again on every link: Graph does not carry them.
	Headers map[string]string
	// Fresh keeps the listing out of the journal: what it has is held against other listings of the same
	// moment.
	Fresh bool
	// Check looks at a page before its rows are taken: what a service says beside them may make the listing
	// a part. Nil looks at nothing.
	Check func(page []byte) error
}

// Listed says how a listing went.
type Listed struct {
	Pages, Rows, Distinct, Restarts int
	// Count is the service's own @odata.count, -1 when it gave none.
	Count     int
	RequestID string
	Attempts  int
	Status    int
	At        time.Time
	// Delta is the link of the last page at which the service tells what changes from now on; nil when there was none.
	Delta *url.URL
}

// errLost means that a listing must start anew.
var errLost = errors.New("the link of the next page is no longer good")

// List yields every row once. A nil error means that the listing was read to its end and agrees with
// the service's own count; with any other error the rows yielded so far are a part. A listing that the
// journal has whole is not asked for again.
func (c *Client) List(ctx context.Context, l Listing, yield func(row json.RawMessage) error) (Listed, error) {
	key, ok := c.key(ctx, l.Request)
	if !ok || l.First != nil || l.Fresh {
		return c.list(ctx, l, yield)
	}
	if list, ok, err := c.recallList(key, yield); err != nil {
		return list, &Error{Kind: Integrity, Endpoint: l.Endpoint, Err: err}
	} else if ok {
		return list, nil
	}
	keeping, seal := c.keepRows(key, yield)
	list, err := c.list(ctx, l, keeping)
	if err == nil && list.Delta == nil {
		seal(list) // a delta token has its own place, and only there
	}
	return list, err
}

func (c *Client) list(ctx context.Context, l Listing, yield func(row json.RawMessage) error) (Listed, error) {
	run := listRun{client: c, listing: l, yield: yield, seen: map[rowKey]struct{}{}, sum: Listed{Count: -1}}
	for {
		err := run.pages(ctx)
		if errors.Is(err, errLost) && l.Key != "" && run.sum.Restarts < maxRestarts {
			run.sum.Restarts++
			continue
		}
		run.sum.Distinct = run.sum.Rows
		if err != nil {
			var e *Error
			if errors.Is(err, errLost) {
				err = errors.New(err.Error()) // what the service said of its own link is not why the rows are unknown
			}
			if !errors.As(err, &e) {
				err = &Error{Kind: Integrity, Endpoint: l.Endpoint, Attempts: run.sum.Attempts, RequestID: run.sum.RequestID, At: run.sum.At, Err: err}
			}
			return run.sum, err
		}
		if run.sum.Count > run.sum.Distinct {
			return run.sum, &Error{
				Kind: Integrity, Endpoint: l.Endpoint, Attempts: run.sum.Attempts, RequestID: run.sum.RequestID, At: run.sum.At,
				Err: fmt.Errorf("the service counts %d rows and gave %d", run.sum.Count, run.sum.Distinct),
			}
		}
		return run.sum, nil
	}
}

type listRun struct {
	client  *Client
	listing Listing
	yield   func(json.RawMessage) error
	seen    map[rowKey]struct{}
	sum     Listed
}

type page struct {
	Value    *[]json.RawMessage `json:"value"`
	NextLink *string            `json:"@odata.nextLink"`
	Delta    *string            `json:"@odata.deltaLink"`
	Count    *int               `json:"@odata.count"`
}

// pages reads from the first page to the last.
func (r *listRun) pages(ctx context.Context) error {
	req, visited, idle := r.listing.Request, map[string]bool{}, 0
	for first := true; ; first = false {
		answer, err := r.next(ctx, req)
		if err != nil {
			if !first && lost(err) {
				r.listing.topless = r.listing.topless || sizeRefused(err)
				return fmt.Errorf("%w: %w", errLost, err)
			}
			return err
		}
		r.sum.Pages++
		r.sum.Attempts += answer.Attempts
		r.sum.RequestID, r.sum.Status, r.sum.At = answer.RequestID, answer.Status, answer.At
		p, err := r.decode(answer)
		if err != nil {
			return err
		}
		if p.Count != nil { // documented for the first page; a later one is no less to be believed
			r.sum.Count = max(r.sum.Count, *p.Count)
		}
		before := r.sum.Rows
		if err := r.rows(*p.Value); err != nil {
			return err
		}
		if idle++; r.sum.Rows > before || r.sum.Restarts > 0 {
			idle = 0 // what comes again after a restart is no standstill
		}
		if idle > maxIdle || r.sum.Pages > maxPages {
			return fmt.Errorf("%w: the listing does not come to an end", errLost)
		}
		if p.NextLink == nil {
			if p.Delta != nil {
				r.sum.Delta, err = r.link(*p.Delta, answer)
			}
			return err
		}
		if visited[*p.NextLink] {
			return fmt.Errorf("%w: the service gave the same link twice", errLost)
		}
		visited[*p.NextLink] = true
		link, err := r.link(*p.NextLink, answer)
		if err != nil {
			return err
		}
		req.linked = true
		req.Build = func(ctx context.Context) (*http.Request, error) {
			if r.listing.Follow != nil {
				return r.listing.Follow(ctx, link)
			}
			next, err := http.NewRequestWithContext(ctx, http.MethodGet, link.String(), nil)
			if err != nil {
				return nil, err
			}
			for name, value := range r.listing.Headers {
				next.Header.Set(name, value)
			}
			return next, nil
		}
	}
}

// link checks a link of an answer.
func (r *listRun) link(raw string, answer Answer) (*url.URL, error) {
	link, err := r.client.link(raw, r.listing.Prefix)
	if err == nil {
		return link, nil
	}
	if r.client.foreign != nil {
		r.client.foreign(err)
	}
	return nil, &Error{Kind: Integrity, Endpoint: r.listing.Endpoint, RequestID: answer.RequestID, Attempts: answer.Attempts, At: answer.At, Err: err}
}

// next is the page that is at hand, once, or the next one from the service.
func (r *listRun) next(ctx context.Context, req Request) (Answer, error) {
	if first := r.listing.First; first != nil {
		r.listing.First = nil
		return *first, nil
	}
	return r.client.send(ctx, req)
}

func (r *listRun) decode(a Answer) (page, error) {
	var p page
	err := json.Unmarshal(a.Body, &p)
	if err == nil && p.Value == nil {
		err = errors.New(`a listing without an array "value"`)
	}
	if err == nil && p.NextLink != nil && *p.NextLink == "" {
		err = errors.New("a listing with an empty @odata.nextLink")
	}
	if err == nil && r.listing.Check != nil {
		if err := r.listing.Check(a.Body); err != nil {
			return p, err
		}
	}
	if err != nil {
		return p, &Error{Kind: Malformed, Endpoint: r.listing.Endpoint, Status: a.Status, RequestID: a.RequestID, Attempts: a.Attempts, At: a.At, Err: err}
	}
	return p, nil
}

func (r *listRun) rows(rows []json.RawMessage) error {
	for _, row := range rows {
		fresh, err := r.fresh(row)
		if err != nil {
			return &Error{Kind: Malformed, Endpoint: r.listing.Endpoint, RequestID: r.sum.RequestID, Attempts: r.sum.Attempts, At: r.sum.At, Err: err}
		}
		if !fresh {
			continue
		}
		r.sum.Rows++
		if err := r.yield(row); err != nil {
			return err
		}
	}
	return nil
}

// rowKey tells rows apart: a part of the digest of a row's id, or of the row itself where it has none.
type rowKey [16]byte

// fresh reports whether a row has not come before. Pages may overlap.
func (r *listRun) fresh(row json.RawMessage) (bool, error) {
	if r.listing.Repeats {
		return true, nil
	}
	name := []byte(row)
	if r.listing.Key != "" {
		id, err := keyOf(row, r.listing.Key)
		if err != nil {
			return false, err
		}
		name = []byte(id)
	}
	sum := sha256.Sum256(name)
	key := rowKey(sum[:len(rowKey{})])
	if _, ok := r.seen[key]; ok {
		return false, nil
	}
	r.seen[key] = struct{}{}
	return true, nil
}

func keyOf(row json.RawMessage, key string) (string, error) {
	var properties map[string]json.RawMessage
	if err := json.Unmarshal(row, &properties); err != nil {
		return "", fmt.Errorf("a row that is not an object: %w", err)
	}
	var id string
	if err := json.Unmarshal(properties[key], &id); err != nil || id == "" {
		return "", fmt.Errorf("a row without %q", key)
	}
	return strings.ToLower(id), nil
}

// link accepts only a link to the client's own origin, below prefix, without tricks in the path.
func (c *Client) link(raw, prefix string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, foreign("what is no URL")
	}
	if err := sameOrigin(c.base, u); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(u.Path, prefix) || strings.Contains(u.Path, "/../") || u.Fragment != "" {
		return nil, foreign("another path of " + u.Host)
	}
	return u, nil
}

// lost reports whether the service says that its own link has expired.
func lost(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Kind != Refused || e.Status != http.StatusBadRequest && e.Status != http.StatusGone && e.Status != http.StatusNotFound {
		return false
	}
	if sizeRefused(err) {
		return true
	}
	said := strings.ToLower(e.Code + " " + e.Message)
	for _, sign := range []string{"expiredpagetoken", "pagetokennotfound", "skip token", "skiptoken", "page token"} {
		if strings.Contains(said, sign) {
			return true
		}
	}
	return false
}

// sizeRefused reports whether the service does not like the size of pages that it was asked for, and took
// before.
func sizeRefused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusBadRequest && aboutTop(e.Message)
}
