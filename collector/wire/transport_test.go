package wire

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

func noProxy(*http.Request) (*url.URL, error) { return nil, nil }

func authority(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// secure starts a TLS server that speaks the versions.
func secure(t *testing.T, least, most uint16) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, r.Proto)
	}))
	s.TLS = &tls.Config{MinVersion: least, MaxVersion: most}
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func visit(t *testing.T, transport http.RoundTripper, target string) (int, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), err
}

func TestConnectionsAreSafeOrNone(t *testing.T) {
	t.Parallel()
	modern, old := secure(t, tls.VersionTLS12, tls.VersionTLS13), secure(t, tls.VersionTLS10, tls.VersionTLS11)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	mine := append(authority(modern), authority(old)...)
	for name, tc := range map[string]struct {
		ca     []byte
		target string
		says   string
	}{
		"own authority":        {mine, modern.URL, ""},
		"unknown authority":    {nil, modern.URL, "give its authority's certificate with --ca-file"},
		"TLS 1.1":              {mine, old.URL, "speaks no TLS 1.2 or newer"},
		"no TLS":               {mine, strings.Replace(plain.URL, "http:", "https:", 1), "speaks no TLS"},
		"another's name":       {mine, strings.Replace(modern.URL, "127.0.0.1", "localhost", 1), "is for other names"},
		"a redirect is answer": {mine, modern.URL + "/away", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport, err := newTransport(tc.ca, noProxy)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(transport.CloseIdleConnections)
			status, body, err := visit(t, transport, tc.target)
			switch {
			case tc.says != "":
				if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v, want %q", err, tc.says)
				}
				if kind := networkKind(err); kind != Unreachable {
					t.Errorf("kind %s", kind)
				}
			case err != nil:
				t.Error(err)
			case status == http.StatusOK && body != "HTTP/2.0":
				t.Errorf("spoke %s", body)
			case strings.HasSuffix(tc.target, "/away") && status != http.StatusFound:
				t.Errorf("status %d", status)
			}
		})
	}
}

// proxy is a CONNECT proxy that leads everything to one server.
func proxy(t *testing.T, to string, answer func(w http.ResponseWriter, r *http.Request) bool) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || !answer(w, r) {
			return
		}
		upstream, err := new(net.Dialer).DialContext(r.Context(), "tcp", to)
		if err != nil {
			t.Error(err)
			return
		}
		w.WriteHeader(http.StatusOK)
		client, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		go func() { _, _ = io.Copy(upstream, client); _ = upstream.Close() }()
		_, _ = io.Copy(client, upstream)
		_ = client.Close()
	}))
	t.Cleanup(s.Close)
	return s
}

func TestProxies(t *testing.T) {
	t.Parallel()
	const canary = "canary-91d0"
	service := secure(t, tls.VersionTLS12, tls.VersionTLS13)
	var through atomic.Int64
	front := proxy(t, service.Listener.Addr().String(), func(w http.ResponseWriter, r *http.Request) bool {
		through.Add(1)
		switch _, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth(); {
		case r.Host == "forbidden.example:443":
			w.WriteHeader(http.StatusForbidden)
			return false
		case password != canary:
			w.Header().Set("Proxy-Authenticate", "Basic")
			w.WriteHeader(http.StatusProxyAuthRequired)
			return false
		}
		return true
	})
	address := strings.TrimPrefix(front.URL, "http://")
	for name, tc := range map[string]struct {
		proxy, target, says string
	}{
		"let through":       {"http://audit:" + canary + "@" + address, "https://example.com/", ""},
		"no password":       {"http://" + address, "https://example.com/", "the proxy " + address + " wants a user name and password (status 407); put them into HTTPS_PROXY"},
		"a wrong password":  {"http://audit:" + canary + "x@" + address, "https://example.com/", "the proxy " + address + " refuses the user name and password of HTTPS_PROXY (status 407)"},
		"not let through":   {"http://audit:" + canary + "@" + address, "https://forbidden.example/", "does not let through to forbidden.example:443 (status 403)"},
		"nobody is there":   {"http://audit:" + canary + "@127.0.0.1:1", "https://example.com/", "cannot connect to the proxy of HTTPS_PROXY"},
		"no URL is a proxy": {"", "https://example.com/", "the proxy in HTTPS_PROXY (or https_proxy) is no URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport, err := newTransport(authority(service), func(*http.Request) (*url.URL, error) {
				if tc.proxy == "" {
					return nil, errors.New("invalid proxy address " + canary)
				}
				return url.Parse(tc.proxy)
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(transport.CloseIdleConnections)
			_, _, err = visit(t, transport, tc.target)
			switch {
			case (err == nil) != (tc.says == ""), err != nil && !strings.Contains(err.Error(), tc.says):
				t.Errorf("got %v, want %q", err, tc.says)
			case err != nil && (strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "\n")):
				t.Errorf("not one line without a secret: %q", err)
			case err != nil && networkKind(err) != Unreachable:
				t.Errorf("kind %s", networkKind(err))
			}
			if err != nil {
				return
			}
			// The machine's own neighbours are not asked through a proxy.
			before := through.Load()
			if _, _, err := visit(t, Direct(transport), service.URL); err != nil || through.Load() != before {
				t.Errorf("direct: %v, %d through the proxy", err, through.Load()-before)
			}
		})
	}
}
