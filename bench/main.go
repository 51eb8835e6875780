// Command bench measures the gateway as a whole, in one run on one machine: the
// real `caravan serve` beside the floor, a handler that checks the signature and
// does one XADD. `make bench` runs it; it prints a table and writes it to a file.
// Everything is on 127.0.0.1, and every figure is taken with the load generator,
// the servers and Redis on the same cores. Read plan.go for what is measured in
// which order, client.go for the load generator, payload.go for what is sent.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == floorCommand {
		exit(serveFloor(os.Args[2], os.Args[3], os.Args[4]))
	}
	var p plan
	flag.IntVar(&p.rounds, "rounds", 3, "alternating runs of floor and gateway; the median counts")
	flag.IntVar(&p.senders, "senders", 20_000, "customers who write in an ingest run")
	flag.IntVar(&p.messages, "messages", 5, "messages of each")
	flag.IntVar(&p.stored, "stored", 100_000, "conversations of the large store")
	flag.StringVar(&p.only, "only", "", "comma-separated parts to run (ingest, latency, replies, memory, large); empty: all")
	flag.StringVar(&p.binary, "binary", "", "a caravan to measure instead of building one")
	out := flag.String("o", "", "file to write the table to, beside printing it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	t, err := p.run(ctx)
	if err != nil {
		exit(err)
	}
	text := t.markdown()
	fmt.Print(text)
	if *out != "" {
		exit(os.WriteFile(*out, []byte(text), 0o644))
	}
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
