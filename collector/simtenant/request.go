package simtenant

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The families of requests, each with a quota of its own in the real services.
const (
	familyLogin    = "login"
	familyIdentity = "identity"
	familyLogs     = "logs"
	familyIntune   = "intune"
	familyOutlook  = "outlook"
	familyExchange = "exchange"
	familyDrives   = "sharepoint"
	familyTeams    = "teams"
	familyAdmin    = "admin"
	envelopes      = "http" // HTTP requests, whatever they carried
)

// call is one logical request: an HTTP request, or one item of a batch.
type call struct {
	family   string
	template string // "GET /users/{id}", "Get-Mailbox"
	nth      int    // this template's how-manieth call, from 1
	item     int    // place in a batch, from 0; -1 outside of one
}

// answer is what a service says to a call, before it is written to a connection or into a batch.
type answer struct {
	status int
	header map[string]string
	body   any    // JSON, unless text is set
	text   string // text/plain
}

// admit is where every call passes before it is answered, whatever its host and whether it came alone or in a
// batch: the one place to count, to refuse or to disturb it. It returns an answer to give instead, or nil.
func (t *Tenant) admit(c *call) *answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests[c.family]++
	t.calls[c.template]++
	c.nth = t.calls[c.template]
	return nil
}

// arrive counts an HTTP request and gives it a number.
func (t *Tenant) arrive() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests[envelopes]++
	return t.requests[envelopes]
}

// commonHeaders sets what every answer of Microsoft's services carries.
func (t *Tenant) commonHeaders(w http.ResponseWriter, r *http.Request, nth int) (requestID string) {
	requestID = identifiers{seed: t.options.Seed}.guid("request", strconv.Itoa(nth))
	h := w.Header()
	h.Set("Date", t.now().Format(http.TimeFormat))
	h.Set("request-id", requestID)
	clientID := r.Header.Get("client-request-id")
	if clientID == "" {
		clientID = requestID
	}
	h.Set("client-request-id", clientID)
	h.Set("Cache-Control", "no-cache")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	return requestID
}

// write sends an answer, compressed when the client can read that.
func write(w http.ResponseWriter, r *http.Request, a answer) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	var data []byte
	switch {
	case a.text != "":
		w.Header().Set("Content-Type", "text/plain")
		data = []byte(a.text)
	case a.body != nil:
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", graphJSON)
		}
		data = encode(a.body)
	}
	w.Header().Set("Vary", "Accept-Encoding")
	if len(data) < 1024 || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.WriteHeader(a.status)
		_, _ = w.Write(data) // a client that is gone needs no answer
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(a.status)
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	_, _ = z.Write(data)
	_ = z.Close()
}

// encode renders JSON as Microsoft does: no HTML escapes.
func encode(v any) []byte {
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("simulated tenant: an answer cannot be encoded: " + err.Error())
	}
	return []byte(strings.TrimSuffix(text.String(), "\n"))
}

// maxBody bounds what a client may send.
const maxBody = 4 << 20

// readBody reads a request's body, gzip or plain.
func readBody(r *http.Request) ([]byte, error) {
	var body io.Reader = r.Body
	if strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		body = z
	}
	return io.ReadAll(io.LimitReader(body, maxBody))
}

// never is how Intune writes a moment that did not come.
const never = "0001-01-01T00:00:00Z"

// stamp renders a time as the directory does; nil when there is none.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}

// fine renders a time as the logs and Exchange do, with seven fractional digits; nil when there is none.
func fine(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.0000000Z")
}

// text renders a string that may be missing: null when empty.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// list renders strings as an array, empty rather than null.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
