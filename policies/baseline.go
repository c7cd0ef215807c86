package policies

import (
	"context"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"

	"leavercheck/collector/snapshot"
)

// ErrBaseline means that the baseline cannot be compared with the snapshot.
var ErrBaseline = errors.New("the baseline does not fit the snapshot")

// checkBaseline refuses a baseline of somebody else, or of later.
func checkBaseline(baseline, snap Snapshot) error {
	before, now := baseline.Manifest(), snap.Manifest()
	if theirs, ours := baseline.Tenant().ID, snap.Tenant().ID; theirs != ours {
		return fmt.Errorf("%w: it is of the tenant %s, the snapshot of %s", ErrBaseline, theirs, ours)
	}
	if before.CollectedAt.After(now.CollectedAt) {
		return fmt.Errorf("%w: it was collected at %s, after the snapshot (%s)", ErrBaseline, before.CollectedAt.UTC().Format(timeLayout), now.CollectedAt.UTC().Format(timeLayout))
	}
	return nil
}

// baselineDocument is data.baseline.
func baselineDocument(baseline Snapshot) ast.Value {
	if baseline == nil {
		return ast.NullValue
	}
	return object("collectedAt", timeValue(baseline.Manifest().CollectedAt), "seal", ast.String(baseline.Seal().Digest))
}

// earlier reads a baseline beside the leavers. Both are in the order of Leaver.Key, so that a merge of two
// streams finds what the baseline had of each.
type earlier struct {
	records chan snapshot.Record
	next    *snapshot.Record
	ended   bool
	lost    *lost
}

func newEarlier(lost *lost) *earlier {
	return &earlier{records: make(chan snapshot.Record, 32), lost: lost}
}

// read sends the records, in the goroutine that calls it.
func (b *earlier) read(ctx context.Context, leavers func(func(snapshot.Record) error) error) error {
	defer close(b.records)
	previous := ""
	err := leavers(func(record snapshot.Record) error {
		key := record.Leaver.Key()
		if key <= previous {
			return fmt.Errorf("%w: leaver %q stands after %q", snapshot.ErrIntegrity, key, previous)
		}
		previous = key
		select {
		case b.records <- record:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	if err != nil {
		return fmt.Errorf("reading the baseline: %w", err)
	}
	return nil
}

// of gives what the baseline had of a leaver, nil for nothing; leavers must be asked for in order. Who has
// no object id stands after everybody who has one, so by then all names of the baseline have gone by.
func (b *earlier) of(ctx context.Context, leaver snapshot.Leaver) (*snapshot.Record, error) {
	if leaver.ID == "" {
		if err := b.drain(ctx); err != nil {
			return nil, err
		}
		return b.lost.found[leaver.Key()], nil
	}
	for {
		next, err := b.peek(ctx)
		switch {
		case err != nil:
			return nil, err
		case next == nil || next.Leaver.Key() > leaver.Key():
			return nil, nil
		}
		b.next = nil
		if next.Leaver.Key() == leaver.Key() {
			return next, nil
		}
		b.lost.offer(*next)
	}
}

// drain reads to the end, which also shows whether the file is whole.
func (b *earlier) drain(ctx context.Context) error {
	for {
		next, err := b.peek(ctx)
		if err != nil || next == nil {
			return err
		}
		b.next = nil
		b.lost.offer(*next)
	}
}

func (b *earlier) peek(ctx context.Context) (*snapshot.Record, error) {
	if b.next == nil && !b.ended {
		select {
		case record, ok := <-b.records:
			if ok {
				b.next = &record
			}
			b.ended = !ok
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return b.next, nil
}
