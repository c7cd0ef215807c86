package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// The formats of a report on tests of policies.
const (
	TestTable  = "table"
	TestJUnit  = "junit"
	TestGitHub = "github"
	TestAzure  = "azure"
)

// TestFormats lists the names that WriteTests knows.
func TestFormats() []string { return []string{TestTable, TestJUnit, TestGitHub, TestAzure} }

// TestOptions tunes a report on tests.
type TestOptions struct {
	// Verbose names the tests that pass, too.
	Verbose bool
	// Timings shows how long tests took; without, the same tests give the same bytes.
	Timings bool
}

// slowest is how many tests Timings names in a table.
const slowest = 10

// WriteTests writes what came of tests: as a table for people; as JUnit XML; or as the annotations that
// GitHub Actions and Azure Pipelines show at the line of a failure. The strings of policies are hostile:
// in an annotation they can neither end it nor begin another command, and nowhere else do they begin one.
func WriteTests(w io.Writer, format string, r policies.TestReport, opts TestOptions) error {
	var annotations, lines []string
	switch format {
	case TestTable:
		for _, line := range testTable(r, opts) {
			lines = append(lines, clean.Text(line))
		}
	case TestJUnit:
		return writeJUnitTests(w, r, opts)
	case TestGitHub:
		annotations, lines = annotate(r, gitHubAnnotation), testTotals(r)
	case TestAzure:
		annotations, lines = annotate(r, azureAnnotation), testTotals(r)
	default:
		return fmt.Errorf("report: there is no format %q for tests: there are %s", format, strings.Join(TestFormats(), ", "))
	}
	// An annotation is a command to a build server; whatever else would look like one is none.
	page := clean.Lines([]byte(strings.Join(lines, "\n") + "\n"))
	if len(annotations) > 0 {
		page = append([]byte(strings.Join(annotations, "\n")+"\n"), page...)
	}
	if _, err := w.Write(page); err != nil {
		return fmt.Errorf("report: writing the report on tests: %w", err)
	}
	return nil
}

// testTable names what fails, with the expression that does not hold and the values in it.
func testTable(r policies.TestReport, opts TestOptions) []string {
	var lines []string
	for _, test := range r.Tests {
		if test.Outcome == policies.TestPassed && !opts.Verbose {
			continue
		}
		head := fmt.Sprintf("%s:%d: %s: %s", test.File, test.Line, test.FullName(), strings.ToUpper(string(test.Outcome)))
		if opts.Timings && test.Outcome != policies.TestSkipped {
			head += " (" + took(test.Duration) + ")"
		}
		lines = append(lines, head)
		if opts.Verbose && test.Outcome == policies.TestPassed {
			for _, c := range test.Cases {
				lines = append(lines, "  "+c.Name)
			}
		}
		for _, f := range test.Failures {
			if f.Case != "" {
				lines = append(lines, "  case "+quote(f.Case))
			}
			lines = append(lines, fmt.Sprintf("    %s:%d: %s", f.File, f.Line, f.Message))
			lines = append(lines, indented("      ", f.Values)...)
		}
		if test.Output != "" && test.Outcome != policies.TestPassed {
			lines = append(append(lines, "    printed:"), indented("      ", test.Output)...)
		}
	}
	for _, table := range r.EmptyTables {
		lines = append(lines, "warning: "+table+": the table has no case")
	}
	if opts.Timings {
		lines = append(lines, timings(r.Tests)...)
	}
	lines = append(lines, testTotals(r)...)
	return append(lines, coverageLines(r.Coverage)...)
}

// testTotals are lines such as "PASS: 3/4".
func testTotals(r policies.TestReport) []string {
	total := r.Passed + r.Failed + r.Skipped + r.Errors
	var lines []string
	for _, count := range []struct {
		word string
		n    int
	}{{"PASS", r.Passed}, {"FAIL", r.Failed}, {"SKIPPED", r.Skipped}, {"ERROR", r.Errors}} {
		if count.n > 0 {
			lines = append(lines, fmt.Sprintf("%s: %d/%d", count.word, count.n, total))
		}
	}
	return lines
}

