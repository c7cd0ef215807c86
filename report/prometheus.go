package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// prometheus writes counts in the text format that node_exporter's textfile collector reads. It names no leaver:
// the labels are the tenant's id, rules, severities, states and facts, and their number does not grow with the
// leavers. Every rule has every state, at 0 too, so that a series does not end when all is well.
type prometheus struct {
	order
	w        io.Writer
	header   policies.Run
	verdicts map[series]int
}

type series struct {
	rule     string
	severity policies.Severity
	status   policies.Status
}

func newPrometheus(w io.Writer) *prometheus {
	return &prometheus{w: w, verdicts: map[series]int{}}
}

func (p *prometheus) Run(run policies.Run) error {
	for _, rule := range run.Rules {
		for _, status := range policies.Statuses() {
			p.verdicts[series{rule.ID, rule.Severity, status}] = 0
		}
	}
	p.header = run
	return p.run()
}

func (p *prometheus) Leaver(leaver policies.LeaverResult) error {
	p.count(leaver.Verdicts)
	return p.leaver()
}

func (p *prometheus) Tenant(tenant policies.TenantResult) error {
	p.count(tenant.Verdicts)
	return p.tenant()
}

func (p *prometheus) count(verdicts []policies.Verdict) {
	for _, v := range verdicts {
		p.verdicts[series{v.Rule, v.Severity, v.Status}]++
	}
}

func (p *prometheus) Summary(summary policies.Summary) error {
	if err := p.summary(); err != nil {
		return err
	}
	out := &exposition{tenant: p.header.Tenant.ID}
	p.write(out, summary)
	if _, err := p.w.Write(out.text.Bytes()); err != nil {
		return fmt.Errorf("report: writing: %w", err)
	}
	return nil
}

func (p *prometheus) Close() error { return p.whole() }

func (p *prometheus) write(out *exposition, summary policies.Summary) {
	out.metric("info", "What was evaluated, with what.")
	out.sample(1, "cloud", p.header.Cloud, "version", p.header.Tool.Version, "policy_digest", p.header.PolicyDigest)
	out.metric("last_success_timestamp_seconds", "When the collecting of the latest result began.")
	out.sample(p.header.CollectedAt.Unix())
	out.metric("complete", "Whether no verdict is unknown.")
	out.sample(one(summary.Complete))

	l := summary.Leavers
	out.metric("people", "Leavers by state; one may be failing, unknown and pending at once.")
	for _, state := range []struct {
		name string
		n    int
	}{{"total", l.Total}, {"clean", l.Clean}, {"failing", l.Failing}, {"unknown", l.Unknown}, {"pending", l.Pending}, {"waived", l.Waived}, {"not_yet", l.NotYet}} {
		out.sample(int64(state.n), "state", state.name)
	}
	out.metric("findings", "Verdicts by rule, severity and state.")
	for _, s := range slices.SortedFunc(maps.Keys(p.verdicts), compareSeries) {
		out.sample(int64(p.verdicts[s]), "rule", s.rule, "severity", string(s.severity), "state", string(s.status))
	}
	out.metric("collect_errors", "Facts that were not read, by reason.")
	for _, fact := range slices.Sorted(maps.Keys(p.header.Outcomes)) {
		outcomes := p.header.Outcomes[fact]
		for _, outcome := range slices.Sorted(maps.Keys(outcomes)) {
			if reason, unread := strings.CutPrefix(outcome, "unknown."); unread {
				out.sample(int64(outcomes[outcome]), "resource", fact, "reason", reason)
			}
		}
	}
	if !summary.NextDeadline.IsZero() {
		out.metric("next_deadline_timestamp_seconds", "When data is lost next if nothing is done.")
		out.sample(summary.NextDeadline.Unix())
	}
	out.metric("deadlines", "Deadlines within 7 days.")
	out.sample(int64(summary.Deadlines))
	out.metric("rules_off", "Rules that the configuration switches off.")
	out.sample(int64(len(p.header.Off)))

	attestations, waivers := map[policies.Standing]int64{}, map[policies.Standing]int64{}
	for _, a := range summary.Attestations {
		attestations[a.Standing]++
	}
	for _, w := range summary.Waivers {
		waivers[w.Standing]++
	}
	for _, given := range []struct {
		name string
		by   map[policies.Standing]int64
	}{{"attestations", attestations}, {"waivers", waivers}} {
		out.metric(given.name, "The "+given.name+" that were given, by what became of them.")
		for _, standing := range policies.Standings() {
			out.sample(given.by[standing], "standing", string(standing))
		}
	}
	if p.header.Compared != nil {
		out.metric("changes", "Verdicts by how they compare with the earlier result.")
		for _, kind := range policies.ChangeKinds() {
			out.sample(int64(summary.Changes[kind]), "change", string(kind))
		}
	}
}

func compareSeries(a, b series) int {
	return cmp.Or(
		cmp.Compare(a.rule, b.rule),
		cmp.Compare(slices.Index(policies.Severities(), a.severity), slices.Index(policies.Severities(), b.severity)),
		cmp.Compare(slices.Index(policies.Statuses(), a.status), slices.Index(policies.Statuses(), b.status)),
	)
}

func one(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// exposition is a text in the exposition format.
type exposition struct {
	text   bytes.Buffer
	tenant string
	name   string
}

// metric begins a gauge.
func (e *exposition) metric(name, help string) {
	e.name = "leavercheck_" + name
	fmt.Fprintf(&e.text, "# HELP %s %s\n# TYPE %s gauge\n", e.name, help, e.name)
}

// sample writes a value of the metric, with pairs of a label's name and value.
func (e *exposition) sample(value int64, labels ...string) {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	e.text.WriteString(e.name + `{tenant="` + escape.Replace(clean.Text(e.tenant)) + `"`)
	for i := 0; i+1 < len(labels); i += 2 {
		e.text.WriteString("," + labels[i] + `="` + escape.Replace(clean.Text(labels[i+1])) + `"`)
	}
	e.text.WriteString("} " + strconv.FormatInt(value, 10) + "\n")
}
