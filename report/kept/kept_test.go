package kept_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report/kept"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func run(tenant, collected string) policies.Run {
	return policies.Run{
		SchemaVersion: policies.ResultVersion, Tenant: policies.Tenant{ID: tenant}, CollectedAt: at(collected), PolicyDigest: "p",
		Rules: []policies.Rule{{ID: "ACC-001", Severity: policies.High, Digest: "d"}},
	}
}

// keep keeps a result of one leaver.
func keep(t *testing.T, dir string, run policies.Run, status policies.Status) string {
	t.Helper()
	k, err := kept.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Discard()
	one := policies.LeaverResult{
		Leaver:   snapshot.Leaver{ID: "1", State: snapshot.Live},
		Verdicts: []policies.Verdict{{Rule: "ACC-001", Status: status, Severity: policies.High, Grade: policies.Observed}},
	}
	tally := policies.NewTally(run)
	tally.Leaver(one)
	for _, err := range []error{k.Run(run), k.Leaver(one), k.Tenant(policies.TenantResult{}), k.Summary(tally.Summary())} {
		if err != nil {
			t.Fatal(err)
		}
	}
	path, err := k.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKeeping(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "results")
	first := keep(t, dir, run("a", "2026-11-20T06:30:00Z"), policies.Fail)
	again := keep(t, dir, run("a", "2026-11-20T06:30:00Z"), policies.Pass)
	keep(t, dir, run("b", "2026-11-21T06:30:00Z"), policies.Fail)
	last := keep(t, dir, run("a", "2026-11-21T06:30:00+01:00"), policies.Unknown)
	for path, name := range map[string]string{first: "20261120T063000Z.ndjson", again: "20261120T063000Z-2.ndjson", last: "20261121T053000Z.ndjson"} {
		info, err := os.Stat(path)
		if err != nil || filepath.Base(path) != name || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: want %s with mode 0600, got %v %v", path, name, info.Mode(), err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 4 {
		t.Errorf("got %v, %v: a temporary file was left", entries, err)
	}
	all, problems := kept.List(dir)
	if len(all) != 4 || len(problems) != 0 {
		t.Fatalf("got %v, %v", all, problems)
	}
	now := run("a", "2026-11-21T05:30:00Z")
	earlier := kept.Before(all, now)
	if len(earlier) != 2 || slices.ContainsFunc(earlier, func(r kept.Result) bool { return r.Run.Tenant.ID != "a" }) {
		t.Errorf("got %v", earlier)
	}
	newest, problems := kept.Newest(earlier)
	if newest == nil || len(problems) != 0 || newest.Counts().Statuses[policies.Pass] != 1 {
		t.Errorf("the newest is not the one judged last: %+v, %v", newest, problems)
	}
}

// TestWhatIsBrokenIsSaid: every file that is not a whole result has its error, and the others are there.
func TestWhatIsBrokenIsSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := keep(t, dir, run("a", "2026-11-20T06:30:00Z"), policies.Fail)
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	redacted := strings.Replace(string(text), `"rules"`, `"redacted":true,"rules"`, 1)
	for name, content := range map[string]string{
		"1.ndjson": "", "2.ndjson": lines[0], "3.ndjson": lines[0] + lines[1], "4.ndjson": string(text[:len(text)-1]),
		"5.ndjson": "\n\n", "6.ndjson": lines[3], "7.ndjson": strings.Replace(string(text), `"schemaVersion":1`, `"schemaVersion":9`, 1), "8.ndjson": redacted,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "9.ndjson"), 0o700); err != nil {
		t.Fatal(err)
	}
	all, problems := kept.List(dir)
	if len(all) != 1 || len(problems) != 9 {
		t.Errorf("got %d results and %v", len(all), problems)
	}
	for i, err := range problems {
		if want := string(rune('1'+i)) + ".ndjson: "; !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want one of %s", err, want)
		}
	}

	// One whose middle is broken is found when it is read, and the one before it stands in.
	broken := strings.Replace(string(text), `"2026-11-20T06:30:00Z"`, `"2026-11-21T06:30:00Z"`, 1)
	broken = strings.Replace(broken, `"status":"fail"`, `"status":"fine"`, 1)
	if err := os.WriteFile(filepath.Join(dir, "20261121T063000Z.ndjson"), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	all, _ = kept.List(dir)
	newest, problems := kept.Newest(kept.Before(all, run("a", "2026-11-22T06:30:00Z")))
	if newest == nil || !newest.Run().CollectedAt.Equal(at("2026-11-20T06:30:00Z")) || len(problems) != 1 || !strings.Contains(problems[0].Error(), "20261121T063000Z.ndjson: report: line 2") {
		t.Errorf("got %+v, %v", newest, problems)
	}
	if _, problems := kept.List(filepath.Join(dir, "notes.txt")); len(problems) != 1 {
		t.Errorf("a file for a directory: %v", problems)
	}
}

func TestTrend(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := at("2026-01-01T00:00:00Z")
	for day := range 40 {
		r := run("a", start.AddDate(0, 0, day).Format(time.RFC3339))
		switch {
		case day >= 36:
			r.Outcomes = map[string]map[string]int{"account": {"read": 1, "unknown.forbidden": 0}, "mailbox": {"unknown.forbidden": 1}}
			r.Parameters = map[string]map[string]any{"ACC-001": {"grace_hours": 24}}
		case day >= 30:
			r.Parameters = map[string]map[string]any{"ACC-001": {"grace_hours": 24}}
		}
		if day >= 10 {
			r.PolicyDigest = "q"
		}
		if day == 39 {
			r.Rules = []policies.Rule{{ID: "ACC-001", Severity: policies.Low, Digest: "d"}}
		}
		keep(t, dir, r, policies.Fail)
	}
	all, problems := kept.List(dir)
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	trend := kept.Trend(all)
	var marked []int
	for i, p := range trend {
		if p.Method {
			marked = append(marked, i)
		}
	}
	// The first shown is the 11th day, when the policies changed.
	if len(trend) != 30 || !slices.Equal(marked, []int{0, 20, 26, 29}) || trend[0].Leavers.Failing != 1 || !trend[29].CollectedAt.Equal(start.AddDate(0, 0, 39)) {
		t.Errorf("got %d points, method changed at %v: %+v", len(trend), marked, trend[0])
	}
}
