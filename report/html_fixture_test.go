package report_test

import (
	"fmt"
	"time"

	"leavercheck/policies"
	"leavercheck/report"
)

// fullPage is a result that was compared with an earlier one, with waivers, rules switched off, another severity and
// parameter than the default, and controls: everything that a page has a place for.
func fullPage() (stream, report.Options) {
	s := mixed()
	s.counted = true
	s.run.Compared = &policies.ResultRef{Seal: "earlier", CollectedAt: at("2026-11-15T06:30:00Z"), PolicyDigest: "other"}
	s.run.Baseline = &policies.BaselineRef{Seal: "earlier", CollectedAt: at("2026-11-15T06:30:00Z")}
	s.run.Off = []policies.RuleRef{{ID: "TEL-001", Title: "The number is released"}}
	s.run.Outcomes = map[string]map[string]int{
		"account": {"read": 4}, "mobileDevices": {"read": 1, "unknown.forbidden": 3}, "mailbox": {"read": 3, "absent": 1},
	}
	for i := range s.run.Rules {
		r := &s.run.Rules[i]
		r.Package = []string{"checklist.access.a", "checklist.devices.b", "checklist.mailflow.c", "custom.contoso.d"}[i]
		r.Parameters = map[string]policies.Parameter{"grace_hours": {Schema: map[string]any{"type": "integer", "default": 24}, Value: 24}}
		r.Controls = map[string][]policies.Control{"nist-800-53-r5": {{ID: "PS-4", Confidence: policies.HighConfidence}}}
		r.RelatedResources = []policies.Resource{
			{Ref: "https://learn.microsoft.com/microsoft-365/", Description: "Remove a former employee"},
			{Ref: "http://intranet.example/offboarding", Description: "How we do it"},
		}
	}
	s.run.Rules[0].DefaultSeverity = policies.High
	s.run.Rules[3].Parameters["grace_hours"] = policies.Parameter{Schema: map[string]any{"type": "integer", "default": 24}, Value: 336}

	change := func(leaver, verdict int, kind policies.ChangeKind, before policies.Status, since string, cause policies.Cause) {
		c := &policies.Change{Kind: kind, Before: before, Cause: cause}
		if since != "" {
			c.Since = at(since)
		}
		s.leavers[leaver].Verdicts[verdict].Change = c
	}
	change(0, 0, policies.ChangeNew, policies.Pass, "2026-11-22T06:30:00Z", "")
	change(0, 1, policies.ChangeMethod, policies.Pass, "2026-11-22T06:30:00Z", "readable")
	change(1, 0, policies.ChangeOpen, policies.Fail, "2026-10-04T06:30:00Z", "")
	change(1, 2, policies.ChangeReopened, policies.Pass, "2026-11-22T06:30:00Z", "")
	change(2, 2, policies.ChangeFixed, policies.Fail, "2026-11-22T06:30:00Z", "")
	change(2, 3, policies.ChangeWaived, policies.Fail, "2026-11-22T06:30:00Z", "")
	who := &s.leavers[1].Leaver
	who.Successor, who.MailHandling, who.Aliases, who.Note = "megan.bowen@contoso.com", "forward", []string{"adm-alex"}, "court case"
	v := &s.leavers[1].Verdicts[0]
	v.Evidence = append(v.Evidence,
		policies.Evidence{Fact: "account", State: "read", Endpoint: "GET /v1.0/users", At: at("2026-11-22T06:31:00Z"), Values: map[string]any{
			"lastPasswordChangeDateTime": "2026-11-10T09:20:00Z", "signInSessionsValidFromDateTime": "2026-11-10T09:21:00Z",
		}},
		policies.Evidence{Fact: "audits", State: "read", Endpoint: "GET /v1.0/auditLogs/directoryAudits", At: at("2026-11-22T06:31:01Z"), Values: map[string]any{
			"changes":  []any{"2026-11-10T09:20:01.25Z"},
			"disabled": []any{map[string]any{"activityDateTime": "2026-11-10T09:19:00Z", "initiatedBy": "it.desk@contoso.com"}},
		}})
	s.waivers = []policies.WaiverResult{
		{ID: "W-1", Rule: "LIC-001", Leaver: s.leavers[2].Leaver.ID, Reason: "court case", ApprovedBy: "legal", Expires: at("2027-01-01T00:00:00Z"), Source: "waivers.yaml:2", Standing: policies.Counts},
		{ID: "W-2", Rule: "ACC-001", Leaver: s.leavers[0].Leaver.ID, Reason: "hand-over", ApprovedBy: "it", Ticket: "CHG-7", Expires: at("2026-11-20T00:00:00Z"), Source: "waivers.yaml:9", Standing: policies.Expired},
	}
	s.gone = []policies.GoneVerdict{{Rule: "TEL-001", Leaver: s.leavers[0].Leaver.ID, Name: "Adele Vance", Status: policies.Fail, Severity: policies.Medium, Fingerprint: "f"}}
	return s, report.Options{Details: "in result.ndjson", Trend: []report.TrendPoint{
		{CollectedAt: at("2026-11-01T06:30:00Z"), Leavers: policies.LeaverCounts{Total: 5, Failing: 4, Unknown: 1}},
		{CollectedAt: at("2026-11-15T06:30:00Z"), Leavers: policies.LeaverCounts{Total: 5, Failing: 1, Unknown: 3, Clean: 1}, Method: true},
	}}
}

