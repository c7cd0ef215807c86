package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var collectedAt = time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)

func record(n int) Record {
	r := Record{
		Leaver: Leaver{
			ID: fmt.Sprintf("6f1c2b7e-0d4a-4c52-9b1e-%012d", n), UserPrincipalName: "d.rook@b.example", LeftAt: collectedAt.AddDate(0, 0, -3),
			LeftBy: collectedAt.AddDate(0, 0, -3), Source: fmt.Sprintf("leavers.csv:%d", n), State: Live, MatchedBy: "id",
		},
		Facts: map[string]Fact{},
	}
	for _, name := range LeaverFacts() {
		r.Facts[name] = Fact{State: Absent}
	}
	r.Facts[SignInActivity] = Fact{State: Read}
	r.Facts[Account] = Fact{State: Read, Value: map[string]any{"id": r.Leaver.ID, "displayName": "<D> & \u202E", "accountEnabled": false}}
	r.Facts[Mailbox] = Fact{State: Unknown, Reason: Forbidden, Detail: "Get-Mailbox: status 403", Needs: "a role"}
	return r
}

func tenant() Tenant {
	t := Tenant{ID: "0f0f0f0f-0000-4000-8000-000000000001", Cloud: "global", Facts: map[string]Fact{}}
	for _, name := range TenantFacts() {
		t.Facts[name] = Fact{State: Read, Value: map[string]any{}}
	}
	return t
}

func manifest(leavers int) Manifest {
	return Manifest{
		Tool: Tool{Name: "leavercheck", Version: "test", Modules: map[string]string{}}, TenantID: tenant().ID, Cloud: "global",
		Population: Population{Sources: []string{"leavers.csv"}, Leavers: leavers}, Permissions: []string{"User.Read.All"},
		CollectedAt: collectedAt, EndedAt: collectedAt, Windows: map[string]Window{},
	}
}

func write(t *testing.T, dir string, records ...Record) Seal {
	t.Helper()
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	for _, r := range records {
		if err := w.Leaver(r); err != nil {
			t.Fatal(err)
		}
		if err := w.Provenance(Provenance{Leaver: r.Leaver.Key(), Fact: Account, Endpoint: "GET /v1.0/users", At: collectedAt, Attempts: 1, Status: 200}); err != nil {
			t.Fatal(err)
		}
	}
	seal, err := w.Seal(manifest(len(records)), tenant())
	if err != nil {
		t.Fatal(err)
	}
	return seal
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "snapshot")
	gone := Record{Leaver: Leaver{Source: "leavers.csv:9", State: NotYet, LeftAt: collectedAt.AddDate(0, 0, 3), LeftBy: collectedAt.AddDate(0, 0, 3)}, Facts: map[string]Fact{}}
	seal := write(t, dir, record(1), record(2), gone)
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []Record
	if err := r.Leavers(func(rec Record) error { got = append(got, rec); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || r.Seal().Digest != seal.Digest || r.Manifest().Population.Leavers != 3 {
		t.Fatalf("got %d leavers, seal %s", len(got), r.Seal().Digest)
	}
	if f := got[0].Facts[SignInActivity]; f.State != Read || f.Value != nil {
		t.Errorf("null was not kept: %+v", f)
	}
	if value := got[0].Facts[Account].Value.(map[string]any); value["displayName"] != "<D> & \u202E" {
		t.Errorf("text was not kept: %q", value["displayName"])
	}
	if n := r.Seal().Outcomes[Mailbox]["unknown.forbidden"]; n != 2 {
		t.Errorf("the seal counts %d forbidden mailboxes, want 2", n)
	}
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has mode %o", d.Name(), info.Mode().Perm())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTheSameStateGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	if write(t, a, record(1), record(2)).Digest != write(t, b, record(1), record(2)).Digest {
		t.Error("the seals differ")
	}
	for _, name := range []string{leaversFile, tenantFile, manifestFile, provenanceFile, sealFile} {
		if !bytes.Equal(readFile(t, a, name), readFile(t, b, name)) {
			t.Errorf("%s differs", name)
		}
	}
}

