package collector_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"leavercheck/collector"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
)

// demanding are rows of the catalogue of which a client has to know more than that they can happen.
func demanding() map[string]fault {
	inPages := func(o *simtenant.Options) { o.PageSize = 5 }
	return map[string]fault{
		"5 a day, and the run has two hours": {
			rows: []int{5}, faults: always("throttled-day", directoryAudits), reason: snapshot.Throttled, unknown: []string{snapshot.Audits, snapshot.SignIns},
			change: func(o *collector.Options) { o.MaxDuration = 2 * time.Hour },
		},
		"17 an object that says nothing": {
			rows: []int{17}, faults: []simtenant.Fault{{Kind: "failing", Endpoint: "GET /v1.0/admin/sharepoint/settings", Status: http.StatusOK, Body: `{"value":null}`}},
			reason: snapshot.Malformed, unknown: []string{snapshot.SharePointSettings},
		},
		"20 no TLS with Graph":        end(20, "tls-failure", toGraph, collector.ErrUnreachable),
		"22 a byte every ten seconds": lose(22, "slow-drip", devices, snapshot.Timeout, snapshot.ManagedDevices),
		"27 the deleted may not be read": {
			rows: []int{27}, faults: always("forbidden", "GET /v1.0/directory/deletedItems/microsoft.graph.user"), differs: true,
			check: func(t *testing.T, whole, got result) {
				t.Helper()
				law(t, whole.facts, got.facts)
			},
		},
		"34 every link expires, as often as it is asked anew": lose(34, "expired-page", directoryAudits, snapshot.Integrity, snapshot.Audits),
		"36 the same page for ever, by ever new links":        lose(36, "page-repeats", domains, snapshot.Integrity, snapshot.Domains),
		"40 Exchange gives rows twice":                        {rows: []int{40}, faults: always("overlap", "exchange"), shape: inPages},
		"40 Exchange gives a page twice":                      {rows: []int{40}, faults: []simtenant.Fault{{Kind: "page-repeats", Endpoint: "Get-MobileDevice", Nth: 1, Times: 8}}},
		"41 $top is refused for ever":                         {rows: []int{41}, faults: always("top-refused", usersList)},
		"47 batches are refused with 413":                     {rows: []int{47}, faults: always("batch-too-large", batch)},
		"47 batches are refused with 400":                     {rows: []int{47}, faults: []simtenant.Fault{{Kind: "batch-too-large", Endpoint: batch, Status: http.StatusBadRequest, Value: "5"}}},
		"60 the proxy wants a password":                       end(60, "proxy-refused", toGraph, collector.ErrUnreachable),
		"62 near the limit": {rows: []int{62}, faults: always("near-limit", "identity"), check: func(t *testing.T, whole, got result) {
			t.Helper()
			if slower := got.took - whole.took; slower < 10*time.Second {
				t.Errorf("warned at every call, the run took only %s longer", slower)
			}
		}},
	}
}

// A batch that is throttled as a whole comes again with half of its items, or fewer.
func TestAThrottledBatchIsHalved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		options := small()
		// Which batch goes first is chance: three are throttled, so that one of them is large.
		options.Faults = []simtenant.Fault{{Kind: "throttled", Endpoint: batch, Nth: 1, Times: 3}}
		var mu sync.Mutex
		var batches [][]string
		// As many people under the race detector as without it: fewer make no large batch.
		got := trial{options: options, everyNth: 12, watch: func(r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/$batch") {
				return
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			var envelope struct {
				Requests []struct {
					URL string `json:"url"`
				} `json:"requests"`
			}
			if err := json.Unmarshal(body, &envelope); err != nil {
				t.Error(err)
			}
			var urls []string
			for _, request := range envelope.Requests {
				urls = append(urls, request.URL)
			}
			mu.Lock()
			defer mu.Unlock()
			batches = append(batches, urls)
		}}.run(t)
		if got.err != nil {
			t.Fatal(got.err)
		}
		got.polite(t)
		halved := 0
		for i, whole := range batches {
			var again []int
			for _, urls := range batches[i+1:] {
				if slices.Contains(urls, whole[0]) || slices.Contains(urls, whole[len(whole)-1]) {
					again = append(again, len(urls))
				}
			}
			if len(again) == 0 || len(whole) < 11 {
				continue
			}
			halved++
			if half := (len(whole) + 1) / 2; len(again) < 2 || slices.Max(again) > half {
				t.Errorf("after a batch of %d was throttled its items came in batches of %v", len(whole), again)
			}
		}
		if halved == 0 {
			t.Error("no batch of more than ten items was throttled: not enough to tell")
		}
	})
}
