package report

import (
	"cmp"
	"io"
	"maps"
	"slices"
	"strings"

	"leavercheck/policies"
)

// ocsfVersion is that of the Open Cybersecurity Schema Framework whose Compliance Finding is written.
const ocsfVersion = "1.8.0"

// ocsf writes a Compliance Finding (class 2003) for each verdict, one a line. Two things are told apart: what
// the check came to (compliance.status_id: 1 pass, 2 could not be told, 3 fail, 99 pending or not applicable;
// of a waived verdict what it would be), and the finding's life cycle (status_id: 1 new, 3 suppressed by a
// waiver, 4 resolved; none where there is nothing to find). A change of method is never "resolved".
type ocsf struct {
	order
	out    *jsonWriter
	header policies.Run
	rules  map[string]policies.Rule
}

func newOCSF(w io.Writer) *ocsf {
	return &ocsf{out: &jsonWriter{w: w}, rules: map[string]policies.Rule{}}
}

func (o *ocsf) Run(run policies.Run) error {
	o.header = run
	for _, rule := range run.Rules {
		o.rules[rule.ID] = rule
	}
	return o.run()
}

func (o *ocsf) Leaver(leaver policies.LeaverResult) error {
	if err := o.leaver(); err != nil {
		return err
	}
	who := leaver.Leaver
	resource := ocsfResource{
		UID: who.Key(), Name: leaver.Name(), Type: "Microsoft Entra user", RoleID: 3, Role: "Affected",
		Data: ocsfPerson{State: string(who.State), UserPrincipalName: who.UserPrincipalName, EmployeeID: who.EmployeeID, LeftAt: stamp(who.LeftAt), LeftBy: stamp(who.LeftBy), Source: who.Source},
	}
	return o.events(leaver.Verdicts, resource)
}

func (o *ocsf) Tenant(tenant policies.TenantResult) error {
	if err := o.tenant(); err != nil {
		return err
	}
	return o.events(tenant.Verdicts, o.everything())
}

// Summary closes what is judged no more: a reader that keeps findings would have them open for ever.
func (o *ocsf) Summary(summary policies.Summary) error {
	if err := o.summary(); err != nil {
		return err
	}
	for _, gone := range summary.Gone {
		resource := o.everything()
		if gone.Leaver != "" {
			resource = ocsfResource{UID: gone.Leaver, Name: goneName(gone), Type: "Microsoft Entra user", RoleID: 3, Role: "Affected"}
		}
		v := policies.Verdict{Rule: gone.Rule, Severity: gone.Severity, Fingerprint: gone.Fingerprint, Message: "judged no more, was " + string(gone.Status)}
		event := o.event(v, resource)
		event.lifeCycle(3, 99, "Out of Scope")
		event.SeverityID, event.Severity = 1, "Informational"
		event.Compliance.StatusID, event.Compliance.Status = 0, "Unknown"
		if err := o.out.value("", event, "\n"); err != nil {
			return err
		}
	}
	return nil
}

func (o *ocsf) Close() error { return o.whole() }

// everything is the tenant as what a verdict is about.
func (o *ocsf) everything() ocsfResource {
	return ocsfResource{UID: o.header.Tenant.ID, Name: named(o.header.Tenant), Type: "Microsoft Entra tenant", RoleID: 3, Role: "Affected"}
}

func (o *ocsf) events(verdicts []policies.Verdict, resource ocsfResource) error {
	for _, v := range verdicts {
		if err := o.out.value("", o.event(v, resource), "\n"); err != nil {
			return err
		}
	}
	return nil
}

