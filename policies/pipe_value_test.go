package policies

import (
	"bytes"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

func TestValuesCrossThePipe(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`null`, `true`, `false`, `0`, `-1.50e+7`, `123456789012345678901234567890.000`, `""`, `"é\u0000"`, `[]`, `{}`, `set()`,
		`[1, [2], {3}, {"a": {4: {"b"}}}]`, `{{"x": 1}: [set()], [1]: null}`, `{"findings": {"A-1": {{"resource": "x"}}}}`,
	} {
		want := ast.MustParseTerm(text).Value
		sent, err := appendValue(nil, want, 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := newPipeReader(sent).whole()
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got.String() != want.String() || got.Compare(want) != 0 || got.Hash() != want.Hash() {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestOnlyValuesCrossThePipe(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`x`, `input.x`, `[x | x := 1]`, `[1, {"a": y}]`} {
		if _, err := appendValue(nil, ast.MustParseTerm(text).Value, 0); err == nil {
			t.Errorf("%s was sent", text)
		}
	}
	deep := ast.NewTerm(ast.NullValue)
	for range maxDepth + 1 {
		deep = ast.ArrayTerm(deep)
	}
	if _, err := appendValue(nil, deep.Value, 0); err == nil {
		t.Error("a value nested too deep was sent")
	}
}

func TestThePipeIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":                 "",
		"no kind":                 "x",
		"a text cut off":          "s\x05abc",
		"a count of what is not":  "a\xff\xff\xff\xff\x0f",
		"a count beyond numbers":  "a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"a key without its value": "o\x01s\x01a",
		"no number":               "0\x03abc",
		"infinity":                "0\x03Inf",
		"something after it":      "nn",
		"deeper than deep":        strings.Repeat("a\x01", maxDepth+2) + "n",
		"deeper than any stack":   strings.Repeat("a\x01", 20<<20),
	} {
		if value, err := newPipeReader([]byte(text)).whole(); err == nil {
			t.Errorf("%s: read as %v", name, value)
		}
	}
}

func FuzzPipeValue(f *testing.F) {
	f.Add([]byte("o\x01s\x01aa\x02te\x010\x0215"))
	f.Fuzz(func(t *testing.T, text []byte) {
		value, err := newPipeReader(text).whole()
		if err != nil {
			return
		}
		again, err := appendValue(nil, value, 0)
		if err != nil {
			t.Fatalf("%v was read and cannot be sent: %v", value, err)
		}
		back, err := newPipeReader(again).whole()
		if err != nil || back.Compare(value) != 0 {
			t.Fatalf("%v came back as %v: %v", value, back, err)
		}
		if more, err := appendValue(nil, back, 0); err != nil || !bytes.Equal(again, more) {
			t.Fatalf("%v is not written twice the same: %v", value, err)
		}
	})
}
