package exchange

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"leavercheck/collector/snapshot"
)

// The cmdlets that an export may hold.
const (
	getMailbox             = "Get-Mailbox"
	getCASMailbox          = "Get-CASMailbox"
	getMobileDevice        = "Get-MobileDevice"
	getDeviceStatistics    = "Get-MobileDeviceStatistics"
	getMailboxStatistics   = "Get-MailboxStatistics"
	getInboxRule           = "Get-InboxRule"
	getMailboxPermission   = "Get-MailboxPermission"
	getRecipientPermission = "Get-RecipientPermission"
	getRecipient           = "Get-Recipient"
	getOrganizationConfig  = "Get-OrganizationConfig"
	getTransportConfig     = "Get-TransportConfig"
)

// title is what a file of an export is about: a cmdlet, and which of its views.
type title struct{ cmdlet, view string }

// String is the name of the file, without what says how it is written.
func (t title) String() string {
	return map[string]string{stateLive: t.cmdlet, stateSoftDeleted: t.cmdlet + ".SoftDeleted", stateInactive: t.cmdlet + ".Inactive"}[t.view]
}

// titleOf reads a file's name: "Get-Mailbox.json", "Get-Mailbox.SoftDeleted.csv".
func titleOf(file string) (title, bool) {
	name := strings.ToLower(file)
	stem, isJSON := strings.CutSuffix(name, ".json")
	stem, isCSV := strings.CutSuffix(stem, ".csv")
	if isJSON == isCSV {
		return title{}, false
	}
	for _, cmdlet := range []string{
		getMailbox, getCASMailbox, getMobileDevice, getDeviceStatistics, getMailboxStatistics, getInboxRule,
		getMailboxPermission, getRecipientPermission, getRecipient, getOrganizationConfig, getTransportConfig,
	} {
		rest, ok := strings.CutPrefix(stem, strings.ToLower(cmdlet))
		deleted := cmdlet == getMailbox || cmdlet == getMailboxStatistics
		switch {
		case !ok:
		case rest == "":
			return title{cmdlet, stateLive}, true
		case deleted && slices.Contains([]string{".softdeleted", "-softdeleted", ".softdeletedmailbox", "-softdeletedmailbox"}, rest):
			return title{cmdlet, stateSoftDeleted}, true
		case cmdlet == getMailbox && slices.Contains([]string{".inactive", "-inactive", ".inactivemailboxonly", "-inactivemailboxonly"}, rest):
			return title{cmdlet, stateInactive}, true
		}
	}
	return title{}, false
}

// run answers a cmdlet as the service would have, as far as the files go.
func (e *Export) run(_ context.Context, cmdlet string, parameters map[string]any, properties []string) ([]row, snapshot.Provenance, error) {
	from := snapshot.Provenance{Endpoint: cmdlet + " (export)", At: e.madeAt}
	if e.stale != nil {
		return nil, from, e.stale
	}
	q := question{cmdlet: cmdlet, properties: properties, texts: map[string]string{}, switches: map[string]bool{}}
	for name, value := range parameters {
		switch v := value.(type) {
		case string:
			q.texts[name] = v
		case bool:
			q.switches[name] = v
		default:
			return nil, from, q.cannot(name)
		}
	}
	delete(q.texts, "ResultSize") // files have all there is, or are not trusted to
	rows, err := e.answer(q)
	return rows, from, err
}

// question is a cmdlet with its parameters.
type question struct {
	cmdlet     string
	properties []string
	texts      map[string]string
	switches   map[string]bool
}

func (q question) cannot(parameter string) *exportError {
	return &exportError{snapshot.NotCollected, fmt.Sprintf("an Exchange export does not answer %s with -%s", q.cmdlet, parameter), "the Exchange REST interface"}
}

