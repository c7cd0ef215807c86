// Package collector takes a snapshot of what a Microsoft 365 tenant says about the
// people on a roster. It orders the work and answers for its completeness; packages
// graph and exchange know the facts, package wire the network.
//
// # Guarantees
//
// Collect only reads. It ends with a sealed snapshot in which every leaver has
// exactly one outcome for every fact, or with an error and no snapshot at all. What
// was refused, throttled, broken or out of time is "unknown" with its reason. A token
// for another tenant than the one asked for stops it before anything is read.
//
// # Non-guarantees
//
// The facts were read one after another over minutes or hours, not at one instant.
//
// With Options.Since, the accounts of people who are not on the roster are as Microsoft's delta
// queries tell of them, which takes minutes: whether such an account, of a successor or a delegate, was
// disabled just now may be missed. Leavers, their second accounts and everybody in doubt are read.
package collector
