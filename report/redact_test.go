package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
	"leavercheck/report"
)

// memory is a spool.
type memory struct{ bytes.Buffer }

func (m *memory) ReadAt(p []byte, at int64) (int, error) {
	return copy(p, m.Bytes()[at:]), nil
}

// key is randomness that is none.
func key(b byte) *bytes.Reader { return bytes.NewReader(bytes.Repeat([]byte{b}, 64)) }

func redactor(t *testing.T, seed byte) (*report.Redactor, *memory) {
	t.Helper()
	spool := &memory{}
	r, err := report.NewRedactor(key(seed), spool)
	if err != nil {
		t.Fatal(err)
	}
	return r, spool
}

// redacted renders a stream with pseudonyms.
func redacted(t *testing.T, format string, s stream) string {
	t.Helper()
	var out bytes.Buffer
	w, err := report.New(format, &out, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, spool := redactor(t, 1)
	if err := errors.Join(s.play(r.Handler(w)), w.Close()); err != nil {
		t.Fatal(err)
	}
	if spool.Len() == 0 {
		t.Error("nothing was spooled")
	}
	return out.String()
}

// secrets are what everywhere has in it.
func secrets() []string {
	return []string{
		"Zebedee", "Quagmire", "zebedee", "quagmire", "contoso", "Contoso", "postbox", "PHONE-OF", "4711-secret", "+31201234567", "5551234567", "aaaaaaaa-bbbb",
		"secret", "11111111-1111", "roster", "homedir", "Will Access", "svc-",
	}
}

// everywhere has a name in every place of a result that a name can be in.
func everywhere() stream {
	const id, other = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "aaaaaaaa-bbbb-4ccc-8ddd-ffffffffffff"
	statement := policies.VerdictAttestation{Rule: "ACC-001", Statement: "secret of Zebedee", By: "Quagmire", At: at(before), Link: "https://secret.example/Zebedee", Expires: at(current)}
	v := verdict("ACC-001", policies.Fail, policies.Critical, "Zebedee Quagmire's mail goes to zebedee@contoso.com (Will Access) via PHONE-OF-ZEBEDEE, "+other+", +31201234567; quagmire\\zebedee.")
	v.Grade, v.Attestations = policies.Attested, []policies.VerdictAttestation{statement}
	v.Findings = []policies.Finding{{
		"resource": "mobile:PHONE-OF-ZEBEDEE", "displayName": "Will Access", "state": "zebedee@contoso.com", "kind": "5551234567", "id": other,
		"zebedee@contoso.com": "x", "members": []any{"Zebedee", map[string]any{"deviceName": "PHONE-OF-ZEBEDEE", "accountEnabled": json.Number("7")}}, "accountEnabled": true,
	}}
	v.Evidence = []policies.Evidence{{
		Fact: "account", State: "read", Endpoint: "GET /v1.0/users/" + other, RequestID: other,
		Values: map[string]any{"userPrincipalName": "zebedee@contoso.com", "operatingSystem": "Windows", "at": current},
	}}
	unknown := verdict("DEV-001", policies.Unknown, policies.High, "cannot be told without account (forbidden)")
	unknown.Missing = []policies.Missing{{Fact: "account", Reason: "forbidden", Needs: "the role X for zebedee@contoso.com", Detail: "Zebedee said no: secret"}}
	waived := verdict("FWD-002", policies.Waived, policies.High, "Zebedee")
	waived.Waiver = &policies.Waiver{ID: "secret-1", Reason: "secret", ApprovedBy: "Quagmire", Ticket: "4711-secret", Expires: at("2027-01-01T00:00:00Z"), Status: policies.Fail}
	s := stream{run: header(), tenant: policies.TenantResult{Verdicts: []policies.Verdict{verdict("LIC-001", policies.Fail, policies.Low, "Contoso pays for Zebedee")}}}
	s.run.Rules[0].File = "/homedir/Zebedee/rules/a.rego"
	s.run.Rules[0].Parameters = map[string]policies.Parameter{"who": {Schema: map[string]any{"type": "string", "default": "nobody"}, Value: "zebedee@contoso.com"}}
	s.run.Parameters = map[string]map[string]any{"ACC-001": {"who": "zebedee@contoso.com"}}
	p := &s.run.Snapshot.Population
	p.Excluded = []snapshot.Excluded{{ID: other, UserPrincipalName: "zebedee@contoso.com", DisplayName: "Zebedee", Source: "roster.csv:7", Pattern: "svc-*@contoso.com"}}
	p.Sources, p.Digest = []string{"roster-of-Zebedee.csv", "entra:group=" + other}, "secret"
	one := leaver(1, "Zebedee Quagmire", v, unknown, waived)
	l := &one.Leaver
	l.ID, l.UserPrincipalName, l.Mail, l.EmployeeID, l.Successor, l.Note = id, "zebedee@contoso.com", "zebedee@contoso.com", "4711-secret", "quagmire@contoso.com", "secret"
	l.Aliases, l.AlsoIn = []string{"zebedee@postbox.example"}, []string{"entra:deleted", "roster2.csv:7"}
	l.NotThem = []snapshot.NotThem{{ID: other, UserPrincipalName: "zebedee@contoso.com", Why: "Zebedee was created later"}}
	gone := leaver(2, "Quagmire", verdict("ACC-001", policies.Pass, policies.Critical, ""))
	gone.Leaver.ID, gone.Leaver.UserPrincipalName, gone.Leaver.Source = "", "quagmire@contoso.com", "roster.csv:9"
	s.leavers = []policies.LeaverResult{one, gone}
	s.waivers = []policies.WaiverResult{{
		ID: waived.Waiver.ID, Rule: "FWD-002", Leaver: id, Reason: "secret", ApprovedBy: "Quagmire", Ticket: "4711-secret", Expires: waived.Waiver.Expires, Source: "secret.yaml:9", Standing: policies.Counts,
	}}
	s.attestations = []policies.AttestationResult{{Standing: policies.Counts, Attestation: policies.Attestation{
		Rule: "ACC-001", Leaver: "Zebedee@contoso.com", Statement: statement.Statement, By: statement.By, At: statement.At, Link: statement.Link, Expires: statement.Expires, Source: "secret.yaml:2",
	}}}
	return s
}

// TestNothingPersonalIsLeft: every format, of a result with names everywhere.
func TestNothingPersonalIsLeft(t *testing.T) {
	t.Parallel()
	for _, format := range report.Formats() {
		out := redacted(t, format, everywhere())
		for _, secret := range secrets() {
			if at := strings.Index(out, secret); at >= 0 && format == report.NDJSON {
				t.Errorf("%s: %s is left: %s", format, secret, out[max(0, at-60):min(len(out), at+60)])
			} else if at >= 0 {
				t.Errorf("%s: %s is left", format, secret)
			}
		}
	}
}

// TestRedactedResultsRead: what comes out is a result as strict as any, with the same counts, in the order of its
// pseudonyms; what is nobody's stays.
func TestRedactedResultsRead(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]stream{"everywhere": everywhere(), "mixed": mixed(), "attested": attested(), "named": named(), "clean": clean()} {
		out := redacted(t, report.NDJSON, s)
		var got gathered
		if err := report.Read(strings.NewReader(out), &got); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var want gathered
		if err := s.play(&want); err != nil {
			t.Fatal(err)
		}
		if !got.run.Redacted || got.sum.Leavers != want.sum.Leavers || !maps.Equal(got.sum.Statuses, want.sum.Statuses) || !maps.Equal(got.sum.Severities, want.sum.Severities) || len(got.sum.Incomplete) != len(want.sum.Incomplete) {
			t.Errorf("%s: got %+v, want %+v", name, got.sum, want.sum)
		}
	}
	out := redacted(t, report.NDJSON, everywhere())
	for _, public := range []string{
		`"endpoint":"name-`, `"operatingSystem":"Windows"`, `"accountEnabled":true`, `"accountEnabled":7`, `"at":"` + current + `"`, `"entra:deleted"`, `"policies-of-your-own/a.rego"`,
		"cannot be told without account (forbidden)", `"needs":"the role X for `, `"title":"Sign-in is blocked"`, `"seal":"abc"`,
	} {
		if !strings.Contains(out, public) {
			t.Errorf("%s is not left", public)
		}
	}
}

