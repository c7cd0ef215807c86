package published

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Answer holds the body of an answer to GET, alone or in a batch, against the description. It returns a sentence per
// problem, which names the place and not the whole body.
func (d *Description) Answer(target string, status int, body []byte) []string {
	e := &examination{d: d, where: fmt.Sprintf("GET %s: %d: ", target, status), chosen: map[string]bool{}}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var doc map[string]any
	if err := dec.Decode(&doc); err != nil {
		e.tell("", "%v", err)
		return e.problems
	}
	if status >= http.StatusBadRequest {
		e.failure(doc)
		return e.problems
	}
	u, err := url.Parse(target)
	if err != nil {
		return []string{err.Error()}
	}
	version, path, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	p, err := d.find(version, "/"+path)
	if err != nil {
		return []string{err.Error()}
	}
	for name := range strings.SplitSeq(u.Query().Get("$expand"), ",") {
		name, _, _ = strings.Cut(name, "(")
		e.chosen[name] = true
	}
	if !p.collection {
		e.object("", p.kind, doc, true)
		return e.problems
	}
	e.delta = p.template == "/users/delta()"
	e.list(p.kind, doc)
	return e.problems
}

// examination is one answer under way.
type examination struct {
	d        *Description
	where    string
	chosen   map[string]bool // relations that were asked for
	delta    bool
	problems []string
}

func (e *examination) tell(at, format string, args ...any) {
	e.problems = append(e.problems, e.where+strings.TrimSpace(at+" "+fmt.Sprintf(format, args...)))
}

// list is a page: rows under "value", and links to more.
func (e *examination) list(k kind, doc map[string]any) {
	rows, ok := doc["value"].([]any)
	if !ok {
		e.tell("value", "is no list")
	}
	for name, value := range doc {
		text, isText := value.(string)
		switch name {
		case "value":
		case "@odata.count":
			e.value(name, node{Type: "integer"}, value)
		case "@odata.context":
			if !isText || !strings.Contains(text, "/$metadata#") {
				e.tell(name, "is %v", value)
			}
		case "@odata.nextLink", "@odata.deltaLink":
			if !isText || !strings.HasPrefix(text, "https://") || name == "@odata.deltaLink" && !e.delta {
				e.tell(name, "is %v", value)
			}
		default:
			e.tell("", "has %q beside its rows", name)
		}
	}
	for i, row := range rows {
		if object, ok := row.(map[string]any); ok {
			e.object(fmt.Sprintf("value[%d]", i), k, object, true)
		} else {
			e.tell(fmt.Sprintf("value[%d]", i), "is no object")
		}
	}
}

// object is an entity or a complex value. One that says its kind says one of those that its place allows; an entity
// of a place that holds several kinds has to.
func (e *examination) object(at string, k kind, row map[string]any, entity bool) {
	said, typed := row["@odata.type"].(string)
	if typed {
		name := strings.TrimPrefix(said, "#")
		narrowed, known := e.d.kinds[name]
		switch {
		case known && narrowed.is(k.name):
			k = narrowed
		case known:
			e.tell(at, "is of %s, which is no %s", name, k.name)
			return
		case newer(strings.TrimPrefix(name, namespace)):
			return
		default:
			e.tell(at, "is of %q, which is no kind", name)
			return
		}
	} else if entity && slices.Contains([]string{namespace + "directoryObject", namespace + "authenticationMethod"}, k.name) {
		e.tell(at, "does not say of which kind it is")
	}
	limited := hidden(k, row)
	for name, value := range row {
		inner := strings.TrimPrefix(at+"."+name, ".")
		if property, ok := k.properties[name]; ok {
			property.Nullable = property.Nullable || limited && name != "id"
			e.value(inner, property, value)
			continue
		}
		if l, ok := k.links[name]; ok && e.chosen[name] {
			e.related(inner, l, value)
			continue
		}
		if !e.annotation(k, name) {
			e.tell(inner, "is no property of %s", k.name)
		}
	}
}

