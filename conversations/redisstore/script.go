package redisstore

import (
	"context"
	"crypto/sha1"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
)

//go:embed lua/commit.lua
var commitSource string

//go:embed lua/lease.lua
var leaseSource string

//go:embed lua/pace.lua
var paceSource string

//go:embed lua/review.lua
var reviewSource string

// script is an embedded Lua file, run by SHA.
type script struct{ source, sha string }

func newScript(source string) script {
	sum := sha1.Sum([]byte(source))
	return script{source: source, sha: hex.EncodeToString(sum[:])}
}

var (
	commitScript = newScript(commitSource)
	leaseScript  = newScript(leaseSource)
	paceScript   = newScript(paceSource)
	reviewScript = newScript(reviewSource)
)

// once is a command that go-redis must not repeat by itself: it repeats writes
// whose reply was lost, up to three times, and reports no error.
type once struct{ *redis.Cmd }

// NoRetry implements redis.Cmder.
func (once) NoRetry() bool { return true }

func newOnce(ctx context.Context, args ...any) once { return once{redis.NewCmd(ctx, args...)} }

const (
	// replyTerm is how long one reply is waited for.
	replyTerm = 2 * time.Second
	// retryPause and retryMost are the least and the longest wait before a command is tried again.
	retryPause = 5 * time.Millisecond
	retryMost  = 200 * time.Millisecond
)

// run executes a script through the batcher. args(again) gives the arguments
// after the script; again tells that an earlier run may have succeeded.
func (s *Store) run(ctx context.Context, sc script, args func(again bool) []any) (any, error) {
	cmd, body := "evalsha", sc.sha
	return s.repeat(ctx, func(again bool, last error) once {
		if last != nil && strings.HasPrefix(last.Error(), "NOSCRIPT") {
			cmd, body = "eval", sc.source
		}
		return newOnce(ctx, append([]any{cmd, body}, args(again)...)...)
	})
}

// write runs one command that may safely run twice.
func (s *Store) write(ctx context.Context, args ...any) (any, error) {
	return s.repeat(ctx, func(bool, error) once { return newOnce(ctx, args...) })
}

// repeat runs a command, again as long as that may help, for the store's term at most.
func (s *Store) repeat(ctx context.Context, command func(again bool, last error) once) (any, error) {
	until := time.Now().Add(s.term)
	var last error
	again, pause := false, retryPause
	for {
		c := command(again, last)
		last = s.batch.do(ctx, until, c)
		switch {
		case last == nil || errors.Is(last, redis.Nil):
			return c.Val(), nil
		case strings.HasPrefix(last.Error(), "NOSCRIPT"):
			continue
		case !retryable(last):
			return nil, fmt.Errorf("%w: %w", channels.ErrUnavailable, last)
		}
		again = again || lost(last)
		if !rest(ctx, until, &pause) {
			return nil, fmt.Errorf("%w: %w", channels.ErrUnavailable, last)
		}
	}
}

// rest waits for the pause, which grows; false: it would last too long, or ctx is done.
func rest(ctx context.Context, until time.Time, pause *time.Duration) bool {
	if time.Until(until) < *pause {
		return false
	}
	timer := time.NewTimer(*pause)
	defer timer.Stop()
	*pause = min(2*(*pause), retryMost)
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// lost reports whether the command may have been executed although it failed.
func lost(err error) bool {
	var server redis.Error
	return !errors.As(err, &server)
}

// retryable reports whether trying again may help within the term. A server
// that is out of memory, or misconfigured, will not recover that soon.
func retryable(err error) bool {
	var server redis.Error
	if errors.As(err, &server) {
		for _, p := range []string{"LOADING", "READONLY", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "MOVED", "ASK", "NOREPLICAS", "UNBLOCKED", "BUSY"} {
			if strings.HasPrefix(server.Error(), p) {
				return true
			}
		}
		return false
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, redis.ErrClosed) || errors.Is(err, net.ErrClosed) || errors.Is(err, errUnreplicated) || errors.Is(err, errUnwritten) || isPool(err) ||
		strings.Contains(err.Error(), "connection") || strings.Contains(err.Error(), "cluster has no nodes")
}

func isPool(err error) bool {
	return errors.Is(err, redis.ErrPoolTimeout) || errors.Is(err, redis.ErrPoolExhausted)
}

// commit applies a transaction, again as long as that may help, for the store's
// term at most. A failed check comes back as *refusal.
func (s *Store) commit(ctx context.Context, t *tx) error {
	until, pause := time.Now().Add(s.term), retryPause
	again, alone := false, false
	for {
		err := s.batch.apply(ctx, until, t, again, alone)
		if err == nil {
			return nil
		}
		var no *refusal
		switch {
		case errors.As(err, &no):
			no.late = again
			return err
		case errors.Is(err, errApart):
			again, alone = true, true
			continue
		case !retryable(err):
			return fmt.Errorf("%w: %w", channels.ErrUnavailable, err)
		}
		again = again || lost(err)
		if !rest(ctx, until, &pause) {
			return fmt.Errorf("%w: %w", channels.ErrUnavailable, err)
		}
	}
}
