package collector

import (
	"slices"
	"strings"

	"leavercheck/collector/graph"
	"leavercheck/collector/roster"
)

// ties are what binds further accounts to the roster's people, as persons looks for it. It may bind too many.
type ties struct{ employeeIDs, addresses, aliases map[string]bool }

func newTies(entries []roster.Entry) *ties {
	t := &ties{employeeIDs: map[string]bool{}, addresses: map[string]bool{}, aliases: aliasesOf(entries)}
	for _, e := range entries {
		t.employeeIDs[strings.ToLower(e.EmployeeID)] = true
		for _, address := range addresses(e.Mail, []string{e.UserPrincipalName}, nil) {
			t.addresses[address] = true
		}
	}
	return t
}

// add adds an account that the roster may mean.
func (t *ties) add(u graph.User) {
	t.employeeIDs[strings.ToLower(u.EmployeeID)] = true
	for _, address := range addresses(u.Mail, []string{u.UserPrincipalName}, u.ProxyAddresses) {
		t.addresses[address] = true
	}
}

// bind reports whether an account may be a further one of somebody of the roster.
func (t *ties) bind(u graph.User) bool {
	if u.EmployeeID != "" && t.employeeIDs[strings.ToLower(u.EmployeeID)] {
		return true
	}
	if u.Type == "Guest" && slices.ContainsFunc(addresses(u.Mail, u.OtherMails, nil), func(a string) bool { return t.addresses[a] }) {
		return true
	}
	names := append(addresses(u.Mail, nil, u.ProxyAddresses), u.ID, strings.ToLower(u.UserPrincipalName))
	return slices.ContainsFunc(names, func(name string) bool { return t.aliases[name] })
}
