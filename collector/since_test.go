package collector_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
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
	m := &memory{tenant: tenant}
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

// A run from an earlier snapshot comes to what a full one comes to, whatever happened in between.
func TestChangesComeToTheSameAsAListing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			w := world{t: t, options: simtenant.Options{Seed: seed, PageSize: 25 + 25*int(seed%3), Churn: 20 * int(seed)}, first: int(seed), every: 12}
			before, full := w.then()
			synctest.Test(t, func(t *testing.T) {
				w := w
				w.t = t
				got := w.take(false, before.dir, nil)
				if !got.incremental() || len(got.warnings) != 0 {
					t.Errorf("it is a full listing: %q, %q", got.said(), got.warnings)
				}
				w.same(full, got)
				if seed != 1 {
					return
				}
				// And again from there: nothing has changed.
				again := w.take(false, got.dir, nil)
				w.same(full, again)
				if !again.incremental() {
					t.Errorf("the second time it is a full listing: %q", again.said())
				}
			})
		})
	}
}

// What makes changes worthless makes a full listing, which the provenance tells of, and the same facts.
func TestLostChangesMakeAListing(t *testing.T) {
	t.Parallel()
	// Only the question about what changed since the earlier snapshot, not the one for a new link.
	changes := func(then func(*http.Response) *http.Response) spoiler {
		return func(r *http.Request, answer *http.Response) *http.Response {
			if strings.HasSuffix(r.URL.Path, "/users/delta()") && r.URL.Query().Get("$deltatoken") != "latest" {
				return then(answer)
			}
			return answer
		}
	}
	refused := func(status int, code string, headers ...string) spoiler {
		return changes(func(*http.Response) *http.Response {
			return replaced(status, `{"error":{"code":"`+code+`","message":"the token secret-of-the-link is not known"}}`, headers...)
		})
	}
	answer := func(body string) spoiler {
		return changes(func(*http.Response) *http.Response { return replaced(200, body) })
	}
	w := world{t: t, options: simtenant.Options{PageSize: 60, Churn: 60}, every: 12, accounts: true}
	before, full := w.then()
	for name, tc := range map[string]struct {
		spoil  spoiler
		why    string
		status int
	}{
		"the directory was moved":         {nil, "410 resyncRequired", 410},
		"gone, with a place to begin":     {refused(410, "", "Location", "https://graph.microsoft.com/v1.0/users/delta?$deltatoken="), "status 410", 410},
		"gone, with a place elsewhere":    {refused(410, "", "Location", "https://evil.example/"), "status 410", 410},
		"the state is not found":          {refused(400, "syncStateNotFound"), "400 syncStateNotFound", 400},
		"a code that is a sentence":       {refused(400, "secret-of-the-link is unknown"), "status 400", 400},
		"a lost page":                     {refused(400, "Directory_ExpiredPageToken"), "400 Directory_ExpiredPageToken", 400},
		"not allowed":                     {refused(403, "Authorization_RequestDenied"), "403 Authorization_RequestDenied", 403},
		"throttled for a day":             {changes(func(*http.Response) *http.Response { return replaced(429, "", "Retry-After", "86400") }), "status 429", 429},
		"no link at the end":              {answer(`{"value":[]}`), "malformed", 0},
		"nobody's change":                 {answer(`{"value":[{"mail":"x"}]}`), "integrity", 0},
		"an id that is none":              {answer(`{"value":[{"id":"x"}],"@odata.deltaLink":"https://graph.microsoft.com/v1.0/users/delta?$deltatoken=x"}`), "no object id", 200},
		"a list that is a text":           {answer(`{"value":[{"id":"x","otherMails":"y"}]}`), "integrity", 0},
		"people who cannot be read alone": {broken("/$batch"), "$batch: timeout", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := w
				w.t, w.options.DeltaReset = t, tc.spoil == nil
				got := w.take(false, before.dir, tc.spoil)
				why, warned := got.said(), strings.Join(got.warnings, "\n")
				if !strings.Contains(why, tc.why) || !strings.Contains(warned, tc.why) || strings.Contains(why+warned, "secret") {
					t.Errorf("the provenance says %q, the warnings %q, want %q", why, warned, tc.why)
				}
				told := slices.ContainsFunc(got.sources, func(p snapshot.Provenance) bool {
					return strings.HasPrefix(p.Detail, "all accounts") && p.Status == tc.status && !p.At.IsZero()
				})
				if !told {
					t.Errorf("the status %d is not in the provenance", tc.status)
				}
				if tc.why != "$batch: timeout" { // which says nothing of the groups and so on either
					w.same(full, got)
				}
			})
		})
	}
}

