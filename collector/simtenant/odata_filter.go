package simtenant

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// filter is a $filter expression.
type filter struct {
	op       string // and, or, not; eq, ne, ge, gt, le, lt, in; startswith, endswith, contains
	operands []*filter
	path     string   // of a comparison: "mail", "initiatedBy/user/id", "proxyAddresses/any", "targetResources/any/id"
	values   []string // literals as written, strings without their quotes
	quoted   bool
}

// parseFilter reads the subset of OData that directory objects, logs and devices document.
func parseFilter(text string) (*filter, error) {
	p := &filterParser{words: filterWords(text), text: text}
	f, err := p.or()
	if err == nil && p.at < len(p.words) {
		err = p.fail()
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// leaves lists the comparisons of an expression, with whether each stands under an "or" or a "not".
func (f *filter) leaves(visit func(leaf *filter, under string)) { f.walk("", visit) }

func (f *filter) walk(under string, visit func(*filter, string)) {
	switch f.op {
	case "or", "not":
		under = f.op
	case "and":
	default:
		visit(f, under)
		return
	}
	for _, operand := range f.operands {
		operand.walk(under, visit)
	}
}

// clauses counts what an index has to look up: an "in" is as many clauses as it has values.
func (f *filter) clauses() int {
	n := 0
	f.leaves(func(leaf *filter, _ string) { n += max(1, len(leaf.values)) })
	return n
}

// match evaluates the expression; get returns the values that a path has in the object, one for each element of
// a collection.
func (f *filter) match(get func(path string) []any) bool {
	switch f.op {
	case "and":
		return !slices.ContainsFunc(f.operands, func(o *filter) bool { return !o.match(get) })
	case "or":
		return slices.ContainsFunc(f.operands, func(o *filter) bool { return o.match(get) })
	case "not":
		return !f.operands[0].match(get)
	}
	return slices.ContainsFunc(get(f.path), func(have any) bool {
		return slices.ContainsFunc(f.values, func(want string) bool { return f.compare(have, want) })
	})
}

func (f *filter) compare(have any, want string) bool {
	if have == nil {
		isNull := want == "null" && !f.quoted
		return f.op == "ne" && !isNull || f.op != "ne" && isNull
	}
	switch h := have.(type) {
	case bool:
		return (f.op == "ne") != (want == map[bool]string{true: "true", false: "false"}[h])
	case time.Time:
		w, err := time.Parse(time.RFC3339, want)
		return err == nil && ordered(f.op, h.Compare(w))
	case string:
		h, want = strings.ToLower(h), strings.ToLower(want)
		switch f.op {
		case "startswith":
			return strings.HasPrefix(h, want)
		case "endswith":
			return strings.HasSuffix(h, want)
		case "contains":
			return strings.Contains(h, want)
		}
		return ordered(f.op, strings.Compare(h, want))
	}
	return false
}

func ordered(op string, c int) bool {
	switch op {
	case "eq", "in":
		return c == 0
	case "ne":
		return c != 0
	case "ge":
		return c >= 0
	case "gt":
		return c > 0
	case "le":
		return c <= 0
	case "lt":
		return c < 0
	}
	return false
}

// filterWords splits an expression into parentheses, commas, quoted strings (with their quotes) and words.
func filterWords(text string) []string {
	var words []string
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case unicode.IsSpace(rune(c)):
			i++
		case c == '(' || c == ')' || c == ',':
			words = append(words, string(c))
			i++
		case c == '\'':
			end := i + 1
			for end < len(text) && (text[end] != '\'' || end+1 < len(text) && text[end+1] == '\'') {
				if text[end] == '\'' {
					end++ // a doubled quote is a quote
				}
				end++
			}
			words = append(words, text[i:min(end+1, len(text))])
			i = end + 1
		default:
			end := i
			for end < len(text) && !unicode.IsSpace(rune(text[end])) && !strings.ContainsRune("(),'", rune(text[end])) {
				end++
			}
			words = append(words, text[i:end])
			i = end
		}
	}
	return words
}

type filterParser struct {
	words []string
	at    int
	text  string
	// within a lambda: its variable, and the path of the collection
	variable, collection string
}

