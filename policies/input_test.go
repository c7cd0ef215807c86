package policies

import (
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"leavercheck/collector/snapshot"
)

// TestRulesSeeTheLine: what is built for the rules is what the snapshot's line says, what the baseline's line
// says, and what is attested.
func TestRulesSeeTheLine(t *testing.T) {
	t.Parallel()
	full := record(1, true)
	full.Leaver.LeftAt = time.Date(2026, 11, 12, 1, 2, 3, 400, time.UTC)
	full.Leaver.MatchedBy, full.Leaver.Successor, full.Leaver.MailHandling, full.Leaver.Note = "id", "s@contoso.com", "forward", "a note"
	full.Leaver.Mail, full.Leaver.EmployeeID = "m@contoso.com", "7"
	full.Leaver.Aliases = []string{"a", "b"}
	full.Leaver.NotThem = []snapshot.NotThem{{ID: "x", UserPrincipalName: "y", CreatedDateTime: collected, Why: "created after leaving"}}
	full.Facts[snapshot.SignInActivity] = read(nil)
	full.Facts[snapshot.Mailbox] = snapshot.Fact{State: snapshot.Absent}
	full.Facts[snapshot.SignIns] = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Throttled, Detail: "d", Needs: "n", Value: []any{"part"}}
	full.Facts[snapshot.Audits] = unknownFact()
	for name, r := range map[string]snapshot.Record{"plain": record(2, false), "full": full} {
		line := strings.TrimSuffix(asJSON(t, r), "}")
		said := map[string]*voucher{"TST-001": {Attestation: Attestation{Statement: "s", By: "b", At: collected, Link: "https://l.example", Expires: collected.AddDate(0, 1, 0)}}}
		const saidText = `{"TST-001":{"statement":"s","by":"b","at":"2026-11-22T00:00:00Z","link":"https://l.example","expires":"2026-12-22T00:00:00Z"}}`
		for _, tc := range []struct {
			before *snapshot.Record
			heard  map[string]*voucher
			want   string
		}{
			{nil, nil, line + `,"attested":{}}`},
			{nil, said, line + `,"attested":` + saidText + `}`},
			{&r, nil, line + `,"attested":{},"baseline":` + line + `,"collectedAt":"2026-10-01T00:00:00.5Z"}}`},
		} {
			view, err := newView(r, tc.before, time.Date(2026, 10, 1, 0, 0, 0, 5e8, time.UTC))
			if err != nil {
				t.Fatal(err)
			}
			want, err := ast.ValueFromReader(strings.NewReader(tc.want))
			if err != nil {
				t.Fatal(err)
			}
			if got := view.input(tc.heard); got.Compare(want) != 0 {
				t.Errorf("%s: got\n%v\nwant\n%v", name, got, want)
			}
		}
	}
}

func TestRulesSeeTheTenant(t *testing.T) {
	t.Parallel()
	snap := &fake{}
	got, err := tenantValue(snap.Tenant(), collected, snap.Manifest().Windows)
	if err != nil {
		t.Fatal(err)
	}
	want, err := ast.ValueFromReader(strings.NewReader(`{"id": "t-1", "cloud": "global", "collectedAt": "2026-11-22T00:00:00Z",
		"windows": {"signIns": {"from": "2026-10-23T00:00:00Z", "to": "2026-11-22T00:00:00Z"}},
		"facts": {"domains": {"state": "read", "value": {}}, "organization": {"state": "read", "value": {}},
			"reportSettings": {"state": "read", "value": {}}, "sharePointSettings": {"state": "read", "value": {}}, "subscribedSkus": {"state": "read", "value": {}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got.Compare(want) != 0 {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
}