func (o *ocsf) event(v policies.Verdict, resource ocsfResource) ocsfEvent {
	rule := o.rules[v.Rule]
	now := o.header.JudgedAsOf()
	event := ocsfEvent{
		CategoryUID: 2, CategoryName: "Findings", ClassUID: 2003, ClassName: "Compliance Finding",
		Time: now.UnixMilli(), TimeDT: stamp(now), Message: cmp.Or(v.Message, rule.Title, v.Rule),
		Metadata: ocsfMetadata{
			Version: ocsfVersion, Profiles: []string{"cloud", "datetime"}, EventCode: v.Rule, TenantUID: o.header.Tenant.ID,
			UID:     uuid(o.header.Snapshot.Seal, o.header.PolicyDigest, stamp(now), v.Fingerprint, resource.UID, v.Rule),
			Product: ocsfProduct{Name: o.header.Tool.Name, Vendor: "leavercheck", Version: o.header.Tool.Version},
		},
		Cloud: ocsfCloud{Provider: "Microsoft", Account: ocsfAccount{UID: o.header.Tenant.ID, Name: o.header.Tenant.Name, Type: "Azure AD Account", TypeID: 6}},
		Finding: ocsfFinding{
			UID: cmp.Or(v.Fingerprint, uuid(o.header.Tenant.ID, v.Rule, resource.UID)), Title: cmp.Or(rule.Title, v.Rule), Desc: rule.Description, LastSeen: now.UnixMilli(),
			Analytic: ocsfAnalytic{UID: v.Rule, Name: rule.Package, TypeID: 1, Type: "Rule"},
		},
		Compliance: ocsfCompliance{Control: cmp.Or(rule.Title, v.Rule), Standards: []string{}, Requirements: []string{}, Details: details(v)},
		Resources:  []ocsfResource{resource}, Remediation: ocsfRemediation{Desc: cmp.Or(rule.Remediation, "See the rule."), References: references(rule)},
		Evidences: []ocsfEvidence{},
		Unmapped: ocsfUnmapped{
			Status: v.Status, Severity: v.Severity, Grade: v.Grade, Due: stamp(v.Due), Deadline: stamp(v.Deadline), Missing: v.Missing, Waiver: v.Waiver, Change: v.Change, Attestations: v.Attestations,
		},
	}
	for _, framework := range slices.Sorted(maps.Keys(rule.Controls)) {
		event.Compliance.Standards = append(event.Compliance.Standards, framework)
		for _, control := range rule.Controls[framework] {
			event.Compliance.Requirements = append(event.Compliance.Requirements, framework+" "+control.ID)
		}
	}
	for _, finding := range v.Findings {
		event.Evidences = append(event.Evidences, ocsfEvidence{Data: finding})
	}
	for _, evidence := range v.Evidence {
		event.Evidences = append(event.Evidences, ocsfEvidence{Data: evidence})
	}
	event.judge(v)
	event.Compliance.Checks = []ocsfCheck{{UID: v.Rule, Name: cmp.Or(rule.Package, v.Rule), StatusID: event.Compliance.StatusID, Status: event.Compliance.Status}}
	if v.Change != nil && !v.Change.Since.IsZero() && v.Change.Kind != policies.ChangeFixed {
		event.Finding.FirstSeen = v.Change.Since.UnixMilli()
	}
	return event
}

// judge sets what the check came to, how bad that is, and where the finding is in its life.
func (e *ocsfEvent) judge(v policies.Verdict) {
	status := v.Status
	if v.Status == policies.Waived && v.Waiver != nil {
		status = v.Waiver.Status
	}
	e.Compliance.StatusID, e.Compliance.Status = complianceStatus(status)
	e.SeverityID, e.Severity = 1, "Informational"
	bad := v.Status != policies.Pass && v.Status != policies.NotApplicable
	if bad {
		e.SeverityID, e.Severity = ocsfSeverity(v.Severity)
	}
	kind := policies.ChangeKind("")
	if v.Change != nil {
		kind = v.Change.Kind
	}
	switch {
	case v.Status == policies.Waived && kind != "":
		e.lifeCycle(2, 3, "Suppressed")
	case v.Status == policies.Waived:
		e.lifeCycle(1, 3, "Suppressed")
	case kind == policies.ChangeMethod:
		e.lifeCycle(2, 99, "Method Changed")
	case kind == policies.ChangeFixed:
		e.lifeCycle(3, 4, "Resolved")
	case kind == policies.ChangeOpen || kind == policies.ChangeReopened:
		e.lifeCycle(2, 1, "New")
	case bad:
		e.lifeCycle(1, 1, "New")
	default:
		e.lifeCycle(1, 0, "")
	}
}

// lifeCycle sets what happens to the finding, and its state; no status is written for 0.
func (e *ocsfEvent) lifeCycle(activity, id int, status string) {
	e.ActivityID, e.StatusID, e.Status = activity, id, status
	e.ActivityName = map[int]string{1: "Create", 2: "Update", 3: "Close"}[activity]
	e.TypeUID, e.TypeName = 200300+activity, "Compliance Finding: "+e.ActivityName
}

func complianceStatus(status policies.Status) (id int, name string) {
	switch status {
	case policies.Pass:
		return 1, "Pass"
	case policies.Unknown:
		return 2, "Warning"
	case policies.Fail, policies.Waived:
		return 3, "Fail"
	case policies.Pending:
		return 99, "Pending"
	default:
		return 99, "Not Applicable"
	}
}

func ocsfSeverity(severity policies.Severity) (id int, name string) {
	switch severity {
	case policies.Critical:
		return 5, "Critical"
	case policies.High:
		return 4, "High"
	case policies.Medium:
		return 3, "Medium"
	case policies.Low:
		return 2, "Low"
	default:
		return 1, "Informational"
	}
}

// details are sentences on why a verdict is what it is.
func details(v policies.Verdict) []string {
	out := []string{}
	if v.Message != "" {
		out = append(out, v.Message)
	}
	if what := missing(v); what != "" {
		out = append(out, "missing: "+what)
	}
	if what := needs(v); what != "" {
		out = append(out, "needs: "+what)
	}
	if v.Status == policies.Waived || v.Status == policies.Pending {
		out = append(out, skipped(v))
	}
	return out
}

