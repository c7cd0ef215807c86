package report_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"leavercheck/policies"
	"leavercheck/report"
)

// TestReadGivesBackWhatWasWritten: every format for programs can be turned into every other.
func TestReadGivesBackWhatWasWritten(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]stream{"mixed": mixed(), "clean": clean(), "attested": attested(), "named": named(), "nobody": {run: header()}, "hostile": hostile(hostileTexts()...)} {
		for _, from := range []string{report.NDJSON, report.JSON} {
			stored := render(t, from, report.Options{}, s)
			for _, to := range report.Formats() {
				t.Run(name+" "+from+" to "+to, func(t *testing.T) {
					t.Parallel()
					var out bytes.Buffer
					renderer, err := report.New(to, &out, report.Options{})
					if err != nil {
						t.Fatal(err)
					}
					if err := report.Read(iotest.HalfReader(strings.NewReader(stored)), renderer); err != nil {
						t.Fatal(err)
					}
					if err := renderer.Close(); err != nil {
						t.Fatal(err)
					}
					if want := render(t, to, report.Options{}, s); out.String() != want {
						t.Error(firstDifference(out.String(), want))
					}
				})
			}
		}
	}
}

// firstDifference shows where two long texts part.
func firstDifference(got, want string) string {
	n := 0
	for n < len(got) && n < len(want) && got[n] == want[n] {
		n++
	}
	from := max(0, n-60)
	return fmt.Sprintf("at byte %d:\ngot  %q\nwant %q", n, got[from:min(n+60, len(got))], want[from:min(n+60, len(want))])
}

// nothing takes everything.
type nothing struct{}

func (nothing) Run(policies.Run) error             { return nil }
func (nothing) Leaver(policies.LeaverResult) error { return nil }
func (nothing) Tenant(policies.TenantResult) error { return nil }
func (nothing) Summary(policies.Summary) error     { return nil }

