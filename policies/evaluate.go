package policies

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"golang.org/x/sync/errgroup"

	"leavercheck/collector/snapshot"
)

// Snapshot is what evaluation reads; *snapshot.Reader is one. Leavers and Provenance are called at the
// same time, from different goroutines; both give their records in the order of Leaver.Key, provenance of
// the tenant's own facts first. With a baseline or attestations Leavers is called once more before. An
// error from yield comes back unchanged.
type Snapshot interface {
	Manifest() snapshot.Manifest
	Seal() snapshot.Seal
	Tenant() snapshot.Tenant
	Leavers(yield func(snapshot.Record) error) error
	Provenance(yield func(snapshot.Provenance) error) error
}

// EvaluateOptions tunes an evaluation. The zero value is right for most.
type EvaluateOptions struct {
	// Tool is named in the result.
	Tool Tool
	// Now judges the snapshot as of another time than that of its collection.
	Now time.Time
	// Workers is the number of leavers evaluated side by side; 0 means one for each processor.
	Workers int
	// Timeout bounds one evaluation; 0 means 5 s.
	Timeout time.Duration
	// Memory bounds, in bytes, by how much the program's heap may have grown while an evaluation that
	// takes unusually long goes on; 0 means 1 GiB. An isolated process has it for itself; there 0 means 512 MiB.
	Memory uint64
	// Baseline is an earlier snapshot of the same tenant, nil for none. Rules see what it had of a leaver;
	// its Leavers are read once.
	Baseline Snapshot
	// Attestations are what people vouch for, as ReadAttestations gives them.
	Attestations []Attestation
	// Waivers are what people accept for a time, as ReadWaivers gives them, sorted by id.
	Waivers []WaiverResult
}

// Evaluate asks every rule about every leaver, and about the tenant, and streams the result to the
// handler. The same snapshot and policies give the same calls in the same order, however many workers
// there are. Memory does not grow with the number of leavers.
func (s *Set) Evaluate(ctx context.Context, snap Snapshot, opts EvaluateOptions, h Handler) (Summary, error) {
	e, err := s.begin(ctx, snap, opts)
	if err != nil {
		return Summary{}, err
	}
	run := e.header(snap)
	if err := h.Run(run); err != nil {
		return Summary{}, err
	}
	tally, all, waived := NewTally(run), newPopulation(), newWaivers(opts.Waivers, e.judge.now)
	err = e.leavers(ctx, snap, func(one judged) error {
		e.strikes.inOrder(e, &one)
		all.add(one.share)
		for _, on := range one.leaning {
			on.voucher.standing = Counts
		}
		waived.apply(&one.result)
		tally.Leaver(one.result)
		return h.Leaver(one.result)
	})
	if err != nil {
		return Summary{}, err
	}
	tenant, err := e.tenant(ctx, all)
	if err != nil {
		return Summary{}, err
	}
	tally.Tenant(tenant)
	if err := h.Tenant(tenant); err != nil {
		return Summary{}, err
	}
	summary := tally.Summary()
	summary.Attestations, summary.Waivers = e.roll.attested(), waived.all
	return summary, h.Summary(summary)
}

// evaluation is one Evaluate under way.
type evaluation struct {
	set       *Set
	opts      EvaluateOptions
	data      ast.Value // of the store
	store     storage.Store
	questions prepared
	judge     judge
	memory    uint64
	roll      rollCall
	// subscribed are the tenant's subscriptions.
	subscribed map[string]bool
	// away makes isolated processes, nil where there is no need of any; sent are the documents for them.
	away    *away
	sent    []byte
	strikes *strikes
}

func (s *Set) begin(ctx context.Context, snap Snapshot, opts EvaluateOptions) (*evaluation, error) {
	if opts.Workers <= 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	if opts.Timeout <= 0 {
		opts.Timeout = 5 * time.Second
	}
	given := opts.Memory
	if opts.Memory == 0 {
		opts.Memory = 1 << 30
	}
	if opts.Baseline != nil {
		if err := checkBaseline(opts.Baseline, snap); err != nil {
			return nil, err
		}
	}
	manifest, tenant := snap.Manifest(), snap.Tenant()
	now := opts.Now
	if now.IsZero() {
		now = manifest.CollectedAt
	}
	document, err := tenantValue(tenant, now, manifest.Windows)
	if err != nil {
		return nil, fmt.Errorf("policies: reading the tenant's facts: %w", err)
	}
	parameters, err := ast.InterfaceToValue(effective(s.every()))
	if err != nil {
		return nil, fmt.Errorf("policies: reading parameters: %w", err)
	}
	data := object(dataTenant, document, dataParameters, parameters, dataBaseline, baselineDocument(opts.Baseline))
	e := &evaluation{
		set:        s,
		opts:       opts,
		data:       data,
		strikes:    &strikes{counts: map[string]int{}},
		store:      inmem.NewFromASTObject(data),
		judge:      judge{tenantID: tenant.ID, now: now, tenantFacts: tenant.Facts, requires: map[string][]string{}},
		memory:     heap() + opts.Memory,
		subscribed: subscribedSKUs(tenant),
	}
	for _, rule := range s.every() {
		e.judge.requires[rule.ID] = rule.Requires
	}
	if e.questions, err = s.prepare(ctx, e.store); err != nil {
		return nil, err
	}
	if s.away != nil {
		e.away = s.away.within(opts.Timeout, given)
		if e.sent, err = appendValue(nil, data, 0); err != nil {
			return nil, fmt.Errorf("policies: reading the tenant's facts: %w", err)
		}
	}
	return e, e.callRoll(ctx, snap)
}

