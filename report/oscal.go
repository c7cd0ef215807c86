package report

import (
	"cmp"
	"io"
	"strings"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// oscalVersion is that of the Open Security Controls Assessment Language that is written.
const oscalVersion = "1.2.2"

// oscalSpace names the properties that are leavercheck's own.
const oscalSpace = "urn:leavercheck:oscal"

// oscal writes assessment results: an observation for each verdict, one for each rule with its counts, and a
// finding for each control of NIST SP 800-53 that a rule checks. A control is satisfied only when its rules
// were heard and no verdict of theirs fails, is unknown, pending or waived. Observations are written as the
// leavers come; findings relate to the rules' observations, so that nothing has to be kept of any leaver.
type oscal struct {
	order
	out      *jsonWriter
	header   policies.Run
	titles   map[string]string
	observed bool
	// tenantFails counts failing verdicts on the tenant.
	tenantFails int
}

func newOSCAL(w io.Writer) *oscal { return &oscal{out: &jsonWriter{w: w}} }

func (o *oscal) Run(run policies.Run) error {
	if err := o.run(); err != nil {
		return err
	}
	o.header, o.titles = run, titles(run)
	at := stamp(run.JudgedAsOf())
	head := oscalMetadata{
		Title: "Offboarding of leavers from Microsoft 365", LastModified: at, Version: cmp.Or(property(run.Tool.Version), "0"), OSCAL: oscalVersion,
		Props: []oscalProp{own("tenant", run.Tenant.ID), own("cloud", run.Cloud), own("snapshot", run.Snapshot.Seal), own("policy-digest", run.PolicyDigest)},
	}
	if err := o.out.value(`{"assessment-results":{"uuid":"`+o.id("document")+`","metadata":`, head, ",\n"); err != nil {
		return err
	}
	plan := oscalImport{Href: "#" + o.id("plan"), Remarks: "No assessment plan was written beforehand: the policies as evaluated stand for it."}
	if err := o.out.value(`"import-ap":`, plan, ",\n"); err != nil {
		return err
	}
	result := oscalResult{
		UUID: o.id("result"), Title: "Offboarding of leavers", Start: stamp(run.CollectedAt),
		Description: "Whether the people who left tenant " + code(bounded(named(run.Tenant), 200)) + " were offboarded, by what was collected at " + moment(run.CollectedAt) + " and judged as of " + moment(run.JudgedAsOf()) + ".",
		Reviewed:    reviewedControls(run.Rules),
	}
	return o.out.open(`"results":[`, result)
}

func (o *oscal) Leaver(leaver policies.LeaverResult) error {
	if err := o.leaver(); err != nil {
		return err
	}
	key := leaver.Leaver.Key()
	who := oscalSubject{UUID: uuid("leaver", o.header.Tenant.ID, key), Type: "user", Title: code(leaver.Name())}
	for _, prop := range []oscalProp{own("id", key), own("user-principal-name", leaver.Leaver.UserPrincipalName), own("state", string(leaver.Leaver.State))} {
		if prop.Value != "-" {
			who.Props = append(who.Props, prop)
		}
	}
	return o.verdicts(leaver.Verdicts, who)
}

func (o *oscal) Tenant(tenant policies.TenantResult) error {
	if err := o.tenant(); err != nil {
		return err
	}
	who := oscalSubject{UUID: uuid("tenant", o.header.Tenant.ID), Type: "component", Title: code(named(o.header.Tenant)), Props: []oscalProp{own("id", o.header.Tenant.ID)}}
	for _, v := range tenant.Verdicts {
		if v.Status == policies.Fail {
			o.tenantFails++
		}
	}
	return o.verdicts(tenant.Verdicts, who)
}

func (o *oscal) Summary(summary policies.Summary) error {
	if err := o.summary(); err != nil {
		return err
	}
	for _, rule := range o.header.Rules {
		if err := o.observe(o.ruleObservation(rule, summary.Rules[rule.ID])); err != nil {
			return err
		}
	}
	end := ",\n"
	if o.observed {
		end = "\n],\n"
	}
	if findings := o.findings(summary); len(findings) > 0 {
		if err := o.out.value(end+`"findings":`, findings, ""); err != nil {
			return err
		}
		end = ",\n"
	}
	var remarks []string
	for _, aside := range asides(o.header, summary) {
		remarks = append(remarks, "- "+code(aside))
	}
	remarks = append(remarks, "- "+sentence(summary, o.tenantFails))
	if err := o.out.value(end+`"remarks":`, strings.Join(remarks, "\n"), "}],\n"); err != nil {
		return err
	}
	matter := oscalMatter{Resources: []oscalResource{{
		UUID: o.id("plan"), Title: "The policies as evaluated", Description: "Built-in and own rules, with their parameters.",
		Props: []oscalProp{own("policy-digest", o.header.PolicyDigest)},
	}}}
	return o.out.value(`"back-matter":`, matter, "}}\n")
}

func (o *oscal) Close() error { return o.whole() }

// id names a part of this result: another result has other ids.
func (o *oscal) id(parts ...string) string {
	r := o.header
	return uuid(append([]string{r.Tenant.ID, r.Snapshot.Seal, r.PolicyDigest, r.Tool.Version, stamp(r.JudgedAsOf())}, parts...)...)
}

func (o *oscal) verdicts(verdicts []policies.Verdict, who oscalSubject) error {
	for _, v := range verdicts {
		if err := o.observe(o.verdictObservation(v, who)); err != nil {
			return err
		}
	}
	return nil
}

// observe writes an observation; there may be no empty list of them.
func (o *oscal) observe(observation oscalObservation) error {
	before := ",\n"
	if !o.observed {
		before = ",\n\"observations\":[\n"
	}
	o.observed = true
	return o.out.value(before, observation, "")
}

func (o *oscal) verdictObservation(v policies.Verdict, who oscalSubject) oscalObservation {
	out := oscalObservation{
		UUID: o.id("verdict", v.Rule, who.UUID), Title: code(v.Rule + " " + o.titles[v.Rule]), Description: code(cmp.Or(v.Message, o.titles[v.Rule], v.Rule)),
		Methods: []string{"TEST"}, Subjects: []oscalSubject{who}, Collected: stamp(o.header.CollectedAt),
		Props: []oscalProp{own("rule", v.Rule), own("status", string(v.Status)), own("severity", string(v.Severity)), own("grade", string(v.Grade)), own("fingerprint", v.Fingerprint)},
		Links: []oscalLink{{Href: "#" + o.id("rule", v.Rule), Rel: "rule"}},
	}
	if v.Grade == policies.Attested {
		out.Methods = []string{"TEST", "INTERVIEW"}
	}
	if !v.Due.IsZero() {
		out.Props = append(out.Props, own("due", stamp(v.Due)))
	}
	if !v.Deadline.IsZero() {
		out.Props = append(out.Props, own("deadline", stamp(v.Deadline)))
	}
	if v.Change != nil {
		out.Props = append(out.Props, own("change", string(v.Change.Kind)))
	}
	var remarks []string
	for _, detail := range details(v) {
		if detail != v.Message {
			remarks = append(remarks, "- "+code(detail))
		}
	}
	for _, a := range v.Attestations {
		remarks = append(remarks, "- "+code("attested by "+a.By+": "+a.Statement))
	}
	out.Remarks = strings.Join(remarks, "\n")
	for _, e := range v.Evidence {
		text := strings.Join(strings.Fields(e.Fact+" "+string(e.State)+" "+e.Endpoint+" "+stamp(e.At)+" "+e.RequestID), " ")
		out.Evidence = append(out.Evidence, oscalEvidence{Description: code(text)})
	}
	return out
}

// own is a property of leavercheck's.
func own(name, value string) oscalProp {
	return oscalProp{Name: name, Space: oscalSpace, Value: cmp.Or(property(value), "-")}
}

// property is a text that a property's value may be: one line, without spaces around it.
func property(text string) string { return strings.TrimSpace(clean.Text(text)) }
