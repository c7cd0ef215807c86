package exchange

import (
	"context"
	"encoding/json"
	"sync"

	"leavercheck/collector/snapshot"
)

// shelf keeps the rows of one listing that are about somebody who is wanted, until they are asked for. It is
// filled by one goroutine and then read by several.
type shelf struct {
	cmdlet     string
	properties []string
	from       snapshot.Provenance
	// err says why the listing was not read to its end, if so.
	err error
	// doubtful means that a row could not be placed: what is not on the shelf may yet exist.
	doubtful bool

	mu   sync.Mutex
	rows map[string][]packed // by object id; nil for those that were given out
}

func newShelf(cmdlet string, properties []string) *shelf {
	return &shelf{cmdlet: cmdlet, properties: properties, rows: map[string][]packed{}}
}

// fill lists the cmdlet's objects; keep looks at each.
func (s *shelf) fill(ctx context.Context, c *Client, parameters map[string]any, keep func(json.RawMessage) error) {
	s.from, s.err = c.list(ctx, s.cmdlet, parameters, s.properties, keep)
}

func (s *shelf) doubted() { s.doubtful = true }

// put shelves a row.
func (s *shelf) put(id string, raw json.RawMessage) error {
	r, err := decode(raw, s.properties)
	if err != nil {
		return err
	}
	p, err := pack(r, s.properties)
	if err != nil {
		return err
	}
	s.rows[id] = append(s.rows[id], p)
	return nil
}

func (s *shelf) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.rows[id]
	return ok
}

// take gives out the rows of an account, once. Rows beside an error are a part.
func (s *shelf) take(wanted map[string]bool, id string) ([]row, error) {
	s.mu.Lock()
	shelved, ok := s.rows[id]
	if ok {
		s.rows[id] = nil
	}
	s.mu.Unlock()
	if !wanted[id] || ok && shelved == nil {
		return nil, twice(s.cmdlet)
	}
	var out []row
	for _, p := range shelved {
		r, err := p.row(s.properties)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, s.err
}

// source is the listing as the source of one fact: it is accounted for as a listing elsewhere.
func (s *shelf) source() snapshot.Provenance {
	from := s.from
	from.List = nil
	return from
}
