package main

import (
	"net"
	"net/http"
	"net/http/pprof"
)

// serveCmd runs the gateway.
type serveCmd struct {
	withConfig
	Profile string `hidden:"" help:"Serve Go profiles (/debug/pprof) on this loopback address." placeholder:"HOST:PORT"`
}

// Run implements the command.
func (c *serveCmd) Run(e *env) error {
	tuneMemory()
	cfg, err := c.load(e)
	if err != nil {
		return err
	}
	if c.Profile != "" {
		l, err := net.Listen("tcp", c.Profile)
		if err != nil {
			return err
		}
		defer l.Close()
		mux := http.NewServeMux()
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		go func() { _ = http.Serve(l, mux) }()
	}
	a, err := newApp(e.ctx, cfg, e.log)
	if err != nil {
		return err
	}
	if a.store.embedded != nil && a.store.embedded.Durable() {
		leaveCore()
	}
	return a.run(e.ctx)
}