func (e *evaluation) header(snap Snapshot) Run {
	manifest, tenant, seal := snap.Manifest(), snap.Tenant(), snap.Seal()
	run := Run{
		SchemaVersion: ResultVersion,
		Tool:          e.opts.Tool,
		Tenant:        Tenant{ID: tenant.ID, Name: manifest.TenantName},
		Cloud:         tenant.Cloud,
		Snapshot:      SnapshotRef{Seal: seal.Digest, Previous: seal.Previous, Population: manifest.Population},
		CollectedAt:   manifest.CollectedAt.UTC(),
		Now:           e.opts.Now,
		PolicyDigest:  e.set.digest,
		Parameters:    effective(e.set.rules),
		Outcomes:      seal.Outcomes,
	}
	for _, rule := range e.set.rules {
		run.Rules = append(run.Rules, rule.WithControls(MediumConfidence))
	}
	for _, rule := range e.set.off {
		run.Off = append(run.Off, RuleRef{ID: rule.ID, Title: rule.Title, Source: rule.Set[setEnabled]})
	}
	if e.opts.Baseline != nil {
		run.Baseline = &BaselineRef{Seal: e.opts.Baseline.Seal().Digest, CollectedAt: e.opts.Baseline.Manifest().CollectedAt.UTC()}
	}
	return run
}

// job is one leaver on the way through: read, evaluated by a worker, given out in the order of reading.
type job struct {
	record  snapshot.Record
	before  *snapshot.Record // in the baseline
	origins origins
	done    chan judged
}

// judged is what a worker made of a leaver.
type judged struct {
	result  LeaverResult
	share   share
	leaning []lean
	who     subject
	struck  []string // isolated rules that took too much
}

// lean is an attestation that a rule's verdict leans on.
type lean struct {
	rule    string
	voucher *voucher
}