// only refuses parameters that an answer would not honour.
func (q question) only(known ...string) error {
	for _, name := range slices.Sorted(maps.Keys(q.texts)) {
		if !slices.Contains(known, name) {
			return q.cannot(name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(q.switches)) {
		if !slices.Contains(known, name) {
			return q.cannot(name)
		}
	}
	return nil
}

func (e *Export) answer(q question) ([]row, error) {
	switch q.cmdlet {
	case getMailbox:
		return e.answerMailbox(q)
	case getRecipient:
		return e.answerRecipient(q)
	case getOrganizationConfig, getTransportConfig:
		t, err := e.table(title{q.cmdlet, stateLive})
		if err == nil {
			err = q.only()
		}
		if err != nil {
			return nil, err
		}
		return e.pickAll(t, all(t), q.properties)
	case getRecipientPermission:
		if _, ok := q.texts["Trustee"]; ok {
			return e.answerTrustee(q)
		}
		// A file that was asked for by trustee has some rights on a mailbox, not all.
		if t := e.tables[title{q.cmdlet, stateLive}]; t != nil && t.asked != nil {
			return nil, q.cannot("Identity")
		}
	}
	return e.answerOwned(q)
}

// table is a file that can be used.
func (e *Export) table(what title) (*table, error) {
	t := e.tables[what]
	if t == nil {
		return nil, &exportError{
			snapshot.NotCollected, fmt.Sprintf("the Exchange export has no %s", what),
			fmt.Sprintf("the file %s.json in the export; %s makes it", what, scriptCommand),
		}
	}
	if t.failure != nil {
		return nil, t.failure
	}
	return t, nil
}

// cut says why a listing may lack rows that exist, if so.
func (e *Export) cut(t *table) error {
	if !e.described && len(t.records) == defaultRows {
		return &exportError{
			snapshot.NotCollected, fmt.Sprintf("%s has exactly %d rows, where a cmdlet stops that is not told -ResultSize Unlimited", t.file, defaultRows),
			"all rows, as " + scriptCommand + " writes them",
		}
	}
	return nil
}

func all(t *table) []*record {
	out := make([]*record, len(t.records))
	for i := range t.records {
		out[i] = &t.records[i]
	}
	return out
}

// pickAll gives records with the wanted properties. A record that lacks one, or has one that cannot be
// read, is no answer.
func (e *Export) pickAll(t *table, records []*record, properties []string) ([]row, error) {
	var out []row
	for _, r := range records {
		for _, name := range filled(t.cmdlet) {
			if lower := strings.ToLower(name); r.values[lower] == nil && r.bad[lower] == "" {
				return nil, t.unreadable(r, "has no value of "+name+", which Exchange never leaves empty: the object was not read whole")
			}
		}
		picked := make(row, len(properties))
		for _, name := range properties {
			lower := strings.ToLower(name)
			value, there := r.values[lower]
			switch {
			case r.bad[lower] != "":
				return nil, t.unreadable(r, name+" "+r.bad[lower])
			case there:
				picked[name] = value
			case !e.dispensable[lower] && !e.dispensable[strings.ToLower(t.cmdlet)+" "+lower]:
				return nil, t.unreadable(r, "has no "+name)
			}
		}
		out = append(out, picked)
	}
	return out, nil
}

func (t *table) unreadable(r *record, what string) *exportError {
	return &exportError{
		snapshot.Malformed, fmt.Sprintf("%s, the row at line %d: %s", t.file, r.line, what),
		"a file with every property as plain text, as " + scriptCommand + " makes it",
	}
}

// viewUnclear is the view of a mailbox of which the file does not say whether it is live.
const viewUnclear = "unclear"

// filed is a mailbox of the export.
type filed struct {
	table  *table
	record *record
	view   string
	names  []string
}

// owning says whose a row is: nobody's in the export if who is nil, and anybody's if it is not clear.
type owning struct {
	who   *filed
	clear bool
}

var anyGUID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// index finds out who is who.
func (e *Export) index() {
	e.byName, e.recipients = map[string][]*filed{}, map[string][]*record{}
	for _, view := range []string{stateLive, stateSoftDeleted, stateInactive} {
		t := e.tables[title{getMailbox, view}]
		if t == nil {
			continue
		}
		for i := range t.records {
			m := &filed{table: t, record: &t.records[i], names: namesOf(&t.records[i])}
			if m.view = viewOf(m.record, view); view != stateLive && m.view != view && t.failure == nil {
				t.failure = &exportError{
					snapshot.Integrity, fmt.Sprintf("%s, the row at line %d: nothing shows that this mailbox is of the kind that the file is about", t.file, m.record.line),
					"a file made with the right switch, as " + scriptCommand + " does",
				}
			}
			e.mailboxes = append(e.mailboxes, m)
			kind := text(m.record.values, "recipienttypedetails")
			if person := kind == "" || slices.Contains([]string{"user", "sharedMailbox"}, recipientKind(kind)); person && text(m.record.values, "externaldirectoryobjectid") == "" {
				t.ownerless = m.record
			}
			for _, name := range m.names {
				e.byName[name] = append(e.byName[name], m)
			}
		}
	}
	for what, t := range e.tables {
		switch what.cmdlet {
		case getMailbox, getOrganizationConfig, getTransportConfig:
		case getRecipient:
			for _, r := range all(t) {
				for _, name := range namesOf(r) {
					e.recipients[name] = append(e.recipients[name], r)
				}
			}
		default:
			e.indexOwners(t)
		}
	}
	// Trustees are found among recipients too, so these come first.
	if t := e.tables[title{getRecipientPermission, stateLive}]; t != nil {
		e.indexTrustees(t)
	}
}

func (e *Export) indexOwners(t *table) {
	t.own = map[*filed][]*record{}
	for _, r := range all(t) {
		o := e.ownerOf(t, r)
		switch {
		case o.who != nil:
			t.own[o.who] = append(t.own[o.who], r)
		case !o.clear:
			t.orphan = r
		}
	}
}

func (e *Export) indexTrustees(t *table) {
	t.given = map[string][]*record{}
	for _, r := range all(t) {
		trustee := strings.ToLower(text(r.values, "askedtrustee"))
		if trustee == "" {
			trustee = strings.ToLower(text(r.values, "trustee"))
			known := len(e.byName[trustee]) > 0 || len(e.recipients[trustee]) > 0 || strings.HasPrefix(trustee, `nt authority\`) || strings.HasPrefix(trustee, "s-1-")
			if !known {
				t.stranger = r
			}
		}
		t.given[trustee] = append(t.given[trustee], r)
	}
}

// namesOf are the names by which identities mean a recipient, in lower case, each once.
func namesOf(r *record) []string {
	var out []string
	add := func(name string) {
		if name = strings.ToLower(name); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, property := range append(ownNames(), "DistinguishedName") {
		add(text(r.values, strings.ToLower(property)))
	}
	addresses, _ := r.values["emailaddresses"].([]any)
	for _, a := range addresses {
		if s, _ := a.(string); len(s) > len("smtp:") && strings.EqualFold(s[:len("smtp:")], "smtp:") {
			add(s[len("smtp:"):])
		}
	}
	return out
}

// viewOf says where a mailbox is: by its own properties, for a file may hold more than its name says.
func viewOf(r *record, file string) string {
	inactive, told := r.values["isinactivemailbox"]
	deleted, when := r.values["whensoftdeleted"]
	at, _ := deleted.(string)
	gone := at != "" && !snapshot.Never(at)
	switch {
	case inactive == true:
		// The view of soft-deleted mailboxes shows the inactive ones too.
		if file == stateSoftDeleted {
			return stateSoftDeleted
		}
		return stateInactive
	case gone:
		return stateSoftDeleted
	case told && when:
		return stateLive
	}
	return viewUnclear
}

// ownerOf finds the mailbox that a row of another cmdlet is about: by a property that names it, else by
// the row's identity, which begins with the mailbox's.
func (e *Export) ownerOf(t *table, r *record) owning {
	properties := []string{"exchangeguid", "mailboxguid", "mailbox"}
	if t.cmdlet == getCASMailbox {
		properties = []string{"exchangeguid", "externaldirectoryobjectid", "guid"}
	}
	for _, p := range properties {
		if r.bad[p] != "" {
			return owning{}
		}
		if key := strings.ToLower(text(r.values, p)); key != "" {
			who := e.resolve(key, stateLive, stateSoftDeleted, stateInactive)
			return owning{who, who != nil || anyGUID.MatchString(key) && len(e.byName[key]) == 0}
		}
	}
	who := e.resolve(strings.ToLower(owner(text(r.values, "identity"))), stateLive, stateSoftDeleted, stateInactive)
	return owning{who, who != nil}
}

// resolve finds the one mailbox that a name means, looking through the views in order; nil if there is
// none, or if several have the name.
func (e *Export) resolve(name string, views ...string) *filed {
	for _, view := range views {
		var found []*filed
		for _, m := range e.byName[name] {
			if m.view == view {
				found = append(found, m)
			}
		}
		if len(found) == 1 {
			return found[0]
		}
		if len(found) > 1 {
			return nil
		}
	}
	return nil
}
