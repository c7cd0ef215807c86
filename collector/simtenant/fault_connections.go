package simtenant

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"syscall"
)

// connections are faults on the way to a host, before any request. They count attempts to connect, as "CONNECT login",
// "CONNECT graph" and "CONNECT exchange"; in memory every request is one.
func connections() []way {
	failed := func(name string, row int, says string) way {
		return way{
			FaultKind: FaultKind{Name: name, Rows: []int{row}, Says: says, Places: []Place{AtConnection}, Effect: Passes},
			instead:   func(*strike) *answer { return &answer{} },
		}
	}
	return []way{
		failed("tls-failure", 20, "The TLS handshake fails."),
		failed("dns-failure", 20, "The host's name is not found. In memory only."),
		failed("no-connection", 20, "Nobody listens at the host's address. In memory only."),
		failed("proxy-refused", 60, "The proxy wants a password (407). In memory only."),
		failed("strange-certificate", 60, "The certificate is of an authority that nobody knows."),
	}
}

// connect opens a connection, which costs nothing but may fail.
func (t *Tenant) connect(host resource) (failure string) {
	c := &call{family: "connection", template: "CONNECT " + hostName(host), item: -1}
	t.number(c)
	if t.strikes(c, t.now()) == nil {
		return ""
	}
	return c.strike.way.Name
}

func hostName(host resource) string {
	return map[resource]string{noResource: "login", graphResource: "graph", exchangeResource: "exchange"}[host]
}

// connectionError is what a client in memory sees of a failed connection.
func connectionError(failure, host string) error {
	switch failure {
	case "tls-failure":
		return &net.OpError{Op: "remote error", Err: tls.AlertError(40)} // handshake_failure
	case "dns-failure":
		return &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
	case "no-connection":
		return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case "proxy-refused":
		return errors.New("Proxy Authentication Required") //nolint:staticcheck // as net/http words it
	}
	return &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
}

// overNetwork tells whether a server on loopback can carry out every fault that was asked for: it has no proxy and no
// name.
func (t *Tenant) overNetwork() bool {
	inMemory := func(name string) bool {
		return name == "dns-failure" || name == "no-connection" || name == "proxy-refused"
	}
	if chaos := t.options.Chaos; chaos.Rate > 0 && chaos.reaches(AtConnection) && slices.ContainsFunc(t.chaotic, func(w way) bool { return inMemory(w.Name) }) {
		return false
	}
	return !slices.ContainsFunc(t.options.Faults, func(f Fault) bool { return inMemory(f.Kind) })
}
