//go:build !race

package collector_test

// everyNth thins the people of the longest tests, where there is a race detector.
const everyNth = 1
