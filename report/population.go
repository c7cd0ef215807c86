package report

import (
	"slices"
	"strconv"
	"strings"

	"leavercheck/collector/snapshot"
)

// population says who named the leavers, where it was not one file, and of how many nobody knows when they left.
func (t *table) population() string {
	p := t.header.Snapshot.Population
	text := ""
	if len(p.Sources) > 1 || slices.ContainsFunc(p.Sources, func(s string) bool { return strings.HasPrefix(s, "entra:") }) {
		text += " Named by " + strings.Join(p.Sources, ", ") + "."
	}
	if p.Untimed > 0 {
		text += " When they left is not known of " + strconv.Itoa(p.Untimed) + "."
	}
	return text
}

// excluded names who is not looked at, and why: an exclusion that nobody sees is a hole.
func (t *table) excluded() string {
	const shown = 5
	all := t.header.Snapshot.Population.Excluded
	if len(all) == 0 {
		return ""
	}
	var names []string
	for _, x := range all[:min(len(all), shown)] {
		names = append(names, bounded(excludedName(x), 80)+": "+bounded(x.Pattern, 80))
	}
	text := "Excluded: " + strconv.Itoa(len(all)) + " (" + strings.Join(names, "; ")
	if more := len(all) - shown; more > 0 {
		text += "; and " + strconv.Itoa(more) + " more: " + t.details()
	}
	return text + ")."
}

func excludedName(x snapshot.Excluded) string {
	for _, name := range []string{x.UserPrincipalName, x.DisplayName, x.ID} {
		if name != "" {
			return name
		}
	}
	return x.Source
}
