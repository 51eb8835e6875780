package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// load is requests over keep-alive connections. It does as little as a client
// can: requests are ready, and of an answer only the status and the length are read.
type load struct {
	addr    string
	conns   int
	n       int
	rate    float64       // requests a second; 0: each connection as fast as it is answered
	term    time.Duration // no request begins after it; 0: all of them do
	request func(i int) []byte
	status  string            // wanted, as in "200"
	body    func(int, []byte) // takes each answer's body, if not nil
}

// outcome is when each request went and was answered.
type outcome struct {
	began     time.Time
	elapsed   time.Duration
	sent, got []time.Duration // since began
}

func (o *outcome) perSecond() float64 { return float64(len(o.got)) / o.elapsed.Seconds() }

// latencies are sorted.
func (o *outcome) latencies() []time.Duration {
	all := make([]time.Duration, len(o.got))
	for i := range all {
		all[i] = o.got[i] - o.sent[i]
	}
	slices.Sort(all)
	return all
}

// quantile of sorted durations; q in [0, 1).
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)))]
}

// run sends everything; the first failure ends it.
func (l load) run(ctx context.Context) (*outcome, error) {
	o := &outcome{sent: make([]time.Duration, l.n), got: make([]time.Duration, l.n)}
	conns := make([]net.Conn, l.conns)
	for i := range conns {
		c, err := net.Dial("tcp", l.addr)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		conns[i] = c
	}
	stop := context.AfterFunc(ctx, func() {
		for _, c := range conns {
			_ = c.SetDeadline(time.Now())
		}
	})
	defer stop()
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, l.conns)
	o.began = time.Now()
	take := func() int {
		if l.term > 0 && time.Since(o.began) > l.term {
			return l.n
		}
		return int(next.Add(1)) - 1
	}
	for _, c := range conns {
		wg.Go(func() {
			r := bufio.NewReaderSize(c, 64<<10)
			for i := take(); i < l.n; i = take() {
				if err := l.one(o, i, c, r); err != nil {
					next.Store(int64(l.n))
					errs <- fmt.Errorf("request %d: %w", i, err)
					return
				}
			}
		})
	}
	wg.Wait()
	o.elapsed = time.Since(o.began)
	done := min(int(next.Load()), l.n)
	o.sent, o.got = o.sent[:done], o.got[:done]
	select {
	case err := <-errs:
		return nil, err
	default:
		return o, ctx.Err()
	}
}

func (l load) one(o *outcome, i int, c net.Conn, r *bufio.Reader) error {
	if l.rate > 0 {
		time.Sleep(time.Until(o.began.Add(time.Duration(float64(i) / l.rate * float64(time.Second)))))
	}
	o.sent[i] = time.Since(o.began)
	if _, err := c.Write(l.request(i)); err != nil {
		return err
	}
	status, size, err := readHead(r)
	if err != nil {
		return err
	}
	if status != l.status {
		body, _ := r.Peek(min(size, 500))
		return fmt.Errorf("answered %s: %s", status, body)
	}
	if l.body == nil {
		_, err = r.Discard(size)
		o.got[i] = time.Since(o.began)
		return err
	}
	body := make([]byte, size)
	_, err = io.ReadFull(r, body)
	o.got[i] = time.Since(o.began)
	l.body(i, body)
	return err
}

var contentLength = []byte("Content-Length: ")

// readHead reads an answer up to its body.
func readHead(r *bufio.Reader) (status string, size int, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return "", 0, err
	}
	if len(line) < len("HTTP/1.1 200\n") {
		return "", 0, fmt.Errorf("odd status line %q", line)
	}
	status = string(line[9:12])
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return "", 0, err
		}
		if len(line) <= 2 {
			return status, size, nil
		}
		if v, ok := bytes.CutPrefix(line, contentLength); ok {
			if size, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return "", 0, err
			}
		}
	}
}
