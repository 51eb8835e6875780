package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	latencyRate    = 500 // messages a second
	latencySeconds = 20
	latencyFirst   = 2_000_000 // number of the first sender
)

// latency measures how soon a stored message is assigned and seen, then replies.
func (p *plan) latency(ctx context.Context) error {
	provider, err := startProvider()
	if err != nil {
		return err
	}
	defer provider.close()
	g, err := p.gateway(ctx, provider.addr)
	if err != nil {
		return err
	}
	err = p.assigned(ctx, g)
	if err == nil && p.wants("replies") {
		say("replies")
		err = p.replies(ctx, g, provider)
	}
	return errors.Join(err, g.stop())
}

// assigned sends first messages at a steady rate and notes when the live feed
// tells of each conversation's assignment.
func (p *plan) assigned(ctx context.Context, g *server) error {
	w := makeWebhooks(latencyFirst, latencyRate*latencySeconds, 1)
	listening, stop := context.WithCancel(ctx)
	defer stop()
	feed, err := listen(listening, g.addr, w.len())
	if err != nil {
		return err
	}
	o, err := (load{addr: g.addr, conns: conns, n: w.len(), rate: latencyRate, request: w.at, status: "200"}).run(ctx)
	if err != nil {
		return err
	}
	if err := none(ctx, g.store.behind); err != nil {
		return err
	}
	select {
	case <-feed.all:
	case <-time.After(5 * time.Second):
	}
	stop()
	byNumber, err := newest(ctx, g, w.len())
	if err != nil {
		return err
	}
	var waits []time.Duration
	missing := 0
	for i := range w.len() {
		at, ok := feed.seen(byNumber[senderOf(w.at(i))].ID)
		if !ok {
			missing++
			continue
		}
		waits = append(waits, max(0, at.Sub(o.began.Add(o.got[i]))))
	}
	slices.Sort(waits)
	answered := o.latencies()
	result := fmt.Sprintf("p50 **%s**, p99 **%s**; webhook p50 %s, p99 %s", short(quantile(waits, .5)), short(quantile(waits, .99)),
		short(quantile(answered, .5)), short(quantile(answered, .99)))
	if missing > 0 {
		result += fmt.Sprintf("; %d never came", missing)
	}
	p.table.add("stored → assigned and on the feed", fmt.Sprintf("%d new conversations/s for %d s; from the webhook's 200 to the event", latencyRate, latencySeconds),
		result, "p50 < 10 ms, p99 < 100 ms")
	return nil
}

// senderOf finds the customer's number in a signed webhook.
func senderOf(request []byte) string {
	_, rest, _ := strings.Cut(string(request), "&From=")
	value, _, _ := strings.Cut(rest, "&")
	return "+" + value[strings.LastIndex(value, "%2B")+len("%2B"):]
}

// feed is the live feed's assignments.
type feed struct {
	mu  sync.Mutex
	at  map[string]time.Time // conversation → when its assignment was told
	all chan struct{}
}

func (f *feed) seen(conversation string) (time.Time, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, ok := f.at[conversation]
	return at, ok
}

// listen follows the live feed until ctx is done; all is closed after want assignments.
func listen(ctx context.Context, addr string, want int) (*feed, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+addr+"/v1/events", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+adminToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, fmt.Errorf("live feed: %s", resp.Status)
	}
	f := &feed{at: make(map[string]time.Time, want), all: make(chan struct{})}
	go func() {
		defer resp.Body.Close()
		f.read(bufio.NewScanner(resp.Body), want)
	}()
	return f, nil
}

func (f *feed) read(lines *bufio.Scanner, want int) {
	assigned := false
	for lines.Scan() {
		line := lines.Bytes()
		if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			assigned = event == "conversation.assigned"
			continue
		}
		if !assigned || len(line) < 6 || string(line[:6]) != "data: " {
			continue
		}
		now := time.Now()
		var e struct{ Conversation string }
		if json.Unmarshal(line[6:], &e) != nil {
			continue
		}
		f.mu.Lock()
		if _, twice := f.at[e.Conversation]; !twice {
			f.at[e.Conversation] = now
			if len(f.at) == want {
				close(f.all)
			}
		}
		f.mu.Unlock()
	}
}
