package report_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"leavercheck/policies"
	"leavercheck/report"
)

// A tally is what somebody reads out of a file: statuses by the key of the leaver, "" for the tenant. A format
// that does not tell everybody apart has everything under "all".
type tally map[string]map[policies.Status]int

func (t tally) add(who string, status policies.Status, n int) {
	if t[who] == nil {
		t[who] = map[policies.Status]int{}
	}
	if t[who][status] += n; t[who][status] == 0 {
		delete(t[who], status)
	}
}

// of leaves out the people of whom nothing is said, and all statuses but those given; none means all.
func (t tally) of(statuses ...policies.Status) tally {
	out := tally{}
	for who, counts := range t {
		for status, n := range counts {
			if n > 0 && (len(statuses) == 0 || slices.Contains(statuses, status)) {
				out.add(who, status, n)
			}
		}
	}
	return out
}

// total adds everybody up.
func (t tally) total() tally {
	out := tally{}
	for _, counts := range t {
		for status, n := range counts {
			out.add("all", status, n)
		}
	}
	return out
}

// TestFormatsAgreeOnEveryCount: each format is read back by what it is made for, and says the same of everybody.
func TestFormatsAgreeOnEveryCount(t *testing.T) {
	t.Parallel()
	bad := []policies.Status{policies.Fail, policies.Unknown, policies.Pending, policies.Waived}
	readers := map[string]func(*testing.T, string) []tally{
		report.Table: tableTally, report.JSON: jsonTally, report.NDJSON: ndjsonTally, report.CSV: csvTally, report.CSVMatrix: matrixTally, report.CSVPlan: planTally,
		report.XLSX: xlsxTally, report.Markdown: markdownTally, report.MarkdownChat: chatTally, report.JUnit: junitTally, report.SARIF: sarifTally,
		report.OCSF: ocsfTally, report.OSCAL: oscalTally, report.Prometheus: prometheusTally, report.HTML: htmlTally,
	}
	for name, s := range map[string]stream{"clean": clean(), "mixed": mixed(), "compared": compared(), "attested": attested(), "named": named(), "large": many(2000), "nobody": {run: header()}} {
		want := tally{}
		for who, verdicts := range s.verdicts() {
			for _, v := range verdicts {
				want.add(who, v.Status, 1)
			}
		}
		for _, format := range report.Formats() {
			t.Run(name+" "+format, func(t *testing.T) {
				t.Parallel()
				read := readers[format]
				if read == nil {
					t.Fatalf("nobody reads %s back", format)
				}
				for _, got := range read(t, render(t, format, report.Options{Width: 160}, s)) {
					want, got := want.of(), got.of()
					_, together := got["all"]
					switch {
					case together:
						want = want.total()
					case format == report.SARIF:
						want = want.of(bad...)
					case format == report.CSVPlan:
						want = want.of(policies.Unknown, policies.Waived)
					}
					for _, who := range slices.Sorted(maps.Keys(want)) {
						if !maps.Equal(got[who], want[who]) {
							t.Errorf("%q: got %v, want %v", who, got[who], want[who])
							break
						}
					}
					if len(got) != len(want) {
						t.Errorf("it tells of %d, not of %d", len(got), len(want))
					}
				}
			})
		}
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// htmlTally reads the table of verdicts by status and severity.
func htmlTally(t *testing.T, text string) []tally {
	t.Helper()
	words := map[string]policies.Status{"in grace": policies.Pending, "n/a": policies.NotApplicable}
	out := tally{}
	for _, row := range regexp.MustCompile(`<tr><th scope="row"><span class="s \w+">\S+ ([^<]+)</span></th><td class="n">(\d+)</td>`).FindAllStringSubmatch(text, -1) {
		status, ok := words[row[1]]
		if !ok {
			status = policies.Status(row[1])
		}
		out.add("all", status, number(t, row[2]))
	}
	if len(out) == 0 {
		out["all"] = nil
	}
	return []tally{out}
}

func tableTally(t *testing.T, text string) []tally {
	t.Helper()
	out := tally{}
	_, rest, found := strings.Cut(text, "\nVerdicts\n")
	if !found {
		// Nothing is wrong: the first paragraph has the number of verdicts, and nothing else counts them.
		return nil
	}
	for line := range strings.Lines(rest) {
		for _, status := range policies.Statuses() {
			if after, ok := strings.CutPrefix(line, strings.ReplaceAll(string(status), "_", " ")+" "); ok {
				out.add("all", status, number(t, strings.Fields(after)[0]))
			}
		}
	}
	return []tally{out}
}

// recount counts a replayed result.
type recount struct {
	nothing
	tally tally
}

func (r recount) Leaver(l policies.LeaverResult) error {
	for _, v := range l.Verdicts {
		r.tally.add(l.Leaver.Key(), v.Status, 1)
	}
	return nil
}

func (r recount) Tenant(l policies.TenantResult) error {
	for _, v := range l.Verdicts {
		r.tally.add("", v.Status, 1)
	}
	return nil
}

func jsonTally(t *testing.T, text string) []tally {
	t.Helper()
	var document struct {
		Leavers []policies.LeaverResult
		Tenant  policies.TenantResult
		Summary policies.Summary
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	r := recount{tally: tally{}}
	for _, leaver := range document.Leavers {
		_ = r.Leaver(leaver)
	}
	_ = r.Tenant(document.Tenant)
	return []tally{r.tally, {"all": document.Summary.Statuses}}
}

func ndjsonTally(t *testing.T, text string) []tally {
	t.Helper()
	r := recount{tally: tally{}}
	for line := range strings.Lines(text) {
		var part struct {
			Kind     string
			Leaver   json.RawMessage
			Verdicts []policies.Verdict
		}
		if err := json.Unmarshal([]byte(line), &part); err != nil {
			t.Fatal(err)
		}
		switch part.Kind {
		case "leaver":
			var l policies.LeaverResult
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatal(err)
			}
			_ = r.Leaver(l)
		case "tenant":
			_ = r.Tenant(policies.TenantResult{Verdicts: part.Verdicts})
		default:
		}
	}
	return []tally{r.tally}
}

// records reads a CSV file strictly, each row by its columns.
func records(t *testing.T, text string) []map[string]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return byColumn(rows)
}

func byColumn(rows [][]string) []map[string]string {
	var out []map[string]string
	for _, row := range rows[1:] {
		record := map[string]string{}
		for i, value := range row {
			record[rows[0][i]] = value
		}
		out = append(out, record)
	}
	return out
}

func csvTally(t *testing.T, text string) []tally {
	t.Helper()
	return []tally{verdictRows(records(t, text))}
}

func verdictRows(rows []map[string]string) tally {
	out := tally{}
	for _, row := range rows {
		if row["status"] != "" {
			out.add(row["id"], policies.Status(row["status"]), 1)
		}
	}
	return out
}

func matrixTally(t *testing.T, text string) []tally {
	t.Helper()
	return matrixRows(t, records(t, text))
}

// matrixRows counts the words, and takes the counts.
func matrixRows(t *testing.T, rows []map[string]string) []tally {
	t.Helper()
	words, counts := tally{}, tally{}
	for _, row := range rows {
		for column, value := range row {
			status := policies.Status(value)
			if slices.Contains(policies.Statuses(), policies.Status(column)) {
				counts.add(row["id"], policies.Status(column), number(t, value))
			} else if slices.Contains(policies.Statuses(), status) {
				words.add(row["id"], status, 1)
			}
		}
	}
	return []tally{words, counts}
}

func planTally(t *testing.T, text string) []tally {
	t.Helper()
	return []tally{planRows(records(t, text))}
}

func planRows(rows []map[string]string) tally {
	out := tally{}
	for _, row := range rows {
		if kind := policies.Status(row["kind"]); kind == policies.Unknown || kind == policies.Waived {
			out.add(row["id"], kind, 1)
		}
	}
	return out
}

func xlsxTally(t *testing.T, data string) []tally {
	t.Helper()
	f := workbook(t, data)
	sheet := func(name string) [][]string {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	totals := tally{"all": {}}
	for _, row := range sheet("Summary") {
		if status, found := strings.CutPrefix(row[0], "Verdicts: "); found {
			totals.add("all", policies.Status(status), number(t, row[1]))
		}
	}
	return append(matrixRows(t, byColumn(sheet("Matrix"))), verdictRows(byColumn(sheet("Verdicts"))), totals)
}

func markdownTally(t *testing.T, text string) []tally {
	t.Helper()
	cells := regexp.MustCompile(`(?m)^\| all \|(.*)\|$`).FindStringSubmatch(text)
	if cells == nil {
		t.Fatalf("no counts in %s", text)
	}
	out := tally{"all": {}}
	for i, n := range strings.Split(cells[1], "|") {
		out.add("all", policies.Statuses()[i], number(t, n))
	}
	return []tally{out, listed(t, text, out)}
}

func chatTally(t *testing.T, text string) []tally {
	t.Helper()
	out := tally{"all": {}}
	for _, status := range policies.Statuses() {
		found := regexp.MustCompile(`(?m)^Verdicts: .*\b` + strings.ReplaceAll(string(status), "_", " ") + ` (\d+)`).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("no count of %s in %s", status, text)
		}
		out.add("all", status, number(t, found[1]))
	}
	return []tally{out, listed(t, text, out)}
}

// listed takes the numbers in the headings of the lists; what has no list is taken from the others.
func listed(t *testing.T, text string, others tally) tally {
	t.Helper()
	out := tally{"all": {}}
	for heading, status := range map[string]policies.Status{
		"Failing": policies.Fail, "Could not be checked": policies.Unknown, "In grace: fails if it stays as it is": policies.Pending, "Waived": policies.Waived,
	} {
		if found := regexp.MustCompile(`(?m)^### ` + heading + ` \((\d+)\)$`).FindStringSubmatch(text); found != nil {
			out.add("all", status, number(t, found[1]))
		}
	}
	for _, status := range []policies.Status{policies.Pass, policies.NotApplicable} {
		out.add("all", status, others["all"][status])
	}
	return out
}

func junitTally(t *testing.T, text string) []tally {
	t.Helper()
	var document struct {
		Suites []struct {
			Tests      int `xml:"tests,attr"`
			Failures   int `xml:"failures,attr"`
			Errors     int `xml:"errors,attr"`
			Skipped    int `xml:"skipped,attr"`
			Properties []struct {
				Name  string `xml:"name,attr"`
				Value string `xml:"value,attr"`
			} `xml:"properties>property"`
			Cases []struct {
				Failure *struct{} `xml:"failure"`
				Error   *struct{} `xml:"error"`
				Skipped *struct {
					Message string `xml:"message,attr"`
				} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	out := tally{}
	for _, suite := range document.Suites {
		who, counts := "", map[policies.Status]int{}
		for _, property := range suite.Properties {
			if property.Name == "id" {
				who = property.Value
			}
		}
		for _, test := range suite.Cases {
			status := policies.Pass
			switch {
			case test.Failure != nil:
				status = policies.Fail
			case test.Error != nil:
				status = policies.Unknown
			case test.Skipped != nil && strings.HasPrefix(test.Skipped.Message, "waived"):
				status = policies.Waived
			case test.Skipped != nil && strings.HasPrefix(test.Skipped.Message, "pending"):
				status = policies.Pending
			case test.Skipped != nil:
				status = policies.NotApplicable
			}
			counts[status]++
			out.add(who, status, 1)
		}
		skipped := counts[policies.Waived] + counts[policies.Pending] + counts[policies.NotApplicable]
		if suite.Tests != len(suite.Cases) || suite.Failures != counts[policies.Fail] || suite.Errors != counts[policies.Unknown] || suite.Skipped != skipped {
			t.Errorf("the counts of a suite are not those of its tests: %+v", suite)
		}
	}
	return []tally{out}
}

func sarifTally(t *testing.T, text string) []tally {
	t.Helper()
	var log sarifLog
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	out := tally{}
	for _, result := range log.Runs[0].Results {
		status := map[string]policies.Status{"fail": policies.Fail, "open": policies.Unknown, "informational": policies.Pending}[result.Kind]
		for _, suppression := range result.Suppressions {
			if suppression.Status == "accepted" {
				status = policies.Waived
			}
		}
		if status != result.Properties.Status {
			t.Errorf("the kind %s with %v is %s, not %s", result.Kind, result.Suppressions, status, result.Properties.Status)
		}
		out.add(result.Properties.Leaver, status, 1)
	}
	return []tally{out, {"all": log.Runs[0].Properties.Statuses}}
}

func ocsfTally(t *testing.T, text string) []tally {
	t.Helper()
	out := tally{}
	for line := range strings.Lines(text) {
		var event struct {
			StatusID   int `json:"status_id"`
			Status     string
			Compliance struct {
				StatusID int `json:"status_id"`
				Status   string
			}
			Resources []struct{ Type, UID string }
			Unmapped  struct{ Status policies.Status }
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		if event.Status == "Out of Scope" {
			continue
		}
		who := event.Resources[0].UID
		if event.Resources[0].Type == "Microsoft Entra tenant" {
			who = ""
		}
		status := map[int]policies.Status{1: policies.Pass, 2: policies.Unknown, 3: policies.Fail}[event.Compliance.StatusID]
		switch {
		case event.StatusID == 3:
			status = policies.Waived
		case event.Compliance.Status == "Pending":
			status = policies.Pending
		case event.Compliance.Status == "Not Applicable":
			status = policies.NotApplicable
		}
		if status != event.Unmapped.Status {
			t.Errorf("the event says %s and %s: %s", status, event.Unmapped.Status, line)
		}
		out.add(who, status, 1)
	}
	return []tally{out}
}

func oscalTally(t *testing.T, text string) []tally {
	t.Helper()
	type props []struct{ Name, Value string }
	var document struct {
		Results struct {
			Results []struct {
				Observations []struct {
					Props    props
					Subjects []struct {
						Type  string
						Props props
					}
				}
			}
		} `json:"assessment-results"`
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	get := func(of props, name string) string {
		for _, p := range of {
			if p.Name == name {
				return p.Value
			}
		}
		return ""
	}
	verdicts, totals := tally{}, tally{"all": {}}
	for _, observation := range document.Results.Results[0].Observations {
		if len(observation.Subjects) == 0 {
			for _, status := range policies.Statuses() {
				totals.add("all", status, number(t, get(observation.Props, "count-"+strings.ReplaceAll(string(status), "_", "-"))))
			}
			continue
		}
		who := get(observation.Subjects[0].Props, "id")
		if observation.Subjects[0].Type == "component" {
			who = ""
		}
		verdicts.add(who, policies.Status(get(observation.Props, "status")), 1)
	}
	return []tally{verdicts, totals}
}

func prometheusTally(t *testing.T, text string) []tally {
	t.Helper()
	out := tally{"all": {}}
	for _, found := range regexp.MustCompile(`(?m)^leavercheck_findings\{.*state="([a-z_]+)"\} (\d+)$`).FindAllStringSubmatch(text, -1) {
		out.add("all", policies.Status(found[1]), number(t, found[2]))
	}
	return []tally{out}
}
