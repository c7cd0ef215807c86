package policies

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"leavercheck/collector/snapshot"
)

// children makes isolated processes and remembers them.
type children struct {
	Isolation
	mu   sync.Mutex
	born []*exec.Cmd
}

func newChildren(t testing.TB) *children {
	t.Helper()
	c := &children{}
	plain := isolated(t).Command
	c.Command = func() *exec.Cmd {
		c.mu.Lock()
		defer c.mu.Unlock()
		cmd := plain()
		c.born = append(c.born, cmd)
		return cmd
	}
	return c
}

// most is the most memory that any of them had, in MiB; see took.
func (c *children) most() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	var most float64
	for _, cmd := range c.born {
		if cmd.ProcessState != nil {
			most = max(most, mostMemory(cmd.ProcessState))
		}
	}
	return most / (1 << 20)
}

// took says what they took together, and at most: of memory that is at least what this process had when it
// made them.
func (c *children) took() string {
	most := c.most()
	c.mu.Lock()
	defer c.mu.Unlock()
	var busy time.Duration
	for _, cmd := range c.born {
		if state := cmd.ProcessState; state != nil {
			busy += state.UserTime() + state.SystemTime()
		}
	}
	return fmt.Sprintf("%d processes, at most %.0f MiB, %.1f s of processor time", len(c.born), most, busy.Seconds())
}

// TestHostileRules has each rule evaluated beside a good one: it ends in time, as unknown, with the reason;
// what the good one and the built-in ones say is what they say without it.
func TestHostileRules(t *testing.T) {
	t.Parallel()
	const tooLong, tooMuch = "policy error: evaluation took longer than", "policy error: it ended the process that it ran in: it took too much memory"
	hostile := map[string]struct {
		condition string
		rest      string
		want      []string // one of them is in the message; none where it does no harm
	}{
		"a number of 100 million bits":   {condition: "bits.lsh(1, 100000000) > 0", want: []string{"could not be stopped", tooLong, "processor time", tooMuch}},
		"a power tower":                  {condition: "bits.lsh(bits.lsh(1, 20000000), bits.lsh(1, 40)) > 0", want: []string{tooMuch, "could not be stopped", "eval_builtin_error", "ended the process"}},
		"a range of a billion":           {condition: "count(numbers.range(0, 1000000000)) > 0", want: []string{tooLong, tooMuch, "memory beyond"}},
		"a range of giant steps":         {condition: "count(numbers.range_step(0, 1000000000000, 1)) > 0", want: []string{tooLong, tooMuch, "memory beyond"}},
		"nested loops":                   {condition: endless, want: []string{tooLong}},
		"a giant comprehension":          {condition: "count({[a, b, c] | some a in numbers.range(1, 1000); some b in numbers.range(1, 1000); some c in numbers.range(1, 1000)}) > 0", want: []string{tooLong, tooMuch, "memory beyond"}},
		"a string of gigabytes":          {condition: "count(concat(\"\", [s | some _ in numbers.range(1, 100000); s := concat(\"\", [\"x\" | some _ in numbers.range(1, 100000)])])) > 0", want: []string{tooLong, tooMuch, "memory beyond"}},
		"doubling":                       {condition: "count(d30) > 0", rest: doubling(30), want: []string{tooMuch, tooLong, "memory beyond"}},
		"sprintf of a huge width":        {condition: "count(sprintf(\"%1000000000d\", [1])) > 0"},
		"a huge exponent":                {condition: "to_number(\"1e1000000000\") * 3 > 1", want: []string{"eval", "processor time", "could not be stopped", tooMuch, tooLong}},
		"replacing what is everywhere":   {condition: "count(replace(s20, \"x\", s20)) > 0", rest: strings.ReplaceAll(doubling(20), "d", "s"), want: []string{tooMuch, tooLong, "memory beyond", "could not be stopped"}},
		"an expression for backtrackers": {condition: "regex.match(`^(a+)+$`, concat(\"\", [sprintf(\"%v\", [\"aaaaaaaaaa\"]) | some _ in numbers.range(1, 200000)])) == (count(numbers.range(0, 1000000000)) > 0)", want: []string{tooLong, tooMuch, "memory beyond"}},
		"all addresses there are":        {condition: "count(net.cidr_expand(\"10.0.0.0/7\")) > 0", want: []string{tooLong, tooMuch, "memory beyond"}},
		"a walk through a giant":         {condition: "count([1 | walk(x, _)]) > 1e9", rest: "x := [y | some _ in numbers.range(1, 3000); y := numbers.range(1, 3000)]\n", want: []string{tooLong, tooMuch, "memory beyond"}},
		"an answer of megabytes":         {condition: "true", rest: "text := concat(\"\", [\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" | some _ in numbers.range(1, 3000)])\n\nfindings contains {\"resource\": sprintf(\"%d\", [n]), \"text\": text} if some n in numbers.range(1, 50)\n", want: []string{"larger than 4 MiB"}},
		"an answer without a bottom":     {condition: "true", rest: "evidence := json.unmarshal(concat(\"\", array.concat([\"[\" | some _ in numbers.range(1, 5000)], [\"]\" | some _ in numbers.range(1, 5000)])))\n", want: []string{"nested deeper than"}},
		"a table of truths":              {condition: "count([1 | " + truths(28) + "]) == 0", want: []string{tooLong, tooMuch}},
		"a graph of everything":          {condition: "count(graph.reachable({n: numbers.range(1, 5000) | some n in numbers.range(1, 5000)}, {1})) < 0", want: []string{tooLong, tooMuch, "memory beyond", "no verdict"}},
		"a query in JSON":                {condition: "count(json.patch(x, [{\"op\": \"add\", \"path\": sprintf(\"/%d\", [n]), \"value\": x} | some n in numbers.range(1, 5000)])) < 0", rest: "x := numbers.range(1, 5000)\n", want: []string{tooLong, tooMuch, "memory beyond", "no verdict", "could not be stopped"}},
	}
	snap := &fake{leavers: []snapshot.Record{record(1, true)}}
	good := map[string]string{"good.rego": custom("CON-001", "", blocked)}
	want := evaluate(t, loadWith(t, LoadOptions{Sources: []string{written(t, good)}}), snap, EvaluateOptions{}).leavers
	for name, tc := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			texts := map[string]string{"good.rego": good["good.rego"], "hostile.rego": custom("CON-666", "", "status := \"pass\" if "+tc.condition+"\n\n"+tc.rest)}
			born := newChildren(t)
			set := loadWith(t, LoadOptions{Sources: []string{written(t, texts)}, Isolation: born.Isolation})
			began := time.Now()
			got := evaluate(t, set, snap, EvaluateOptions{Timeout: 300 * time.Millisecond, Memory: 128 << 20, Workers: 1})
			t.Logf("%.1f s; %s", time.Since(began).Seconds(), born.took())
			for i := range want {
				bad := verdictOf(t, got.leavers[i], "CON-666")
				if len(tc.want) > 0 && (bad.Status != Unknown || !slices.ContainsFunc(tc.want, func(text string) bool { return strings.Contains(bad.Message, text) })) {
					t.Errorf("got %s: %.300s", bad.Status, bad.Message)
				}
				rest := slices.DeleteFunc(slices.Clone(got.leavers[i].Verdicts), func(v Verdict) bool { return v.Rule == "CON-666" })
				if asJSON(t, rest) != asJSON(t, want[i].Verdicts) {
					t.Errorf("the other rules say something else: got  %s\nwant %s", asJSON(t, rest), asJSON(t, want[i].Verdicts))
				}
			}
			if got.summary.Complete && len(tc.want) > 0 {
				t.Error("the result says that it is complete")
			}
		})
	}
}

