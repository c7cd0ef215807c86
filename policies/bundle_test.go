package policies

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/loader"
)

// member is one of an archive.
type member struct {
	name, text string
	kind       byte // 0 for a regular file
	link       string
	size       int64 // said to be, where it is not the text's
}

// packed makes an archive of members, in their order.
func packed(t testing.TB, members ...member) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for _, m := range members {
		header := &tar.Header{Name: m.name, Mode: 0o600, Size: int64(len(m.text)), Typeflag: m.kind, Linkname: m.link}
		if m.kind == 0 {
			header.Typeflag = tar.TypeReg
		}
		if m.kind == tar.TypeXGlobalHeader {
			header = &tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": m.text}}
			m.text = ""
		}
		if m.size > 0 {
			header.Size = m.size
		}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(archive, m.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil && !strings.Contains(err.Error(), "missed writing") {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// bundleFile writes a bundle to a file.
func bundleFile(t testing.TB, text []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "bundle.tar.gz")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestABundleIsAsGoodAsItsDirectory(t *testing.T) {
	t.Parallel()
	rule, deep := custom("CON-001", "", blocked), custom("CON-002", "", says("pass"))
	plain := loadWith(t, LoadOptions{Sources: []string{written(t, map[string]string{"z.rego": rule, "a/b/c.rego": deep, "a/b/c_test.rego": "package custom.a.b_test\n", "README.md": "x", "a.rego": "package custom.contoso.lib\n"})}})
	text := packed(t,
		member{kind: tar.TypeXGlobalHeader, text: "of git archive"},
		member{name: "./", kind: tar.TypeDir}, member{name: "a/", kind: tar.TypeDir},
		member{name: "/z.rego", text: rule}, member{name: "./a/b/c.rego", text: deep}, member{name: "a.rego", text: "package custom.contoso.lib\n"},
		member{name: "README.md", text: "x"}, member{name: "a/b/c_test.rego", text: "no Rego at all"},
		member{name: "/.manifest", text: `{"revision": "7", "roots": ["custom"], "rego_version": 1, "metadata": {"x": [1]}}`}, member{name: "/data.json", text: "{}\n"},
	)
	set := loadWith(t, LoadOptions{Sources: []string{bundleFile(t, text)}})
	if got, want := set.Digest(), plain.Digest(); got != want {
		t.Errorf("digest %s, of the directory %s", got, want)
	}
	if got, want := len(set.Rules()), len(plain.Rules()); got != want {
		t.Errorf("%d rules, in the directory %d", got, want)
	}
	for _, rule := range set.Rules() {
		if rule.ID == "CON-002" && !strings.HasSuffix(rule.File, "bundle.tar.gz/a/b/c.rego") {
			t.Errorf("the rule is from %s", rule.File)
		}
	}
}

func TestHostileBundles(t *testing.T) {
	t.Parallel()
	good := member{name: "good.rego", text: custom("CON-001", "", blocked)}
	many := make([]member, maxFiles+1)
	for i := range many {
		many[i] = member{name: fmt.Sprintf("f%d.txt", i)}
	}
	large := make([]member, 20)
	random := make([]byte, 700<<10)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	for i := range large {
		large[i] = member{name: fmt.Sprintf("f%d.txt", i), text: string(random[i:])}
	}
	repeated := make([]member, 20)
	for i := range repeated {
		repeated[i] = member{name: fmt.Sprintf("f%d.txt", i), text: string(random[:1000]) + strings.Repeat("\x00", 1<<20-1000)}
	}
	half := make([]member, 24)
	for i := range half {
		half[i] = member{name: fmt.Sprintf("f%d.txt", i), text: string(random[i:i+20000]) + strings.Repeat("\x00", 1<<20-20000)}
	}
	behind := packed(t, good)
	trailing := func() []byte {
		var out bytes.Buffer
		zip := gzip.NewWriter(&out)
		unzip, err := gzip.NewReader(bytes.NewReader(behind))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(zip, unzip); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(zip, strings.Repeat("x", 512)); err != nil {
			t.Fatal(err)
		}
		if err := zip.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	var quine bytes.Buffer
	zip := gzip.NewWriter(&quine)
	for range 1 << 10 {
		if _, err := zip.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		text []byte
		want string
	}{
		"nothing":                       {nil, "no bundle"},
		"text":                          {[]byte("package custom.a.b\n"), "no bundle"},
		"a gzip of text":                {packedText(t, strings.Repeat("x", 2000)), "no bundle"},
		"cut off":                       {behind[:len(behind)/2], "unexpected EOF"},
		"a checksum that is wrong":      {append(bytes.Clone(behind[:len(behind)-8]), 0, 0, 0, 0, 0, 0, 0, 0), "checksum"},
		"a gigabyte of zeros":           {quine.Bytes(), "made to fill memory"},
		"a bomb of files":               {packed(t, repeated...), "made to fill memory"},
		"more than is read":             {append(bytes.Clone(behind), make([]byte, maxPacked+1)...), "gzip: invalid header"},
		"files that are large together": {packed(t, large...), "the bundle is larger than 8388608 bytes"},
		"files that unpack to much":     {packed(t, half...), "the bundle, unpacked, is larger than"},
		"a file that is large":          {packed(t, good, member{name: "x.rego", text: strings.Repeat("#", maxPolicyBytes+1)}), "x.rego is larger than 1048576 bytes"},
		"a file that is said to be":     {packed(t, member{name: "x.rego", size: 1 << 40}), "x.rego is larger than"},
		"too many files":                {packed(t, many...), "more than 4096 files"},
		"a way out":                     {packed(t, member{name: "../../etc/cron.d/x", text: "x"}), `the path "../../etc/cron.d/x" is not one within the bundle`},
		"a way out in the middle":       {packed(t, member{name: "a/../../x.rego", text: "x"}), "is not one within the bundle"},
		"a way out behind a dot":        {packed(t, member{name: "./../x.rego", text: "x"}), "is not one within the bundle"},
		"a way out by a directory":      {packed(t, member{name: "../x/", kind: tar.TypeDir}), "is not one within the bundle"},
		"two slashes":                   {packed(t, member{name: "//etc/x.rego", text: "x"}), "is not one within the bundle"},
		"backslashes":                   {packed(t, member{name: `..\x.rego`, text: "x"}), "is not one within the bundle"},
		"a name of no characters":       {packed(t, member{name: "a\x1b[31m.rego", text: "x"}), "is not one within the bundle"},
		"a name that is long":           {packed(t, member{name: strings.Repeat("a/", 300) + "x.rego", text: "x"}), "longer than 512 bytes"},
		"a link":                        {packed(t, member{name: "x.rego", kind: tar.TypeSymlink, link: "/etc/passwd"}), "x.rego is no regular file"},
		"a link within":                 {packed(t, good, member{name: "x.rego", kind: tar.TypeLink, link: "good.rego"}), "x.rego is no regular file"},
		"a device":                      {packed(t, member{name: "x.rego", kind: tar.TypeChar}), "x.rego is no regular file"},
		"a pipe":                        {packed(t, member{name: "x.rego", kind: tar.TypeFifo}), "x.rego is no regular file"},
		"a file twice":                  {packed(t, good, good), "good.rego is there twice"},
		"a file twice, in other words":  {packed(t, good, member{name: "/good.rego", text: "x"}), "good.rego is there twice"},
		"something behind the end":      {trailing(), "something stands after the end"},
		"another bundle behind the end": {append(bytes.Clone(behind), packed(t, member{name: "evil.rego", text: "x"})...), "something stands after the end"},
		"WebAssembly":                   {packed(t, good, member{name: "/policy.wasm", text: "\x00asm"}), "policy.wasm: compiled policies"},
		"a plan":                        {packed(t, good, member{name: "/plan.json", text: "{}"}), "plan.json: compiled policies"},
		"a patch":                       {packed(t, good, member{name: "/patch.json", text: `{"data": []}`}), "patch.json: compiled policies"},
		"data":                          {packed(t, good, member{name: "/data.json", text: `{"tenant": {"facts": {}}}`}), "a bundle brings no data"},
		"data in YAML":                  {packed(t, good, member{name: "x/data.yaml", text: "a: &a [*a]"}), "a bundle brings no data"},
		"a manifest for another root":   {packed(t, good, member{name: ".manifest", text: `{"roots": ["custom", "checklist"]}`}), `the root "checklist"`},
		"a manifest for Rego of old":    {packed(t, good, member{name: ".manifest", text: `{"rego_version": 0}`}), "the rego_version is 0"},
		"a manifest for a file of old":  {packed(t, good, member{name: ".manifest", text: `{"file_rego_versions": {"/good.rego": 0}}`}), "the Rego version of /good.rego is 0"},
		"a manifest for WebAssembly":    {packed(t, good, member{name: ".manifest", text: `{"wasm": [{"entrypoint": "x"}]}`}), "compiled policies"},
		"a manifest that is none":       {packed(t, good, member{name: ".manifest", text: strings.Repeat("[", 100000)}), ".manifest: "},
		"no policy":                     {packed(t, member{name: "README.md", text: "x"}), "there is no policy"},
		"policies of another space":     {packed(t, member{name: "x.rego", text: "package checklist.account.evil\n\nstatus := \"pass\"\n"}), "a policy of yours must stand in"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			file := bundleFile(t, tc.text)
			_, err := Load(context.Background(), LoadOptions{Sources: []string{file}})
			runtime.ReadMemStats(&after)
			t.Logf("%d bytes; %v; all tests at once allocated %d MiB meanwhile; %.150v", len(tc.text), time.Since(began).Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20, err)
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), file) {
				t.Errorf("got %.300v, want the file and %q", err, tc.want)
			}
		})
	}
}

func packedText(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	if _, err := io.WriteString(zip, text); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func FuzzBundle(f *testing.F) {
	f.Add(packed(f, member{name: "a/x.rego", text: "package custom.a.b\n"}, member{name: ".manifest", text: "{}"}))
	f.Add(packed(f, member{name: "x", kind: tar.TypeSymlink, link: ".."}))
	f.Fuzz(func(t *testing.T, text []byte) {
		files, err := readBundle(bytes.NewReader(text))
		if err != nil {
			return
		}
		total := 0
		for _, file := range files {
			total += len(file.text)
			if !filepath.IsLocal(file.path) {
				t.Errorf("%q leads out", file.path)
			}
		}
		if total > maxUnpacked || len(files) > maxFiles {
			t.Errorf("%d bytes in %d files", total, len(files))
		}
	})
}

func TestDirectoriesLeadNowhereElse(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "secret.rego")
	if err := os.WriteFile(outside, []byte(custom("CON-009", "", says("pass"))), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := written(t, map[string]string{"..data/real.rego": custom("CON-001", "", says("pass")), "README.md": "x"})
	if err := os.Rename(filepath.Join(dir, "..data", "real.rego"), filepath.Join(dir, "..data", "real")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..data/real", filepath.Join(dir, "real.rego")); err != nil {
		t.Skip("this system makes no links")
	}
	if set := loadWith(t, LoadOptions{Sources: []string{dir}}); set.rule("CON-001").ID == "" {
		t.Error("a link within the directory is not followed")
	}
	if err := os.Symlink(outside, filepath.Join(dir, "secret.rego")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(context.Background(), LoadOptions{Sources: []string{dir}}); err == nil || !strings.Contains(err.Error(), "secret.rego") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "secret.rego")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "endless.rego")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(context.Background(), LoadOptions{Sources: []string{dir}}); err == nil || !strings.Contains(err.Error(), "endless.rego") {
		t.Errorf("got %v", err)
	}
}

// pair is a key, private and public, in PEM.
type pair struct{ private, public, algorithm string }

func newPair(t testing.TB, private any, public any, algorithm string) pair {
	t.Helper()
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	open, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return pair{
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: open})), algorithm,
	}
}

