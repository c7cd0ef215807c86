package program

import (
	"errors"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

const policy = `package test

conflict := x if some x in input.list

replaced if input.list == [3] with input.list as [3]

failing := time.parse_rfc3339_ns(input.text)

undefined if input.list == []

good := count(input.list)
`

func TestWhatAMachineDoesNotKnowIsAnError(t *testing.T) {
	t.Parallel()
	compiler, err := ast.CompileModules(map[string]string{"test.rego": policy})
	if err != nil {
		t.Fatal(err)
	}
	program, err := New(t.Context(), compiler, "data.test")
	if err != nil {
		t.Fatal(err)
	}
	machine := program.Machine(t.Context(), ast.NewObject())
	machine.Begin(ast.MustParseTerm(`{"list": [1, 2], "text": "never"}`).Value)
	ask := func(name string) (ast.Value, error) {
		doc, ok := program.Document("data.test." + name)
		if !ok {
			t.Fatalf("there is no %s", name)
		}
		return machine.Ask(doc)
	}
	for name, want := range map[string]error{"conflict": ErrConflict, "replaced": ErrUnsupported, "failing": nil} {
		if value, err := ask(name); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: got %v, %v, want %v", name, value, err, want)
		}
	}
	if value, err := ask("good"); err != nil || value == nil || value.Compare(ast.Number("2")) != 0 {
		t.Errorf("after errors: got %v, %v", value, err)
	}
	if value, err := ask("undefined"); err != nil || value != nil {
		t.Errorf("undefined: got %v, %v", value, err)
	}
	cancel := topdown.NewCancel()
	cancel.Cancel()
	machine.Heed(cancel)
	machine.Begin(ast.MustParseTerm(`{"list": [1]}`).Value)
	if value, err := ask("good"); !errors.Is(err, ErrCancelled) {
		t.Errorf("cancelled: got %v, %v", value, err)
	}
	machine.Heed(topdown.NewCancel())
	if value, err := ask("conflict"); err != nil || value.Compare(ast.Number("1")) != 0 {
		t.Errorf("another input: got %v, %v", value, err)
	}
}
