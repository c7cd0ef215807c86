package report_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"leavercheck/policies"
	"leavercheck/report"
)

// inert takes the code spans and our own words away; what is left is Markdown that somebody else wrote.
func inert(text string) string {
	text = regexp.MustCompile("`[^`\n]*`").ReplaceAllString(text, "")
	return regexp.MustCompile(`(?m)^(## leavercheck|### [A-Za-z :]+ \(\d+\)|\*\*[A-Za-z0-9 ,;:.]+\*\*.*|\|[a-z0-9A-Z|:, -]*\||- [a-z ]*:?[a-z0-9 :,()-]*|\.\.\. and \d+ more: ?|[A-Za-z0-9 ,:;.-]*)$`).ReplaceAllString(text, "")
}

// TestNothingInDataIsMarkdown: every text stands in a code span that it cannot end.
func TestNothingInDataIsMarkdown(t *testing.T) {
	t.Parallel()
	for _, format := range []string{report.Markdown, report.MarkdownChat} {
		text := render(t, format, report.Options{Details: "[x](https://evil.example) `y`"}, hostileEverywhere())
		if strings.Count(text, "`")%2 != 0 {
			t.Errorf("%s: a code span has no end", format)
		}
		if left := strings.TrimSpace(inert(text)); left != "" {
			t.Errorf("%s: this is outside of code spans: %q", format, left[:min(len(left), 1000)])
		}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "| ") && strings.Count(line, "|") != 6 && strings.Count(line, "|") != 8 {
				t.Errorf("%s: a row has other cells: %q", format, line)
			}
			if strings.ContainsAny(line, "<>") {
				t.Errorf("%s: an angle bracket: %q", format, line)
			}
		}
	}
	for in, want := range map[string]string{
		"": "-", "\n": "`\\u000a`", "a`b``c": "`aʼbʼʼc`", `a\|b`: "`a\\¦b`", "<b>": "`‹b›`", "x\x1b[31m": "`x\\u001b[31m`",
	} {
		if got := report.Code(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestMarkdownKeepsToItsPlace: a million names are no excuse, and what is not shown is counted.
func TestMarkdownKeepsToItsPlace(t *testing.T) {
	t.Parallel()
	s := stream{run: header()}
	s.run.Tenant.Name = strings.Repeat("|", 5000)
	for n := range 4000 {
		v := verdict("ACC-001", policies.Fail, policies.Critical, strings.Repeat("long ", 200))
		unread := verdict("DEV-001", policies.Unknown, policies.Critical, fmt.Sprintf("%d %s", n, strings.Repeat("long ", 200)))
		pending := verdict("LIC-001", policies.Pending, policies.Critical, strings.Repeat("長い", 200))
		s.leavers = append(s.leavers, leaver(n, strings.Repeat("Name ", 100), v, unread, pending))
		s.attestations = append(s.attestations, policies.AttestationResult{Standing: policies.Expired, Attestation: policies.Attestation{Statement: strings.Repeat("x", 5000)}})
	}
	for format, most := range map[string]int{report.Markdown: 1 << 20, report.MarkdownChat: 4000} {
		text := render(t, format, report.Options{Details: strings.Repeat("/long", 1000)}, s)
		if len(text) > most {
			t.Errorf("%s has %d bytes, of %d", format, len(text), most)
		}
		if !strings.Contains(text, "**Not everything is shown:**") {
			t.Errorf("%s does not say that something is not shown", format)
		}
		for heading, total := range map[string]int{"Failing": 4000, "Could not be checked": 4000, "In grace: fails if it stays as it is": 4000} {
			_, section, found := strings.Cut(text, fmt.Sprintf("### %s (%d)\n", heading, total))
			section, _, _ = strings.Cut(section, "\n### ")
			rows := strings.Count(section, "`ACC-001`") + strings.Count(section, "`DEV-001`") + strings.Count(section, "`LIC-001`")
			if want := fmt.Sprintf("... and %d more: ", total-rows); !found || !strings.Contains(section, want) {
				t.Errorf("%s: %s shows %d rows and not %q", format, heading, rows, want)
			}
		}
	}
}
