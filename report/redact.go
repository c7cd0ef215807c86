package report

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"reflect"
	"slices"
	"strings"

	"leavercheck/collector/snapshot"
	"leavercheck/policies"
)

// Redactor puts pseudonyms in the place of people, addresses, devices and whatever else belongs to a tenant. The
// same text has the same pseudonym throughout one Redactor, in whatever letters it is written; the key that makes
// them is random, is kept nowhere, and differs from one Redactor to the next.
//
// Everything is replaced but for what is listed here:
//
//   - times, numbers, truth values, and what rules, facts and formats themselves are called;
//   - digests of snapshots and policies, the program, the cloud, counts, and the texts of the rules: the title of a
//     rule of one's own is taken for public;
//   - the values of openProperties, which are words of Microsoft's: a device's operating system, a licence's part
//     number, a mailbox's kind;
//   - in messages and details, the words that the built-in rules, the schemas of the facts and the engine use, and
//     numbers of up to four digits. What is known to be a name in the same leaver's verdicts is replaced before
//     that, whatever words it is made of;
//   - what would mend something that is missing, but for addresses and identifiers in it: it is the program's own;
//   - parameters of rules at their defaults.
//
// Times and counts stay, so that who knows much of somebody may recognise them: the result is pseudonymous, not
// anonymous.
type Redactor struct {
	key   []byte
	words map[string]bool
	spool Spool
}

// Spool is where leavers wait until they can be put into the order of their pseudonyms; a file without a name will
// do. Only what is redacted is written to it.
type Spool interface {
	io.Writer
	io.ReaderAt
}

// NewRedactor takes its key from a source of randomness.
func NewRedactor(random io.Reader, spool Spool) (*Redactor, error) {
	r := &Redactor{key: make([]byte, sha256.Size), words: map[string]bool{}, spool: spool}
	if _, err := io.ReadFull(random, r.key); err != nil {
		return nil, fmt.Errorf("report: a key for pseudonyms: %w", err)
	}
	texts, err := policies.OwnTexts()
	if err != nil {
		return nil, fmt.Errorf("report: reading what is public: %w", err)
	}
	for _, text := range texts {
		for token := range tokens(text) {
			r.words[token] = true
		}
	}
	return r, nil
}

// Handler gives a result on with pseudonyms, the leavers in the order of theirs.
func (r *Redactor) Handler(next policies.Handler) policies.Handler {
	return &redaction{Redactor: r, next: next}
}

// Pseudonym is what stands for a name.
func (r *Redactor) Pseudonym(name string) string {
	if name == "" {
		return ""
	}
	// An address is the same with its kind in front.
	if kind, address, ok := strings.Cut(name, ":"); ok && strings.EqualFold(kind, "smtp") {
		return kind + ":" + r.Pseudonym(address)
	}
	sum := r.sum(strings.ToLower(strings.TrimSpace(name)))
	short := sum[:12]
	switch {
	case isGUID(name):
		return strings.Join([]string{sum[:8], sum[8:12], sum[12:16], sum[16:20], sum[20:32]}, "-")
	case strings.HasPrefix(name, "https://"):
		return "https://redacted.example/" + short
	case strings.Contains(name, "@"):
		return short + "@redacted.example"
	}
	return "name-" + short
}

// Sentence replaces every word of a sentence that is nobody's.
func (r *Redactor) Sentence(text string) string { return (&redaction{Redactor: r}).text(text) }

