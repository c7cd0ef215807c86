package policies

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"golang.org/x/sync/errgroup"
)

var (
	mutants   = flag.Bool("mutants", false, "take every condition out of every rule of the checklist, and see whether its tests notice")
	mutantsOf = flag.String("mutants.of", "", "only in rules whose file matches this regular expression")
)

// TestMutants: a condition whose loss no test notices is one that nobody knows to be right. Survivors
// that change nothing are explained in testdata/mutants.txt. It takes minutes, and is asked for:
//
//	go test ./policies -run TestMutants -mutants -v
func TestMutants(t *testing.T) {
	t.Parallel()
	if !*mutants {
		t.Log("not asked for; see -mutants")
		return
	}
	of, err := regexp.Compile(*mutantsOf)
	if err != nil {
		t.Fatal(err)
	}
	reasons := readReasons(t, "testdata/mutants.txt")
	lab, err := newLab(checklist())
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, name := range lab.rules() {
		if of.MatchString(name) {
			rules = append(rules, name)
		}
	}
	outcomes, err := lab.breed(rules)
	if err != nil {
		t.Error(err)
	}
	var sum tallyOfMutants
	excused := map[string]bool{}
	for _, name := range rules {
		sum.add(outcomes[name])
		for _, survivor := range outcomes[name].survivors {
			if reasons[survivor.key] != "" {
				excused[survivor.key] = true
			} else {
				t.Errorf("%s: no test notices: %s", survivor.at, survivor.key)
			}
		}
	}
	for key := range reasons {
		if !excused[key] && of.MatchString(key) {
			t.Errorf("testdata/mutants.txt explains what does not survive: %s", key)
		}
	}
	t.Logf("%d rules: %s; %d explanations hold", len(rules), sum, len(excused))
}

