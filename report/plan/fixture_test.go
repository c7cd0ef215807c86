package plan_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"leavercheck/policies"
	"leavercheck/report/plan"
)

const (
	leaverID = "6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11"
	thing    = "0b5e7a11-2222-4333-8444-55556666777"
)

// guid is the n-th object that a finding is about.
func guid(n int) string { return fmt.Sprintf("%s%d", thing, n) }

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// ruleIDs are all rules of the checklist that judge a leaver, and one that is somebody's own.
func ruleIDs() []string {
	return []string{
		"ACC-001", "ACC-002", "ACC-003", "ACC-004", "ACC-005", "ACC-006", "ACC-007", "ACC-008", "ACC-009", "ACC-010", "ACC-011",
		"DEL-001", "DEL-002", "DEL-003", "DEV-001", "DEV-002", "DEV-003", "DEV-004", "DEV-005", "DEV-006", "DEV-007",
		"EML-001", "EML-002", "EML-003", "FWD-001", "FWD-002", "FWD-003", "FWD-004", "FWD-005", "FWD-006", "FWD-007", "FWD-008",
		"LIC-001", "MBX-001", "MBX-002", "MBX-003", "ODB-001", "ODB-002", "ODB-003", "ORD-001", "OWN-001", "ROS-001",
		"SES-001", "SES-002", "SES-003", "TEL-001", "TEL-002",
	}
}

