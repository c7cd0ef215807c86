package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"time"

	"leavercheck/policies"
)

// maxPart bounds one part of a result, the lines of one leaver: a thousand times what is usual.
const maxPart = 16 << 20

// Read replays a stored result, in either of the formats for programs, into a handler. It is strict:
// unknown properties, words that mean nothing, verdicts of rules that the run does not name, parts out
// of order, a summary that does not add up, text after the end and an end that comes early are errors,
// and each names its line. What the handler was given before an error is not to be relied on.
func Read(r io.Reader, h policies.Handler) error {
	in := &source{r: bufio.NewReaderSize(r, 64<<10), line: 1}
	replay := &replay{handler: h}
	first, err := in.peek(512)
	if err != nil {
		return fmt.Errorf("report: reading: %w", err)
	}
	if first = bytes.TrimLeft(first, " \t\r\n"); len(first) == 0 {
		return errors.New("report: the result is empty")
	}
	// Only a document opens with a run of its own.
	if bytes.HasPrefix(first, []byte(`{"run":`)) {
		err = readDocument(in, replay)
	} else {
		err = readLines(in, replay)
	}
	if err != nil {
		return fmt.Errorf("report: line %d: %w", in.line, err)
	}
	return nil
}

// readLines reads ndjson.
func readLines(in *source, replay *replay) error {
	for number := 1; ; number++ {
		in.line = number
		text, err := in.nextLine()
		if errors.Is(err, io.EOF) {
			return replay.whole()
		}
		if err != nil {
			return err
		}
		var kind struct {
			Kind string `json:"kind"`
		}
		if err := json.Unmarshal(text, &kind); err != nil {
			return err
		}
		switch kind.Kind {
		case kindRun:
			err = part(text, func(l runLine) error { return replay.Run(l.Run) })
		case kindLeaver:
			err = part(text, func(l leaverLine) error { return replay.Leaver(l.LeaverResult) })
		case kindTenant:
			err = part(text, func(l tenantLine) error { return replay.Tenant(l.TenantResult) })
		case kindSummary:
			err = part(text, func(l summaryLine) error { return replay.Summary(l.Summary) })
		default:
			err = fmt.Errorf("the kind of line %q is none of run, leaver, tenant, summary", kind.Kind)
		}
		if err != nil {
			return err
		}
	}
}

// readDocument reads the one document, a part at a time.
func readDocument(in *source, replay *replay) error {
	decoder := &decoder{in: in}
	decoder.json = json.NewDecoder(decoder)
	steps := []func() error{
		decoder.delimiter('{'),
		decoder.key("run"), decode(decoder, replay.Run),
		decoder.key("leavers"), decoder.delimiter('['), decoder.elements(decode(decoder, replay.Leaver)), decoder.delimiter(']'),
		decoder.key("tenant"), decode(decoder, replay.Tenant),
		decoder.key("summary"), decode(decoder, replay.Summary),
		decoder.delimiter('}'),
	}
	for _, step := range steps {
		err := step()
		in.line = decoder.line()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("the document breaks off")
		}
		if err != nil {
			return err
		}
	}
	if _, err := decoder.json.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text after the end of the document")
	}
	return replay.whole()
}

// part decodes one part strictly and hands it on.
func part[T any](text []byte, give func(T) error) error {
	var value T
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	if decoder.More() {
		return errors.New("text after the end of the line's document")
	}
	return give(value)
}

func decode[T any](d *decoder, give func(T) error) func() error {
	return func() error {
		d.left = maxPart
		var text json.RawMessage
		if err := d.json.Decode(&text); err != nil {
			return err
		}
		return part(text, give)
	}
}

// source is the stored text, and where in it reading is.
type source struct {
	r    *bufio.Reader
	line int
}

func (s *source) peek(n int) ([]byte, error) {
	text, err := s.r.Peek(n)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return text, err
}

