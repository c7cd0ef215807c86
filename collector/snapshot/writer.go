package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// The files of a snapshot.
const (
	manifestFile   = "manifest.json"
	tenantFile     = "tenant.json"
	leaversFile    = "leavers.ndjson.zst"
	provenanceFile = "provenance.ndjson.zst"
	sealFile       = "seal.json"
)

var (
	// ErrUnusable means that no snapshot can be written at the place that was given.
	ErrUnusable = errors.New("cannot put a snapshot there")
	// ErrOccupied is an ErrUnusable: the directory already holds something.
	ErrOccupied = fmt.Errorf("%w: the directory is not empty", ErrUnusable)
)

// Writer writes one snapshot. It works in a hidden directory beside the target and renames it at the
// end, so that the target is either whole or not there. A Writer is for one goroutine.
type Writer struct {
	target, dir string
	replaces    string // the digest of the snapshot at target, if it is to be replaced
	leavers     *stream
	provenance  *stream
	last        string
	outcomes    map[string]map[string]int
	files       map[string]FileSeal
}

// Create prepares a snapshot at target, in a directory of its own beside it. The target must not exist, or
// be an empty directory (ErrOccupied otherwise); its parent is created when missing. Errors wrap
// ErrUnusable. Call Seal to finish, and Discard in any case (it does nothing after Seal).
func Create(target string) (*Writer, error) {
	target, err := vacant(target, "")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(target), ".leavercheck-")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	return begin(&Writer{target: target, dir: dir})
}

// CreateIn is Create with a working directory of the caller's, on the file system of target: what is in it
// is deleted. When the target holds the snapshot of which replaces is the digest, the new one takes its
// place.
func CreateIn(work, target, replaces string) (*Writer, error) {
	target, err := vacant(target, replaces)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.RemoveAll(work), os.RemoveAll(work+oldSuffix), os.MkdirAll(work, 0o700)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	return begin(&Writer{target: target, dir: work, replaces: replaces})
}

// oldSuffix names a replaced snapshot until the new one is in its place.
const oldSuffix = ".old"

