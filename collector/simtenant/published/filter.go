package published

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	guidPattern = `[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`
	tokens      = `^\s*('(?:[^']|'')*'|` + guidPattern + `|-?[0-9][0-9A-Za-z:.\-]*|[A-Za-z_][\w/.]*|[(),:])`
)

// needsIndex tells whether a filter of directory objects is one that only the index answers: ne, not, endsWith.
func needsIndex(filter string) bool {
	list, _ := tokenise(filter)
	return slices.ContainsFunc(list, func(t string) bool {
		return slices.Contains([]string{"ne", "not", "endswith", "endsWith"}, t) || strings.HasSuffix(t, "/$count")
	})
}

func tokenise(filter string) ([]string, error) {
	pattern := regexp.MustCompile(tokens)
	var list []string
	for rest := filter; strings.TrimSpace(rest) != ""; {
		m := pattern.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("$filter: cannot read %q", rest)
		}
		list, rest = append(list, m[1]), rest[len(m[0]):]
	}
	return list, nil
}

// filter reads $filter: every property is one of the kind, every operator one of OData's, every value of the
// property's type.
func (d *Description) filter(k kind, value string) []string {
	list, err := tokenise(value)
	if err != nil {
		return []string{err.Error()}
	}
	r := &reading{d: d, kind: k, tokens: list, variables: map[string]node{}}
	r.or()
	if len(r.problems) == 0 && len(r.tokens) > 0 {
		r.tell("%q is left over", r.tokens[0])
	}
	return r.problems
}

// reading is a filter under way.
type reading struct {
	d         *Description
	kind      kind
	tokens    []string
	variables map[string]node
	problems  []string
}

func (r *reading) tell(format string, args ...any) {
	r.problems = append(r.problems, "$filter: "+fmt.Sprintf(format, args...))
	r.tokens = nil
}

func (r *reading) peek() string {
	if len(r.tokens) == 0 {
		return ""
	}
	return r.tokens[0]
}

func (r *reading) next() string {
	t := r.peek()
	if t != "" {
		r.tokens = r.tokens[1:]
	}
	return t
}

func (r *reading) expect(want string) {
	if got := r.next(); got != want && len(r.problems) == 0 {
		r.tell("%q in the place of %q", got, want)
	}
}

func (r *reading) or() {
	for r.and(); r.peek() == "or"; r.and() {
		r.next()
	}
}

func (r *reading) and() {
	for r.term(); r.peek() == "and"; r.term() {
		r.next()
	}
}

func (r *reading) term() {
	switch t := r.next(); {
	case t == "not":
		r.term()
	case t == "(":
		r.or()
		r.expect(")")
	case slices.Contains([]string{"startswith", "startsWith", "endswith", "endsWith", "contains"}, t):
		r.expect("(")
		if n, ok := r.path(r.next()); ok && n.Type != "string" {
			r.tell("%s of what is no text", t)
		}
		r.expect(",")
		r.literal(node{Type: "string"}, r.next())
		r.expect(")")
	case strings.HasSuffix(t, "/any"), strings.HasSuffix(t, "/all"):
		r.lambda(t[:len(t)-len("/any")])
	default:
		if n, ok := r.path(t); ok {
			r.comparison(t, n)
		}
	}
}

func (r *reading) lambda(path string) {
	n, ok := r.path(path)
	if !ok {
		return
	}
	if n.Type != "array" || n.Items == nil {
		r.tell("%s is no list", path)
		return
	}
	r.expect("(")
	variable := r.next()
	r.expect(":")
	r.variables[variable] = *n.Items
	r.or()
	delete(r.variables, variable)
	r.expect(")")
}

func (r *reading) comparison(path string, n node) {
	switch op := r.next(); op {
	case "eq", "ne", "gt", "ge", "lt", "le":
		r.literal(n, r.next())
	case "in":
		r.expect("(")
		r.literal(n, r.next())
		for r.peek() == "," {
			r.next()
			r.literal(n, r.next())
		}
		r.expect(")")
	case "", "and", "or", ")":
		r.tell("%s is compared with nothing", path)
	default:
		r.tell("no operator %q", op)
	}
}

// path follows "initiatedBy/user/id", or a variable and what hangs on it.
func (r *reading) path(path string) (node, bool) {
	if path == "" {
		r.tell("it ends too early")
		return node{}, false
	}
	within, parts := r.kind, strings.Split(path, "/")
	var at node
	if n, ok := r.variables[parts[0]]; ok {
		var name string
		at, name = r.d.resolved(n)
		within, parts = r.d.kinds[name], parts[1:]
	}
	for _, part := range parts {
		n, ok := r.d.property(within, part)
		if !ok {
			r.tell("%s has no property %q", within.name, part)
			return node{}, false
		}
		var name string
		at, name = r.d.resolved(n)
		within = r.d.kinds[name]
	}
	return at, true
}

// literal holds a value against a property's type.
func (r *reading) literal(n node, text string) {
	quoted := len(text) >= 2 && text[0] == '\'' && text[len(text)-1] == '\''
	resolved, _ := r.d.resolved(n)
	var right bool
	switch {
	case text == "null":
		right = true
	case len(resolved.Enum) > 0:
		right = quoted && slices.Contains(resolved.Enum, strings.Trim(text, "'"))
	case resolved.Type == "boolean":
		right = text == "true" || text == "false"
	case resolved.Type == "integer", resolved.Type == "number":
		right = !quoted && text != "" && strings.Trim(text, "-.0123456789") == ""
	case resolved.Format == "date-time":
		_, err := time.Parse(time.RFC3339, text)
		right = err == nil
	case resolved.Format == "uuid":
		right = wellFormed("uuid", text)
	case resolved.Type == "string":
		right = quoted
	default:
		right = resolved.Type == "" && text != ""
	}
	if !right {
		r.tell("%s is no %s", text, strings.TrimSpace(resolved.Type+" "+resolved.Format))
	}
}
