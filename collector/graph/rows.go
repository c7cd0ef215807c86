package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"leavercheck/collector/snapshot"
)

// row is a Graph entity as decoded: absent keys stay absent, null stays nil, numbers stay exact.
type row = map[string]any

// decode reads an entity.
func decode(raw []byte) (row, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var r row
	if err := dec.Decode(&r); err != nil {
		return nil, fmt.Errorf("an entity that is no object: %w", err)
	}
	return r, nil
}

// pick keeps the named properties that the service sent, with every date-time in UTC.
func pick(r row, properties []string) (row, error) {
	out := make(row, len(properties))
	for _, name := range properties {
		value, ok := r[name]
		if !ok {
			continue
		}
		clean, err := normal(name, value)
		if err != nil {
			return nil, err
		}
		out[name] = clean
	}
	return out, nil
}

// normal rewrites date-times, and leaves out OData's annotations, which vary from run to run.
func normal(name string, value any) (any, error) {
	switch v := value.(type) {
	case string:
		if !strings.HasSuffix(name, "DateTime") {
			return v, nil
		}
		at, err := snapshot.UTC(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return at, nil
	case []any:
		out := make([]any, len(v))
		for i := range v {
			var err error
			if out[i], err = normal(name, v[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	case row:
		out := make(row, len(v))
		for key, value := range v {
			if strings.ContainsRune(key, '@') {
				continue
			}
			clean, err := normal(key, value)
			if err != nil {
				return nil, err
			}
			out[key] = clean
		}
		return out, nil
	}
	return value, nil
}

// text returns a string property, empty when it is missing, null or of another kind.
func (u User) text(name string) string {
	s, _ := u.Properties[name].(string)
	return s
}
