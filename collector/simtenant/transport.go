package simtenant

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Transport reaches the tenant's hosts without a network, by the names that they have in Microsoft's clouds. It ends
// with the context of a request, and waits on the clock of package time only, so that tests can run on virtual time.
// Answers are handed over as net/http would: decompressed, and with an error where the connection breaks. A host
// that is none of the tenant's is not found (Away).
func (t *Tenant) Transport() http.RoundTripper { return transport{t} }

// Away returns the hosts other than its own that clients of Transport tried to reach.
func (t *Tenant) Away() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.away)
}

type transport struct{ t *Tenant }

// handlerOf finds the handler of a host.
func (t *Tenant) handlerOf(host string) (http.Handler, resource, bool) {
	switch host {
	case "login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn", "login.partner.microsoftonline.cn":
		return t.Login(), noResource, true
	}
	switch of := t.resourceOf("https://" + host); of {
	case graphResource:
		return t.Graph(), of, true
	case exchangeResource:
		return t.Exchange(), of, true
	case noResource:
	}
	return nil, noResource, false
}

// RoundTrip implements http.RoundTripper.
func (tr transport) RoundTrip(r *http.Request) (*http.Response, error) {
	t := tr.t
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	handler, resource, ours := t.handlerOf(strings.ToLower(r.URL.Hostname()))
	if !ours || r.URL.Scheme != "https" || r.URL.Port() != "" && r.URL.Port() != "443" {
		t.mu.Lock()
		t.away = append(t.away, r.URL.Scheme+"://"+r.URL.Host)
		t.mu.Unlock()
		return nil, connectionError("dns-failure", r.URL.Hostname())
	}
	if failure := t.connect(resource); failure != "" {
		return nil, connectionError(failure, r.URL.Hostname())
	}
	ctx, cancel := context.WithCancel(r.Context())
	served := r.Clone(ctx)
	served.Host, served.RequestURI = r.URL.Host, r.URL.RequestURI()
	if served.Body == nil {
		served.Body = http.NoBody
	}
	m := &memory{header: http.Header{}, begun: make(chan struct{})}
	m.body, m.pipe = io.Pipe()
	go m.serve(handler, served)
	select {
	case <-m.begun:
	case <-r.Context().Done():
		cancel()
		m.body.Close()
		return nil, r.Context().Err()
	}
	if m.status == 0 {
		cancel()
		return nil, m.broken
	}
	body := io.ReadCloser(&exchange{memory: m, cancel: cancel, ctx: r.Context()})
	answer := &http.Response{
		Status: fmt.Sprintf("%d %s", m.status, http.StatusText(m.status)), StatusCode: m.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: m.sent, Body: body, ContentLength: -1, Request: r,
	}
	if _, err := fmt.Sscan(m.sent.Get("Content-Length"), &answer.ContentLength); err != nil {
		answer.ContentLength = -1
	}
	if m.sent.Get("Content-Encoding") == "gzip" && r.Header.Get("Accept-Encoding") == "" {
		answer.Header.Del("Content-Encoding")
		answer.Header.Del("Content-Length")
		answer.ContentLength, answer.Uncompressed = -1, true
		answer.Body = &unzipped{under: body}
	}
	return answer, nil
}

// memory is a connection that is none: what a handler writes goes to the client as it reads.
type memory struct {
	header http.Header
	once   sync.Once
	begun  chan struct{} // closed when status and sent are known, or when the handler ended without
	status int
	sent   http.Header
	pipe   *io.PipeWriter
	body   *io.PipeReader
	broken error
}

// Header implements http.ResponseWriter.
func (m *memory) Header() http.Header { return m.header }

// WriteHeader implements http.ResponseWriter.
func (m *memory) WriteHeader(status int) {
	m.once.Do(func() {
		m.status, m.sent = status, http.Header{}
		for name, values := range m.header {
			if len(values) > 0 {
				m.sent[name] = slices.Clone(values)
			}
		}
		close(m.begun)
	})
}

// Write implements http.ResponseWriter.
func (m *memory) Write(data []byte) (int, error) {
	m.WriteHeader(http.StatusOK)
	if len(data) == 0 {
		return 0, nil
	}
	return m.pipe.Write(data)
}

// serve runs a handler to its end or to where it breaks off.
func (m *memory) serve(handler http.Handler, r *http.Request) {
	defer func() {
		if problem := recover(); problem != nil {
			if problem != http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
				panic(problem)
			}
			if m.broken == nil {
				m.broken = errReset()
			}
			m.once.Do(func() { close(m.begun) })
			_ = m.pipe.CloseWithError(m.broken) // never fails
			return
		}
		m.WriteHeader(http.StatusOK)
		_ = m.pipe.Close() // never fails
	}()
	handler.ServeHTTP(m, r)
}

// exchange is the body of an answer, as the client reads it.
type exchange struct {
	*memory
	ctx    context.Context //nolint:containedctx // of the request, whose end ends the reading
	cancel context.CancelFunc
	stop   func() bool
}

// Read implements io.Reader.
func (e *exchange) Read(p []byte) (int, error) {
	if e.stop == nil {
		e.stop = context.AfterFunc(e.ctx, func() { _ = e.body.CloseWithError(context.Cause(e.ctx)) })
	}
	n, err := e.body.Read(p)
	if ended := e.ctx.Err(); err != nil && ended != nil {
		err = ended
	}
	return n, err
}

// Close implements io.Closer.
func (e *exchange) Close() error {
	e.cancel()
	if e.stop != nil {
		e.stop()
	}
	return e.body.Close()
}

// unzipped reads a compressed body.
type unzipped struct {
	under io.ReadCloser
	plain *gzip.Reader
	err   error
}

// Read implements io.Reader.
func (u *unzipped) Read(p []byte) (int, error) {
	if u.plain == nil && u.err == nil {
		u.plain, u.err = gzip.NewReader(u.under)
	}
	if u.err != nil {
		return 0, u.err
	}
	return u.plain.Read(p)
}

// Close implements io.Closer.
func (u *unzipped) Close() error { return u.under.Close() }

// send writes an answer to a call, after the time that it takes.
func (t *Tenant) send(w http.ResponseWriter, r *http.Request, c *call, a answer) {
	defer t.leave(c)
	if !wait(r, t.latency(c)) {
		hangUp(w, r.Context().Err())
	}
	write(w, r, a)
}

// latency is how long a call takes.
func (t *Tenant) latency(c *call) time.Duration {
	if t.options.Latency == nil {
		return 0
	}
	return t.options.Latency(c.template)
}
