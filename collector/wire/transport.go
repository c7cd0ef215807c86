package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"
)

const (
	dialTimeout = 30 * time.Second
	handshake   = 15 * time.Second
)

// Transport makes the transport for every connection of the program: TLS 1.2 or newer, certificates
// always checked, the proxy of the environment (HTTPS_PROXY, NO_PROXY), HTTP/2 where the service speaks it,
// and no redirect ever followed. Ca adds certificate authorities, as PEM, to those of the system; nil adds
// none. Its errors are one line that says what would mend them, without the proxy's credentials. A proxy that
// is set but no URL is ErrProxy: the standard library would go without it.
func Transport(ca []byte) (http.RoundTripper, error) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
		if setting := os.Getenv(name); setting != "" && !isProxy(setting) {
			return nil, ErrProxy
		}
	}
	return newTransport(ca, http.ProxyFromEnvironment)
}

// Direct is a transport like t, which Transport made, but for the machine's own neighbourhood: no proxy. Any
// other transport is returned as it is.
func Direct(t http.RoundTripper) http.RoundTripper {
	own, ok := t.(*transport)
	if !ok {
		return t
	}
	direct := own.http.Clone()
	direct.Proxy = nil
	return &transport{direct}
}

// isProxy reads a setting as golang.org/x/net/http/httpproxy does: the scheme may be missing.
func isProxy(setting string) bool {
	u, err := url.Parse(setting)
	if err != nil || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
		u, err = url.Parse("http://" + setting)
	}
	return err == nil && u.Host != ""
}

type transport struct{ http *http.Transport }

func newTransport(ca []byte, proxy func(*http.Request) (*url.URL, error)) (*transport, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != nil {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(ca) {
			return nil, errors.New("no certificate in PEM form in it")
		}
		config.RootCAs = pool
	}
	return &transport{&http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			u, err := proxy(r)
			if err != nil {
				return nil, ErrProxy // the error itself quotes the setting, password included
			}
			return u, nil
		},
		OnProxyConnectResponse: func(_ context.Context, proxy *url.URL, connect *http.Request, answer *http.Response) error {
			if answer.StatusCode == http.StatusOK {
				return nil
			}
			return &proxyError{proxy: proxy.Host, credentials: proxy.User != nil, target: connect.Host, status: answer.StatusCode}
		},
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: dialTimeout}).DialContext,
		TLSClientConfig:       config,
		TLSHandshakeTimeout:   handshake,
		ResponseHeaderTimeout: attemptTimeout,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   16,
		ForceAttemptHTTP2:     true,
	}}, nil
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.http.RoundTrip(r)
	if err != nil {
		return nil, explain(r.URL.Host, err)
	}
	return answer, nil
}

// CloseIdleConnections lets http.Client close what is not in use.
func (t *transport) CloseIdleConnections() { t.http.CloseIdleConnections() }
