package collector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"leavercheck/collector/graph"
	"leavercheck/collector/roster"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// ErrPopulation means that it is not known whom to look at, or that there is nobody: a permission is missing, a
// group does not exist, or the sources name no one. A scan of no people proves nothing.
var ErrPopulation = errors.New("who left is not known")

// entra finds the leavers that the tenant itself names. All sources but groups read what is listed anyway, so
// that they cost no request.
type entra struct {
	sources []roster.Source
	// members are, per source that is a group, the ids of the people in it.
	members map[roster.Source]map[string]bool
	claims  map[string]*claim // by object id
	// named counts, per source, whom it names.
	named map[roster.Source]int
	// guests counts the disabled guests that a source of members leaves out.
	guests int
	// undated counts the deleted accounts of which the directory gives no leave date, not even null.
	undated int
}

// claim is what the sources say of one account.
type claim struct {
	by     []roster.Source
	leaves time.Time // the leave date; zero for none
}

func (c *claim) says(kind roster.SourceKind) bool {
	return slices.ContainsFunc(c.by, func(s roster.Source) bool { return s.Kind == kind })
}

// reads reports whether a kind of source is asked.
func (e *entra) reads(kind roster.SourceKind) bool {
	return slices.ContainsFunc(e.sources, func(s roster.Source) bool { return s.Kind == kind })
}

// more are the properties of users that the sources need beside those of the facts.
func (e *entra) more() []string {
	if e.reads(roster.LeaveDate) {
		return []string{graph.LeaveDate}
	}
	return nil
}

// findSources reads the groups, and refuses what the token cannot read: a leave date that is null for want of a
// permission looks like somebody who stays.
func (r *run) findSources(ctx context.Context) error {
	r.entra = entra{
		sources: r.options.Entra, members: map[roster.Source]map[string]bool{}, claims: map[string]*claim{}, named: map[roster.Source]int{},
	}
	if r.entra.reads(roster.LeaveDate) && r.identity.delegated() {
		return fmt.Errorf("%w: entra:leave-date is read by an application only; a person's token shows null where a role is missing, and everybody would look like they stay", ErrPopulation)
	}
	may := r.identity.permissions()
	needed := graph.LeaveDatePermissions()
	if r.entra.reads(roster.LeaveDate) && !slices.ContainsFunc(needed, func(p string) bool { return slices.Contains(may, p) }) {
		return fmt.Errorf("%w: entra:leave-date reads %s, which needs the Graph application permission %s; the token has it not, and everybody would look like they stay",
			ErrPopulation, graph.LeaveDate, needed[0])
	}
	for _, s := range r.entra.sources {
		if s.Kind != roster.Group {
			continue
		}
		members := map[string]bool{}
		o := r.graph.PeopleIn(ctx, s.Group, func(id string) error {
			if !roster.IsObjectID(id) {
				return fmt.Errorf("a member whose id is no object id: %.40q", id)
			}
			members[id] = true
			return nil
		})
		if refusal := new(wire.Error); errors.As(o.Err, &refusal) && refusal.Status == http.StatusNotFound {
			return fmt.Errorf("%w: %s: there is no such group in the tenant", ErrPopulation, s)
		}
		if err := unreadable(s, o); err != nil {
			return err
		}
		r.sources = append(r.sources, o.From)
		r.entra.members[s] = members
		for id := range members {
			r.entra.claim(id, s, time.Time{})
		}
	}
	return nil
}

// unreadable is the error of a source whose listing did not come to its end: whoever is missing would not be
// looked at, and nobody would know.
func unreadable(s roster.Source, o graph.Outcome) error {
	f := o.Fact
	switch {
	case f.State == snapshot.Read:
		return nil
	case f.Needs != "" && (f.Reason == snapshot.Forbidden || f.Reason == snapshot.Unlicensed):
		return fmt.Errorf("%w: %s cannot be read: %s; needs %s", ErrPopulation, s, f.Detail, f.Needs)
	}
	return fmt.Errorf("read %s: %w", s, o.Err)
}

func (e *entra) claim(id string, by roster.Source, leaves time.Time) {
	e.named[by]++
	c := e.claims[id]
	if c == nil {
		c = &claim{}
		e.claims[id] = c
	}
	if !slices.Contains(c.by, by) {
		c.by = append(c.by, by)
	}
	if !leaves.IsZero() {
		c.leaves = leaves
	}
}

