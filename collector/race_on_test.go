//go:build race

package collector_test

// everyNth thins the people of the longest tests: the race detector makes them ten times slower, and looks
// at what goroutines do, which is the same for fewer people.
const everyNth = 24

// seeds is how many random schedules of faults are played.
const seeds = 12
