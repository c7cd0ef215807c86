package wire

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"leavercheck/collector/journal"
)

const (
	// maxBody bounds one answer; Graph's largest page stays below 16 MiB.
	maxBody = 64 << 20
	// attemptTimeout bounds one attempt, headers and body.
	attemptTimeout = 100 * time.Second
	// malformedTries is how often an answer may be garbage before it counts as the service's word.
	malformedTries = 3
	// unreachableTries is how often a connection may fail before the endpoint counts as out of reach.
	unreachableTries = 4
	// failingTries is how often a service may fail (5xx, resets, time-outs) before the request is given up.
	failingTries = 8
	// throttledTries is how often a service may refuse one request for being asked too much.
	throttledTries = 40
	// longestWait is the longest that a service may throttle a family without a single answer; when it
	// is over, the rest of the family fails at once instead of waiting as long again.
	longestWait = 2 * time.Hour
)

// Tokens gives the bearer token for one service. Claims, when not empty, are those that the service
// asked for in a challenge, or Renew: a cached token will not do then.
type Tokens interface {
	Token(ctx context.Context, claims string) (string, error)
}

// Renew are the claims of a token that the service refused without saying what it misses: none but a new token.
const Renew = "{}"

// Options say how a Client talks to one service.
type Options struct {
	// Base is the service's root, https, without a path: everything is sent there and nowhere else.
	Base *url.URL
	// Transport sends; it must not retry or follow redirects.
	Transport http.RoundTripper
	Tokens    Tokens
	Limits    Limits
	// UserAgent names this program to the service.
	UserAgent string
	// Foreign, when not nil, is told of every link to another origin (ErrForeign).
	Foreign func(error)
	// Journal, when not nil, has the answers of an interrupted run and keeps this one's.
	Journal *journal.Journal
}

// Client talks to one service in one tenant. It is safe for concurrent use.
type Client struct {
	base      *url.URL
	transport http.RoundTripper
	tokens    Tokens
	userAgent string
	foreign   func(error)
	journal   *journal.Journal
	gates     map[Family]*gate
	skew      atomic.Int64
	hurried   atomic.Bool
	counts    map[Family]*atomic.Int64
}

// New makes a client.
func New(o Options) *Client {
	c := &Client{
		base: o.Base, transport: o.Transport, tokens: o.Tokens, userAgent: o.UserAgent, foreign: o.Foreign, journal: o.Journal,
		gates: map[Family]*gate{}, counts: map[Family]*atomic.Int64{},
	}
	for family, limit := range o.Limits {
		c.gates[family] = newGate(limit)
		c.counts[family] = new(atomic.Int64)
	}
	return c
}

// Fit sets the rates to those of a tenant with so many users.
func (c *Client) Fit(users int) {
	for _, g := range c.gates {
		g.rate.SetLimit(rate.Limit(g.limit.rate(users)))
	}
}

// Request is one read, as often as it takes.
type Request struct {
	Family Family
	// Endpoint is the request as documented, for messages and provenance: "GET /v1.0/users".
	Endpoint string
	// Cost in units of the family's limit, at least 1.
	Cost int
	// Build makes the request anew for every attempt, without Authorization. GET and POST only.
	Build func(ctx context.Context) (*http.Request, error)
	// hasty requests come back when they are throttled, once the gate is shut.
	hasty bool
	// linked requests follow a link, which is not to be changed; topless ones leave the size of pages to the
	// service.
	linked, topless bool
}

// Answer is a 2xx answer with a JSON object as body.
type Answer struct {
	Status    int
	Header    http.Header
	Body      []byte
	RequestID string
	Attempts  int
	At        time.Time
}

// Skew is the service's clock minus ours, by the Date header of its last answer.
func (c *Client) Skew() time.Duration { return time.Duration(c.skew.Load()) }

// Hurried reports whether a request was given up because the context's deadline left no time for it.
func (c *Client) Hurried() bool { return c.hurried.Load() }

// Requests counts what was sent, by family; an item of a batch counts as one.
func (c *Client) Requests() map[Family]int {
	out := map[Family]int{}
	for family, n := range c.counts {
		if v := n.Load(); v > 0 {
			out[family] = int(v)
		}
	}
	return out
}

// Do sends a request until it brings an answer to be trusted or an *Error that says why not. An answer
// that the journal has is not asked for again.
func (c *Client) Do(ctx context.Context, req Request) (Answer, error) {
	key, ok := c.key(ctx, req)
	if !ok {
		return c.send(ctx, req)
	}
	if answer, ok := c.recall(key); ok {
		return answer, nil
	}
	answer, err := c.send(ctx, req)
	if err == nil {
		c.remember(key, answer)
	}
	return answer, err
}

func (c *Client) send(ctx context.Context, req Request) (Answer, error) {
	t := try{client: c, req: req, started: time.Now(), topless: req.topless}
	for {
		t.attempts++
		answer, failure := t.once(ctx)
		if failure == nil {
			return answer, nil
		}
		wait, again := t.next(ctx, failure)
		if !again {
			return Answer{}, failure
		}
		if err := pause(ctx, wait); err != nil {
			failure.Err = errors.Join(failure.Err, err)
			return Answer{}, failure
		}
	}
}

// observe notes the service's clock and returns ours.
func (c *Client) observe(resp *http.Response) time.Time {
	now := time.Now().UTC()
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		c.skew.Store(int64(at.Sub(now.Truncate(time.Second))))
	}
	return now
}

func requestID(h http.Header) string {
	id := h.Get("request-id")
	if len(id) > 64 {
		id = id[:64]
	}
	return id
}

func networkKind(err error) Kind {
	var timeout net.Error
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns), errors.As(err, &op) && op.Op == "dial", isTLS(err), isProxyError(err):
		return Unreachable
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Timeout
	case errors.Is(err, context.Canceled):
		return Timeout
	}
	// Resets, unexpected ends, HTTP/2 stream errors: the service or a middlebox gave up half-way.
	return Timeout
}

// isProxyError reports whether the way to the service is barred by a proxy.
func isProxyError(err error) bool {
	return errors.Is(err, ErrProxy) || errors.As(err, new(*proxyError)) || strings.HasSuffix(err.Error(), http.StatusText(http.StatusProxyAuthRequired))
}

// jitter is a random part of d.
func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d)
}

// backoff is the wait before the next attempt: full jitter over a doubling span, a minute at most.
func backoff(attempt int) time.Duration {
	span := min(time.Minute, time.Second<<min(attempt-1, 6))
	return time.Millisecond + jitter(span)
}

// sameOrigin refuses whatever is not of the client's scheme, host and port.
func sameOrigin(base, u *url.URL) error {
	switch {
	case u.User != nil:
		return foreign(u.Host + " with user information")
	case u.Scheme != base.Scheme:
		return foreign(u.Scheme + "://" + u.Host)
	case !strings.EqualFold(hostPort(u), hostPort(base)):
		return foreign(u.Host)
	}
	return nil
}

// ErrForeign means that a link led away from the service that gave it. Whoever wrote that link, nothing
// else that came with it is to be believed.
var ErrForeign = errors.New("refuse to follow a link to another origin")

func foreign(where string) error { return fmt.Errorf("%w: %.100q", ErrForeign, where) }

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
