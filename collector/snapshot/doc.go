// Package snapshot is the contract between the collector, which writes what a
// Microsoft 365 tenant said about people who left, and the policies, which judge
// it. It imports nothing else of this project.
//
// A snapshot is a directory:
//
//	manifest.json             who collected what, when, with which rights (Manifest)
//	tenant.json               facts that hold for the whole tenant (Tenant)
//	leavers.ndjson.zst        one Record per leaver, sorted by object id
//	provenance.ndjson.zst     where each fact came from (Provenance)
//	directory.ndjson.zst      the tenant's accounts, for the next collection (Directory); may be missing
//	seal.json                 SHA-256 and counts of the files above (Seal)
//	attestation.dsse.json     if it is signed: who vouches for all other files (Signature)
//
// An encrypted one holds the first four in one file, which only the recipients can read:
//
//	snapshot.age              an age envelope of a tar archive
//	seal.json                 in clear: hashes and counts, nobody's name
//	attestation.dsse.json     if it is signed, of the two files above
//
// The directory has mode 0700, its files 0600: they hold personal data.
//
// # Guarantees
//
// Every (leaver, fact) of the catalogue (LeaverFacts) has exactly one outcome; the
// writer refuses a record that lacks one. A fact that could not be read is
// "unknown" with a reason, never an empty list. The same tenant state gives the
// same bytes in tenant.json and leavers.ndjson.zst. A snapshot appears whole or
// not at all. Property names inside a fact's value are Microsoft's own; keys that
// this project adds are named in the schemas (LeaverSchema, TenantSchema). Times
// are UTC, RFC 3339.
//
// # Non-guarantees
//
// The seal shows accidents and careless edits. It is not a signature: whoever can
// write the directory can write a new seal. Nor is encryption: whoever knows a
// recipient can encrypt another snapshot to it. Only an attestation that a trusted key
// signed (Opening.Keys) tells. What is in clear beside an envelope says which tenant
// was looked at, when, for how many leavers and what their facts came to; and who can
// guess a file to the last byte can confirm the guess by its hash. Decrypting puts the
// files in clear into a private temporary directory; a process that is killed leaves
// it behind. Facts of one snapshot were read one
// after another, not at one instant.
package snapshot
