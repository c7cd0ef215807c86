package collector

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"leavercheck/collector/graph"
	"leavercheck/collector/roster"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// ErrUnreachable means that Microsoft Graph did not answer at all.
var ErrUnreachable = errors.New("cannot reach Microsoft Graph at")

// people are the accounts that some row of the roster may mean, by object id, in the spool.
type people struct {
	spool *spool
	where map[string]ref
}

func newPeople(s *spool) people { return people{s, map[string]ref{}} }

func (p people) keep(u graph.User) { p.where[u.ID] = p.spool.put(u) }

// get gives an account back; false when nobody has that id.
func (p people) get(id string) (graph.User, bool) {
	var u graph.User
	where, ok := p.where[id]
	if ok {
		p.spool.get(where, &u)
	}
	return u, ok
}

// directory reads the tenant's own facts and finds the leavers among its users.
func (r *run) directory(ctx context.Context, matcher *roster.Matcher) error {
	if err := r.tenantFacts(ctx); err != nil {
		return err
	}
	r.people, r.unplaced = newPeople(r.spool), snapshot.Fact{State: snapshot.Read}
	r.persons = newPersons(r.options.Entries, r.spool)
	if err := r.readBefore(); err != nil {
		return err
	}
	if err := r.findSources(ctx); err != nil {
		return err
	}
	r.enabled = map[string]bool{}
	listed := 0
	live, gone, err := r.listUsers(ctx, func(u graph.User) error {
		if listed++; listed%1000 == 0 {
			r.progress("users", listed, 0)
		}
		if u.Enabled != nil {
			r.enabled[u.ID] = *u.Enabled
		}
		r.persons.add(u)
		return r.offer(matcher, u)
	}, func(u graph.User) error { return r.offer(matcher, u) })
	if err != nil {
		return err
	}
	r.progress("users", listed, listed)
	for _, c := range r.wires {
		c.Fit(listed)
	}
	for _, o := range []graph.Outcome{live, gone} {
		r.sources = append(append(r.sources, o.From), o.Also...)
	}
	r.users = withoutValue(live.Fact)
	unread := live
	if unread.Fact.State == snapshot.Read {
		unread = gone
	}
	if unread.Fact.State == snapshot.Read {
		if r.asked, err = r.lookAgain(ctx, matcher); err != nil {
			return err
		}
	}
	matches, err := matcher.Matches()
	if err != nil {
		return err
	}
	for _, m := range matches {
		if err := r.add(m, live, gone, unread); err != nil {
			return err
		}
	}
	if err := r.addClaims(live, gone, unread); err != nil {
		return err
	}
	if err := r.somebody(); err != nil {
		return err
	}
	for _, rec := range r.records {
		rec.set(snapshot.Accounts, r.accounts(rec, live.Fact), append([]snapshot.Provenance{live.From}, live.Also...)...)
	}
	return nil
}

