package collector_test

import (
	"bytes"
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

	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

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
