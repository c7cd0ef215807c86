package simtenant

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"time"
)

// Server is a tenant that listens on loopback.
type Server struct {
	LoginURL, GraphURL, ExchangeURL string
	// CA is the certificate authority made for this server, PEM.
	CA []byte
	// TenantID, ClientID and ClientSecret sign in.
	TenantID, ClientID, ClientSecret string

	servers []*http.Server
}

// Start opens three TLS listeners on 127.0.0.1: sign-in, Graph and Exchange.
func (t *Tenant) Start() (*Server, error) {
	if !t.overNetwork() {
		return nil, fmt.Errorf("starting the simulated tenant: %w: a fault that only Transport can carry out", ErrOptions)
	}
	certificate, authority, err := issue()
	if err != nil {
		return nil, fmt.Errorf("starting the simulated tenant: %w", err)
	}
	s := &Server{CA: authority, TenantID: t.id, ClientID: t.client, ClientSecret: t.secret}
	for _, host := range []struct {
		handler http.Handler
		url     *string
		serves  resource
	}{
		{t.Login(), &s.LoginURL, noResource},
		{t.Graph(), &s.GraphURL, graphResource},
		{t.Exchange(), &s.ExchangeURL, exchangeResource},
	} {
		address, err := s.listen(host.handler, certificate, func() string { return t.connect(host.serves) })
		if err != nil {
			return nil, errors.Join(fmt.Errorf("starting the simulated tenant: %w", err), s.Close())
		}
		*host.url = "https://" + address
		if host.serves != noResource {
			t.mu.Lock()
			t.resources[*host.url] = host.serves
			t.mu.Unlock()
		}
	}
	return s, nil
}

// Close stops listening and drops open connections.
func (s *Server) Close() error {
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Close())
	}
	s.servers = nil
	return errors.Join(errs...)
}

// listen serves a handler. Connect says what is wrong with a connection, if anything is.
func (s *Server) listen(handler http.Handler, certificate tls.Certificate, connect func() string) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{
		Handler: handler,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			switch connect() {
			case "tls-failure":
				return nil, errors.New("a fault")
			case "strange-certificate":
				stranger, _, err := issue()
				return &tls.Config{Certificates: []tls.Certificate{stranger}, MinVersion: tls.VersionTLS12}, err
			}
			return nil, nil //nolint:nilnil // means: as configured
		}},
		ReadHeaderTimeout: time.Minute,
		// A client that distrusts the certificate is that client's news, not the terminal's.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	s.servers = append(s.servers, server)
	go func() { _ = server.ServeTLS(listener, "", "") }() // ends with ErrServerClosed
	return listener.Addr().String(), nil
}

// issue makes a certificate authority and a certificate of it for loopback. Both are valid for a century: the
// tenant's clock need not be the machine's.
func issue() (tls.Certificate, []byte, error) {
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("making a certificate authority: %w", err)
	}
	authority := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "Simulated tenant CA"},
		NotBefore:             time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("making a certificate authority: %w", err)
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("making a certificate: %w", err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "Simulated tenant"},
		NotBefore:    authority.NotBefore,
		NotAfter:     authority.NotAfter,
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, authority, leafKey.Public(), authorityKey)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("making a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: leafKey},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authorityDER}), nil
}
