package redisstore

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// Speak sends what go-redis tells (each dial that fails, while a server is away)
// to the log, the same at most once in speakEvery. It is go-redis's own global:
// the last call counts.
func Speak(log *slog.Logger) {
	voice.log.Store(log)
	speak.Do(func() { redis.SetLogger(&voice) })
}

var (
	voice = speaker{told: map[string]time.Time{}}
	speak sync.Once
)

const (
	speakEvery = 10 * time.Second
	speakMost  = 100 // different things remembered
)

// speaker is a go-redis logger.
type speaker struct {
	log  atomic.Pointer[slog.Logger]
	mu   sync.Mutex
	told map[string]time.Time
}

// Printf implements go-redis's logger.
func (s *speaker) Printf(ctx context.Context, format string, args ...any) {
	now := time.Now()
	s.mu.Lock()
	last, ok := s.told[format]
	quiet := ok && now.Sub(last) < speakEvery
	if !quiet {
		if len(s.told) >= speakMost {
			clear(s.told)
		}
		s.told[format] = now
	}
	s.mu.Unlock()
	if !quiet {
		s.log.Load().WarnContext(ctx, "redis", "says", fmt.Sprintf(format, args...))
	}
}
