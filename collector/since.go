package collector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"leavercheck/collector/graph"
	"leavercheck/collector/roster"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

const (
	// fullEvery is how long changes may follow on changes before the accounts are listed one and all again:
	// a change that the service failed to tell of is not carried on for ever.
	fullEvery = 7 * 24 * time.Hour
	// perBatch is how many single reads one request carries (learn.microsoft.com/graph/json-batching).
	perBatch = 20
	// deltaEndpoint is what the provenance calls the question for changes.
	deltaEndpoint = "GET /v1.0/users/delta"
)

// listUsers yields every live and every restorable account, each with what tells people apart, and those that the
// roster may mean as they were read in this run. It starts from an earlier snapshot if there is one that will do.
// An error is about a file; what the service did not answer is in the outcomes.
func (r *run) listUsers(ctx context.Context, live, gone func(graph.User) error) (alive, deleted graph.Outcome, err error) {
	// What sources in Entra read of accounts is not among what a snapshot keeps of them.
	if r.options.Since != nil && len(r.options.Entra) == 0 {
		s := &since{run: r}
		alive, deleted, err = s.list(ctx, live, gone)
		var no *full
		if !errors.As(err, &no) {
			return alive, deleted, err
		}
		from := no.from
		from.Endpoint, from.Detail = cmp.Or(from.Endpoint, deltaEndpoint), "all accounts were listed: "+no.why
		if from.At.IsZero() {
			from.At = r.started
		}
		r.sources = append(r.sources, from)
		if !no.usual {
			r.notes = append(r.notes, "--since did not help, all accounts were listed: "+no.why)
		}
	}
	if r.options.Since != nil && len(r.options.Entra) > 0 {
		r.notes = append(r.notes, "--since did not help, all accounts were listed: a roster from Entra takes more of them than a snapshot keeps")
	}
	return r.listAll(ctx, live, gone)
}

// listAll lists the accounts one and all. Before that it asks for the link at which the next run learns what
// changed from now on: what changes during the listing may then come twice, but not be lost.
func (r *run) listAll(ctx context.Context, live, gone func(graph.User) error) (alive, deleted graph.Outcome, err error) {
	link, latest := r.graph.LatestDelta(ctx)
	accounts := r.out.Directory()
	defer accounts.Drop()
	alive = r.graph.Users(ctx, func(u graph.User) error {
		accounts.Add(u.Kept())
		return live(u)
	}, r.entra.more()...)
	deleted = r.graph.DeletedUsers(ctx, func(u graph.User) error {
		accounts.Add(snapshot.DirectoryUser{ID: u.ID, Deleted: true})
		return gone(u)
	}, r.entra.more()...)
	r.sources = append(r.sources, latest.From)
	switch {
	case latest.Fact.State == snapshot.Read && alive.From.At.Before(latest.From.At):
		// The listing is that of an interrupted run, and nobody asked then: what changed since is in neither.
		r.notes = append(r.notes, "the next run will list all accounts, whatever its --since: this one was interrupted")
	case latest.Fact.State != snapshot.Read:
		r.notes = append(r.notes, "the next run will list all accounts, whatever its --since: "+said(latest))
	case alive.Fact.State == snapshot.Read && deleted.Fact.State == snapshot.Read:
		return alive, deleted, unkept(accounts.Finish(r.directoryHead(link, r.started, alive.From.List.Pages)))
	}
	return alive, deleted, nil
}

// directoryHead describes the list of accounts of this run. The link is taken to be as old as the run: older than it is.
func (r *run) directoryHead(link string, listedAt time.Time, pages int) snapshot.Directory {
	return snapshot.Directory{DeltaLink: link, IssuedAt: r.started, ListedAt: listedAt, Pages: pages, Properties: graph.TrackedProperties()}
}

