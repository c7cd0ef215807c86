package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report/clean"
	"leavercheck/report/evidence"
)

// evidenceFlags say what evidence is wanted.
type evidenceFlags struct {
	evidence     string // a path, empty for none
	withSnapshot bool
}

func (f *evidenceFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.evidence, "evidence", "", "also pack the result, the policies and reports into `FILE.zip` for an auditor")
	cmd.Flags().BoolVar(&f.withSnapshot, "with-snapshot", false, "put the whole snapshot into the evidence, not its seal alone")
}

func (f *evidenceFlags) checkEvidence() error {
	if f.withSnapshot && f.evidence == "" {
		return usagef("--with-snapshot is for --evidence FILE.zip")
	}
	return nil
}

// create opens the file, nil for none.
func (f *evidenceFlags) create() (*evidence.Pack, error) {
	if err := f.checkEvidence(); err != nil || f.evidence == "" {
		return nil, err
	}
	pack, err := evidence.Create(f.evidence)
	if err != nil {
		return nil, usagef("--evidence: %w", err)
	}
	return pack, nil
}

func (f *evidenceFlags) contents(set *policies.Set, dir string) evidence.Contents {
	return evidence.Contents{Tool: thisTool(), Sources: set.Sources(), Snapshot: dir, Whole: f.withSnapshot}
}

func thisTool() policies.Tool { return policies.Tool{Name: tool().Name, Version: tool().Version} }

// verifyFlags say what it takes to check a snapshot, or evidence.
type verifyFlags struct {
	openFlags
	snapshot, baseline string // directories, empty for none
}

// evidence checks a file of evidence.
func (f *verifyFlags) evidence(ctx context.Context, sys system, path string) error {
	opening, err := f.opening()
	if err != nil {
		return err
	}
	pack, err := evidence.Open(path)
	if err != nil {
		return err
	}
	defer pack.Close()
	run, summary := pack.Run(), pack.Summary()
	lines := []string{
		fmt.Sprintf("The evidence is as it was packed: %s of %s, collected %s.", count(summary.Leavers.Total, "leaver"), clean.Text(tenantLabel(run.Tenant)), run.CollectedAt.Format(time.RFC3339)),
		"SHA-256: " + pack.SHA256,
		"Seal: " + clean.Text(run.Snapshot.Seal),
	}
	if packed := pack.PackedBy; packed != thisTool() {
		lines = append(lines, fmt.Sprintf("Its reports were not made anew: %.64s packed them, which is another program than this one.", clean.Text(packed.Name+" "+packed.Version)))
	} else if err := pack.CheckReports(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	judged, err := f.judge(ctx, pack, opening)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return printLines(sys.stdout, append(lines, judged)...)
}

// judge evaluates the snapshot again, and says so, or why it could not.
func (f *verifyFlags) judge(ctx context.Context, pack *evidence.Opened, opening snapshot.Opening) (said string, err error) {
	run := pack.Run()
	switch {
	case !pack.Whole && f.snapshot == "":
		return "It was not judged again: the snapshot is not in it; give --snapshot DIR.", nil
	case run.Baseline != nil && f.baseline == "":
		return "It was not judged again: the result was made with a baseline; give --baseline SNAPSHOT.", nil
	}
	dir := f.snapshot
	if dir == "" {
		if dir, err = os.MkdirTemp("", "leavercheck-"); err != nil { // mode 0700
			return "", fmt.Errorf("a place to unpack to: %w", err)
		}
		defer os.RemoveAll(dir)
		if err := pack.Unpack(dir); err != nil {
			return "", err
		}
	}
	snap, err := opening.Verify(dir)
	if errors.Is(err, snapshot.ErrEncrypted) {
		return "It was not judged again: the snapshot is encrypted; give --identity FILE.", nil
	} else if err != nil {
		return "", err
	}
	defer snap.Close()
	var baseline policies.Snapshot
	if f.baseline != "" {
		before, err := opening.Open(f.baseline)
		if err != nil {
			return "", fmt.Errorf("--baseline: %w", err)
		}
		defer before.Close()
		baseline = before
	}
	isolated, err := isolation()
	if err != nil {
		return "", err
	}
	if err := pack.Judge(ctx, snap, baseline, isolated); err != nil {
		return "", err
	}
	return "Judged again: the snapshot and the policies give the same result, byte for byte.", nil
}

func tenantLabel(tenant policies.Tenant) string {
	if tenant.Name == "" {
		return "tenant " + tenant.ID
	}
	return tenant.Name
}
