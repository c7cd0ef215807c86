package policies

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/types"
)

// The calls that are put into tests when they are compiled. They hold always, and only tell us something:
// which case of a table begins, and what a "with" puts in the place of input or data.tenant.
const (
	noteCase  = "leavercheck.note_case"
	noteValue = "leavercheck.note_value"
)

func noteDeclarations() map[string]*ast.Builtin {
	return map[string]*ast.Builtin{
		noteCase:  {Name: noteCase, Decl: types.NewFunction(types.Args(types.A), types.B)},
		noteValue: {Name: noteValue, Decl: types.NewFunction(types.Args(types.A, types.A), types.B)},
	}
}

// noteTests puts the calls in: behind each by which the tester marks a case, and, where tests are ours,
// before each expression with a "with" on what the schemas describe. The compiler has given the values of
// "with" variables of their own by then, and orders the calls behind what binds these.
func noteTests(compiler *ast.Compiler, strict func(*ast.Module) bool) *ast.Error {
	for _, module := range compiler.Modules {
		checked := strict(module)
		if !needsNotes(module, checked) {
			continue
		}
		rewrite := ast.NewGenericTransformer(func(x any) (any, error) {
			if body, ok := x.(ast.Body); ok {
				return noteBody(body, checked), nil
			}
			return x, nil
		})
		if _, err := ast.Transform(rewrite, module); err != nil {
			return ast.NewError(ast.CompileErr, module.Package.Location, "noting tests: %v", err)
		}
	}
	return nil
}

// needsNotes spares the modules that have nothing to note, which are most.
func needsNotes(module *ast.Module, checked bool) bool {
	needed := false
	ast.WalkExprs(module, func(expr *ast.Expr) bool {
		needed = needed || isCase(expr) || checked && len(expr.With) > 0
		return needed
	})
	return needed
}

func isCase(expr *ast.Expr) bool {
	return expr.IsCall() && expr.Operator().Equal(ast.InternalTestCase.Ref())
}

func noteBody(body ast.Body, checked bool) ast.Body {
	var out ast.Body
	for _, expr := range body {
		for _, with := range expr.With {
			if path, ok := describedPath(with.Target); ok && checked {
				out.Append(note(expr, noteValue, path, with.Value))
			}
		}
		out.Append(expr)
		if isCase(expr) {
			out.Append(note(expr, noteCase, expr.Operand(0)))
		}
	}
	return out
}

func note(at *ast.Expr, name string, operands ...*ast.Term) *ast.Expr {
	terms := []*ast.Term{ast.NewTerm((&ast.Builtin{Name: name}).Ref())}
	for _, operand := range operands {
		terms = append(terms, operand.Copy())
	}
	return ast.NewExpr(terms).SetLocation(at.Location)
}

// describedPath is the target of a "with" as an array of words, if a schema describes it.
func describedPath(target *ast.Term) (*ast.Term, bool) {
	ref, ok := target.Value.(ast.Ref)
	if !ok || !ref.IsGround() {
		return nil, false
	}
	described := ref.HasPrefix(ast.InputRootRef) || ref.HasPrefix(ast.MustParseRef("data."+dataTenant))
	var words []*ast.Term
	for _, term := range ref {
		words = append(words, ast.StringTerm(word(term)))
	}
	return ast.ArrayTerm(words...), described
}

// testNotes is what one test told.
type testNotes struct {
	names    *testNames
	cases    []*ast.Array // in the order in which they began
	problems []TestFailure
	seen     map[string]bool // problems, so that a value used twice is blamed once
}

// functions are the implementations of the calls.
func (n *testNotes) functions() []func(*rego.Rego) {
	declared := noteDeclarations()
	return []func(*rego.Rego){
		rego.FunctionDyn(&rego.Function{Name: noteCase, Decl: declared[noteCase].Decl}, func(_ rego.BuiltinContext, terms []*ast.Term) (*ast.Term, error) {
			if path, ok := terms[0].Value.(*ast.Array); ok {
				n.cases = append(n.cases, path)
			}
			return ast.InternedTerm(true), nil
		}),
		rego.FunctionDyn(&rego.Function{Name: noteValue, Decl: declared[noteValue].Decl}, func(ctx rego.BuiltinContext, terms []*ast.Term) (*ast.Term, error) {
			path, ok := terms[0].Value.(*ast.Array)
			if !ok || n.names == nil {
				return ast.InternedTerm(true), nil
			}
			for _, unknown := range n.names.unknown(path, terms[1].Value) {
				n.blame(ctx.Location, unknown)
			}
			return ast.InternedTerm(true), nil
		}),
	}
}

func (n *testNotes) blame(at *ast.Location, message string) {
	failure := TestFailure{File: at.File, Line: at.Row, Message: message}
	if len(n.cases) > 0 {
		failure.Case = caseName(wordsOf(n.cases[len(n.cases)-1]))
	}
	if key := failure.Case + "\n" + message; !n.seen[key] {
		n.seen[key] = true
		n.problems = append(n.problems, failure)
	}
}

func caseName(path []string) string { return strings.Join(path, " / ") }

// wordsOf names the keys of a case as the tester does.
func wordsOf(path *ast.Array) []string {
	results := tester.SubResultMap{}
	results.Update(*path, nil)
	var out []string
	for name := range results.Iter {
		out = name // the deepest comes last
	}
	return out
}

// casesOf flattens the value of a table test: what is in it held, what only began did not.
func casesOf(value any, notes *testNotes) []TestCase {
	results := subResults(value)
	for _, path := range notes.cases {
		results.Update(*path, nil)
	}
	var out []TestCase
	for path, result := range results.Iter {
		if len(result.SubResults) == 0 {
			out = append(out, TestCase{Name: caseName(path), Failed: result.Fail})
		}
	}
	return out
}

func subResults(value any) tester.SubResultMap {
	out := tester.SubResultMap{}
	members, _ := value.(map[string]any)
	for name, member := range members {
		result := &tester.SubResult{Name: name, SubResults: tester.SubResultMap{}}
		switch member := member.(type) {
		case map[string]any:
			result.SubResults = subResults(member)
			for _, inner := range result.SubResults {
				result.Fail = result.Fail || inner.Fail
			}
		case bool:
			result.Fail = !member
		default:
			result.Fail = member != nil
		}
		out[name] = result
	}
	return out
}
