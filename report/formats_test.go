package report_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"leavercheck/policies"
	"leavercheck/report"
)

// exports are the formats that are neither a table on a terminal, nor the page, nor the result itself.
func exports() []string {
	return slices.DeleteFunc(report.Formats(), func(name string) bool {
		return slices.Contains([]string{report.Table, report.HTML, report.JSON, report.NDJSON}, name)
	})
}

// TestExportGoldens: what each format looks like. Of a workbook it is the cells.
func TestExportGoldens(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]stream{"mixed": mixed(), "compared": compared(), "nobody": {run: header()}} {
		for _, format := range exports() {
			t.Run(name+"."+format, func(t *testing.T) {
				t.Parallel()
				got := render(t, format, report.Options{Details: "result.ndjson"}, s)
				if format == report.XLSX {
					got = cellsOf(t, got)
				}
				path := filepath.Join("testdata", "export", name+"."+format)
				if *update {
					if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("%s: %s", path, firstDifference(got, string(want)))
				}
			})
		}
	}
}

// workbook opens a workbook as a spreadsheet does.
func workbook(t *testing.T, data string) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// cellsOf shows a workbook as text.
func cellsOf(t *testing.T, data string) string {
	t.Helper()
	f := workbook(t, data)
	var out strings.Builder
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "== %s\n", name)
		for _, row := range rows {
			out.WriteString(strings.Join(row, "\t") + "\n")
		}
	}
	return out.String()
}

func TestTheCatalogueSaysWhoReadsWhat(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, format := range report.Catalogue() {
		if format.Readers == "" || seen[format.Name] || strings.ContainsAny(format.Name, " =\t") {
			t.Errorf("%+v", format)
		}
		seen[format.Name] = true
	}
}

