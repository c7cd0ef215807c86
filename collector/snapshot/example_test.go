package snapshot_test

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"leavercheck/collector/snapshot"
)

// Write a snapshot, as the collector does, and read it back. A fact is read, absent or unknown; whoever
// reads one has to look at its state before its value.
func Example() {
	if err := read(os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// of 2026-06-01
	// d.rook@contoso.com account map[accountEnabled:false]
	// d.rook@contoso.com mailbox was not read: forbidden - it takes Exchange View-Only Recipients
}

func read(w io.Writer) error {
	parent, err := os.MkdirTemp("", "example-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(parent)
	dir := filepath.Join(parent, "snapshot")
	if err := write(dir); err != nil {
		return err
	}

	reader, err := snapshot.Open(dir) // checks every file against the seal
	if err != nil {
		return err
	}
	defer reader.Close()
	fmt.Fprintln(w, "of", reader.Manifest().CollectedAt.Format(time.DateOnly))
	err = reader.Leavers(func(r snapshot.Record) error {
		for _, name := range []string{snapshot.Account, snapshot.Mailbox} {
			switch fact := r.Facts[name]; fact.State {
			case snapshot.Read:
				fmt.Fprintln(w, r.Leaver.UserPrincipalName, name, fact.Value)
			case snapshot.Absent:
				fmt.Fprintln(w, r.Leaver.UserPrincipalName, name, "does not exist")
			case snapshot.Unknown:
				fmt.Fprintln(w, r.Leaver.UserPrincipalName, name, "was not read:", fact.Reason, "- it takes", fact.Needs)
			}
		}
		return nil
	})
	return err // only now is what was yielded vouched for
}

func write(dir string) error {
	collectedAt := time.Date(2026, time.June, 1, 10, 0, 0, 0, time.UTC)
	left := collectedAt.AddDate(0, 0, -7)
	record := snapshot.Record{
		Leaver: snapshot.Leaver{
			ID: "6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11", UserPrincipalName: "d.rook@contoso.com",
			LeftAt: left, LeftBy: left, Source: "leavers.csv:2", State: snapshot.Live, MatchedBy: "id",
		},
		Facts: map[string]snapshot.Fact{},
	}
	for _, name := range snapshot.LeaverFacts() { // each needs an outcome
		record.Facts[name] = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.NotCollected}
	}
	record.Facts[snapshot.Account] = snapshot.Fact{State: snapshot.Read, Value: map[string]any{"accountEnabled": false}}
	record.Facts[snapshot.Mailbox] = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Forbidden, Needs: "Exchange View-Only Recipients"}
	tenant := snapshot.Tenant{ID: "0f0f0f0f-0000-4000-8000-000000000001", Cloud: "global", Facts: map[string]snapshot.Fact{}}
	for _, name := range snapshot.TenantFacts() {
		tenant.Facts[name] = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.NotCollected}
	}

	w, err := snapshot.Create(dir)
	if err != nil {
		return err
	}
	defer w.Discard() // does nothing once it is sealed
	if err := w.Leaver(record); err != nil {
		return err
	}
	_, err = w.Seal(snapshot.Manifest{
		TenantID: tenant.ID, Cloud: tenant.Cloud, CollectedAt: collectedAt, EndedAt: collectedAt,
		Population: snapshot.Population{Sources: []string{"leavers.csv"}, Leavers: 1},
	}, tenant)
	return err
}
