// Package isolate runs a part of the program in a process of its own, which may come to harm without
// harming the rest. The two talk over the child's standard input and output: the parent asks, the child
// answers, one frame each. The package knows nothing of what they say.
//
// # Guarantees
//
// A child starts with an empty environment, in the root directory, with no file open but its three pipes.
// It dies with the parent, at the latest when the processor time for one answer is used up. A call ends when
// its time is over: the child is killed, whatever it does. An answer beyond MaxAnswer is not read.
//
// On Linux a child that has called Limit cannot take more memory than that, nor much more processor time
// for one answer than it may take; it can write no file, dumps no core, and opens hardly any files.
//
// # Non-guarantees
//
// It is no sandbox. A child runs as the same user and may do what that user may do; what it is kept from is
// in the hands of the code that runs there. Elsewhere than on Linux the system does not limit memory: what
// holds there are Go's own soft limit, and the time.
package isolate
