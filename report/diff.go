package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"leavercheck/policies"
)

// NewDiff makes a renderer of the changes alone, of a stream that Compare gives: as a table for people, or as one
// JSON document {head, verdicts, gone, changes} with a line for each verdict that
// has changed or is still open. The table counts what is still open and lists the rest.
func NewDiff(w io.Writer, earlier *Earlier, asJSON bool, opts Options) Renderer {
	if asJSON {
		return &diffJSON{out: &jsonWriter{w: w}, earlier: earlier}
	}
	d := &diffTable{table: newTable(w, opts), earlier: earlier, rows: map[policies.ChangeKind]*rows{}}
	for _, kind := range policies.ChangeKinds() {
		d.rows[kind] = newRows(d.opts.Limit)
	}
	return d
}

// diffTable shows the changes on a terminal.
type diffTable struct {
	*table  // for its page, its words and its order
	earlier *Earlier
	rows    map[policies.ChangeKind]*rows
}

func (d *diffTable) Leaver(l policies.LeaverResult) error {
	d.add(l.Verdicts, l.Name(), l.Leaver.UserPrincipalName)
	return d.leaver()
}

func (d *diffTable) Tenant(t policies.TenantResult) error {
	d.add(t.Verdicts, tenantName, "")
	return d.tenant()
}

func (d *diffTable) add(verdicts []policies.Verdict, who, account string) {
	for _, v := range verdicts {
		if !otherThanBefore(v.Change) {
			continue
		}
		one := row{severity: v.Severity, rule: v.Rule, who: who, account: account, what: d.what(v), lost: v.Deadline, due: v.Due}
		if !v.Deadline.IsZero() {
			one.date = d.deadline(v.Deadline)
		}
		d.rows[v.Change.Kind].add(one)
	}
}

// what says what a verdict is, what it was and, where the method changed, why.
func (d *diffTable) what(v policies.Verdict) string {
	text := string(v.Status)
	if before := v.Change.Before; before != "" && before != v.Status {
		text = string(before) + " > " + text
	}
	if cause := causeWords(v.Change.Cause); cause != "" {
		text += " (" + cause + ")"
	}
	if wrong(v.Status) && v.Message != "" {
		text += ": " + v.Message
	}
	return text
}

// causeWords puts a cause into words.
func causeWords(cause policies.Cause) string {
	words := map[policies.Cause]string{
		policies.CauseRule: "the rule is another", policies.CauseParameters: "the rule's parameters are others", policies.CauseSeverity: "the severity is set otherwise",
		policies.CauseOff: "the rule was switched off or on", policies.CauseWaiver: "the waiver is over", policies.CauseRoster: "the roster says otherwise",
		policies.CauseReadable: "what could be read is another", policies.CauseAttestation: "on a person's word", policies.CauseLeaver: "the leaver is not judged",
		policies.CauseState: "not judged in the account's state",
	}
	return words[cause]
}

func (d *diffTable) Summary(s policies.Summary) error {
	if err := d.summary(); err != nil {
		return err
	}
	var out bytes.Buffer
	d.write(&out, s)
	if _, err := d.w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("report: writing: %w", err)
	}
	return nil
}

func (d *diffTable) write(out *bytes.Buffer, s policies.Summary) {
	p := page{out: out, width: d.opts.Width, color: d.opts.Color}
	tone := green
	if s.Changes[policies.ChangeNew]+s.Changes[policies.ChangeReopened] > 0 {
		tone = red
	} else if s.Changes[policies.ChangeMethod]+s.Changes[policies.ChangeScope] > 0 {
		tone = yellow
	}
	p.paragraph(tone, "Changed: "+counted(s.Changes)+".")
	before := d.earlier.Run()
	p.paragraph(plain, fmt.Sprintf("Compared: %s (%s), as collected at %s, with %s.", named(d.header.Tenant), d.header.Cloud, moment(d.header.CollectedAt), moment(before.CollectedAt)))
	if then, now := before.Tool.Version, d.header.Tool.Version; then != now {
		p.paragraph(yellow, "Other versions of the program judged them: "+then+" then, "+now+" now.")
	}
	for _, kind := range policies.ChangeKinds() {
		all := d.rows[kind]
		if kind == policies.ChangeScope {
			for _, gone := range goneRows(s.Gone) {
				all.add(gone)
			}
		}
		if shown := all.sorted(); len(shown) > 0 {
			p.heading(headings()[kind], s.Changes[kind])
			p.verdicts(shown, "WHAT CHANGED")
			d.more(&p, s.Changes[kind]-len(shown))
		}
	}
	p.line("")
	p.table([]column{{title: "", most: 16}, {title: "THEN", most: 10, right: true}, {title: "NOW", most: 10, right: true}}, d.counts(s), nil)
}