// TestSameBytesEverywhere: from run to run, and in any locale and time zone.
func TestSameBytesEverywhere(t *testing.T) {
	t.Parallel()
	digests := func() string {
		var out strings.Builder
		for _, format := range report.Formats() {
			for _, s := range []stream{mixed(), compared(), hostileEverywhere()} {
				sum := sha256.Sum256([]byte(render(t, format, report.Options{}, s)))
				out.WriteString("digest " + format + " " + hex.EncodeToString(sum[:]) + "\n")
			}
		}
		return out.String()
	}
	if os.Getenv("LEAVERCHECK_PRINT_DIGESTS") != "" {
		fmt.Print(digests()) //nolint:forbidigo // the parent reads it
		return
	}
	want := digests()
	if got := digests(); got != want {
		t.Errorf("a second time: %s", firstDifference(got, want))
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range [][]string{{"TZ=Asia/Tokyo", "LANG=ja_JP.UTF-8", "LC_ALL=ja_JP.UTF-8"}, {"TZ=America/St_Johns", "LANG=tr_TR.UTF-8", "RUNEWIDTH_EASTASIAN=1"}} {
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestSameBytesEverywhere$")
		cmd.Env = append(append(os.Environ(), "LEAVERCHECK_PRINT_DIGESTS=1"), place...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for line := range strings.Lines(string(out)) {
			if strings.HasPrefix(line, "digest ") {
				got.WriteString(line)
			}
		}
		if got.String() != want {
			t.Errorf("with %v: %s", place, firstDifference(got.String(), want))
		}
	}
}

// TestExportsStayFlat: what is written as it comes is not kept.
func TestExportsStayFlat(t *testing.T) {
	t.Parallel()
	for _, format := range []string{report.CSV, report.CSVMatrix, report.CSVPlan, report.OCSF, report.JUnit, report.OSCAL} {
		sink := &countingWriter{}
		renderer, err := report.New(format, sink, report.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := renderer.Run(header()); err != nil {
			t.Fatal(err)
		}
		for n := range 50 {
			before := sink.n
			if err := renderer.Leaver(leaver(n, "Somebody", verdict("ACC-001", policies.Fail, policies.Critical, "wrong"))); err != nil {
				t.Fatal(err)
			}
			if sink.n == before {
				t.Fatalf("%s: leaver %d was not written at once", format, n)
			}
		}
	}
}

// TestMemoryDoesNotGrow: ten times the leavers, and no more is held.
func TestMemoryDoesNotGrow(t *testing.T) { //nolint:paralleltest // it looks at the whole heap
	pattern := compared().leavers
	for _, format := range []string{report.NDJSON, report.CSV, report.CSVMatrix, report.CSVPlan, report.OCSF, report.JUnit, report.OSCAL, report.Prometheus, report.Markdown, report.MarkdownChat} {
		renderer, err := report.New(format, &countingWriter{}, report.Options{Limit: 20})
		if err != nil {
			t.Fatal(err)
		}
		if err := renderer.Run(compared().run); err != nil {
			t.Fatal(err)
		}
		feed := func(from, to int) uint64 {
			for n := from; n < to; n++ {
				if err := renderer.Leaver(leaver(n, fmt.Sprintf("Person %06d", n), slices.Clone(pattern[n%len(pattern)].Verdicts)...)); err != nil {
					t.Fatal(err)
				}
			}
			var stats runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&stats)
			return stats.HeapAlloc
		}
		few, lots := feed(0, 500), feed(500, 5000)
		if grown := int64(lots) - int64(few); grown > 256<<10 {
			t.Errorf("%s: %d bytes more are held after ten times the leavers", format, grown)
		}
		runtime.KeepAlive(renderer)
	}
}

// BenchmarkFormats prints what a whole result of so many leavers, each with 21 verdicts, costs in a format: time,
// the most that the heap held, and the size. With -short the largest is left out.
func BenchmarkFormats(b *testing.B) {
	sizes := []int{100, 2000, 100000}
	if testing.Short() {
		sizes = sizes[:2]
	}
	run, verdicts := wholeChecklist()
	for _, format := range report.Formats() {
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/%d", format, n), func(b *testing.B) {
				var size int
				var peak uint64
				for b.Loop() {
					runtime.GC()
					var stats runtime.MemStats
					runtime.ReadMemStats(&stats)
					floor := stats.HeapAlloc
					sink := &countingWriter{}
					renderer, err := report.New(format, sink, report.Options{})
					if err != nil {
						b.Fatal(err)
					}
					tally := policies.NewTally(run)
					look := func() {
						runtime.ReadMemStats(&stats)
						peak = max(peak, stats.HeapAlloc-min(floor, stats.HeapAlloc))
					}
					err = renderer.Run(run)
					for i := 0; i < n && err == nil; i++ {
						one := leaver(i, fmt.Sprintf("Person %06d", i), slices.Clone(verdicts)...)
						tally.Leaver(one)
						err = renderer.Leaver(one)
						if i%max(n/50, 1) == 0 {
							look()
						}
					}
					if err == nil {
						err = renderer.Tenant(policies.TenantResult{})
					}
					look()
					if err == nil {
						err = renderer.Summary(tally.Summary())
					}
					look()
					if err == nil {
						err = renderer.Close()
					}
					if err != nil {
						b.Fatal(err)
					}
					size = sink.n
				}
				b.ReportMetric(float64(peak)/1e6, "MB-peak")
				b.ReportMetric(float64(size)/1e6, "MB-size")
				b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// wholeChecklist is 48 rules, as many as the checklist has, and a verdict of each: 6 fail, 2 are unknown, 1 is
// pending, 1 waived.
func wholeChecklist() (policies.Run, []policies.Verdict) {
	run := header()
	run.Rules = nil
	var verdicts []policies.Verdict
	for i := range 48 {
		r := rule(fmt.Sprintf("ABC-%03d", i), "Something of the checklist holds", policies.High)
		r.Controls = map[string][]policies.Control{"nist-800-53-r5": {{ID: "PS-4(a)"}, {ID: "AC-2(3)"}}, "iso-27001-2022": {{ID: "A.5.18"}}}
		run.Rules = append(run.Rules, r)
		v := verdict(r.ID, policies.Pass, policies.High, "")
		switch {
		case i < 6:
			v = verdict(r.ID, policies.Fail, policies.High, "the account can still sign in, 11 days after leaving")
			v.Findings = []policies.Finding{{"resource": "accountEnabled", "accountEnabled": true}}
		case i < 8:
			v = verdict(r.ID, policies.Unknown, policies.High, "cannot be told without mobileDevices (forbidden)")
			v.Missing = []policies.Missing{{Fact: "mobileDevices", Reason: "forbidden", Needs: "the role View-Only Recipients in Exchange Online"}}
		case i == 8:
			v = verdict(r.ID, policies.Pending, policies.High, "holds ENTERPRISEPACK directly")
			v.Due = at("2026-11-24T09:00:00Z")
		case i == 9:
			v = verdict(r.ID, policies.Waived, policies.High, "holds ENTERPRISEPACK directly")
			v.Waiver = &policies.Waiver{ID: "W-1", Reason: "court case", ApprovedBy: "legal", Expires: at("2027-01-01T00:00:00Z"), Status: policies.Fail}
		case i < 30:
			v.Status = policies.NotApplicable
		}
		v.Evidence = mixed().leavers[0].Verdicts[0].Evidence
		verdicts = append(verdicts, v)
	}
	return run, verdicts
}
