package report_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"leavercheck/policies"
	"leavercheck/report"
)

// browser is the Chromium that LEAVERCHECK_BROWSER names, or one that is installed. Only where the variable is set
// must it be there, with what drives it.
func browser(t *testing.T) string {
	t.Helper()
	path, required := os.LookupEnv("LEAVERCHECK_BROWSER")
	give := t.Skipf
	if required {
		give = t.Fatalf
	} else {
		path, _ = exec.LookPath("chromium")
	}
	if _, err := os.Stat(path); err != nil {
		give("no Chromium: install it, or name it in LEAVERCHECK_BROWSER")
	}
	if _, err := exec.LookPath("node"); err != nil {
		give("no node: %v", err)
	}
	if _, err := os.Stat(filepath.Join(browserFolder, "node_modules", "playwright-core")); err != nil {
		give("nothing to drive Chromium with: run npm ci --prefix .ci/browser")
	}
	return path
}

const browserFolder = "../.ci/browser"

// TestInABrowser opens pages in Chromium: see .ci/browser/check.mjs for what it looks at.
func TestInABrowser(t *testing.T) {
	t.Parallel()
	chromium := browser(t)
	dir := t.TempDir()
	page := func(name string, s stream, opts report.Options) string {
		name += ".html"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(render(t, report.HTML, opts, s)), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	full, opts := fullPage()
	// TestNoElementComesFromAResult tries the texts one by one: here they come together, from either end.
	texts := slices.DeleteFunc(breakouts(), func(text string) bool { return strings.HasPrefix(text, "https://") || len(text) > 200 })
	reversed := slices.Clone(texts)
	slices.Reverse(reversed)
	var hostile []string
	for i, text := range []string{"harmless", strings.Join(texts, " "), strings.Join(reversed, "")} {
		s, opts := poisoned(text)
		hostile = append(hostile, page(fmt.Sprintf("hostile-%d", i), s, opts))
	}
	all := page("changed", full, opts)
	some := page("some", crowded(2, aFewEach), report.Options{})
	many := page("many", crowded(25, aFewEach), report.Options{})
	nobody := page("nobody", stream{run: header()}, report.Options{})

	// What the filters must find, counted here.
	shown, named := 0, 0
	fails, unknowns := map[string]int{}, map[string]int{}
	for _, leaver := range full.leavers {
		for _, v := range leaver.Verdicts {
			if v.Status == policies.Fail {
				fails[leaver.Name()]++
			}
			if v.Status == policies.Unknown {
				unknowns[leaver.Name()]++
			}
			if v.Status != policies.Pass && v.Status != policies.NotApplicable || v.Change != nil && v.Change.Kind == policies.ChangeFixed {
				shown++
			}
		}
		if strings.Contains(strings.ToLower(leaver.Name()), "archie") {
			named++
		}
	}
	type count map[string]int
	sum := func(of map[string]int) count {
		n := 0
		for _, some := range of {
			n += some
		}
		return count{"people": len(of), "verdicts": n}
	}
	expect, err := json.Marshal(map[string]any{
		"hostile": hostile, "accessible": [][]string{{all, "light", "dark"}, {some, "dark"}, {nobody, "light"}}, "paper": []string{all, many},
		"large": []string{page("thousands", crowded(2000, aFewEach), report.Options{})},
		"keyboard": map[string]any{
			"page": all, "people": len(full.leavers), "verdicts": shown, "fail": sum(fails), "unknown": sum(unknowns),
			"search": map[string]any{"text": "archie", "people": named},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "expect.json"), expect, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join(browserFolder, "check.mjs"), chromium, dir)
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("the pages are not as they should be: %v", err)
	}
}