// doubling defines strings d0 to dn, each twice as long as the one before.
func doubling(n int) string {
	var out strings.Builder
	out.WriteString("d0 := \"xxxxxxxxxxxxxxxx\"\n\n")
	for i := range n {
		fmt.Fprintf(&out, "d%d := concat(\"\", [d%d, d%d])\n\n", i+1, i, i)
	}
	return out.String()
}

// truths is a conjunction of so many choices between two.
func truths(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf("some v%d in [true, false]", i))
	}
	return strings.Join(parts, "; ") + "; v0 != v0"
}

func TestCancelEndsIsolatedEvaluation(t *testing.T) {
	t.Parallel()
	born := newChildren(t)
	set := loadWith(t, LoadOptions{Sources: []string{written(t, map[string]string{"a.rego": custom("CON-666", "", "status := \"pass\" if "+endless+"\n")})}, Isolation: born.Isolation})
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("enough")
	snap := &fake{leavers: []snapshot.Record{record(1, true)}}
	if _, err := set.Evaluate(ctx, snap, EvaluateOptions{Timeout: time.Hour}, startedHandler{func() { cancel(why) }}); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	for _, cmd := range born.born {
		if cmd.ProcessState == nil {
			t.Error("a process is left behind")
		}
	}
}

// A rule that ends its process again and again is not asked for ever, and is given up at the same leaver
// whatever the number of workers.
func TestRulesThatEndTheirProcessAreGivenUp(t *testing.T) {
	t.Parallel()
	dir := written(t, map[string]string{
		"good.rego":    custom("CON-001", "", blocked),
		"hostile.rego": custom("CON-666", "", "status := \"pass\" if {\n\tto_number(substring(input.leaver.id, 0, 8)) % 3 == 0\n\tcount(d30) > 0\n} else := \"pass\"\n\n"+doubling(30)),
	})
	snap := &fake{}
	for n := range 30 {
		snap.leavers = append(snap.leavers, record(n, n%2 == 0))
	}
	plain := loadWith(t, LoadOptions{Sources: []string{written(t, map[string]string{"good.rego": custom("CON-001", "", blocked)})}})
	good := evaluate(t, plain, snap, EvaluateOptions{})
	var results []string
	for _, workers := range []int{1, 3} {
		born := newChildren(t)
		set := loadWith(t, LoadOptions{Sources: []string{dir}, Isolation: born.Isolation})
		out := evaluate(t, set, snap, EvaluateOptions{Workers: workers, Memory: 128 << 20, Timeout: 5 * time.Second})
		t.Logf("%d workers: %s", workers, born.took())
		for i, leaver := range out.leavers {
			bad := verdictOf(t, leaver, "CON-666")
			switch {
			case i > 3*(maxStrikes-1) && bad.Message != "policy error: "+errGivenUp.Error():
				t.Errorf("leaver %d: got %+v, want it given up", i, bad)
			case i <= 3*(maxStrikes-1) && i%3 == 0 && (bad.Status != Unknown || strings.Contains(bad.Message, errGivenUp.Error())):
				t.Errorf("leaver %d: got %+v", i, bad)
			case i <= 3*(maxStrikes-1) && i%3 != 0 && bad.Status != Pass:
				t.Errorf("leaver %d: got %+v, want pass", i, bad)
			}
			if got, want := verdictOf(t, leaver, "CON-001"), verdictOf(t, good.leavers[i], "CON-001"); asJSON(t, got) != asJSON(t, want) {
				t.Errorf("leaver %d: got %+v, want %+v", i, got, want)
			}
			if bad.Status == Unknown {
				out.leavers[i].Verdicts = slices.DeleteFunc(out.leavers[i].Verdicts, func(v Verdict) bool { return v.Rule == "CON-666" })
			}
		}
		if len(born.born) > 2+workers+maxStrikes+8*workers+2 {
			t.Errorf("%d processes", len(born.born))
		}
		results = append(results, asJSON(t, []any{out.leavers, out.summary.Statuses, out.summary.Rules}))
	}
	if results[0] != results[1] {
		t.Error("another number of workers gives another result")
	}
}

