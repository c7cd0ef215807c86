package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"leavercheck/report"
	"leavercheck/report/evidence"
)

// TestAWorkbookIsNotForATerminal, nor is any file left behind by the refusal.
func TestAWorkbookIsNotForATerminal(t *testing.T) {
	t.Parallel()
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there is no terminal to be had here: %v", err)
	}
	defer terminal.Close()
	if !isTerminal(terminal) {
		t.Skip("the system's terminal does not say that it is one")
	}
	path := t.TempDir() + "/r.ndjson"
	var stderr strings.Builder
	code := run(t.Context(), system{
		args: []string{"scan", "--simulate", "--format", "xlsx", "-o", "ndjson=" + path}, stdout: terminal, stderr: &stderr,
		env: func(string) (string, bool) { return "", false }, now: time.Now,
	})
	if want := "leavercheck: --format xlsx is nothing to show on a terminal: write it with -o xlsx=PATH\n"; code != codeUsage || stderr.String() != want {
		t.Errorf("got exit code %d and %q", code, stderr.String())
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a result was written all the same")
	}
}

// TestEveryReportOfAPackCanBeMade: a pack leaves out a report in a format that nobody knows, and says nothing.
func TestEveryReportOfAPackCanBeMade(t *testing.T) {
	t.Parallel()
	files := map[string]bool{}
	for _, r := range evidence.Reports() {
		if !slices.Contains(report.Formats(), r.Format) {
			t.Errorf("%s: there is no format %q", r.File, r.Format)
		}
		if files[r.File] {
			t.Errorf("%s is two reports", r.File)
		}
		files[r.File] = true
	}
	if len(files) == 0 {
		t.Error("a pack has no report")
	}
}
