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
	want  int64 // how long the file is when it has all that those wait for
	looks bool  // somebody looks for them
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
	if a.fsync = field("aof_pending_bio_fsync") > 0; a.fsync {
		a.size, a.buffer = field("aof_current_size"), field("aof_buffer_length")
	}
	return a
}

// putOff reports whether what is in the buffer may stay there.
func (a aof) putOff() bool { return a.fsync && a.buffer > 0 }

// look asks a server how its file is doing.
func look(ctx context.Context) *redis.StringCmd {
	return redis.NewStringCmd(ctx, "info", "persistence")
}

// hold keeps calls until the file is as long as it will be with what was in the buffer, and
// reports whether somebody has to look for them.
func (d *disk) hold(calls []*call, seen aof) (first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held, d.want = append(d.held, calls...), max(d.want, seen.size+seen.buffer)
	first, d.looks = !d.looks, true
	return first
}

// take is those that are held now; when there are none, nobody looks any more.
func (d *disk) take() (calls []*call, want int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls, want = d.held, d.want
	d.held, d.want, d.looks = nil, 0, len(calls) > 0
	return calls, want
}

// release looks until nothing is held any more.
func (d *disk) release(see func() (aof, error), quit <-chan struct{}) {
	for calls, want := d.take(); len(calls) > 0; calls, want = d.take() {
		err := written(want, see, quit)
		for _, c := range calls {
			if err != nil {
				c.fail(err)
			}
			c.done <- struct{}{}
		}
	}
}

// written waits until the file is as long as is wanted, or nothing waits to be written.
func written(want int64, see func() (aof, error), quit <-chan struct{}) error {
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
		if !a.putOff() || a.size >= want {
			return nil
		}
	}
	return errUnwritten
}
