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
		"nothing under way":               {info("aof_enabled:1\r\naof_current_size:90\r\naof_buffer_length:7\r\naof_pending_bio_fsync:0\r\n"), false, aof{}},
		"an fsync, and nothing to write":  {info("aof_current_size:90\r\naof_buffer_length:0\r\naof_pending_bio_fsync:1\r\n"), false, aof{90, 0, true}},
		"an fsync, and something to wait": {info("aof_current_size:90\r\naof_buffer_length:7\r\naof_pending_bio_fsync:1\r\n"), true, aof{90, 7, true}},
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
	busy := func(size, buffer int64) aof { return aof{size, buffer, true} }
	for name, c := range map[string]struct {
		see func() (aof, error)
		err error
	}{
		"the fsync is done":             {looks(busy(50, 60), aof{}), nil},
		"it was written, and more came": {looks(busy(50, 60), busy(100, 9)), nil},
		"nothing is left in the buffer": {looks(busy(50, 60), busy(30, 0)), nil},
		"the server is gone":            {looks(busy(50, 60), busy(99, 60)), errUnwritten},
	} {
		if err := written(100, c.see, make(chan struct{})); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	quit := make(chan struct{})
	close(quit)
	if err := written(100, func() (aof, error) { return busy(50, 60), nil }, quit); !errors.Is(err, errClosed) {
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
	if !d.hold(first, aof{10, 5, true}) {
		t.Fatal("nobody looks for the first")
	}
	seen := 0
	see := func() (aof, error) {
		switch seen++; seen {
		case 1: // the second comes while the first is looked for
			if d.hold(second, aof{15, 20, true}) {
				t.Error("two look")
			}
			return aof{15, 20, true}, nil
		case 2:
			if len(first[0].done) != 1 || len(first[1].done) != 1 || len(second[0].done) != 0 {
				t.Errorf("let go: %d, %d of the first, %d of the second", len(first[0].done), len(first[1].done), len(second[0].done))
			}
			return aof{34, 1, true}, nil
		}
		return aof{}, redis.ErrClosed
	}
	var wg sync.WaitGroup
	wg.Go(func() { d.release(see, make(chan struct{})) })
	wg.Wait()
	if seen != 3 || len(second[0].done) != 1 || !errors.Is(second[0].err, errUnwritten) || first[0].err != nil {
		t.Errorf("%d looks; the second: let go %d, %v; the first: %v", seen, len(second[0].done), second[0].err, first[0].err)
	}
	if calls := slices.Concat(first, second); !d.hold(calls, aof{1, 1, true}) {
		t.Error("nobody looks any more")
	}
}
