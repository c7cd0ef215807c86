package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// The kinds of lines.
const (
	kindRun     = "run"
	kindLeaver  = "leaver"
	kindTenant  = "tenant"
	kindSummary = "summary"
)

// The lines of a result: the parts of the stream with their kind in front.
type (
	runLine struct {
		Kind string `json:"kind"`
		policies.Run
	}
	leaverLine struct {
		Kind string `json:"kind"`
		policies.LeaverResult
	}
	tenantLine struct {
		Kind string `json:"kind"`
		policies.TenantResult
	}
	summaryLine struct {
		Kind string `json:"kind"`
		policies.Summary
	}
)

// ndjson writes a line for each part.
type ndjson struct {
	order
	out *jsonWriter
}

func newNDJSON(w io.Writer) *ndjson { return &ndjson{out: &jsonWriter{w: w}} }

func (n *ndjson) Run(run policies.Run) error {
	return n.line(n.run(), runLine{kindRun, run})
}

func (n *ndjson) Leaver(leaver policies.LeaverResult) error {
	return n.line(n.leaver(), leaverLine{kindLeaver, leaver})
}

func (n *ndjson) Tenant(tenant policies.TenantResult) error {
	return n.line(n.tenant(), tenantLine{kindTenant, tenant})
}

func (n *ndjson) Summary(summary policies.Summary) error {
	return n.line(n.summary(), summaryLine{kindSummary, summary})
}

func (n *ndjson) Close() error { return n.whole() }

func (n *ndjson) line(order error, part any) error {
	if order != nil {
		return order
	}
	return n.out.value("", part, "\n")
}

// document writes the same parts as one document, still a line for each, so that it can be compared
// line by line.
type document struct {
	order
	out     *jsonWriter
	leavers int
}

func newJSON(w io.Writer) *document { return &document{out: &jsonWriter{w: w}} }

func (d *document) Run(run policies.Run) error {
	if err := d.run(); err != nil {
		return err
	}
	return d.out.value(`{"run":`, run, ",\n\"leavers\":[")
}

func (d *document) Leaver(leaver policies.LeaverResult) error {
	if err := d.leaver(); err != nil {
		return err
	}
	before := ",\n"
	if d.leavers == 0 {
		before = "\n"
	}
	d.leavers++
	return d.out.value(before, leaver, "")
}

func (d *document) Tenant(tenant policies.TenantResult) error {
	if err := d.tenant(); err != nil {
		return err
	}
	before := "\n],\n\"tenant\":"
	if d.leavers == 0 {
		before = "],\n\"tenant\":"
	}
	return d.out.value(before, tenant, ",\n")
}

func (d *document) Summary(summary policies.Summary) error {
	if err := d.summary(); err != nil {
		return err
	}
	return d.out.value(`"summary":`, summary, "}\n")
}

func (d *document) Close() error { return d.whole() }

// jsonWriter writes values canonically: keys of maps sorted, one line each, one write each.
type jsonWriter struct {
	w   io.Writer
	buf bytes.Buffer
}

func (j *jsonWriter) value(before string, value any, after string) error {
	if err := j.encode(before, value); err != nil {
		return err
	}
	j.buf.WriteString(after)
	return j.flush()
}

// open writes an object but for the brace that closes it: there is more to come.
func (j *jsonWriter) open(before string, object any) error {
	if err := j.encode(before, object); err != nil {
		return err
	}
	j.buf.Truncate(j.buf.Len() - 1)
	return j.flush()
}

func (j *jsonWriter) encode(before string, value any) error {
	j.buf.Reset()
	j.buf.WriteString(before)
	encoder := json.NewEncoder(&j.buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("report: encoding: %w", err)
	}
	j.buf.Truncate(j.buf.Len() - 1) // the encoder's line feed
	return nil
}

// text writes what is no value.
func (j *jsonWriter) text(text string) error {
	j.buf.Reset()
	j.buf.WriteString(text)
	return j.flush()
}

func (j *jsonWriter) flush() error {
	if _, err := j.w.Write(clean.JSON(j.buf.Bytes())); err != nil {
		return fmt.Errorf("report: writing: %w", err)
	}
	return nil
}
