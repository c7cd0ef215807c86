package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// try is the state of one request over its attempts.
type try struct {
	client   *Client
	req      Request
	started  time.Time
	attempts int

	failing, garbage, unreachable int
	renewed                       bool
	claims                        string
	retryAfter                    time.Duration
	emptyNotFound                 bool
	topless                       bool // the service did not like the page size that was asked for
}

// once sends one attempt. Throttling closes the family's gate before it returns.
func (t *try) once(ctx context.Context) (Answer, *Error) {
	c, e := t.client, &Error{Endpoint: t.req.Endpoint, Attempts: t.attempts}
	g, ok := c.gates[t.req.Family]
	if !ok {
		e.Kind, e.Err = Malformed, fmt.Errorf("no limit for family %q", t.req.Family)
		return Answer{}, e
	}
	if g.shut() && g.starved() >= longestWait {
		e.Kind, e.Err = Throttled, errors.New("the service has been throttling this kind of request for hours")
		return Answer{}, e
	}
	if err := g.enter(ctx, max(1, t.req.Cost)); err != nil {
		c.hurried.Store(c.hurried.Load() || errors.Is(err, context.DeadlineExceeded))
		if e.Kind, e.Err = Timeout, err; g.shut() && errors.Is(err, context.DeadlineExceeded) {
			e.Kind = Throttled // by what the service said to another request
		}
		return Answer{}, e
	}
	throttled := false
	defer func() { g.leave(throttled) }()

	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	hr, err := t.build(ctx)
	if err != nil {
		e.Kind, e.Err = Malformed, err
		if errors.As(err, new(*signInError)) {
			e.Kind = SignIn
		}
		if ctx.Err() != nil {
			e.Kind = Timeout // no word of the sign-in's, only no time for it
		}
		return Answer{}, e
	}
	c.counts[t.req.Family].Add(1)
	resp, err := c.transport.RoundTrip(hr)
	if err != nil {
		e.Kind, e.Err = networkKind(err), err
		return Answer{}, e
	}
	defer resp.Body.Close()
	e.At = c.observe(resp)
	g.heed(resp.Header, max(1, t.req.Cost))
	e.Status, e.RequestID = resp.StatusCode, requestID(resp.Header)
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if resp.StatusCode >= 400 {
		throttled = resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable
		t.refused(e, resp, body, g)
		return Answer{}, e
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.Kind, e.Err = Timeout, fmt.Errorf("the answer did not come to its end: %w", err)
	case err != nil:
		e.Kind, e.Err = Malformed, fmt.Errorf("the answer broke off: %w", err)
	case len(body) > maxBody:
		e.Kind, e.Err = Malformed, fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)
	case resp.StatusCode >= 300:
		e.Kind, e.Err = Malformed, errors.New("the service redirects; redirects are not followed")
	default:
		if err := checkBody(resp.Header, body); err != nil {
			e.Kind, e.Err = Malformed, err
		}
	}
	if e.Kind != "" {
		return Answer{}, e
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: body, RequestID: e.RequestID, Attempts: t.attempts, At: e.At}, nil
}

// build makes the request and gives it the token, to the client's own origin only.
func (t *try) build(ctx context.Context) (*http.Request, error) {
	hr, err := t.req.Build(ctx)
	if err != nil {
		return nil, fmt.Errorf("build the request: %w", err)
	}
	if hr.Method != http.MethodGet && hr.Method != http.MethodPost {
		return nil, fmt.Errorf("refuse to send a %s: this program only reads", hr.Method)
	}
	if err := sameOrigin(t.client.base, hr.URL); err != nil {
		return nil, err
	}
	if t.topless {
		withoutTop(hr.URL)
	}
	token, err := t.client.tokens.Token(ctx, t.claims)
	if err != nil {
		return nil, &signInError{err}
	}
	hr.Header.Set("Authorization", "Bearer "+token)
	hr.Header.Set("User-Agent", t.client.userAgent)
	hr.Header.Set("Accept", "application/json")
	return hr, nil
}

type signInError struct{ err error }

func (e *signInError) Error() string { return "get a token: " + e.err.Error() }
func (e *signInError) Unwrap() error { return e.err }

// refused reads a 4xx or 5xx answer into e.
func (t *try) refused(e *Error, resp *http.Response, body []byte, g *gate) {
	e.Kind = Refused
	e.Code, e.Message = errorBody(body)
	t.retryAfter, t.emptyNotFound, t.claims = 0, false, ""
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		t.claims = cmp.Or(challengeClaims(resp.Header), Renew)
	case http.StatusNotFound:
		t.emptyNotFound = len(body) == 0
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		e.Kind = Throttled
		t.retryAfter = retryAfter(resp.Header, e.At)
		if t.retryAfter > 0 {
			// A tenth more, at random, keeps those who waited from arriving together.
			g.close(time.Now().Add(t.retryAfter + jitter(t.retryAfter/10)))
		}
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusInsufficientStorage, 509:
		e.Kind = Timeout
	}
}

// next decides whether the failure may pass, and how long to wait for that.
func (t *try) next(ctx context.Context, e *Error) (time.Duration, bool) {
	if ctx.Err() != nil {
		return 0, false
	}
	switch e.Kind {
	case Throttled:
		if t.req.hasty && e.Status == http.StatusTooManyRequests {
			return 0, false
		}
		wait := backoff(t.attempts)
		if t.retryAfter > 0 {
			wait = 0 // the gate keeps the fence
		}
		left := longestWait - t.client.gates[t.req.Family].starved()
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < left {
			left = time.Until(deadline)
			if max(wait, t.retryAfter) >= left {
				t.client.hurried.Store(true)
			}
		}
		if t.retryAfter == 0 && t.attempts >= failingTries {
			return 0, false // it does not say that waiting helps
		}
		return wait, t.attempts < throttledTries && max(wait, t.retryAfter) < left
	case Timeout:
		t.failing++
		return backoff(t.failing), e.Status != 0 && t.failing < failingTries || e.Status == 0 && t.failing < malformedTries
	case Malformed:
		t.garbage++
		return backoff(t.garbage), t.garbage < malformedTries && e.Status != 0
	case Unreachable:
		t.unreachable++
		return backoff(t.unreachable), t.unreachable < unreachableTries
	case Refused:
		if e.Status == http.StatusUnauthorized && !t.renewed {
			t.renewed = true
			return 0, true
		}
		if e.Status == http.StatusBadRequest && !t.req.linked && !t.topless && aboutTop(e.Message) {
			t.topless = true
			return 0, true
		}
		if e.Status == http.StatusNotFound && t.emptyNotFound {
			t.garbage++
			e.Kind = Malformed
			return backoff(t.garbage), t.garbage < 2
		}
	case Integrity, SignIn:
	}
	return 0, false
}

// aboutTop reports whether a refusal is about the size of pages, of which Microsoft changed the maximum more
// than once (facts/reliability.md 2.1).
func aboutTop(message string) bool {
	message = strings.ToLower(message)
	return strings.Contains(message, "page size") || strings.Contains(message, "$top")
}

// withoutTop leaves the size of pages to the service.
func withoutTop(u *url.URL) {
	query := u.Query()
	query.Del("$top")
	u.RawQuery = query.Encode()
}
