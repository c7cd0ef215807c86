package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"leavercheck": main, "leavercheck-frail": frail})
}

// The command line as people use it, with exact exit codes: "exits 2 leavercheck ...".
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": func(ts *testscript.TestScript, _ bool, args []string) {
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				err = ts.Exec(args[1], args[2:]...)
				got := 0
				if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
					got = exit.ExitCode()
				} else {
					ts.Check(err)
				}
				if got != want {
					ts.Fatalf("exit code %d, want %d", got, want)
				}
			},
			"keys":   scriptKeys,
			"bundle": scriptBundle,
			// "mode 600 FILE" checks permission bits.
			"mode": func(ts *testscript.TestScript, _ bool, args []string) {
				info, err := os.Stat(ts.MkAbs(args[1]))
				ts.Check(err)
				if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[0] {
					ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
				}
			},
			// "example DIR" copies the example repository of policies. Waivers last a year at most, and the file is
			// older every day: its dates are moved to 90 days from now.
			"example": func(ts *testscript.TestScript, _ bool, args []string) {
				dir := ts.MkAbs(args[0])
				ts.Check(os.CopyFS(dir, os.DirFS(filepath.Join(repository, "testdata", "policies-example"))))
				waivers := filepath.Join(dir, "waivers.yaml")
				text, err := os.ReadFile(waivers)
				ts.Check(err)
				later := time.Now().UTC().AddDate(0, 0, 90).Format(time.DateOnly)
				ts.Check(os.WriteFile(waivers, regexp.MustCompile(`expires: \S+`).ReplaceAll(text, []byte("expires: "+later)), 0o600))
			},
			// "replace FILE BEFORE AFTER" makes the mistake that a person would; \n is a line feed, \t a tab.
			"replace": func(ts *testscript.TestScript, _ bool, args []string) {
				path := ts.MkAbs(args[0])
				text, err := os.ReadFile(path)
				ts.Check(err)
				escapes := strings.NewReplacer(`\n`, "\n", `\t`, "\t")
				before, after := escapes.Replace(args[1]), escapes.Replace(args[2])
				if !strings.Contains(string(text), before) {
					ts.Fatalf("%q is not in %s", before, args[0])
				}
				changed := strings.Replace(string(text), before, after, 1)
				ts.Check(os.WriteFile(path, []byte(changed), 0o600))
			},
			// "step FILE NAME SCRIPT" writes down what a step of a GitHub action or Azure template runs.
			"step": func(ts *testscript.TestScript, _ bool, args []string) {
				text, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(args[0])))
				ts.Check(err)
				var file struct {
					Runs  struct{ Steps []ciStep }
					Steps []struct {
						Bash        string
						DisplayName string `yaml:"displayName"`
					}
				}
				ts.Check(yaml.Unmarshal(text, &file))
				for _, step := range file.Steps {
					file.Runs.Steps = append(file.Runs.Steps, ciStep{Name: step.DisplayName, Run: step.Bash})
				}
				at := slices.IndexFunc(file.Runs.Steps, func(step ciStep) bool { return step.Name == args[1] })
				if at < 0 {
					ts.Fatalf("%s has no step %q", args[0], args[1])
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(file.Runs.Steps[at].Run), 0o600))
			},
			// "empty DIR" checks that nothing is in a directory, hidden or not.
			"empty": func(ts *testscript.TestScript, _ bool, args []string) {
				entries, err := os.ReadDir(ts.MkAbs(args[0]))
				ts.Check(err)
				if len(entries) != 0 {
					ts.Fatalf("%s holds %v", args[0], entries)
				}
			},
		},
	})
}
