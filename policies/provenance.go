package policies

import (
	"context"
	"fmt"

	"leavercheck/collector/snapshot"
)

// origins holds where the facts about one leaver, or about the tenant, came from.
type origins map[string][]snapshot.Provenance // by fact

// sidecar reads provenance beside the leavers. Both files are in the order of Leaver.Key, the tenant's
// first, so that a merge of two streams finds each leaver's rows; an index of them all would grow with
// the number of leavers.
type sidecar struct {
	groups chan provenanceGroup
	next   *provenanceGroup
	ended  bool
}

type provenanceGroup struct {
	leaver string
	facts  origins
}

func newSidecar() *sidecar { return &sidecar{groups: make(chan provenanceGroup, 32)} }

// read sends the groups, in the goroutine that calls it. Rows about listings are no fact's.
func (s *sidecar) read(ctx context.Context, rows func(func(snapshot.Provenance) error) error) error {
	defer close(s.groups)
	var group provenanceGroup
	send := func() error {
		if group.facts == nil {
			return nil
		}
		select {
		case s.groups <- group:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	err := rows(func(row snapshot.Provenance) error {
		if row.Fact == "" {
			return nil
		}
		switch {
		case group.facts == nil:
			group = provenanceGroup{row.Leaver, origins{}}
		case row.Leaver < group.leaver:
			return fmt.Errorf("%w: provenance of %q stands after that of %q: it is not in the order of the leavers", snapshot.ErrIntegrity, row.Leaver, group.leaver)
		case row.Leaver > group.leaver:
			if err := send(); err != nil {
				return err
			}
			group = provenanceGroup{row.Leaver, origins{}}
		}
		group.facts[row.Fact] = append(group.facts[row.Fact], row)
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading provenance: %w", err)
	}
	return send()
}

// of gives the rows of one leaver; keys must be asked for in order. The tenant's key is empty.
func (s *sidecar) of(ctx context.Context, key string) (origins, error) {
	for {
		if s.next == nil && !s.ended {
			select {
			case group, ok := <-s.groups:
				if ok {
					s.next = &group
				}
				s.ended = !ok
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		switch {
		case s.next == nil || s.next.leaver > key:
			return nil, nil
		case s.next.leaver == key:
			found := s.next.facts
			s.next = nil
			return found, nil
		}
		s.next = nil // somebody who is not among the leavers
	}
}
