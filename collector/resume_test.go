package collector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"leavercheck/collector"
	"leavercheck/collector/roster"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// few is as many people of the simulated tenant as show everything in the time of a test.
func few(t *testing.T, tenant *simtenant.Tenant) []roster.Entry {
	t.Helper()
	file, err := roster.ReadCSV("simulated.csv", bytes.NewReader(tenant.Roster()), nil)
	if err != nil {
		t.Fatal(err)
	}
	var entries []roster.Entry
	for i := 0; i < len(file.Entries); i += 9 {
		entries = append(entries, file.Entries[i])
	}
	return entries
}

// interrupted is one run after the other at the same place until one of them is whole.
type interrupted struct {
	options collector.Options
	memory  *memory
	sent    int
}

func newInterrupted(t *testing.T, page int) *interrupted {
	t.Helper()
	tenant, err := simtenant.New(simtenant.Options{PageSize: page, Now: later(), Clock: later})
	if err != nil {
		t.Fatal(err)
	}
	cloud, err := collector.LookupCloud("global")
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory(tenant)
	return &interrupted{memory: m, options: collector.Options{
		Entries: few(t, tenant), Sources: []string{"simulated.csv"}, Cloud: cloud, Credential: m, Transport: m, Limits: wire.Unhurried(),
		Out: filepath.Join(t.TempDir(), "snapshot"), Now: later, Tool: snapshot.Tool{Name: "test"},
	}}
}

// run collects, and ends after so many requests if that is more than none.
func (i *interrupted) run(t *testing.T, after int) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	n := 0
	i.memory.spoil = func(_ *http.Request, answer *http.Response) *http.Response {
		mu.Lock()
		defer mu.Unlock()
		n++
		if i.sent++; n == after {
			cancel()
		}
		return answer
	}
	_, err := collector.Collect(ctx, i.options)
	return err
}

// sealedFacts are the facts of a snapshot, and the hash of the file that holds them.
func sealedFacts(t *testing.T, dir string) (string, string) {
	t.Helper()
	r, err := snapshot.Verify(dir)
	if err != nil {
		t.Fatal(err)
	}
	tenant, err := json.Marshal(r.Tenant())
	if err != nil {
		t.Fatal(err)
	}
	return r.Seal().Files["leavers.ndjson.zst"].SHA256, string(tenant)
}

// Interrupted wherever it may be, as often as it may be, a run ends in the same facts, and does not ask
// again for what it has.
func TestAnInterruptedRunGoesOn(t *testing.T) {
	t.Parallel()
	var leavers, tenant string
	var requests int
	synctest.Test(t, func(t *testing.T) {
		whole := newInterrupted(t, 40)
		if err := whole.run(t, 0); err != nil {
			t.Fatal(err)
		}
		leavers, tenant = sealedFacts(t, whole.options.Out)
		requests = whole.sent
	})
	for seed := range uint64(8) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				chance := rand.New(rand.NewPCG(seed, 3))
				i := newInterrupted(t, 40)
				runs := 0
				for {
					runs++
					err := i.run(t, 1+chance.IntN(requests/2))
					if err == nil {
						break
					}
					if !errors.Is(err, collector.ErrInterrupted) {
						t.Fatal(err)
					}
					if _, err := os.Stat(i.options.Out); !errors.Is(err, os.ErrNotExist) {
						t.Fatal("an interrupted run leaves a snapshot")
					}
				}
				if runs < 2 {
					t.Fatal("it was never interrupted")
				}
				if l, o := sealedFacts(t, i.options.Out); l != leavers || o != tenant {
					t.Error("the facts differ from those of a run that was not interrupted")
				}
				// Each interruption may cost what was on its way, and the lists of people and of mailboxes, which
				// have to be of one moment.
				if most := requests + runs*60; i.sent > most {
					t.Errorf("%d requests in %d runs, %d without interruptions", i.sent, runs, requests)
				}
				if left, err := os.ReadDir(filepath.Dir(i.options.Out)); err != nil || len(left) != 1 {
					t.Errorf("left behind: %v, %v", left, err)
				}
			})
		})
	}
}

