package program

import (
	"context"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
)

// The errors of Ask that are not a built-in's.
var (
	// ErrUnsupported means that the policy does something that this package does not know.
	ErrUnsupported = errors.New("program: a statement that is not supported")
	// ErrConflict means that a document, or a key of one, has two values.
	ErrConflict = errors.New("program: two values for one document")
	// ErrCancelled means that the Cancel ended the evaluation.
	ErrCancelled = errors.New("program: cancelled")
)

// Machine runs a Program. It belongs to one goroutine.
type Machine struct {
	program *Program
	data    *ast.Term
	input   *ast.Term
	cancel  topdown.Cancel
	context topdown.BuiltinContext

	paths     []found // beside Program.paths
	documents []found // of functions without further parameters, beside Program.functions
	turn      int     // counts inputs
	unary     map[application]*ast.Term
	locals    []*ast.Term
	calls     []*execution // under way, and spare ones
	depth     int
	operands  []*ast.Term // of the built-in under way
	result    *ast.Term   // of it
	take      func(*ast.Term) error
}

// application is a function with one further parameter, applied to a term: the same few times and names of an input go
// through the same few functions in many rules. A term is known by where it is; none changes once it is handed on.
type application struct {
	function int
	term     *ast.Term
}

// found is a value that was looked up or worked out; nil says that it is undefined.
type found struct {
	term *ast.Term
	turn int // of the input that it is of; everlasting for what does not depend on it
}

const everlasting = -1

// Machine returns a Machine whose policies see these data.
func (p *Program) Machine(ctx context.Context, data ast.Value) *Machine {
	m := &Machine{
		program: p,
		data:    ast.NewTerm(data),
		context: topdown.BuiltinContext{Context: ctx, Cache: builtins.Cache{}},
		cancel:  topdown.NewCancel(),
		paths:   make([]found, len(p.paths)), documents: make([]found, len(p.functions)), unary: map[application]*ast.Term{},
	}
	m.take = func(term *ast.Term) error {
		m.result = term
		return nil
	}
	return m
}

// Heed makes the Cancel end what is asked from now on.
func (m *Machine) Heed(cancel topdown.Cancel) { m.cancel, m.context.Cancel = cancel, cancel }

// Begin lays an input before the policies. It must not change until the next one.
func (m *Machine) Begin(input ast.Value) {
	m.turn++
	clear(m.unary)
	m.input = ast.NewTerm(input)
	m.paths[0] = found{m.input, m.turn}
	m.paths[1] = found{m.data, everlasting}
}

// Ask gives the value of a document, nil where it is undefined. After an error others may still be asked.
func (m *Machine) Ask(doc Document) (ast.Value, error) {
	if doc.of == nil {
		return nil, nil
	}
	term, err := m.document(doc.of)
	if err != nil || term == nil {
		return nil, err
	}
	return term.Value, nil
}

// document is the value of a function without further parameters, worked out once for each input, or once for all.
func (m *Machine) document(f *function) (*ast.Term, error) {
	known := &m.documents[f.index]
	if known.turn == everlasting || known.turn == m.turn {
		return known.term, nil
	}
	term, err := m.run(f, nil, nil)
	if err != nil {
		return nil, err
	}
	known.term, known.turn = term, m.turn
	if f.fixed {
		known.turn = everlasting
	}
	return term, nil
}

// apply calls a function with what its caller's operands hold.
func (m *Machine) apply(f *function, args []operand, caller []*ast.Term) (*ast.Term, error) {
	if f.arity != 3 {
		return m.run(f, args, caller)
	}
	to := application{f.index, args[2].in(caller)}
	if known, ok := m.unary[to]; ok {
		return known, nil
	}
	term, err := m.run(f, args, caller)
	if err == nil {
		m.unary[to] = term
	}
	return term, err
}

// run runs a function with what its caller's operands hold.
func (m *Machine) run(f *function, args []operand, caller []*ast.Term) (*ast.Term, error) {
	if m.cancel.Cancelled() {
		return nil, ErrCancelled
	}
	if m.depth == len(m.calls) {
		m.calls = append(m.calls, &execution{Machine: m})
	}
	x := m.calls[m.depth]
	before := len(m.locals)
	x.locals, x.returned, x.result = m.frame(f.locals), false, nil
	x.locals[0], x.locals[1] = m.input, m.data
	for i := 2; i < len(f.params); i++ {
		x.locals[f.params[i]] = args[i].in(caller)
	}
	m.depth++
	var err error
	for i := 0; i < len(f.blocks) && err == nil && !x.returned; i++ {
		_, _, err = x.block(f.blocks[i])
	}
	m.depth--
	m.locals = m.locals[:before]
	return x.result, err
}

// frame makes room for locals, all undefined.
func (m *Machine) frame(n int) []*ast.Term {
	at := len(m.locals)
	if at+n > cap(m.locals) {
		// Frames of callers stay where they are.
		m.locals = make([]*ast.Term, at, 2*cap(m.locals)+n+256)
	}
	m.locals = m.locals[:at+n]
	frame := m.locals[at : at+n : at+n]
	clear(frame)
	return frame
}

func (o operand) in(locals []*ast.Term) *ast.Term {
	if o.constant != nil {
		return o.constant
	}
	return locals[o.local]
}

// follow gives what stands at a fixed path, nil for nothing.
func (m *Machine) follow(at int) *ast.Term {
	known := &m.paths[at]
	if known.turn == everlasting || known.turn == m.turn {
		return known.term
	}
	p := &m.program.paths[at]
	known.term, known.turn = nil, m.turn
	if above := m.follow(p.parent); above != nil {
		known.term = below(above, p.key)
	}
	if p.data {
		known.turn = everlasting
	}
	return known.term
}

// below is what a value holds under a key, nil for nothing.
func below(value, key *ast.Term) *ast.Term {
	switch v := value.Value.(type) {
	case ast.Object:
		return v.Get(key)
	case *ast.Array:
		return v.Get(key)
	case ast.Set:
		if v.Contains(key) {
			return key
		}
	}
	return nil
}

// call calls a built-in function; nil says that it is undefined.
func (m *Machine) call(b *builtin, args []operand, locals []*ast.Term) (*ast.Term, error) {
	m.operands = m.operands[:0]
	for _, arg := range args {
		term := arg.in(locals)
		if term == nil {
			return nil, ErrUnsupported
		}
		m.operands = append(m.operands, term)
	}
	if b.name == ast.ObjectFilter.Name {
		if object := filter(m.operands[0], m.operands[1]); object != nil {
			return object, nil
		}
	}
	m.result = nil
	if err := b.run(m.context, m.operands, m.take); err != nil {
		return nil, fmt.Errorf("program: %s: %w", b.name, err)
	}
	return m.result, nil
}

// filter is object.filter for a list of names, which rules ask for all the time to show what they looked at, and which
// OPA makes two objects for. Of anything else it makes nothing.
func filter(from, names *ast.Term) *ast.Term {
	object, ok := from.Value.(ast.Object)
	list, listed := names.Value.(*ast.Array)
	if !ok || !listed {
		return nil
	}
	out := ast.NewObjectWithCapacity(list.Len())
	for i := range list.Len() {
		name := list.Elem(i)
		if _, text := name.Value.(ast.String); !text {
			return nil
		}
		if value := object.Get(name); value != nil {
			out.Insert(name, value)
		}
	}
	return ast.NewTerm(out)
}
