package exchange

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector/snapshot"
)

// code is the script without its comments and help.
func code() string {
	s := regexp.MustCompile(`(?s)<#.*?#>`).ReplaceAllString(Script(), "")
	return regexp.MustCompile(`(?m)^\s*#.*$`).ReplaceAllString(s, "")
}

// The script is read, not run: there is no PowerShell where the tests run. Every command in it is on a
// list of those that read Exchange, or work on what was read.
func TestTheScriptOnlyReads(t *testing.T) {
	t.Parallel()
	reads := []string{
		getMailbox, getCASMailbox, getMobileDevice, getDeviceStatistics, getMailboxStatistics, getInboxRule, getMailboxPermission,
		getRecipientPermission, getRecipient, getOrganizationConfig, getTransportConfig, "Get-ConnectionInformation", "Get-Command", "Get-Content",
	}
	works := []string{
		"Set-StrictMode", "New-Object", "ConvertTo-Json", "Join-Path", "Test-Path", "Import-Csv", "Select-Object", "Where-Object", "ForEach-Object",
		"Write-Progress", "Write-Warning", "New-Item", "Set-Content",
	}
	text := code()
	own := regexp.MustCompile(`(?m)^function ([A-Za-z]+-[A-Za-z]+)`)
	var defined []string
	for _, m := range own.FindAllStringSubmatch(text, -1) {
		defined = append(defined, m[1])
	}
	allowed := slices.Concat(reads, works, defined, []string{"Connect-ExchangeOnline", "yyyy-MM"})
	used := map[string]bool{}
	for _, name := range regexp.MustCompile(`(?i)\b[a-z]+-[a-z]+\b`).FindAllString(text, -1) {
		used[name] = true
		if !slices.Contains(allowed, name) {
			t.Errorf("the script has %s", name)
		}
	}
	for _, name := range slices.Concat(reads, works, defined) {
		if !used[name] {
			t.Errorf("%s is allowed, but not used", name)
		}
	}
	// What could run a command that does not stand there by its name.
	for _, pattern := range []string{`(?i)\biex\b`, `(?i)invoke`, `(?i)scriptblock\]::`, `(?i)add-type`, "`", `(?i)\bstart\b`, `\|\s*%`, `\|\s*\?`, `(?i)\$ExecutionContext`, `(?m)^\s*\.\s`, `https?://`} {
		if found := regexp.MustCompile(pattern).FindString(text); found != "" {
			t.Errorf("the script has %q", found)
		}
	}
	for _, call := range regexp.MustCompile(`&\s*\S+`).FindAllString(text, -1) {
		if !strings.HasPrefix(call, "& $Ask") {
			t.Errorf("the script calls %q", call)
		}
	}
}

// It makes each cmdlet stop at an error, and takes all rows where a cmdlet can leave some out.
func TestTheScriptAsksForEverything(t *testing.T) {
	t.Parallel()
	for _, ask := range regexp.MustCompile(`Get-(Mailbox|CASMailbox|MobileDevice|MobileDeviceStatistics|MailboxStatistics|InboxRule|MailboxPermission|RecipientPermission|Recipient|OrganizationConfig|TransportConfig) -[^})]*`).FindAllString(code(), -1) {
		if strings.Contains(ask, "SilentlyContinue") {
			continue // whether there is such a cmdlet at all
		}
		if !strings.Contains(ask, "-ErrorAction Stop") {
			t.Errorf("%s goes on after an error", ask)
		}
		for _, listing := range []string{"Get-Mailbox ", "Get-MobileDevice ", "Get-Recipient ", "Get-RecipientPermission "} {
			if strings.HasPrefix(ask, listing) && !strings.Contains(ask, "-ResultSize Unlimited") {
				t.Errorf("%s may leave rows out", ask)
			}
		}
	}
	if !strings.Contains(code(), "-IncludeHidden") {
		t.Error("hidden rules are not asked for")
	}
}

// Every property that a fact is made of is written by the script and read from its files.
func TestTheScriptWritesWhatIsRead(t *testing.T) {
	t.Parallel()
	seen := &recorder{}
	facts(t, &Client{source: seen})
	known := kinds()
	written := quoted(code())
	if len(seen.properties) < 80 {
		t.Fatalf("only %d properties were asked for", len(seen.properties))
	}
	for name := range seen.properties {
		if known[strings.ToLower(name)] == 0 {
			t.Errorf("no kind is known of %s", name)
		}
		if !slices.ContainsFunc(written, func(w string) bool { return strings.EqualFold(w, name) }) {
			t.Errorf("the script does not write %s", name)
		}
	}
}

func TestTheScriptIsPlain(t *testing.T) {
	t.Parallel()
	for i, c := range Script() {
		if c > '~' || c < ' ' && c != '\n' {
			t.Fatalf("a character at %d that Windows PowerShell may misread: %q", i, c)
		}
	}
	// Brackets are closed in the order in which they are opened, outside text and comments.
	var open []rune
	text := regexp.MustCompile(`'[^'\n]*'|"[^"\n]*"`).ReplaceAllString(code(), "")
	closes := map[rune]rune{')': '(', ']': '[', '}': '{'}
	for _, c := range text {
		switch {
		case strings.ContainsRune("([{", c):
			open = append(open, c)
		case closes[c] != 0:
			if len(open) == 0 || open[len(open)-1] != closes[c] {
				t.Fatalf("a %c closes nothing", c)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) != 0 || strings.ContainsAny(text, `'"`) {
		t.Errorf("%q is left open", open)
	}
}

func quoted(s string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`'([^'\n]*)'`).FindAllStringSubmatch(s, -1) {
		out = append(out, m[1])
	}
	return out
}

// recorder answers every cmdlet with one row that suffices to be asked on, and keeps what was asked for.
type recorder struct {
	properties map[string]bool
	byCmdlet   map[string]map[string]bool
}

func (r *recorder) run(_ context.Context, cmdlet string, _ map[string]any, properties []string) ([]row, snapshot.Provenance, error) {
	if r.properties == nil {
		r.properties, r.byCmdlet = map[string]bool{}, map[string]map[string]bool{}
	}
	if r.byCmdlet[cmdlet] == nil {
		r.byCmdlet[cmdlet] = map[string]bool{}
	}
	for _, name := range properties {
		r.properties[name], r.byCmdlet[cmdlet][name] = true, true
	}
	return []row{{
		"Identity": "a", "Alias": "a", "ExchangeGuid": guid, "ExternalDirectoryObjectId": id, "Guid": "1", "DeviceId": "1", "DeviceID": "1",
		"Trustee": "a@b.example", "RecipientTypeDetails": "UserMailbox",
	}}, snapshot.Provenance{}, nil
}