// nextLine reads a line that may be long, but not without end.
func (s *source) nextLine() ([]byte, error) {
	var line []byte
	for {
		piece, err := s.r.ReadSlice('\n')
		line = append(line, piece...)
		switch {
		case len(line) > maxPart:
			return nil, fmt.Errorf("longer than %d bytes", maxPart)
		case err == nil:
			return line, nil
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, errors.New("the line breaks off: it does not end in a line feed")
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// decoder reads a document through encoding/json, which would otherwise take in a value of any size and
// knows offsets, not lines.
type decoder struct {
	in   *source
	json *json.Decoder
	left int
	read int64
	// feeds are the offsets of line feeds that lie ahead of what was decoded.
	feeds []int64
	lines int
}

func (d *decoder) Read(p []byte) (int, error) {
	if d.left <= 0 {
		return 0, fmt.Errorf("a part is larger than %d bytes", maxPart)
	}
	n, err := d.in.r.Read(p[:min(len(p), d.left)])
	for i, b := range p[:n] {
		if b == '\n' {
			d.feeds = append(d.feeds, d.read+int64(i))
		}
	}
	d.read += int64(n)
	d.left -= n
	return n, err
}

// line is the line that decoding has come to.
func (d *decoder) line() int {
	at := d.json.InputOffset()
	ahead := slices.IndexFunc(d.feeds, func(feed int64) bool { return feed >= at })
	if ahead < 0 {
		ahead = len(d.feeds)
	}
	d.lines += ahead
	d.feeds = append(d.feeds[:0], d.feeds[ahead:]...)
	return d.lines + 1
}

func (d *decoder) delimiter(want json.Delim) func() error {
	return func() error {
		d.left = maxPart
		token, err := d.json.Token()
		if err != nil {
			return err
		}
		if token != want {
			return fmt.Errorf("found %v where a result has %v", token, want)
		}
		return nil
	}
}

func (d *decoder) key(want string) func() error {
	return func() error {
		d.left = maxPart
		token, err := d.json.Token()
		if err != nil {
			return err
		}
		if token != want {
			return fmt.Errorf("found %v where a result has %q", token, want)
		}
		return nil
	}
}

func (d *decoder) elements(one func() error) func() error {
	return func() error {
		for {
			d.left = maxPart
			if !d.json.More() {
				return nil
			}
			if err := one(); err != nil {
				return err
			}
			d.line() // drops the line feeds that are behind
		}
	}
}

// replay checks what was read before it hands it on.
type replay struct {
	order
	handler policies.Handler
	asOf    time.Time
	rules   map[string]bool
	tally   *policies.Tally
	last    string
	// leanedOn are the attestations that verdicts carry.
	leanedOn map[policies.VerdictAttestation]bool
	// waived are the waivers that verdicts carry.
	waived  map[waiverUse]policies.Waiver
	changes changesCheck
}

func (r *replay) Run(run policies.Run) error {
	if err := r.run(); err != nil {
		return err
	}
	if run.SchemaVersion != policies.ResultVersion {
		return errOtherVersion(run.SchemaVersion)
	}
	r.asOf, r.rules, r.leanedOn = run.JudgedAsOf(), map[string]bool{}, map[policies.VerdictAttestation]bool{}
	r.waived = map[waiverUse]policies.Waiver{}
	for _, rule := range run.Rules {
		r.rules[rule.ID] = true
	}
	for _, off := range run.Off {
		if r.rules[off.ID] {
			return fmt.Errorf("the rule %s is named as one that is switched off, and as one that is not", off.ID)
		}
	}
	r.tally, r.changes = policies.NewTally(run), newChangesCheck(run)
	return r.handler.Run(run)
}

func errOtherVersion(version int) error {
	return fmt.Errorf("the result has version %d of the format: this program reads %d", version, policies.ResultVersion)
}

func (r *replay) Leaver(leaver policies.LeaverResult) error {
	if err := r.leaver(); err != nil {
		return err
	}
	key := leaver.Leaver.Key()
	if key <= r.last {
		return fmt.Errorf("the leaver %q is there twice or out of order", key)
	}
	r.last = key
	if leaver.NotYet() && len(leaver.Verdicts) > 0 {
		return errors.New("somebody who leaves in the future has verdicts")
	}
	if err := r.check(leaver.Verdicts, leaver.Leaver.ID); err != nil {
		return err
	}
	r.tally.Leaver(leaver)
	return r.handler.Leaver(leaver)
}

func (r *replay) Tenant(tenant policies.TenantResult) error {
	if err := r.tenant(); err != nil {
		return err
	}
	if err := r.check(tenant.Verdicts, ""); err != nil {
		return err
	}
	r.tally.Tenant(tenant)
	return r.handler.Tenant(tenant)
}

func (r *replay) Summary(summary policies.Summary) error {
	if err := r.summary(); err != nil {
		return err
	}
	want := r.tally.Summary()
	want.Attestations, want.Waivers = summary.Attestations, summary.Waivers
	want.Changes, want.Gone = summary.Changes, summary.Gone
	if !reflect.DeepEqual(summary, want) {
		return errors.New("the summary is not that of the verdicts")
	}
	if err := errors.Join(r.attestations(summary.Attestations), r.changes.summary(summary)); err != nil {
		return err
	}
	if err := r.waivers(summary.Waivers); err != nil {
		return err
	}
	return r.handler.Summary(summary)
}

// check holds verdicts of a leaver, or of the tenant where there is none, to their form.
func (r *replay) check(verdicts []policies.Verdict, leaver string) error {
	seen := map[string]bool{}
	for _, v := range verdicts {
		switch {
		case !r.rules[v.Rule]:
			return fmt.Errorf("a verdict of the rule %q, which the run does not name", v.Rule)
		case seen[v.Rule]:
			return fmt.Errorf("two verdicts of the rule %s", v.Rule)
		case !slices.Contains(policies.Statuses(), v.Status):
			return fmt.Errorf("%s: the status %q is unknown", v.Rule, v.Status)
		case !slices.Contains(policies.Severities(), v.Severity):
			return fmt.Errorf("%s: the severity %q is unknown", v.Rule, v.Severity)
		case v.Grade != policies.Observed && v.Grade != policies.Attested:
			return fmt.Errorf("%s: the grade %q is unknown", v.Rule, v.Grade)
		case (v.Grade == policies.Attested) != (len(v.Attestations) > 0):
			return fmt.Errorf("%s: the grade is %s, with %d attestations", v.Rule, v.Grade, len(v.Attestations))
		case !reflect.DeepEqual(v.DaysLeft, policies.DaysLeft(v.Deadline, r.asOf)):
			return fmt.Errorf("%s: the days left are not those until the deadline", v.Rule)
		}
		if err := errors.Join(r.waiver(v, leaver), r.changes.verdict(v)); err != nil {
			return err
		}
		for _, on := range v.Attestations {
			r.leanedOn[on] = true
		}
		seen[v.Rule] = true
	}
	return nil
}
