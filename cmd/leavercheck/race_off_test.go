//go:build !race

package main

// everyNth thins the people of the longest tests, where there is a race detector.
const everyNth = 1
