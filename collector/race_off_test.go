//go:build !race

package collector_test

// everyNth thins the people of the longest tests, so that many runs fit into a minute.
const everyNth = 6

// seeds is how many random schedules of faults are played.
const seeds = 60
