package policies

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// The roots of the package tree. Everything else is refused.
const (
	rootChecklist = "checklist"   // the built-in rules
	rootLib       = "lib"         // what the built-in rules share; others may import it
	rootCustom    = "custom"      // everybody else's: custom.<org>.<rule>
	rootEngine    = "leavercheck" // modules that the engine generates
)

// The documents that the engine provides.
const (
	dataTenant     = "tenant"
	dataParameters = "parameters"
	dataBaseline   = "baseline"
)

// capabilities is the first and second lock: what a policy may call. Nothing that reaches the network,
// the clock, chance or the environment is there, so a policy that tries does not compile; and no host
// may be contacted, not even by the compiler for a schema's remote reference.
func capabilities() *ast.Capabilities {
	caps := ast.CapabilitiesForThisVersion()
	caps.Builtins = slices.DeleteFunc(caps.Builtins, func(b *ast.Builtin) bool { return b.IsNondeterministic() })
	caps.AllowNet = noHosts()
	return caps
}

// noHosts is an empty list that is not nil: nil would mean every host.
func noHosts() []string { return []string{} }

// forbidden says whether a function is one that capabilities takes away.
func forbidden(name string) bool {
	return slices.ContainsFunc(ast.CapabilitiesForThisVersion().Builtins, func(b *ast.Builtin) bool {
		return b.Name == name && b.IsNondeterministic()
	})
}

// reserved is the third lock, asked by the compiler for the path of every rule: no rule may stand where
// the engine puts its documents, or it would lie to every other rule about the tenant.
func reserved(path []string) (bool, error) {
	return slices.Contains([]string{dataTenant, dataParameters, dataBaseline}, path[0]), nil
}

// checkSpace is the fourth lock: every policy stays in the package space of its source. Without it, a
// stranger's file could add a clause to a built-in rule or to a function that the rules share.
func checkSpace(module *ast.Module, builtin bool) error {
	path := segments(module)
	if builtin {
		if path[0] == rootChecklist || path[0] == rootLib {
			return nil
		}
		return problemAt(module.Package.Location, "package %s: built-in policies stand in %s and %s", packageName(module), rootChecklist, rootLib)
	}
	if path[0] == rootCustom && len(path) >= 3 {
		return nil
	}
	return problemAt(module.Package.Location, "package %s: a policy of yours must stand in a package of its own, %s.<org>.<rule>", packageName(module), rootCustom)
}

// segments gives the package's path without the leading "data".
func segments(module *ast.Module) []string {
	var out []string
	for _, term := range module.Package.Path[1:] {
		segment, _ := term.Value.(ast.String)
		out = append(out, string(segment))
	}
	return out
}

// explain adds to a compiler's error what its reader cannot know.
func explain(err error) error {
	var list ast.Errors
	if !errors.As(err, &list) {
		return err
	}
	// The compiler goes through modules in any order.
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b *ast.Error) int {
		if a.Location == nil || b.Location == nil {
			return 0
		}
		return cmp.Or(cmp.Compare(a.Location.File, b.Location.File), cmp.Compare(a.Location.Row, b.Location.Row), cmp.Compare(a.Message, b.Message))
	})
	out := make([]error, 0, len(list))
	for _, e := range list {
		text := e.Message
		if _, name, ok := strings.Cut(e.Message, "undefined function "); ok && forbidden(name) {
			text += ": no policy may use the network, the clock, chance or the environment; \"now\" is data.tenant.collectedAt"
		}
		if strings.Contains(e.Message, "remote reference loading disabled") {
			text += ": a policy's schemas may not refer to other documents"
		}
		if detail, ok := e.Details.(*ast.RefErrInvalidDetail); ok {
			text += suggested(detail)
		}
		if e.Location == nil {
			out = append(out, errors.New(text))
			continue
		}
		out = append(out, problemAt(e.Location, "%s: %s", e.Code, text))
	}
	return errors.Join(out...)
}

// suggested is what the element of a reference that the schema does not know may have meant.
func suggested(detail *ast.RefErrInvalidDetail) string {
	if detail.Pos >= len(detail.Ref) {
		return ""
	}
	word, ok := detail.Ref[detail.Pos].Value.(ast.String)
	if !ok {
		return ""
	}
	var known []string
	for _, value := range detail.OneOf {
		if name, ok := value.(ast.String); ok {
			known = append(known, string(name))
		}
	}
	return didYouMean(string(word), known)
}