// TestHostilePoliciesToLoad are refused, in time, and in words.
func TestHostilePoliciesToLoad(t *testing.T) {
	t.Parallel()
	var aliases strings.Builder
	aliases.WriteString("# METADATA\n# title: A\n# custom:\n#   a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := range 12 {
		ref := fmt.Sprintf("*a%d", i)
		fmt.Fprintf(&aliases, "#   a%d: &a%d [%s]\n", i+1, i+1, strings.Join(slices.Repeat([]string{ref}, 9), ", "))
	}
	aliases.WriteString("package custom.a.b\n")
	for name, tc := range map[string]struct{ text, want string }{
		"METADATA of aliases":            {aliases.String(), "yaml"},
		"METADATA without a floor":       {"# METADATA\n# title: " + strings.Repeat("[", 200000) + "\npackage custom.a.b\n", "yaml"},
		"parentheses":                    {"package custom.a.b\n\nx := " + strings.Repeat("(", 200000) + "1" + strings.Repeat(")", 200000) + "\n", "depth"},
		"a giant number":                 {"package custom.a.b\n\nx := 1e1000000000\n", ""},
		"a giant product":                {custom("CON-001", "", "status := \"pass\" if x > 1\n\nx := "+strings.Repeat("9", 1000000)+"\n"), "number too big"},
		"recursion":                      {custom("CON-001", "", "status := \"pass\" if f(1)\n\nf(x) if g(x)\n\ng(x) if f(x)\n"), "recursive"},
		"an expression for the compiler": {custom("CON-001", "", "status := \"pass\" if regex.match(`"+strings.Repeat("(x{1,1000}", 3)+strings.Repeat("){1,1000}", 3)+"`, input.leaver.id)\n"), ""},
		"a schema of itself":             {custom("CON-001", "parameters: {grace_hours: {type: integer, default: 0}, x: {$ref: \"#\", type: object, default: {a: {b: {}}}}}\n", says("pass")), ""},
		"schemas from outside":           {strings.Replace(custom("CON-001", "", says("pass")), "# custom:", "# schemas:\n#   - input: {\"$ref\": \"file:///etc/passwd\"}\n# custom:", 1), ""},
		"ten thousand rules":             {custom("CON-001", "", says("pass")+strings.Repeat("x contains y if y := input.leaver.id\n\n", 10000)), ""},
		"functions of functions":         {custom("CON-001", "", "status := \"pass\" if "+strings.Repeat("lower(", 1000)+"input.leaver.id"+strings.Repeat(")", 1000)+" == \"\"\n"), ""},
		"with upon with":                 {custom("CON-001", "", "status := \"pass\" if input.leaver.id"+strings.Repeat(" with input as input", 1000)+"\n"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			born := newChildren(t)
			began := time.Now()
			set, err := Load(context.Background(), LoadOptions{Sources: []string{written(t, map[string]string{"a.rego": tc.text})}, Isolation: born.Isolation})
			t.Logf("%.1f s; %s; %.200v", time.Since(began).Seconds(), born.took(), err)
			if tc.want == "" && err == nil {
				// What loads must do no harm when it is asked.
				out := evaluate(t, set, &fake{leavers: []snapshot.Record{record(1, true)}}, EvaluateOptions{Timeout: time.Second, Memory: 128 << 20})
				t.Logf("evaluated: %.200s", asJSON(t, verdictOf(t, out.leavers[0], "CON-001").Message))
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %.300v, want %q", err, tc.want)
			}
		})
	}
}
