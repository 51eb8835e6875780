package outbox

import (
	"time"

	"github.com/caravan-desk/caravan/channels"
)

// How long a message is tried, and how the waits grow.
const (
	firstWait = 5 * time.Second
	mostWait  = 30 * time.Minute
	giveUp    = 24 * time.Hour
)

// RetryAt says when to try a message again after a send that did not succeed:
// waits double from 5 s to 30 min, a tenth of them spread by the seed so that
// many messages do not come back at once, and end a day after the message was
// made. A throttled message waits at least as long as the provider said. again
// is false when there is no point in trying. It is pure.
func RetryAt(now, made time.Time, attempt int, e *channels.SendError, seed uint64) (at time.Time, again bool) {
	if e.Failure != channels.Temporary && e.Failure != channels.Throttled {
		return time.Time{}, false
	}
	wait := mostWait
	if attempt >= 1 && attempt < 10 {
		wait = min(mostWait, firstWait<<(attempt-1))
	}
	wait += time.Duration(seed % uint64(wait/10+1))
	at = now.Add(max(wait, e.RetryAfter))
	if at.After(made.Add(giveUp)) {
		return time.Time{}, false
	}
	return at, true
}

// lookAt says when to ask the provider again about a message whose fate it could
// not tell; ok is false when a person must decide.
func lookAt(now, made time.Time, attempt int) (at time.Time, ok bool) {
	at = now.Add(min(mostWait, firstWait<<min(attempt, 9)))
	return at, at.Before(made.Add(giveUp))
}
