// Leavercheck checks, with evidence, whether the people on a roster were really
// offboarded from Microsoft 365.
//
//	leavercheck scan --roster leavers.csv                 the whole way: collect, evaluate, report
//	leavercheck collect --roster leavers.csv --out DIR    what the tenant says, as a sealed snapshot
//	leavercheck evaluate DIR                              the checklist's verdicts on a snapshot
//	leavercheck report RESULT                             a stored result in another format
//	leavercheck diff OLD NEW                              what changed between two stored results
//	leavercheck plan RESULT                               the ordered steps that would mend what fails
//	leavercheck verify DIR|FILE.zip                       whether a snapshot, or evidence, is as it was sealed
//	leavercheck doctor                                    what the sign-in may read, and what sets an application up
//	leavercheck simulate                                  a made-up tenant to try it all on
//	leavercheck exchange-export-script                    PowerShell for --exchange-export, where Exchange may not be asked
//	leavercheck policy list|show|test|check|new|digest    the rules, and the tools to write and change them
//
// It only reads. It signs in as an application, with whatever the environment offers
// (AZURE_TENANT_ID, AZURE_CLIENT_ID and a certificate or secret; a federated token; a
// managed identity), or with --auth device-code as a person. Every flag can also be set as LEAVERCHECK_<FLAG> in the environment
// or in the file that --config names; a flag wins over the environment, the environment
// over the file.
//
// # Exit codes
//
//	0  clean: nothing failed at or above --fail-on, nothing unknown at or above --incomplete-on
//	1  an error
//	2  usage or configuration: a flag, a roster, a policy, an attestation, a key, a directory, a baseline that does not fit
//	3  something failed at or above --fail-on; with --fail-on-new, and for diff: and is new since the earlier result
//	4  nothing failed, but something at or above --incomplete-on could not be checked
//	5  integrity: a broken seal or signature (of a snapshot or of rules), evidence that is not as it was packed, rules of another digest, a link to a foreign
//	   host, the wrong tenant
//	6  interrupted; with --out the same command goes on, for three days
//
// Collect judges nothing: its 4 says that --max-duration ended it, and the same command goes on.
//
// # Files
//
// All hold personal data, and have mode 0700 or 0600.
//
//	DIR             the snapshot at --out; its directory.ndjson.zst holds a delta token for the next --since
//	DIR.part        the checkpoint of a run that is not finished, in clear
//	DIR.clear       with --encrypt-to or --sign, the snapshot in clear while it is made; its checkpoint is DIR.clear.part
//
//	KEEP/*.ndjson   results at --keep, by date; never redacted, for the next one is compared with them
//	FILE.zip        evidence: the result, the policies, reports, the seal or the snapshot, and the hashes of all
//
// # Limitations
//
// What cannot be read is reported as unknown, never as pass. A pass says that the facts
// which the rule names were right when they were read, not that nothing else is wrong.
package main
