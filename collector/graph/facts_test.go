package graph

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
)

// script answers by a part of the URL, the longest that fits.
type script map[string]string

func (s script) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body, longest := http.StatusOK, `{"value":[]}`, -1
	for part, answer := range s {
		if strings.Contains(r.URL.String(), part) && len(part) > longest {
			status, body, longest = http.StatusOK, answer, len(part)
			if code, text, ok := strings.Cut(answer, " "); ok && code == "403" {
				status, body = http.StatusForbidden, `{"error":{"code":"`+text+`","message":"no"}}`
			} else if ok && code == "404" {
				status, body = http.StatusNotFound, `{"error":{"code":"`+text+`","message":"no"}}`
			}
		}
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// Null and "the year 1" are two ways of saying never; left out, or not listed, nothing is said.
func TestSignInActivity(t *testing.T) {
	t.Parallel()
	const other = "97d349ed-44d7-43e1-9a83-5f2406dee5bd"
	for name, tc := range map[string]struct {
		row   string
		state snapshot.State
		value any
	}{
		"a time":     {`{"id":"` + someone + `","signInActivity":{"lastSignInDateTime":"2026-05-01T10:00:00.1230000Z"}}`, snapshot.Read, "2026-05-01T10:00:00.123Z"},
		"never":      {`{"id":"` + someone + `","signInActivity":{"lastSignInDateTime":"0001-01-01T00:00:00Z"}}`, snapshot.Read, nil},
		"null":       {`{"id":"` + someone + `","signInActivity":null}`, snapshot.Read, nil},
		"left out":   {`{"id":"` + someone + `"}`, snapshot.Unknown, nil},
		"not listed": {`{"id":"` + other + `"}`, snapshot.Unknown, nil},
		"no time":    {`{"id":"` + someone + `","signInActivity":{"lastSignInDateTime":"yesterday"}}`, snapshot.Unknown, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clientOf(t, script{"signInActivity": `{"value":[` + tc.row + `]}`})
			f := c.SignInActivity(t.Context(), map[string]bool{someone: true})[someone].Fact
			activity, _ := f.Value.(map[string]any)
			if f.State != tc.state || activity["lastSignInDateTime"] != tc.value {
				t.Errorf("got %+v", f)
			}
		})
	}
}

// The interactive half alone proves nothing; what was read stays beside the reason.
func TestHalfASignInLogIsUnknown(t *testing.T) {
	t.Parallel()
	row := `{"value":[{"id":"1","createdDateTime":"2026-05-30T10:00:00Z","status":{"errorCode":0}}]}`
	from := map[string]time.Time{someone: time.Date(2026, 5, 29, 0, 0, 0, 0, time.UTC)}
	c := clientOf(t, script{"/v1.0/auditLogs/signIns": row, "/beta/": "403 Authentication_MSGraphPermissionMissing"})
	f := c.SignIns(t.Context(), from, func() {})[someone].Fact
	if rows, _ := f.Value.([]any); f.State != snapshot.Unknown || f.Reason != snapshot.Forbidden || len(rows) != 1 || !strings.Contains(f.Needs, "AuditLog.Read.All") {
		t.Errorf("got %+v", f)
	}
	c = clientOf(t, script{"/v1.0/auditLogs/signIns": "403 Authentication_RequestFromNonPremiumTenantOrB2CTenant"})
	if f := c.SignIns(t.Context(), from, func() {})[someone].Fact; f.Reason != snapshot.Unlicensed || !strings.Contains(f.Needs, "P1 or P2") {
		t.Errorf("got %+v", f)
	}
}

// An account that is sprayed with passwords has more rows than anybody needs; they do not become silence.
func TestTooManySignInsAreUnknown(t *testing.T) {
	t.Parallel()
	var rows []string
	for i := range maxRows + 1 {
		rows = append(rows, fmt.Sprintf(`{"id":"%d","createdDateTime":"2026-05-30T10:00:00Z","status":{"errorCode":50126}}`, i))
	}
	c := clientOf(t, script{"/v1.0/auditLogs/signIns": `{"value":[` + strings.Join(rows, ",") + `]}`})
	f := c.SignIns(t.Context(), map[string]time.Time{someone: time.Now()}, func() {})[someone].Fact
	if kept, _ := f.Value.([]any); f.State != snapshot.Unknown || len(kept) != maxRows || !strings.Contains(f.Detail, "more than 50000 rows") {
		t.Errorf("%s %s, %d rows kept: %s", f.State, f.Reason, len(kept), f.Detail)
	}
}

