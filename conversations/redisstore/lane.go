package redisstore

import (
	"runtime"
	"sync"
)

const (
	pipelines = 4   // under way at once, to one server
	batchTxs  = 10  // transactions in one pipeline: about half a millisecond of the server's time
	batchSize = 128 // commands in one pipeline
	laneRoom  = 256 // calls that wait for a pipeline
)

// lane is where the calls for one server wait until a pipeline takes them. Those that come
// while others are being worked out go together, since each pipeline costs both sides a
// write, a read and a wake-up; but no more than keep the server busy while the next are
// worked out, else the two take turns at being idle.
type lane struct {
	room chan struct{} // has one word for each call that waits
	wake chan struct{} // tells a pipeline to look; whenever calls wait, one has been told
	disk disk

	mu      sync.Mutex
	waiting []*call
	txs     int // of those that wait
}

func newLane() *lane {
	return &lane{room: make(chan struct{}, laneRoom), wake: make(chan struct{}, pipelines)}
}

// put adds a call, for which there is room.
func (l *lane) put(c *call) {
	l.mu.Lock()
	l.waiting = append(l.waiting, c)
	first := len(l.waiting) == 1
	if c.tx != nil {
		l.txs++
	}
	full := l.full()
	l.mu.Unlock()
	if first || full {
		l.tell()
	}
}

// full reports whether what waits makes a pipeline.
func (l *lane) full() bool { return l.txs >= batchTxs || len(l.waiting) >= batchSize }

func (l *lane) tell() {
	select {
	case l.wake <- struct{}{}:
	default: // all will look anyway
	}
}

// run is one pipeline: it sends what waits, a batch at a time, until it is told to quit.
func (l *lane) run(quit <-chan struct{}, send func(*lane, []*call)) {
	var batch []*call
	for {
		select {
		case <-l.wake:
		case <-quit:
			return
		}
		l.mu.Lock()
		full := l.full()
		l.mu.Unlock()
		if !full {
			runtime.Gosched() // whoever can run now may have something to add
		}
		if batch = l.take(batch[:0]); len(batch) > 0 {
			send(l, batch)
		}
	}
}

// take moves the next calls into the batch.
func (l *lane) take(batch []*call) []*call {
	l.mu.Lock()
	txs := 0
	for _, c := range l.waiting {
		if c.tx != nil {
			txs++
		}
		if txs > batchTxs || len(batch) == batchSize {
			break
		}
		batch = append(batch, c)
		<-l.room
	}
	left := copy(l.waiting, l.waiting[len(batch):])
	clear(l.waiting[left:])
	l.waiting = l.waiting[:left]
	l.txs -= min(txs, batchTxs)
	l.mu.Unlock()
	if left > 0 {
		l.tell()
	}
	return batch
}
