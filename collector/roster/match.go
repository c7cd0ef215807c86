package roster

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Account is what the directory says of a user, live or deleted, as far as it tells people apart.
type Account struct {
	ID                                               string // lower case
	UserPrincipalName, Mail, EmployeeID, DisplayName string
	ProxyAddresses                                   []string // as Graph has them: "SMTP:a@b"
	// Created is zero when the directory does not say. Deleted is zero for a live account.
	Created, Deleted time.Time
}

// Match is what became of one row.
type Match struct {
	Entry Entry
	// Account is nil when none is the leaver's.
	Account *Account
	// By is the property that found the account.
	By string
	// NotThem are accounts with a name of the leaver that are somebody else's, with the reason.
	NotThem []Other
}

// Other is an account that is not the leaver's, or, if Undecided, of which nobody can tell.
type Other struct {
	Account   Account
	Why       string
	Undecided bool
}

// Matcher finds the account of every row among accounts that are offered one by one, and keeps only
// those that could be somebody's.
type Matcher struct {
	entries []Entry
	// wanted maps "column value" in lower case to nothing: the names that any row bears.
	wanted map[string]bool
	found  map[string][]*Account
}

// NewMatcher prepares for the entries. Two entries for one person are an *Error.
func NewMatcher(entries []Entry) (*Matcher, error) {
	m := &Matcher{entries: entries, wanted: map[string]bool{}, found: map[string][]*Account{}}
	by := map[string]Entry{}
	for _, e := range entries {
		for _, key := range e.keys() {
			if other, ok := by[key]; ok {
				return nil, &Error{File: e.file, Line: e.line, Message: fmt.Sprintf("the same person as %s (%s)", other.Source, key)}
			}
			by[key] = e
			m.wanted[key] = true
		}
		if e.Mail != "" {
			m.wanted[furtherMail+" "+strings.ToLower(e.Mail)] = true
		}
	}
	return m, nil
}

// Offer shows the matcher an account and reports whether some row may mean it.
func (m *Matcher) Offer(a Account) bool {
	wanted := false
	for _, key := range a.keys() {
		if m.wanted[key] {
			m.found[key] = append(m.found[key], &a)
			wanted = true
		}
	}
	return wanted
}

// furtherMail is the key of an address that a mailbox has beside its first.
const furtherMail = "further mail"

