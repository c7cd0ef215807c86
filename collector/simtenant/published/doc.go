// Package published is Microsoft's own description of Graph: paths, query options, types, enumerations and what may be
// null. Tests hold against it what this project asks and what the simulated tenant answers; the program has no use
// for it.
//
// # Guarantees
//
// What the description does not know is a problem, but for the exceptions in exceptions.go, each with the
// documentation that it rests on. Open types are taken as closed: a property that the description lacks is as likely
// misspelt as it is an extension.
//
// # Non-guarantees
//
// The description says nothing of paging, status codes, which properties can be filtered by or which come only when
// selected; neither does this package.
package published