// What a time limit leaves is incomplete, says so, and is replaced by the run that goes on.
func TestATimeLimitIsGoneOnFrom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInterrupted(t, 0)
		i.options.Limits = wire.DocumentedLimits()
		i.options.MaxDuration = 20 * time.Second
		collected, err := collector.Collect(t.Context(), i.options)
		if err != nil {
			t.Fatal(err)
		}
		if lost := collected.Seal.Outcomes[snapshot.SignIns]["unknown.timeout"]; !collected.Cut || lost == 0 {
			t.Fatalf("cut: %t, %d lost of %v", collected.Cut, lost, collected.Seal.Outcomes[snapshot.SignIns])
		}
		for runs := 0; collected.Cut; runs++ {
			if runs > 20 {
				t.Fatal("it does not get on")
			}
			before := collected.Seal.Digest
			if collected, err = collector.Collect(t.Context(), i.options); err != nil {
				t.Fatal(err)
			}
			if collected.Seal.Digest == before {
				t.Fatal("the incomplete snapshot was not replaced")
			}
		}
		if _, err := snapshot.Verify(i.options.Out); err != nil {
			t.Fatal(err)
		}
		if lost := collected.Seal.Outcomes[snapshot.SignIns]["unknown.timeout"]; lost != 0 {
			t.Errorf("%d sign-in logs are unknown still", lost)
		}
		if _, err := collector.Collect(t.Context(), i.options); !errors.Is(err, snapshot.ErrOccupied) {
			t.Errorf("a whole snapshot is not replaced: %v", err)
		}
	})
}

// Answers that were given to another question are not this run's.
func TestAnotherRunBeginsAnew(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(o *collector.Options){
		"another roster":  func(o *collector.Options) { o.Entries = o.Entries[1:] },
		"another version": func(o *collector.Options) { o.Tool.Version = "next" },
		"four days later": func(o *collector.Options) { o.Now = func() time.Time { return later().AddDate(0, 0, 4) } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				i := newInterrupted(t, 40)
				if err := i.run(t, 60); !errors.Is(err, collector.ErrInterrupted) {
					t.Fatal(err)
				}
				change(&i.options)
				i.memory.spoil = nil
				collected, err := collector.Collect(t.Context(), i.options)
				if err != nil {
					t.Fatal(err)
				}
				if len(collected.Warnings) == 0 || !bytes.Contains([]byte(collected.Warnings[0]), []byte("begins anew")) {
					t.Errorf("it says %q", collected.Warnings)
				}
				if at := collected.Manifest.CollectedAt; !at.Equal(i.options.Now().Truncate(time.Second)) {
					t.Errorf("collected at %s", at)
				}
			})
		})
	}
}

// A sign-in that fails, or a token that is refused, costs nothing of what is there.
func TestAMistakeKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInterrupted(t, 40)
		if err := i.run(t, 150); !errors.Is(err, collector.ErrInterrupted) {
			t.Fatal(err)
		}
		right := i.options.Credential
		i.options.Credential = nobody{}
		if _, err := collector.Collect(t.Context(), i.options); !errors.Is(err, collector.ErrCredential) {
			t.Fatal(err)
		}
		i.options.Credential = right
		i.memory.spoil = nil
		collected, err := collector.Collect(t.Context(), i.options)
		if err != nil {
			t.Fatal(err)
		}
		if len(collected.Warnings) == 0 || !strings.Contains(collected.Warnings[0], "going on with the run") {
			t.Errorf("it says %q", collected.Warnings)
		}
	})
}

// nobody has nothing to sign in with.
type nobody struct{}

func (nobody) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, collector.ErrCredential
}

// A request that is given up because the run's time would be over first is lost to the time limit.
func TestWhatIsGivenUpForTheTimeLimitIsGoneOnWith(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newInterrupted(t, 0)
		i.options.MaxDuration = 10 * time.Minute
		i.memory.spoil = func(r *http.Request, answer *http.Response) *http.Response {
			if strings.Contains(r.URL.Path, "/deviceManagement/") {
				return replaced(429, "", "Retry-After", "3600")
			}
			return answer
		}
		collected, err := collector.Collect(t.Context(), i.options)
		if err != nil {
			t.Fatal(err)
		}
		if !collected.Cut || collected.Seal.Outcomes[snapshot.ManagedDevices]["unknown.throttled"] == 0 {
			t.Errorf("cut: %t, %v", collected.Cut, collected.Seal.Outcomes[snapshot.ManagedDevices])
		}
		i.memory.spoil = nil
		if collected, err = collector.Collect(t.Context(), i.options); err != nil || collected.Cut || collected.Seal.Outcomes[snapshot.ManagedDevices]["unknown.throttled"] != 0 {
			t.Errorf("%v, cut: %t, %v", err, collected.Cut, collected.Seal.Outcomes[snapshot.ManagedDevices])
		}
	})
}
