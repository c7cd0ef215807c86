package collector_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"leavercheck/collector"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// fault is a row of the catalogue and what the collector has to make of it.
type fault struct {
	// rows are the numbers of simtenant.FaultKinds that it covers.
	rows   []int
	faults []simtenant.Fault
	shape  func(*simtenant.Options)
	change func(*collector.Options)
	// unknown are the facts that are lost, and reason why. None means that the snapshot is as without faults.
	unknown []string
	reason  snapshot.Reason
	// err is what ends the run.
	err error
	// check looks at what else there is to be said; facts alone are compared when it is nil or says so.
	check func(t *testing.T, whole, got result)
	// differs tells that the facts are other facts, which only check can judge.
	differs bool
	// idle tells that nothing in a good client's requests gives the fault a chance.
	idle bool
}

// sparse thins the roster for the table, whose runs are many.
const sparse = 2 * everyNth

// Every row of the catalogue of faults, one by one.
func TestTheCatalogueOfFaults(t *testing.T) {
	t.Parallel()
	whole := collectWhole(t, sparse)
	table := catalogue()
	maps.Copy(table, demanding())
	for name, f := range passingRows() {
		table["passes: "+name] = f
	}
	for name, f := range table {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { f.play(t, whole) })
		})
	}
}

func (f fault) play(t *testing.T, whole result) {
	t.Helper()
	options := small()
	options.Faults = f.faults
	if f.shape != nil {
		f.shape(&options)
	}
	got := trial{options: options, everyNth: sparse, change: f.change}.run(t)
	got.polite(t)
	if !errors.Is(got.err, f.err) || f.err == nil && got.err != nil {
		t.Fatalf("the run ended with %v, want %v", got.err, f.err)
	}
	if struck := got.tenant.Strikes(); (len(struck) == 0) != f.idle {
		t.Fatalf("struck %v", struck)
	}
	if f.err == nil && !f.differs {
		lost(t, whole.facts, got.facts, f.reason, f.unknown)
	}
	if f.check != nil {
		f.check(t, whole, got)
	}
	if t.Failed() {
		struck := got.tenant.Strikes()
		t.Logf("took %s, struck %v", got.took, struck[:min(20, len(struck))])
	}
}

// passingRows are the kinds of faults that pass, each struck at random, everywhere, once for the same request.
func passingRows() map[string]fault {
	out := map[string]fault{}
	for _, kind := range simtenant.FaultKinds() {
		services := slices.ContainsFunc(kind.Places, func(p simtenant.Place) bool { return p != simtenant.AtConnection && p != simtenant.AtSignIn })
		if kind.Effect != simtenant.Passes || !services {
			continue
		}
		f := fault{rows: kind.Rows, idle: slices.Contains([]string{"gzip-refused"}, kind.Name), shape: func(o *simtenant.Options) {
			o.Chaos = simtenant.Chaos{Seed: 1, Rate: 4, Once: true, Kinds: []string{kind.Name}}
		}}
		if kind.Name == "huge-body" {
			f.faults, f.shape = []simtenant.Fault{{Kind: kind.Name, Endpoint: "GET /v1.0/domains", Nth: 1}}, nil
		}
		if slices.Contains(seldom(), kind.Name) {
			f.faults, f.shape = []simtenant.Fault{
				{Kind: kind.Name, Endpoint: usersList, Nth: 2}, {Kind: kind.Name, Endpoint: directoryAudits, Nth: 3}, {Kind: kind.Name, Endpoint: signIns, Nth: 1},
			}, nil
		}
		out[kind.Name] = f
	}
	return out
}

// seldom are the kinds that a client bears a few times only, or only where rows have an id.
func seldom() []string {
	return []string{
		"overlap", "link-loop", "page-repeats", "poisoned-link", "expired-page", "page-not-found", "bad-skip-token", "claims-challenge",
	}
}

// covered names the tests that look after the rows which are no matter of HTTP.
func covered() map[int][]string {
	return map[int][]string{
		53: {"collector/roster:TestReadCSV", "policies:TestNotYetIsListedWithoutVerdicts"},
		54: {"cmd/leavercheck:TestAKilledRunGoesOn", "cmd/leavercheck:TestAFullDisk", "cmd/leavercheck:TestAPlaceThatCannotBeUsed", "collector/journal:TestDamage"},
		55: {"collector:TestAnInterruptedRunGoesOn", "collector:TestATimeLimitIsGoneOnFrom", "cmd/leavercheck:TestAnInterruptedRunLeavesNothing"},
		56: {"cmd/leavercheck:TestAPlaceThatCannotBeUsed", "collector/journal:TestOneRunAtATime"},
		57: {"collector/snapshot:TestTamperingIsFound", "collector/snapshot:TestAFlippedBitIsFound"},
		58: {"collector/roster:TestMistakes", "collector/roster:TestTwoRowsForOneAccount"},
		61: {"policies:TestOneRulesErrorIsItsOwn", "policies:TestTimeIsBounded", "policies:TestMemoryIsBounded"},
	}
}

// Every number of the catalogue is in the table, or in a test elsewhere that is there.
func TestTheCatalogueIsCovered(t *testing.T) {
	t.Parallel()
	rows := map[int]bool{}
	for _, table := range []map[string]fault{catalogue(), passingRows()} {
		for _, f := range table {
			for _, row := range f.rows {
				rows[row] = true
			}
		}
	}
	for row, tests := range covered() {
		rows[row] = true
		for _, name := range tests {
			dir, function, _ := strings.Cut(name, ":")
			if !declared(t, filepath.Join("..", filepath.FromSlash(dir)), function) {
				t.Errorf("row %d: there is no test %s in %s", row, function, dir)
			}
		}
	}
	for row := 1; row <= 62; row++ {
		if !rows[row] {
			t.Errorf("row %d of the catalogue is covered nowhere", row)
		}
	}
}

// declared reports whether a test of a package declares a function.
func declared(t *testing.T, dir, function string) bool {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, entry.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == function {
				return true
			}
		}
	}
	return false
}

// Within the documented limits nothing is refused, and nothing is asked too early.
func TestTheDocumentedLimitsAreKept(t *testing.T) {
	t.Parallel()
	whole := collectWhole(t, sparse)
	synctest.Test(t, func(t *testing.T) {
		options := small()
		options.Quotas = &simtenant.Quotas{}
		options.Latency = func(string) time.Duration { return 200 * time.Millisecond }
		got := trial{options: options, everyNth: sparse, change: func(o *collector.Options) { o.Limits = wire.DocumentedLimits() }}.run(t)
		if got.err != nil {
			t.Fatal(got.err)
		}
		got.polite(t)
		lost(t, whole.facts, got.facts, "", nil)
		if refused := got.tenant.Throttled(); len(refused) > 0 {
			t.Errorf("refused for want of quota: %v", refused)
		}
	})
}
