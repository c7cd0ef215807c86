// Package clean makes what came from elsewhere (a tenant, a roster, a policy) fit to be shown. Every format
// that a person reads cleans its strings here, and so do the lines of logs.
package clean

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text makes text from elsewhere fit to be shown on a terminal, in a log or in a document: one line
// that stays where it is put. What would move the cursor, start an escape sequence, reorder or hide
// text is replaced by its code, visibly: invalid UTF-8 by \x9b, control characters (C0, DEL, C1), line
// and paragraph separators, format characters and what is no character at all by \u202e. The joiners that
// scripts and emoji need stay. A mark by which build servers find a command in the middle of a line, "##vso["
// or "##[", is parted by a backslash. Text of clean text is the text.
func Text(text string) string {
	if fit(text) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case command(text[i:]):
			out.WriteString(`#\`)
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, text[i])
		case !hostile(r):
			out.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&out, `\U%08x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		i += size
	}
	return out.String()
}

func fit(text string) bool {
	plain := true
	for i := 0; i < len(text) && plain; i++ {
		plain = text[i] >= ' ' && text[i] < 0x7f && text[i] != '#'
	}
	// Nearly every text is plain, and the look at bytes is much cheaper.
	return plain || utf8.ValidString(text) && strings.IndexFunc(text, hostile) < 0 && !strings.Contains(text, "##")
}

// command says whether a text begins with the mark of a command: a build server obeys what it finds behind one
// in the output of a step, wherever in the line it stands.
func command(text string) bool {
	const azure, github = "##vso[", "##["
	return strings.HasPrefix(text, github) || len(text) >= len(azure) && strings.EqualFold(text[:len(azure)], azure)
}

// Lines parts by a backslash the two colons by which GitHub's runners know a command, where a line begins with
// them. Inside of a line they mean nothing there, and much to others: addresses, PowerShell.
func Lines(page []byte) []byte {
	if !bytes.Contains(page, []byte("::")) {
		return page
	}
	out := make([]byte, 0, len(page)+8)
	for line := range bytes.Lines(page) {
		if at := len(line) - len(bytes.TrimLeftFunc(line, unicode.IsSpace)); bytes.HasPrefix(line[at:], []byte("::")) {
			out = append(append(out, line[:at]...), `:\`...)
			line = line[at+1:]
		}
		out = append(out, line...)
	}
	return out
}

// hostile says whether a character does something other than stand there.
func hostile(r rune) bool {
	const zwnj, zwj = '\u200c', '\u200d'
	switch {
	case r < 0x7f && r >= ' ':
		return false
	case r == zwnj || r == zwj:
		return false
	}
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Cf, unicode.Noncharacter_Code_Point)
}

// JSON rewrites a JSON text so that it is harmless on a terminal and still says the same. Outside
// of strings JSON is ASCII, so whatever is found stands in a string and may be written as an escape.
// encoding/json itself escapes only what is below a space.
func JSON(text []byte) []byte {
	commands := bytes.Contains(text, []byte("##"))
	if !commands && (ascii(text) || bytes.IndexFunc(text, hostileInJSON) < 0) {
		return text
	}
	out := make([]byte, 0, len(text)+64)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if hostileInJSON(r) || commands && r == '#' && len(text) > 1 && text[1] == '#' {
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		} else {
			out = append(out, text[:size]...)
		}
		text = text[size:]
	}
	return out
}

// hostileInJSON leaves alone the line feed, which is never inside a string. The replacement character is
// written as encoding/json writes it for a byte that is not UTF-8, so that it looks the same however it
// came about.
func hostileInJSON(r rune) bool { return r != '\n' && hostile(r) || r == utf8.RuneError }

// ascii says that every byte is one of printable ASCII or below: nearly every text is, and the look at
// bytes is much cheaper than one at characters. Below a space there is only the line feed in JSON.
func ascii(text []byte) bool {
	for _, b := range text {
		if b >= 0x7f {
			return false
		}
	}
	return true
}
