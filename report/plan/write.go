package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"leavercheck/policies"
	"leavercheck/report/clean"
)

// The formats.
const (
	Text = "text"
	JSON = "json"
)

// Formats lists the names that Write knows.
func Formats() []string { return []string{Text, JSON} }

// Write writes a plan in a format.
func Write(w io.Writer, format string, p Plan) error {
	var out []byte
	switch format {
	case Text:
		out = clean.Lines(asText(p))
	case JSON:
		var err error
		if out, err = asJSON(p); err != nil {
			return fmt.Errorf("plan: encoding: %w", err)
		}
	default:
		return fmt.Errorf("plan: there is no format %q: there are %s", format, strings.Join(Formats(), ", "))
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("plan: writing: %w", err)
	}
	return nil
}

// asJSON keeps every text, and escapes what a terminal would act on.
func asJSON(p Plan) ([]byte, error) {
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(p); err != nil {
		return nil, err
	}
	out := make([]byte, 0, plain.Len())
	for text := plain.Bytes(); len(text) > 0; {
		r, size := utf8.DecodeRune(text)
		if char := string(r); r >= utf8.RuneSelf && clean.Text(char) != char || r == 0x7f {
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		} else {
			out = append(out, text[:size]...)
		}
		text = text[size:]
	}
	return out, nil
}

// width is how many columns a page has.
const width = 80

func asText(p Plan) []byte {
	out := &sheet{now: p.Run.JudgedAsOf()}
	name := p.Run.Tenant.Name
	if name == "" {
		name = "tenant " + p.Run.Tenant.ID
	}
	todo, done, unsure := 0, []Leaver{}, []Leaver{}
	for _, leaver := range p.Leavers {
		switch {
		case len(leaver.Steps) > 0:
			todo++
		case len(leaver.Warnings) > 0:
			unsure = append(unsure, leaver)
		default:
			done = append(done, leaver)
		}
	}
	out.fill("", "", fmt.Sprintf("Plan for %s (%s), from what was collected at %s.", name, p.Run.Cloud, moment(p.Run.CollectedAt)))
	switch {
	case todo == 0 && len(unsure) == 0:
		out.fill("", "", "Nothing to do.")
	case todo == 0:
		out.fill("", "", "Nothing is known that is to be done.")
	default:
		out.fill("", "", fmt.Sprintf("%d of %s to be worked on. Nothing was changed, and nobody was asked. Review every command before it is run. A command with -WhatIf only says what it would do: taken out, it does it.",
			todo, count(len(p.Leavers), "leaver is", "leavers are")))
	}
	for _, leaver := range p.Leavers {
		if len(leaver.Steps) > 0 {
			out.leaver(leaver)
		}
	}
	out.list("Nothing is known that is to be done, but not everything could be checked, for:", unsure)
	out.list("Nothing to do for:", done)
	return out.out.Bytes()
}

// list names leavers without steps.
func (s *sheet) list(title string, leavers []Leaver) {
	for i, l := range leavers {
		if i == 0 {
			s.line("")
			s.line(title)
		}
		text := who(l)
		if l.Leaver.State == "not_yet" {
			text += ": leaves on " + day(l.Leaver.LeftAt) + ", not judged yet"
		}
		s.fill("  ", "    ", text)
		s.asides(l)
	}
}

// sheet is a page of text. Everything that is put on it is cleaned here and nowhere else.
type sheet struct {
	out bytes.Buffer
	now time.Time
}

func (s *sheet) leaver(l Leaver) {
	s.line("")
	s.fill("", "  ", who(l)+", left "+when(l.Leaver))
	if !l.NextDeadline.IsZero() {
		s.fill("  ", "  ", "Data is lost on "+s.lost(l.NextDeadline)+".")
	}
	s.asides(l)
	s.line("  # review before running")
	for _, step := range l.Steps {
		s.step(step)
	}
}