func (a Account) keys() []string {
	keys := []string{colID + " " + a.ID}
	add := func(column, value string) {
		if key := column + " " + strings.ToLower(value); value != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	add(colUPN, a.UserPrincipalName)
	if !a.Deleted.IsZero() {
		// Deletion puts the object id, without dashes, before the name.
		if rest, ok := strings.CutPrefix(strings.ToLower(a.UserPrincipalName), strings.ReplaceAll(a.ID, "-", "")); ok {
			add(colUPN, rest)
		}
	}
	add(colEmployeeID, a.EmployeeID)
	add(colMail, a.Mail)
	for _, proxy := range a.ProxyAddresses {
		// Only the first address is the person; further ones are handed from mailbox to mailbox.
		switch kind, value, _ := strings.Cut(proxy, ":"); kind {
		case "SMTP":
			add(colMail, value)
		case "smtp":
			add(furtherMail, value)
		}
	}
	return keys
}

// Matches decides every row. A row that names two people at once, and two rows that mean one account,
// are an *Error.
func (m *Matcher) Matches() ([]Match, error) {
	out := make([]Match, 0, len(m.entries))
	taken := map[string]Entry{}
	for _, e := range m.entries {
		match, err := m.match(e)
		if err != nil {
			return nil, err
		}
		if match.Account != nil {
			if other, ok := taken[match.Account.ID]; ok {
				return nil, e.fail("means the same account as %s: %s", other.Source, describe(match.Account))
			}
			taken[match.Account.ID] = e
		}
		out = append(out, match)
	}
	return out, nil
}

func (e Entry) fail(format string, args ...any) error {
	return &Error{File: e.file, Line: e.line, Message: fmt.Sprintf(format, args...)}
}

func describe(a *Account) string { return a.UserPrincipalName + " (" + a.ID + ")" }

func (m *Matcher) match(e Entry) (Match, error) {
	match := Match{Entry: e}
	named := map[string][]*Account{}
	for _, column := range []string{colEmployeeID, colMail, colUPN} {
		named[column] = m.theirs(e, column, &match)
	}
	if e.ID != "" {
		return m.byID(e, match, named)
	}
	// The employee number is the person; a name may have been somebody else's. So a number decides, a
	// name chooses among its accounts, and a name that contradicts it stops the row.
	people := named[colEmployeeID]
	for _, column := range []string{colUPN, colMail} {
		both := common(people, named[column])
		switch {
		case len(named[column]) == 0:
		case len(people) == 0:
			people = named[column]
		case len(both) == 0:
			return match, e.fail("names two people: %s", list(append(people, named[column]...)))
		default:
			people = both
		}
	}
	people = atLeaving(once(people), e)
	switch {
	case len(people) > 1:
		return match, e.fail("could be several accounts; add the column %s: %s", colID, list(people))
	case len(people) == 0:
		match.further(e, m.found[furtherMail+" "+strings.ToLower(e.Mail)])
	default:
		match.Account = people[0]
		for _, column := range []string{colEmployeeID, colMail, colUPN} {
			if slices.ContainsFunc(named[column], func(a *Account) bool { return a.ID == people[0].ID }) {
				match.By = column
				break
			}
		}
	}
	return match, nil
}

// byID decides a row with an object id: the id decides, but a name that only somebody else bears means
// that one of the two is wrong.
func (m *Matcher) byID(e Entry, match Match, named map[string][]*Account) (Match, error) {
	accounts := once(m.found[colID+" "+e.ID])
	for _, column := range []string{colEmployeeID, colUPN, colMail} {
		others := named[column]
		if len(others) > 0 && !slices.ContainsFunc(others, func(a *Account) bool { return a.ID == e.ID }) {
			return match, e.fail("names two people: the id %s, and by %s %s", e.ID, column, list(others))
		}
	}
	if len(accounts) > 0 {
		match.Account, match.By = accounts[0], colID
	}
	return match, nil
}

// further notes accounts that have the leaver's address among others only.
func (match *Match) further(e Entry, accounts []*Account) {
	for _, a := range once(accounts) {
		if e.Mail != "" && !a.Created.After(e.LeftBy) {
			match.NotThem = append(match.NotThem, Other{Account: *a, Undecided: true, Why: "has the leaver's address beside its own; name the leaver by id or employeeId"})
		}
	}
}

// theirs returns the accounts that one column of the row names and that can be the leaver's.
func (m *Matcher) theirs(e Entry, column string, match *Match) []*Account {
	value := map[string]string{colEmployeeID: e.EmployeeID, colMail: e.Mail, colUPN: e.UserPrincipalName}[column]
	if value == "" {
		return nil
	}
	var out []*Account
	for _, a := range m.found[column+" "+strings.ToLower(value)] {
		why := ""
		switch {
		case a.Created.After(e.LeftBy):
			why = "created after the leaver left"
		case column == colEmployeeID:
		case a.Created.IsZero():
			why = "its creation date is not known, and a name alone proves nothing; name the leaver by id or employeeId"
		case e.EmployeeID != "" && a.EmployeeID != "" && !strings.EqualFold(e.EmployeeID, a.EmployeeID):
			why = "has another employeeId"
		}
		if why == "" {
			out = append(out, a)
		} else if !slices.ContainsFunc(match.NotThem, func(o Other) bool { return o.Account.ID == a.ID }) {
			match.NotThem = append(match.NotThem, Other{Account: *a, Why: why, Undecided: a.Created.IsZero() && column != colEmployeeID})
		}
	}
	return out
}

// atLeaving keeps, of several accounts, those that existed when the person left.
func atLeaving(people []*Account, e Entry) []*Account {
	if len(people) < 2 {
		return people
	}
	var then []*Account
	for _, a := range people {
		if a.Deleted.IsZero() || !a.Deleted.Before(e.LeftAt) {
			then = append(then, a)
		}
	}
	if len(then) == 0 {
		return people
	}
	return then
}

// once keeps the later sight of an account that was deleted while the users were listed.
func once(people []*Account) []*Account {
	var out []*Account
	for _, a := range people {
		at := slices.IndexFunc(out, func(b *Account) bool { return b.ID == a.ID })
		switch {
		case at < 0:
			out = append(out, a)
		case out[at].Deleted.IsZero():
			out[at] = a
		}
	}
	return out
}

func common(a, b []*Account) []*Account {
	var out []*Account
	for _, x := range a {
		if slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}

func list(accounts []*Account) string {
	var names []string
	for _, a := range accounts {
		names = append(names, describe(a))
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
