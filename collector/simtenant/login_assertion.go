package simtenant

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" // x5t is a SHA-1 thumbprint by definition
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// FederatedCredential is a trust in another identity provider: its tokens with this issuer, subject and audience,
// signed RS256 with the key, stand for the application.
type FederatedCredential struct {
	Issuer, Subject, Audience string
	Key                       *rsa.PublicKey
}

// appKeys is what the application may sign in with, beside its secret.
type appKeys struct {
	certificates []*x509.Certificate
	federated    []FederatedCredential
}

// RegisterCertificate lets the application sign in with a certificate of an RSA key.
func (t *Tenant) RegisterCertificate(c *x509.Certificate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.registered.certificates = append(t.registered.certificates, c)
}

// RegisterFederation lets the application sign in with tokens of another identity provider.
func (t *Tenant) RegisterFederation(f FederatedCredential) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.registered.federated = append(t.registered.federated, f)
}

// assertionType is the only kind of assertion that a client may sign in with.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// clockSkew is how far clocks may differ.
const clockSkew = 5 * time.Minute

// jwt is a signed assertion, taken apart.
type jwt struct {
	header struct {
		Algorithm string `json:"alg"`
		SHA256    string `json:"x5t#S256"`
		SHA1      string `json:"x5t"`
	}
	claims struct {
		Issuer    string `json:"iss"`
		Subject   string `json:"sub"`
		Audience  string `json:"aud"`
		Expires   int64  `json:"exp"`
		NotBefore int64  `json:"nbf"`
	}
	signed, signature []byte
}

func parseJWT(s string) (*jwt, bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return nil, false
	}
	j := &jwt{signed: []byte(parts[0] + "." + parts[1])}
	for i, into := range []any{&j.header, &j.claims} {
		decoded, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(decoded, into) != nil {
			return nil, false
		}
	}
	var err error
	j.signature, err = base64.RawURLEncoding.DecodeString(parts[2])
	return j, err == nil
}

// signedBy checks the signature: PS256, or RS256 as older clients make it.
func (j *jwt) signedBy(key any) bool {
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return false
	}
	digest := sha256.Sum256(j.signed)
	switch j.header.Algorithm {
	case "PS256":
		return rsa.VerifyPSS(public, crypto.SHA256, digest[:], j.signature, nil) == nil
	case "RS256":
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], j.signature) == nil
	}
	return false
}

// proves tells what is wrong with a client assertion as proof of the application, "" when nothing is
// (learn.microsoft.com/entra/identity-platform/certificate-credentials, workload-identity-federation).
func (t *Tenant) proves(kind, assertion, endpoint string) (aadsts, message string) {
	j, ok := parseJWT(assertion)
	if kind != assertionType || !ok {
		return "AADSTS50027", "JWT token is invalid or malformed."
	}
	t.mu.Lock()
	registered := appKeys{slices.Clone(t.registered.certificates), slices.Clone(t.registered.federated)}
	t.mu.Unlock()
	if j.header.SHA1 == "" && j.header.SHA256 == "" && !strings.EqualFold(j.claims.Issuer, t.client) {
		aadsts, message = registered.federates(j)
	} else {
		aadsts, message = registered.certifies(j, t.client, endpoint)
	}
	now := t.now()
	if aadsts == "" && (now.After(time.Unix(j.claims.Expires, 0).Add(clockSkew)) || now.Add(clockSkew).Before(time.Unix(j.claims.NotBefore, 0))) {
		return "AADSTS700024", fmt.Sprintf("Client assertion is not within its valid time range. Current time: %s, assertion valid from %s, expiry time of assertion %s.",
			now.Format(time.RFC3339), time.Unix(j.claims.NotBefore, 0).UTC().Format(time.RFC3339), time.Unix(j.claims.Expires, 0).UTC().Format(time.RFC3339))
	}
	return aadsts, message
}

func (r appKeys) certifies(j *jwt, client, endpoint string) (aadsts, message string) {
	for _, c := range r.certificates {
		long, short := sha256.Sum256(c.Raw), sha1.Sum(c.Raw)
		if !slices.Equal(thumbprint(j.header.SHA256), long[:]) && !slices.Equal(thumbprint(j.header.SHA1), short[:]) {
			continue
		}
		switch {
		case !j.signedBy(c.PublicKey):
			return "AADSTS50013", "Assertion failed signature validation. [Reason - The provided signature value did not match the expected signature value.]"
		case !strings.EqualFold(j.claims.Issuer, client) || !strings.EqualFold(j.claims.Subject, client):
			return "AADSTS700021", "Client assertion application identifier doesn't match 'client_id' parameter."
		case !strings.EqualFold(j.claims.Audience, endpoint):
			return "AADSTS700023", "Client assertion audience claim does not match Realm issuer."
		}
		return "", ""
	}
	return "AADSTS700027", "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '" +
		strings.ToUpper(hex.EncodeToString(thumbprint(j.header.SHA256+j.header.SHA1))) + "']"
}

// thumbprint reads base64 as documented, or in the other alphabet, padded, as Microsoft's libraries write it.
func thumbprint(s string) []byte {
	decoded, err := base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(s))
	if err != nil {
		return nil
	}
	return decoded
}

// federates compares as Entra does: issuer, subject and audience to the letter.
func (r appKeys) federates(j *jwt) (aadsts, message string) {
	var subject, audience, key bool
	issuer := false
	for _, f := range r.federated {
		if f.Issuer != j.claims.Issuer {
			continue
		}
		issuer = true
		if f.Subject != j.claims.Subject {
			continue
		}
		subject = true
		if f.Audience != j.claims.Audience {
			continue
		}
		audience = true
		key = key || j.header.Algorithm == "RS256" && j.signedBy(f.Key)
	}
	const none = "No matching federated identity record found for presented assertion "
	switch {
	case !issuer:
		return "AADSTS700211", none + "issuer '" + j.claims.Issuer + "'."
	case !subject:
		return "AADSTS700213", none + "subject '" + j.claims.Subject + "'."
	case !audience:
		return "AADSTS700212", none + "audience '" + j.claims.Audience + "'."
	case !key:
		return "AADSTS50013", "Assertion failed signature validation. [Reason - The key was not found.]"
	}
	return "", ""
}
