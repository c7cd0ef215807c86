package snapshot

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/zstd"
)

var (
	// ErrIntegrity means that the files do not match the seal, or contradict themselves: nothing in the
	// snapshot is to be believed.
	ErrIntegrity = errors.New("the snapshot does not match its seal")
	// ErrNoSnapshot means that the directory holds no finished snapshot.
	ErrNoSnapshot = errors.New("no finished snapshot")
	// ErrVersion means that another version of the program wrote the snapshot.
	ErrVersion = errors.New("the snapshot has another schema version")
)

const (
	// maxLine bounds one record; a leaver with a full month of sign-ins stays below 16 MiB.
	maxLine = 64 << 20
	// maxDocument bounds manifest, tenant and seal.
	maxDocument = 256 << 20
	// maxWindow bounds what a compressed file may make the reader allocate at once.
	maxWindow = 64 << 20
)

// Reader reads a snapshot whose files match their seal. Its methods may be called from several
// goroutines; each call reads the file anew.
type Reader struct {
	dir      string
	seal     Seal
	manifest Manifest
	tenant   Tenant
	// decrypted is the private directory that dir is then, empty for a snapshot in clear.
	decrypted string
}

// Open checks every file of the snapshot in dir against its seal before it gives anything out. The
// records are checked as they are read, by Leavers and Provenance. Errors wrap ErrIntegrity,
// ErrNoSnapshot, ErrVersion or, for a snapshot that only an Opening can read, ErrEncrypted.
func Open(dir string) (*Reader, error) { return Opening{}.Open(dir) }

// Verify opens the snapshot in dir, reads every record in it, and refuses files that do not belong there.
func Verify(dir string) (*Reader, error) { return Opening{}.Verify(dir) }

// Seal returns the checked seal; its Digest names the snapshot.
func (r *Reader) Seal() Seal { return r.seal }

// Manifest returns who collected what, when and with which rights.
func (r *Reader) Manifest() Manifest { return r.manifest }

// Tenant returns the tenant-wide facts.
func (r *Reader) Tenant() Tenant { return r.tenant }

// Leavers yields every record in ascending order of Leaver.Key and stops at the first error. It proves,
// as it goes, that the seal tells the truth of the records: their order, their facts, and at the end
// their counts. Until it has returned nil, what it yielded is not vouched for (ErrIntegrity).
func (r *Reader) Leavers(yield func(Record) error) error {
	w := &Writer{outcomes: map[string]map[string]int{}}
	records := 0
	err := each(r, leaversFile, decodeRecord, func(rec Record) error {
		key := rec.Leaver.Key()
		if key <= w.last {
			return fmt.Errorf("%w: leaver %s after %s", ErrIntegrity, key, w.last)
		}
		w.last = key
		records++
		var want []string
		if rec.Leaver.State != NotYet {
			want = LeaverFacts()
		}
		if err := complete(rec.Facts, want); err != nil {
			return fmt.Errorf("%w: leaver %s: %w", ErrIntegrity, key, err)
		}
		for _, name := range want {
			w.count(name, rec.Facts[name])
		}
		return yield(rec)
	})
	if err != nil {
		return err
	}
	for _, name := range TenantFacts() {
		w.count(name, r.tenant.Facts[name])
	}
	if records != r.seal.Leavers || records != r.seal.Files[leaversFile].Records || records != r.manifest.Population.Leavers {
		return fmt.Errorf("%w: %d leavers in %s, %d in the seal, %d in the manifest", ErrIntegrity, records, leaversFile, r.seal.Leavers, r.manifest.Population.Leavers)
	}
	if !maps.EqualFunc(w.outcomes, r.seal.Outcomes, maps.Equal[map[string]int]) {
		return fmt.Errorf("%w: the outcomes of the facts are not those of the seal", ErrIntegrity)
	}
	return nil
}

// Provenance yields where the facts came from, in the order of writing, and checks their number.
func (r *Reader) Provenance(yield func(Provenance) error) error {
	sources := 0
	err := each(r, provenanceFile, decodeProvenance, func(p Provenance) error {
		sources++
		return yield(p)
	})
	if err == nil && sources != r.seal.Files[provenanceFile].Records {
		return fmt.Errorf("%w: %d records in %s, %d in the seal", ErrIntegrity, sources, provenanceFile, r.seal.Files[provenanceFile].Records)
	}
	return err
}

