package program

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
)

// foldLiterals makes constants of the collections that a block builds out of constants alone, which would else be built
// again each time. What is added to elsewhere in the function, too, is no constant.
func foldLiterals(b block, additions map[int]int) block {
	var out block
	for i := 0; i < len(b); {
		terms, next := literal(b, i, additions)
		if next == i {
			out = append(out, b[i])
			i++
			continue
		}
		for _, made := range terms {
			out = append(out, statement{code: assign, a: operand{constant: made.term}, target: made.local})
		}
		i = next
	}
	return out
}

// made is a constant and the local that holds it.
type made struct {
	local int
	term  *ast.Term
}

// literal reads the collection that begins at a statement, with those within it. It gives the statement after it, the
// same one where there is no constant.
func literal(b block, at int, additions map[int]int) (all []made, next int) {
	target := b[at].target
	term := empty(b[at].code)
	if term == nil {
		return nil, at
	}
	inner := map[int]*ast.Term{}
	constant := func(o operand) *ast.Term {
		if o.constant != nil {
			return o.constant
		}
		return inner[o.local]
	}
	var within, pending []made
	added := 0
	next = at
	for i := at + 1; i < len(b); {
		s := &b[i]
		if s.code == assign && s.a.constant != nil {
			inner[s.target] = s.a.constant
			pending = append(pending, made{s.target, s.a.constant})
			i++
			continue
		}
		if empty(s.code) != nil {
			some, after := literal(b, i, additions)
			if after == i {
				break
			}
			pending = append(pending, some...)
			for _, m := range some {
				inner[m.local] = m.term
			}
			i = after
			continue
		}
		if s.target != target || !add(term, s, constant) {
			break
		}
		added++
		i++
		within, pending, next = append(within, pending...), nil, i
	}
	if added == 0 || added != additions[target] {
		return nil, at
	}
	return append(within, made{target, term}), next
}

// empty is the collection that a statement makes, nil for other statements.
func empty(c code) *ast.Term {
	switch c {
	case makeArray:
		return ast.ArrayTerm()
	case makeObject:
		return ast.NewTerm(ast.NewObject())
	case makeSet:
		return ast.NewTerm(ast.NewSet())
	default:
		return nil
	}
}

// add adds a constant to a collection, and says whether it was one.
func add(to *ast.Term, s *statement, constant func(operand) *ast.Term) bool {
	a := constant(s.a)
	if a == nil {
		return false
	}
	switch v := to.Value.(type) {
	case *ast.Array:
		if s.code != arrayAppend {
			return false
		}
		to.Value = v.Append(a)
	case ast.Set:
		if s.code != setAdd {
			return false
		}
		v.Add(a)
	case ast.Object:
		b := constant(s.b)
		if s.code != objectInsert || b == nil {
			return false
		}
		v.Insert(a, b)
	}
	return true
}

// additions counts the statements that add to each local.
func additions(blocks []*ir.Block) map[int]int {
	out := map[int]int{}
	var walk func([]*ir.Block)
	walk = func(blocks []*ir.Block) {
		for _, b := range blocks {
			for _, stmt := range b.Stmts {
				switch s := stmt.(type) {
				case *ir.ArrayAppendStmt:
					out[int(s.Array)]++
				case *ir.ObjectInsertStmt:
					out[int(s.Object)]++
				case *ir.ObjectInsertOnceStmt:
					out[int(s.Object)]++
				case *ir.SetAddStmt:
					out[int(s.Set)]++
				case *ir.BlockStmt:
					walk(s.Blocks)
				case *ir.NotStmt:
					walk([]*ir.Block{s.Block})
				case *ir.ScanStmt:
					walk([]*ir.Block{s.Block})
				case *ir.WithStmt:
					walk([]*ir.Block{s.Block})
				}
			}
		}
	}
	walk(blocks)
	return out
}
