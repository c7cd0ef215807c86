package collector_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"leavercheck/collector"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
)

// without takes an account out of the listing of the live, as if it had been deleted while that was read and
// restored before the deleted were.
type without struct {
	http.RoundTripper

	t       *testing.T
	id      string
	dropped int
	pages   int // of the listing, but for those of sign-in activity
}

// RoundTrip implements http.RoundTripper.
func (w *without) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := w.RoundTripper.RoundTrip(r)
	if err != nil || r.URL.Path != "/v1.0/users" || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	if !strings.Contains(r.URL.RawQuery, "signInActivity") {
		w.pages++
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	var page map[string]any
	if err := json.Unmarshal(body, &page); err != nil {
		w.t.Error(err)
	}
	rows, _ := page["value"].([]any)
	page["value"] = slices.DeleteFunc(rows, func(row any) bool {
		user, _ := row.(map[string]any)
		if user["id"] == w.id {
			w.dropped++
		}
		return user["id"] == w.id
	})
	if body, err = json.Marshal(page); err != nil {
		w.t.Error(err)
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// Who is in neither listing is asked for by name before anybody says that they are gone; where that cannot be asked,
// nobody is known to be gone.
func TestSomebodyWhoWasRestoredMeanwhileIsFound(t *testing.T) {
	t.Parallel()
	whole := collectWhole(t, sparse)
	for _, source := range slices.Sorted(maps.Keys(whole.facts)) {
		account, _ := whole.facts[source][snapshot.Account].Value.(map[string]any)
		id, _ := account["id"].(string)
		if id == "" || account["deletedDateTime"] != nil {
			continue
		}
		var hide *without
		synctest.Test(t, func(t *testing.T) {
			got := trial{options: small(), everyNth: sparse, change: func(o *collector.Options) {
				hide = &without{RoundTripper: o.Transport, t: t, id: id}
				o.Transport = hide
			}}.run(t)
			if got.err != nil {
				t.Fatal(got.err)
			}
			if hide.dropped == 0 {
				t.Fatal("the account was not listed")
			}
			law(t, whole.facts, got.facts)
			if f := got.facts[source][snapshot.Account]; f.State != snapshot.Read {
				t.Errorf("the account of %s is %s (%s)", source, f.State, f.Reason)
			}
		})
		synctest.Test(t, func(t *testing.T) {
			options := small()
			options.Faults = []simtenant.Fault{{Kind: "forbidden", Endpoint: usersList, Nth: hide.pages + 1, Times: 1000}}
			got := trial{options: options, everyNth: sparse, change: func(o *collector.Options) {
				o.Transport = &without{RoundTripper: o.Transport, t: t, id: id}
			}}.run(t)
			if got.err != nil {
				t.Fatal(got.err)
			}
			if f := got.facts[source][snapshot.Account]; f.State != snapshot.Unknown || f.Reason != snapshot.Forbidden {
				t.Errorf("the account of %s, which could not be asked for, is %s (%s)", source, f.State, f.Reason)
			}
		})
		return
	}
	t.Fatal("nobody on the roster has a live account")
}
