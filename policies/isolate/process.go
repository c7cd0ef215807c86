package isolate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// MaxAnswer bounds, in bytes, one answer of a child.
const MaxAnswer = 4 << 20

// ErrEnded says that a child came to its end instead of answering.
var ErrEnded = errors.New("it ended the process that it ran in")

// Process is a child. It belongs to one goroutine.
type Process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.ReadCloser
	stderr *head
	once   sync.Once
	exited error
}

// Start starts a child. Of cmd only the program and its arguments count.
func Start(cmd *exec.Cmd) (*Process, error) {
	p := &Process{cmd: cmd, stderr: &head{}}
	cmd.Env, cmd.Dir, cmd.ExtraFiles = []string{}, rootDirectory(), nil
	cmd.Stderr = p.stderr
	cmd.WaitDelay = time.Second // for whoever holds the pipe of a child that is gone
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting an isolated process: %w", err)
	}
	if p.out, err = cmd.StdoutPipe(); err != nil {
		return nil, fmt.Errorf("starting an isolated process: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting an isolated process: %w", err)
	}
	return p, nil
}

// Call asks, and waits no longer than the limit for the answer. When there is none the child has ended, the
// Process is of no use any more, and the error is ErrEnded, or that of the context.
func (p *Process) Call(ctx context.Context, request []byte, limit time.Duration) ([]byte, error) {
	var late atomic.Bool
	watchdog := time.AfterFunc(limit, func() {
		late.Store(true)
		p.kill()
	})
	defer watchdog.Stop()
	defer context.AfterFunc(ctx, p.kill)()

	err := writeFrame(p.in, request)
	var answer []byte
	if err == nil {
		answer, err = readFrame(p.out, MaxAnswer)
	}
	if err == nil {
		return answer, nil
	}
	p.Close()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case late.Load():
		return nil, fmt.Errorf("%w: it took longer than %v and could not be stopped", ErrEnded, limit)
	case errors.Is(err, errTooLarge):
		return nil, fmt.Errorf("%w: its answer is larger than %d MiB", ErrEnded, MaxAnswer>>20)
	}
	return nil, fmt.Errorf("%w: %s", ErrEnded, p.why())
}

// Close ends the child and waits until it is gone.
func (p *Process) Close() {
	p.kill()
	p.once.Do(func() { p.exited = p.cmd.Wait() })
}

// kill is called from several goroutines, and when the child may be gone: then there is nothing to do.
func (p *Process) kill() { _ = p.cmd.Process.Kill() }

// why says what a child died of, as far as its last words tell.
func (p *Process) why() string {
	words := p.stderr.String()
	for _, known := range []struct{ mark, meaning string }{
		{"out of memory", "it took too much memory"},
		{"cannot allocate memory", "it took too much memory"},
		{"cannot map pages", "it took too much memory"},
		{"cannot allocate heap metadata", "it took too much memory"},
		{"failed to create new OS thread", "it took too much memory"},
		{"stack exceeds", "its recursion went too deep"},
		{"SIGXCPU", "it took too much processor time"},
	} {
		if strings.Contains(words, known.mark) {
			return known.meaning
		}
	}
	if first, _, _ := strings.Cut(strings.TrimSpace(words), "\n"); first != "" {
		return first
	}
	if p.exited != nil {
		return p.exited.Error()
	}
	return "it gave no answer"
}

// head keeps the beginning of what is written.
type head struct{ bytes.Buffer }

func (h *head) Write(b []byte) (int, error) {
	const most = 4 << 10
	if room := most - h.Len(); room > 0 {
		h.Buffer.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

// ID is the child's process id.
func (p *Process) ID() int { return p.cmd.Process.Pid }
