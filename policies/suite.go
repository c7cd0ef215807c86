package policies

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

// suite is a set of policies and tests that is compiled and run as one.
type suite struct {
	own     map[string]*ast.Module // what is tested, tests included
	other   map[string]*ast.Module // what must be there for it
	store   func() storage.Store
	caps    *ast.Capabilities
	schemas *ast.SchemaSet
	names   *testNames // what test inputs are checked against; nil where there is no rule of ours
}

// sourceSuite is a suite under the locks of evaluation.
func sourceSuite(source source) (suite, error) {
	s := suite{own: map[string]*ast.Module{}, store: inmem.New, caps: capabilities()}
	files, err := source.files(true, s.caps)
	if err != nil {
		return s, err
	}
	for _, f := range files {
		s.own[f.name] = f.module
	}
	return s, s.addSchemas(files)
}

// directorySuite is a suite like that of "opa test".
func directorySuite(dirs []string) (suite, error) {
	s := suite{caps: ast.CapabilitiesForThisVersion()}
	s.caps.AllowNet = noHosts()
	modules, store, err := tester.LoadWithParserOptions(dirs, notInScenarios, ast.ParserOptions{
		RegoVersion: ast.RegoV1, Capabilities: s.caps, ProcessAnnotation: true,
	})
	if err != nil {
		return s, fmt.Errorf("policies: loading tests: %w", err)
	}
	s.own, s.store = modules, func() storage.Store { return store }
	custom := false
	for _, module := range modules {
		custom = custom || isRulePackage(module) && segments(module)[0] == rootCustom
	}
	if !custom {
		return s, nil
	}
	files, err := checklist().files(false, s.caps)
	if err != nil {
		return s, err
	}
	s.other = map[string]*ast.Module{}
	for _, f := range files {
		s.other[f.name] = f.module
	}
	for name, module := range modules {
		files = append(files, file{name: name, module: module})
	}
	return s, s.addSchemas(files)
}

// isRulePackage tells the packages of the checklist, its library and custom.<org>.<rule>. Any other
// package is somebody else's, and so is what it calls input.
func isRulePackage(module *ast.Module) bool {
	path := segments(module)
	switch {
	case len(path) == 0:
		return false
	case path[0] == rootCustom:
		return len(path) >= 3
	}
	return path[0] == rootChecklist || path[0] == rootLib
}

func (s *suite) addSchemas(files []file) error {
	var err error
	if s.schemas, err = schemaSet(); err != nil {
		return err
	}
	if s.names, err = newTestNames(); err != nil {
		return err
	}
	if s.other == nil {
		s.other = map[string]*ast.Module{}
	}
	for name, text := range declarations(files) {
		if s.other[name], err = parseGenerated(name, text, s.caps); err != nil {
			return err
		}
	}
	return nil
}

// strict says whether the tests of a module are held to more than "opa test" asks.
func (s *suite) strict(module *ast.Module) bool { return s.names != nil && isRulePackage(module) }

// compiler is one that has not compiled anything yet.
func (s *suite) compiler(ctx context.Context, store storage.Store, txn storage.Transaction) *ast.Compiler {
	return ast.NewCompiler().
		WithCapabilities(s.caps).
		WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn)).
		WithSchemas(s.schemas).
		WithUseTypeCheckAnnotations(true).
		WithEnablePrintStatements(true)
}

func (s *suite) modules() map[string]*ast.Module {
	modules := maps.Clone(s.own)
	maps.Copy(modules, s.other)
	return modules
}

// compile compiles as a tester.Runner does, which numbers tests of one name and makes tables tell their
// cases, and adds our own notes. It runs no test.
func (s *suite) compile(ctx context.Context, store storage.Store, txn storage.Transaction) (*ast.Compiler, error) {
	caps := *s.caps
	caps.Builtins = slices.AppendSeq(slices.Clone(caps.Builtins), maps.Values(noteDeclarations()))
	compiler := s.compiler(ctx, store, txn).WithCapabilities(&caps)
	compiler.WithStageAfterID(ast.StageRewriteWithValues, ast.CompilerStageDefinition{
		Name:       "NoteTests",
		MetricName: "note_tests",
		Stage:      func(c *ast.Compiler) *ast.Error { return noteTests(c, s.strict) },
	})
	const noTest = "$.^"
	results, err := tester.NewRunner().SetCompiler(compiler).SetStore(store).SetModules(s.modules()).Filter(noTest).RunTests(ctx, txn)
	if err != nil {
		return nil, explain(err)
	}
	for range results {
		continue // there are none; the channel ends when every rule was looked at
	}
	return compiler, nil
}

// tests lists the tests of a compiled suite in the order of files and lines.
func (s *suite) tests(compiler *ast.Compiler) []test {
	var out []test
	for _, module := range compiler.Modules {
		for _, rule := range module.Rules {
			if name, ok := testRef(rule); ok {
				out = append(out, test{rule: rule, name: name, strict: s.strict(module)})
			}
		}
	}
	slices.SortFunc(out, func(a, b test) int { return compareTests(a.result(), b.result()) })
	return out
}
