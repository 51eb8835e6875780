package inbox

import (
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
)

const (
	// attemptsAtOnce is how often one may try to sign in as somebody from one address…
	attemptsAtOnce = 5
	// attemptTerm is … within this time.
	attemptTerm = 5 * time.Minute
	// maxAttempts bounds the memory of them.
	maxAttempts = 20_000
)

// throttle counts the failed sign-ins per email and client address.
type throttle struct {
	mu sync.Mutex
	by map[string]attempts
}

type attempts struct {
	count int
	until time.Time
}

func newThrottle() *throttle { return &throttle{by: map[string]attempts{}} }

// enter counts an attempt before it is made, so that many at once count too. It
// returns how long to wait, or 0.
func (t *throttle) enter(key string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.by) >= maxAttempts {
		t.clean(now)
	}
	n := t.by[key]
	if !now.Before(n.until) {
		n = attempts{until: now.Add(attemptTerm)}
	}
	if n.count >= attemptsAtOnce {
		return n.until.Sub(now)
	}
	n.count++
	t.by[key] = n
	return 0
}

// leave forgets the attempts of somebody who knew the password.
func (t *throttle) leave(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.by, key)
}

// clean makes room: what has run out goes first, then anything.
func (t *throttle) clean(now time.Time) {
	for key, n := range t.by {
		if !now.Before(n.until) {
			delete(t.by, key)
		}
	}
	for key := range t.by {
		if len(t.by) < maxAttempts {
			return
		}
		delete(t.by, key)
	}
}

// clientIP is the client's address as the app is configured to see it.
func clientIP(ctx huma.Context) string { return humafiber.Unwrap(ctx).IP() }
