package collector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/graph"
	"leavercheck/collector/roster"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// The accounts of a small directory: ann is on the roster, admin is a second account of hers, old is deleted in the
// earlier snapshot.
const (
	ann   = "00000000-0000-4000-8000-00000000000a"
	admin = "00000000-0000-4000-8000-00000000000b"
	other = "00000000-0000-4000-8000-00000000000c"
	old   = "00000000-0000-4000-8000-00000000000d"
	fresh = "00000000-0000-4000-8000-00000000000e"
)

type entity = map[string]any

// smallDirectory answers as Graph does, from what is live and deleted now and from what it tells of changes.
type smallDirectory struct {
	live    map[string]entity
	deleted []entity
	changes []entity
}

func (d *smallDirectory) RoundTrip(r *http.Request) (*http.Response, error) {
	var body any
	switch {
	case strings.HasSuffix(r.URL.Path, "/users/delta()"):
		body = entity{"value": d.changes, "@odata.deltaLink": "https://graph.example/v1.0/users/delta()?$deltatoken=next"}
	case strings.Contains(r.URL.Path, "/deletedItems/"):
		body = entity{"value": d.deleted}
	default: // a batch
		var batch struct{ Requests []struct{ ID, URL string } }
		if err := json.NewDecoder(r.Body).Decode(&batch); err != nil {
			return nil, err
		}
		answers := []entity{}
		for _, item := range batch.Requests {
			answers = append(answers, d.item(item.ID, item.URL))
		}
		body = entity{"responses": answers}
	}
	data, err := json.Marshal(body)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(data))}, err
}

func (d *smallDirectory) item(id, uri string) entity {
	u, err := url.Parse(uri)
	if err != nil {
		return entity{"id": id, "status": 400, "body": entity{}}
	}
	if filter := u.Query().Get("$filter"); filter != "" {
		found := []entity{}
		for key, user := range d.live {
			if strings.Contains(filter, "'"+user["userPrincipalName"].(string)+"'") {
				found = append(found, entity{"id": key})
			}
		}
		return entity{"id": id, "status": 200, "body": entity{"value": found}}
	}
	if user, ok := d.live[strings.TrimPrefix(u.Path, "/users/")]; ok {
		return entity{"id": id, "status": 200, "body": user}
	}
	return entity{"id": id, "status": 404, "body": entity{"error": entity{"code": "Request_ResourceNotFound"}}}
}

func user1(id, name, employeeID string) entity {
	return entity{"id": id, "userPrincipalName": name + "@b.example", "displayName": name, "employeeId": employeeID, "accountEnabled": true, "assignedLicenses": []any{}}
}

func kept(id, name, employeeID string) snapshot.DirectoryUser {
	yes := true
	return snapshot.DirectoryUser{ID: id, UserPrincipalName: name + "@b.example", DisplayName: name, EmployeeID: employeeID, AccountEnabled: &yes}
}

// earlierSnapshot holds ann, admin and other, and that old is deleted.
func earlierSnapshot(t *testing.T, head snapshot.Directory) *snapshot.Reader {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "earlier")
	w, err := snapshot.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	accounts := w.Directory()
	for _, u := range []snapshot.DirectoryUser{kept(ann, "ann", "E1"), kept(admin, "admin", "E1"), kept(other, "other", "E2"), {ID: old, Deleted: true}} {
		accounts.Add(u)
	}
	if err := accounts.Finish(head); err != nil {
		t.Fatal(err)
	}
	facts := map[string]snapshot.Fact{}
	for _, name := range snapshot.TenantFacts() {
		facts[name] = snapshot.Fact{State: snapshot.Absent}
	}
	if _, err := w.Seal(snapshot.Manifest{}, snapshot.Tenant{Facts: facts}); err != nil {
		t.Fatal(err)
	}
	r, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Whatever the changes and the directory itself say of one account, if it differs all accounts are listed.
