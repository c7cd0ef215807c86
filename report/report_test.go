package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report"
)

var update = flag.Bool("update", false, "write the goldens anew")

func render(t *testing.T, format string, opts report.Options, s stream) string {
	t.Helper()
	var out bytes.Buffer
	renderer, err := report.New(format, &out, opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.play(renderer); err != nil {
		t.Fatal(err)
	}
	if err := renderer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]stream{"mixed": mixed(), "clean": clean(), "attested": attested(), "named": named(), "nobody": {run: header()}} {
		for file, format := range map[string]struct {
			format string
			opts   report.Options
		}{
			".ndjson":    {report.NDJSON, report.Options{}},
			".json":      {report.JSON, report.Options{}},
			".txt":       {report.Table, report.Options{}},
			".wide.txt":  {report.Table, report.Options{Width: 140, Details: "result.ndjson"}},
			".color.txt": {report.Table, report.Options{Color: true}},
		} {
			t.Run(name+file, func(t *testing.T) {
				t.Parallel()
				got := render(t, format.format, format.opts, s)
				path := filepath.Join("testdata", name+file)
				if *update {
					if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("%s: %s", path, firstDifference(got, string(want)))
				}
			})
		}
	}
}

// hostileTexts are what a tenant's people can put into a name.
func hostileTexts() []string {
	return []string{
		"\x1b[2J\x1b[31mred", "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", "\u009b31m8-bit", "bell\a", "over\rwrite", "two\nlines", "tab\tbed",
		"nul\x00", "del\x7f", "rtl\u202eexe.txt", "iso\u2066late\u2069", "para\u2029graph", "line\u2028sep", "soft\u00adhyphen", "bom\ufefftext",
		"tag\U000e0041s", `quote"back\slash`, "<script>alert(1)</script>", "=HYPERLINK(\"x\")", "| pipe | pipe |",
		strings.Repeat("長い名前", 100), strings.Repeat("word", 300), "e\u0301" + strings.Repeat("\u0301", 200), "👩‍💻 family 👨‍👩‍👧",
	}
}

// everyHostileText adds what is hostile to one format or another.
func everyHostileText() []string {
	return append(hostileTexts(),
		"bad\xff\xfeutf8", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- --><![CDATA[x]]>", "javascript:alert(1)", "http://evil.example/", "www.evil.example",
		"=1+1", "+1", "-1", "@SUM(A1)", " =1", "\u00a0=1", "\t=1", "\r=1", "\n=1", "\n\n =cmd|' /C calc'!A0", "＝1", "＋1", "－1", "＠SUM", "\u3000＝1", "\"=1", "\" =1", "x;=1+1", "x; =1", "x\n;\u00a0＝1", "a,=1",
		"::error::x", "\n::add-mask::secret", "  ::set-output name=x::y", "##vso[task.setvariable variable=x]y", "##[group]x", "a##VSO[task.complete]",
		"[click](https://evil.example)", "![x](https://evil.example/x.png)", "[click]: https://evil.example", "@contoso/team", "#1", "`code` ``more`` ```", "**bold** _it_ ~~no~~", "\\`x", "\\|x|\\", "- item\n# head\n> quote", "<!channel> <@U123>", ":smile:",
		"'; Remove-Item -Recurse / #", "\u2018; x", "$(whoami)", "${x}", "`n`$x", "\ufffe\uffff\U0001fffe", "\x01\x02\x0b\x1f", "a\u0300\u202e\u2066", "&amp; &lt; &#60;", "{0} {1}", "%0A%0D", "",
	)
}

// hostile is a result in which every text is one of those given.
func hostile(texts ...string) stream {
	s := stream{run: header()}
	s.run.Snapshot.Population.Sources = append([]string{"entra:disabled"}, texts...)
	for i, text := range texts {
		s.run.Snapshot.Population.Excluded = append(s.run.Snapshot.Population.Excluded, snapshot.Excluded{UserPrincipalName: text, Pattern: text, Source: text})
		fails := verdict("ACC-001", policies.Fail, policies.Critical, text)
		fails.Findings = []policies.Finding{{"resource": text, text: text}}
		unknown := verdict("DEV-001", policies.Unknown, policies.Critical, text)
		unknown.Missing = []policies.Missing{{Fact: "account", Reason: text, Needs: text, Detail: text}}
		one := leaver(2*i, text, fails, unknown)
		one.Leaver.UserPrincipalName = text
		later := leaver(2*i+1, text)
		later.Leaver.State = "not_yet"
		s.leavers = append(s.leavers, one, later)
		s.attestations = append(s.attestations, policies.AttestationResult{Standing: policies.Expired, Attestation: policies.Attestation{
			Rule: text, Leaver: text, Statement: text, By: text, At: header().CollectedAt, Link: text, Expires: header().CollectedAt, Source: text,
		}})
		s.run.Tenant.Name += text
		s.run.Cloud += text
	}
	return s
}