func readFile(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Every single flipped bit, in any file, is found.
func TestAFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "s")
	write(t, dir, record(1))
	for _, name := range []string{leaversFile, tenantFile, manifestFile, provenanceFile, sealFile} {
		whole := readFile(t, dir, name)
		for at := range whole {
			broken := slices.Clone(whole)
			broken[at] ^= 1
			writeFile(t, dir, name, broken)
			if _, err := Open(dir); !errors.Is(err, ErrIntegrity) && !errors.Is(err, ErrVersion) {
				t.Fatalf("%s, byte %d: %v", name, at, err)
			}
		}
		writeFile(t, dir, name, whole)
	}
	if _, err := Open(dir); err != nil {
		t.Errorf("restored: %v", err)
	}
}

func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(t *testing.T, dir, other string){
		"a file is missing":   func(t *testing.T, dir, _ string) { remove(t, dir, provenanceFile) },
		"the seal is missing": func(t *testing.T, dir, _ string) { remove(t, dir, sealFile) },
		"a file is another snapshot's": func(t *testing.T, dir, other string) {
			writeFile(t, dir, leaversFile, readFile(t, other, leaversFile))
		},
		"a line is missing": func(t *testing.T, dir, _ string) {
			lines := bytes.SplitAfter(unpack(t, readFile(t, dir, leaversFile)), []byte("\n"))
			writeFile(t, dir, leaversFile, pack(t, bytes.Join(lines[1:], nil)))
		},
		"a line is missing, and the seal was made to fit": func(t *testing.T, dir, _ string) {
			lines := bytes.SplitAfter(unpack(t, readFile(t, dir, leaversFile)), []byte("\n"))
			writeFile(t, dir, leaversFile, pack(t, bytes.Join(lines[1:], nil)))
			reseal(t, dir, leaversFile)
		},
		"a fact is missing, and the seal was made to fit": func(t *testing.T, dir, _ string) {
			text := strings.Replace(string(unpack(t, readFile(t, dir, leaversFile))), `"mailProtocols":{"state":"absent"},`, "", 1)
			writeFile(t, dir, leaversFile, pack(t, []byte(text)))
			reseal(t, dir, leaversFile)
		},
		"an unknown fact became read, and the seal was made to fit": func(t *testing.T, dir, _ string) {
			text := strings.Replace(string(unpack(t, readFile(t, dir, leaversFile))), `{"state":"absent"}`, `{"state":"read","value":[]}`, 1)
			writeFile(t, dir, leaversFile, pack(t, []byte(text)))
			reseal(t, dir, leaversFile)
		},
		"another tenant's facts, and the seal was made to fit": func(t *testing.T, dir, _ string) {
			writeFile(t, dir, tenantFile, bytes.Replace(readFile(t, dir, tenantFile), []byte("000000000001"), []byte("000000000002"), 1))
			reseal(t, dir, tenantFile)
		},
		"a bomb": func(t *testing.T, dir, _ string) {
			writeFile(t, dir, leaversFile, pack(t, bytes.Repeat([]byte(" "), maxLine+2)))
			reseal(t, dir, leaversFile)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, other := filepath.Join(t.TempDir(), "s"), filepath.Join(t.TempDir(), "other")
			write(t, dir, record(1), record(2))
			write(t, other, record(1), record(3))
			tamper(t, dir, other)
			if _, err := Verify(dir); !errors.Is(err, ErrIntegrity) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

// reseal makes the hashes fit again, as somebody would who knows how.
func reseal(t *testing.T, dir, name string) {
	t.Helper()
	var seal Seal
	if err := json.Unmarshal(readFile(t, dir, sealFile), &seal); err != nil {
		t.Fatal(err)
	}
	data := readFile(t, dir, name)
	w := &Writer{dir: t.TempDir()}
	sealed, err := w.document("x", json.RawMessage(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	sealed.SHA256, sealed.Bytes, sealed.Records = hex.EncodeToString(sum[:]), int64(len(data)), seal.Files[name].Records
	seal.Files[name] = sealed
	if seal.Digest, err = seal.digest(); err != nil {
		t.Fatal(err)
	}
	out, err := marshal(seal)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, sealFile, append(out, '\n'))
}

func unpack(t *testing.T, data []byte) []byte {
	t.Helper()
	dec, err := zstd.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	var out bytes.Buffer
	if _, err := dec.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func pack(t *testing.T, data []byte) []byte {
	t.Helper()
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	return enc.EncodeAll(data, nil)
}

func TestTheWriterRefusesHoles(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Record){
		"no outcome":        func(r *Record) { delete(r.Facts, SignIns) },
		"a foreign fact":    func(r *Record) { r.Facts["bank"] = Fact{State: Absent} },
		"no reason":         func(r *Record) { r.Facts[SignIns] = Fact{State: Unknown} },
		"an invented cause": func(r *Record) { r.Facts[SignIns] = Fact{State: Unknown, Reason: "tired"} },
		"no state":          func(r *Record) { r.Facts[SignIns] = Fact{} },
		"absent with value": func(r *Record) { r.Facts[SignIns] = Fact{State: Absent, Value: []any{}} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := Create(filepath.Join(t.TempDir(), "s"))
			if err != nil {
				t.Fatal(err)
			}
			defer w.Discard()
			r := record(1)
			change(&r)
			if w.Leaver(r) == nil {
				t.Error("it was written")
			}
		})
	}
	w, err := Create(filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	if err := w.Leaver(record(2)); err != nil {
		t.Fatal(err)
	}
	if w.Leaver(record(1)) == nil || w.Leaver(record(2)) == nil {
		t.Error("records out of order were written")
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	w, err := Create(filepath.Join(parent, "s"))
	if err != nil {
		t.Fatal(err)
	}
	w.Discard()
	if left, _ := os.ReadDir(parent); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	writeFile(t, parent, "mine", []byte("x"))
	if _, err := Create(parent); !errors.Is(err, ErrOccupied) {
		t.Errorf("a directory with a file in it: %v", err)
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNoSnapshot) {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestUTC(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2026-05-29T16:04:10Z":              "2026-05-29T16:04:10Z",
		"2016-12-31T23:58:46.7156189-08:00": "2017-01-01T07:58:46.7156189Z",
		"2026-05-29T16:04:10.5000000Z":      "2026-05-29T16:04:10.5Z",
		"2026-05-29T16:04:10":               "2026-05-29T16:04:10Z",
		"0001-01-01T00:00:00Z":              "0001-01-01T00:00:00Z",
		"0001-01-01T00:00:00+02:00":         "0001-01-01T00:00:00Z",
		"9999-12-31T23:59:59.9999999Z":      "9999-12-31T23:59:59.9999999Z",
	} {
		if got, err := UTC(in); err != nil || got != want {
			t.Errorf("%s became %s, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "yesterday", "2026-13-01T00:00:00Z", "2026-05-29"} {
		if got, err := UTC(in); err == nil {
			t.Errorf("%q became %s", in, got)
		}
	}
}

// The schemas name every fact, and no other.
func TestTheSchemasKnowTheFacts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		read func() ([]byte, error)
		want []string
	}{"leaver": {LeaverSchema, LeaverFacts()}, "tenant": {TenantSchema, TenantFacts()}} {
		data, err := tc.read()
		if err != nil {
			t.Fatal(err)
		}
		var schema struct {
			Properties struct {
				Facts struct {
					Properties map[string]any `json:"properties"`
				} `json:"facts"`
			} `json:"properties"`
		}
		if err := json.Unmarshal(data, &schema); err != nil {
			t.Fatal(err)
		}
		for _, fact := range tc.want {
			if schema.Properties.Facts.Properties[fact] == nil {
				t.Errorf("%s: no fact %s", name, fact)
			}
		}
		if len(schema.Properties.Facts.Properties) != len(tc.want) {
			t.Errorf("%s: %d facts, want %d", name, len(schema.Properties.Facts.Properties), len(tc.want))
		}
	}
}

func TestARecordIsValidByItsSchema(t *testing.T) {
	t.Parallel()
	data, err := LeaverSchema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("leaver.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("leaver.json")
	if err != nil {
		t.Fatal(err)
	}
	line, err := marshal(record(1))
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Error(err)
	}
}

func FuzzFact(f *testing.F) {
	f.Add([]byte(`{"state":"read","value":null}`))
	f.Add([]byte(`{"state":"unknown","reason":"forbidden","value":[1e400]}`))
	f.Add([]byte(`{"state":"absent","value":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var fact Fact
		if json.Unmarshal(data, &fact) != nil {
			return
		}
		out, err := json.Marshal(fact)
		if err != nil {
			t.Fatalf("%s was read and cannot be written: %v", data, err)
		}
		var again Fact
		if err := json.Unmarshal(out, &again); err != nil {
			t.Fatalf("%s was written and cannot be read: %v", out, err)
		}
	})
}
