package policies

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/bundle"
)

// ErrSignature says that policies are not signed by any of the keys that were asked for, or are not as they
// were signed.
var ErrSignature = errors.New("the policies are not signed as asked")

// ErrDigest says that policies are not those whose digest was asked for.
var ErrDigest = errors.New("the policies are not those of the digest")

// Key is a public key that policies can be signed with: RSA of 2048 bits or more, or ECDSA on P-256 or P-384.
type Key struct {
	pem        string
	algorithms []string
}

// ParseKey reads a public key, or a certificate's, from PEM.
func ParseKey(text []byte) (Key, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return Key{}, errors.New("it is no PEM")
	}
	var public any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		public, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var certificate *x509.Certificate
		if certificate, err = x509.ParseCertificate(block.Bytes); err == nil {
			public = certificate.PublicKey
		}
	default:
		err = fmt.Errorf("it holds a %q, not a public key", block.Type)
	}
	if err != nil {
		return Key{}, err
	}
	key := Key{pem: string(pem.EncodeToMemory(block))}
	switch public := public.(type) {
	case *rsa.PublicKey:
		if public.N.BitLen() < 2048 {
			return Key{}, fmt.Errorf("an RSA key of %d bits is too weak: it must have 2048", public.N.BitLen())
		}
		key.algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	case *ecdsa.PublicKey:
		switch public.Curve {
		case elliptic.P256():
			key.algorithms = []string{"ES256"}
		case elliptic.P384():
			key.algorithms = []string{"ES384"}
		}
	}
	if key.algorithms == nil {
		return Key{}, errors.New("the key is neither RSA nor ECDSA on P-256 or P-384")
	}
	return key, nil
}

// verify holds every file of a source to the signature in it, made with any of the keys: no file may be
// unsigned, and none that was signed may be gone.
func verify(files []file, keys []Key) error {
	at := slices.IndexFunc(files, func(f file) bool { return f.path == signaturesFile })
	if at < 0 {
		return fmt.Errorf("%w: there is no %s, as opa sign makes it", ErrSignature, signaturesFile)
	}
	var config bundle.SignaturesConfig
	if err := json.Unmarshal(files[at].text, &config); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrSignature, signaturesFile, err)
	}
	if len(config.Signatures) != 1 || !slices.Contains([]string{"", "_default"}, config.Plugin) {
		return fmt.Errorf("%w: %s must hold one signature, and name no plugin of somebody's", ErrSignature, signaturesFile)
	}
	rest := slices.Delete(slices.Clone(files), at, at+1)
	signed, err := signedFiles(config, keys)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrSignature, signaturesFile, err)
	}
	signed = withoutPrefix(signed, rest)
	for _, f := range rest {
		if base := strings.ToLower(f.path); strings.HasSuffix(base, "data.yaml") || strings.HasSuffix(base, "data.yml") {
			return fmt.Errorf("%w: %s: YAML is not read before it is known who wrote it; write JSON", ErrSignature, f.path)
		}
		info, ok := signed[f.path]
		if !ok {
			return fmt.Errorf("%w: %s is not in the signature", ErrSignature, f.path)
		}
		if !slices.Contains([]string{"SHA-256", "SHA-384", "SHA-512", "SHA-512-256"}, info.Algorithm) {
			return fmt.Errorf("%w: %s is signed by a %q, which is too weak", ErrSignature, f.path, info.Algorithm)
		}
		if err := bundle.VerifyBundleFile(f.path, *bytes.NewBuffer(f.text), signed); err != nil {
			return fmt.Errorf("%w: %s is not as it was signed", ErrSignature, f.path)
		}
	}
	if len(signed) > 0 {
		return fmt.Errorf("%w: files that were signed are not there: %s", ErrSignature, strings.Join(slices.Sorted(maps.Keys(signed)), ", "))
	}
	return nil
}

// signedFiles gives what a signature by one of the keys vouches for.
func signedFiles(config bundle.SignaturesConfig, keys []Key) (map[string]bundle.FileInfo, error) {
	algorithm, err := algorithmOf(config.Signatures[0])
	if err != nil {
		return nil, err
	}
	problem := fmt.Errorf("none of the keys is one for the algorithm %q", algorithm)
	for _, key := range keys {
		// The key says which algorithms there are. The signature's word alone could make a public key a
		// shared secret.
		if !slices.Contains(key.algorithms, algorithm) {
			continue
		}
		const id = "given"
		known := map[string]*bundle.KeyConfig{id: {Key: key.pem, Algorithm: algorithm}}
		signed, err := bundle.VerifyBundleSignature(config, bundle.NewVerificationConfig(known, id, "", nil))
		if err == nil {
			return signed, nil
		}
		problem = err
	}
	return nil, problem
}

// algorithmOf reads the header of a token.
func algorithmOf(token string) (string, error) {
	encoded, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	var header struct {
		Algorithm string `json:"alg"`
	}
	if err == nil {
		err = json.Unmarshal(text, &header)
	}
	if err != nil {
		return "", errors.New("the signature is no JSON Web Token")
	}
	return header.Algorithm, nil
}

// withoutPrefix takes off the directory that stands before every name where a directory was signed from
// outside of it.
func withoutPrefix(signed map[string]bundle.FileInfo, files []file) map[string]bundle.FileInfo {
	if len(files) == 0 {
		return signed
	}
	for name := range signed {
		prefix, ok := strings.CutSuffix(name, "/"+files[0].path)
		if !ok {
			continue
		}
		out := map[string]bundle.FileInfo{}
		for name, info := range signed {
			if inside, ok := strings.CutPrefix(name, prefix+"/"); ok {
				out[inside] = info
			}
		}
		if len(out) == len(signed) {
			return out
		}
	}
	return signed
}