// Changes that are told too late are not believed: somebody of the roster is read as somebody else.
func TestLateChangesMakeAListing(t *testing.T) {
	t.Parallel()
	w := world{t: t, options: simtenant.Options{PageSize: 40, Churn: 60}, every: 4, accounts: true}
	before, full := w.then()
	for _, lag := range []time.Duration{24 * time.Hour, passed} {
		t.Run(lag.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := w
				w.t, w.options.DeltaLag = t, lag
				got := w.take(false, before.dir, nil)
				if why := got.said(); !strings.Contains(why, "lag behind the directory") {
					t.Errorf("the provenance says %q", why)
				}
				w.same(full, got)
			})
		})
	}
}

// Where a listing is less work, there is one, and nobody is told but who reads the provenance.
func TestAListingThatIsLessWork(t *testing.T) {
	t.Parallel()
	w := world{t: t, options: simtenant.Options{PageSize: 400}, every: 1, accounts: true}
	before, full := w.then()
	synctest.Test(t, func(t *testing.T) {
		w := w
		w.t = t
		got := w.take(false, before.dir, nil)
		if why := got.said(); !strings.Contains(why, "fewer requests") || len(got.warnings) != 0 {
			t.Errorf("the provenance says %q, the warnings are %q", why, got.warnings)
		}
		w.same(full, got)
	})
}

// broken loses every answer of a path that asks about single accounts.
func broken(path string) spoiler {
	return func(r *http.Request, answer *http.Response) *http.Response {
		if strings.HasSuffix(r.URL.Path, path) && answer != nil {
			return nil
		}
		return answer
	}
}

// However the answers about changes are spoilt: what comes of the run is what comes of a full one.
func TestChangesUnderRandomFaults(t *testing.T) {
	t.Parallel()
	kinds := faults()
	kinds["a lost page token"] = func(*http.Response) *http.Response {
		return replaced(400, `{"error":{"code":"Directory_ExpiredPageToken","message":"x"}}`)
	}
	kinds["gone"] = func(*http.Response) *http.Response { return replaced(410, `{"error":{"code":"syncStateNotFound"}}`) }
	kinds["the page twice"] = func(a *http.Response) *http.Response {
		return edited(a, func(rows []any) []any { return append(rows, rows...) })
	}
	kinds["the page backwards"] = func(a *http.Response) *http.Response {
		return edited(a, func(rows []any) []any { slices.Reverse(rows); return rows })
	}
	kinds["tombstones twice"] = func(a *http.Response) *http.Response {
		return edited(a, func(rows []any) []any {
			for _, r := range rows {
				if row, _ := r.(map[string]any); row["@removed"] != nil {
					rows = append(rows, row)
				}
			}
			return rows
		})
	}
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	w := world{t: t, options: simtenant.Options{Seed: 3, PageSize: 40, Churn: 80}, every: 12, accounts: true}
	before, full := w.then()
	for seed := range uint64(12) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := w
				w.t = t
				chance := rand.New(rand.NewPCG(seed, 3))
				got := w.take(false, before.dir, func(r *http.Request, answer *http.Response) *http.Response {
					if !strings.HasSuffix(r.URL.Path, "/users/delta()") || chance.IntN(2) != 0 {
						return answer
					}
					return kinds[names[chance.IntN(len(names))]](answer)
				})
				law(t, full.facts, got.facts)
				for source, want := range full.leavers {
					if g := got.leavers[source]; g.State != want.State || g.ID != want.ID {
						t.Errorf("%s is %s %s, want %s %s", source, g.State, g.ID, want.State, want.ID)
					}
				}
			})
		})
	}
}

// edited changes the rows of a page.
func edited(answer *http.Response, change func([]any) []any) *http.Response {
	var body map[string]any
	data, err := io.ReadAll(answer.Body)
	if err != nil || json.Unmarshal(data, &body) != nil || body["value"] == nil {
		return replaced(answer.StatusCode, string(data))
	}
	body["value"] = change(body["value"].([]any))
	data, _ = json.Marshal(body)
	return replaced(answer.StatusCode, string(data))
}

