package redisstore

import "time"

// AbandonAfter makes the store take over what a reader left after d. It must be
// called before Follow.
func (s *Store) AbandonAfter(d time.Duration) { s.abandoned = d }

// SeldomAtMost makes postings of more than n bytes long ones.
func (s *Store) SeldomAtMost(n int) { s.seldom = n }
