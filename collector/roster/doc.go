// Package roster knows who left: it reads the list that people or HR systems keep,
// and tells which account of the tenant each row means.
//
// # Guarantees
//
// A row that cannot be understood is an *Error with file, line and column; no row
// is skipped. Two rows for one person are an error. An account is never taken for a
// leaver by its user principal name alone when it was created after they left: names
// are given to new people.
//
// # Non-guarantees
//
// A roster says who should be looked at; whether it names everybody who left is
// the business of whoever keeps it.
package roster

import "fmt"

// Error is a place in a roster that cannot be used. Line and Column count from 1, columns in bytes;
// zero means the file as a whole.
type Error struct {
	File         string
	Line, Column int
	Message      string
}

// Error returns "file:line:column: message".
func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return fmt.Sprintf("%s: %s", e.File, e.Message)
	case e.Column == 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}
