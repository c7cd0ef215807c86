package collector

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"golang.org/x/sync/errgroup"

	"leavercheck/collector/exchange"
	"leavercheck/collector/graph"
	"leavercheck/collector/journal"
	"leavercheck/collector/roster"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// Options say whom to look at, where, and with what.
type Options struct {
	// Entries and Sources are the roster: who left, and which files said so.
	Entries []roster.Entry
	Sources []string
	// Tenant is the tenant that the credential should be for, by id or by one of its domains; "" is any.
	Tenant     string
	Cloud      Cloud
	Credential azcore.TokenCredential
	Transport  http.RoundTripper
	Limits     wire.Limits
	// MaxDuration ends collecting; what was not read by then is unknown. Zero means no end.
	MaxDuration time.Duration
	// Out is the directory of the snapshot.
	Out string
	// Baseline is an earlier snapshot of the same tenant, or nil: it knows the drives of accounts that are
	// deleted by now.
	Baseline *snapshot.Reader
	// AllMailboxes looks for Full Access and Send on Behalf of leavers on every mailbox of the tenant, a
	// request each, instead of on the shared ones.
	AllMailboxes bool
	// ExchangeExport, if not nil, stands for Exchange Online, which is then not asked.
	ExchangeExport *exchange.Export
	// Now is the clock: what counts as "now" for every rule is its first answer.
	Now func() time.Time
	// Tool and Arguments go into the manifest; Arguments hold no secret.
	Tool      snapshot.Tool
	Arguments []string
	// Progress is told what is being done; it may be nil. It is called from several goroutines.
	Progress func(Progress)
	// Since is an earlier snapshot of the same tenant, or nil. If it says how to learn what changed among the
	// accounts since, they are not listed again; what comes of that is the same.
	Since *snapshot.Reader
	// Warnings are what was noticed before, about the sign-in; Collected has them too.
	Warnings []string
	// listingPays decides whether mailboxes are listed, instead of exchange.Client.ListingPays; nil outside of
	// tests.
	listingPays func(accounts, users int) bool
	// LeastPrivilege refuses a sign-in that may do more than read, before anything is read.
	LeastPrivilege bool
	// Entra are the parts of the tenant that name leavers beside the Entries; a row of the Entries wins. Exclude
	// says whom of all these not to look at.
	Entra   []roster.Source
	Exclude []roster.Exclusion
}

// Progress is one step of a phase: Done of Total, in Unit.
type Progress struct {
	Phase       string
	Done, Total int
}

// Collected is what a run came to.
type Collected struct {
	Seal     snapshot.Seal
	Manifest snapshot.Manifest
	// Requests counts what was sent, by family.
	Requests map[wire.Family]int
	// Warnings are sentences for people.
	Warnings []string
	// Cut means that MaxDuration ended the run: what was not read by then is unknown, and the same call
	// goes on from there and replaces the snapshot.
	Cut bool
}

// Collect takes a snapshot. Errors wrap *roster.Error (a row that cannot be used), ErrSignIn, ErrTenant, ErrPrivilege,
// ErrPopulation (nobody to look at, or a source that cannot tell), ErrUnreachable, wire.ErrForeign (an answer that leads elsewhere), snapshot.ErrUnusable, or ErrInterrupted:
// the context ended, or what was read could not be kept. Nothing is at Out then, and after ErrInterrupted
// the same call goes on from where it was, for up to three days, and ends in the same facts. What it needs
// for that is in a directory beside Out, called Out and ".part".
func Collect(ctx context.Context, o Options) (collected Collected, err error) {
	matcher, err := roster.NewMatcher(o.Entries)
	if err != nil {
		return Collected{}, err
	}
	// Before the long work: a directory that cannot be written is known now.
	j, before, err := takeUp(o.Out)
	if err != nil {
		return Collected{}, err
	}
	r := &run{options: o, journal: j, started: o.Now().UTC().Truncate(time.Second), records: map[string]*record{}, tenant: map[string]snapshot.Fact{}, excluding: map[int]bool{}}
	takenUp := before != head{}
	begun := takenUp
	defer func() { err = errors.Join(err, r.end(takenUp, begun, err)) }()
	w, err := snapshot.CreateIn(j.Path(workName), o.Out, before.Sealed)
	if err != nil {
		return Collected{}, err
	}
	defer w.Discard()
	if r.spool, err = newSpool(j.Path(spoolName), j.Broke); err != nil {
		return Collected{}, fmt.Errorf("%w: %w", snapshot.ErrUnusable, err)
	}
	defer func() { err = errors.Join(err, r.spool.close()) }()

	// A link to another origin poisons everything: nothing more is asked.
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r.stop, r.out = stop, w
	j.Broken(func(err error) { stop(unkept(err)) })
	if err := r.open(ctx); ctx.Err() != nil {
		return Collected{}, fmt.Errorf("sign in: %w", ended(ctx))
	} else if err != nil {
		return Collected{}, err
	}
	if err := r.goOn(before); errors.Is(err, snapshot.ErrUnusable) {
		return Collected{}, err
	} else if err != nil {
		return Collected{}, fmt.Errorf("%w: %w", snapshot.ErrUnusable, err)
	}
	begun = true
	limited := ctx
	if o.MaxDuration > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, o.MaxDuration)
		defer cancel()
	}
	if err := r.collect(limited, matcher); err != nil && ctx.Err() == nil {
		return Collected{}, err
	}
	// The time limit makes facts unknown; only the caller's own end makes the run worthless.
	if ctx.Err() != nil {
		return Collected{}, fmt.Errorf("collect: %w", ended(ctx))
	}
	r.cut = limited.Err() != nil || slices.ContainsFunc(r.wires, (*wire.Client).Hurried)
	return r.finish(w)
}