// lookAgain asks by name, and by id, for those of the roster whom neither listing has: an account that was
// restored between the listing of the live and that of the deleted is in neither, and who is only thought to be
// gone would be thought to be done with. Whoever is there is offered to the matcher. With an outcome other than
// "read" nobody is known to be gone.
func (r *run) lookAgain(ctx context.Context, matcher *roster.Matcher) (graph.Outcome, error) {
	matches, err := matcher.Matches()
	if err != nil {
		return graph.Outcome{}, err
	}
	var filters, ids []string
	for _, m := range matches {
		if m.Account != nil {
			continue
		}
		if filter := graph.NameFilter(m.Entry.UserPrincipalName, m.Entry.Mail, m.Entry.EmployeeID); filter != "" {
			filters = append(filters, filter)
		}
		if m.Entry.ID != "" {
			ids = append(ids, m.Entry.ID)
		}
	}
	named, o := r.graph.UsersByName(ctx, filters)
	if o.Fact.State != snapshot.Read {
		return o, nil
	}
	for _, id := range named {
		if _, listed := r.enabled[id]; !listed && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	found, o := r.graph.UsersByID(ctx, ids)
	for _, id := range slices.Sorted(maps.Keys(found)) {
		u := found[id]
		if u.Enabled != nil {
			r.enabled[id] = *u.Enabled
		}
		r.persons.add(u)
		if err := r.offer(matcher, u); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (r *run) offer(matcher *roster.Matcher, u graph.User) error {
	if !roster.IsObjectID(u.ID) {
		return fmt.Errorf("a user whose id is no object id: %.40q", u.ID)
	}
	claimed, err := r.entra.offer(u)
	if matcher.Offer(accountOf(u)) || claimed {
		r.people.keep(u)
	}
	return err
}

func accountOf(u graph.User) roster.Account {
	return roster.Account{
		ID: u.ID, UserPrincipalName: u.UserPrincipalName, Mail: u.Mail, EmployeeID: u.EmployeeID, DisplayName: u.DisplayName,
		ProxyAddresses: u.ProxyAddresses, Created: u.Created, Deleted: u.Deleted,
	}
}

// add makes a record of a match. Unread is a listing of users that broke, if one did: then nobody who
// was not found is known to be gone, and a name may belong to somebody who was not listed.
func (r *run) add(m roster.Match, live, gone, unread graph.Outcome) error {
	e := m.Entry
	leaver := snapshot.Leaver{
		ID: e.ID, UserPrincipalName: e.UserPrincipalName, DisplayName: e.DisplayName, Mail: e.Mail, EmployeeID: e.EmployeeID,
		LeftAt: e.LeftAt, LeftBy: e.LeftBy, Source: e.Source, Successor: e.Successor, MailHandling: e.MailHandling,
		Aliases: e.Aliases, Note: e.Note,
	}
	for _, other := range m.NotThem {
		leaver.NotThem = append(leaver.NotThem, snapshot.NotThem{
			ID: other.Account.ID, UserPrincipalName: other.Account.UserPrincipalName, CreatedDateTime: other.Account.Created.UTC(), Why: other.Why,
		})
	}
	slices.SortFunc(leaver.NotThem, func(a, b snapshot.NotThem) int { return strings.Compare(a.ID, b.ID) })
	complete := unread.Fact.State == snapshot.Read
	from := unread.From
	var account, licences snapshot.Fact
	switch {
	case m.Account != nil && (complete || m.By == "id"):
		u, _ := r.people.get(m.Account.ID)
		leaver.State, leaver.MatchedBy, from = snapshot.Live, m.By, live.From
		if !u.Deleted.IsZero() {
			leaver.State, from = snapshot.Deleted, gone.From
		}
		leaver.ID = u.ID
		known(&leaver.UserPrincipalName, u.UserPrincipalName)
		known(&leaver.DisplayName, u.DisplayName)
		known(&leaver.Mail, u.Mail)
		known(&leaver.EmployeeID, u.EmployeeID)
		var err error
		if account, err = u.Account(); err != nil {
			account = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Malformed, Detail: err.Error()}
		}
		licences = u.Licences()
	case complete && undecided(m):
		leaver.State = snapshot.Unread
		account = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.Integrity, Detail: undecidedWhy(m), Needs: "the column id in the roster"}
		licences = account
	case complete && r.elsewhere(e) != "":
		leaver.State = snapshot.Unread
		account = snapshot.Fact{
			State: snapshot.Unknown, Reason: snapshot.Integrity, Needs: "the column id in the roster",
			Detail: "the account that bore this name in the baseline is live under another: " + r.elsewhere(e),
		}
		licences = account
	case complete && r.asked.Fact.State != snapshot.Read:
		leaver.State, from = snapshot.Unread, r.asked.From
		account, licences = r.asked.Fact, r.asked.Fact
	case complete:
		leaver.State = snapshot.NotFound
		account = snapshot.Fact{State: snapshot.Absent}
		licences = snapshot.Fact{State: snapshot.Absent}
	default:
		leaver.State = snapshot.Unread
		account, licences = unread.Fact, unread.Fact
	}
	if r.exclude(leaver, e) {
		return nil
	}
	if leaver.State == snapshot.Unread {
		r.unplaced = withoutValue(account)
	}
	if leaver.LeftAt.After(r.started) {
		leaver.State = snapshot.NotYet
	}
	rec := newRecord(leaver, r.spool)
	if other, ok := r.records[leaver.Key()]; ok {
		return &roster.Error{File: e.Source, Message: "means the same account as " + other.leaver.Source}
	}
	r.records[leaver.Key()] = rec
	rec.set(snapshot.Account, account, from)
	rec.set(snapshot.Licences, licences, from)
	return nil
}

// readBefore indexes the leavers of the baseline by name.
func (r *run) readBefore() error {
	r.before = map[string]string{}
	if r.options.Baseline == nil {
		return nil
	}
	return r.options.Baseline.Leavers(func(old snapshot.Record) error {
		for _, name := range []string{old.Leaver.UserPrincipalName, old.Leaver.Mail, old.Leaver.EmployeeID} {
			if name = strings.ToLower(name); name != "" && old.Leaver.ID != "" {
				if other, ok := r.before[name]; ok && other != old.Leaver.ID {
					r.before[name] = "" // two bore it: it means neither
					continue
				}
				r.before[name] = old.Leaver.ID
			}
		}
		return nil
	})
}

// elsewhere is the live account of somebody who is not found by name, if the baseline knows the account:
// it was restored or renamed, and did not go. Empty if there is none.
func (r *run) elsewhere(e roster.Entry) string {
	for _, name := range []string{e.UserPrincipalName, e.Mail, e.EmployeeID} {
		id := r.before[strings.ToLower(name)]
		if _, live := r.enabled[id]; live && id != "" {
			return id
		}
	}
	return ""
}

// undecided reports whether an account bears the leaver's name and cannot be told from somebody else's.
func undecided(m roster.Match) bool { return undecidedWhy(m) != "" }

func undecidedWhy(m roster.Match) string {
	for _, o := range m.NotThem {
		if o.Undecided {
			return o.Account.UserPrincipalName + ": " + o.Why
		}
	}
	return ""
}

// known prefers what the directory says to what the roster says.
func known(field *string, value string) {
	if value != "" {
		*field = value
	}
}

// tenantFacts reads what holds for everybody, and from the licences how far back the logs reach. It is
// the first thing asked: a Graph that cannot be reached at all ends the run here, instead of making a
// snapshot in which everything is unknown.
func (r *run) tenantFacts(ctx context.Context) error {
	organization := r.graph.Organization(ctx)
	if unreachable := new(wire.Error); errors.As(organization.Err, &unreachable) && unreachable.Kind == wire.Unreachable {
		return fmt.Errorf("%w %s; check --graph-endpoint, the proxy and --ca-file: %w", ErrUnreachable, r.options.Cloud.Graph, unreachable.Err)
	}
	skus, domains := r.graph.SubscribedSKUs(ctx), r.graph.Domains(ctx)
	drives, reports := r.graph.SharePointSettings(ctx), r.graph.ReportSettings(ctx)
	settings := r.exchange.Organization(ctx)
	r.setTenant(snapshot.SubscribedSKUs, skus.Fact, skus.From)
	r.setTenant(snapshot.Domains, domains.Fact, domains.From)
	r.setTenant(snapshot.SharePointSettings, drives.Fact, drives.From)
	r.setTenant(snapshot.ReportSettings, reports.Fact, reports.From)
	r.setTenant(snapshot.Organization, organizationFact(organization.Fact, settings.Fact), organization.From, settings.From)
	from := r.started.Add(-retention(skus.Fact))
	window := snapshot.Window{From: from, To: r.started}
	r.windows = map[string]snapshot.Window{snapshot.LogSignIns: window, snapshot.LogAudits: window}
	return nil
}

func (r *run) setTenant(name string, f snapshot.Fact, sources ...snapshot.Provenance) {
	r.tenant[name] = f
	for _, from := range sources {
		from.Fact = name
		r.sources = append(r.sources, from)
	}
}

// organizationFact joins what Graph and what Exchange say of the organization. It is read only if both
// were; what one of them said stays as a part.
func organizationFact(entry, settings snapshot.Fact) snapshot.Fact {
	value := map[string]any{}
	for _, part := range []snapshot.Fact{entry, settings} {
		properties, _ := part.Value.(map[string]any)
		for name, v := range properties {
			value[name] = v
		}
	}
	f := snapshot.Fact{State: snapshot.Read}
	if entry.State != snapshot.Read {
		f = entry
	}
	if settings.State != snapshot.Read {
		f = settings
	}
	f.Value = value
	return f
}

// Logs are kept 30 days with Entra ID P1 or P2, and 7 without
// (learn.microsoft.com/entra/identity/monitoring-health/reference-reports-data-retention). They are asked
// for as long as any tenant keeps them; the manifest claims to cover only what this one's licences keep.
const (
	retentionPremium = 30 * 24 * time.Hour
	retentionFree    = 7 * 24 * time.Hour
)

// retention is how far back the tenant's logs reach: the shorter span when the licences are not known.
func retention(skus snapshot.Fact) time.Duration {
	if subscribed(skus, func(plan string) bool { return plan == "AAD_PREMIUM" || plan == "AAD_PREMIUM_P2" }) {
		return retentionPremium
	}
	return retentionFree
}

// subscribed reports whether some subscription that is in force is known to bring a service plan.
func subscribed(skus snapshot.Fact, wanted func(plan string) bool) bool {
	all, _ := skus.Value.(map[string]any)
	for _, sku := range all {
		properties, _ := sku.(map[string]any)
		status, _ := properties["capabilityStatus"].(string)
		if skus.State != snapshot.Read || status != "Enabled" && status != "Warning" {
			continue
		}
		plans, _ := properties["servicePlans"].([]any)
		for _, p := range plans {
			plan, _ := p.(map[string]any)
			if name, _ := plan["servicePlanName"].(string); wanted(name) {
				return true
			}
		}
	}
	return false
}
