package redisstore

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// disk holds back what a server answered to writes until it has written them to its
// append-only file. With appendfsync everysec it answers at once, and while an fsync is under
// way it puts off the writing for up to two seconds (aof.c: flushAppendOnlyFile); killed just
// then, it loses what it acknowledged. So each pipeline that writes ends with a look at its
// file: if no fsync is under way then, what was done so far is written before the answers
// leave. docs/decisions/0023-answered-when-written.md.
type disk struct {
	mu    sync.Mutex
	held  []*call
	seen  aof  // when the last of them was answered
	looks bool // somebody looks for them
}

const (
	// diskPause and diskPauseMost are the least and the longest wait before another look.
	diskPause, diskPauseMost = time.Millisecond, 16 * time.Millisecond
	// diskTerm is how long writing may take: twice as long as a server puts it off.
	diskTerm = 4 * time.Second
)

// errUnwritten says that a write was done, but not written to the disk in time: if the
// server is killed now, it is lost.
var errUnwritten = errors.New("the server has not written it to its disk")

// aof is what INFO persistence tells of an append-only file (redis.io/commands/info).
type aof struct {
	size, buffer int64 // bytes in the file, and still to be written to it
	rewrites     int64 // how often it was made shorter, since the server began
	fsync        bool  // one is under way
}

// parseAOF reads INFO persistence; a server without such a file puts nothing off.
func parseAOF(info string) (a aof) {
	field := func(name string) (n int64) {
		if _, rest, ok := strings.Cut(info, "\n"+name+":"); ok {
			value, _, _ := strings.Cut(rest, "\r\n")
			n, _ = strconv.ParseInt(value, 10, 64)
		}
		return n
	}
	a.size, a.buffer, a.rewrites = field("aof_current_size"), field("aof_buffer_length"), field("aof_rewrites")
	a.fsync = field("aof_pending_bio_fsync") > 0
	return a
}

// putOff reports whether what is in the buffer may stay there.
func (a aof) putOff() bool { return a.fsync && a.buffer > 0 }

// has reports whether what was in the buffer before is in the file now: by its length, which
// holds if the server was killed meanwhile and has read what there was; but a file that was
// made shorter says nothing, and then it is enough that nothing is put off.
func (a aof) has(before aof) bool {
	return a.size >= before.size+before.buffer || a.rewrites > before.rewrites && !a.putOff()
}

// look asks a server how its file is doing.
func look(ctx context.Context) *redis.StringCmd {
	return redis.NewStringCmd(ctx, "info", "persistence")
}

// hold keeps calls until the file has what was in the buffer, and reports whether somebody
// has to look for them.
func (d *disk) hold(calls []*call, seen aof) (first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.held) == 0 || seen.size+seen.buffer > d.seen.size+d.seen.buffer {
		d.seen = seen
	}
	d.held = append(d.held, calls...)
	first, d.looks = !d.looks, true
	return first
}

// take is those that are held now; when there are none, nobody looks any more.
func (d *disk) take() (calls []*call, seen aof) {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls, seen = d.held, d.seen
	d.held, d.looks = nil, len(calls) > 0
	return calls, seen
}

// release looks until nothing is held any more.
func (d *disk) release(see func() (aof, error), quit <-chan struct{}) {
	for calls, seen := d.take(); len(calls) > 0; calls, seen = d.take() {
		err := written(seen, see, quit)
		for _, c := range calls {
			if err != nil {
				c.fail(err)
			}
			c.done <- struct{}{}
		}
	}
}

// written waits until the file has what was in the buffer before.
func written(before aof, see func() (aof, error), quit <-chan struct{}) error {
	until := time.Now().Add(diskTerm)
	for pause := diskPause; time.Now().Before(until); pause = min(2*pause, diskPauseMost) {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-quit:
			timer.Stop()
			return errClosed
		}
		a, err := see()
		if err != nil {
			return errors.Join(errUnwritten, err)
		}
		if a.has(before) {
			return nil
		}
	}
	return errUnwritten
}
