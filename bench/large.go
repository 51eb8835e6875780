package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/caravan-desk/caravan/conversations/redisstore/embedded"
)

const (
	small       = 1_000
	listClients = 8
	listCount   = 6_000
	listTerm    = 3 * time.Second // of one of three runs, at most
)

// large fills a store with conversations of one message, and measures lists,
// memory and start-up on it.
func (p *plan) large(ctx context.Context) error {
	var empty []time.Duration
	for range 3 {
		s, err := startGateway(ctx, p.binary, p.folder(), "", "")
		if err != nil {
			return err
		}
		empty = append(empty, s.ready)
		if err := s.stop(); err != nil {
			return err
		}
	}
	slices.Sort(empty)
	g, err := p.gateway(ctx, "")
	if err != nil {
		return err
	}
	if err := p.fill(ctx, g); err != nil {
		return errors.Join(err, g.stop())
	}
	now, peak := memory(g.process.Pid())
	p.table.add(fmt.Sprintf("resident memory at %d conversations", p.stored), "gateway alone, after lists and ingest; peak of its life", fmt.Sprintf("**%d MB**; peak %d MB", now>>20, peak>>20), "< 150 MB")
	p.table.add("start-up, empty", "exec to the first 200 on /readyz, with the embedded store, median of 3", short(empty[1]), "< 300 ms")
	if err := g.stop(); err != nil {
		return err
	}
	return p.restart(ctx, g.dir)
}

func (p *plan) fill(ctx context.Context, g *server) error {
	if _, err := deliver(ctx, g, makeWebhooks(1_000_000, small, 1), true); err != nil {
		return err
	}
	few, err := p.lists(ctx, g, small)
	if err != nil {
		return err
	}
	say("filling up to %d", p.stored)
	w := makeWebhooks(1_000_000+small, p.stored-small, 1)
	f, err := deliver(ctx, g, w, true)
	if err != nil {
		return err
	}
	say("filled at %.0f/s", f.rate())
	p.table.add("gateway, only new conversations", fmt.Sprintf("%d first messages, %d officers with %d places", w.len(), officers, capacity), webhookRow(f, w), "")
	p.table.add("Redis bytes a message at 1 a conversation", "100 characters, all in: conversation, contact and indexes with it", fmt.Sprintf("%.0f", f.bytes), "≤ 900")
	many, err := p.lists(ctx, g, p.stored)
	p.table.add("list, large ÷ small", "", fmt.Sprintf("%.2f", many/few), "≥ 0.8")
	return err
}

// lists measures lists of 50; it returns the plain one's requests a second.
func (p *plan) lists(ctx context.Context, g *server, stored int) (float64, error) {
	var plain float64
	for _, l := range []struct{ name, path, goal string }{
		{"list of 50", "/v1/conversations", "≥ 1,500/s, p99 < 25 ms"},
		{"list of 50, filtered", "/v1/conversations?desk=trace&status=open,new&assignee=none", ""},
	} {
		rates, at := []float64{}, map[float64]*outcome{}
		for range 3 {
			o, err := (load{addr: g.addr, conns: listClients, n: listCount / 3, term: listTerm, status: "200", request: always(get(l.path))}).run(ctx)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", l.path, err)
			}
			rates, at[o.perSecond()] = append(rates, o.perSecond()), o
		}
		slices.Sort(rates)
		o := at[rates[1]]
		lat := o.latencies()
		p.table.add(fmt.Sprintf("%s at %d stored", l.name, stored), fmt.Sprintf("%d clients, bearer token, median of 3", listClients),
			fmt.Sprintf("**%.0f/s**; p50 %s, p99 %s", o.perSecond(), short(quantile(lat, .5)), short(quantile(lat, .99))), l.goal)
		if plain == 0 {
			plain = o.perSecond()
		}
	}
	return plain, nil
}

// restart measures start-up on the large store: whole, and with its Redis up already.
func (p *plan) restart(ctx context.Context, dir string) error {
	s, err := startGateway(ctx, p.binary, dir, "", "")
	if err != nil {
		return err
	}
	p.table.add(fmt.Sprintf("start-up, %d stored", p.stored), "redis-server reads its file meanwhile", short(s.ready), "< 300 ms")
	if err := s.stop(); err != nil {
		return err
	}
	r, err := embedded.Start(ctx, embedded.Options{DataDir: dir})
	if err != nil {
		return err
	}
	beside := p.folder()
	if err := os.MkdirAll(beside, 0o700); err != nil {
		return err
	}
	s, err = startGateway(ctx, p.binary, beside, "", r.URL())
	if err == nil {
		p.table.add(fmt.Sprintf("start-up, %d stored, Redis running", p.stored), "the gateway alone", short(s.ready), "< 300 ms")
		err = s.stop()
	}
	return errors.Join(err, r.Stop(ctx))
}
