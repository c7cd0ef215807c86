package collector

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

func (s SignIn) secret(c Cloud, transport http.RoundTripper) (azcore.TokenCredential, []string, error) {
	tenant, client, err := s.application("a client secret", envSecret)
	if err != nil {
		return nil, nil, err
	}
	credential, err := Secret{tenant, client, s.env(envSecret)}.Credential(c, transport)
	return credential, []string{"signed in with a client secret (" + envSecret + "), which anybody can copy: a certificate or a federated token is better"}, err
}

// certificateEnds is how long before its end a certificate is spoken of.
const certificateEnds = 30 * 24 * time.Hour

func (s SignIn) certificate(c Cloud, transport http.RoundTripper) (azcore.TokenCredential, []string, error) {
	tenant, client, err := s.application("a certificate", envCertificate)
	if err != nil {
		return nil, nil, err
	}
	path := s.env(envCertificate)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", envCertificate, err)
	}
	password := []byte(s.env(envPassword))
	pem := strings.Contains(string(data), "-----BEGIN ")
	if pem {
		password = nil // azidentity takes whatever has a password for PFX
	}
	chain, key, err := azidentity.ParseCertificates(data, password)
	switch {
	case err != nil && pem:
		return nil, nil, fmt.Errorf("%s: %s: %w; it must hold the certificate and its private key, not encrypted", envCertificate, path, err)
	case err != nil && strings.Contains(err.Error(), "password"):
		return nil, nil, fmt.Errorf("%s does not open %s", envPassword, path)
	case err != nil:
		return nil, nil, fmt.Errorf("%s: %s is neither PEM nor a PFX that can be read here (%w); openssl pkcs12 -in FILE -out FILE.pem -nodes makes PEM of it", envCertificate, path, err)
	}
	options := &azidentity.ClientCertificateCredentialOptions{ClientOptions: atLogin(c, transport), DisableInstanceDiscovery: c.OwnLogin}
	switch value := strings.ToLower(s.env(envChain)); value {
	case "", "0", "false":
	case "1", "true":
		options.SendCertificateChain = true
	default:
		return nil, nil, fmt.Errorf("%s is neither true nor false", envChain)
	}
	credential, err := azidentity.NewClientCertificateCredential(tenant, client, chain, key, options)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %s: %w", envCertificate, path, err)
	}
	ends := end(chain, key)
	switch left := ends.Sub(s.Now()); {
	case left <= 0:
		return nil, nil, fmt.Errorf("%s: the certificate in %s ended on %s; register a new one", envCertificate, path, ends.Format(time.DateOnly))
	case left < certificateEnds:
		return credential, []string{fmt.Sprintf("the certificate in %s ends on %s; register a new one before", path, ends.Format(time.DateOnly))}, nil
	}
	return credential, nil, nil
}

// end is when the certificate of the key ends; the others of a chain do not sign in.
func end(chain []*x509.Certificate, key crypto.PrivateKey) time.Time {
	for _, one := range chain {
		signer, signs := key.(crypto.Signer)
		public, compares := one.PublicKey.(interface{ Equal(x crypto.PublicKey) bool })
		if signs && compares && public.Equal(signer.Public()) {
			return one.NotAfter.UTC()
		}
	}
	return chain[0].NotAfter.UTC()
}
