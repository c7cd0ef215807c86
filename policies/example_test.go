package policies_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
)

// failures is a handler of one's own: it sees the result as it comes, and keeps nothing.
type failures struct{ w io.Writer }

func (f failures) Run(run policies.Run) error {
	fmt.Fprintln(f.w, "judged as of", run.CollectedAt.Format(time.DateOnly))
	return nil
}

func (f failures) Leaver(l policies.LeaverResult) error {
	for _, v := range l.Verdicts {
		if v.Rule == "ACC-001" {
			fmt.Fprintln(f.w, l.Leaver.UserPrincipalName, v.Rule, v.Status, v.Message)
		}
	}
	return nil
}

func (failures) Tenant(policies.TenantResult) error { return nil }

func (f failures) Summary(s policies.Summary) error {
	// What was not read is unknown, never pass.
	fmt.Fprintln(f.w, "complete:", s.Complete)
	return nil
}

// Load the rules, open a snapshot, and hand each verdict to a handler.
func Example() {
	if err := judge(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// judged as of 2026-06-01
	// d.rook@contoso.com ACC-001 fail The account can still sign in.
	// complete: false
}

func judge(ctx context.Context, w io.Writer) error {
	set, err := policies.Load(ctx, policies.LoadOptions{
		Settings: policies.Settings{"ACC-001": {Parameters: map[string]any{"grace_hours": 48}}},
	})
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := writeSnapshot(filepath.Join(dir, "snapshot")); err != nil { // as "leavercheck collect --out" does
		return err
	}
	snap, err := snapshot.Open(filepath.Join(dir, "snapshot"))
	if err != nil {
		return err
	}
	defer snap.Close()
	_, err = set.Evaluate(ctx, snap, policies.EvaluateOptions{}, failures{w})
	return err
}

// Describe a rule from its METADATA.
func ExampleSet_Rules() {
	set, err := policies.Load(context.Background(), policies.LoadOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, rule := range set.Rules() {
		if rule.ID == "ACC-001" {
			fmt.Println(rule.Title, rule.Severity, rule.Requires, rule.Parameters["grace_hours"].Value)
		}
	}
	// Output:
	// Sign-in is blocked critical [account] 24
}

// Run the Rego tests of a directory, as a test of one's own program might.
func ExampleTest() {
	report, err := policies.Test(context.Background(), policies.TestOptions{Dirs: []string{"testdata/foreign"}, Run: "test_(post_allowed|that_fails)"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("passed:", report.Passed, "failed:", report.Failed)
	for _, test := range report.Tests {
		for _, failure := range test.Failures {
			fmt.Println(test.Name, "line", failure.Line)
		}
	}
	// Output:
	// passed: 1 failed: 1
	// test_that_fails line 13
}

// writeSnapshot writes a snapshot of one leaver of whom only the account was read.
func writeSnapshot(dir string) error {
	collectedAt := time.Date(2026, time.June, 1, 10, 0, 0, 0, time.UTC)
	left := collectedAt.AddDate(0, 0, -7)
	record := snapshot.Record{
		Leaver: snapshot.Leaver{
			ID: "6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11", UserPrincipalName: "d.rook@contoso.com",
			LeftAt: left, LeftBy: left, Source: "leavers.csv:2", State: snapshot.Live, MatchedBy: "id",
		},
		Facts: map[string]snapshot.Fact{},
	}
	for _, name := range snapshot.LeaverFacts() {
		record.Facts[name] = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.NotCollected}
	}
	record.Facts[snapshot.Account] = snapshot.Fact{State: snapshot.Read, Value: map[string]any{"accountEnabled": true}}
	tenant := snapshot.Tenant{ID: "0f0f0f0f-0000-4000-8000-000000000001", Cloud: "global", Facts: map[string]snapshot.Fact{}}
	for _, name := range snapshot.TenantFacts() {
		tenant.Facts[name] = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.NotCollected}
	}
	w, err := snapshot.Create(dir)
	if err != nil {
		return err
	}
	defer w.Discard()
	if err := w.Leaver(record); err != nil {
		return err
	}
	_, err = w.Seal(snapshot.Manifest{
		TenantID: tenant.ID, Cloud: tenant.Cloud, CollectedAt: collectedAt, EndedAt: collectedAt,
		Population: snapshot.Population{Sources: []string{"leavers.csv"}, Leavers: 1},
	}, tenant)
	return err
}
