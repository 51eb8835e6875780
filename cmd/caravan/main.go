// Command caravan is the gateway and its tools; see `caravan --help`. It holds
// no logic: config reads the configuration, app.go wires the rooms together, and
// every other file is one command.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/caravan-desk/caravan/cmd/caravan/config"
	"github.com/caravan-desk/caravan/routing/feeds"
)

// Exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
)

// cli is the command line.
type cli struct {
	Demo     demoCmd     `cmd:"" help:"Everything on one machine, with nothing to sign up for: play the customer and the officer."`
	Serve    serveCmd    `cmd:"" help:"Run the gateway."`
	Check    checkCmd    `cmd:"" help:"Read the configuration, reach every dependency, and say what is wrong and what to do about it."`
	Officer  officerCmd  `cmd:"" help:"Manage officers."`
	Token    tokenCmd    `cmd:"" help:"Manage bearer tokens."`
	Classify classifyCmd `cmd:"" help:"Say what messages are about: JSON Lines in, JSON Lines out."`
	Train    trainCmd    `cmd:"" help:"Make a model for understanding messages from labelled ones, and measure it."`
	Model    modelCmd    `cmd:"" help:"Choose among the models that were trained."`
	Mail     mailCmd     `cmd:"" help:"Work on raw mails."`
	Reparse  reparseCmd  `cmd:"" help:"Read kept mail anew, after an upgrade has taught the parser something."`
	Template templateCmd `cmd:"" help:"Work on templates."`
	Bulk     bulkCmd     `cmd:"" help:"Look at bulk messages, and steer them."`
	Events   eventsCmd   `cmd:"" help:"Take in what happened to shipments and bookings from a file of comma-separated values."`
	Replay   replayCmd   `cmd:"" help:"Show what changed rules would have made of the last week's traffic; nothing is written."`
	Verify   verifyCmd   `cmd:"" help:"Audit the store: invariants, orphans, clocks, counters."`
	Export   exportCmd   `cmd:"" help:"Write everything into a folder, as JSON Lines and attachment files."`
	Import   importCmd   `cmd:"" help:"Take in what export wrote, into a store with nothing in it."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// env is what a command works with.
type env struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	vars   []string
	log    *slog.Logger
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(&env{ctx: ctx, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, vars: os.Environ()}, os.Args[1:]))
}

// run executes one command line and returns the exit code.
func run(e *env, args []string) (code int) {
	e.log = slog.New(slog.NewTextHandler(e.stderr, nil))
	var c cli
	exited := -1
	parser, err := kong.New(&c, kong.Name("caravan"), kong.UsageOnError(), kong.Writers(e.stdout, e.stderr),
		kong.Vars{"fields": strings.Join(feeds.Fields, ", ")},
		kong.Description("One gateway for every way a customer contacts a company that moves parcels or pilgrims."),
		kong.Exit(func(code int) { exited = code; panic(exit{}) }))
	if err != nil {
		fmt.Fprintln(e.stderr, err)
		return exitUsage
	}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exit); !ok {
				panic(r)
			}
			if code = exited; code != 0 {
				code = exitUsage
			}
		}
	}()
	k, err := parser.Parse(args)
	if err != nil {
		var bad *kong.ParseError
		if errors.As(err, &bad) {
			fmt.Fprintf(e.stderr, "caravan: %v\nTry 'caravan --help'.\n", err)
		}
		return exitUsage
	}
	if err := k.Run(e); err != nil {
		fmt.Fprintf(e.stderr, "caravan: %v\n", err)
		return exitFailed
	}
	return 0
}

// exit unwinds out of kong when it has printed help.
type exit struct{}

// withConfig is what commands that need the configuration share.
type withConfig struct {
	Config string `help:"Configuration file (YAML). Every key may also stand in the environment." type:"path" placeholder:"FILE"`
}

func (w withConfig) load(e *env) (config.Config, error) {
	return config.Load(w.Config, e.vars)
}