func TestPseudonyms(t *testing.T) {
	t.Parallel()
	one, _ := redactor(t, 1)
	same, _ := redactor(t, 1)
	other, _ := redactor(t, 2)
	for _, name := range []string{"Adele Vance", "adele@contoso.com", "AAAAAAAA-bbbb-4ccc-8ddd-eeeeeeeeeeee", "https://x.example/a", "~"} {
		p := one.Pseudonym(name)
		if p != same.Pseudonym(strings.ToUpper(name)) && !strings.HasPrefix(name, "https") {
			t.Errorf("%s: is another in other letters", name)
		}
		if p == other.Pseudonym(name) || p == name || strings.Contains(p, "dele") {
			t.Errorf("%s: got %s", name, p)
		}
	}
	if got := one.Pseudonym("SMTP:adele@contoso.com"); got != "SMTP:"+one.Pseudonym("adele@contoso.com") {
		t.Errorf("got %s", got)
	}
	if got := one.Sentence("the account of Zebedee Quagmire was not read (zebedee@contoso.com)"); strings.Contains(got, "ebedee") || !strings.HasPrefix(got, "the account of name-") {
		t.Errorf("got %s", got)
	}
	if one.Pseudonym("") != "" {
		t.Error("nothing has a pseudonym")
	}
	if once, again := redacted(t, report.NDJSON, mixed()), redacted(t, report.NDJSON, mixed()); once != again {
		t.Error("the same key gives other bytes")
	}
	if _, err := report.NewRedactor(strings.NewReader("short"), &memory{}); err == nil {
		t.Error("a key without randomness is taken")
	}
}

// TestRedactedChanges: what is gone has no name either.
func TestRedactedChanges(t *testing.T) {
	t.Parallel()
	now := everywhere()
	now.leavers, now.attestations, now.waivers = now.leavers[1:], nil, nil
	now.run.CollectedAt = now.run.CollectedAt.Add(time.Hour)
	earlier, err := report.ReadEarlier(stored(t, everywhere()))
	if err != nil {
		t.Fatal(err)
	}
	for _, asJSON := range []bool{false, true} {
		var out bytes.Buffer
		diff := report.NewDiff(&out, earlier, asJSON, report.Options{})
		r, _ := redactor(t, 1)
		if err := errors.Join(report.Read(stored(t, now), report.Compare(earlier, r.Handler(diff))), diff.Close()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "name-") {
			t.Errorf("nobody is gone:\n%s", out.String())
		}
		for _, secret := range secrets() {
			if strings.Contains(out.String(), secret) {
				t.Errorf("%s is left:\n%s", secret, out.String())
			}
		}
	}
}
