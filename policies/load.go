package policies

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// LoadOptions says what to load beside the built-in checklist.
type LoadOptions struct {
	// Dirs holds policies of your own: packages custom.<org>.<rule>.
	Dirs []string
	// Sources are policies as Set.Sources gave them, to judge by just these: the first of them stands in for the
	// built-in checklist. Nil means the checklist, and Dirs.
	Sources []Source
	// Parameters holds, per rule id, the values that replace defaults.
	Parameters map[string]map[string]any
}

// Set is a compiled set of rules. It does not change and may be used by several goroutines.
type Set struct {
	compiler *ast.Compiler
	rules    []Rule
	docs     []documents // beside rules
	digest   string
	sources  []Source
}

// Load reads, checks and compiles the built-in checklist and the directories on top of it. An error
// names every problem found, each with file and line.
func Load(ctx context.Context, opts LoadOptions) (*Set, error) {
	if opts.Sources != nil {
		return load(ctx, restored(opts.Sources), opts.Parameters)
	}
	sources := []source{checklist()}
	for _, dir := range opts.Dirs {
		sources = append(sources, directory(dir))
	}
	return load(ctx, sources, opts.Parameters)
}

func restored(given []Source) []source {
	var out []source
	for i, g := range given {
		out = append(out, source{name: g.Prefix, prefix: g.Prefix, ours: i == 0, given: g.Files})
	}
	return out
}

// Rules describes the rules, sorted by id.
func (s *Set) Rules() []Rule { return slices.Clone(s.rules) }

// Digest is the SHA-256, in hex, of the policy sources as evaluated. Tests and parameters are not part
// of it.
func (s *Set) Digest() string { return s.digest }

func load(ctx context.Context, sources []source, parameters map[string]map[string]any) (*Set, error) {
	caps := capabilities()
	var files []file
	var bySource [][]file
	var problems []error
	for _, source := range sources {
		some, err := source.files(false, caps)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		for _, f := range some {
			problems = append(problems, checkSpace(f.module, source.ours))
		}
		files = append(files, some...)
		bySource = append(bySource, some)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}

	set := &Set{digest: digest(bySource), sources: keepSources(sources, bySource)}
	var err error
	if set.rules, set.docs, err = inventory(files); err != nil {
		return nil, err
	}
	if len(set.rules) == 0 {
		return nil, errors.New("policies: there is no rule (a package with custom.id in its METADATA)")
	}
	if err := checkReferences(files, set.rules); err != nil {
		return nil, err
	}
	setDigests(set.rules, files)
	if err := setParameters(set.rules, parameters); err != nil {
		return nil, err
	}
	if set.compiler, err = compile(files, set.rules, set.docs, caps); err != nil {
		return nil, err
	}
	return set, nil
}

// compile makes the one compiler: all policies, the generated modules, the locks and the schemas.
func compile(files []file, rules []Rule, docs []documents, caps *ast.Capabilities) (*ast.Compiler, error) {
	schemas, err := schemaSet()
	if err != nil {
		return nil, err
	}
	modules := map[string]*ast.Module{}
	for _, f := range files {
		if modules[f.name] != nil {
			return nil, fmt.Errorf("policies: %s is loaded twice", f.name)
		}
		modules[f.name] = f.module
	}
	texts := declarations(files)
	maps.Copy(texts, questionTexts(rules, docs))
	for name, text := range texts {
		if modules[name], err = parseGenerated(name, text, caps); err != nil {
			return nil, err
		}
	}
	compiler := ast.NewCompiler().
		WithCapabilities(caps).
		WithPathConflictsCheck(reserved).
		WithSchemas(schemas).
		WithUseTypeCheckAnnotations(true).
		WithStrict(true)
	if compiler.Compile(modules); compiler.Failed() {
		return nil, explain(compiler.Errors)
	}
	return compiler, nil
}

// declarations writes, for every root whose policies do not do it themselves, the module that tells the
// type checker what input and data.tenant look like.
func declarations(files []file) map[string]string {
	out := map[string]string{}
	for _, root := range []string{rootChecklist, rootLib, rootCustom} {
		declared := slices.ContainsFunc(files, func(f file) bool {
			return packageName(f.module) == root && slices.ContainsFunc(f.module.Annotations, func(a *ast.Annotations) bool {
				return a.Scope == "subpackages"
			})
		})
		if !declared {
			out[generatedDir+root+regoSuffix] = "# METADATA\n# scope: subpackages\n# schemas:\n#   - input: schema.leaver\n#   - data.tenant: schema.tenant\npackage " + root + "\n"
		}
	}
	return out
}

// questionTexts writes the modules that gather the rules' answers. A rule's document that is undefined
// is simply not there.
func questionTexts(rules []Rule, docs []documents) map[string]string {
	out := map[string]string{}
	for _, question := range questions() {
		var text strings.Builder
		fmt.Fprintf(&text, "package %s.%s\n", rootEngine, question.name)
		for i, rule := range rules {
			if !question.asks(rule) {
				continue
			}
			for _, doc := range docs[i].names() {
				fmt.Fprintf(&text, "%s[%q] := data.%s.%s\n", doc, rule.ID, rule.Package, doc)
			}
		}
		out[generatedDir+question.name+regoSuffix] = text.String()
	}
	return out
}

// generatedDir is no directory: it names the generated modules in messages.
const generatedDir = "generated/"

func parseGenerated(name, text string, caps *ast.Capabilities) (*ast.Module, error) {
	module, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{ProcessAnnotation: true, RegoVersion: ast.RegoV1, Capabilities: caps})
	if err != nil {
		return nil, fmt.Errorf("policies: generating %s: %w", name, err)
	}
	return module, nil
}
