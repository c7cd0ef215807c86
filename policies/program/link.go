package program

import (
	"fmt"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Program is planned policies, linked: names of functions, constants and fixed paths into the documents are resolved.
type Program struct {
	functions []*function
	byName    map[string]*function
	paths     []path
}

// Document is a document of the policies, to be asked of a Machine. The zero value is always undefined.
type Document struct{ of *function }

// Document finds the document at a reference: "data.checklist.access.sign_in_blocked.status". It must be one of those
// that the query of the Program refers to.
func (p *Program) Document(ref string) (Document, bool) {
	f, ok := p.byName["g0."+ref]
	if !ok || f.arity != 2 {
		return Document{}, false
	}
	return Document{f}, true
}

// function is a rule, or a function of the policies. Its first two parameters are input and data.
type function struct {
	name   string
	index  int
	arity  int
	params []int
	blocks []block
	locals int
	// fixed says that nothing in it looks at the input: without further parameters its value is the same whoever is judged.
	fixed bool
}

// block is run to its end, or to the first statement that is undefined.
type block []statement

type code uint8

const (
	unsupported code = iota
	assign
	assignOnce
	reset
	jump
	call
	callBuiltin
	follow // a path that is fixed
	dot
	dotData // the same within the data, where OPA takes numbers for names
	equal
	notEqual
	isArray
	isObject
	isSet
	isDefined
	isUndefined
	length
	makeArray
	makeObject
	makeSet
	arrayAppend
	objectInsert
	objectInsertOnce
	setAdd
	nested
	not
	scan
	returns
	nothing
)

// statement is one of the plan. Which of the fields count depends on the code.
type statement struct {
	code    code
	target  int
	key     int // the local for the key of a scan
	n       int // blocks to leave, or a path
	a, b    operand
	blocks  []block
	args    []operand
	calls   *function
	builtin *builtin
}

// operand is a constant, or else a local variable.
type operand struct {
	constant *ast.Term
	local    int
}

// builtin is a function of OPA.
type builtin struct {
	name string
	run  topdown.BuiltinFunc
	void bool
}

// path is a fixed path into the input or the data: the key below another path, or one of the two roots.
type path struct {
	parent int // -1 for a root
	key    *ast.Term
	data   bool
}

// inData is the path of what stands in the data at no fixed place.
const inData = -2

// The roots among the paths have the number of their local.
func roots() []path { return []path{{parent: -1}, {parent: -1, data: true}} }

func link(policy *ir.Policy) (*Program, error) {
	l := &linker{
		Program:  &Program{byName: map[string]*function{}, paths: roots()},
		builtins: map[string]*builtin{},
		children: map[pathKey]int{},
	}
	for _, text := range policy.Static.Strings {
		l.strings = append(l.strings, ast.InternedTerm(text.Value))
	}
	for _, b := range policy.Static.BuiltinFuncs {
		linked := &builtin{name: b.Name, void: b.Decl.Result() == nil}
		// What is not the same every time needs a world around it, and a relation (walk) has many values: both are OPA's.
		if known := ast.BuiltinMap[b.Name]; known != nil && !known.IsNondeterministic() && !known.Relation {
			linked.run = topdown.GetBuiltin(b.Name)
		}
		l.builtins[b.Name] = linked
	}
	for i, f := range policy.Funcs.Funcs {
		linked := &function{name: f.Name, index: i, arity: len(f.Params), fixed: true}
		for _, param := range f.Params {
			linked.params = append(linked.params, int(param))
		}
		l.functions = append(l.functions, linked)
		l.byName[f.Name] = linked
	}
	for i, f := range policy.Funcs.Funcs {
		if err := l.function(l.functions[i], f); err != nil {
			return nil, fmt.Errorf("program: %s: %w", f.Name, err)
		}
	}
	l.findFixed()
	return l.Program, nil
}

type linker struct {
	*Program
	strings  []*ast.Term
	builtins map[string]*builtin
	children map[pathKey]int
	current  *function
	// known are the locals of the function that hold a path.
	known map[int]int
	// additions counts, for each local of the function, the statements that add to what it holds.
	additions map[int]int
}

type pathKey struct {
	parent int
	key    string
}

func (l *linker) function(to *function, from *ir.Func) error {
	l.current, l.known = to, map[int]int{int(ir.Input): 0, int(ir.Data): 1}
	l.additions = additions(from.Blocks)
	for _, local := range slices.Concat(from.Params, []ir.Local{from.Return}) {
		l.seen(int(local))
	}
	var err error
	to.blocks, err = l.blocks(from.Blocks)
	return err
}

// blocks links blocks of which each may be left at any statement: what is known of locals before them is known after
// them only where none of them changes it, and what one finds out is its own.
func (l *linker) blocks(from []*ir.Block) ([]block, error) {
	out := make([]block, len(from))
	before := maps.Clone(l.known)
	after := maps.Clone(l.known)
	for i, b := range from {
		l.known = maps.Clone(before)
		for _, stmt := range b.Stmts {
			linked, err := l.statement(stmt)
			if err != nil {
				return nil, err
			}
			out[i] = append(out[i], linked)
		}
		out[i] = foldLiterals(out[i], l.additions)
		maps.DeleteFunc(after, func(local, at int) bool {
			now, still := l.known[local]
			return !still || now != at
		})
	}
	l.known = after
	return out, nil
}

// statement links one. What this package does not know becomes a statement that fails when it is reached.
func (l *linker) statement(from ir.Stmt) (statement, error) {
	var out statement
	var err error
	switch s := from.(type) {
	case *ir.ReturnLocalStmt:
		return statement{code: returns, a: operand{local: int(s.Source)}}, nil
	case *ir.CallStmt:
		return l.call(s)
	case *ir.BlockStmt:
		out.code = nested
		out.blocks, err = l.blocks(s.Blocks)
		return out, err
	case *ir.BreakStmt:
		return statement{code: jump, n: int(s.Index)}, nil
	case *ir.DotStmt:
		return l.dot(s), nil
	case *ir.ScanStmt:
		at, known := l.known[int(s.Source)]
		out = statement{code: scan, a: operand{local: int(s.Source)}, key: l.set(int(s.Key)), target: l.set(int(s.Value))}
		if known && (at == inData || l.paths[at].data) {
			l.known[int(s.Value)] = inData
		}
		out.blocks, err = l.blocks([]*ir.Block{s.Block})
		return out, err
	case *ir.NotStmt:
		out.code = not
		out.blocks, err = l.blocks([]*ir.Block{s.Block})
		return out, err
	case *ir.NopStmt:
		return statement{code: nothing}, nil
	case *ir.AssignVarStmt:
		return l.assignment(s), nil
	case *ir.AssignVarOnceStmt:
		return statement{code: assignOnce, a: l.operand(s.Source), target: l.set(int(s.Target))}, nil
	case *ir.AssignIntStmt:
		return l.constant(s.Target, ast.InternedTerm(s.Value)), nil
	case *ir.MakeNumberIntStmt:
		return l.constant(s.Target, ast.InternedTerm(s.Value)), nil
	case *ir.MakeNumberRefStmt:
		number, _ := l.strings[s.Index].Value.(ast.String)
		return l.constant(s.Target, ast.NewTerm(ast.Number(number))), nil
	case *ir.MakeNullStmt:
		return l.constant(s.Target, ast.InternedNullTerm), nil
	case *ir.ResetLocalStmt:
		return statement{code: reset, target: l.set(int(s.Target))}, nil
	case *ir.LenStmt:
		return statement{code: length, a: l.operand(s.Source), target: l.set(int(s.Target))}, nil
	case *ir.MakeArrayStmt:
		return statement{code: makeArray, target: l.set(int(s.Target)), n: int(s.Capacity)}, nil
	case *ir.MakeObjectStmt:
		return statement{code: makeObject, target: l.set(int(s.Target))}, nil
	case *ir.MakeSetStmt:
		return statement{code: makeSet, target: l.set(int(s.Target))}, nil
	case *ir.EqualStmt:
		return statement{code: equal, a: l.operand(s.A), b: l.operand(s.B)}, nil
	case *ir.NotEqualStmt:
		return statement{code: notEqual, a: l.operand(s.A), b: l.operand(s.B)}, nil
	case *ir.IsArrayStmt:
		return statement{code: isArray, a: l.operand(s.Source)}, nil
	case *ir.IsObjectStmt:
		return statement{code: isObject, a: l.operand(s.Source)}, nil
	case *ir.IsSetStmt:
		return statement{code: isSet, a: l.operand(s.Source)}, nil
	case *ir.IsDefinedStmt:
		return statement{code: isDefined, a: operand{local: int(s.Source)}}, nil
	case *ir.IsUndefinedStmt:
		return statement{code: isUndefined, a: operand{local: int(s.Source)}}, nil
	case *ir.ArrayAppendStmt:
		return statement{code: arrayAppend, a: l.operand(s.Value), target: int(s.Array)}, nil
	case *ir.ObjectInsertStmt:
		return statement{code: objectInsert, a: l.operand(s.Key), b: l.operand(s.Value), target: int(s.Object)}, nil
	case *ir.ObjectInsertOnceStmt:
		return statement{code: objectInsertOnce, a: l.operand(s.Key), b: l.operand(s.Value), target: int(s.Object)}, nil
	case *ir.SetAddStmt:
		return statement{code: setAdd, a: l.operand(s.Value), target: int(s.Set)}, nil
	}
	l.current.fixed = false // nobody knows what it would look at
	return statement{code: unsupported}, nil
}

func (l *linker) constant(local ir.Local, term *ast.Term) statement {
	return statement{code: assign, a: operand{constant: term}, target: l.set(int(local))}
}

// assignment keeps in mind what a local holds, so that a path goes on through it.
func (l *linker) assignment(s *ir.AssignVarStmt) statement {
	source := l.operand(s.Source)
	at, known := l.known[source.local]
	out := statement{code: assign, a: source, target: l.set(int(s.Target))}
	if known && source.constant == nil {
		l.known[int(s.Target)] = at
	}
	return out
}

// dot becomes a fixed path where it can: the same few are followed by many rules, and each is looked up once.
func (l *linker) dot(s *ir.DotStmt) statement {
	source, key := l.operand(s.Source), l.operand(s.Key)
	parent, known := l.known[source.local]
	name, text := ast.String(""), false
	if key.constant != nil {
		name, text = key.constant.Value.(ast.String)
	}
	if source.constant != nil || !known {
		return statement{code: dot, a: source, b: key, target: l.set(int(s.Target))}
	}
	if !text || parent == inData {
		out := statement{code: dot, a: source, b: key, target: l.set(int(s.Target))}
		if parent == inData || l.paths[parent].data {
			out.code, l.known[int(s.Target)] = dotData, inData
		}
		return out
	}
	at, ok := l.children[pathKey{parent, string(name)}]
	if !ok {
		at = len(l.paths)
		l.paths = append(l.paths, path{parent: parent, key: key.constant, data: l.paths[parent].data})
		l.children[pathKey{parent, string(name)}] = at
	}
	out := statement{code: follow, n: at, a: source, target: l.set(int(s.Target))}
	l.known[int(s.Target)] = at
	return out
}

func (l *linker) call(s *ir.CallStmt) (statement, error) {
	out := statement{code: call, calls: l.byName[s.Func]}
	for _, arg := range s.Args {
		out.args = append(out.args, l.operand(arg))
	}
	if out.calls == nil {
		out.code, out.builtin = callBuiltin, l.builtins[s.Func]
		if out.builtin == nil {
			return out, fmt.Errorf("calls %s, which is not there", s.Func)
		}
		if out.builtin.run == nil {
			out.code = unsupported
		}
	}
	out.target = l.set(int(s.Result))
	return out, nil
}

func (l *linker) operand(from ir.Operand) operand {
	switch v := from.Value.(type) {
	case ir.Local:
		return operand{local: l.seen(int(v))}
	case ir.StringIndex:
		return operand{constant: l.strings[v]}
	case ir.Bool:
		return operand{constant: ast.InternedTerm(bool(v))}
	}
	return operand{}
}

// set notes that a local gets a value, which is no path unless somebody says so.
func (l *linker) set(local int) int {
	delete(l.known, local)
	return l.seen(local)
}

func (l *linker) seen(local int) int {
	l.current.locals = max(l.current.locals, local+1)
	return local
}
