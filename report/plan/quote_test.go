package plan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"unicode"

	"leavercheck/policies"
	"leavercheck/report/clean"
	"leavercheck/report/plan"
)

// literal reads a single-quoted PowerShell literal from the start of a text as PowerShell's tokenizer does:
// any of five characters opens and closes it, two of them in a row are the second. It returns the value and what
// stands after the literal.
func literal(text string) (value, rest string, ok bool) {
	quote := func(r rune) bool { return strings.ContainsRune("'\u2018\u2019\u201a\u201b", r) }
	runes := []rune(text)
	if len(runes) == 0 || !quote(runes[0]) {
		return "", text, false
	}
	var out []rune
	for i := 1; i < len(runes); i++ {
		if !quote(runes[i]) {
			out = append(out, runes[i])
			continue
		}
		if i+1 == len(runes) || !quote(runes[i+1]) {
			return string(out), string(runes[i+1:]), true
		}
		i++
		out = append(out, runes[i])
	}
	return "", "", false
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"a":                          "'a'",
		"O'Brien":                    "'O''Brien'",
		"''":                         "''''''",
		"'; Remove-Item C:\\ #":      "'''; Remove-Item C:\\ #'",
		"\u2019; Remove-Item / #":    "'\u2019\u2019; Remove-Item / #'",
		"'\u2018\u2019\u201a\u201b":  "'''\u2018\u2018\u2019\u2019\u201a\u201a\u201b\u201b'",
		"$(Remove-Item x) `n $env:X": "'$(Remove-Item x) `n $env:X'",
		`"double" & | > <`:           `'"double" & | > <'`,
		"長い名前 Żółć":                  "'長い名前 Żółć'",
		"e\u0301":                    "'e\u0301'",
	} {
		got, ok := plan.Quote(value)
		if !ok || got != want {
			t.Errorf("Quote(%q) = %q, %t; want %q", value, got, ok, want)
		}
	}
}

func TestQuoteRefuses(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"nothing": "", "line feed": "a\nb", "carriage return": "a\rb", "NUL": "a\x00b", "tab": "a\tb", "escape": "\x1b[2J", "C1": "a\u009bb",
		"not UTF-8": "a\xffb", "replacement": "a\ufffdb", "right to left": "a\u202eb", "isolate": "a\u2066b", "joiner": "a\u200db", "non-joiner": "a\u200cb",
		"zero width": "a\u200bb", "BOM": "\ufeffa", "soft hyphen": "a\u00adb", "line separator": "a\u2028b", "paragraph": "a\u2029b",
		"no-break space": "a\u00a0b", "thin space": "a\u2009b", "ideographic space": "a\u3000b", "Hangul filler": "a\u3164b", "grapheme joiner": "a\u034fb",
		"variation selector": "a\ufe0fb", "braille blank": "a\u2800b", "tag": "a\U000e0041b", "private use": "a\ue000b", "unassigned": "a\u0378b",
		"mark first": "\u0301a", "too long": strings.Repeat("a", 1025),
	} {
		if got, ok := plan.Quote(value); ok {
			t.Errorf("%s: Quote(%q) = %q", name, value, got)
		}
	}
}

// FuzzQuote: PowerShell reads back the value, and the literal ends at its end and nowhere before.
func FuzzQuote(f *testing.F) {
	for _, seed := range hostileNames() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		quoted, ok := plan.Quote(value)
		if !ok {
			return
		}
		for _, after := range []string{"", " -WhatIf", "; x", ")"} {
			got, rest, closed := literal(quoted + after)
			if !closed || got != value || rest != after {
				t.Fatalf("Quote(%q) = %q reads back %q, then %q", value, quoted, got, rest)
			}
		}
		if clean.Text(quoted) != quoted {
			t.Fatalf("%q does not show as it is", quoted)
		}
		for _, r := range quoted {
			if r != ' ' && unicode.IsSpace(r) || !unicode.IsPrint(r) {
				t.Fatalf("%q has %U", quoted, r)
			}
		}
	})
}

// hostileNames are what people can call themselves, their devices, groups and mailboxes.
func hostileNames() []string {
	return []string{
		"'; Remove-Item -Recurse / #", "\u2019; Remove-Item -Recurse / #", "\u2018\u2019\u201a\u201b'", "'\u2019'; Stop-Computer; '", "\u201b\u201b; Stop-Computer",
		"$(Stop-Computer)", "`'; Stop-Computer", "\" ; Stop-Computer", "@{a=1}", "} ; Stop-Computer ; @{ a = '", "-WhatIf:$false", "a\nStop-Computer", "a\r\nStop-Computer",
		"a\x00'; Stop-Computer", "a\u2028Stop-Computer", "\u202e'; retupmoC-potS", "a\u200d'; Stop-Computer", "# Stop-Computer", "<# #>; Stop-Computer", "| Stop-Computer", "& Stop-Computer",
		"O'Brien", "bad\xff'utf8", "\x1b]0;x\a", strings.Repeat("'", 400), strings.Repeat("長", 400), "",
	}
}

