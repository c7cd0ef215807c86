package policies

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// serving, as the only argument, makes the test binary an isolated process.
const serving = "serve-isolated"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == serving {
		if err := Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// isolated makes processes of the test binary.
func isolated(t testing.TB) Isolation {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Isolation{Command: func() *exec.Cmd { return exec.Command(self, serving) }}
}