func TestInboxRulesOfChinaAreNotAskedFor(t *testing.T) {
	t.Parallel()
	c := clientOf(t, script{"": "403 asked"})
	c.cloud = "china"
	if f := c.InboxRules(t.Context(), []string{someone}, func(int) {})[someone].Fact; f.Reason != snapshot.Unsupported {
		t.Errorf("got %+v", f)
	}
}

// The folder of an unconditional rule is named; what cannot be read stays null, and makes the fact unknown.
func TestFoldersOfRules(t *testing.T) {
	t.Parallel()
	batch := func(rule string) string {
		return `{"responses":[{"id":"0","status":200,"body":{"value":[` + rule + `]}}]}`
	}
	const all = `{"id":"r","isEnabled":true,"conditions":null,"actions":{"moveToFolder":"F"}}`
	for name, tc := range map[string]struct {
		service script
		state   snapshot.State
		kind    any
	}{
		"the bin":       {script{"$batch": batch(all), "mailFolders/F": `{"id":"F","displayName":"Verwijderde items"}`, "mailFolders/deleteditems": `{"id":"F"}`, "mailFolders/junkemail": `{"id":"J"}`}, snapshot.Read, "deleteditems"},
		"feeds":         {script{"$batch": batch(all), "mailFolders/": `{"id":"X"}`, "mailFolders/F": `{"id":"F","displayName":"RSS Feeds"}`}, snapshot.Read, "rss"},
		"cannot tell":   {script{"$batch": batch(all), "mailFolders/F": "403 ErrorAccessDenied"}, snapshot.Unknown, nil},
		"with a reason": {script{"$batch": batch(strings.Replace(all, "null", `{"subjectContains":["x"]}`, 1)), "mailFolders/": "403 asked"}, snapshot.Read, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := clientOf(t, tc.service).InboxRules(t.Context(), []string{someone}, func(int) {})[someone].Fact
			rows, _ := f.Value.([]any)
			if f.State != tc.state || len(rows) != 1 {
				t.Fatalf("got %+v", f)
			}
			if got := rows[0].(map[string]any)["moveToFolderKind"]; got != tc.kind {
				t.Errorf("got %v, want %v", got, tc.kind)
			}
		})
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	const user, contact = `"@odata.type":"#microsoft.graph.user"`, `"@odata.type":"#microsoft.graph.orgContact"`
	for name, tc := range map[string]struct {
		rows             string
		state            snapshot.State
		enabled, outside any
	}{
		"somebody":            {`{"id":"1",` + user + `,"accountEnabled":false},{"id":"2",` + user + `,"accountEnabled":true}`, snapshot.Read, true, false},
		"nobody enabled":      {`{"id":"1",` + user + `,"accountEnabled":false}`, snapshot.Read, false, false},
		"another leaver only": {`{"id":"` + someone + `",` + user + `,"accountEnabled":true}`, snapshot.Read, false, false},
		"a guest":             {`{"id":"1",` + user + `,"accountEnabled":true,"userType":"Guest"}`, snapshot.Read, false, true},
		"a contact outside":   {`{"id":"1",` + contact + `,"mail":"x@postbox.example"}`, snapshot.Read, false, true},
		"a contact inside":    {`{"id":"1",` + contact + `,"mail":"x@B.example"}`, snapshot.Read, false, false},
		"concealed":           {`{"id":"1",` + user + `,"accountEnabled":null}`, snapshot.Unknown, nil, nil},
		"a contact concealed": {`{"id":"1",` + contact + `,"mail":null},{"id":"2",` + user + `,"accountEnabled":true}`, snapshot.Unknown, true, nil},
		"something new":       {`{"id":"1","@odata.type":"#microsoft.graph.agent"}`, snapshot.Unknown, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clientOf(t, script{"transitiveMembers": `{"value":[` + tc.rows + `]}`})
			f := c.Members(t.Context(), someone, map[string]bool{someone: true}, map[string]bool{"b.example": true}).Fact
			value, _ := f.Value.(map[string]any)
			if f.State != tc.state || value["hasEnabledMember"] != tc.enabled || value["hasOutsideMember"] != tc.outside {
				t.Errorf("got %+v", f)
			}
		})
	}
}
