package clean_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"leavercheck/report/clean"
)

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                       "",
		"plain text":             "plain text",
		"Zoë 山田 👩‍💻":             "Zoë 山田 👩‍💻",
		"می\u200cخواهم":          "می\u200cخواهم",
		"\x1b[31mred":            `\u001b[31mred`,
		"\u009b31m":              `\u009b31m`,
		"a\r\nb\tc":              `a\u000d\u000ab\u0009c`,
		"nul\x00del\x7f":         `nul\u0000del\u007f`,
		"over\u202eride":         `over\u202eride`,
		"para\u2029line\u2028":   `para\u2029line\u2028`,
		"soft\u00adbom\ufeff":    `soft\u00adbom\ufeff`,
		"tag\U000e0041":          `tag\U000e0041`,
		"bad\xffutf\xc3":         `bad\xffutf\xc3`,
		"replacement \ufffd":     "replacement \ufffd",
		`already \u001b[31mred`:  `already \u001b[31mred`,
		"no\ufffechar\U0001ffff": `no\ufffechar\U0001ffff`,
		"x ##vso[task.y]##VSO[":  `x #\#vso[task.y]#\#VSO[`,
		"###[group]# ## :: ok":   `##\#[group]# ## :: ok`,
	} {
		if got := clean.Text(in); got != want {
			t.Errorf("Text(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                "",
		"plain\na::b\n":                   "plain\na::b\n",
		"::error::x\n  \t::warning::y":    ":\\:error::x\n  \t:\\:warning::y",
		"2001:db8::1 is no command\n::\n": "2001:db8::1 is no command\n:\\:\n",
		"\u00a0::group::z":                "\u00a0:\\:group::z",
	} {
		got := string(clean.Lines([]byte(in)))
		if got != want {
			t.Errorf("Lines(%q) is %q, want %q", in, got, want)
		}
		if again := string(clean.Lines([]byte(got))); again != got {
			t.Errorf("Lines(%q) is not stable: %q", got, again)
		}
	}
}

func TestJSONHoldsNoCommand(t *testing.T) {
	t.Parallel()
	const text = `{"a":"##vso[task.setvariable]x ###[error]"}`
	got := clean.JSON([]byte(text))
	if strings.Contains(string(got), "##") {
		t.Errorf("a command is in %s", got)
	}
	var before, after map[string]string
	if json.Unmarshal([]byte(text), &before) != nil || json.Unmarshal(got, &after) != nil || before["a"] != after["a"] {
		t.Errorf("%s does not say what %s says", got, text)
	}
}

func FuzzText(f *testing.F) {
	for _, text := range []string{"##vso[x ##[y", "plain", "\x1b]0;title\a", "\u202e\u2028\U000e0041\u200d", "bad\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := clean.Text(text)
		if !utf8.ValidString(got) {
			t.Fatalf("Text(%q) is not UTF-8: %q", text, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) || unicode.Is(unicode.Noncharacter_Code_Point, r) || unicode.Is(unicode.Cf, r) && r != '\u200d' && r != '\u200c' {
				t.Fatalf("Text(%q) has %U: %q", text, r, got)
			}
		}
		if again := clean.Text(got); again != got {
			t.Fatalf("Text(%q) is not stable: %q, then %q", text, got, again)
		}
		// Whatever is printable is kept, in order.
		rest := got
		for _, r := range text {
			if r == utf8.RuneError || !unicode.IsPrint(r) {
				continue
			}
			_, after, found := strings.Cut(rest, string(r))
			if !found {
				t.Fatalf("Text(%q) lost %q: %q", text, r, got)
			}
			rest = after
		}
	})
}
