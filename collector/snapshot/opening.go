package snapshot

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"filippo.io/age"
)

// Opening is what it takes to read a snapshot that is encrypted, or that must be signed. Its zero value
// reads what is in clear and asks for no signature.
type Opening struct {
	// Identities open encrypted snapshots; one that fits is enough.
	Identities []age.Identity
	// Keys are the public keys that are trusted. If there are any, a snapshot that none of them signed is
	// refused with ErrSignature.
	Keys []crypto.PublicKey
}

// Open checks the signature, if one is asked for, and every file of the snapshot in dir against its seal,
// before it gives anything out. What is encrypted is decrypted into a private directory, which the reader
// owns: call Close. Errors wrap ErrSignature, ErrEncrypted, ErrIdentity, ErrIntegrity, ErrNoSnapshot or
// ErrVersion.
func (o Opening) Open(dir string) (*Reader, error) {
	r := &Reader{dir: dir}
	if err := o.open(r); err != nil {
		return nil, errors.Join(fmt.Errorf("snapshot %s: %w", dir, err), r.Close())
	}
	return r, nil
}

// Verify opens the snapshot in dir, reads every record in it, and refuses files that do not belong there.
func (o Opening) Verify(dir string) (*Reader, error) {
	r, err := o.Open(dir)
	if err != nil {
		return nil, err
	}
	err = r.alone(dir)
	if err == nil {
		err = r.Leavers(func(Record) error { return nil })
	}
	if err == nil {
		err = r.Provenance(func(Provenance) error { return nil })
	}
	if err == nil {
		err = r.verifyDirectory()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("snapshot %s: %w", dir, err), r.Close())
	}
	return r, nil
}

// Close removes what was decrypted. It does nothing for a snapshot in clear, and for nil.
func (r *Reader) Close() error {
	if r == nil || r.decrypted == "" {
		return nil
	}
	dir := r.decrypted
	r.decrypted = ""
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove the decrypted snapshot: %w", err)
	}
	return nil
}

func (o Opening) open(r *Reader) error {
	var signed Signature
	if len(o.Keys) > 0 {
		var err error
		if signed, err = checkSignature(r.dir, o.Keys); err != nil {
			return err
		}
	}
	encrypted, err := isEncrypted(r.dir)
	switch {
	case err != nil:
		return err
	case encrypted && len(o.Identities) == 0:
		return ErrEncrypted
	case encrypted:
		private, err := os.MkdirTemp("", "leavercheck-") // mode 0700
		if err != nil {
			return fmt.Errorf("a place to decrypt to: %w", err)
		}
		from := r.dir
		r.dir, r.decrypted = private, private
		if err := decrypt(from, private, o.Identities); err != nil {
			return err
		}
	}
	if err := r.check(); err != nil {
		return err
	}
	// The files were hashed for the signature, then read again: they must still be the same.
	if signed.Verified && signed.Attested.Seal != r.seal.Digest {
		return fmt.Errorf("%w: it is for the seal %s, the snapshot has %s", ErrSignature, signed.Attested.Seal, r.seal.Digest)
	}
	return nil
}

// isEncrypted reports whether dir holds an envelope. Files in clear beside it would make two snapshots of
// one.
func isEncrypted(dir string) (bool, error) {
	if _, err := os.Lstat(filepath.Join(dir, envelopeFile)); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	for _, name := range []string{manifestFile, tenantFile, leaversFile, provenanceFile, directoryFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return true, fmt.Errorf("%w: %s lies in clear beside %s", ErrIntegrity, name, envelopeFile)
		}
	}
	return true, nil
}

// alone refuses a directory that holds more than the snapshot.
func (r *Reader) alone(dir string) error {
	known := append(r.seal.members(), sealFile, attestationFile)
	if r.decrypted != "" {
		known = []string{envelopeFile, sealFile, attestationFile}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !slices.Contains(known, e.Name()) {
			return fmt.Errorf("%w: %s does not belong to it", ErrIntegrity, e.Name())
		}
	}
	return nil
}
