package plan

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Shell is the PowerShell module that a command needs.
type Shell string

// The shells.
const (
	Graph           Shell = "Microsoft Graph PowerShell"
	ExchangeOnline  Shell = "Exchange Online PowerShell"
	Teams           Shell = "Microsoft Teams PowerShell"
	SharePoint      Shell = "SharePoint Online Management Shell"
	ActiveDirectory Shell = "Active Directory PowerShell, on-premises"
	EntraConnect    Shell = "ADSync PowerShell, on the Entra Connect server"
)

// Command is one line of PowerShell, for review.
type Command struct {
	Shell Shell  `json:"shell"`
	Text  string `json:"text"`
	// words are the parts of the text between which a line may be broken.
	words []string
}

// Quote makes a single-quoted PowerShell literal of a value; false for a value that cannot be one safely.
// PowerShell takes five characters for a single quote, and any of them ends a literal unless it is doubled.
// A value with control characters, line feeds, characters that reorder or hide text, spaces that are no
// space, or characters that mean nothing is refused: nobody could review it.
func Quote(value string) (string, bool) {
	first, _ := utf8.DecodeRuneInString(value)
	if value == "" || len(value) > maxLiteral || !utf8.ValidString(value) || unicode.Is(unicode.M, first) || strings.IndexFunc(value, unfit) >= 0 {
		return "", false
	}
	var out strings.Builder
	out.WriteByte('\'')
	for _, r := range value {
		if isQuote(r) {
			out.WriteRune(r) // the same one: it is the second of a pair that is kept
		}
		out.WriteRune(r)
	}
	out.WriteByte('\'')
	return out.String(), true
}

// maxLiteral bounds what somebody is asked to review. No name or id in a directory is longer.
const maxLiteral = 1024

func isQuote(r rune) bool {
	const left, right, low, reversed = '\u2018', '\u2019', '\u201a', '\u201b'
	return r == '\'' || r == left || r == right || r == low || r == reversed
}

// unfit says whether a character does not show as itself, and nothing else.
func unfit(r rune) bool {
	const brailleBlank = '\u2800'
	return r == utf8.RuneError || r == brailleBlank || !unicode.IsPrint(r) ||
		unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// fixed is text of this program. Only constants become fixed without a conversion, so that a value from a
// tenant cannot become part of a command but through Quote.
type fixed string

// line is a command in the making.
type line struct {
	shell Shell
	words []string
	// refused names the parameters whose values cannot be written.
	refused []string
}

// in begins a command with a cmdlet, or an expression.
func in(shell Shell, begin fixed) *line { return &line{shell: shell, words: []string{string(begin)}} }

// with adds text of this program.
func (l *line) with(words ...fixed) *line {
	for _, word := range words {
		l.words = append(l.words, string(word))
	}
	return l
}

// id adds a parameter whose value is a GUID.
func (l *line) id(parameter fixed, value string) *line {
	if !isGUID(value) {
		return l.refuse(parameter)
	}
	return l.with(parameter + fixed(" '"+value+"'"))
}

// text adds a parameter whose value is any text.
func (l *line) text(parameter fixed, value string) *line {
	quoted, ok := Quote(value)
	if !ok {
		return l.refuse(parameter)
	}
	return l.with(parameter + " " + fixed(quoted))
}

// ids adds a parameter whose value is an array of GUIDs.
func (l *line) ids(parameter fixed, values []string) *line {
	if slices.ContainsFunc(values, func(v string) bool { return !isGUID(v) }) {
		return l.refuse(parameter)
	}
	return l.with(parameter + " @('" + fixed(strings.Join(values, "', '")) + "')")
}

// value adds any text, as an argument of what stands before it.
func (l *line) value(value string) *line {
	quoted, ok := Quote(value)
	if !ok {
		return l.refuse("value")
	}
	return l.with(fixed(quoted))
}

// table adds a parameter whose value is a hash table of constant keys, in the order given.
func (l *line) table(parameter fixed, entries ...entry) *line {
	words := []fixed{parameter + " @{"}
	for i, e := range entries {
		value := e.fixed
		if value == "" {
			quoted, ok := Quote(e.value)
			if !ok {
				return l.refuse(e.key)
			}
			value = fixed(quoted)
		}
		end := fixed(";")
		if i == len(entries)-1 {
			end = " }"
		}
		words = append(words, e.key+" = "+value+end)
	}
	return l.with(words...)
}

// entry is one of a hash table: its value is fixed, or a literal.
type entry struct {
	key   fixed
	value string
	fixed fixed
}

// rehearse adds -WhatIf, for cmdlets that know it.
func (l *line) rehearse() *line { return l.with("-WhatIf") }

func (l *line) refuse(parameter fixed) *line {
	l.refused = append(l.refused, strings.TrimPrefix(string(parameter), "-"))
	return l
}

func (l *line) command() Command {
	return Command{Shell: l.shell, Text: strings.Join(l.words, " "), words: l.words}
}

// isGUID says whether a text is an object id, which needs no escaping anywhere.
func isGUID(text string) bool {
	const shape = "00000000-0000-0000-0000-000000000000"
	if len(text) != len(shape) {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if shape[i] == '-' && c != '-' {
			return false
		}
		if shape[i] == '0' && !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return false
		}
	}
	return true
}

// plainUPN says whether a user principal name has only the characters that Microsoft lets it have, in ASCII: what
// Active Directory is searched by must not mean more than itself.
func plainUPN(text string) bool {
	ok, err := regexp.MatchString(`\A[A-Za-z0-9'._!#^~-]{1,64}@[A-Za-z0-9.-]{1,255}\z`, text)
	return ok && err == nil
}
