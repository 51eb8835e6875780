// Package embedded is the store of a gateway that was given no Redis: it starts the
// redis-server (or valkey-server) it finds on PATH as a child on a unix socket,
// keeps its data in a folder that only one gateway can hold, starts it again when
// it dies, and ends it with the gateway. Where none is installed it falls back to an
// in-process imitation that keeps nothing, and says so (Notice). Call Start, connect
// to Network and Addr, and Stop after the last connection is closed.
package embedded

import (
	"context"
	"log/slog"
	"net/url"
	"path/filepath"
)

// Options say where the store lives.
type Options struct {
	DataDir string       // the gateway's data folder; the store takes the folder "redis" in it
	Logger  *slog.Logger // nil: nothing is logged
}

// Server is a running store.
type Server struct {
	backend
}

// backend is one kind of store.
type backend interface {
	network() string
	address() string
	durable() bool
	stop(ctx context.Context) error
}

// Start starts the store and returns when it answers, having read all its data; ctx
// bounds the start only. A data folder held by another gateway is an ErrInUse that
// names the folder.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	var b backend
	var err error
	if program, ok := Find(); ok {
		b, err = startManaged(ctx, program, o)
	} else {
		b, err = startImitation()
	}
	if err != nil {
		return nil, err
	}
	return &Server{b}, nil
}

// Running returns the unix socket of the store that a gateway runs on the data
// folder, for a tool that works beside it.
func Running(dataDir string) (socket string, ok bool) {
	dir, err := filepath.Abs(filepath.Join(dataDir, "redis"))
	if err != nil {
		return "", false
	}
	return running(dir)
}

// Network is "unix" or "tcp", for redis.Options.Network. A unix socket cannot be
// written as a field of redis.UniversalOptions; there, dial it.
func (s *Server) Network() string { return s.network() }

// Addr is the socket's path, or host:port.
func (s *Server) Addr() string { return s.address() }

// URL is the same as a Redis URL: unix:///path or redis://host:port.
func (s *Server) URL() string {
	if s.network() == "unix" {
		return (&url.URL{Scheme: "unix", Path: s.address()}).String()
	}
	return (&url.URL{Scheme: "redis", Host: s.address()}).String()
}

// Durable reports whether what is acknowledged survives the end of the process. A kill -9
// of the gateway takes nothing: the server is told to end, and writes first. A kill -9 of
// the server takes what it has not handed to the kernel, and while an fsync is slow,
// appendfsync everysec lets it answer and put off the writing for up to two seconds: redisstore
// waits for that before it takes anything as done. A power cut, or a crash of the kernel, may
// take what was not fsynced: up to two seconds.
func (s *Server) Durable() bool { return s.durable() }

// Notice is what the operator must be told at start, in capitals; empty if nothing.
func (s *Server) Notice() string {
	if s.durable() {
		return ""
	}
	return "NOTHING IS KEPT: NO redis-server OR valkey-server IS INSTALLED, SO ALL MESSAGES LIVE IN MEMORY AND ARE GONE WHEN THIS PROGRAM ENDS. INSTALL THE PACKAGE redis-server, OR SET redis.url."
}

// Stop ends the store, which writes what it has to disk first; when ctx ends it is
// killed. A second call does nothing.
func (s *Server) Stop(ctx context.Context) error { return s.stop(ctx) }