// annotation tells whether a name is control information: learn.microsoft.com/graph/query-parameters, and @removed of
// learn.microsoft.com/graph/delta-query-overview.
func (e *examination) annotation(k kind, name string) bool {
	on, what, ok := strings.Cut(name, "@")
	if !ok {
		return false
	}
	if on != "" {
		_, isProperty := k.properties[on]
		_, isLink := k.links[on]
		return (isProperty || isLink) && strings.HasPrefix(what, "odata.")
	}
	return strings.HasPrefix(what, "odata.") || what == "removed" && e.delta
}

func (e *examination) related(at string, l link, value any) {
	target := e.d.kinds[l.Type]
	switch v := value.(type) {
	case nil: // there is nothing at the other end
		if l.Collection {
			e.tell(at, "is null")
		}
	case map[string]any:
		if l.Collection {
			e.tell(at, "is no list")
		}
		e.object(at, target, v, true)
	case []any:
		if !l.Collection {
			e.tell(at, "is a list")
		}
		for _, item := range v {
			if row, ok := item.(map[string]any); ok {
				e.object(at+"[]", target, row, true)
			}
		}
	default:
		e.tell(at, "is %v", value)
	}
}

// value holds what a property has against its type.
func (e *examination) value(at string, n node, value any) {
	resolved, name := e.d.resolved(n)
	if value == nil {
		if !n.Nullable {
			e.tell(at, "is null and may not be")
		}
		return
	}
	wrong := func() {
		e.tell(at, "is %v, no %s", value, strings.TrimSpace(resolved.Type+" "+resolved.Format+" "+name))
	}
	switch v := value.(type) {
	case map[string]any:
		if name == "" && resolved.Type != "" {
			wrong()
		} else if name != "" {
			e.object(at, e.d.kinds[name], v, false)
		}
	case []any:
		if resolved.Type != "array" && resolved.Type != "" {
			wrong()
			return
		}
		for _, item := range v {
			if resolved.Items != nil {
				e.value(at+"[]", *resolved.Items, item)
			}
		}
	case bool:
		if resolved.Type != "boolean" && resolved.Type != "" {
			wrong()
		}
	case json.Number:
		_, err := v.Int64()
		if resolved.Type != "" && resolved.Type != "number" && (resolved.Type != "integer" || err != nil) {
			wrong()
		}
	case string:
		e.text(at, resolved, v, wrong)
	}
}

func (e *examination) text(at string, n node, text string, wrong func()) {
	switch {
	case len(n.Enum) > 0:
		if !slices.Contains(n.Enum, text) {
			e.tell(at, "is %q, not one of %v", text, n.Enum)
		}
	case len(n.Flags) > 0:
		for flag := range strings.SplitSeq(text, ",") {
			if !slices.Contains(n.Flags, flag) {
				e.tell(at, "is %q, not of %v", text, n.Flags)
			}
		}
	case n.Type != "string" && n.Type != "", !wellFormed(n.Format, text):
		wrong()
	}
}

func wellFormed(format, text string) bool {
	var err error
	switch format {
	case "date-time":
		_, err = time.Parse(time.RFC3339, text)
	case "date":
		_, err = time.Parse(time.DateOnly, text)
	case "uuid":
		return regexp.MustCompile("^" + guidPattern + "$").MatchString(text)
	case "base64url":
		_, err = base64.URLEncoding.DecodeString(text)
	case "duration":
		return strings.HasPrefix(strings.TrimPrefix(text, "-"), "P")
	}
	return err == nil
}

// failure is the body of a refusal: learn.microsoft.com/graph/errors.
func (e *examination) failure(doc map[string]any) {
	inner, ok := doc["error"].(map[string]any)
	if !ok || len(doc) != 1 {
		e.tell("", "a refusal that is no error: %v", doc)
		return
	}
	for _, name := range []string{"code", "message"} {
		if _, ok := inner[name].(string); !ok {
			e.tell("error."+name, "is %v", inner[name])
		}
	}
	for name, value := range inner {
		switch name {
		case "code", "message", "target":
		case "details":
			if _, ok := value.([]any); !ok {
				e.tell("error.details", "is no list")
			}
		case "innerError", "innererror":
			if _, ok := value.(map[string]any); !ok {
				e.tell("error."+name, "is no object")
			}
		default:
			e.tell("error."+name, "is not documented")
		}
	}
}
