package policies

import (
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"leavercheck/collector/snapshot"
)

// TestRulesSeeTheLine: what is built for the rules is what the snapshot's line says.
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
		got, err := recordValue(r)
		if err != nil {
			t.Fatal(err)
		}
		want, err := ast.ValueFromReader(strings.NewReader(asJSON(t, r)))
		if err != nil {
			t.Fatal(err)
		}
		if got.Compare(want) != 0 {
			t.Errorf("%s: got\n%v\nwant\n%v", name, got, want)
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
		"facts": {"domains": {"state": "read", "value": {}}, "organization": {"state": "read", "value": {}}, "subscribedSkus": {"state": "read", "value": {}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got.Compare(want) != 0 {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
}
