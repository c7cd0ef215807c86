package snapshot

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"
)

// Protection is what a finished snapshot gets beside its seal before people see it.
type Protection struct {
	// Recipients are those who may read the snapshot; with none it stays in clear.
	Recipients []age.Recipient
	// Signer attests the snapshot (Ed25519 or ECDSA P-256); nil for no signature.
	Signer crypto.Signer
	// Replaces is the digest of the snapshot that may be at the target already and is then replaced; empty
	// for none.
	Replaces string
}

// Publish makes the finished snapshot in the directory sealed appear at target, protected and whole.
// The two must be on one file system, and target vacant (Vacant). Without recipients the directory is
// moved; with some it stays where it is, in clear, for the caller to use and to remove.
func (p Protection) Publish(sealed, target string) error {
	if err := p.Vacant(target); err != nil {
		return err
	}
	r, err := Open(sealed)
	if err != nil {
		return err
	}
	dir := sealed
	if len(p.Recipients) > 0 {
		if dir, err = os.MkdirTemp(filepath.Dir(target), ".leavercheck-"); err != nil { // mode 0700
			return fmt.Errorf("%w: %w", ErrUnusable, err)
		}
		defer os.RemoveAll(dir) // nothing is left of it when it was put in place
		if err := r.encrypt(dir, p.Recipients); err != nil {
			return fmt.Errorf("encrypt the snapshot: %w", err)
		}
	}
	if p.Signer != nil {
		if err := sign(dir, r.manifest, r.seal, p.Signer); err != nil {
			return fmt.Errorf("sign the snapshot: %w", err)
		}
	}
	if err := p.place(dir, target); err != nil {
		return fmt.Errorf("put the snapshot in place: %w", err)
	}
	return nil
}

// place renames dir to target. What is replaced stays until the new one is there.
func (p Protection) place(dir, target string) error {
	old := ""
	if p.replaces(target) {
		old = dir + ".old"
		if err := os.Rename(target, old); err != nil {
			return err
		}
	}
	// An empty directory in the way is the caller's own; a filled one makes Remove fail.
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(dir, target); err != nil {
		return err
	}
	if old == "" {
		return nil
	}
	return os.RemoveAll(old)
}

// replaces reports whether target holds the snapshot that is to be replaced, in clear or encrypted.
func (p Protection) replaces(target string) bool {
	r := &Reader{dir: target}
	return p.Replaces != "" && r.readSeal() == nil && r.seal.Digest == p.Replaces
}

// Vacant tells by its error (ErrOccupied, ErrUnusable) that no snapshot can be put at target: something
// is there that is neither an empty directory nor what Replaces names.
func (p Protection) Vacant(target string) error {
	switch entries, err := os.ReadDir(target); {
	case err == nil && len(entries) > 0 && !p.replaces(target):
		return fmt.Errorf("%s: %w", target, ErrOccupied)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	return nil
}
