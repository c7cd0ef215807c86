package report_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"leavercheck/policies"
	"leavercheck/report"
)

// golden compares with a file that -update writes.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
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
}

func fits(t *testing.T, text string, width int) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// TestTableOfChanges: what changed, with the trend, within the width.
func TestTableOfChanges(t *testing.T) {
	t.Parallel()
	got := render(t, report.Table, report.Options{Trend: trend()}, later())
	fits(t, got, 80)
	golden(t, "later.txt", got)
	fits(t, render(t, report.Table, report.Options{Trend: trend(), Width: 60}, later()), 60)
	if err := report.Read(strings.NewReader(render(t, report.NDJSON, report.Options{}, later())), &gathered{}); err != nil {
		t.Error(err)
	}
}

func TestDiffGolden(t *testing.T) {
	t.Parallel()
	then := mixed()
	then.run.Tool.Version = "older"
	earlier, err := report.ReadEarlier(stored(t, then))
	if err != nil {
		t.Fatal(err)
	}
	for name, asJSON := range map[string]bool{"later.diff.txt": false, "later.diff.json": true} {
		var out bytes.Buffer
		diff := report.NewDiff(&out, earlier, asJSON, report.Options{})
		if err := errors.Join(later().play(diff), diff.Close()); err != nil {
			t.Fatal(err)
		}
		if !asJSON {
			fits(t, out.String(), 80)
		}
		golden(t, name, out.String())
	}
}

// TestDiffOfHostileText: no control character of a tenant's reaches a terminal.
func TestDiffOfHostileText(t *testing.T) {
	t.Parallel()
	now := hostile(hostileTexts()...)
	earlier, err := report.ReadEarlier(stored(t, stream{run: now.run}))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	diff := report.NewDiff(&out, earlier, false, report.Options{})
	if err := errors.Join(now.play(report.Compare(earlier, diff)), diff.Close()); err != nil {
		t.Fatal(err)
	}
	for _, c := range out.String() {
		if c != '\n' && (c < ' ' || c >= 0x7f && c <= 0x9f || c >= 0x202a && c <= 0x202e) {
			t.Errorf("U+%04X is printed", c)
		}
	}
	if !strings.Contains(out.String(), string(policies.Fail)) {
		t.Error("nothing is new")
	}
}
