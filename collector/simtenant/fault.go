package simtenant

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is one way in which the services, or the network before them, fail; see FaultKinds.
type Fault struct {
	// Kind is the name of a FaultKind. Required.
	Kind string
	// Endpoint is the template of the calls to disturb, as documented: "GET /v1.0/users/{id}", "POST /v1.0/$batch",
	// "POST /{tenant}/oauth2/v2.0/token", "Get-Mailbox"; "CONNECT login", "CONNECT graph" or "CONNECT exchange" for the
	// connections to a host; a family ("logs"); or, empty or "*", every call that the kind can disturb.
	Endpoint string
	// Nth is the first of the calls that match to be disturbed, from 1; 0 disturbs all of them. Retries are calls.
	Nth int
	// Times is how many calls are disturbed from the Nth on: 0 is one, a negative number is all.
	Times int
	// Item limits the fault to a place in a batch, from 1; 0 is any, in a batch and outside of one.
	Item int

	// Status replaces the kind's own status, RetryAfter what its header says, Body its body (of a refusal that has one).
	Status     int
	RetryAfter string
	Body       string
	// Property and Value are what kinds say that they need.
	Property, Value string
}

// Chaos disturbs calls at random. Whether a call is disturbed, and how, depends on the seed, on what is asked and on how
// often the very same thing was asked before; not on the order in which different requests arrive.
type Chaos struct {
	Seed uint64
	// Rate is one in so many calls; 0 is none.
	Rate int
	// Once disturbs nothing twice: what is asked again is answered.
	Once bool
	// Kinds are names of FaultKinds; by default all whose Effect is Passes or Unknown.
	Kinds []string
	// Places are where it strikes; by default everywhere but at connections and sign-in.
	Places []Place
}

// Struck is a fault that was carried out.
type Struck struct {
	Kind     string
	Template string
	// Nth is the how-manieth call of that template it was, from 1; Item its place in a batch, from 1, or 0.
	Nth, Item int
}

// Strikes returns the faults that were carried out, in an order that does not depend on when.
func (t *Tenant) Strikes() []Struck {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := slices.Clone(t.struck)
	slices.SortFunc(out, func(a, b Struck) int {
		return strings.Compare(fmt.Sprintf("%s %6d %3d %s", a.Template, a.Nth, a.Item, a.Kind), fmt.Sprintf("%s %6d %3d %s", b.Template, b.Nth, b.Item, b.Kind))
	})
	return out
}

// Calls returns the number of calls by template, those of batches and connections among them.
func (t *Tenant) Calls() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.calls)
}

// disturbances are the state of faults.
type disturbances struct {
	ways    map[string]way
	chaotic []way
	// tried counts what Chaos chose from: by the very request.
	tried map[string]int
	// spared is what Chaos has disturbed.
	spared map[string]bool
	// aimed counts the calls that matched each of Options.Faults.
	aimed  []int
	struck []Struck
	// owed is the challenge (continuous access evaluation) that no sign-in has met yet, as a header; nonce tells which.
	owed  string
	nonce string
	// fresh are the listings that began with ConsistencyLevel.
	fresh map[string]bool
	away  []string
}

// strike is a fault about to disturb a call.
type strike struct {
	t     *Tenant
	c     *call
	way   way
	fault Fault
	// window is how long the call's family is asked to be left alone; strict refuses whoever does not.
	window time.Duration
	strict bool
}

func newDisturbances(options Options) (disturbances, error) {
	d := disturbances{ways: map[string]way{}, tried: map[string]int{}, spared: map[string]bool{}, aimed: make([]int, len(options.Faults)), fresh: map[string]bool{}}
	var all []string
	for _, k := range ways() {
		d.ways[k.Name] = k
		if k.Effect == Passes || k.Effect == Unknown {
			all = append(all, k.Name)
		}
	}
	for _, f := range options.Faults {
		if _, ok := d.ways[f.Kind]; !ok {
			return d, fmt.Errorf("%w: no kind of fault %q", ErrOptions, f.Kind)
		}
		if f.Nth < 0 || f.Item < 0 {
			return d, fmt.Errorf("%w: fault %q: a negative place", ErrOptions, f.Kind)
		}
	}
	if len(options.Chaos.Kinds) > 0 {
		all = options.Chaos.Kinds
	}
	for _, name := range all {
		k, ok := d.ways[name]
		if !ok {
			return d, fmt.Errorf("%w: no kind of fault %q", ErrOptions, name)
		}
		d.chaotic = append(d.chaotic, k)
	}
	return d, nil
}

