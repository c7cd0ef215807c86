package policies

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// setDigests gives every rule the digest of the sources that make it: those of its package, and of every
// package that these refer to, directly or not. A change of what several rules share is a change of each.
func setDigests(rules []Rule, files []file) {
	byPackage, refers := map[string][]file{}, map[string][]string{}
	for _, f := range files {
		name := packageName(f.module)
		byPackage[name] = append(byPackage[name], f)
	}
	for name, some := range byPackage {
		for _, f := range some {
			refers[name] = append(refers[name], packagesIn(f.module, byPackage)...)
		}
	}
	for i := range rules {
		rules[i].Digest = ruleDigest(rules[i].Package, byPackage, refers)
	}
}

// ruleDigest does not depend on where files lie, nor on how a package is spread over them.
func ruleDigest(name string, byPackage map[string][]file, refers map[string][]string) string {
	reached, todo := map[string]bool{}, []string{name}
	for len(todo) > 0 {
		next := todo[0]
		todo = todo[1:]
		if reached[next] {
			continue
		}
		reached[next] = true
		todo = append(todo, refers[next]...)
	}
	sum := sha256.New()
	write := func(text string) { _, _ = io.WriteString(sum, strconv.Itoa(len(text))+":"+text) }
	for _, name := range slices.Sorted(maps.Keys(reached)) {
		var texts []string
		for _, f := range byPackage[name] {
			texts = append(texts, string(f.text))
		}
		slices.Sort(texts)
		write(name)
		write(strconv.Itoa(len(texts)))
		for _, text := range texts {
			write(text)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// packagesIn lists the packages that a module refers to; of "data.lib.times.after" that is lib.times. A
// reference that ends above packages means all of them.
func packagesIn(module *ast.Module, known map[string][]file) []string {
	var out []string
	note := func(ref ast.Ref) {
		path := words(ref)
		if len(path) < 2 || path[0] != "data" {
			return
		}
		whole := strings.Join(path[1:], ".")
		for name := range known {
			if whole == name || strings.HasPrefix(whole, name+".") || strings.HasPrefix(name, whole+".") {
				out = append(out, name)
			}
		}
	}
	for _, imported := range module.Imports {
		if ref, ok := imported.Path.Value.(ast.Ref); ok {
			note(ref)
		}
	}
	ast.WalkRefs(module, func(ref ast.Ref) bool {
		note(ref)
		return false
	})
	return out
}
