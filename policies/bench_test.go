package policies

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"testing"

	"leavercheck/collector/snapshot"
)

// BenchmarkLoad is what a program pays before it can evaluate.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(context.Background(), LoadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBegin is what each evaluation pays once.
func BenchmarkBegin(b *testing.B) {
	set, err := Load(context.Background(), LoadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := set.begin(context.Background(), &fake{}, EvaluateOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEvaluate prints what a leaver of 10 KB costs, from the text of the record to the last verdict:
// with the whole checklist, and with a single rule, which is what the engine itself costs.
func BenchmarkEvaluate(b *testing.B) {
	checklist, err := Load(context.Background(), LoadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	for name, set := range map[string]*Set{"checklist": checklist, "engine": oneRule(b, "", blocked)} {
		b.Run(name, func(b *testing.B) {
			// As the program sets it: what is alive is little, what a leaver leaves behind is much.
			defer debug.SetGCPercent(debug.SetGCPercent(300))
			text := sizableRecord(b)
			b.ReportAllocs()
			b.ResetTimer()
			if _, err := set.Evaluate(context.Background(), &decoding{many{n: b.N, make: func(n int) snapshot.Record {
				var record snapshot.Record
				if err := json.Unmarshal(text, &record); err != nil {
					b.Fatal(err)
				}
				record.Leaver.ID = fmt.Sprintf("%08d-0000-0000-0000-000000000000", n)
				return record
			}}}, EvaluateOptions{}, discard{}); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(len(text)), "bytes/leaver")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/leaver")
			b.ReportMetric(float64(len(set.rules)), "rules")
		})
	}
}

// BenchmarkRule prints what each rule costs for the same leaver when it is asked alone.
func BenchmarkRule(b *testing.B) {
	ctx := context.Background()
	set, err := Load(ctx, LoadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	var record snapshot.Record
	if err := json.Unmarshal(sizableRecord(b), &record); err != nil {
		b.Fatal(err)
	}
	input := inputOf(b, record)
	e, err := set.begin(ctx, &fake{}, EvaluateOptions{})
	if err != nil {
		b.Fatal(err)
	}
	asker, done, err := e.asker(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer done()
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			all := asker.about(input)
			for _, rule := range set.rules {
				if !rule.judges(snapshot.Live) {
					continue
				}
				if _, err := all.ask(ctx, rule.ID); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	for _, rule := range set.rules {
		if !rule.judges(snapshot.Live) {
			continue
		}
		b.Run(rule.ID, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := asker.about(input).ask(ctx, rule.ID); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkInput is the part of it that builds what the rules see.
func BenchmarkInput(b *testing.B) {
	var record snapshot.Record
	if err := json.Unmarshal(sizableRecord(b), &record); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		inputOf(b, record)
	}
}

// BenchmarkDecode is the part of it that reads the record.
func BenchmarkDecode(b *testing.B) {
	text := sizableRecord(b)
	b.ReportAllocs()
	for b.Loop() {
		var record snapshot.Record
		if err := json.Unmarshal(text, &record); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (discard) Run(Run) error             { return nil }
func (discard) Leaver(LeaverResult) error { return nil }
func (discard) Tenant(TenantResult) error { return nil }
func (discard) Summary(Summary) error     { return nil }

// decoding gives every leaver provenance, as a snapshot does.
type decoding struct{ many }

func (d *decoding) Provenance(yield func(snapshot.Provenance) error) error {
	for n := range d.n {
		for _, fact := range snapshot.LeaverFacts() {
			row := snapshot.Provenance{Leaver: fmt.Sprintf("%08d-0000-0000-0000-000000000000", n), Fact: fact, Endpoint: "GET /v1.0/users", At: collected, RequestID: "r", Attempts: 1, Status: 200}
			if err := yield(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// sizableRecord is the text of a leaver who was not offboarded well, about 10 KB.
func sizableRecord(b *testing.B) []byte {
	b.Helper()
	r := record(1, true)
	left := collected.AddDate(0, 0, -10)
	var signIns, rules, devices []any
	for n := range 18 {
		signIns = append(signIns, map[string]any{
			"id": fmt.Sprintf("sign-in-%d", n), "createdDateTime": left.AddDate(0, 0, -1), "isInteractive": n%2 == 0, "signInEventTypes": []any{"nonInteractiveUser"},
			"appId": "00000002-0000-0ff1-ce00-000000000000", "appDisplayName": "Office 365 Exchange Online", "clientAppUsed": "Mobile Apps and Desktop clients",
			"ipAddress": "192.0.2.7", "resourceDisplayName": "Office 365 Exchange Online", "status": map[string]any{"errorCode": 0, "failureReason": "Other."},
		})
	}
	for n := range 6 {
		rules = append(rules, map[string]any{
			"id": fmt.Sprintf("rule-%d", n), "displayName": "Newsletters", "sequence": n, "isEnabled": true, "isReadOnly": false, "hasError": false,
			"conditions": map[string]any{"senderContains": []any{"newsletter"}}, "actions": map[string]any{"moveToFolder": "AAMkAD", "stopProcessingRules": true},
		})
	}
	for n := range 2 {
		devices = append(devices, map[string]any{
			"DeviceId": fmt.Sprintf("device-%d", n), "Guid": fmt.Sprintf("guid-%d", n), "Identity": fmt.Sprintf("p\\device-%d", n), "DeviceType": "iPhone", "DeviceModel": "iPhone15C4", "DeviceOS": "iOS 18.1",
			"ClientType": "EAS", "DeviceAccessState": "Allowed", "DeviceWipeSentTime": nil, "DeviceWipeRequestTime": nil, "DeviceWipeAckTime": nil,
		})
	}
	r.Facts[snapshot.Account] = read(map[string]any{
		"id": r.Leaver.ID, "userPrincipalName": "p1@contoso.com", "displayName": "Person 1", "mail": "p1@contoso.com", "proxyAddresses": []any{"SMTP:p1@contoso.com"}, "otherMails": []any{},
		"accountEnabled": true, "userType": "Member", "deletedDateTime": nil, "onPremisesSyncEnabled": nil, "lastPasswordChangeDateTime": left.AddDate(0, -1, 0), "signInSessionsValidFromDateTime": left.AddDate(0, -1, 0),
	})
	r.Facts[snapshot.SignIns] = read(signIns)
	r.Facts[snapshot.InboxRules], r.Facts[snapshot.HiddenInboxRules] = read(rules), read([]any{})
	r.Facts[snapshot.MobileDevices], r.Facts[snapshot.ManagedDevices] = read(devices), read([]any{})
	r.Facts[snapshot.Audits], r.Facts[snapshot.Permissions] = read([]any{}), read([]any{})
	r.Facts[snapshot.Licences] = read(map[string]any{"assignedLicenses": []any{map[string]any{"skuId": "6fd2c87f-b296-42f0-b197-1e91e994b900", "disabledPlans": []any{}}}, "licenseAssignmentStates": []any{}})
	r.Facts[snapshot.Mailbox] = read(map[string]any{
		"mailboxState": "live", "RecipientTypeDetails": "UserMailbox", "ForwardingAddress": nil, "ForwardingSmtpAddress": "smtp:someone@example.org", "DeliverToMailboxAndForward": false,
		"LitigationHoldEnabled": false, "InPlaceHolds": []any{}, "IsInactiveMailbox": false, "WhenSoftDeleted": nil, "EmailAddresses": []any{"SMTP:p1@contoso.com"},
	})
	text, err := json.Marshal(r)
	if err != nil {
		b.Fatal(err)
	}
	return text
}
