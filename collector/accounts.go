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

// persons are the live accounts that may be a second account of a leaver: everybody who has an employee
// id, guests, and whom the roster names as an alias.
type persons struct {
	aliases      map[string]bool // of the roster, in lower case
	byEmployeeID map[string][]*person
	byAddress    map[string][]*person // guests, by the addresses that they were invited at
	byAlias      map[string][]*person
	guests       map[string]bool // by id
}

// person is what the fact "accounts" tells of an account.
type person struct {
	id, userPrincipalName, displayName, mail, employeeID, userType string
	enabled                                                        *bool
	created                                                        time.Time
}

func newPersons(entries []roster.Entry) *persons {
	p := &persons{aliases: map[string]bool{}, byEmployeeID: map[string][]*person{}, byAddress: map[string][]*person{}, byAlias: map[string][]*person{}, guests: map[string]bool{}}
	for _, e := range entries {
		for _, alias := range e.Aliases {
			p.aliases[strings.ToLower(alias)] = true
		}
	}
	return p
}

// add files a live account.
func (p *persons) add(u graph.User) {
	one := &person{
		id: u.ID, userPrincipalName: u.UserPrincipalName, displayName: u.DisplayName, mail: u.Mail, employeeID: u.EmployeeID,
		userType: u.Type, enabled: u.Enabled, created: u.Created,
	}
	if u.EmployeeID != "" {
		key := strings.ToLower(u.EmployeeID)
		p.byEmployeeID[key] = append(p.byEmployeeID[key], one)
	}
	if u.Type == "Guest" {
		p.guests[u.ID] = true
		for _, address := range addresses(u.Mail, u.OtherMails, nil) {
			p.byAddress[address] = append(p.byAddress[address], one)
		}
	}
	for _, name := range append(addresses(u.Mail, nil, u.ProxyAddresses), u.ID, strings.ToLower(u.UserPrincipalName)) {
		if p.aliases[name] && !slices.Contains(p.byAlias[name], one) {
			p.byAlias[name] = append(p.byAlias[name], one)
		}
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
	tie := func(others []*person, why string) {
		for _, other := range others {
			if other.id != rec.leaver.ID && !slices.Contains(because[other.id], any(why)) {
				found[other.id], because[other.id] = other, append(because[other.id], why)
			}
		}
	}
	if rec.leaver.EmployeeID != "" {
		tie(r.persons.byEmployeeID[strings.ToLower(rec.leaver.EmployeeID)], "employeeId")
	}
	for _, alias := range rec.leaver.Aliases {
		tie(r.persons.byAlias[strings.ToLower(alias)], "alias")
	}
	own := r.people[rec.leaver.ID]
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
		"id": p.id, "userPrincipalName": p.userPrincipalName, "displayName": p.displayName, "mail": orNull(p.mail), "employeeId": orNull(p.employeeID),
		"userType": orNull(p.userType), "accountEnabled": nil, "createdDateTime": nil, "because": because,
	}
	if p.enabled != nil {
		out["accountEnabled"] = *p.enabled
	}
	if !p.created.IsZero() {
		out["createdDateTime"] = p.created.UTC().Format(time.RFC3339)
	}
	return out
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