// vacant makes sure that a snapshot can be put at target, and makes its parent.
func vacant(target, replaces string) (string, error) {
	target, err := filepath.Abs(target)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	switch entries, err := os.ReadDir(target); {
	case err == nil && len(entries) > 0 && !holds(target, replaces):
		return "", fmt.Errorf("%s: %w", target, ErrOccupied)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	return target, nil
}

// holds reports whether a directory has the snapshot with that digest.
func holds(dir, digest string) bool {
	r := &Reader{dir: dir}
	return digest != "" && r.readSeal() == nil && r.seal.Digest == digest
}

func begin(w *Writer) (*Writer, error) {
	w.outcomes, w.files = map[string]map[string]int{}, map[string]FileSeal{}
	var err error
	if w.leavers, err = w.open(leaversFile); err == nil {
		w.provenance, err = w.open(provenanceFile)
	}
	if err != nil {
		w.Discard()
		return nil, err
	}
	return w, nil
}

// Leaver appends a record. Records come in ascending order of Leaver.Key, each once, each with exactly
// the facts of LeaverFacts (none for a leaver who is not yet gone).
func (w *Writer) Leaver(r Record) error {
	key := r.Leaver.Key()
	if key <= w.last {
		return fmt.Errorf("leaver %s after %s: records must be sorted and unique", key, w.last)
	}
	want := LeaverFacts()
	if r.Leaver.State == NotYet {
		want = nil
	}
	if err := complete(r.Facts, want); err != nil {
		return fmt.Errorf("leaver %s: %w", key, err)
	}
	w.last = key
	for _, name := range want {
		w.count(name, r.Facts[name])
	}
	return w.leavers.record(r)
}

// Provenance appends where a fact came from. The caller orders them; by leaver as the records, and by
// fact, is what readers expect.
func (w *Writer) Provenance(p Provenance) error { return w.provenance.record(p) }

// Seal writes tenant, manifest and seal, and puts the snapshot in its place.
func (w *Writer) Seal(m Manifest, t Tenant) (Seal, error) {
	if err := complete(t.Facts, TenantFacts()); err != nil {
		return Seal{}, fmt.Errorf("tenant: %w", err)
	}
	for _, name := range TenantFacts() {
		w.count(name, t.Facts[name])
	}
	leavers := w.leavers.records
	for _, s := range []*stream{w.leavers, w.provenance} {
		sealed, err := s.close()
		if err != nil {
			return Seal{}, err
		}
		w.files[s.name] = sealed
	}
	m.SchemaVersion = SchemaVersion
	for name, doc := range map[string]any{tenantFile: t, manifestFile: m} {
		sealed, err := w.document(name, doc)
		if err != nil {
			return Seal{}, err
		}
		w.files[name] = sealed
	}
	seal := Seal{SchemaVersion: SchemaVersion, Files: w.files, Leavers: leavers, Outcomes: w.outcomes}
	digest, err := seal.digest()
	if err != nil {
		return Seal{}, err
	}
	seal.Digest = digest
	if _, err := w.document(sealFile, seal); err != nil {
		return Seal{}, err
	}
	if err := w.place(); err != nil {
		return Seal{}, fmt.Errorf("put the snapshot in place: %w", err)
	}
	return seal, nil
}

// place puts the finished directory where it belongs.
func (w *Writer) place() error {
	old := ""
	if holds(w.target, w.replaces) {
		old = w.dir + oldSuffix
		if err := os.Rename(w.target, old); err != nil {
			return err
		}
	}
	// An empty directory in the way is the caller's own; a filled one makes Remove fail.
	if err := os.Remove(w.target); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Rename(w.dir, w.target); err != nil {
		return err
	}
	w.dir = ""
	if old == "" {
		return nil
	}
	return os.RemoveAll(old)
}

// Discard removes what was written, unless Seal has finished.
func (w *Writer) Discard() {
	if w.dir == "" {
		return
	}
	for _, s := range []*stream{w.leavers, w.provenance} {
		if s != nil {
			s.file.Close()
		}
	}
	os.RemoveAll(w.dir)
	w.dir = ""
}

func complete(facts map[string]Fact, want []string) error {
	for _, name := range want {
		f, ok := facts[name]
		if !ok {
			return fmt.Errorf("fact %s has no outcome", name)
		}
		if err := f.check(); err != nil {
			return fmt.Errorf("fact %s: %w", name, err)
		}
	}
	for name := range facts {
		if !slices.Contains(want, name) {
			return fmt.Errorf("fact %s is not in the catalogue", name)
		}
	}
	return nil
}

func (w *Writer) count(name string, f Fact) {
	if w.outcomes[name] == nil {
		w.outcomes[name] = map[string]int{}
	}
	w.outcomes[name][f.outcome()]++
}

func (f Fact) outcome() string {
	if f.State == Unknown {
		return string(f.State) + "." + string(f.Reason)
	}
	return string(f.State)
}

func (w *Writer) document(name string, doc any) (FileSeal, error) {
	data, err := marshal(doc)
	if err != nil {
		return FileSeal{}, fmt.Errorf("write %s: %w", name, err)
	}
	data = append(data, '\n')
	f, err := w.create(name)
	if err != nil {
		return FileSeal{}, err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return FileSeal{}, fmt.Errorf("write %s: %w", name, err)
	}
	if err := f.Sync(); err != nil {
		return FileSeal{}, fmt.Errorf("write %s: %w", name, err)
	}
	sum := sha256.Sum256(data)
	return FileSeal{SHA256: hex.EncodeToString(sum[:]), Bytes: int64(len(data)), Records: 1}, nil
}

func (w *Writer) create(name string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(w.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return f, nil
}

// digest is the SHA-256 of the seal with an empty Digest.
func (s Seal) digest() (string, error) {
	s.Digest = ""
	data, err := marshal(s)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// stream is one compressed file of JSON lines, hashed as it is written.
type stream struct {
	name    string
	file    *os.File
	hash    hash.Hash
	bytes   counter
	zstd    *zstd.Encoder
	records int
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func (w *Writer) open(name string) (*stream, error) {
	f, err := w.create(name)
	if err != nil {
		return nil, err
	}
	s := &stream{name: name, file: f, hash: sha256.New()}
	// One encoder goroutine: with more, the frame depends on timing and the bytes would differ.
	s.zstd, err = zstd.NewWriter(io.MultiWriter(f, s.hash, &s.bytes), zstd.WithEncoderConcurrency(1))
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return s, nil
}

func (s *stream) record(v any) error {
	line, err := marshal(v)
	if err != nil {
		return fmt.Errorf("write %s: %w", s.name, err)
	}
	if len(line) > maxLine {
		return fmt.Errorf("write %s: a record of %d bytes, the limit is %d", s.name, len(line), maxLine)
	}
	return s.line(line)
}

func (s *stream) line(line []byte) error {
	s.records++
	if _, err := s.zstd.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write %s: %w", s.name, err)
	}
	return nil
}

func (s *stream) close() (FileSeal, error) {
	if err := s.zstd.Close(); err != nil {
		return FileSeal{}, fmt.Errorf("write %s: %w", s.name, err)
	}
	if err := s.file.Sync(); err != nil {
		return FileSeal{}, fmt.Errorf("write %s: %w", s.name, err)
	}
	if err := s.file.Close(); err != nil {
		return FileSeal{}, fmt.Errorf("write %s: %w", s.name, err)
	}
	return FileSeal{SHA256: hex.EncodeToString(s.hash.Sum(nil)), Bytes: int64(s.bytes), Records: s.records}, nil
}
