package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// plan is what is measured, and how much of it.
type plan struct {
	rounds   int
	senders  int
	messages int
	stored   int
	only     string
	binary   string

	root  string // temporary folder of the run
	fresh int    // folders made
	table table
}

const conns = 32 // connections of the webhook load, as the floor is defined

func (p *plan) wants(part string) bool {
	return p.only == "" || slices.Contains(strings.Split(p.only, ","), part)
}

// run measures everything in turn.
func (p *plan) run(ctx context.Context) (_ *table, err error) {
	began := time.Now()
	if p.root, err = os.MkdirTemp("", "caravan-bench-"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(p.root)) }()
	if p.binary == "" {
		say("building caravan")
		if p.binary, err = build(ctx, p.root); err != nil {
			return nil, err
		}
	}
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{{"ingest", p.ingest}, {"latency", p.latency}, {"memory", p.bytes}, {"large", p.large}} {
		if !p.wants(part.name) && !(part.name == "latency" && p.wants("replies")) {
			continue
		}
		say("%s", part.name)
		if err := part.run(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	p.table.took = time.Since(began)
	return &p.table, nil
}

// folder is a new data folder.
func (p *plan) folder() string {
	p.fresh++
	return filepath.Join(p.root, fmt.Sprint(p.fresh))
}

// gateway starts a gateway on a new store, with officers.
func (p *plan) gateway(ctx context.Context, provider string) (*server, error) {
	g, err := startGateway(ctx, p.binary, p.folder(), provider, "")
	if err != nil {
		return nil, err
	}
	if g.store == nil {
		return nil, errors.Join(errors.New("the gateway has no redis-server: install one"), g.stop())
	}
	if err := addOfficers(ctx, g); err != nil {
		return nil, errors.Join(err, g.stop())
	}
	return g, nil
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}
