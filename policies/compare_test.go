package policies

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"leavercheck/collector/snapshot"
)

// BenchmarkCompare prints what three rules cost for a leaver of 10 KB, from the text of the record to their statuses:
// by this engine, which gives findings, evidence and messages too; written by hand in Go, which gives the status alone;
// by OPA as a library with a query for each; and by the program opa, started for each leaver, where it is in the PATH.
func BenchmarkCompare(b *testing.B) {
	rules := []string{"access/sign_in_blocked", "sessions/sessions_revoked", "telephony/number_released"}
	set := mustLoad(b, ours(policiesOf(b, rules)))
	e, err := set.begin(b.Context(), &fake{}, EvaluateOptions{})
	if err != nil {
		b.Fatal(err)
	}
	asker, done, err := e.asker(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer done()
	text := sizableRecord(b)
	engine := func(b *testing.B) (out [3]Status) {
		var record snapshot.Record
		if err := json.Unmarshal(text, &record); err != nil {
			b.Fatal(err)
		}
		inquiry := asker.about(inputOf(b, record))
		for i, rule := range set.rules {
			said, err := inquiry.ask(b.Context(), rule.ID)
			if err != nil {
				b.Fatal(err)
			}
			word, _ := said[docStatus].(ast.String)
			out[i] = Status(word)
		}
		return out
	}
	if want, got := engine(b), byHand(b, text); want != got {
		b.Fatalf("by hand %v, by the rules %v", got, want)
	}
	b.Run("engine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			engine(b)
		}
	})
	b.Run("by hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			byHand(b, text)
		}
	})
	data, err := ast.JSON(e.data)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("opa library", func(b *testing.B) { opaLibrary(b, set, data, text) })
	b.Run("opa eval", func(b *testing.B) { opaProcess(b, rules, data, text) })
}

// policiesOf are the texts of rules and of the library.
func policiesOf(b *testing.B, rules []string) map[string]string {
	b.Helper()
	out := map[string]string{}
	err := fs.WalkDir(builtin, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, regoSuffix) || strings.HasSuffix(name, testSuffix) {
			return err
		}
		wanted := strings.HasPrefix(name, "lib/")
		for _, rule := range rules {
			wanted = wanted || strings.HasPrefix(name, "checklist/"+rule+"/")
		}
		if wanted {
			text, err := fs.ReadFile(builtin, name)
			out[name] = string(text)
			return err
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func opaLibrary(b *testing.B, set *Set, data any, text []byte) {
	document, _ := data.(map[string]any)
	store := inmem.NewFromObject(document)
	var queries []rego.PreparedEvalQuery
	for _, rule := range set.rules {
		query, err := rego.New(rego.Compiler(set.compiler), rego.Store(store), rego.Query(documentRef(rule, docStatus))).PrepareForEval(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		queries = append(queries, query)
	}
	b.ReportAllocs()
	for b.Loop() {
		var input any
		if err := json.Unmarshal(text, &input); err != nil {
			b.Fatal(err)
		}
		for _, query := range queries {
			if results, err := query.Eval(b.Context(), rego.EvalInput(input)); err != nil || len(results) != 1 {
				b.Fatal(err, len(results))
			}
		}
	}
}

func opaProcess(b *testing.B, rules []string, data any, text []byte) {
	program, err := exec.LookPath("opa")
	if err != nil {
		b.Skip("there is no opa in the PATH")
	}
	dir := b.TempDir()
	files := policiesOf(b, rules)
	files["input.json"], files["data.json"] = string(text), asJSON(b, data)
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	args := []string{"eval", "--input", "input.json", "--data", "data.json", "--data", "lib"}
	var statuses []string
	for _, rule := range rules {
		args = append(args, "--data", filepath.Join("checklist", filepath.FromSlash(rule)))
		statuses = append(statuses, "data.checklist."+strings.ReplaceAll(rule, "/", ".")+".status")
	}
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), program, append(args, "["+strings.Join(statuses, ", ")+"]")...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte(`"fail"`)) {
			b.Fatalf("%v\n%s", err, out)
		}
	}
}

// byHand judges by ACC-001, SES-002 and TEL-001 in Go, decoding nothing but what they need.
func byHand(b *testing.B, text []byte) [3]Status {
	var in struct {
		Leaver struct {
			ID     string    `json:"id"`
			State  string    `json:"state"`
			LeftAt time.Time `json:"leftAt"`
		} `json:"leaver"`
		Facts struct {
			Account struct {
				State string `json:"state"`
				Value struct {
					AccountEnabled *bool  `json:"accountEnabled"`
					ValidFrom      string `json:"signInSessionsValidFromDateTime"`
				} `json:"value"`
			} `json:"account"`
			Audits struct {
				State string `json:"state"`
				Value []struct {
					Activity string `json:"activityDisplayName"`
					Result   string `json:"result"`
					At       string `json:"activityDateTime"`
					Targets  []struct {
						ID string `json:"id"`
					} `json:"targetResources"`
				} `json:"value"`
			} `json:"audits"`
			PhoneNumbers struct {
				State string          `json:"state"`
				Value json.RawMessage `json:"value"`
			} `json:"phoneNumbers"`
		} `json:"facts"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		b.Fatal(err)
	}
	account := in.Facts.Account
	read := account.State == string(snapshot.Read)
	enabled := account.Value.AccountEnabled
	blocked := Unknown
	switch {
	case in.Leaver.State != string(snapshot.Deleted) && enabled != nil && *enabled:
		blocked = Fail
	case read && (in.Leaver.State == string(snapshot.Deleted) || enabled != nil && !*enabled):
		blocked = Pass
	}

	validFrom, err := time.Parse(time.RFC3339, account.Value.ValidFrom)
	known := err == nil && !strings.HasPrefix(account.Value.ValidFrom, "9999") && !never(account.Value.ValidFrom)
	moved := known && !validFrom.Before(in.Leaver.LeftAt)
	logged := false
	for _, row := range in.Facts.Audits.Value {
		if !strings.EqualFold(strings.TrimSpace(row.Result), "success") || strings.Trim(fold(row.Activity), ". ") != "update stsrefreshtokenvalidfrom timestamp" {
			continue
		}
		at, err := time.Parse(time.RFC3339, row.At)
		for _, target := range row.Targets {
			logged = logged || err == nil && !at.Before(in.Leaver.LeftAt) && fold(target.ID) == in.Leaver.ID
		}
	}
	revoked := Unknown
	switch {
	case (known && validFrom.Before(in.Leaver.LeftAt) || never(account.Value.ValidFrom)) && !moved && !logged:
		revoked = Fail
	case read && (moved || logged && in.Facts.Audits.State == string(snapshot.Read)):
		revoked = Pass
	}

	var phones []struct {
		Status string `json:"assignmentStatus"`
	}
	numbers := Unknown
	if json.Unmarshal(in.Facts.PhoneNumbers.Value, &phones) == nil && phones != nil {
		if in.Facts.PhoneNumbers.State == string(snapshot.Read) {
			numbers = Pass
		}
		for _, phone := range phones {
			switch fold(phone.Status) {
			case "unassigned":
			case "":
				if numbers == Pass {
					numbers = Unknown
				}
			default:
				numbers = Fail
			}
		}
	}
	return [3]Status{blocked, revoked, numbers}
}

func fold(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

func never(text string) bool {
	return strings.HasPrefix(text, "0001") || strings.HasPrefix(text, "1601")
}