// hostileEverywhere has everything that is hostile wherever a result has room for a text, rules of somebody else's
// among them.
func hostileEverywhere() stream {
	texts := everyHostileText()
	s := hostile(texts...)
	s.run.Compared = &policies.ResultRef{Seal: texts[0], CollectedAt: header().CollectedAt, PolicyDigest: texts[0]}
	s.run.Outcomes = map[string]map[string]int{}
	s.run.Snapshot.Seal, s.run.PolicyDigest = strings.Join(texts, ""), strings.Join(texts, "")
	for i, text := range texts {
		waived := verdict("LIC-001", policies.Waived, policies.Medium, text)
		waived.Waiver = &policies.Waiver{ID: text, Reason: text, ApprovedBy: text, Ticket: text, Expires: header().CollectedAt, Status: policies.Fail}
		waived.Evidence = []policies.Evidence{{Fact: text, State: "read", Endpoint: text, RequestID: text, Values: map[string]any{text: text}}}
		vouched := verdict("FWD-002", policies.Pass, policies.High, text)
		vouched.Grade, vouched.Attestations = policies.Attested, []policies.VerdictAttestation{{Rule: text, Statement: text, By: text, Link: text}}
		one := &s.leavers[2*i]
		one.Verdicts = append(one.Verdicts, vouched, waived)
		for j := range one.Verdicts {
			one.Verdicts[j].Change = &policies.Change{Kind: policies.ChangeNew, Before: policies.Pass, Cause: policies.Cause(text)}
			one.Verdicts[j].Fingerprint = text
		}
		who := &one.Leaver
		who.Mail, who.EmployeeID, who.Source, who.Note, who.Successor, who.Aliases = text, text, text, text, text, []string{text}
		if i%2 == 0 {
			who.ID = ""
		}
		s.waivers = append(s.waivers, policies.WaiverResult{ID: text, Rule: text, Leaver: text, Reason: text, ApprovedBy: text, Ticket: text, Source: text, Standing: policies.Expired})
		s.gone = append(s.gone, policies.GoneVerdict{Rule: text, Leaver: text, Name: text, Status: policies.Fail, Severity: policies.High, Fingerprint: text})
		s.run.Off = append(s.run.Off, policies.RuleRef{ID: text, Title: text})
		s.run.Outcomes[text] = map[string]int{"unknown." + text: 1}
		s.run.Tool.Version += text
		r := rule(fmt.Sprintf("OWN-%03d", i), text, policies.Low)
		r.Package, r.Description, r.Remediation, r.File = text, text, text, text
		r.Controls = map[string][]policies.Control{text: {{ID: text}}, "nist-800-53-r5": {{ID: text}, {ID: "AC-2(3)"}}}
		r.RelatedResources = append(r.RelatedResources, policies.Resource{Ref: text, Description: text})
		s.run.Rules = append(s.run.Rules, r)
	}
	return s
}

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	for _, format := range report.Catalogue() {
		t.Run(format.Name, func(t *testing.T) {
			t.Parallel()
			out := render(t, format.Name, report.Options{Details: hostileTexts()[0]}, hostileEverywhere())
			if format.Binary {
				out = strings.ReplaceAll(cellsOf(t, out), "\t", "|")
			}
			out = strings.ReplaceAll(out, "\r\n", "\n") // csv
			if !utf8.ValidString(out) {
				t.Error("the output is not UTF-8")
			}
			for _, r := range out {
				if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp)) || unicode.Is(unicode.Cf, r) && r != '\u200d' && r != '\u200c' {
					t.Fatalf("the output has the character %U", r)
				}
			}
			if format.Name == report.HTML {
				return // nobody prints a page into a build's log
			}
			for line := range strings.Lines(out) {
				if strings.HasPrefix(strings.TrimSpace(line), "::") && !format.Binary || strings.Contains(line, "##[") || strings.Contains(strings.ToLower(line), "##vso[") {
					t.Errorf("a build server obeys %q", line)
				}
			}
		})
	}
}

