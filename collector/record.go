package collector

import (
	"slices"
	"sync"

	"leavercheck/collector/snapshot"
)

// record is one leaver being filled, by phases that run side by side.
type record struct {
	leaver snapshot.Leaver
	spool  *spool
	claim  *claim // what Entra says of somebody whom no file names; nil for others

	mu    sync.Mutex
	facts []ref // in the order of snapshot.LeaverFacts
}

func newRecord(leaver snapshot.Leaver, s *spool) *record {
	return &record{leaver: leaver, spool: s, facts: make([]ref, len(snapshot.LeaverFacts()))}
}

// filed is a fact and the requests that it rests on.
type filed struct {
	Fact    snapshot.Fact         `json:"fact"`
	Sources []snapshot.Provenance `json:"sources"`
}

// set records a fact and the requests that it rests on.
func (r *record) set(name string, f snapshot.Fact, sources ...snapshot.Provenance) {
	for i := range sources {
		sources[i].Leaver, sources[i].Fact = r.leaver.Key(), name
		sources[i].List = nil // a listing is accounted for once, not per leaver
	}
	where := r.spool.put(filed{f, sources})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.facts[slices.Index(snapshot.LeaverFacts(), name)] = where
}

// read gives a fact back; false when nothing was set.
func (r *record) read(name string) (filed, bool) {
	r.mu.Lock()
	where := r.facts[slices.Index(snapshot.LeaverFacts(), name)]
	r.mu.Unlock()
	var k filed
	if where == (ref{}) {
		return k, false
	}
	r.spool.get(where, &k)
	return k, true
}

func (r *record) get(name string) (snapshot.Fact, snapshot.Provenance) {
	k, _ := r.read(name)
	var from snapshot.Provenance
	if len(k.Sources) > 0 {
		from = k.Sources[0]
	}
	return k.Fact, from
}

// object is a fact's value where that is an object, else nil.
func (r *record) object(name string) map[string]any {
	f, _ := r.get(name)
	value, _ := f.Value.(map[string]any)
	return value
}

// collected gives the facts of a leaver and where they came from.
func (r *record) collected(facts map[string]snapshot.Fact, source func(snapshot.Provenance) error) error {
	account, _ := r.read(snapshot.Account)
	for _, name := range snapshot.LeaverFacts() {
		k, ok := r.read(name)
		if !ok {
			k.Fact = snapshot.Fact{State: snapshot.Unknown, Reason: snapshot.NotCollected, Detail: "there is no account to ask about", Needs: account.Fact.Needs}
		}
		facts[name] = k.Fact
		for _, from := range k.Sources {
			if err := source(from); err != nil {
				return err
			}
		}
	}
	return nil
}
