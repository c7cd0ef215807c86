package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"leavercheck/collector"
	"leavercheck/policies"
	"leavercheck/report/clean"
)

// doctorWidth is the widest line that doctor prints.
const doctorWidth = 80

// lines is the diagnosis for people.
func (d diagnosis) lines() []string {
	var p page
	p.signIn(d)
	p.permissions(d)
	p.heading("Licences")
	for _, l := range d.Licences {
		state := map[bool]string{true: "seen", false: "none"}[l.Seen]
		if !l.Known {
			state = string(collector.NotKnown)
		}
		p.entry(state, l.Name+" ("+l.For+")")
	}
	p.heading("Exchange Online")
	p.entry(string(d.Exchange.Ability), d.Exchange.Detail)
	if len(d.Exchange.Roles) > 0 {
		p.entry("roles", strings.Join(d.Exchange.Roles, ", "))
	}
	p.refusals(d.Probes)
	p.prognoses(d.Rules)
	if len(d.Notes) > 0 {
		p.heading("Notes")
		for _, note := range d.Notes {
			p.text(2, note)
		}
	}
	p.verdict(d)
	return p.rows
}

// page collects lines.
type page struct{ rows []string }

// wrapAt is the column where the second column begins.
const wrapAt = 16

func (p *page) heading(title string) {
	if len(p.rows) > 0 {
		p.rows = append(p.rows, "")
	}
	p.rows = append(p.rows, title)
}

// entry is a word, and what is said of it, in columns.
func (p *page) entry(word, text string) {
	lines := wrapped(clean.Text(text), doctorWidth-wrapAt)
	if len(lines) == 0 {
		lines = []string{""}
	}
	p.rows = append(p.rows, strings.TrimRight(fmt.Sprintf("  %-*s%s", wrapAt-2, clean.Text(word), lines[0]), " "))
	p.indented(wrapAt, lines[1:])
}

// text is a paragraph, indented.
func (p *page) text(indent int, text string) {
	p.indented(indent, wrapped(clean.Text(text), doctorWidth-indent))
}

func (p *page) indented(indent int, lines []string) {
	for _, line := range lines {
		p.rows = append(p.rows, strings.Repeat(" ", indent)+line)
	}
}

func (p *page) signIn(d diagnosis) {
	s := d.SignIn
	p.heading("Sign-in")
	tenant := s.TenantID
	if s.TenantName != "" {
		tenant = s.TenantName + " (" + s.TenantID + ")"
	}
	p.entry("tenant", tenant)
	p.entry("cloud", s.Cloud)
	application := s.ApplicationID
	if s.ApplicationName != "" {
		application = s.ApplicationName + " (" + s.ApplicationID + ")"
	}
	p.entry("application", application)
	if s.Person != "" {
		p.entry("person", s.Person)
	}
	method := s.Method
	if method == "" {
		method = "not said by the token"
	}
	p.entry("method", method)
}

func (p *page) permissions(d diagnosis) {
	p.heading("Permissions")
	for _, state := range []string{collector.Missing, collector.Present, collector.Superfluous} {
		var names []string
		for _, g := range d.Permissions {
			if g.State != state {
				continue
			}
			name := g.Name
			if g.By != "" {
				name += " (by the wider " + g.By + ")"
			}
			names = append(names, name)
		}
		if len(names) > 0 {
			p.entry(state, strings.Join(names, ", "))
		}
	}
	if len(d.Writes) > 0 {
		p.heading("WARNING: the sign-in may do more than read; take these away")
		for _, w := range d.Writes {
			p.entry("may write", w.Name+" ("+w.Resource+")")
		}
	}
}

// refusals are the questions that the services did not answer, each answer told once.
func (p *page) refusals(probes []collector.Probe) {
	told := map[string]bool{"": true}
	for _, q := range probes {
		if q.Ability == collector.Readable || told[q.Detail] {
			continue
		}
		if len(told) == 1 {
			p.heading("Asked, and not answered")
		}
		told[q.Detail] = true
		p.entry(string(q.Ability), q.Detail)
	}
}

// prognoses lists what would mend something, with a number, then the rules, the gravest first, each with the
// numbers of what it lacks.
func (p *page) prognoses(rules []prognosis) {
	rules = slices.Clone(rules)
	gravity := func(r prognosis) int { return slices.Index(policies.Severities(), r.Severity) }
	slices.SortStableFunc(rules, func(a, b prognosis) int { return cmp.Compare(gravity(a), gravity(b)) })
	var lacks []string
	number := func(l ruleLack) int {
		text := l.Reason
		if l.Mend != "" {
			text += ": needs " + l.Mend
		}
		if !slices.Contains(lacks, text) {
			lacks = append(lacks, text)
		}
		return slices.Index(lacks, text) + 1
	}
	lines := map[string]string{}
	for _, r := range rules {
		var parts []string
		for _, l := range r.Lacks {
			parts = append(parts, fmt.Sprintf("%s [%d]", strings.Join(l.Facts, ", "), number(l)))
		}
		lines[r.Rule] = strings.Join(parts, "; ")
	}
	if len(lacks) > 0 {
		p.heading("What would mend it")
	}
	for i, text := range lacks {
		p.entry(fmt.Sprintf("[%d]", i+1), text)
	}
	for _, kind := range []struct {
		title string
		takes func(prognosis) bool
	}{
		{"Rules that will be unknown", func(r prognosis) bool { return r.Certain }},
		{"Rules that will be unknown where they take the fact", func(r prognosis) bool { return !r.Certain && r.ability == collector.Unreadable }},
		{"Rules of which it is not known", func(r prognosis) bool { return r.ability == collector.NotKnown }},
	} {
		first := true
		for _, r := range rules {
			if !kind.takes(r) {
				continue
			}
			if first {
				p.heading(kind.title)
			}
			first = false
			p.entry(r.Rule, fmt.Sprintf("%s (%s)", r.Title, r.Severity))
			p.text(wrapAt, lines[r.Rule])
		}
	}
}

func (p *page) verdict(d diagnosis) {
	certain, perhaps := 0, 0
	for _, r := range d.Rules {
		if r.Certain {
			certain++
		} else {
			perhaps++
		}
	}
	p.rows = append(p.rows, "")
	if d.Complete {
		p.text(0, "Everything that the rules take can be read.")
		return
	}
	p.text(0, fmt.Sprintf("%s will be unknown, and %s may be. leavercheck doctor --setup powershell prints what sets an application up that can read everything.",
		count(certain, "rule"), count(perhaps, "rule")))
}

// wrapped breaks a text into lines of a width, and a word that is longer than that into pieces.
func wrapped(text string, width int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if used > 0 && used+1+n > width {
			lines = append(lines, line)
			line, used = "", 0
		}
		for ; n > width; n -= width {
			piece := []rune(word)
			lines = append(lines, string(piece[:width]))
			word = string(piece[width:])
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	if used > 0 {
		lines = append(lines, line)
	}
	return lines
}
