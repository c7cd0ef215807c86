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

	unauthorised = "unauthorised" // the template of calls that nobody may make
)

// call is one logical request: an HTTP request, or one item of a batch. The envelope of a batch and the opening of a
// connection are calls, too, as far as faults are concerned.
type call struct {
	family   string
	template string // "GET /v1.0/users/{id}", "Get-Mailbox"
	nth      int    // this template's how-manieth call, from 1
	item     int    // place in a batch, from 0; -1 outside of one
	id       string // request-id
	asked    string // the very request, so that chance does not depend on the order in which requests come
	query    string // as sent
	eventual bool   // ConsistencyLevel: eventual
	items    int    // of an envelope
	gzip     bool   // the body came compressed
	units    int    // resource units, where the quota counts these
	page     *pageOf
	strike   *strike
	flying   *bucket // where it counts as being answered
}

// pageOf is the place of an answer in its listing.
type pageOf struct {
	from, to, total int
	// link makes a good link to the page at an offset; another salt makes another link to the same page.
	link func(offset, salt int) string
}

// answer is what a service says to a call, before it is written to a connection or into a batch.
type answer struct {
	status int
	header map[string]string
	again  map[string]string // headers that come a second time
	body   any               // JSON, unless text is set
	text   string            // text/plain, unless header says otherwise
	// numbers, in a batch, writes the headers that are numbers as numbers.
	numbers bool
	// deliver, if not nil, writes the answer in place of write, which has set the headers and encoded the body.
	deliver func(w http.ResponseWriter, r *http.Request, status int, data []byte)
}

// admit is where every call passes before it is answered, whatever its host and whether it came alone or in a
// batch: the one place to count, to refuse or to disturb it. It returns an answer to give instead, or nil.
func (t *Tenant) admit(c *call) *answer {
	t.mu.Lock()
	t.requests[c.family]++
	t.mu.Unlock()
	now := t.now()
	t.number(c)
	if a := t.fenced(c, now); a != nil {
		return a
	}
	if a := t.charge(c, now); a != nil {
		return a
	}
	return t.strikes(c, now)
}

// number gives a call its place among those of its template.
func (t *Tenant) number(c *call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls[c.template]++
	c.nth = t.calls[c.template]
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
	for name, value := range a.again {
		w.Header().Add(name, value)
	}
	var data []byte
	switch {
	case a.text != "":
		if a.header["Content-Type"] == "" {
			w.Header().Set("Content-Type", "text/plain")
		}
		data = []byte(a.text)
	case a.body != nil:
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", graphJSON)
		}
		data = encode(a.body)
	}
	w.Header().Set("Vary", "Accept-Encoding")
	if a.deliver != nil {
		a.deliver(w, r, a.status, data)
		return
	}
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
