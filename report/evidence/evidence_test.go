package evidence_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report"
	"leavercheck/report/evidence"
)

// entry is a file of a pack that a test takes apart.
type entry struct {
	name string
	mode fs.FileMode
	text []byte
}

// packed is the pack of a small result.
func packed(t *testing.T) []entry {
	t.Helper()
	path := filepath.Join(t.TempDir(), "e.zip")
	sum := commit(t, path, nil)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(data)); got != sum {
		t.Errorf("Commit says %s, the file is %s", sum, got)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out []entry
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, entry{f.Name, f.Mode(), text})
	}
	return out
}

// sources are one policy, as good as a checklist for packing.
func sources() []policies.Source {
	return []policies.Source{{Prefix: "policies", Files: []policies.SourceFile{{Path: "checklist/a.rego", Text: []byte("package checklist.a\n")}}}}
}

func commit(t *testing.T, path string, change func(*policies.Run)) string {
	t.Helper()
	p, err := evidence.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Discard()
	run := policies.Run{
		SchemaVersion: policies.ResultVersion, Tenant: policies.Tenant{ID: "t", Name: "Contoso"}, CollectedAt: time.Date(2026, 11, 22, 6, 30, 1, 5, time.UTC),
		PolicyDigest: policies.DigestOf(sources()), Rules: []policies.Rule{{ID: "ACC-001", Title: "Sign-in is blocked", Severity: policies.High}},
		Parameters: map[string]map[string]any{},
	}
	if change != nil {
		change(&run)
	}
	one := policies.LeaverResult{
		Leaver:   snapshot.Leaver{ID: "1", DisplayName: "Adele Vance", State: snapshot.Live},
		Verdicts: []policies.Verdict{{Rule: "ACC-001", Status: policies.Unknown, Severity: policies.High, Grade: policies.Observed, Missing: []policies.Missing{{Fact: "account", Reason: "forbidden", Needs: "User.Read.All"}}}},
	}
	tally := policies.NewTally(run)
	tally.Leaver(one)
	for _, err := range []error{p.Run(run), p.Leaver(one), p.Tenant(policies.TenantResult{}), p.Summary(tally.Summary())} {
		if err != nil {
			t.Fatal(err)
		}
	}
	sum, err := p.Commit(evidence.Contents{Tool: policies.Tool{Name: "leavercheck", Version: "test"}, Sources: sources()})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// write packs entries again; with sums it makes the hashes fit, as a forger would.
func write(t *testing.T, all []entry, sums bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "forged.zip")
	var lines strings.Builder
	for i := range all {
		if all[i].name == "SHA256SUMS" && sums {
			all[i].text = []byte(lines.String())
		}
		fmt.Fprintf(&lines, "%x  %s\n", sha256.Sum256(all[i].text), all[i].name)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for _, e := range all {
		head := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		head.SetMode(e.mode)
		w, err := z.CreateHeader(head)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func replaced(name, old, by string) func([]entry) []entry {
	return func(all []entry) []entry {
		i := slices.IndexFunc(all, func(e entry) bool { return e.name == name })
		if i < 0 || !bytes.Contains(all[i].text, []byte(old)) {
			panic(name + " has no " + old)
		}
		all[i].text = bytes.ReplaceAll(all[i].text, []byte(old), []byte(by))
		return all
	}
}

func added(e entry) func([]entry) []entry {
	return func(all []entry) []entry { return slices.Insert(all, 1, e) }
}

// TestOpenBelievesNothing: a pack that was changed, whether the hashes were made to fit or not.
func TestOpenBelievesNothing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func([]entry) []entry
		sums   bool
		want   string
	}{
		"nothing":               {func(all []entry) []entry { return all }, true, ""},
		"the result":            {replaced("result.ndjson", "Adele", "Allan"), false, "result.ndjson was changed"},
		"the README":            {replaced("README.txt", "NOT complete", "Complete"), false, "README.txt was changed"},
		"the README, hashed":    {replaced("README.txt", "NOT complete", "Complete"), true, "README.txt is not what the result gives"},
		"a report, hashed":      {replaced("reports/report.txt", "ACC-001", "ACC-002"), true, "reports/report.txt is not what the result gives"},
		"a report of no format": {added(entry{"reports/more.txt", 0o600, []byte("x")}), true, "reports/more.txt is no report of this program"},
		"a policy, hashed":      {replaced("policies/1/checklist/a.rego", "package", "# x\npackage"), true, "the policies are not those that the result names"},
		"one more policy":       {added(entry{"policies/1/more.rego", 0o600, []byte("package x\n")}), true, "policies/1/more.rego is none of the policies"},
		"a verdict, hashed":     {replaced("result.ndjson", `"status":"unknown"`, `"status":"pass"`), true, "the summary is not that of the verdicts"},
		"a file without a hash": {added(entry{"more.txt", 0o600, []byte("x")}), false, "more.txt has no hash"},
		"a file is gone":        {func(all []entry) []entry { return slices.Delete(all, 0, 1) }, false, "result.ndjson is missing"},
		"a path that climbs":    {added(entry{"../more.txt", 0o600, nil}), true, "leads elsewhere"},
		"an absolute path":      {added(entry{"/etc/more.txt", 0o600, nil}), true, "leads elsewhere"},
		"a drive":               {added(entry{`c:more.txt`, 0o600, nil}), true, "leads elsewhere"},
		"backslashes":           {added(entry{`..\more.txt`, 0o600, nil}), true, "leads elsewhere"},
		"a link":                {added(entry{"more.txt", fs.ModeSymlink | 0o777, []byte("/etc/passwd")}), true, "more.txt is no regular file"},
		"a name twice":          {added(entry{"README.txt", 0o600, []byte("x")}), true, "README.txt is there twice"},
		"in other letters":      {added(entry{"readme.TXT", 0o600, []byte("x")}), true, "is there twice"},
		"a bomb":                {added(entry{"more.txt", 0o600, make([]byte, 8<<20)}), true, "times its size"},
		"a version to come":     {replaced("pack.json", `"schemaVersion":1`, `"schemaVersion":2`), true, "version 2 of the form"},
		"a seal of nothing":     {added(entry{"snapshot/seal.json", 0o600, []byte("{}")}), true, "schema version"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, tc.change(packed(t)), tc.sums)
			o, err := evidence.Open(path)
			if err == nil {
				defer o.Close()
				err = o.CheckReports()
			}
			switch {
			case tc.want == "" && err != nil:
				t.Fatal(err)
			case tc.want == "":
				if o.Summary().Leavers.Unknown != 1 || o.Run().Tenant.Name != "Contoso" || o.Whole {
					t.Errorf("got %+v", o.Summary())
				}
			case err == nil || !strings.Contains(err.Error(), tc.want):
				t.Errorf("got %v, want %q", err, tc.want)
			case !errors.Is(err, evidence.ErrPack) && !errors.Is(err, snapshot.ErrVersion):
				t.Errorf("%v is not told apart", err)
			}
		})
	}
}