func TestDoubtsEndInAListing(t *testing.T) {
	t.Parallel()
	started := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	const (
		cameOrWent = "an account came or went"
		renamed    = "another name"
		again      = "has an account again"
	)
	for name, tc := range map[string]struct {
		change func(d *smallDirectory)
		head   func(h *snapshot.Directory)
		why    string // empty: none is in the way
		live   []string
		closed string // of these, the one that may not sign in
	}{
		"nothing happened":    {live: []string{ann, admin, other}},
		"ann is closed":       {change: func(d *smallDirectory) { d.live[ann]["accountEnabled"] = false }, live: []string{ann, admin, other}, closed: ann},
		"her second is":       {change: func(d *smallDirectory) { d.live[admin]["accountEnabled"] = false }, live: []string{ann, admin, other}, closed: admin},
		"somebody came":       {change: func(d *smallDirectory) { d.come(fresh, "fresh", true) }, live: []string{ann, admin, other, fresh}},
		"somebody came back":  {change: func(d *smallDirectory) { d.deleted = []entity{}; d.come(old, "old", true) }, live: []string{ann, admin, other, old}},
		"old went for good":   {change: func(d *smallDirectory) { d.deleted = []entity{} }, live: []string{ann, admin, other}},
		"other went":          {change: func(d *smallDirectory) { d.leave(other, true) }, live: []string{ann, admin}},
		"other went, untold":  {change: func(d *smallDirectory) { d.leave(other, false) }, why: cameOrWent},
		"ann went, untold":    {change: func(d *smallDirectory) { d.leave(ann, false) }, why: cameOrWent},
		"ann purged, untold":  {change: func(d *smallDirectory) { delete(d.live, ann) }, why: cameOrWent},
		"told, and not so":    {change: func(d *smallDirectory) { d.changes = append(d.changes, tombstone(other)) }, why: cameOrWent},
		"back, untold":        {change: func(d *smallDirectory) { d.deleted = []entity{}; d.come(old, "old", false) }, why: cameOrWent},
		"ann renamed, untold": {change: func(d *smallDirectory) { d.live[ann]["employeeId"] = "E9" }, why: renamed},
		"a half-told arrival": {change: func(d *smallDirectory) {
			d.come(fresh, "fresh", false)
			d.changes = append(d.changes, entity{"id": fresh, "employeeId": "E7"})
		}, why: renamed},
		"two words about other": {change: func(d *smallDirectory) {
			d.changes = append(d.changes, entity{"id": other, "employeeId": "E7"}, entity{"id": other, "employeeId": "E8"})
		}, why: renamed},
		"the roster's gone has an account": {change: func(d *smallDirectory) { d.come(fresh, "gone", false) }, why: again},
		"a week old":                       {head: func(h *snapshot.Directory) { h.IssuedAt = started.Add(-7 * 24 * time.Hour) }, why: "7 days old"},
		"almost a week old":                {head: func(h *snapshot.Directory) { h.IssuedAt = started.Add(-7*24*time.Hour + time.Second) }, live: []string{ann, admin, other}},
		"listed a week ago":                {head: func(h *snapshot.Directory) { h.ListedAt = started.Add(-8 * 24 * time.Hour) }, why: "last listed 8 days ago"},
		"from the future":                  {head: func(h *snapshot.Directory) { h.IssuedAt = started.Add(time.Second) }, why: "future"},
		"of another program":               {head: func(h *snapshot.Directory) { h.Properties = []string{"id"} }, why: "another version"},
		"a link to nowhere":                {head: func(h *snapshot.Directory) { h.DeltaLink = "https://evil.example/?$deltatoken=secret" }, why: "GET /v1.0/users/delta: malformed"},
		"listing is one page":              {head: func(h *snapshot.Directory) { h.Pages = 1 }, why: "fewer requests"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &smallDirectory{
				live:    map[string]entity{ann: user1(ann, "ann", "E1"), admin: user1(admin, "admin", "E1"), other: user1(other, "other", "E2")},
				deleted: []entity{{"id": old, "userPrincipalName": "x@b.example", "deletedDateTime": "2026-05-20T10:00:00Z"}},
				changes: []entity{},
			}
			if tc.change != nil {
				tc.change(d)
			}
			head := snapshot.Directory{
				DeltaLink: "/v1.0/users/delta()?$deltatoken=x", IssuedAt: started.Add(-time.Hour), ListedAt: started.Add(-time.Hour), Pages: 2, Properties: graph.TrackedProperties(),
			}
			if tc.head != nil {
				tc.head(&head)
			}
			live, err := listSince(t, d, earlierSnapshot(t, head), started)
			var no *full
			if tc.why != "" {
				if !errors.As(err, &no) || !strings.Contains(no.why, tc.why) || strings.Contains(no.why, "secret") || len(live) > 0 {
					t.Errorf("got %v and %d accounts, want %q", err, len(live), tc.why)
				}
				return
			}
			var ids []string
			for _, u := range live {
				ids = append(ids, u.ID)
				if *u.Enabled != (u.ID != tc.closed) {
					t.Errorf("%s may sign in: %t", u.ID, *u.Enabled)
				}
			}
			if slices.Sort(ids); err != nil || !slices.Equal(ids, tc.live) {
				t.Errorf("live are %v, want %v; %v", ids, tc.live, err)
			}
		})
	}
}

func tombstone(id string) entity { return entity{"id": id, "@removed": entity{"reason": "changed"}} }

func (d *smallDirectory) come(id, name string, told bool) {
	d.live[id] = user1(id, name, "E5")
	if told {
		d.changes = append(d.changes, d.live[id])
	}
}

func (d *smallDirectory) leave(id string, told bool) {
	delete(d.live, id)
	d.deleted = append(d.deleted, entity{"id": id, "userPrincipalName": "x@b.example", "deletedDateTime": "2026-06-01T09:30:00Z"})
	if told {
		d.changes = append(d.changes, tombstone(id))
	}
}

type anyToken struct{}

func (anyToken) Token(context.Context, string) (string, error) { return "x", nil }

// listSince lists the accounts from an earlier snapshot.
func listSince(t *testing.T, d *smallDirectory, earlier *snapshot.Reader, started time.Time) (live []graph.User, err error) {
	t.Helper()
	base, err := url.Parse("https://graph.example")
	if err != nil {
		t.Fatal(err)
	}
	client, err := graph.New(wire.New(wire.Options{Base: base, Transport: d, Tokens: anyToken{}, Limits: wire.Unhurried()}), base, "global")
	if err != nil {
		t.Fatal(err)
	}
	out, err := snapshot.Create(filepath.Join(t.TempDir(), "later"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Discard)
	entries := []roster.Entry{{UserPrincipalName: "ann@b.example", Source: "r.csv:2"}, {UserPrincipalName: "gone@b.example", Source: "r.csv:3"}}
	r := &run{options: Options{Since: earlier, Entries: entries}, out: out, started: started, graph: client}
	_, _, err = (&since{run: r}).list(t.Context(), func(u graph.User) error { live = append(live, u); return nil }, func(graph.User) error { return nil })
	return live, err
}
