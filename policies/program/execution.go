package program

import "github.com/open-policy-agent/opa/v1/ast"

// execution is one call of a function. It is used again for the next.
type execution struct {
	*Machine
	locals   []*ast.Term
	returned bool
	result   *ast.Term
}

// block runs a block. It gives how many blocks around it are to be left, and whether it was run to its end.
func (x *execution) block(b block) (leave int, ended bool, err error) {
	for i := range b {
		s := &b[i]
		holds := true
		switch s.code {
		case follow:
			term := x.follow(s.n)
			x.locals[s.target], holds = term, term != nil
		case dot:
			term := below(s.a.in(x.locals), s.b.in(x.locals))
			x.locals[s.target], holds = term, term != nil
		case dotData:
			holds, err = x.dotData(s)
		case assign:
			x.locals[s.target] = s.a.in(x.locals)
		case assignOnce:
			err = x.once(s)
		case reset:
			x.locals[s.target] = nil
		case isDefined:
			holds = s.a.in(x.locals) != nil
		case isUndefined:
			holds = s.a.in(x.locals) == nil
		case equal, notEqual, isArray, isObject, isSet, length:
			holds, err = x.test(s)
		case call, callBuiltin:
			holds, err = x.calls(s)
		case nested:
			for _, inner := range s.blocks {
				if leave, _, err = x.block(inner); err != nil || x.returned {
					return 0, false, err
				}
				if leave > 0 {
					return leave - 1, false, nil
				}
			}
		case not:
			_, ended, err = x.block(s.blocks[0])
			holds = !ended
		case scan:
			err = x.scan(s)
		case jump:
			return s.n, false, nil
		case returns:
			x.returned, x.result = true, s.a.in(x.locals)
			return 0, false, nil
		case nothing:
		default:
			holds, err = true, x.build(s)
		}
		if err != nil || !holds || x.returned {
			return 0, false, err
		}
	}
	return 0, true, nil
}

// build runs the statements that make values.
func (x *execution) build(s *statement) error {
	switch s.code {
	case makeArray:
		x.locals[s.target] = ast.ArrayTerm()
		return nil
	case makeObject:
		x.locals[s.target] = ast.NewTerm(ast.NewObject())
		return nil
	case makeSet:
		x.locals[s.target] = ast.NewTerm(ast.NewSet())
		return nil
	case arrayAppend, setAdd, objectInsert, objectInsertOnce:
	default:
		return ErrUnsupported
	}
	a, into := s.a.in(x.locals), x.locals[s.target]
	if a == nil || into == nil {
		return ErrUnsupported
	}
	switch v := into.Value.(type) {
	case *ast.Array:
		into.Value = v.Append(a)
	case ast.Set:
		v.Add(a)
	case ast.Object:
		value := s.b.in(x.locals)
		if value == nil {
			return ErrUnsupported
		}
		if s.code == objectInsertOnce {
			if old := v.Get(a); old != nil && !same(old, value) {
				return ErrConflict
			}
		}
		v.Insert(a, value)
	}
	return nil
}

// dotData looks something up in the data. OPA finds what stands under the name "2" with the number, too, as long as the
// reference begins at the data, and only OPA knows whether it does.
func (x *execution) dotData(s *statement) (bool, error) {
	value, key := s.a.in(x.locals), s.b.in(x.locals)
	_, object := value.Value.(ast.Object)
	if _, text := key.Value.(ast.String); object && !text {
		return false, ErrUnsupported
	}
	term := below(value, key)
	x.locals[s.target] = term
	return term != nil, nil
}

// test runs the statements that hold or do not. A plan tests only what is defined.
func (x *execution) test(s *statement) (bool, error) {
	a := s.a.in(x.locals)
	if a == nil {
		return false, ErrUnsupported
	}
	var holds bool
	switch s.code {
	case isArray:
		_, holds = a.Value.(*ast.Array)
	case isObject:
		_, holds = a.Value.(ast.Object)
	case isSet:
		_, holds = a.Value.(ast.Set)
	case length:
		var n int
		if n, holds = size(a.Value); holds {
			x.locals[s.target] = ast.InternedTerm(n)
		}
	default:
		b := s.b.in(x.locals)
		if b == nil {
			return false, ErrUnsupported
		}
		holds = same(a, b) == (s.code == equal)
	}
	return holds, nil
}

func (x *execution) once(s *statement) error {
	value := s.a.in(x.locals)
	if old := x.locals[s.target]; old != nil && !same(old, value) {
		return ErrConflict
	}
	x.locals[s.target] = value
	return nil
}

func size(value ast.Value) (int, bool) {
	switch v := value.(type) {
	case *ast.Array:
		return v.Len(), true
	case ast.Object:
		return v.Len(), true
	case ast.Set:
		return v.Len(), true
	}
	return 0, false
}

// calls says whether the function called is defined.
func (x *execution) calls(s *statement) (bool, error) {
	var term *ast.Term
	var err error
	switch {
	case s.code == callBuiltin:
		term, err = x.call(s.builtin, s.args, x.locals)
		if s.builtin.void {
			return true, err
		}
	case s.calls.arity == 2:
		term, err = x.document(s.calls)
	default:
		term, err = x.apply(s.calls, s.args, x.locals)
	}
	x.locals[s.target] = term
	return term != nil, err
}

// scan runs a block for each member of a collection, in the order of OPA's evaluator.
func (x *execution) scan(s *statement) error {
	switch v := s.a.in(x.locals).Value.(type) {
	case *ast.Array:
		for i := range v.Len() {
			if err := x.member(s, ast.InternedTerm(i), v.Elem(i)); err != nil {
				return err
			}
		}
	case ast.Object:
		return v.Iter(func(key, value *ast.Term) error { return x.member(s, key, value) })
	case ast.Set:
		for _, term := range v.Slice() {
			if err := x.member(s, term, term); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *execution) member(s *statement, key, value *ast.Term) error {
	if x.cancel.Cancelled() {
		return ErrCancelled
	}
	x.locals[s.key], x.locals[s.target] = key, value
	leave, _, err := x.block(s.blocks[0])
	if err == nil && leave > 0 {
		err = ErrUnsupported // no plan leaves a scan in the middle
	}
	return err
}

func same(a, b *ast.Term) bool { return a == b || a.Value.Compare(b.Value) == 0 }
