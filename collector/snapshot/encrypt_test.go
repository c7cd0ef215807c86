package snapshot

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"filippo.io/age"
)

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
