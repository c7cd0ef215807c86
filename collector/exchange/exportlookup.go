package exchange

import (
	"fmt"
	"slices"
	"strings"

	"leavercheck/collector/snapshot"
)

// answerMailbox answers Get-Mailbox: one account in one view, or all live mailboxes of a kind.
func (e *Export) answerMailbox(q question) ([]row, error) {
	if err := q.only("Identity", "SoftDeletedMailbox", "InactiveMailboxOnly", "RecipientTypeDetails"); err != nil {
		return nil, err
	}
	view := stateLive
	switch {
	case q.switches["SoftDeletedMailbox"] && q.switches["InactiveMailboxOnly"]:
		return nil, q.cannot("SoftDeletedMailbox")
	case q.switches["SoftDeletedMailbox"]:
		view = stateSoftDeleted
	case q.switches["InactiveMailboxOnly"]:
		view = stateInactive
	}
	candidates, named := e.mailboxes, false
	if identity, ok := q.texts["Identity"]; ok {
		candidates, named = e.byName[strings.ToLower(identity)], true
	}
	var rows []row
	for _, m := range candidates {
		if kind, ok := q.texts["RecipientTypeDetails"]; ok {
			is, readable := m.record.values["recipienttypedetails"].(string)
			switch {
			case !readable:
				return nil, m.table.unreadable(m.record, "RecipientTypeDetails cannot be read")
			case !strings.EqualFold(is, kind):
				continue
			}
		}
		switch {
		case m.view == viewUnclear:
			return nil, m.table.unreadable(m.record, "IsInactiveMailbox and WhenSoftDeleted do not say whether the mailbox is live")
		case m.view != view:
			continue
		case m.table.failure != nil:
			return nil, m.table.failure
		}
		picked, err := e.pickAll(m.table, []*record{m.record}, q.properties)
		if err != nil {
			return nil, err
		}
		rows = append(rows, picked...)
	}
	if named && len(rows) > 0 {
		return rows, nil
	}
	if err := e.allListed(view, named); err != nil {
		return nil, err
	}
	if named {
		return nil, fmt.Errorf("%w: %s in the Exchange export", errAbsent, title{getMailbox, view})
	}
	return rows, nil
}

// allListed checks that a mailbox which is not among those of a view does not exist there.
func (e *Export) allListed(view string, named bool) error {
	t, err := e.table(title{getMailbox, view})
	if err != nil {
		return err
	}
	if err := e.cut(t); err != nil || !named {
		return err
	}
	if r := t.ownerless; r != nil {
		return &exportError{
			snapshot.Integrity, fmt.Sprintf("%s, the row at line %d: a mailbox without ExternalDirectoryObjectId may be the one that is looked for", t.file, r.line),
			"a file that says whose each mailbox is, as " + scriptCommand + " makes it",
		}
	}
	return nil
}

// answerRecipient answers Get-Recipient for a name.
func (e *Export) answerRecipient(q question) ([]row, error) {
	t, err := e.table(title{getRecipient, stateLive})
	if err == nil {
		err = q.only("Identity")
	}
	if err != nil {
		return nil, err
	}
	identity, ok := q.texts["Identity"]
	if !ok {
		return nil, q.cannot("ResultSize")
	}
	if found := e.recipients[strings.ToLower(identity)]; len(found) > 0 {
		return e.pickAll(t, found, q.properties)
	}
	if err := e.cut(t); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%w: %s in the Exchange export", errAbsent, getRecipient)
}

// answerOwned answers a cmdlet that is about one mailbox.
func (e *Export) answerOwned(q question) ([]row, error) {
	parameter, titles := "Identity", []title{{q.cmdlet, stateLive}}
	views := []string{stateLive}
	switch q.cmdlet {
	case getMobileDevice, getDeviceStatistics, getInboxRule:
		parameter = "Mailbox"
	case getMailboxStatistics:
		if q.switches["IncludeSoftDeletedRecipients"] {
			views = []string{stateLive, stateSoftDeleted, stateInactive}
			titles = []title{{q.cmdlet, stateSoftDeleted}, {q.cmdlet, stateLive}}
		}
	}
	if err := q.only(parameter, "IncludeHidden", "IncludeSoftDeletedRecipients"); err != nil {
		return nil, err
	}
	identity, ok := q.texts[parameter]
	if !ok {
		return nil, &exportError{snapshot.NotCollected, fmt.Sprintf("an Exchange export does not answer %s for nobody in particular", q.cmdlet), "the Exchange REST interface"}
	}
	who := e.resolve(strings.ToLower(identity), views...)
	if who == nil {
		return nil, &exportError{
			snapshot.Integrity, fmt.Sprintf("%s: the Exchange export has not exactly one mailbox of that name", q.cmdlet),
			"an export made in one go by " + scriptCommand,
		}
	}
	// Two files may have the mailbox: rows count before the word that there are none, that before silence.
	var first error
	empty := false
	for _, what := range titles {
		rows, err := e.owned(q, what, who)
		if len(rows) > 0 {
			return rows, err
		}
		if empty = empty || err == nil; first == nil {
			first = err
		}
	}
	if empty {
		return nil, nil
	}
	return nil, first
}

