package simtenant

import (
	"slices"
)

// Place is where a fault can strike.
type Place string

// The places of faults.
const (
	AtRequest    Place = "request"        // a request to Graph, alone
	AtEnvelope   Place = "batch envelope" // the request that carries a batch
	AtItem       Place = "batch item"     // one request of a batch
	AtSignIn     Place = "sign-in"        // a request to Entra's sign-in
	AtConnection Place = "connection"     // the way to a host, before any request
	AtExchange   Place = "Exchange"       // a cmdlet
)

// Effect is what a fault that strikes once does to a client that does all that can be done.
type Effect string

// The effects of faults.
const (
	// Passes: asked again, the service answers; nothing is lost.
	Passes Effect = "passes"
	// Unknown: what was asked cannot be known, and the client has to say so.
	Unknown Effect = "unknown"
	// Aborts: nothing that follows may be believed.
	Aborts Effect = "aborts"
	// Says: a good answer with other content; the client has to take it at its word.
	Says Effect = "says"
)

// FaultKind is one way of failing. Rows are numbers of the catalogue of faults that this project keeps.
type FaultKind struct {
	Name string
	Rows []int
	// Says is what happens, in a sentence.
	Says string
	// Places are where it can strike. Listing limits it to answers that are a page of a listing.
	Places  []Place
	Listing bool
	Effect  Effect
	// Elsewhere tells, for what no service and no network does, where it is looked after. Such kinds have no Places
	// and cannot be injected.
	Elsewhere string
}

// way is a FaultKind and how it is carried out: instead of the service's answer, or by changing it.
type way struct {
	FaultKind
	// instead returns nil where it cannot strike.
	instead func(*strike) *answer
	// after returns false where there was nothing to change.
	after func(*strike, *answer) bool
	// takes, if not nil, tells whether a call is one that the kind can disturb.
	takes func(*call) bool
}

func (k *way) fits(c *call) bool {
	return slices.Contains(k.Places, c.place()) && (k.takes == nil || k.takes(c))
}

// FaultKinds lists the catalogue, in the order of its rows.
func FaultKinds() []FaultKind {
	var out []FaultKind
	for _, k := range ways() {
		out = append(out, k.FaultKind)
	}
	out = append(out, elsewhere()...)
	slices.SortStableFunc(out, func(a, b FaultKind) int { return a.Rows[0] - b.Rows[0] })
	return out
}

// ways are all that can be injected.
func ways() []way {
	return slices.Concat(throttlings(), failures(), bodies(), connections(), refusals(), listings(), batches(), contents(), signIns())
}

// Where kinds strike.
func anywhere() []Place { return []Place{AtRequest, AtEnvelope, AtItem, AtSignIn, AtExchange} }

// services are where Graph and Exchange answer, alone or in a batch.
func services() []Place { return []Place{AtRequest, AtItem, AtExchange} }

// lines are where an answer has a connection of its own.
func lines() []Place { return []Place{AtRequest, AtEnvelope, AtExchange} }

// elsewhere are the rows that no service and no network does.
func elsewhere() []FaultKind {
	return []FaultKind{
		{Name: "clock", Rows: []int{53}, Says: "Clocks differ, a day has 23 hours, somebody leaves in the future.", Elsewhere: "time zones: collector/roster; the service's clock: the kind clock-skew"},
		{Name: "killed", Rows: []int{54}, Says: "The process, the power or the disk ends at any write.", Elsewhere: "file system: collector/snapshot, collector/journal"},
		{Name: "terminated", Rows: []int{55}, Says: "The run is asked to end.", Elsewhere: "process: cmd/leavercheck"},
		{Name: "two-runs", Rows: []int{56}, Says: "Two runs write the same directory.", Elsewhere: "file system: collector/snapshot"},
		{Name: "tampered", Rows: []int{57}, Says: "A file of a snapshot is cut, changed or gone.", Elsewhere: "file system: collector/snapshot"},
		{Name: "population", Rows: []int{58}, Says: "The roster is empty, names people twice, or nobody knows them.", Elsewhere: "input: collector/roster"},
		{Name: "policy", Rows: []int{61}, Says: "A rule panics, fails, says nothing, or takes too long.", Elsewhere: "engine: policies"},
	}
}
