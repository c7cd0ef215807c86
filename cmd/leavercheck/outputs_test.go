package main

import (
	"os"
	"strings"
	"testing"
	"time"
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