// findings are what the rules find, as they find it. Names is what people can choose.
func findings(rule, name string) []policies.Finding {
	resource := func(r string, more policies.Finding) policies.Finding {
		if more == nil {
			more = policies.Finding{}
		}
		more["resource"] = r
		return more
	}
	one := func(f policies.Finding) []policies.Finding { return []policies.Finding{f} }
	switch rule {
	case "ACC-003":
		return []policies.Finding{
			resource("r1", policies.Finding{"id": "lAPpYvVpN0KRkAEhdxReEJC2sEqbR_9Hr48lds9SGHI-1", "kind": "active", "displayName": name}),
			resource("r2", policies.Finding{"id": guid(1), "kind": "eligible", "roleDefinitionId": guid(2), "directoryScopeId": "/", "displayName": name}),
			resource("r3", policies.Finding{"id": guid(2), "kind": "active", "startDateTime": "2027-01-01T00:00:00Z", "roleDefinitionId": guid(2), "directoryScopeId": "/", "displayName": name}),
			resource("r4", policies.Finding{"id": guid(3), "kind": "eligible", "roleDefinitionId": nil, "displayName": nil, "group": map[string]any{"id": guid(3), "displayName": name, "accessId": "member"}}),
		}
	case "ACC-004":
		return []policies.Finding{
			resource(guid(4), policies.Finding{"id": guid(4), "displayName": name, "groupTypes": []any{}, "securityEnabled": true, "direct": true, "mend": "membership"}),
			resource(guid(5), policies.Finding{"id": guid(5), "displayName": name, "groupTypes": []any{}, "securityEnabled": true, "direct": true, "mend": "licensing"}),
			resource(guid(6), policies.Finding{"id": guid(6), "displayName": name, "groupTypes": []any{"DynamicMembership"}, "direct": true, "mend": "dynamic rule"}),
			resource(guid(7), policies.Finding{"id": guid(7), "displayName": name, "mail": "staff@example.com", "groupTypes": []any{}, "securityEnabled": true, "direct": true, "mend": "membership"}),
		}
	case "ACC-005":
		return []policies.Finding{
			resource(guid(1), policies.Finding{"id": guid(1), "kind": "group", "displayName": name}),
			resource(guid(2), policies.Finding{"id": guid(2), "kind": "application", "displayName": name}),
			resource(guid(3), policies.Finding{"id": guid(3), "kind": "servicePrincipal", "displayName": name}),
		}
	case "ACC-006":
		return []policies.Finding{
			resource(guid(2), policies.Finding{"id": guid(1), "kind": "application", "keyId": guid(2), "credential": "passwordCredentials", "displayName": name}),
			resource(guid(3), policies.Finding{"id": guid(1), "kind": "application", "keyId": guid(3), "credential": "keyCredentials", "displayName": name}),
		}
	case "ACC-007":
		return []policies.Finding{
			resource("g1", policies.Finding{"id": "Zm9vYmFyMA", "clientId": guid(1), "consentType": "Principal", "scope": name}),
			resource("a1", policies.Finding{"id": "YmFyZm9vMQ", "resourceId": guid(2), "principalType": "User", "resourceDisplayName": name}),
		}
	case "ACC-008":
		return one(resource("m1", policies.Finding{"id": guid(1), "kind": "phone", "displayName": name}))
	case "ACC-009":
		return []policies.Finding{
			resource("info@example.com", policies.Finding{"right": "FullAccess", "mailbox": "info@example.com"}),
			resource(name, policies.Finding{"right": "SendAs", "mailbox": name}),
			resource(name, policies.Finding{"right": "SendOnBehalf", "mailbox": name}),
		}
	case "ACC-010":
		return one(resource(guid(8), policies.Finding{"id": guid(8), "userPrincipalName": name, "accountEnabled": true}))
	case "ACC-011":
		return one(resource(guid(9), policies.Finding{"id": guid(9), "userPrincipalName": name}))
	case "DEL-002":
		return []policies.Finding{
			resource(guid(1), policies.Finding{"id": "b!abc", "webUrl": "https://example-my.sharepoint.com/personal/d_rook/Documents", "lost": "drive"}),
			resource(guid(2), policies.Finding{"mailboxState": "softDeleted", "lost": "mailbox"}),
		}
	case "DEV-001":
		return []policies.Finding{
			resource("ABC123", policies.Finding{"Guid": guid(1), "DeviceType": "iPhone", "ClientType": "EAS", "FriendlyName": name}),
			resource("DEF456", policies.Finding{"Guid": guid(2), "DeviceType": "Outlook", "ClientType": "Outlook", "FriendlyName": name}),
			resource("GHI789", policies.Finding{"DeviceType": "Android", "FriendlyName": name}),
		}
	case "DEV-002":
		return one(resource("ABC123", policies.Finding{"FriendlyName": name, "DeviceAccessState": "Allowed"}))
	case "DEV-003":
		return []policies.Finding{
			resource(guid(1), policies.Finding{"deviceName": name, "managedDeviceOwnerType": "company"}),
			resource(guid(2), policies.Finding{"deviceName": name, "managedDeviceOwnerType": "personal"}),
		}
	case "DEV-004":
		return one(resource(guid(1), policies.Finding{"id": guid(1), "displayName": name, "accountEnabled": true}))
	case "DEV-005", "DEV-006", "DEV-007":
		return one(resource("XYZ", policies.Finding{"FriendlyName": name}))
	case "EML-001":
		return []policies.Finding{
			resource("ActiveSyncEnabled", policies.Finding{"ActiveSyncEnabled": true}),
			resource("ImapEnabled", policies.Finding{"ImapEnabled": true}),
			resource("SmtpClientAuthenticationDisabled", policies.Finding{"SmtpClientAuthenticationDisabled": false}),
		}
	case "FWD-005":
		return one(resource(name, policies.Finding{"because": "is outside"}))
	case "FWD-006":
		return []policies.Finding{
			resource("AQAAAJ5dZqA=", policies.Finding{"displayName": name, "sendsTo": []any{name}}),
			resource(name, policies.Finding{"Name": name, "hidden": true}),
		}
	case "LIC-001":
		return []policies.Finding{
			resource(guid(1), policies.Finding{"skuPartNumber": "ENTERPRISEPACK", "direct": true, "assignedByGroup": []any{}}),
			resource(guid(2), policies.Finding{"skuPartNumber": name, "direct": false, "assignedByGroup": []any{guid(5)}}),
		}
	case "MBX-002":
		return one(resource(guid(1), policies.Finding{"cause": "unlicensed", "mailboxState": "live"}))
	case "ODB-001":
		return one(resource(guid(1), policies.Finding{"webUrl": "https://example-my.sharepoint.com/personal/d_rook/Documents"}))
	case "ODB-003":
		return one(resource("l1", policies.Finding{"id": "bGluaw", "driveId": "b!abc", "scope": "anonymous", "webUrl": name}))
	case "TEL-001":
		return one(resource("+15550100", policies.Finding{"telephoneNumber": "+15550100", "numberType": "callingPlan"}))
	case "TEL-002":
		return []policies.Finding{
			resource(guid(8), policies.Finding{"id": guid(8), "displayName": name, "groupTypes": []any{"Unified"}, "mail": "q@example.com", "direct": true}),
			resource(guid(5), policies.Finding{"id": guid(5), "displayName": name, "groupTypes": []any{}, "direct": true}),
		}
	}
	return one(resource("x", nil))
}

