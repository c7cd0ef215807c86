package policies

import (
	"cmp"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"leavercheck/collector/snapshot"
)

// Waiver is what covers a verdict: somebody's signed word that it is accepted for a time.
type Waiver struct {
	ID         string    `json:"id"`
	Reason     string    `json:"reason"`
	ApprovedBy string    `json:"approvedBy"`
	Ticket     string    `json:"ticket,omitempty"`
	Expires    time.Time `json:"expires"`
	// Status is what the verdict would be without the waiver.
	Status Status `json:"status"`
}

// WaiverResult is a waiver as it was given, and what became of it in one evaluation.
type WaiverResult struct {
	ID   string `json:"id"`
	Rule string `json:"rule"`
	// Leaver is the object id.
	Leaver     string    `json:"leaver"`
	Reason     string    `json:"reason"`
	ApprovedBy string    `json:"approvedBy"`
	Ticket     string    `json:"ticket,omitempty"`
	Expires    time.Time `json:"expires"`
	// Source is where it stands: "waivers.yaml:12".
	Source string `json:"source"`
	// Standing is one of WaiverStandings; it is empty before an evaluation.
	Standing Standing `json:"standing"`
}

// TooLong is the standing of a waiver that would last longer than MaxWaiver from the time judged as of. It
// covers nothing: what is accepted for ever is no exception but a setting.
const TooLong Standing = "too long"

// MaxWaiver is how far ahead a waiver may expire: a year and a day.
const MaxWaiver = 366 * 24 * time.Hour

// WaiverStandings lists what a waiver can come to: it covers a verdict (Counts); it would, and there is none to
// cover (NotNeeded); it does not count any more (Expired) or not yet (TooLong); the snapshot does not hold the
// leaver (NoSuchLeaver).
func WaiverStandings() []Standing {
	return []Standing{Counts, NotNeeded, Expired, TooLong, NoSuchLeaver}
}

// Waivable says whether a waiver may cover the verdict. It covers what fails and what could not be checked. It never
// covers evidence that is not whole or a policy that is broken: nobody can have known what they accept. What is
// pending needs no waiver while its grace lasts.
func (v Verdict) Waivable() bool {
	if v.Status != Fail && v.Status != Unknown {
		return false
	}
	return !slices.ContainsFunc(v.Missing, func(m Missing) bool {
		return m.Reason == ReasonPolicyError || m.Reason == string(snapshot.Integrity)
	})
}

// ReadWaivers reads waivers in YAML for the rules of the set:
//
//	waivers:
//	  - id: W-2026-014
//	    rule: ACC-004
//	    leaver: 6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11
//	    reason: Contractor until the end of the migration.
//	    approvedBy: m.hale@contoso.com
//	    ticket: CHG-4711
//	    expires: 2026-09-30
//
// The ticket may be left out. A date is a UTC day, to its end. The name stands in front of each problem's line
// and column; the error names every one. Whether a waiver covers anything is seen when it is evaluated.
func (s *Set) ReadWaivers(name string, r io.Reader) ([]WaiverResult, error) {
	p := &waiverParser{yamlFile: yamlFile{name: name}, rules: s.every(), ids: map[string]int{}, taken: map[string]int{}}
	top, err := p.readYAML(r)
	if err != nil {
		return nil, err
	}
	for _, node := range p.list(top, "waivers") {
		p.waiver(node)
	}
	if err := errors.Join(p.problems...); err != nil {
		return nil, err
	}
	slices.SortFunc(p.found, func(a, b WaiverResult) int { return cmp.Compare(a.ID, b.ID) })
	return p.found, nil
}

// waiverParser reads waivers one by one.
type waiverParser struct {
	yamlFile
	rules []Rule
	found []WaiverResult
	ids   map[string]int // the line of the first
	taken map[string]int // the line of the first, by rule and leaver
}

func (p *waiverParser) waiver(node *yaml.Node) {
	before := len(p.problems)
	required := []string{"id", "rule", "leaver", "reason", "approvedBy", "expires"}
	e := p.entry(node, "a waiver", []string{"id", "rule", "leaver", "reason", "approvedBy", "ticket", "expires"}, required)
	if e == nil {
		return
	}
	w := WaiverResult{
		ID: e.text("id"), Rule: e.text("rule"), Leaver: strings.ToLower(e.text("leaver")), Reason: e.text("reason"), ApprovedBy: e.text("approvedBy"),
		Ticket: e.text("ticket"), Expires: p.entryTime(e, "expires", true), Source: p.place(node),
	}
	if rule := e["rule"]; rule != nil {
		at := slices.IndexFunc(p.rules, func(r Rule) bool { return r.ID == w.Rule })
		switch {
		case at < 0:
			p.complain(rule, "there is no rule %q%s", w.Rule, didYouMean(w.Rule, idsOf(p.rules)))
		case p.rules[at].Scope == PerTenant:
			p.complain(rule, "%s judges the tenant and no leaver: switch it off or tune it in the settings instead", w.Rule)
		}
	}
	if leaver := e["leaver"]; leaver != nil && !isObjectID(w.Leaver) {
		p.complain(leaver, "leaver: %q is no object id, such as 6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f11: a name may be somebody else's tomorrow", leaver.Value)
	}
	if len(p.problems) > before {
		return
	}
	key := w.Rule + "\x00" + w.Leaver
	switch {
	case p.ids[w.ID] > 0:
		p.complain(e["id"], "the id %s is already that of the waiver in line %d", w.ID, p.ids[w.ID])
	case p.taken[key] > 0:
		p.complain(node, "%s of %s is waived already in line %d", w.Rule, w.Leaver, p.taken[key])
	default:
		p.ids[w.ID], p.taken[key] = node.Line, node.Line
		p.found = append(p.found, w)
	}
}

// isObjectID says whether a text in lower case is one, as Entra writes them.
func isObjectID(text string) bool {
	ok, _ := regexp.MatchString(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, text)
	return ok
}

// stand says what the waiver is worth before anybody was judged.
func (w WaiverResult) stand(now time.Time) Standing {
	switch {
	case !now.Before(w.Expires):
		return Expired
	case w.Expires.After(now.Add(MaxWaiver)):
		return TooLong
	}
	return NoSuchLeaver
}

// waivers are those of one evaluation, used by one goroutine.
type waivers struct {
	all []WaiverResult
	// by says which of all are a leaver's, by object id in lower case.
	by map[string][]int
}

func newWaivers(given []WaiverResult, now time.Time) *waivers {
	w := &waivers{all: slices.Clone(given), by: map[string][]int{}}
	for i := range w.all {
		w.all[i].Standing = w.all[i].stand(now)
		id := strings.ToLower(w.all[i].Leaver)
		w.by[id] = append(w.by[id], i)
	}
	return w
}

// apply covers the verdicts of a leaver.
func (w *waivers) apply(leaver *LeaverResult) {
	if leaver.Leaver.ID == "" {
		return
	}
	for _, i := range w.by[strings.ToLower(leaver.Leaver.ID)] {
		waiver := &w.all[i]
		if waiver.Standing != NoSuchLeaver {
			continue
		}
		waiver.Standing = NotNeeded
		for j := range leaver.Verdicts {
			v := &leaver.Verdicts[j]
			if v.Rule != waiver.Rule || !v.Waivable() {
				continue
			}
			waiver.Standing = Counts
			v.Waiver = &Waiver{
				ID: waiver.ID, Reason: waiver.Reason, ApprovedBy: waiver.ApprovedBy, Ticket: waiver.Ticket, Expires: waiver.Expires, Status: v.Status,
			}
			v.Status = Waived
		}
	}
}
