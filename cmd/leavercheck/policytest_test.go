package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// pausing is an output that says when a watch begins to wait.
type pausing struct {
	mu      sync.Mutex
	text    strings.Builder
	waiting chan struct{}
}

func (p *pausing) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Write(text)
	if strings.Contains(string(text), "watching for changes") {
		p.waiting <- struct{}{}
	}
	return len(text), nil
}

// take gives what was written since it was last called.
func (p *pausing) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := p.text.String()
	p.text.Reset()
	return text
}

// A watch runs the tests again when a file has changed, and not before; neither a test that fails nor a
// policy that does not compile ends it.
func TestPolicyTestWatches(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a_test.rego", "package a_test\n\ntest_one if 1 == 2\n")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, errs := &pausing{waiting: make(chan struct{})}, &pausing{}
	ticks := make(chan time.Time)
	code := make(chan int)
	go func() {
		code <- run(ctx, system{
			args: []string{"policy", "test", "--watch", dir}, stdout: out, stderr: errs, now: today,
			env:   func(string) (string, bool) { return "", false },
			ticks: func() (<-chan time.Time, func()) { return ticks, func() {} },
		})
	}()
	<-out.waiting
	if got := out.take(); !strings.Contains(got, "FAIL: 1/1") {
		t.Errorf("at first: got\n%s", got)
	}
	ticks <- today() // nothing has changed
	ticks <- today()
	if got := out.take(); got != "" {
		t.Errorf("without a change: got\n%s", got)
	}
	write("a_test.rego", "package a_test\n\ntest_one if 1 == 1.0\n")
	ticks <- today()
	<-out.waiting
	if got := out.take(); !strings.Contains(got, "PASS: 1/1") {
		t.Errorf("after a change: got\n%s", got)
	}
	write("b_test.rego", "package b_test\n\ntest_two if x\n")
	ticks <- today()
	<-out.waiting
	if got := errs.take(); !strings.Contains(got, "b_test.rego:3: rego_unsafe_var_error") {
		t.Errorf("after a mistake: got\n%s", got)
	}
	stop()
	if got := <-code; got != codeInterrupted {
		t.Errorf("exit code %d, want %d", got, codeInterrupted)
	}
}
