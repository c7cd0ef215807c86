package collector

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
	"leavercheck/collector/roster"
	"leavercheck/collector/snapshot"
	"leavercheck/collector/wire"
)

// Options say whom to look at, where, and with what.
type Options struct {
	// Entries and Sources are the roster: who left, and which files said so.
	Entries []roster.Entry
	Sources []string
	// Tenant is the tenant that the credential should be for, by id; anything else is not compared.
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
}

// Collect takes a snapshot. Errors wrap *roster.Error (a row that cannot be used), ErrSignIn, ErrTenant,
// ErrPopulation (nobody to look at, or a source that cannot tell), ErrUnreachable, wire.ErrForeign (an answer that
// leads elsewhere), snapshot.ErrUnusable, or the context's own; nothing is left at Out then.
func Collect(ctx context.Context, o Options) (Collected, error) {
	matcher, err := roster.NewMatcher(o.Entries)
	if err != nil {
		return Collected{}, err
	}
	// Before the long work: a directory that cannot be written is known now.
	w, err := snapshot.Create(o.Out)
	if err != nil {
		return Collected{}, err
	}
	defer w.Discard()

	// A link to another origin poisons everything: nothing more is asked.
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r := &run{options: o, stop: stop, started: o.Now().UTC().Truncate(time.Second), records: map[string]*record{}, tenant: map[string]snapshot.Fact{}, excluding: map[int]bool{}}
	if err := r.open(ctx); ctx.Err() != nil {
		return Collected{}, fmt.Errorf("sign in: %w", context.Cause(ctx))
	} else if err != nil {
		return Collected{}, err
	}
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
		return Collected{}, fmt.Errorf("collect: %w", context.Cause(ctx))
	}
	return r.write(w)
}

// run is one collection under way.
type run struct {
	options  Options
	stop     func(error)
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

	entra     entra
	excluded  []snapshot.Excluded
	excluding map[int]bool // the exclusions that took somebody out
	audited   bool         // the audit log was read for the leave times in it
	notes     []string     // warnings about the population
}

// record is one leaver being filled, by phases that run side by side.
type record struct {
	leaver snapshot.Leaver
	claim  *claim // what Entra says of somebody whom no file names; nil for others

	mu      sync.Mutex
	facts   map[string]snapshot.Fact
	sources map[string][]snapshot.Provenance
}

// set records a fact and the requests that it rests on.
func (r *record) set(name string, f snapshot.Fact, sources ...snapshot.Provenance) {
	for i := range sources {
		sources[i].Leaver, sources[i].Fact = r.leaver.Key(), name
		sources[i].List = nil // a listing is accounted for once, not per leaver
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.facts[name], r.sources[name] = f, sources
}

func (r *record) get(name string) (snapshot.Fact, snapshot.Provenance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var from snapshot.Provenance
	if sources := r.sources[name]; len(sources) > 0 {
		from = sources[0]
	}
	return r.facts[name], from
}

// object is a fact's value where that is an object, else nil.
func (r *record) object(name string) map[string]any {
	f, _ := r.get(name)
	value, _ := f.Value.(map[string]any)
	return value
}

// open signs in and makes the clients.
func (r *run) open(ctx context.Context) error {
	o := r.options
	toGraph := tokens{o.Credential, o.Cloud.GraphScope}
	var err error
	if r.identity, err = signIn(ctx, toGraph, o.Tenant, roster.IsObjectID); err != nil {
		return err
	}
	if b := o.Baseline; b != nil && b.Tenant().ID != r.identity.TenantID {
		return fmt.Errorf("%w: the baseline is a snapshot of the tenant %s, the sign-in is for %s", snapshot.ErrUnusable, b.Tenant().ID, r.identity.TenantID)
	}
	client := func(t tokens, base *url.URL) *wire.Client {
		c := wire.New(wire.Options{
			Base: base, Transport: o.Transport, Tokens: t, Limits: o.Limits, Foreign: r.stop,
			UserAgent: "NONISV|leavercheck|leavercheck/" + o.Tool.Version,
		})
		r.wires = append(r.wires, c)
		return c
	}
	if r.graph, err = graph.New(client(toGraph, o.Cloud.Graph), o.Cloud.Graph, o.Cloud.Name); err != nil {
		return err
	}
	if o.ExchangeExport != nil {
		r.exchange, err = fromExport(o.ExchangeExport, r.identity.TenantID)
		return err
	}
	toExchange := tokens{o.Credential, o.Cloud.ExchangeScope}
	r.exchange = exchange.New(client(toExchange, o.Cloud.Exchange), o.Cloud.Exchange, r.identity.TenantID)
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
	group.Go(func() error { r.devices(ctx); return nil })
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
	for _, key := range slices.Sorted(maps.Keys(r.records)) {
		rec := r.records[key]
		if rec.leaver.LeftAt.IsZero() {
			untimed++
		}
		if rec.leaver.State == snapshot.NotYet {
			notYet++
			if err := w.Leaver(snapshot.Record{Leaver: rec.leaver, Facts: map[string]snapshot.Fact{}}); err != nil {
				return Collected{}, err
			}
			continue
		}
		for _, name := range snapshot.LeaverFacts() {
			if _, ok := rec.facts[name]; !ok {
				rec.facts[name] = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.NotCollected, Detail: "there is no account to ask about"}
			}
		}
		if err := w.Leaver(snapshot.Record{Leaver: rec.leaver, Facts: rec.facts}); err != nil {
			return Collected{}, err
		}
	}
	for _, from := range r.sources {
		if err := w.Provenance(from); err != nil {
			return Collected{}, err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.records)) {
		rec := r.records[key]
		for _, name := range slices.Sorted(maps.Keys(rec.sources)) {
			for _, from := range rec.sources[name] {
				if err := w.Provenance(from); err != nil {
					return Collected{}, err
				}
			}
		}
	}
	digest, err := populationDigest(r.options.Entries, r.named())
	if err != nil {
		return Collected{}, err
	}
	m := snapshot.Manifest{
		SchemaVersion: snapshot.SchemaVersion, Tool: r.options.Tool, TenantID: r.identity.TenantID, TenantName: r.tenantName(), Cloud: r.options.Cloud.Name,
		Population:  snapshot.Population{Sources: r.options.Sources, Leavers: len(r.records), NotYet: notYet, Digest: digest, Untimed: untimed, Excluded: r.excluded},
		Permissions: r.identity.Roles, ClockSkewSeconds: int(r.wires[0].Skew() / time.Second), Arguments: r.options.Arguments,
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
	return Collected{Seal: seal, Manifest: m, Requests: requests, Warnings: r.warnings()}, nil
}

func (r *run) tenantName() string {
	entry, _ := r.tenant[snapshot.Organization].Value.(map[string]any)
	name, _ := entry["displayName"].(string)
	return name
}

func (r *run) warnings() []string {
	out := slices.Clone(r.notes)
	if w := writes(r.identity.Roles); len(w) > 0 {
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
