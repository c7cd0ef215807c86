// Package plan says what would mend a result: for each leaver the steps, in the order in which they must be
// taken, with the page of the portal and the PowerShell commands for each.
//
// # Guarantees
//
// A plan is a pure function of a result: it asks nobody, changes nothing, and the same result gives the same
// bytes. The order is that of Kinds, whatever fails: who left is locked out before anything else, nothing
// that keeps data comes after what loses it, and an account is deleted last. Every verdict that fails, or
// will when its grace ends, is among the rules of a step; a waived one is listed as left out. Where two
// wishes contradict each other, or what a step hangs on is not known, the step that could do harm is a
// decision to take, without a command.
//
// Nothing that a tenant's people can choose is code in a command: every value is a single-quoted PowerShell
// literal, see Quote, and whatever cannot be one is left out, which the step then says. Commands whose
// cmdlets know -WhatIf bear it.
//
// # Non-guarantees
//
// A plan knows what the result says, no more. It does not know of what was not checked, and says so; it does
// not know what has changed since. Verdicts on the tenant as a whole belong to no leaver and have no step.
// The words of titles, notes and warnings may change; kinds, rules and the shape of the JSON do not.
package plan
