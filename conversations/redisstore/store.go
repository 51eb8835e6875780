// Package redisstore keeps everything in Redis: one server, Sentinel or a
// Cluster, without a change of code. All that one change touches lives under one
// hash tag ({p00} to {p15}; {board} for officers), so that a single script
// applies it whole. The package decides nothing: it compares, writes and reads.
// Start with keys.go, then commit.go and lua/commit.lua.
package redisstore

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/caravan-desk/caravan/channels"
)

// Options of a store. Client is for short commands; Readers for those that block.
type Options struct {
	Client     redis.UniversalClient
	Readers    redis.UniversalClient
	Consumer   string        // names this gateway among its like; the same after a restart
	Replicated bool          // a write counts only when the replicas have it; see Replicated
	Term       time.Duration // how long a command is tried before the store counts as away; 0: DefaultTerm
	Logger     *slog.Logger
	Now        func() time.Time
}

// DefaultTerm is short enough for a provider, who waits for his answer and comes again.
const DefaultTerm = 3 * time.Second

// Store is the whole of what is kept.
type Store struct {
	client     redis.UniversalClient
	readers    redis.UniversalClient
	consumer   string
	log        *slog.Logger
	now        func() time.Time
	term       time.Duration
	batch      *batcher
	partitions []*partition
	logKeys    []string
	workKeys   []string
	secret     []byte
	reserved   []reservation
	recent     *cache[uint64, cached] // conversations by number, decoded
	seen       *cache[uint64, string] // many more, as they are stored
	places     *cache[string, placed] // by handle
	tail       *tail
	fresh      freshMessages
	watchers   watchers
	abandoned  time.Duration
	seldom     int // bytes of a posting in a packed hash
}

// reservation is a block of numbers taken in advance for one partition.
type reservation struct {
	turn      chan struct{} // held by whoever takes one
	next, end uint64
}

// Open reads, or at first start writes, what is fixed for the store's life: the
// number of partitions and the secret that signs mail tokens.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{
		client: o.Client, readers: o.Readers, consumer: o.Consumer, log: o.Logger, now: o.Now, term: cmp.Or(o.Term, DefaultTerm), abandoned: abandonedAfter, seldom: seldomMost,
		recent: newCache[uint64, cached](1536), seen: newCache[uint64, string](20480), places: newCache[string, placed](24576),
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	pipe := o.Client.Pipeline()
	pipe.HSetNX(ctx, keyMeta, "partitions", DefaultPartitions)
	pipe.HSetNX(ctx, keyMeta, "secret", hex.EncodeToString(secret))
	meta := pipe.HGetAll(ctx, keyMeta)
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("open store: %w: %w", channels.ErrUnavailable, err)
	}
	count, err := strconv.Atoi(meta.Val()["partitions"])
	if err != nil || count < 1 {
		return nil, fmt.Errorf("open store: %s says %q partitions", keyMeta, meta.Val()["partitions"])
	}
	if s.secret, err = hex.DecodeString(meta.Val()["secret"]); err != nil {
		return nil, fmt.Errorf("open store: secret: %w", err)
	}
	s.reserved = make([]reservation, count)
	for i := range count {
		s.partitions = append(s.partitions, newPartition(i))
		s.reserved[i].turn = make(chan struct{}, 1)
	}
	s.nameLogs()
	s.batch = newBatcher(o.Client, o.Replicated)
	s.tail = newTail(s)
	return s, nil
}

// Secret signs what must be recognised when it comes back (mail tokens).
func (s *Store) Secret() []byte { return s.secret }

// Close ends the store's own goroutines; the clients are the caller's.
func (s *Store) Close() { s.batch.close() }

// opLength is the length of an operation's name.
const opLength = 16

// opID names one operation.
func opID() string {
	var b [opLength / 2]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Ready is nil, or tells what keeps the store from working.
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	until := time.Now().Add(time.Second)
	c := newOnce(ctx, "set", keyPulse, strconv.FormatInt(s.now().UnixMilli(), 10), "px", 60_000)
	if err := s.batch.do(ctx, until, c); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	return nil
}

// get reads through the batcher; it turns "no such key" into ok=false.
func get[T any](ctx context.Context, s *Store, cmd interface {
	redis.Cmder
	Result() (T, error)
}) (v T, ok bool, err error) {
	err = s.read(ctx, cmd)
	if errors.Is(err, redis.Nil) {
		return v, false, nil
	}
	if err != nil {
		return v, false, err
	}
	v, err = cmd.Result()
	return v, err == nil, err
}

// read runs commands that only read, again as long as that may help. A single
// command that finds nothing gives redis.Nil.
func (s *Store) read(ctx context.Context, cmds ...redis.Cmder) error {
	until := time.Now().Add(s.term)
	left, pause := cmds, retryPause
	for {
		if err := s.batch.many(ctx, until, left); err != nil {
			return fmt.Errorf("%w: %w", channels.ErrUnavailable, err)
		}
		failed, err := failures(left)
		if err == nil {
			break
		}
		if left = failed; !retryable(err) || !rest(ctx, until, &pause) {
			return fmt.Errorf("%w: %w", channels.ErrUnavailable, err)
		}
	}
	if len(cmds) == 1 && errors.Is(cmds[0].Err(), redis.Nil) {
		return redis.Nil
	}
	return nil
}

// failures are the commands that failed, and an error of one of them: one that
// trying again does not cure, if there is such.
func failures(cmds []redis.Cmder) (failed []redis.Cmder, err error) {
	for _, c := range cmds {
		e := c.Err()
		if e == nil || errors.Is(e, redis.Nil) {
			continue
		}
		if failed = append(failed, c); err == nil || !retryable(e) {
			err = e
		}
	}
	return failed, err
}
