package policies

import (
	"context"
	"fmt"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/topdown"
)

// bound ends evaluations that take too long or too much memory. It belongs to one worker and watches
// one evaluation at a time; nearly all of them are over long before it looks for the first time.
type bound struct {
	ctx    context.Context
	limit  time.Duration
	memory uint64 // bytes on the heap of the whole program

	mu      sync.Mutex
	running bool
	started time.Time
	timer   *time.Timer
	cancel  topdown.Cancel
	forget  func() bool // ends the watch on ctx
	over    error       // why the evaluation was ended
}

// look is how long an evaluation runs before the bound looks at it, and then again.
const look = 20 * time.Millisecond

func newBound(ctx context.Context, limit time.Duration, memory uint64) *bound {
	return &bound{ctx: ctx, limit: limit, memory: memory}
}

// begin starts the watch over one evaluation, which must honour the Cancel.
func (b *bound) begin() topdown.Cancel {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cancel == nil {
		cancel := topdown.NewCancel()
		b.cancel, b.over = cancel, nil
		b.forget = context.AfterFunc(b.ctx, cancel.Cancel)
	}
	b.running, b.started = true, time.Now()
	if b.timer == nil {
		b.timer = time.AfterFunc(look, b.tick)
	} else {
		b.timer.Reset(look)
	}
	return b.cancel
}

// end ends the watch and gives the reason if it was the bound that ended the evaluation.
func (b *bound) end() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running = false
	b.timer.Stop()
	over := b.over
	if over != nil {
		// A Cancel cannot be taken back: the next evaluation gets a new one.
		b.forget()
		b.cancel, b.over = nil, nil
	}
	return over
}

// close ends the watch on the context.
func (b *bound) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cancel != nil {
		b.forget()
		b.cancel = nil
	}
}

func (b *bound) tick() {
	b.mu.Lock()
	defer b.mu.Unlock()
	// A tick of an evaluation that has just ended may find the next one running: then little time has
	// passed, and it only looks again.
	if !b.running || b.over != nil {
		return
	}
	switch {
	case time.Since(b.started) >= b.limit:
		b.over = boundError(fmt.Sprintf("evaluation took longer than %v", b.limit))
	case time.Since(b.started) >= look && heap() > b.memory:
		b.over = boundError(fmt.Sprintf("evaluation took the program's memory beyond %d MiB", b.memory>>20))
	default:
		b.timer.Reset(min(look, b.limit))
		return
	}
	b.cancel.Cancel()
}

// heap is the memory in objects, live or not yet swept.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