// offer asks the sources about an account as it is listed, and reports whether one names it.
func (e *entra) offer(u graph.User) (bool, error) {
	for _, s := range e.sources {
		switch s.Kind {
		case roster.LeaveDate:
			switch {
			case !u.Leaves.IsZero():
				e.claim(u.ID, s, u.Leaves)
			case !u.LeaveDateGiven && u.Deleted.IsZero():
				return false, fmt.Errorf("user %s: %s was asked for and left out, which is not the same as null", u.ID, graph.LeaveDate)
			case !u.LeaveDateGiven:
				e.undated++
			}
		case roster.Deleted:
			if !u.Deleted.IsZero() {
				e.claim(u.ID, s, time.Time{})
			}
		case roster.Disabled:
			if u.Deleted.IsZero() && u.Enabled == nil {
				return false, fmt.Errorf("user %s: accountEnabled is null, which says neither enabled nor disabled", u.ID)
			}
			if !u.Deleted.IsZero() || *u.Enabled {
				continue
			}
			if u.Type == "Guest" && !s.Guests {
				e.guests++
				continue
			}
			e.claim(u.ID, s, time.Time{})
		case roster.Group:
		}
	}
	return e.claims[u.ID] != nil, nil
}

// addClaims makes records of those whom the sources name and the files do not. A row of a file knows more, such as who
// takes over: it stands, with the sources beside its own.
func (r *run) addClaims(live, gone, unread graph.Outcome) error {
	for _, s := range r.entra.sources {
		for _, need := range []struct {
			listing graph.Outcome
			kinds   []roster.SourceKind
		}{{live, []roster.SourceKind{roster.LeaveDate, roster.Disabled}}, {gone, []roster.SourceKind{roster.LeaveDate, roster.Deleted}}} {
			if slices.Contains(need.kinds, s.Kind) {
				if err := unreadable(s, need.listing); err != nil {
					return err
				}
			}
		}
	}
	excluded := map[string]int{}
	for i, x := range r.excluded {
		if x.ID != "" {
			excluded[x.ID] = i
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.entra.claims)) {
		c := r.entra.claims[id]
		names := make([]string, 0, len(c.by))
		for _, s := range r.entra.sources { // in the order in which they were given
			if slices.Contains(c.by, s) && !slices.Contains(names, s.String()) {
				names = append(names, s.String())
			}
		}
		if rec, ok := r.records[id]; ok {
			rec.leaver.AlsoIn = names
			continue
		}
		if _, ok := excluded[id]; ok {
			continue
		}
		e := roster.Entry{ID: id, Source: names[0], LeftBy: r.started}
		known := snapshot.ByNobody
		m := roster.Match{Entry: e, By: "id"}
		if u, ok := r.people.get(id); ok {
			m.Account = &roster.Account{ID: id}
			if !u.Deleted.IsZero() && u.Deleted.Before(r.started) {
				m.Entry.LeftBy, known = u.Deleted, snapshot.ByDeletion
			}
		}
		// A date still to come says nothing where another source says that they are gone.
		if !c.leaves.IsZero() && (!c.leaves.After(r.started) || len(c.by) == 1) {
			m.Entry.LeftAt, m.Entry.LeftBy, known = c.leaves, c.leaves, snapshot.ByLeaveDate
		}
		if err := r.add(m, live, gone, unread); err != nil {
			return err
		}
		if rec, ok := r.records[id]; ok {
			rec.leaver.LeftKnownBy, rec.leaver.AlsoIn, rec.claim = known, names[1:], c
		}
	}
	return nil
}

// exclude takes somebody out whom an exclusion means, and notes it. The entry's names count as well as the
// account's: the roster may know an older one.
func (r *run) exclude(l snapshot.Leaver, e roster.Entry) bool {
	for i, x := range r.options.Exclude {
		if !x.Matches(l.ID, l.UserPrincipalName, roster.Undeleted(l.ID, l.UserPrincipalName), l.DisplayName, e.UserPrincipalName, e.DisplayName) {
			continue
		}
		r.excluding[i] = true
		r.excluded = append(r.excluded, snapshot.Excluded{
			ID: l.ID, UserPrincipalName: l.UserPrincipalName, DisplayName: l.DisplayName, Source: l.Source, Pattern: x.String(),
		})
		return true
	}
	return false
}

