// Package report writes a result for people and programs. Every format is a pure function of one
// stream, policies.Handler's, so that formats cannot disagree:
//
//	ndjson   the stream itself, a line for each call: the canonical form
//	json     the same as one document {run, leavers, tenant, summary}
//	table    what is wrong, what could not be checked and what would mend it, for a terminal
//
// A result goes through handlers on its way: Compare says of each verdict how it differs from an earlier
// result, Redactor puts pseudonyms for people and things, NewDiff shows the changes alone. Package kept keeps
// results by date, package evidence packs one for an auditor.
//
// # Guarantees
//
// The same stream gives the same bytes: no clock, no locale, no environment, no network. A write that
// fails is an error of the call or of Close. Every string of a result is somebody else's, and may be
// hostile: no format lets a control character, an escape sequence or a character that reorders text
// through to its output. JSON keeps such characters, as \u escapes; the table replaces them, visibly.
// Read gives back the stream that was written, or an error that names the line; it takes nothing that is
// not whole. Memory does not grow with the number of leavers, but for the rows that a table shows, what an
// Earlier keeps of each verdict, and the place of each leaver in a Redactor's spool.
//
// # Non-guarantees
//
// A renderer writes as it goes: a stream that breaks off leaves a part of a document behind, and Close
// says so. Whoever writes a file should rename it into place after Close. The table is for reading: its
// words and layout may change.
package report
