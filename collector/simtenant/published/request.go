package published

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Request holds a request, alone or in a batch, against the description. The target is the path with its version and
// the query, without a host. It returns a sentence per problem.
func (d *Description) Request(method, target string, header http.Header) []string {
	var problems []string
	tell := func(format string, args ...any) {
		problems = append(problems, method+" "+target+": "+fmt.Sprintf(format, args...))
	}
	u, err := url.Parse(target)
	if err != nil {
		tell("%v", err)
		return problems
	}
	if method != http.MethodGet {
		tell("nothing is written")
		return problems
	}
	version, path, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	p, err := d.find(version, "/"+path)
	if err != nil {
		tell("%v", err)
		return problems
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		tell("%v", err)
	}
	for name, values := range query {
		listed := slices.ContainsFunc(p.get.Parameters, func(q parameter) bool { return q.In == "query" && q.Name == name })
		if !listed && !p.option(name, values[0]) {
			tell("%s does not take %s", p.template, name)
		}
		if len(values) != 1 {
			tell("%s is there %d times", name, len(values))
		}
		for _, problem := range d.optionOf(p, name, values[0]) {
			tell("%s", problem)
		}
	}
	// learn.microsoft.com/graph/aad-advanced-queries
	advanced := p.kind.is(namespace+"directoryObject") && (query.Has("$search") || query.Get("$count") == "true" || query.Has("$filter") && (query.Has("$orderby") || needsIndex(query.Get("$filter"))))
	if (advanced || strings.HasSuffix(path, "/$count")) && !strings.EqualFold(header.Get("ConsistencyLevel"), "eventual") {
		tell("an advanced query without ConsistencyLevel: eventual")
	}
	return problems
}

func (d *Description) optionOf(p place, name, value string) []string {
	switch name {
	case "$select":
		return d.properties(p.kind, value)
	case "$orderby":
		var names []string
		for part := range strings.SplitSeq(value, ",") {
			property, direction, _ := strings.Cut(strings.TrimSpace(part), " ")
			if direction != "" && direction != "asc" && direction != "desc" {
				return []string{"$orderby: no direction " + direction}
			}
			names = append(names, property)
		}
		return d.properties(p.kind, strings.Join(names, ","))
	case "$expand":
		return d.expand(p.kind, value)
	case "$filter":
		return d.filter(p.kind, value)
	case "$top", "$skip":
		if n, err := strconv.Atoi(value); err != nil || n < 0 || name == "$top" && n == 0 {
			return []string{name + " is " + value}
		}
	case "$count", "includeHiddenFolders":
		if value != "true" && value != "false" {
			return []string{name + " is " + value}
		}
	}
	return nil
}

// properties tells which names no object of a kind, or of one that builds on it, has.
func (d *Description) properties(k kind, list string) []string {
	var problems []string
	for name := range strings.SplitSeq(list, ",") {
		if _, ok := d.property(k, strings.TrimSpace(name)); !ok {
			problems = append(problems, fmt.Sprintf("%s has no property %q", k.name, name))
		}
	}
	return problems
}

// property looks a property up. Of directoryObject, which every list of objects of several kinds declares, those that
// build on it are asked too.
func (d *Description) property(k kind, name string) (node, bool) {
	if n, ok := k.properties[name]; ok {
		return n, true
	}
	if k.name != namespace+"directoryObject" {
		return node{}, false
	}
	for _, other := range d.kinds {
		if n, ok := other.properties[name]; ok && other.is(k.name) {
			return n, true
		}
	}
	return node{}, false
}

// expand reads $expand: navigation properties, each maybe with a $select of its own.
func (d *Description) expand(k kind, value string) []string {
	var problems []string
	for value != "" {
		end := strings.IndexAny(value, ",(")
		if end < 0 {
			end = len(value)
		}
		name, rest, inner := value[:end], value[end:], ""
		if strings.HasPrefix(rest, "(") {
			var closed bool
			if inner, rest, closed = strings.Cut(rest[1:], ")"); !closed {
				return append(problems, "$expand is not closed")
			}
		}
		value = strings.TrimPrefix(rest, ",")
		l, ok := k.links[name]
		if !ok {
			problems = append(problems, fmt.Sprintf("%s has no relation %q to expand", k.name, name))
			continue
		}
		if inner == "" {
			continue
		}
		list, ok := strings.CutPrefix(inner, "$select=")
		if !ok {
			problems = append(problems, fmt.Sprintf("$expand of %s: %q is more than this check can judge", name, inner))
			continue
		}
		problems = append(problems, d.properties(d.kinds[l.Type], list)...)
	}
	return problems
}
