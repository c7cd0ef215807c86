package wire

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
)

// ErrProxy stands for a setting that cannot be quoted: it may hold a password.
var ErrProxy = errors.New("the proxy in HTTPS_PROXY (or https_proxy) is no URL; its form is http://user:password@host:port, with special characters in the password percent-encoded")

// proxyError is a proxy that does not let a connection through.
type proxyError struct {
	proxy       string // host and port, without credentials
	credentials bool   // some were sent
	target      string
	status      int
}

func (e *proxyError) Error() string {
	switch {
	case e.status != http.StatusProxyAuthRequired:
		return fmt.Sprintf("the proxy %s does not let through to %s (status %d); allow it there, or list the host in NO_PROXY", e.proxy, e.target, e.status)
	case e.credentials:
		return fmt.Sprintf("the proxy %s refuses the user name and password of HTTPS_PROXY (status 407)", e.proxy)
	}
	return fmt.Sprintf("the proxy %s wants a user name and password (status 407); put them into HTTPS_PROXY as http://user:password@host:port, or list %s in NO_PROXY", e.proxy, e.target)
}

// explained is a connection that will not come about by trying again, in words for people. Its cause is
// for errors.As alone.
type explained struct {
	text  string
	cause error
}

func (e *explained) Error() string { return e.text }
func (e *explained) Unwrap() error { return e.cause }

// NonRetriable tells azcore's pipeline, by which tokens are asked for, not to try again: a proxy may lock
// an account for that.
func (e *explained) NonRetriable() {}

// explain says why no connection came about and what would mend it. Failures in the middle of one are
// returned as they are.
func explain(host string, err error) error {
	var (
		unknown  x509.UnknownAuthorityError
		name     x509.HostnameError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		refusing *proxyError
		op       *net.OpError
		dns      *net.DNSError
	)
	unreachable := func(format string, args ...any) error {
		return &explained{fmt.Sprintf(format, args...), &net.OpError{Op: "dial", Net: "tcp", Err: err}}
	}
	switch {
	case errors.Is(err, ErrProxy):
		return unreachable("%v", ErrProxy)
	case errors.As(err, &refusing):
		return unreachable("%v", refusing)
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return unreachable("cannot connect to the proxy of HTTPS_PROXY: %v", op.Err)
	case errors.As(err, &unknown):
		return unreachable("the certificate of %s is of an authority that this machine does not trust; if a proxy opens connections here, or the host is your own, give its authority's certificate with --ca-file", host)
	case errors.As(err, &name):
		return unreachable("the certificate of %s is for other names; somebody else answers there", host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return unreachable("the certificate of %s is out of date, or this machine's clock is wrong", host)
	case errors.As(err, &invalid):
		return unreachable("the certificate of %s is no good: %v", host, invalid)
	case errors.As(err, &record):
		return unreachable("what answers at %s speaks no TLS", host)
	case strings.Contains(err.Error(), "protocol version"):
		// Neither the alert nor the local refusal has a type of its own for it.
		return unreachable("%s speaks no TLS 1.2 or newer, which it must; older versions are not safe", host)
	case errors.As(err, &dns):
		return fmt.Errorf("there is no address for %s; check the network's name service, --cloud and the endpoints: %w", host, err)
	}
	return err
}