func headings() map[policies.ChangeKind]string {
	return map[policies.ChangeKind]string{
		policies.ChangeNew: "New", policies.ChangeReopened: "Reopened: was fixed before", policies.ChangeMethod: "Method changed: neither progress nor the lack of it",
		policies.ChangeFixed: "Fixed", policies.ChangeWaived: "Waived", policies.ChangeScope: "Out of scope: judged no more, not fixed",
	}
}

// counts sets verdicts and leavers side by side.
func (d *diffTable) counts(now policies.Summary) [][]string {
	then := d.earlier.Counts()
	var cells [][]string
	add := func(what string, a, b int) { cells = append(cells, []string{what, strconv.Itoa(a), strconv.Itoa(b)}) }
	add("leavers", then.Leavers.Total, now.Leavers.Total)
	add("leavers failing", then.Leavers.Failing, now.Leavers.Failing)
	for _, status := range policies.Statuses() {
		add(string(status), then.Statuses[status], now.Statuses[status])
	}
	return cells
}

// diffVersion is the version of the JSON form of a diff.
const diffVersion = 1

// diffJSON writes the changes for programs.
type diffJSON struct {
	order
	out     *jsonWriter
	earlier *Earlier
	lines   int
}

type diffHead struct {
	SchemaVersion int             `json:"schemaVersion"`
	Tenant        policies.Tenant `json:"tenant"`
	Earlier       diffSide        `json:"earlier"`
	Later         diffSide        `json:"later"`
}

type diffSide struct {
	Tool policies.Tool `json:"tool"`
	policies.ResultRef
}

// diffLine is one verdict that is not right, or was not.
type diffLine struct {
	policies.Change
	Rule     string            `json:"rule"`
	Leaver   string            `json:"leaver,omitempty"`
	Name     string            `json:"name,omitempty"`
	Status   policies.Status   `json:"status"`
	Severity policies.Severity `json:"severity"`
	Message  string            `json:"message,omitempty"`
	Deadline time.Time         `json:"deadline,omitzero"`
	// New says that it counts for --fail-on.
	New         bool   `json:"new"`
	Fingerprint string `json:"fingerprint"`
}

func (d *diffJSON) Run(run policies.Run) error {
	if err := d.run(); err != nil {
		return err
	}
	then := d.earlier.Run()
	head := diffHead{
		SchemaVersion: diffVersion, Tenant: run.Tenant, Earlier: diffSide{Tool: then.Tool, ResultRef: *run.Compared},
		Later: diffSide{run.Tool, policies.ResultRef{Seal: run.Snapshot.Seal, CollectedAt: run.CollectedAt, PolicyDigest: run.PolicyDigest}},
	}
	return d.out.value(`{"head":`, head, ",\n\"verdicts\":[")
}

func (d *diffJSON) Leaver(l policies.LeaverResult) error {
	if err := d.leaver(); err != nil {
		return err
	}
	return d.verdicts(l.Verdicts, l.Leaver.Key(), l.Name())
}

func (d *diffJSON) Tenant(t policies.TenantResult) error {
	if err := d.tenant(); err != nil {
		return err
	}
	return d.verdicts(t.Verdicts, "", "")
}

func (d *diffJSON) verdicts(all []policies.Verdict, key, name string) error {
	for _, v := range all {
		if v.Change == nil || v.Change.Kind == policies.ChangeNone {
			continue
		}
		before := ",\n"
		if d.lines == 0 {
			before = "\n"
		}
		d.lines++
		line := diffLine{
			Change: *v.Change, Rule: v.Rule, Leaver: key, Name: name, Status: v.Status, Severity: v.Severity, Message: v.Message,
			Deadline: v.Deadline, New: v.NewFailure(), Fingerprint: v.Fingerprint,
		}
		if err := d.out.value(before, line, ""); err != nil {
			return err
		}
	}
	return nil
}

func (d *diffJSON) Summary(s policies.Summary) error {
	if err := d.summary(); err != nil {
		return err
	}
	if err := d.out.value("\n],\n\"gone\":", slices.Concat([]policies.GoneVerdict{}, s.Gone), ",\n"); err != nil {
		return err
	}
	return d.out.value(`"changes":`, s.Changes, "}\n")
}

func (d *diffJSON) Close() error { return d.whole() }
