package report

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"leavercheck/policies"
)

// The formats.
const (
	NDJSON = "ndjson"
	JSON   = "json"
	Table  = "table"
	HTML   = "html"
)

// Formats lists the names that New knows.
func Formats() []string { return []string{Table, JSON, NDJSON, HTML} }

// Options tunes what a format for people looks like. Formats for programs do not depend on it.
type Options struct {
	// Width is the number of columns to fill; 0 means 80.
	Width int
	// Color says that the output is a terminal that shows colours. They never carry meaning alone.
	Color bool
	// Limit bounds the rows of each list; 0 means 200.
	Limit int
	// Details says where every verdict with its evidence can be found, as part of a sentence; empty for
	// a hint on how to get it.
	Details string
	// Trend are earlier results of the same tenant, the oldest first; empty for none.
	Trend []TrendPoint
}

// Renderer writes one result in one format. Close must be called once the stream is over; it fails
// unless the stream was whole and everything was written. It does not close the writer.
type Renderer interface {
	policies.Handler
	Close() error
}

// New makes a renderer.
func New(format string, w io.Writer, opts Options) (Renderer, error) {
	switch format {
	case NDJSON:
		return newNDJSON(w), nil
	case JSON:
		return newJSON(w), nil
	case Table:
		return newTable(w, opts), nil
	case HTML:
		return newHTML(w, opts)
	}
	return nil, fmt.Errorf("report: there is no format %q: there are %s", format, strings.Join(Formats(), ", "))
}

// stage is how far a stream has come.
type stage int

const (
	beforeRun stage = iota
	inLeavers
	afterTenant
	afterSummary
)

// errOrder is a mistake of whoever calls a renderer.
var errOrder = errors.New("report: the parts of a result came out of order")

// order holds a stream to its order: run, leavers, tenant, summary.
type order struct{ stage stage }

func (o *order) run() error     { return o.step(beforeRun, inLeavers) }
func (o *order) leaver() error  { return o.step(inLeavers, inLeavers) }
func (o *order) tenant() error  { return o.step(inLeavers, afterTenant) }
func (o *order) summary() error { return o.step(afterTenant, afterSummary) }

func (o *order) step(from, to stage) error {
	if o.stage != from {
		return errOrder
	}
	o.stage = to
	return nil
}

// whole says whether the stream came to its end.
func (o *order) whole() error {
	if o.stage != afterSummary {
		return errors.New("report: the result breaks off before its summary")
	}
	return nil
}