// owned gives the rows of one mailbox in one file. Rows beside an error are a part of what there may be.
func (e *Export) owned(q question, what title, who *filed) ([]row, error) {
	t, err := e.table(what)
	if err != nil {
		return nil, err
	}
	rows, err := e.pickAll(t, t.own[who], q.properties)
	if err != nil {
		return nil, err
	}
	if t.orphan != nil {
		return rows, &exportError{
			snapshot.Integrity, fmt.Sprintf("%s, the row at line %d: it cannot be told whose this row is", t.file, t.orphan.line),
			"a file with the ExchangeGuid of the mailbox in every row, as " + scriptCommand + " makes it",
		}
	}
	if err := e.asked(t, who.names); err != nil {
		return rows, err
	}
	if q.switches["IncludeHidden"] && !t.hidden {
		return rows, &exportError{snapshot.NotCollected, t.file + ": nothing shows that hidden rules were asked for", "an export made by " + scriptCommand}
	}
	switch {
	case t.asked != nil:
		return rows, nil
	case slices.Contains([]string{getCASMailbox, getMobileDevice, getRecipientPermission}, q.cmdlet):
		// Run for nobody in particular, these list everybody's.
		if err := e.cut(t); err != nil {
			return rows, err
		}
		switch {
		case len(rows) > 0:
		case q.cmdlet == getCASMailbox:
			return nil, fmt.Errorf("%w: %s", errAbsent, t.file)
		case q.cmdlet == getMobileDevice && e.synchronises(who):
			return nil, &exportError{
				snapshot.Integrity, t.file + " has no device of a mailbox with HasActiveSyncDevicePartnership; was it made for all mailboxes?",
				"all devices, as Get-MobileDevice -ResultSize Unlimited gives them",
			}
		}
	case len(rows) == 0:
		return nil, notAsked(t)
	}
	return rows, nil
}

// synchronises reports whether Get-CASMailbox says that a mailbox has devices.
func (e *Export) synchronises(who *filed) bool {
	t := e.tables[title{getCASMailbox, stateLive}]
	return t != nil && slices.ContainsFunc(t.own[who], func(r *record) bool { return r.values["hasactivesyncdevicepartnership"] == true })
}

// asked checks that a file which says whom it was asked about was asked about somebody with these names.
func (e *Export) asked(t *table, names []string) error {
	if t.asked == nil || slices.ContainsFunc(names, func(name string) bool { return t.asked[name] }) {
		return nil
	}
	for _, name := range names {
		if message, ok := t.failed[name]; ok {
			if notFound(message) {
				return fmt.Errorf("%w: %s when the export was made", errAbsent, t.cmdlet)
			}
			failure := cmdletFailed(t.cmdlet, message)
			if len(t.asked) > 0 && failure.reason == snapshot.Forbidden {
				failure.reason = snapshot.NotCollected // others were read with the same role
			}
			return failure
		}
	}
	return notAsked(t)
}

func notAsked(t *table) *exportError {
	return &exportError{
		snapshot.NotCollected, fmt.Sprintf("nothing shows that %s was asked for this mailbox when the export was made", t.cmdlet),
		"an export with this person among the -Leavers of the script (" + scriptCommand + ")",
	}
}

// answerTrustee answers Get-RecipientPermission for what somebody was given.
func (e *Export) answerTrustee(q question) ([]row, error) {
	if err := q.only("Trustee"); err != nil {
		return nil, err
	}
	t, err := e.table(title{q.cmdlet, stateLive})
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(q.texts["Trustee"])
	names := []string{name}
	if who := e.resolve(name, stateLive, stateSoftDeleted, stateInactive); who != nil {
		names = append(names, who.names...)
	}
	for _, r := range e.recipients[name] {
		names = append(names, namesOf(r)...)
	}
	if err := e.asked(t, names); err != nil {
		return nil, err
	}
	slices.Sort(names)
	var own []*record
	for _, name := range slices.Compact(names) {
		own = append(own, t.given[name]...)
	}
	rows, err := e.pickAll(t, own, q.properties)
	// Whoever was asked for by two of their names has everything twice.
	rows = slices.DeleteFunc(rows, repeated())
	switch {
	case err != nil:
		return nil, err
	case t.stranger != nil:
		return rows, t.unreadable(t.stranger, "it cannot be told who its Trustee is")
	case t.asked != nil:
		return rows, nil
	}
	return rows, e.cut(t)
}

// repeated reports, of one row after the other, whether it is the same as one before.
func repeated() func(row) bool {
	seen := map[string]bool{}
	return func(r row) bool {
		key := fmt.Sprintf("%q", r) // maps are printed with their keys in order
		twice := seen[key]
		seen[key] = true
		return twice
	}
}
