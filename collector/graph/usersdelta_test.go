package graph

import (
	"encoding/json"
	"net/url"
	"reflect"
	"testing"

	"leavercheck/collector/snapshot"
)

// Rows about one user add up: what is not told stays, null empties, the last word counts, and two words that differ
// leave a doubt.
func TestChangesAddUp(t *testing.T) {
	t.Parallel()
	yes := true
	old := snapshot.DirectoryUser{ID: "x", UserPrincipalName: "a@b.example", Mail: "a@b.example", EmployeeID: "E1", OtherMails: []string{"p@q.example"}, AccountEnabled: &yes}
	with := func(change func(*snapshot.DirectoryUser)) snapshot.DirectoryUser {
		u := old
		change(&u)
		return u
	}
	for name, tc := range map[string]struct {
		rows     string
		want     snapshot.DirectoryUser
		removed  bool
		restores bool
		doubtful bool
	}{
		"nothing":           {rows: `[{"id":"x"}]`, want: old},
		"what is not ours":  {rows: `[{"id":"x","skills":["a"],"mail@odata.type":"#String"}]`, want: old},
		"a value":           {rows: `[{"id":"x","employeeId":"E2"}]`, want: with(func(u *snapshot.DirectoryUser) { u.EmployeeID = "E2" })},
		"emptied":           {rows: `[{"id":"x","employeeId":null,"otherMails":null,"accountEnabled":null}]`, want: with(func(u *snapshot.DirectoryUser) { u.EmployeeID, u.OtherMails, u.AccountEnabled = "", nil, nil })},
		"an empty list":     {rows: `[{"id":"x","otherMails":[]}]`, want: with(func(u *snapshot.DirectoryUser) { u.OtherMails = nil })},
		"the same twice":    {rows: `[{"id":"x","mail":"n@b.example"},{"id":"x","mail":"n@b.example"}]`, want: with(func(u *snapshot.DirectoryUser) { u.Mail = "n@b.example" })},
		"two parts":         {rows: `[{"id":"x","mail":"n@b.example"},{"id":"x","employeeId":"E2"}]`, want: with(func(u *snapshot.DirectoryUser) { u.Mail, u.EmployeeID = "n@b.example", "E2" })},
		"two words":         {rows: `[{"id":"x","mail":"m@b.example"},{"id":"x","mail":"n@b.example"}]`, want: with(func(u *snapshot.DirectoryUser) { u.Mail = "n@b.example" }), doubtful: true},
		"deleted":           {rows: `[{"id":"x","@removed":{"reason":"changed"}}]`, want: old, removed: true, restores: true},
		"deleted, twice":    {rows: `[{"id":"x","@removed":{"reason":"changed"}},{"id":"x","@removed":{"reason":"changed"}}]`, want: old, removed: true, restores: true},
		"deleted for good":  {rows: `[{"id":"x","@removed":{"reason":"deleted"}}]`, want: old, removed: true},
		"deleted, no word":  {rows: `[{"id":"x","@removed":null}]`, want: old, removed: true},
		"deleted, and then": {rows: `[{"id":"x","@removed":{"reason":"changed"}},{"id":"x","@removed":{"reason":"deleted"}}]`, want: old, removed: true, doubtful: true},
		"changed, deleted":  {rows: `[{"id":"x","mail":"m@b.example"},{"id":"x","@removed":{"reason":"changed"}}]`, want: with(func(u *snapshot.DirectoryUser) { u.Mail = "m@b.example" }), removed: true, restores: true, doubtful: true},
		"restored":          {rows: `[{"id":"x","@removed":{"reason":"changed"}},{"id":"x","employeeId":"E2"}]`, want: with(func(u *snapshot.DirectoryUser) { u.EmployeeID = "E2" }), doubtful: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rows []row
			if err := json.Unmarshal([]byte(tc.rows), &rows); err != nil {
				t.Fatal(err)
			}
			var c Change
			for _, r := range rows {
				var err error
				if c, err = c.then(r); err != nil {
					t.Fatal(err)
				}
			}
			got := old
			if err := c.Apply(&got); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tc.want) || c.Removed != tc.removed || c.Restorable != tc.restores || c.Doubtful != tc.doubtful {
				t.Errorf("got %+v, %+v", got, c)
			}
		})
	}
	for _, r := range []row{{"mail": 1.0}, {"otherMails": "x"}, {"accountEnabled": "yes"}, {"createdDateTime": "soon"}} {
		if _, err := (Change{}).then(r); err == nil {
			t.Errorf("%v is taken for a change", r)
		}
	}
}

// A link that was kept leads to the changes of users or nowhere.
func TestKeptDeltaLinks(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://graph.microsoft.com")
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{base: base}
	for link, good := range map[string]bool{
		"/v1.0/users/delta?$deltatoken=aB-_.~1":               true,
		"/v1.0/users/delta()?$deltatoken=a%2Bb":               true,
		"/v1.0/users/microsoft.graph.delta()?%24deltaToken=a": true,
		"/v1.0/users/delta?$deltatoken=":                      false,
		"/v1.0/users/delta":                                   false,
		"/v1.0/users/delta?$deltatoken=a&$select=id":          false,
		"/v1.0/users/delta?$skiptoken=a":                      false,
		"/v1.0/users?$deltatoken=a":                           false,
		"/beta/users/delta?$deltatoken=a":                     false,
		"/v1.0/users/delta/../../me?$deltatoken=a":            false,
		"https://evil.example/v1.0/users/delta?$deltatoken=a": false,
		"//evil.example/v1.0/users/delta?$deltatoken=a":       false,
		"@evil.example/v1.0/users/delta?$deltatoken=a":        false,
		"/v1.0/users/delta?$deltatoken=a\nHost: evil.example": false,
		"": false,
	} {
		u, err := c.deltaURL(link)
		if (err == nil) != good {
			t.Errorf("%q: %v", link, err)
		}
		if good && (u.Host != base.Host || u.Scheme != "https") {
			t.Errorf("%q leads to %s", link, u)
		}
	}
}

func TestNameFilter(t *testing.T) {
	t.Parallel()
	want := "userPrincipalName eq 'o''neill@b.example' or employeeId eq 'E1'"
	if got := NameFilter("o'neill@b.example", "", "E1"); got != want {
		t.Errorf("got %s", got)
	}
	if got := NameFilter("", "", ""); got != "" {
		t.Errorf("got %s", got)
	}
}

// An account that was kept and not read has no facts.
func TestAKeptUserHasNoFacts(t *testing.T) {
	t.Parallel()
	u := KeptUser(snapshot.DirectoryUser{ID: "x", UserPrincipalName: "a@b.example"})
	if f, err := u.Account(); err == nil {
		t.Errorf("account: %+v", f)
	}
	if f := u.Licences(); f.State != snapshot.Unknown {
		t.Errorf("licences: %+v", f)
	}
}
