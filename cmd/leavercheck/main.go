package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	// Rosters name IANA time zones; Windows and minimal containers have no list of them.
	_ "time/tzdata"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, system{
		args: os.Args[1:], stdout: os.Stdout, stderr: os.Stderr, env: os.LookupEnv, now: time.Now,
	})
	stop()
	os.Exit(code)
}
