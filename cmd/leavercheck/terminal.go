package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"leavercheck/collector"
	"leavercheck/collector/snapshot"
	"leavercheck/report/clean"
)

// printLines writes to the output; a reader that went away is an error, not silence.
func printLines(w io.Writer, lines ...string) error {
	if _, err := io.WriteString(w, strings.Join(lines, "\n")+"\n"); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// tenantName is how people know a tenant.
func tenantName(m snapshot.Manifest) string {
	if m.TenantName == "" {
		return m.TenantID
	}
	return m.TenantName
}

// newLog writes lines for operators: warnings, and with --verbose what is being done.
func newLog(w io.Writer, c *common) *slog.Logger {
	level := slog.LevelWarn
	switch {
	case c.quiet:
		level = slog.LevelError
	case c.verbose:
		level = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindString {
			a.Value = slog.StringValue(clean.Text(a.Value.String()))
		}
		return a
	}}
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// redraw is how often the progress line may change.
const redraw = 100 * time.Millisecond

// newProgress shows collecting as one line that is redrawn on a terminal, and as one log line per phase
// elsewhere. The second function takes the line away.
func newProgress(w io.Writer, c *common, log *slog.Logger) (step func(collector.Progress), end func()) {
	f, ok := w.(*os.File)
	live := ok && term.IsTerminal(int(f.Fd())) && !c.quiet && !c.noProgress
	var mu sync.Mutex
	seen := map[string]bool{}
	var last time.Time
	const erase = "\r\x1b[K"
	step = func(p collector.Progress) {
		mu.Lock()
		defer mu.Unlock()
		first := !seen[p.Phase]
		seen[p.Phase] = true
		if !live {
			if first {
				log.Info("collecting", "phase", p.Phase)
			}
			return
		}
		now := time.Now()
		if !first && p.Done != p.Total && now.Sub(last) < redraw {
			return
		}
		last = now
		line := "collecting " + p.Phase
		switch {
		case p.Total > 0:
			line += fmt.Sprintf(" %d/%d", p.Done, p.Total)
		case p.Done > 0:
			line += fmt.Sprintf(" %d", p.Done)
		}
		fmt.Fprint(w, erase+line)
	}
	end = func() {
		if live {
			fmt.Fprint(w, erase)
		}
	}
	return step, end
}
