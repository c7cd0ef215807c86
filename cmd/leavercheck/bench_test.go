package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"leavercheck/collector"
	"leavercheck/collector/simtenant"
	"leavercheck/collector/wire"
)

// BenchmarkCollect prints what collecting 1,000 leavers among 10,000 people costs: requests by family,
// and the time that Microsoft's quota for logs alone would take (quota-s), beside the time on this
// machine against a tenant without quotas.
func BenchmarkCollect(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		tenant := newTenant(b, simtenant.Options{Leavers: 1000, Bystanders: 9000})
		server, err := tenant.Start()
		if err != nil {
			b.Fatal(err)
		}
		options := simulatedOptions(b, tenant, server, filepath.Join(b.TempDir(), "snapshot"))
		b.StartTimer()
		collected, err := collector.Collect(b.Context(), options)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		for family, n := range collected.Requests {
			b.ReportMetric(float64(n), string(family)+"-requests")
		}
		b.ReportMetric(float64(collected.Requests[wire.Logs])/wire.DocumentedLimits()[wire.Logs].PerSecond, "quota-s")
		if err := server.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkStart prints how long the program takes from its start to its first output.
func BenchmarkStart(b *testing.B) {
	program := filepath.Join(b.TempDir(), "leavercheck")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for name, args := range map[string][]string{"help": {"--help"}, "list": {"policy", "list"}, "scan": {"scan", "--simulate"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), program, args...)
				stdout, err := cmd.StdoutPipe()
				if err != nil {
					b.Fatal(err)
				}
				start := time.Now()
				if err := cmd.Start(); err != nil {
					b.Fatal(err)
				}
				if _, err := stdout.Read(make([]byte, 1)); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(time.Since(start).Seconds()*1000, "first-output-ms")
				_, _ = stdout.Read(make([]byte, 1<<20))
				_ = cmd.Wait() // scan exits with 3
			}
		})
	}
}
