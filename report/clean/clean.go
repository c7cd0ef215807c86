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
// and paragraph separators and format characters by \u202e. The joiners that scripts and emoji need stay.
// Text of clean text is the text.
func Text(text string) string {
	if fit(text) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
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
	return utf8.ValidString(text) && strings.IndexFunc(text, hostile) < 0
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
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Cf)
}

// JSON rewrites a JSON text so that it is harmless on a terminal and still says the same. Outside
// of strings JSON is ASCII, so whatever is found stands in a string and may be written as an escape.
// encoding/json itself escapes only what is below a space.
func JSON(text []byte) []byte {
	if ascii(text) || bytes.IndexFunc(text, hostileInJSON) < 0 {
		return text
	}
	out := make([]byte, 0, len(text)+64)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if hostileInJSON(r) {
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
