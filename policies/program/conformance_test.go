package program

import (
	"context"
	"go/build"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/test/cases"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// TestConformance asks OPA's own cases of this package and of OPA's evaluator, with strict errors: it says the same or
// says that it does not know.
func TestConformance(t *testing.T) {
	t.Parallel()
	found, err := build.Import("github.com/open-policy-agent/opa/v1/test/cases", ".", build.FindOnly)
	if err != nil {
		t.Fatal(err)
	}
	all, err := cases.Load(filepath.Join(found.Dir, "testdata", "v1"))
	if err != nil {
		t.Fatal(err)
	}
	var same, handedOver, failing int
	for _, c := range all.Cases {
		ref, ok := documentOf(c)
		if !ok {
			continue // not of one document of the policies
		}
		t.Run(c.Note, func(t *testing.T) {
			compiler := compileCase(c)
			if compiler.Failed() {
				return // a case of the compiler
			}
			input, data := inputOf(t, c), dataOf(t, c)
			want, failed := opaSays(t, c, ref, input, data)
			program, err := New(t.Context(), compiler, ref)
			if err != nil {
				handedOver++ // OPA has no plan for it
				return
			}
			doc, ok := program.Document(ref)
			if !ok {
				return // it is in the data, or a part of a document
			}
			machine := program.Machine(t.Context(), data)
			machine.Heed(topdown.NewCancel())
			machine.Begin(input)
			got, err := machine.Ask(doc)
			switch {
			case err != nil:
				handedOver++
			case failed:
				// OPA looked further than it had to, or this package not far enough: no verdict stands on an error.
				failing++
				t.Logf("%s: OPA fails, and here it is %v", c.Filename, got)
			case (got == nil) != (want == nil) || got != nil && got.Compare(want) != 0:
				t.Errorf("%s\n%s\n%s: got %v, want %v", c.Filename, strings.Join(c.Modules, "\n"), ref, got, want)
			default:
				same++
			}
		})
	}
	t.Logf("%d cases: %d agree, %d are handed to OPA, %d fail only there", len(all.Cases), same, handedOver, failing)
	if same < 1000 {
		t.Errorf("only %d cases were compared", same)
	}
}

// documentOf takes the document out of a query such as data.test.p = x.
func documentOf(c cases.TestCase) (string, bool) {
	ref, _, ok := strings.Cut(c.Query, " = ")
	ok = ok && len(c.Env) == 0
	parsed, err := ast.ParseRef(ref)
	return ref, ok && err == nil && parsed.IsGround() && len(parsed) > 2 && parsed[0].Equal(ast.DefaultRootDocument)
}

func compileCase(c cases.TestCase) *ast.Compiler {
	modules := map[string]*ast.Module{}
	compiler := ast.NewCompiler()
	for i, text := range c.Modules {
		module, err := ast.ParseModuleWithOpts("", text, ast.ParserOptions{RegoVersion: ast.RegoV1})
		if err != nil {
			compiler.Errors = append(compiler.Errors, ast.NewError(ast.ParseErr, nil, "%v", err))
			return compiler
		}
		modules["case"+strconv.Itoa(i)+".rego"] = module
	}
	compiler.Compile(modules)
	return compiler
}

func inputOf(t *testing.T, c cases.TestCase) ast.Value {
	t.Helper()
	var input ast.Value = ast.NewObject()
	var err error
	switch {
	case c.InputTerm != nil:
		var term *ast.Term
		if term, err = ast.ParseTerm(*c.InputTerm); err == nil {
			input = term.Value
		}
	case c.Input != nil:
		input, err = ast.InterfaceToValue(*c.Input)
	}
	if err != nil {
		t.Fatal(err)
	}
	return input
}

func dataOf(t *testing.T, c cases.TestCase) ast.Value {
	t.Helper()
	if c.Data == nil {
		return ast.NewObject()
	}
	data, err := ast.InterfaceToValue(*c.Data)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// opaSays is what OPA's evaluator makes of a document, nil where it is undefined, and whether it fails.
func opaSays(t *testing.T, c cases.TestCase, ref string, input, data ast.Value) (ast.Value, bool) {
	t.Helper()
	object, _ := data.(ast.Object)
	results, err := rego.New(
		rego.Compiler(compileCase(c)),
		rego.Store(inmem.NewFromASTObject(object)),
		rego.Query(ref),
		rego.ParsedInput(input),
		rego.StrictBuiltinErrors(true),
		rego.GenerateJSON(func(term *ast.Term, _ *rego.EvalContext) (any, error) { return term.Value, nil }),
	).Eval(context.Background())
	if err != nil {
		return nil, true
	}
	if len(results) == 0 {
		return nil, false
	}
	value, _ := results[0].Expressions[0].Value.(ast.Value)
	return value, false
}
