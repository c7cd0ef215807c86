package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"leavercheck/collector/journal"
)

func key(n int) journal.Key { return journal.Key{byte(n), byte(n >> 8)} }

func open(t *testing.T, dir string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// content is what a unit holds: parts that depend on its number alone.
func content(n int) [][]byte {
	chance := rand.New(rand.NewPCG(uint64(n), 1))
	parts := make([][]byte, chance.IntN(4))
	for i := range parts {
		parts[i] = make([]byte, chance.IntN(30_000))
		for k := range parts[i] {
			parts[i][k] = byte(chance.IntN(256))
		}
	}
	return parts
}

func keep(j *journal.Journal, n int) {
	unit := j.Keep(key(n))
	for _, part := range content(n) {
		unit.Part(part)
	}
	unit.Seal(fmt.Appendf(nil, "words of %d", n))
}

// whole reports whether a unit is recalled, and fails if it is recalled as something else.
func whole(t *testing.T, j *journal.Journal, n int) bool {
	t.Helper()
	var parts [][]byte
	words, ok, err := j.Recall(key(n), func(part []byte) error {
		parts = append(parts, bytes.Clone(part))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return false
	}
	if want := content(n); len(parts) != len(want) || !bytes.Equal(bytes.Join(parts, nil), bytes.Join(want, nil)) || string(words) != fmt.Sprintf("words of %d", n) {
		t.Errorf("unit %d is recalled with %d parts and %q", n, len(parts), words)
	}
	return true
}

const units = 60

// written makes a journal that many goroutines wrote at once, with units that nobody sealed in between.
func written(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run.part")
	j := open(t, dir)
	if err := j.Begin("a head"); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for n := worker; n < units; n += 4 {
				keep(j, n)
				j.Keep(key(1000 + n)).Part([]byte("never sealed"))
			}
		})
	}
	group.Wait()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWhatWasSealedIsRecalled(t *testing.T) {
	t.Parallel()
	j := open(t, written(t))
	var head string
	if !j.Head(&head) || head != "a head" {
		t.Errorf("the head is %q", head)
	}
	if j.Kept() != units {
		t.Errorf("%d units, want %d", j.Kept(), units)
	}
	for n := range units {
		if !whole(t, j, n) {
			t.Errorf("unit %d is lost", n)
		}
		if whole(t, j, 1000+n) {
			t.Errorf("unit %d was never sealed", n)
		}
	}
	// The later word about one request counts.
	unit := j.Keep(key(3))
	unit.Part([]byte("newer"))
	unit.Seal(nil)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, j.Path(""))
	var got []byte
	if _, ok, err := again.Recall(key(3), func(part []byte) error { got = bytes.Clone(part); return nil }); !ok || err != nil || string(got) != "newer" {
		t.Errorf("recalled %q, %t, %v", got, ok, err)
	}
	if err := again.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(j.Path("")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory is still there: %v", err)
	}
}

// Wherever the file ends, and whatever is broken in it: a unit is recalled as it was, or not at all, and the
// journal can be written again.
func TestDamage(t *testing.T) {
	t.Parallel()
	source := written(t)
	data, err := os.ReadFile(filepath.Join(source, "answers"))
	if err != nil {
		t.Fatal(err)
	}
	chance := rand.New(rand.NewPCG(1, 1))
	for i := range 24 {
		broken := bytes.Clone(data)
		at := chance.IntN(len(data))
		if i < 4 {
			at = []int{0, 1, 7, len(data) - 1}[i]
		}
		if i%2 == 0 {
			broken = broken[:at]
		} else {
			broken[at] ^= 1 << chance.IntN(8)
		}
		dir := filepath.Join(t.TempDir(), "run.part")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "answers"), broken, 0o600); err != nil {
			t.Fatal(err)
		}
		j := open(t, dir)
		if j.Kept() == units {
			t.Errorf("cut or broken at %d, and nothing is lost", at)
		}
		for n := range units {
			whole(t, j, n)
		}
		keep(j, 2000)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		again := open(t, dir)
		if !whole(t, again, 2000) {
			t.Errorf("cut or broken at %d: what was kept afterwards is lost", at)
		}
		for n := range units {
			whole(t, again, n)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run.part")
	first := open(t, dir)
	if _, err := journal.Open(dir); !errors.Is(err, journal.ErrBusy) {
		t.Errorf("a second run gets %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Close(); err != nil {
		t.Error(err)
	}
}

// A head that was torn is none, and Begin forgets what was kept before.
func TestBegin(t *testing.T) {
	t.Parallel()
	dir := written(t)
	if err := os.WriteFile(filepath.Join(dir, "run.json"), []byte(`"a he`), 0o600); err != nil {
		t.Fatal(err)
	}
	j := open(t, dir)
	var head string
	if j.Head(&head) {
		t.Errorf("the head is %q", head)
	}
	if err := j.Begin("anew"); err != nil {
		t.Fatal(err)
	}
	if j.Kept() != 0 || whole(t, j, 1) {
		t.Error("what was kept before is still there")
	}
	keep(j, 7)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	if !again.Head(&head) || head != "anew" || again.Kept() != 1 || !whole(t, again, 7) {
		t.Errorf("head %q, %d units", head, again.Kept())
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %o", info.Mode().Perm())
	}
}
