package simtenant

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// query is the OData part of a request.
type query struct {
	pairs      [][2]string // as sent, names decoded, values not
	selected   []string    // $select, empty when there was none
	filter     *filter
	top        int // 0 when there was none
	count      bool
	orderBy    string
	descending bool
	skipToken  string
	others     map[string]string // system options that few endpoints know: $search, $expand, $skip...
}

// refusal is why a request cannot be answered.
type refusal struct {
	status        int
	code, message string
	quiet         bool // not the client's fault
	location      string
}

func (r *refusal) Error() string { return r.code + ": " + r.message }

func badRequest(format string, args ...any) *refusal {
	return &refusal{status: 400, code: "BadRequest", message: fmt.Sprintf(format, args...)}
}

func unsupportedQuery(format string, args ...any) *refusal {
	return &refusal{status: 400, code: "Request_UnsupportedQuery", message: fmt.Sprintf(format, args...)}
}

func parseQuery(raw string) (query, error) {
	q := query{others: map[string]string{}}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return q, badRequest("The query is not encoded properly.")
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return q, badRequest("The query is not encoded properly.")
		}
		if slices.ContainsFunc(q.pairs, func(p [2]string) bool { return p[0] == name }) {
			return q, badRequest("Query option '%s' was specified more than once, but it must be specified at most once.", name)
		}
		q.pairs = append(q.pairs, [2]string{name, rawValue})
		if err := q.set(name, value); err != nil {
			return q, err
		}
	}
	return q, nil
}

func (q *query) set(name, value string) error {
	var err error
	switch strings.ToLower(name) {
	case "$select":
		for field := range strings.SplitSeq(value, ",") {
			if field = strings.TrimSpace(field); field == "" {
				return badRequest("Parsing OData Select and Expand failed: Syntax error in '%s'.", value)
			}
			q.selected = append(q.selected, field)
		}
	case "$filter":
		q.filter, err = parseFilter(value)
	case "$top":
		if q.top, err = strconv.Atoi(value); err != nil || q.top <= 0 {
			return badRequest("Invalid page size specified: '%s'. Must be between 1 and 999 inclusive.", value)
		}
	case "$count":
		if value != "true" && value != "false" {
			return badRequest("Invalid value '%s' for $count query option found. Valid values are 'true' and 'false'.", value)
		}
		q.count = value == "true"
	case "$orderby":
		field, direction, _ := strings.Cut(strings.TrimSpace(value), " ")
		q.orderBy, q.descending = field, strings.TrimSpace(direction) == "desc"
	case "$skiptoken":
		q.skipToken = value
	default:
		q.others[name] = value
	}
	return err
}

// wants tells whether a property was asked for by name.
func (q *query) wants(name string) bool {
	return slices.ContainsFunc(q.selected, func(s string) bool { return strings.EqualFold(s, name) })
}

// with returns the query as text, but with another skip token.
func (q *query) with(skipToken string) string {
	var out strings.Builder
	for _, p := range q.pairs {
		if !strings.EqualFold(p[0], "$skiptoken") {
			out.WriteString(p[0] + "=" + p[1] + "&")
		}
	}
	return out.String() + "$skiptoken=" + skipToken
}

// fingerprint names the query whatever the order and the encoding of its options, skip token aside.
func (q *query) fingerprint() string {
	var parts []string
	for _, p := range q.pairs {
		if strings.EqualFold(p[0], "$skiptoken") {
			continue
		}
		value, err := url.QueryUnescape(p[1])
		if err != nil {
			value = p[1]
		}
		parts = append(parts, strings.ToLower(p[0])+"="+value)
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}
