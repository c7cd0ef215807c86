package policies

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Problem is something wrong at a place in a policy, or in a file of settings or waivers.
type Problem struct {
	File string `json:"file"`
	// Line and Column count from 1, in bytes; Column is 0 where only the line is known.
	Line   int `json:"line"`
	Column int `json:"column,omitempty"`
	// Check names what found it.
	Check   string `json:"check"`
	Message string `json:"message"`
}

// Error is of the form "file:line: message". A column is left to those who show Problems as a list.
func (p *Problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message) }

// exact is a Problem that says its column, too: in YAML a line alone rarely tells which value is meant.
type exact struct{ Problem }

func (p *exact) Error() string {
	if p.Column == 0 {
		return p.Problem.Error()
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

func (p *exact) Unwrap() error { return &p.Problem }

// problemAt is an error at a place in a policy.
func problemAt(at *ast.Location, format string, args ...any) error {
	return &Problem{File: at.File, Line: at.Row, Column: at.Col, Message: fmt.Sprintf(format, args...)}
}

// problemOf is an error in a rule's METADATA.
func problemOf(rule Rule, format string, args ...any) error {
	return &Problem{File: rule.File, Line: rule.Line, Column: 1, Message: fmt.Sprintf(format, args...)}
}

// listProblems takes joined errors apart. An error in them that has no place is the second result.
func listProblems(check string, err error) ([]Problem, error) {
	if err == nil {
		return nil, nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // a list is taken apart here, not searched
		var out []Problem
		var rest []error
		for _, part := range joined.Unwrap() {
			some, err := listProblems(check, part)
			out, rest = append(out, some...), append(rest, err)
		}
		return out, errors.Join(rest...)
	}
	var problem *Problem
	if !errors.As(err, &problem) {
		return nil, err
	}
	out := *problem
	out.Check = cmp.Or(out.Check, check)
	return []Problem{out}, nil
}

// sortProblems orders by place, each problem once.
func sortProblems(all []Problem) []Problem {
	slices.SortFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Check, b.Check), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(all)
}

// didYouMean names the candidate that a misspelt word is nearest to, as the end of a sentence; it is empty
// where none is near.
func didYouMean(word string, candidates []string) string {
	const farthest = 3
	nearest, least := "", farthest+1
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); d < least {
			nearest, least = candidate, d
		}
	}
	// Of a short word every other is near.
	if nearest == "" || least > max(1, utf8.RuneCountInString(word)/2) {
		return ""
	}
	return fmt.Sprintf(": did you mean %s?", nearest)
}

// distance counts the letters to change, add, take away or exchange with their neighbour. It gives a great
// number for words whose lengths alone set them apart.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	const far, longest = 1 << 10, 64
	if len(x) > longest || len(y) > longest {
		return far
	}
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
