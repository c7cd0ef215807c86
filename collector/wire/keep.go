package wire

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"leavercheck/collector/journal"
)

// closing is what is kept of an answer or a listing beside its body or rows.
type closing struct {
	Listed    *Listed   `json:"listed,omitempty"`
	Status    int       `json:"status,omitempty"`
	RequestID string    `json:"requestId,omitempty"`
	Attempts  int       `json:"attempts,omitempty"`
	At        time.Time `json:"at,omitzero"`
}

// requestKey names a request by what it asks. The host is left out: it is the client's own, or nothing is sent.
func requestKey(hr *http.Request) (journal.Key, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s\n", hr.Method, hr.URL.RequestURI())
	if hr.Body != nil {
		if _, err := io.Copy(sum, hr.Body); err != nil {
			return journal.Key{}, fmt.Errorf("read a request's body: %w", err)
		}
	}
	return journal.Key(sum.Sum(nil)[:len(journal.Key{})]), nil
}

// key is the name of a request in the journal; false when there is no journal, or no request: then sending
// it tells why.
func (c *Client) key(ctx context.Context, req Request) (journal.Key, bool) {
	if c.journal == nil {
		return journal.Key{}, false
	}
	hr, err := req.Build(ctx)
	if err != nil {
		return journal.Key{}, false
	}
	key, err := requestKey(hr)
	return key, err == nil
}

// recall gives the answer that an earlier run had.
func (c *Client) recall(key journal.Key) (Answer, bool) {
	var body []byte
	words, ok, err := c.journal.Recall(key, func(part []byte) error {
		body = append(body, part...)
		return nil
	})
	var was closing
	if !ok || err != nil || json.Unmarshal(words, &was) != nil || was.Listed != nil {
		return Answer{}, false
	}
	return Answer{Status: was.Status, Body: body, RequestID: was.RequestID, Attempts: was.Attempts, At: was.At}, true
}

// remember keeps an answer for the next run. One that goes on elsewhere is not kept: the tokens in links
// are for nobody's disk, and do not live long.
func (c *Client) remember(key journal.Key, a Answer) {
	if bytes.Contains(a.Body, []byte("nextLink")) || bytes.Contains(a.Body, []byte("deltaLink")) {
		return
	}
	words, err := json.Marshal(closing{Status: a.Status, RequestID: a.RequestID, Attempts: a.Attempts, At: a.At})
	if err != nil {
		return
	}
	unit := c.journal.Keep(key)
	unit.Part(a.Body)
	unit.Seal(words)
}

// recallList yields the rows of a listing that an earlier run read to its end.
func (c *Client) recallList(key journal.Key, yield func(row json.RawMessage) error) (Listed, bool, error) {
	words, ok, err := c.journal.Recall(key, func(part []byte) error { return yield(part) })
	if !ok || err != nil {
		return Listed{}, ok, err
	}
	var was closing
	if err := json.Unmarshal(words, &was); err != nil || was.Listed == nil {
		return Listed{}, true, fmt.Errorf("a listing was kept without its end: %w", err)
	}
	return *was.Listed, true, nil
}

// keepRows wraps what takes a listing's rows so that they are also kept; the returned function seals them.
func (c *Client) keepRows(key journal.Key, yield func(row json.RawMessage) error) (keeping func(row json.RawMessage) error, seal func(Listed)) {
	unit := c.journal.Keep(key)
	keeping = func(row json.RawMessage) error {
		if err := yield(row); err != nil {
			return err
		}
		unit.Part(row)
		return nil
	}
	return keeping, func(list Listed) {
		if words, err := json.Marshal(closing{Listed: &list}); err == nil {
			unit.Seal(words)
		}
	}
}
