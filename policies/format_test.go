package policies

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
)

// checklistFiles yields the Rego of the built-in checklist.
func checklistFiles(t *testing.T, yield func(name string, source []byte)) {
	t.Helper()
	count := 0
	err := fs.WalkDir(builtin, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".rego") {
			return err
		}
		source, err := fs.ReadFile(builtin, name)
		if err == nil {
			yield(name, source)
			count++
		}
		return err
	})
	if err != nil || count == 0 {
		t.Fatalf("%d files, %v", count, err)
	}
}

func TestTheChecklistIsFormatted(t *testing.T) {
	t.Parallel()
	checklistFiles(t, func(name string, source []byte) {
		formatted, err := format.SourceWithOpts(name, source, format.Opts{RegoVersion: ast.RegoV1})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(formatted, source) {
			t.Errorf("%s is not as opa fmt would have it", name)
		}
	})
}

// Every rule has its tests beside it, and a folder of its own that its package names.
func TestTheChecklistIsInOrder(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	checklistFiles(t, func(name string, source []byte) { names[name] = string(source) })
	for name, source := range names {
		if strings.HasSuffix(name, "_test.rego") || name == "checklist/checklist.rego" || name == "lib/lib.rego" {
			continue
		}
		if _, ok := names[strings.TrimSuffix(name, ".rego")+"_test.rego"]; !ok {
			t.Errorf("%s has no tests beside it", name)
		}
		folders := strings.Split(name, "/")
		folders = folders[:len(folders)-1]
		if want := "\npackage " + strings.Join(folders, ".") + "\n"; !strings.Contains(source, want) {
			t.Errorf("%s is not %s", name, strings.TrimSpace(want))
		}
	}
}
