// Package program runs Rego that OPA has compiled and planned. OPA's own evaluator searches: it unifies, keeps bindings,
// consults indexes. OPA's planner also writes policies down as programs, statement after statement, for evaluators
// elsewhere (WebAssembly, other languages); this package is such an evaluator in Go, and asks the same documents of the
// same policies at a fraction of the cost, which decides where a hundred thousand leavers are judged.
//
// A Program does not change and may be used by several goroutines; each needs a Machine of its own.
//
// # Guarantees
//
// A document has the value that OPA's evaluator gives it, or Ask returns an error: of a statement that this package does
// not know (with), of a built-in that fails, of two values for one document. An error is no verdict: the caller asks
// OPA. Values, built-in functions and the plan itself are OPA's; nothing of Rego is parsed or decided here.
//
// # Non-guarantees
//
// An evaluation is as long and as large as its policy makes it: it heeds a topdown.Cancel and bounds nothing itself.
// There is no tracing and no coverage.
package program
