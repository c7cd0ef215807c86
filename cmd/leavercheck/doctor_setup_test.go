package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"leavercheck/collector"
)

// What is printed for an application is as it was when somebody read it.
func TestSetupPrintsWhatWasRead(t *testing.T) {
	t.Parallel()
	for form, file := range map[string]string{"powershell": "powershell.ps1", "azcli": "azcli.sh", "terraform": "terraform.tf", "manifest": "manifest.json"} {
		stdout, _, code := runCommand(t, "doctor", "--setup", form)
		if code != codeClean {
			t.Errorf("%s: exit code %d", form, code)
		}
		path := filepath.Join("testdata", "setup", file)
		if *update {
			if err := os.WriteFile(path, stdout, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(stdout, want) {
			t.Errorf("%s differs from %s; read it, then: go test ./cmd/leavercheck -run Setup -update", form, path)
		}
	}
}

// Every form asks for the permissions that the table of needs has for the cloud: all, and no others.
func TestSetupAsksForExactlyWhatIsNeeded(t *testing.T) {
	t.Parallel()
	lines := map[string]*regexp.Regexp{
		"powershell": regexp.MustCompile(`(?m)^        '([^']+)'$`),
		"azcli":      regexp.MustCompile(`(?m)^grant '[^']+' '([^']+)'$`),
		"terraform":  regexp.MustCompile(`(?m)^    "([^"]+)",$`),
	}
	for _, cloud := range collector.Clouds() {
		var names, ids []string
		for _, p := range collector.PermissionsIn(cloud) {
			names, ids = append(names, p.Name), append(ids, p.ID)
		}
		for _, form := range setups() {
			stdout, _, _ := runCommand(t, "doctor", "--setup", form, "--cloud", cloud)
			want, got := names, []string(nil)
			if form == "manifest" {
				want, got = ids, manifestIDs(t, stdout)
			} else {
				for _, match := range lines[form].FindAllSubmatch(stdout, -1) {
					got = append(got, string(match[1]))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s for %s asks for %v, needed are %v", form, cloud, got, want)
			}
			if strings.Contains(string(stdout), "<no value>") || !bytes.HasSuffix(stdout, []byte("\n")) || bytes.HasSuffix(stdout, []byte("\n\n")) {
				t.Errorf("%s for %s is not filled in", form, cloud)
			}
		}
	}
}

func manifestIDs(t *testing.T, manifest []byte) []string {
	t.Helper()
	var m struct {
		RequiredResourceAccess []struct {
			ResourceAppID  string
			ResourceAccess []struct{ ID, Type string }
		}
	}
	if err := json.Unmarshal(manifest, &m); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, service := range m.RequiredResourceAccess {
		for _, access := range service.ResourceAccess {
			if access.Type != "Role" {
				t.Errorf("%s is a %s", access.ID, access.Type)
			}
			out = append(out, access.ID)
		}
	}
	return out
}

// A national cloud has less to read, and so asks for less.
func TestSetupLeavesOutWhatACloudLacks(t *testing.T) {
	t.Parallel()
	for cloud, without := range map[string][]string{
		"usgov": {"ReportSettings.Read.All", "TeamsTelephoneNumber.Read.All"},
		"china": {"MailboxSettings.Read", "Mail.ReadBasic.All", "UserAuthenticationMethod.Read.All"},
	} {
		stdout, _, _ := runCommand(t, "doctor", "--setup", "powershell", "--cloud", cloud)
		for _, name := range without {
			if bytes.Contains(stdout, []byte("'"+name+"'")) {
				t.Errorf("%s is asked for in %s", name, cloud)
			}
		}
	}
}

func TestLinesAreNoWiderThanAsked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                     nil,
		"one two":              {"one two"},
		"one two three":        {"one two", "three"},
		"ninechars":            {"ninechar", "s"},
		"a ninechars b":        {"a", "ninechar", "s b"},
		"abcdefghabcdefgh end": {"abcdefgh", "abcdefgh", "end"},
	} {
		if got := wrapped(text, 8); !slices.Equal(got, want) {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestTheExitCodesOfASignIn(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{collector.ErrPrivilege: codeUsage, collector.ErrTenant: codeIntegrity, collector.ErrSignIn: codeError, collector.ErrUnreachable: codeError} {
		if got := exitCode(fmt.Errorf("doctor: %w", err)); got != want {
			t.Errorf("%v: exit code %d, want %d", err, got, want)
		}
	}
}
