package policies

import (
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Values cross the pipe in a form of their own: JSON has no sets, and no keys but strings. A value is a byte
// that says of what kind it is, and then, with every count a varint: a string or number with its length
// before it; an array or set with its count before its members; an object with its count before each key
// and value.
const (
	kindNull   = 'n'
	kindTrue   = 't'
	kindFalse  = 'f'
	kindNumber = '0'
	kindString = 's'
	kindArray  = 'a'
	kindSet    = 'e'
	kindObject = 'o'
)

// maxDepth bounds how deep values are nested: what is deeper than encoding/json reads back could be written
// into a result, and never be read from it.
const maxDepth = 1000

var errTooDeep = fmt.Errorf("the value is nested deeper than %d", maxDepth)

// appendValue writes a value. It refuses what is no plain value: a variable, a reference, a comprehension.
func appendValue(to []byte, value ast.Value, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	var err error
	member := func(term *ast.Term) {
		if err == nil {
			to, err = appendValue(to, term.Value, depth+1)
		}
	}
	switch value := value.(type) {
	case ast.Null:
		to = append(to, kindNull)
	case ast.Boolean:
		if value {
			return append(to, kindTrue), nil
		}
		return append(to, kindFalse), nil
	case ast.Number:
		return appendText(append(to, kindNumber), string(value)), nil
	case ast.String:
		return appendText(append(to, kindString), string(value)), nil
	case *ast.Array:
		to = binary.AppendUvarint(append(to, kindArray), uint64(value.Len()))
		value.Foreach(member)
	case ast.Set:
		to = binary.AppendUvarint(append(to, kindSet), uint64(value.Len()))
		value.Foreach(member)
	case ast.Object:
		to = binary.AppendUvarint(append(to, kindObject), uint64(value.Len()))
		value.Foreach(func(key, term *ast.Term) {
			member(key)
			member(term)
		})
	default:
		err = fmt.Errorf("%v is no value", value)
	}
	return to, err
}

func appendText(to []byte, text string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}

var errCut = errors.New("the text is cut off")

// pipeReader reads what was written. Whoever wrote it may mean harm: nothing is believed, and no more memory
// is taken than the text is long, times a constant.
type pipeReader struct {
	text   []byte
	number *regexp.Regexp
}

func newPipeReader(text []byte) *pipeReader {
	return &pipeReader{text: text, number: regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)}
}

// whole reads one value and refuses anything after it.
func (r *pipeReader) whole() (ast.Value, error) {
	value, err := r.value(0)
	if err == nil && len(r.text) > 0 {
		err = errors.New("something stands after the value")
	}
	return value, err
}

func (r *pipeReader) value(depth int) (ast.Value, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	if len(r.text) == 0 {
		return nil, errCut
	}
	kind := r.text[0]
	r.text = r.text[1:]
	switch kind {
	case kindNull:
		return ast.NullValue, nil
	case kindTrue:
		return ast.Boolean(true), nil
	case kindFalse:
		return ast.Boolean(false), nil
	case kindNumber:
		text, err := r.string()
		if err == nil && !r.number.MatchString(text) {
			err = fmt.Errorf("%q is no number", text)
		}
		return ast.Number(text), err
	case kindString:
		text, err := r.string()
		return ast.String(text), err
	case kindArray, kindSet:
		terms, err := r.terms(1, depth)
		if err != nil {
			return nil, err
		}
		if kind == kindSet {
			return ast.NewSet(terms...), nil
		}
		return ast.NewArray(terms...), nil
	case kindObject:
		terms, err := r.terms(2, depth)
		if err != nil {
			return nil, err
		}
		object := ast.NewObjectWithCapacity(len(terms) / 2)
		for i := 0; i+1 < len(terms); i += 2 {
			object.Insert(terms[i], terms[i+1])
		}
		return object, nil
	}
	return nil, fmt.Errorf("%q is no kind of value", kind)
}

// terms reads a count and so many times width values.
func (r *pipeReader) terms(width, depth int) ([]*ast.Term, error) {
	n, err := r.count(width)
	if err != nil {
		return nil, err
	}
	terms := make([]*ast.Term, n*width)
	for i := range terms {
		value, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		terms[i] = ast.NewTerm(value)
	}
	return terms, nil
}

func (r *pipeReader) string() (string, error) {
	n, err := r.count(1)
	if err != nil {
		return "", err
	}
	text := string(r.text[:n])
	r.text = r.text[n:]
	return text, nil
}

// count reads how many things of at least so many bytes each follow.
func (r *pipeReader) count(width int) (int, error) {
	n, size := binary.Uvarint(r.text)
	if size <= 0 || n > uint64(len(r.text)-size)/uint64(width) {
		return 0, errCut
	}
	r.text = r.text[size:]
	return int(n), nil
}
