package collector

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"leavercheck/collector/simtenant"
)

// inMemory reaches the sign-in of a tenant without a network; spoil may answer instead.
type inMemory struct {
	tenant *simtenant.Tenant
	spoil  func(n int) (status int, retryAfter string)
	posts  int
}

func (m *inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	if r.Method == http.MethodPost {
		m.posts++
		if status, wait := m.spoil(m.posts); status != 0 {
			if wait != "" {
				rec.Header().Set("Retry-After", wait)
			}
			rec.WriteHeader(status)
			return rec.Result(), nil
		}
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	r.Host = r.URL.Host
	m.tenant.Login().ServeHTTP(rec, r)
	answer := rec.Result()
	answer.Request = r
	return answer, nil
}

// A token is replaced before it ends, and a sign-in service that throttles or fails is waited for.
func TestTokensOverTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tenant, err := simtenant.New(simtenant.Options{Now: time.Now(), Clock: time.Now, Bystanders: 5})
		if err != nil {
			t.Fatal(err)
		}
		m := &inMemory{tenant: tenant, spoil: func(n int) (int, string) {
			switch n {
			case 1:
				return http.StatusTooManyRequests, "20"
			case 2:
				return http.StatusServiceUnavailable, ""
			}
			return 0, ""
		}}
		cloud, err := LookupCloud("global")
		if err != nil {
			t.Fatal(err)
		}
		id, client, secret := tenant.Credentials()
		credential, err := Secret{id, client, secret}.Credential(cloud, m)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		got, err := signIn(t.Context(), Options{Cloud: cloud, Transport: m, Credential: credential, Tenant: id}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited < 20*time.Second || m.posts != 3 {
			t.Errorf("waited %s, asked %d times", waited, m.posts)
		}
		first, err := got.graph.Token(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			later time.Duration
			fresh bool
		}{{65 * time.Minute, false}, {8 * time.Minute, true}} {
			<-time.After(step.later)
			token, err := got.graph.Token(t.Context(), "")
			if err != nil || (token != first) != step.fresh {
				t.Errorf("after %s: fresh %t, %v", time.Since(began), token != first, err)
			}
		}
	})
}