func (p pair) key(t testing.TB) Key {
	t.Helper()
	key, err := ParseKey([]byte(p.public))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaPair(t testing.TB) pair {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, key, key.Public(), "RS256")
}

func ecdsaPair(t testing.TB, curve elliptic.Curve, algorithm string) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newPair(t, key, key.Public(), algorithm)
}

// signed signs files as opa sign does, and gives .signatures.json.
func signed(t testing.TB, p pair, prefix string, files map[string]string) string {
	t.Helper()
	hasher, err := bundle.NewSignatureHasher(bundle.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var infos []bundle.FileInfo
	for name, text := range files {
		var value any = []byte(text)
		if bundle.IsStructuredDoc(name) {
			if err := json.Unmarshal([]byte(text), &value); err != nil {
				t.Fatal(err)
			}
		}
		sum, err := hasher.HashFile(value)
		if err != nil {
			t.Fatal(err)
		}
		infos = append(infos, bundle.NewFile(prefix+name, hex.EncodeToString(sum), "SHA-256"))
	}
	token, err := bundle.GenerateSignedToken(infos, bundle.NewSigningConfig(p.private, p.algorithm, ""), "")
	if err != nil {
		t.Fatal(err)
	}
	return asJSON(t, bundle.SignaturesConfig{Signatures: []string{token}})
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	ours, theirs := rsaPair(t), ecdsaPair(t, elliptic.P256(), "ES256")
	files := map[string]string{"a/rule.rego": custom("CON-001", "", blocked), "README.md": "x", ".manifest": "{\"roots\": [\"custom\"], \"revision\": \"1\"}", "data.json": "{}"}
	with := func(changes map[string]string) map[string]string {
		out := map[string]string{}
		for _, from := range []map[string]string{files, changes} {
			for name, text := range from {
				out[name] = text
				if text == "" {
					delete(out, name)
				}
			}
		}
		return out
	}
	mine := signed(t, ours, "", files)
	token := func(header, key string) string {
		encode := base64.RawURLEncoding.EncodeToString
		return asJSON(t, bundle.SignaturesConfig{Signatures: []string{encode([]byte(header)) + "." + encode([]byte(`{"files": []}`)) + "." + encode([]byte(key))}})
	}
	for name, tc := range map[string]struct {
		files map[string]string
		keys  []pair
		want  string // empty: it is good
	}{
		"good":                       {with(map[string]string{signaturesFile: mine}), []pair{ours}, ""},
		"good, one of two keys":      {with(map[string]string{signaturesFile: mine}), []pair{theirs, ours}, ""},
		"good, ECDSA":                {with(map[string]string{signaturesFile: signed(t, theirs, "", files)}), []pair{theirs}, ""},
		"good, signed from outside":  {with(map[string]string{signaturesFile: signed(t, ours, "my/rules/", files)}), []pair{ours}, ""},
		"good, a manifest rewritten": {with(map[string]string{signaturesFile: mine, ".manifest": "{ \"revision\":\"1\", \"roots\":[\"custom\"] }"}), []pair{ours}, ""},
		"not signed":                 {files, []pair{ours}, "there is no .signatures.json"},
		"signed by somebody else":    {with(map[string]string{signaturesFile: signed(t, rsaPair(t), "", files)}), []pair{ours}, "verify"},
		"a key of another kind":      {with(map[string]string{signaturesFile: mine}), []pair{theirs}, `none of the keys is one for the algorithm "RS256"`},
		"a rule changed":             {with(map[string]string{signaturesFile: mine, "a/rule.rego": custom("CON-001", "", says("pass"))}), []pair{ours}, "a/rule.rego is not as it was signed"},
		"a rule added":               {with(map[string]string{signaturesFile: mine, "b.rego": "package custom.a.b\n"}), []pair{ours}, "b.rego is not in the signature"},
		"a rule gone":                {with(map[string]string{signaturesFile: mine, "README.md": ""}), []pair{ours}, "files that were signed are not there: README.md"},
		"a manifest changed":         {with(map[string]string{signaturesFile: mine, ".manifest": "{\"roots\": [\"custom\"], \"revision\": \"2\"}"}), []pair{ours}, ".manifest is not as it was signed"},
		"a rule moved":               {with(map[string]string{signaturesFile: mine, "a/rule.rego": "", "c/rule.rego": files["a/rule.rego"]}), []pair{ours}, "is not in the signature"},
		"no signature in it":         {with(map[string]string{signaturesFile: `{"signatures": []}`}), []pair{ours}, "must hold one signature"},
		"a plugin":                   {with(map[string]string{signaturesFile: `{"signatures": ["x"], "plugin": "mine"}`}), []pair{ours}, "name no plugin"},
		"no JSON":                    {with(map[string]string{signaturesFile: "x"}), []pair{ours}, "invalid character"},
		"no token":                   {with(map[string]string{signaturesFile: `{"signatures": ["x"]}`}), []pair{ours}, "no JSON Web Token"},
		"the algorithm none":         {with(map[string]string{signaturesFile: token(`{"alg":"none"}`, "")}), []pair{ours}, `none of the keys is one for the algorithm "none"`},
		"the key as a secret":        {with(map[string]string{signaturesFile: token(`{"alg":"HS256"}`, ours.public)}), []pair{ours}, `none of the keys is one for the algorithm "HS256"`},
		"YAML not yet trusted":       {with(map[string]string{signaturesFile: mine, "data.yaml": "{}"}), []pair{ours}, "YAML is not read before"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var members []member
			for name, text := range tc.files {
				members = append(members, member{name: "/" + name, text: text})
			}
			opts := LoadOptions{}
			for _, p := range tc.keys {
				opts.Keys = append(opts.Keys, p.key(t))
			}
			for _, opts.Sources = range [][]string{{bundleFile(t, packed(t, members...))}, {written(t, tc.files)}} {
				_, err := Load(context.Background(), opts)
				switch {
				case tc.want == "" && err != nil:
					t.Errorf("%s: got %v", opts.Sources, err)
				case tc.want != "" && (!errors.Is(err, ErrSignature) || !strings.Contains(err.Error(), tc.want)):
					t.Errorf("%s: got %v, want ErrSignature and %q", opts.Sources, err, tc.want)
				}
			}
		})
	}
}

