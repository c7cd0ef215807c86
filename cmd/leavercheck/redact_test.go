package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector/snapshot"
	"leavercheck/report"
)

// TestNothingPersonalOfTheTenantIsLeft searches everything that is printed of the simulated tenant for every name,
// address, id and device that the snapshot holds.
func TestNothingPersonalOfTheTenantIsLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	snap, plain, kept := filepath.Join(dir, "snap"), filepath.Join(dir, "r.ndjson"), filepath.Join(dir, "kept")
	if _, errs, code := runCommand(t, "collect", "--simulate", "--out", snap); code != codeClean {
		t.Fatalf("%d: %s", code, errs)
	}
	args := []string{"evaluate", snap, "--redact", "--keep", kept}
	outputs := map[string]string{}
	for _, format := range report.Formats() {
		outputs[format] = filepath.Join(dir, "redacted-"+format)
		args = append(args, "-o", format+"="+outputs[format])
	}
	stdout, stderr, code := runCommand(t, args...)
	if code != codeFindings {
		t.Fatalf("%d: %s", code, stderr)
	}
	texts := map[string]string{"the table": string(stdout), "stderr": string(stderr)}
	for format, path := range outputs {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[format] = string(text)
	}
	if _, errs, code := runCommand(t, "evaluate", snap, "-o", "ndjson="+plain); code != codeFindings {
		t.Fatalf("%d: %s", code, errs)
	}
	for name, args := range map[string][]string{
		"plan":      {"plan", plain, "--redact"},
		"plan.json": {"plan", plain, "--redact", "--json"},
		"diff":      {"diff", plain, plain, "--redact"},
		"diff.json": {"diff", plain, plain, "--redact", "--json"},
		"report":    {"report", plain, "--redact", "--baseline", plain, "--format", "json"},
	} {
		stdout, stderr, code := runCommand(t, args...)
		if code == codeError || code == codeUsage || len(stdout) == 0 {
			t.Fatalf("%s: %d: %s", name, code, stderr)
		}
		texts[name] = string(stdout) + string(stderr)
	}

	names, ids := personal(t, snap)
	if len(names) < 500 || len(ids) < 1000 {
		t.Fatalf("the snapshot has %d names and %d identifiers: the search is no search", len(names), len(ids))
	}
	said, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	if found := leaks(string(said), names, ids); len(found) < 500 {
		t.Fatalf("only %d are found in what is not redacted", len(found))
	}
	for name, text := range texts {
		if found := leaks(text, names, ids); len(found) > 0 {
			t.Errorf("%s: %d are left: %q", name, len(found), found[:min(len(found), 10)])
		}
	}

	// Counts are those of the tenant, and what is kept is whole: the next night is compared with it.
	whole, redacted := lastLine(said), lastLine([]byte(texts[report.NDJSON]))
	var a, b struct {
		Leavers, Statuses, Severities, Rules json.RawMessage
	}
	if err := json.Unmarshal(whole, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(redacted, &b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Leavers, b.Leavers) || !bytes.Equal(a.Statuses, b.Statuses) || !bytes.Equal(a.Severities, b.Severities) || !bytes.Equal(a.Rules, b.Rules) {
		t.Errorf("got  %s\nwant %s", redacted, whole)
	}
	entries, err := filepath.Glob(filepath.Join(kept, "*.ndjson"))
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	if text, err := os.ReadFile(entries[0]); err != nil || !bytes.Equal(text, said) {
		t.Errorf("what is kept is not the result, %v", err)
	}
	if _, err := report.ReadEarlier(strings.NewReader(texts[report.JSON])); err != nil {
		t.Error(err)
	}
}

func lastLine(text []byte) []byte {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return lines[len(lines)-1]
}

var (
	anID      = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-F]{32}|\+[0-9]{8,}|F1[0-9]{4}\b`)
	anAddress = regexp.MustCompile(`[A-Za-z0-9._#-]+@[A-Za-z0-9.-]+`)
	aWord     = regexp.MustCompile(`[A-Za-z0-9._#@-]+`)
)

// personal gives the names of people, groups, devices and applications in a snapshot, in lower case, and everything
// in it that has the form of an identifier or an address.
func personal(t *testing.T, dir string) (names, ids map[string]bool) {
	t.Helper()
	names, ids = map[string]bool{}, map[string]bool{}
	r, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	named := []string{
		"displayName", "deviceName", "FriendlyName", "DeviceFriendlyName", "givenName", "surname", "userPrincipalName", "mail", "Name", "Alias", "DisplayName",
		"serialNumber", "imei", "mailNickname", "onPremisesSamAccountName", "successor",
	}
	var note func(key string, value any)
	note = func(key string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for k, v := range value {
				note(k, v)
			}
		case []any:
			for _, v := range value {
				note(key, v)
			}
		case string:
			for _, found := range slices.Concat(anID.FindAllString(value, -1), anAddress.FindAllString(value, -1)) {
				ids[strings.ToLower(found)] = true
			}
			if slices.Contains(named, key) && len(value) > 5 && strings.ContainsAny(value, " -.") {
				names[strings.ToLower(value)] = true
			}
		}
	}
	plain := func(value any) any {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var out any
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	note("", plain(r.Manifest().Population))
	note("", plain(r.Manifest().TenantID))
	note("displayName", r.Manifest().TenantName)
	note("", plain(r.Tenant()))
	err = r.Leavers(func(rec snapshot.Record) error {
		note("", plain(rec))
		for _, part := range strings.Fields(rec.Leaver.DisplayName) {
			if len(part) >= 7 { // shorter ones are words, too: rain, pike, sage
				names[strings.ToLower(part)] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names, ids
}

// leaks gives what of them is in a text.
func leaks(text string, names, ids map[string]bool) []string {
	lower := strings.ToLower(text)
	found := map[string]bool{}
	for _, form := range []*regexp.Regexp{anID, anAddress} {
		for _, one := range form.FindAllString(text, -1) {
			if ids[strings.ToLower(one)] {
				found[one] = true
			}
		}
	}
	for _, one := range aWord.FindAllString(lower, -1) {
		if names[one] || ids[one] {
			found[one] = true
		}
	}
	for name := range names {
		if strings.Contains(name, " ") && strings.Contains(lower, name) {
			found[name] = true
		}
	}
	var out []string
	for one := range found {
		out = append(out, one)
	}
	slices.Sort(out)
	return out
}
