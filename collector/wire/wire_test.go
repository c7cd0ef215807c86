package wire

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// service is a scripted server without a network, so that tests can run on virtual time.
type service struct {
	mu    sync.Mutex
	asked []asked
	serve func(n int, r *http.Request) *http.Response
}

type asked struct {
	at            time.Time
	url           string
	authorization string
}

func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	n := len(s.asked)
	s.asked = append(s.asked, asked{time.Now(), r.URL.String(), r.Header.Get("Authorization")})
	s.mu.Unlock()
	resp := s.serve(n, r)
	if resp == nil {
		return nil, &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}
	}
	resp.Request = r
	if resp.Header.Get("Date") == "" {
		resp.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	return resp, nil
}

func respond(status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Add(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

type fakeTokens struct {
	mu     sync.Mutex
	claims []string
}

func (f *fakeTokens) Token(_ context.Context, claims string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.claims = append(f.claims, claims)
	return fmt.Sprintf("token-%d", len(f.claims)), nil
}

var base = &url.URL{Scheme: "https", Host: "graph.example", Path: "/"}

func client(s *service) (*Client, *fakeTokens) {
	tokens := &fakeTokens{}
	return New(Options{Base: base, Transport: s, Tokens: tokens, Limits: Unhurried(), UserAgent: "test"}), tokens
}

func get(path string) Request {
	return Request{Family: Identity, Endpoint: "GET " + path, Build: func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, base.JoinPath(path).String(), nil)
	}}
}

// An answer that is not whole, right JSON is an error that says so, after it was asked for again: never
// an empty answer.
func TestAnswersThatAreNotAnswers(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func() *http.Response{
		"empty body":                       func() *http.Response { return respond(200, "") },
		"no content type":                  func() *http.Response { r := respond(200, `{"value":[]}`); r.Header.Del("Content-Type"); return r },
		"html of a proxy":                  func() *http.Response { return respond(200, "<html>sign in", "Content-Type", "text/html") },
		"error in a 200":                   func() *http.Response { return respond(200, `{"error":{"code":"x","message":"y"}}`) },
		"truncated":                        func() *http.Response { return respond(200, `{"value":[{"id":"1"}`) },
		"two documents":                    func() *http.Response { return respond(200, `{"value":[]}{"value":[]}`) },
		"the value twice":                  func() *http.Response { return respond(200, `{"value":[{"id":"1"}],"value":[]}`) },
		"the value twice, spelt otherwise": func() *http.Response { return respond(200, `{"value":[{"id":"1"}],"Value":[]}`) },
		"an array":                         func() *http.Response { return respond(200, `[]`) },
		"not UTF-8":                        func() *http.Response { return respond(200, "{\"value\":[\"\xff\"]}") },
		"nested without end": func() *http.Response {
			return respond(200, `{"a":`+strings.Repeat("[", 500)+strings.Repeat("]", 500)+`}`)
		},
		"redirect":               func() *http.Response { return respond(302, "", "Location", "https://elsewhere.example/") },
		"redirect to nowhere":    func() *http.Response { return respond(302, "") },
		"not found without body": func() *http.Response { return respond(404, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{serve: func(int, *http.Request) *http.Response {
					r := broken()
					if r.Header.Get("Content-Type") != "" && len(r.Header.Values("Content-Type")) > 1 {
						r.Header.Set("Content-Type", r.Header.Values("Content-Type")[1])
					}
					return r
				}}
				c, _ := client(s)
				_, err := c.Do(t.Context(), get("/v1.0/users"))
				var e *Error
				if !errors.As(err, &e) || e.Kind != Malformed {
					t.Fatalf("got %v, want a malformed answer", err)
				}
				if len(s.asked) < 2 {
					t.Errorf("asked %d times; a broken answer is asked for again", len(s.asked))
				}
			})
		})
	}
}

