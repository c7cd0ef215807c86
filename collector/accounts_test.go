package collector

import (
	"path/filepath"
	"slices"
	"testing"

	"leavercheck/collector/graph"
	"leavercheck/collector/roster"
	"leavercheck/collector/snapshot"
)

// Whatever ties another live account to a leaver is found, and nothing else.
func TestAccounts(t *testing.T) {
	t.Parallel()
	entry := roster.Entry{Aliases: []string{"D.Rook.Admin@northwind.example"}}
	own := graph.User{ID: "own", UserPrincipalName: "d.rook@northwind.example", Mail: "d.rook@northwind.example", EmployeeID: "E1", ProxyAddresses: []string{"SMTP:d.rook@northwind.example", "smtp:dr@northwind.example", "X500:/o=dr"}}
	enabled := true
	for name, tc := range map[string]struct {
		other   graph.User
		because []any
	}{
		"nobody":                     {graph.User{ID: "x", UserPrincipalName: "x@northwind.example", EmployeeID: "E2"}, nil},
		"the same employee id":       {graph.User{ID: "x", EmployeeID: "e1", Enabled: &enabled}, []any{"employeeId"}},
		"an alias of the roster":     {graph.User{ID: "x", UserPrincipalName: "d.rook.admin@NORTHWIND.example"}, []any{"alias"}},
		"an alias among addresses":   {graph.User{ID: "x", ProxyAddresses: []string{"smtp:d.rook.admin@northwind.example"}}, []any{"alias"}},
		"a guest by mail":            {graph.User{ID: "x", Type: "Guest", Mail: "DR@northwind.example"}, []any{"guest"}},
		"a guest by another address": {graph.User{ID: "x", Type: "Guest", OtherMails: []string{"d.rook@northwind.example"}}, []any{"guest"}},
		"a member with that mail":    {graph.User{ID: "x", Type: "Member", OtherMails: []string{"d.rook@northwind.example"}}, nil},
		"an address of another kind": {graph.User{ID: "x", Type: "Guest", OtherMails: []string{"/o=dr"}}, nil},
		"for two reasons":            {graph.User{ID: "x", Type: "Guest", EmployeeID: "E1", OtherMails: []string{"dr@northwind.example"}}, []any{"employeeId", "guest"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testSpool(t)
			r := &run{spool: s, persons: newPersons([]roster.Entry{entry}, s), people: newPeople(s)}
			r.people.keep(own)
			r.persons.add(own)
			r.persons.add(tc.other)
			leaver := snapshot.Leaver{ID: "own", UserPrincipalName: own.UserPrincipalName, Mail: own.Mail, EmployeeID: "E1", Aliases: entry.Aliases, State: snapshot.Live}
			rec := newRecord(leaver, nil)
			f := r.accounts(rec, snapshot.Fact{State: snapshot.Read})
			rows, _ := f.Value.([]any)
			if f.State != snapshot.Read || len(rows) != min(1, len(tc.because)) {
				t.Fatalf("got %+v", f)
			}
			if len(rows) == 1 && !slices.Equal(rows[0].(map[string]any)["because"].([]any), tc.because) {
				t.Errorf("because %v, want %v", rows[0], tc.because)
			}
		})
	}
}

// A listing of users that broke off proves no absence; what it had is kept.
func TestAccountsOfABrokenListing(t *testing.T) {
	t.Parallel()
	s := testSpool(t)
	r := &run{spool: s, persons: newPersons(nil, s), people: newPeople(s)}
	r.persons.add(graph.User{ID: "x", EmployeeID: "E1"})
	rec := newRecord(snapshot.Leaver{ID: "own", EmployeeID: "E1", State: snapshot.Live}, nil)
	f := r.accounts(rec, snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Throttled})
	if rows, _ := f.Value.([]any); f.State != snapshot.Unknown || len(rows) != 1 {
		t.Errorf("got %+v", f)
	}
}

// Who is not found by name, and whose account of the baseline is live, was not deleted.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	r := &run{before: map[string]string{"old@northwind.example": "restored", "shared@northwind.example": "", "e1": "gone"}, enabled: map[string]bool{"restored": true, "": true}}
	for name, want := range map[string]string{"Old@northwind.example": "restored", "shared@northwind.example": "", "nobody@northwind.example": "", "": ""} {
		if got := r.elsewhere(roster.Entry{UserPrincipalName: name, EmployeeID: "E1"}); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

// testSpool is a spool for as long as a test takes.
func testSpool(t *testing.T) *spool {
	t.Helper()
	s, err := newSpool(filepath.Join(t.TempDir(), "facts"), func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
