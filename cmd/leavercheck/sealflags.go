package main

import (
	"crypto"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"leavercheck/collector"
	"leavercheck/collector/snapshot"
)

// sealFlags say how a snapshot is protected beside its seal.
type sealFlags struct {
	recipients []string
	signKey    string
}

func (f *sealFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.recipients, "encrypt-to", nil, "encrypt the snapshot at --out for this age `RECIPIENT` (age1..., or a file of them); may be repeated")
	cmd.Flags().StringVar(&f.signKey, "sign", "", "sign the snapshot at --out with the private key in this `FILE` (PEM, PKCS #8, Ed25519 or ECDSA P-256)")
}

// sealing is where a run collects to, and what becomes of it.
type sealing struct {
	// work is where to collect to. It is beside out when the snapshot is to be protected, else out itself,
	// which may be empty.
	work, out  string
	protection snapshot.Protection
	// mine means that this run put something at work.
	mine bool
}

// prepare finds everything that could be wrong with the keys and the place, before anything is collected.
// The caller collects to work, then calls publish, and in any case discard.
func (f *sealFlags) prepare(out string, log *slog.Logger) (*sealing, error) {
	s := &sealing{work: out, out: out}
	if len(f.recipients) == 0 && f.signKey == "" {
		return s, nil
	}
	if out == "" {
		return nil, usagef("--encrypt-to and --sign protect the snapshot that is kept; say where with --out DIR")
	}
	var err error
	for _, value := range f.recipients {
		more, err := readRecipients(value)
		if err != nil {
			return nil, usagef("--encrypt-to: %w", err)
		}
		s.protection.Recipients = append(s.protection.Recipients, more...)
	}
	if len(f.recipients) > 0 {
		// Not all kinds of recipients can be mixed: better known now than after hours.
		if _, err := age.Encrypt(io.Discard, s.protection.Recipients...); err != nil {
			return nil, usagef("--encrypt-to: %w", err)
		}
	}
	if f.signKey != "" {
		if s.protection.Signer, err = readSigningKey(f.signKey, log); err != nil {
			return nil, err
		}
	}
	if s.out, err = filepath.Abs(out); err != nil {
		return nil, usagef("--out: %w", err)
	}
	s.work = s.out + ".clear"
	s.protection.Replaces = collector.Unfinished(s.work)
	if err := s.protection.Vacant(s.out); err != nil {
		return nil, err
	}
	if err := (snapshot.Protection{}).Vacant(s.work); errors.Is(err, snapshot.ErrOccupied) {
		return nil, fmt.Errorf("%w; an earlier run ended before it could protect what it had collected, in clear: remove that directory", err)
	} else if err != nil {
		return nil, err
	}
	return s, nil
}

// publish puts the snapshot that was collected to work in its place.
func (s *sealing) publish() error {
	if s.work == s.out {
		return nil
	}
	s.mine = true
	return s.protection.Publish(s.work, s.out)
}

// readable is where the snapshot can be read without an identity until discard.
func (s *sealing) readable() string {
	if len(s.protection.Recipients) > 0 {
		return s.work
	}
	return s.out
}

// discard removes what was collected in clear.
func (s *sealing) discard() {
	if s.mine {
		os.RemoveAll(s.work)
	}
}

// lines say how the snapshot is protected, and what to do next.
func (s *sealing) lines(dir string) []string {
	var lines []string
	next := "Next: leavercheck evaluate " + dir
	if n := len(s.protection.Recipients); n > 0 {
		lines = append(lines, "Encrypted to: "+count(n, "recipient"))
		next += " --identity FILE"
	}
	if s.protection.Signer != nil {
		if id, err := snapshot.KeyID(s.protection.Signer.Public()); err == nil {
			lines = append(lines, "Signed by: key "+id)
		}
	}
	return append(lines, next)
}

func readRecipients(value string) ([]age.Recipient, error) {
	switch {
	case strings.HasPrefix(strings.ToUpper(value), "AGE-SECRET-KEY-"):
		return nil, errors.New("this is a secret identity, which is now in the history of the shell; make a new one and give its recipient (age-keygen -y FILE)")
	case strings.HasPrefix(value, "age1"):
		return age.ParseRecipients(strings.NewReader(value))
	}
	f, err := os.Open(value)
	if err != nil {
		return nil, fmt.Errorf("%q is no age recipient (age1...) and no file: %w", value, err)
	}
	defer f.Close()
	recipients, err := age.ParseRecipients(f)
	if err != nil {
		return nil, fmt.Errorf("%s is no list of age recipients, one a line: %w", value, err)
	}
	return recipients, nil
}

// maxKey bounds a file with a key.
const maxKey = 1 << 20

func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxKey))
}

func readSigningKey(path string, log *slog.Logger) (crypto.Signer, error) {
	text, err := readKey(path)
	if err != nil {
		return nil, usagef("--sign: %w", err)
	}
	key, err := snapshot.ParseSigningKey(text)
	if err != nil {
		return nil, usagef("--sign: %s: %w", path, err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		log.Warn("others on this machine may read the private key; chmod 600 mends it", "file", path)
	}
	return key, nil
}

// openFlags say what it takes to read a snapshot.
type openFlags struct {
	identities []string
	keys       []string
}

func (f *openFlags) addIdentity(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.identities, "identity", nil, "age identity `FILE` to read encrypted snapshots with; may be repeated")
}

func (f *openFlags) addKey(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.keys, "key", nil, "public key `FILE` (PEM) that must have signed the snapshot; may be repeated: any of them")
}

func (f *openFlags) opening() (snapshot.Opening, error) {
	var o snapshot.Opening
	for _, path := range f.identities {
		text, err := os.Open(path)
		if err != nil {
			return o, usagef("--identity: %w", err)
		}
		identities, err := age.ParseIdentities(text)
		text.Close()
		if err != nil {
			return o, usagef("--identity: %s is no file of age identities (age-keygen makes one): %w", path, err)
		}
		o.Identities = append(o.Identities, identities...)
	}
	for _, path := range f.keys {
		text, err := readKey(path)
		if err != nil {
			return o, usagef("--key: %w", err)
		}
		key, err := snapshot.ParsePublicKey(text)
		if err != nil {
			return o, usagef("--key: %s: %w", path, err)
		}
		o.Keys = append(o.Keys, key)
	}
	return o, nil
}
