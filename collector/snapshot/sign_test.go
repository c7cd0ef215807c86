package snapshot

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
)

// signingKey is the same key for the same letter.
func signingKey(letter string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(letter, ed25519.SeedSize)))
}

// Every flipped bit of a signed snapshot is found, in clear or encrypted, and so is every file that is
// gone, came, or is another snapshot's.
func TestNothingOfASignedSnapshotCanBeChanged(t *testing.T) {
	t.Parallel()
	id, key := identity(t), signingKey("a")
	for name, p := range map[string]Protection{
		"in clear":  {Signer: key},
		"encrypted": {Signer: key, Recipients: []age.Recipient{id.Recipient()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent := t.TempDir()
			dir, other := filepath.Join(parent, "s"), filepath.Join(parent, "other")
			for target, records := range map[string][]Record{dir: {record(1)}, other: {record(1), record(2)}} {
				write(t, target+".clear", records...)
				publish(t, p, target+".clear", target)
			}
			signed := Opening{Identities: []age.Identity{id}, Keys: []crypto.PublicKey{key.Public()}}
			refused := func(what string) {
				t.Helper()
				if r, err := signed.Open(dir); !errors.Is(err, ErrSignature) {
					t.Errorf("%s: %v", what, err)
					r.Close()
				}
			}
			for _, file := range names(t, dir) {
				whole := readFile(t, dir, file)
				for _, at := range places(len(whole)) {
					broken := slices.Clone(whole)
					broken[at] ^= 1
					if file == attestationFile && !signs(whole, broken) {
						continue
					}
					writeFile(t, dir, file, broken)
					refused(file + " was changed")
				}
				if others := readFile(t, other, file); !bytes.Equal(others, whole) {
					writeFile(t, dir, file, others)
					refused(file + " is another snapshot's")
				}
				remove(t, dir, file)
				refused(file + " is gone")
				writeFile(t, dir, file, whole)
			}
			writeFile(t, dir, "x", nil)
			refused("a file was added")
			remove(t, dir, "x")
			if err := os.Rename(filepath.Join(dir, sealFile), filepath.Join(parent, sealFile)); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join(parent, sealFile), filepath.Join(dir, sealFile)); err != nil {
				t.Fatal(err)
			}
			refused("a file became a link")
			remove(t, dir, sealFile)
			writeFile(t, dir, sealFile, readFile(t, parent, sealFile))

			r, err := signed.Verify(dir)
			if err != nil {
				t.Fatalf("restored: %v", err)
			}
			defer r.Close()
			stranger := Opening{Identities: signed.Identities, Keys: []crypto.PublicKey{signingKey("b").Public()}}
			if _, err := stranger.Open(dir); !errors.Is(err, ErrSignature) {
				t.Errorf("with a stranger's key: %v", err)
			}
			stranger.Keys = append(stranger.Keys, key.Public())
			if r, err := stranger.Open(dir); err != nil {
				t.Errorf("with one of two keys: %v", err)
			} else {
				defer r.Close()
			}
			// Somebody who can make a seal cannot make a signature.
			if p.Recipients == nil {
				writeFile(t, dir, tenantFile, bytes.Replace(readFile(t, dir, tenantFile), []byte(`"value":{}`), []byte(`"value":[]`), 1))
				reseal(t, dir, tenantFile)
				if _, err := Open(dir); err != nil {
					t.Errorf("the new seal does not hold: %v", err)
				}
				refused("a file and the seal were changed")
			}
		})
	}
}

// signs reports whether a change of an attestation changes what was signed, or the signature. The key id
// is only a hint (DSSE), and base64 has bits that say nothing.
func signs(whole, broken []byte) bool {
	var a, b envelope
	if json.Unmarshal(whole, &a) != nil || json.Unmarshal(broken, &b) != nil || len(b.Signatures) == 0 {
		return true
	}
	return a.PayloadType != b.PayloadType || !bytes.Equal(a.Payload, b.Payload) || !bytes.Equal(a.Signatures[0].Signature, b.Signatures[0].Signature)
}