// leavers evaluates side by side and gives out in order. What is under way is bounded: reading stops
// while the slowest leaver is waited for.
func (e *evaluation) leavers(ctx context.Context, snap Snapshot, give func(judged) error) error {
	group, ctx := errgroup.WithContext(ctx)
	side, before := newSidecar(), newEarlier(e.roll.lost)
	todo := make(chan job, e.opts.Workers)
	order := make(chan job, 8*e.opts.Workers)

	group.Go(func() error { return side.read(ctx, snap.Provenance) })
	if e.opts.Baseline != nil {
		group.Go(func() error { return before.read(ctx, e.opts.Baseline.Leavers) })
	} else {
		close(before.records)
	}
	group.Go(func() error {
		defer close(todo)
		defer close(order)
		return e.produce(ctx, snap, side, before, todo, order)
	})
	for range e.opts.Workers {
		group.Go(func() error { return e.work(ctx, todo) })
	}
	group.Go(func() error {
		for next := range order {
			select {
			case result := <-next.done:
				if err := give(result); err != nil {
					return err
				}
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	})
	return group.Wait()
}

func (e *evaluation) produce(ctx context.Context, snap Snapshot, side *sidecar, baseline *earlier, todo, order chan<- job) error {
	var err error
	// Before the first job, so that workers only ever read it.
	if e.judge.tenantOrigins, err = side.of(ctx, ""); err != nil {
		return err
	}
	previous := ""
	err = snap.Leavers(func(record snapshot.Record) error {
		key := record.Leaver.Key()
		if key <= previous {
			return fmt.Errorf("%w: leaver %q stands after %q", snapshot.ErrIntegrity, key, previous)
		}
		previous = key
		origins, err := side.of(ctx, key)
		if err != nil {
			return err
		}
		before, err := baseline.of(ctx, record.Leaver)
		if err != nil {
			return err
		}
		next := job{record: record, before: before, origins: origins, done: make(chan judged, 1)}
		for _, to := range []chan<- job{order, todo} {
			select {
			case to <- next:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading leavers: %w", err)
	}
	// What is left is of nobody here; reading it to the end shows whether the file is whole.
	for !side.ended {
		if _, err := side.of(ctx, "\U0010ffff"); err != nil {
			return err
		}
	}
	return baseline.drain(ctx)
}

// work evaluates leavers until there are no more.
func (e *evaluation) work(ctx context.Context, todo <-chan job) error {
	asker, done, err := e.asker(ctx)
	if err != nil {
		return err
	}
	defer done()
	for {
		select {
		case next, ok := <-todo:
			if !ok {
				return nil
			}
			result, err := e.leaver(ctx, asker, next)
			if err != nil {
				return err
			}
			next.done <- result
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// asker makes what one worker needs for itself.
func (e *evaluation) asker(ctx context.Context) (asker, func(), error) {
	var there *remote
	if e.away != nil {
		there = &remote{away: e.away, data: e.sent, givenUp: e.strikes}
	}
	if len(e.set.elsewhere) == len(e.set.rules) {
		return there, there.close, nil
	}
	here, done, err := e.set.newLocal(ctx, e.questions, e.store, e.data, e.opts.Timeout, e.memory)
	if err != nil || there == nil {
		return here, done, err
	}
	return split{here: here, there: there, elsewhere: e.set.elsewhere}, func() {
		there.close()
		done()
	}, nil
}

// leaver judges one leaver. The values built for the rules live as long as this call.
func (e *evaluation) leaver(ctx context.Context, asker asker, next job) (judged, error) {
	leaver := next.record.Leaver
	out := judged{result: LeaverResult{Leaver: leaver, Verdicts: []Verdict{}}, share: shareOf(next.record, next.before, e.subscribed)}
	if leaver.State == snapshot.NotYet {
		return out, nil
	}
	if !slices.Contains(judgedStates(), leaver.State) {
		return out, fmt.Errorf("policies: %s: the state %q is unknown", leaver.Key(), leaver.State)
	}
	var beforeAt time.Time
	if next.before != nil {
		beforeAt = e.opts.Baseline.Manifest().CollectedAt
	}
	view, err := newView(next.record, next.before, beforeAt)
	if err != nil {
		return out, fmt.Errorf("policies: %s: %w", leaver.Key(), err)
	}
	// Attestations are not laid before all rules at once: a rule hears those that it heeds, and no other.
	all := asker.about(view.input(nil))
	who := subject{key: leaver.Key(), leaver: leaver, graceFrom: graceFrom(leaver), state: leaver.State, facts: next.record.Facts, origins: next.origins, vouchers: e.roll.byLeaver[leaver.Key()]}
	out.who = who
	for _, rule := range e.set.rules {
		switch {
		case rule.Scope != PerLeaver:
		case !rule.judges(leaver.State):
			out.result.Verdicts = append(out.result.Verdicts, e.judge.notJudged(rule, who, leaver.State))
		default:
			answers, err := all.ask(ctx, rule.ID)
			if ctx.Err() != nil {
				return out, context.Cause(ctx)
			}
			observed, err := e.settle(ctx, asker, rule, who, view, answers, err)
			if err != nil {
				return out, err
			}
			verdict, leaning, err := e.attest(ctx, asker, rule, who, view, observed)
			if err != nil {
				return out, err
			}
			for _, on := range leaning {
				out.leaning = append(out.leaning, lean{rule.ID, on})
			}
			out.result.Verdicts = append(out.result.Verdicts, verdict)
		}
	}
	out.struck = asker.struck()
	return out, nil
}

// attest asks a rule once more, with the attestations that it heeds, where there are any. It gives the
// verdict that stands and what it leans on.
func (e *evaluation) attest(ctx context.Context, asker asker, rule Rule, who subject, view view, observed Verdict) (Verdict, []*voucher, error) {
	if who.heard = heard(rule, who.vouchers); len(who.heard) == 0 {
		return observed, nil, nil
	}
	answers, err := asker.about(view.input(who.heard)).ask(ctx, rule.ID)
	if ctx.Err() != nil {
		return observed, nil, context.Cause(ctx)
	}
	with, err := e.settle(ctx, asker, rule, who, view, answers, err)
	if err != nil {
		return observed, nil, err
	}
	verdict := leaning(observed, with)
	var on []*voucher
	for _, attested := range verdict.Attestations {
		on = append(on, who.heard[attested.Rule])
	}
	return verdict, on, nil
}

// tenant judges the tenant, when all of its leavers are counted.
func (e *evaluation) tenant(ctx context.Context, all *population) (TenantResult, error) {
	result := TenantResult{Verdicts: []Verdict{}}
	asker, done, err := e.asker(ctx)
	if err != nil {
		return result, err
	}
	defer done()
	inquiry := asker.about(all.value())
	for _, rule := range e.set.rules {
		if rule.Scope != PerTenant {
			continue
		}
		answers, err := inquiry.ask(ctx, rule.ID)
		if ctx.Err() != nil {
			return result, context.Cause(ctx)
		}
		result.Verdicts = append(result.Verdicts, e.judge.verdict(rule, subject{}, answers, err))
	}
	return result, nil
}
