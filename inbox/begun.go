package inbox

import (
	"sync"
	"time"
)

// maxBegun bounds the memory of sessions begun under an Idempotency-Key.
const maxBegun = 1000

// begun are sessions by officer and Idempotency-Key. Their secrets are in memory alone: other
// answers are kept in the store, but who reads a store must not be able to sign in.
type begun struct {
	mu sync.Mutex
	by map[string]begunSession
}

type begunSession struct {
	answer *session
	hash   string
	until  time.Time
}

// once returns the session that was begun under the key, if it lives, or begins one.
func (b *begun) once(key string, now time.Time, lives func(hash string) bool, begin func() (*session, string, error)) (*session, error) {
	b.mu.Lock() // also while it is begun: the same key at once makes one
	defer b.mu.Unlock()
	if was, ok := b.by[key]; ok && now.Before(was.until) && lives(was.hash) {
		return was.answer, nil
	}
	answer, hash, err := begin()
	if err != nil {
		return nil, err
	}
	for k, was := range b.by {
		if !now.Before(was.until) || len(b.by) >= maxBegun {
			delete(b.by, k)
		}
	}
	if b.by == nil {
		b.by = map[string]begunSession{}
	}
	b.by[key] = begunSession{answer, hash, now.Add(sessionTerm)}
	return answer, nil
}