// TestMutantsAreCaught is the machinery on a rule of which it is known what its tests see.
func TestMutantsAreCaught(t *testing.T) {
	t.Parallel()
	lab, err := newLab(ours(map[string]string{
		"checklist/a/a.rego": packageText("checklist.a", "TST-001", "", `default status := "unknown"

status := "fail" if {
	mail := input.leaver.mail
	mail == "fail"
	some note in input.leaver.aliases
	note != "x"
} else := "not_applicable" if {
	not words.known(input.leaver.mail)
} else := "pass" if {
	count([alias | some alias in input.leaver.aliases; alias != "y"]) > 0
	input.leaver.note == "never tested"
}
`),
		"checklist/a/a_test.rego": `package checklist.a_test

import data.checklist.a as rule
import data.lib.words

test_fail if rule.status == "fail" with input as {"leaver": {"mail": "fail", "aliases": ["a"]}}

test_not_fail if rule.status != "fail" with input as {"leaver": {"mail": "fail", "aliases": ["x"]}}

test_not_applicable if rule.status == "not_applicable" with input as {"leaver": {"mail": "z"}}

test_pass if rule.status == "pass" with input as {"leaver": {"mail": "good", "aliases": ["a"], "note": "never tested"}}

test_unknown if rule.status == "unknown" with input as {"leaver": {"mail": "good", "aliases": ["y"], "note": "never tested"}}
`,
		"lib/words/words.rego": "package lib.words\n\nknown(word) if word in {\"good\", \"fail\"}\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	// The rule reads the library in full words, which the import of its test shows to the eye only.
	name := "ours/checklist/a/a.rego"
	lab.files[name] = parse(t, name, strings.ReplaceAll(string(lab.texts[name]), "words.known", "data.lib.words.known"))
	outcomes, err := lab.breed(lab.rules())
	if err != nil {
		t.Fatal(err)
	}
	got := outcomes[name]
	var survivors []string
	for _, s := range got.survivors {
		survivors = append(survivors, s.at+" "+s.key)
	}
	want := []string{
		`ours/checklist/a/a.rego:24 checklist/a/a.rego: status: without input.leaver.note == "never tested"`,
	}
	if !slices.Equal(survivors, want) {
		t.Errorf("survivors:\n%s\nwant\n%s", strings.Join(survivors, "\n"), strings.Join(want, "\n"))
	}
	if text := got.String(); text != "15 mutants tried, 13 killed, 1 survived, 1 invalid" {
		t.Errorf("got %s", text)
	}
	// A rule whose tests fail as it is proves nothing.
	lab.files[name] = parse(t, name, strings.ReplaceAll(string(lab.texts[name]), `"fail"`, `"pass"`))
	if _, err := lab.mutate(context.Background(), name); err == nil || !strings.Contains(err.Error(), "its tests do not pass") {
		t.Errorf("got %v", err)
	}
}

func TestReasonsAreRead(t *testing.T) {
	t.Parallel()
	file := path.Join(t.TempDir(), "mutants.txt")
	if err := os.WriteFile(file, []byte("# why\n\na.rego: status: without x > 1\n\tx is never\n\tmore than 1\nb.rego: y: not z\n\tz is so\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a.rego: status: without x > 1": "x is never more than 1", "b.rego: y: not z": "z is so"}
	if got := readReasons(t, file); !maps.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func parse(t *testing.T, name, text string) *ast.Module {
	t.Helper()
	module, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{ProcessAnnotation: true, RegoVersion: ast.RegoV1})
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// readReasons reads why survivors are no fault: a line that names the mutant, below it, indented, why it
// changes nothing.
func readReasons(t *testing.T, name string) map[string]string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := map[string]string{}
	key := ""
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		case !strings.HasPrefix(line, "\t"):
			if _, twice := out[line]; twice {
				t.Errorf("%s:%d: explained twice", name, n)
			}
			key = line
			out[key] = ""
		default:
			out[key] = strings.TrimSpace(out[key] + " " + strings.TrimSpace(line))
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	for key, reason := range out {
		if reason == "" {
			t.Errorf("%s: no reason for %s", name, key)
		}
	}
	return out
}

// lab holds policies and tests, parsed once.
type lab struct {
	prefix string
	files  map[string]*ast.Module
	texts  map[string][]byte
}

func newLab(from source) (*lab, error) {
	files, err := from.files(true, capabilities())
	out := &lab{prefix: from.prefix + "/", files: map[string]*ast.Module{}, texts: map[string][]byte{}}
	for _, f := range files {
		out.files[f.name], out.texts[f.name] = f.module, f.text
	}
	return out, err
}

// rules lists the files of rules that have tests beside them.
func (l *lab) rules() []string {
	var out []string
	for name := range l.files {
		beside := strings.TrimSuffix(name, regoSuffix) + testSuffix
		if strings.HasPrefix(name, l.prefix+rootChecklist+"/") && l.files[beside] != nil {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// tallyOfMutants is what became of the mutants of a rule, or of all.
type tallyOfMutants struct {
	tried, killed, invalid int
	survivors              []mutant
}

// mutant is a survivor. The key stays the same when lines move.
type mutant struct{ at, key string }

func (m *tallyOfMutants) add(other tallyOfMutants) {
	m.tried, m.killed, m.invalid = m.tried+other.tried, m.killed+other.killed, m.invalid+other.invalid
	m.survivors = append(m.survivors, other.survivors...)
}

func (m tallyOfMutants) String() string {
	return fmt.Sprintf("%d mutants tried, %d killed, %d survived, %d invalid", m.tried, m.killed, len(m.survivors), m.invalid)
}

// breed mutates rules side by side. The error names the rules whose tests fail as they are.
func (l *lab) breed(rules []string) (map[string]tallyOfMutants, error) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	outcomes, problems := make([]tallyOfMutants, len(rules)), make([]error, len(rules))
	for i, name := range rules {
		group.Go(func() error {
			outcomes[i], problems[i] = l.mutate(context.Background(), name)
			return nil
		})
	}
	_ = group.Wait()
	out := map[string]tallyOfMutants{}
	for i, name := range rules {
		out[name] = outcomes[i]
	}
	return out, errors.Join(problems...)
}

// mutate tries every mutant of one rule. What the tests say of it is compared with what they say of the
// rule; a mutant that they seem not to notice is put before OPA's own test runner, which traces every test
// and so takes many times as long.
func (l *lab) mutate(ctx context.Context, name string) (tallyOfMutants, error) {
	var out tallyOfMutants
	modules := l.modules(name)
	if passes, err := l.passes(ctx, modules); err != nil || !passes {
		return out, fmt.Errorf("%s: its tests do not pass as it is: %w", name, cmp.Or(err, errors.New("a test failed")))
	}
	right, err := l.said(ctx, name, modules)
	if err != nil {
		return out, fmt.Errorf("%s: %w", name, err)
	}
	for i := range sites(l.files[name]) {
		changed := l.files[name].Copy()
		site := sites(changed)[i]
		site.change()
		modules[name] = changed
		out.tried++
		said, err := l.said(ctx, name, modules)
		passes := err == nil && said == right
		if passes {
			if passes, err = l.passes(ctx, modules); err != nil {
				return out, fmt.Errorf("%s: %s: %w", name, site.what, err)
			}
		}
		switch {
		case errors.As(err, &ast.Errors{}):
			out.invalid++
		case !passes:
			out.killed++
		default:
			out.survivors = append(out.survivors, mutant{
				at:  fmt.Sprintf("%s:%d", name, site.row),
				key: strings.TrimPrefix(name, l.prefix) + ": " + site.what,
			})
		}
	}
	return out, nil
}

// said is the value of every test beside a rule, of tables with a case for each that holds. An ast.Errors
// says that the policies do not compile.
func (l *lab) said(ctx context.Context, name string, modules map[string]*ast.Module) (string, error) {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	compiler := ast.NewCompiler().WithCapabilities(capabilities())
	if compiler.Compile(modules); compiler.Failed() {
		return "", compiler.Errors
	}
	beside := modules[strings.TrimSuffix(name, regoSuffix)+testSuffix]
	tests := map[string]bool{}
	for _, rule := range beside.Rules {
		if ref := rule.Head.Ref().GroundPrefix(); strings.HasPrefix(ref.String(), tester.TestPrefix) {
			tests[beside.Package.Path.Extend(ref).String()] = true
		}
	}
	// A test that is undefined leaves nothing of the whole, which is as it should be.
	query, err := rego.New(rego.Compiler(compiler), rego.StrictBuiltinErrors(true), rego.Query("["+strings.Join(slices.Sorted(maps.Keys(tests)), ", ")+"]"),
		rego.GenerateJSON(func(term *ast.Term, _ *rego.EvalContext) (any, error) { return term.String(), nil })).PrepareForEval(ctx)
	if err != nil {
		return "", err
	}
	results, err := query.Eval(ctx)
	if err != nil || len(results) == 0 {
		return "", err
	}
	return results[0].Expressions[0].Value.(string), nil
}

// modules are the rule with its own tests and whatever the two refer to.
func (l *lab) modules(name string) map[string]*ast.Module {
	out := map[string]*ast.Module{}
	todo := []string{name, strings.TrimSuffix(name, regoSuffix) + testSuffix}
	for len(todo) > 0 {
		next := todo[0]
		todo = todo[1:]
		if out[next] != nil {
			continue
		}
		out[next] = l.files[next]
		ast.WalkRefs(l.files[next], func(ref ast.Ref) bool {
			for other, module := range l.files {
				if ref.HasPrefix(module.Package.Path) && len(module.Rules) > 0 {
					todo = append(todo, other)
				}
			}
			return false
		})
	}
	return out
}

// passes says whether every test passes. The error is about policies that do not compile. Types are not
// checked against the schemas: that would take most of the time, and is done elsewhere.
func (l *lab) passes(ctx context.Context, modules map[string]*ast.Module) (bool, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop() // one test that fails is enough
	store := inmem.New()
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return false, err
	}
	defer store.Abort(ctx, txn)
	results, err := tester.NewRunner().
		SetCompiler(ast.NewCompiler().WithCapabilities(capabilities())).
		SetStore(store).
		SetModules(modules).
		RaiseBuiltinErrors(true).
		SetTimeout(5*time.Second).
		RunTests(ctx, txn)
	if err != nil {
		return false, err
	}
	tables := tableTests(modules)
	ran := 0
	for result := range results {
		ran++
		name, _, _ := strings.Cut(result.Package+"."+result.Name, "#")
		if !result.Pass() || len(result.SubResults) == 0 && tables[name] {
			return false, nil
		}
	}
	return ran > 0, nil
}

// site is a place where a module can be changed.
type site struct {
	row    int
	what   string
	change func()
}

// sites lists the changes of a module: each expression of a body taken out, each comparison, "not" and
// "in" turned round, each rung of a ladder taken out. What only declares ("some x in y") stays.
func sites(module *ast.Module) []site {
	var out []site
	for _, rule := range module.Rules {
		if rule.Default {
			continue
		}
		name := rule.Head.Ref().String()
		for rung := rule; rung != nil; rung = rung.Else {
			for _, s := range bodySites(rung) {
				s.what = name + ": " + s.what
				out = append(out, s)
			}
			if before := rung; before.Else != nil {
				out = append(out, site{before.Else.Location.Row, name + ": without else := " + before.Else.Head.Value.String(), func() { before.Else = before.Else.Else }})
			}
		}
	}
	return out
}

// bodySites lists those of one rung: of its own body, and of the bodies of comprehensions and "every"
// wherever they stand in it.
func bodySites(rung *ast.Rule) []site {
	var out []site
	body := func(body ast.Body, replace func(ast.Body)) {
		for i, expr := range body {
			text := strings.Join(strings.Fields(string(expr.Location.Text)), " ")
			if _, declares := expr.Terms.(*ast.SomeDecl); declares || isTrue(expr) {
				continue
			}
			out = append(out, site{expr.Location.Row, "without " + text, func() {
				rest := slices.Concat(body[:i:i], body[i+1:])
				if len(rest) == 0 {
					rest = ast.NewBody(ast.NewExpr(ast.BooleanTerm(true)))
				}
				for j := range rest {
					rest[j].Index = j
				}
				replace(rest)
			}})
			if turn := turned(expr); turn != nil {
				out = append(out, site{expr.Location.Row, "turned round " + text, turn})
			}
		}
	}
	body(rung.Body, func(b ast.Body) { rung.Body = b })
	nested := func(node any) bool {
		switch node := node.(type) {
		case *ast.SetComprehension:
			body(node.Body, func(b ast.Body) { node.Body = b })
		case *ast.ArrayComprehension:
			body(node.Body, func(b ast.Body) { node.Body = b })
		case *ast.ObjectComprehension:
			body(node.Body, func(b ast.Body) { node.Body = b })
		case *ast.Every:
			body(node.Body, func(b ast.Body) { node.Body = b })
		}
		return false
	}
	visitor := ast.NewGenericVisitor(nested)
	visitor.Walk(rung.Head)
	visitor.Walk(rung.Body)
	return out
}

// isTrue says that an expression is the one that stands for no body.
func isTrue(expr *ast.Expr) bool {
	term, ok := expr.Terms.(*ast.Term)
	return ok && !expr.Negated && term.Value.Compare(ast.Boolean(true)) == 0
}

// turned gives the opposite of an expression, nil where it has none that is worth a try.
func turned(expr *ast.Expr) func() {
	if expr.Negated {
		return func() { expr.Negated = false }
	}
	if !expr.IsCall() {
		return nil
	}
	switch operator := expr.Operator().String(); operator {
	case ast.Member.Name, ast.MemberWithKey.Name:
		return func() { expr.Negated = true }
	default:
		opposite := map[string]*ast.Builtin{
			ast.Equal.Name: ast.NotEqual, ast.NotEqual.Name: ast.Equal, ast.LessThan.Name: ast.GreaterThanEq,
			ast.GreaterThanEq.Name: ast.LessThan, ast.GreaterThan.Name: ast.LessThanEq, ast.LessThanEq.Name: ast.GreaterThan,
		}[operator]
		if opposite == nil {
			return nil
		}
		return func() { expr.SetOperator(ast.NewTerm(opposite.Ref())) }
	}
}

// tableTests names the tests that have a case for each value of a variable: test_x[name].
func tableTests(modules map[string]*ast.Module) map[string]bool {
	out := map[string]bool{}
	for _, module := range modules {
		for _, rule := range module.Rules {
			ref := rule.Head.Ref()
			ground := ref.GroundPrefix()
			if len(ground) < len(ref) {
				out[module.Package.Path.Extend(ground).String()] = true
			}
		}
	}
	return out
}
