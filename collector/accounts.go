package collector

import (
	"maps"
	"slices"
	"strings"
	"time"

	"leavercheck/collector/graph"
	"leavercheck/collector/roster"
	"leavercheck/collector/snapshot"
)

// persons are the live accounts that may be a second account of a leaver, in the spool: everybody who has an
// employee id, guests, and whom the roster names as an alias.
type persons struct {
	spool        *spool
	aliases      map[string]bool // of the roster, in lower case
	byEmployeeID map[string][]ref
	byAddress    map[string][]ref // guests, by the addresses that they were invited at
	byAlias      map[string][]ref
	guests       map[string]bool // by id
}

// person is what the fact "accounts" tells of an account.
type person struct {
	ID, UserPrincipalName, DisplayName, Mail, EmployeeID, Type string
	Enabled                                                    *bool
	Created                                                    time.Time
}

func newPersons(entries []roster.Entry, s *spool) *persons {
	return &persons{spool: s, aliases: aliasesOf(entries), byEmployeeID: map[string][]ref{}, byAddress: map[string][]ref{}, byAlias: map[string][]ref{}, guests: map[string]bool{}}
}

// aliasesOf are the aliases of a roster, in lower case.
func aliasesOf(entries []roster.Entry) map[string]bool {
	aliases := map[string]bool{}
	for _, e := range entries {
		for _, alias := range e.Aliases {
			aliases[strings.ToLower(alias)] = true
		}
	}
	return aliases
}

// add files a live account.
func (p *persons) add(u graph.User) {
	var guest, named []string
	if u.Type == "Guest" {
		p.guests[u.ID] = true
		guest = addresses(u.Mail, u.OtherMails, nil)
	}
	for _, name := range append(addresses(u.Mail, nil, u.ProxyAddresses), u.ID, strings.ToLower(u.UserPrincipalName)) {
		if p.aliases[name] && !slices.Contains(named, name) {
			named = append(named, name)
		}
	}
	if u.EmployeeID == "" && len(guest)+len(named) == 0 {
		return
	}
	one := p.spool.put(person{
		ID: u.ID, UserPrincipalName: u.UserPrincipalName, DisplayName: u.DisplayName, Mail: u.Mail, EmployeeID: u.EmployeeID,
		Type: u.Type, Enabled: u.Enabled, Created: u.Created,
	})
	if u.EmployeeID != "" {
		key := strings.ToLower(u.EmployeeID)
		p.byEmployeeID[key] = append(p.byEmployeeID[key], one)
	}
	for _, address := range guest {
		p.byAddress[address] = append(p.byAddress[address], one)
	}
	for _, name := range named {
		p.byAlias[name] = append(p.byAlias[name], one)
	}
}

// addresses are mail addresses in lower case, without their type, each once.
func addresses(mail string, others, proxies []string) []string {
	var out []string
	for _, address := range slices.Concat([]string{mail}, others, proxies) {
		if kind, rest, ok := strings.Cut(address, ":"); ok && !strings.EqualFold(kind, "smtp") {
			continue // X500, SIP
		} else if ok {
			address = rest
		}
		if address = strings.ToLower(address); address != "" && !slices.Contains(out, address) {
			out = append(out, address)
		}
	}
	return out
}

// accounts finds the other live accounts of a leaver. Listing is the outcome of listing all users.
func (r *run) accounts(rec *record, listing snapshot.Fact) snapshot.Fact {
	found := map[string]*person{}
	because := map[string][]any{}
	tie := func(others []ref, why string) {
		for _, where := range others {
			other := &person{}
			r.spool.get(where, other)
			if other.ID != rec.leaver.ID && !slices.Contains(because[other.ID], any(why)) {
				found[other.ID], because[other.ID] = other, append(because[other.ID], why)
			}
		}
	}
	if rec.leaver.EmployeeID != "" {
		tie(r.persons.byEmployeeID[strings.ToLower(rec.leaver.EmployeeID)], "employeeId")
	}
	for _, alias := range rec.leaver.Aliases {
		tie(r.persons.byAlias[strings.ToLower(alias)], "alias")
	}
	own, _ := r.people.get(rec.leaver.ID)
	for _, address := range addresses(rec.leaver.Mail, []string{rec.leaver.UserPrincipalName}, own.ProxyAddresses) {
		tie(r.persons.byAddress[address], "guest")
	}
	rows := []any{}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		rows = append(rows, found[id].row(because[id]))
	}
	f := withoutValue(listing)
	if f.State == snapshot.Read && rec.leaver.State == snapshot.Unread {
		f, _ = rec.get(snapshot.Account) // who they are is not known, nor then what is theirs besides
	}
	f.Value = rows
	return f
}

func (p *person) row(because []any) map[string]any {
	out := map[string]any{
		"id": p.ID, "userPrincipalName": p.UserPrincipalName, "displayName": p.DisplayName, "mail": orNull(p.Mail), "employeeId": orNull(p.EmployeeID),
		"userType": orNull(p.Type), "accountEnabled": nil, "createdDateTime": nil, "because": because,
	}
	if p.Enabled != nil {
		out["accountEnabled"] = *p.Enabled
	}
	if !p.Created.IsZero() {
		out["createdDateTime"] = p.Created.UTC().Format(time.RFC3339)
	}
	return out
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
