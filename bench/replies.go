package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	replyCount   = 4_000
	replyRate    = 200 // a second, when the way to the provider is timed
	replySeconds = 5
)

// provider is a stand-in Twilio that takes every message at once.
type provider struct {
	addr   string
	server *http.Server
	mu     sync.Mutex
	came   map[string]time.Time // our message's ID → when it came
}

func startProvider() (*provider, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &provider{addr: l.Addr().String(), came: map[string]time.Time{}}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	go func() { _ = p.server.Serve(l) }()
	return p, nil
}

func (p *provider) close() { _ = p.server.Close() }

// ServeHTTP answers a new message as Twilio does.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	id := path.Base(r.FormValue("StatusCallback"))
	p.mu.Lock()
	p.came[id] = now
	n := len(p.came)
	p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"sid":"SM%032x","status":"queued","to":%s,"from":%s,"error_code":null}`, n, strconv.Quote(r.FormValue("To")), strconv.Quote(r.FormValue("From")))
}

func (p *provider) all(ids []string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !slices.ContainsFunc(ids, func(id string) bool { return p.came[id].IsZero() })
}

// replies measures how many answers are taken a second, and then at a steady
// rate how long each needs from the API to the provider.
func (p *plan) replies(ctx context.Context, g *server, to *provider) error {
	byNumber, err := newest(ctx, g, replyCount)
	if err != nil {
		return err
	}
	var ids []string
	for _, c := range byNumber {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	if len(ids) < replyCount {
		return fmt.Errorf("%d conversations to answer, want %d", len(ids), replyCount)
	}
	closed, _, err := answer(ctx, g, to, ids[:replyCount], load{conns: listClients})
	if err != nil {
		return err
	}
	l := closed.latencies()
	p.table.add("replies taken", fmt.Sprintf("POST …/messages, %d clients", listClients), fmt.Sprintf("**%.0f/s**; p50 %s, p99 %s", closed.perSecond(),
		short(quantile(l, .5)), short(quantile(l, .99))), "")
	_, waits, err := answer(ctx, g, to, ids[:replyRate*replySeconds], load{conns: listClients, rate: replyRate})
	if err != nil {
		return err
	}
	p.table.add("reply → provider", fmt.Sprintf("from the POST to the stand-in Twilio, at %d/s", replyRate),
		fmt.Sprintf("p50 **%s**, p99 **%s**", short(quantile(waits, .5)), short(quantile(waits, .99))), "")
	return nil
}

// answer posts one reply to each conversation and waits until all have gone.
func answer(ctx context.Context, g *server, to *provider, conversations []string, l load) (*outcome, []time.Duration, error) {
	requests, messages := make([][]byte, len(conversations)), make([]string, len(conversations))
	for i, c := range conversations {
		requests[i] = post("/v1/conversations/"+c+"/messages", []byte(`{"kind":"reply","text":"Your shipment has left Riyadh and reaches you tomorrow before noon."}`))
	}
	l.addr, l.n, l.status = g.addr, len(conversations), "202"
	l.request = func(i int) []byte { return requests[i] }
	l.body = func(i int, b []byte) {
		var m struct{ ID string }
		_ = json.Unmarshal(b, &m)
		messages[i] = m.ID
	}
	o, err := l.run(ctx)
	if err != nil {
		return nil, nil, err
	}
	deadline := time.Now().Add(30 * time.Second)
	for !to.all(messages) {
		if time.Now().After(deadline) {
			return nil, nil, errors.New("not all replies reached the provider")
		}
		time.Sleep(10 * time.Millisecond)
	}
	waits := make([]time.Duration, len(messages))
	for i, id := range messages {
		waits[i] = to.came[id].Sub(o.began.Add(o.sent[i]))
	}
	slices.Sort(waits)
	return o, waits, nil
}
