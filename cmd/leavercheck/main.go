package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	// Rosters name IANA time zones; Windows and minimal containers have no list of them.
	_ "time/tzdata"
)

func main() {
	// What is alive is little, what a leaver leaves behind is much: collecting garbage more rarely saves time, and
	// the program stays below 300 MB. GOGC still decides where somebody sets it.
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(300)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, system{
		args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, env: os.LookupEnv, now: time.Now, ticks: everySecond,
	})
	stop()
	os.Exit(code)
}

func everySecond() (<-chan time.Time, func()) {
	ticker := time.NewTicker(time.Second)
	return ticker.C, ticker.Stop
}
