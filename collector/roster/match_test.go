package roster

import (
	"strings"
	"testing"
	"time"
)

var (
	left   = at("2026-05-29T16:00:00Z")
	before = left.AddDate(-3, 0, 0)
	after  = left.AddDate(0, 0, 10)
)

const (
	idA = "6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11"
	idB = "7a2d3c8f-1e5b-4d63-8c2f-1b0c7e1d2a22"
)

func entry(change func(*Entry)) Entry {
	e := Entry{Source: "leavers.csv:2", file: "leavers.csv", line: 2, LeftAt: left, LeftBy: left}
	change(&e)
	return e
}

func account(id string, created time.Time, change func(*Account)) Account {
	a := Account{ID: id, Created: created}
	change(&a)
	return a
}

func TestMatch(t *testing.T) {
	t.Parallel()
	upn := func(e *Entry) { e.UserPrincipalName = "d.rook@b.example" }
	named := func(a *Account) { a.UserPrincipalName = "D.Rook@b.example" }
	mangled := strings.ReplaceAll(idA, "-", "") + "d.rook@b.example"
	for name, tc := range map[string]struct {
		entry    Entry
		accounts []Account
		id, by   string
		notThem  int
		fails    string
	}{
		"by id, whatever the name is now": {
			entry:    entry(func(e *Entry) { e.ID = idA; e.UserPrincipalName = "old@b.example" }),
			accounts: []Account{account(idA, before, named), account(idB, after, func(a *Account) { a.UserPrincipalName = "old@b.example" })},
			id:       idA, by: "id", notThem: 1,
		},
		"an id and a name of different people": {
			entry:    entry(func(e *Entry) { e.ID = idA; e.UserPrincipalName = "old@b.example" }),
			accounts: []Account{account(idA, before, named), account(idB, before, func(a *Account) { a.UserPrincipalName = "old@b.example" })},
			fails:    "leavers.csv:2: names two people: the id " + idA + ", and by userPrincipalName old@b.example (" + idB + ")",
		},
		"an id that is nobody's is not replaced by a name": {
			entry:    entry(func(e *Entry) { e.ID = idB; upn(e) }),
			accounts: []Account{account(idA, before, named)},
			fails:    "leavers.csv:2: names two people",
		},
		"by name, in any case": {entry: entry(upn), accounts: []Account{account(idA, before, named)}, id: idA, by: "userPrincipalName"},
		"by the first address": {
			entry:    entry(func(e *Entry) { e.Mail = "dana@b.example" }),
			accounts: []Account{account(idA, before, func(a *Account) { a.ProxyAddresses = []string{"smtp:d@b.example", "SMTP:Dana@b.example"} })},
			id:       idA, by: "mail",
		},
		"a further address may have been somebody else's": {
			entry:    entry(func(e *Entry) { e.Mail = "dana@b.example" }),
			accounts: []Account{account(idA, before, func(a *Account) { a.ProxyAddresses = []string{"SMTP:d@b.example", "smtp:Dana@b.example"} })},
			notThem:  1,
		},
		"by employee number": {
			entry:    entry(func(e *Entry) { e.EmployeeID = "e17" }),
			accounts: []Account{account(idA, before, func(a *Account) { a.EmployeeID = "E17" })},
			id:       idA, by: "employeeId",
		},
		"deleted, with the name that deletion makes": {
			entry:    entry(upn),
			accounts: []Account{account(idA, before, func(a *Account) { a.UserPrincipalName = mangled; a.Deleted = after })},
			id:       idA, by: "userPrincipalName",
		},
		"the name was given to a new hire": {
			entry: entry(upn),
			accounts: []Account{
				account(idB, after, named),
				account(idA, before, func(a *Account) { a.UserPrincipalName = mangled; a.Deleted = after }),
			},
			id: idA, by: "userPrincipalName", notThem: 1,
		},
		"the name was given to a new hire and the leaver is gone": {
			entry: entry(upn), accounts: []Account{account(idB, after, named)}, notThem: 1,
		},
		"a name of an account of unknown age proves nothing": {
			entry: entry(upn), accounts: []Account{account(idB, time.Time{}, named)}, notThem: 1,
		},
		"a name with another employee number": {
			entry:    entry(func(e *Entry) { upn(e); e.EmployeeID = "17" }),
			accounts: []Account{account(idA, before, func(a *Account) { named(a); a.EmployeeID = "18" })},
			notThem:  1,
		},
		"two accounts with the number, one named": {
			entry: entry(func(e *Entry) { upn(e); e.EmployeeID = "17" }),
			accounts: []Account{
				account(idB, before, func(a *Account) { a.UserPrincipalName = "admin@b.example"; a.EmployeeID = "17" }),
				account(idA, before, func(a *Account) { named(a); a.EmployeeID = "17" }),
			},
			id: idA, by: "employeeId",
		},
		"two accounts with the number, none named": {
			entry: entry(func(e *Entry) { e.EmployeeID = "17" }),
			accounts: []Account{
				account(idB, before, func(a *Account) { a.UserPrincipalName = "admin@b.example"; a.EmployeeID = "17" }),
				account(idA, before, func(a *Account) { named(a); a.EmployeeID = "17" }),
			},
			fails: "leavers.csv:2: could be several accounts; add the column id: D.Rook@b.example (" + idA + "), admin@b.example (" + idB + ")",
		},
		"number and name of different people": {
			entry: entry(func(e *Entry) { upn(e); e.EmployeeID = "17" }),
			accounts: []Account{
				account(idA, before, named),
				account(idB, before, func(a *Account) { a.UserPrincipalName = "b@b.example"; a.EmployeeID = "17" }),
			},
			fails: "leavers.csv:2: names two people",
		},
		"an earlier holder of the name, deleted before": {
			entry: entry(upn),
			accounts: []Account{
				account(idB, before, func(a *Account) {
					a.UserPrincipalName = strings.ReplaceAll(idB, "-", "") + "d.rook@b.example"
					a.Deleted = left.AddDate(0, 0, -20)
				}),
				account(idA, left.AddDate(0, 0, -15), named),
			},
			id: idA, by: "userPrincipalName",
		},
		"seen live and then deleted while listing": {
			entry: entry(upn),
			accounts: []Account{
				account(idA, before, named),
				account(idA, before, func(a *Account) { a.UserPrincipalName = mangled; a.Deleted = after }),
			},
			id: idA, by: "userPrincipalName",
		},
		"nowhere": {entry: entry(upn)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := NewMatcher([]Entry{tc.entry})
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range tc.accounts {
				m.Offer(a)
			}
			matches, err := m.Matches()
			if tc.fails != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tc.fails) {
					t.Fatalf("got  %v\nwant %s", err, tc.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := matches[0]
			id := ""
			if got.Account != nil {
				id = got.Account.ID
			}
			if id != tc.id || got.By != tc.by || len(got.NotThem) != tc.notThem {
				t.Errorf("got %q by %q, not them %v; want %q by %q", id, got.By, got.NotThem, tc.id, tc.by)
			}
		})
	}
}

func TestTwoRowsForOneAccount(t *testing.T) {
	t.Parallel()
	m, err := NewMatcher([]Entry{
		entry(func(e *Entry) { e.UserPrincipalName = "d.rook@b.example" }),
		entry(func(e *Entry) { e.Mail = "dana@b.example"; e.Source, e.line = "leavers.csv:3", 3 }),
	})
	if err != nil {
		t.Fatal(err)
	}
	m.Offer(account(idA, before, func(a *Account) { a.UserPrincipalName = "d.rook@b.example"; a.Mail = "dana@b.example" }))
	if _, err := m.Matches(); err == nil || !strings.HasPrefix(err.Error(), "leavers.csv:3: means the same account as leavers.csv:2") {
		t.Errorf("got %v", err)
	}
	two := []Entry{entry(func(e *Entry) { e.ID = idA }), entry(func(e *Entry) { e.ID = idA; e.Source, e.line = "more.csv:9", 9 })}
	if _, err := NewMatcher(two); err == nil || !strings.Contains(err.Error(), "the same person as leavers.csv:2") {
		t.Errorf("two rosters: %v", err)
	}
}
