package policies

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// maxYAMLBytes bounds a file that people write by hand.
const maxYAMLBytes = 1 << 20

// yamlFile takes a file that people write apart by its nodes, which know their places. It gathers problems
// instead of ending at the first.
type yamlFile struct {
	name     string
	problems []error
}

func (f *yamlFile) complain(at *yaml.Node, format string, args ...any) {
	f.complainAt(at.Line, at.Column, format, args...)
}

func (f *yamlFile) complainAt(line, column int, format string, args ...any) {
	f.problems = append(f.problems, &exact{Problem{File: f.name, Line: max(line, 1), Column: column, Message: fmt.Sprintf(format, args...)}})
}

// place is where a node stands, as results name it.
func (f *yamlFile) place(at *yaml.Node) string { return f.name + ":" + strconv.Itoa(at.Line) }

// readYAML reads a file of one document and gives what it holds, nil for nothing. A file that is no YAML, or
// holds two documents, is a complaint.
func (f *yamlFile) readYAML(r io.Reader) (*yaml.Node, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxYAMLBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	if len(text) > maxYAMLBytes {
		return nil, fmt.Errorf("%s: larger than %d bytes", f.name, maxYAMLBytes)
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var document, more yaml.Node
	err = decoder.Decode(&document)
	if err == nil {
		if err = decoder.Decode(&more); err == nil {
			f.complain(&more, "a second document: write one")
			return nil, nil
		}
	}
	switch {
	case !errors.Is(err, io.EOF):
		line, what := yamlProblem(err)
		f.complainAt(line, 0, "%s", what)
		return nil, nil
	case len(document.Content) == 0:
		return nil, nil
	}
	return document.Content[0], nil
}

// list finds the entries of a file that has the one key, with a list below.
func (f *yamlFile) list(top *yaml.Node, key string) []*yaml.Node {
	switch {
	case len(f.problems) > 0:
		return nil
	case top == nil:
		f.complainAt(1, 0, "there is no list of %s", key)
		return nil
	case top.Kind != yaml.MappingNode:
		f.complain(top, "the file is not of the form \"%s:\" with a list below", key)
		return nil
	}
	var out []*yaml.Node
	given := false
	for name, value := range f.pairs(top) {
		switch {
		case name.Value != key:
			f.complain(name, "there is no key %q here: the file has the one key %s", name.Value, key)
		case value.Kind != yaml.SequenceNode:
			f.complain(value, "%s is not a list", key)
			given = true
		default:
			out, given = value.Content, true
		}
	}
	if !given && len(f.problems) == 0 {
		f.complain(top, "there is no list of %s", key)
	}
	return out
}

// pairs gives keys and values, and complains of keys that stand there twice.
func (f *yamlFile) pairs(mapping *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		seen := map[string]bool{}
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			key, value := mapping.Content[i], mapping.Content[i+1]
			if seen[key.Value] {
				f.complain(key, "%s stands here for the second time", key.Value)
				continue
			}
			seen[key.Value] = true
			if !yield(key, value) {
				return
			}
		}
	}
}

// entry reads one entry of a list, texts under known keys. The required ones must say something. It gives nil
// after a complaint about the form.
func (f *yamlFile) entry(node *yaml.Node, what string, keys, required []string) entry {
	before := len(f.problems)
	if node.Kind != yaml.MappingNode {
		f.complain(node, "%s has the keys %s", what, strings.Join(keys, ", "))
		return nil
	}
	out := entry{}
	for key, value := range f.pairs(node) {
		switch {
		case !slices.Contains(keys, key.Value):
			f.complain(key, "there is no key %q: %s has %s%s", key.Value, what, strings.Join(keys, ", "), didYouMean(key.Value, keys))
		case value.Kind != yaml.ScalarNode:
			f.complain(value, "%s takes a text", key.Value)
		case value.Tag != "!!null" && strings.TrimSpace(value.Value) != "":
			out[key.Value] = value
		}
	}
	if len(f.problems) > before {
		return nil
	}
	for _, key := range required {
		if out[key] == nil {
			f.complain(node, "%s is missing", key)
		}
	}
	return out
}

// entry is one entry of a list: the values that say something, by key.
type entry map[string]*yaml.Node

func (e entry) text(key string) string {
	if e[key] == nil {
		return ""
	}
	return strings.TrimSpace(e[key].Value)
}

// entryTime reads a time, or a date, which is a UTC day: its first second, or its last. It is zero after a
// complaint, and where there is none.
func (f *yamlFile) entryTime(e entry, key string, last bool) time.Time {
	node, text := e[key], e.text(key)
	if node == nil {
		return time.Time{}
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC()
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		f.complain(node, "%s: %q is neither a time such as 2026-05-29T16:00:00Z nor a date", key, text)
		return time.Time{}
	}
	if last {
		return day.Add(24*time.Hour - time.Second)
	}
	return day
}

// yamlProblem takes the line out of the parser's message.
func yamlProblem(err error) (int, string) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	parts := regexp.MustCompile(`^line (\d+): (.*)$`).FindStringSubmatch(text)
	if parts == nil {
		return 1, text
	}
	line, _ := strconv.Atoi(parts[1])
	return line, parts[2]
}
