// Package journal keeps on disk what a run has read, so that the next run in the same
// directory goes on instead of asking again.
//
// A unit is what stands or falls together: a listing read to its end, or one answer.
// Units are written as they come, those of several goroutines in turn, and count only
// once they are sealed.
//
// # Guarantees
//
//   - Whatever ends the program, a unit is recalled whole or not at all: blocks carry a
//     checksum, and what follows the first damaged one is forgotten (Open).
//   - One run at a time uses a directory; a second one gets ErrBusy.
//   - A disk that is full is told at once (Journal.Broken), not at the end.
//
// # Non-guarantees
//
// What came last, less than blockSize, may be lost when the program is killed. The
// checksum finds accidents; it is no signature. The journal holds personal data in
// clear, in a directory with mode 0700, until the run is finished.
package journal