// TestNothingStandsAroundThePack: what readers of zip files pass over is no part of the evidence, and refused.
func TestNothingStandsAroundThePack(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(write(t, packed(t), true))
	if err != nil {
		t.Fatal(err)
	}
	for name, changed := range map[string][]byte{"before": append([]byte("#!"), text...), "after": append(slices.Clone(text), 'x')} {
		path := filepath.Join(t.TempDir(), "changed.zip")
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := evidence.Open(path); !errors.Is(err, evidence.ErrPack) || !strings.Contains(err.Error(), "before its files or after its end") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestPackIsDeterministic(t *testing.T) {
	t.Parallel()
	one, two := filepath.Join(t.TempDir(), "one.zip"), filepath.Join(t.TempDir(), "two.zip")
	if a, b := commit(t, one, nil), commit(t, two, nil); a != b {
		t.Errorf("the same contents: %s and %s", a, b)
	}
	info, err := os.Stat(one)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(one))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	// A time that the format cannot hold is none of the reader's business.
	commit(t, two, func(r *policies.Run) { r.CollectedAt = time.Time{} })
	o, err := evidence.Open(two)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
}

// TestReportsOfThisProgram: every format for people that the program has is in the pack.
func TestReportsOfThisProgram(t *testing.T) {
	t.Parallel()
	all := packed(t)
	for _, r := range evidence.Reports() {
		there := slices.ContainsFunc(all, func(e entry) bool { return e.name == r.File && len(e.text) > 0 })
		if there != slices.Contains(report.Formats(), r.Format) {
			t.Errorf("%s: in the pack: %v", r.File, there)
		}
	}
}

func TestRedactedResultsAreNoEvidence(t *testing.T) {
	t.Parallel()
	p, err := evidence.Create(filepath.Join(t.TempDir(), "e.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Discard()
	if err := p.Run(policies.Run{Redacted: true}); err == nil {
		t.Error("a redacted result is packed")
	}
}