func (r *Redactor) sum(text string) string {
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// redaction is one result on its way through a Redactor.
type redaction struct {
	*Redactor
	next  policies.Handler
	tally *policies.Tally
	rules map[string]bool
	kept  []spooled
	end   int64
	// tenant are the names of the tenant as a whole, known those of the leaver at hand: text to pseudonym.
	tenant, known map[string]string
}

// spooled is where a leaver waits.
type spooled struct {
	key    string
	offset int64
	length int
}

func (r *redaction) Run(run policies.Run) error {
	r.rules, r.tenant = map[string]bool{}, map[string]string{}
	r.known = r.tenant
	run.Redacted = true
	run.Tenant = policies.Tenant{ID: r.name(run.Tenant.ID), Name: r.name(run.Tenant.Name)}
	run.Snapshot.Population = r.population(run.Snapshot.Population)
	run.Rules = slices.Clone(run.Rules)
	parameters := map[string]map[string]any{}
	for i, rule := range run.Rules {
		r.rules[rule.ID] = true
		if !strings.HasPrefix(rule.File, "policies/") {
			rule.File = "policies-of-your-own/" + path.Base(rule.File)
		}
		rule.Parameters = map[string]policies.Parameter{}
		for name, p := range run.Rules[i].Parameters {
			value := r.parameter(p, p.Value)
			rule.Parameters[name] = policies.Parameter{Schema: p.Schema, Value: value}
		}
		run.Rules[i] = rule
		if all, ok := run.Parameters[rule.ID]; ok {
			parameters[rule.ID] = map[string]any{}
			for name, value := range all {
				parameters[rule.ID][name] = r.parameter(rule.Parameters[name], value)
			}
		}
	}
	run.Parameters = parameters
	r.tally = policies.NewTally(run)
	return r.next.Run(run)
}

// parameter keeps a value that is the rule's own.
func (r *redaction) parameter(p policies.Parameter, value any) any {
	if sameJSON(p.Schema["default"], value) {
		return value
	}
	return r.value("", value)
}

func (r *redaction) population(p snapshot.Population) snapshot.Population {
	p.Digest = r.sum(p.Digest)
	p.Sources = r.each(p.Sources, r.source)
	p.Excluded = slices.Clone(p.Excluded)
	for i, x := range p.Excluded {
		p.Excluded[i] = snapshot.Excluded{
			ID: r.name(x.ID), UserPrincipalName: r.name(x.UserPrincipalName), DisplayName: r.name(x.DisplayName),
			Source: r.source(x.Source), Pattern: r.name(x.Pattern),
		}
	}
	return p
}

func (r *redaction) Leaver(l policies.LeaverResult) error {
	r.known = map[string]string{}
	l = policies.LeaverResult{Leaver: r.leaver(l.Leaver), Verdicts: r.verdicts(l.Verdicts)}
	r.tally.Leaver(l)
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("report: redacting: %w", err)
	}
	if _, err := r.spool.Write(text); err != nil {
		return fmt.Errorf("report: redacting: %w", err)
	}
	r.kept = append(r.kept, spooled{l.Leaver.Key(), r.end, len(text)})
	r.end += int64(len(text))
	return nil
}

func (r *redaction) leaver(l snapshot.Leaver) snapshot.Leaver {
	l.ID, l.UserPrincipalName, l.DisplayName, l.Mail, l.EmployeeID = r.name(l.ID), r.name(l.UserPrincipalName), r.name(l.DisplayName), r.name(l.Mail), r.name(l.EmployeeID)
	l.Source, l.AlsoIn = r.source(l.Source), r.each(l.AlsoIn, r.source)
	l.MatchedBy, l.MailHandling = r.word(l.MatchedBy), r.word(l.MailHandling)
	l.Successor, l.Aliases, l.Note = r.name(l.Successor), r.each(l.Aliases, r.name), r.name(l.Note)
	l.NotThem = slices.Clone(l.NotThem)
	for i, other := range l.NotThem {
		other.ID, other.UserPrincipalName, other.Why = r.name(other.ID), r.name(other.UserPrincipalName), r.text(other.Why)
		l.NotThem[i] = other
	}
	return l
}

func (r *redaction) Tenant(t policies.TenantResult) error {
	slices.SortFunc(r.kept, func(a, b spooled) int { return strings.Compare(a.key, b.key) })
	for _, at := range r.kept {
		text := make([]byte, at.length)
		if _, err := r.spool.ReadAt(text, at.offset); err != nil {
			return fmt.Errorf("report: redacting: %w", err)
		}
		if err := part(text, r.next.Leaver); err != nil {
			return err
		}
	}
	r.known = r.tenant
	t.Verdicts = r.verdicts(t.Verdicts)
	r.tally.Tenant(t)
	return r.next.Tenant(t)
}