func TestReadIsStrict(t *testing.T) {
	t.Parallel()
	lines := render(t, report.NDJSON, report.Options{}, mixed())
	document := render(t, report.JSON, report.Options{}, mixed())
	vouched := render(t, report.NDJSON, report.Options{}, attested())
	part := strings.SplitAfter(lines, "\n")
	without := func(n int) string {
		return strings.Join(part[:n], "") + strings.Join(part[n+1:], "")
	}
	replace := func(text, before, after string) string {
		if !strings.Contains(text, before) {
			t.Fatalf("%q is not in the result", before)
		}
		return strings.Replace(text, before, after, 1)
	}
	for name, tc := range map[string]struct{ text, want string }{
		"empty":                     {"", "the result is empty"},
		"no JSON":                   {"hello\n", "line 1: invalid character"},
		"no run":                    {without(0), "line 1: report: the parts of a result came out of order"},
		"no tenant":                 {without(6), "line 7: report: the parts of a result came out of order"},
		"no summary":                {without(7), "line 8: report: the result breaks off before its summary"},
		"a leaver removed":          {without(2), "line 7: the summary is not that of the verdicts"},
		"a leaver twice":            {strings.Join(part[:3], "") + part[2] + strings.Join(part[3:], ""), "line 4: the leaver"},
		"cut within a line":         {lines[:len(lines)-20], "line 8: the line breaks off"},
		"text after the end":        {lines + part[0], "line 9: report: the parts of a result came out of order"},
		"an unknown property":       {replace(lines, `"grade":`, `"note":"x","grade":`), `line 2: json: unknown field "note"`},
		"an unknown status":         {replace(lines, `"status":"pass"`, `"status":"passed"`), `the status "passed" is unknown`},
		"an unknown severity":       {replace(lines, `"severity":"critical","message"`, `"severity":"awful","message"`), `line 2: ACC-001: the severity "awful" is unknown`},
		"an unknown grade":          {replace(lines, `"grade":"observed"`, `"grade":"rumour"`), `line 2: ACC-001: the grade "rumour" is unknown`},
		"an unknown rule":           {replace(lines, `{"rule":"ACC-001"`, `{"rule":"XYZ-001"`), `line 2: a verdict of the rule "XYZ-001"`},
		"a rule twice":              {replace(lines, `{"rule":"DEV-001"`, `{"rule":"ACC-001"`), "line 2: two verdicts of the rule ACC-001"},
		"an unknown kind":           {replace(lines, `{"kind":"tenant"`, `{"kind":"tenants"`), `line 7: the kind of line "tenants"`},
		"another version":           {replace(lines, `"schemaVersion":1`, `"schemaVersion":2`), "line 1: the result has version 2"},
		"a fail turned into a pass": {replace(lines, `"status":"fail"`, `"status":"pass"`), "the summary is not that of the verdicts"},
		"two documents in a line":   {replace(lines, "}\n", "}{}\n"), "after top-level value"},
		"verdicts before leaving":   {replace(lines, `"state":"live"`, `"state":"not_yet"`), "somebody who leaves in the future has verdicts"},

		"waived without a waiver":    {replace(lines, `"status":"not_applicable"`, `"status":"waived"`), "line 2: FWD-002: is waived without a waiver of its leaver"},
		"a waiver on a failure":      {replace(lines, `"status":"waived"`, `"status":"fail"`), "line 4: LIC-001: has a waiver and is fail"},
		"a pass waived":              {replace(lines, `2027-01-01T00:00:00Z","status":"fail"}`, `2027-01-01T00:00:00Z","status":"pass"}`), "line 4: LIC-001: a verdict such as this cannot be waived"},
		"a waiver that expired":      {replace(lines, `2027-01-01T00:00:00Z","status":"fail"}`, `2026-11-22T06:30:00Z","status":"fail"}`), "line 4: LIC-001: the waiver W-1 has expired"},
		"a waiver not listed":        {replace(lines, `"standing":"counts"`, `"standing":"not needed"`), "a verdict of LIC-001 is waived by W-1, which the summary does not list"},
		"a waiver of nothing":        {replace(lines, `"standing":"not needed"`, `"standing":"counts"`), "the waiver W-2 is said to count, and covers no verdict"},
		"a waiver of another reason": {replace(lines, `"id":"W-1","reason":"court case"`, `"id":"W-1","reason":"because"`), "the waiver W-1 is said to count, and covers no verdict"},
		"a waiver twice":             {replace(lines, `"id":"W-3"`, `"id":"W-2"`), "the waiver W-2 is there twice or out of order"},
		"a waiver of no standing":    {replace(lines, `"standing":"too long"`, `"standing":"fine"`), `the standing "fine" of the waiver W-4 is unknown`},
		"off and on":                 {replace(lines, `"off":[{"id":"TEL-001"`, `"off":[{"id":"ACC-001"`), "line 1: the rule ACC-001 is named as one that is switched off"},

		"an unknown standing":        {replace(vouched, `"standing":"expired"`, `"standing":"fine"`), `the standing "fine" of an attestation is unknown`},
		"an attestation hidden":      {replace(vouched, `"standing":"counts"`, `"standing":"not needed"`), "a verdict leans on an attestation of FWD-002 that the summary does not list"},
		"an attestation reworded":    {replace(vouched, `"by":"Allan Deyoung"`, `"by":"Somebody"`), "a verdict leans on an attestation of FWD-002"},
		"attested by nobody":         {replace(vouched, `"grade":"observed"`, `"grade":"attested"`), "the grade is attested, with 0 attestations"},
		"an attestation as observed": {replace(vouched, `"grade":"attested"`, `"grade":"observed"`), "the grade is observed, with 1 attestations"},
		"days that are not left":     {replace(vouched, `"daysLeft":1`, `"daysLeft":9`), "the days left are not those until the deadline"},
		"days without a deadline":    {replace(vouched, `"grade":"attested"`, `"grade":"attested","daysLeft":1`), "the days left are not those until the deadline"},
		"a deadline moved":           {replace(vouched, `"nextDeadline":"2026-11-22`, `"nextDeadline":"2026-11-23`), "the summary is not that of the verdicts"},

		"document: cut":                 {document[:len(document)/2], "the document breaks off"},
		"document: cut before the end":  {document[:len(document)-2], "line 10: the document breaks off"},
		"document: text after the end":  {document + "{}", "text after the end of the document"},
		"document: an unknown property": {replace(document, `"grade":`, `"note":"x","grade":`), `line 3: json: unknown field "note"`},
		"document: parts swapped":       {replace(document, `"tenant":`+"{\"verdicts\"", `"tenants":`+"{\"verdicts\""), `line 9: found tenants where a result has "tenant"`},
		"document: a fail gone":         {replace(document, `"status":"fail"`, `"status":"pass"`), "the summary is not that of the verdicts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := report.Read(strings.NewReader(tc.text), nothing{})
			if err == nil {
				t.Fatal("was taken")
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %q, want %q in it", err, tc.want)
			}
		})
	}
}

// endless never stops.
type endless struct{ head *strings.Reader }

func (e endless) Read(p []byte) (int, error) {
	if n, err := e.head.Read(p); err == nil {
		return n, nil
	}
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	for _, head := range []string{`{"kind":"run","cloud":"`, `{"run":{"cloud":"`} {
		err := report.Read(endless{strings.NewReader(head)}, nothing{})
		if err == nil || !strings.Contains(err.Error(), strconv.Itoa(16<<20)) {
			t.Errorf("got %v", err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"kind":"run"}` + "\n"))
	f.Add([]byte(`{"run":{},"leavers":[],"tenant":{"verdicts":[]},"summary":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var out bytes.Buffer
		renderer, err := report.New(report.NDJSON, &out, report.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if report.Read(bytes.NewReader(text), renderer) != nil {
			return
		}
		// What is taken can be written, and that read again.
		var again bytes.Buffer
		if renderer, err = report.New(report.NDJSON, &again, report.Options{}); err != nil {
			t.Fatal(err)
		}
		if err := report.Read(bytes.NewReader(out.Bytes()), renderer); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), again.Bytes()) {
			t.Fatalf("%s\nread again is\n%s", out.Bytes(), again.Bytes())
		}
	})
}