// ended is why a context ended: an interruption, unless somebody knew better.
func ended(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, context.Canceled) {
		return fmt.Errorf("%w: %w", ErrInterrupted, cause)
	}
	return cause
}

// finish writes the snapshot. What cannot be written now can be written later from what was kept.
func (r *run) finish(w *snapshot.Writer) (Collected, error) {
	collected, err := r.write(w)
	if err != nil {
		return Collected{}, unkept(err)
	}
	if r.cut {
		r.head.Sealed = collected.Seal.Digest
		if err := r.journal.SetHead(r.head); err != nil {
			return Collected{}, unkept(err)
		}
	}
	return collected, nil
}

// run is one collection under way.
type run struct {
	options  Options
	out      *snapshot.Writer
	stop     func(error)
	journal  *journal.Journal
	spool    *spool
	head     head
	notes    []string // what to tell people
	cut      bool     // the time limit ended the run
	resumed  bool     // it goes on with the answers of another run
	started  time.Time
	identity identity
	graph    *graph.Client
	exchange *exchange.Client
	wires    []*wire.Client

	records map[string]*record // by Leaver.Key
	people  people
	persons *persons
	before  map[string]string // object ids of the baseline's leavers, by name in lower case
	tenant  map[string]snapshot.Fact
	// sources are those of tenant facts and listings; phases that run side by side add theirs.
	sourcesMu sync.Mutex
	sources   []snapshot.Provenance
	windows   map[string]snapshot.Window
	// users says whether all live accounts could be read; enabled holds whether each may sign in.
	users   snapshot.Fact
	enabled map[string]bool
	// unplaced is read, or says why the account of some leaver could not be looked for everywhere.
	unplaced snapshot.Fact
	// asked is what came of asking by name for those whom no listing has.
	asked graph.Outcome

	entra     entra
	excluded  []snapshot.Excluded
	excluding map[int]bool // the exclusions that took somebody out
	audited   bool         // the audit log was read for the leave times in it
}

// open signs in and makes the clients.
func (r *run) open(ctx context.Context) error {
	o := r.options
	session, err := signIn(ctx, o, r.stop)
	if err != nil {
		return err
	}
	r.identity = session.identity
	if o.LeastPrivilege {
		if err := leastPrivilege(ctx, o, session.graph, session.exchange); err != nil {
			return err
		}
	}
	if b := o.Baseline; b != nil && b.Tenant().ID != r.identity.TenantID {
		return fmt.Errorf("%w: the baseline is a snapshot of the tenant %s, the sign-in is for %s", snapshot.ErrUnusable, b.Tenant().ID, r.identity.TenantID)
	}
	if s := o.Since; s != nil && s.Tenant().ID != r.identity.TenantID {
		return fmt.Errorf("%w: the snapshot to go on from is of the tenant %s, the sign-in is for %s", snapshot.ErrUnusable, s.Tenant().ID, r.identity.TenantID)
	}
	client := func(t *tokens, base *url.URL) *wire.Client {
		c := wire.New(wire.Options{
			Base: base, Transport: o.Transport, Tokens: t, Limits: o.Limits, Foreign: r.stop, Journal: r.journal,
			UserAgent: "NONISV|leavercheck|leavercheck/" + o.Tool.Version,
		})
		r.wires = append(r.wires, c)
		return c
	}
	if r.graph, err = graph.New(client(session.graph, o.Cloud.Graph), o.Cloud.Graph, o.Cloud.Name); err != nil {
		return err
	}
	if o.ExchangeExport != nil {
		r.exchange, err = fromExport(o.ExchangeExport, r.identity.TenantID)
		return err
	}
	r.exchange = exchange.New(client(session.exchange, o.Cloud.Exchange), o.Cloud.Exchange, r.identity.TenantID)
	return nil
}