// What a delta query does not tell of, or tells too late, is not believed of the roster's people.
func TestLeaversAreReadAlways(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world{t: t, options: simtenant.Options{PageSize: 40, Churn: 60}, every: 6}
		before, full := w.take(true, "", nil), w.take(false, "", nil)
		// Nobody changed, says the service, but for those who came, went or have another name.
		got := w.take(false, before.dir, func(r *http.Request, answer *http.Response) *http.Response {
			if !strings.HasSuffix(r.URL.Path, "/users/delta()") {
				return answer
			}
			return edited(answer, func(rows []any) []any {
				for _, r := range rows {
					if row, _ := r.(map[string]any); row != nil {
						delete(row, "accountEnabled")
					}
				}
				return rows
			})
		})
		for source, want := range full.facts {
			for _, fact := range []string{snapshot.Account, snapshot.Licences, snapshot.Accounts} {
				if text(t, got.facts[source][fact]) != text(t, want[fact]) {
					t.Errorf("%s of %s is %s\nwant %s", fact, source, text(t, got.facts[source][fact]), text(t, want[fact]))
				}
			}
		}
	})
}

// The token of the delta link is in its own file, and nowhere else that the program writes.
func TestTheDeltaTokenIsNowhereElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world{t: t, options: simtenant.Options{PageSize: 60, Churn: 20}, every: 16}
		before := w.take(true, "", nil)
		for _, got := range []collected{before, w.take(false, before.dir, nil)} {
			var head struct{ DeltaLink string }
			if err := json.Unmarshal([]byte(directoryOf(t, got.dir)[0]), &head); err != nil {
				t.Fatal(err)
			}
			_, token, ok := strings.Cut(head.DeltaLink, "deltatoken=")
			if !ok || len(token) < 20 {
				t.Fatalf("the link is %q", head.DeltaLink)
			}
			files, err := filepath.Glob(filepath.Join(got.dir, "*"))
			if err != nil || len(files) != 6 {
				t.Fatal(files, err)
			}
			for _, file := range files {
				if name := filepath.Base(file); name != "directory.ndjson.zst" && bytes.Contains(unpacked(t, file), []byte(token)) {
					t.Errorf("%s holds the token", name)
				}
			}
			if said := strings.Join(got.warnings, "\n"); strings.Contains(said, token) {
				t.Errorf("the warnings hold the token: %s", said)
			}
		}
	})
}

// Without a link nothing is lost but the shorter way of the next run.
func TestNoLinkForTheNextRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world{t: t, options: simtenant.Options{PageSize: 60, Churn: 20}, every: 16}
		full := w.take(false, "", nil)
		before := w.take(true, "", func(r *http.Request, answer *http.Response) *http.Response {
			if strings.HasSuffix(r.URL.Path, "/users/delta()") {
				return replaced(400, `{"error":{"code":"Request_UnsupportedQuery","message":"Change enumeration is not supported for requested tenant."}}`)
			}
			return answer
		})
		if said := strings.Join(before.warnings, "\n"); !strings.Contains(said, "the next run will list all accounts") || !strings.Contains(said, "400 Request_UnsupportedQuery") {
			t.Errorf("the warnings are %q", said)
		}
		if _, err := os.Stat(filepath.Join(before.dir, "directory.ndjson.zst")); err == nil {
			t.Error("there is a list of accounts")
		}
		got := w.take(false, before.dir, nil)
		if why := got.said(); !strings.Contains(why, "no list of accounts") {
			t.Errorf("the provenance says %q", why)
		}
		w.same(full, got)
	})
}

// A link to elsewhere ends the run, wherever it is; one in the snapshot is not followed.
func TestForeignDeltaLinks(t *testing.T) {
	t.Parallel()
	for _, link := range []string{"https://evil.example/v1.0/users/delta?$deltatoken=x", "https://graph.microsoft.com/v1.0/../users", "http://graph.microsoft.com/v1.0/users/delta?$deltatoken=x"} {
		t.Run(link, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := world{t: t, options: simtenant.Options{PageSize: 60}, every: 20}
				_, err := w.try(false, "", func(r *http.Request, answer *http.Response) *http.Response {
					if strings.HasSuffix(r.URL.Path, "/users/delta()") {
						return replaced(200, `{"value":[],"@odata.deltaLink":"`+link+`"}`)
					}
					return answer
				})
				if !errors.Is(err, wire.ErrForeign) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// A snapshot that is not what it was sealed as, or is another tenant's, is refused.
func TestSnapshotsNotToGoOnFrom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := world{t: t, options: simtenant.Options{PageSize: 60}, every: 20}
		before := w.take(true, "", nil)
		w.options.Seed = 5
		if _, err := w.try(false, before.dir, nil); !errors.Is(err, snapshot.ErrUnusable) {
			t.Errorf("another tenant: %v", err)
		}
		file := filepath.Join(before.dir, "directory.ndjson.zst")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.try(false, before.dir, nil); !errors.Is(err, snapshot.ErrIntegrity) {
			t.Errorf("tampered: %v", err)
		}
	})
}
