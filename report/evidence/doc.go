// Package evidence packs a result with all that it takes to believe it into one zip file, and checks such a file.
//
// A pack holds, in this order:
//
//	result.ndjson          the result
//	pack.json              the version of this form, and the program that packed
//	README.txt             for the auditor: who was looked at, what could not be, how to do it all again
//	policies/sources.json  the policies as evaluated: a directory for each source, and its name in the result
//	policies/N/...
//	snapshot/...           the seal and the manifest of the snapshot, or all of it
//	reports/...            the result for people, in every format of Reports that this program has
//	SHA256SUMS             of every other file
//
// The same result, policies and snapshot give the same bytes: times are that of collecting, nothing is of this
// machine. A pack holds personal data, and is no more than its hashes: who can write it can write another. Open
// believes nothing of a pack: it bounds what it reads, takes no names that lead elsewhere, no links, no name twice
// and no file that has no hash.
package evidence

import "errors"

// ErrPack means that a pack is not as it was made, or that it says of itself what is not so.
var ErrPack = errors.New("the evidence is not as it was packed")

// ErrUnfit means that what was given to pack does not belong to the result.
var ErrUnfit = errors.New("it does not belong to the result")

const (
	resultFile  = "result.ndjson"
	readmeFile  = "README.txt"
	sourcesFile = "policies/sources.json"
	infoFile    = "pack.json"
	sumsFile    = "SHA256SUMS"
	snapshotDir = "snapshot/"
	sealFile    = "seal.json"
	// manifestFile is in clear in a snapshot that is not encrypted.
	manifestFile = "manifest.json"
)

// Report is a rendering of the result for people.
type Report struct{ Format, File string }

// Reports lists those that belong into a pack. One whose format this program does not have is left out.
func Reports() []Report {
	return []Report{
		{"html", "reports/report.html"},
		{"table", "reports/report.txt"},
		{"csv", "reports/verdicts.csv"},
		{"csv-matrix", "reports/matrix.csv"},
		{"csv-plan", "reports/plan.csv"},
	}
}