func coverageLines(c *policies.Coverage) []string {
	if c == nil {
		return nil
	}
	lines := []string{fmt.Sprintf("coverage: %.1f %% of the lines of policies", c.Percent)}
	for _, missed := range c.Missed {
		lines = append(lines, "  "+missedAt(missed)+": no test comes here")
	}
	for _, rule := range c.Rules {
		for _, status := range rule.Missed {
			lines = append(lines, "  "+statusMissed(rule, status))
		}
	}
	return lines
}

func missedAt(missed policies.MissedLines) string {
	at := fmt.Sprintf("%s:%d", missed.File, missed.From)
	if missed.To > missed.From {
		at += fmt.Sprintf("-%d", missed.To)
	}
	return at
}

func statusMissed(rule policies.StatusCoverage, status policies.Status) string {
	return fmt.Sprintf("%s:%d: no test brings %s to %s", rule.File, rule.Line, rule.Rule, status)
}

func timings(tests []policies.TestResult) []string {
	byTime := slices.Clone(tests)
	slices.SortStableFunc(byTime, func(a, b policies.TestResult) int { return cmp.Compare(b.Duration, a.Duration) })
	lines := []string{"slowest:"}
	for _, test := range byTime[:min(slowest, len(byTime))] {
		lines = append(lines, fmt.Sprintf("  %9s  %s", took(test.Duration), test.FullName()))
	}
	return lines
}

func took(d time.Duration) string { return d.Round(10 * time.Microsecond).String() }

func quote(text string) string { return `"` + text + `"` }

func indented(indent, text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimRight(indent+strings.ReplaceAll(line, "\t", "  "), " \r\n"))
	}
	return lines
}

// annotation is a message at a line.
type annotation struct {
	warning       bool
	file          string
	line, endLine int
	title         string
	message       string // may have several lines
}

// annotate makes an annotation of each failure and, where coverage was counted, of what no test reaches.
// What is not reached is a warning, unless it is why the tests do not do.
func annotate(r policies.TestReport, write func(annotation) string) []string {
	var lines []string
	for _, test := range r.Tests {
		for _, f := range test.Failures {
			title := test.FullName()
			if f.Case != "" {
				title += ": " + f.Case
			}
			message := f.Message
			if f.Values != "" {
				message += "\n" + f.Values
			}
			lines = append(lines, write(annotation{file: f.File, line: f.Line, title: title, message: message}))
		}
	}
	if r.Coverage == nil {
		return lines
	}
	warning := r.Coverage.Enough
	for _, missed := range r.Coverage.Missed {
		lines = append(lines, write(annotation{warning: warning, file: missed.File, line: missed.From, endLine: missed.To, title: "coverage", message: "no test comes here"}))
	}
	for _, rule := range r.Coverage.Rules {
		for _, status := range rule.Missed {
			lines = append(lines, write(annotation{warning: warning, file: rule.File, line: rule.Line, title: "status coverage", message: fmt.Sprintf("no test brings %s to %s", rule.Rule, status)}))
		}
	}
	return lines
}

func (a annotation) level() string {
	if a.warning {
		return "warning"
	}
	return "error"
}

// gitHubAnnotation is a workflow command. Its escapes are those of the runner; a line break in the data
// would end the command, and what follows could be another.
func gitHubAnnotation(a annotation) string {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	at := fmt.Sprintf("file=%s,line=%d", property.Replace(cleanLines(a.file)), a.line)
	if a.endLine > a.line {
		at += fmt.Sprintf(",endLine=%d", a.endLine)
	}
	return fmt.Sprintf("::%s %s,title=%s::%s", a.level(), at, property.Replace(cleanLines(a.title)), data.Replace(cleanLines(a.message)))
}

// azureAnnotation is a logging command of Azure Pipelines, which shows one line.
func azureAnnotation(a annotation) string {
	data := strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A", ";", "%3B", "]", "%5D")
	return fmt.Sprintf("##vso[task.logissue type=%s;sourcepath=%s;linenumber=%d]%s",
		a.level(), property.Replace(cleanLines(a.file)), a.line, data.Replace(cleanLines(a.title+": "+a.message)))
}

// cleanLines cleans text but for its line breaks and tabs.
func cleanLines(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\t", "  "), "\n")
	for i, line := range lines {
		lines[i] = clean.Text(line)
	}
	return strings.Join(lines, "\n")
}

