package evidence

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// readme is the text for the auditor. Everything in it comes from the result; lines stay below 100 columns but for
// names and hashes.
func readme(of ends, shape shape) string {
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(clean.Text(fmt.Sprintf(format, args...)) + "\n")
	}
	run, s := of.run, of.summary
	line("Evidence: were the people who left offboarded from Microsoft 365?")
	line("")
	line("Tenant       %s (%s), cloud %s", run.Tenant.Name, run.Tenant.ID, run.Cloud)
	line("Collected    %s", run.CollectedAt.UTC().Format(time.RFC3339))
	if !run.Now.IsZero() {
		line("Judged as of %s", run.Now.UTC().Format(time.RFC3339))
	}
	line("Program      %s %s", run.Tool.Name, run.Tool.Version)
	line("Snapshot     %s", run.Snapshot.Seal)
	line("Policies     %s, %d rules", run.PolicyDigest, len(run.Rules))
	if run.Baseline != nil {
		line("Baseline     %s, collected %s", run.Baseline.Seal, run.Baseline.CollectedAt.UTC().Format(time.RFC3339))
	}
	line("")
	line("POPULATION")
	p := run.Snapshot.Population
	line("%d people, named by: %s.", p.Leavers, strings.Join(p.Sources, ", "))
	line("Digest of who was to be checked: %s", p.Digest)
	line("%d of them leave later and are not judged. Of %d the leave time is not known.", s.Leavers.NotYet, p.Untimed)
	line("%d people were excluded; result.ndjson names each in its first line, and the pattern that did it.", len(p.Excluded))
	line("")
	line("WHAT IT CAME TO")
	line("%d leavers fail something, %d could not be wholly checked, %d are in grace, of %d something is waived, %d are clean.", s.Leavers.Failing, s.Leavers.Unknown, s.Leavers.Pending, s.Leavers.Waived, s.Leavers.Clean)
	for _, status := range policies.Statuses() {
		line("  %-16s %d verdicts", strings.ReplaceAll(string(status), "_", " "), s.Statuses[status])
	}
	line("%d waivers and %d attestations were given; the last line of result.ndjson has each.", len(s.Waivers), len(s.Attestations))
	for _, off := range run.Off {
		line("The rule %s was switched off: %s.", off.ID, off.Title)
	}
	line("")
	line("COMPLETENESS")
	if s.Complete {
		line("Complete: every rule came to a verdict on every leaver. What could not be read never passes.")
	} else {
		line("NOT complete: %d verdicts are unknown. They are no passes. What was not read:", s.Statuses[policies.Unknown])
		for _, cause := range s.Incomplete {
			line("  %s: %s (%d leavers; %s)", orRules(cause), strings.ReplaceAll(cause.Reason, "_", " "), cause.Leavers, orNothing(cause.Needs))
		}
	}
	line("")
	line("HOW TO CHECK AND TO RE-PERFORM")
	line("Compare the SHA-256 of this file with the one that you were given by another way; the hashes in")
	line("SHA256SUMS are as good as that one. Then, with the program named above:")
	line("")
	for _, command := range commands(run, s, shape) {
		line("  %s", command)
	}
	line("")
	line("The first checks every file here%s.", map[bool]string{true: " and judges the snapshot again: the result must be the same, byte for byte", false: ""}[shape.whole])
	line("The last does the same by hand: again.ndjson has the verdicts of result.ndjson. What a result says")
	line("of changes since an earlier one is in neither: it is no part of judging.")
	if !shape.whole {
		line("The snapshot is not here. Whoever keeps it can show it: its seal must be the one above.")
	}
	line("")
	line("CONTENTS")
	line("  result.ndjson   every verdict on every leaver, with the facts that it rests on")
	line("  policies/       the rules as evaluated")
	if len(shape.files) > 0 {
		line("  snapshot/       what was read from the tenant: %s", strings.Join(shape.files, ", "))
	}
	line("  reports/        the same result for people")
	line("  SHA256SUMS      of every other file")
	line("This file names people. Keep it, and delete it, as the law says.")
	return b.String()
}

func orRules(cause policies.Incomplete) string {
	if cause.Fact != "" {
		return cause.Fact
	}
	return strings.Join(cause.Rules, ", ")
}

func orNothing(needs string) string {
	if needs == "" {
		return "nothing is known that would mend it"
	}
	return "mended by: " + needs
}

// commands are those that check the pack and do its work again.
func commands(run policies.Run, s policies.Summary, shape shape) []string {
	verify := "leavercheck verify evidence.zip"
	dir := "SNAPSHOT"
	if shape.whole {
		dir = "evidence/snapshot"
	} else {
		verify += " --snapshot SNAPSHOT"
	}
	again := "leavercheck evaluate " + dir
	if shape.whole && slices.Contains(shape.files, "snapshot.age") {
		verify += " --identity FILE"
		again += " --identity FILE"
	}
	if run.Baseline != nil {
		verify += " --baseline BASELINE"
		again += " --baseline BASELINE"
	}
	if len(shape.policyDirs) > 0 {
		again += " --policy evidence/" + strings.Join(shape.policyDirs, " --policy evidence/")
	}
	if !run.Now.IsZero() {
		again += " --now " + run.Now.UTC().Format(time.RFC3339Nano)
	}
	if len(s.Attestations) > 0 {
		again += " --attestations FILE"
	}
	if len(s.Waivers) > 0 {
		again += " --waivers FILE"
	}
	return []string{verify, "unzip evidence.zip -d evidence", again + " -o ndjson=again.ndjson"}
}
