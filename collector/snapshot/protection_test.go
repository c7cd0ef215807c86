package snapshot

import (
	"archive/tar"
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
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
)

func identity(t *testing.T) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// signingKey is the same key for the same letter.
func signingKey(letter string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(letter, ed25519.SeedSize)))
}

func publish(t *testing.T, p Protection, sealed, target string) {
	t.Helper()
	if err := p.Publish(sealed, target); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWhatIsEncryptedIsReadByItsRecipients(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	sealed, dir := filepath.Join(parent, "clear"), filepath.Join(parent, "s")
	seal := write(t, sealed, record(1), record(2))
	mine, theirs, foreign := identity(t), identity(t), identity(t)
	publish(t, Protection{Recipients: []age.Recipient{mine.Recipient(), theirs.Recipient()}}, sealed, dir)

	if got, want := names(t, dir), []string{sealFile, envelopeFile}; !slices.Equal(got, want) {
		t.Fatalf("it holds %v, want %v", got, want)
	}
	for _, name := range names(t, dir) {
		data := readFile(t, dir, name)
		for _, personal := range []string{"d.rook", "displayName", record(1).Leaver.ID, "leavers.csv"} {
			if bytes.Contains(data, []byte(personal)) {
				t.Errorf("%s holds %q", name, personal)
			}
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v", info.Mode(), err)
	}
	if got := names(t, parent); !slices.Equal(got, []string{"clear", "s"}) {
		t.Errorf("left behind: %v", got)
	}
	if _, err := Open(dir); !errors.Is(err, ErrEncrypted) {
		t.Errorf("without an identity: %v", err)
	}
	if _, err := (Opening{Identities: []age.Identity{foreign}}).Open(dir); !errors.Is(err, ErrIdentity) {
		t.Errorf("with a foreign identity: %v", err)
	}
	for _, ids := range [][]age.Identity{{mine}, {foreign, theirs}} {
		r, err := Opening{Identities: ids}.Verify(dir)
		if err != nil {
			t.Fatal(err)
		}
		if r.Seal().Digest != seal.Digest {
			t.Errorf("seal %s, want %s", r.Seal().Digest, seal.Digest)
		}
		private := r.dir
		for _, name := range names(t, sealed) {
			if !bytes.Equal(readFile(t, private, name), readFile(t, sealed, name)) {
				t.Errorf("%s differs", name)
			}
		}
		if info, err := os.Stat(private); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the private directory: %v, %v", info.Mode(), err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(private); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the private directory is still there: %v", err)
		}
	}
}

