package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says which packages of this module each package may import. Nothing else is allowed.
func arrows() map[string][]string {
	return map[string][]string{
		"cmd/leavercheck":               {"collector", "collector/roster", "collector/simtenant", "collector/snapshot", "collector/wire", "policies", "report", "report/clean", "report/evidence", "report/kept", "report/plan"},
		"collector":                     {"collector/exchange", "collector/graph", "collector/journal", "collector/roster", "collector/snapshot", "collector/wire"},
		"collector/exchange":            {"collector/snapshot", "collector/wire"},
		"collector/graph":               {"collector/snapshot", "collector/wire"},
		"collector/journal":             {},
		"collector/roster":              {"collector/snapshot"},
		"collector/simtenant":           {},
		"collector/simtenant/published": {},
		"collector/snapshot":            {},
		"collector/wire":                {"collector/journal"},
		"policies":                      {"collector/snapshot", "policies/isolate", "policies/program"},
		"policies/isolate":              {},
		"policies/program":              {},
		"report":                        {"collector/snapshot", "policies", "report/clean", "report/plan"},
		"report/clean":                  {},
		"report/evidence":               {"collector/snapshot", "policies", "report", "report/clean"},
		"report/kept":                   {"policies", "report"},
		"report/plan":                   {"policies", "report/clean"},
	}
}

const repository = "../.."

func goFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(repository, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != repository && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".go") {
			rel, err := filepath.Rel(repository, name)
			files = append(files, filepath.ToSlash(rel))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func importsOf(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(repository, file), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, spec := range parsed.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}

func TestTheArrowsOfTheHouse(t *testing.T) {
	t.Parallel()
	allowed := arrows()
	seen := map[string]bool{}
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue // a test may look at its package from any side
		}
		from := path.Dir(file)
		seen[from] = true
		targets, ok := allowed[from]
		if !ok {
			t.Errorf("%s: the package %s is not in the house", file, from)
			continue
		}
		for _, imported := range importsOf(t, file) {
			if to, ours := strings.CutPrefix(imported, "leavercheck/"); ours && !slices.Contains(targets, to) {
				t.Errorf("%s: %s must not import %s", file, from, to)
			}
			if strings.HasPrefix(imported, "github.com/microsoft") && from != "collector/graph" {
				t.Errorf("%s: only collector/graph may import %s", file, imported)
			}
		}
	}
	for name := range allowed {
		if !seen[name] {
			t.Errorf("the package %s is gone; take it out of the list", name)
		}
	}
}

func TestTheTopOfTheHouse(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(repository)
	if err != nil {
		t.Fatal(err)
	}
	rooms := []string{"cmd", "collector", "policies", "report", "testdata", "go.mod", "go.sum", "README.md", "LICENSE"}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(rooms, e.Name()) {
			t.Errorf("%s does not belong at the top", e.Name())
		}
	}
}
