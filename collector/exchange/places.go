package exchange

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
)

// places tells whose a name is, among all mailboxes of a tenant. It keeps no names, but eight bytes of each,
// for it has to know everybody's: whether a device is somebody else's shows only there.
type places struct {
	seed maphash.Seed

	mu sync.Mutex
	// own are the names of wanted mailboxes, with the account; others those of all others.
	own    map[uint64]string
	others []uint64
	// disputed are names that two mailboxes have, as far as they were looked for.
	disputed map[uint64]bool
}

func newPlaces() *places {
	return &places{seed: maphash.MakeSeed(), own: map[uint64]string{}, disputed: map[uint64]bool{}}
}

func (p *places) hash(name string) uint64 { return maphash.String(p.seed, strings.ToLower(name)) }

// add takes down the names of a mailbox: of a wanted account, or of nobody in particular if id is empty.
func (p *places) add(id string, names []*string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, name := range names {
		repeated := slices.ContainsFunc(names[:i], func(other *string) bool { return strings.EqualFold(orEmpty(other), orEmpty(name)) })
		if orEmpty(name) == "" || repeated {
			continue
		}
		h := p.hash(*name)
		if id == "" {
			p.others = append(p.others, h)
			continue
		}
		if other, ok := p.own[h]; ok && other != id {
			p.disputed[h] = true
		}
		p.own[h] = id
	}
}

// settle must be called between the last add and the first find.
func (p *places) settle() {
	slices.Sort(p.others)
	p.others = slices.Clip(slices.Compact(p.others))
}

// find says whose a name is: an account that is wanted, or empty for somebody else. Known is false if it is
// nobody's. A name of two is somebody else's, and is remembered as disputed.
func (p *places) find(name string) (id string, known bool) {
	if name == "" {
		return "", false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.hash(name)
	_, others := slices.BinarySearch(p.others, h)
	id, own := p.own[h]
	if own && others {
		p.disputed[h] = true
	}
	if p.disputed[h] {
		return "", true
	}
	return id, own || others
}

// contested reports whether some object was found under a name of the mailbox that is another's, too.
func (p *places) contested(mailbox row) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(ownNames(), func(property string) bool { return p.disputed[p.hash(text(mailbox, property))] })
}