func TestAListingWithoutAnArrayIsMalformed(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"null":         `{"value":null}`,
		"missing":      `{"@odata.context":"x"}`,
		"an object":    `{"value":{}}`,
		"row no key":   `{"value":[{"name":"x"}]}`,
		"row no thing": `{"value":[null]}`,
		"empty link":   `{"value":[],"@odata.nextLink":""}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{serve: func(int, *http.Request) *http.Response { return respond(200, body) }}
				c, _ := client(s)
				_, err := c.List(t.Context(), Listing{Request: get("/v1.0/users"), Key: "id", Prefix: "/v1.0/"}, func(json.RawMessage) error { return nil })
				var e *Error
				if !errors.As(err, &e) || e.Kind != Malformed {
					t.Fatalf("got %v, want a malformed listing", err)
				}
			})
		})
	}
}

// What passes is waited out; the service's own word on how long is kept to the letter.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		headers []string
		min     time.Duration
	}{
		"seconds":             {[]string{"Retry-After", "10"}, 10 * time.Second},
		"fraction":            {[]string{"Retry-After", "2.128"}, 2128 * time.Millisecond},
		"below one second":    {[]string{"Retry-After", "0.9"}, 900 * time.Millisecond},
		"the longer of two":   {[]string{"Retry-After", "3", "Retry-After", "30"}, 30 * time.Second},
		"a date of its clock": {[]string{"Date", "Mon, 01 Jun 2026 10:00:00 GMT", "Retry-After", "Mon, 01 Jun 2026 10:00:45 GMT"}, 45 * time.Second},
		"garbage":             {[]string{"Retry-After", "soon"}, 0},
		"negative":            {[]string{"Retry-After", "-5"}, 0},
		"absent":              {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{serve: func(n int, _ *http.Request) *http.Response {
					if n == 0 {
						return respond(429, `{"error":{"code":"TooManyRequests","message":"slow down"}}`, tc.headers...)
					}
					return respond(200, `{"ok":true}`)
				}}
				c, _ := client(s)
				answer, err := c.Do(t.Context(), get("/v1.0/users"))
				if err != nil || answer.Attempts != 2 {
					t.Fatalf("got %+v, %v; want an answer at the second attempt", answer, err)
				}
				if waited := s.asked[1].at.Sub(s.asked[0].at); waited < tc.min || waited == 0 {
					t.Errorf("waited %s, want at least %s", waited, tc.min)
				}
			})
		})
	}
}

// One refusal keeps everybody of the family waiting: a call inside the window would only extend it.
func TestTheFenceHoldsTheFamily(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var closed time.Time
		s := &service{}
		s.serve = func(n int, r *http.Request) *http.Response {
			if n == 0 {
				closed = time.Now()
				return respond(429, "", "Retry-After", "3600")
			}
			if strings.HasSuffix(r.URL.Path, "/users") && time.Since(closed) < time.Hour {
				t.Errorf("asked %s after the refusal", time.Since(closed))
			}
			return respond(200, `{"ok":true}`)
		}
		c, _ := client(s)
		var group sync.WaitGroup
		first := make(chan struct{})
		group.Go(func() {
			close(first)
			if _, err := c.Do(t.Context(), get("/v1.0/users")); err != nil {
				t.Error(err)
			}
		})
		<-first
		synctest.Wait()
		for range 20 {
			group.Go(func() {
				if _, err := c.Do(t.Context(), get("/v1.0/users")); err != nil {
					t.Error(err)
				}
			})
		}
		// Another family is not concerned.
		other := get("/v1.0/deviceManagement/managedDevices")
		other.Family = Intune
		if _, err := c.Do(t.Context(), other); err != nil || time.Since(closed) >= time.Hour {
			t.Errorf("another family waited %s: %v", time.Since(closed), err)
		}
		group.Wait()
	})
}

func TestAThrottleBeyondTheRunGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{serve: func(int, *http.Request) *http.Response { return respond(429, "", "Retry-After", "86400") }}
		c, _ := client(s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		_, err := c.Do(ctx, get("/v1.0/users"))
		var e *Error
		if !errors.As(err, &e) || e.Kind != Throttled {
			t.Fatalf("got %v, want throttled", err)
		}
		if time.Since(start) > time.Minute {
			t.Errorf("waited %s for what cannot come in time", time.Since(start))
		}
	})
}

// A family that is throttled for hours fails as a whole; it does not wait as long again for every request.
func TestAStarvedFamilyGivesUp(t *testing.T) {
	t.Parallel()
	for _, retryAfter := range []string{"30", "", "3000"} {
		t.Run("Retry-After "+retryAfter, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{serve: func(int, *http.Request) *http.Response {
					if retryAfter == "" {
						return respond(503, "")
					}
					return respond(429, "", "Retry-After", retryAfter)
				}}
				c, _ := client(s)
				start := time.Now()
				for range 200 {
					_, err := c.Do(t.Context(), get("/v1.0/users"))
					var e *Error
					if !errors.As(err, &e) || e.Kind != Throttled {
						t.Fatalf("got %v, want throttled", err)
					}
				}
				if took := time.Since(start); took > 24*time.Hour {
					t.Errorf("200 requests took %s", took)
				}
			})
		})
	}
}

func TestAListingWithoutEndIsLeft(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]string{"the same row": `{"id":"1"}`, "nothing": ``} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{serve: func(n int, _ *http.Request) *http.Response {
				return respond(200, fmt.Sprintf(`{"@odata.nextLink":"https://graph.example/v1.0/users?$skiptoken=%d","value":[%s]}`, n, row))
			}}
			_, _, err := rowsOf(t, s)
			var e *Error
			if !errors.As(err, &e) || e.Kind != Integrity || len(s.asked) > 20_000 {
				t.Errorf("%v after %d pages", err, len(s.asked))
			}
		})
	}
}

// What a service says is kept without the tokens of its pages.
func TestMessagesHoldNoPageToken(t *testing.T) {
	t.Parallel()
	s := &service{serve: func(int, *http.Request) *http.Response {
		return respond(400, `{"error":{"code":"x","message":"bad link https://graph.example/v1.0/users?$skiptoken=canary-token&x=1\nline"}}`)
	}}
	c, _ := client(s)
	_, err := c.Do(t.Context(), get("/v1.0/users"))
	if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestFailuresThatPassAreInvisible(t *testing.T) {
	t.Parallel()
	for _, status := range []int{408, 429, 500, 502, 503, 504, 507, 509, 0} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{serve: func(n int, _ *http.Request) *http.Response {
					switch {
					case n > 0:
						return respond(200, `{"ok":true}`)
					case status == 0:
						return nil // a reset
					}
					return respond(status, "<html>bad gateway")
				}}
				c, _ := client(s)
				if _, err := c.Do(t.Context(), get("/v1.0/users")); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

func TestFailuresThatDoNotPassEnd(t *testing.T) {
	t.Parallel()
	for _, status := range []int{500, 503, 0} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{serve: func(int, *http.Request) *http.Response {
					if status == 0 {
						return nil
					}
					return respond(status, "")
				}}
				c, _ := client(s)
				_, err := c.Do(t.Context(), get("/v1.0/users"))
				var e *Error
				if !errors.As(err, &e) || e.Kind != Timeout && e.Kind != Throttled {
					t.Fatalf("got %v", err)
				}
			})
		})
	}
}

func TestARefusalIsFinal(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"with code":       `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}}`,
		"with empty code": `{"error":{"code":"","message":"no"}}`,
		"empty object":    `{}`,
		"no message":      `{"error":{"code":"x"}}`,
		"nothing":         ``,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{serve: func(int, *http.Request) *http.Response { return respond(403, body) }}
				c, _ := client(s)
				_, err := c.Do(t.Context(), get("/v1.0/users"))
				var e *Error
				if !errors.As(err, &e) || e.Kind != Refused || e.Status != 403 {
					t.Fatalf("got %v", err)
				}
				if len(s.asked) != 1 {
					t.Errorf("asked %d times", len(s.asked))
				}
				if !strings.Contains(err.Error(), "403") {
					t.Errorf("the message does not say what came back: %s", err)
				}
			})
		})
	}
}

func TestAnExpiredTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	claims := base64.StdEncoding.EncodeToString([]byte(`{"access_token":{"nbf":{"essential":true}}}`))
	for name, tc := range map[string]struct {
		challenge string
		claims    string
	}{
		"plain":      {`Bearer`, Renew},
		"claims":     {`Bearer authorization_uri="x", error="insufficient_claims", claims="` + claims + `"`, `{"access_token":{"nbf":{"essential":true}}}`},
		"unquoted":   {`Bearer claims=abc`, Renew},
		"not base64": {`Bearer claims="%%%"`, Renew},
		"not JSON":   {`Bearer claims="` + base64.StdEncoding.EncodeToString([]byte("x")) + `"`, Renew},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{serve: func(n int, _ *http.Request) *http.Response {
				if n == 0 {
					return respond(401, "", "WWW-Authenticate", tc.challenge)
				}
				return respond(200, `{"ok":true}`)
			}}
			c, tokens := client(s)
			if _, err := c.Do(t.Context(), get("/v1.0/users")); err != nil {
				t.Fatal(err)
			}
			if tokens.claims[1] != tc.claims || s.asked[1].authorization != "Bearer token-2" {
				t.Errorf("asked for a token with %q and sent %q", tokens.claims[1], s.asked[1].authorization)
			}
		})
	}
	s := &service{serve: func(int, *http.Request) *http.Response { return respond(401, "") }}
	c, _ := client(s)
	if _, err := c.Do(t.Context(), get("/v1.0/users")); err == nil || len(s.asked) != 2 {
		t.Errorf("for ever unauthorized: %v after %d requests", err, len(s.asked))
	}
}

// A link to anywhere else is not followed, and the token does not go there.
func TestForeignLinks(t *testing.T) {
	t.Parallel()
	for _, link := range []string{
		"https://evil.example/v1.0/users", "http://graph.example/v1.0/users", "https://graph.example:8443/v1.0/users",
		"https://graph.example@evil.example/v1.0/users", "https://user:pass@graph.example/v1.0/users", "//evil.example/v1.0/users",
		"https://graph.example.evil.example/v1.0/users", "https://graph.example/beta/users", "https://graph.example/v1.0/../beta/users",
		"https://xn--grph-hoa.example/v1.0/users", "/v1.0/users", "::", "javascript:alert(1)",
	} {
		t.Run(link, func(t *testing.T) {
			t.Parallel()
			quoted, _ := json.Marshal(link)
			s := &service{serve: func(int, *http.Request) *http.Response {
				return respond(200, `{"value":[{"id":"1"}],"@odata.nextLink":`+string(quoted)+`}`)
			}}
			var told error
			c := New(Options{Base: base, Transport: s, Tokens: &fakeTokens{}, Limits: Unhurried(), Foreign: func(err error) { told = err }})
			_, err := c.List(t.Context(), Listing{Request: get("/v1.0/users"), Key: "id", Prefix: "/v1.0/"}, func(json.RawMessage) error { return nil })
			if !errors.Is(err, ErrForeign) || !errors.Is(told, ErrForeign) {
				t.Fatalf("got %v, told %v", err, told)
			}
			if len(s.asked) != 1 {
				t.Errorf("asked %d times", len(s.asked))
			}
		})
	}
}

func TestOnlyReadsAreSent(t *testing.T) {
	t.Parallel()
	s := &service{serve: func(int, *http.Request) *http.Response { return respond(200, `{}`) }}
	c, _ := client(s)
	for _, method := range []string{http.MethodPatch, http.MethodDelete, http.MethodPut} {
		req := get("/v1.0/users/1")
		req.Build = func(ctx context.Context) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, method, base.JoinPath("/v1.0/users/1").String(), nil)
		}
		if _, err := c.Do(t.Context(), req); err == nil {
			t.Errorf("%s was sent", method)
		}
	}
	foreign := get("/v1.0/users")
	foreign.Build = func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, "https://evil.example/", nil)
	}
	if _, err := c.Do(t.Context(), foreign); !errors.Is(err, ErrForeign) {
		t.Errorf("a request elsewhere: %v", err)
	}
	if len(s.asked) != 0 {
		t.Errorf("%d requests were sent", len(s.asked))
	}
}

func rowsOf(t *testing.T, s *service) ([]string, Listed, error) {
	t.Helper()
	c, _ := client(s)
	var ids []string
	list, err := c.List(t.Context(), Listing{Request: get("/v1.0/users"), Key: "id", Prefix: "/v1.0/"}, func(row json.RawMessage) error {
		id, err := keyOf(row, "id")
		ids = append(ids, id)
		return err
	})
	return ids, list, err
}

// pages serves three rows over three pages, one of them empty.
func pages(n int, r *http.Request) *http.Response {
	next := func(token string) string {
		return `"@odata.nextLink":"https://graph.example/v1.0/users?$skiptoken=` + token + `",`
	}
	switch r.URL.Query().Get("$skiptoken") {
	case "":
		return respond(200, `{`+next("a")+`"@odata.count":3,"value":[{"id":"1"},{"id":"2"}]}`)
	case "a":
		return respond(200, `{`+next("b")+`"value":[]}`)
	}
	return respond(200, `{"value":[{"id":"3"},{"id":"2"}]}`)
}

func TestListingsAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		serve    func(n int, r *http.Request) *http.Response
		restarts int
		fails    bool
	}{
		"an empty page in the middle, a row twice": {serve: pages},
		"a lost token": {serve: func(n int, r *http.Request) *http.Response {
			if n == 1 {
				return respond(400, `{"error":{"code":"Directory_ExpiredPageToken","message":"x"}}`)
			}
			return pages(n, r)
		}, restarts: 1},
		"a token lost for ever": {serve: func(n int, r *http.Request) *http.Response {
			if r.URL.Query().Get("$skiptoken") != "" {
				return respond(400, `{"error":{"code":"","message":"Skip token is not valid."}}`)
			}
			return pages(n, r)
		}, restarts: 3, fails: true},
		"a link that leads in a circle": {serve: func(n int, r *http.Request) *http.Response {
			if n == 2 {
				return respond(200, `{"@odata.nextLink":"https://graph.example/v1.0/users?$skiptoken=a","value":[{"id":"3"}]}`)
			}
			return pages(n, r)
		}, restarts: 1},
		"fewer rows than the service counts": {serve: func(int, *http.Request) *http.Response {
			return respond(200, `{"@odata.count":4,"value":[{"id":"1"},{"id":"2"},{"id":"3"}]}`)
		}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ids, list, err := rowsOf(t, &service{serve: tc.serve})
			if (err != nil) != tc.fails || list.Restarts != tc.restarts {
				t.Fatalf("got %v after %d restarts", err, list.Restarts)
			}
			if !tc.fails && strings.Join(ids, "") != "123" {
				t.Errorf("got %v, want each row once", ids)
			}
		})
	}
}

func TestTheWholeListingFailsWithItsLastPage(t *testing.T) {
	t.Parallel()
	ids, _, err := rowsOf(t, &service{serve: func(n int, r *http.Request) *http.Response {
		if n == 2 {
			return respond(403, `{"error":{"code":"Authorization_RequestDenied","message":"no"}}`)
		}
		return pages(n, r)
	}})
	var e *Error
	if !errors.As(err, &e) || e.Status != 403 || len(ids) != 2 {
		t.Fatalf("got %v with rows %v", err, ids)
	}
}

func TestBatchItemsHaveTheirOwnFate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var envelopes [][]string
		asked := map[string]bool{}
		s := &service{}
		s.serve = func(_ int, r *http.Request) *http.Response {
			var doc struct{ Requests []batchItem }
			if err := json.NewDecoder(r.Body).Decode(&doc); err != nil {
				t.Error(err)
			}
			var urls []string
			var answers []string
			for _, item := range doc.Requests {
				urls = append(urls, item.URL)
				first := !asked[item.URL]
				asked[item.URL] = true
				answer := `{"id":"` + item.ID + `","status":200,"headers":{"X-Number":7},"body":{"at":"` + item.URL + `","count":12345678901234567}}`
				switch {
				case first && item.URL == "/users/2":
					answer = `{"id":"` + item.ID + `","status":429,"headers":{"Retry-After":"60"},"body":{"error":{"code":"TooManyRequests","message":"x"}}}`
				case first && item.URL == "/users/3":
					continue // no answer at all
				case item.URL == "/users/4":
					answer = `{"id":"` + item.ID + `","status":404,"headers":{},"body":{"error":{"code":"ResourceNotFound","message":"x"}}}`
				case first && item.URL == "/users/5":
					answer = `{"id":"` + item.ID + `","status":200,"body":"text"}`
				}
				answers = append([]string{answer}, answers...) // in another order
			}
			envelopes = append(envelopes, urls)
			return respond(200, `{"responses":[{"id":"999","status":200,"body":{}},`+strings.Join(answers, ",")+`]}`)
		}
		c, _ := client(s)
		var items []Item
		for i := range 22 {
			items = append(items, Item{Endpoint: "GET /v1.0/users/{id}", URL: base.JoinPath("/v1.0/users", strconv.Itoa(i))})
		}
		start := time.Now()
		out := c.Batch(t.Context(), Identity, "/v1.0", items)
		for i, o := range out {
			if i == 4 {
				var e *Error
				if !errors.As(o.Err, &e) || e.Status != 404 || e.Code != "ResourceNotFound" {
					t.Errorf("item 4: %v", o.Err)
				}
				continue
			}
			if want := fmt.Sprintf(`{"at":"/users/%d","count":12345678901234567}`, i); o.Err != nil || string(o.Answer.Body) != want {
				t.Errorf("item %d: %s, %v", i, o.Answer.Body, o.Err)
			}
		}
		slices.SortFunc(envelopes, func(a, b []string) int { return len(b) - len(a) })
		if len(envelopes) != 3 || len(envelopes[0]) != 20 || len(envelopes[1]) != 3 {
			t.Errorf("envelopes of %v", envelopes)
		}
		if time.Since(start) < time.Minute {
			t.Errorf("did not wait out the item's Retry-After: %s", time.Since(start))
		}
	})
}

// A batch that is refused as such is sent in halves, and what cannot be halved without an envelope.
func TestABatchIsDivided(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		most   int // items that an envelope may hold
		refuse *http.Response
	}{
		"too large":             {6, respond(413, "")},
		"not understood":        {3, respond(400, `{"error":{"code":"BadRequest","message":"x"}}`)},
		"no envelopes at all":   {0, respond(415, "")},
		"throttled, as a whole": {10, respond(429, "", "Retry-After", "30")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{}
				s.serve = func(_ int, r *http.Request) *http.Response {
					if r.Method == http.MethodGet {
						return respond(200, `{"at":"`+strings.TrimPrefix(r.URL.Path, "/v1.0")+`"}`)
					}
					var doc struct{ Requests []batchItem }
					if err := json.NewDecoder(r.Body).Decode(&doc); err != nil {
						t.Error(err)
					}
					if len(doc.Requests) > tc.most {
						refusal := *tc.refuse
						refusal.Body = io.NopCloser(strings.NewReader(`{"error":{"code":"x","message":"y"}}`))
						return &refusal
					}
					var answers []string
					for _, item := range doc.Requests {
						answers = append(answers, `{"id":"`+item.ID+`","status":200,"body":{"at":"`+item.URL+`"}}`)
					}
					return respond(200, `{"responses":[`+strings.Join(answers, ",")+`]}`)
				}
				c, _ := client(s)
				var items []Item
				for i := range 23 {
					items = append(items, Item{Endpoint: "GET /v1.0/users/{id}", URL: base.JoinPath("/v1.0/users", strconv.Itoa(i))})
				}
				for i, o := range c.Batch(t.Context(), Identity, "/v1.0", items) {
					if want := fmt.Sprintf(`{"at":"/users/%d"}`, i); o.Err != nil || string(o.Answer.Body) != want {
						t.Errorf("item %d: %s, %v", i, o.Answer.Body, o.Err)
					}
				}
			})
		})
	}
}

// A batch that failed once and is throttled then is not given up.
func TestABatchThatFailsAndIsThrottled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{serve: func(n int, r *http.Request) *http.Response {
			switch n {
			case 0:
				return respond(504, "")
			case 1:
				return respond(429, "", "Retry-After", "5")
			}
			var doc struct{ Requests []batchItem }
			if err := json.NewDecoder(r.Body).Decode(&doc); err != nil {
				t.Error(err)
			}
			var answers []string
			for _, item := range doc.Requests {
				answers = append(answers, `{"id":"`+item.ID+`","status":200,"body":{"ok":true}}`)
			}
			return respond(200, `{"responses":[`+strings.Join(answers, ",")+`]}`)
		}}
		c, _ := client(s)
		var items []Item
		for i := range 20 {
			items = append(items, Item{Endpoint: "GET /v1.0/users/{id}", URL: base.JoinPath("/v1.0/users", strconv.Itoa(i))})
		}
		for i, o := range c.Batch(t.Context(), Identity, "/v1.0", items) {
			if o.Err != nil {
				t.Errorf("item %d: %v", i, o.Err)
			}
		}
	})
}

// What the service says of its quota slows the family down before it is throttled.
func TestTheQuotaIsHeeded(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		headers []string
		least   time.Duration
	}{
		"nearly used up":    {[]string{"x-ms-throttle-limit-percentage", "0.9"}, 900 * time.Millisecond},
		"used up and more":  {[]string{"x-ms-throttle-limit-percentage", "1.7"}, 1700 * time.Millisecond},
		"SharePoint is out": {[]string{"RateLimit-Remaining", "0", "RateLimit-Reset", "31"}, 31 * time.Second},
		"room enough":       {[]string{"x-ms-throttle-limit-percentage", "0.4", "RateLimit-Remaining", "12", "RateLimit-Reset", "31"}, 0},
		"no numbers":        {[]string{"x-ms-throttle-limit-percentage", "much", "RateLimit-Remaining", "0", "RateLimit-Reset", "soon"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{serve: func(n int, _ *http.Request) *http.Response {
					if n == 0 {
						return respond(200, `{"ok":true}`, tc.headers...)
					}
					return respond(200, `{"ok":true}`)
				}}
				c, _ := client(s)
				for range 2 {
					if _, err := c.Do(t.Context(), get("/v1.0/users")); err != nil {
						t.Fatal(err)
					}
				}
				if waited := s.asked[1].at.Sub(s.asked[0].at); waited < tc.least || tc.least == 0 && waited > 100*time.Millisecond {
					t.Errorf("the second request came after %s, want %s", waited, tc.least)
				}
			})
		})
	}
}

// The rate is the quota's, whatever the number of workers.
func TestTheLimitHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{serve: func(int, *http.Request) *http.Response { return respond(200, `{"ok":true}`) }}
		c := New(Options{Base: base, Transport: s, Tokens: &fakeTokens{}, Limits: DocumentedLimits()})
		var group sync.WaitGroup
		for range 24 {
			group.Go(func() {
				req := get("/v1.0/auditLogs/signIns")
				req.Family = Logs
				if _, err := c.Do(t.Context(), req); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for i := range s.asked {
			if i >= 5 {
				if span := s.asked[i].at.Sub(s.asked[i-5].at); span < 10*time.Second {
					t.Fatalf("six requests within %s; the quota is five in ten seconds", span)
				}
			}
		}
	})
}
