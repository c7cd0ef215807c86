package snapshot

import (
	"bytes"
	"crypto"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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
