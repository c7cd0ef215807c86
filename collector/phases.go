package collector

import (
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"leavercheck/collector/graph"
	"leavercheck/collector/snapshot"
)

// activityLag is how late signInActivity may be (learn.microsoft.com/entra/identity/monitoring-health/howto-manage-inactive-user-accounts).
const activityLag = 24 * time.Hour

// logs reads what the leavers did and what was done to them since leaving.
func (r *run) logs(ctx context.Context) {
	present := r.present()
	if len(present) == 0 {
		return
	}
	r.progress("sign-in activity", 0, len(present))
	activity := r.graph.SignInActivity(ctx, wanted(present))
	r.account(present, activity)
	if !r.audited {
		r.progress("audit log", 0, len(present))
		r.audits(ctx, present)
	}

	from := map[string]time.Time{}
	for _, rec := range present {
		o := activity[rec.leaver.ID]
		rec.set(snapshot.SignInActivity, o.Fact, o.From)
		if quiet, why := r.screened(rec, o.Fact); quiet {
			// The tail of the property's lag is not covered; the account is closed, which is why that is bearable.
			rec.set(snapshot.SignIns, snapshot.Fact{State: snapshot.Read, Value: []any{}, Detail: why}, o.From)
			continue
		}
		start := rec.leaver.LeftAt
		if oldest := r.started.Add(-retentionPremium); start.Before(oldest) {
			start = oldest
		}
		from[rec.leaver.ID] = start
	}
	done := 0
	r.progress("sign-in log", done, len(from))
	signIns := r.graph.SignIns(ctx, from, func() { done++; r.progress("sign-in log", done, len(from)) })
	for _, rec := range present {
		if o, ok := signIns[rec.leaver.ID]; ok {
			rec.set(snapshot.SignIns, o.Fact, append([]snapshot.Provenance{o.From}, o.Also...)...)
		}
	}
}

// screened reports whether the sign-in log need not be read for a leaver, and why: the account is
// disabled, its sessions were revoked after leaving, and signInActivity, which counts attempts too,
// shows none since leaving. Logs may be asked five times in ten seconds; a property of a listing costs
// nothing. The property lags by a day, though: whoever could have signed in during it, because the account
// was still open or was touched in any way, is looked up in the log.
func (r *run) screened(rec *record, activity snapshot.Fact) (bool, string) {
	account := rec.object(snapshot.Account)
	last, _ := activity.Value.(map[string]any)
	if rec.leaver.State != snapshot.Live || activity.State != snapshot.Read || last == nil || account["accountEnabled"] != false {
		return false, ""
	}
	left, lag := rec.leaver.LeftAt, r.started.Add(-activityLag)
	revoked := at(account["signInSessionsValidFromDateTime"])
	if rec.leaver.LeftBy.After(lag) || !revoked.After(left) || revoked.After(lag) || !r.untouchedSince(rec, lag) {
		return false, ""
	}
	seen := false
	for name, value := range last {
		if !strings.HasSuffix(name, "DateTime") || value == nil {
			continue
		}
		when := at(value)
		if when.IsZero() || !when.Before(left) {
			return false, ""
		}
		seen = true
	}
	if !seen {
		return false, ""
	}
	return true, "not looked up in the log: disabled, sessions revoked, and signInActivity shows no attempt since leaving"
}

// untouchedSince reports whether the audit log was read and shows nothing done to the account since then.
func (r *run) untouchedSince(rec *record, since time.Time) bool {
	audits, _ := rec.get(snapshot.Audits)
	rows, _ := audits.Value.([]any)
	if audits.State != snapshot.Read {
		return false
	}
	for _, row := range rows {
		event, _ := row.(map[string]any)
		if when := at(event["activityDateTime"]); when.IsZero() || when.After(since) {
			return false
		}
	}
	return true
}

// at reads a date-time of a fact; zero when it is none.
func at(value any) time.Time {
	s, _ := value.(string)
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// account adds the listing behind a joined fact to the provenance, once.
func (r *run) account(present []*record, outcomes map[string]graph.Outcome) {
	r.sourcesMu.Lock()
	defer r.sourcesMu.Unlock()
	r.sources = append(r.sources, outcomes[present[0].leaver.ID].From)
}

// A month of audits is read in slices of a tenth at most, three days: what facts/reliability.md 2.3 advises.
// A small tenant's month is a page or two, and slices would only cost requests.
const (
	usersPerSlice = 50_000
	mostSlices    = 10
)

// audits reads the audit log as far back as any tenant keeps it.
func (r *run) audits(ctx context.Context, present []*record) {
	slices := min(mostSlices, 1+len(r.enabled)/usersPerSlice)
	outcomes, listings := r.graph.Audits(ctx, r.started.Add(-retentionPremium), r.started, slices, wanted(present))
	r.sourced(listings...)
	for _, rec := range present {
		o := outcomes[rec.leaver.ID]
		rec.set(snapshot.Audits, o.Fact, append([]snapshot.Provenance{o.From}, o.Also...)...)
	}
}

// tenantWide reads a fact that is listed once for the whole tenant, and gives each record its part.
func (r *run) tenantWide(fact, phase string, records []*record, read func(wanted map[string]bool) map[string]graph.Outcome) {
	if len(records) == 0 {
		return
	}
	r.progress(phase, 0, len(records))
	outcomes := read(wanted(records))
	r.account(records, outcomes)
	for _, rec := range records {
		o := outcomes[rec.leaver.ID]
		rec.set(fact, o.Fact, o.From)
	}
}

// sideBySide does a piece of work for every one, a few at a time; the limiter decides how fast.
func sideBySide[T any](all []T, work func(T)) {
	const workers = 8
	var group errgroup.Group
	group.SetLimit(workers)
	for _, one := range all {
		group.Go(func() error { work(one); return nil })
	}
	_ = group.Wait() // the work reports through its outcomes
}

// counter counts a phase's steps from several goroutines.
type counter struct {
	mu   sync.Mutex
	done int
}

func (c *counter) next() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	return c.done
}
