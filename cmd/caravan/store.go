package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/conversations/redisstore"
	"github.com/caravan-desk/caravan/conversations/redisstore/embedded"
)

// keep is the store and what must be closed with it.
type keep struct {
	*redisstore.Store
	meters   *meters // of a gateway; nil for a tool
	clients  []io.Closer
	embedded *embedded.Server
}

// now is the one clock of the house, in whole milliseconds, as the store keeps time.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// openStore reaches the configured Redis, or starts the embedded one. beside: a
// tool shares the embedded store of a gateway that is running.
func openStore(ctx context.Context, cfg config.Config, beside bool, log *slog.Logger) (*keep, error) {
	k := &keep{}
	address := cfg.Redis.URL.Reveal()
	if socket, ok := embedded.Running(cfg.DataDir); ok && address == "" && beside {
		address = (&url.URL{Scheme: "unix", Path: socket}).String()
	}
	if address == "" {
		if _, err := os.Stat(cfg.DataDir); beside && errors.Is(err, fs.ErrNotExist) {
			log.Warn("there was no store in this folder: an empty one was begun", "data_dir", cfg.DataDir)
		}
		var err error
		if k.embedded, err = embedded.Start(ctx, embedded.Options{DataDir: cfg.DataDir, Logger: log}); err != nil {
			return nil, fmt.Errorf("embedded store: %w", err)
		}
		if notice := k.embedded.Notice(); notice != "" {
			log.Warn(notice)
		}
		address = k.embedded.URL()
	}
	redisstore.Speak(log)
	client, readers, err := redisstore.Connect(address)
	if err != nil {
		return nil, errors.Join(err, k.close(ctx))
	}
	k.clients = []io.Closer{client, readers}
	replicated, err := redisstore.Replicated(address)
	if err != nil {
		return nil, errors.Join(err, k.close(ctx))
	}
	k.Store, err = redisstore.Open(ctx, redisstore.Options{
		Client: client, Readers: readers, Consumer: consumer(cfg), Replicated: replicated, Term: cfg.Redis.Term, Logger: log, Now: now,
	})
	if err != nil {
		return nil, errors.Join(err, k.close(ctx))
	}
	return k, nil
}

// consumer names this gateway among its like, the same after a restart.
func consumer(cfg config.Config) string {
	host, _ := os.Hostname()
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == '/' {
			return '_'
		}
		return r
	}, host+"@"+cfg.HTTP.Listen)
}

func (k *keep) close(ctx context.Context) error {
	var errs []error
	if k.Store != nil {
		k.Store.Close()
	}
	for _, c := range k.clients {
		errs = append(errs, c.Close())
	}
	if k.embedded != nil {
		errs = append(errs, k.embedded.Stop(ctx))
	}
	return errors.Join(errs...)
}
