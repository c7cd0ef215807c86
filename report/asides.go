package report

import (
	"fmt"
	"strings"

	"leavercheck/policies"
)

// asides are sentences on what a format has no place of its own for, and what must not be lost: the state of
// the whole, waivers and attestations that do not count, what is judged no more, rules that are switched off.
// The texts are as they came.
func asides(run policies.Run, summary policies.Summary) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if !summary.Complete {
		say("Incomplete: %s unknown.", count(summary.Statuses[policies.Unknown], "verdict is", "verdicts are"))
	}
	for _, cause := range summary.Incomplete {
		text := fmt.Sprintf("Not read: %s (%s), for %s by %s", orNone(cause.Fact), cause.Reason, count(cause.Leavers, "leaver", "leavers"), strings.Join(cause.Rules, ", "))
		if cause.Needs != "" {
			text += "; needs " + cause.Needs
		}
		out = append(out, text+".")
	}
	if n := summary.Leavers.NotYet; n > 0 {
		say("Not judged yet: %s later.", count(n, "leaver leaves", "leavers leave"))
	}
	for _, off := range run.Off {
		say("Switched off: %s %s.", off.ID, off.Title)
	}
	for _, x := range run.Snapshot.Population.Excluded {
		say("Excluded: %s, by %s.", excludedName(x), x.Pattern)
	}
	for _, w := range summary.Waivers {
		say("Waiver %s (%s) of %s for %s by %s, until %s: %s.", w.ID, w.Standing, w.Rule, w.Leaver, w.ApprovedBy, stamp(w.Expires), w.Reason)
	}
	for _, a := range summary.Attestations {
		say("Attestation (%s) of %s for %s by %s, until %s: %s", a.Standing, a.Rule+a.Fact, a.Leaver, a.By, stamp(a.Expires), a.Statement)
	}
	if run.Compared != nil {
		var parts []string
		for _, kind := range policies.ChangeKinds() {
			parts = append(parts, fmt.Sprintf("%d %s", summary.Changes[kind], words(kind)))
		}
		say("Compared with the result of %s: %s.", moment(run.Compared.CollectedAt), strings.Join(parts, ", "))
	}
	for _, gone := range summary.Gone {
		say("Judged no more: %s of %s, which was %s.", gone.Rule, goneName(gone), gone.Status)
	}
	return out
}

// words is a kind of change as people say it.
func words(kind policies.ChangeKind) string { return strings.ReplaceAll(string(kind), "_", " ") }

func orNone(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
