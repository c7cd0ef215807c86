package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"testing"
)

func BenchmarkTmp(b *testing.B) {
	debug.SetGCPercent(400)
	if _, err := os.Stat("/tmp/sp/big"); err != nil {
		repeated(b, "/tmp/sp/snap1", "/tmp/sp/big", 4000)
	}
	for b.Loop() {
		runCommand(b, "evaluate", "/tmp/sp/big", "-q", "-o", "ndjson=/tmp/sp/big.ndjson")
	}
	_ = runtime.NumCPU
	f, _ := os.Create("/tmp/sp/heap.prof")
	runtime.GC()
	pprof.WriteHeapProfile(f)
	f.Close()
}
