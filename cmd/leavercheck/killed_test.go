package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"leavercheck/collector"
	"leavercheck/collector/journal"
	"leavercheck/collector/roster"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// frail is a program that collects, and kills itself at its nth request, or may write no file larger than
// so many bytes, as on a full disk. It runs in a process of its own: see TestMain.
func frail() {
	code := func() int {
		env := func(name string) string { return os.Getenv("FRAIL_" + name) }
		number := func(name string) int { n, _ := strconv.Atoi(env(name)); return n }
		if limit := number("DISK"); limit > 0 {
			if err := limitFiles(limit); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return codeError
			}
		}
		ca, err := os.ReadFile(env("CA"))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return codeError
		}
		flags := tenantFlags{cloud: "global", login: env("LOGIN"), graph: env("GRAPH"), exchange: env("EXCHANGE")}
		o := collector.Options{Now: today, Limits: wire.Unhurried(), Tenant: env("TENANT"), Out: env("OUT"), Tool: tool(), Sources: []string{"simulated.csv"}}
		if err := flags.connect(&o, ca, &collector.Secret{Tenant: o.Tenant, Client: env("CLIENT"), Value: env("SECRET")}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return codeError
		}
		file, err := os.Open(env("ROSTER"))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return codeError
		}
		entries, err := roster.ReadCSV("simulated.csv", file, nil)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return codeError
		}
		for i := 0; i < len(entries.Entries); i += 9 {
			o.Entries = append(o.Entries, entries.Entries[i])
		}
		o.Transport = &killer{RoundTripper: o.Transport, at: int64(number("KILL"))}
		if _, err := collector.Collect(context.Background(), o); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return exitCode(err)
		}
		return codeClean
	}()
	os.Exit(code)
}

// killer ends the process at a request, as the kernel would: nothing is flushed or cleaned up.
type killer struct {
	http.RoundTripper
	at, n int64
}

func (k *killer) RoundTrip(r *http.Request) (*http.Response, error) {
	if atomic.AddInt64(&k.n, 1) == k.at {
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			return nil, err
		}
		if err := self.Kill(); err != nil {
			return nil, err
		}
		select {} // the signal is on its way
	}
	return k.RoundTripper.RoundTrip(r)
}

// frailty runs frail against a tenant.
type frailty struct {
	env []string
	dir string
}

func newFrailty(t *testing.T) *frailty {
	t.Helper()
	tenant := newTenant(t, simtenant.Options{})
	server, err := tenant.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	dir := t.TempDir()
	files := map[string][]byte{"CA": server.CA, "ROSTER": tenant.Roster()}
	env := os.Environ()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		env = append(env, "FRAIL_"+name+"="+path)
	}
	for name, value := range map[string]string{
		"LOGIN": server.LoginURL, "GRAPH": server.GraphURL, "EXCHANGE": server.ExchangeURL,
		"TENANT": server.TenantID, "CLIENT": server.ClientID, "SECRET": server.ClientSecret,
	} {
		env = append(env, "FRAIL_"+name+"="+value)
	}
	return &frailty{env: env, dir: dir}
}

// run collects into out and returns the exit code, -1 for a killed process, and what was on stderr.
func (f *frailty) run(t *testing.T, out string, more ...string) (int, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "leavercheck-frail")
	cmd.Env = append(append(f.env, "FRAIL_OUT="+out), more...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), stderr.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	return codeClean, stderr.String()
}

func leaversHash(t *testing.T, dir string) string {
	t.Helper()
	r, err := snapshot.Verify(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r.Seal().Files["leavers.ndjson.zst"].SHA256
}

// Killed at any request, or out of disk, the next run with the same directory ends in the same bytes.
func TestAKilledRunGoesOn(t *testing.T) {
	t.Parallel()
	f := newFrailty(t)
	whole := filepath.Join(f.dir, "whole")
	if code, stderr := f.run(t, whole); code != codeClean {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	want := leaversHash(t, whole)
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			chance := rand.New(rand.NewPCG(seed, 11))
			out := filepath.Join(t.TempDir(), "snapshot")
			killed := 0
			for code := -1; code != codeClean; {
				how := "FRAIL_KILL=" + strconv.Itoa(1+chance.IntN(250))
				if chance.IntN(3) == 0 {
					how = "FRAIL_DISK=" + strconv.Itoa(1+chance.IntN(60_000))
				}
				if killed > 12 {
					how = "FRAIL_KILL=0"
				}
				var stderr string
				if code, stderr = f.run(t, out, how); code == codeClean {
					break
				}
				killed++
				if code != -1 && code != codeInterrupted && code != codeUsage {
					t.Fatalf("%s: exit code %d: %s", how, code, stderr)
				}
				if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
					t.Fatalf("%s: a run that did not end leaves a snapshot", how)
				}
			}
			if killed == 0 {
				t.Fatal("it was never killed")
			}
			if leaversHash(t, out) != want {
				t.Error("the facts differ from those of a run that was not killed")
			}
		})
	}
}

// On a full disk the program says so, and keeps what it has.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	f := newFrailty(t)
	out := filepath.Join(f.dir, "snapshot")
	code, stderr := f.run(t, out, "FRAIL_DISK=20000")
	if code != codeInterrupted || !strings.Contains(stderr, "run the same command again") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Error("there is a snapshot")
	}
	if code, stderr := f.run(t, out); code != codeClean {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
}

// Where nothing can be kept, nothing is read: two runs in one directory, and a place that is none.
func TestAPlaceThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	f := newFrailty(t)
	taken := filepath.Join(f.dir, "taken")
	first, err := journal.Open(taken + ".part")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := first.Remove(); err != nil {
			t.Error(err)
		}
	}()
	for out, says := range map[string]string{taken: "another run", filepath.Join(f.dir, "CA", "s"): "not a directory"} {
		if code, stderr := f.run(t, out); code != codeUsage || !strings.Contains(stderr, says) {
			t.Errorf("exit code %d: %s", code, stderr)
		}
	}
}

// limitFiles makes writes fail beyond a size, with EFBIG instead of a signal.
func limitFiles(size int) error {
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(size), Max: uint64(size)})
}