// The elements of JUnit XML that CI systems agree on.
type (
	junitTests struct {
		XMLName  xml.Name          `xml:"testsuites"`
		Tests    int               `xml:"tests,attr"`
		Failures int               `xml:"failures,attr"`
		Errors   int               `xml:"errors,attr"`
		Skipped  int               `xml:"skipped,attr"`
		Suites   []junitTestsSuite `xml:"testsuite"`
	}
	junitTestsSuite struct {
		Name     string          `xml:"name,attr"`
		Tests    int             `xml:"tests,attr"`
		Failures int             `xml:"failures,attr"`
		Errors   int             `xml:"errors,attr"`
		Skipped  int             `xml:"skipped,attr"`
		Cases    []junitTestCase `xml:"testcase"`
	}
	junitTestCase struct {
		ClassName string          `xml:"classname,attr"`
		Name      string          `xml:"name,attr"`
		File      string          `xml:"file,attr"`
		Line      int             `xml:"line,attr"`
		Time      string          `xml:"time,attr,omitempty"`
		Failures  []junitTestText `xml:"failure"`
		Errors    []junitTestText `xml:"error"`
		Skipped   *junitTestText  `xml:"skipped"`
		Output    string          `xml:"system-out,omitempty"`
	}
	junitTestText struct {
		Message string `xml:"message,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnitTests writes a suite for each package and a test case for each case of a table.
func writeJUnitTests(w io.Writer, r policies.TestReport, opts TestOptions) error {
	out := junitTests{}
	for _, test := range r.Tests {
		at := len(out.Suites) - 1
		if at < 0 || out.Suites[at].Name != clean.Text(test.Package) {
			out.Suites = append(out.Suites, junitTestsSuite{Name: clean.Text(test.Package)})
			at++
		}
		suite := &out.Suites[at]
		for _, c := range junitCases(test, opts) {
			suite.Cases = append(suite.Cases, c)
			suite.Tests++
			switch {
			case c.Skipped != nil:
				suite.Skipped++
			case len(c.Errors) > 0:
				suite.Errors++
			case len(c.Failures) > 0:
				suite.Failures++
			}
		}
	}
	for _, suite := range out.Suites {
		out.Tests, out.Failures = out.Tests+suite.Tests, out.Failures+suite.Failures
		out.Errors, out.Skipped = out.Errors+suite.Errors, out.Skipped+suite.Skipped
	}
	text, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		return fmt.Errorf("report: writing JUnit: %w", err)
	}
	if _, err := io.WriteString(w, xml.Header+string(text)+"\n"); err != nil {
		return fmt.Errorf("report: writing the report on tests: %w", err)
	}
	return nil
}

func junitCases(test policies.TestResult, opts TestOptions) []junitTestCase {
	base := junitTestCase{ClassName: clean.Text(test.Package), Name: clean.Text(test.Name), File: clean.Text(test.File), Line: test.Line, Output: cleanLines(test.Output)}
	if opts.Timings {
		base.Time = fmt.Sprintf("%.6f", test.Duration.Seconds())
	}
	switch {
	case test.Outcome == policies.TestSkipped:
		base.Skipped = &junitTestText{}
		return []junitTestCase{base}
	case test.Outcome == policies.TestErred:
		base.Errors = junitFailures(test, "")
		return []junitTestCase{base}
	case len(test.Cases) == 0:
		base.Failures = junitFailures(test, "")
		return []junitTestCase{base}
	}
	var out []junitTestCase
	if whole := junitFailures(test, ""); len(whole) > 0 {
		base.Failures = whole // for a reason that is no case's
		out = append(out, base)
		base.Failures = nil
	}
	for _, c := range test.Cases {
		one := base
		one.Name += ": " + clean.Text(c.Name)
		if len(out) > 0 {
			one.Time, one.Output = "", "" // the test's, said once
		}
		if c.Failed {
			one.Failures = junitFailures(test, c.Name)
		}
		out = append(out, one)
	}
	return out
}

func junitFailures(test policies.TestResult, name string) []junitTestText {
	var out []junitTestText
	for _, f := range test.Failures {
		if f.Case == name {
			message := fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
			out = append(out, junitTestText{Message: clean.Text(message), Text: cleanLines(f.Values)})
		}
	}
	return out
}