// places are every byte of a small file, and of a larger one those in its first part and some more.
func places(size int) []int {
	var out []int
	for at := 0; at < size; at += 1 + at/64 {
		out = append(out, at)
	}
	return append(out, size-1)
}

// An attestation without a key proves nothing, but a file that contradicts it is still refused.
func TestTheSignatureWithoutAKey(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "s")
	seal := write(t, dir+".clear", record(1))
	publish(t, Protection{Signer: signingKey("a")}, dir+".clear", dir)
	want, err := KeyID(signingKey("a").Public())
	if err != nil {
		t.Fatal(err)
	}
	s, err := CheckSignature(dir)
	if err != nil || s.Verified || s.KeyID != want || s.Attested.Seal != seal.Digest || s.Attested.TenantID != tenant().ID || !s.Attested.CollectedAt.Equal(collectedAt) {
		t.Errorf("got %+v, %v", s, err)
	}
	if _, err := Verify(dir); err != nil {
		t.Error(err)
	}
	if bytes.Contains(readFile(t, dir, attestationFile), []byte("rook")) {
		t.Error("the attestation names a person")
	}
	writeFile(t, dir, sealFile, append(readFile(t, dir, sealFile), ' '))
	if _, err := CheckSignature(dir); !errors.Is(err, ErrSignature) {
		t.Errorf("a file was changed: %v", err)
	}
	remove(t, dir, attestationFile)
	if s, err := CheckSignature(dir); err != nil || s.KeyID != "" {
		t.Errorf("unsigned: %+v, %v", s, err)
	}
	if _, err := CheckSignature(dir, signingKey("a").Public()); !errors.Is(err, ErrSignature) {
		t.Errorf("unsigned, with a key: %v", err)
	}
	writeFile(t, dir, "x", nil)
	if _, err := Verify(dir); !errors.Is(err, ErrIntegrity) {
		t.Errorf("a file was added: %v", err)
	}
}

func TestTheSignatureIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"Ed25519": signingKey("a"), "P-256": p256} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var attestations [][]byte
			for _, dir := range []string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")} {
				write(t, dir+".clear", record(1))
				publish(t, Protection{Signer: key}, dir+".clear", dir)
				if _, err := (Opening{Keys: []crypto.PublicKey{key.Public()}}).Open(dir); err != nil {
					t.Fatal(err)
				}
				attestations = append(attestations, readFile(t, dir, attestationFile))
			}
			if !bytes.Equal(attestations[0], attestations[1]) {
				t.Error("the attestations differ")
			}
		})
	}
}

// The encoding that is signed is the one of DSSE's specification, with its own example.
func TestPreAuthenticationEncoding(t *testing.T) {
	t.Parallel()
	got := string(pae("http://example.com/HelloWorld", []byte("hello world")))
	if want := "DSSEv1 29 http://example.com/HelloWorld 11 hello world"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	pkcs8 := func(key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		text []byte
		says string
	}{
		"no PEM":        {[]byte("x"), "no private key in PEM form"},
		"encrypted":     {pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY"}), "is encrypted"},
		"the old form":  {pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY"}), "PKCS #8"},
		"a public key":  {pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY"}), "no private key"},
		"garbage":       {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}), "cannot be read"},
		"another curve": {pkcs8(p384), "use Ed25519 or ECDSA P-256"},
	} {
		if _, err := ParseSigningKey(tc.text); err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseSigningKey(pkcs8(signingKey("a"))); err != nil {
		t.Error(err)
	}
	if _, err := ParsePublicKey(pkcs8(signingKey("a"))); err == nil || !strings.Contains(err.Error(), "-pubout") {
		t.Errorf("a private key for a public one: %v", err)
	}
	for _, text := range [][]byte{[]byte("x"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")})} {
		if _, err := ParsePublicKey(text); err == nil {
			t.Errorf("%q is a public key", text)
		}
	}
}