// everyRule are as many rules as the checklist has, in the steps that it has, with texts as long as its own.
func everyRule() []policies.Rule {
	steps := []string{"access", "account", "devices", "email", "licence", "mailbox", "mailflow", "onedrive", "order", "roster", "sessions", "telephony"}
	var out []policies.Rule
	for n := range 47 {
		step := steps[n*len(steps)/47]
		r := rule(fmt.Sprintf("%s-%03d", []string{"ACC", "DEL", "DEV", "EML", "LIC", "MBX", "FWD", "ODB", "ORD", "ROS", "SES", "TEL"}[n*len(steps)/47], n), "What this rule holds to be right of a leaver", policies.Severities()[n%5])
		r.Package = "checklist." + step + ".rule"
		r.Description = "A first sentence that says what must be so, and a second one that says why that is, since when Microsoft\nhas it so, and what its page of 2020 said instead."
		r.Remediation = "Choose Block sign-in on the user's page under Users > Active users in the Microsoft 365 admin centre\n(Update-MgUser -AccountEnabled:$false), for a synchronised account in Active Directory (Disable-ADAccount)."
		r.Parameters = map[string]policies.Parameter{"grace_hours": {Schema: map[string]any{"type": "integer", "default": 24}, Value: 24}}
		for _, framework := range policies.Frameworks(nil) {
			r.Controls[framework] = []policies.Control{
				{ID: fmt.Sprintf("A.%d.%d", n%9, n%4), Confidence: policies.HighConfidence},
				{ID: fmt.Sprintf("A.%d.%d", n%7, n%5), Confidence: policies.MediumConfidence},
			}
		}
		r.RelatedResources = []policies.Resource{
			{Ref: "https://learn.microsoft.com/microsoft-365/admin/add-users/remove-former-employee-step-1", Description: "Step 1, prevent a former employee from logging in"},
			{Ref: "https://learn.microsoft.com/entra/identity/users/users-revoke-access", Description: "Revoke user access in Microsoft Entra ID"},
		}
		out = append(out, r)
	}
	return out
}

// crowded makes a result of n leavers under every rule. Of each, as many verdicts fail as failing says, and all have
// evidence of the usual size.
func crowded(n int, failing func(leaver int) int) stream {
	s := stream{run: header(), tenant: policies.TenantResult{Verdicts: []policies.Verdict{}}}
	s.run.Rules = everyRule()
	s.run.Snapshot.Population.Leavers = n
	s.make = func(i int) policies.LeaverResult {
		var verdicts []policies.Verdict
		for k, r := range s.run.Rules {
			v := verdict(r.ID, policies.Pass, r.Severity, "")
			if k%3 == 2 {
				v.Status = policies.NotApplicable
			}
			id := fmt.Sprintf("%08d-%04d-0000-0000-000000000000", i, k)
			v.Evidence = []policies.Evidence{
				{
					Fact: "account", State: "read", Endpoint: "GET /v1.0/users", At: at("2026-11-22T06:31:00Z"), RequestID: "33333333-3333-3333-3333-333333333333",
					Values: map[string]any{
						"accountEnabled": false, "lastPasswordChangeDateTime": at("2026-11-10T09:20:00Z").Add(time.Duration(k%4) * time.Hour).Format(time.RFC3339),
						"signInSessionsValidFromDateTime": "2026-11-10T09:21:00Z", "onPremisesSyncEnabled": nil,
					},
				},
				{
					Fact: "audits", State: "read", Endpoint: "GET /v1.0/auditLogs/directoryAudits", At: at("2026-11-22T06:31:01Z"), RequestID: id,
					Values: map[string]any{"disabled": []any{map[string]any{"activityDateTime": "2026-11-10T09:19:00Z", "initiatedBy": map[string]any{"user": map[string]any{"id": id, "userPrincipalName": "it.desk@contoso.com"}}}}},
				},
			}
			if k < failing(i) {
				v.Status, v.Message, v.Due = policies.Fail, "Not wiped: 1 mobile device; a wipe has waited 292 hours for its confirmation.", at("2026-11-12T09:00:00Z")
				v.Findings = []policies.Finding{{"resource": id, "DeviceId": id, "DeviceType": "iPhone", "Status": "DeviceWipePending", "waitedHours": 292}}
			}
			verdicts = append(verdicts, v)
		}
		return leaver(i, fmt.Sprintf("Somebody Fairly-Long %d", i), verdicts...)
	}
	s.n = n
	return s
}

// aFewEach is how many verdicts fail in a tenant that is looked after: half of the leavers have one or two.
func aFewEach(leaver int) int { return []int{0, 1, 0, 2}[leaver%4] }