// codeOf is what of a command PowerShell takes for code: all but its literals.
func codeOf(t *testing.T, command string) string {
	t.Helper()
	var out strings.Builder
	for rest := command; rest != ""; {
		i := strings.IndexAny(rest, "'\u2018\u2019\u201a\u201b")
		if i < 0 {
			out.WriteString(rest)
			break
		}
		out.WriteString(rest[:i])
		_, after, ok := literal(rest[i:])
		if !ok {
			t.Fatalf("a literal does not end: %q", command)
		}
		out.WriteByte('\'')
		rest = after
	}
	return out.String()
}

// TestHostileNamesStayData: whatever anything is called, the code of every command is the same as when all
// have decent names, or the command is not there.
func TestHostileNamesStayData(t *testing.T) {
	t.Parallel()
	everything := func(name string) policies.LeaverResult {
		var verdicts []policies.Verdict
		for _, rule := range ruleIDs() {
			if rule == "DEL-001" || rule == "LIC-001" || !strings.HasPrefix(rule, "FWD-") && !strings.HasPrefix(rule, "MBX-") {
				verdicts = append(verdicts, verdict(rule, policies.Fail, name))
			}
		}
		verdicts = append(verdicts, verdict("FWD-001", policies.Fail, name), verdict("FWD-005", policies.Fail, name), verdict("FWD-006", policies.Fail, name))
		return someone(verdicts...)
	}
	codes := map[string]bool{}
	commands := 0
	wishes := []string{"", "none", "shared", "forward"}
	for i := range 8 * len(wishes) {
		l := wishing(everything("decent"), wishes[i%len(wishes)])
		if i&4 != 0 {
			l = synchronised(l)
		}
		if i&8 != 0 {
			l = deleted(l)
		}
		if i&16 != 0 {
			l.Leaver.Successor = "" // one is asked for
		}
		for _, step := range one(t, l).Steps {
			for _, c := range step.Commands {
				code := codeOf(t, c.Text)
				codes[code] = true
				commands++
			}
		}
	}
	if commands < 200 {
		t.Fatalf("only %d commands", commands)
	}
	for _, name := range hostileNames() {
		for _, wish := range wishes {
			l := wishing(synchronised(everything(name)), wish)
			l.Leaver.DisplayName, l.Leaver.UserPrincipalName, l.Leaver.Mail, l.Leaver.Successor = name, name, name, name
			l.Leaver.Source, l.Leaver.Note, l.Leaver.EmployeeID = name, name, name
			run := header()
			run.Tenant.Name = name
			for _, leaver := range []policies.LeaverResult{l, deleted(l)} {
				p := made(t, run, leaver)
				for _, step := range p.Leavers[0].Steps {
					for _, c := range step.Commands {
						code := codeOf(t, c.Text)
						if !codes[code] {
							t.Errorf("%q became code: %s", name, c.Text)
						}
						if clean.Text(c.Text) != c.Text || strings.Contains(c.Text, "\n") {
							t.Errorf("%q: not fit to be reviewed: %q", name, c.Text)
						}
					}
				}
				text := written(t, plan.Text, p)
				for line := range strings.Lines(text) {
					if line = strings.TrimSuffix(line, "\n"); clean.Text(line) != line {
						t.Errorf("%q: a line is not clean: %q", name, line)
					}
				}
				for _, r := range written(t, plan.JSON, p) {
					if r != '\n' && clean.Text(string(r)) != string(r) {
						t.Errorf("%q: the JSON has %U", name, r)
					}
				}
			}
		}
	}
}

// A value that cannot be written is said, with the id of the object, and its command is not there.
func TestWhatCannotBeWrittenIsSaid(t *testing.T) {
	t.Parallel()
	l := failing("ACC-011", "FWD-001")
	l.Leaver.Successor, l.Leaver.MailHandling = "a\u202e@example.com", "forward"
	made := one(t, l)
	for _, kind := range []plan.Kind{plan.Forward, plan.ReassignReports} {
		step := of(made, kind)[0]
		if len(step.Commands) != 0 || !strings.Contains(step.Note, "cannot be written safely") {
			t.Errorf("%s: %v %q", kind, step.Commands, step.Note)
		}
	}
	if note := of(made, plan.ReassignReports)[0].Note; !strings.Contains(note, guid(9)) {
		t.Errorf("the object is not named: %q", note)
	}
	l = failing("ACC-001")
	l.Leaver.ID = "6f1c2b7e-0d4a-4c52-9b1e-0a9b6d0c1f1'"
	if step := of(one(t, l), plan.Block)[0]; len(step.Commands) != 0 {
		t.Errorf("what is no object id is in a command: %v", step.Commands)
	}
}

// TestOnlyCommandsMakeCode: a text becomes code only where commands are made, which is what keeps data out of
// it.
func TestOnlyCommandsMakeCode(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	conversions := 0
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "fixed" {
					conversions++
					if entry.Name() != "command.go" {
						t.Errorf("%s makes code of a text", entry.Name())
					}
				}
			}
			return true
		})
	}
	if conversions == 0 {
		t.Error("no conversion was seen: the test looks for the wrong thing")
	}
}
