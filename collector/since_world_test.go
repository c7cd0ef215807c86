package collector_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zstd"

	"leavercheck/collector"
	"leavercheck/collector/roster"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// passed is the time between the earlier snapshot and the later ones.
const passed = 5 * 24 * time.Hour

// spoiler changes an answer on its way, or loses it.
type spoiler func(*http.Request, *http.Response) *http.Response

// world is one tenant at two times.
type world struct {
	t       *testing.T
	out     string // of the snapshot; by default one that goes with the test
	options simtenant.Options
	// every is how many of the roster's people one is taken of, beginning with the one at first.
	first, every int
	// accounts refuses what is not about accounts, to save time.
	accounts bool
}

// collected is a snapshot and what was asked for it.
type collected struct {
	dir      string
	facts    facts
	leavers  map[string]snapshot.Leaver
	warnings []string
	sources  []snapshot.Provenance
}

// then is a snapshot of the tenant as it was and a full one as it is now. Every run has a bubble of its own, so that
// virtual time is the same in each.
func (w world) then() (before, full collected) {
	w.t.Helper()
	root := w.t
	dir := root.TempDir()
	one := func(earlier bool, name string) (got collected) {
		synctest.Test(root, func(t *testing.T) {
			w.t, w.out = t, filepath.Join(dir, name)
			got = w.take(earlier, "", nil)
		})
		return got
	}
	return one(true, "before"), one(false, "full")
}

// take takes a snapshot of the tenant, as it is now or as it was, from an earlier snapshot if there is one.
func (w world) take(earlier bool, since string, spoil spoiler) collected {
	w.t.Helper()
	got, err := w.try(earlier, since, spoil)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w world) try(earlier bool, since string, spoil spoiler) (collected, error) {
	t, options := w.t, w.options
	t.Helper()
	options.Now, options.Earlier, options.EarlierBy = later(), earlier, passed
	now := later
	if earlier {
		now = func() time.Time { return later().Add(-passed) }
	}
	options.Clock = now
	tenant, err := simtenant.New(options)
	if err != nil {
		t.Fatal(err)
	}
	file, err := roster.ReadCSV("simulated.csv", bytes.NewReader(tenant.Roster()), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := collected{dir: cmp.Or(w.out, filepath.Join(t.TempDir(), "snapshot")), facts: facts{}, leavers: map[string]snapshot.Leaver{}}
	m := newMemory(tenant)
	m.spoil = func(r *http.Request, answer *http.Response) *http.Response {
		if w.accounts && !strings.HasPrefix(r.URL.Path, "/v1.0/users") && !strings.Contains(r.URL.Path, "/deletedItems/") && !strings.HasSuffix(r.URL.Path, "$batch") {
			return replaced(403, `{"error":{"code":"x"}}`)
		}
		if spoil != nil {
			return spoil(r, answer)
		}
		return answer
	}
	cloud, err := collector.LookupCloud("global")
	if err != nil {
		t.Fatal(err)
	}
	o := collector.Options{
		Sources: []string{"simulated.csv"}, Cloud: cloud, Credential: m, Transport: m, Limits: wire.Unhurried(),
		Out: got.dir, Now: now, Tool: snapshot.Tool{Name: "test"},
	}
	for i := w.first; i < len(file.Entries); i += w.every {
		o.Entries = append(o.Entries, file.Entries[i])
	}
	if since != "" {
		if o.Since, err = snapshot.Open(since); err != nil {
			return got, err
		}
	}
	done, err := collector.Collect(t.Context(), o)
	if err != nil {
		return got, err
	}
	// Virtual time began long before the services' clocks.
	got.warnings = slices.DeleteFunc(done.Warnings, func(s string) bool { return strings.Contains(s, "clock") })
	r, err := snapshot.Verify(got.dir)
	if err != nil {
		t.Fatal(err)
	}
	got.facts[""] = r.Tenant().Facts
	err = r.Leavers(func(rec snapshot.Record) error {
		got.facts[rec.Leaver.Source], got.leavers[rec.Leaver.Source] = rec.Facts, rec.Leaver
		return nil
	})
	if err == nil {
		err = r.Provenance(func(p snapshot.Provenance) error { got.sources = append(got.sources, p); return nil })
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, complaint := range tenant.Complaints() {
		if !strings.Contains(complaint, "badly formed") {
			t.Errorf("the tenant complains: %s", complaint)
		}
	}
	return got, nil
}

// same holds a run against a full one.
func (w world) same(full, got collected) {
	w.t.Helper()
	for fact, n := range law(w.t, full.facts, got.facts) {
		w.t.Errorf("%s is unknown of %d", fact, n)
	}
	for source, want := range full.leavers {
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got.leavers[source])
		if !bytes.Equal(a, b) {
			w.t.Errorf("%s is %s\nwant %s", source, b, a)
		}
	}
	a, b := directoryOf(w.t, full.dir), directoryOf(w.t, got.dir)
	if len(a) < 300 || !slices.Equal(a[1:], b[1:]) {
		w.t.Errorf("the lists of accounts differ: %s", difference(a[1:], b[1:]))
	}
}

func difference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "want " + a[i] + ", got " + b[i]
		}
	}
	return fmt.Sprintf("%d and %d", len(a), len(b))
}

// directoryOf are the lines of the list of accounts; the first is its head.
func directoryOf(t *testing.T, dir string) []string {
	t.Helper()
	return strings.Split(string(unpacked(t, filepath.Join(dir, "directory.ndjson.zst"))), "\n")
}

func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".zst") {
		return data
	}
	dec, err := zstd.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	if data, err = io.ReadAll(dec); err != nil {
		t.Fatal(err)
	}
	return data
}

// said is what the provenance says of a full listing in the place of changes; empty: there was none.
func (c collected) said() string {
	for _, p := range c.sources {
		if why, ok := strings.CutPrefix(p.Detail, "all accounts were listed: "); ok {
			return why
		}
	}
	return ""
}

// incremental tells whether the accounts were not listed again.
func (c collected) incremental() bool {
	changes := slices.ContainsFunc(c.sources, func(p snapshot.Provenance) bool { return p.Endpoint == "GET /v1.0/users/delta" && p.List.Complete })
	listed := slices.ContainsFunc(c.sources, func(p snapshot.Provenance) bool { return p.Endpoint == "GET /v1.0/users" })
	if changes == listed && c.said() == "" {
		panic("neither one nor the other")
	}
	return changes && !listed
}