func (r *redaction) Summary(s policies.Summary) error {
	r.known = r.tenant
	// Its order is that of the words in it, which may be others now.
	s.Incomplete = r.tally.Summary().Incomplete
	s.Attestations = slices.Clone(s.Attestations)
	for i, a := range s.Attestations {
		a.Leaver, a.Statement, a.By, a.Link, a.Source = r.name(a.Leaver), r.name(a.Statement), r.name(a.By), r.name(a.Link), r.source(a.Source)
		s.Attestations[i] = a
	}
	s.Waivers = slices.Clone(s.Waivers)
	for i, w := range s.Waivers {
		w.ID, w.Leaver, w.Reason, w.ApprovedBy, w.Ticket, w.Source = r.name(w.ID), r.name(w.Leaver), r.name(w.Reason), r.name(w.ApprovedBy), r.name(w.Ticket), r.source(w.Source)
		s.Waivers[i] = w
	}
	slices.SortFunc(s.Waivers, func(a, b policies.WaiverResult) int { return strings.Compare(a.ID, b.ID) })
	s.Gone = slices.Clone(s.Gone)
	for i, g := range s.Gone {
		g.Name, g.Fingerprint = r.name(g.Name), r.sum(g.Fingerprint)
		if source, nobody := strings.CutPrefix(g.Leaver, "~"); nobody {
			g.Leaver = "~" + r.source(source)
		} else {
			g.Leaver = r.name(g.Leaver)
		}
		s.Gone[i] = g
	}
	return r.next.Summary(s)
}

// verdicts takes everything of theirs that is a name first, and then the sentences in which names may be.
func (r *redaction) verdicts(all []policies.Verdict) []policies.Verdict {
	out := slices.Clone(all)
	for i, v := range out {
		out[i].Findings, out[i].Evidence = nil, nil
		for _, f := range v.Findings {
			values, _ := r.value("", map[string]any(f)).(map[string]any)
			out[i].Findings = append(out[i].Findings, values)
		}
		for _, e := range v.Evidence {
			e.Endpoint, e.RequestID = r.endpoint(e.Endpoint), r.name(e.RequestID)
			if e.Values != nil {
				e.Values, _ = r.value("", e.Values).(map[string]any)
			}
			e.Fact = r.word(e.Fact)
			out[i].Evidence = append(out[i].Evidence, e)
		}
		out[i].Attestations = slices.Clone(v.Attestations)
		for j, a := range v.Attestations {
			a.Statement, a.By, a.Link = r.name(a.Statement), r.name(a.By), r.name(a.Link)
			out[i].Attestations[j] = a
		}
		if w := v.Waiver; w != nil {
			waiver := *w
			waiver.ID, waiver.Reason, waiver.ApprovedBy, waiver.Ticket = r.name(w.ID), r.name(w.Reason), r.name(w.ApprovedBy), r.name(w.Ticket)
			out[i].Waiver = &waiver
		}
		out[i].Fingerprint = r.sum(v.Fingerprint)
	}
	for i, v := range out {
		out[i].Message = r.text(v.Message)
		out[i].Missing = slices.Clone(v.Missing)
		for j, m := range v.Missing {
			m.Fact, m.Reason, m.Needs, m.Detail = r.word(m.Fact), r.word(m.Reason), r.identifiers(m.Needs), r.text(m.Detail)
			out[i].Missing[j] = m
		}
	}
	return out
}

// value redacts decoded JSON, which stands under a property.
func (r *redaction) value(property string, value any) any {
	switch value := value.(type) {
	case string:
		return r.under(property, value)
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			out[i] = r.value(property, v)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(value))
		for key, v := range value {
			out[r.property(key)] = r.value(key, v)
		}
		return out
	case nil, bool, json.Number, float64, int:
		return value
	}
	// What a rule gives are the types above, and what else there may be is made of them.
	if of := reflect.ValueOf(value); of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
		if text, err := json.Marshal(value); err == nil {
			var plain any
			if json.Unmarshal(text, &plain) == nil {
				return r.value(property, plain)
			}
		}
	}
	return r.name(fmt.Sprint(value))
}

func (r *redaction) each(texts []string, one func(string) string) []string {
	out := slices.Clone(texts)
	for i, text := range out {
		out[i] = one(text)
	}
	return out
}
