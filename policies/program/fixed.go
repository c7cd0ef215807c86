package program

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ir"
)

// findFixed finds the functions that look at the input, themselves or through another one.
func (l *linker) findFixed() {
	for changed := true; changed; {
		changed = false
		for _, f := range l.functions {
			if f.fixed && slices.ContainsFunc(f.blocks, looksAtInput) {
				f.fixed, changed = false, true
			}
		}
	}
}

func looksAtInput(b block) bool {
	return slices.ContainsFunc(b, func(s statement) bool {
		args := s.args
		if s.code == call {
			if !s.calls.fixed {
				return true
			}
			args = args[min(2, len(args)):] // input and data are handed on
		}
		isInput := func(o operand) bool { return o.constant == nil && o.local == int(ir.Input) }
		// The operands that a statement does not have look like the input.
		switch s.code {
		case follow, assign, assignOnce, isArray, isObject, isSet, isDefined, isUndefined, length, scan, arrayAppend, setAdd, returns:
			args = []operand{s.a}
		case dot, dotData, equal, notEqual, objectInsert, objectInsertOnce:
			args = []operand{s.a, s.b}
		default:
		}
		return slices.ContainsFunc(args, isInput) || slices.ContainsFunc(s.blocks, looksAtInput)
	})
}
