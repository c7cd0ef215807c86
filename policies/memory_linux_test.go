package policies

import (
	"os"
	"syscall"
)

// mostMemory is the most memory that a process had, in bytes.
func mostMemory(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return int64(usage.Maxrss) << 10
}
