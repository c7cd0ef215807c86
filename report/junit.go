package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// junit writes a suite for each leaver and one for the tenant, with a test for each verdict: fail is a failure,
// unknown an error, and pending, waived and not applicable are skipped, with the reason. A suite opens with its
// counts, so one for each rule could be written only when the last leaver is known; the class of a test is its
// rule, so that readers which group by class show rules. Both of the schemas in use take it.
type junit struct {
	order
	w      io.Writer
	header policies.Run
	titles map[string]string
	suites int
	// last is kept for the summary, of which its suite tells.
	last policies.TenantResult
}

func newJUnit(w io.Writer) *junit { return &junit{w: w} }

// The elements, with the attributes that the stricter schema asks for.
type (
	junitSuite struct {
		XMLName    xml.Name        `xml:"testsuite"`
		Name       string          `xml:"name,attr"`
		Package    string          `xml:"package,attr"`
		ID         int             `xml:"id,attr"`
		Hostname   string          `xml:"hostname,attr"`
		Timestamp  string          `xml:"timestamp,attr"` // UTC; the schema allows no zone
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       int             `xml:"time,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		Out        string          `xml:"system-out"`
		Err        string          `xml:"system-err"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Time    int          `xml:"time,attr"`
		Failure *junitReason `xml:"failure"`
		Error   *junitReason `xml:"error"`
		Skipped *junitReason `xml:"skipped"`
	}
	junitReason struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

func (j *junit) Run(run policies.Run) error {
	if err := j.run(); err != nil {
		return err
	}
	j.header, j.titles = run, titles(run)
	return j.write(xml.Header + "<testsuites>\n")
}

func (j *junit) Leaver(leaver policies.LeaverResult) error {
	if err := j.leaver(); err != nil {
		return err
	}
	name, account := leaver.Name(), leaver.Leaver.UserPrincipalName
	if account == "" {
		account = leaver.Leaver.Key()
	}
	if account != name {
		name += " (" + account + ")"
	}
	suite := j.suite(name, account, leaver.Verdicts)
	who := person(leaver)
	for i, column := range whoColumns() {
		suite.Properties = append(suite.Properties, junitProperty{column, clean.Text(who[i])})
	}
	if leaver.NotYet() {
		suite.Out = "Leaves later, not judged yet.\n" + suite.Out
	}
	return j.put(suite)
}

func (j *junit) Tenant(tenant policies.TenantResult) error {
	j.last = tenant
	return j.tenant()
}

func (j *junit) Summary(summary policies.Summary) error {
	if err := j.summary(); err != nil {
		return err
	}
	suite := j.suite(wholeTenant, wholeTenant, j.last.Verdicts)
	suite.Properties = []junitProperty{
		{"tenant", clean.Text(j.header.Tenant.ID)},
		{"tenantName", clean.Text(j.header.Tenant.Name)},
		{"cloud", clean.Text(j.header.Cloud)},
		{"snapshot", clean.Text(j.header.Snapshot.Seal)},
		{"policyDigest", clean.Text(j.header.PolicyDigest)},
	}
	for _, aside := range asides(j.header, summary) {
		suite.Out += clean.Text(aside) + "\n"
	}
	if err := j.put(suite); err != nil {
		return err
	}
	return j.write("</testsuites>\n")
}

func (j *junit) Close() error { return j.whole() }

// suite makes a suite of verdicts on one account.
func (j *junit) suite(name, account string, verdicts []policies.Verdict) junitSuite {
	suite := junitSuite{
		Name: token(name), Package: "leavercheck", ID: j.suites, Hostname: token(j.header.Tenant.ID),
		Timestamp: j.header.CollectedAt.UTC().Format("2006-01-02T15:04:05"), Tests: len(verdicts),
	}
	j.suites++
	for _, v := range verdicts {
		test := junitCase{Class: token(v.Rule + " " + j.titles[v.Rule]), Name: token(account)}
		reason := &junitReason{Message: clean.Text(v.Message), Text: j.details(v)}
		switch v.Status {
		case policies.Fail:
			reason.Type = string(v.Severity)
			test.Failure = reason
			suite.Failures++
		case policies.Unknown:
			reason.Type = "not-collected"
			test.Error = reason
			suite.Errors++
		case policies.Pending, policies.Waived, policies.NotApplicable:
			reason.Message = clean.Text(skipped(v))
			test.Skipped = reason
			suite.Skipped++
		default:
		}
		if v.Grade == policies.Attested {
			for _, a := range v.Attestations {
				suite.Out += clean.Text(v.Rule+" is attested by "+a.By+": "+a.Statement) + "\n"
			}
		}
		suite.Cases = append(suite.Cases, test)
	}
	return suite
}

// skipped says in words why a test is neither passed nor failed.
func skipped(v policies.Verdict) string {
	text := map[policies.Status]string{policies.Pending: "pending", policies.Waived: "waived", policies.NotApplicable: "not applicable"}[v.Status]
	if v.Status == policies.Pending && !v.Due.IsZero() {
		text += ": fails on " + stamp(v.Due) + " if it stays as it is"
	}
	if w := v.Waiver; w != nil {
		text += " until " + stamp(w.Expires) + " by " + w.ApprovedBy + " (" + w.ID + "): " + w.Reason
	}
	if v.Message != "" {
		text += ": " + v.Message
	}
	return text
}

// details are the lines behind a verdict.
func (j *junit) details(v policies.Verdict) string {
	var out strings.Builder
	line := func(name, value string) {
		if value != "" {
			out.WriteString("\n" + name + ": " + clean.Text(value))
		}
	}
	line("severity", string(v.Severity))
	line("due", stamp(v.Due))
	line("data is lost on", stamp(v.Deadline))
	line("missing", missing(v))
	line("needs", needs(v))
	if v.Change != nil {
		line("compared with the earlier result", words(v.Change.Kind))
	}
	line("findings", inJSON(v.Findings))
	line("fingerprint", v.Fingerprint)
	return out.String() + "\n"
}

func (j *junit) put(suite junitSuite) error {
	text, err := xml.MarshalIndent(suite, "  ", "  ")
	if err != nil {
		return fmt.Errorf("report: encoding: %w", err)
	}
	return j.write(string(text) + "\n")
}

func (j *junit) write(text string) error {
	if _, err := io.WriteString(j.w, text); err != nil {
		return fmt.Errorf("report: writing: %w", err)
	}
	return nil
}

// token is a text that the schema's token type takes: not empty, and no spaces that would be lost.
func token(text string) string {
	if text = strings.Join(strings.Fields(clean.Text(text)), " "); text != "" {
		return text
	}
	return "-"
}
