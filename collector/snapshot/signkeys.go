package snapshot

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
)

// ParseSigningKey reads a private key to sign with: PEM, PKCS #8, not encrypted, Ed25519 or ECDSA P-256.
// Its errors do not quote the file.
func ParseSigningKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	switch {
	case block == nil:
		return nil, errors.New("no private key in PEM form in it; openssl genpkey -algorithm ed25519 makes one")
	case block.Type == "ENCRYPTED PRIVATE KEY", block.Headers["DEK-Info"] != "":
		return nil, errors.New("the private key in it is encrypted, and nobody is there to be asked for its password; openssl pkey -in KEY -out PLAIN decrypts it, keep that file to yourself (mode 0600)")
	case block.Type != "PRIVATE KEY":
		return nil, fmt.Errorf("%q in it is no private key of the form PKCS #8 (PRIVATE KEY); openssl pkey -in KEY -out PKCS8 converts one", block.Type)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the private key in it cannot be read")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, unusable(key)
	}
	return signer, usable(signer.Public())
}

// ParsePublicKey reads a public key to check signatures with: PEM, Ed25519 or ECDSA P-256.
func ParsePublicKey(text []byte) (crypto.PublicKey, error) {
	block, _ := pem.Decode(text)
	switch {
	case block == nil:
		return nil, errors.New("no public key in PEM form in it")
	case block.Type != "PUBLIC KEY":
		return nil, fmt.Errorf("%q in it is no public key; openssl pkey -in KEY -pubout prints the one of a private key", block.Type)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the public key in it cannot be read")
	}
	return key, usable(key)
}

// KeyID names a public key: the SHA-256, in hex, of its SubjectPublicKeyInfo. That is also what
// "openssl pkey -pubin -in PUBLIC -outform DER | sha256sum" prints.
func KeyID(key crypto.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("the id of a key: %w", err)
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:]), nil
}

func usable(key crypto.PublicKey) error {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return nil
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			return nil
		}
	}
	return unusable(key)
}

func unusable(key any) error {
	return fmt.Errorf("a key of another kind (%T); use Ed25519 or ECDSA P-256", key)
}