// A bundle that OPA's own library builds and signs is good.
func TestOPAsOwnBundles(t *testing.T) {
	t.Parallel()
	dir := written(t, map[string]string{"a/rule.rego": custom("CON-001", "", blocked), "a/more.rego": "package custom.contoso.more\n\nx := 1\n"})
	for _, keys := range []pair{rsaPair(t), ecdsaPair(t, elliptic.P256(), "ES256"), ecdsaPair(t, elliptic.P384(), "ES384")} {
		built, err := loader.NewFileLoader().AsBundle(dir)
		if err != nil {
			t.Fatal(err)
		}
		built.Manifest.Revision = "7"
		if err := built.GenerateSignature(bundle.NewSigningConfig(keys.private, keys.algorithm, ""), "some-id", false); err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if err := bundle.NewWriter(&text).DisableFormat(true).Write(*built); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(context.Background(), LoadOptions{Sources: []string{bundleFile(t, text.Bytes())}, Keys: []Key{keys.key(t)}}); err != nil {
			t.Errorf("%s: %v", keys.algorithm, err)
		}
	}
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Skip(err)
	}
	weakPair := newPair(t, weak, weak.Public(), "RS256")
	for want, text := range map[string]string{
		"no PEM":           "x",
		"not a public key": rsaPair(t).private,
		"1024 bits":        weakPair.public,
		"neither RSA nor":  ecdsaPair(t, elliptic.P521(), "").public,
		"asn1":             "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
	} {
		if _, err := ParseKey([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestDigestIsPinned(t *testing.T) {
	t.Parallel()
	texts := map[string]string{"a.rego": custom("CON-001", "", blocked)}
	dir := written(t, texts)
	digest := loadWith(t, LoadOptions{Sources: []string{dir}}).Digest()
	if _, err := Load(context.Background(), LoadOptions{Sources: []string{dir}, Digest: strings.ToUpper(digest)}); err != nil {
		t.Errorf("the same: %v", err)
	}
	texts["a.rego"] += "\n# a word more\n"
	texts["b.rego"] = "no Rego: it is not looked into"
	_, err := Load(context.Background(), LoadOptions{Sources: []string{written(t, texts)}, Digest: digest})
	if !errors.Is(err, ErrDigest) || !strings.Contains(err.Error(), digest) {
		t.Errorf("got %v", err)
	}
}
