package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"leavercheck/policies"
	"leavercheck/report"
)

// TestPages compares pages with goldens that have neither style nor script, which a browser judges better.
func TestPages(t *testing.T) {
	t.Parallel()
	full, opts := fullPage()
	for name, c := range map[string]struct {
		stream stream
		opts   report.Options
	}{
		"changed": {full, opts}, "mixed": {mixed(), report.Options{}}, "attested": {attested(), report.Options{}},
		"named": {named(), report.Options{}}, "nobody": {stream{run: header()}, report.Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := render(t, report.HTML, c.opts, c.stream)
			if again := render(t, report.HTML, c.opts, c.stream); again != got {
				t.Error("the same result made another page: " + firstDifference(got, again))
			}
			got = regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>|sha256-\S*`).ReplaceAllString(got, "$1")
			path := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s: %s", path, firstDifference(got, string(want)))
			}
		})
	}
}

// TestThePageLetsNothingElseIn: the policy for content names the style and the script that are there, and no source.
func TestThePageLetsNothingElseIn(t *testing.T) {
	t.Parallel()
	page := render(t, report.HTML, report.Options{}, mixed())
	policy := html.UnescapeString(regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)[1])
	var sources []string
	for _, element := range []string{"style", "script"} {
		found := regexp.MustCompile(`(?s)<`+element+`[^>]*>(.*?)</`+element+`>`).FindAllStringSubmatch(page, -1)
		if len(found) != 1 {
			t.Fatalf("%d elements %s", len(found), element)
		}
		sum := sha256.Sum256([]byte(found[0][1]))
		sources = append(sources, element+"-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	want := "default-src 'none'; " + strings.Join(sources, "; ") + "; img-src data:; base-uri 'none'; form-action 'none'"
	if policy != want {
		t.Errorf("got  %s\nwant %s", policy, want)
	}
	for _, node := range elements(t, page) {
		for _, a := range node.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "src", a.Key == "srcset", a.Key == "action":
				t.Errorf("<%s> has the attribute %s", node.Data, a.Key)
			case a.Key == "href" && node.Data != "a" && a.Val != "data:,":
				t.Errorf("<%s> fetches %s", node.Data, a.Val)
			}
		}
	}
}

// elements parses a page as a browser does and lists what is in it.
func elements(t *testing.T, page string) []*html.Node {
	t.Helper()
	document, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var out []*html.Node
	for node := range document.Descendants() {
		if node.Type == html.ElementNode || node.Type == html.CommentNode {
			out = append(out, node)
		}
	}
	return out
}

// words is the text of a page, without style and script.
func words(t *testing.T, page string) string {
	t.Helper()
	var out strings.Builder
	document, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for node := range document.Descendants() {
		if node.Type == html.TextNode && node.Parent.Data != "style" && node.Parent.Data != "script" {
			out.WriteString(node.Data + " ")
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// TestEverythingIsThere: without the script a page names every leaver, every open verdict, and whatever limits what
// the result is worth.
func TestEverythingIsThere(t *testing.T) {
	t.Parallel()
	s, opts := fullPage()
	text := words(t, render(t, report.HTML, opts, s))
	for _, want := range []string{
		"2 of 4 leavers are not properly offboarded; 3 could not be fully checked; 1 is still in grace.",
		"Incomplete: 3 verdicts could not be told", "the role View-Only Recipients for the application in Exchange Online",
		"1 rule is switched off", "TEL-001 The number is released", "1 verdict is waived", "1 waiver does not count", "✗ expired", "W-2",
		"critical (default high)", "336 (default 24)", "Data is lost next on 2026-12-01, 8 days left",
		"The policies differ between the two", "method changed", "re-opened", "what changed is the method: readable",
		"Grace ended 2026-11-11 09:00 UTC", "2026-11-10 09:19 Sign-in blocked", "2026-11-10 09:20 Password changed", "2026-11-10 09:21 Sessions revoked",
		"GET /v1.0/users", "33333333-3333-3333-3333-333333333333", "review before running", "forbidden 3", "PS-4", "in result.ndjson",
		"court case", "megan.bowen@contoso.com", "adm-alex",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	for _, leaver := range s.leavers {
		for _, v := range leaver.Verdicts {
			if !strings.Contains(text, v.Message) {
				t.Errorf("%s: %q is not on the page", leaver.Name(), v.Message)
			}
		}
		if strings.Count(text, leaver.Name()) < 2 {
			t.Errorf("%s is not in the matrix and among the entries", leaver.Name())
		}
	}
}

// TestEntriesAreInTheOrderOfUrgency: what is lost first comes first, then what is worst.
func TestEntriesAreInTheOrderOfUrgency(t *testing.T) {
	t.Parallel()
	s := stream{run: header(), leavers: []policies.LeaverResult{
		leaver(1, "Clean", verdict("ACC-001", policies.Pass, policies.Critical, "")),
		leaver(2, "Waits", verdict("ACC-001", policies.Pending, policies.Critical, "w")),
		leaver(3, "Low", verdict("ACC-001", policies.Fail, policies.Low, "w")),
		leaver(4, "Unread", verdict("ACC-001", policies.Unknown, policies.Critical, "w")),
		leaver(5, "Critical", verdict("ACC-001", policies.Fail, policies.Critical, "w")),
		leaver(6, "Waived", losing(verdict("ACC-001", policies.Waived, policies.Critical, "w"), "2026-11-23T00:00:00Z")),
		leaver(7, "Losing", losing(verdict("ACC-001", policies.Unknown, policies.Low, "w"), "2026-12-01T00:00:00Z")),
		leaver(8, "Losing sooner", losing(verdict("ACC-001", policies.Fail, policies.Low, "w"), "2026-11-25T00:00:00Z")),
	}}
	page := render(t, report.HTML, report.Options{}, s)
	want := []string{"Losing sooner", "Losing", "Critical", "Low", "Unread", "Waits", "Waived", "Clean"}
	for _, pattern := range []string{`<tr id="m\d+"><th scope="row"><a href="#p\d+">([^<]*)<`, `<details class="p" id="p\d+"><summary><h3>([^<]*)<`} {
		var got []string
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(page, -1) {
			got = append(got, found[1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestAPageStaysAPage: however large a result is, its page is of a size that people can open, and it says what it
// leaves out.
func TestAPageStaysAPage(t *testing.T) {
	t.Parallel()
	everything := func(int) int { return 47 }
	for name, c := range map[string]struct {
		stream stream
		most   int
		says   []string
		rows   int
	}{
		"nobody":              {crowded(0, aFewEach), 200_000, []string{"There is no leaver."}, 0},
		"all evidence":        {crowded(20, aFewEach), 1_000_000, []string{"Evidence of what passes or has no object"}, 20},
		"evidence of passing": {crowded(400, aFewEach), 5_000_000, []string{"The evidence of verdicts that pass is not on this page."}, 400},
		"thousands":           {crowded(2000, aFewEach), 5_000_000, []string{"This page holds 2000 leavers. Timeline, evidence and remediation are shown for the"}, 2000},
		"all of it wrong":     {crowded(2000, everything), 5_000_000, []string{"leavers are only in the matrix"}, 2000},
		"too many":            {crowded(3600, aFewEach), 5_000_000, []string{"found no room on it", "all without an open verdict", "in the result"}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := render(t, report.HTML, report.Options{}, c.stream)
			if len(page) > c.most {
				t.Errorf("the page has %d bytes, more than %d", len(page), c.most)
			}
			for _, want := range c.says {
				if !strings.Contains(page, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
			ids := map[string]bool{}
			for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
				ids[id[1]] = true
			}
			for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
				if !ids[link[1]] {
					t.Errorf("nothing is where #%s leads", link[1])
					break
				}
			}
			rows := strings.Count(page, `<tr id="`)
			if c.rows >= 0 && rows != c.rows {
				t.Errorf("%d leavers are in the matrix, not %d", rows, c.rows)
			}
			if left := regexp.MustCompile(`(\d+) leavers found no room`).FindStringSubmatch(page); c.rows < 0 && (left == nil || left[1] != strconv.Itoa(c.stream.n-rows)) {
				t.Errorf("%d of %d leavers are in the matrix, and the page says of %q that they are not", rows, c.stream.n, left)
			}
		})
	}
}

// BenchmarkHTML prints the size of a page, and what making it takes.
func BenchmarkHTML(b *testing.B) {
	for _, n := range []int{0, 100, 2000} {
		b.Run(fmt.Sprintf("%d-leavers", n), func(b *testing.B) {
			s := crowded(n, aFewEach)
			sink := &countingWriter{}
			var most uint64
			b.ReportAllocs()
			for b.Loop() {
				sink.n = 0
				renderer, err := report.New(report.HTML, sink, report.Options{})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.play(renderer); err != nil {
					b.Fatal(err)
				}
				var memory runtime.MemStats
				runtime.ReadMemStats(&memory)
				most = max(most, memory.HeapInuse)
				if err := renderer.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(sink.n), "bytes/page")
			b.ReportMetric(float64(most)/(1<<20), "MB-heap")
		})
	}
}