// said is what the service said in a refusal, without its own words: they may quote the token.
func said(o graph.Outcome) string {
	var e *wire.Error
	switch {
	case !errors.As(o.Err, &e):
		return o.From.Endpoint + ": " + string(o.Fact.Reason)
	case e.Status == 0:
		return e.Endpoint + ": " + string(e.Kind)
	case e.Code != "" && len(e.Code) <= 64 && !needsQuoting(e.Code):
		return fmt.Sprintf("%s: %d %s", e.Endpoint, e.Status, e.Code)
	}
	return fmt.Sprintf("%s: status %d", e.Endpoint, e.Status)
}

// needsQuoting tells of a text that is more than a word, such as the code of an error.
func needsQuoting(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return true
		}
	}
	return false
}

// full says why all accounts have to be listed.
type full struct {
	why string
	// from is the request that told so, if one did.
	from snapshot.Provenance
	// usual is nothing to tell people about: nothing was lost, and listing is no more work.
	usual bool
}

func (f *full) Error() string { return f.why }

// since is a listing that starts from the accounts of an earlier snapshot.
type since struct {
	run     *run
	head    snapshot.Directory
	link    string // for the next run
	changes map[string]graph.Change
	gone    map[string]bool // the ids of all accounts that are deleted by now
	deleted []graph.User    // those of them that the roster may mean
	matcher *roster.Matcher
	// expected are the accounts to be read in this run, with what the earlier snapshot and the changes make of
	// them; nil: they should not be live.
	expected map[string]*snapshot.DirectoryUser
	fresh    map[string]graph.User
}

// list yields what a full listing would. An error is a *full, and nothing was yielded, or it is about a file.
func (s *since) list(ctx context.Context, live, gone func(graph.User) error) (alive, deleted graph.Outcome, err error) {
	r := s.run
	if err := s.usable(); err != nil {
		return alive, deleted, err
	}
	var delta graph.Outcome
	if s.changes, s.link, delta = r.graph.UserChanges(ctx, s.head.DeltaLink); delta.Fact.State != snapshot.Read {
		return alive, deleted, &full{why: said(delta), from: delta.From}
	}
	for id := range s.changes {
		if !roster.IsObjectID(id) {
			return alive, deleted, &full{why: deltaEndpoint + ": a user whose id is no object id", from: delta.From}
		}
	}
	// After the changes: whoever is deleted between the two questions is in the answer to the second.
	if deleted, err = s.listDeleted(ctx); err != nil {
		return alive, deleted, err
	}
	if err := s.candidates(); err != nil {
		return alive, deleted, err
	}
	lookUps, err := s.lookUps()
	if err != nil {
		return alive, deleted, err
	}
	if requests := batches(len(s.expected)) + batches(len(lookUps)); requests > s.head.Pages {
		return alive, deleted, &full{why: cheaper, from: delta.From, usual: true}
	}
	alive = delta
	read, err := s.read(ctx, lookUps)
	if err != nil {
		return alive, deleted, err
	}
	if read.From.Attempts > 0 {
		alive.From, alive.Also = read.From, slices.Concat(read.Also, []snapshot.Provenance{delta.From})
	}
	return alive, deleted, s.yield(live, gone)
}

const cheaper = "that takes fewer requests than to read the roster's people one by one"

func batches(n int) int { return (n + perBatch - 1) / perBatch }

// usable decides whether the earlier snapshot is worth a question.
func (s *since) usable() error {
	r := s.run
	var err error
	s.head, err = r.options.Since.Directory()
	age, listed := r.started.Sub(s.head.IssuedAt), r.started.Sub(s.head.ListedAt)
	switch {
	case r.resumed:
		return &full{why: "the run goes on with answers of before"}
	case errors.Is(err, snapshot.ErrNoDirectory):
		return &full{why: err.Error()}
	case err != nil:
		return fmt.Errorf("--since: %w", err)
	case !slices.Equal(s.head.Properties, graph.TrackedProperties()):
		return &full{why: "another version of the program wrote the snapshot's list of accounts"}
	case age < 0 || listed < 0:
		return &full{why: "the snapshot is from the future"}
	case age >= graph.DeltaLife:
		return &full{why: fmt.Sprintf("the snapshot is %d days old, and Microsoft tells of changes for %d days", int(age.Hours()/24), int(graph.DeltaLife.Hours()/24))}
	case listed >= fullEvery:
		return &full{why: fmt.Sprintf("they were last listed %d days ago", int(listed.Hours()/24)), usual: true}
	case batches(len(r.options.Entries)) > s.head.Pages:
		return &full{why: cheaper, usual: true}
	}
	return nil
}

