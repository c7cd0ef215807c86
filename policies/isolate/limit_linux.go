package isolate

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// rlimNofile leaves the pipes, what the Go runtime needs, and a table of time zones.
const rlimNofile = 32

// Harden takes from this process what no child needs: writing files, core dumps, many open files, and those
// that whoever started the parent left open for it.
func Harden() error {
	if err := closeInherited(); err != nil {
		return fmt.Errorf("closing inherited files: %w", err)
	}
	for resource, most := range map[int]uint64{syscall.RLIMIT_FSIZE: 0, syscall.RLIMIT_CORE: 0, syscall.RLIMIT_NOFILE: rlimNofile} {
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("limiting this process: %w", err)
		}
	}
	return nil
}

// closeInherited closes what is open and was not opened here: everything in Go is opened so that it would
// not have survived the start of a program.
func closeInherited() error {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, entry := range open {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil || fd <= syscall.Stderr {
			continue
		}
		flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0)
		if errno != 0 || flags&syscall.FD_CLOEXEC != 0 {
			continue // gone, as that of the listing itself, or ours
		}
		if err := syscall.Close(fd); err != nil {
			return err
		}
	}
	return nil
}

// LimitMemory lets this process take so many bytes more than it has now. What it has is measured in
// addresses, of which Go reserves more than it uses: a limit of less than some 100 MiB ends it at once.
func LimitMemory(more uint64) error {
	now, err := addresses()
	if err != nil {
		return fmt.Errorf("limiting memory: %w", err)
	}
	return soften(syscall.RLIMIT_AS, now+more)
}

// LimitTime lets this process take so much more processor time than it has taken, in whole seconds.
func LimitTime(more time.Duration) error {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return fmt.Errorf("limiting processor time: %w", err)
	}
	taken := used.Utime.Sec + used.Stime.Sec + 2 // each is cut off to a second
	return soften(syscall.RLIMIT_CPU, uint64(taken)+uint64((more+time.Second-1)/time.Second))
}

// soften sets the limit that can be set again.
func soften(resource int, most uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(resource, &limit); err != nil {
		return fmt.Errorf("limiting this process: %w", err)
	}
	limit.Cur = min(most, limit.Max)
	if err := syscall.Setrlimit(resource, &limit); err != nil {
		return fmt.Errorf("limiting this process: %w", err)
	}
	return nil
}

// addresses is the size of this process in memory addresses.
func addresses() (uint64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	pages, _, _ := bytes.Cut(text, []byte(" "))
	n, err := strconv.ParseUint(string(pages), 10, 64)
	return n * uint64(os.Getpagesize()), err
}

func rootDirectory() string { return "/" }