// verdict is a rule's verdict on somebody who bears a name.
func verdict(rule string, status policies.Status, name string) policies.Verdict {
	v := policies.Verdict{Rule: rule, Status: status, Severity: policies.Medium, Grade: policies.Observed, Message: rule + " says: " + name + "."}
	switch status {
	case policies.Fail, policies.Pending:
		v.Findings = findings(rule, name)
		v.Due = at("2026-11-20T00:00:00Z")
	case policies.Waived:
		v.Findings = findings(rule, name)
		v.Waiver = &policies.Waiver{ID: "W-1", Reason: "court case", Expires: at("2027-01-01T00:00:00Z"), Status: policies.Fail}
	case policies.Unknown:
		v.Missing = []policies.Missing{{Fact: "mailbox", Reason: "forbidden", Needs: "the role " + name}}
	default:
	}
	if rule == "LIC-001" && status != policies.Unknown {
		v.Evidence = []policies.Evidence{{Fact: "licences", Values: map[string]any{"licenseAssignmentStates": []any{map[string]any{"skuId": guid(2), "assignedByGroup": guid(5)}}}}}
	}
	return v
}

func header() policies.Run {
	run := policies.Run{
		SchemaVersion: policies.ResultVersion,
		Tenant:        policies.Tenant{ID: "11111111-1111-1111-1111-111111111111", Name: "Northwind"},
		Cloud:         "global",
		Snapshot:      policies.SnapshotRef{Seal: "abc"},
		CollectedAt:   at("2026-11-22T06:30:00Z"),
	}
	for _, id := range ruleIDs() {
		run.Rules = append(run.Rules, policies.Rule{ID: id, Title: "Title of " + id, Remediation: "Mend\n" + id + "."})
	}
	return run
}

// someone is a leaver with the verdicts given; every other rule passes.
func someone(verdicts ...policies.Verdict) policies.LeaverResult {
	var l policies.LeaverResult
	l.Leaver.ID, l.Leaver.UserPrincipalName, l.Leaver.DisplayName = leaverID, "d.rook@northwind.example", "Dana Rook"
	l.Leaver.Successor = "a.heron@northwind.example"
	l.Leaver.LeftAt, l.Leaver.State, l.Leaver.Source = at("2026-11-10T09:00:00Z"), "live", "roster.csv:2"
	for _, id := range ruleIDs() {
		i := slices.IndexFunc(verdicts, func(v policies.Verdict) bool { return v.Rule == id })
		if i < 0 {
			l.Verdicts = append(l.Verdicts, verdict(id, policies.Pass, ""))
			continue
		}
		l.Verdicts = append(l.Verdicts, verdicts[i])
	}
	return l
}

// failing is somebody of whom some rules fail.
func failing(rules ...string) policies.LeaverResult {
	var verdicts []policies.Verdict
	for _, rule := range rules {
		verdicts = append(verdicts, verdict(rule, policies.Fail, "Dana Rook"))
	}
	return someone(verdicts...)
}

// synchronised says of somebody that Active Directory is their account's master.
func synchronised(l policies.LeaverResult) policies.LeaverResult {
	for i := range l.Verdicts {
		if l.Verdicts[i].Rule == "ACC-001" {
			l.Verdicts[i].Evidence = []policies.Evidence{{Fact: "account", Values: map[string]any{"onPremisesSyncEnabled": true}}}
		}
	}
	return l
}

func wishing(l policies.LeaverResult, mailHandling string) policies.LeaverResult {
	l.Leaver.MailHandling = mailHandling
	return l
}

func deleted(l policies.LeaverResult) policies.LeaverResult {
	l.Leaver.State = "deleted"
	return l
}

// made is the plan for a result.
func made(t testing.TB, run policies.Run, leavers ...policies.LeaverResult) plan.Plan {
	t.Helper()
	maker := plan.New()
	if err := maker.Run(run); err != nil {
		t.Fatal(err)
	}
	for _, l := range leavers {
		if err := maker.Leaver(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := maker.Summary(policies.Summary{}); err != nil {
		t.Fatal(err)
	}
	p, err := maker.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// one is the plan for one leaver.
func one(t testing.TB, l policies.LeaverResult) plan.Leaver {
	t.Helper()
	return made(t, header(), l).Leavers[0]
}

// of lists the steps of a kind.
func of(l plan.Leaver, kind plan.Kind) []plan.Step {
	var out []plan.Step
	for _, step := range l.Steps {
		if step.Kind == kind {
			out = append(out, step)
		}
	}
	return out
}

func written(t testing.TB, format string, p plan.Plan) string {
	t.Helper()
	var out bytes.Buffer
	if err := plan.Write(&out, format, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
