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
// An organisation changes rules by Settings, never by redefining them: severity, parameters, on or off. It
// accepts for a time what fails or cannot be checked by waivers, each of one rule and one leaver.
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
// A waiver covers what fails and what is unknown, never evidence that contradicts itself nor a policy that is
// broken, makes nothing pass, and lasts a year at most. Every waiver and every rule that is switched off is in
// the result; somebody with a waived verdict is not clean.
//
// The same snapshot, policies, settings, attestations and waivers give the same result, byte for byte, whatever the number of
// workers. Memory does not grow with the number of leavers.
//
// A policy cannot reach the network, the clock, chance or the environment, cannot stand in for the
// tenant's facts or the parameters, and cannot add to another source's packages. Loading refuses what
// would be silently wrong later: METADATA that is not complete, facts and parameters that do not exist, a
// property that the schema does not know, a rule that nobody would ask. It names every problem with its
// file and line.
//
// Policies that are isolated (see Isolation) are parsed, compiled and evaluated in a process of their own,
// with no environment, no open files and limits on time and memory: one that cannot be stopped, or takes all
// memory, ends that process and loses the verdict that it was asked for. A rule that takes too much for some
// leavers is given up for those after them, at the same leaver in every run. What policies say is the same,
// byte for byte, as without isolation. Bundles are read within bounds and never unpacked; with Keys or a
// Digest nothing in them is looked into before it is known to be what was signed or pinned.
//
// # What each lock holds, and what it does not
//
//	capabilities   No network, clock, chance or environment, when it is compiled and when it runs. Not: time
//	               zones ("Local" is the machine's), and the cost of what is left, such as bits.lsh.
//	package space  No rule in another source's packages. Not: a custom rule may read what built-in ones say.
//	data           No rule in the place of the tenant's facts, the parameters or the baseline.
//	bound          Ends an evaluation that takes too long or too much memory, where OPA looks whether it
//	               is to end: between its steps, and within some built-in functions. Not: one call that takes all
//	               time or memory by itself.
//	isolation      Holds where the bound does not, and for the compiler, too. The child ends when its time is
//	               over, on Linux also when its memory or processor time is. Not: a sandbox. The child runs
//	               as the same user; what keeps it from files and network is that Rego has no word for them.
//	signature      Every file is as a holder of the key signed it. Not: that the rules are good, or the newest
//	               that were signed; a digest pins one version.
//
// # Non-guarantees
//
// Without isolation the bounds on time and memory protect a run from a careless policy and not from one that
// means harm; isolation is the caller's to ask for, and tests of policies (Test) are not isolated. Elsewhere
// than on Linux the system does not limit the child's memory: Go's own soft limit and the time do. Which
// bound ends a hostile rule, and so the words of its verdict, may differ from run to run. The type checker
// looks at references, not at values: a rule can still be wrong. Evidence says what was read, not that it is
// still so.
package policies