// collect reads everything, in the order in which one thing needs another.
func (r *run) collect(ctx context.Context, matcher *roster.Matcher) error {
	if err := r.directory(ctx, matcher); err != nil {
		return err
	}
	r.leaveTimes(ctx)
	var group errgroup.Group
	group.Go(func() error { r.logs(ctx); return nil })
	group.Go(func() error {
		r.tenantWide(snapshot.ManagedDevices, "managed devices", r.present(), func(wanted map[string]bool) map[string]graph.Outcome {
			return r.graph.ManagedDevices(ctx, wanted)
		})
		return nil
	})
	group.Go(func() error { r.mail(ctx); return nil })
	group.Go(func() error { r.access(ctx); return nil })
	group.Go(func() error { return r.drives(ctx) })
	return group.Wait()
}

func (r *run) progress(phase string, done, total int) {
	if r.options.Progress != nil {
		r.options.Progress(Progress{Phase: phase, Done: done, Total: total})
	}
}

// present are the records of people who have left and have an account to ask about.
func (r *run) present() []*record {
	var out []*record
	for _, key := range slices.Sorted(maps.Keys(r.records)) {
		if rec := r.records[key]; rec.leaver.ID != "" && rec.leaver.State != snapshot.NotYet {
			out = append(out, rec)
		}
	}
	return out
}

func wanted(records []*record) map[string]bool {
	ids := make(map[string]bool, len(records))
	for _, rec := range records {
		ids[rec.leaver.ID] = true
	}
	return ids
}

// write puts the records into the snapshot. A fact that no phase gave an outcome was not collected.
func (r *run) write(w *snapshot.Writer) (Collected, error) {
	notYet, untimed := 0, 0
	for _, from := range r.sources {
		if err := w.Provenance(from); err != nil {
			return Collected{}, err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.records)) {
		rec := r.records[key]
		facts := map[string]snapshot.Fact{}
		if rec.leaver.LeftAt.IsZero() {
			untimed++
		}
		if rec.leaver.State == snapshot.NotYet {
			notYet++
		} else if err := rec.collected(facts, w.Provenance); err != nil {
			return Collected{}, err
		}
		if err := w.Leaver(snapshot.Record{Leaver: rec.leaver, Facts: facts}); err != nil {
			return Collected{}, err
		}
	}
	digest, err := populationDigest(r.options.Entries, r.named())
	if err != nil {
		return Collected{}, err
	}
	m := snapshot.Manifest{
		SchemaVersion: snapshot.SchemaVersion, Tool: r.options.Tool, TenantID: r.identity.TenantID, TenantName: r.tenantName(), Cloud: r.options.Cloud.Name,
		Population:  snapshot.Population{Sources: r.options.Sources, Leavers: len(r.records), NotYet: notYet, Digest: digest, Untimed: untimed, Excluded: r.excluded},
		Permissions: r.identity.permissions(), ClockSkewSeconds: int(r.wires[0].Skew() / time.Second), Arguments: r.options.Arguments,
		CollectedAt: r.started, EndedAt: r.options.Now().UTC().Truncate(time.Second), Windows: r.windows,
	}
	seal, err := w.Seal(m, snapshot.Tenant{ID: r.identity.TenantID, Cloud: r.options.Cloud.Name, Facts: r.tenant})
	if err != nil {
		return Collected{}, err
	}
	requests := map[wire.Family]int{}
	for _, c := range r.wires {
		for family, n := range c.Requests() {
			requests[family] += n
		}
	}
	return Collected{Seal: seal, Manifest: m, Requests: requests, Warnings: r.warnings(), Cut: r.cut}, nil
}

func (r *run) tenantName() string {
	entry, _ := r.tenant[snapshot.Organization].Value.(map[string]any)
	name, _ := entry["displayName"].(string)
	return name
}

func (r *run) warnings() []string {
	out := slices.Concat(r.options.Warnings, r.notes)
	if w := writes(r.identity.permissions()); len(w) > 0 {
		out = append(out, "the application may also write ("+strings.Join(w, ", ")+"); leavercheck only reads, take these permissions away")
	}
	if export := r.options.ExchangeExport; export != nil {
		out = append(out, export.Warnings()...)
	}
	const tolerable = 5 * time.Minute
	if skew := r.wires[0].Skew(); skew.Abs() > tolerable {
		out = append(out, fmt.Sprintf("this machine's clock is %s off the service's; grace periods and deadlines are computed with this machine's", skew.Abs().Round(time.Second)))
	}
	return out
}

// populationDigest names the roster as understood, so that two runs can be told to be about the same people: the
// rows of the files, and whom the tenant named beside them.
func populationDigest(entries []roster.Entry, named []string) (string, error) {
	data, err := json.Marshal(entries)
	if err != nil {
		return "", fmt.Errorf("digest of the roster: %w", err)
	}
	if len(named) > 0 {
		more, err := json.Marshal(named)
		if err != nil {
			return "", fmt.Errorf("digest of the roster: %w", err)
		}
		data = append(data, more...)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