func (p *filterParser) fail() *refusal {
	return badRequest("Invalid filter clause: Syntax error near '%s' in '%s'.", p.peek(), p.text)
}

func (p *filterParser) peek() string {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return ""
}

func (p *filterParser) next() string {
	word := p.peek()
	p.at++
	return word
}

func (p *filterParser) take(word string) bool {
	if strings.EqualFold(p.peek(), word) {
		p.at++
		return true
	}
	return false
}

func (p *filterParser) or() (*filter, error) { return p.chain("or", p.and) }

func (p *filterParser) and() (*filter, error) { return p.chain("and", p.unary) }

func (p *filterParser) chain(op string, operand func() (*filter, error)) (*filter, error) {
	first, err := operand()
	if err != nil || !strings.EqualFold(p.peek(), op) {
		return first, err
	}
	all := &filter{op: op, operands: []*filter{first}}
	for p.take(op) {
		next, err := operand()
		if err != nil {
			return nil, err
		}
		all.operands = append(all.operands, next)
	}
	return all, nil
}

func (p *filterParser) unary() (*filter, error) {
	if p.take("not") {
		operand, err := p.unary()
		return &filter{op: "not", operands: []*filter{operand}}, err
	}
	if p.take("(") {
		inner, err := p.or()
		if err == nil && !p.take(")") {
			err = p.fail()
		}
		return inner, err
	}
	return p.comparison()
}

func (p *filterParser) comparison() (*filter, error) {
	word := p.next()
	switch lower := strings.ToLower(word); {
	case lower == "startswith" || lower == "endswith" || lower == "contains":
		f := &filter{op: lower}
		ok := p.take("(")
		f.path = p.path(p.next())
		ok = ok && p.take(",") && p.value(f) && p.take(")")
		if !ok {
			return nil, p.fail()
		}
		return f, nil
	case strings.HasSuffix(lower, "/any") && p.peek() == "(":
		return p.lambda(word)
	case word == "" || strings.ContainsAny(word, "(),'"):
		return nil, p.fail()
	}
	f := &filter{path: p.path(word), op: strings.ToLower(p.next())}
	switch f.op {
	case "eq", "ne", "ge", "gt", "le", "lt":
		if !p.value(f) {
			return nil, p.fail()
		}
	case "in":
		if !p.take("(") {
			return nil, p.fail()
		}
		for {
			if !p.value(f) {
				return nil, p.fail()
			}
			if !p.take(",") {
				break
			}
		}
		if !p.take(")") {
			return nil, p.fail()
		}
	default:
		p.at--
		return nil, p.fail()
	}
	return f, nil
}

// lambda reads "collection/any(x:x/path eq 'value')".
func (p *filterParser) lambda(word string) (*filter, error) {
	if p.variable != "" || !p.take("(") {
		return nil, p.fail()
	}
	variable, first, found := strings.Cut(p.next(), ":")
	if !found || variable == "" {
		return nil, p.fail()
	}
	p.variable, p.collection = variable, word
	if first != "" { // "t:t/id" is one word; "t: t/id" is two
		p.at--
		p.words[p.at] = first
	}
	inner, err := p.or()
	p.variable, p.collection = "", ""
	if err == nil && !p.take(")") {
		err = p.fail()
	}
	return inner, err
}

// path turns a lambda's variable into the collection that it stands for.
func (p *filterParser) path(word string) string {
	if p.variable == "" {
		return word
	}
	if word == p.variable {
		return p.collection
	}
	if rest, ok := strings.CutPrefix(word, p.variable+"/"); ok {
		return p.collection + "/" + rest
	}
	return word
}

func (p *filterParser) value(f *filter) bool {
	word := p.next()
	if strings.HasPrefix(word, "'") {
		if len(word) < 2 || !strings.HasSuffix(word, "'") {
			return false
		}
		f.quoted = true
		f.values = append(f.values, strings.ReplaceAll(word[1:len(word)-1], "''", "'"))
		return true
	}
	if word == "" || word == "(" || word == ")" || word == "," {
		return false
	}
	f.values = append(f.values, word)
	return true
}
