// Package policies judges a snapshot by rules written in Rego: the built-in checklist, and rules of an
// organisation's own. It loads, describes, tests and evaluates them, and defines what a verdict is.
//
// A rule is a package with METADATA, checklist.<step>.<rule>, or custom.<org>.<rule> for everybody else.
// Its METADATA names it (custom.id) and says whom it judges (scope, states), what every pass needs
// (requires), what else it looks at (uses), whose attestations it heeds (attestations; its own id among
// them means that a person may attest it), and what may be set (parameters). Its documents are
//
//	status    "unknown" by default, then one ladder of not_applicable, fail, pass
//	findings  a set of objects, each with "resource", the stable key of what is wrong
//	evidence  per fact, the property values looked at
//	message   one sentence; deadline, when data is lost; severity, where it is not METADATA's;
//	missing   facts that this leaver's case needed and that were not read
//	attested  a set of rule ids: the attestations without which the status would be another
//
// A rule sees one leaver as input (snapshot.LeaverSchema), with what an earlier snapshot had of them as
// input.baseline and what people attest as input.attested; the tenant as data.tenant
// (snapshot.TenantSchema), whether there is an earlier snapshot as data.baseline, and its parameters as
// data.parameters[id]. A rule on the tenant sees counts of its leavers as input.population, and none of
// them. A rule knows no clock, no grace and no waiver: those are the engine's.
//
// # From Go
//
// Load gives a Set: the built-in checklist and what LoadOptions names on top of it. Set.Rules describes
// the rules. Set.Evaluate judges a Snapshot, which package snapshot opens, and hands every verdict to a
// Handler as it comes, one leaver after another; package report has handlers that write files, and one of
// one's own takes four methods. Test runs Rego tests and gives a TestReport; a Scenario tests rules on a
// whole snapshot.
//
// # Guarantees
//
// Unknown is never pass. A verdict is pass only where the rule said so, every fact that it requires was
// read, and it named none as missing; an error, a word that is none of the four and silence are unknown.
// An attestation turns only verdicts of its own leaver, by rules that name it in METADATA and say in the
// document attested that they lean on it; it stands for the facts that its own rule requires and for no
// other, and it makes nothing inapplicable. It counts only if it was made after leaving and has not
// expired, and if its name of the leaver is that of one leaver alone. A baseline is of the same tenant and
// no newer than the snapshot; a leaver who is not found now has what it holds of the one person of their
// name, the account alone, or nothing.
//
// One rule's error, endless loop or hunger for memory costs that rule's verdict and no other's. Every
// leaver has exactly one verdict of every rule on leavers, in the order of the snapshot.
//
// The same snapshot, policies and parameters give the same result, byte for byte, whatever the number of
// workers. Memory does not grow with the number of leavers.
//
// A policy cannot reach the network, the clock, chance or the environment, cannot stand in for the
// tenant's facts or the parameters, and cannot add to another source's packages. Loading refuses what
// would be silently wrong later: METADATA that is not complete, facts and parameters that do not exist, a
// property that the schema does not know, a rule that nobody would ask. It names every problem with its
// file and line.
//
// # Non-guarantees
//
// The bounds on time and memory protect a run from a careless policy. They are no sandbox: for policies of
// somebody who means harm, run the program in one. The type checker looks at references, not at values: a
// rule can still be wrong. Evidence says what was read, not that it is still so.
package policies