// strikes finds the fault that disturbs a call, if one does, and returns the answer that it puts in the place of the
// service's. Faults that change the service's own answer wait for it (disturb).
func (t *Tenant) strikes(c *call, now time.Time) *answer {
	if c.template == unauthorised {
		return nil
	}
	if a := dropped(t, c); a != nil {
		return a
	}
	s := t.aim(c)
	if s == nil {
		return nil
	}
	c.strike = s
	if s.way.instead == nil {
		return nil
	}
	a := s.way.instead(s)
	if a == nil {
		c.strike = nil
		return nil
	}
	t.carriedOut(s)
	if s.window > 0 {
		t.shut(c, now, s.window, s.strict)
	}
	return a
}

// disturb changes an answer, if a fault that struck the call does that.
func (t *Tenant) disturb(c *call, a answer) answer {
	s := c.strike
	if s == nil || s.way.after == nil {
		return a
	}
	if s.way.after(s, &a) {
		t.carriedOut(s)
	}
	return a
}

func (t *Tenant) carriedOut(s *strike) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.struck = append(t.struck, Struck{s.way.Name, s.c.template, s.c.nth, s.c.item + 1})
}

// aim finds the fault whose turn it is.
func (t *Tenant) aim(c *call) *strike {
	t.mu.Lock()
	defer t.mu.Unlock()
	var found *strike
	for i, f := range t.options.Faults {
		k := t.ways[f.Kind]
		if !f.matches(c) || !k.fits(c) {
			continue
		}
		t.aimed[i]++
		if found == nil && f.due(t.aimed[i]) {
			found = &strike{t: t, c: c, way: k, fault: f}
		}
	}
	if found != nil || t.options.Chaos.Rate == 0 || !t.options.Chaos.reaches(c.place()) {
		return found
	}
	key := c.template + " " + c.asked
	t.tried[key]++
	chance := identifiers{seed: t.options.Chaos.Seed}.chance("chaos", key, strconv.Itoa(t.tried[key]))
	if chance.IntN(t.options.Chaos.Rate) != 0 || t.options.Chaos.Once && t.spared[key] {
		return nil
	}
	var fit []way
	for _, k := range t.chaotic {
		if k.fits(c) {
			fit = append(fit, k)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	t.spared[key] = true
	return &strike{t: t, c: c, way: fit[chance.IntN(len(fit))]}
}

// reaches tells whether chaos strikes there.
func (c *Chaos) reaches(place Place) bool {
	if len(c.Places) == 0 {
		return place != AtConnection && place != AtSignIn
	}
	return slices.Contains(c.Places, place)
}

// matches tells whether a fault is about a call.
func (f *Fault) matches(c *call) bool {
	if f.Item > 0 && f.Item != c.item+1 {
		return false
	}
	return f.Endpoint == "" || f.Endpoint == "*" || f.Endpoint == c.family || strings.EqualFold(f.Endpoint, c.template)
}

// due tells whether the nth call that matches is disturbed.
func (f *Fault) due(nth int) bool {
	switch {
	case f.Nth == 0 || f.Times < 0 && nth >= f.Nth:
		return true
	case nth < f.Nth:
		return false
	}
	return nth < f.Nth+max(1, f.Times)
}

// admitEnvelope is admit for a batch, whose items are admitted one by one.
func (t *Tenant) admitEnvelope(c *call) *answer {
	t.number(c)
	if a := t.fenced(c, t.now()); a != nil {
		return a
	}
	return t.strikes(c, t.now())
}

// place tells where a call is.
func (c *call) place() Place {
	switch {
	case strings.HasPrefix(c.template, "CONNECT "):
		return AtConnection
	case c.items > 0:
		return AtEnvelope
	case c.item >= 0:
		return AtItem
	case c.family == familyLogin:
		return AtSignIn
	case c.family == familyExchange:
		return AtExchange
	}
	return AtRequest
}
