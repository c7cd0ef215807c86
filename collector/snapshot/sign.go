package snapshot

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// attestationFile holds the signature: a DSSE envelope (https://github.com/secure-systems-lab/dsse) around
// an in-toto statement (https://github.com/in-toto/attestation/tree/main/spec/v1) whose subjects are all
// other files of the directory.
const attestationFile = "attestation.dsse.json"

const (
	payloadType   = "application/vnd.in-toto+json"
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "urn:leavercheck:snapshot:v1"
	// maxAttestation bounds the envelope, which names a handful of files.
	maxAttestation = 1 << 20
)

// ErrSignature means that a snapshot is not signed by any key that is trusted, or is not what was signed.
var ErrSignature = errors.New("the signature does not hold")

// Signature is what a snapshot's attestation says.
type Signature struct {
	// KeyID names the key: the SHA-256, in hex, of the public key (SubjectPublicKeyInfo, DER). Empty for a
	// snapshot without a signature. Unless Verified, anybody may have written it.
	KeyID string
	// Verified means that a trusted key signed the directory as it is.
	Verified bool
	Attested Attested
}

// Attested is what the signer states of a snapshot beside the hashes of its files.
type Attested struct {
	Tool struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"tool"`
	TenantID    string    `json:"tenantId"`
	CollectedAt time.Time `json:"collectedAt"`
	// Seal is the digest of the seal, which names the snapshot.
	Seal string `json:"seal"`
}

type statement struct {
	Type          string    `json:"_type"`
	Subject       []subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     Attested  `json:"predicate"`
}

type subject struct {
	Name   string `json:"name"`
	Digest struct {
		SHA256 string `json:"sha256"`
	} `json:"digest"`
}

type envelope struct {
	PayloadType string              `json:"payloadType"`
	Payload     []byte              `json:"payload"`
	Signatures  []envelopeSignature `json:"signatures"`
}

type envelopeSignature struct {
	KeyID     string `json:"keyid"`
	Signature []byte `json:"sig"`
}

// CheckSignature checks that the directory holds exactly the files that its attestation names, as they
// were, and that one of the keys signed that. Without keys it checks the files alone, and a snapshot
// without an attestation gives the zero Signature. Errors wrap ErrSignature.
func CheckSignature(dir string, keys ...crypto.PublicKey) (Signature, error) {
	s, err := checkSignature(dir, keys)
	if err != nil {
		return Signature{}, fmt.Errorf("snapshot %s: %w", dir, err)
	}
	return s, nil
}

func checkSignature(dir string, keys []crypto.PublicKey) (Signature, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Signature{}, err
	}
	e, err := readEnvelope(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if len(keys) > 0 {
			return Signature{}, fmt.Errorf("%w: the snapshot is not signed, %s is missing", ErrSignature, attestationFile)
		}
		return Signature{}, nil
	} else if err != nil {
		return Signature{}, err
	}
	s := Signature{KeyID: "none"}
	if id := e.Signatures[0].KeyID; id != "" {
		s.KeyID = id
	}
	if len(keys) > 0 {
		if s.KeyID, s.Verified = e.signer(keys); !s.Verified {
			return Signature{}, fmt.Errorf("%w: %s was not signed by the key that was given, or was changed", ErrSignature, attestationFile)
		}
	}
	var said statement
	if err := unmarshal(e.Payload, &said); err != nil {
		return Signature{}, fmt.Errorf("%w: %s: %w", ErrSignature, attestationFile, err)
	}
	if said.Type != statementType || said.PredicateType != predicateType {
		return Signature{}, fmt.Errorf("%w: %s is no statement about a snapshot (%q, %q)", ErrSignature, attestationFile, said.Type, said.PredicateType)
	}
	s.Attested = said.Predicate
	return s, said.compare(dir, entries)
}

// compare holds the directory against the statement.
func (s statement) compare(dir string, entries []fs.DirEntry) error {
	want := map[string]string{}
	for _, file := range s.Subject {
		want[file.Name] = file.Digest.SHA256
	}
	for _, e := range entries {
		name := e.Name()
		if name == attestationFile {
			continue
		}
		sum, signed := want[name]
		if !signed {
			return fmt.Errorf("%w: %s was added since", ErrSignature, name)
		}
		delete(want, name)
		if !e.Type().IsRegular() {
			return fmt.Errorf("%w: %s is no regular file", ErrSignature, name)
		}
		got, err := sumFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if got != sum {
			return fmt.Errorf("%w: %s was changed since", ErrSignature, name)
		}
	}
	for _, file := range s.Subject {
		if _, missing := want[file.Name]; missing {
			return fmt.Errorf("%w: %s is missing", ErrSignature, file.Name)
		}
	}
	return nil
}

func readEnvelope(dir string) (envelope, error) {
	f, err := os.Open(filepath.Join(dir, attestationFile))
	if err != nil {
		return envelope{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxAttestation+1))
	if err != nil {
		return envelope{}, fmt.Errorf("read %s: %w", attestationFile, err)
	}
	var e envelope
	if len(data) > maxAttestation {
		return e, fmt.Errorf("%w: %s is larger than %d bytes", ErrSignature, attestationFile, maxAttestation)
	}
	// Not strictly: other signers add fields of their own, and only the payload is signed.
	if err := json.Unmarshal(data, &e); err != nil {
		return e, fmt.Errorf("%w: %s: %w", ErrSignature, attestationFile, err)
	}
	if e.PayloadType != payloadType || len(e.Signatures) == 0 {
		return e, fmt.Errorf("%w: %s is no signed in-toto statement", ErrSignature, attestationFile)
	}
	return e, nil
}

// signer names the first of the keys that signed the payload. The key ids in the envelope are not asked:
// they are not signed.
func (e envelope) signer(keys []crypto.PublicKey) (id string, found bool) {
	message := pae(e.PayloadType, e.Payload)
	for _, key := range keys {
		for _, s := range e.Signatures {
			if verifies(key, message, s.Signature) {
				id, err := KeyID(key)
				return id, err == nil
			}
		}
	}
	return "", false
}

func verifies(key crypto.PublicKey, message, signature []byte) bool {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(key, message, signature)
	case *ecdsa.PublicKey:
		sum := sha256.Sum256(message)
		return ecdsa.VerifyASN1(key, sum[:], signature)
	}
	return false
}

// pae is DSSE's pre-authentication encoding: what is signed (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md).
func pae(kind string, payload []byte) []byte {
	var b bytes.Buffer
	b.WriteString("DSSEv1 " + strconv.Itoa(len(kind)) + " " + kind + " " + strconv.Itoa(len(payload)) + " ")
	b.Write(payload)
	return b.Bytes()
}

// sign writes the attestation of every file in dir. It holds hashes, the tenant's id and the time of
// collecting, and nobody's name. The same directory and key give the same bytes.
func sign(dir string, m Manifest, seal Seal, key crypto.Signer) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	said := statement{
		Type: statementType, PredicateType: predicateType,
		Predicate: Attested{TenantID: m.TenantID, CollectedAt: m.CollectedAt, Seal: seal.Digest},
	}
	said.Predicate.Tool.Name, said.Predicate.Tool.Version = m.Tool.Name, m.Tool.Version
	known := append(seal.members(), sealFile, envelopeFile)
	for _, e := range entries {
		if !slices.Contains(known, e.Name()) {
			return fmt.Errorf("%w: %s does not belong to it", ErrIntegrity, e.Name())
		}
		file := subject{Name: e.Name()}
		if file.Digest.SHA256, err = sumFile(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
		said.Subject = append(said.Subject, file)
	}
	e := envelope{PayloadType: payloadType}
	if e.Payload, err = marshal(said); err != nil {
		return err
	}
	signature := envelopeSignature{}
	if signature.KeyID, err = KeyID(key.Public()); err != nil {
		return err
	}
	if signature.Signature, err = signBytes(key, pae(e.PayloadType, e.Payload)); err != nil {
		return err
	}
	e.Signatures = []envelopeSignature{signature}
	data, err := marshal(e)
	if err != nil {
		return err
	}
	return create(filepath.Join(dir, attestationFile), func(out io.Writer) error {
		_, err := out.Write(append(data, '\n'))
		return err
	})
}

func signBytes(key crypto.Signer, message []byte) ([]byte, error) {
	switch key.Public().(type) {
	case ed25519.PublicKey:
		return key.Sign(nil, message, crypto.Hash(0))
	case *ecdsa.PublicKey:
		// Without a source of randomness Go signs as RFC 6979 has it: the same bytes every time.
		sum := sha256.Sum256(message)
		return key.Sign(nil, sum[:], crypto.SHA256)
	}
	return nil, fmt.Errorf("a key of type %T cannot sign", key)
}

func sumFile(path string) (string, error) {
	sum := sha256.New()
	if err := appendFile(sum, path); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