// somebody fails when there is nobody to look at, and says what the sources came to.
func (r *run) somebody() error {
	slices.SortFunc(r.excluded, func(a, b snapshot.Excluded) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.ID, b.ID))
	})
	for _, s := range r.entra.sources {
		if r.entra.named[s] == 0 {
			r.notes = append(r.notes, s.String()+" names nobody")
		}
	}
	if n := r.entra.guests; n > 0 {
		r.notes = append(r.notes, fmt.Sprintf("entra:disabled leaves out %d disabled guests; entra:disabled=all takes them in", n))
	}
	if n := r.entra.undated; n > 0 {
		r.notes = append(r.notes, fmt.Sprintf("the directory gives no %s of %d deleted accounts; entra:deleted takes them in whatever it is", graph.LeaveDate, n))
	}
	for _, x := range r.excluded {
		if !roster.IsSource(x.Source) {
			r.notes = append(r.notes, fmt.Sprintf("%s is not looked at: --exclude %s", x.Source, x.Pattern))
		}
	}
	for i, x := range r.options.Exclude {
		if !r.excluding[i] {
			r.notes = append(r.notes, fmt.Sprintf("--exclude %s matches nobody", x))
		}
	}
	if len(r.records) > 0 {
		return nil
	}
	why := "the sources (" + strings.Join(r.options.Sources, ", ") + ") name nobody"
	if len(r.excluded) > 0 {
		why = fmt.Sprintf("%d are named, and --exclude takes out all of them", len(r.excluded))
	}
	return fmt.Errorf("%w: %s; a scan of no people proves nothing", ErrPopulation, why)
}

// named are those whom the tenant named, and who is taken out: "id source", sorted. Bounds of leave times move from
// run to run, and are no part of who it is.
func (r *run) named() []string {
	var out []string
	for _, rec := range r.records {
		if rec.claim == nil && len(rec.leaver.AlsoIn) == 0 {
			continue
		}
		for _, source := range append([]string{rec.leaver.Source}, rec.leaver.AlsoIn...) {
			out = append(out, rec.leaver.Key()+" "+source)
		}
	}
	for _, x := range r.excluded {
		out = append(out, x.ID+" "+x.Source+" excluded")
	}
	slices.Sort(out)
	return out
}

// leaveTimes looks in the audit log for when people left whom only their state names. It is read to its end
// before it is believed: an older event may have been undone by a newer one.
func (r *run) leaveTimes(ctx context.Context) {
	var untimed []*record
	for _, rec := range r.records {
		if rec.claim != nil && rec.leaver.LeftKnownBy == snapshot.ByNobody {
			untimed = append(untimed, rec)
		}
	}
	if len(untimed) == 0 {
		return
	}
	r.progress("leave times", 0, len(untimed))
	r.audits(ctx, r.present())
	r.audited = true
	unknown := 0
	for _, rec := range untimed {
		if !r.timed(rec) {
			unknown++
		}
	}
	if unknown > 0 {
		r.notes = append(r.notes, fmt.Sprintf("when they left is not known of %d: what depends on it is unknown; a row with leftAt in a CSV roster tells", unknown))
	}
}

// timed sets a leave time from the audit log, or its bound, and reports whether the time is known.
func (r *run) timed(rec *record) bool {
	audits, _ := rec.get(snapshot.Audits)
	if audits.State != snapshot.Read {
		return false
	}
	rows, _ := audits.Value.([]any)
	var times []time.Time
	earlier := false // what some source says of them happened before the log began
	happened := func(at time.Time) {
		if at.IsZero() {
			earlier = true
			return
		}
		times = append(times, at)
	}
	if rec.claim.says(roster.Disabled) {
		happened(disabledAt(rows, rec.leaver.ID))
	}
	for _, s := range rec.claim.by {
		if s.Kind == roster.Group {
			happened(joinedAt(rows, rec.leaver.ID, s.Group))
		}
	}
	if len(times) > 0 {
		at := slices.MinFunc(times, time.Time.Compare)
		if rec.leaver.LeftBy = at; !earlier {
			rec.leaver.LeftAt, rec.leaver.LeftKnownBy = at, snapshot.ByAudits
			return true
		}
	}
	// Whoever is disabled, and by no event of the log, was so when it began, or when the account was made.
	if rec.claim.says(roster.Disabled) && !touched(rows, rec.leaver.ID) {
		by := r.windows[snapshot.LogAudits].From
		if u, _ := r.people.get(rec.leaver.ID); u.Created.After(by) {
			by = u.Created
		}
		rec.leaver.LeftBy = by.UTC()
	}
	return false
}