// listDeleted lists the deleted accounts and keeps those that the roster may mean.
func (s *since) listDeleted(ctx context.Context) (graph.Outcome, error) {
	var err error
	if s.matcher, err = roster.NewMatcher(s.run.options.Entries); err != nil {
		return graph.Outcome{}, err
	}
	s.gone = map[string]bool{}
	o := s.run.graph.DeletedUsers(ctx, func(u graph.User) error {
		if !roster.IsObjectID(u.ID) {
			return fmt.Errorf("a user whose id is no object id: %.40q", u.ID)
		}
		s.gone[u.ID] = true
		if s.matcher.Offer(accountOf(u)) {
			s.deleted = append(s.deleted, u)
		}
		return nil
	})
	if o.Fact.State != snapshot.Read {
		return o, &full{why: said(o)}
	}
	return o, nil
}

// merged yields the accounts that should be live by now. Doubt is told the ids of those of which the service
// and the earlier snapshot do not tell enough to be sure; it may be nil.
func (s *since) merged(yield func(snapshot.DirectoryUser) error, doubt func(id string, u *snapshot.DirectoryUser)) error {
	known := make(map[string]bool, len(s.changes))
	one := func(u snapshot.DirectoryUser, wasLive bool) error {
		change, changed := s.changes[u.ID]
		if err := change.Apply(&u); err != nil {
			return err
		}
		isLive := wasLive && !change.Removed || !wasLive && changed && !change.Removed
		var unsure bool
		switch {
		case isLive:
			// Deleted since the changes were read, or told by halves.
			unsure = s.gone[u.ID] || change.Doubtful || u.UserPrincipalName == ""
		case changed:
			// Deleted, and yet not among the deleted ones: restored, or purged, with nobody telling.
			unsure = change.Doubtful || change.Restorable && !s.gone[u.ID]
		default:
			unsure = !s.gone[u.ID] // deleted before, and not any more
		}
		switch {
		case unsure && doubt != nil && isLive:
			doubt(u.ID, &u)
		case unsure && doubt != nil:
			doubt(u.ID, nil)
		}
		if isLive {
			return yield(u)
		}
		return nil
	}
	err := s.run.options.Since.DirectoryUsers(func(u snapshot.DirectoryUser) error {
		if _, ok := s.changes[u.ID]; ok {
			known[u.ID] = true
		}
		wasLive := !u.Deleted
		u.Deleted = false
		return one(u, wasLive)
	})
	if err != nil {
		return fmt.Errorf("--since: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(s.changes)) {
		if !known[id] {
			if err := one(snapshot.DirectoryUser{ID: id}, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// candidates finds whom to read: whoever the roster may mean, whoever may be a second account of theirs, and
// whoever is in doubt.
func (s *since) candidates() error {
	s.expected = map[string]*snapshot.DirectoryUser{}
	ties := newTies(s.run.options.Entries)
	for _, u := range s.deleted {
		ties.add(u)
	}
	doubt := func(id string, u *snapshot.DirectoryUser) { s.expected[id] = u }
	err := s.merged(func(u snapshot.DirectoryUser) error {
		if !roster.IsObjectID(u.ID) {
			return fmt.Errorf("%w: an account whose id is no object id", snapshot.ErrIntegrity)
		}
		if user := graph.KeptUser(u); s.matcher.Offer(accountOf(user)) {
			s.expected[u.ID] = &u
			ties.add(user)
		}
		return nil
	}, doubt)
	if err != nil {
		return err
	}
	return s.merged(func(u snapshot.DirectoryUser) error {
		if ties.bind(graph.KeptUser(u)) {
			s.expected[u.ID] = &u
		}
		return nil
	}, nil)
}

// lookUps are the filters that find whoever the roster's people are by now, if they are not among the live
// accounts: changes may take a while to be told (learn.microsoft.com/graph/delta-query-overview#processing-delays),
// and who is only thought to be gone would be thought to be done with.
func (s *since) lookUps() ([]string, error) {
	matches, err := s.matcher.Matches()
	if err != nil {
		return nil, &full{why: "the changes do not fit the roster"} // a listing shows whose fault that is
	}
	var filters []string
	for _, m := range matches {
		if m.Account != nil && m.Account.Deleted.IsZero() {
			continue
		}
		e := m.Entry
		if _, ok := s.expected[e.ID]; e.ID != "" && !ok {
			s.expected[e.ID] = nil
		}
		if filter := graph.NameFilter(e.UserPrincipalName, e.Mail, e.EmployeeID); filter != "" {
			filters = append(filters, filter)
		}
	}
	return filters, nil
}

// read reads whom there is to read, and holds it against what was expected.
func (s *since) read(ctx context.Context, filters []string) (graph.Outcome, error) {
	ids := slices.Sorted(maps.Keys(s.expected))
	var o graph.Outcome
	if s.fresh, o = s.run.graph.UsersByID(ctx, ids); o.Fact.State != snapshot.Read {
		return o, &full{why: said(o), from: o.From}
	}
	for _, id := range ids {
		u, live := s.fresh[id]
		switch want := s.expected[id]; {
		case live != (want != nil):
			return o, &full{why: "the changes that Microsoft tells of lag behind the directory: an account came or went", from: o.From}
		case live && !namedAlike(u.Kept(), *want):
			return o, &full{why: "the changes that Microsoft tells of lag behind the directory: an account has another name", from: o.From}
		}
	}
	found, names := s.run.graph.UsersByName(ctx, filters)
	if names.Fact.State != snapshot.Read {
		return o, &full{why: said(names), from: names.From}
	}
	for _, id := range found {
		if _, ok := s.fresh[id]; !ok {
			return o, &full{why: "the changes that Microsoft tells of lag behind the directory: somebody of the roster has an account again", from: names.From}
		}
	}
	if len(filters) > 0 {
		o.Also = append(o.Also, names.From)
	}
	return o, nil
}

// namedAlike compares what people are told apart by.
func namedAlike(a, b snapshot.DirectoryUser) bool {
	return a.UserPrincipalName == b.UserPrincipalName && a.DisplayName == b.DisplayName && a.Mail == b.Mail && a.EmployeeID == b.EmployeeID &&
		a.UserType == b.UserType && a.CreatedDateTime.Equal(b.CreatedDateTime) && alike(a.ProxyAddresses, b.ProxyAddresses) && alike(a.OtherMails, b.OtherMails)
}

// alike compares two lists whose order says nothing.
func alike(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// yield gives out the accounts, those that were read as they were read, and keeps them for the next run.
func (s *since) yield(live, gone func(graph.User) error) error {
	accounts := s.run.out.Directory()
	defer accounts.Drop()
	err := s.merged(func(u snapshot.DirectoryUser) error {
		user, ok := s.fresh[u.ID]
		if !ok {
			user = graph.KeptUser(u)
		}
		accounts.Add(user.Kept())
		return live(user)
	}, nil)
	if err != nil {
		return err
	}
	for id := range s.gone {
		accounts.Add(snapshot.DirectoryUser{ID: id, Deleted: true})
	}
	for _, u := range s.deleted {
		if err := gone(u); err != nil {
			return err
		}
	}
	return unkept(accounts.Finish(s.run.directoryHead(s.link, s.head.ListedAt, s.head.Pages)))
}
