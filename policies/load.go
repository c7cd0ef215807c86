package policies

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"leavercheck/policies/program"
)

// LoadOptions says what to load beside the built-in checklist.
type LoadOptions struct {
	// Sources are directories or bundles (tar.gz) with policies of your own: packages custom.<org>.<rule>.
	Sources []string
	// Keys, where there are any, must have signed each of the sources: any one of them. See ErrSignature.
	Keys []Key
	// Digest, where not empty, is what Set.Digest must be. See ErrDigest.
	Digest string
	// Isolation says which policies run in processes of their own.
	Isolation Isolation
	// Given are policies as Set.Sources gave them, to judge by just these: the first of them stands in for the
	// built-in checklist, and is isolated with the others where there is Isolation. Nil means the checklist, and
	// Sources.
	Given []Source
	// Settings holds, per rule id, what is to differ from METADATA.
	Settings Settings
}

// Set is a compiled set of rules. It does not change and may be used by several goroutines.
type Set struct {
	compiler *ast.Compiler
	program  *program.Program
	rules    []Rule
	docs     []documents // beside rules
	off      []Rule      // that the settings switch off
	digest   string
	// elsewhere are the rules, by id, that are not asked in this process.
	elsewhere map[string]bool
	// away runs them, nil where another process has nothing to do with this one.
	away    *away
	sources []Source
}

// Load reads, checks and compiles the built-in checklist and the sources on top of it. An error names every
// problem found, each with file and line. Policies that are not signed as asked, or not those of the digest,
// are not looked into.
func Load(ctx context.Context, opts LoadOptions) (*Set, error) {
	sources, err := openSources(opts)
	if err != nil {
		return nil, err
	}
	// Where the policies come from elsewhere, so does what they call the checklist.
	opts.Isolation.BuiltIn = opts.Isolation.BuiltIn || opts.Given != nil
	var set *Set
	if opts.Isolation.isolates(sources) {
		set, err = loadAway(ctx, sources, opts)
	} else {
		set, err = load(ctx, sources, opts.Settings)
	}
	if err == nil && len(set.rules) == 0 {
		err = errors.New("policies: every rule is switched off")
	}
	return set, err
}

// openSources reads the sources, and holds them to signature and digest.
func openSources(opts LoadOptions) ([]source, error) {
	if opts.Given != nil {
		return restored(opts.Given), nil
	}
	sources := []source{checklist()}
	var problems []error
	for _, name := range opts.Sources {
		opened, err := openSource(name, len(opts.Keys) > 0)
		if err == nil && len(opts.Keys) > 0 {
			err = verify(opened.texts, opts.Keys)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("policies: %s: %w", name, err))
		}
		sources = append(sources, opened)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if opts.Digest == "" {
		return sources, nil
	}
	got, err := digestOf(sources)
	if err == nil && got != strings.ToLower(opts.Digest) {
		err = fmt.Errorf("%w: it is %s, not %s", ErrDigest, got, opts.Digest)
	}
	return sources, err
}

// restored are policies that a Set gave.
func restored(given []Source) []source {
	var out []source
	for i, g := range given {
		from := source{name: g.Prefix, prefix: g.Prefix, ours: i == 0, texts: []file{}}
		for _, f := range g.Files {
			from.texts = append(from.texts, file{path: f.Path, text: f.Text})
		}
		out = append(out, from)
	}
	return out
}

// Rules describes the rules that are evaluated, sorted by id.
func (s *Set) Rules() []Rule { return slices.Clone(s.rules) }

// rule finds a rule that is there.
func (s *Set) rule(id string) Rule {
	return s.rules[slices.IndexFunc(s.rules, func(r Rule) bool { return r.ID == id })]
}

// Off describes the rules that the settings switch off, sorted by id.
func (s *Set) Off() []Rule { return slices.Clone(s.off) }

// every is all rules, sorted by id: an attestation or a waiver of one that is switched off is no mistake, and
// other rules may look at its parameters.
func (s *Set) every() []Rule {
	all := slices.Concat(s.rules, s.off)
	slices.SortFunc(all, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Digest is the SHA-256, in hex, of the policy sources as evaluated. Tests and settings are not part
// of it.
func (s *Set) Digest() string { return s.digest }

func load(ctx context.Context, sources []source, settings Settings) (*Set, error) {
	caps := capabilities()
	var files []file
	var bySource [][]file
	var silent []file // whose rules are asked elsewhere
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
		if source.elsewhere {
			silent = append(silent, some...)
		}
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
	if err := settings.apply(set.rules); err != nil {
		return nil, err
	}
	set.switchOff(settings)
	set.elsewhere = map[string]bool{}
	for _, rule := range set.rules {
		if slices.ContainsFunc(silent, func(f file) bool { return packageName(f.module) == rule.Package }) {
			set.elsewhere[rule.ID] = true
		}
	}
	if set.compiler, err = compile(files, caps); err != nil {
		return nil, err
	}
	return set, set.plan(ctx)
}

// compile makes the one compiler: all policies, the generated modules, the locks and the schemas.
func compile(files []file, caps *ast.Capabilities) (*ast.Compiler, error) {
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
	for name, text := range declarations(files) {
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

// generatedDir is no directory: it names the generated modules in messages.
const generatedDir = "generated/"

func parseGenerated(name, text string, caps *ast.Capabilities) (*ast.Module, error) {
	module, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{ProcessAnnotation: true, RegoVersion: ast.RegoV1, Capabilities: caps})
	if err != nil {
		return nil, fmt.Errorf("policies: generating %s: %w", name, err)
	}
	return module, nil
}
