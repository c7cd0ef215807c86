//go:build !linux

package isolate

import (
	"os"
	"path/filepath"
	"time"
)

// Harden does nothing here: this system has no such limits, or does not keep them.
func Harden() error { return nil }

// LimitMemory does nothing here. What remains is Go's own soft limit, and the time that a call may take.
func LimitMemory(uint64) error { return nil }

// LimitTime does nothing here: the parent ends a call that takes too long.
func LimitTime(time.Duration) error { return nil }

func rootDirectory() string { return filepath.VolumeName(os.TempDir()) + string(filepath.Separator) }
