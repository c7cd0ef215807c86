// Package report writes a result for people and programs. Every format is a pure function of one
// stream, policies.Handler's, so that formats cannot disagree:
//
//	ndjson   the stream itself, a line for each call: the canonical form
//	json     the same as one document {run, leavers, tenant, summary}
//	table    what is wrong, what could not be checked and what would mend it, for a terminal
//	html     one file with everything, from a sentence to the evidence, to read in a browser or on paper
//
// and those that Catalogue lists beside these, each with its readers.
//
// WriteTests writes what came of tests of policies, as a table, as JUnit XML, or as the annotations of a
// pull request.
//
// A result goes through handlers on its way: Compare says of each verdict how it differs from an earlier
// result, Redactor puts pseudonyms for people and things, NewDiff shows the changes alone. Package kept keeps
// results by date, package evidence packs one for an auditor.
//
// # Guarantees
//
// The same stream gives the same bytes: no clock, no locale, no environment, no network. A write that
// fails is an error of the call or of Close. What is unknown and what is waived is visible in every format,
// and a format that cannot hold everything, for the limits of its readers, says how much it left out.
//
// Every string of a result is somebody else's, and may be hostile: no format lets a control character, an
// escape sequence or a character that reorders text through to its output, and no line of it is a command
// to a build server. JSON keeps such texts, as \u escapes; the others replace them, visibly. No cell for a
// spreadsheet is a formula, and nothing in Markdown is a link, a mention, an image or HTML. No element, attribute
// or address of a page comes from a result but the https addresses that rules name to be read.
//
// Read gives back the stream that was written, or an error that names the line; it takes nothing that is
// not whole. Memory does not grow with the number of leavers, but for what a table or a page shows, which is
// bounded, the results that sarif keeps, two of the tables of xlsx, which are held compressed, what an Earlier keeps
// of each verdict, and the place of each leaver in a Redactor's spool.
//
// # Non-guarantees
//
// A renderer writes as it goes: a stream that breaks off leaves a part of a document behind, and Close
// says so. Whoever writes a file should rename it into place after Close. The table and Markdown are for
// reading: their words and layout may change.
package report
