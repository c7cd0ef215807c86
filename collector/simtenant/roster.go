package simtenant

import (
	"bytes"
	"encoding/csv"
)

// rosterRow is one row of the roster file.
type rosterRow struct {
	id, upn, employeeID, mail, displayName, leftAt, timeZone, successor, mailHandling, aliases, note string
}

// How a row of the roster names its person.
const (
	byID = iota
	byUPN
	byEmployeeID
	byMail
	byUPNAndEmployeeID
	byAll
)

// enrol adds the leaver to the roster, named in one way or another.
func (l *leaver) enrol(how int) {
	r, u := &l.row, l.u
	switch how % (byAll + 1) {
	case byID:
		r.id = u.id
	case byUPN:
		r.upn = u.upn
	case byEmployeeID:
		r.employeeID = u.employeeID
	case byMail:
		r.mail = u.mail
	case byUPNAndEmployeeID:
		r.upn, r.employeeID = u.upn, u.employeeID
	case byAll:
		r.id, r.upn, r.employeeID, r.mail = u.id, u.upn, u.employeeID, u.mail
	}
	l.b.roster = append(l.b.roster, *r)
}

// Roster returns the roster file of the named cast and the generated leavers, CSV.
func (t *Tenant) Roster() []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{{
		"id", "userPrincipalName", "employeeId", "mail", "displayName", "leftAt", "timeZone", "successor", "mailHandling", "aliases", "note",
	}}
	for _, r := range t.roster {
		rows = append(rows, []string{
			r.id, r.upn, r.employeeID, r.mail, r.displayName, r.leftAt, r.timeZone, r.successor, r.mailHandling, r.aliases, r.note,
		})
	}
	if err := w.WriteAll(rows); err != nil {
		panic("simulated tenant: writing to memory: " + err.Error())
	}
	return out.Bytes()
}