// What failed to open leaves nothing decrypted behind.
func TestAFailedOpeningLeavesNothing(t *testing.T) {
	parent := t.TempDir()
	t.Setenv("TMPDIR", filepath.Join(parent, "tmp"))
	if err := os.Mkdir(filepath.Join(parent, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	sealed, dir := filepath.Join(parent, "clear"), filepath.Join(parent, "s")
	write(t, sealed, record(1))
	id := identity(t)
	publish(t, Protection{Recipients: []age.Recipient{id.Recipient()}}, sealed, dir)
	data := readFile(t, dir, envelopeFile)
	writeFile(t, dir, envelopeFile, data[:len(data)-1])
	for _, with := range []*age.X25519Identity{id, identity(t)} {
		if _, err := (Opening{Identities: []age.Identity{with}}).Open(dir); err == nil {
			t.Error("it was opened")
		}
	}
	if left := names(t, filepath.Join(parent, "tmp")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
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

// Every flipped bit of an encrypted snapshot is found without a signature, too. In the list of recipients
// it looks as if the snapshot were for others.
func TestAFlippedBitInAnEnvelopeIsFound(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "s")
	write(t, dir+".clear", record(1))
	id := identity(t)
	publish(t, Protection{Recipients: []age.Recipient{id.Recipient()}}, dir+".clear", dir)
	for _, name := range names(t, dir) {
		whole := readFile(t, dir, name)
		for _, at := range places(len(whole)) {
			broken := slices.Clone(whole)
			broken[at] ^= 1
			writeFile(t, dir, name, broken)
			_, err := Opening{Identities: []age.Identity{id}}.Open(dir)
			inHeader := name == envelopeFile && at < bytes.Index(whole, []byte("\n---"))
			if !errors.Is(err, ErrIntegrity) && !errors.Is(err, ErrVersion) && (!inHeader || !errors.Is(err, ErrIdentity)) {
				t.Fatalf("%s, byte %d: %v", name, at, err)
			}
		}
		writeFile(t, dir, name, whole)
	}
}

func TestAForgedEnvelopeIsRefused(t *testing.T) {
	t.Parallel()
	type member struct {
		tar.Header
		data []byte
	}
	add := func(name string, data []byte) member {
		return member{tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(data)), Mode: 0o600}, data}
	}
	for name, forge := range map[string]func(members []member) []member{
		"two members with one name":   func(m []member) []member { return append(m, m[0]) },
		"one member twice in a row":   func(m []member) []member { return append(m[:1:1], m...) },
		"a member is missing":         func(m []member) []member { return m[:len(m)-1] },
		"the first member is missing": func(m []member) []member { return m[1:] },
		"another order":               func(m []member) []member { slices.Reverse(m); return m },
		"a further member":            func(m []member) []member { return append(m, add("x", []byte("x"))) },
		"a path that leads out":       func(m []member) []member { m[0].Name = "../" + m[0].Name; return m },
		"an absolute path":            func(m []member) []member { m[0].Name = "/" + m[0].Name; return m },
		"a symbolic link": func(m []member) []member {
			m[0] = member{tar.Header{Typeflag: tar.TypeSymlink, Name: m[0].Name, Linkname: "/etc/passwd"}, nil}
			return m
		},
		"a hard link": func(m []member) []member {
			m[1] = member{tar.Header{Typeflag: tar.TypeLink, Name: m[1].Name, Linkname: m[0].Name}, nil}
			return m
		},
		"a directory": func(m []member) []member {
			return append([]member{{tar.Header{Typeflag: tar.TypeDir, Name: "d", Mode: 0o700}, nil}}, m...)
		},
		"a byte more":      func(m []member) []member { m[0] = add(m[0].Name, append(m[0].data, 'x')); return m },
		"another content":  func(m []member) []member { m[0].data = bytes.Repeat([]byte("x"), len(m[0].data)); return m },
		"an empty archive": func([]member) []member { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "s")
			seal := write(t, dir+".clear", record(1))
			id := identity(t)
			publish(t, Protection{Recipients: []age.Recipient{id.Recipient()}}, dir+".clear", dir)
			var members []member
			for _, file := range seal.members() {
				members = append(members, add(file, readFile(t, dir+".clear", file)))
			}
			forged := envelop(t, id.Recipient(), func(out io.Writer) error {
				w := tar.NewWriter(out)
				for _, m := range forge(members) {
					if err := w.WriteHeader(&m.Header); err != nil {
						return err
					}
					if _, err := w.Write(m.data); err != nil {
						return err
					}
				}
				return w.Close()
			})
			writeFile(t, dir, envelopeFile, forged)
			if _, err := (Opening{Identities: []age.Identity{id}}).Open(dir); !errors.Is(err, ErrIntegrity) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func envelop(t *testing.T, to age.Recipient, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	if err == nil {
		err = errors.Join(write(w), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestATornEnvelopeIsRefused(t *testing.T) {
	t.Parallel()
	for name, tear := range map[string]func(t *testing.T, dir string, id *age.X25519Identity){
		"cut": func(t *testing.T, dir string, _ *age.X25519Identity) {
			data := readFile(t, dir, envelopeFile)
			writeFile(t, dir, envelopeFile, data[:len(data)-100])
		},
		"empty":               func(t *testing.T, dir string, _ *age.X25519Identity) { writeFile(t, dir, envelopeFile, nil) },
		"the seal is missing": func(t *testing.T, dir string, _ *age.X25519Identity) { remove(t, dir, sealFile) },
		"a file in clear beside it": func(t *testing.T, dir string, _ *age.X25519Identity) {
			writeFile(t, dir, leaversFile, nil)
		},
		"something behind": func(t *testing.T, dir string, _ *age.X25519Identity) {
			writeFile(t, dir, envelopeFile, append(readFile(t, dir, envelopeFile), 0))
		},
		"something behind the archive": func(t *testing.T, dir string, id *age.X25519Identity) {
			sealed, err := Open(dir + ".clear")
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, dir, envelopeFile, envelop(t, id.Recipient(), func(out io.Writer) error {
				err := sealed.archive(out)
				_, err2 := out.Write([]byte("x"))
				return errors.Join(err, err2)
			}))
		},
		"the envelope of another snapshot": func(t *testing.T, dir string, id *age.X25519Identity) {
			other := filepath.Join(t.TempDir(), "other")
			write(t, other+".clear", record(2))
			publish(t, Protection{Recipients: []age.Recipient{id.Recipient()}}, other+".clear", other)
			writeFile(t, dir, envelopeFile, readFile(t, other, envelopeFile))
		},
		"a seal that promises more than there is room for": func(t *testing.T, dir string, _ *age.X25519Identity) {
			var seal Seal
			if err := unmarshal(readFile(t, dir, sealFile), &seal); err != nil {
				t.Fatal(err)
			}
			huge := seal.Files[leaversFile]
			huge.Bytes = math.MaxInt64
			seal.Files[leaversFile] = huge
			var err error
			if seal.Digest, err = seal.digest(); err != nil {
				t.Fatal(err)
			}
			data, err := marshal(seal)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, dir, sealFile, data)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "s")
			write(t, dir+".clear", record(1))
			id := identity(t)
			publish(t, Protection{Recipients: []age.Recipient{id.Recipient()}}, dir+".clear", dir)
			tear(t, dir, id)
			if _, err := (Opening{Identities: []age.Identity{id}}).Open(dir); !errors.Is(err, ErrIntegrity) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTheArchiveIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	var archives [2]bytes.Buffer
	for i := range archives {
		dir := filepath.Join(t.TempDir(), "s")
		write(t, dir, record(1), record(2))
		r, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.archive(&archives[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(archives[0].Bytes(), archives[1].Bytes()) {
		t.Error("the archives differ")
	}
}

// A large file passes through in pieces. Not parallel: it counts what the whole process allocates.
func TestALargeFilePassesInPieces(t *testing.T) {
	const size = 64 << 20
	parent := t.TempDir()
	sealed, dir := filepath.Join(parent, "clear"), filepath.Join(parent, "s")
	write(t, sealed, record(1))
	if err := os.Truncate(filepath.Join(sealed, provenanceFile), size); err != nil {
		t.Fatal(err)
	}
	reseal(t, sealed, provenanceFile)
	id := identity(t)
	allocated := func(f func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	p := Protection{Recipients: []age.Recipient{id.Recipient()}, Signer: signingKey("a")}
	if n := allocated(func() { publish(t, p, sealed, dir) }); n > size/16 {
		t.Errorf("encrypting %d bytes allocated %d", size, n)
	}
	var r *Reader
	n := allocated(func() {
		var err error
		if r, err = (Opening{Identities: []age.Identity{id}, Keys: []crypto.PublicKey{signingKey("a").Public()}}).Open(dir); err != nil {
			t.Fatal(err)
		}
	})
	defer r.Close()
	// age makes room for every piece anew, and lets go of it.
	if n > size*5/4 {
		t.Errorf("decrypting %d bytes allocated %d", size, n)
	}
}

func TestPublishNeedsAPlace(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	sealed, dir := filepath.Join(parent, "clear"), filepath.Join(parent, "s")
	write(t, sealed, record(1))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := (Protection{}).Vacant(dir); err != nil {
		t.Errorf("an empty directory: %v", err)
	}
	writeFile(t, dir, "mine", nil)
	if err := (Protection{}).Vacant(dir); !errors.Is(err, ErrOccupied) {
		t.Errorf("a filled directory: %v", err)
	}
	if err := (Protection{}).Vacant(filepath.Join(dir, "mine")); !errors.Is(err, ErrUnusable) {
		t.Errorf("a file: %v", err)
	}
	id := identity(t)
	if err := (Protection{Recipients: []age.Recipient{id.Recipient()}}).Publish(sealed, dir); err == nil {
		t.Error("it was published over something")
	}
	if got := names(t, parent); !slices.Equal(got, []string{"clear", "s"}) {
		t.Errorf("left behind: %v", got)
	}
	writeFile(t, sealed, tenantFile, nil)
	if err := (Protection{Signer: signingKey("a")}).Publish(sealed, filepath.Join(parent, "t")); !errors.Is(err, ErrIntegrity) {
		t.Errorf("what is not as it was sealed was signed: %v", err)
	}
}

// A snapshot that a run could not finish in its time gives way to the one of the run that went on.
func TestPublishReplacesOnlyWhatItIsToldTo(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	sealed, dir := filepath.Join(parent, "clear"), filepath.Join(parent, "s")
	id := identity(t)
	p := Protection{Recipients: []age.Recipient{id.Recipient()}, Signer: signingKey("a")}
	before := write(t, filepath.Join(parent, "before"), record(1))
	publish(t, p, filepath.Join(parent, "before"), dir)
	after := write(t, sealed, record(1), record(2))
	for _, digest := range []string{"", after.Digest} {
		p.Replaces = digest
		if err := p.Publish(sealed, dir); !errors.Is(err, ErrOccupied) {
			t.Errorf("with %q: %v", digest, err)
		}
	}
	p.Replaces = before.Digest
	publish(t, p, sealed, dir)
	r, err := Opening{Identities: []age.Identity{id}, Keys: []crypto.PublicKey{signingKey("a").Public()}}.Verify(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Seal().Digest != after.Digest {
		t.Errorf("seal %s, want %s", r.Seal().Digest, after.Digest)
	}
	if got := names(t, parent); !slices.Equal(got, []string{"before", "clear", "s"}) {
		t.Errorf("left behind: %v", got)
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
