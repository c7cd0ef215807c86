package program

import (
	"context"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
	"github.com/open-policy-agent/opa/v1/rego"
)

// target names the evaluator among OPA's.
const target = "leavercheck/program"

// OPA gives a plan only to an evaluator in its register, which it reads without a lock.
func init() { //nolint:gochecknoinits // the register must be complete before anybody asks anything
	rego.RegisterPlugin(target, planner{})
}

// New plans the policies of a compiler for a query and everything that it refers to. The compiler must not be in use.
func New(ctx context.Context, compiler *ast.Compiler, query string) (*Program, error) {
	planned := &plan{}
	_, err := rego.New(
		rego.Compiler(compiler),
		rego.Query(query),
		rego.Target(target),
		rego.EvalMode(ast.EvalModeTopdown), // the compiler stays fit for OPA's own evaluator
	).PrepareForEval(context.WithValue(ctx, planKey{}, planned))
	if err != nil {
		return nil, fmt.Errorf("program: planning %s: %w", query, err)
	}
	return link(planned.policy)
}

// plan takes what OPA planned.
type plan struct{ policy *ir.Policy }

type planKey struct{}

// planner is an evaluator by OPA's register. It only hands over the plan, to whoever asked for it.
type planner struct{}

func (planner) IsTarget(name string) bool { return name == target }

func (planner) PrepareForEval(ctx context.Context, policy *ir.Policy, _ ...rego.PrepareOption) (rego.TargetPluginEval, error) {
	into, ok := ctx.Value(planKey{}).(*plan)
	if !ok {
		return nil, errors.New("program: nobody asked for a plan")
	}
	into.policy = policy
	return planner{}, nil
}

func (planner) Eval(context.Context, *rego.EvalContext, ast.Value) (ast.Value, error) {
	return nil, errors.New("program: the query of a plan is not evaluated")
}