// references are the pages to read, of those that are pages.
func references(rule policies.Rule) []string {
	out := []string{}
	for _, page := range rule.RelatedResources {
		if strings.HasPrefix(page.Ref, "https://") {
			out = append(out, page.Ref)
		}
	}
	return out
}

// The objects of an event.
type (
	ocsfEvent struct {
		ActivityID   int             `json:"activity_id"`
		ActivityName string          `json:"activity_name"`
		CategoryUID  int             `json:"category_uid"`
		CategoryName string          `json:"category_name"`
		ClassUID     int             `json:"class_uid"`
		ClassName    string          `json:"class_name"`
		TypeUID      int             `json:"type_uid"`
		TypeName     string          `json:"type_name"`
		Time         int64           `json:"time"` // milliseconds
		TimeDT       string          `json:"time_dt"`
		SeverityID   int             `json:"severity_id"`
		Severity     string          `json:"severity"`
		StatusID     int             `json:"status_id,omitempty"`
		Status       string          `json:"status,omitempty"`
		Message      string          `json:"message"`
		Metadata     ocsfMetadata    `json:"metadata"`
		Cloud        ocsfCloud       `json:"cloud"`
		Finding      ocsfFinding     `json:"finding_info"`
		Compliance   ocsfCompliance  `json:"compliance"`
		Resources    []ocsfResource  `json:"resources"`
		Remediation  ocsfRemediation `json:"remediation"`
		Evidences    []ocsfEvidence  `json:"evidences"`
		Unmapped     ocsfUnmapped    `json:"unmapped"`
	}
	ocsfMetadata struct {
		Version   string      `json:"version"`
		Profiles  []string    `json:"profiles"`
		Product   ocsfProduct `json:"product"`
		EventCode string      `json:"event_code"`
		UID       string      `json:"uid"`
		TenantUID string      `json:"tenant_uid"`
	}
	ocsfProduct struct {
		Name    string `json:"name"`
		Vendor  string `json:"vendor_name"`
		Version string `json:"version"`
	}
	ocsfCloud struct {
		Provider string      `json:"provider"`
		Account  ocsfAccount `json:"account"`
	}
	ocsfAccount struct {
		UID    string `json:"uid"`
		Name   string `json:"name"`
		Type   string `json:"type"`
		TypeID int    `json:"type_id"`
	}
	ocsfFinding struct {
		UID       string       `json:"uid"`
		Title     string       `json:"title"`
		Desc      string       `json:"desc"`
		FirstSeen int64        `json:"first_seen_time,omitempty"`
		LastSeen  int64        `json:"last_seen_time"`
		Analytic  ocsfAnalytic `json:"analytic"`
	}
	ocsfAnalytic struct {
		UID    string `json:"uid"`
		Name   string `json:"name"`
		TypeID int    `json:"type_id"`
		Type   string `json:"type"`
	}
	ocsfCompliance struct {
		Control      string      `json:"control"`
		Standards    []string    `json:"standards"`
		Requirements []string    `json:"requirements"`
		StatusID     int         `json:"status_id"`
		Status       string      `json:"status"`
		Details      []string    `json:"status_details"`
		Checks       []ocsfCheck `json:"checks"`
	}
	ocsfCheck struct {
		UID      string `json:"uid"`
		Name     string `json:"name"`
		StatusID int    `json:"status_id"`
		Status   string `json:"status"`
	}
	ocsfResource struct {
		UID    string `json:"uid"`
		Name   string `json:"name"`
		Type   string `json:"type"`
		RoleID int    `json:"role_id"`
		Role   string `json:"role"`
		Data   any    `json:"data,omitempty"`
	}
	ocsfPerson struct {
		State             string `json:"state"`
		UserPrincipalName string `json:"userPrincipalName"`
		EmployeeID        string `json:"employeeId,omitempty"`
		LeftAt            string `json:"leftAt,omitempty"`
		LeftBy            string `json:"leftBy,omitempty"`
		Source            string `json:"source"`
	}
	ocsfRemediation struct {
		Desc       string   `json:"desc"`
		References []string `json:"references"`
	}
	ocsfEvidence struct {
		Data any `json:"data"`
	}
	ocsfUnmapped struct {
		Status       policies.Status               `json:"status,omitempty"`
		Severity     policies.Severity             `json:"severity,omitempty"`
		Grade        policies.Grade                `json:"grade,omitempty"`
		Due          string                        `json:"due,omitempty"`
		Deadline     string                        `json:"deadline,omitempty"`
		Missing      []policies.Missing            `json:"missing,omitempty"`
		Waiver       *policies.Waiver              `json:"waiver,omitempty"`
		Change       *policies.Change              `json:"change,omitempty"`
		Attestations []policies.VerdictAttestation `json:"attestations,omitempty"`
	}
)