// when is the day of leaving, or by which it was.
func when(p Person) string {
	if p.LeftAt.IsZero() {
		return "by " + day(p.LeftBy)
	}
	return day(p.LeftAt)
}

func (s *sheet) asides(l Leaver) {
	for _, warning := range l.Warnings {
		s.fill("  ! ", "    ", warning)
	}
	for _, left := range l.LeftOut {
		text := left.Rule + " is left out: waived"
		if !left.Expires.IsZero() {
			text += " until " + day(left.Expires)
		}
		if left.Reason != "" {
			text += " (" + left.Reason + ")"
		}
		s.fill("  - ", "    ", text)
	}
}

func (s *sheet) step(step Step) {
	title := step.Title
	if step.Decision {
		title = "Decide: " + title
	}
	s.line("")
	s.fill(fmt.Sprintf("%3d. ", step.Order), "     ", title)
	s.field("Why", step.Why)
	if !step.Deadline.IsZero() {
		s.field("By", s.lost(step.Deadline)+", or data is lost")
	} else if !step.Due.IsZero() {
		text := "due " + day(step.Due)
		if step.Due.Before(s.now) {
			text = "was due " + day(step.Due)
		}
		s.field("By", text)
	}
	if step.Portal != "" {
		s.field("Where", step.Portal)
	}
	if step.Note != "" {
		s.field("Note", step.Note)
	}
	shell := Shell("")
	for _, command := range step.Commands {
		if command.Shell != shell {
			shell = command.Shell
			s.field("In", string(shell)+":")
		}
		s.command(command)
	}
}

func (s *sheet) field(name, text string) {
	s.fill(fmt.Sprintf("     %-6s", name), "           ", text)
}

// command lays a command out over lines, with the mark by which PowerShell reads on.
func (s *sheet) command(c Command) {
	const indent, mark = "      ", " `"
	line := indent
	words := slices.Clone(c.words)
	for i := 0; i < len(words); i++ {
		word, room := words[i], width
		if parameter, value, both := strings.Cut(word, " "); both && word[0] == '-' && len(indent)+2+wide(word)+len(mark) > width {
			words, word = slices.Insert(words, i+1, value), parameter // too long for a line together
		}
		if i < len(words)-1 {
			room -= len(mark)
		}
		if strings.TrimSpace(line) != "" && wide(line)+1+wide(word) > room {
			s.line(line + mark)
			line = indent + " "
		}
		line += " " + word
	}
	s.line(line)
}

// line puts text on a line of its own.
func (s *sheet) line(text string) { s.out.WriteString(clean.Text(text) + "\n") }

// fill wraps words: the first line begins with one indent, the others with another. A word that is cut
// shows it.
func (s *sheet) fill(indent, hanging, text string) {
	line, empty := indent, true
	for _, word := range strings.Fields(clean.Text(text)) {
		if !empty && wide(line)+1+wide(word) > width {
			s.line(line)
			line, empty = hanging, true
		}
		for wide(line)+wide(word) > width {
			head := twwidth.Truncate(word, width-wide(line)-1)
			if head == "" {
				break // nothing of it fits
			}
			s.line(line + head + "↩")
			line, word = hanging, word[len(head):]
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	s.line(line)
}

// wide is how many columns a text takes, whatever the locale.
func wide(text string) int {
	twwidth.SetEastAsian(false)
	return twwidth.Width(text)
}

// lost is a deadline with the days that are left.
func (s *sheet) lost(deadline time.Time) string {
	days := *policies.DaysLeft(deadline, s.now)
	text := moment(deadline) + " (" + count(days, "day", "days") + " left)"
	if days < 0 {
		text = moment(deadline) + " (past)"
	}
	return text
}

func who(l Leaver) string {
	if upn := l.Leaver.UserPrincipalName; upn != "" && upn != l.Leaver.Name {
		return l.Leaver.Name + " <" + upn + ">"
	}
	return l.Leaver.Name
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func day(at time.Time) string    { return at.UTC().Format(time.DateOnly) }
func moment(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }
