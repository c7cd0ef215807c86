package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"leavercheck/collector/simtenant"
	"leavercheck/collector/snapshot"
)

var scale = flag.Int("scale", 10_000, "how many leavers BenchmarkEvaluate goes up to, from 1,000 in steps of ten")

// BenchmarkEvaluate prints what the program takes from a snapshot to its result in a file: leavers a second of its
// own time and of processor time, and the most memory that the process held. The leavers are those of the simulated
// tenant over and over, each time under another id, with the provenance that they have. On one processor and on all.
//
//	go test ./cmd/leavercheck -run - -bench Evaluate -scale 100000 -benchtime 1x
func BenchmarkEvaluate(b *testing.B) {
	program := filepath.Join(b.TempDir(), "leavercheck")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	small := collectFrom(b, newTenant(b, simtenant.Options{}))
	for n := 1000; n <= *scale; n *= 10 {
		big := filepath.Join(b.TempDir(), "snapshot")
		bytes := repeated(b, small, big, n)
		for _, processors := range []string{"1", "2"} {
			b.Run(fmt.Sprintf("leavers=%d/processors=%s", n, processors), func(b *testing.B) {
				var wall, cpu time.Duration
				var memory int64
				for b.Loop() {
					result := filepath.Join(b.TempDir(), "result.ndjson")
					cmd := exec.CommandContext(b.Context(), program, "evaluate", big, "-q", "-o", "ndjson="+result, "--format", "table")
					cmd.Env = append(os.Environ(), "GOMAXPROCS="+processors)
					start := time.Now()
					_ = cmd.Run() // it exits with 3
					wall += time.Since(start)
					cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
					memory = max(memory, peak(cmd.ProcessState))
					if info, err := os.Stat(result); err != nil || info.Size() == 0 {
						b.Fatalf("no result: %v", err)
					}
				}
				all := float64(b.N * n)
				b.ReportMetric(float64(bytes)/float64(n), "bytes/leaver")
				b.ReportMetric(float64(wall.Microseconds())/all, "µs/leaver")
				b.ReportMetric(float64(cpu.Microseconds())/all, "µs-cpu/leaver")
				b.ReportMetric(all/wall.Seconds(), "leavers/s")
				b.ReportMetric(float64(memory)/(1<<20), "peak-MB")
			})
		}
	}
}

// repeated writes a snapshot of n leavers, those of another one over and over. It gives the bytes of their records.
func repeated(b *testing.B, from, to string, n int) int {
	b.Helper()
	reader, err := snapshot.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	type person struct {
		id     string
		record []byte
		rows   []snapshot.Provenance
	}
	var people []*person
	byKey := map[string]*person{}
	err = reader.Leavers(func(r snapshot.Record) error {
		if r.Leaver.ID == "" {
			return nil
		}
		text, err := json.Marshal(r)
		p := &person{id: r.Leaver.ID, record: text}
		people, byKey[r.Leaver.Key()] = append(people, p), p
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	var ofTenant []snapshot.Provenance
	err = reader.Provenance(func(row snapshot.Provenance) error {
		if p := byKey[row.Leaver]; p != nil {
			p.rows = append(p.rows, row)
		} else if row.Leaver == "" {
			ofTenant = append(ofTenant, row)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	w, err := snapshot.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Discard()
	size := 0
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, row := range ofTenant {
		must(w.Provenance(row))
	}
	for i := range n {
		p := people[i%len(people)]
		_, rest, _ := strings.Cut(p.id, "-")
		id := fmt.Sprintf("%08x-%s", i, rest)
		text := bytes.ReplaceAll(p.record, []byte(p.id), []byte(id))
		size += len(text)
		var r snapshot.Record
		must(json.Unmarshal(text, &r))
		must(w.Leaver(r))
		for _, row := range p.rows {
			row.Leaver = r.Leaver.Key()
			must(w.Provenance(row))
		}
	}
	manifest := reader.Manifest()
	manifest.Population.Leavers = n
	_, err = w.Seal(manifest, reader.Tenant())
	must(err)
	return size
}
