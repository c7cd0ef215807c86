package report_test

import (
	"regexp"
	"strings"
	"testing"

	"leavercheck/report"
)

// TestPrometheusNamesNobody: no text that a person, an account or an address bears is among the labels.
func TestPrometheusNamesNobody(t *testing.T) {
	t.Parallel()
	for _, s := range []stream{mixed(), compared(), attested(), named()} {
		text := render(t, report.Prometheus, report.Options{}, s)
		for _, leaver := range s.leavers {
			who := leaver.Leaver
			for _, word := range append([]string{who.ID, who.UserPrincipalName, who.DisplayName, "@"}, strings.Fields(who.DisplayName)...) {
				if word != "" && strings.Contains(text, word) {
					t.Errorf("%q is in\n%s", word, text)
				}
			}
		}
	}
}

// TestPrometheusFollowsTheExpositionFormat: comments before samples, no series twice, labels quoted.
func TestPrometheusFollowsTheExpositionFormat(t *testing.T) {
	t.Parallel()
	sample := regexp.MustCompile(`^(leavercheck_[a-z_]+)\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\} -?\d+$`)
	for _, s := range samples() {
		seen := map[string]bool{}
		typed := map[string]bool{}
		for line := range strings.Lines(render(t, report.Prometheus, report.Options{}, s)) {
			line = strings.TrimSuffix(line, "\n")
			if rest, found := strings.CutPrefix(line, "# TYPE "); found {
				typed[strings.Fields(rest)[0]] = true
			}
			if strings.HasPrefix(line, "#") {
				continue
			}
			parts := sample.FindStringSubmatch(line)
			if parts == nil || !typed[parts[1]] {
				t.Fatalf("no sample: %q", line)
			}
			series := line[:strings.LastIndex(line, " ")]
			if seen[series] {
				t.Errorf("twice: %s", series)
			}
			seen[series] = true
		}
	}
}
