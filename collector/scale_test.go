package collector_test

import (
	"bytes"
	"flag"
	"maps"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"leavercheck/collector"
	"leavercheck/collector/roster"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

var scales = flag.String("scale", "100", "numbers of leavers to collect on virtual time, such as 100,1000,10000")

// usersOf is how large the tenants of facts/reliability.md 2.4 are.
func usersOf(leavers int) int {
	if leavers >= 100_000 {
		return 5 * leavers
	}
	return 10 * leavers
}

// latency is how long the services take: 0.2 s for a request, 1 s for a batch, 3 s for a page of Exchange's
// lists (facts/reliability.md 2.4, assumptions all).
func latency(template string) time.Duration {
	switch {
	case strings.Contains(template, "$batch"):
		return time.Second
	case template == "Get-Mailbox", template == "Get-CASMailbox", template == "Get-MobileDevice":
		return 500 * time.Millisecond
	}
	return 200 * time.Millisecond
}

// What a collection costs, on virtual time and under the documented quotas: `go test ./collector -run
// TestWhatACollectionCosts -v -scale 1000,10000` prints it. No request is refused for want of quota, and the
// logs, which bound the time of large runs, take little longer than the part of the quota that is used allows.
func TestWhatACollectionCosts(t *testing.T) {
	t.Parallel()
	for text := range strings.SplitSeq(*scales, ",") {
		leavers, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(text, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { cost(t, leavers) })
		})
	}
}

func cost(t *testing.T, leavers int) {
	const cast = 243
	users := usersOf(leavers)
	tenant, err := simtenant.New(simtenant.Options{
		Now: later(), Clock: later, Leavers: max(0, leavers-cast), Bystanders: users - leavers, Quotas: &simtenant.Quotas{}, Latency: latency,
	})
	if err != nil {
		t.Fatal(err)
	}
	file, err := roster.ReadCSV("simulated.csv", bytes.NewReader(tenant.Roster()), nil)
	if err != nil {
		t.Fatal(err)
	}
	entries := file.Entries
	if len(entries) > leavers {
		var some []roster.Entry
		for i := range leavers {
			some = append(some, entries[i*len(entries)/leavers])
		}
		entries = some
	}
	cloud, err := collector.LookupCloud("global")
	if err != nil {
		t.Fatal(err)
	}
	before := liveHeap()
	var mu sync.Mutex
	var peak uint64
	steps := 0
	start := time.Now()
	collected, err := collector.Collect(t.Context(), collector.Options{
		Entries: entries, Sources: []string{"simulated.csv"}, Cloud: cloud, Credential: newMemory(tenant), Transport: tenant.Transport(), Limits: wire.DocumentedLimits(),
		Out: filepath.Join(t.TempDir(), "snapshot"), Now: later, Tool: snapshot.Tool{Name: "test"},
		Progress: func(collector.Progress) {
			mu.Lock()
			defer mu.Unlock()
			if steps++; steps%max(1, leavers/20) == 0 {
				peak = max(peak, liveHeap())
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	requests := tenant.Requests()
	// The floor is that of facts/reliability.md 2.4, with as many sign-in logs as had to be read, each of them twice. The
	// pages of sign-in activity are held to the quota of the logs, too, and stand among the directory's.
	pages := math.Ceil(float64(users) / 500)
	logs := float64(requests["logs"]) + pages
	floor := time.Duration(2 * (logs - 5) * float64(time.Second))
	t.Logf("%d leavers among %d users: %s, %.2f x the %s that %.0f requests to the logs take (%.0f pages of sign-in activity, %.0f audits and sign-ins)",
		len(entries), users, took.Round(time.Second), took.Seconds()/floor.Seconds(), floor, logs, pages, logs-pages)
	for _, family := range slices.Sorted(maps.Keys(requests)) {
		t.Logf("  %-10s %8d requests, %6.2f per leaver", family, requests[family], float64(requests[family])/float64(len(entries)))
	}
	t.Logf("  refused for want of quota: %v, too early: %v; peak of the live heap: %d MB above the tenant's", tenant.Throttled(), tenant.Early(), (max(peak, before)-before)>>20)
	for _, refused := range []map[string]int{tenant.Throttled(), tenant.Early()} {
		for family, n := range refused {
			if n > 0 {
				t.Errorf("%d requests of %s were refused", n, family)
			}
		}
	}
	for fact, outcomes := range collected.Seal.Outcomes {
		if n := outcomes["unknown.throttled"] + outcomes["unknown.timeout"]; n > 0 {
			t.Errorf("%s is unknown of %d", fact, n)
		}
	}
	// A fifth of the quota is left to others, and a tenth is for what comes before the logs and after them.
	const most = 1.1 / 0.8
	if bound := floor.Seconds() * most; floor > 5*time.Minute && took.Seconds() > bound {
		t.Errorf("it took %s, %.0f s would do", took, bound)
	}
}

func liveHeap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
