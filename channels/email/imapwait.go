package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
)

// errEnded is what a connection that the server closed while we waited comes to.
var errEnded = errors.New("the server ended the connection")

// wait returns when there may be new mail, or after d. It uses IDLE (RFC 2177)
// where the server has it, else NOOP from time to time.
func (s *session) wait(ctx context.Context, d time.Duration) error {
	if d <= 0 || len(s.news) > 0 {
		return nil
	}
	if !s.c.Caps().Has(imap.CapIdle) {
		return s.poll(ctx, min(d, cmp.Or(s.m.IMAP.Poll, defaultPoll)))
	}
	d = min(d, cmp.Or(s.m.round, idleRound))
	// NOOP brings out what arrived since the search: not every server tells it on IDLE.
	err := s.c.within(commandTimeout, func() error { return s.c.Noop().Wait() })
	if err != nil || len(s.news) > 0 {
		return err
	}
	var idle interface {
		Close() error
		Wait() error
	}
	err = s.c.within(commandTimeout, func() (err error) { idle, err = s.c.Idle(); return err })
	if err != nil {
		return fmt.Errorf("idle: %w", err)
	}
	s.c.quiet.setLimit(d + commandTimeout)
	err = s.sleep(ctx, d)
	s.c.quiet.setLimit(commandTimeout)
	if err != nil {
		_ = s.c.quiet.Close()
		_ = idle.Close()
		return err
	}
	return s.c.within(commandTimeout, func() error {
		if err := idle.Close(); err != nil {
			return fmt.Errorf("end idle: %w", err)
		}
		return idle.Wait()
	})
}

// poll waits, then asks: the answer to NOOP brings the news.
func (s *session) poll(ctx context.Context, d time.Duration) error {
	s.c.quiet.setLimit(d + commandTimeout)
	defer s.c.quiet.setLimit(commandTimeout)
	if err := s.sleep(ctx, d); err != nil {
		return err
	}
	return s.c.within(commandTimeout, func() error { return s.c.Noop().Wait() })
}

// sleep ends with news, after d, or with an error if the connection or ctx ends.
func (s *session) sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-s.news:
	case <-t.C:
	case <-s.c.Closed():
		return errEnded
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
