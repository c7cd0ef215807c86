package policies

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// testNames knows the names that the schemas give to facts and their properties. The type checker looks
// at what rules read; this looks at what tests give them, which may come out of any function: a test
// whose input has a property that no collector writes proves nothing.
//
// Only names are looked at. A value of a wrong kind may be what a test is about.
type testNames struct {
	input, tenant *named
}

// named is what a schema says of one place: which names may stand there, and what those stand for.
type named struct {
	names map[string]*named
	rest  *named // of any other name; nil: there must be none
	items *named // of an array
	any   bool   // nothing is said: everything may stand there
}

func newTestNames() (*testNames, error) {
	leaver, err := leaverSchema()
	if err != nil {
		return nil, fmt.Errorf("policies: reading the schema of a leaver: %w", err)
	}
	set, err := schemaSet()
	if err != nil {
		return nil, err
	}
	out := &testNames{input: namedBy(leaver), tenant: namedBy(set.Get(ast.MustParseRef("schema.tenant")))}
	// A rule on the tenant has the population as its input.
	population := namedBy(set.Get(ast.MustParseRef("schema.population")))
	if out.input.names == nil || out.tenant.names == nil || population.names == nil {
		return nil, errors.New("policies: a schema has no properties")
	}
	maps.Copy(out.input.names, population.names)
	out.input.rest = nil
	return out, nil
}

func namedBy(schema any) *named {
	object, ok := schema.(map[string]any)
	if !ok {
		return &named{any: true}
	}
	out := &named{}
	properties, has := object["properties"].(map[string]any)
	if has {
		out.names = map[string]*named{}
	}
	for name, inner := range properties {
		out.names[name] = namedBy(inner)
	}
	switch rest := object["additionalProperties"].(type) {
	case map[string]any:
		out.rest = namedBy(rest)
	default:
		// A schema that lists properties lists them all, for the type checker as for us.
		if !has {
			out.rest = &named{any: true}
		}
	}
	if items, ok := object["items"]; ok {
		out.items = namedBy(items)
	}
	return out
}

// unknown lists what stands in a value, put at a path, and in no schema: a sentence each.
func (t *testNames) unknown(path *ast.Array, value ast.Value) []string {
	var words []string
	for i := range path.Len() {
		words = append(words, word(path.Elem(i)))
	}
	at, words, name := t.input, words[1:], words[0]
	if name == "data" {
		at, words, name = t.tenant, words[1:], "data."+dataTenant
	}
	for _, step := range words {
		next := at.step(step)
		if next == nil {
			return []string{at.complain(name, step)}
		}
		at, name = next, name+"."+step
	}
	var out []string
	at.walk(name, value, &out)
	return out
}

func (n *named) step(name string) *named {
	if n.any {
		return n
	}
	if next := n.names[name]; next != nil {
		return next
	}
	return n.rest
}

func (n *named) walk(path string, value ast.Value, out *[]string) {
	switch value := value.(type) {
	case ast.Object:
		if n.any {
			return
		}
		value.Foreach(func(key, member *ast.Term) {
			name := word(key)
			if next := n.step(name); next != nil {
				next.walk(path+"."+name, member.Value, out)
				return
			}
			*out = append(*out, n.complain(path, name))
		})
	case *ast.Array:
		if n.items == nil {
			return
		}
		value.Foreach(func(item *ast.Term) { n.items.walk(path+"[]", item.Value, out) })
	}
}

// complain says which name is none, and which is nearest to it.
func (n *named) complain(path, name string) string {
	text := fmt.Sprintf("the schema knows no %s.%s", path, name)
	if strings.HasSuffix(path, ".facts") {
		text = fmt.Sprintf("there is no fact %q: the schema knows no %s.%s", name, path, name)
	}
	return text + didYouMean(name, slices.Collect(maps.Keys(n.names)))
}
