package wire

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// gate lets requests of one family through: at the family's rate, within an adaptive number in flight,
// and not before the fence is over that a 429 puts up for all of them.
type gate struct {
	limit Limit
	rate  *rate.Limiter
	max   int

	mu     sync.Mutex
	window float64
	flying int
	fence  time.Time
	// hungry is since when the service has only throttled; zero after any answer.
	hungry  time.Time
	changed chan struct{} // closed and replaced when any of the above changes
}

// firstWindow is how many requests fly before the service has shown how it takes them.
const firstWindow = 2

func newGate(l Limit) *gate {
	return &gate{
		limit:   l,
		rate:    rate.NewLimiter(rate.Limit(l.PerSecond), l.Burst),
		max:     l.Concurrent,
		window:  float64(min(firstWindow, l.Concurrent)),
		changed: make(chan struct{}),
	}
}

// enter waits until a request of that cost may be sent. The caller must call leave after it.
func (g *gate) enter(ctx context.Context, cost int) error {
	paid := false
	for {
		g.mu.Lock()
		wait := time.Until(g.fence)
		free := wait <= 0 && g.flying < int(g.window)
		if free {
			g.flying++
		}
		changed := g.changed
		g.mu.Unlock()
		if !free {
			if err := await(ctx, wait, changed); err != nil {
				return err
			}
			continue
		}
		// Paid for with a place at hand: whoever pays and then waits comes on top of what trickles in meanwhile.
		if !paid {
			if err := g.pay(ctx, cost); err != nil {
				g.back()
				return err
			}
			paid = true
		}
		if !g.shut() {
			return nil
		}
		g.back()
	}
}

// pay waits for the family's rate.
func (g *gate) pay(ctx context.Context, cost int) error {
	// A cost above the bucket's size could never be met.
	if err := g.rate.WaitN(ctx, min(cost, g.rate.Burst())); err != nil {
		// The limiter refuses at once when the deadline is too near; that is the deadline's doing.
		if ctx.Err() == nil {
			return context.DeadlineExceeded
		}
		return ctx.Err()
	}
	return nil
}

// back gives a place back that was not used.
func (g *gate) back() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flying--
	g.signal()
}

// await waits for a change, for the fence's end if there is one, or for the end of the context.
func await(ctx context.Context, fence time.Duration, changed <-chan struct{}) error {
	var over <-chan time.Time
	if fence > 0 {
		timer := time.NewTimer(fence)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-changed:
	case <-over:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// pause waits.
func pause(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ctx.Err()
	}
	return await(ctx, wait, nil)
}

// leave gives the place back. A clean answer widens the window by one place per window of answers; a
// throttled one halves it.
func (g *gate) leave(throttled bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flying--
	if throttled {
		g.window = max(1, g.window/2)
		if g.hungry.IsZero() {
			g.hungry = time.Now()
		}
	} else {
		g.hungry = time.Time{}
		g.window = min(float64(g.max), g.window+1/g.window)
	}
	g.signal()
}

// nearlyFull is the part of the quota from which Graph tells how much of it is used.
const nearlyFull = 0.8

// heed slows the family down before it is throttled: x-ms-throttle-limit-percentage tells the part of the
// quota that is used, RateLimit-Remaining and -Reset what is left of SharePoint's and for how long, and
// x-ms-resource-unit what a request really cost (learn.microsoft.com/graph/throttling).
func (g *gate) heed(h http.Header, charged int) {
	if cost, err := strconv.Atoi(h.Get("x-ms-resource-unit")); err == nil && cost > charged {
		// The next ones wait for what this one took too much.
		g.rate.ReserveN(time.Now(), min(cost-charged, g.rate.Burst()))
	}
	var rest time.Duration
	if used, err := strconv.ParseFloat(h.Get("x-ms-throttle-limit-percentage"), 64); err == nil && used >= nearlyFull {
		rest = time.Duration(min(used, 2) * float64(time.Second))
	}
	if left, err := strconv.Atoi(h.Get("RateLimit-Remaining")); err == nil && left <= 0 {
		const longest = 10 * 60 // seconds; SharePoint's windows are of a minute
		if reset, err := strconv.Atoi(h.Get("RateLimit-Reset")); err == nil && reset > 0 {
			rest = max(rest, time.Duration(min(reset, longest))*time.Second)
		}
	}
	if rest == 0 {
		return
	}
	g.close(time.Now().Add(rest + jitter(rest/10)))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.window = max(1, g.window/2)
}

// shut reports whether the fence is up.
func (g *gate) shut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Until(g.fence) > 0
}

// starved is how long the service has throttled the family without a single answer.
func (g *gate) starved() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hungry.IsZero() {
		return 0
	}
	return time.Since(g.hungry)
}

// close keeps the whole family from sending before that time.
func (g *gate) close(until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until.After(g.fence) {
		g.fence = until
		g.signal()
	}
}

func (g *gate) signal() {
	close(g.changed)
	g.changed = make(chan struct{})
}
