package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
)

func head() Directory {
	return Directory{DeltaLink: "/v1.0/users/delta?$deltatoken=x", IssuedAt: collectedAt, ListedAt: collectedAt, Pages: 3, Properties: []string{"id"}}
}

// accounts writes a snapshot with n accounts, in an order of its own.
func accounts(t *testing.T, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "snapshot")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	d := w.Directory()
	for _, i := range rand.New(rand.NewPCG(1, uint64(n))).Perm(n) {
		d.Add(DirectoryUser{ID: fmt.Sprintf("%08d", i), Deleted: i%7 == 0, UserType: "Member"})
		if i%5 == 0 {
			d.Add(DirectoryUser{ID: fmt.Sprintf("%08d", i), UserType: "Guest"})
		}
	}
	if err := d.Finish(head()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Seal(manifest(0), tenant()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAccountsComeSortedAndOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 50, spill - 1, 2*spill + 3} {
		dir := accounts(t, n)
		r, err := Verify(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Directory(); err != nil || got.DeltaLink != head().DeltaLink || !got.ListedAt.Equal(collectedAt) || got.Pages != 3 {
			t.Errorf("%+v, %v", got, err)
		}
		i := 0
		err = r.DirectoryUsers(func(u DirectoryUser) error {
			// Of two the live one counts.
			if want := fmt.Sprintf("%08d", i); u.ID != want || u.Deleted != (i%7 == 0 && i%5 != 0) {
				return fmt.Errorf("%+v at %d", u, i)
			}
			i++
			return nil
		})
		if err != nil || i != n {
			t.Errorf("%d of %d accounts: %v", i, n, err)
		}
		entries, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(entries) != 6 {
			t.Errorf("the snapshot holds %v", entries)
		}
	}
}

func TestASnapshotWithoutAccounts(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "snapshot")
	write(t, dir, record(1))
	r, err := Verify(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Directory(); !errors.Is(err, ErrNoDirectory) {
		t.Errorf("got %v", err)
	}
}

// What was added and then dropped leaves nothing, and does not stand in the way of another list.
func TestDroppedAccountsAreGone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "snapshot")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	first := w.Directory()
	for i := range spill + 1 {
		first.Add(DirectoryUser{ID: fmt.Sprintf("old %d", i)})
	}
	first.Drop()
	second := w.Directory()
	second.Add(DirectoryUser{ID: "new"})
	if err := second.Finish(head()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Seal(manifest(0), tenant()); err != nil {
		t.Fatal(err)
	}
	if entries, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(entries) != 6 {
		t.Errorf("the snapshot holds %v", entries)
	}
	third := w.Directory()
	third.Add(DirectoryUser{ID: "tab\tbed"})
	if err := third.Finish(head()); err == nil {
		t.Error("an id with a tab passes")
	}
}

func TestTamperedAccountsAreFound(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(string) string{
		"one left out": func(s string) string {
			return strings.Replace(s, "{\"id\":\"00000003\",\"userType\":\"Member\"}\n", "", 1)
		},
		"one twice":      func(s string) string { return s + s[strings.LastIndex(strings.TrimSpace(s), "\n")+1:] },
		"another field":  func(s string) string { return strings.Replace(s, `"userType":"Member"`, `"userRole":"Member"`, 1) },
		"no id":          func(s string) string { return strings.Replace(s, `{"id":"00000003",`, `{`, 1) },
		"no head":        func(s string) string { return s[strings.Index(s, "\n")+1:] },
		"nothing at all": func(string) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := accounts(t, 9)
			text := string(unpack(t, readFile(t, dir, directoryFile)))
			changed := change(text)
			if changed == text {
				t.Fatal("nothing was changed")
			}
			writeFile(t, dir, directoryFile, pack(t, []byte(changed)))
			if _, err := Open(dir); !errors.Is(err, ErrIntegrity) {
				t.Errorf("before resealing: %v", err)
			}
			reseal(t, dir, directoryFile)
			if _, err := Verify(dir); !errors.Is(err, ErrIntegrity) {
				t.Errorf("resealed: %v", err)
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		t.Parallel()
		dir := accounts(t, 9)
		remove(t, dir, directoryFile)
		if _, err := Open(dir); !errors.Is(err, ErrIntegrity) {
			t.Errorf("got %v", err)
		}
	})
}

// The token of the delta link stands in the one file that is made for it.
func TestTheDeltaTokenStaysInItsFile(t *testing.T) {
	t.Parallel()
	dir := accounts(t, 3)
	for _, name := range []string{manifestFile, tenantFile, sealFile, leaversFile, provenanceFile, directoryFile} {
		data := readFile(t, dir, name)
		if strings.HasSuffix(name, ".zst") {
			data = unpack(t, data)
		}
		if bytes.Contains(data, []byte("deltatoken")) != (name == directoryFile) {
			t.Errorf("%s: %s", name, data)
		}
	}
}
