package collector_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"leavercheck/collector/simtenant"
)

// memory is an application whose answers can be spoilt on the way.
type memory struct {
	application

	mu    sync.Mutex
	spoil func(r *http.Request, answer *http.Response) *http.Response
}

func newMemory(tenant *simtenant.Tenant) *memory {
	return &memory{application: application{tenant: tenant, reach: tenant.Transport()}}
}

// RoundTrip implements http.RoundTripper.
func (m *memory) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := m.application.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.spoil != nil {
		spoilt := m.spoil(r, answer)
		if spoilt != answer {
			_ = answer.Body.Close() // somebody is writing it
		}
		if answer = spoilt; answer == nil {
			return nil, errors.New("connection reset by peer")
		}
	}
	return answer, nil
}

func replaced(status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// faults are ways in which services and networks spoil an answer.
func faults() map[string]func(answer *http.Response) *http.Response {
	return map[string]func(answer *http.Response) *http.Response{
		"throttled":              func(*http.Response) *http.Response { return replaced(429, "", "Retry-After", "17.5") },
		"throttled, no word how": func(*http.Response) *http.Response { return replaced(429, "slow down") },
		"unavailable":            func(*http.Response) *http.Response { return replaced(503, "", "Retry-After", "5") },
		"failing":                func(*http.Response) *http.Response { return replaced(500, `{"error":{"code":"x"}}`) },
		"a gateway's page":       func(*http.Response) *http.Response { return replaced(502, "<html>", "Content-Type", "text/html") },
		"a sign-in page":         func(*http.Response) *http.Response { return replaced(200, "<html>", "Content-Type", "text/html") },
		"reset":                  func(*http.Response) *http.Response { return nil },
		"empty":                  func(*http.Response) *http.Response { return replaced(200, "") },
		"an error in a 200":      func(*http.Response) *http.Response { return replaced(200, `{"error":{"code":"x","message":"y"}}`) },
		"truncated": func(answer *http.Response) *http.Response {
			body, _ := io.ReadAll(answer.Body)
			return replaced(200, string(body[:len(body)/2]))
		},
		"an expired token": func(*http.Response) *http.Response { return replaced(401, "", "WWW-Authenticate", "Bearer") },
	}
}