func (r *Reader) check() error {
	if err := r.readSeal(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(r.seal.Files)) {
		if err := r.checkFile(name); err != nil {
			return err
		}
	}
	if err := r.document(manifestFile, &r.manifest); err != nil {
		return err
	}
	if err := r.document(tenantFile, &r.tenant); err != nil {
		return err
	}
	if r.manifest.TenantID != r.tenant.ID {
		return fmt.Errorf("%w: %s speaks of tenant %s, %s of %s", ErrIntegrity, manifestFile, r.manifest.TenantID, tenantFile, r.tenant.ID)
	}
	if err := complete(r.tenant.Facts, TenantFacts()); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrIntegrity, tenantFile, err)
	}
	return nil
}

func (r *Reader) readSeal() error {
	data, err := r.read(sealFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		// Files without a seal are a snapshot that somebody tore open; no files are no snapshot.
		if _, err := os.Stat(filepath.Join(r.dir, leaversFile)); err == nil {
			return fmt.Errorf("%w: %s is missing", ErrIntegrity, sealFile)
		}
		return fmt.Errorf("%w in it: %s is missing", ErrNoSnapshot, sealFile)
	case err != nil:
		return err
	}
	if r.seal, err = ParseSeal(data); err != nil {
		return err
	}
	want := []string{leaversFile, manifestFile, provenanceFile, tenantFile}
	got := slices.Sorted(maps.Keys(r.seal.Files))
	if i := slices.Index(got, directoryFile); i >= 0 {
		got = slices.Delete(got, i, i+1)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("%w: it seals %v, not %v", ErrIntegrity, got, want)
	}
	return nil
}

// ParseSeal reads the text of a seal and checks that its digest is that of what it says. It does not look at the
// files that are sealed. Errors wrap ErrIntegrity or ErrVersion.
func ParseSeal(data []byte) (Seal, error) {
	var seal Seal
	var version struct {
		SchemaVersion int `json:"schemaVersion"`
	}
	if err := lenient(data, &version); err != nil {
		return seal, fmt.Errorf("%w: %s: %w", ErrIntegrity, sealFile, err)
	}
	if version.SchemaVersion != SchemaVersion {
		return seal, fmt.Errorf("%w: %d, this program reads %d", ErrVersion, version.SchemaVersion, SchemaVersion)
	}
	if err := unmarshal(data, &seal); err != nil {
		return seal, fmt.Errorf("%w: %s: %w", ErrIntegrity, sealFile, err)
	}
	digest, err := seal.digest()
	if err != nil {
		return seal, err
	}
	if digest != seal.Digest {
		return seal, fmt.Errorf("%w: %s was changed", ErrIntegrity, sealFile)
	}
	return seal, nil
}

func (r *Reader) checkFile(name string) error {
	f, err := os.Open(filepath.Join(r.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s is missing", ErrIntegrity, name)
	} else if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	sealed := r.seal.Files[name]
	if n != sealed.Bytes || hex.EncodeToString(sum.Sum(nil)) != sealed.SHA256 {
		return fmt.Errorf("%w: %s was changed", ErrIntegrity, name)
	}
	return nil
}

func (r *Reader) document(name string, v any) error {
	data, err := r.read(name)
	if err != nil {
		return err
	}
	if err := unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrIntegrity, name, err)
	}
	return nil
}

func (r *Reader) read(name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(r.dir, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxDocument+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxDocument {
		return nil, fmt.Errorf("%w: %s is larger than %d bytes", ErrIntegrity, name, maxDocument)
	}
	return data, nil
}

// each decodes a compressed file line by line.
func each[T any](r *Reader, name string, decode func(line []byte) (T, error), yield func(T) error) error {
	f, err := os.Open(filepath.Join(r.dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	dec, err := zstd.NewReader(f, zstd.WithDecoderMaxMemory(maxWindow), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	defer dec.Close()
	lines := bufio.NewScanner(dec)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine+1)
	for n := 1; lines.Scan(); n++ {
		v, err := decode(lines.Bytes())
		if err != nil {
			return fmt.Errorf("%w: %s line %d: %w", ErrIntegrity, name, n, err)
		}
		if err := yield(v); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrIntegrity, name, err)
	}
	return nil
}

func decodeProvenance(line []byte) (Provenance, error) {
	var p Provenance
	err := unmarshal(line, &p)
	return p, err
}

func lenient(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	return dec.Decode(v)
}
