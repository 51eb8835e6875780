package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ingestTerm is when no further round begins, so that a slow gateway does not take all day.
const ingestTerm = 80 * time.Second

// fed is what one server made of a load of webhooks.
type fed struct {
	*outcome
	done  time.Duration // until the last answer and all routing
	found time.Duration // until the search index had all of it too
	bytes float64       // of Redis a message
	cpu   struct{ server, redis time.Duration }
}

func (f *fed) rate() float64 { return float64(len(f.got)) / f.done.Seconds() }

// deliver sends webhooks to a server; the clock stops when its router has nothing left to do.
// What it takes of processor and memory is counted when the search index has caught up as well.
func deliver(ctx context.Context, s *server, w *webhooks, router bool) (*fed, error) {
	before, err := s.store.used(ctx)
	if err != nil {
		return nil, err
	}
	serverCPU, redisCPU := cpu(s.process.Pid()), cpu(s.store.pid)
	f := &fed{}
	if f.outcome, err = (load{addr: s.addr, conns: conns, n: w.len(), request: w.at, status: "200"}).run(ctx); err != nil {
		return nil, errors.Join(err, errors.New(tail(s.words.String(), 2000)))
	}
	if router {
		if err := none(ctx, s.store.behind); err != nil {
			return nil, err
		}
	}
	f.done = time.Since(f.began)
	if router {
		if err := none(ctx, s.store.unindexed); err != nil {
			return nil, err
		}
	}
	f.found = time.Since(f.began)
	f.cpu.server, f.cpu.redis = cpu(s.process.Pid())-serverCPU, cpu(s.store.pid)-redisCPU
	after, err := s.store.used(ctx)
	f.bytes = float64(after-before) / float64(w.len())
	return f, err
}

// ingest alternates floor and gateway on the same webhooks.
func (p *plan) ingest(ctx context.Context) error {
	say("signing %d webhooks", p.senders*p.messages)
	w := makeWebhooks(0, p.senders, p.messages)
	var floors, plains, gateways []*fed
	began := time.Now()
	for round := range p.rounds {
		if time.Since(began) > ingestTerm {
			break
		}
		f, err := p.floorRun(ctx, leanFloor, w)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		floors = append(floors, f)
		l, err := p.floorRun(ctx, plainFloor, w)
		if err != nil {
			return fmt.Errorf("plain floor: %w", err)
		}
		plains = append(plains, l)
		g, err := p.gatewayRun(ctx, w)
		if err != nil {
			return fmt.Errorf("gateway: %w", err)
		}
		gateways = append(gateways, g)
		say("round %d: floor %.0f/s, plain %.0f/s, gateway %.0f/s (answered %.0f/s), cpu µs/message: floor %.0f+%.0f gateway %.0f+%.0f", round+1,
			f.rate(), l.rate(), g.rate(), g.perSecond(), each(f.cpu.server, w), each(f.cpu.redis, w), each(g.cpu.server, w), each(g.cpu.redis, w))
	}
	f, l, g := medianRun(floors), medianRun(plains), medianRun(gateways)
	what := fmt.Sprintf("%d senders × %d messages, %d connections, median of %d", p.senders, p.messages, conns, len(floors))
	p.table.add("floor: check the signature, one XADD", what+"; the provider's validator, Fiber's form", webhookRow(l, w), "")
	p.table.add("lean floor: the same of our own parts", what+"; our validator and parser", webhookRow(f, w), "")
	p.table.add("gateway: kept, classified, assigned", "the same; the clock stops when the router has nothing left", webhookRow(g, w), "")
	p.table.add("search index behind", "it gathers while the load is on; from the end of the routing", short(g.found-g.done), "")
	p.table.add("gateway ÷ floor", "", fmt.Sprintf("**%.2f**", g.rate()/l.rate()), "≥ 0.5")
	p.table.add("gateway ÷ lean floor", "", fmt.Sprintf("%.2f", g.rate()/f.rate()), "")
	p.table.add("gateway ÷ floor, ÷ lean floor, by processor time", "server and Redis, without the client", fmt.Sprintf("%.2f, %.2f",
		float64(l.cpu.server+l.cpu.redis)/float64(g.cpu.server+g.cpu.redis), float64(f.cpu.server+f.cpu.redis)/float64(g.cpu.server+g.cpu.redis)), "")
	p.table.add(fmt.Sprintf("Redis bytes a message at %d a conversation", p.messages), "100 characters, all in", fmt.Sprintf("%.0f", g.bytes), "≤ 900")
	return nil
}

func webhookRow(f *fed, w *webhooks) string {
	l := f.latencies()
	return fmt.Sprintf("**%.0f/s**; p50 %s, p99 %s; µs of processor a message: %.0f server, %.0f Redis",
		f.rate(), short(quantile(l, .5)), short(quantile(l, .99)), each(f.cpu.server, w), each(f.cpu.redis, w))
}

// each is a time's share of one webhook in µs.
func each(d time.Duration, w *webhooks) float64 { return float64(d.Microseconds()) / float64(w.len()) }

func (p *plan) floorRun(ctx context.Context, kind string, w *webhooks) (*fed, error) {
	s, err := startFloor(ctx, kind, p.folder())
	if err != nil {
		return nil, err
	}
	f, err := deliver(ctx, s, w, false)
	if n := s.store.XLen(ctx, "log").Val(); err == nil && int(n) != w.len() {
		err = fmt.Errorf("kept %d of %d", n, w.len())
	}
	return f, errors.Join(err, s.stop())
}

func (p *plan) gatewayRun(ctx context.Context, w *webhooks) (*fed, error) {
	s, err := p.gateway(ctx, "")
	if err != nil {
		return nil, err
	}
	f, err := deliver(ctx, s, w, true)
	return f, errors.Join(err, s.stop())
}

// bytes measures memory a message for long conversations.
func (p *plan) bytes(ctx context.Context) error {
	const messages = 10
	f, err := p.gatewayRun(ctx, makeWebhooks(0, max(p.senders/10, 100), messages))
	if err != nil {
		return err
	}
	p.table.add(fmt.Sprintf("Redis bytes a message at %d a conversation", messages), "100 characters, all in", fmt.Sprintf("%.0f", f.bytes), "≤ 900")
	return nil
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }
