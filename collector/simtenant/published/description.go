package published

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const namespace = "microsoft.graph."

// Description is safe for concurrent use.
type Description struct {
	paths   []string // in the order in which they are tried
	gets    map[string]operation
	schemas map[string]node
	kinds   map[string]kind
}

type operation struct {
	Parameters []parameter `json:"parameters"`
	EntityType string      `json:"x-entity-type"`
	Collection bool        `json:"x-collection"`
	// SDK is a file's name, or false for a path that the SDK lacks; its Parameters are empty then, "not forbidden".
	SDK any `json:"x-sdk-go-v1.89"`
}

type parameter struct {
	Name string `json:"name"`
	In   string `json:"in"`
}

// node is a type, or a property's use of one.
type node struct {
	Ref        string          `json:"$ref"`
	AllOf      []node          `json:"allOf"`
	AnyOf      []node          `json:"anyOf"`
	Properties map[string]node `json:"properties"`
	Items      *node           `json:"items"`
	Enum       []string        `json:"enum"`
	Flags      []string        `json:"x-members"`
	Type       string          `json:"type"`
	Format     string          `json:"format"`
	Nullable   bool            `json:"nullable"`
	Navigation []link          `json:"x-navigation"`
}

type link struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Collection bool   `json:"collection"`
}

// kind is a type with structure, together with what it builds on.
type kind struct {
	name       string
	properties map[string]node
	links      map[string]link
	bases      []string
}

// Read reads the description from the directory of Graph's schemas.
func Read(dir string) (*Description, error) {
	data, err := os.ReadFile(filepath.Join(dir, "graph-openapi-subset.json"))
	if err != nil {
		return nil, fmt.Errorf("read Microsoft's description of Graph: %w", err)
	}
	var doc struct {
		Paths      map[string]struct{ Get *operation } `json:"paths"`
		Components struct {
			Schemas map[string]node `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("read Microsoft's description of Graph: %w", err)
	}
	d := &Description{gets: besides(), schemas: doc.Components.Schemas, kinds: map[string]kind{}}
	for path, methods := range doc.Paths {
		if methods.Get != nil {
			d.gets[path] = *methods.Get
		}
	}
	// A segment's own name goes before a placeholder for any: "{" comes after every letter.
	d.paths = slices.Sorted(maps.Keys(d.gets))
	for name := range d.schemas {
		d.kinds[name] = d.flatten(name)
	}
	return d, d.addBeta(dir)
}

func (d *Description) flatten(name string) kind {
	k := kind{name: name, properties: map[string]node{}, links: map[string]link{}, bases: []string{name}}
	var add func(n node)
	add = func(n node) {
		if n.Ref != "" {
			base := referred(n.Ref)
			k.bases = append(k.bases, base)
			add(d.schemas[base])
		}
		for _, part := range n.AllOf {
			add(part)
		}
		maps.Copy(k.properties, n.Properties)
		for _, l := range n.Navigation {
			k.links[l.Name] = l
		}
	}
	add(d.schemas[name])
	exceptions(&k)
	return k
}

func referred(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

func (k kind) is(base string) bool { return slices.Contains(k.bases, base) }

// resolved follows a property to its type: a simple one, an enumeration, or the kind of that name.
func (d *Description) resolved(n node) (node, string) {
	for len(n.AnyOf) == 1 || n.Ref != "" {
		if n.Ref == "" {
			n = n.AnyOf[0]
			continue
		}
		name := referred(n.Ref)
		target := d.schemas[name]
		if len(target.AllOf) > 0 || target.Type == "object" {
			return target, name
		}
		n = target
	}
	return n, ""
}

// place is what a path leads to.
type place struct {
	template   string
	get        operation
	kind       kind
	collection bool
}

// find looks up a path without its version. A cast as the last segment narrows the documented path before it.
func (d *Description) find(version, path string) (place, error) {
	if version == "beta" {
		if path != betaSignIns {
			return place{}, fmt.Errorf("/beta%s: only the non-interactive sign-ins are asked of beta", path)
		}
		return place{path, d.gets[path], d.kinds[betaSignIn], true}, nil
	}
	if version != "v1.0" {
		return place{}, fmt.Errorf("/%s%s is not documented", version, path)
	}
	path = strings.ReplaceAll(path, "/"+namespace, "/graph.")
	path = strings.TrimSuffix(path, "()")
	if name, ok := d.match(path); ok {
		op := d.gets[name]
		return place{name, op, d.kinds[op.EntityType], op.Collection}, nil
	}
	if before, cast, ok := strings.Cut(path, "/graph."); ok {
		name, found := d.match(before)
		op := d.gets[name]
		narrowed, known := d.kinds[namespace+cast]
		if found && known && narrowed.is(op.EntityType) {
			return place{name, op, narrowed, op.Collection}, nil
		}
	}
	return place{}, fmt.Errorf("/%s%s is not documented", version, path)
}

func (d *Description) match(path string) (string, bool) {
	segments := strings.Split(path, "/")
	for _, candidate := range d.paths {
		parts := strings.Split(strings.TrimSuffix(candidate, "()"), "/")
		if slices.EqualFunc(parts, segments, func(part, segment string) bool { return strings.HasPrefix(part, "{") || part == segment }) {
			return candidate, true
		}
	}
	return "", false
}

// Template names the documented path that a path with its version is one of: "/v1.0/users/{user-id}/drive".
func (d *Description) Template(path string) (string, error) {
	version, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	p, err := d.find(version, "/"+rest)
	return "/" + version + p.template, err
}
