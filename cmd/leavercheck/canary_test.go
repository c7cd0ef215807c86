package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"leavercheck/collector"
	"leavercheck/collector/simtenant"
	"leavercheck/report"
)

// canaries are secrets, each with what it is. If one sings anywhere, it was let out.
type canaries struct {
	mu      sync.Mutex
	secrets map[string]string
	pages   *regexp.Regexp // finds the tokens of pages in an answer
}

func (c *canaries) add(secret, what string) {
	// Shorter ones are found everywhere by accident.
	const shortest = 8
	if len(secret) < shortest {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.secrets == nil {
		c.secrets = map[string]string{}
	}
	c.secrets[secret] = what
}

func (c *canaries) count(what string) int {
	n := 0
	for _, is := range c.secrets {
		if is == what {
			n++
		}
	}
	return n
}

// shapes are secrets of which the value is not known beforehand.
func shapes() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"a JSON web token":   regexp.MustCompile(`eyJ[\w-]{8,}\.[\w-]{8,}`),
		"an authorization":   regexp.MustCompile(`(?i)bearer [\w-]{16,}`),
		"a page's token":     regexp.MustCompile(`(?i)(skip|delta)token(=|%3D)[\w%-]{4,}`),
		"an age identity":    regexp.MustCompile(`(?i)AGE-SECRET-KEY-`),
		"a private key":      regexp.MustCompile(`PRIVATE KEY-----`),
		"a URL's password":   regexp.MustCompile(`\w+://[^/\s:@"]+:[^/\s@"]+@`),
		"an assertion":       regexp.MustCompile(`client_assertion=`),
		"a secret in a form": regexp.MustCompile(`client_secret=[^"\s]`),
	}
}

// search looks for every canary in one artefact.
func (c *canaries) search(t *testing.T, artefact string, data []byte) {
	t.Helper()
	for secret, what := range c.secrets {
		if at := bytes.Index(data, []byte(secret)); at >= 0 {
			t.Errorf("%s holds %s: %q", artefact, what, data[max(0, at-60):min(len(data), at+len(secret)+20)])
		}
	}
	for what, shape := range shapes() {
		// A question for the token of now, as the provenance quotes it, holds none.
		if at := shape.FindIndex(bytes.ReplaceAll(data, []byte("$deltatoken=latest"), nil)); at != nil {
			t.Errorf("%s holds %s, at %d", artefact, what, at[0])
		}
	}
}

