package embedded

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
)

const tailLines = 5

// logWriter passes the server's own log on: its warnings once it is ready as warnings,
// everything else (the chatter of starting and ending too) for debugging.
type logWriter struct {
	log *slog.Logger

	mu      sync.Mutex
	partial []byte
	last    []string // the latest lines, for the error when it does not start
	isReady bool
}

// Write takes the server's output in whatever pieces it comes. It never fails.
func (w *logWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.partial = append(w.partial, p...)
	for {
		line, rest, found := bytes.Cut(w.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		w.line(strings.TrimSpace(string(line)))
		w.partial = rest
	}
}

// line logs one line: "PID:ROLE DAY MONTH YEAR TIME LEVEL words", LEVEL # for a warning.
func (w *logWriter) line(line string) {
	level := slog.LevelDebug
	if parts := strings.SplitN(line, " ", 7); len(parts) == 7 && len(parts[5]) == 1 {
		line = parts[6]
		if parts[5] == "#" && w.isReady && !strings.Contains(line, "shutdown") && !strings.Contains(line, "ready to exit") {
			level = slog.LevelWarn
		}
	}
	if line == "" {
		return
	}
	if w.last = append(w.last, line); len(w.last) > tailLines {
		w.last = w.last[1:]
	}
	w.log.Log(context.Background(), level, "embedded store says", "line", line)
}

func (w *logWriter) ready() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isReady = true
}

func (w *logWriter) tail() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.last, "; ")
}
