package redisstore

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

func TestParseAOF(t *testing.T) {
	info := func(fields string) string {
		return "# Persistence\r\nloading:0\r\n" + fields + "module_fork_in_progress:0\r\n"
	}
	for name, c := range map[string]struct {
		info   string
		putOff bool
		want   aof
	}{
		"no file":                         {info("aof_enabled:0\r\n"), false, aof{}},
		"not Redis":                       {"", false, aof{}},
		"nothing under way":               {info("aof_enabled:1\r\naof_current_size:90\r\naof_buffer_length:7\r\naof_pending_bio_fsync:0\r\n"), false, aof{size: 90, buffer: 7}},
		"an fsync, and nothing to write":  {info("aof_current_size:90\r\naof_buffer_length:0\r\naof_pending_bio_fsync:1\r\n"), false, aof{size: 90, fsync: true}},
		"an fsync, and something to wait": {info("aof_current_size:90\r\naof_buffer_length:7\r\naof_pending_bio_fsync:1\r\n"), true, aof{size: 90, buffer: 7, fsync: true}},
	} {
		if got := parseAOF(c.info); got != c.want || got.putOff() != c.putOff {
			t.Errorf("%s: %+v, put off %v", name, got, got.putOff())
		}
	}
}

// looks are what a server tells, one after the other.
func looks(all ...aof) func() (aof, error) {
	return func() (aof, error) {
		if len(all) == 0 {
			return aof{}, redis.ErrClosed
		}
		a := all[0]
		all = all[1:]
		return a, nil
	}
}

func TestWritten(t *testing.T) {
	busy := func(size, buffer int64) aof { return aof{size: size, buffer: buffer, fsync: true} }
	for name, c := range map[string]struct {
		see func() (aof, error)
		err error
	}{
		"the fsync is done":             {looks(busy(50, 60), aof{size: 110}), nil},
		"it was written, and more came": {looks(busy(50, 60), busy(100, 9)), nil},
		"it was rewritten":              {looks(aof{size: 20, buffer: 9, rewrites: 1, fsync: true}, aof{size: 29, rewrites: 1}), nil},
		"the server is gone":            {looks(busy(50, 60), busy(99, 60)), errUnwritten},
		"it was killed, and began anew": {looks(busy(50, 60), aof{size: 50}), errUnwritten},
	} {
		if err := written(busy(50, 50), c.see, make(chan struct{})); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	quit := make(chan struct{})
	close(quit)
	if err := written(busy(50, 50), func() (aof, error) { return busy(50, 60), nil }, quit); !errors.Is(err, errClosed) {
		t.Errorf("closed: %v", err)
	}
}

// TestHeldUntilWritten has calls come while others are waited for: each is let go by a look
// that began after it came, and one at a time looks.
func TestHeldUntilWritten(t *testing.T) {
	defer goleak.VerifyNone(t)
	var d disk
	held := func(n int) (out []*call) {
		for range n {
			out = append(out, &call{tx: &tx{}, done: make(chan struct{}, 1)})
		}
		return out
	}
	first, second := held(2), held(1)
	if !d.hold(first, aof{size: 10, buffer: 5, fsync: true}) {
		t.Fatal("nobody looks for the first")
	}
	seen := 0
	see := func() (aof, error) {
		switch seen++; seen {
		case 1: // the second comes while the first is looked for
			if d.hold(second, aof{size: 15, buffer: 20, fsync: true}) {
				t.Error("two look")
			}
			return aof{size: 15, buffer: 20, fsync: true}, nil
		case 2:
			if len(first[0].done) != 1 || len(first[1].done) != 1 || len(second[0].done) != 0 {
				t.Errorf("let go: %d, %d of the first, %d of the second", len(first[0].done), len(first[1].done), len(second[0].done))
			}
			return aof{size: 34, buffer: 1, fsync: true}, nil
		}
		return aof{}, redis.ErrClosed
	}
	var wg sync.WaitGroup
	wg.Go(func() { d.release(see, make(chan struct{})) })
	wg.Wait()
	if seen != 3 || len(second[0].done) != 1 || !errors.Is(second[0].err, errUnwritten) || first[0].err != nil {
		t.Errorf("%d looks; the second: let go %d, %v; the first: %v", seen, len(second[0].done), second[0].err, first[0].err)
	}
	if calls := slices.Concat(first, second); !d.hold(calls, aof{size: 1, buffer: 1, fsync: true}) {
		t.Error("nobody looks any more")
	}
}