func TestJSONKeepsHostileText(t *testing.T) {
	t.Parallel()
	texts := hostileTexts()
	var back struct {
		Leavers []policies.LeaverResult `json:"leavers"`
	}
	if err := json.Unmarshal([]byte(render(t, report.JSON, report.Options{}, hostile(texts...))), &back); err != nil {
		t.Fatal(err)
	}
	for i, want := range texts {
		if got := back.Leavers[2*i].Leaver.DisplayName; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTableFitsItsWidth(t *testing.T) {
	t.Parallel()
	for _, width := range []int{60, 80, 100, 200} {
		for name, s := range map[string]stream{"mixed": mixed(), "attested": attested(), "hostile": hostile(hostileTexts()...)} {
			out := render(t, report.Table, report.Options{Width: width}, s)
			for line := range strings.Lines(out) {
				line = strings.TrimSuffix(line, "\n")
				// A line of the page's own text may be one long word; rows of tables hold their width.
				if wide := twwidth.Width(line); wide > width && strings.Contains(line, "  ") {
					t.Errorf("%s at %d columns: a line is %d wide: %q", name, width, wide, line)
				}
			}
		}
	}
}

func TestTableOrder(t *testing.T) {
	t.Parallel()
	out := render(t, report.Table, report.Options{Width: 100}, mixed())
	places := []string{
		"2 of 4 leavers are not properly offboarded; 3 could not be fully checked; 1 is still in grace.",
		"FWD-002", "Alex Wilber", "Alex Wilber", "Adele Vance", "Could not be checked", "and 2 more", "In grace", "Lee Gu (2026-12-31)",
		"What would make this complete", "View-Only Recipients", "Verdicts", "Evidence for every verdict",
	}
	from := 0
	for _, place := range places {
		at := strings.Index(out[from:], place)
		if at < 0 {
			t.Fatalf("%q does not stand where it should in:\n%s", place, out)
		}
		from += at
	}
}

// TestWhatIsLostFirstComesFirst: by deadline, those without one last, then severity, due, rule, leaver.
func TestWhatIsLostFirstComesFirst(t *testing.T) {
	t.Parallel()
	fail := func(rule string, severity policies.Severity, deadline, due string) policies.Verdict {
		v := verdict(rule, policies.Fail, severity, "wrong")
		if deadline != "" {
			v = losing(v, deadline)
		}
		if due != "" {
			v.Due = at(due)
		}
		return v
	}
	s := stream{run: header(), tenant: policies.TenantResult{Verdicts: []policies.Verdict{}}, leavers: []policies.LeaverResult{
		leaver(1, "Zed",
			fail("ACC-001", policies.Critical, "", "2026-11-01T00:00:00Z"),
			fail("DEV-001", policies.Critical, "", "2026-10-01T00:00:00Z"),
			fail("FWD-002", policies.Low, "2026-12-02T00:00:00Z", ""),
			fail("LIC-001", policies.Critical, "", "")),
		leaver(2, "Amy",
			fail("ACC-001", policies.Critical, "", "2026-11-01T00:00:00Z"),
			fail("DEV-001", policies.Low, "2026-11-01T00:00:00Z", ""),
			fail("FWD-002", policies.Critical, "2026-12-02T00:00:00Z", ""),
			fail("LIC-001", policies.High, "", "2026-01-01T00:00:00Z")),
	}}
	var got []string
	for line := range strings.Lines(render(t, report.Table, report.Options{Width: 120}, s)) {
		if fields := strings.Fields(line); len(fields) > 3 && strings.Contains(line, "wrong") {
			got = append(got, fields[1]+" "+fields[2])
		}
	}
	want := []string{"DEV-001 Amy", "FWD-002 Amy", "FWD-002 Zed", "DEV-001 Zed", "ACC-001 Amy", "ACC-001 Zed", "LIC-001 Zed", "LIC-001 Amy"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestDaysLeftAreShown(t *testing.T) {
	t.Parallel()
	for deadline, want := range map[string]string{
		"2026-12-01T07:00:00Z": "2026-12-01, 9 days left", "2026-11-23T06:30:00Z": "2026-11-23, 1 day left", "2026-11-22T07:00:00Z": "2026-11-22, less than a day left",
		"2026-11-22T06:00:00Z": "2026-11-22, 1 day ago", "2026-11-19T06:30:00Z": "2026-11-19, 3 days ago",
	} {
		s := stream{run: header(), leavers: []policies.LeaverResult{leaver(1, "Adele", losing(verdict("ACC-001", policies.Fail, policies.High, "w"), deadline))}}
		lines := strings.Split(render(t, report.Table, report.Options{Width: 100}, s), "\n")
		var shown []string
		for i, line := range lines {
			if !strings.HasPrefix(line, "high") {
				continue
			}
			from := strings.Index(line, "2026-")
			for _, rest := range lines[i:] {
				if len(rest) > from {
					shown = append(shown, strings.TrimSpace(rest[from:]))
				} else {
					break
				}
			}
		}
		if got := strings.Join(shown, " "); got != want {
			t.Errorf("%s: got %q, want %q", deadline, got, want)
		}
	}
}

func TestAttestationsThatDoNotCountAreNotHidden(t *testing.T) {
	t.Parallel()
	out := render(t, report.Table, report.Options{Limit: 5, Width: 100}, attested())
	for _, want := range []string{"5 attestations do not count: see below.", "Attested (7)", "expired", "too early", "in the future", "no such leaver", "several leavers", "... and 2 more"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, "not needed") {
		t.Errorf("what counts took the room of what does not:\n%s", out)
	}
}

func TestTableShowsTheWorstAndCountsTheRest(t *testing.T) {
	t.Parallel()
	s := stream{run: header()}
	for n := range 500 {
		severity := policies.Low
		if n == 499 {
			severity = policies.Critical
		}
		s.leavers = append(s.leavers, leaver(n, fmt.Sprintf("Person %03d", n), verdict("ACC-001", policies.Fail, severity, "wrong")))
	}
	out := render(t, report.Table, report.Options{Limit: 10, Details: "result.ndjson"}, s)
	if !strings.Contains(out, "Person 499") || strings.Contains(out, "Person 400") {
		t.Errorf("the worst is not shown, or too much is:\n%s", out)
	}
	if !strings.Contains(out, "... and 490 more: result.ndjson") {
		t.Errorf("nothing says how many more:\n%s", out)
	}
}

func TestColourIsNeverAlone(t *testing.T) {
	t.Parallel()
	coloured := render(t, report.Table, report.Options{Color: true}, mixed())
	bare := render(t, report.Table, report.Options{}, mixed())
	if !strings.Contains(coloured, "\x1b[") {
		t.Error("no colour")
	}
	var stripped strings.Builder
	for rest := coloured; rest != ""; {
		before, after, found := strings.Cut(rest, "\x1b[")
		stripped.WriteString(before)
		if rest = ""; found {
			_, rest, _ = strings.Cut(after, "m")
		}
	}
	if stripped.String() != bare {
		t.Errorf("without colour the text differs:\n%s\n%s", stripped.String(), bare)
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	pass := verdict("ACC-001", policies.Pass, policies.Critical, "")
	fail := verdict("ACC-001", policies.Fail, policies.Critical, "")
	unknown := verdict("ACC-001", policies.Unknown, policies.Critical, "")
	pending := verdict("ACC-001", policies.Pending, policies.Critical, "")
	later := leaver(9, "Later")
	later.Leaver.State = "not_yet"
	one := func(v policies.Verdict) policies.LeaverResult { return leaver(1, "One", v) }
	two := func(v policies.Verdict) policies.LeaverResult { return leaver(2, "Two", v) }
	for want, leavers := range map[string][]policies.LeaverResult{
		"Nobody to judge: there is no leaver.":                                     {},
		"Nobody to judge yet: 1 leaver leaves in the future.":                      {later},
		"The one leaver is properly offboarded.":                                   {one(pass)},
		"All 2 leavers are properly offboarded.":                                   {one(pass), two(pass), later},
		"1 of 2 leavers is not properly offboarded.":                               {one(fail), two(pass)},
		"2 of 2 leavers are not properly offboarded.":                              {one(fail), two(fail)},
		"1 of 2 leavers is not properly offboarded; 1 could not be fully checked.": {one(fail), two(unknown)},
		"No leaver was found to fail; 1 of 2 leavers could not be fully checked.":  {one(pass), two(unknown)},
		"No leaver fails yet; 1 is still in grace.":                                {one(pass), two(pending)},
		"No leaver was found to fail; 1 of 1 leaver could not be fully checked.":   {one(unknown)},
		"1 of 2 leavers is not properly offboarded; 1 is still in grace.":          {one(fail), two(pending)},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			out := render(t, report.Table, report.Options{Width: 200}, stream{run: header(), leavers: leavers})
			if got, _, _ := strings.Cut(out, "\n"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// errFull is what a full disk says.
var errFull = errors.New("no space left")

// fullAfter takes a number of bytes, then fails.
type fullAfter struct{ left int }

func (f *fullAfter) Write(p []byte) (int, error) {
	if len(p) > f.left {
		n := f.left
		f.left = 0
		return n, errFull
	}
	f.left -= len(p)
	return len(p), nil
}

func TestWriteErrorsAreNotLost(t *testing.T) {
	t.Parallel()
	for _, format := range report.Formats() {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			size := len(render(t, format, report.Options{}, mixed()))
			for _, room := range []int{0, 1, size / 2, size - 1} {
				renderer, err := report.New(format, &fullAfter{left: room}, report.Options{})
				if err != nil {
					t.Fatal(err)
				}
				err = mixed().play(renderer)
				if err == nil {
					err = renderer.Close()
				}
				if !errors.Is(err, errFull) {
					t.Errorf("with room for %d of %d bytes: got %v", room, size, err)
				}
			}
		})
	}
}

func TestBrokenOffStreamIsAnError(t *testing.T) {
	t.Parallel()
	for _, format := range report.Formats() {
		var out bytes.Buffer
		renderer, err := report.New(format, &out, report.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := renderer.Run(header()); err != nil {
			t.Fatal(err)
		}
		if err := renderer.Close(); err == nil {
			t.Errorf("%s: Close took a result without summary", format)
		}
		if err := renderer.Run(header()); err == nil {
			t.Errorf("%s: a second run was taken", format)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	t.Parallel()
	if _, err := report.New("pdf", &bytes.Buffer{}, report.Options{}); err == nil || !strings.Contains(err.Error(), "table, json, ndjson") {
		t.Errorf("got %v", err)
	}
}

// TestStreamsStayFlat: what a format for programs holds does not grow with the leavers.
func TestStreamsStayFlat(t *testing.T) {
	t.Parallel()
	for _, format := range []string{report.NDJSON, report.JSON} {
		sink := &countingWriter{}
		renderer, err := report.New(format, sink, report.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := renderer.Run(header()); err != nil {
			t.Fatal(err)
		}
		for n := range 50 {
			before := sink.n
			if err := renderer.Leaver(leaver(n, "Somebody", verdict("ACC-001", policies.Pass, policies.Critical, ""))); err != nil {
				t.Fatal(err)
			}
			if sink.n == before {
				t.Fatalf("%s: leaver %d was not written at once", format, n)
			}
		}
	}
}

type countingWriter struct{ n int }

func (c *countingWriter) Write(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}

// BenchmarkLeaver prints what writing one leaver with 21 verdicts and their evidence costs.
func BenchmarkLeaver(b *testing.B) {
	var verdicts []policies.Verdict
	for range 21 {
		v := verdict("ACC-001", policies.Pass, policies.Critical, "It is as it should be.")
		v.Evidence = mixed().leavers[0].Verdicts[0].Evidence
		verdicts = append(verdicts, v)
	}
	one := leaver(1, "Adele Vance", verdicts...)
	for _, format := range report.Formats() {
		b.Run(format, func(b *testing.B) {
			sink := &countingWriter{}
			renderer, err := report.New(format, sink, report.Options{})
			if err != nil {
				b.Fatal(err)
			}
			if err := renderer.Run(header()); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := renderer.Leaver(one); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(sink.n)/float64(b.N), "bytes/leaver")
		})
	}
}
