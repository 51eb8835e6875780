package inbox

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// attemptsAtOnce is how often one may try to sign in as somebody from one address
	// before he has to wait: a second, and twice as long after each further try, up to
	// attemptPause. What he tries meanwhile is not looked at and costs him nothing.
	attemptsAtOnce = 5
	attemptPause   = time.Minute
	// attemptTerm is how long after the last of them they are forgotten.
	attemptTerm = 30 * time.Minute
	// maxAttempts bounds the memory of them.
	maxAttempts = 20_000
)

// throttle counts the failed sign-ins per account and network. Nobody is locked out by who
// does not share his network: an officer's own tries are counted apart.
type throttle struct {
	mu sync.Mutex
	by map[attempt]attempts
}

type attempt struct {
	email string
	from  netip.Prefix
}

type attempts struct {
	count int
	next  time.Time // when the next may be made
	until time.Time // when they are forgotten
}

func newThrottle() *throttle { return &throttle{by: map[attempt]attempts{}} }

// enter counts an attempt before it is made, so that many at once count too. It
// returns how long to wait, or 0.
func (t *throttle) enter(key attempt, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.by) >= maxAttempts {
		t.clean(now)
	}
	n := t.by[key]
	if !now.Before(n.until) {
		n = attempts{}
	}
	if now.Before(n.next) {
		return n.next.Sub(now)
	}
	if n.count++; n.count >= attemptsAtOnce {
		n.next = now.Add(min(attemptPause, time.Second<<min(n.count-attemptsAtOnce, 10)))
	}
	n.until = now.Add(attemptTerm)
	t.by[key] = n
	return 0
}

// leave forgets the attempts of somebody who knew the password.
func (t *throttle) leave(key attempt) {
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