// searchDir looks into every file below a directory, and into what is compressed or encoded there.
func (c *canaries) searchDir(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		c.search(t, path, data)
		switch {
		case filepath.Base(path) == "directory.ndjson.zst":
			// The one place of the delta token, whose link is its first line.
			link, accounts, _ := bytes.Cut(decompress(t, data), []byte("\n"))
			if !bytes.Contains(link, []byte("$deltatoken=")) {
				t.Errorf("%s has no delta link", path)
			}
			c.search(t, path+", decompressed", accounts)
		case strings.HasSuffix(path, ".zst"):
			c.search(t, path+", decompressed", decompress(t, data))
		case strings.HasSuffix(path, ".dsse.json"):
			var envelope struct{ Payload []byte }
			if err := json.Unmarshal(data, &envelope); err != nil {
				return err
			}
			c.search(t, path+", decoded", envelope.Payload)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if files == 0 {
		t.Errorf("nothing to search in %s", dir)
	}
}

func decompress(t *testing.T, data []byte) []byte {
	t.Helper()
	dec, err := zstd.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	out, err := io.ReadAll(dec)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wiretap sees everything on the way to the tenant and back, and may answer itself.
type wiretap struct {
	http.RoundTripper
	canaries *canaries
	instead  func(*http.Request) (status int, body string)
}

func (w wiretap) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, token, ok := strings.Cut(req.Header.Get("Authorization"), "Bearer "); ok {
		w.canaries.add(token, "an access token")
	}
	if w.instead != nil {
		if status, body := w.instead(req); status != 0 {
			header := http.Header{"Content-Type": {"application/json"}}
			return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
		}
	}
	resp, err := w.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	for _, found := range w.canaries.pages.FindAllSubmatch(body, -1) {
		w.canaries.add(string(found[1]), "a skip token")
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// No token, secret or skip token gets into anything that a run leaves or says, however the run goes.
func TestNoSecretIsLetOut(t *testing.T) {
	t.Parallel()
	tenant := newTenant(t, simtenant.Options{PageSize: 40})
	server, err := tenant.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	secrets := &canaries{pages: regexp.MustCompile(`(?i)(?:skip|delta)token=([\w-]+)`)}
	secrets.add(server.ClientSecret, "the client secret")
	said := map[string][]byte{} // what was printed, by who printed it

	// In pieces, with a tap on the wire; and with services that repeat in their refusals what they were
	// asked, and that lead elsewhere.
	parent := t.TempDir()
	for name, instead := range map[string]func(*http.Request) (int, string){
		"whole": nil,
		"refused": func(r *http.Request) (int, string) {
			if !strings.Contains(strings.ToLower(r.URL.RawQuery), "skiptoken") {
				return 0, ""
			}
			return http.StatusForbidden, fmt.Sprintf(`{"error":{"code":"Forbidden","message":"Cannot serve %s with %s"}}`, r.URL, r.Header.Get("Authorization"))
		},
		"foreign": func(r *http.Request) (int, string) {
			if !strings.Contains(strings.ToLower(r.URL.RawQuery), "skiptoken") {
				return 0, ""
			}
			return http.StatusOK, `{"@odata.nextLink":"https://e.example/?$skiptoken=` + r.URL.Query().Get("$skiptoken") + `","value":[]}`
		},
	} {
		options := simulatedOptions(t, tenant, server, filepath.Join(parent, name))
		options.Transport = wiretap{options.Transport, secrets, instead}
		options.Arguments = []string{"collect"}
		options.Entries = options.Entries[:12]
		collected, err := collector.Collect(t.Context(), options)
		if (err != nil) != (name == "foreign") {
			t.Errorf("%s: %v", name, err)
		}
		said[name+": the error and the warnings"] = fmt.Appendf(nil, "%v\n%s", err, strings.Join(collected.Warnings, "\n"))
	}
	if secrets.count("an access token") < 2 || secrets.count("a skip token") < 3 {
		t.Fatalf("the tap heard %d access tokens and %d skip tokens", secrets.count("an access token"), secrets.count("a skip token"))
	}

	// The whole way on the command line, loudly. The made-up tenant of --simulate has the same secret and,
	// as its clock stands still, the same tokens.
	identity, recipient := identityFile(t)
	people, key := someRoster(t, tenant), filepath.Join("testdata", "signing.pem")
	kept, out := filepath.Join(parent, "kept"), func(name string) string { return filepath.Join(parent, name) }
	for i, args := range [][]string{
		append([]string{"scan", "--simulate", "--roster", people, "--out", kept, "--sign", key}, everyFormat(out("scan"))...),
		{"collect", "--simulate", "--roster", people, "--out", out("encrypted"), "--encrypt-to", recipient, "--sign", key},
		append([]string{"evaluate", out("encrypted"), "--identity", identity, "--baseline", out("whole")}, everyFormat(out("evaluate"))...),
		append([]string{"report", out("scan.ndjson")}, everyFormat(out("report"))...),
		{"evaluate", out("refused")},
		{"plan", out("scan.ndjson")},
		{"plan", out("scan.json"), "--json"},
		{"verify", kept},
		{"verify", out("encrypted"), "--identity", identity},
		{"verify", out("encrypted")},
		{"verify", out("encrypted"), "--identity", key},
		{"verify", out("encrypted"), "--key", key},
		{"verify", kept, "--key", identity},
		{"collect", "--simulate", "--out", out("never"), "--encrypt-to", identity},
		{"collect", "--simulate", "--out", out("never"), "--sign", identity},
	} {
		args = append(args, "--verbose", "--log-format", []string{"json", "text"}[i%2])
		stdout, stderr, _ := runCommand(t, args...)
		said[strings.Join(args, " ")] = slices.Concat(stdout, []byte("\n"), stderr)
		if len(stdout)+len(stderr) == 0 {
			t.Errorf("%v says nothing to search", args)
		}
	}
	for who, what := range said {
		secrets.search(t, who, what)
	}
	secrets.searchDir(t, parent)
}

// everyFormat asks for a file in every format there is.
func everyFormat(path string) []string {
	var args []string
	for _, format := range report.Formats() {
		args = append(args, "-o", format+"="+path+"."+format)
	}
	return args
}

// someRoster is a file with some of the tenant's leavers.
func someRoster(t *testing.T, tenant *simtenant.Tenant) string {
	t.Helper()
	var some [][]byte
	const nth = 12
	for i, line := range bytes.SplitAfter(tenant.Roster(), []byte("\n")) {
		if i%nth == 0 {
			some = append(some, line)
		}
	}
	path := filepath.Join(t.TempDir(), "some.csv")
	if err := os.WriteFile(path, bytes.Join(some, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func identityFile(t *testing.T) (path, recipient string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "identity.txt")
	if err := os.WriteFile(path, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, id.Recipient().String()
}

// With --encrypt-to nobody's name is in any file that is left, whoever they are.
func TestAnEncryptedSnapshotNamesNobody(t *testing.T) {
	t.Parallel()
	identity, recipient := identityFile(t)
	parent := t.TempDir()
	plain, encrypted, scanned := filepath.Join(parent, "clear"), filepath.Join(parent, "encrypted"), filepath.Join(parent, "scanned")
	tenant := newTenant(t, simtenant.Options{})
	people, key := someRoster(t, tenant), filepath.Join("testdata", "signing.pem")
	for _, args := range [][]string{
		{"collect", "--simulate", "--roster", people, "--out", plain},
		{"collect", "--simulate", "--roster", people, "--out", encrypted, "--encrypt-to", recipient, "--sign", key},
		{"scan", "--simulate", "--roster", people, "--out", scanned, "--encrypt-to", recipient, "--sign", key},
	} {
		if _, stderr, code := runCommand(t, args...); code != codeClean && code != codeFindings {
			t.Fatalf("%v: exit code %d\n%s", args, code, stderr)
		}
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 3 {
		t.Fatalf("there are %v, %v", entries, err)
	}
	// Everybody whom the snapshot in clear knows by any name, and the roster's own words for them.
	names := &canaries{}
	for _, p := range tenant.Truth() {
		names.add(p.DisplayName, "a name")
		names.add(p.UserPrincipalName, "a name")
		names.add(p.ID, "an object id")
	}
	data, err := os.ReadFile(filepath.Join(plain, "leavers.ndjson.zst"))
	if err != nil {
		t.Fatal(err)
	}
	lines := decompress(t, data)
	for _, found := range regexp.MustCompile(`(?i)"(?:displayName|userPrincipalName|mail|employeeId|PrimarySmtpAddress|deviceName)":"([^"]+)"`).FindAllSubmatch(lines, -1) {
		names.add(string(found[1]), "a name")
	}
	for _, address := range regexp.MustCompile(`[\w.+-]+@[\w-]+\.[\w.-]+`).FindAll(lines, -1) {
		names.add(string(address), "an address")
	}
	if n := len(names.secrets); n < 500 {
		t.Fatalf("only %d names are known", n)
	}
	names.searchDir(t, encrypted)
	names.searchDir(t, scanned)

	// It is the same snapshot nevertheless, with the same verdicts.
	want, wantCode := evaluated(t, plain)
	got, gotCode := evaluated(t, encrypted, "--identity", identity)
	if gotCode != wantCode || !slices.Equal(outcomes(got), outcomes(want)) {
		t.Errorf("exit code %d, want %d; or the verdicts differ", gotCode, wantCode)
	}
}

func outcomes(r result) []string {
	var out []string
	for _, l := range r.Leavers {
		for _, v := range l.Verdicts {
			out = append(out, l.Leaver.Key()+" "+v.Rule+" "+string(v.Status))
		}
	}
	return out
}
